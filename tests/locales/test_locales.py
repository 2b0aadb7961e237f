"""Each text has a translation in each language, and dates, numbers and lists are the locale's."""

from __future__ import annotations

import re
from datetime import date

import pytest
from babel import Locale
from jinja2 import Environment

from digest import locales
from digest.locales import gettext, ngettext
from digest.locales.templates import translate
from digest.profiles.plain_words import wishes
from digest.render import wording

from ..catalogues import LANGUAGES, called_with, catalogue, known, texts

_PLACEHOLDER = re.compile(r"%\((\w+)\)s|%(?!%)")


def placeholders(text: str) -> set[str]:
    return {found[0] for found in _PLACEHOLDER.finditer(text.replace("%%", ""))}


@pytest.mark.parametrize("locale", LANGUAGES)
def test_every_text_has_a_translation_and_no_other_is_kept(locale: str) -> None:
    untranslated = [each.id for each in catalogue(locale) if each.id and not all(each.string)]
    fuzzy = [message.id for message in catalogue(locale) if message.id and message.fuzzy]
    assert texts() - known(locale) == set()
    assert known(locale) - texts() == set()
    assert (untranslated, fuzzy, catalogue(locale).obsolete) == ([], [], {})


def test_every_text_that_the_code_asks_for_is_collected() -> None:
    assert {*called_with()} - texts() == set()


@pytest.mark.parametrize(
    ("locale", "paper", "changes"), [("zh", "收藏", "保存"), ("fr", "Garder", "Enregistrer")]
)
def test_a_paper_is_saved_by_another_word_than_a_change(
    locale: str, paper: str, changes: str
) -> None:
    environment = Environment()
    translate(environment)
    with locales.use(locale):
        word = '{{ gettext("Save") }} {{ pgettext("what was changed", "Save") }}'
        assert environment.from_string(word).render() == f"{paper} {changes}"


@pytest.mark.parametrize("locale", LANGUAGES)
def test_the_example_of_the_form_is_understood_as_the_english_one(locale: str) -> None:
    """Papers are in English, and so are the words for them in the example of each language."""
    text = next(str(each.id) for each in catalogue(locale) if "I am interested in" in str(each.id))
    with locales.use(locale):
        examples = [re.split(r"[:：]\s*", each)[1] for each in (text, gettext(text))]
    asked, own = (wishes(re.split("[.。]", each)[0]) for each in examples)
    assert asked == own
    assert [each.is_refused for each in own] == [False, False, True]


@pytest.mark.parametrize("locale", LANGUAGES)
def test_no_placeholder_is_lost_or_added(locale: str) -> None:
    for message in filter(lambda each: each.id, catalogue(locale)):
        both = message.id if isinstance(message.id, tuple) else (message.id,)
        forms = message.string if isinstance(message.string, tuple) else (message.string,)
        for place, form in enumerate(forms):
            text = both[0] if len(forms) > 1 and not place else both[-1]
            assert placeholders(form) == placeholders(text), (locale, form)


@pytest.mark.parametrize("locale", LANGUAGES)
def test_the_plural_forms_are_those_of_the_language(locale: str) -> None:
    """As CLDR has them, below a million, from where some languages have another form."""
    names = Locale.parse(locale).plural_form
    forms = sorted({names(number) for number in range(30)}, key=["one", "other"].index)
    found = locales.catalogue(locale)
    for number in range(30):
        expected = forms.index(names(number))
        assert (
            found.ngettext("%(number)s star", "%(number)s stars", number)
            == (
                next(
                    m for m in catalogue(locale) if m.id == ("%(number)s star", "%(number)s stars")
                )
            ).string[expected]
        ), number
    assert catalogue(locale).num_plurals == len(forms)


def test_english_needs_no_catalogue() -> None:
    assert not (locales.CATALOGUES / "en.po").exists()
    assert ngettext("%(number)s paper", "%(number)s papers", 1204) == "1,204 papers"
    with locales.use("tlh"):  # of a version that knew more
        assert locales.current() == "en"


def test_a_locale_is_in_force_for_a_piece_of_work_alone() -> None:
    with locales.use("de"):
        assert gettext("Settings") == "Einstellungen"
        with locales.use("ja"):
            assert gettext("Settings") == "設定"
        assert gettext("Settings") == "Einstellungen"
    assert gettext("Settings") == "Settings"


@pytest.mark.parametrize(
    ("locale", "day", "short", "papers", "names"),
    [
        ("en", "Wednesday 12 March 2025", "12 Mar 2025", "1,204 papers", "A, B and C"),
        ("de", "Mittwoch, 12. März 2025", "12. März 2025", "1.204 Arbeiten", "A, B und C"),
        ("fr", "mercredi 12 mars 2025", "12 mars 2025", "1\u202f204 articles", "A, B et C"),
        ("es", "miércoles, 12 de marzo de 2025", "12 mar 2025", "1.204 artículos", "A, B y C"),
        ("pt", "quarta-feira, 12 de março de 2025", "12 mar. 2025", "1.204 artigos", "A, B e C"),
        ("zh", "2025年3月12日星期三", "2025年3月12日", "1,204 篇论文", "A、B和C"),
        ("ja", "2025年3月12日水曜日", "2025年3月12日", "論文 1,204 件", "A、B、C"),
    ],
)
def test_days_numbers_and_lists_are_the_locales(
    locale: str, day: str, short: str, papers: str, names: str
) -> None:
    with locales.use(locale):
        assert wording.long_day(date(2025, 3, 12)) == day
        assert wording.plain_day(date(2025, 3, 12)).replace("\u00a0", " ") == short
        assert wording.papers(1204) == papers
        assert locales.listed(["A", "B", "C"]) == names


@pytest.mark.parametrize(
    ("header", "locale"),
    [
        ("", "en"),
        ("de-AT,de;q=0.9,en;q=0.8", "de"),
        ("en-GB, de;q=0.9", "en"),
        ("sw, nl;q=0.9, pt-BR;q=0.5, fr;q=0.7", "fr"),
        ("zh-CN", "zh"),
        ("zh-TW, ja;q=0.3", "ja"),  # its characters are others
        ("de;q=0, es", "es"),
        ("*", "en"),
        ("de;q=much, ;;, -, fr", "fr"),
        (", ".join(["sw"] * 10_000 + ["fr"]), "en"),
    ],
)
def test_a_browser_says_what_its_reader_reads(header: str, locale: str) -> None:
    assert locales.preferred(header) == locale


#: What quotes a word in a language; a straight mark would be that of a keyword alone.
_QUOTED = {"de": "„“", "fr": "«»", "es": "«»", "pt": "“”", "zh": "“”", "ja": "「」"}
#: The one text that explains straight marks, which are part of the language of keywords.
_SYNTAX = "A star is for any ending"


@pytest.mark.parametrize("locale", LANGUAGES)
def test_words_are_quoted_as_the_language_does(locale: str) -> None:
    opening, closing = _QUOTED[locale]
    wrong = '"“”„«»「」'.translate(dict.fromkeys(map(ord, opening + closing)))
    for message in filter(lambda each: each.id, catalogue(locale)):
        forms = message.string if isinstance(message.string, tuple) else (message.string,)
        if not str(message.id).startswith(_SYNTAX):
            found = "".join(forms)
            assert not {*found} & {*wrong}, found
            assert found.count(opening) == found.count(closing), found


def test_each_language_names_the_days_from_monday_to_friday() -> None:
    """Not working days, which leave out holidays and, in some countries, are six a week."""
    for locale in LANGUAGES:
        with locales.use(locale):
            words = [gettext("weekdays"), gettext("on each weekday")]
        forbidden = "werktag jours ouvrés laborable úteis 工作日 平日"
        assert not any(each in word for each in forbidden.split() for word in map(str.lower, words))


@pytest.mark.parametrize("locale", ["fr", "es", "pt"])
def test_nobody_is_addressed_as_a_man_or_a_woman(locale: str) -> None:
    addressed = re.compile(r"\b(?:abonné|désabonné|suscrito|inscrito|[Oo]brigado)\b")
    assert not [each.string for each in catalogue(locale) if addressed.search(str(each.string))]
