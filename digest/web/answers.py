"""Render templates into answers, and serve the static files that pages need."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from datetime import date
from functools import lru_cache
from hashlib import blake2b
from pathlib import Path
from typing import Any, cast

import structlog
from fastapi import APIRouter, HTTPException, Request
from fastapi.responses import HTMLResponse, Response
from jinja2 import Environment

from ..render.page_rows import PageRows, PaperRow
from ..render.page_templates import page_environment
from ..render.template_check import placed
from ..render.wording import rare
from .live_templates import stat_of

log = structlog.get_logger()

router = APIRouter()

STATIC = Path(__file__).parent / "static"

_TYPES = {
    "pages.css": "text/css; charset=utf-8",
    "pages.js": "text/javascript; charset=utf-8",
    "vendor/htmx.js": "text/javascript; charset=utf-8",
    "vendor/editor.js": "text/javascript; charset=utf-8",
    "vendor/LICENSES.txt": "text/plain; charset=utf-8",
}


class PageRenderer:
    """The templates of these folders, an earlier folder first.

    Where an operator's template fails, the page is rendered from the last folder, which is ours.
    """

    def __init__(self, folders: Sequence[Path], *, name: str) -> None:
        self._folders = folders
        self._name = name
        self._tried = [_environment(tuple(folders[n:])) for n in range(len(folders))]

    def page(
        self, request: Request, template: str, *, status: int = 200, **context: Any
    ) -> HTMLResponse:
        """Render a page; ``template`` may name a fragment, which is answered alone."""
        variables = {"nonce": request.state.nonce, "path": request.url.path, **context}
        return HTMLResponse(
            self._rendered(template, {"site_name": self._name, **variables}), status
        )

    def ready(self, several: Iterable[PaperRow]) -> int:
        """Make rows ready in the language in force; return their bytes, 0 where none are kept."""
        rows = cast("PageRows", self._tried[0].globals["rows"])
        return rows.ready(several)

    def stamp(self) -> object:
        """Return a value that changes when an operator's template does; cheap."""
        own = [folder / "web" for folder in self._folders[:-1]]
        files = [path for folder in own for path in sorted(folder.rglob("*"))]
        return tuple([(f"{path}", *stat_of(path)) for path in files])

    def _rendered(self, template: str, variables: dict[str, Any]) -> str:
        *environments, ours = self._tried
        for environment in environments:
            try:
                return environment.get_template(template).render(variables)
            except Exception as fault:
                log.error("template failed", error=f"{placed(fault, self._folders)}")
        return ours.get_template(template).render(variables)


@lru_cache(maxsize=4)
def _environment(folders: tuple[Path, ...]) -> Environment:
    """Return the environment of these folders; sites share it, with all that it has compiled."""
    made = page_environment(folders)
    made.globals["rare"] = rare
    made.globals["rows"] = PageRows(made, folders[-1] / "web")
    made.globals["files"] = {file: _address(file) for file in _TYPES}
    return made


@router.get("/static/{name:path}", include_in_schema=False)
def static(name: str) -> Response:
    """Return one of the static files."""
    if name not in _TYPES:
        raise HTTPException(404)
    # The address changes with the content, so that a browser may keep the file for ever.
    headers = {"Cache-Control": "public, max-age=31536000, immutable"}
    return Response((STATIC / name).read_bytes(), media_type=_TYPES[name], headers=headers)


def _address(name: str) -> str:
    stamp = blake2b((STATIC / name).read_bytes(), digest_size=6).hexdigest()
    return f"/static/{name}?{stamp}"


def day_of(text: str) -> date | None:
    """Parse a day in an address; None for anything else."""
    try:
        return date.fromisoformat(text) if len(text) == len("2026-03-12") else None
    except ValueError:
        return None
