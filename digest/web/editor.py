"""The editor: a form and a text for one profile, and what the text would do to the last days.

Judges nothing itself: ``profiles`` reads the text, ``rewrite`` changes it, ``backtest`` tries it.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Callable
from dataclasses import dataclass
from typing import TYPE_CHECKING, Annotated, Any

from fastapi import APIRouter, Form, HTTPException, Request
from fastapi.responses import JSONResponse, RedirectResponse, Response

from ..errors import Mistake, ProfileError
from ..language import FIELDS
from ..model import Profile
from ..profiles import CAPS, lint, rewrite, schema
from ..trial.backtest import Backtest, backtest
from .chart import chart
from .drafts import Draft, Drafts, StaleError
from .recent_papers import LoadingStage

if TYPE_CHECKING:
    from .context import WebContext

#: How many gained and lost papers are named; the others are counted.
NAMED = 12
#: Longer than any profile that is read.
LONGEST = 4 * CAPS.size

Opens = Callable[[str, Request], Drafts]
Text = Annotated[str, Form(max_length=LONGEST)]
Short = Annotated[str, Form(max_length=500)]


@dataclass(frozen=True, slots=True)
class EditorPreview:
    """What a text would do: mistakes where it is broken, else numbers."""

    complaints: list[Mistake]
    tried: Backtest | None = None
    stage: LoadingStage | None = None


def add_editor(router: APIRouter, site: WebContext, opens: Opens) -> None:
    """Add the editor's pages, below ``/profiles``; ``opens`` returns the profiles of a link."""
    page = "/{token}/profiles/{slug}"

    @router.get(page)
    def edit(request: Request, token: str, slug: str, saved: bool = False) -> Response:
        draft, drafts = _opened(opens, request, token, slug)
        note = "Saved. The next issue follows it." if saved else ""
        return _page(request, site, drafts, draft, draft.text, note=note)

    @router.post(page)
    def change(
        request: Request,
        token: str,
        slug: str,
        text: Text,
        revision: Short = "",
        act: Short = "save",
        keyword: Short = "",
    ) -> Response:
        draft, drafts = _opened(opens, request, token, slug)
        text = as_lines_of(draft.text, text)
        if act == "save":
            return _saved(request, site, drafts, draft, text, revision)
        act, _, dropped = act.partition(" ")
        changed, complaint = rewritten(text, act, dropped or keyword)
        kept = Draft(draft.slug, draft.title, draft.text, revision)
        return _page(request, site, drafts, kept, changed, note=complaint)

    @router.post(f"{page}/lint")
    def check(request: Request, token: str, slug: str, text: Text) -> Response:
        draft, _ = _opened(opens, request, token, slug)
        found = lint(as_lines_of(draft.text, text), "profile.yaml", listings=site.app.listings)
        return JSONResponse({"complaints": [_as_json(complaint) for complaint in found]})

    @router.post(f"{page}/keyword")
    def keyword(
        request: Request, token: str, slug: str, text: Text, act: Short, keyword: Short = ""
    ) -> Response:
        draft, _ = _opened(opens, request, token, slug)
        changed, complaint = rewritten(as_lines_of(draft.text, text), act, keyword)
        return JSONResponse({"text": changed, "complaint": complaint})

    @router.post(f"{page}/live")
    def live(request: Request, token: str, slug: str, text: Text) -> Response:
        draft, drafts = _opened(opens, request, token, slug)
        text = as_lines_of(draft.text, text)
        told = _told(site, drafts, draft, text)
        return site.pages.page(request, "edit_live.html", is_part=True, **told)


def _opened(opens: Opens, request: Request, token: str, slug: str) -> tuple[Draft, Drafts]:
    drafts = opens(token, request)
    draft = drafts.open(slug)
    if draft is None:
        raise HTTPException(404)
    return draft, drafts


def _saved(
    request: Request, site: WebContext, drafts: Drafts, draft: Draft, text: str, revision: str
) -> Response:
    try:
        drafts.parse(draft.slug, text)
        drafts.save(draft.slug, text, revision)
    except StaleError as error:
        kept = Draft(draft.slug, draft.title, draft.text, error.current.revision)
        return _page(request, site, drafts, kept, text, status=409, theirs=error.current.text)
    except ProfileError:
        note = "Not saved: the text has a mistake. What was saved before stays in force."
        kept = Draft(draft.slug, draft.title, draft.text, revision)
        return _page(request, site, drafts, kept, text, status=422, note=note)
    return RedirectResponse(f"{drafts.base}/profiles/{draft.slug}?saved=true", 303)


def _page(
    request: Request,
    site: WebContext,
    drafts: Drafts,
    draft: Draft,
    text: str,
    *,
    status: int = 200,
    note: str = "",
    theirs: str | None = None,
) -> Response:
    return site.pages.page(
        request,
        "edit.html",
        status=status,
        text=text,
        note=note,
        theirs=theirs,
        words=words_to_complete(site),
        is_part=False,
        **_told(site, drafts, draft, text),
    )


def _told(site: WebContext, drafts: Drafts, draft: Draft, text: str) -> dict[str, Any]:
    """Return all that a page or its live part shows of a text."""
    live = look(site, drafts, draft, text)
    return {
        "at": f"{drafts.base}/profiles/{draft.slug}",
        "home": drafts.base,
        "draft": draft,
        "live": live,
        "chart": chart(live.tried.days) if live.tried else None,
        "packed": packed(text) if not live.complaints else "",
        "keywords": keywords(text),
        "named": NAMED,
    }


def look(site: WebContext, drafts: Drafts, draft: Draft, text: str) -> EditorPreview:
    """Try a text on the last days, and compare it with the saved one."""
    try:
        profile = drafts.parse(draft.slug, text)
    except ProfileError as error:
        return EditorPreview(list(error.complaints))
    with site.past.days() as days:
        if days is None:
            return EditorPreview([], stage=site.past.stage)
        return EditorPreview([], backtest(profile, days, _before(drafts, draft)))


def _before(drafts: Drafts, draft: Draft) -> Profile | None:
    try:
        return drafts.parse(draft.slug, draft.text)
    except ProfileError:
        return None


def rewritten(text: str, act: str, keyword: str) -> tuple[str, str]:
    """Add a keyword to a text or drop one; return the text, and why that was impossible."""
    keyword = " ".join(keyword.split())
    change = {"add": rewrite.with_keyword, "drop": rewrite.without_keyword}.get(act)
    if change is None or not keyword:
        return text, "Write a keyword first." if act == "add" else ""
    try:
        return change(text, keyword), ""
    except ProfileError as error:
        first = error.complaints[0]
        return text, f"That is not possible: {first.message}."


def keywords(text: str) -> list[str]:
    """Return the items of ``any`` for the form, as they are written; none of a broken text."""
    try:
        return rewrite.keywords(text)
    except ProfileError:
        return []


def as_lines_of(model: str, text: str) -> str:
    """Return the text with the line ends of the saved one: those of a form are always CRLF."""
    text = text.replace("\r\n", "\n")
    return text.replace("\n", "\r\n") if "\r\n" in model else text


def packed(text: str) -> str:
    """Pack a text for an address."""
    return base64.urlsafe_b64encode(zlib.compress(text.encode(), 9)).decode()


def unpacked(draft: str) -> str:
    """Unpack a text; raises ValueError where it is no packed text.  Cuts it after LONGEST bytes."""
    try:
        unpacker = zlib.decompressobj()
        data = unpacker.decompress(base64.urlsafe_b64decode(draft), LONGEST)
    except (binascii.Error, zlib.error) as error:
        raise ValueError("not a packed text") from error
    return data.decode("utf-8")


def words_to_complete(site: WebContext) -> dict[str, Any]:
    """Return what the editor can complete: keys with their meaning, values where they are known."""
    keys = schema()["properties"]
    return {
        "keys": [
            {"name": name, "meaning": about.get("description", "")} for name, about in keys.items()
        ],
        "fields": sorted(FIELDS),
        "values": {
            "listings": sorted(site.app.listings),
            "changes": ["new", "cross", "revised", "withdrawn"],
            "schedule": ["at:", "timezone:", "days:", "weekdays", "daily"],
        },
    }


def _as_json(complaint: Mistake) -> dict[str, Any]:
    return {
        "line": complaint.line,
        "column": complaint.column,
        "message": complaint.message,
        "hint": complaint.hint,
        "severity": complaint.severity,
    }
