"""Render mails from compiled templates; subscribers share the rendered pieces.

``mail`` is what is sent and what a preview shows; ``html``, ``text`` and ``subject`` are the same
pieces before encoding.  Two calls with the same arguments return the same bytes.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterable, Sequence
from dataclasses import replace
from functools import wraps
from pathlib import Path
from typing import NamedTuple, TypeVar

from .. import locales
from ..model import Issue, IssueEntry, Message, Recipient, Section
from . import header, mime, text_part, wording
from .fallback import plain_mail
from .inserts import Outline, outline
from .issue_views import (
    closing_outline,
    foot_view,
    has_glance,
    heading_view,
    opening_outline,
    rest_view,
    subject_view,
)
from .layout import Layout, Sizes, Span, gathered, graded, lay_out
from .letterhead import Letterhead
from .mail_template import Inlined, PieceCache, TemplateBlocks, environment, loader
from .papers import HtmlAndText, PaperBlocks, Shared
from .placeholders import PAGE_PLACEHOLDER, decoded, filled
from .request import RenderRequest
from .views import has_machine_summary, titles_listed

#: Gmail hides what comes after about 102 KB of encoded HTML, and with it the unsubscribe link.
HTML_LIMIT = 100_000
#: Bytes of it that are for papers, at least: headings of many interests leave less to them.
LEAST_ROOM = 25_000

T = TypeVar("T")
#: A method that renders an issue.
Render = Callable[["MailRenderer", Issue, Recipient, Letterhead], T]


def _in_its_locale(render: Render[T]) -> Render[T]:
    """Let an issue's locale be in force while it is rendered."""

    @wraps(render)
    def rendered(
        self: MailRenderer, issue: Issue, subscriber: Recipient, letterhead: Letterhead
    ) -> T:
        with locales.use(issue.locale):
            return render(self, issue, subscriber, letterhead)

    return rendered


class _Fitted(NamedTuple):
    """An issue as it fits into a mail, and both parts, encoded."""

    layout: Layout
    html: bytes
    text: bytes


class MailRenderer:
    """A renderer of mails from the templates in these folders; an earlier folder wins.

    Raises jinja2.TemplateError if a template cannot be used; ``check`` reports where and why.
    """

    def __init__(self, folders: Sequence[Path], *, is_inlined: bool = True) -> None:
        source = loader(list(folders))
        texts = environment(source, is_html=False)
        texts.filters.update(text_part.FILTERS)
        css = source.get_source(texts, "mail/inline.css")[0]
        pages = environment(Inlined(source, css) if is_inlined else source, is_html=True)
        self._html = TemplateBlocks(pages, "mail/digest.html")
        self._text = TemplateBlocks(texts, "mail/digest.txt")
        self._subject = TemplateBlocks(texts, "mail/subject.txt")
        self._papers = PaperBlocks(self._html, self._text)
        self._subjects = PieceCache[str]()
        self._made = PieceCache[HtmlAndText]()

    @_in_its_locale
    def mail(self, issue: Issue, subscriber: Recipient, letterhead: Letterhead) -> Message:
        """Return the message as it is sent.

        Raises SendError (permanent) if the sender or the subscriber has no usable address.
        """
        request = self._request_for(issue, subscriber, letterhead)
        sender = header.bare_address(letterhead.sender)
        recipient = header.bare_address(subscriber.address)
        token = mime.token(issue, recipient, letterhead.key)
        _, html, text = self._fitted(request)
        given = mime.headers(issue, request.subject, recipient, letterhead, request.links, token)
        if subscriber.format == "text":
            data = mime.assembled_text(given, text)
        else:
            data = mime.assembled(given, text=text, html=html, boundary=f"=_{token}")
        return Message(
            message_id=mime.message_id(token, letterhead),
            sender=sender,
            recipient=recipient,
            subject=request.subject,
            data=data,
        )

    @_in_its_locale
    def plain_mail(self, issue: Issue, subscriber: Recipient, letterhead: Letterhead) -> Message:
        """Render without templates, for when ``mail`` failed; raises SendError as ``mail`` does."""
        return plain_mail(issue, subscriber, letterhead)

    @_in_its_locale
    def html(self, issue: Issue, subscriber: Recipient, letterhead: Letterhead) -> str:
        """Return the mail's HTML part."""
        return decoded(self._fitted(self._request_for(issue, subscriber, letterhead)).html)

    @_in_its_locale
    def text(self, issue: Issue, subscriber: Recipient, letterhead: Letterhead) -> str:
        """Return the mail's text part."""
        return decoded(self._fitted(self._request_for(issue, subscriber, letterhead)).text)

    @_in_its_locale
    def subject(self, issue: Issue, subscriber: Recipient, letterhead: Letterhead) -> str:
        """Return the mail's subject, decoded; at most 90 characters with our own template."""
        return self._request_for(issue, subscriber, letterhead).subject

    @_in_its_locale
    def layout(self, issue: Issue, subscriber: Recipient, letterhead: Letterhead) -> Layout:
        """Return which entries fit into this subscriber's mail, and which do not."""
        return self._fitted(self._request_for(issue, subscriber, letterhead)).layout

    def _fitted(self, request: RenderRequest) -> _Fitted:
        layout = graded(request.issue, has_page=bool(request.links.page))
        for_html, for_text = request.values()
        pairs = self._laid_out(layout, request)
        html = _html(pairs, for_html)
        if len(html) > HTML_LIMIT:
            request, room = self._gathered(request, for_html)
            layout = self._cut(request, room, for_html)
            pairs = self._laid_out(layout, request)
            html = _html(pairs, for_html)
        return _Fitted(layout, html, _joined([pair.text for pair in pairs], for_text))

    def _gathered(
        self, request: RenderRequest, for_html: Sequence[bytes]
    ) -> tuple[RenderRequest, int]:
        """Return the request with so few own interests that papers have room, and the room."""
        issue, kept = request.issue, len(request.issue.sections)
        room = self._room(request, for_html)
        while room < LEAST_ROOM and kept > 1:
            kept //= 2
            further = wording.further_interests(len(issue.sections) - kept)
            request = replace(request, issue=gathered(issue, kept, further))
            room = self._room(request, for_html)
        return request, room

    def _laid_out(self, layout: Layout, request: RenderRequest) -> list[HtmlAndText]:
        shared = _shared(request)
        pairs = [self._opening(request)]
        number = 1
        for span in layout.spans:
            if not span.section.all:
                continue  # the masthead says that there is nothing
            pairs.append(self._heading(span.section))
            detailed = [("paper", span.whole), ("brief", span.brief)]
            pairs.append(self._papers.papers(detailed, shared, number))
            number += len(span.whole) + len(span.brief)
            if span.titles or span.left_out or span.section.waiting:
                pairs.append(self._more(span))
                pairs.append(self._papers.papers([("line", span.titles)], shared, number))
                pairs.append(self._rest(span, request))
            number += len(span.titles)
        return [*pairs, self._closing(layout, request), self._foot(request)]

    def _room(self, request: RenderRequest, for_html: Sequence[bytes]) -> int:
        """Return the bytes that are left for papers beside all else, and notes on the rest."""
        sections = request.issue.sections
        nothing = Layout(tuple(Span(s, (), (), (), s.more + s.entries) for s in sections))
        titles = [Span(s, (), (), s.entries, s.more) for s in sections]
        notes = [pair for span in titles for pair in (self._more(span), self._rest(span, request))]
        return HTML_LIMIT - len(_html([*self._laid_out(nothing, request), *notes], for_html))

    def _cut(self, request: RenderRequest, room: int, for_html: Sequence[bytes]) -> Layout:
        """Return the layout of which the papers fit into the room."""
        shared = _shared(request)
        wished = graded(request.issue, has_page=bool(request.links.page))

        def detailed(block: str) -> Callable[[IssueEntry], int]:
            return lambda entry: len(filled(self._papers.html(block, entry, shared), for_html))

        return lay_out(
            wished,
            room,
            Sizes(
                whole=detailed("paper"),
                brief=detailed("brief"),
                title=detailed("line"),
            ),
        )

    def _request_for(
        self, issue: Issue, subscriber: Recipient, letterhead: Letterhead
    ) -> RenderRequest:
        matched, held = issue.matched, issue.held
        titles = tuple([entry.match.paper.title for s in issue.sections for entry in s.entries][:3])
        key = issue.day, letterhead.name, matched, titles
        subject = self._subjects.get(key) or self._subjects.keep(
            key,
            self._subject.render("subject", subject_view(issue, letterhead.name, matched)).strip(),
        )
        links = letterhead.pages(issue, subscriber)
        return RenderRequest(issue, subscriber, letterhead, links, matched, held, titles, subject)

    def _opening(self, request: RenderRequest) -> HtmlAndText:
        issue, name, page = request.issue, request.letterhead.name, request.blank("page")
        sections = tuple(
            [
                (s.title, s.profile, len(s.all), s.counts, issue.shown_elsewhere(s))
                for s in issue.sections
            ]
        )
        counted = (request.matched, request.held, issue.pool, issue.receipts, has_glance(issue))
        return self._pair(
            "opening",
            (issue.day, name, request.titles, page, issue.welcome, *counted, *sections),
            lambda: opening_outline(issue, name, page),
        )

    def _heading(self, section: Section) -> HtmlAndText:
        papers = len(section.all)
        return self._pair(
            "section",
            (section.title, section.profile, papers),
            lambda: outline("section", heading_view(section), (), dict),
        )

    def _more(self, span: Span) -> HtmlAndText:
        papers, is_all = len(span.titles), not (span.whole or span.brief)
        heading = wording.by_title(papers, is_all=is_all)
        view = {"heading": heading}
        return self._pair("more", heading, lambda: outline("more", view, (), dict))

    def _rest(self, span: Span, request: RenderRequest) -> HtmlAndText:
        section, page = span.section, request.blank("page")
        values = len(span.titles), len(span.left_out), len(section.waiting), section.cuts, page

        def made() -> Outline:
            view = rest_view(*values)
            shared = page, bool(view["count"]), bool(span.titles)
            return outline("rest", {"words": str(view["words"])}, shared, lambda: view)

        return self._pair("rest", values, made)

    def _closing(self, layout: Layout, request: RenderRequest) -> HtmlAndText:
        issue = request.issue
        detailed = (entry for span in layout.spans for entry in span.whole + span.brief)
        left_out = len(layout.left_out) + sum(len(s.waiting) for s in issue.sections)
        is_marked = any(map(has_machine_summary, detailed))
        return self._pair(
            "closing",
            (issue.receipts, request.matched, left_out, is_marked),
            lambda: closing_outline(issue, left_out=left_out, has_machine_summaries=is_marked),
        )

    def _foot(self, request: RenderRequest) -> HtmlAndText:
        follows = tuple([s.title for s in request.issue.sections]) or request.subscriber.profiles
        subscriber_values = tuple(
            [request.blank(name) for name in ("address", "manage", "pause", "unsubscribe")]
        )
        head = request.letterhead
        values = follows, subscriber_values, head.mail_to_stop, head.imprint
        own = {"titles": titles_listed(follows)}
        return self._pair(
            "foot",
            values,
            lambda: outline("reader", own, values[1:], lambda: foot_view(*values)),
        )

    def _pair(self, block: str, key: Hashable, made: Callable[[], Outline]) -> HtmlAndText:
        """Return a block for this key from the cache, or complete it."""
        known = self._made.get((block, key))
        if known is not None:
            return known
        parted = made()
        pair = HtmlAndText(self._html.completed(block, parted), self._text.completed(block, parted))
        return self._made.keep((block, key), pair)


def _shared(request: RenderRequest) -> Shared:
    return request.links.page and PAGE_PLACEHOLDER, request.issue.day.year


def _html(pairs: Iterable[HtmlAndText], values: Sequence[bytes]) -> bytes:
    return _joined([pair.html for pair in pairs], values)


def _joined(pieces: Iterable[bytes], values: Sequence[bytes]) -> bytes:
    # Each is filled alone: most values are in the foot, and no other piece is copied for them.
    return b"".join([filled(piece, values) for piece in pieces])
