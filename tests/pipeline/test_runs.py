"""Weeks in the life of a digest, on both databases: nothing missed, nothing twice."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta
from pathlib import Path

import pytest

from digest import run_report
from digest.app import App
from digest.errors import SourceError
from digest.listings.sources import feed, source
from digest.listings.sources.http import Client
from digest.model import (
    ChangeKind,
    DeliverySettings,
    DeliveryState,
    Listing,
    ListingPage,
    Paper,
    Schedule,
    Verdict,
)
from digest.pipeline import runs
from digest.pipeline.runs import Report
from digest.service.tick import tick
from digest.store import Store

from ..apps import ALICE, BOB, CHARLIE, app_of, profile
from ..extent import number
from ..factories import EIGHT, THURSDAY, TUESDAY, WEDNESDAY, listing, paper
from ..fakes import AWAY, LOST, Clock, Newsstand, Postbox, refused

FRIDAY = date(2026, 3, 13)


class Week:
    """A digest with its fakes at hand."""

    def __init__(self, app: App) -> None:
        self.app = app
        self.stand: Newsstand = app.source  # type: ignore[assignment]
        self.post: Postbox = app.sender  # type: ignore[assignment]
        self.clock: Clock = app.now  # type: ignore[assignment]

    def run(self, **later: float) -> Report:
        """Run everything once, after moving the clock."""
        self.clock.forward(**later)
        return runs.run(self.app, list(self.app.listings.values()))

    def titles(self, address: str) -> list[str]:
        """The papers that an address was told of, mail after mail."""
        known = [paper(n).title for n in range(100)]
        return [title for text in self.post.texts_to(address) for title in known if title in text]


@pytest.fixture
def week(store: Store) -> Week:
    """One listing, one profile (Alice's), Tuesday at eight."""
    return Week(app_of(store, listings=[listing()]))


def of(report: Report) -> dict[str, object]:
    """The numbers of the report's only listing."""
    [snapshot] = report.snapshots
    names = ("verdict", "entries", "new", "revised", "seen", "late")
    return {name: getattr(snapshot, name) for name in names}


def test_a_days_new_papers_are_mailed(week: Week) -> None:
    week.stand.lay_out("daily", TUESDAY, paper(1), paper(2))

    report = week.run()

    assert of(report) == {
        "verdict": Verdict.FRESH, "entries": 2, "new": 2, "revised": 0, "seen": 0, "late": 0,
    }  # fmt: skip
    assert report.outcomes == (DeliveryState.SENT,)
    assert week.titles(ALICE) == [paper(1).title, paper(2).title]


def test_a_mail_by_hand_puts_the_morning_off_by_twelve_hours_and_that_is_said(week: Week) -> None:
    """By digest run --now-anyway in the evening, which keeps no hour; then digest serve."""
    week.stand.lay_out("daily", TUESDAY, paper(1))
    week.clock.forward(hours=14, minutes=40)
    assert runs.run(week.app, [listing()], early=True).issues == 1
    week.app = replace(week.app, schedule=Schedule(time(7, 30), "UTC"))
    week.stand.lay_out("daily", WEDNESDAY, paper(2))

    found = week.app.composer.next_issues()
    assert found is not None
    assert (found.readers, found.at - EIGHT) == (1, timedelta(days=1, hours=2, minutes=40))
    assert found.put_off_from == found.at.replace(hour=7, minute=30)
    assert week.run(hours=11, minutes=59).issues == 0
    assert week.run(minutes=1).issues == 1


def test_a_first_mail_in_the_evening_puts_no_morning_off_as_is_promised(week: Week) -> None:
    """It counts for its hour, that morning's; so twelve hours apart are hours, not mails."""
    week.app = replace(week.app, schedule=Schedule(time(7, 30), "UTC"))
    week.stand.lay_out("daily", TUESDAY, paper(1))
    week.clock.forward(hours=14, minutes=33)
    promised = week.app.composer.beginning(DeliverySettings()).next_at
    assert week.run().issues == 1
    week.stand.lay_out("daily", WEDNESDAY, paper(2))

    found = week.app.composer.next_issues()
    assert found is not None
    assert (found.at, found.put_off_from) == (promised, None)
    assert found.at == (EIGHT + timedelta(days=1)).replace(hour=7, minute=30)
    assert week.run(hours=8, minutes=56).issues == 0
    assert week.run(minutes=1).issues == 1


def test_running_again_on_the_same_day_brings_nothing_and_mails_nothing(week: Week) -> None:
    week.stand.lay_out("daily", TUESDAY, paper(1), paper(2))
    week.run()

    again = week.run(hours=1)

    assert (of(again)["new"], of(again)["seen"]) == (0, 2)
    assert (again.issues, again.outcomes, len(week.post.mails)) == (0, (), 1)


def test_tomorrow_brings_only_what_is_new(week: Week) -> None:
    week.stand.lay_out("daily", TUESDAY, paper(1), paper(2))
    week.run()
    week.stand.lay_out("daily", WEDNESDAY, paper(2), paper(3))

    report = week.run(days=1)

    assert (of(report)["new"], of(report)["seen"]) == (1, 1)
    assert week.titles(ALICE) == [paper(1).title, paper(2).title, paper(3).title]


def test_a_paper_that_comes_back_after_weeks_is_not_mailed_again(week: Week) -> None:
    week.stand.lay_out("daily", TUESDAY, paper(1))
    week.run()
    week.stand.lay_out("daily", TUESDAY + timedelta(days=30), paper(1), paper(2))

    week.run(days=30)

    assert week.titles(ALICE) == [paper(1).title, paper(2).title]


def test_what_a_list_gains_after_it_was_read_is_mailed_the_next_day(week: Week) -> None:
    week.stand.lay_out("daily", TUESDAY, paper(1))
    week.run()
    week.stand.lay_out("daily", TUESDAY, paper(1), paper(2))
    week.stand.lay_out("daily", WEDNESDAY, paper(3))

    report = week.run(days=1)

    assert (of(report)["entries"], of(report)["new"], of(report)["late"]) == (1, 1, 1)
    assert sorted(week.titles(ALICE)) == [paper(n).title for n in (1, 2, 3)]


def test_what_is_collected_after_the_days_issue_is_in_the_next(week: Week) -> None:
    week.stand.lay_out("daily", TUESDAY, paper(1))
    week.run()
    week.stand.lay_out("daily", TUESDAY, paper(1), paper(2))
    assert week.run(hours=2).issues == 0

    week.run(days=1)

    assert week.titles(ALICE) == [paper(1).title, paper(2).title]


def test_days_on_which_no_one_ran_it_come_in_one_merged_issue(week: Week) -> None:
    week.stand.lay_out("daily", TUESDAY, paper(1))
    week.run()
    for place, day in enumerate((WEDNESDAY, THURSDAY, FRIDAY), start=2):
        week.stand.lay_out("daily", day, paper(place))

    report = week.run(days=3)

    assert (of(report)["late"], report.issues) == (2, 1)
    assert sorted(week.titles(ALICE)) == [paper(n).title for n in (1, 2, 3, 4)]


def test_an_empty_issue_is_not_mailed_and_the_papers_that_come_later_are(week: Week) -> None:
    week.stand.lay_out("daily", TUESDAY, paper(1, title="On bees", abstract="Bees.", aliases=()))
    assert week.run().issues == 0
    week.stand.lay_out("daily", TUESDAY, paper(2))

    assert week.run(hours=1).issues == 1


# ── several listings ──


@pytest.fixture
def two(store: Store) -> Week:
    """Two listings and three subscribers: Alice wants both, Bob one; Charlie other things."""
    return Week(
        app_of(
            store,
            profile("alice"),
            profile("bob", to=BOB, listings="[arxiv]"),
            profile("charlie", to=CHARLIE, any="[bees]"),
            listings=[listing("daily"), listing("arxiv")],
        )
    )


def test_a_cross_listed_paper_reaches_both_profiles(two: Week) -> None:
    """Seen is per listing: that one listing had it first must not hide it from the other's."""
    two.stand.lay_out("daily", TUESDAY, paper(1))
    two.stand.lay_out("arxiv", TUESDAY, paper(1), paper(2))

    two.run()

    assert two.titles(ALICE) == [paper(1).title, paper(2).title]
    assert two.titles(BOB) == [paper(1).title, paper(2).title]
    assert two.titles(CHARLIE) == []


def test_a_paper_that_another_listing_brings_later_is_not_mailed_again(two: Week) -> None:
    two.stand.lay_out("daily", TUESDAY, paper(1))
    two.stand.lay_out("arxiv", TUESDAY)
    two.run()
    two.stand.lay_out("daily", WEDNESDAY)
    two.stand.lay_out("arxiv", WEDNESDAY, paper(1))

    two.run(days=1)

    assert two.titles(ALICE) == [paper(1).title]
    assert two.titles(BOB) == [paper(1).title]


def test_one_broken_listing_does_not_hold_up_the_other_and_is_named_in_the_mail(
    two: Week,
) -> None:
    two.stand.lay_out("daily", TUESDAY, paper(1))
    two.stand.break_down("arxiv", TUESDAY, "HTML instead of JSON")

    report = two.run()

    assert [s.verdict for s in report.snapshots] == [Verdict.FRESH, Verdict.FAILED]
    assert report.snapshots[1].error == "HTML instead of JSON"
    assert two.titles(ALICE) == [paper(1).title]
    assert "arxiv" in two.post.text_to(ALICE)
    assert two.post.text_to(BOB) == ""


def test_what_a_broken_listing_missed_is_mailed_by_the_next_run_once(two: Week) -> None:
    two.stand.lay_out("daily", TUESDAY, paper(1))
    two.stand.break_down("arxiv", TUESDAY)
    two.run()
    two.stand.lay_out("arxiv", TUESDAY, paper(2))
    two.stand.lay_out("arxiv", WEDNESDAY, paper(3))
    two.stand.lay_out("daily", WEDNESDAY, paper(4))

    two.run(days=1)
    two.run(days=1)

    assert sorted(two.titles(ALICE)) == [paper(n).title for n in (1, 2, 3, 4)]
    assert sorted(two.titles(BOB)) == [paper(2).title, paper(3).title]


def test_a_failed_listing_leaves_no_memory(two: Week) -> None:
    two.stand.lay_out("daily", TUESDAY, paper(1))
    two.stand.break_down("arxiv", TUESDAY)
    two.run()
    two.stand.lay_out("arxiv", TUESDAY, paper(2))

    report = two.run(minutes=30)

    assert report.snapshots[1].new == 1


def test_a_flood_is_held_and_the_other_listing_leaves_on_time(two: Week) -> None:
    days = [TUESDAY + timedelta(days=n) for n in range(6)]
    for ago, day in enumerate(days[:-1]):
        two.stand.lay_out("daily", day, paper(ago))
        two.stand.lay_out("arxiv", day, paper(10 + ago))
        two.clock.forward(days=min(ago, 1))
        (runs.collect_only if ago else runs.run)(two.app, list(two.app.listings.values()))
    two.stand.lay_out("daily", days[-1], paper(5))
    two.stand.lay_out("arxiv", days[-1], *(paper(n) for n in range(20, 80)))

    report = two.run(days=1)

    assert [s.verdict for s in report.snapshots] == [Verdict.FRESH, Verdict.FLOOD]
    told = [paper(n).title for n in (0, 1, 2, 3, 4, 5, 10, 11, 12, 13, 14)]
    assert sorted(two.titles(ALICE)) == told


def test_yesterdays_list_stays_stale_however_often_it_is_read(week: Week) -> None:
    week.stand.lay_out("daily", TUESDAY, paper(1), paper(2))
    week.run()
    yesterdays = ListingPage(
        (paper(1), paper(2)), entries=2, batch=TUESDAY, validators={"a": '"v"'}
    )
    week.stand.put("daily", WEDNESDAY, yesterdays)

    found = [of(week.run(days=1))["verdict"], *(of(week.run(hours=1))["verdict"] for _ in "ab")]

    assert found == [Verdict.STALE] * 3
    assert week.app.validators == {}
    # What Wednesday had is made up for on Thursday.
    week.stand.lay_out("daily", WEDNESDAY, paper(3))
    week.stand.lay_out("daily", THURSDAY, paper(4))
    week.run(days=1)
    assert week.titles(ALICE) == [paper(n).title for n in (1, 2, 3, 4)]


def test_what_a_quiet_day_shows_again_is_no_news_in_the_afternoon_either(store: Store) -> None:
    rolling = listing(path="feed.json")
    week = Week(app_of(store, listings=[rolling]))
    for day in (TUESDAY, WEDNESDAY):
        week.stand.put("daily", day, ListingPage((paper(1),), entries=1))
    week.run()

    found = [of(week.run(days=1))["verdict"], of(week.run(hours=6))["verdict"]]

    assert found == [Verdict.QUIET] * 2


@pytest.mark.parametrize(("last", "expected"), [((paper(1),), Verdict.STALE), ((), Verdict.EMPTY)])
def test_a_page_that_did_not_change_since_an_earlier_day(
    week: Week, last: tuple[Paper, ...], expected: Verdict
) -> None:
    # The Saturday's empty page, if it was one, was quiet; by Monday it is suspicious.
    saturday = TUESDAY + timedelta(days=4)
    week.stand.lay_out("daily", saturday, *last)
    week.run(days=4)
    week.stand.put("daily", saturday + timedelta(days=2), ListingPage((), 0, is_unchanged=True))

    assert of(week.run(days=2))["verdict"] is expected


def test_a_feed_that_uses_its_guids_again_is_named_in_the_receipt(store: Store) -> None:
    week = Week(app_of(store, listings=[listing(path="feed.xml", rolling=False)]))
    for day, title, text in (
        (TUESDAY, "Sparse training of oaks", "How trees are planted far apart."),
        (WEDNESDAY, "Paper moons", "A play in three acts, and how to fold its scenery."),
    ):
        item = f"<title>{title}</title><guid>1</guid><description>{text}</description>"
        data = f'<rss version="2.0"><channel><title>J</title><item>{item}</item></channel></rss>'
        page = feed.parse(data.encode(), listing(), day)
        week.stand.put("daily", day, page)
    week.run()
    [receipt] = week.run(days=1).snapshots

    assert (receipt.verdict, receipt.new) == (Verdict.FRESH, 1)
    assert receipt.error == "1 under a guid and link that named another paper before"


def test_a_server_that_says_not_modified_for_ever_is_asked_for_the_whole_page_once_a_week(
    store: Store,
) -> None:
    feed = listing(path="", url="https://rolling.example/feed.xml")
    week = Week(app_of(store, listings=[feed]))
    asked: list[bool] = []

    def answer(each: Listing, day: date) -> ListingPage:
        asked.append(bool(week.app.validators))
        if asked[-1]:
            return ListingPage((), 0, is_unchanged=True)
        return ListingPage((paper(1),), entries=1, validators={each.url: '"for ever"'})

    week.app.source = answer
    week.run()
    days = number(8, whole=15)
    for _ in range(days):
        week.clock.forward(days=1)
        runs.collect_only(week.app, [feed])

    without = [day for day, had_validator in enumerate(asked) if not had_validator]
    assert without == [*range(0, days, 7)]


def test_a_file_that_is_missing_at_the_weekend_is_no_fault(week: Week, tmp_path: Path) -> None:
    client = Client(contact="", now=week.clock, roots=[tmp_path])
    week.app.source = lambda each, day: source(each.kind)(each, day, client)

    [friday] = week.run(days=3).snapshots
    [saturday] = week.run(days=1).snapshots

    assert (friday.verdict, friday.error) == (
        Verdict.FAILED,
        "daily/2026-03-13.txt: no such file",
    )
    assert (saturday.verdict, saturday.error) == (Verdict.QUIET, "")


def test_a_source_that_names_a_wait_is_not_asked_before(week: Week) -> None:
    busy = SourceError("daily", "answered http 429", retry_after=3 * 3600)
    asked: list[datetime] = []

    def refuse(each: Listing, day: date) -> ListingPage:
        asked.append(week.clock())
        raise busy

    week.app.source = refuse
    for _ in range(4):
        tick(week.app)
        week.clock.forward(hours=1)

    assert asked == [EIGHT, EIGHT + timedelta(hours=3)]


def test_a_listing_added_later_brings_its_newest_day_only(two: Week) -> None:
    arxiv = two.app.listings["arxiv"]
    two.app.listings = {"daily": two.app.listings["daily"]}
    two.stand.lay_out("daily", TUESDAY, paper(1))
    two.stand.lay_out("arxiv", TUESDAY, paper(2))
    two.stand.lay_out("arxiv", WEDNESDAY, paper(3))
    two.stand.lay_out("daily", WEDNESDAY)
    two.run()
    two.app.listings = {**two.app.listings, "arxiv": arxiv}

    two.run(days=1)

    assert sorted(two.titles(ALICE)) == [paper(1).title, paper(3).title]


def test_a_receipt_tells_how_many_of_the_announced_papers_were_read(week: Week) -> None:
    broken = ListingPage(
        (paper(1), paper(2)), 5, batch=TUESDAY, skipped=3, reasons=("entry 3: no title",) * 3
    )
    week.stand.put("daily", TUESDAY, broken)

    [read] = week.run().snapshots

    assert (read.entries, read.new, read.seen, read.skipped) == (5, 2, 0, 3)
    assert run_report.listing_json(read)["skipped"] == 3
    [text] = week.post.texts_to(ALICE)
    assert "read in part, 2 of 5 papers: entry 3: no title" in " ".join(text.split())


# ── subscribers ──


def test_two_profiles_of_one_subscriber_come_in_one_mail_with_each_paper_once(store: Store) -> None:
    both = [profile("first"), profile("second", any="[training, bees]")]
    week = Week(app_of(store, *both, listings=[listing()]))
    week.stand.lay_out("daily", TUESDAY, paper(1), paper(2))

    report = week.run()

    assert report.issues == 1
    assert week.titles(ALICE) == [paper(1).title, paper(2).title]
    assert "Second" in week.post.text_to(ALICE)


def test_a_revision_is_mailed_to_those_who_ask_for_revisions_once(store: Store) -> None:
    curious = profile("bob", to=BOB, changes="[new, revised]")
    week = Week(app_of(store, profile("alice"), curious, listings=[listing()]))
    week.stand.lay_out("daily", TUESDAY, paper(1, version=1))
    week.run()
    for day in (WEDNESDAY, THURSDAY):
        again = paper(1, version=2, abstract="We study sparse training again, longer.")
        week.stand.lay_out("daily", day, again)
        week.run(days=1)

    assert len(week.titles(ALICE)) == 1
    assert len(week.titles(BOB)) == 2
    assert "v1 → v2; you were sent it on Tuesday, 10 March" in week.post.text_to(BOB)


def test_a_revision_is_not_hidden_by_another_listing_that_has_the_paper_for_the_first_time(
    store: Store,
) -> None:
    curious = profile("bob", to=BOB, changes="[new, revised]")
    week = Week(app_of(store, curious, listings=[listing("daily"), listing("arxiv")]))
    week.stand.lay_out("daily", TUESDAY, paper(1, version=1))
    week.stand.lay_out("arxiv", TUESDAY)
    week.run()
    week.stand.lay_out("arxiv", WEDNESDAY, paper(1, version=1))
    second = paper(1, version=2, abstract="We study sparse training again, longer.")
    week.stand.lay_out("daily", THURSDAY, second)
    week.stand.lay_out("arxiv", THURSDAY)

    week.run(days=2)

    assert len(week.titles(BOB)) == 2


def test_an_old_paper_revised_is_not_new(week: Week) -> None:
    week.stand.lay_out("daily", TUESDAY, paper(1, version=3, announced=ChangeKind.REVISED))

    assert week.run().issues == 0


def test_a_subscriber_who_comes_later_gets_no_back_catalogue(store: Store) -> None:
    week = Week(app_of(store, profile("alice"), listings=[listing()]))
    week.stand.lay_out("daily", TUESDAY, paper(1))
    week.run()
    week.app.live_profiles.profiles = {  # type: ignore[assignment]
        p.slug: p for p in (profile("alice"), profile("bob", to=BOB))
    }
    week.stand.lay_out("daily", WEDNESDAY, paper(2))

    week.run(days=1)

    assert week.titles(BOB) == [paper(2).title]


def test_a_subscriber_with_an_hour_is_mailed_at_that_hour_and_not_before(store: Store) -> None:
    at_nine = profile("alice", schedule='{at: "09:00", timezone: UTC}')
    week = Week(app_of(store, at_nine, listings=[listing()]))
    week.stand.lay_out("daily", TUESDAY, paper(1))

    assert week.run().issues == 0
    assert week.run(minutes=59).issues == 0
    assert week.run(minutes=1).issues == 1


def test_beyond_the_limit_papers_are_named_and_count_as_mailed(store: Store) -> None:
    week = Week(app_of(store, profile("alice", limit=1), listings=[listing()]))
    week.stand.lay_out("daily", TUESDAY, paper(1), paper(2), paper(3))
    week.run()
    week.stand.lay_out("daily", WEDNESDAY, paper(1), paper(2), paper(3))

    assert week.run(days=1).issues == 0
    assert week.titles(ALICE) == [paper(n).title for n in (1, 2, 3)]


# ── handing over ──


def ready(week: Week) -> Week:
    """With two papers to be mailed."""
    week.stand.lay_out("daily", TUESDAY, paper(1), paper(2))
    return week


def test_a_temporary_refusal_is_tried_again_after_a_while(week: Week) -> None:
    ready(week).post.fail_next(refused("451 try later"))
    report = week.run()
    assert (report.outcomes, report.waiting) == ((DeliveryState.QUEUED,), 1)

    assert week.run(minutes=1).outcomes == ()
    assert week.run(minutes=5).outcomes == (DeliveryState.SENT,)
    assert len(week.post.mails) == 1


def test_a_final_refusal_is_not_tried_again(week: Week) -> None:
    ready(week).post.fail_next(refused("550 no such user"))

    assert week.run().outcomes == (DeliveryState.FAILED,)
    week.run(days=1)
    assert week.post.tried == 1


def test_a_server_that_is_away_leaves_every_mail_queued(store: Store) -> None:
    subscribers = [profile("alice"), profile("bob", to=BOB)]
    week = ready(Week(app_of(store, *subscribers, listings=[listing()])))
    week.post.fail_next(AWAY)

    report = week.run()

    assert (report.waiting, week.post.tried) == (2, 1)
    assert week.run(minutes=10).outcomes == (DeliveryState.SENT, DeliveryState.SENT)


def test_a_lost_answer_is_followed_by_the_same_mail_once(week: Week) -> None:
    lost = LOST
    ready(week).post.fail_next(lost, but_take_it=True)
    week.run()
    report = week.run(minutes=5)

    assert report.outcomes == (DeliveryState.SENT,)
    assert [m.data for m in week.post.mails] == [week.post.mails[0].data] * 2


def test_a_second_lost_answer_is_left_to_a_person(week: Week) -> None:
    ready(week)
    for _ in range(2):
        week.post.fail_next(LOST, but_take_it=True)
    week.run()

    assert week.run(minutes=5).outcomes == (DeliveryState.IN_DOUBT,)
    week.run(days=1)
    assert len(week.post.mails) == 2


def test_who_would_rather_ask_than_repeat_holds_a_mail_in_doubt(store: Store) -> None:
    week = ready(Week(app_of(store, listings=[listing()], in_doubt="hold")))
    week.post.fail_next(LOST, but_take_it=True)

    assert week.run().outcomes == (DeliveryState.IN_DOUBT,)
    week.run(days=1)
    assert len(week.post.mails) == 1


def test_a_refused_subscriber_does_not_hold_up_the_next(store: Store) -> None:
    subscribers = [profile("alice"), profile("bob", to=BOB)]
    week = ready(Week(app_of(store, *subscribers, listings=[listing()])))
    week.post.fail_next(refused("550 no"))

    assert week.run().outcomes == (DeliveryState.FAILED, DeliveryState.SENT)


def test_pages_and_their_order_do_not_change_what_is_mailed(store: Store) -> None:
    week = Week(app_of(store, listings=[listing()]))
    doubled: tuple[Paper, ...] = (paper(2), paper(1), paper(2))
    week.stand.put("daily", TUESDAY, ListingPage(doubled, entries=3, batch=TUESDAY))

    report = week.run()

    assert (of(report)["entries"], of(report)["new"], of(report)["seen"]) == (3, 2, 1)
    assert sorted(week.titles(ALICE)) == [paper(1).title, paper(2).title]
