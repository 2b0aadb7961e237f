"""Interests as a person has them: words, a search, or a library; made into a profile."""

from __future__ import annotations

from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

if TYPE_CHECKING:
    from ..profiles.rewrite import Answers

#: Words of one keyword; more in a row are in hardly any paper.
_MOST_WORDS = 5

#: Terms that are taken from a library.
_MOST_TERMS = 12

#: How the name of a file ends that holds interests: such a word is no keyword.
_OF_FILES = (".bib", ".csv", ".json", ".opml", ".ris", ".txt", ".xml", ".yaml", ".yml")


def _content(text: str) -> tuple[str, str]:
    """Return what a file holds, or the text itself, and of which kind that is.

    Raises click.UsageError, also for a file that is neither a search nor a library.
    """
    from ..errors import ProfileError
    from ..imports.kinds import KINDS, kind_of
    from ..text_file import text_of

    is_file = len(text) < 256 and "\n" not in text and Path(text).is_file()
    if not is_file and text.lower().endswith(_OF_FILES) and not {*" \n,"} & {*text}:
        raise click.UsageError(f"{text}: no such file")
    try:
        content = text_of(Path(text)) if is_file else text
    except ProfileError as error:
        raise click.UsageError(f"{text}: {error.complaints[0].message}") from None
    kind = kind_of(content.encode("utf-8", "replace"), text if is_file else "interests")
    if is_file and kind not in ("search", "library"):
        what = f"is {KINDS[kind]}" if kind else "is no format that is known"
        raise click.UsageError(f"{text} {what}: {KINDS['search']}, or {KINDS['library']} is read")
    return content, kind


def words_of_library(text: str) -> str:
    """Return terms of a library's papers, commas between; empty if neither text nor file is one."""
    content, kind = _content(text)
    return _terms_of(content) if kind == "library" else ""


def _terms_of(content: str) -> str:
    from ..errors import DigestError
    from ..trial.backtest import PastDays
    from ..trial.references import cited_in
    from ..trial.suggest import suggest

    try:
        found = suggest(None, PastDays.of((), (), ()), cited_in(content, "interests"), [])
    except DigestError as error:
        raise click.UsageError(str(error)) from None
    several = [each.term for each in found if len(each.papers) > 1]
    terms = (several or [each.term for each in found])[:_MOST_TERMS]
    if not terms:
        raise click.UsageError("a library, but no paper with a title is in it")
    return ", ".join(terms)


def interests_of(text: str) -> Answers:
    """Return a profile made of words, of a search, of a library, or of a file that holds one."""
    from ..errors import ProfileError
    from ..profiles.imported import answered

    content, kind = _content(text)
    try:
        asked = _terms_of(content) if kind == "library" else content
        answers, _ = answered(asked, "interests", "me")
    except ProfileError as error:
        raise click.UsageError(str(error.complaints[0]).partition(": ")[2]) from None
    for item in answers.any:
        words = item.split()
        if len(words) > _MOST_WORDS and not {"AND", "OR", "NOT"} & {*words} and ":" not in item:
            raise click.UsageError(
                f"{item[:50]!r} is {len(words)} words in a row, which hardly any paper has:"
                " write a few words each, with commas between"
            )
    return replace(answers, title="My papers")
