"""A language in which each text is between brackets, to find what no catalogue has."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import fields, is_dataclass, replace
from enum import Enum
from html import unescape
from pathlib import Path
from typing import Any

from babel.messages.catalog import Catalog
from babel.messages.pofile import write_po

from digest import locales

from .catalogues import CONTEXT, texts

#: The locale that the bracketed texts take the place of.
PLACE = "de"

#: What is a name in every language.
NAMES = frozenset({"PDF", "HTML", "UTC", "BibTeX", "RIS", "CSL", "JSON", "Atom", "Feed", "YAML"})
#: Fields that name no text from outside: what they hold decides, or is an address.
_OURS = frozenset(
    {"verdict", "change", "field", "locale", "quiet", "overflow", "timezone", "url", "key", "links"}
)
_FOREIGN = {each: chr(0x430 + each % 32) for each in (*range(65, 91), *range(97, 123))}
_INNERMOST = re.compile(r"⟦[^⟦⟧]*⟧")
_CUT = re.compile(r"⟦[^⟧…]*…")
_NO_TEXT = re.compile(r"(?:https?://|mailto:|digest\.example\.org)\S*|\S+@\S+")
_ATTRIBUTES = re.compile(r"(?:aria-label|title|placeholder|alt)=\"([^\"]*)\"|<title>([^<]*)")
#: The languages' own names, keys, what is there for programs, and what is shown as it is.
_SILENT = re.compile(
    r"<(option|kbd|script|style|textarea|pre)\b.*?</\1>|<span class=\"Z3988\".*?</span>", re.DOTALL
)


@contextmanager
def bracketed(folder: Path) -> Iterator[None]:
    """Let the texts of one locale be our own, each between brackets."""
    catalogue = Catalog(locale=PLACE)
    for text in texts():
        if isinstance(text, str):
            about, _, alone = text.rpartition(CONTEXT)
            catalogue.add(alone, f"⟦{alone}⟧", context=about or None)
        else:
            catalogue.add(text, tuple(f"⟦{each}⟧" for each in text))
    with (folder / f"{PLACE}.po").open("wb") as file:
        write_po(file, catalogue)
    before, locales.CATALOGUES = locales.CATALOGUES, folder
    locales.catalogue.cache_clear()
    try:
        yield
    finally:
        locales.CATALOGUES = before
        locales.catalogue.cache_clear()


def foreign(value: Any) -> Any:
    """The same with each text from outside in letters that are not ours."""
    if isinstance(value, Enum):
        return value
    if isinstance(value, str):
        return value.translate(_FOREIGN)
    if isinstance(value, (tuple, list)):
        return type(value)(map(foreign, value))
    if isinstance(value, dict):
        return {name: foreign(each) for name, each in value.items()}
    if not is_dataclass(value) or isinstance(value, type):
        return value
    named = [each.name for each in fields(value) if each.init and each.name not in _OURS]
    return replace(value, **{name: foreign(getattr(value, name)) for name in named})


def said(html: str) -> str:
    """All that a page says, also to who only hears it."""
    html = _SILENT.sub("", html)
    heard = [found[1] or found[2] or "" for found in _ATTRIBUTES.finditer(html)]
    return unescape("\n".join([re.sub(r"<[^>]*>", " ", html), *heard]))


def left_over(shown: str) -> list[str]:
    """The words that are in no brackets, but for addresses, tags and names."""
    while (fewer := _INNERMOST.sub(" ", shown)) != shown:
        shown = fewer
    shown = _CUT.sub(" ", shown)
    words = re.findall(r"[A-Za-z][A-Za-z’']*", _NO_TEXT.sub(" ", shown))
    return [word for word in words if word not in NAMES]
