"""Take out what is older than ``keep:``, in steps between which mail goes first."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import date, datetime
from typing import TYPE_CHECKING

from ..errors import DigestError
from ..store import months, outbox, retention, settings

if TYPE_CHECKING:
    from ..app import App

#: The most transactions in one tick, each of ``retention.MOST`` rows.
STEPS_A_TICK = 20

#: The setting with the day on which nothing was left to take out.
_DONE = "vacuumed"


class MailFirstError(DigestError):
    """A mail is due and was not handed over: nothing is taken out before."""

    is_passing = True

    def __init__(self) -> None:
        super().__init__("vacuum: mail is due, and goes first; nothing more was taken out")


def _before(app: App) -> datetime | None:
    """Return the instant before which nothing is kept; None if all is kept for ever."""
    return app.now() - app.keep if app.keep else None


def counts(app: App) -> dict[str, int]:
    """Return how many rows of each kind would be taken out."""
    before = _before(app)
    with app.store.begin() as tx:
        return {
            kind: retention.count(tx, kind, before) if before else 0 for kind in retention.KINDS
        }


def take_out(app: App) -> Iterator[tuple[str, int]]:
    """Take out step by step, and yield each kind with its number of rows once it is done.

    Raises MailFirstError if mail is due.
    """
    before = _before(app)
    for kind in retention.KINDS:
        number = 0
        while before and (rows := _step(app, kind, before)):
            number += rows
        yield kind, number
    if before:
        with app.store.begin() as tx:
            months.make_ahead(tx, app.day)


def step_of_tick(app: App) -> None:
    """Take a few steps after a tick's run, unless mail is due or all was done today."""
    before, today = _before(app), app.day
    if before is None or _was_done(app, today):
        return
    left = STEPS_A_TICK
    try:
        for kind in retention.KINDS:
            while left and _step(app, kind, before):
                left -= 1
    except MailFirstError:
        return
    if left:
        with app.store.begin() as tx:
            months.make_ahead(tx, today)
            settings.keep_setting(tx, _DONE, today.isoformat())


def _was_done(app: App, today: date) -> bool:
    with app.store.begin() as tx:
        return settings.setting(tx, _DONE) == today.isoformat()


def _step(app: App, kind: str, before: datetime) -> int:
    now = app.now()
    with app.store.begin() as tx:
        if outbox.has_due(tx, now):
            raise MailFirstError
        return retention.take_out(tx, kind, before)
