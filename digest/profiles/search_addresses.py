"""The search that an address of arXiv, PubMed, Google or another site holds, as its site has it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Final
from urllib.parse import SplitResult, parse_qs, unquote, urlsplit

from .. import expressions

_GOOGLE = expressions.anchored(r"https?://(?:scholar|www)\.google\.", ignore_case=True)
_ADDRESS = expressions.anchored(r"https?://\S+", ignore_case=True)
#: arXiv's form → the field of its search language
_FORM_FIELDS: Final = {"title": "ti", "abstract": "abs", "author": "au", "comments": "co"}
#: where a search stands in the addresses of other sites
_QUERIES: Final = ("search_query", "query", "q", "term", "terms", "keywords", "search", "text")
_SUBJECTS: Final = {
    "computer_science": "cs", "economics": "econ", "eess": "eess", "mathematics": "math",
    "q_biology": "q-bio", "q_finance": "q-fin", "statistics": "stat", "physics": "physics",
}  # fmt: skip


def is_address(text: str) -> bool:
    """Return whether a text is one address of the web."""
    return bool(_ADDRESS.fullmatch(text.strip()))


def is_of_google(address: str) -> bool:
    """Return whether an address is one of Google's."""
    return bool(_GOOGLE.match(address.strip()))


def search_in(address: str) -> str:
    """Return the search in an address; empty if there is none."""
    try:
        parts = urlsplit(address.strip())
    except ValueError:
        return ""
    asked = {name: values[0] for name, values in parse_qs(parts.query, max_num_fields=500).items()}
    path = [unquote(step) for step in parts.path.split("/") if step]
    host = (parts.hostname or "").removeprefix("www.")
    if host.endswith("arxiv.org"):
        return _of_arxiv(path, asked)
    if host.startswith("scholar.google."):
        return " ".join(_of_scholar(asked))
    return _first(asked) or _of_path(path, parts)


def _first(asked: Mapping[str, str]) -> str:
    return next((asked[name] for name in _QUERIES if name in asked), "")


def _of_path(path: list[str], parts: SplitResult) -> str:
    """Return a search that is part of the path, as on bioRxiv: ``/search/…``."""
    is_search = len(path) > 1 and path[0] == "search"
    if is_search and path[1].startswith("q="):
        return parse_qs(parts.path.rpartition("/")[2], max_num_fields=500)["q"][0]
    return path[1].replace("+", " ") if is_search else unquote(parts.fragment).removeprefix("q=")


def _of_arxiv(path: list[str], asked: Mapping[str, str]) -> str:
    if path[:1] in (["list"], ["rss"], ["atom"]) and len(path) > 1:
        return " OR ".join(f"cat:{_with_star(name)}" for name in path[1].split("+"))
    if "terms-0-term" in asked:
        return _of_form(asked)
    query, field = _first(asked), _FORM_FIELDS.get(asked.get("searchtype", ""), "")
    return f"{field}:({query})" if field and query else query


def _with_star(name: str) -> str:
    """Return an archive as a pattern for all its categories; a category as it is."""
    return name if "." in name or "-" in name else f"{name}.*"


def _of_form(asked: Mapping[str, str]) -> str:
    """Return a search of arXiv's advanced form: its rows, and the subjects that are ticked."""
    found = ""
    for row in range(100):
        term = asked.get(f"terms-{row}-term", "")
        if not term:
            continue
        field = _FORM_FIELDS.get(asked.get(f"terms-{row}-field", ""), "")
        said = f"{field}:({term})" if field else f"({term})"
        operator = asked.get(f"terms-{row}-operator", "AND").replace("NOT", "ANDNOT")
        found = f"({found}) {operator} {said}" if found else said
    ticked = [code for name, code in _SUBJECTS.items() if f"classification-{name}" in asked]
    subjects = " OR ".join(f"cat:{code}.*" for code in ticked)
    return f"({found}) AND ({subjects})" if subjects else found


def _of_scholar(asked: Mapping[str, str]) -> Iterator[str]:
    """Yield the pieces of a search of Google Scholar, those of its advanced form included."""
    field = "intitle:" if asked.get("as_occt") == "title" else ""
    words = asked.get("q") or asked.get("as_q", "")
    if words:
        yield " ".join(f"{field}{word}" for word in words.split()) if field else words
    if phrase := asked.get("as_epq"):
        yield f'{field}"{phrase}"'
    if several := asked.get("as_oq", "").split():
        yield f"({' OR '.join(field + word for word in several)})"
    yield from (f"-{word}" for word in asked.get("as_eq", "").split())
    if author := asked.get("as_sauthors"):
        yield author if "author:" in author else f'author:"{author.strip(chr(34))}"'
