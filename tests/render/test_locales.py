"""The mail in the reader's language: nothing of ours is left in English, nothing is shared."""

from __future__ import annotations

import re
from dataclasses import replace
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from digest.model import DayRange, Issue, Notice, Schedule, Welcome
from digest.render import MailRenderer, NoticeRenderer, sample
from digest.render.markdown import posts
from digest.render.placeholders import encoded
from digest.resources import templates_folder

from .. import golden_issues, letter_pictures, tongues
from ..catalogues import LANGUAGES
from ..wire import assert_wire, parts

SHOWN = (golden_issues.ALICE, golden_issues.WITH_PAGES)


@pytest.fixture(scope="module")
def renderer() -> MailRenderer:
    return MailRenderer([templates_folder()])


def everything() -> list[Issue]:
    """Issues that between them say all that a mail can say."""
    gaps = [
        replace(
            receipt,
            unread=(DayRange(sample.ISSUE_DAY, sample.ISSUE_DAY),),
            holes=(DayRange(sample.ISSUE_DAY, sample.ISSUE_DAY.replace(day=13)),),
            partial=(sample.ISSUE_DAY,),
            late=2,
            since=sample.ISSUE_DAY,
            skipped=1,
            batch=sample.ISSUE_DAY.replace(day=10),
        )
        for receipt in sample.FULL.receipts
    ]
    few = frozenset({0, 2})
    return [
        sample.FULL,
        sample.EMPTY,
        replace(sample.FULL, receipts=tuple(gaps), welcome=Welcome(quiet="weekly")),
        replace(sample.EMPTY, welcome=Welcome(schedule=Schedule(days=few), quiet="line")),
        replace(sample.EMPTY, welcome=Welcome(is_reminder=True)),
        golden_issues.busy_day(),
    ]


def test_nothing_of_ours_is_left_in_english(tmp_path: Path) -> None:
    with tongues.bracketed(tmp_path):
        renderer = MailRenderer([templates_folder()])
        head = replace(SHOWN[1], name="")
        for issue in map(tongues.foreign, everything()):
            given = (replace(issue, locale=tongues.PLACE), SHOWN[0], head)
            assert tongues.left_over(renderer.subject(*given)) == []
            assert tongues.left_over(renderer.text(*given)) == []
            assert tongues.left_over(tongues.said(renderer.html(*given))) == []


#: What is written to us by mail, in every language.
COMMANDS = {
    *("subscribe", "unsubscribe", "add", "del", "show", "try", "pause", "resume", "digest"),
    *("help", "confirm", "mixture", "of", "experts", "quantiz", "state", "space", "models"),
    *("tool", "use", "AND", "agents", "delete", "my", "data"),
}
FEW = {"title": "", "lines": ["-"], "effect": [], "interests": [], "unnamed": 0, "problem": ""}
NEITHER = {**FEW, "is_in_force": False, "token": "", "url": "", "confirm_url": "", "when": ""}


def test_no_letter_has_english_left_in_it(tmp_path: Path) -> None:
    told = tongues.foreign({**sample.NOTICE_VALUES, "effect": ["a"]})
    links = {name: sample.NOTICE_VALUES[name] for name in ("url", "confirm_url", "unsubscribe")}
    told |= {**links, "token": "-"}
    kinds = [path.stem for path in (templates_folder() / "mail" / "letters").glob("*.txt")]
    with tongues.bracketed(tmp_path):
        renderer = NoticeRenderer([templates_folder()])
        for kind in set(kinds) - {"alarm"}:  # which is the operator's
            for values in (told, told | {"interests": []}, told | FEW, told | NEITHER):
                notice = Notice(
                    kind=kind,
                    recipient="-@example.org",
                    made_at=sample.FULL.made_at,
                    values=values,
                    locale=tongues.PLACE,
                )
                mail = renderer.mail(notice, replace(SHOWN[1], name=""), 1)
                text, html = parts(mail.data)
                for shown in (mail.subject, text, tongues.said(html)):
                    assert set(tongues.left_over(shown)) <= COMMANDS, (kind, shown)


@pytest.mark.parametrize("locale", LANGUAGES)
def test_a_mail_in_every_language_keeps_the_limits(renderer: MailRenderer, locale: str) -> None:
    busy = replace(golden_issues.busy_day(), locale=locale)
    data = renderer.mail(busy, *SHOWN).data
    if locale in ("de", "ja"):
        assert_wire(data)
    text, html = parts(data)
    assert len(encoded(html)) < 60_000
    assert len(text.splitlines()) <= 250
    tag = {"pt": "pt-BR", "zh": "zh-Hans"}.get(locale, locale)
    assert message_from_bytes(data)["Content-Language"] == tag
    assert f'<html lang="{tag}">' in html


def test_what_is_a_papers_own_is_said_to_be_english_unless_it_is_in_another_script(
    renderer: MailRenderer,
) -> None:
    """So that its quotation marks are not drawn as wide as those of the language around it."""
    html = renderer.html(replace(golden_issues.busy_day(), locale="ja"), *SHOWN)
    assert html.count('lang="ja"') == 1  # of the mail itself
    assert re.findall(r'<h3 class="(?:sub)?title" (?!dir="auto" lang="en")[^>]*>', html) == []
    assert re.findall(r'<li [^>]*><(?![^>]*lang="en")[^>]*>', html) == []
    assert re.search(r'<span lang="en">Ines Calloway, … Mei Tan</span>', html)
    assert not re.search(r'<(?!p [^>]*lang="en")[^>]*>“', html)

    html = renderer.html(replace(golden_issues.DAYS["scripts"](), locale="ja"), *SHOWN)
    assert re.search(r'<h3 [^>]*lang="ja"[^>]*>(?:<[^>]*>)*面向长文本', html)


def test_readers_of_two_languages_share_no_piece_with_words(renderer: MailRenderer) -> None:
    """They read the same papers, one after the other, as out of a renderer that each has alone."""
    for locale in ("de", "en", "ja", "en"):
        issue = replace(golden_issues.busy_day(), locale=locale)
        alone = MailRenderer([templates_folder()])
        assert renderer.mail(issue, *SHOWN) == alone.mail(issue, *SHOWN)


def test_an_issue_of_an_unknown_locale_is_english(renderer: MailRenderer) -> None:
    issue = replace(golden_issues.one_paper(), locale="xx")
    assert renderer.mail(issue, *SHOWN) == renderer.mail(golden_issues.one_paper(), *SHOWN)


def test_a_channels_posts_are_in_the_language_of_the_issue() -> None:
    issue = replace(golden_issues.busy_day(), locale="fr")
    assert posts(issue, 4_000)[0].startswith("# mercredi 12 mars 2025\n\n24 nouveaux articles sur")


@pytest.mark.parametrize("locale", LANGUAGES)
def test_no_letter_has_what_filters_weigh(locale: str) -> None:
    for kind in letter_pictures.NAMES:
        data = letter_pictures.mail_of(kind, locale=locale)
        subject = str(message_from_bytes(data, policy=default)["Subject"])
        assert not re.search(r"[?？]\s*$", subject), (kind, subject)
        text, html = parts(data)
        addresses = [sorted(re.findall(r"https://[^\s\"<]+", part)) for part in (text, html)]
        assert addresses[0] == addresses[1], kind  # as often in both parts
