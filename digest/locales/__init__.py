"""The locales in which readers are written to: the words of each, its dates, numbers and lists.

A locale is in force for a piece of work, and all that is worded meanwhile is in it.  English needs
no catalogue; those of the others are the files beside this one, each read once a process.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from contextvars import ContextVar
from dataclasses import dataclass
from datetime import date
from functools import cache, lru_cache
from gettext import GNUTranslations, NullTranslations
from io import BytesIO
from pathlib import Path
from typing import Any

from ..errors import Sentence

#: locale → its name, as those who read it write it
NAMES = {
    "en": "English",
    "de": "Deutsch",
    "fr": "Français",
    "es": "Español",
    "pt": "Português (Brasil)",
    "zh": "简体中文",
    "ja": "日本語",
}
ENGLISH = "en"

#: The folder of the catalogues, ``de.po`` and so on.
CATALOGUES = Path(__file__).parent

#: What HTML and mails call a locale (BCP 47), where that is not its own name.
_TAGS = {"pt": "pt-BR", "zh": "zh-Hans"}
#: Subtags of Chinese that its simplified characters do not serve.
_TRADITIONAL = frozenset({"hant", "tw", "hk", "mo"})
#: Languages of an Accept-Language header that are looked at.
_LANGUAGES_READ = 20


@dataclass(slots=True)
class _InForce:
    """The locale of a piece of work, which all its threads share."""

    locale: str


_CURRENT: ContextVar[_InForce | None] = ContextVar("locale", default=None)


@contextmanager
def use(locale: str) -> Iterator[None]:
    """Let this locale be in force; English in place of one that is not known."""
    load(locale)
    token = _CURRENT.set(_InForce(_known(locale)))
    try:
        yield
    finally:
        _CURRENT.reset(token)


def change(locale: str) -> None:
    """Let another locale be in force for the rest of the work that called ``use``."""
    if (found := _CURRENT.get()) is not None:
        load(locale)
        found.locale = _known(locale)


def current() -> str:
    """Return the locale in force."""
    found = _CURRENT.get()
    return found.locale if found else ENGLISH


def _known(locale: str) -> str:
    return locale if locale in NAMES else ENGLISH


def tag() -> str:
    """Return the language tag (BCP 47) of the locale in force."""
    return _TAGS.get(current(), current())


def gettext_noop(text: str) -> str:
    """Mark a text to be translated where it is shown; return it as it is."""
    return text


def gettext(text: str, /, **values: object) -> str:
    """Return a text in the locale in force, its placeholders ``%(name)s`` replaced."""
    found = catalogue(current()).gettext(text)
    return found % (worded(values) if values else values)


def ngettext(one: str, many: str, count: int, **values: object) -> str:
    """Return the form of a text for a count, which is its ``%(number)s`` unless that is given."""
    text = catalogue(current()).ngettext(one, many, count)
    return text % worded({"number": count, **values})


def said(text: str) -> str:
    """Return a Sentence in the locale in force; any other text as it is."""
    if not isinstance(text, Sentence) or current() == ENGLISH:
        return text
    return gettext(text.template, **text.changed(said))


def worded(values: dict[str, Any]) -> dict[str, Any]:
    """Return values with their numbers as the locale in force writes them."""
    return {
        name: number(value) if isinstance(value, (int, float)) else value
        for name, value in values.items()
    }


@cache
def catalogue(locale: str) -> NullTranslations:
    """Return the catalogue of a locale; the texts themselves for English."""
    if locale == ENGLISH:
        return NullTranslations()
    from babel.messages.mofile import write_mo
    from babel.messages.pofile import read_po

    compiled = BytesIO()
    with (CATALOGUES / f"{locale}.po").open("rb") as file:
        write_mo(compiled, read_po(file, locale))
    compiled.seek(0)
    return GNUTranslations(compiled)


def load(*names: str) -> None:
    """Read the files of these locales, once a process: what comes later reads none.

    ``use`` does so; call it before a transaction in which readers of several locales are served.
    """
    for name in names:
        _load(_known(name))


@cache
def _load(locale: str) -> None:
    from babel.lists import format_list

    catalogue(locale)
    _dated(date(2000, 1, 1), "EEEE", locale)
    format_list([], locale=_of_lists(locale))


def number(value: float, places: int = 0) -> str:
    """Return a number with separators, rounded to so many decimal places."""
    if current() == ENGLISH:
        return f"{value:,.{places}f}"
    from babel.numbers import format_decimal

    pattern = f"#,##0.{'0' * places}" if places else "#,##0"
    return format_decimal(value, pattern, locale=current())


def dated(day: date, pattern: str) -> str:
    """Return a day by a pattern of CLDR: ``EEEE`` is the weekday, ``MMM`` the month in short."""
    return _dated(day, pattern, current())


@lru_cache(maxsize=4096)
def _dated(day: date, pattern: str, locale: str) -> str:
    from babel.dates import format_date

    return format_date(day, pattern, locale)


def weekday(number: int) -> str:
    """Return the name of a weekday, 0 for Monday."""
    from babel.dates import get_day_names

    return f"{get_day_names('wide', 'format', current())[number]}"


def listed(names: Sequence[str]) -> str:
    """Join names as in "A, B and C"."""
    if len(names) < 2:  # as for most papers
        return "".join(names)
    from babel.lists import format_list

    return format_list(names, locale=_of_lists(current()))


def capitalized(text: str) -> str:
    """Return a text as it begins a sentence or a heading."""
    return text[:1].upper() + text[1:]


def _of_lists(locale: str) -> str:
    # The English of America has another comma.
    return "en_GB" if locale == ENGLISH else locale


def preferred(header: str) -> str:
    """Return the locale that an Accept-Language header (RFC 9110) asks for first, or English."""
    asked = []
    for each in header.split(",")[:_LANGUAGES_READ]:
        name, _, parameter = each.strip().lower().partition(";")
        asked.append((_weight(parameter), name.strip().split("-")))
    for weight, (language, *subtags) in sorted(asked, key=lambda each: -each[0]):
        is_served = language in NAMES and not (language == "zh" and _TRADITIONAL & {*subtags})
        if weight > 0 and is_served:
            return language
    return ENGLISH


def _weight(parameter: str) -> float:
    name, _, value = parameter.strip().partition("=")
    try:
        return float(value) if name == "q" else 1.0
    except ValueError:
        return 0.0
