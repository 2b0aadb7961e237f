"""A subscriber's own pages: settings, profiles, issues, saved papers, and leaving.

The link in a mail is the only proof of who asks.  Links that can change something expire; a fresh
one is sent to the subscriber's address alone.
"""

from __future__ import annotations

import json
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from hashlib import blake2b
from typing import TYPE_CHECKING, Annotated, Any
from urllib.parse import quote

from fastapi import APIRouter, FastAPI, Form, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from ..access.tokens import Purpose
from ..model import Issue, IssueEntry, Paper, Subscriber, SubscriberState
from ..profiles import rewrite
from ..profiles.rewrite import Answers
from ..render.citation import citations
from ..render.coins import citation_tags, coins
from ..render.feeds import Channel, atom, json_feed
from ..render.views import PaperView, paper_view, receipt_view
from ..store import feedback, privacy, profiles, subscribers
from ..subscribers import requests
from ..trial.suggest import suggest
from .answers import day_of
from .archive_pages import paper_lines
from .consent import goodbye
from .drafts import Draft, Drafts, OwnDrafts
from .editor import add_editor
from .exports import export
from .exports import saved as as_file
from .preview_pages import add_preview
from .subscribe import DAYS, act_of, claimed, schedule_of, zones

if TYPE_CHECKING:
    from .context import WebContext

#: How many issues a feed contains.
IN_FEED = 30

#: The labels of the feedback buttons.
OPINIONS = {"like": "More like this", "less": "Less of this", "save": "Save"}

Short = Annotated[str, Form(max_length=320)]


@dataclass(frozen=True, slots=True)
class IssuePaper:
    """A paper of an issue with the subscriber's feedback on it."""

    key: str
    view: PaperView
    feedback: frozenset[str]
    #: for reference managers: the title of a span of class Z3988
    coins: str


def add(web: FastAPI, site: WebContext) -> None:
    """Add the routes ``/manage/{token}``, ``/issue/{token}`` and ``/feed/{token}``."""
    router = APIRouter(prefix="/manage")

    def opens(token: str, request: Request) -> Drafts:
        return _drafts(site, token, _reader(site, token))

    _add_settings(router, site)
    _add_ways_out(router, site)
    _add_saved(router, site)
    add_editor(router, site, opens)
    add_preview(router, site, opens)
    web.include_router(router)
    _add_issue(web, site)
    _add_feeds(web, site)


def _reader(site: WebContext, token: str) -> Subscriber:
    """Return a manage link's subscriber; answer 410 for an expired link, 404 for any other."""
    if site.app.tokens.is_expired(Purpose.MANAGE, token, site.app.now()):
        raise HTTPException(410)
    _, found = claimed(site, Purpose.MANAGE, token)
    assert found is not None
    return found


def _drafts(site: WebContext, token: str, reader: Subscriber) -> OwnDrafts:
    return OwnDrafts(site.app, f"/manage/{token}", reader.id, reader.address)


def _add_settings(router: APIRouter, site: WebContext) -> None:
    shown = site.pages.page

    @router.get("/{token}")
    def home(request: Request, token: str, said: str = "") -> Response:
        now = site.app.now()
        if site.app.tokens.is_expired(Purpose.MANAGE, token, now):
            return shown(request, "fresh.html", status=410, home=None, at=f"/manage/{token}")
        reader = _reader(site, token)
        drafts = _drafts(site, token, reader)
        own = drafts.all()
        return shown(
            request,
            "manage.html",
            home=drafts.base,
            reader=reader,
            drafts=own,
            said=SAID.get(said, ""),
            suggestions=_suggestions(site, reader, own),
            thought=_thought(site, reader),
            feeds=_feed_addresses(site, reader),
            today=site.app.day,
            is_active=reader.state is SubscriberState.ACTIVE,
            can_return=bool(requests.way_back(site.app, reader)),
            **_hours(reader),
        )

    @router.post("/{token}/fresh")
    def fresh(request: Request, token: str) -> Response:
        send_fresh_link(site, token)
        lines = ["If this address is known here, a mail with a fresh link is on its way to it."]
        return shown(request, "told.html", heading="Look into your mailbox", lines=lines)

    @router.post("/{token}/schedule")
    def schedule(
        request: Request, token: str, at: Short = "", timezone: Short = "", days: Short = "daily"
    ) -> Response:
        reader = _reader(site, token)
        try:
            wished = schedule_of(at, timezone, days)
        except ValueError as error:
            raise HTTPException(422, f"{error}") from error
        with site.app.store.begin() as tx:
            subscribers.set_schedule(tx, reader.id, wished, act_of(site, request))
        return _back(token, "saved")

    @router.post("/{token}/format")
    def choose(
        request: Request, token: str, format: Short, quiet: Short = "", overflow: Short = ""
    ) -> Response:
        reader = _reader(site, token)
        try:
            with site.app.store.begin() as tx:
                subscribers.set_format(tx, reader.id, format, act_of(site, request))
                subscribers.set_quiet(tx, reader.id, quiet, act_of(site, request))
                subscribers.set_overflow(tx, reader.id, overflow, act_of(site, request))
        except ValueError as error:
            raise HTTPException(422, f"{error}") from error
        return _back(token, "saved")

    @router.post("/{token}/pause")
    def pause(request: Request, token: str, until: Short) -> Response:
        reader, last = _reader(site, token), day_of(until)
        if last is None or not site.app.day <= last <= site.app.day + timedelta(days=366):
            raise HTTPException(422, "a day within a year is expected")
        with site.app.store.begin() as tx:
            subscribers.pause(tx, reader.id, last, act_of(site, request))
        return _back(token, "paused")

    @router.post("/{token}/resume")
    def resume(request: Request, token: str) -> Response:
        reader = _reader(site, token)
        with site.app.store.begin() as tx:
            subscribers.resume(tx, reader.id, act_of(site, request))
        return _back(token, "resumed")

    @router.post("/{token}/profile")
    def more(request: Request, token: str, title: Short) -> Response:
        reader = _reader(site, token)
        text = _first_text(title)
        with site.app.store.begin() as tx:
            made = profiles.add_profile(tx, reader.id, text)
        site.app.library.read()
        return RedirectResponse(f"/manage/{token}/profiles/{made.slug}", 303)

    @router.post("/{token}/drop")
    def drop(request: Request, token: str, slug: Short) -> Response:
        reader = _reader(site, token)
        with site.app.store.begin() as tx:
            profiles.remove_profile(tx, reader.id, slug)
        site.app.library.read()
        return _back(token, "dropped")


SAID = {
    "saved": "Saved.",
    "paused": "Paused. After that day one issue brings what came in between.",
    "resumed": "Issues come again.",
    "dropped": "The profile is gone.",
    "taken": "Taken back.",
    "again": "You get new papers again, with all as it was.",
}


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


def _add_ways_out(router: APIRouter, site: WebContext) -> None:
    shown = site.pages.page

    @router.post("/{token}/stop")
    def stop(request: Request, token: str) -> Response:
        reader = _reader(site, token)
        with site.app.store.begin() as tx:
            rows = subscribers.stop(tx, reader.id, "unsubscribed", act_of(site, request))
        site.app.library.read()
        return goodbye(request, site, reader, rows)

    @router.post("/{token}/return")
    def start_again(request: Request, token: str) -> Response:
        reader = _reader(site, token)
        with site.app.store.begin() as tx:
            is_done = subscribers.start_again(tx, reader.id, act_of(site, request))
        if not is_done and reader.state is not SubscriberState.ACTIVE:
            raise HTTPException(409, "It is more than 30 days ago: subscribe again.")
        site.app.library.read()
        return _back(token, "again")

    @router.get("/{token}/export.json")
    def everything(token: str) -> Response:
        reader = _reader(site, token)
        with site.app.store.begin() as tx:
            known = privacy.export(tx, reader.id)
        text = json.dumps(known, indent=1, ensure_ascii=False, default=str)
        return as_file(text, "application/json", "digest-export.json")

    @router.get("/{token}/erase")
    def erasing(request: Request, token: str) -> Response:
        _reader(site, token)
        return shown(request, "erase.html", home=f"/manage/{token}")

    @router.post("/{token}/erase")
    def erase(request: Request, token: str) -> Response:
        reader = _reader(site, token)
        rows = requests.erase(site.app, reader)
        site.app.library.read()
        lines = [
            f"{rows} rows about you were deleted.",
            "What is left is a keyed mark, so that nothing is sent to this address by mistake.",
        ]
        return shown(request, "told.html", heading="Everything about you is gone", lines=lines)


def _add_saved(router: APIRouter, site: WebContext) -> None:
    shown = site.pages.page

    @router.get("/{token}/issues")
    def issues(request: Request, token: str) -> Response:
        reader = _reader(site, token)
        with site.app.store.begin() as tx:
            made = feedback.issue_days(tx, reader.id)
        listed = [(day, _issue_address(site, reader, id, at)) for id, day, at in made]
        return shown(request, "issues.html", home=f"/manage/{token}", issues=listed)

    @router.get("/{token}/saved")
    def saved(request: Request, token: str) -> Response:
        papers = _saved(site, token)
        return shown(
            request,
            "saved.html",
            home=f"/manage/{token}",
            papers=[(paper.key, paper_lines(paper)) for paper in papers],
        )

    @router.get("/{token}/saved.{kind}")
    def cited(token: str, kind: str) -> Response:
        return export(_saved(site, token), "saved", kind)

    @router.post("/{token}/saved")
    def drop(request: Request, token: str, key: Annotated[str, Form(max_length=2000)]) -> Response:
        reader = _reader(site, token)
        with site.app.store.begin() as tx:
            feedback.take_back(tx, reader.id, key.replace("\0", ""), "save")
        return RedirectResponse(f"/manage/{token}/saved", 303)

    @router.post("/{token}/opinion")
    def undo(
        request: Request, token: str, key: Annotated[str, Form(max_length=2000)], kind: Short
    ) -> Response:
        reader = _reader(site, token)
        with site.app.store.begin() as tx:
            feedback.take_back(tx, reader.id, key.replace("\0", ""), kind.replace("\0", ""))
        return _back(token, "taken")


def _thought(site: WebContext, reader: Subscriber) -> list[tuple[str, str, Paper]]:
    """Return the papers behind the suggestions: feedback, its label, and the paper."""
    with site.app.store.begin() as tx:
        return [
            (kind, OPINIONS[kind], paper)
            for kind in ("like", "less")
            for paper in feedback.papers(tx, reader.id, kind, most=20)
        ]


def _saved(site: WebContext, token: str) -> list[Paper]:
    reader = _reader(site, token)
    with site.app.store.begin() as tx:
        return feedback.papers(tx, reader.id, "save")


def _suggestions(site: WebContext, reader: Subscriber, drafts: Sequence[Draft]) -> list[str]:
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


def _issue_address(site: WebContext, reader: Subscriber, id: int, made_at: Any) -> str:
    token = site.app.tokens.make(Purpose.ISSUE, reader.id, reader.address, made_at, about=id)
    return f"/issue/{token}"


def _add_issue(web: FastAPI, site: WebContext) -> None:
    shown = site.pages.page

    @web.get("/issue/{token}")
    def page(request: Request, token: str) -> Response:
        reader, issue = _issue(site, token)
        with site.app.store.begin() as tx:
            thought = feedback.of_subscriber(tx, reader.id)
        sections = [
            (section.title, [_shown(entry, thought) for entry in section.all])
            for section in issue.sections
        ]
        return shown(
            request,
            "issue.html",
            home=None,
            at=f"/issue/{token}",
            issue=issue,
            sections=sections,
            receipts=[receipt_view(receipt) for receipt in issue.receipts],
            opinions=OPINIONS,
        )

    @web.get("/issue/{token}/{kind}")
    def thinking(request: Request, token: str, kind: str, paper: str = "") -> Response:
        _, issue = _issue(site, token)
        found = next((each for each in issue.papers if each.key == paper), None)
        if kind not in OPINIONS or found is None:
            raise HTTPException(404)
        return shown(
            request,
            "think.html",
            home=None,
            at=f"/issue/{token}",
            kind=kind,
            word=OPINIONS[kind],
            key=found.key,
            paper=paper_lines(found),
            opinions=OPINIONS,
            tags=list(citation_tags(citations([found])[0])),
        )

    @web.post("/issue/{token}")
    def think(
        request: Request,
        token: str,
        key: Annotated[str, Form(max_length=2000)],
        kind: Short,
        undo: bool = Form(default=False),
    ) -> Response:
        reader, issue = _issue(site, token)
        place = next((n for n, p in enumerate(issue.papers, 1) if p.key == key), None)
        if kind not in OPINIONS or place is None:
            raise HTTPException(404)
        with site.app.store.begin() as tx:
            if undo:
                feedback.take_back(tx, reader.id, key, kind)
            else:
                feedback.record(tx, reader.id, key, kind, site.app.now())
        return RedirectResponse(f"/issue/{token}#p{place}", 303)


def _issue(site: WebContext, token: str) -> tuple[Subscriber, Issue]:
    claim, reader = claimed(site, Purpose.ISSUE, token)
    assert reader is not None
    with site.app.store.begin() as tx:
        issue = feedback.issue(tx, reader.id, claim.about)
    if issue is None:
        raise HTTPException(404)
    return reader, issue


def _shown(entry: IssueEntry, thought: dict[str, set[str]]) -> IssuePaper:
    key = entry.match.paper.key
    [cited] = citations([entry.match.paper])
    return IssuePaper(key, paper_view(entry, None), frozenset(thought.get(key, ())), coins(cited))


@dataclass(frozen=True, slots=True)
class ProfileFeed:
    """One profile's issues for a feed reader, in both formats."""

    title: str
    atom: str
    json: str


def _titles(site: WebContext, reader: Subscriber) -> dict[str, str]:
    """Return the titles of the profiles that mail a subscriber, by slug."""
    live = site.app.profiles.values()
    return {p.slug: p.title for p in live if reader.address in p.to}


def _feed_addresses(site: WebContext, reader: Subscriber) -> list[ProfileFeed]:
    born = reader.confirmed_at or reader.created_at or site.app.now()
    token = site.app.tokens.make(Purpose.FEED, reader.id, reader.address, born)
    at = f"/feed/{token}"
    return [
        ProfileFeed(title, *(f"{at}.{kind}?profile={quote(slug)}" for kind in ("atom", "json")))
        for slug, title in _titles(site, reader).items()
    ]


def _add_feeds(web: FastAPI, site: WebContext) -> None:
    @web.get("/feed/{name}")
    def feed(request: Request, name: str, profile: str = "") -> Response:
        token, _, kind = name.rpartition(".")
        if kind not in ("atom", "json"):
            raise HTTPException(404)
        _, reader = claimed(site, Purpose.FEED, token)
        assert reader is not None
        with site.app.store.begin() as tx:
            made = feedback.issues(tx, reader.id, IN_FEED)
        titles = {s.profile: s.title for issue in reversed(made) for s in issue.sections}
        titles |= _titles(site, reader)
        if profile and profile not in titles:
            raise HTTPException(404)
        slug = profile or next(iter(titles), "")
        text = _feed(site, request.url.path, kind, slug, titles.get(slug, ""), made)
        types = {"atom": "application/atom+xml", "json": "application/feed+json"}
        return cached(request, text.encode(), f"{types[kind]}; charset=utf-8")


def _feed(site: WebContext, path: str, kind: str, slug: str, title: str, made: list[Issue]) -> str:
    named = f"{site.app.letterhead.name}: {title}" if title else site.app.letterhead.name
    query = f"?profile={quote(slug)}" if slug else ""
    channel = Channel(named, f"{site.address}{path}{query}", f"{site.address}/")
    return (atom if kind == "atom" else json_feed)(channel, slug, made)


def cached(request: Request, data: bytes, kind: str) -> Response:
    """Return the content, or 304 where the client has it already."""
    tag = f'"{blake2b(data, digest_size=12).hexdigest()}"'
    headers = {"ETag": tag, "Cache-Control": "private, no-cache"}
    known = [
        each.strip().removeprefix("W/")
        for each in request.headers.get("if-none-match", "").split(",")
    ]
    if tag in known or "*" in known:
        return Response(status_code=304, headers=headers)
    return Response(data, media_type=kind, headers=headers)
