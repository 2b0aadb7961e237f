"""The operator's pages: the state of listings, issues and mails, and the few buttons that help.

Each request has shown a key or comes from this machine; see ``operator_access``.
"""

from __future__ import annotations

from dataclasses import dataclass
from datetime import date, timedelta
from typing import TYPE_CHECKING, Annotated, Any
from zoneinfo import ZoneInfo

from anyio import CapacityLimiter, to_thread
from fastapi import APIRouter, FastAPI, Form, HTTPException, Request
from fastapi.responses import PlainTextResponse, RedirectResponse, Response

from ..errors import SendError
from ..model import DeliveryState, Recipient, Snapshot
from ..render.sample import FULL
from ..store import BusyError, archive, outbox, outbox_admin, papers, status, subscribers
from .drafts import Drafts, FileDrafts
from .editor import add_editor
from .operator_access import HERE
from .preview_pages import add_preview

if TYPE_CHECKING:
    from .context import WebContext

#: How many days the table of verdicts shows.
SHOWN = 14


@dataclass(frozen=True, slots=True)
class Row:
    """One listing: its last days, oldest first, None where it was not read."""

    listing: str
    days: tuple[Snapshot | None, ...]
    held: int


def add(web: FastAPI, site: WebContext) -> None:
    """Add the pages below ``/operator/{key}``, and the probes for programs."""
    router = APIRouter(prefix="/operator")

    def opens(token: str, request: Request) -> Drafts:
        if not site.keys.opens(token, request):
            raise HTTPException(404)
        return FileDrafts(site.app, f"/operator/{token}")

    def back(token: str, said: str) -> Response:
        return RedirectResponse(f"/operator/{token}?said={site.keys.seal(said)}", 303)

    @router.get("/{token}")
    def home(request: Request, token: str, said: str = "") -> Response:
        opens(token, request)
        return site.pages.page(
            request,
            "operator.html",
            home=f"/operator/{token}",
            said=site.keys.unseal(said),
            **_standing(site),
            **_progress(site),
        )

    @router.get("/{token}/progress")
    def progress(request: Request, token: str) -> Response:
        opens(token, request)
        told = {"home": f"/operator/{token}", **_progress(site)}
        return site.pages.page(request, "operator_progress.html", **told)

    @router.get("/{token}/profiles")
    def profiles(request: Request, token: str) -> Response:
        drafts = opens(token, request)
        listed = drafts.all()
        return site.pages.page(
            request,
            "profiles.html",
            home=drafts.base,
            drafts=listed,
            problems=site.app.problems,
        )

    @router.post("/{token}/release")
    def release(request: Request, token: str, listing: Annotated[str, Form()]) -> Response:
        opens(token, request)
        if listing not in site.app.listings:
            raise HTTPException(404)
        with site.app.store.begin() as tx:
            number = papers.release(tx, listing)
        return back(token, f"{listing}: {number} papers go out with the next issues.")

    @router.post("/{token}/forget")
    def forget(request: Request, token: str, listing: Annotated[str, Form()]) -> Response:
        opens(token, request)
        if listing not in site.app.listings:
            raise HTTPException(404)
        with site.app.store.begin() as tx:
            number = papers.forget(tx, listing)
        return back(token, f"{listing}: {number} papers stay seen and are never mailed.")

    @router.post("/{token}/test-mail")
    def test_mail(request: Request, token: str) -> Response:
        opens(token, request)
        return back(token, send_test_mail(site))

    add_editor(router, site, opens)
    add_preview(router, site, opens)
    web.include_router(router)
    _add_probes(web, site)


def send_test_mail(site: WebContext) -> str:
    """Send a sample issue to the sender's own address; return the outcome in a sentence."""
    app = site.app
    reader = Recipient(id=0, address=app.letterhead.address)
    try:
        # A sender's connection serves one run at a time.
        with app.store.alone():
            app.send(app.press.mail(FULL, reader, app.letterhead), at_the_dot=lambda: None)
    except BusyError:
        return "Mails are going out just now; try again in a minute."
    except SendError as error:
        return f"The test mail was not sent: {error}."
    return f"A test mail went to {reader.address}."


def _standing(site: WebContext) -> dict[str, Any]:
    """Return everything that the page shows."""
    app = site.app
    app.library.read()
    owed = app.composer.due_issues()
    shown = [app.day - timedelta(days=ago) for ago in reversed(range(SHOWN))]
    with app.store.begin() as tx:
        held = archive.held(tx, list(app.listings))
        rows = [_row(papers.snapshots(tx, name), name, shown, held) for name in app.listings]
        return {
            "days": shown,
            "rows": rows,
            "outbox": {state: outbox.counts(tx).get(state, 0) for state in DeliveryState},
            "readers": subscribers.counts(tx),
            "owed": owed,
            "since": min((each.due.at for each in owed), default=None),
            "zone": ZoneInfo(app.timezone),
            "waiting": sum(each.waits for each in owed),
            "late": outbox_admin.count_late(tx, app.now()),
            "failures": status.failures(tx),
            "bounces": status.bounces(tx),
            "last_issues": status.issues_by_day(tx, shown[0]),
            "problems": list(app.problems),
            "in_force": {p.path or f"{slug}.yaml" for slug, p in app.profiles.items()},
            "profile_count": len(app.profiles),
        }


def _progress(site: WebContext) -> dict[str, Any]:
    """Return how far the first collection is, and which step prepares the editor."""
    with site.app.store.begin() as tx:
        unread = [name for name in site.app.listings if not papers.snapshots(tx, name)]
    with site.past.days() as days:
        stage = site.past.stage if days is None else None
    return {"unread": unread, "listings": len(site.app.listings), "stage": stage}


def _row(receipts: list[Snapshot], name: str, shown: list[date], held: dict[str, int]) -> Row:
    last: dict[date, Snapshot] = {}
    for receipt in receipts:
        last.setdefault(receipt.day, receipt)
    return Row(name, tuple(last.get(day) for day in shown), held.get(name, 0))


def _add_probes(web: FastAPI, site: WebContext) -> None:
    """Add the probes of other programs: alive, ready, metrics."""
    # So that neither waits for a thread that computes a page.
    own = CapacityLimiter(1)

    @web.get("/healthz")
    async def alive() -> Response:
        return PlainTextResponse("alive\n")

    @web.get("/readyz")
    async def ready() -> Response:
        return await to_thread.run_sync(_readiness, limiter=own)

    def _readiness() -> Response:
        # The pages are needed even where no mail can leave: name the trouble, but stay 200.
        with site.app.store.begin() as tx:
            trouble = [alarm.title for alarm in site.app.watch.alarms(tx)]
        return PlainTextResponse("\n".join(["ready", *(f"but {each}" for each in trouble), ""]))

    @web.get("/metrics")
    def metrics(request: Request, key: str = HERE) -> Response:
        from .metrics import written

        if not site.keys.opens(key, request):
            raise HTTPException(404)
        text, kind = written(site.app)
        return Response(text, media_type=kind)
