"""A profile's text in the editor: read once, shown as chips, changed by what is typed beside them.

``profiles.rewrite`` knows where an item is written; what it may be, the reader of profiles judges.
"""

from __future__ import annotations

import json
from dataclasses import dataclass, replace
from itertools import zip_longest

from ..errors import Mistake, ProfileError
from ..locales import gettext, gettext_noop, said
from ..profiles import SCHEMA_LINE, ReadProfile, rewrite
from ..profiles.categories import is_category
from ..trial.backtest import Backtest
from .drafts import Draft, Drafts

#: The parts of a profile of which a clause may be without a form.
PARTS = ("any", "all", "none")
#: Curly quotation marks, which a phone writes by itself, and what takes their place.
STRAIGHT = str.maketrans("“”„‟＂«»", '"' * 7)


@dataclass(frozen=True, slots=True)
class PartRow:
    """A part of a profile as a row of chips: its name, what it does, what may be added."""

    part: str
    heading: str
    field: str
    more: str


ROWS = (
    PartRow(
        "any",
        gettext_noop("Papers with one of these"),
        "keyword",
        gettext_noop("Another word or phrase"),
    ),
    PartRow(
        "none",
        gettext_noop("But with none of these"),
        "unwanted",
        gettext_noop("A word to leave out"),
    ),
    PartRow(
        "authors",
        gettext_noop("Or by one of these authors"),
        "author",
        gettext_noop("A name"),
    ),
    PartRow(
        "all",
        gettext_noop("Always with all of these"),
        "needed",
        gettext_noop("A word, or a category such as cs.LG"),
    ),
)


@dataclass(frozen=True, slots=True)
class Chip:
    """An item of a row, and how many papers of the last days it finds, once that is known."""

    word: str
    papers: int | None


@dataclass(frozen=True, slots=True)
class Edited:
    """A text in the editor: what was read from it, once, or its mistakes."""

    text: str
    read: ReadProfile | None = None
    error: ProfileError | None = None

    @property
    def mistakes(self) -> tuple[Mistake, ...]:
        """Return the mistakes of a broken text, by place."""
        found = self.error.complaints if self.error else ()
        return tuple(on_page(each, self.text) for each in found)

    def chips(self, tried: Backtest | None) -> dict[str, list[Chip]]:
        """Return the items of each row as they are written; none of a broken text."""
        if self.read is None:
            return {}
        counts = (
            {part: [c.hits for c in tried.clauses if c.part == part] for part in PARTS}
            if tried and tried.papers
            else {}
        )
        items = {row.part: rewrite.items_of(self.read, row.part) for row in ROWS}
        # A profile's wanted clauses are the items of any, then those of authors.
        counts["authors"] = counts.get("any", [])[len(items["any"]) :]
        return {
            part: [Chip(*each) for each in zip_longest(words, counts.get(part, [])[: len(words)])]
            for part, words in items.items()
        }


def edited(drafts: Drafts, draft: Draft, text: str) -> Edited:
    """Read a text, unless it is the one that was read when the profile was opened."""
    if draft.read is not None and draft.text == text:
        return Edited(text, draft.read)
    try:
        return Edited(text, drafts.read(draft.slug, text))
    except ProfileError as error:
        return Edited(text, error=error)


def rewritten(
    drafts: Drafts, draft: Draft, entered: Edited, act: str, typed: dict[str, str]
) -> tuple[Edited, str]:
    """Add what was typed to a text, drop an item, or drop a form of one, which is named in JSON.

    Acts: "add", "add none", "drop none survey", "form …".  Return the text, which is as entered
    where nothing was changed, and a word about it.
    """
    verb, _, about = act.partition(" ")
    if entered.read is None:
        return entered, gettext("First mend the mistake in the text.") if verb == "add" else ""
    if verb == "form":
        return _reread(drafts, draft, entered, _without_form(entered.read, about))
    if verb == "drop":
        part, _, word = about.partition(" ")
        is_known = part in typed
        text = rewrite.dropped(entered.read, word, part) if is_known else entered.text
        return _reread(drafts, draft, entered, text)
    part = part_of(act, typed)
    word = " ".join(typed.get(part, "").split())
    if verb != "add" or not word:
        return entered, gettext("Write a word first.") if verb == "add" else ""
    straight = word.translate(STRAIGHT)
    query = f"category:{straight}" if part != "authors" and is_category(straight) else straight
    changed, complaint = _reread(drafts, draft, entered, rewrite.added(entered.read, query, part))
    if complaint or straight == word:
        return changed, complaint
    mended = gettext("The curly quotation marks were written as straight ones:")
    return changed, f"{mended} {straight}"


def part_of(act: str, typed: dict[str, str]) -> str:
    """Return the part that an act is about: by its second word, else where something was typed."""
    verb, *about = act.split(" ", 2)
    if verb == "add" and not about:
        about = [part for part, word in typed.items() if word.strip()]
    return about[0] if about and about[0] in typed else ""


def _reread(drafts: Drafts, draft: Draft, entered: Edited, text: str) -> tuple[Edited, str]:
    """Return a changed text if it can be read, else the one before it, and why."""
    changed = entered if text == entered.text else edited(drafts, draft, text)
    if changed.mistakes:
        mistake = said(changed.mistakes[0].message)
        return entered, gettext("That is not possible: %(mistake)s.", mistake=mistake)
    return changed, ""


def _without_form(known: ReadProfile, named: str) -> str:
    """Return the text without a form of a clause; ``named``: its part, its query, and the form."""
    try:
        names = json.loads(named)
    except (ValueError, RecursionError):
        return known.text
    if not isinstance(names, list) or [*map(type, names)] != [str, str, str]:
        return known.text
    part, query, form = names
    return rewrite.without_form(known, part, query, form) if part in PARTS else known.text


def as_lines_of(model: str, text: str) -> str:
    """Return the text of a form with the line ends of the saved one, and its line for editors.

    The line ends of a form are always CRLF.
    """
    text = text.replace("\r\n", "\n")
    if bare(model) != model and bare(text) == text:
        text = f"{SCHEMA_LINE}\n{text}"
    return text.replace("\n", "\r\n") if "\r\n" in model else text


def bare(text: str) -> str:
    """Return the text without its first line where that is for editors of files."""
    first, end, rest = text.partition("\n")
    return rest if end and first.rstrip("\r") == SCHEMA_LINE else text


def on_page(mistake: Mistake, text: str) -> Mistake:
    """Return a mistake with its line in the text that the page shows."""
    return mistake if bare(text) == text else replace(mistake, line=max(1, mistake.line - 1))
