"""One issue with its feedback buttons, and all issues as a feed.

Their links let nobody change settings, so that an issue can be forwarded.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from hashlib import blake2b
from itertools import count
from typing import Annotated, NamedTuple
from urllib.parse import quote

from fastapi import APIRouter, Depends, Form, HTTPException, Request
from fastapi.responses import RedirectResponse, Response

from ..access.tokens import Purpose
from ..locales import gettext, gettext_noop
from ..model import Issue, IssueEntry, Subscriber
from ..render import wording
from ..render.citation import citation
from ..render.coins import citation_tags, coins
from ..render.feeds import Channel, atom, json_feed
from ..render.issue_views import receipt_view
from ..render.page_rows import PaperRow
from ..render.views import PaperView
from ..store import feedback, profile_files
from ..subscribers import requests
from .archive_pages import paper_lines
from .context import WebContext
from .dependencies import CurrentStore, Now, Show, Site, claimed

router = APIRouter()

#: How many issues a feed contains.
IN_FEED = 30

#: By the end of a feed's path: the function that writes it, and its media type.
FEEDS = {"atom": (atom, "application/atom+xml"), "json": (json_feed, "application/feed+json")}

#: The labels of the feedback buttons.
FEEDBACK_LABELS = {
    "like": gettext_noop("More like this"),
    "less": gettext_noop("Less like this"),
    "save": gettext_noop("Save"),
}

Key = Annotated[str, Form(max_length=2000)]
Short = Annotated[str, Form(max_length=320)]


class IssueRow(PaperRow):
    """A paper of an issue with the subscriber's feedback on it, and the buttons for it."""

    macro = "issue_row"

    def __init__(self, entry: IssueEntry, number: int, at: str, feedback: frozenset[str]) -> None:
        super().__init__(entry)
        self.key, self.feedback = entry.match.paper.key, feedback
        self.texts, self.shape = (f"{number}", at, self.key), feedback

    @property
    def coins(self) -> str:
        """For reference managers: the title of a span of class Z3988."""
        return coins(citation(self.entry.match.paper, has_texts=False))

    def paper_texts(self) -> Sequence[str]:
        """Return what it shows of the paper besides the view."""
        return (self.coins,)

    def variables(self, view: PaperView, texts: Sequence[str]) -> dict[str, object]:
        """Return what the macro is given."""
        named = dict(zip(("number", "at", "key", "coins"), texts, strict=True))
        return {"p": view, **named, "feedback": self.feedback, "opinions": labels()}


class Sent(NamedTuple):
    """An issue, the subscriber it was for, and what they think of papers, by key."""

    reader: Subscriber
    issue: Issue
    thought: dict[str, set[str]]


def sent_issue(token: str, site: Site) -> Sent:
    """Return the issue of a link; a guard."""
    claim, subscriber = claimed(site, Purpose.ISSUE, token)
    assert subscriber is not None
    with site.app.store.begin() as tx:
        issue = feedback.issue(tx, subscriber.id, claim.about)
        thought = feedback.of_subscriber(tx, subscriber.id)
    if issue is None:
        raise HTTPException(404)
    return Sent(subscriber, issue, thought)


def stamps(site: WebContext) -> Callable[[str], object]:
    """Return the function that names what the page of an issue shows, by its path; see ``page``."""

    def stamp(path: str) -> object:
        try:
            claim, subscriber = claimed(site, Purpose.ISSUE, path.removeprefix("/issue/"))
        except HTTPException:
            return None
        assert subscriber is not None
        with site.app.store.begin() as tx:
            is_there = feedback.is_there(tx, subscriber.id, claim.about)
            thought = feedback.of_subscriber(tx, subscriber.id)
        return _stamp(site, subscriber, thought) if is_there else None

    return stamp


def _stamp(site: WebContext, reader: Subscriber, thought: Mapping[str, set[str]]) -> object:
    """Return all that may change of an issue's page."""
    return site.pages.stamp(), reader.id, reader.address, reader.locale, thought


def fed_subscriber(name: str, site: Site) -> Subscriber:
    """Return the subscriber of a feed's link; a guard."""
    token, _, kind = name.rpartition(".")
    if kind not in FEEDS:
        raise HTTPException(404)
    _, subscriber = claimed(site, Purpose.FEED, token)
    assert subscriber is not None
    return subscriber


SentIssue = Annotated[Sent, Depends(sent_issue)]
FedSubscriber = Annotated[Subscriber, Depends(fed_subscriber)]


@router.get("/issue/{token}")
def page(request: Request, token: str, sent: SentIssue, settings: str = "") -> Response:
    """Show an issue with a feedback form for each paper.

    It leads to the subscriber's own pages where it was opened from them, with their link.
    """
    site: WebContext = request.app.state.site
    subscriber, issue, thought = sent
    is_theirs = bool(settings) and _holder(site, settings) == subscriber
    request.state.stamp = _stamp(site, subscriber, thought)
    at = f"/issue/{token}{f'?settings={settings}' if is_theirs else ''}"
    numbers = count(1)
    sections = [
        (section.title, [_row(entry, next(numbers), at, thought) for entry in section.all])
        for section in issue.sections
    ]
    return site.pages.page(
        request,
        "issue.html",
        home=f"/manage/{settings}" if is_theirs else None,
        issue_at=f"/issue/{token}",
        at=at,
        issue=issue,
        summary=wording.summary(issue),
        sections=sections,
        receipts=[receipt_view(receipt) for receipt in issue.receipts],
        opinions=labels(),
    )


@router.get("/issue/{token}/{kind}")
def thinking(token: str, kind: str, sent: SentIssue, show: Show, paper: str = "") -> Response:
    """Show one paper with the button that a link of a mail is for."""
    found = next((each for each in sent.issue.papers if each.key == paper), None)
    if kind not in FEEDBACK_LABELS or found is None:
        raise HTTPException(404)
    return show(
        "think.html",
        home=None,
        at=f"/issue/{token}",
        kind=kind,
        key=found.key,
        paper=paper_lines(found),
        opinions=labels(),
        tags=list(citation_tags(citation(found))),
    )


@router.post("/issue/{token}")
def think(
    token: str,
    sent: SentIssue,
    store: CurrentStore,
    now: Now,
    key: Key,
    kind: Short,
    undo: Annotated[bool, Form()] = False,
    settings: str = "",
) -> Response:
    """Record what the subscriber thinks of a paper, or take it back."""
    place = next((n for n, p in enumerate(sent.issue.papers, 1) if p.key == key), None)
    if kind not in FEEDBACK_LABELS or place is None:
        raise HTTPException(404)
    with store.begin() as tx:
        if undo:
            feedback.withdraw(tx, sent.reader.id, key, kind)
        else:
            feedback.record(tx, sent.reader.id, key, kind, now)
    query = f"?settings={quote(settings, safe='')}" if settings else ""
    return RedirectResponse(f"/issue/{token}{query}#p{place}", 303)


@router.post("/issue/{token}/settings")
def mail_settings(sent: SentIssue, site: Site, show: Show) -> Response:
    """Mail a link to the settings to the subscriber of an issue, and to nobody else."""
    requests.send_manage_link(site.app, sent.reader.address)
    lines = [
        gettext("A mail with a link to the settings is on its way to the address of this issue.")
    ]
    return show("told.html", heading=gettext("Look into your mailbox"), lines=lines)


def _holder(site: WebContext, token: str) -> Subscriber | None:
    """Return the subscriber of a link to settings."""
    return requests.subscriber_of(site.app, Purpose.MANAGE, token)


def labels() -> dict[str, str]:
    """Return the words on the buttons."""
    return {kind: gettext(label) for kind, label in FEEDBACK_LABELS.items()}


def _row(entry: IssueEntry, number: int, at: str, thought: dict[str, set[str]]) -> IssueRow:
    return IssueRow(entry, number, at, frozenset(thought.get(entry.match.paper.key, ())))


@dataclass(frozen=True, slots=True)
class ProfileFeed:
    """One profile's issues for a feed reader, in both formats."""

    title: str
    atom: str
    json: str


def titles(site: WebContext, subscriber: Subscriber) -> dict[str, str]:
    """Return the titles of the profiles that mail a subscriber, by slug."""
    with site.app.store.begin() as tx:
        slugs = profile_files.followed_by(tx, subscriber.id)
    live = site.app.load_profiles(slugs).values()
    return {p.slug: p.title for p in live if subscriber.address in p.to}


def feed_addresses(site: WebContext, subscriber: Subscriber) -> list[ProfileFeed]:
    """Return the feeds of a subscriber, one for each profile."""
    born = subscriber.confirmed_at or subscriber.created_at or site.app.now()
    token = site.app.tokens.make(Purpose.FEED, subscriber.id, subscriber.address, born)
    at = f"/feed/{token}"
    return [
        ProfileFeed(title, *(f"{at}.{kind}?profile={quote(slug)}" for kind in FEEDS))
        for slug, title in titles(site, subscriber).items()
    ]


@router.get("/feed/{name}")
def feed(
    request: Request,
    name: str,
    subscriber: FedSubscriber,
    site: Site,
    store: CurrentStore,
    profile: str = "",
) -> Response:
    """Return a profile's issues as a feed, by default the first profile's."""
    with store.begin() as tx:
        made = feedback.issues(tx, subscriber.id, IN_FEED)
    named = {s.profile: s.title for issue in reversed(made) for s in issue.sections}
    named |= titles(site, subscriber)
    if profile and profile not in named:
        raise HTTPException(404)
    slug = profile or next(iter(named), "")
    write, media = FEEDS[name.rpartition(".")[2]]
    channel = _channel(site, request.url.path, slug, named.get(slug, ""))
    return cached(request, write(channel, slug, made).encode(), f"{media}; charset=utf-8")


def _channel(site: WebContext, path: str, slug: str, title: str) -> Channel:
    named = f"{site.app.letterhead.name}: {title}" if title else site.app.letterhead.name
    query = f"?profile={quote(slug)}" if slug else ""
    return Channel(named, f"{site.address}{path}{query}", f"{site.address}/")


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
