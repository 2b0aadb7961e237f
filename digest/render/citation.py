"""A paper's citation: names in two parts, identifiers, and a unique key.

Independent of formats; ``bibtex``, ``ris``, ``csl`` and ``coins`` write it.
"""

from __future__ import annotations

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from datetime import date
from itertools import count
from unicodedata import combining, normalize

from .. import expressions
from ..model import Paper
from .sanitize import shown, web_url
from .views import plain_title

# Words that belong to the family name after them, as in "Laurens van der Maaten".
_PARTICLE = expressions.compile(
    "d[aeiu]|del|della|der|dos|el|l[ae]|te[nr]|van|von|zu|al|bin|ibn", ignore_case=True
)
_SUFFIX = expressions.compile(r"[js]r\.?|i{2,3}|iv", ignore_case=True)
_GROUP_WORDS = (
    *("collaboration", "consortium", "group", "team", "initiative"),
    *("community", "institute", "laboratory", "lab", "ai"),
)
_GROUP = expressions.compile(rf"\b({'|'.join(_GROUP_WORDS)})\b", ignore_case=True)
_ASCII_WORDS = expressions.compile(r"[a-z0-9]+")
# Words of a title that are too common for a key.
_EMPTY_WORD = expressions.compile(
    "an?|and|are|as|at|by|for|from|how|in|is|it|of|on|or|the|to|what|why"
)


@dataclass(frozen=True, slots=True)
class PersonName:
    """An author's name; ``given`` is empty if the name cannot or must not be split."""

    family: str
    given: str = ""

    @property
    def reversed(self) -> str:
        """Return the name as in "Family, Given"."""
        return f"{self.family}, {self.given}" if self.given else self.family


@dataclass(frozen=True, slots=True, kw_only=True)
class Citation:
    """What is known of a paper; an unknown field is empty."""

    key: str
    title: str
    authors: tuple[PersonName, ...]
    #: whether there are more authors than the source names
    has_others: bool
    day: date | None
    doi: str
    arxiv: str
    #: arXiv's primary category
    category: str
    url: str
    pdf: str
    abstract: str
    note: str
    categories: tuple[str, ...]


def citations(papers: Iterable[Paper]) -> list[Citation]:
    """Return the citation of each paper once, in the same order, with keys unique in this list."""
    taken: set[str] = set()
    found: dict[str, Citation] = {}
    for paper in papers:
        if paper.key not in found:
            key = next(key for key in _keys(paper) if key not in taken)
            taken.add(key)
            found[paper.key] = citation(paper, key)
    return list(found.values())


def name(text: str) -> PersonName:
    """Split an author's name in two parts, whichever part comes first."""
    text = shown(text).strip()
    if "," in text:
        family, _, given = (part.strip() for part in text.partition(","))
        if family and given and not _SUFFIX.fullmatch(given):
            return PersonName(family, given)
    words = text.replace(",", "").split()
    if len(words) == 2 and text.isascii() and "".join(words).isalpha():  # as most are
        is_group = words[0].lower() in _GROUP_WORDS or words[1].lower() in _GROUP_WORDS
        return PersonName(text) if is_group else PersonName(words[1], words[0])
    if len(words) < 2 or _GROUP.search(text):
        return PersonName(text)
    start = len(words) - (2 if _SUFFIX.fullmatch(words[-1]) and len(words) > 2 else 1)
    while start > 1 and _PARTICLE.fullmatch(words[start - 1]):
        start -= 1
    return PersonName(" ".join(words[start:]), " ".join(words[:start]))


def citation(paper: Paper, key: str = "", *, has_texts: bool = True) -> Citation:
    """Return a paper's citation, which needs a key in a file of several alone.

    ``has_texts``: with abstract and note, which take a while and are not shown everywhere.
    """
    names = (paper.key, *paper.aliases)
    arxiv = _identifier(names, "arxiv:")
    # Every paper of arXiv has this DOI: https://info.arxiv.org/help/doi.html
    doi = _identifier(names, "doi:") or (f"10.48550/arXiv.{arxiv}" if arxiv else "")
    authors = tuple(name(author) for author in paper.authors if shown(author).strip())
    return Citation(
        key=key,
        title=plain_title(paper),
        authors=authors,
        has_others=paper.authors_known > len(authors),
        day=paper.published,
        doi=doi,
        arxiv=arxiv,
        category=shown(paper.categories[0]).strip() if arxiv and paper.categories else "",
        url=web_url(paper.url) or (f"https://doi.org/{doi}" if doi else ""),
        pdf=web_url(paper.links.get("pdf", "")),
        abstract=shown(paper.abstract).strip() if has_texts else "",
        note=shown(paper.comment).strip() if has_texts else "",
        categories=tuple(shown(category).strip() for category in paper.categories),
    )


def _identifier(names: Iterable[str], prefix: str) -> str:
    own = (shown(text).strip() for text in names if text.startswith(prefix))
    return next((text[len(prefix) :] for text in own), "")


def _keys(paper: Paper) -> Iterator[str]:
    """Yield possible keys: lindqvist2025quantizing, lindqvist2025quantizingb, …."""
    first = name(paper.authors[0]).family if paper.authors else ""
    year = str(paper.published.year) if paper.published else ""
    words = _ascii_words(paper.title)
    telling = next((word for word in words if not _EMPTY_WORD.fullmatch(word)), "")
    stem = "".join(_ascii_words(first)) + year + telling
    stem = stem or "".join(_ascii_words(paper.key)) or "paper"
    yield stem
    for number in count(1):
        yield stem + _letters(number)


def _letters(number: int) -> str:
    """Return the suffix of a repeated key: b for 1, z for 25, ba for 26."""
    head, last = divmod(number, 26)
    return (_letters(head) if head else "") + chr(ord("a") + last)


def _ascii_words(text: str) -> list[str]:
    plain = "".join(c for c in normalize("NFKD", text) if not combining(c))
    return _ASCII_WORDS.findall(plain.lower())
