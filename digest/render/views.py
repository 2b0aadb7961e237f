"""The values that templates show: every text is cleaned and every link checked.

Decides what a paper's lines contain; does not depend on HTML, mail or the place of display.
"""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass
from itertools import pairwise
from urllib.parse import quote

from .. import expressions
from ..model import ChangeKind, Issue, IssueEntry, Paper, Reason, Receipt, Section
from . import wording
from .excerpts import TextRun, excerpt, pieces
from .sanitize import isolated, short, shown, web_url

ABSTRACT_WORDS = 90
_TITLE_LIMIT = 300
_NAME_LIMIT = 80
_AUTHORS_SHOWN = 3
_REASONS_SHOWN = 6
_TOPICS_SHOWN = 4
#: Words too long for a phone's column, such as addresses, and where they may be broken.
_LONG_WORD = expressions.compile(r"\S{17,}")
_JOINT = expressions.compile(r"(?<=[./_-])(?=\w)")

_CHANGE_WORDS = {
    ChangeKind.NEW: "new",
    ChangeKind.CROSS: "cross-list",
    ChangeKind.REVISED: "revised",
    ChangeKind.WITHDRAWN: "withdrawn",
}
#: The order of a paper's links, and the label of each.
_LINK_WORDS = {
    "abstract": "abstract",
    "pdf": "PDF",
    "html": "HTML",
    "code": "code",
    "project": "project",
    "listed": "listing",
    "find": "find",
}

Spans = Sequence[tuple[int, int]]


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


@dataclass(frozen=True, slots=True)
class TitleLine:
    """A paper that is shown by its title only."""

    title: str
    url: str


@dataclass(frozen=True, slots=True, kw_only=True)
class PaperView:
    """One paper as it is shown; an empty field has no line."""

    title: tuple[TextRun, ...]
    url: str
    authors: tuple[tuple[TextRun, ...], ...]
    #: the authors not named: " and 4 more", or "7 authors" if the source has only the number
    others: str
    #: what is known of organisation, day, categories or listing, upvotes, comments, remark
    facts: tuple[str, ...]
    abstract: tuple[TextRun, ...]
    change: str
    detail: str
    causes: tuple[ReasonView, ...]
    #: the clauses that are not named, with their points
    other_causes: str
    score: int
    links: tuple[Link, ...]
    also_in: str
    #: the page for saving it and for feedback; empty if the issue has no page
    mark: str = ""

    @property
    def name(self) -> str:
        """Return the title as plain text."""
        return "".join(piece.text for piece in self.title).strip()

    @property
    def further(self) -> tuple[Link, ...]:
        """Return the links other than the title's own."""
        return tuple(link for link in self.links if link.url != self.url)

    @property
    def has_authors(self) -> bool:
        """Return whether there is anything to show about authors."""
        return bool(self.authors or self.others)

    @property
    def byline(self) -> tuple[TextRun, ...]:
        """Return the authors as one line."""
        line = [piece for author in self.authors for piece in (TextRun(", "), *author)]
        return (*line[1:], TextRun(self.others))

    @property
    def is_sum(self) -> bool:
        """Return whether the score has several parts, which are then shown."""
        return len(self.causes) > 1 or bool(self.other_causes)

    @property
    def because(self) -> str:
        """Return why the paper matched, as one line of text."""
        sentence = (
            cause.label
            + (f" ({cause.where})" if cause.where else "")
            + (f" +{cause.points}" if self.is_sum else "")
            for cause in self.causes
        )
        return f"because: {', '.join(sentence)}{self.other_causes} · score\u00a0{self.score}"


@dataclass(frozen=True, slots=True)
class ReceiptView:
    """One row of the receipt: what became of a listing."""

    listing: str
    verdict: str
    is_complete: bool
    new: int
    matched: int
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
        day = f", {self.day}" if self.day else ""
        return f"{self.listing}{day}: {self.verdict}; {self.new} new, {self.matched} for you"


def paper_view(
    entry: IssueEntry, abstract_words: int | None = ABSTRACT_WORDS, page: str = ""
) -> PaperView:
    """Return one paper as it is shown; the whole abstract if ``abstract_words`` is None.

    ``page`` is the address of the subscriber's issue, empty if it has no page.
    """
    match, paper = entry.match, entry.match.paper
    hits = _hits(match.reasons)
    authors, others = _authors(paper, hits["author"])
    return PaperView(
        title=_title(paper, hits["title"]),
        url=web_url(paper.url),
        authors=authors,
        others=others,
        facts=tuple(_facts(entry)),
        abstract=_abstract(paper, hits["abstract"], abstract_words),
        change=_CHANGE_WORDS[entry.change],
        detail=_detail(entry),
        causes=tuple(_cause(reason) for reason in match.reasons[:_REASONS_SHOWN]),
        other_causes=_others(match.reasons[_REASONS_SHOWN:]),
        score=match.score,
        links=tuple(links_of(paper)),
        also_in=wording.listed([isolated(short(title, _NAME_LIMIT)) for title in entry.also_in]),
        mark=page and f"{page}/save?paper={quote(paper.key, safe=':')}",
    )


def plain_title(paper: Paper) -> str:
    """Return the title on one line, never empty and of limited length."""
    return short(paper.title, _TITLE_LIMIT) or short(paper.key, _TITLE_LIMIT) or "(no title)"


def links_of(paper: Paper) -> Iterator[Link]:
    """Yield the paper's links in the order of ``_LINK_WORDS``, each address once."""
    known: Mapping[str, str] = {"abstract": paper.url, **paper.links}
    request = {kind: place for place, kind in enumerate(_LINK_WORDS)}
    seen: set[str] = set()
    for kind in sorted(known, key=lambda kind: (request.get(kind, len(request)), kind)):
        url = web_url(known[kind])
        if url and url not in seen:
            seen.add(url)
            yield Link(_LINK_WORDS.get(kind) or short(kind, 20) or "page", url)


def line_view(entry: IssueEntry) -> TitleLine:
    """Return a paper's title and its first link."""
    paper = entry.match.paper
    url = next((link.url for link in links_of(paper)), "")
    return TitleLine(plain_title(paper), url)


def subject_view(issue: Issue, name: str, matched: int) -> dict[str, object]:
    """Return the variables of the subject."""
    first = next((section.entries[0] for section in issue.sections if section.entries), None)
    return {
        "name": shown(name),
        "day": wording.short_day(issue.day),
        "count": matched,
        "title": plain_title(first.match.paper) if first else "",
    }


def opening_view(issue: Issue, name: str, page: str) -> dict[str, object]:
    """Return the variables of the masthead."""
    titles = [short(plain_title(entry.match.paper), 80) for entry in issue.entries[1:3]]
    summary = wording.summary(issue)
    return {
        "name": shown(name),
        "day": wording.long_day(issue.day),
        "summary": summary,
        "preheader": " · ".join(titles) or summary,
        "welcome": wording.welcome(issue.welcome) if issue.welcome else "",
        "page": page,
        "is_empty": issue.is_empty,
    }


def heading_view(section: Section) -> dict[str, str]:
    """Return the variables of a section's heading."""
    papers = len(section.all)
    return {
        "title": isolated(short(section.title, 120) or short(section.profile, 120)),
        "count": wording.count(papers, "paper") if papers else "nothing today",
    }


def rest_view(papers: int, waiting: int, page: str) -> dict[str, object]:
    """Return the note on papers not even named, and on those that wait for the next issue."""
    sentence = wording.left_out(papers, waiting)
    return {"count": papers + waiting, "words": sentence, "page": page}


def foot_view(follows: Sequence[str], own: tuple[str, ...], mail_to_stop: str) -> dict[str, object]:
    """Return why the subscriber gets this mail, and each way to change it that has a page.

    ``own`` is the subscriber's address and the pages to change, to pause and to stop.
    """
    address, manage, pause, stop = own
    titles = wording.listed([isolated(short(title, _NAME_LIMIT)) for title in follows])
    ways = (
        Link("change it", manage),
        Link("pause it", pause),
        Link("stop it", stop or mail_to_stop),
    )
    return {
        "address": address,
        "why": f"follows {titles}" if titles else "subscribed",
        "ways": [way for way in ways if way.url],
    }


def receipt_view(receipt: Receipt) -> ReceiptView:
    """Return one row of the receipt, in words."""
    return ReceiptView(
        listing=short(receipt.listing, _NAME_LIMIT),
        verdict=wording.verdict(receipt),
        is_complete=wording.is_complete(receipt),
        new=receipt.new,
        matched=receipt.matched,
        day=wording.plain_day(receipt.day) if receipt.day else "",
    )


def _detail(entry: IssueEntry) -> str:
    sentence = short(entry.detail, 80)
    waited = f"no room on {wording.short_day(entry.waited)}" if entry.waited else ""
    return "; ".join(filter(None, (sentence, waited)))


def _hits(reasons: Sequence[Reason]) -> defaultdict[str, list[tuple[int, int]]]:
    found: defaultdict[str, list[tuple[int, int]]] = defaultdict(list)
    for reason in reasons:
        for hit in reason.hits:
            found[hit.field].append((hit.start, hit.end))
    return found


def _title(paper: Paper, hits: Spans) -> tuple[TextRun, ...]:
    title = plain_title(paper)
    # Offsets refer to the stored title: they do not fit one that was cut or replaced.
    is_as_stored = len(paper.title) <= _TITLE_LIMIT and bool(shown(paper.title).strip())
    return pieces(paper.title, hits) if is_as_stored else (TextRun(title),)


def _abstract(paper: Paper, hits: Spans, limit: int | None) -> tuple[TextRun, ...]:
    if limit is None:
        return pieces(paper.abstract, hits)
    return excerpt(paper.abstract, sorted(hits), limit)


def _authors(paper: Paper, hits: Spans) -> tuple[tuple[tuple[TextRun, ...], ...], str]:
    """Return the first authors and those that matched, and the others in words."""
    named: list[tuple[TextRun, ...]] = []
    start = 0
    for number, name in enumerate(paper.authors):
        own = [(a - start, b - start) for a, b in hits if a < start + len(name) and b > start]
        if number < _AUTHORS_SHOWN or (own and len(named) < 2 * _AUTHORS_SHOWN):
            named.append(_isolated(pieces(name[:_NAME_LIMIT], own)))
        start += len(name) + len(", ")
    others = max(paper.authors_known, len(paper.authors)) - len(named)
    if not others:
        return tuple(named), ""
    return tuple(named), f" and {others:,}\u00a0more" if named else wording.count(others, "author")


def _isolated(name: tuple[TextRun, ...]) -> tuple[TextRun, ...]:
    whole = "".join(piece.text for piece in name)
    marks = isolated(whole).split(whole) if whole else ["", ""]
    return name if not marks[0] else (TextRun(marks[0]), *name, TextRun(marks[1]))


def _facts(entry: IssueEntry) -> Iterator[str]:
    paper = entry.match.paper
    if paper.organisation:
        yield isolated(short(paper.organisation, _NAME_LIMIT))
    if paper.published:
        yield wording.plain_day(paper.published)
    topics = paper.categories or entry.listings
    if topics:
        yield " ".join(short(topic, 40) for topic in topics[:_TOPICS_SHOWN])
    upvotes = paper.upvotes if entry.upvotes is None else entry.upvotes
    if upvotes:
        yield f"▲\u00a0{upvotes:,}" + (f"\u00a0(up\u00a0{entry.rise:,})" if entry.rise else "")
    if paper.comments:
        yield wording.count(paper.comments, "comment").replace(" ", "\u00a0")
    if paper.comment:
        yield isolated(short(paper.comment, 120))


def _cause(reason: Reason) -> ReasonView:
    fields = {hit.field for hit in reason.hits}
    telling = ("title", "author", *sorted(fields - {"abstract"}))
    where = next((field for field in telling if field in fields), "")
    where = "; ".join(filter(None, (where, reason.rare and wording.rare(*reason.rare))))
    return ReasonView(isolated(short(reason.label, 60)), where, reason.points)


def _others(reasons: Sequence[Reason]) -> str:
    if not reasons:
        return ""
    return f" and {len(reasons)} more +{sum(reason.points for reason in reasons)}"
