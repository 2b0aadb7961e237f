"""Let templates speak in the locale in force: ``gettext(…)``, ``ngettext(…)``, ``{% trans %}``.

``pgettext(…)`` is for a word that is another one elsewhere in some language: its context is first.
"""

from __future__ import annotations

import jinja2
from jinja2.runtime import Context
from markupsafe import Markup

from . import NAMES, capitalized, catalogue, current, number, said, tag, worded


def translate(environment: jinja2.Environment) -> None:
    """Give an environment the words of all locales; the same compiled templates serve each."""
    environment.add_extension("jinja2.ext.i18n")
    environment.policies["ext.i18n.trimmed"] = True
    environment.newstyle_gettext = True  # type: ignore[attr-defined]  # the extension's
    environment.globals |= {
        "gettext": _gettext,
        "ngettext": _ngettext,
        "pgettext": _pgettext,
        "locale_tag": tag,
        "current_locale": current,
        "locales": NAMES,
    }
    environment.filters["capitalized"] = capitalized
    environment.filters["number"] = number
    environment.filters["said"] = said


@jinja2.pass_context
def _gettext(context: Context, text: str, /, **values: object) -> str:
    return _filled(context, catalogue(current()).gettext(text), values)


@jinja2.pass_context
def _ngettext(context: Context, one: str, many: str, count: int, /, **values: object) -> str:
    text = catalogue(current()).ngettext(one, many, count)
    return _filled(context, text, {"number": count, **values})


@jinja2.pass_context
def _pgettext(context: Context, about: str, text: str, /, **values: object) -> str:
    return _filled(context, catalogue(current()).pgettext(about, text), values)


def _filled(context: Context, text: str, values: dict[str, object]) -> str:
    """Return a text with its placeholders replaced, the values escaped where the page is HTML."""
    ready = Markup(text) if context.eval_ctx.autoescape else text  # noqa: S704  our own text
    # To fill in nothing takes longer than all before; a page says some twenty such texts.
    return ready % worded(values) if values or "%" in text else ready
