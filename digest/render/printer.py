"""Render mails from compiled templates; subscribers share the rendered pieces.

``mail`` is what is sent and what a preview shows; ``html``, ``text`` and ``subject`` are the same
pieces before encoding.  Two calls with the same arguments return the same bytes.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterable, Sequence
from itertools import count
from pathlib import Path
from typing import NamedTuple

from ..model import Issue, IssueEntry, Message, Recipient, Section
from . import header, mime, text_part, wording
from .fallback import plain_mail
from .layout import Layout, Span, lay_out, whole
from .letterhead import Letterhead
from .mail_template import Inlined, PieceCache, TemplateBlocks, Variables, environment, loader
from .placeholders import PAGE_PLACEHOLDER, PlaceholderText, fill, fill_encoded
from .request import RenderRequest, Values
from .views import (
    foot_view,
    heading_view,
    line_view,
    opening_view,
    paper_view,
    receipt_view,
    rest_view,
    subject_view,
)

#: Gmail hides what comes after about 102 KB of encoded HTML, and with it the unsubscribe link.
HTML_LIMIT = 100_000


class HtmlAndText(NamedTuple):
    """A piece of a mail for the HTML part and for the text part."""

    html: PlaceholderText
    text: PlaceholderText


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
        self._papers = PieceCache[HtmlAndText]()
        self._lines = PieceCache[HtmlAndText]()

    def mail(self, issue: Issue, subscriber: Recipient, letterhead: Letterhead) -> Message:
        """Return the message as it is sent.

        Raises SendError (permanent) if the sender or the subscriber has no usable address.
        """
        request = self._request_for(issue, subscriber, letterhead)
        sender = header.bare_address(letterhead.sender)
        recipient = header.bare_address(subscriber.address)
        token = mime.token(issue, recipient, letterhead.key)
        for_html, for_text = values = request.values()
        pairs = self._pairs(request, values)
        given = mime.headers(issue, request.subject, recipient, letterhead, request.links, token)
        text = fill_encoded([pair.text for pair in pairs], for_text)
        if subscriber.format == "text":
            data = mime.assembled_text(given, text)
        else:
            html = fill_encoded([pair.html for pair in pairs], for_html)
            data = mime.assembled(given, text=text, html=html, boundary=f"=_{token}")
        return Message(
            message_id=mime.message_id(token, letterhead),
            sender=sender,
            recipient=recipient,
            subject=request.subject,
            data=data,
        )

    def plain_mail(self, issue: Issue, subscriber: Recipient, letterhead: Letterhead) -> Message:
        """Render without templates, for when ``mail`` failed; raises SendError as ``mail`` does."""
        return plain_mail(issue, subscriber, letterhead)

    def html(self, issue: Issue, subscriber: Recipient, letterhead: Letterhead) -> str:
        """Return the mail's HTML part."""
        request = self._request_for(issue, subscriber, letterhead)
        values = request.values()
        return fill([pair.html for pair in self._pairs(request, values)], values[0])

    def text(self, issue: Issue, subscriber: Recipient, letterhead: Letterhead) -> str:
        """Return the mail's text part."""
        request = self._request_for(issue, subscriber, letterhead)
        values = request.values()
        return fill([pair.text for pair in self._pairs(request, values)], values[1])

    def subject(self, issue: Issue, subscriber: Recipient, letterhead: Letterhead) -> str:
        """Return the mail's subject, decoded; at most 90 characters with our own template."""
        return self._request_for(issue, subscriber, letterhead).subject

    def layout(self, issue: Issue, subscriber: Recipient, letterhead: Letterhead) -> Layout:
        """Return which entries fit into this subscriber's mail, and which do not."""
        request = self._request_for(issue, subscriber, letterhead)
        values = request.values()
        everything = whole(issue)
        has_room = _size(self._laid_out(everything, request), values) <= HTML_LIMIT
        return everything if has_room else self._cut(request, values)

    def _pairs(self, request: RenderRequest, values: Values) -> list[HtmlAndText]:
        pairs = self._laid_out(whole(request.issue), request)
        if _size(pairs, values) > HTML_LIMIT:
            pairs = self._laid_out(self._cut(request, values), request)
        return pairs

    def _laid_out(self, layout: Layout, request: RenderRequest) -> list[HtmlAndText]:
        page = request.links.page and PAGE_PLACEHOLDER
        pairs = [self._opening(request)]
        numbers = count(1)
        # If nothing matched at all, the mail says so once and not once per profile.
        for span in layout.spans if request.matched else ():
            pairs.append(self._heading(span.section))
            pairs += [self._paper(entry, page, next(numbers)) for entry in span.whole]
            if span.named or span.left_out or span.section.waiting:
                pairs.append(self._more(span))
                pairs += [self._line(entry) for entry in span.named]
                pairs.append(self._rest(span, request))
        return [*pairs, self._closing(request.issue), self._foot(request)]

    def _cut(self, request: RenderRequest, values: Values) -> Layout:
        """Return the layout that fits, with room for each section's longest note on the rest."""
        page = request.links.page and PAGE_PLACEHOLDER
        nothing = Layout(tuple(Span(s, (), (), s.more + s.entries) for s in request.issue.sections))
        return lay_out(
            request.issue,
            HTML_LIMIT - _size(self._laid_out(nothing, request), values),
            whole=lambda entry: self._paper_html(entry, page, _content(entry)).size(values[0]),
            named=lambda entry: self._line(entry).html.size(values[0]),
        )

    def _request_for(
        self, issue: Issue, subscriber: Recipient, letterhead: Letterhead
    ) -> RenderRequest:
        matched, held = issue.matched, issue.held
        titles = tuple([entry.match.paper.title for s in issue.sections for entry in s.entries][:3])
        line = self._subject.form(
            "subject",
            (issue.day, letterhead.name, matched, titles),
            lambda: subject_view(issue, letterhead.name, matched),
        )
        subject = line.pieces[0].text.strip()
        links = letterhead.pages(issue, subscriber)
        return RenderRequest(issue, subscriber, letterhead, links, matched, held, titles, subject)

    def _opening(self, request: RenderRequest) -> HtmlAndText:
        issue, name, page = request.issue, request.letterhead.name, request.blank("page")
        counted = (request.matched, request.held, issue.pool, issue.receipts)
        return self._pair(
            "opening",
            (issue.day, name, request.titles, page, issue.welcome, *counted),
            lambda: {"issue": opening_view(issue, name, page)},
        )

    def _heading(self, section: Section) -> HtmlAndText:
        papers = len(section.all)
        return self._pair(
            "section",
            (section.title, section.profile, papers),
            lambda: {"section": heading_view(section)},
        )

    def _paper(self, entry: IssueEntry, page: str, number: int) -> HtmlAndText:
        identity = (*_identity(entry), page, number)
        known = self._papers.get(identity)
        if known is not None:
            return known
        content = _content(entry)
        text = self._text.form(
            "paper",
            (content, page, number),
            lambda: {"paper": paper_view(entry, page=page), "number": number},
        )
        made = HtmlAndText(self._paper_html(entry, page, content), text)
        return self._papers.get_or_keep(identity, made, entry.match)

    def _paper_html(self, entry: IssueEntry, page: str, content: Hashable) -> PlaceholderText:
        return self._html.form(
            "paper", (content, page), lambda: {"paper": paper_view(entry, page=page)}
        )

    def _line(self, entry: IssueEntry) -> HtmlAndText:
        known = self._lines.get(id(entry.match))
        if known is not None:
            return known
        line = line_view(entry)
        made = self._pair("line", line, lambda: {"line": line})
        return self._lines.get_or_keep(id(entry.match), made, entry.match)

    def _more(self, span: Span) -> HtmlAndText:
        papers = len(span.named) + len(span.left_out) + len(span.section.waiting)
        heading = f"And {papers:,} more" if span.whole else wording.count(papers, "paper")
        return self._pair("more", heading, lambda: {"more": {"heading": heading}})

    def _rest(self, span: Span, request: RenderRequest) -> HtmlAndText:
        papers, waiting, page = len(span.left_out), len(span.section.waiting), request.blank("page")
        return self._pair(
            "rest",
            (papers, waiting, page),
            lambda: {"rest": rest_view(papers, waiting, page)},
        )

    def _closing(self, issue: Issue) -> HtmlAndText:
        return self._pair(
            "closing", issue.receipts, lambda: {"receipts": list(map(receipt_view, issue.receipts))}
        )

    def _foot(self, request: RenderRequest) -> HtmlAndText:
        follows = tuple([s.title for s in request.issue.sections]) or request.subscriber.profiles
        subscriber_values = tuple(
            [request.blank(name) for name in ("address", "manage", "pause", "unsubscribe")]
        )
        return self._pair(
            "foot",
            (follows, subscriber_values, request.letterhead.mail_to_stop),
            lambda: {
                "reader": foot_view(follows, subscriber_values, request.letterhead.mail_to_stop)
            },
        )

    def _pair(self, block: str, key: Hashable, pair: Variables) -> HtmlAndText:
        return HtmlAndText(self._html.form(block, key, pair), self._text.form(block, key, pair))


def _size(pairs: Iterable[HtmlAndText], values: Values) -> int:
    return sum([pair.html.size(values[0]) for pair in pairs])


def _identity(entry: IssueEntry) -> tuple[Hashable, ...]:
    """Return what distinguishes one entry's lines from another's, as long as both are alive.

    Subscribers of one batch share a match, and its ``id`` is faster to compute than its content.
    """
    return (id(entry.match), *_circumstances(entry))


def _circumstances(entry: IssueEntry) -> tuple[Hashable, ...]:
    return (
        (entry.change, entry.detail, entry.listings, entry.also_in),
        (entry.upvotes, entry.rise, entry.waited),
    )


def _content(entry: IssueEntry) -> Hashable:
    """Return all that an entry's lines show; it stays equal when the entry is read again."""
    paper = entry.match.paper
    return (
        (paper.key, paper.title, paper.abstract, paper.authors, paper.author_count),
        (paper.categories, paper.url, tuple(paper.links.items()), paper.published),
        (paper.upvotes, paper.comments, paper.organisation, paper.comment),
        (entry.match.score, entry.match.reasons),
        *_circumstances(entry),
    )
