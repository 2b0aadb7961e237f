"""What templates show of a paper: every text is cleaned and every link checked.

Decides what a paper's lines contain; does not depend on HTML, mail or the place of display.
"""

from __future__ import annotations

from base64 import b32encode
from collections.abc import Hashable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from functools import lru_cache
from hashlib import blake2b
from itertools import chain
from typing import NamedTuple

from .. import expressions, locales
from ..locales import gettext, gettext_noop, listed, ngettext
from ..model import ChangeKind, IssueEntry, Paper, Reason
from . import wording
from .excerpts import TextRun, pieces, quoted, split, split_quote
from .inserts import marked
from .sanitize import isolated, short, shown, web_url

_TITLE_LIMIT = 300
_NAME_LIMIT = 80
_AUTHORS_SHOWN = 3
_REASONS_SHOWN = 6
_LISTINGS_SHOWN = 2
_TOPICS_SHOWN = 4
#: A longer summary is an abstract; the second limit is for languages without spaces.
_SUMMARY_WORDS, _SUMMARY_LIMIT = 60, 600
#: The most characters of small print that a phone 320 pixels wide has room for in one line.
_UNBROKEN = 34
#: A letter of a script that English has not.  Greek letters are mathematics.
_NOT_ENGLISH = expressions.compile("[\u0400-\u1cff\u2e80-\ud7ff]")

_CHANGE_WORDS = {
    ChangeKind.CROSS: gettext_noop("cross-list"),
    ChangeKind.REVISED: gettext_noop("new version"),
    ChangeKind.WITHDRAWN: gettext_noop("withdrawn"),
}
#: Fields where a clause was found; in the abstract is not said.
_FIELD_WORDS = {
    "title": gettext_noop("title"),
    "author": gettext_noop("author"),
    "category": gettext_noop("category"),
    "listing": gettext_noop("listing"),
    "org": gettext_noop("organisation"),
    "comment": gettext_noop("comment"),
}
#: The order of a paper's links, and the label of each.
_LINK_WORDS = {
    "abstract": gettext_noop("Abstract"),
    "pdf": "PDF",
    "html": "HTML",
    "code": gettext_noop("Code"),
    "project": gettext_noop("Project page"),
    "listed": gettext_noop("Listing"),
    "find": gettext_noop("Find"),
}

#: What is shown of a paper's ``extra``.
SHOWN_EXTRAS = ("summary", "summary_by", "stars", "journal")

Spans = Sequence[tuple[int, int]]
_Found = list[tuple[int, int]]


@dataclass(frozen=True, slots=True)
class ReasonView:
    """A clause that matched: its label, the field where it was found, its points."""

    label: str
    where: str
    points: int


@dataclass(frozen=True, slots=True)
class Link:
    """A link and its label."""

    word: str
    url: str
    #: of a paper's links: "pdf", "code" …
    kind: str = ""


@dataclass(frozen=True, slots=True)
class TitleLine:
    """A paper that is shown by its title only, with one fact, and the clause that brought it.

    A clause that was found in the title is not named.
    """

    title: str
    url: str
    language: str
    tail: tuple[str, ...]


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperView:
    """One paper as it is shown; an empty field has no line.

    Facts that must not break have no-break spaces only.
    """

    title: tuple[TextRun, ...]
    url: str
    #: the language tag of what is the paper's own
    language: str
    authors: tuple[tuple[TextRun, ...], ...]
    #: the authors not named: " and 4 more", or "7 authors" if the source has only the number
    others: str
    organisation: str
    #: what befell it, unless it is new: "new version, v1 → v2", "no room on Wed 12 Mar"
    change: str
    #: what is known of day, listings, categories, stars, upvotes, comments, remark
    facts: tuple[str, ...]
    #: the source's own summary, unchanged, and whether a machine wrote it
    summary: str
    is_by_machine: bool
    #: the sentence of the abstract that is quoted
    quote: tuple[TextRun, ...]
    abstract: tuple[TextRun, ...]
    causes: tuple[ReasonView, ...]
    #: how many clauses are not named, and their points together
    unnamed: int
    unnamed_points: int
    score: int
    links: tuple[Link, ...]
    also_in: str
    #: the clause that brought it and one fact, where there is room for no more
    tail: tuple[str, ...]
    #: the pages that save it, and that say "less like this"; empty if the issue has no page
    save: str = ""
    less: str = ""

    @property
    def name(self) -> str:
        """Return the title as plain text."""
        return "".join(piece.text for piece in self.title).strip()

    @property
    def further(self) -> tuple[Link, ...]:
        """Return the links other than the title's own, and than the listing where there is one."""
        others = (link for link in self.links if link.url != self.url)
        return tuple(link for link in others if not self.url or link.kind != "listed")

    @property
    def pdf(self) -> str:
        """Return the address of the PDF, if it is another than the title's own."""
        return next((link.url for link in self.further if link.kind == "pdf"), "")

    @property
    def has_authors(self) -> bool:
        """Return whether there is anything to show about authors."""
        return bool(self.authors or self.others)

    @property
    def names(self) -> tuple[TextRun, ...]:
        """Return the authors that are named, as one line."""
        return in_line(self.authors)

    @property
    def byline(self) -> tuple[TextRun, ...]:
        """Return the authors as one line."""
        return (*self.names, TextRun(self.others))

    @property
    def known(self) -> tuple[str, ...]:
        """Return the organisation and the facts."""
        return (self.organisation, *self.facts) if self.organisation else self.facts

    @property
    def label(self) -> str:
        """Return what is written before the summary."""
        return gettext("In short (AI):") if self.is_by_machine else gettext("In short:")

    @property
    def is_sum(self) -> bool:
        """Return whether the score has several parts, which are then shown."""
        return len(self.causes) > 1 or bool(self.unnamed)

    @property
    def reason(self) -> str:
        """Return why the paper is here, as one line of text without points."""
        named = [
            cause.label + (f" ({cause.where})" if cause.where else "") for cause in self.causes
        ]
        return ", ".join(named) + (f" {_more(self.unnamed)}" if self.unnamed else "")

    @property
    def other_causes(self) -> str:
        """Return the clauses that are not named, with their points."""
        return f" {_more(self.unnamed)} +{self.unnamed_points}" if self.unnamed else ""

    @property
    def because(self) -> str:
        """Return why the paper matched, with points, as one line of text."""
        sentence = (
            cause.label
            + (f" ({cause.where})" if cause.where else "")
            + (f" +{cause.points}" if self.is_sum else "")
            for cause in self.causes
        )
        reasons = ", ".join(sentence) + self.other_causes
        return gettext("because: %(reasons)s", reasons=reasons) + f" · {self.sum}"

    @property
    def sum(self) -> str:
        """Return the score in words."""
        return gettext("score\u00a0%(score)s", score=self.score)


def in_line(authors: Sequence[tuple[TextRun, ...]]) -> tuple[TextRun, ...]:
    """Return authors as one line."""
    line = [piece for author in authors for piece in (TextRun(", "), *author)]
    return tuple(line[1:])


def _more(unnamed: object) -> str:
    """Return how many clauses are not named; a number, or the insert for one."""
    return gettext("and %(unnamed)s more", unnamed=unnamed)


class OwnView(NamedTuple):
    """What of a paper's lines is one subscriber's own, as texts."""

    #: with marks around what matched
    title: str
    quote: str
    #: where they are shown, how many clauses are not named, and the other profiles, empty without
    #: any; then label and field of each clause that is named
    reasons: tuple[str, ...]
    #: the clause that brought it, where there is room for no more
    clause: str
    #: what else decides which lines there are, and whose names are in them
    shape: Hashable


def own_view(entry: IssueEntry, block: str) -> OwnView:
    """Return what of a paper's lines in this block is the subscriber's own."""
    if block == "line":
        clause = _clause(entry, is_title_alone=True)
        return OwnView("", "", (), clause, bool(clause))
    match, reasons = entry.match, entry.match.reasons
    title, authors, abstract = _spans_of(reasons)
    clause = _clause(entry) if block == "brief" else ""
    return OwnView(
        marked(_split_title(match.paper, title)),
        marked(split_quote(match.paper.abstract, abstract)),
        _reason_texts(entry) if block == "paper" else (),
        clause,
        (tuple(authors), bool(clause), bool(reasons)),
    )


def _reason_texts(entry: IssueEntry) -> tuple[str, ...]:
    reasons = entry.match.reasons
    unnamed = len(reasons) - _REASONS_SHOWN
    texts = [str(unnamed) if unnamed > 0 else "", _also_in(entry)]
    for reason in reasons[:_REASONS_SHOWN]:
        texts += (_named(reason.label, 60), _where(reason))
    return tuple(texts)


def _spans_of(reasons: Sequence[Reason]) -> tuple[_Found, _Found, list[_Found]]:
    """Return where the reasons are in title and authors, and each of them in the abstract."""
    title: _Found = []
    authors: _Found = []
    abstract: list[_Found] = []
    for reason in reasons:
        spans = []
        for hit in reason.hits:
            if hit.field == "abstract":
                spans.append((hit.start, hit.end))
            elif hit.field == "title":
                title.append((hit.start, hit.end))
            elif hit.field == "author":
                authors.append((hit.start, hit.end))
        abstract.append(spans)
    return title, authors, abstract


class MarkedTexts(NamedTuple):
    """The texts of a paper with marks around what matched, and where that is in its authors.

    Title and abstract are empty where nothing matched in them.
    """

    title: str
    quote: str
    abstract: str
    authors: tuple[tuple[int, int], ...]


def marked_texts(entry: IssueEntry, *, has_quote: bool) -> MarkedTexts:
    """Return the texts of a view that marks are in."""
    paper = entry.match.paper
    title, authors, abstract = _spans_of(entry.match.reasons)
    spans = list(chain.from_iterable(abstract))
    return MarkedTexts(
        marked(_split_title(paper, title)) if title else "",
        marked(split_quote(paper.abstract, abstract)) if has_quote else "",
        marked(split(paper.abstract, spans)) if spans else "",
        tuple(authors),
    )


class SharedLines(NamedTuple):
    """What a view shows of a paper wherever the same authors are marked."""

    authors: tuple[tuple[TextRun, ...], ...]
    others: str
    url: str
    language: str
    summary: str
    is_by_machine: bool
    #: without marks, as the abstract
    title: str
    abstract: str
    links: tuple[Link, ...]


def shared_lines(paper: Paper, authors: Spans) -> SharedLines:
    """Return what many readers see of a paper, in a third of the time that its view takes."""
    return SharedLines(
        *_authors(paper, authors),
        web_url(paper.url),
        language_of(paper.title),
        _summary(paper),
        bool(paper.extra.get("summary_by")),
        "".join(_split_title(paper, ())),
        "".join(split(paper.abstract, ())),
        tuple(links_of(paper)),
    )


def paper_view(
    entry: IssueEntry, page: str = "", year: int = 0, *, has_quote: bool = True
) -> PaperView:
    """Return one paper as it is shown.

    ``page`` is the address of the subscriber's issue, empty if it has no page; days of ``year`` are
    written without it.  To choose a quote takes as long as all the rest.
    """
    match, paper = entry.match, entry.match.paper
    title, marked_authors, abstract = _spans_of(match.reasons)
    authors, others = _authors(paper, marked_authors)
    unnamed = match.reasons[_REASONS_SHOWN:]
    name = page and paper_name(paper.key)
    return PaperView(
        title=_title(paper, title),
        url=web_url(paper.url),
        language=language_of(paper.title),
        authors=authors,
        others=others,
        organisation=_organisation(paper),
        change=befell(entry),
        facts=tuple(map(_unbroken, _facts(entry, year))),
        summary=_summary(paper),
        is_by_machine=bool(paper.extra.get("summary_by")),
        quote=quoted(paper.abstract, abstract) if has_quote else (),
        abstract=pieces(paper.abstract, chain.from_iterable(abstract)),
        causes=tuple(_cause(reason) for reason in match.reasons[:_REASONS_SHOWN]),
        unnamed=len(unnamed),
        unnamed_points=sum(reason.points for reason in unnamed),
        score=match.score,
        links=tuple(links_of(paper)),
        also_in=_also_in(entry),
        tail=_tail(entry),
        save=page and f"{page}/save/{name}",
        less=page and f"{page}/less/{name}",
    )


def paper_name(key: str) -> str:
    """Return the short name of a paper in the addresses of its issue: 8 letters and digits."""
    return b32encode(blake2b(key.encode(), digest_size=5).digest()).decode("ascii").lower()


def plain_title(paper: Paper) -> str:
    """Return the title on one line, never empty and of limited length."""
    return (
        short(paper.title, _TITLE_LIMIT) or short(paper.key, _TITLE_LIMIT) or gettext("(no title)")
    )


def language_of(title: str) -> str:
    """Return the language tag of a paper with this title.

    Papers are taken for English, so that their quotation marks and dashes are drawn as in English;
    those in another script for the reader's own.
    """
    return locales.tag() if _NOT_ENGLISH.search(title) else locales.ENGLISH


def links_of(paper: Paper) -> Iterator[Link]:
    """Yield the paper's links in the order of ``_LINK_WORDS``, each address once."""
    known: Mapping[str, str] = {"abstract": paper.url, **paper.links}
    request = {kind: place for place, kind in enumerate(_LINK_WORDS)}
    seen: set[str] = set()
    for kind in sorted(known, key=lambda kind: (request.get(kind, len(request)), kind)):
        url = web_url(known[kind])
        if url and url not in seen:
            seen.add(url)
            yield Link(_link_word(kind), url, kind)


def _link_word(kind: str) -> str:
    if kind in _LINK_WORDS:
        return gettext(_LINK_WORDS[kind])
    return short(kind, 20) or gettext("Page")


def line_view(entry: IssueEntry) -> TitleLine:
    """Return a paper's title, its first link, and what is said beside it."""
    paper = entry.match.paper
    url = "" if "abstract" in paper.links else web_url(paper.url)  # links_of takes longer
    url = url or next((link.url for link in links_of(paper)), "")
    tail = _tail(entry, is_title_alone=True)
    return TitleLine(plain_title(paper), url, language_of(paper.title), tail)


def has_machine_summary(entry: IssueEntry) -> bool:
    """Return whether the paper is shown with a machine's summary."""
    paper = entry.match.paper
    return bool(paper.extra.get("summary_by") and _summary(paper))


def _also_in(entry: IssueEntry) -> str:
    return titles_listed(entry.also_in) if entry.also_in else ""


def titles_listed(titles: Iterable[str]) -> str:
    """Return titles of profiles as one text."""
    return listed([isolated(short(title, _NAME_LIMIT)) for title in titles])


def befell(entry: IssueEntry) -> str:
    """Return what befell a paper, unless it is new."""
    detail = short(entry.detail, 80)
    waited = ""
    if entry.waited:
        waited = gettext("no room on %(day)s", day=wording.short_day(entry.waited))
    return ", ".join(filter(None, (_change_word(entry.change), detail, waited)))


def _change_word(change: ChangeKind) -> str:
    """Return what befell a paper; nothing for a new one."""
    return gettext(_CHANGE_WORDS[change]) if change in _CHANGE_WORDS else ""


def _summary(paper: Paper) -> str:
    """Return the source's own summary, unless it is longer than what one calls short."""
    summary = paper.extra.get("summary")
    text = shown(summary).strip() if isinstance(summary, str) else ""
    return text if len(text.split()) <= _SUMMARY_WORDS and len(text) <= _SUMMARY_LIMIT else ""


def _title(paper: Paper, hits: Spans) -> tuple[TextRun, ...]:
    # Offsets refer to the stored title: they do not fit one that was cut or replaced.
    if _is_as_stored(paper.title):
        return pieces(paper.title, hits)
    return (TextRun(plain_title(paper)),)


def _split_title(paper: Paper, hits: Spans) -> list[str]:
    return split(paper.title, hits) if _is_as_stored(paper.title) else [plain_title(paper)]


@lru_cache(maxsize=4096)
def _is_as_stored(title: str) -> bool:
    """Return whether a title is shown as it is stored."""
    return len(title) <= _TITLE_LIMIT and bool(shown(title).strip())


def _authors(paper: Paper, hits: Spans) -> tuple[tuple[tuple[TextRun, ...], ...], str]:
    """Return a few authors, and the others in words.

    Of more than three these are the first, the last, and those that matched; if the source does
    not name the last, the first three.
    """
    count, known = len(paper.authors), max(paper.authors_known, len(paper.authors))
    chosen = {0, count - 1} if count == known > _AUTHORS_SHOWN else set(range(_AUTHORS_SHOWN))
    named: list[tuple[TextRun, ...]] = []
    start = follows = 0
    # Where none matched, only those that are named are looked at.
    for number in range(count) if hits else sorted(chosen.intersection(range(count))):
        name = paper.authors[number]
        end = start + len(name)
        own = [(a - start, b - start) for a, b in hits if a < end and b > start] if hits else []
        if number in chosen or (own and len(named) < 2 * _AUTHORS_SHOWN):
            gap = (TextRun("… "),) if number > follows else ()
            named.append((*gap, *_isolated(pieces(name[:_NAME_LIMIT], own))))
            follows = number + 1
        start = end + len(", ")
    others = known - len(named)
    if not others:
        return tuple(named), ""
    if named:
        more = ngettext("and %(number)s\u00a0more", "and %(number)s\u00a0more", others)
        return tuple(named), f" {more}"
    return (), ngettext("%(number)s author", "%(number)s authors", others)


def _isolated(name: tuple[TextRun, ...]) -> tuple[TextRun, ...]:
    whole = "".join(piece.text for piece in name)
    if whole.isascii():
        return name
    marks = isolated(whole).split(whole)
    return name if not marks[0] else (TextRun(marks[0]), *name, TextRun(marks[1]))


def known_of(entry: IssueEntry) -> tuple[str, ...]:
    """Return what a view knows of organisation and facts, with the year of each day."""
    facts = tuple(map(_unbroken, _facts(entry, 0)))
    organisation = _organisation(entry.match.paper)
    return (organisation, *facts) if organisation else facts


def _organisation(paper: Paper) -> str:
    return isolated(short(paper.organisation, _NAME_LIMIT)) if paper.organisation else ""


def _facts(entry: IssueEntry, year: int) -> Iterator[str]:
    paper = entry.match.paper
    if paper.published:
        yield wording.plain_day(paper.published, year)
    for name in entry.listings[:_LISTINGS_SHOWN]:
        yield short(name, 40)
    if paper.categories:
        yield ", ".join(short(topic, 40) for topic in paper.categories[:_TOPICS_SHOWN])
    yield from _applause(entry)
    if journal := paper.extra.get("journal"):
        name = short(str(journal), _NAME_LIMIT).removeprefix("In ")
        yield gettext("in %(journal)s", journal=isolated(name))
    if paper.comment:
        yield isolated(short(paper.comment, 120))


def _applause(entry: IssueEntry) -> Iterator[str]:
    """Yield what others made of a paper, in words."""
    paper = entry.match.paper
    upvotes = paper.upvotes if entry.upvotes is None else entry.upvotes
    if upvotes:
        words = ngettext("%(number)s upvote", "%(number)s upvotes", upvotes)
        if entry.rise:
            words += gettext(", %(rise)s of them new", rise=entry.rise)
        yield words
    if paper.comments:
        yield ngettext("%(number)s comment", "%(number)s comments", paper.comments)
    stars = paper.extra.get("stars")
    if isinstance(stars, int) and stars > 0:
        yield ngettext("%(number)s star", "%(number)s stars", stars)


def _unbroken(fact: str) -> str:
    """Return a fact that does not break, unless a phone's column is too narrow for that."""
    return fact.replace(" ", "\u00a0") if len(fact) <= _UNBROKEN else fact


def _tail(entry: IssueEntry, *, is_title_alone: bool = False) -> tuple[str, ...]:
    """Return the first clause that brought a paper, and what says most beside it."""
    paper, befell = entry.match.paper, _change_word(entry.change)
    topics = (*paper.categories, *entry.listings)
    fact = befell or next(_applause(entry), "") or next((short(t, 40) for t in topics), "")
    clause = _clause(entry, is_title_alone=is_title_alone)
    return tuple([each for each in (clause, _unbroken(fact)) if each])


def _clause(entry: IssueEntry, *, is_title_alone: bool = False) -> str:
    """Return the first clause that brought a paper; beside a title alone not if it was in it."""
    reasons = entry.match.reasons
    if not reasons or (is_title_alone and "title" in [hit.field for hit in reasons[0].hits]):
        return ""
    return _unbroken_name(reasons[0].label)


@lru_cache(maxsize=4096)
def _unbroken_name(label: str) -> str:
    return _unbroken(_named(label, 40))


def _cause(reason: Reason) -> ReasonView:
    return ReasonView(_named(reason.label, 60), _where(reason), reason.points)


def _where(reason: Reason) -> str:
    """Return the field that tells most about a hit, and how rare the clause is."""
    fields = [hit.field for hit in reason.hits if hit.field != "abstract"]
    where = "title" if "title" in fields else "author" if "author" in fields else ""
    where = where or min(fields, default="")
    where = gettext(_FIELD_WORDS[where]) if where in _FIELD_WORDS else where
    if reason.rare is None:
        return where
    return "; ".join(filter(None, (where, wording.rare(*reason.rare))))


@lru_cache(maxsize=4096)
def _named(label: str, limit: int) -> str:
    """Return a clause's label; all papers that it brought share it."""
    return isolated(short(label, limit))
