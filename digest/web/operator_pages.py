"""The operator's pages: the state of listings, issues and mails, and the few buttons that help.

Each request has shown a key or comes from this machine; see ``operator_access``.
"""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

from anyio import to_thread
from fastapi import APIRouter, Depends, Form, HTTPException, Request
from fastapi.responses import PlainTextResponse, RedirectResponse, Response

from ..errors import SendError
from ..model import DeliveryState, Recipient, Snapshot, count
from ..render.sample import FULL
from ..store import (
    BusyError,
    archive,
    due_dates,
    outbox,
    outbox_admin,
    papers,
    profile_files,
    status,
    subscribers,
    workers,
)
from . import glance
from .context import WebContext
from .dependencies import OperatorHome, Show, Site, current_operator
from .drafts import FileDrafts
from .operator_access import HERE
from .preview_pages import followed

if TYPE_CHECKING:
    from ..app import App

router = APIRouter()

#: How many days the table of verdicts shows.
SHOWN = 14


@dataclass(frozen=True, slots=True)
class Row:
    """One listing: its last days, oldest first, None where it was not read."""

    listing: str
    days: tuple[Snapshot | None, ...]


@router.get("/operator/{token}")
def home(home: OperatorHome, site: Site, show: Show, said: str = "") -> Response:
    """Show the state of everything."""
    shown = {**_overview(site.app), **_progress(site)}
    return show("operator.html", home=home, said=site.keys.unseal(said), **shown)


@router.get("/operator/{token}/progress")
def progress(home: OperatorHome, site: Site, show: Show) -> Response:
    """Show how far the first collection is, as a part of the page."""
    return show("operator_progress.html", home=home, **_progress(site))


@router.get("/operator/{token}/profiles")
def profiles(home: OperatorHome, site: Site, show: Show) -> Response:
    """List the profiles of the folder, each with its width and how many get it."""
    drafts = FileDrafts(site.app, home).all()
    numbers = site.recent_papers.numbers([site.app.profiles.get(each.slug) for each in drafts])
    with site.app.store.begin() as tx:
        readers = [len(profile_files.subscriber_ids(tx, each.slug)) for each in drafts]
    return show(
        "profiles.html",
        home=home,
        drafts=list(zip(drafts, numbers, readers, strict=True)),
        problems=site.app.problems,
        version=followed(site, home),
    )


@router.get("/operator/{token}/version", dependencies=[Depends(current_operator)])
def version(site: Site) -> Response:
    """Return a stamp that changes when a profile's file or a followed template does."""
    return PlainTextResponse(site.version())


def held_listing(listing: Annotated[str, Form()], site: Site) -> str:
    """Return the name of a listing that is watched; answer 404 for any other."""
    if listing not in site.app.listings:
        raise HTTPException(404)
    return listing


HeldListing = Annotated[str, Depends(held_listing)]


@router.post("/operator/{token}/release")
def release(home: OperatorHome, listing: HeldListing, site: Site) -> Response:
    """Let the papers of a flood go out."""
    return _decided(home, site, listing, papers.release, "go out with the next issues")


@router.post("/operator/{token}/forget")
def forget(home: OperatorHome, listing: HeldListing, site: Site) -> Response:
    """Never mail the papers of a flood."""
    return _decided(home, site, listing, papers.forget, "stay seen and are never mailed")


@router.post("/operator/{token}/retry")
def retry(home: OperatorHome, site: Site) -> Response:
    """Queue the mails again that failed within a day."""
    app = site.app
    with app.store.begin() as tx:
        ids = glance.failed_today(app, tx)
        states = (DeliveryState.FAILED,)
        again = sum(outbox_admin.requeue(tx, id, states, app.now()) for id in ids)
    return _back(home, site, f"Queued to be tried again: {count(again, 'mail')}.")


@router.post("/operator/{token}/test-mail")
def test_mail(home: OperatorHome, site: Site) -> Response:
    """Send a test mail."""
    return _back(home, site, send_test_mail(site.app))


def _decided(
    home: str, site: WebContext, listing: str, decide: Callable[..., int], outcome: str
) -> Response:
    """Decide what becomes of a held flood, and say it."""
    with site.app.store.begin() as tx:
        number = decide(tx, listing)
    return _back(home, site, f"{listing}: {count(number, 'paper')} {outcome}.")


def _back(home: str, site: WebContext, said: str) -> Response:
    return RedirectResponse(f"{home}?said={site.keys.seal(said)}", 303)


def send_test_mail(app: App) -> str:
    """Send a sample issue to the sender's own address; return the outcome in a sentence."""
    subscriber = Recipient(id=0, address=app.letterhead.address)
    try:
        # A sender's connection serves one run at a time.
        with app.store.work():
            app.sender(app.deliverer.rendered(FULL, subscriber), before_dot=lambda: None)
    except BusyError:
        return "Mails are going out just now; try again in a minute."
    except SendError as error:
        return f"The test mail was not sent: {error}."
    return f"A test mail went to {subscriber.address}."


def _overview(app: App) -> dict[str, Any]:
    """Return everything that the page shows."""
    app.live_profiles.read()
    due, broken, live = app.composer.due_issues(), [*glance.broken_profiles(app)], len(app.profiles)
    shown = [app.day - timedelta(days=ago) for ago in reversed(range(SHOWN))]
    with app.store.begin() as tx:
        held = archive.held_floods(tx, list(app.listings))
        rows = [_row(papers.snapshots(tx, name), name, shown) for name in app.listings]
        needs = glance.needs(app, tx, held, due, broken)
        has_begun = any(any(row.days) for row in rows)
        mails = outbox.counts(tx)
        return {
            "heading": glance.heading(needs, has_begun=has_begun),
            "needs": needs,
            "has_begun": has_begun,
            "now": app.now(),
            "days": shown,
            "rows": rows,
            "outbox": {state: mails.get(state, 0) for state in DeliveryState},
            "readers": subscribers.counts(tx),
            "owed": due,
            "unsent": sum(mails.get(state, 0) for state in outbox.OPEN),
            "next": due_dates.next_due(tx, app.now()),
            "since": min((each.due.at for each in due), default=None),
            "zone": ZoneInfo(app.timezone),
            "waiting": sum(each.waits for each in due),
            "late": outbox_admin.count_late(tx, app.now()),
            "sent": status.count_sent(tx, app.now() - timedelta(hours=1)),
            "oldest": status.oldest_owed(tx, app.now()),
            "workers": workers.all_workers(tx),
            "relays": glance.relays_of(app, tx),
            "failures": status.failures(tx),
            "bounces": status.bounces(tx),
            "last_issues": status.issues_by_day(tx, shown[0]),
            "profile_count": live,
        }


def _progress(site: WebContext) -> dict[str, Any]:
    """Return how far the first collection is, and which step prepares the editor."""
    with site.app.store.begin() as tx:
        unread = [name for name in site.app.listings if not papers.snapshots(tx, name)]
    with site.recent_papers.days() as days:
        stage = site.recent_papers.stage if days is None else None
    return {"unread": unread, "listings": len(site.app.listings), "stage": stage}


def _row(receipts: list[Snapshot], name: str, shown: list[date]) -> Row:
    last: dict[date, Snapshot] = {}
    for receipt in receipts:
        last.setdefault(receipt.day, receipt)
    return Row(name, tuple(last.get(day) for day in shown))


def metrics_access(request: Request, site: Site, key: str = HERE) -> None:
    """Let the operator's programs alone read the metrics; a guard."""
    if not site.keys.opens(key, request):
        raise HTTPException(404)


@router.get("/metrics", dependencies=[Depends(metrics_access)])
def metrics(site: Site) -> Response:
    """Return the state of everything as Prometheus reads it."""
    from .metrics import written

    text, kind = written(site.app)
    return Response(text, media_type=kind)


@router.get("/healthz")
async def alive() -> Response:
    """Answer that the process is alive."""
    return PlainTextResponse("alive\n")


@router.get("/readyz")
async def ready(site: Site) -> Response:
    """Answer whether the pages can be served, in a thread that computes no page."""
    return await to_thread.run_sync(_readiness, site.app, limiter=site.probes)


def _readiness(app: App) -> Response:
    # The pages are needed even where no mail can leave: name the trouble, but stay 200.
    with app.store.begin() as tx:
        trouble = [alarm.title for alarm in app.watch.alarms(tx)]
    return PlainTextResponse("\n".join(["ready", *(f"but {each}" for each in trouble), ""]))
