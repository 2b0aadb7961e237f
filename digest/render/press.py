"""The press: compiled templates, and the pieces of mails that readers share.

``mail`` is what is sent and what a preview shows; ``html``, ``text`` and ``subject`` are the same
pieces before encoding.  Two calls with the same arguments give the same bytes.
"""

from __future__ import annotations

from collections.abc import Hashable, Iterator, Sequence
from itertools import count
from pathlib import Path
from typing import NamedTuple

from ..model import Entry, Issue, Mail, Section, Subscriber
from . import header, message, plain, words
from .clean import isolated, short, shown
from .layout import Layout, Span, lay_out
from .letterhead import Letterhead, Links
from .parts import Fragment, Inlined, Part, environment, loader
from .view import links_of, paper_view, plain_title, receipt_view, ways

#: Gmail hides what comes after about 102 KB of encoded HTML, and with it the way to unsubscribe.
HTML_LIMIT = 100_000


class Pair(NamedTuple):
    """The same piece of a mail in both parts."""

    html: Fragment
    text: Fragment


class Order(NamedTuple):
    """One mail to be printed: the issue, who gets it, whose letterhead, and the checked pages."""

    issue: Issue
    subscriber: Subscriber
    letterhead: Letterhead
    links: Links


class Press:
    """Prints mails from the templates in these folders; an earlier folder wins.

    Raises jinja2.TemplateError where a template cannot be used; ``check`` says where and why.
    """

    def __init__(self, folders: Sequence[Path], *, is_inlined: bool = True) -> None:
        source = loader(list(folders))
        texts = environment(source, is_html=False)
        texts.filters.update(plain.FILTERS)
        css = source.get_source(texts, "mail/inline.css")[0]
        pages = environment(Inlined(source, css) if is_inlined else source, is_html=True)
        self._html = Part(pages, "mail/digest.html")
        self._text = Part(texts, "mail/digest.txt")
        self._subject = Part(texts, "mail/subject.txt")

    def mail(self, issue: Issue, subscriber: Subscriber, letterhead: Letterhead) -> Mail:
        """The message as it goes over the wire.

        Raises SendError (permanent) where the sender or the subscriber has no usable address.
        """
        order = _order(issue, subscriber, letterhead)
        recipient = header.bare_address(subscriber.address)
        subject = self._subject_of(order)
        pairs = self._pairs(order)
        given = message.headers(issue, subject, recipient, letterhead, order.links)
        return Mail(
            message_id=dict(given)["Message-ID"],
            sender=header.bare_address(letterhead.sender),
            recipient=recipient,
            subject=subject,
            data=message.assembled(
                given,
                text=b"".join([pair.text.wire for pair in pairs]),
                html=b"".join([pair.html.wire for pair in pairs]),
                boundary=f"=_{message.token(issue, recipient)}",
            ),
        )

    def html(self, issue: Issue, subscriber: Subscriber, letterhead: Letterhead) -> str:
        """The mail's HTML part."""
        pairs = self._pairs(_order(issue, subscriber, letterhead))
        return "".join(pair.html.text for pair in pairs)

    def text(self, issue: Issue, subscriber: Subscriber, letterhead: Letterhead) -> str:
        """The mail's text part."""
        pairs = self._pairs(_order(issue, subscriber, letterhead))
        return "".join(pair.text.text for pair in pairs)

    def subject(self, issue: Issue, subscriber: Subscriber, letterhead: Letterhead) -> str:
        """The mail's subject, readable, at most 90 characters with our own template."""
        return self._subject_of(_order(issue, subscriber, letterhead))

    def layout(self, issue: Issue, subscriber: Subscriber, letterhead: Letterhead) -> Layout:
        """What of the issue stands in this reader's mail, and what had no room."""
        order = _order(issue, subscriber, letterhead)
        return self._layout(order, self._ends(order))

    def _subject_of(self, order: Order) -> str:
        issue, name = order.issue, order.letterhead.name
        titles = [plain_title(entry.match.paper) for entry in issue.entries[:1]]
        number = len({paper.key for paper in issue.papers})
        return self._subject.fragment(
            "subject",
            (issue.day, name, number, *titles),
            lambda: {
                "name": shown(name),
                "day": words.short_day(issue.day),
                "count": number,
                "title": titles[0] if titles else "",
            },
        ).text.strip()

    def _layout(self, order: Order, ends: Sequence[Pair]) -> Layout:
        frame = sum(len(pair.html.wire) for pair in ends)
        for section in order.issue.sections:
            # The longest note on what is left out, whether it will be needed or not.
            widest = Span(section, (), section.more, section.entries)
            frame += len(self._heading(section).html.wire)
            frame += len(self._more(widest).html.wire)
            frame += len(self._rest(widest, order).html.wire)
        return lay_out(
            order.issue,
            HTML_LIMIT - frame,
            whole=lambda entry: len(self._paper_html(entry).wire),
            named=lambda entry: len(self._line(entry).html.wire),
        )

    def _pairs(self, order: Order) -> list[Pair]:
        opening, *closing = self._ends(order)
        layout = self._layout(order, [opening, *closing])
        pairs = [opening]
        numbers = count(1)
        for span in layout.spans:
            pairs.append(self._heading(span.section))
            pairs += [self._paper(entry, next(numbers)) for entry in span.whole]
            pairs += self._unshown(span, order)
        return pairs + closing

    def _unshown(self, span: Span, order: Order) -> Iterator[Pair]:
        if span.named or span.left_out:
            yield self._more(span)
            for entry in span.named:
                yield self._line(entry)
            yield self._rest(span, order)

    def _ends(self, order: Order) -> tuple[Pair, Pair, Pair]:
        return self._opening(order), self._closing(order.issue), self._foot(order)

    def _opening(self, order: Order) -> Pair:
        issue = order.issue
        titles = [short(plain_title(entry.match.paper), 80) for entry in issue.entries[1:3]]
        summary = words.summary(issue)
        told = {
            "name": shown(order.letterhead.name),
            "day": words.long_day(issue.day),
            "subject": self._subject_of(order),
            "summary": summary,
            "preheader": " · ".join(titles) or summary,
            "page": order.links.page,
            "is_empty": issue.is_empty,
        }
        return self._pair("opening", tuple(told.values()), issue=told)

    def _heading(self, section: Section) -> Pair:
        papers = len(section.entries) + len(section.more)
        told = {
            "title": isolated(short(section.title, 120) or section.profile),
            "count": words.count(papers, "paper") if papers else "nothing today",
        }
        return self._pair("section", tuple(told.values()), section=told)

    def _paper(self, entry: Entry, number: int) -> Pair:
        text = self._text.fragment(
            "paper",
            (*_identity(entry), number),
            lambda: {"paper": paper_view(entry), "number": number},
            entry.match,
        )
        return Pair(self._paper_html(entry), text)

    def _paper_html(self, entry: Entry) -> Fragment:
        return self._html.fragment(
            "paper", _identity(entry), lambda: {"paper": paper_view(entry)}, entry.match
        )

    def _more(self, span: Span) -> Pair:
        papers = len(span.named) + len(span.left_out)
        heading = f"And {papers:,} more" if span.whole else words.count(papers, "paper")
        return self._pair("more", heading, more={"heading": heading})

    def _line(self, entry: Entry) -> Pair:
        paper = entry.match.paper
        url = next((link.url for link in links_of(paper)), "")
        told = {"title": plain_title(paper), "url": url}
        return self._pair("line", tuple(told.values()), line=told)

    def _rest(self, span: Span, order: Order) -> Pair:
        told = {
            "count": len(span.left_out),
            "words": words.left_out(len(span.left_out), is_rollover=order.letterhead.is_rollover),
            "page": order.links.page,
        }
        return self._pair("rest", tuple(told.values()), rest=told)

    def _closing(self, issue: Issue) -> Pair:
        receipts = [receipt_view(receipt) for receipt in issue.receipts]
        return self._pair("closing", tuple(receipts), receipts=receipts)

    def _foot(self, order: Order) -> Pair:
        sections = [isolated(short(s.title, 80)) for s in order.issue.sections]
        follows = sections or [short(slug, 80) for slug in order.subscriber.profiles]
        told = {
            "address": short(order.subscriber.address, 120),
            "why": f"follows {words.listed(follows)}" if follows else "subscribed",
            "ways": ways(order.links, order.letterhead),
        }
        return self._pair("foot", tuple(told.values()), reader=told)

    def _pair(self, block: str, key: Hashable, **variables: object) -> Pair:
        return Pair(
            self._html.fragment(block, key, lambda: variables),
            self._text.fragment(block, key, lambda: variables),
        )


def _order(issue: Issue, subscriber: Subscriber, letterhead: Letterhead) -> Order:
    return Order(issue, subscriber, letterhead, letterhead.pages(issue, subscriber))


def _identity(entry: Entry) -> tuple[Hashable, ...]:
    """What tells one entry's lines from another's.

    The match is shared by all who get it, and hashing it would cost more than all else; kept alive
    by the piece that was made of it, its identity stands for it.
    """
    return (id(entry.match), entry.change, entry.detail, entry.listings, entry.also_in)
