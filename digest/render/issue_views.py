"""What templates show of an issue besides its papers: masthead, headings, receipt, foot.

Decides what the lines contain; does not depend on HTML, mail or the place of display.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, replace
from itertools import islice, pairwise
from typing import Any

from .. import expressions, locales
from ..locales import gettext
from ..model import Issue, Receipt, Section, Verdict
from . import wording
from .inserts import Outline
from .sanitize import isolated, short, shown
from .text_part import width
from .views import Link, plain_title, titles_listed

_NAME_LIMIT = 80
#: Clauses that the masthead counts, and listings whose trouble it describes.
_CLAUSES_SHOWN, _TROUBLES_SHOWN = 6, 3
#: The texts of the masthead, but for those of its lines, that are the subscriber's own.
_OPENINGS_OWN = ("summary", "preheader", "welcome")
#: Rows of the receipt: with more the mail would have no room for papers.
_LISTINGS_SHOWN = 40
#: Columns of the words before the links of the text part's foot, at least.
_WAY_COLUMNS = 12
#: Words too long for a phone's column, such as addresses, and where they may be broken.
_LONG_WORD = expressions.compile(r"\S{17,}")
_JOINT = expressions.compile(r"(?<=[./_-])(?=\w)")


@dataclass(frozen=True, slots=True)
class InterestView:
    """The masthead's line of one profile: its papers counted, and by which clauses they came."""

    count: str
    title: str
    clauses: tuple[str, ...]

    @property
    def sentence(self) -> str:
        """Return the line as text."""
        return self.title + (f": {', '.join(self.clauses)}" if self.clauses else "")


@dataclass(frozen=True, slots=True)
class ReceiptView:
    """One row of the receipt: what became of a listing."""

    listing: str
    verdict: str
    is_complete: bool
    #: "?" where nobody knows
    new: str
    matched: str
    day: str

    @property
    def runs(self) -> tuple[str, ...]:
        """Return the verdict in pieces between which a line may break, besides at spaces."""
        joints = [
            word.start() + joint.start()
            for word in _LONG_WORD.finditer(self.verdict)
            for joint in _JOINT.finditer(word[0])
        ]
        return tuple(self.verdict[a:b] for a, b in pairwise([0, *joints, len(self.verdict)]))

    @property
    def sentence(self) -> str:
        """Return the row as one line of text."""
        listing = self.listing + (f", {self.day}" if self.day else "")
        return gettext(
            "%(listing)s: %(verdict)s; %(new)s new, %(matched)s for you",
            listing=listing,
            verdict=self.verdict,
            new=self.new,
            matched=self.matched,
        )


def subject_view(issue: Issue, name: str, matched: int) -> dict[str, object]:
    """Return the variables of the subject."""
    first = next((section.entries[0] for section in issue.sections if section.entries), None)
    return {
        "name": shown(name),
        "day": wording.short_day(issue.day),
        "count": matched,
        "for_you": wording.for_you(matched),
        "title": plain_title(first.match.paper) if first else "",
    }


def opening_view(issue: Issue, name: str, page: str) -> dict[str, Any]:
    """Return the variables of the masthead."""
    titles = [short(plain_title(entry.match.paper), 80) for entry in issue.entries[1:3]]
    faults = [receipt for receipt in issue.receipts if not wording.is_complete(receipt)]
    sections = issue.sections if has_glance(issue) else ()
    elsewhere = list(map(issue.shown_elsewhere, sections))
    interests = list(map(interest_view, sections, elsewhere))
    counts = ", ".join(
        gettext("%(count)s on %(title)s", count=each.count, title=each.title)
        for each, is_elsewhere in zip(interests, elsewhere, strict=True)
        if not is_elsewhere
    )
    summary = wording.summary(issue)
    return {
        "name": shown(name),
        "day": locales.capitalized(wording.long_day(issue.day)),
        "weekday": locales.capitalized(wording.weekday_and_day(issue.day)),
        "summary": summary,
        "preheader": ". ".join(filter(None, (counts, " · ".join(titles)))) or summary,
        "interests": interests,
        "troubles": list(map(receipt_view, faults[:_TROUBLES_SHOWN])),
        "welcome": wording.welcome(issue.welcome) if issue.welcome else "",
        "page": page,
        "is_empty": issue.is_empty,
    }


def opening_outline(issue: Issue, name: str, page: str) -> Outline:
    """Return the masthead, parted into the subscriber's own texts and what many share."""
    view = opening_view(issue, name, page)
    interests, troubles = view["interests"], view["troubles"]
    own = [text for each in interests for text in (each.count, each.title, *each.clauses)]

    def with_texts(texts: Sequence[str]) -> dict[str, object]:
        named, rest = texts[: len(_OPENINGS_OWN)], iter(texts[len(_OPENINGS_OWN) :])
        lines = [
            InterestView(next(rest), next(rest), tuple(islice(rest, len(each.clauses))))
            for each in interests
        ]
        values = dict(zip(_OPENINGS_OWN, named, strict=True))
        return {"issue": {**view, **values, "interests": lines}}

    shapes = tuple([len(each.clauses) for each in interests])
    faults = tuple([(each.listing, each.verdict) for each in troubles])
    shared = issue.day, name, page, shapes, faults
    return Outline([*[view[each] for each in _OPENINGS_OWN], *own], shared, with_texts)


def has_glance(issue: Issue) -> bool:
    """Return whether the masthead counts each interest: one alone only where titles follow."""
    if issue.is_empty:
        return False
    first = issue.sections[0]
    return len(issue.sections) > 1 or len(first.all) > first.whole + first.brief


def interest_view(section: Section, elsewhere: Sequence[tuple[str, int]] = ()) -> InterestView:
    """Return the masthead's line of one profile; ``elsewhere`` are the sections with its papers."""
    if elsewhere:
        titles = titles_listed(title for title, _ in elsewhere)
        number = locales.number(sum(number for _, number in elsewhere))
        return InterestView(number, _title(section), (gettext("under %(titles)s", titles=titles),))
    clauses = [
        f"{isolated(short(label, 40))} {locales.number(number)}".replace(" ", "\u00a0")
        for label, number in section.counts[:_CLAUSES_SHOWN]
    ]
    if unnamed := len(section.counts) - _CLAUSES_SHOWN:
        clauses += [gettext("and %(unnamed)s more", unnamed=unnamed)] if unnamed > 0 else []
    return InterestView(locales.number(len(section.all)), _title(section), tuple(clauses))


def heading_view(section: Section) -> dict[str, str]:
    """Return the variables of a section's heading."""
    return {"title": _title(section), "count": wording.papers(len(section.all))}


def _title(section: Section) -> str:
    return isolated(short(section.title, 120) or short(section.profile, 120))


def rest_view(
    titles: int, papers: int, waiting: int, cuts: Sequence[tuple[str, int, int]], page: str
) -> dict[str, object]:
    """Return the note on papers not even named, and on those that wait for the next issue."""
    capped = [(short(name, _NAME_LIMIT), limit, number) for name, limit, number in cuts]
    return {
        "count": papers + waiting,
        "words": wording.left_out(papers, waiting, capped, has_page=bool(page)),
        "page": page,
        "has_titles": bool(titles),
    }


def closing_view(issue: Issue, *, left_out: int, has_machine_summaries: bool) -> dict[str, Any]:
    """Return the variables of the receipt, and of what is said about the mail as a whole."""
    return {
        "receipts": _receipt_views(issue.receipts),
        "whole": "" if left_out else _all_above(issue),
        "has_machine_summaries": has_machine_summaries,
    }


def _all_above(issue: Issue) -> str:
    """Return that the mail has every paper, where there are more than one sees at a glance."""
    papers = issue.matched
    if papers <= 2:
        return ""
    if all(map(wording.is_complete, issue.receipts)):
        return gettext("All %(papers)s papers are above: none was left out.", papers=papers)
    return gettext("All %(papers)s papers that could be read are above.", papers=papers)


def closing_outline(issue: Issue, *, left_out: int, has_machine_summaries: bool) -> Outline:
    """Return the same, parted into the subscriber's own texts and what many share."""
    view = closing_view(issue, left_out=left_out, has_machine_summaries=has_machine_summaries)
    rows = view["receipts"]

    def with_texts(texts: Sequence[str]) -> dict[str, object]:
        whole, *matched = texts
        own = [replace(row, matched=text) for row, text in zip(rows, matched, strict=True)]
        return {"closing": {**view, "whole": whole, "receipts": own}}

    shared = has_machine_summaries, tuple([replace(row, matched="") for row in rows])
    return Outline([view["whole"], *[row.matched for row in rows]], shared, with_texts)


def foot_view(
    follows: Sequence[str],
    own: tuple[str, ...],
    mail_to_stop: str,
    imprint: Sequence[str] = (),
) -> dict[str, object]:
    """Return why the subscriber gets this mail, each way to change it, and the imprint's lines.

    ``own`` is the subscriber's address and the pages to change, to pause and to stop.
    """
    address, manage, pause, stop = own
    ways = (
        Link(gettext("Settings"), manage),
        Link(gettext("Pause"), pause),
        Link(gettext("Unsubscribe"), stop or mail_to_stop),
    )
    return {
        "address": address,
        "titles": titles_listed(follows),
        "ways": [way for way in ways if way.url],
        "columns": max(_WAY_COLUMNS, *(width(way.word) for way in ways)),
        "imprint": imprint,
    }


def _receipt_views(receipts: Sequence[Receipt]) -> list[ReceiptView]:
    """Return a row a listing; where they are too many, the faulty first and the rest in one row."""
    if len(receipts) > _LISTINGS_SHOWN:
        receipts = sorted(receipts, key=wording.is_complete)
    rows, rest = list(map(receipt_view, receipts[:_LISTINGS_SHOWN])), receipts[_LISTINGS_SHOWN:]
    if rest:
        new, matched = sum(r.new + r.late for r in rest), sum(r.matched for r in rest)
        rows.append(
            ReceiptView(
                listing=wording.further_listings(len(rest)),
                verdict=wording.papers(sum(r.entries for r in rest)),
                is_complete=all(map(wording.is_complete, rest)),
                new=locales.number(new),
                matched=locales.number(matched),
                day="",
            )
        )
    return rows


def receipt_view(receipt: Receipt) -> ReceiptView:
    """Return one row of the receipt, in words; late papers of earlier days are new as well."""
    is_unknown, new = receipt.verdict is Verdict.FAILED, receipt.new + receipt.late
    return ReceiptView(
        listing=short(receipt.listing, _NAME_LIMIT),
        verdict=wording.verdict(receipt),
        is_complete=wording.is_complete(receipt),
        new="?" if is_unknown and not new else locales.number(new),
        matched="?" if is_unknown and not receipt.matched else locales.number(receipt.matched),
        day=wording.plain_day(receipt.day) if receipt.day else "",
    )
