"""Render templates into answers, and serve the static files that pages need."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import date
from hashlib import blake2b
from pathlib import Path
from typing import Any

import structlog
from fastapi import Request
from fastapi.responses import HTMLResponse, Response

from ..render.page_templates import page_environment
from ..render.template_check import placed

log = structlog.get_logger()

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
        self._tried = [page_environment(folders[n:]) for n in range(len(folders))]
        shared = {"site_name": name, "files": {file: _address(file) for file in _TYPES}}
        for environment in self._tried:
            environment.globals |= shared

    def page(
        self, request: Request, template: str, *, status: int = 200, **context: Any
    ) -> HTMLResponse:
        """Render a page; ``template`` may name a fragment, which is answered alone."""
        given = {"nonce": request.state.nonce, "path": request.url.path, **context}
        return HTMLResponse(self._rendered(template, given), status)

    def _rendered(self, template: str, given: dict[str, Any]) -> str:
        *own, ours = self._tried
        for environment in own:
            try:
                return environment.get_template(template).render(given)
            except Exception as fault:
                log.error("template failed", error=f"{placed(fault, self._folders)}")
        return ours.get_template(template).render(given)


def file(name: str) -> Response | None:
    """Return one of the static files; None without one of that name."""
    if name not in _TYPES:
        return None
    # The address changes with the content, so that a browser may keep the file for ever.
    kept = {"Cache-Control": "public, max-age=31536000, immutable"}
    return Response((STATIC / name).read_bytes(), media_type=_TYPES[name], headers=kept)


def _address(name: str) -> str:
    stamp = blake2b((STATIC / name).read_bytes(), digest_size=6).hexdigest()
    return f"/static/{name}?{stamp}"


def day_of(text: str) -> date | None:
    """Parse a day in an address; None for anything else."""
    try:
        return date.fromisoformat(text) if len(text) == len("2026-03-12") else None
    except ValueError:
        return None
