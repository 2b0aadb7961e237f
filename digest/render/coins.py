"""Metadata of web pages for reference managers: COinS for each paper, ``citation_*`` for one."""

from __future__ import annotations

from collections.abc import Iterator
from functools import lru_cache
from string import ascii_letters, digits
from urllib.parse import quote_plus

from .citation import Citation

#: What ``_quoted`` leaves alone, and what it treats by itself.
_AS_THEY_ARE = frozenset(f"{ascii_letters}{digits}_.-~% \n")


def coins(citation: Citation) -> str:
    """Return the ``title`` of a ``<span class="Z3988">`` (OpenURL, Z39.88-2004), not escaped."""
    fields = [
        ("ctx_ver", "Z39.88-2004"),
        ("rft_val_fmt", "info:ofi/fmt:kev:mtx:journal"),
        ("rft.genre", "preprint"),
        ("rft.atitle", citation.title),
        *(("rft.au", author.reversed) for author in citation.authors),
        ("rft.date", citation.day.isoformat() if citation.day else ""),
        ("rft_id", f"info:doi/{citation.doi}" if citation.doi else ""),
        ("rft_id", citation.url),
    ]
    names, values = zip(*[field for field in fields if field[1]], strict=True)
    # All at once, which takes a third of the time; no value has a line's end.
    quoted = _quoted("\n".join(values)).split("\n")
    return "&".join([f"{name}={value}" for name, value in zip(names, quoted, strict=True)])


def _quoted(text: str) -> str:
    """Return a text as ``quote_plus`` does, but for its lines, in a third of the time."""
    text = text.replace("%", "%25")
    for letter in set(text).difference(_AS_THEY_ARE):
        text = text.replace(letter, _code(letter))
    return text.replace(" ", "+")


_code = lru_cache(maxsize=4096)(quote_plus)


def citation_tags(citation: Citation) -> Iterator[tuple[str, str]]:
    """Yield names and contents of the ``<meta>`` tags of a page about one paper.

    Source: https://scholar.google.com/intl/en/scholar/inclusion.html#indexing
    """
    yield "citation_title", citation.title
    for author in citation.authors:
        yield "citation_author", author.reversed
    if citation.day:
        yield "citation_publication_date", f"{citation.day:%Y/%m/%d}"
    if citation.doi:
        yield "citation_doi", citation.doi
    if citation.arxiv:
        yield "citation_arxiv_id", citation.arxiv
    if citation.url:
        yield "citation_abstract_html_url", citation.url
    if citation.pdf:
        yield "citation_pdf_url", citation.pdf
