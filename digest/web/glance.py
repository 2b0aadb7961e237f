"""Whether this morning is fine, and if not, what to do: the top of the operator's page."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING

from ..model import Verdict, count
from ..store import Transaction, outbox_admin, paces, papers, status

if TYPE_CHECKING:
    from ..app import App
    from ..pipeline.compose import DueIssue

#: Mails that failed longer ago are history, and need no one any more.
_FAILED_WITHIN = timedelta(days=1)


@dataclass(frozen=True, slots=True)
class Need:
    """One thing that is not fine: what, where, and what to do or to wait for."""

    what: str
    lines: tuple[str, ...]
    remedy: str
    #: the words of its buttons, by the path that they post to
    buttons: Mapping[str, str]
    #: the listing that the buttons are about; empty: none
    listing: str = ""


def needs(
    app: App,
    tx: Transaction,
    held: Mapping[str, int],
    due: list[DueIssue],
    broken: Iterable[Need],
) -> list[Need]:
    """Return what is not fine now, with what only the operator can do first.

    ``broken`` is what ``broken_profiles`` returned.
    """
    alarms = list(app.watch.alarms(tx))
    raised = [Need(f"{a.sentence}", a.lines, f"What to do: {a.remedy}.", {}) for a in alarms]
    found = [*_floods(held), *raised, *_overdue(app, due), *_failed(app, tx), *broken]
    if not any(alarm.name == "listing" for alarm in alarms):
        found += _unread(app, tx)
    return found


def heading(needs: list[Need], *, has_begun: bool) -> str:
    """Return the answer in a few words."""
    if not has_begun:
        return "Nothing has been collected yet"
    if not needs:
        return "This morning is fine"
    return "One thing is not fine" if len(needs) == 1 else f"{len(needs)} things are not fine"


def failed_today(app: App, tx: Transaction) -> list[int]:
    """Return the ids of the mails that failed within a day."""
    return outbox_admin.failed_since(tx, app.now() - _FAILED_WITHIN)


def _floods(held: Mapping[str, int]) -> Iterator[Need]:
    buttons = {"release": "Let them go out", "forget": "Never mail them"}
    for listing, number in held.items():
        what = f"{listing} holds back {count(number, 'paper')}, far more than ever before."
        yield Need(what, (), "They wait for your word; all else goes on.", buttons, listing)


def _overdue(app: App, due: list[DueIssue]) -> Iterator[Need]:
    late = [each for each in due if not each.waits]
    number = sum(each.due.at < app.now() - outbox_admin.LATE_AFTER for each in late)
    if number:
        what = f"{number} {'issue is' if number == 1 else 'issues are'} overdue by two hours."
        remedy = "digest serve makes them by itself: is it running? digest run makes them now."
        yield Need(what, (), remedy, {})


def _failed(app: App, tx: Transaction) -> Iterator[Need]:
    if number := len(failed_today(app, tx)):
        what = f"{number} {'mail' if number == 1 else 'mails'} failed since yesterday."
        remedy = "Below, under Trouble, is why. Where the cause is gone, try them again."
        yield Need(what, (), remedy, {"retry": "Try them again"})


def broken_profiles(app: App) -> Iterator[Need]:
    """Yield a need for each profile with a mistake; outside any transaction."""
    kept = app.live_profiles.kept()
    for problem in app.problems:
        last = "Its last good version" if problem.path in kept else "Nothing of it"
        remedy = f"{last} is in force. Once its file is mended, it is read by itself."
        yield Need("A profile has a mistake.", (str(problem),), remedy, {})


def _unread(app: App, tx: Transaction) -> Iterator[Need]:
    failed = [s for s in papers.newest(tx, app.listings) if s.verdict is Verdict.FAILED]
    for each in failed:
        yield Need(
            f"{each.listing} could not be read.",
            (each.error,) if each.error else (),
            "You need do nothing yet: it is asked for again, every two hours at the latest.",
            {},
        )


@dataclass(frozen=True, slots=True)
class RelayStatus:
    """One of several relays: its mails of 24 hours, and whether it is left alone just now."""

    name: str
    sent: int
    #: how many it may take; 0: no limit
    per_day: int
    is_paused: bool


def relays_of(app: App, tx: Transaction) -> list[RelayStatus]:
    """Return how each of several relays is; empty if there is one at the most."""
    servers = {name: route.relay.smtp for name, route in app.routes.items()}
    if not servers:
        return []
    sent = status.sent_by_relay(tx, app.now() - timedelta(days=1))
    paused = paces.paused(tx, {each.account for each in servers.values()})
    return [
        RelayStatus(name, sent.get(name, 0), smtp.per_day, smtp.account in paused)
        for name, smtp in servers.items()
    ]
