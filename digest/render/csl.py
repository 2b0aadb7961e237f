"""Citations as CSL-JSON (https://citeproc-js.readthedocs.io/en/latest/csl-json/markup.html)."""

from __future__ import annotations

import json
from collections.abc import Iterable

from ..model import Paper
from .citation import Citation, PersonName, citations


def csl(papers: Iterable[Paper]) -> str:
    """Return a JSON array with an item per paper; unknown fields are left out."""
    items = [_item(citation) for citation in citations(papers)]
    return json.dumps(items, ensure_ascii=False, indent=1) + "\n"


def _item(citation: Citation) -> dict[str, object]:
    day = citation.day
    fields: dict[str, object] = {
        "id": citation.key,
        "type": "article",
        "genre": "preprint",
        "title": citation.title,
        "author": [_name(author) for author in citation.authors],
        "issued": {"date-parts": [[day.year, day.month, day.day]]} if day else None,
        "DOI": citation.doi,
        "URL": citation.url,
        "number": f"arXiv:{citation.arxiv}" if citation.arxiv else "",
        "publisher": "arXiv" if citation.arxiv else "",
        "note": citation.note,
        "abstract": citation.abstract,
    }
    return {field: value for field, value in fields.items() if value}


def _name(name: PersonName) -> dict[str, str]:
    if name.given:
        return {"family": name.family, "given": name.given}
    return {"literal": name.family}
