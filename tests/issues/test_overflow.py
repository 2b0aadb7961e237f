"""What has no room in a mail: on its page, or first in the next issue; each paper in one mail."""

from __future__ import annotations

from collections.abc import Callable
from datetime import date, timedelta
from itertools import count
from typing import Any

import pytest

from digest.app import App
from digest.model import ChangeKind, Issue, Paper
from digest.pipeline import runs
from digest.store import Store, backup, feedback, schema, subscribers
from digest.store.subscribers import Consent

from ..apps import ALICE, app_of, profile
from ..extent import number
from ..factories import EIGHT, TUESDAY, listing, paper
from ..fakes import Clock, Newsstand, Postbox
from ..mortality import end_leases

ACT = Consent(now=EIGHT, wording="the words shown", origin="test")
LONG = "We study sparse training. " + "It is long and dull and has many words indeed. " * 9


class Days:
    """A digest that runs once a day; gives each day's mail and issue."""

    def __init__(self, store: Store, *profiles: Any, **fields: Any) -> None:
        self.app: App = app_of(store, *profiles, listings=[listing()], **fields)
        self.stand: Newsstand = self.app.source  # type: ignore[assignment]
        self.post: Postbox = self.app.sender  # type: ignore[assignment]
        self.clock: Clock = self.app.now  # type: ignore[assignment]
        self.day = TUESDAY

    def run(self, *papers: Paper) -> str:
        """Bring these papers on the next day; the mail's text, empty where there was none."""
        had = len(self.post.mails)
        self.stand.lay_out("daily", self.day, *papers)
        runs.run(self.app, list(self.app.listings.values()))
        self.day += timedelta(days=1)
        self.clock.forward(days=1)
        return " ".join(self.post.texts_to(ALICE)[had:])

    def issue(self, day: date) -> Issue:
        """Alice's issue of a day, as the store keeps it."""
        with self.app.store.begin() as tx:
            alice = subscribers.find(tx, ALICE)
            assert alice
            [id] = [id for id, on, _ in feedback.issue_days(tx, alice.id) if on == day]
            found = feedback.issue(tx, alice.id, id)
        assert found
        return found


def told(text: str, most: int = 400) -> list[int]:
    """The numbers of the papers that a mail tells of, in its order."""
    found = [(text.find(paper(n).title), n) for n in range(most)]
    return [n for place, n in sorted(found) if place >= 0]


def papers(*numbers: int, **fields: Any) -> list[Paper]:
    return [paper(n, **fields) for n in numbers]


@pytest.fixture
def rolling(store: Store) -> Days:
    """A subscriber who wants two papers a day, and the rest the day after."""
    return Days(store, profile(limit=2, overflow="rollover"))


def test_by_default_what_is_beyond_the_limit_is_named_and_does_not_come_again(store: Store) -> None:
    days = Days(store, profile(limit=2))

    assert told(days.run(*papers(1, 2, 3))) == [1, 2, 3]
    assert told(days.run(*papers(4))) == [4]


def test_why_a_paper_matched_is_kept_for_those_that_are_shown(store: Store) -> None:
    days = Days(store, profile(limit=2))
    days.run(*papers(1, 2, 3))

    [section] = days.issue(TUESDAY).sections
    assert [bool(entry.match.reasons) for entry in section.entries] == [True, True]
    assert [entry.match.reasons for entry in section.more] == [()]
    assert section.more[0].match.score == section.entries[0].match.score


def test_what_waited_is_shown_with_why_it_matched(rolling: Days) -> None:
    rolling.run(*papers(1, 2, 3))
    rolling.run(*papers(4))

    [section] = rolling.issue(TUESDAY + timedelta(days=1)).sections
    assert section.entries[0].match.paper.key == paper(3).key
    assert section.entries[0].match.reasons == section.entries[1].match.reasons != ()


def test_what_has_no_room_comes_first_in_the_next_issue(rolling: Days) -> None:
    first, second = rolling.run(*papers(1, 2, 3)), rolling.run(*papers(4))

    assert told(first) == [1, 2]
    assert "1 comes first in the next issue." in first
    assert told(second) == [3, 4]
    assert "no room on Tue 10 Mar" in second
    assert "The one new paper is for you, 1 paper had no room the last time" in second
    assert rolling.run() == ""


def test_the_page_of_an_issue_holds_what_its_mail_had_no_room_for(rolling: Days) -> None:
    rolling.run(*papers(1, 2, 3))

    assert len(rolling.issue(TUESDAY).papers) == 3


def test_a_paper_waits_once_and_is_named_then(rolling: Days) -> None:
    mails = [rolling.run(*papers(1, 2, 3, 4, 5, 6)), rolling.run(*papers(7)), rolling.run()]

    assert [told(mail) for mail in mails] == [[1, 2], [3, 4, 5, 6], [7]]


def test_what_waits_makes_an_issue_on_a_day_without_matches(rolling: Days) -> None:
    rolling.run(*papers(1, 2, 3))

    assert told(rolling.run(paper(9, title="On bees", abstract="Bees."))) == [3]


def test_what_befalls_a_waiting_paper_is_told_with_it(store: Store) -> None:
    days = Days(store, profile(limit=1, overflow="rollover", changes=["new", "revised"]))
    days.run(*papers(1, 2))

    text = days.run(
        paper(
            2,
            version=2,
            abstract="We study sparse training anew, and in far more words than before.",
        )
    )

    assert (told(text), text.count(paper(2).title)) == ([2], 1)
    assert "anew" in text
    assert "you were sent it" not in text


def test_the_size_of_the_mail_decides_too_and_each_paper_is_in_one_mail(lite: Store) -> None:
    days = Days(lite, profile(limit=200, whole=200, overflow="rollover"))
    brought = [paper(n, abstract=LONG) for n in range(140)]

    first, second = days.run(*brought), days.run()

    assert 10 < len(told(first)) < 140
    assert len(told(first)) == len(days.issue(TUESDAY).entries)
    assert set(told(first)).isdisjoint(told(second))
    assert sorted(told(first) + told(second)) == list(range(140))


def test_a_profile_rolls_over_for_itself_and_a_subscribers_own_word_goes_before(
    store: Store,
) -> None:
    bees = profile("bees", any="[bees]", limit=1)
    days = Days(store, profile(limit=1, overflow="rollover"), bees)
    buzz = {"abstract": "Bees.", "aliases": ()}
    about = [paper(n, title=f"Bees {n}", **buzz) for n in (50, 51)]

    first = days.run(*papers(1, 2), *about)
    with days.app.store.begin() as tx:
        alice = subscribers.find(tx, ALICE)
        assert alice
        subscribers.set_overflow(tx, alice.id, "web", ACT)
    second, third = days.run(*papers(3, 4)), days.run()

    assert ("Bees 50" in first, "Bees 51" in first, told(first)) == (True, True, [1])
    assert (told(second), third) == ([2, 3, 4], "")


def test_who_leaves_and_comes_back_skips_the_backlog(rolling: Days) -> None:
    rolling.run(*papers(1, 2, 3))
    with rolling.app.store.begin() as tx:
        people = schema.subscribers.update()
        tx.execute(people.values(confirmed_at=rolling.clock()))

    assert told(rolling.run(*papers(4))) == [4]


def test_a_backup_that_is_put_back_brings_nothing_that_waited(rolling: Days) -> None:
    rolling.run(*papers(1, 2, 3))
    with rolling.app.store.begin() as tx:
        tx.execute(schema.settings.insert().values(name=backup.FENCE, value="yes"))
        backup.lift(tx, TUESDAY)

    assert told(rolling.run(*papers(4))) == [4]


class Killed(BaseException):
    """As a crash would, this passes through every handler."""


def dying(begin: Callable[[], Any], after: int) -> Callable[[], Any]:
    """A store's ``begin`` that works so many times."""
    left = count(after, -1)

    def begun() -> Any:
        if next(left) == 0:
            raise Killed
        return begin()

    return begun


def test_killed_anywhere_nothing_that_waits_is_lost_or_doubled(
    rolling: Days, monkeypatch: pytest.MonkeyPatch
) -> None:
    store, expected = rolling.app.store, []
    for turn in count(0, number(2, whole=1)):
        start = 3 * turn
        rolling.run(*papers(start, start + 1, start + 2))
        expected += [start, start + 1, start + 2]
        with monkeypatch.context() as patch:
            patch.setattr(store, "begin", dying(store.begin, turn))
            try:
                composer = rolling.app.composer
                composer.compose(composer.due_batches())
                break
            except Killed:
                with store.begin() as tx:
                    end_leases(tx)
                rolling.run()
    rolling.run()

    assert [n for text in rolling.post.texts_to(ALICE) for n in told(text)] == expected
    assert len(expected) >= 3 * number(3, whole=4)


def test_the_preview_holds_back_what_the_mail_will(rolling: Days) -> None:
    rolling.stand.lay_out("daily", TUESDAY, *papers(1, 2, 3))
    runs.collect_only(rolling.app, list(rolling.app.listings.values()))
    rolling.app.composer.enrol()

    issue, subscriber = rolling.app.composer.preview_and_recipient(rolling.app.profiles["sparse"])
    shown = rolling.app.renderer.text(issue, subscriber, rolling.app.letterhead)

    assert "1 comes first in the next issue." in shown
    assert issue.sections[0].waiting[0].change is ChangeKind.NEW


def test_votes_that_rose_are_told(store: Store) -> None:
    days = Days(store, profile(schedule="{at: '07:30', days: [wed]}"))
    days.run(paper(1, upvotes=25))
    days.stand.lay_out("daily", TUESDAY, paper(1, upvotes=42))

    assert "42 upvotes, 17 of them new" in days.run(paper(2, upvotes=3))
