"""The editor: a form and a text for one profile, and what the text would do to the last days.

Judges nothing itself: ``profiles`` reads the text, ``rewrite`` changes it, ``backtest`` tries it.
"""

from __future__ import annotations

import base64
import binascii
import zlib
from collections.abc import Collection
from dataclasses import dataclass, replace
from typing import Annotated, Any

from fastapi import APIRouter, Depends, Form
from fastapi.responses import JSONResponse, RedirectResponse, Response

from ..errors import Mistake, ProfileError, Sentence
from ..language import FIELDS, MAX_QUERY_LENGTH
from ..locales import gettext, said
from ..model import Profile
from ..profiles import CAPS, lint, schema
from ..trial.backtest import Backtest, PastDays, backtest, is_worded
from ..trial.wishes import collected_in_words, left_out_in_words
from .chart import chart
from .context import WebContext
from .dependencies import CurrentDrafts, OpenedDraft, Show, Site
from .drafts import Draft, Drafts, StaleError
from .edited_text import ROWS, Edited, as_lines_of, bare, edited, on_page, part_of, rewritten
from .recent_papers import LoadingStage, RecentPapers

#: One editor for the profiles of every link: ``who`` is ``manage`` or ``operator``.
router = APIRouter(prefix="/{who}/{token}/profiles/{slug}")

#: How many forms of a clause are shown.
MOST_FORMS = 8
#: How many gained and lost papers are named; the others are counted.
MOST_NAMED = 12
#: Longer than any profile that is read.
MAX_TEXT_LENGTH = 4 * CAPS.size

Text = Annotated[str, Form(max_length=MAX_TEXT_LENGTH)]
Short = Annotated[str, Form(max_length=500)]
#: an act with what it is about: up to a whole query and a form, in JSON
Long = Annotated[str, Form(max_length=4 * MAX_QUERY_LENGTH)]


def typed_words(
    keyword: Short = "", unwanted: Short = "", author: Short = "", needed: Short = ""
) -> dict[str, str]:
    """Return what was typed into the fields of the rows, by their parts; a dependency."""
    return {"any": keyword, "none": unwanted, "authors": author, "all": needed}


TypedWords = Annotated[dict[str, str], Depends(typed_words)]


@dataclass(frozen=True, slots=True)
class EditorPreview:
    """What a text would do: mistakes where it is broken, else numbers."""

    complaints: tuple[Mistake, ...] = ()
    tried: Backtest | None = None
    #: of each clause tried, the words that it was found as, with how many papers have each
    forms: tuple[list[tuple[str, int]], ...] = ()
    stage: LoadingStage | None = None


@router.get("")
def edit(
    site: Site, show: Show, drafts: CurrentDrafts, draft: OpenedDraft, saved: bool = False
) -> Response:
    """Show the editor with the saved text."""
    note = gettext("Saved. The next issue follows it.") if saved else ""
    return _page(site, show, drafts, draft, edited(drafts, draft, draft.text), note=note)


@router.post("")
def change(
    site: Site,
    show: Show,
    drafts: CurrentDrafts,
    draft: OpenedDraft,
    text: Text,
    typed: TypedWords,
    revision: Short = "",
    act: Long = "save",
) -> Response:
    """Save a text, or change its keywords, or only try it."""
    entered = edited(drafts, draft, as_lines_of(draft.text, text))
    opened = replace(draft, revision=revision)
    if act == "save":
        return _saved(site, show, drafts, opened, entered, typed)
    changed, note = rewritten(drafts, draft, entered, act, typed)
    return _page(site, show, drafts, opened, changed, said=note, touched=part_of(act, typed))


@router.post("/lint")
def check(site: Site, draft: OpenedDraft, text: Text) -> Response:
    """Return the mistakes and the doubts of a text."""
    whole = as_lines_of(draft.text, text)
    found = lint(whole, "profile.yaml", listings=site.app.listings)
    return JSONResponse({"complaints": [_as_json(on_page(each, whole)) for each in found]})


@router.post("/keyword")
def keyword(
    drafts: CurrentDrafts, draft: OpenedDraft, text: Text, act: Long, typed: TypedWords
) -> Response:
    """Return a text with a keyword more or less, or a form of one less."""
    entered = edited(drafts, draft, as_lines_of(draft.text, text))
    changed, note = rewritten(drafts, draft, entered, act, typed)
    told = {"text": bare(changed.text), "note": note, "touched": part_of(act, typed)}
    return JSONResponse(told)


@router.post("/live")
def live(site: Site, show: Show, drafts: CurrentDrafts, draft: OpenedDraft, text: Text) -> Response:
    """Show what a text would do, as a part of the page."""
    entered = edited(drafts, draft, as_lines_of(draft.text, text))
    return show(
        "edit_live.html",
        is_part=True,
        **_page_values(site.recent_papers, drafts, draft, entered),
    )


def _saved(
    site: WebContext,
    show: Show,
    drafts: Drafts,
    draft: Draft,
    entered: Edited,
    typed: dict[str, str],
) -> Response:
    """Save a text with what was typed beside it and not added yet, or say why that cannot be."""
    for part, word in typed.items():
        if not entered.read or not word.strip():
            continue
        changed, complaint = rewritten(drafts, draft, entered, f"add {part}", typed)
        if complaint and changed is entered:
            note = gettext("Not saved: a word that was typed cannot be added.")
            values = {"said": complaint, "touched": part, "left": word}
            return _page(site, show, drafts, draft, entered, status=422, note=note, **values)
        entered = changed
    if entered.mistakes:
        note = gettext("Not saved: the text has a mistake.")
        return _page(site, show, drafts, draft, entered, status=422, note=note)
    try:
        drafts.save(draft.slug, entered.text, draft.revision)
    except StaleError as error:
        draft, theirs = replace(draft, revision=error.current.revision), bare(error.current.text)
        return _page(site, show, drafts, draft, entered, status=409, theirs=theirs)
    return RedirectResponse(f"{drafts.base}/profiles/{draft.slug}?saved=true", 303)


def _page(
    site: WebContext,
    show: Show,
    drafts: Drafts,
    draft: Draft,
    entered: Edited,
    *,
    status: int = 200,
    note: str = "",
    theirs: str | None = None,
    said: str = "",
    touched: str = "",
    left: str = "",
) -> Response:
    return show(
        "edit.html",
        status=status,
        text=bare(entered.text),
        note=note,
        theirs=theirs,
        said=said,
        touched=touched or "any",
        left=left,
        words=words_to_complete(site.app.listings),
        is_part=False,
        **_page_values(site.recent_papers, drafts, draft, entered),
    )


def _page_values(
    recent_papers: RecentPapers, drafts: Drafts, draft: Draft, entered: Edited
) -> dict[str, Any]:
    """Return all that a page or its live part shows of a text."""
    live = try_text(recent_papers, drafts, draft, entered)
    return {
        "at": f"{drafts.base}/profiles/{draft.slug}",
        "home": drafts.base,
        "draft": draft,
        "live": live,
        "is_kept": bool(live.complaints and drafts.in_force(draft.slug)),
        "chart": chart(live.tried.days) if live.tried else None,
        "packed": packed(entered.text) if not live.complaints else "",
        "rows": ROWS,
        "chips": entered.chips(live.tried),
        "collected": collected_in_words(live.tried),
        "left_out": left_out_in_words(live.tried),
        "named": MOST_NAMED,
        "shown_forms": MOST_FORMS,
    }


def try_text(
    recent_papers: RecentPapers, drafts: Drafts, draft: Draft, entered: Edited
) -> EditorPreview:
    """Try a text on the last days, and compare it with the saved one."""
    if entered.read is None:
        return EditorPreview(entered.mistakes)
    saved = entered if entered.text == draft.text else edited(drafts, draft, draft.text)
    with recent_papers.days() as days:
        if days is None:
            return EditorPreview(stage=recent_papers.stage)
        before = saved.read.profile if saved.read else None
        tried = backtest(entered.read.profile, days, before)
        return EditorPreview(tried=tried, forms=_forms(tried, days, entered.read.profile))


def _forms(tried: Backtest, days: PastDays, profile: Profile) -> tuple[list[tuple[str, int]], ...]:
    """Return the forms of each clause that has only words: those may be dropped."""
    seen, clauses = days.seen_by(profile), [count.clause for count in tried.clauses]
    return tuple(days.forms(each, seen) if is_worded(each.node) else [] for each in clauses)


def packed(text: str) -> str:
    """Pack a text for an address."""
    return base64.urlsafe_b64encode(zlib.compress(text.encode(), 9)).decode()


def unpacked(draft: str) -> str:
    """Unpack a text; raises ValueError where it is no packed text, ProfileError if too long."""
    unpacker = zlib.decompressobj()
    try:
        data = unpacker.decompress(base64.urlsafe_b64decode(draft), MAX_TEXT_LENGTH)
    except (binascii.Error, zlib.error) as error:
        raise ValueError("not a packed text") from error
    if unpacker.unconsumed_tail:
        too_long = Sentence("the text is larger than %(size)s kB", size=str(CAPS.size // 1024))
        raise ProfileError("profile.yaml", [Mistake(1, 1, too_long)])
    if not unpacker.eof:
        raise ValueError("a part of the packed text is missing")
    return data.decode("utf-8")


def words_to_complete(listings: Collection[str]) -> dict[str, Any]:
    """Return what the editor can complete: keys with their meaning, values where they are known."""
    keys = schema()["properties"]
    return {
        "keys": [
            {"name": name, "meaning": about.get("description", "")} for name, about in keys.items()
        ],
        "fields": sorted(FIELDS),
        # What CodeMirror says, by its own English.
        "phrases": {
            "Completions": gettext("Completions"),
            "Control character": gettext("Control character"),
            "Diagnostics": gettext("Mistakes"),
            "No diagnostics": gettext("No mistakes"),
            "Selection deleted": gettext("Selection deleted"),
            "close": gettext("Close"),
        },
        "values": {
            "listings": sorted(listings),
            "changes": ["new", "cross", "revised", "withdrawn"],
            "schedule": ["at:", "timezone:", "days:", "weekdays", "daily"],
        },
    }


def _as_json(complaint: Mistake) -> dict[str, Any]:
    return {
        "line": complaint.line,
        "column": complaint.column,
        "message": said(complaint.message),
        "hint": said(complaint.hint),
        # The editor's own word for what is no fault.
        "severity": "info" if complaint.severity == "note" else complaint.severity,
    }
