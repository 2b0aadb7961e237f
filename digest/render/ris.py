"""Write citations as RIS, for all managers (https://en.wikipedia.org/wiki/RIS_(file_format))."""

from __future__ import annotations

from collections.abc import Iterable, Iterator

from ..model import Paper
from .citation import Citation, citations


def ris(papers: Iterable[Paper]) -> str:
    """Return a record per paper, type UNPB (RIS has no type for preprints); lines end in CRLF."""
    return "".join(
        f"{tag}  - {value}\r\n"
        for citation in citations(papers)
        for tag, value in _lines(citation)
        if value or tag == "ER"
    )


def _lines(citation: Citation) -> Iterator[tuple[str, str]]:
    day = citation.day
    yield "TY", "UNPB"
    yield "ID", citation.key
    yield "TI", citation.title
    for author in citation.authors:
        yield "AU", author.reversed
    yield "PY", str(day.year) if day else ""
    yield "DA", f"{day:%Y/%m/%d}/" if day else ""
    yield "DO", citation.doi
    yield "AN", f"arXiv:{citation.arxiv}" if citation.arxiv else ""
    yield "UR", citation.url
    yield "L1", citation.pdf
    for category in citation.categories:
        yield "KW", category
    yield "N1", citation.note
    yield "AB", citation.abstract
    yield "ER", ""
