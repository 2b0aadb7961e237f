"""Export papers as files for reference managers."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence

from fastapi import HTTPException
from fastapi.responses import Response

from ..model import Paper
from ..render.bibtex import bibtex
from ..render.csl import csl
from ..render.ris import ris

#: By a file name's suffix: the function that writes the file, and its media type.
KINDS: dict[str, tuple[Callable[[Iterable[Paper]], str], str]] = {
    "bib": (bibtex, "application/x-bibtex"),
    "ris": (ris, "application/x-research-info-systems"),
    "json": (csl, "application/vnd.citationstyles.csl+json"),
}


def export(papers: Sequence[Paper], name: str, kind: str) -> Response:
    """Return papers as a file to save; answer 404 for an unknown kind."""
    if kind not in KINDS:
        raise HTTPException(404)
    write, media = KINDS[kind]
    return saved(write(papers), media, f"{name}.{kind}")


def saved(text: str, media: str, name: str) -> Response:
    """Return a text that the browser saves under this name."""
    headers = {"Content-Disposition": f'attachment; filename="{name}"'}
    return Response(text, media_type=f"{media}; charset=utf-8", headers=headers)
