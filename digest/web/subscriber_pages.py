"""A subscriber's own pages: settings, profiles, issues, saved papers, and leaving.

The link in a mail is the only proof of who asks.  Links that can change something expire; a fresh
one is sent to the subscriber's address alone.
"""

from __future__ import annotations

import json
from datetime import UTC, date, datetime, timedelta
from typing import Annotated, Any

from fastapi import APIRouter, Depends, HTTPException
from fastapi.responses import RedirectResponse, Response

from ..access.tokens import Purpose
from ..model import Paper, Subscriber, SubscriberState
from ..profiles import rewrite
from ..profiles.rewrite import Answers
from ..store import Store, feedback, privacy, profiles, subscribers
from ..subscribers import requests
from ..trial.suggest import suggest
from .answers import day_of
from .archive_pages import paper_lines
from .consent import goodbye
from .context import WebContext
from .dependencies import (
    Act,
    CurrentStore,
    Reader,
    Show,
    Site,
    current_subscriber,
    own_drafts,
)
from .drafts import Draft
from .exports import export
from .exports import saved as as_file
from .issue_pages import OPINIONS, Key, Short, feed_addresses
from .subscribe import DAYS, schedule_of, zones

router = APIRouter(prefix="/manage/{token}")

SAID = {
    "saved": "Saved.",
    "paused": "Paused. After that day one issue brings what came in between.",
    "resumed": "Issues come again.",
    "dropped": "The profile is gone.",
    "taken": "Taken back.",
    "again": "You get new papers again, with all as it was.",
}


@router.get("")
def home(token: str, reader: Reader, site: Site, show: Show, said: str = "") -> Response:
    """Show the settings."""
    drafts = own_drafts(site, token, reader)
    listed = drafts.all()
    return show(
        "manage.html",
        home=drafts.base,
        reader=reader,
        drafts=listed,
        said=SAID.get(said, ""),
        suggestions=_suggestions(site, reader, listed),
        thought=_thought(site.app.store, reader),
        feeds=feed_addresses(site, reader),
        today=site.app.day,
        is_active=reader.state is SubscriberState.ACTIVE,
        can_return=bool(requests.way_back(site.app, reader)),
        **_hours(reader),
    )


@router.post("/fresh")
def fresh(token: str, site: Site, show: Show) -> Response:
    """Mail a fresh link to the subscriber of an old one; the answer does not show whether."""
    send_fresh_link(site, token)
    lines = ["If this address is known here, a mail with a fresh link is on its way to it."]
    return show("told.html", heading="Look into your mailbox", lines=lines)


@router.post("/schedule")
def schedule(
    token: str,
    reader: Reader,
    store: CurrentStore,
    act: Act,
    at: Short = "",
    timezone: Short = "",
    days: Short = "daily",
) -> Response:
    """Set when issues come."""
    try:
        wished = schedule_of(at, timezone, days)
    except ValueError as error:
        raise HTTPException(422, f"{error}") from error
    with store.begin() as tx:
        subscribers.set_schedule(tx, reader.id, wished, act)
    return _back(token, "saved")


@router.post("/format")
def choose(
    token: str,
    reader: Reader,
    store: CurrentStore,
    act: Act,
    format: Short,
    quiet: Short = "",
    overflow: Short = "",
) -> Response:
    """Set what a mail looks like, and what happens on quiet and on busy days."""
    try:
        with store.begin() as tx:
            subscribers.set_format(tx, reader.id, format, act)
            subscribers.set_quiet(tx, reader.id, quiet, act)
            subscribers.set_overflow(tx, reader.id, overflow, act)
    except ValueError as error:
        raise HTTPException(422, f"{error}") from error
    return _back(token, "saved")


async def listing_day(site: Site) -> date:
    """Return the listing day that is collected now."""
    return site.app.day


@router.post("/pause")
def pause(
    token: str,
    reader: Reader,
    store: CurrentStore,
    today: Annotated[date, Depends(listing_day)],
    act: Act,
    until: Short,
) -> Response:
    """Pause until the end of a day, at most a year ahead."""
    last = day_of(until)
    if last is None or not today <= last <= today + timedelta(days=366):
        raise HTTPException(422, "a day within a year is expected")
    with store.begin() as tx:
        subscribers.pause(tx, reader.id, last, act)
    return _back(token, "paused")


@router.post("/resume")
def resume(token: str, reader: Reader, store: CurrentStore, act: Act) -> Response:
    """End a pause."""
    with store.begin() as tx:
        subscribers.resume(tx, reader.id, act)
    return _back(token, "resumed")


@router.post("/profile")
def more(token: str, reader: Reader, site: Site, title: Short) -> Response:
    """Add a profile of that title, and open it in the editor."""
    text = _first_text(title)
    with site.app.store.begin() as tx:
        made = profiles.add_profile(tx, reader.id, text)
    site.app.library.read()
    return RedirectResponse(f"/manage/{token}/profiles/{made.slug}", 303)


@router.post("/drop")
def drop(token: str, reader: Reader, site: Site, slug: Short) -> Response:
    """Remove a profile."""
    with site.app.store.begin() as tx:
        profiles.remove_profile(tx, reader.id, slug)
    site.app.library.read()
    return _back(token, "dropped")


def _first_text(title: str) -> str:
    words = " ".join(title.split())[:80] or "Further interests"
    return rewrite.new(Answers(profile="mine", title=words, any=(words,)))


def _back(token: str, said: str) -> Response:
    return RedirectResponse(f"/manage/{token}?said={said}", 303)


def _hours(reader: Subscriber) -> dict[str, Any]:
    schedule = reader.standing.schedule
    named = next((n for n, d in DAYS.items() if schedule and d == schedule.days), "daily")
    return {
        "at": f"{schedule.at:%H:%M}" if schedule else "07:30",
        "timezone": schedule.timezone if schedule else "",
        "days": named,
        "zones": zones(),
    }


#: An instant at which no link had expired.
_BEFORE_ALL = datetime(1970, 1, 1, tzinfo=UTC)


def send_fresh_link(site: WebContext, token: str) -> None:
    """Mail a fresh link to the subscriber of an old one, a few times a day at most."""
    app = site.app
    # However old the link is, it must have been signed here.
    claim = app.tokens.read(Purpose.MANAGE, token, _BEFORE_ALL)
    if claim is None:
        raise HTTPException(404)
    with app.store.begin() as tx:
        found = subscribers.member(tx, claim.subscriber)
    if found is None or app.tokens.mark(found.address) != claim.mark:
        return
    if found.state is SubscriberState.ACTIVE or requests.way_back(app, found):
        requests.send_manage_link(app, found.address)


@router.post("/stop")
def stop(reader: Reader, site: Site, show: Show, act: Act) -> Response:
    """Unsubscribe."""
    with site.app.store.begin() as tx:
        rows = subscribers.stop(tx, reader.id, "unsubscribed", act)
    site.app.library.read()
    return goodbye(site, show, reader, rows)


@router.post("/return")
def start_again(token: str, reader: Reader, site: Site, act: Act) -> Response:
    """Subscribe again with everything as it was, within 30 days."""
    with site.app.store.begin() as tx:
        is_done = subscribers.start_again(tx, reader.id, act)
    if not is_done and reader.state is not SubscriberState.ACTIVE:
        raise HTTPException(409, "It is more than 30 days ago: subscribe again.")
    site.app.library.read()
    return _back(token, "again")


@router.get("/export.json")
def everything(reader: Reader, store: CurrentStore) -> Response:
    """Return all that is stored about the subscriber, as a file."""
    with store.begin() as tx:
        known = privacy.export(tx, reader.id)
    text = json.dumps(known, indent=1, ensure_ascii=False, default=str)
    return as_file(text, "application/json", "digest-export.json")


@router.get("/erase", dependencies=[Depends(current_subscriber)])
def erasing(token: str, show: Show) -> Response:
    """Ask whether everything shall be deleted."""
    return show("erase.html", home=f"/manage/{token}")


@router.post("/erase")
def erase(reader: Reader, site: Site, show: Show) -> Response:
    """Delete everything about the subscriber."""
    rows = requests.erase(site.app, reader)
    site.app.library.read()
    lines = [
        f"{rows} rows about you were deleted.",
        "What is left is a keyed mark, so that nothing is sent to this address by mistake.",
    ]
    return show("told.html", heading="Everything about you is gone", lines=lines)


@router.get("/issues")
def issues(token: str, reader: Reader, site: Site, show: Show) -> Response:
    """List the subscriber's issues."""
    with site.app.store.begin() as tx:
        made = feedback.issue_days(tx, reader.id)
    listed = [(day, _issue_address(site, reader, id, at)) for id, day, at in made]
    return show("issues.html", home=f"/manage/{token}", issues=listed)


def saved_papers(reader: Reader, store: CurrentStore) -> list[Paper]:
    """Return the papers that the subscriber saved; a guard."""
    with store.begin() as tx:
        return feedback.papers(tx, reader.id, "save")


SavedPapers = Annotated[list[Paper], Depends(saved_papers)]


@router.get("/saved")
def saved(token: str, papers: SavedPapers, show: Show) -> Response:
    """Show the saved papers."""
    lines = [(paper.key, paper_lines(paper)) for paper in papers]
    return show("saved.html", home=f"/manage/{token}", papers=lines)


@router.get("/saved.{kind}")
def cited(kind: str, papers: SavedPapers) -> Response:
    """Return the saved papers as a file for reference managers."""
    return export(papers, "saved", kind)


@router.post("/saved")
def unsave(token: str, reader: Reader, store: CurrentStore, key: Key) -> Response:
    """Take a paper from the saved ones."""
    with store.begin() as tx:
        feedback.take_back(tx, reader.id, key.replace("\0", ""), "save")
    return RedirectResponse(f"/manage/{token}/saved", 303)


@router.post("/opinion")
def undo(token: str, reader: Reader, store: CurrentStore, key: Key, kind: Short) -> Response:
    """Take feedback on a paper back."""
    with store.begin() as tx:
        feedback.take_back(tx, reader.id, key.replace("\0", ""), kind.replace("\0", ""))
    return _back(token, "taken")


def _thought(store: Store, reader: Subscriber) -> list[tuple[str, str, Paper]]:
    """Return the papers behind the suggestions: feedback, its label, and the paper."""
    with store.begin() as tx:
        return [
            (kind, OPINIONS[kind], paper)
            for kind in ("like", "less")
            for paper in feedback.papers(tx, reader.id, kind, most=20)
        ]


def _suggestions(site: WebContext, reader: Subscriber, drafts: list[Draft]) -> list[str]:
    """Return terms for ``any`` of the first profile, to which the page would add them."""
    profile = site.app.profiles.get(drafts[0].slug) if drafts else None
    with site.app.store.begin() as tx:
        liked = feedback.papers(tx, reader.id, "like") + feedback.papers(tx, reader.id, "save")
        unwanted = feedback.papers(tx, reader.id, "less")
    if profile is None or not liked:
        return []
    with site.past.days() as days:
        found = suggest(profile, days, liked, unwanted) if days else []
    return [each.term for each in found if each.part == "any"]


def _issue_address(site: WebContext, reader: Subscriber, id: int, made_at: datetime) -> str:
    token = site.app.tokens.make(Purpose.ISSUE, reader.id, reader.address, made_at, about=id)
    return f"/issue/{token}"
