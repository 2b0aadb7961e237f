"""A subscriber's own pages: settings, profiles, issues, saved papers, and leaving.

The link in a mail is the only proof of who asks.  Links that can change something expire; a fresh
one is sent to the subscriber's address alone.
"""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime, timedelta
from functools import partial
from typing import Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, HTTPException
from fastapi.responses import RedirectResponse, Response

from ..access.tokens import Purpose
from ..errors import ProfileError
from ..locales import gettext, gettext_noop
from ..model import Paper, Subscriber, SubscriberState
from ..profiles import ReadProfile, read, rewrite
from ..profiles.rewrite import Answers
from ..store import Store, feedback, privacy, profiles, subscribers
from ..store.editions import newest_editions
from ..subscribers import requests
from ..trial.backtest import A_SECOND
from ..trial.suggest import suggest
from .answers import day_of
from .archive_pages import paper_lines
from .consent import goodbye
from .context import WebContext
from .dependencies import (
    CurrentConsent,
    CurrentStore,
    CurrentSubscriber,
    Now,
    Show,
    Site,
    current_subscriber,
    stored_drafts,
)
from .drafts import Draft
from .exports import export
from .exports import saved as as_file
from .issue_pages import Key, Short, feed_addresses, labels
from .subscribe import DAYS, schedule_of, sentence_of, zones

router = APIRouter(prefix="/manage/{token}")

MESSAGES = {
    "saved": gettext_noop("Saved."),
    "paused": gettext_noop("Paused."),
    "resumed": gettext_noop("Issues come again."),
    "dropped": gettext_noop("The interest is removed."),
    "taken": gettext_noop("Taken back."),
    "again": gettext_noop("You get new papers again, with all as it was."),
    "back": gettext_noop("Your subscription is back, paused as it was."),
}


async def refusal(
    token: str, subscriber: CurrentSubscriber, site: Site, show: Show
) -> Callable[..., Response]:
    """Return what answers a form that is refused: the settings with what was typed, and why."""
    return partial(_settings, token, subscriber, site, show)


Refuse = Annotated[Callable[..., Response], Depends(refusal)]


@router.get("")
def home(
    token: str, subscriber: CurrentSubscriber, site: Site, show: Show, said: str = ""
) -> Response:
    """Show the settings."""
    return _settings(
        token, subscriber, site, show, said=gettext(MESSAGES[said]) if said in MESSAGES else ""
    )


def _settings(
    token: str, subscriber: Subscriber, site: WebContext, show: Show, **others: Any
) -> Response:
    """Show the settings; ``others`` are what was done, or refused and what was typed there."""
    drafts = stored_drafts(site, token, subscriber)
    listed = drafts.all()
    known = [_read(draft) for draft in listed]
    numbers = site.recent_papers.numbers([each.profile if each else None for each in known])
    interests = [
        (draft, *_looked_for(each), found)
        for draft, each, found in zip(listed, known, numbers, strict=True)
    ]
    usual = {"said": "", "fault": "", "refused": "", "until": "", **_hours(subscriber)}
    return show(
        "manage.html",
        home=drafts.base,
        subscriber=subscriber,
        drafts=listed,
        interests=interests,
        suggestions=_suggestions(site, subscriber, listed),
        thought=_rated_papers(site.app.store, subscriber),
        feeds=feed_addresses(site, subscriber),
        today=site.app.day,
        paused_until=site.app.pause_left(subscriber),
        is_active=subscriber.state is SubscriberState.ACTIVE,
        kept=requests.kept_of(site.app, subscriber),
        can_return=bool(requests.restart_token(site.app, subscriber)),
        **{**usual, **others},
    )


@router.post("/fresh")
def fresh(token: str, site: Site, show: Show) -> Response:
    """Mail a fresh link to the subscriber of an old one; the answer does not show whether."""
    send_fresh_link(site, token)
    lines = [
        gettext("If this address is known here, a mail with a fresh link is on its way to it.")
    ]
    return show("told.html", heading=gettext("Look into your mailbox"), lines=lines)


@router.post("/schedule")
def schedule(
    token: str,
    subscriber: CurrentSubscriber,
    store: CurrentStore,
    act: CurrentConsent,
    refuse: Refuse,
    at: Short = "",
    timezone: Short = "",
    days: Short = "daily",
) -> Response:
    """Set when issues come."""
    try:
        wished = schedule_of(at, timezone, days)
    except ValueError as error:
        typed = {"at": at, "timezone": timezone, "days": days, "refused": "hour"}
        return refuse(status=422, fault=sentence_of(f"{error}"), **typed)
    with store.begin() as tx:
        subscribers.set_schedule(tx, subscriber.id, wished, act)
    return _back(token, "saved")


@router.post("/format")
def choose(
    token: str,
    subscriber: CurrentSubscriber,
    store: CurrentStore,
    act: CurrentConsent,
    format: Short,
    quiet: Short = "",
    overflow: Short = "",
) -> Response:
    """Set what a mail looks like, and what happens on quiet and on busy days."""
    try:
        with store.begin() as tx:
            subscribers.set_format(tx, subscriber.id, format, act)
            subscribers.set_quiet(tx, subscriber.id, quiet, act)
            subscribers.set_overflow(tx, subscriber.id, overflow, act)
    except ValueError as error:
        raise HTTPException(422, f"{error}") from error
    return _back(token, "saved")


@router.post("/language")
def set_locale(
    token: str,
    subscriber: CurrentSubscriber,
    store: CurrentStore,
    act: CurrentConsent,
    locale: Short,
) -> Response:
    """Set in what the subscriber is written to."""
    try:
        with store.begin() as tx:
            subscribers.set_locale(tx, subscriber.id, locale, act)
    except ValueError as error:
        raise HTTPException(422, f"{error}") from error
    return _back(token, "saved")


async def listing_day(site: Site) -> date:
    """Return the listing day that is collected now."""
    return site.app.day


@router.post("/pause")
def pause(
    token: str,
    subscriber: CurrentSubscriber,
    store: CurrentStore,
    today: Annotated[date, Depends(listing_day)],
    act: CurrentConsent,
    refuse: Refuse,
    until: Short,
) -> Response:
    """Pause until the end of a day, at most a year ahead."""
    last = day_of(until)
    if last is None or not today <= last <= today + timedelta(days=366):
        fault = sentence_of(gettext("a day within a year is expected"))
        return refuse(status=422, fault=fault, until=until)
    with store.begin() as tx:
        subscribers.pause(tx, subscriber.id, last, act)
    return _back(token, "paused")


@router.post("/resume")
def resume(
    token: str, subscriber: CurrentSubscriber, store: CurrentStore, act: CurrentConsent
) -> Response:
    """End a pause."""
    with store.begin() as tx:
        subscribers.resume(tx, subscriber.id, act)
    return _back(token, "resumed")


@router.post("/profile")
def more(token: str, subscriber: CurrentSubscriber, site: Site, title: Short) -> Response:
    """Add a profile of that title, and open it in the editor."""
    text = _first_text(title)
    with site.app.store.begin() as tx:
        made = profiles.add_profile(tx, subscriber.id, text)
    site.app.live_profiles.read()
    return RedirectResponse(f"/manage/{token}/profiles/{made.slug}", 303)


@router.post("/drop")
def drop(token: str, subscriber: CurrentSubscriber, site: Site, slug: Short) -> Response:
    """Remove a profile."""
    with site.app.store.begin() as tx:
        profiles.remove_profile(tx, subscriber.id, slug)
    site.app.live_profiles.read()
    return _back(token, "dropped")


@router.get("/drop")
def dropping(
    token: str, subscriber: CurrentSubscriber, site: Site, show: Show, slug: str = ""
) -> Response:
    """Ask whether an interest shall be removed."""
    drafts = stored_drafts(site, token, subscriber)
    draft = drafts.open(slug)
    if draft is None:
        raise HTTPException(404)
    return show("drop.html", home=drafts.base, draft=draft, wanted=_looked_for(_read(draft))[0])


def _read(draft: Draft) -> ReadProfile | None:
    try:
        return read(draft.text, "profile.yaml")
    except ProfileError:
        return None


def _looked_for(known: ReadProfile | None) -> tuple[list[str], list[str]]:
    """Return a profile's keywords, and those of unwanted papers; nothing where it is broken."""
    if known is None:
        return [], []
    return rewrite.keywords_of(known), rewrite.items_of(known, "none")


def _first_text(title: str) -> str:
    words = " ".join(title.split())[:80] or "Further interests"
    return rewrite.new(Answers(profile="mine", title=words, any=(words,)))


def _back(token: str, said: str) -> Response:
    return RedirectResponse(f"/manage/{token}?said={said}", 303)


def _hours(subscriber: Subscriber) -> dict[str, Any]:
    schedule = subscriber.settings.schedule
    named = next((n for n, d in DAYS.items() if schedule and d == schedule.days), "daily")
    return {
        "hour_words": requests.schedule_in_words(schedule) or gettext("as your interests say"),
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
    full = requests.token_of(app, Purpose.MANAGE, token)
    claim = app.tokens.read(Purpose.MANAGE, full, _BEFORE_ALL)
    if claim is None:
        raise HTTPException(404)
    with app.store.begin() as tx:
        found = subscribers.by_id(tx, claim.subscriber)
    if found is None or app.tokens.address_hash(found.address) != claim.address_hash:
        return
    if found.state is SubscriberState.ACTIVE or requests.restart_token(app, found):
        requests.send_manage_link(app, found.address)


@router.post("/stop")
def stop(
    token: str, subscriber: CurrentSubscriber, site: Site, show: Show, act: CurrentConsent
) -> Response:
    """Unsubscribe."""
    with site.app.store.begin() as tx:
        rows = subscribers.stop(tx, subscriber.id, "unsubscribed", act)
    site.app.live_profiles.read()
    return goodbye(site, show, subscriber, rows, f"/manage/{token}")


@router.post("/return")
def start_again(
    token: str, subscriber: CurrentSubscriber, site: Site, act: CurrentConsent, refuse: Refuse
) -> Response:
    """Subscribe again with everything as it was, within 30 days."""
    with site.app.store.begin() as tx:
        is_done = subscribers.start_again(tx, subscriber.id, act)
    if not is_done and subscriber.state is not SubscriberState.ACTIVE:
        return refuse(status=409, fault=gettext("It is more than 30 days ago: subscribe again."))
    site.app.live_profiles.read()
    return _back(token, "back" if site.app.pause_left(subscriber) else "again")


@router.get("/export.json")
def everything(subscriber: CurrentSubscriber, store: CurrentStore) -> Response:
    """Return all that is stored about the subscriber, as a file."""
    with store.begin() as tx:
        known = privacy.export(tx, subscriber.id)
    text = json.dumps(known, indent=1, ensure_ascii=False, default=str)
    return as_file(text, "application/json", "digest-export.json")


@router.get("/erase", dependencies=[Depends(current_subscriber)])
def erasing(token: str, show: Show) -> Response:
    """Ask whether everything shall be deleted."""
    return show("erase.html", home=f"/manage/{token}")


@router.post("/erase")
def erase(subscriber: CurrentSubscriber, site: Site, show: Show) -> Response:
    """Delete everything about the subscriber."""
    rows = requests.erase(site.app, subscriber)
    site.app.live_profiles.read()
    lines = [
        gettext("%(rows)s rows about you were deleted.", rows=rows),
        gettext(
            "What is left is a keyed mark, so that nothing is sent to this address by mistake."
        ),
    ]
    return show("told.html", heading=gettext("Everything about you is gone"), lines=lines)


@router.get("/issues")
def issues(token: str, subscriber: CurrentSubscriber, site: Site, show: Show) -> Response:
    """List the subscriber's issues."""
    with site.app.store.begin() as tx:
        made = feedback.issue_days(tx, subscriber.id)
    listed = [
        (day, f"{_issue_address(site, subscriber, id, at)}?settings={token}")
        for id, day, at in made
    ]
    return show("issues.html", home=f"/manage/{token}", issues=listed)


def saved_papers(subscriber: CurrentSubscriber, store: CurrentStore) -> list[Paper]:
    """Return the papers that the subscriber saved; a guard."""
    with store.begin() as tx:
        return feedback.papers(tx, subscriber.id, "save")


SavedPapers = Annotated[list[Paper], Depends(saved_papers)]


@router.get("/saved")
def saved(
    token: str, papers: SavedPapers, store: CurrentStore, show: Show, out: str = ""
) -> Response:
    """Show the saved papers, and a way to take back that one was taken ``out``."""
    lines = [(paper.key, paper_lines(paper)) for paper in papers]
    with store.begin() as tx:
        known = newest_editions(tx, [out.replace("\0", "")[:2000]])
    is_out = out in known and out not in {paper.key for paper in papers}
    taken = known[out][1] if is_out else None
    return show("saved.html", home=f"/manage/{token}", papers=lines, taken=taken)


@router.get("/saved.{kind}")
def cited(kind: str, papers: SavedPapers) -> Response:
    """Return the saved papers as a file for reference managers."""
    return export(papers, "saved", kind)


@router.post("/saved")
def unsave(
    token: str,
    subscriber: CurrentSubscriber,
    store: CurrentStore,
    now: Now,
    key: Key,
    undo: Annotated[bool, Form()] = False,
) -> Response:
    """Take a paper from the saved ones, or put one back."""
    name = key.replace("\0", "")
    with store.begin() as tx:
        if undo and newest_editions(tx, [name]):
            feedback.record(tx, subscriber.id, name, "save", now)
        elif not undo:
            feedback.withdraw(tx, subscriber.id, name, "save")
    query = "" if undo else f"?out={quote(name, safe='')}"
    return RedirectResponse(f"/manage/{token}/saved{query}", 303)


@router.post("/opinion")
def undo(
    token: str, subscriber: CurrentSubscriber, store: CurrentStore, key: Key, kind: Short
) -> Response:
    """Take feedback on a paper back."""
    with store.begin() as tx:
        feedback.withdraw(tx, subscriber.id, key.replace("\0", ""), kind.replace("\0", ""))
    return _back(token, "taken")


def _rated_papers(store: Store, subscriber: Subscriber) -> list[tuple[str, str, Paper]]:
    """Return the papers behind the suggestions: feedback, its label, and the paper."""
    words = labels()
    with store.begin() as tx:
        return [
            (kind, words[kind], paper)
            for kind in ("like", "less")
            for paper in feedback.papers(tx, subscriber.id, kind, most=20)
        ]


def _suggestions(site: WebContext, subscriber: Subscriber, drafts: list[Draft]) -> list[str]:
    """Return terms for ``any`` of the first profile, to which the page would add them."""
    profile = site.app.profiles.get(drafts[0].slug) if drafts else None
    with site.app.store.begin() as tx:
        liked = feedback.papers(tx, subscriber.id, "like") + feedback.papers(
            tx, subscriber.id, "save"
        )
        unwanted = feedback.papers(tx, subscriber.id, "less")
    if profile is None or not liked:
        return []
    with site.recent_papers.days() as days:
        is_quick = days is not None and days.work_of(profile) <= A_SECOND
        found = suggest(profile, days, liked, unwanted) if days and is_quick else []
    return [each.term for each in found if each.part == "any"]


def _issue_address(site: WebContext, subscriber: Subscriber, id: int, made_at: datetime) -> str:
    token = site.app.tokens.make(
        Purpose.ISSUE, subscriber.id, subscriber.address, made_at, about=id
    )
    return f"/issue/{token}"
