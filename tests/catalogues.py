"""The texts that readers see, as the code and the templates have them, and their catalogues."""

from __future__ import annotations

import ast
import tomllib
from collections.abc import Iterator
from functools import cache

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract
from babel.messages.pofile import read_po

from digest import locales

from .readme import ROOT

#: A text, its context first where it has one, or its two forms.
Text = str | tuple[str, str]
#: What gettext itself puts between a context and its text.
CONTEXT = "\4"

LANGUAGES = [each for each in locales.NAMES if each != locales.ENGLISH]
_KEYWORDS = {**DEFAULT_KEYWORDS, **dict.fromkeys(("gettext_noop", "Sentence", "as_template"))}
_MARKS = ("gettext", "{% trans", "Sentence(", "as_template(")


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
            source = path.read_text("utf-8")
            if not any(mark in source for mark in _MARKS):
                continue
            with path.open("rb") as file:
                for _, found, _, about in extract(mapping["method"], file, _KEYWORDS, (), mapping):
                    text = found if isinstance(found, str) else tuple(filter(None, found))[:2]
                    yield f"{about}{CONTEXT}{text}" if about else text


def called_with() -> Iterator[Text]:
    """All texts that the code asks for, as Python reads it: ``pybabel`` misses a call in a call."""
    for path in (ROOT / "digest").rglob("*.py"):
        source = path.read_text("utf-8")
        if not any(mark in source for mark in _MARKS):
            continue
        for node in ast.walk(ast.parse(source)):
            if isinstance(node, ast.Call) and ast.unparse(node.func) in _KEYWORDS:
                texts = [each.value for each in node.args if isinstance(each, ast.Constant)]
                if texts:
                    yield texts[0] if len(texts) == 1 else tuple(texts[:2])


def known(locale: str) -> set[Text]:
    """All texts that the catalogue of a locale has."""
    return {
        f"{each.context}{CONTEXT}{each.id}" if each.context else each.id
        for each in catalogue(locale)
        if each.id
    }


@cache
def catalogue(locale: str) -> Catalog:
    """The catalogue of a locale, as its file has it."""
    with (locales.CATALOGUES / f"{locale}.po").open("rb") as file:
        return read_po(file, locale)
