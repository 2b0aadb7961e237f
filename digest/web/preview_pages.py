"""The preview: a profile's mail, now or on any day, and why it contains one paper or not.

Uses the same code as the mail that is sent; changes nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from datetime import date
from typing import Annotated, Any, NamedTuple, TypeVar
from urllib.parse import urlencode

import structlog
from fastapi import APIRouter, Depends, HTTPException, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, Response

from ..cancellation import raise_if_cancelled
from ..errors import DigestError, ProfileError
from ..issues.builder import IssueBuilder
from ..locales import gettext, gettext_noop, said
from ..model import Backlog, Issue, Message, Paper, Profile, Recipient, UnreadBatch
from ..render import MailRenderer
from ..render.template_check import placed
from ..store import archive, editions
from ..trial.explain import Explanation, explain
from ..trial.references import names_of
from .answers import day_of
from .context import WebContext
from .dependencies import CurrentDrafts, OpenedDraft, Show, Site
from .edited_text import Edited, edited
from .editor import unpacked
from .middleware import MAIL_POLICY
from .operator_access import HERE
from .quoted_mistakes import quoted

log = structlog.get_logger()

#: One preview for the profiles of every link: ``who`` is ``manage`` or ``operator``.
router = APIRouter(prefix="/{who}/{token}/profiles/{slug}/mail")

T = TypeVar("T")

#: In place of a day: the mail as it would be sent now.
NOW = "now"

#: Query parameters: values with their labels; the first value is the default.
CHOICES = {
    "show": {
        "html": "HTML",
        "text": gettext_noop("plain text"),
        "raw": gettext_noop("Raw message"),
    },
    "width": {"desktop": gettext_noop("Desktop"), "phone": gettext_noop("Phone")},
    "scheme": {
        "system": gettext_noop("System"),
        "light": gettext_noop("Light"),
        "dark": gettext_noop("Dark"),
    },
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


@dataclass(frozen=True, slots=True)
class PreviewedMail:
    """One mail; each part is rendered when it is asked for, and raises DigestError if it cannot."""

    site: WebContext
    issue: Issue
    recipient: Recipient
    #: whether an error may name a path of this machine
    is_operators: bool

    def message(self) -> Message:
        """Return the message as it is sent."""
        return self._rendered(MailRenderer.mail)

    def html(self) -> str:
        """Return the HTML part."""
        return self._rendered(MailRenderer.html)

    def text(self) -> str:
        """Return the text part."""
        return self._rendered(MailRenderer.text)

    def _rendered(self, part: Callable[..., T]) -> T:
        renderer = self.site.renderer()
        try:
            return part(renderer, self.issue, self.recipient, self.site.app.proof_letterhead)
        except DigestError:
            raise
        except Exception as fault:  # of an operator's template, with what this mail contains
            error = placed(fault, self.site.app.template_folders)
            log.error("template failed", error=f"{error}")
            public = "a mail template is broken; the log says where"
            raise error if self.is_operators else DigestError(public) from fault


@dataclass(frozen=True, slots=True)
class Previewed:
    """What a preview is of: a text and its mail, by the last good text where this one is broken."""

    entered: Edited
    profile: Profile | None
    mail: PreviewedMail | None
    #: None: now
    day: date | None
    #: the days with papers
    days: list[date]


def previewed(
    who: str,
    drafts: CurrentDrafts,
    saved: OpenedDraft,
    site: Site,
    day: str = "",
    draft: str = "",
) -> Previewed:
    """Return what the address asks for: by default the saved text, and the newest day."""
    try:
        text = unpacked(draft) if draft else saved.text
    except ProfileError:
        raise
    except ValueError as error:
        raise HTTPException(404) from error
    entered = edited(drafts, saved, text)
    profile = entered.read.profile if entered.read else None
    if profile is None and not draft:
        profile = drafts.in_force(saved.slug)
    shown, days = _day(site, day)
    mail = _mail(site, profile, shown, is_operators=who == "operator") if profile else None
    return Previewed(entered, profile, mail, shown, days)


def mail_of(shown: Annotated[Previewed, Depends(previewed)]) -> PreviewedMail:
    """Return the mail that the address asks for; answer 409 without one."""
    if shown.mail is None:
        mistake = said(shown.entered.mistakes[0].placed)
        raise HTTPException(409, gettext("The profile has a mistake: %(what)s", what=mistake))
    return shown.mail


ShownMail = Annotated[PreviewedMail, Depends(mail_of)]


@router.get("")
def preview(
    request: Request,
    site: Site,
    show: Show,
    drafts: CurrentDrafts,
    saved: OpenedDraft,
    shown: Annotated[Previewed, Depends(previewed)],
    draft: str = "",
    paper: str = "",
) -> Response:
    """Show the mail, the mistakes that it has, and the answer about one paper."""
    chosen = _chosen(request)
    query = {"day": f"{shown.day or NOW}", **({"draft": draft} if draft else {})}
    message, text, fault = _parts(shown.mail, has_text=chosen["show"] == "text")
    mistakes = [*quoted(shown.entered.error, shown.entered.text), *quoted(fault)]
    return show(
        "look.html",
        home=drafts.base,
        at=f"{drafts.base}/profiles/{saved.slug}",
        title=shown.profile.title if shown.profile else saved.title,
        day=shown.day,
        days=shown.days,
        draft=draft,
        mistakes=mistakes,
        is_empty=shown.mail is not None and shown.mail.issue.is_empty,
        message=message,
        text=text,
        chosen=chosen,
        choices=list(_choices(chosen, query)),
        query=urlencode(query),
        answer=_answer(site, shown.profile, paper.strip(), shown.day or site.app.day)
        if shown.profile
        else None,
        version=followed(site, drafts.base),
    )


@router.get(".html")
def html_part(mail: ShownMail, scheme: str = "") -> Response:
    """Return the HTML part, for a frame."""
    policy = {"Content-Security-Policy": MAIL_POLICY}
    return HTMLResponse(in_frame(mail.html(), scheme), headers=policy)


@router.get(".txt")
def text_part(mail: ShownMail) -> Response:
    """Return the text part."""
    return PlainTextResponse(mail.text())


@router.get(".eml")
def message(mail: ShownMail) -> Response:
    """Return the message as it is sent, as a file."""
    saved = {"Content-Disposition": 'attachment; filename="mail.eml"'}
    return Response(mail.message().data, media_type="message/rfc822", headers=saved)


def followed(site: WebContext, base: str) -> str:
    """Return the version of the files for a page that follows them; empty for one that does not."""
    return site.version() if base == f"/operator/{HERE}" else ""


def _parts(
    mail: PreviewedMail | None, *, has_text: bool
) -> tuple[Message | None, str, DigestError | None]:
    """Return the message and the text part, or why they cannot be rendered."""
    try:
        if mail is not None:
            return mail.message(), mail.text() if has_text else "", None
    except DigestError as error:
        return None, "", error
    return None, "", None


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


def _mail(
    site: WebContext, profile: Profile, day: date | None, *, is_operators: bool
) -> PreviewedMail:
    if day is None:
        return PreviewedMail(site, *site.app.composer.preview_and_recipient(profile), is_operators)
    first = site.app.composer.first_recipient(profile)
    recipient = replace(first, id=0, profiles=(profile.slug,))
    issue = issue_on(site, profile, day, locale=first.locale)
    return PreviewedMail(site, issue, recipient, is_operators)


def issue_on(site: WebContext, profile: Profile, day: date, *, locale: str = "") -> Issue:
    """Return the issue of one day alone, for a subscriber who was mailed nothing before."""
    with site.app.store.begin() as tx:
        changes = archive.changes_between(tx, day, day)
        receipts = archive.receipts(tx, day)
    raise_if_cancelled()
    backlog = Backlog(
        subscriber=Recipient(id=0, address="", profiles=(profile.slug,), locale=locale),
        profiles=(profile,),
        day=day,
    )
    unread = UnreadBatch(
        backlogs=(backlog,),
        arrivals=tuple(arrival for _, arrival in changes),
        snapshots=tuple(receipts),
        upto=max((arrival.snapshot for _, arrival in changes), default=0),
    )
    return IssueBuilder(unread, site.app.past.frequencies(day)).issue(backlog, site.app.now())


def _day(site: WebContext, asked: str) -> tuple[date | None, list[date]]:
    """Return the day that is asked for, by default the newest, and the days with papers."""
    with site.app.store.begin() as tx:
        days = [day for day, number in archive.days(tx, most=120) if number]
    if asked == NOW:
        return None, days
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
                gettext(label),
                f"?{urlencode({**query, **chosen, name: value})}",
                chosen[name] == value,
            )
            for value, label in options.items()
        ]


def _answer(site: WebContext, profile: Profile, asked: str, day: date) -> Answer | None:
    if not asked:
        return None
    known = find_paper(site, asked)
    if known is None:
        return Answer(asked)
    paper, listings = known
    clauses = (*profile.query.wanted, *profile.query.required)
    found = explain(
        profile.query,
        paper,
        listings=listings,
        minimum=profile.minimum,
        trending=profile.trending,
        frequencies=site.app.past.frequencies(day)(clauses),
    )
    return Answer(asked, found)


def find_paper(site: WebContext, asked: str) -> tuple[Paper, Any] | None:
    """Return the paper that is meant, with its listings if recent; None for an unknown paper."""
    names = names_of(asked)
    with site.recent_papers.days() as days:
        known = next(filter(None, map(days.paper, names)), None) if days else None
    if known is not None:
        return known
    with site.app.store.begin() as tx:
        newest = editions.newest_editions(tx, names)
    return next(((paper, ()) for _, paper in newest.values()), None)
