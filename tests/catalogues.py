"""The texts that readers see, as the code and the templates have them, and their catalogues."""

from __future__ import annotations

import tomllib
from collections.abc import Iterator
from functools import cache

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.pofile import read_po

from digest import locales

from .readme import ROOT

#: A text, or its two forms.
Text = str | tuple[str, str]

LANGUAGES = [each for each in locales.NAMES if each != locales.ENGLISH]
_KEYWORDS = {**DEFAULT_KEYWORDS, "gettext_noop": None}


@cache
def texts() -> frozenset[Text]:
    """All texts, as ``pybabel extract`` finds them; only files that have some are read whole."""
    return frozenset(_texts())


def _texts() -> Iterator[Text]:
    settings = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["tool"]["babel"]
    for mapping in settings["mappings"]:
        folder, _, _ = mapping["pattern"].partition("/")
        for path in sorted((ROOT / folder).rglob("*.py" if folder == "digest" else "*.*")):
            if path.suffix not in (".py", ".html", ".txt"):
                continue
            if b"gettext" not in (data := path.read_bytes()) and b"{% trans" not in data:
                continue
            with path.open("rb") as file:
                for _, found, _, _ in extract(mapping["method"], file, _KEYWORDS, (), mapping):
                    yield found if isinstance(found, str) else tuple(filter(None, found))[:2]


@cache
def catalogue(locale: str) -> Catalog:
    """The catalogue of a locale, as its file has it."""
    with (locales.CATALOGUES / f"{locale}.po").open("rb") as file:
        return read_po(file, locale)
