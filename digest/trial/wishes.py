"""Try on past days what people wrote in plain words: how each piece is read, and what it brings.

Of several readings the first that finds papers is taken, then one with its spelling mended after
the titles of the days.  What finds nothing comes with what would, what finds nearly everything with
what is narrower.  Pure.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from .. import expressions
from ..cancellation import raise_if_cancelled
from ..language import Author, Clause, leaves, parse_clause
from ..language.lemmas import is_common_word
from ..language.words import SMALL_WORDS, fold, raw_words
from ..locales import ENGLISH as ENGLISH_LOCALE
from ..locales import current, gettext, ngettext, number
from ..model import Profile
from ..profiles.categories import found_by, title_of
from ..profiles.eastern_words import has_eastern
from ..profiles.everyday_words import ENGLISH
from ..profiles.plain_words import Wish, is_query
from .backtest import Backtest, PastDays

#: A wish that brings a larger share of the papers than this brings nearly everything.
NEARLY_ALL = 0.25
#: With fewer papers than this, no share is meaningful.
ENOUGH = 20
#: Offers for one wish, wishes that get some, and phrases that are tried for one.
MOST_OFFERS, _MOST_ADVISED, _MOST_TRIED = 3, 10, 60
#: A word is misspelt if one that is spelt much like it is in so many times more papers.
_TIMES = 20
_PLAIN_WORD = expressions.anchored(r"[a-z]{5,30}")


@dataclass(frozen=True, slots=True)
class Offer:
    """Another query, and how many of the papers it finds."""

    query: str
    hits: int

    @property
    def label(self) -> str:
        """Return the query in words."""
        return in_words(self.query)


@dataclass(frozen=True, slots=True)
class TriedWish:
    """A wish as it was read, with what it found; ``hits`` is None where it could not be tried."""

    wish: Wish
    query: str
    hits: int | None = None
    papers: int = 0
    offers: tuple[Offer, ...] = ()
    #: whether its spelling was mended
    is_mended: bool = False

    @property
    def is_refused(self) -> bool:
        """Return whether it says what papers are not to have."""
        return self.wish.is_refused

    @property
    def finds_nothing(self) -> bool:
        """Return whether no paper has it."""
        return self.hits == 0

    @property
    def finds_nearly_all(self) -> bool:
        """Return whether so many papers have it that it sorts nothing out."""
        return self.papers >= ENOUGH and (self.hits or 0) > NEARLY_ALL * self.papers

    @property
    def is_author(self) -> bool:
        """Return whether it is a person, who does not publish every month."""
        return all(isinstance(leaf, Author) for leaf in leaves(parse_clause(self.query)))

    @property
    def text(self) -> str:
        """Return the wish as ``wishes`` reads it again in a list."""
        return as_text(self.query, is_refused=self.is_refused)

    def text_of(self, offer: Offer) -> str:
        """Return the offer as it takes this wish's place in a list."""
        return as_text(offer.query, is_refused=self.is_refused)

    @property
    def label(self) -> str:
        """Return the query in words: by whom, in which category."""
        return in_words(self.query)


def in_words(query: str) -> str:
    """Return a query as it is shown to a person: ``by Ann Lee``, ``agents and tools``."""
    parts = []
    for part in query.split(" AND "):
        name = part.removeprefix("author:")
        parts.append(
            f"by {name.strip(chr(34))}" if name != part else part.removeprefix("category:")
        )
    return " + ".join(parts)


def as_text(query: str, *, is_refused: bool = False) -> str:
    """Return a query as ``wishes`` reads it again in a list, in words where that is the same."""
    is_name = query.startswith("author:") and " AND " not in query and not is_refused
    return in_words(query) if is_name else f"{'not ' * is_refused}{query}"


def untried(wishes: Sequence[Wish]) -> list[TriedWish]:
    """Return the wishes by their likeliest readings, while no days are there to try them on."""
    return [TriedWish(wish, wish.query) for wish in wishes]


def tried(wishes: Sequence[Wish], days: PastDays, profile: Profile) -> list[TriedWish]:
    """Return the wishes as they are best read; ``profile`` says which papers are looked at."""
    if not (among := days.seen_by(profile)):
        return untried(wishes)
    trial = _Trial(days, among)
    return [
        trial.read(wish, is_advised=number < _MOST_ADVISED) for number, wish in enumerate(wishes)
    ]


class _Trial:
    """Queries, tried on the papers that a profile looks at."""

    def __init__(self, days: PastDays, among: int) -> None:
        self._days = days
        self._among = among
        self._papers = among.bit_count()

    def hits(self, query: str) -> int:
        """Return how many papers have a query; 0 for one that is none."""
        raise_if_cancelled()
        if not is_query(query):
            return 0
        return self._days.hits(Clause(query, query, 1, parse_clause(query)), self._among)

    def read(self, wish: Wish, *, is_advised: bool) -> TriedWish:
        mended = self._mended(wish) if is_advised else {}
        queries = [_with(mended, query) for query in (wish.query, *wish.readings)]
        query = next((each for each in queries if self.hits(each)), "")
        query = query or _with(mended, wish.query)
        hits = self.hits(query)
        result = TriedWish(wish, query, hits, self._papers, is_mended=query not in wish.readings)
        offers: Iterator[Offer] = iter(())
        if is_advised and result.finds_nothing and not result.is_author:
            offers = self._narrower_queries(query)
        elif is_advised and result.finds_nearly_all and not result.is_refused:
            offers = self._longer_queries(query)
        return TriedWish(wish, query, hits, self._papers, tuple(offers), is_mended=result.is_mended)

    def _mended(self, wish: Wish) -> dict[str, str]:
        """Return the misspelt words of a wish, each with the word that papers have for it."""
        if any(sign in wish.query for sign in ':"*/'):
            return {}
        words = [word for word in raw_words(wish.query) if word not in ("AND", "OR", "NOT")]
        return {word: right for word in words if (right := self._spelt(word))}

    def _spelt(self, word: str) -> str:
        """Return the word of titles that is meant by a misspelt one; empty if it is none."""
        small = word.lower()
        if not _PLAIN_WORD.fullmatch(small) or word[1:] != small[1:]:
            return ""
        hits = self.hits(word)
        if hits and is_common_word(small):
            return ""
        known = [
            each
            for each, count in self._days.title_words.items()
            if each[0] == small[0] and abs(len(each) - len(small)) <= 2 and count > 1
        ]
        near = get_close_matches(small, known, 1, 0.85)
        near = near or get_close_matches(small.removesuffix("s"), known, 1, 0.85)
        if not near or near[0] == small or self.hits(near[0]) < max(_TIMES * hits, 2):
            return ""
        return near[0]

    def _narrower_queries(self, query: str) -> Iterator[Offer]:
        """Yield what finds papers of the words of a query that finds none: long phrases first."""
        words = [word for word in raw_words(query) if word not in ("AND", "OR", "NOT")]
        phrases = [
            words[start : start + length]
            for length in range(min(len(words) - 1, 4), 0, -1)
            for start in range(len(words) - length + 1)
        ]
        chosen: list[list[str]] = []
        for phrase in phrases[:_MOST_TRIED]:
            text = " ".join(phrase)
            is_known = any(set(phrase) <= set(other) for other in chosen)
            if is_known or not (_is_telling(phrase[0]) and _is_telling(phrase[-1])):
                continue
            hits = self.hits(text)
            if hits and hits <= NEARLY_ALL * max(self._papers, ENOUGH):
                chosen.append(phrase)
                yield Offer(text, hits)
            if len(chosen) == MOST_OFFERS:
                return
        yield from self._categories(query)

    def _categories(self, query: str) -> Iterator[Offer]:
        """Yield the one category of arXiv that words are a name of."""
        codes = found_by(query)
        if len(codes) == 1 and title_of(codes[0]) and (hits := self.hits(f"category:{codes[0]}")):
            yield Offer(f"category:{codes[0]}", hits)

    def _longer_queries(self, query: str) -> Iterator[Offer]:
        """Yield the most frequent pairs of words in titles of which one is the query."""
        word = fold(query)
        known = self._days.title_pairs
        pairs = [pair for pair in known if word in pair and all(map(_is_telling, pair))]
        pairs.sort(key=lambda pair: -known[pair])
        for pair in pairs[:MOST_OFFERS]:
            yield Offer(" ".join(pair), self.hits(" ".join(pair)))


def _is_telling(word: str) -> bool:
    is_small = word.lower() in SMALL_WORDS | ENGLISH.fillers
    return len(word) > 2 and not is_small and not word.isdigit()


def _with(mended: dict[str, str], query: str) -> str:
    """Return a query with its misspelt words mended."""
    return " ".join(mended.get(word, word) for word in query.split()) if mended else query


def advice(found: TriedWish, *, has_offers: bool = True) -> list[str]:
    """Return what a person should know of a wish, in sentences; an empty list if it is well.

    With ``has_offers`` they name what would find papers.
    """
    word, lines = f"“{found.label}”", []
    if found.is_mended:
        written = f"“{found.wish.written}”"
        lines.append(gettext("%(written)s was read as %(word)s.", written=written, word=word))
    if found.finds_nothing:
        lines.append(_of_nothing(found) + (_offered(found) if has_offers else ""))
    elif found.finds_nearly_all and not found.is_refused:
        lines.append(
            gettext(
                "%(word)s is nearly everything: %(found)s of %(papers)s papers. "
                "Narrow it, or leave it out.",
                word=word,
                found=found.hits,
                papers=found.papers,
            )
        )
    return lines


def left_out_in_words(tried: Backtest | None) -> list[str]:
    """Return in a sentence how much of what is wanted is left out; an empty list for little."""
    if tried is None or tried.left_out is None:
        return []
    found = tried.left_out
    line = ngettext(
        "The only paper with what is wanted is left out because of %(words)s.",
        "Of %(wanted)s papers with what is wanted, %(out)s are left out because of %(words)s.",
        found.of,
        wanted=found.of,
        out=found.papers,
        words=", ".join(f"“{in_words(each.label)}”" for each in found.clauses),
    )
    return [line]


def collected_in_words(tried: Backtest | None) -> list[str]:
    """Return in a sentence how many of the days were collected; an empty list where half were."""
    if tried is None or not tried.collected or not tried.is_short:
        return []
    line = ngettext(
        "%(number)s of these days was collected.",
        "%(number)s of these days were collected.",
        tried.collected,
    )
    return [line]


def _offered(found: TriedWish) -> str:
    """Return the sentence that names what would find papers; empty without any."""
    named = ", ".join(f"{each.label} ({number(each.hits)})" for each in found.offers)
    return named and " " + gettext("What would find papers: %(offers)s.", offers=named)


def _of_nothing(found: TriedWish) -> str:
    word = f"“{found.label}”"
    is_foreign = has_eastern(found.label) or (
        current() != ENGLISH_LOCALE and not all(map(is_common_word, raw_words(found.label.lower())))
    )
    in_english = gettext(
        "Papers are in English: write the English words for it, such as reinforcement learning."
    )
    if found.is_refused:
        none = gettext(
            "No paper of the last 30 days has %(word)s, so it leaves none out.", word=word
        )
        return f"{none} {in_english}" if is_foreign else none
    if found.is_author:
        return gettext(
            "Nothing in the last 30 days is %(author)s; people do not publish every month.",
            author=found.label,
        )
    sentence = gettext("Nothing in the last 30 days has %(word)s.", word=word)
    if found.offers:
        return sentence
    if is_foreign:
        return f"{sentence} {in_english}"
    return sentence + " " + gettext("Fewer words find more; most papers are in English.")
