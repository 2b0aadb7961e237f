"""Interests in plain words: as they are read, as a profile has them, and what they would bring.

What is said of them depends on the words and on past papers alone, never on an address.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from functools import cache

from ..errors import ProfileError
from ..locales import gettext, ngettext, number
from ..model import Profile
from ..profiles import parse, rewrite
from ..profiles.plain_words import wishes
from ..trial.backtest import Backtest, ClauseCount, PastDays, backtest
from ..trial.wishes import (
    ENOUGH,
    NEARLY_ALL,
    TriedWish,
    advice,
    as_text,
    collected_in_words,
    in_words,
    left_out_in_words,
    tried,
    untried,
)


@cache
def _all() -> Profile:
    """Return a profile that looks at all listings: by their papers wishes are tried."""
    return parse("profile: all\nany: [all]\n", "all.yaml")


@dataclass(frozen=True, slots=True)
class ReadInterests:
    """What a text asks for; ``backtest`` is None where there were no days to try it on."""

    wishes: tuple[TriedWish, ...]
    #: the text of a profile that brings it, and the profile
    text: str
    profile: Profile
    backtest: Backtest | None = None

    @property
    def keywords(self) -> list[str]:
        """Return the queries of what is wanted."""
        return [each.query for each in self.wishes if not each.is_refused]

    @property
    def refused(self) -> list[str]:
        """Return the queries of what is not wanted."""
        return [each.query for each in self.wishes if each.is_refused]

    @property
    def effect(self) -> list[str]:
        """Return in sentences what it would bring, and what is to be known of single words."""
        if self.backtest is None:
            return [gettext("What that would bring could not be counted yet.")]
        return [
            _amount(self.backtest),
            *left_out_in_words(self.backtest),
            *(line for each in self.wishes for line in advice(each)),
            # Of one that leaves none out the advice says so.
            *_refused_in_words(self.backtest, least=1),
        ]


def read(text: str, days: PastDays | None) -> ReadInterests:
    """Read what a text asks for, tried on past days if there are some.

    Raises ValueError where it would look for nothing, ProfileError where it makes no profile.
    """
    found = wishes_in(text, days)
    profile_text = _profile_of(found)
    profile = parse(profile_text, "mine.yaml")
    tried_on = backtest(profile, days) if days is not None else None
    return ReadInterests(tuple(found), profile_text, profile, tried_on)


def wishes_in(text: str, days: PastDays | None) -> list[TriedWish]:
    """Return the wishes of a text, each as it is best read."""
    asked = wishes(text)
    return tried(asked, days, _all()) if days is not None else untried(asked)


def exchanged(text: str, days: PastDays | None, written: str, by: str) -> str:
    """Return a text as a list in which one wish, as written, is exchanged, or left out."""
    found = wishes_in(text, days)
    several = [by if each.wish.written == written else each.text for each in found]
    return ", ".join(dict.fromkeys(each for each in several if each))


def _profile_of(found: Sequence[TriedWish]) -> str:
    wanted = [each for each in found if not each.is_refused]
    if not wanted:
        if found:
            raise ValueError(
                gettext(
                    "write what you are interested in, in a few words; "
                    "so far it says only what you do not want"
                )
            )
        raise ValueError(gettext("write what you are interested in, in a few words"))
    return rewrite.new(
        rewrite.Answers(
            profile="mine",
            title=f"{wanted[0].label[:1].upper()}{wanted[0].label[1:60]}",
            any=tuple(dict.fromkeys(each.query for each in wanted)),
            none=tuple(dict.fromkeys(each.query for each in found if each.is_refused)),
        )
    )


def effect(tried: Backtest) -> list[str]:
    """Return in sentences what a profile would have brought, and which words bring nothing."""
    return [_amount(tried), *_of_words(tried)] if tried.papers else [_amount(tried)]


def effect_of(profile: str, days: PastDays) -> list[str]:
    """Return in sentences what a stored profile would have brought; empty for a broken one."""
    try:
        return effect(backtest(parse(profile, "mine.yaml"), days)) if profile else []
    except ProfileError:
        return []


def list_of(profile: str) -> list[str]:
    """Return what a stored profile asks for, as the form reads it again; empty for a broken one."""
    try:
        query = parse(profile, "mine.yaml").query if profile else None
    except ProfileError:
        query = None
    if query is None:
        return []
    wanted = [as_text(clause.text) for clause in query.wanted]
    return wanted + [as_text(clause.text, is_refused=True) for clause in query.excluded]


def _of_words(tried: Backtest) -> Iterator[str]:
    yield from _refused_in_words(tried)
    yield from left_out_in_words(tried)
    for count in tried.clauses:
        word = f"“{in_words(count.clause.label)}”"
        if count.part == "any" and not count.hits and tried.matched:
            yield gettext("Nothing has %(word)s.", word=word)
        elif count.part == "any" and _is_nearly_all(count, tried):
            yield gettext(
                "%(word)s is nearly everything: %(found)s of %(papers)s papers.",
                word=word,
                found=count.hits,
                papers=tried.papers,
            )


def _refused_in_words(tried: Backtest, least: int = 0) -> Iterator[str]:
    """Yield the sentence that names the refused words with at least as many papers."""
    # The quotation marks are ours in every language: ``requests`` finds a stranger's words by them.
    counts = [each for each in tried.clauses if each.part == "none" and each.hits >= least]
    refused = [f"“{in_words(each.clause.label)}”" for each in counts]
    if refused:
        yield gettext("Papers with %(words)s are left out.", words=", ".join(refused))


def _amount(tried: Backtest) -> str:
    """Return in sentences how much it is, and of how many days that is known."""
    return " ".join([_found(tried), *collected_in_words(tried)])


def _found(tried: Backtest) -> str:
    days = len(tried.days)
    if not tried.papers:
        return gettext("No paper was collected yet, so nothing can be counted.")
    if not tried.matched:
        return ngettext(
            "Nothing in the last day matches this: as it is, perhaps no mail will come.",
            "Nothing in the last %(days)s days matches this: as it is, perhaps no mail will come.",
            days,
            days=days,
        )
    return ngettext(
        "That is about %(a_day)s a day: %(found)s of %(papers)s papers of the last day.",
        "That is about %(a_day)s a day: %(found)s of %(papers)s papers of the last %(days)s days.",
        days,
        a_day=number(tried.per_day, 1),
        found=tried.matched,
        papers=tried.papers,
        days=days,
    )


def _is_nearly_all(count: ClauseCount, tried: Backtest) -> bool:
    return tried.papers >= ENOUGH and count.hits > NEARLY_ALL * tried.papers
