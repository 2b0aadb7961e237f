"""The preview: a profile's mail on any day of the archive, and why it contains one paper or not.

Uses the same code as the mail that is sent; changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from typing import TYPE_CHECKING, Any, NamedTuple
from urllib.parse import urlencode

from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, Response

from ..cancellation import go_on
from ..errors import ProfileError
from ..issues.builder import IssueBuilder
from ..model import Backlog, Issue, Paper, Profile, Recipient, UnreadBatch
from ..store import archive, editions
from ..trial.explain import Explanation, explain
from ..trial.references import names_of
from .answers import day_of
from .drafts import Drafts
from .editor import unpacked
from .middleware import MAIL_POLICY

if TYPE_CHECKING:
    from .context import WebContext
    from .editor import Opens

#: Query parameters: values with their labels; the first value is the default.
CHOICES = {
    "show": {"html": "HTML", "text": "Text", "raw": "Raw message"},
    "width": {"desktop": "Desktop", "phone": "Phone"},
    "scheme": {"system": "System", "light": "Light", "dark": "Dark"},
}


class ViewLink(NamedTuple):
    """A link that shows the same page in another way."""

    label: str
    href: str
    is_current: bool


@dataclass(frozen=True, slots=True)
class Answer:
    """What the page says of a paper that a subscriber missed."""

    asked: str
    found: Explanation | None = None


def add_preview(router: APIRouter, site: WebContext, opens: Opens) -> None:
    """Add the preview's pages, below ``/profiles``; ``opens`` returns the profiles of a link."""
    page = "/{token}/profiles/{slug}/mail"

    @router.get(page)
    def preview(
        request: Request, token: str, slug: str, day: str = "", draft: str = "", paper: str = ""
    ) -> Response:
        drafts = opens(token, request)
        profile = _profile(drafts, slug, draft)
        shown, days = _day(site, day)
        chosen = _chosen(request)
        query = {"day": shown.isoformat(), **({"draft": draft} if draft else {})}
        return site.pages.page(
            request,
            "look.html",
            home=drafts.base,
            at=f"{drafts.base}/profiles/{slug}",
            profile=profile,
            day=shown,
            days=days,
            draft=draft,
            issue=issue_on(site, profile, shown),
            mail=_Printed(site, profile, shown),
            chosen=chosen,
            choices=list(_choices(chosen, query)),
            query=urlencode(query),
            answer=_answer(site, profile, paper.strip()),
        )

    @router.get(f"{page}.html")
    def html_part(
        request: Request,
        token: str,
        slug: str,
        day: str = "",
        draft: str = "",
        scheme: str = "",
    ) -> Response:
        printed = _printed(site, opens(token, request), slug, day, draft)
        html = in_frame(printed.html, scheme)
        return HTMLResponse(html, headers={"Content-Security-Policy": MAIL_POLICY})

    @router.get(f"{page}.txt")
    def text_part(
        request: Request, token: str, slug: str, day: str = "", draft: str = ""
    ) -> Response:
        return PlainTextResponse(_printed(site, opens(token, request), slug, day, draft).text)

    @router.get(f"{page}.eml")
    def message(
        request: Request, token: str, slug: str, day: str = "", draft: str = ""
    ) -> Response:
        printed = _printed(site, opens(token, request), slug, day, draft)
        saved = {"Content-Disposition": 'attachment; filename="mail.eml"'}
        return Response(printed.data, media_type="message/rfc822", headers=saved)


class _Printed:
    """One mail; each part is rendered when a page asks for it."""

    def __init__(self, site: WebContext, profile: Profile, day: date) -> None:
        address = next(iter(profile.to), site.app.letterhead.address)
        reader = Recipient(id=0, address=address, profiles=(profile.slug,))
        self._press = site.app.press
        self._job = (issue_on(site, profile, day), reader, site.app.proof_letterhead)

    @property
    def html(self) -> str:
        return self._press.html(*self._job)

    @property
    def text(self) -> str:
        return self._press.text(*self._job)

    @property
    def data(self) -> bytes:
        return self._press.mail(*self._job).data

    @property
    def subject(self) -> str:
        return self._press.subject(*self._job)


def _printed(site: WebContext, drafts: Drafts, slug: str, day: str, draft: str) -> _Printed:
    shown, _ = _day(site, day)
    return _Printed(site, _profile(drafts, slug, draft), shown)


def in_frame(html: str, scheme: str) -> str:
    """Prepare a mail's page for a frame: links open elsewhere, and the colour scheme can be set."""
    html = html.replace("<head>", '<head><base target="_blank">', 1)
    if scheme == "dark":
        html = html.replace("@media (prefers-color-scheme: dark)", "@media all")
    if scheme == "light":
        html = html.replace("@media (prefers-color-scheme: dark)", "@media not all")
    if scheme in ("light", "dark"):
        html = html.replace("color-scheme: light dark", f"color-scheme: {scheme}")
        html = html.replace('content="light dark"', f'content="{scheme}"')
    return html


def issue_on(site: WebContext, profile: Profile, day: date) -> Issue:
    """Return the issue of one day alone, for a subscriber who was mailed nothing before."""
    with site.app.store.begin() as tx:
        came = archive.came(tx, day, day)
        receipts = archive.receipts(tx, day)
    go_on()
    reader = Backlog(
        subscriber=Recipient(id=0, address="", profiles=(profile.slug,)),
        profiles=(profile,),
        day=day,
    )
    unread = UnreadBatch(
        readers=(reader,),
        arrivals=tuple(arrival for _, arrival in came),
        snapshots=tuple(receipts),
        upto=max((arrival.snapshot for _, arrival in came), default=0),
    )
    return IssueBuilder(unread).issue(reader, site.app.now())


def _profile(drafts: Drafts, slug: str, draft: str) -> Profile:
    saved = drafts.open(slug)
    if saved is None:
        raise HTTPException(404)
    try:
        return drafts.parse(slug, unpacked(draft) if draft else saved.text)
    except ProfileError as error:
        raise HTTPException(409, f"The profile has a mistake: {error.complaints[0]}") from error
    except ValueError as error:
        raise HTTPException(404) from error


def _day(site: WebContext, asked: str) -> tuple[date, list[date]]:
    """Return the day that is asked for, by default the newest, and the days with papers."""
    with site.app.store.begin() as tx:
        days = [day for day, number in archive.days(tx, most=120) if number]
    chosen = day_of(asked)
    if asked and chosen is None:
        raise HTTPException(404)
    return chosen or next(iter(days), site.app.day), days


def _chosen(request: Request) -> dict[str, str]:
    asked = request.query_params
    return {
        name: asked[name] if asked.get(name) in options else next(iter(options))
        for name, options in CHOICES.items()
    }


def _choices(chosen: dict[str, str], query: dict[str, str]) -> Iterator[list[ViewLink]]:
    """Yield the other ways to look at the page, as links: each keeps the other choices."""
    for name, options in CHOICES.items():
        # Text has neither a width nor colours.
        if name != "show" and chosen["show"] != "html":
            return
        yield [
            ViewLink(
                label, f"?{urlencode({**query, **chosen, name: value})}", chosen[name] == value
            )
            for value, label in options.items()
        ]


def _answer(site: WebContext, profile: Profile, asked: str) -> Answer | None:
    if not asked:
        return None
    known = find_paper(site, asked)
    if known is None:
        return Answer(asked)
    paper, listings = known
    found = explain(
        profile.query,
        paper,
        listings=listings,
        minimum=profile.minimum,
        trending=profile.trending,
    )
    return Answer(asked, found)


def find_paper(site: WebContext, asked: str) -> tuple[Paper, Any] | None:
    """Return the paper that is meant, with its listings if recent; None for an unknown paper."""
    names = names_of(asked)
    with site.past.days() as days:
        known = next(filter(None, map(days.paper, names)), None) if days else None
    if known is not None:
        return known
    with site.app.store.begin() as tx:
        kept = editions.newest_editions(tx, names)
    return next(((paper, ()) for _, paper in kept.values()), None)
