"""Times in which nothing was read: what comes later, and what the mail says is missing."""

from __future__ import annotations

from datetime import date, timedelta
from pathlib import Path

import pytest

from digest import run_report
from digest.errors import SourceError
from digest.model import DayRange, Listing, ListingPage, Snapshot, Verdict
from digest.pipeline import runs
from digest.pipeline.runs import FilledPast, Report
from digest.store import Store, papers
from digest.store.archive import changes_between

from ..apps import ALICE, app_of, profile
from ..factories import EIGHT, TUESDAY, listing, paper, snapshot
from .test_runs import Week


@pytest.fixture
def memory(laid_out: Path, tmp_path: Path) -> Store:
    """A store on SQLite."""
    path = tmp_path / "digest.db"
    path.write_bytes(laid_out.read_bytes())
    return Store(f"sqlite:///{path}")


def ahead(days: int) -> date:
    return TUESDAY + timedelta(days=days)


def weekdays(first: int, last: int) -> list[date]:
    """The weekdays from so many days after Tuesday to so many."""
    return [ahead(n) for n in range(first, last + 1) if ahead(n).weekday() < 5]


def said(week: Week) -> str:
    """The last mail, on one line."""
    return " ".join(week.post.texts_to(ALICE)[-1].replace("\u00a0", " ").split())


def only(week: Week, **later: float) -> Snapshot:
    [found] = week.run(**later).snapshots
    return found


@pytest.fixture
def dated(memory: Store) -> Week:
    """A list that can be asked for by its day; read on Tuesday, when paper 0 was new."""
    week = Week(app_of(memory, listings=[listing()]))
    week.stand.lay_out("daily", TUESDAY, paper(0))
    week.run()
    return week


def test_twenty_five_days_without_a_run_come_in_one_issue_and_nothing_is_missing(
    dated: Week,
) -> None:
    days = weekdays(1, 25)
    for number, day in enumerate(days, start=1):
        dated.stand.lay_out("daily", day, paper(number))
    dated.stand.lay_out("daily", ahead(25))  # a Saturday

    found = only(dated, days=25)

    assert (found.late + found.new, found.missed, found.lost) == (len(days), (), ())
    assert sorted(dated.titles(ALICE)) == [paper(n).title for n in range(len(days) + 1)]
    assert "the one listing is complete" in said(dated)


def test_four_hundred_days_without_a_run_are_made_up_for_by_thirty_and_the_rest_is_named(
    dated: Week,
) -> None:
    for day in weekdays(1, 400):
        dated.stand.lay_out("daily", day, paper(day.toordinal() % 100_000))

    found = only(dated, days=400)

    first, last = ahead(1), ahead(367)
    assert found.lost == (DayRange(first, last),)
    assert found.late + found.new == len(weekdays(370, 400))
    assert "nothing was read of 11 Mar 2026 to 12 Mar 2027" in said(dated)
    assert "; daily was not read on all days" in said(dated)
    # It is said once: the next issue is of a day on which nothing is missing.
    dated.stand.lay_out("daily", ahead(401), paper(99_999))
    assert only(dated, days=1).lost == ()
    assert "the one listing is complete" in said(dated)


def test_a_source_that_was_down_for_three_days_is_made_up_for(dated: Week) -> None:
    down = [ahead(n) for n in (1, 2, 3)]
    for day in down:
        dated.stand.break_down("daily", day)
        found = only(dated, days=1)
    assert found.missed == (DayRange(down[0], down[1]),)
    for number, day in enumerate([*down, ahead(6)], start=1):
        dated.stand.lay_out("daily", day, paper(number))

    found = only(dated, days=3)

    assert (found.late, found.new, found.missed) == (3, 1, ())
    assert "the one listing is complete" in said(dated)


def test_days_that_the_source_still_refuses_are_named_until_they_are_read(dated: Week) -> None:
    dated.stand.break_down("daily", ahead(1))
    dated.stand.lay_out("daily", ahead(2), paper(2))
    dated.run(days=2)
    assert "nothing was read of 11 Mar 2026" in said(dated)
    assert "daily was not read on all days" in said(dated)
    dated.stand.lay_out("daily", ahead(1), paper(1))
    dated.stand.lay_out("daily", ahead(3), paper(3))

    found = only(dated, days=1)

    assert (found.late, found.missed) == (1, ())
    assert "the one listing is complete" in said(dated)


def test_a_source_that_is_down_is_not_asked_for_every_missed_day(memory: Store) -> None:
    week = Week(app_of(memory, listings=[listing(look_back=0)]))
    week.stand.lay_out("daily", TUESDAY, paper(0))
    week.run()
    week.stand.asked.clear()

    found = only(week, days=25)

    assert len(week.stand.asked) == 6
    assert found.missed == (DayRange(ahead(1), ahead(24)),)


def test_a_source_that_asks_for_a_pause_is_asked_for_no_other_missed_day(memory: Store) -> None:
    week = Week(app_of(memory, listings=[listing(look_back=0)]))
    week.stand.lay_out("daily", TUESDAY, paper(0))
    week.run()
    busy = SourceError("daily", "answered http 429", retry_after=60)
    week.stand.pages["daily", ahead(1)] = busy
    week.stand.asked.clear()

    week.run(days=3)

    assert week.stand.asked == [("daily", ahead(1)), ("daily", ahead(3))]


def rolling(store: Store, *numbers: int) -> Week:
    """A feed that rolls on, read on Tuesday with these papers on it."""
    week = Week(app_of(store, listings=[listing(path="feed.xml")]))
    show(week, 0, *numbers)
    week.run()
    return week


def show(week: Week, day: int, *numbers: int) -> None:
    papers = tuple(paper(n) for n in numbers)
    week.stand.put("daily", ahead(day), ListingPage(papers, entries=len(papers)))


def test_a_feed_that_rolled_on_too_far_has_a_hole_that_the_mail_names(store: Store) -> None:
    week = rolling(store, 1, 2)
    show(week, 5, 7, 8)

    found = only(week, days=5)

    assert (found.verdict, found.hole, found.new) == (Verdict.PARTIAL, TUESDAY, 2)
    assert "papers between 10 Mar 2026 and 15 Mar 2026 may be missing" in said(week)
    assert "; daily was read in part" in said(week)
    # Reading it again does not fill the hole, but the next day has none.
    show(week, 5, 7, 8, 9)
    assert only(week, hours=2).hole is None
    show(week, 6, 9, 10)
    assert only(week, days=1).verdict is Verdict.FRESH
    assert "the one listing is complete" in said(week)


def test_a_hole_that_is_found_before_the_hour_of_the_issue_is_in_it(memory: Store) -> None:
    week = rolling(memory, 1)
    show(week, 1, 7)
    week.app.collector.collect(list(week.app.listings.values()))
    week.clock.forward(days=1)
    week.app.collector.collect(list(week.app.listings.values()))

    assert only(week, hours=1).verdict is Verdict.FRESH
    assert "read in part, 1 paper; papers between 10 Mar 2026 and 11 Mar 2026" in said(week)


def test_a_feed_that_still_shows_the_last_reading_misses_nothing_after_weeks(
    memory: Store,
) -> None:
    week = rolling(memory, 1, 2)
    show(week, 25, 2, *range(3, 60))

    found = only(week, days=25)

    # So many are no flood, after so many days.
    assert (found.verdict, found.new, found.hole) == (Verdict.FRESH, 57, None)
    assert "the one listing is complete" in said(week)


def test_a_burst_after_a_gap_is_measured_by_its_days(memory: Store) -> None:
    week = rolling(memory, 0)

    def collected(days: int) -> Verdict:
        week.clock.forward(days=days)
        [found] = week.app.collector.collect(list(week.app.listings.values()))
        return found.verdict

    for day in range(1, 8):
        show(week, day, *range(day, day + 2))
        collected(days=1)
    show(week, 10, 8, *range(100, 160))
    assert collected(days=1) is Verdict.FAILED
    assert collected(days=2) is Verdict.FRESH
    show(week, 11, 8, *range(200, 260))
    assert collected(days=1) is Verdict.FLOOD


def test_the_first_page_after_failures_is_a_first_reading(memory: Store) -> None:
    week = Week(app_of(memory, listings=[listing(path="feed.xml")]))
    week.stand.break_down("daily", TUESDAY)
    week.run()
    papers = tuple(paper(n, published=ahead(n - 8)) for n in range(10))
    week.stand.put("daily", ahead(1), ListingPage(papers, entries=10))

    # What came since the first attempt is new, what was there before is not.
    assert (only(week, days=1).new, week.titles(ALICE)) == (2, [paper(8).title, paper(9).title])


def test_of_arxivs_own_feed_the_days_missed_stand_beside_the_verdict(memory: Store) -> None:
    feed = Listing(name="daily", kind="arxiv", url="https://rss.arxiv.org/rss/cs.CL")
    week = Week(app_of(memory, listings=[feed]))
    week.stand.lay_out("daily", TUESDAY, paper(0))
    week.run()
    week.stand.lay_out("daily", ahead(6), paper(1))

    found = only(week, days=6)

    assert (found.verdict, found.lost) == (Verdict.FRESH, (DayRange(ahead(1), ahead(3)),))
    assert "read, 1 paper; nothing was read of 11 Mar 2026 to 13 Mar 2026" in said(week)
    assert "listings are complete" not in said(week)


def test_an_empty_list_of_arxivs_on_the_first_of_january_is_quiet(memory: Store) -> None:
    feed = Listing(name="daily", kind="arxiv", options={"categories": ["cs.CL"]})
    week = Week(app_of(memory, listings=[feed]))
    new_year = date(2027, 1, 1)
    week.stand.lay_out("daily", new_year)

    assert only(week, days=(new_year - TUESDAY).days).verdict is Verdict.QUIET


def test_a_day_that_the_operator_names_is_quiet_when_it_is_empty(memory: Store) -> None:
    week = Week(app_of(memory, listings=[listing(holidays=frozenset({TUESDAY}))]))
    week.stand.lay_out("daily", TUESDAY)

    assert only(week).verdict is Verdict.QUIET


def test_the_report_and_the_status_name_what_is_missing(
    dated: Week, capsys: pytest.CaptureFixture[str]
) -> None:
    dated.stand.break_down("daily", ahead(1))
    dated.stand.lay_out("daily", ahead(2), paper(2))
    done = dated.run(days=2)
    run_report.show(done)
    watched = dated.app.listings.values()
    history = run_report.history(dated.app.store, watched, ahead(7))
    run_report.show_history(history)

    printed = " ".join(capsys.readouterr().out.split())
    assert "daily: not read yet, and asked for again: 2026-03-11" in printed
    assert "daily 2026-03-11 not read" in printed
    assert "daily 2026-03-13 not read until 2026-03-16" in printed
    [[newest, _]] = [each["days"] for each in history]
    assert (newest["missed"], newest["lost"], newest["hole"]) == (
        [["2026-03-11", "2026-03-11"]],
        [],
        None,
    )


def test_a_weekly_mail_names_what_went_missing_on_each_day_of_the_week(store: Store) -> None:
    mondays = profile(schedule="{at: 07:00, days: monday}")
    week = Week(app_of(store, mondays, listings=[listing(path="feed.xml")]))
    for day, numbers in [(0, (1,)), (6, (1, 2)), (8, (7, 8)), (13, (8, 9))]:
        show(week, day, *numbers)
    for later in (0, 6, 2, 5):
        week.run(days=later)

    first, second = (" ".join(text.split()) for text in week.post.texts_to(ALICE))

    assert "the one listing is complete" in first
    assert "; daily was read in part" in second
    assert "papers between 16 Mar 2026 and 18 Mar 2026 may be missing" in second


def test_what_leaves_a_gap_is_told_until_it_is_whole_or_released(store: Store) -> None:
    def kept(day: date, verdict: Verdict, **fields: object) -> None:
        papers.record(tx, snapshot(day, verdict=verdict, **fields))  # type: ignore[arg-type]

    with store.begin() as tx:
        for verdict in (Verdict.PARTIAL, Verdict.FRESH):
            kept(ahead(0), verdict)
        for verdict in (Verdict.FRESH, Verdict.PARTIAL):
            kept(ahead(1), verdict)
        kept(ahead(2), Verdict.FLOOD)
        kept(ahead(3), Verdict.FRESH, lost=(DayRange(ahead(-9), ahead(-8)),))
        kept(ahead(4), Verdict.PARTIAL, is_past=True)
        before = EIGHT - timedelta(seconds=1)
        told = [each.day for each in papers.troubled(tx, ["daily"], since=before)]
        papers.release(tx, "daily")
        released = [each.day for each in papers.troubled(tx, ["daily"], since=before)]

        assert (told, released) == ([ahead(1), ahead(2), ahead(3)], [ahead(1), ahead(3)])
        assert papers.troubled(tx, ["daily"], since=EIGHT) == ()
        assert papers.troubled(tx, ["other"], since=before) == ()


# ── the past, filled on purpose ──


def filled(week: Week, number: int) -> Report:
    return runs.fill_past(week.app, list(week.app.listings.values()), number, lambda *_: None)


def test_the_past_is_filled_for_trying_profiles_and_mailed_to_no_one(store: Store) -> None:
    week = Week(app_of(store, listings=[listing(), listing("feed", path="feed.xml")]))
    for ago in (6, 5, 1, 0):
        week.stand.lay_out("daily", ahead(-ago), paper(ago))
    week.stand.put("feed", TUESDAY, ListingPage((paper(50),), entries=1))

    daily, feed = filled(week, 7).past

    assert daily == FilledPast("daily", is_dated=True, wanted=5, read=3, papers=3)
    assert feed == FilledPast("feed", is_dated=False)
    with week.app.store.begin() as tx:
        arrived = [
            arrival.change.paper.key for _, arrival in changes_between(tx, ahead(-7), ahead(0))
        ]
    assert [paper(n).key for n in (6, 5, 1, 0)] == arrived
    week.run()
    assert week.titles(ALICE) == [paper(0).title]


def test_what_could_not_be_read_of_the_past_is_neither_missed_nor_mailed_later(
    memory: Store,
) -> None:
    week = Week(app_of(memory, listings=[listing()]))
    week.stand.lay_out("daily", TUESDAY, paper(0))
    filled(week, 7)
    week.stand.lay_out("daily", ahead(-4), paper(4))
    week.stand.lay_out("daily", ahead(1), paper(1))

    assert only(week, days=1).missed == ()
    assert week.titles(ALICE) == [paper(1).title]
    # Asked for again, it is read.
    assert filled(week, 7).past[0].papers == 1
    week.run(days=1)
    assert week.titles(ALICE) == [paper(1).title]


def test_a_past_that_is_filled_twice_is_read_once(memory: Store) -> None:
    week = Week(app_of(memory, listings=[listing(look_back=0)]))
    for ago in range(4):
        week.stand.lay_out("daily", ahead(-ago), paper(ago))
    filled(week, 2)
    week.stand.asked.clear()

    assert filled(week, 2).past[0] == FilledPast("daily", is_dated=True)
    assert week.stand.asked == [("daily", TUESDAY)]


def test_the_report_says_what_filling_the_past_came_to(capsys: pytest.CaptureFixture[str]) -> None:
    past = (
        FilledPast("a", is_dated=True, wanted=3, read=2, papers=40),
        FilledPast("b", is_dated=True),
        FilledPast("c", is_dated=False),
    )
    done = Report(TUESDAY, issues=None, past=past)
    run_report.show(done)

    assert capsys.readouterr().out.splitlines()[:3] == [
        "a: 40 papers of 2 earlier days, none is mailed; 1 day could not be read",
        "b: the earlier days were read before",
        "c: the source has no earlier days",
    ]
    assert run_report.as_json(done)["past"][0]["papers"] == 40
