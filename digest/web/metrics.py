"""The state of everything as Prometheus reads it.  It names no subscriber and no paper."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from prometheus_client import CONTENT_TYPE_LATEST, CollectorRegistry, Gauge, generate_latest

from ..model import DeliveryState, Snapshot, SubscriberState, Verdict
from ..pipeline.alarms import ALARMS
from ..store import (
    Transaction,
    archive,
    leases,
    outbox,
    outbox_admin,
    papers,
    status,
    subscribers,
    workers,
)
from .glance import RelayStatus, relays_of

if TYPE_CHECKING:
    from ..app import App


def written(app: App) -> tuple[bytes, str]:
    """Return the text and its media type, counted now in the store."""
    registry = CollectorRegistry()
    with app.store.begin() as tx:
        _mails(registry, outbox.counts(tx), outbox_admin.count_late(tx, app.now()))
        _workers(registry, app, tx)
        _relays(registry, relays_of(app, tx))
        _subscribers(registry, subscribers.counts(tx))
        held = archive.held_floods(tx, list(app.listings))
        last = {name: papers.snapshots(tx, name)[:1] for name in app.listings}
        _alarms(registry, {alarm.name for alarm in app.watch.alarms(tx)})
    _listings(registry, app, last, held)
    profiles = Gauge("digest_profiles", "Profiles that are live.", registry=registry)
    profiles.set(len(app.profiles))
    due = Gauge("digest_issues_due", "Issues that are due and not made.", registry=registry)
    issues = app.composer.due_issues()
    due.set(len(issues))
    _lag(registry, "issue", app.now(), min((each.due.at for each in issues), default=None))
    return generate_latest(registry), CONTENT_TYPE_LATEST


def _mails(registry: CollectorRegistry, counts: dict[DeliveryState, int], late: int) -> None:
    gauge = Gauge("digest_deliveries", "Mails, by state.", ["state"], registry=registry)
    for state in DeliveryState:
        gauge.labels(state.value).set(counts.get(state, 0))
    Gauge("digest_deliveries_late", "Mails owed for over two hours.", registry=registry).set(late)


def _workers(registry: CollectorRegistry, app: App, tx: Transaction) -> None:
    """Say who is at work, how far behind they are, and how fast they are."""
    at_work, clock = workers.all_workers(tx), leases.clock(tx)
    Gauge("digest_workers", "Processes at work.", registry=registry).set(len(at_work))
    silence = Gauge(
        "digest_worker_silence_seconds",
        "The longest time since one of them renewed its leases.",
        registry=registry,
    )
    silence.set(max(((clock - each.moved_at).total_seconds() for each in at_work), default=0))
    sent = Gauge("digest_deliveries_sent_in_an_hour", "Mails of the last hour.", registry=registry)
    sent.set(status.count_sent(tx, app.now() - timedelta(hours=1)))
    _lag(registry, "delivery", app.now(), status.oldest_owed(tx, app.now()))


def _relays(registry: CollectorRegistry, relays: Sequence[RelayStatus]) -> None:
    """Say what each of several relays has taken, and whether it is left alone."""
    if not relays:
        return
    sent = Gauge("digest_relay_sent_in_a_day", "Mails.", ["relay"], registry=registry)
    paused = Gauge("digest_relay_paused", "1 if it is left alone.", ["relay"], registry=registry)
    for each in relays:
        sent.labels(each.name).set(each.sent)
        paused.labels(each.name).set(each.is_paused)


def _lag(registry: CollectorRegistry, what: str, now: datetime, since: datetime | None) -> None:
    name, meaning = f"digest_{what}_lag_seconds", f"For how long the oldest {what} has been due."
    seconds = max((now - since).total_seconds(), 0) if since else 0
    Gauge(name, meaning, registry=registry).set(seconds)


def _alarms(registry: CollectorRegistry, lasting: set[str]) -> None:
    gauge = Gauge("digest_alarm", "1 for trouble that lasts.", ["alarm"], registry=registry)
    for name in ALARMS:
        gauge.labels(name).set(name in lasting)


def _subscribers(registry: CollectorRegistry, counts: dict[SubscriberState, int]) -> None:
    gauge = Gauge("digest_readers", "Subscribers, by state.", ["state"], registry=registry)
    for state in SubscriberState:
        gauge.labels(state.value).set(counts.get(state, 0))


def _listings(
    registry: CollectorRegistry,
    app: App,
    last: dict[str, list[Snapshot]],
    held: dict[str, int],
) -> None:
    def gauge(name: str, meaning: str, *more: str) -> Gauge:
        return Gauge(f"digest_listing_{name}", meaning, ["listing", *more], registry=registry)

    verdict = gauge("verdict", "1 for how the last reading ended.", "verdict")
    age = gauge("age_seconds", "Seconds since the last reading.")
    entries = gauge("entries", "Papers on the last page.")
    waiting = gauge("held", "Papers of a flood that wait for release.")
    for name, snapshots in last.items():
        waiting.labels(name).set(held.get(name, 0))
        for snapshot in snapshots:
            age.labels(name).set((app.now() - snapshot.taken_at).total_seconds())
            entries.labels(name).set(snapshot.entries)
            for each in Verdict:
                verdict.labels(name, each.value).set(each is snapshot.verdict)
