"""Subscribers of a listing that has failed for two days are told, once."""

from __future__ import annotations

from datetime import timedelta

import pytest

from digest.app import App
from digest.pipeline import runs
from digest.store import Store, subscribers
from digest.store.subscribers import Consent

from ..apps import ALICE, BOB, app_of, profile
from ..extent import number
from ..factories import EIGHT, TUESDAY, WEDNESDAY, listing, paper
from ..fakes import Clock, Newsstand, Postbox

LETTER = "Paper digest: a listing cannot be read"


@pytest.fixture
def app(store: Store) -> App:
    """Alice and Bob watch the daily list; nothing stands on it."""
    people = profile(), profile("bobs", to=BOB)
    return app_of(store, *people, listings=[listing()])


def run(app: App, **later: float) -> None:
    clock: Clock = app.now  # type: ignore[assignment]
    clock.forward(**later)
    runs.run(app, list(app.listings.values()))


def lay_out(app: App, name: str, ago: int, *numbers: int) -> None:
    stand: Newsstand = app.source  # type: ignore[assignment]
    stand.lay_out(name, TUESDAY + timedelta(days=ago), *(paper(n) for n in numbers))


def subjects(app: App, address: str) -> list[str]:
    post: Postbox = app.sender  # type: ignore[assignment]
    return [str(message["Subject"]) for message in post.to(address)]


def test_subscribers_are_told_after_two_days_and_once(app: App) -> None:
    run(app)
    run(app, hours=47)
    assert subjects(app, ALICE) == []
    for _ in range(number(2, whole=6)):
        run(app, hours=number(30, whole=10))

    assert subjects(app, ALICE) == subjects(app, BOB) == [LETTER]
    post: Postbox = app.sender  # type: ignore[assignment]
    assert "daily, since Tuesday, 10 March" in post.text_to(ALICE)


def test_all_sources_down_mail_nothing_and_their_papers_come_later_once(app: App) -> None:
    run(app)
    for _ in range(3):
        run(app, hours=12)
    assert subjects(app, ALICE) == []

    lay_out(app, "daily", 0, 1)
    lay_out(app, "daily", 1, 1, 2)
    run(app, hours=1)

    post: Postbox = app.sender  # type: ignore[assignment]
    [text] = post.texts_to(ALICE)
    assert (paper(1).title in text, paper(2).title in text) == (True, True)


def test_who_got_an_issue_that_says_so_is_not_written_to(store: Store) -> None:
    app = app_of(
        store,
        profile(),
        profile("bobs", to=BOB, listings=["weekly"]),
        listings=[listing(), listing("weekly", path="weekly/{day}.txt")],
    )
    for day in (1, 2, 3):
        lay_out(app, "daily", day, *range(day))
        run(app, days=1)

    post: Postbox = app.sender  # type: ignore[assignment]
    assert LETTER not in subjects(app, ALICE)
    assert "missing since 11 Mar 2026" in post.text_to(ALICE)
    assert subjects(app, BOB) == [LETTER]


def test_another_outage_is_told_of_again(app: App) -> None:
    run(app)
    run(app, days=2)
    lay_out(app, "daily", 3)
    lay_out(app, "daily", 4)
    # A list without papers on Saturday is a quiet one: the first outage is over.
    run(app, days=2)
    assert subjects(app, BOB) == [LETTER]
    run(app, days=2)
    run(app, days=2)

    assert subjects(app, BOB) == [LETTER] * 2


def test_who_is_away_is_not_written_to(app: App) -> None:
    run(app)
    with app.store.begin() as tx:
        bob = subscribers.find(tx, BOB)
        assert bob is not None
        subscribers.pause(tx, bob.id, WEDNESDAY + timedelta(days=30), Consent(now=EIGHT))
    run(app, days=3)

    assert (subjects(app, ALICE), subjects(app, BOB)) == ([LETTER], [])
