"""Read what people want from sentences in plain words, and from lists of keywords.

"I am interested in agents that use tools, but not in surveys" becomes one wish for papers with both
``agents`` and ``tools``, and one without ``surveys``.  A piece that is a query of the keyword
language is kept as it is.  Pure; the time is in proportion to the text, of which the beginning is
read.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass
from difflib import get_close_matches

from .. import expressions
from ..language import Not, QuerySyntaxError, parse_clause
from ..language.words import fold, raw_words
from .categories import found_by, is_category
from .eastern_words import spaced
from .everyday_words import ENGLISH, ENGLISH_OF, LANGUAGES, LONGEST_NAME, EverydayWords

#: Characters of a text that are read, and wishes that are taken from it.
LONGEST, MOST = 4_000, 50
#: Words between two commas that are read.
_MOST_READ = 200
#: Words of one wish, and subjects of which a paper is to have all.
_MOST_WORDS, _MOST_PARTS = 16, 4
#: A phrase of more words than this is hardly in a paper word by word.
_LONGEST_PHRASE = 4

_SENTENCE = expressions.compile(r"[;\n\r!?。；！？]|\.(?=\s|$)")
_SHORTENED = expressions.compile(
    r"\b(?:e\.g\.|i\.e\.|etc\.|z\.\s?B\.|d\.h\.|p\.\s?ej\.)", ignore_case=True
)
_QUOTED = expressions.compile(r'"[^"]*"')
_COMMA = expressions.compile(r",(?!\d)|[，、：]|:(?=\s|$)|\s[-–—]+\s")
_ABBREVIATION = expressions.compile(r"\(([A-Z][A-Za-z]{1,6})\)")
_SIGNS = expressions.compile(r'["*=~]|\b(?:AND|OR|NOT|ANDNOT|NEAR(?:/\d{1,3})?)\b|\b[a-z]{2,10}:\S')
_QUOTES = str.maketrans("“”„‟＂«»’ʼ", '"""""""' + "''")
_ELISION = expressions.anchored(r"(?:[cdjlmnst]|qu)'(?=\w)")
_EDGES = ".,:()[]{}'`"
_ONLY = frozenset(("only", "just", "nur", "solo", "solamente", "seulement"))
_PARTICLES = frozenset(
    ("van", "von", "der", "den", "de", "la", "le", "di", "da", "del", "el", "al")
)
_CLAUSES = frozenset(
    (
        "that",
        "which",
        "who",
        "using",
        "use",
        "uses",
        "que",
        "qui",
        "die",
        "for",
        "fur",
        "para",
        "pour",
    )
)
_OF = frozenset(("of", "de", "del", "des", "du", "d"))


@dataclass(frozen=True, slots=True)
class Wish:
    """One thing that papers are to have, or are not to have."""

    #: as it was written, without the words around
    written: str
    #: queries of what it may mean: the nearest to what was written comes first
    readings: tuple[str, ...]
    is_refused: bool = False
    #: the reading to take where none can be tried
    likely: int = 0

    @property
    def query(self) -> str:
        """Return the likeliest query."""
        return self.readings[self.likely]


def wishes(text: str) -> list[Wish]:
    """Return what a text asks for, each once; an empty list where nothing can be looked for."""
    text = spaced(text[:LONGEST]).translate(_QUOTES)
    if text.isupper() and ENGLISH.count_in(text.lower().split()) > 1:  # typed with Caps Lock on
        text = text.lower()
    words, is_french = _spoken(text)
    found: dict[tuple[str, bool], Wish] = {}
    for sentence in _SENTENCE.split(_SHORTENED.sub(" ", _ABBREVIATION.sub(r", \1,", text))):
        for wish in _SentenceReader(words, is_french=is_french).wishes(sentence):
            found.setdefault((wish.query, wish.is_refused), wish)
            if len(found) >= MOST:
                return list(found.values())
    return list(found.values())


def is_query(text: str) -> bool:
    """Return whether a text is a query of the keyword language."""
    try:
        parse_clause(text)
    except QuerySyntaxError:
        return False
    return True


def _spoken(text: str) -> tuple[EverydayWords, bool]:
    """Return the words of English and of the language that a text is in, and if that is French."""
    words = [fold(word) for piece in text.split() for word in _without_elision(piece.strip(_EDGES))]
    counts = {code: each.count_in(words) for code, each in LANGUAGES.items()}
    code = max(counts, key=lambda each: counts[each])
    if counts[code] <= ENGLISH.count_in(words):
        return ENGLISH, False
    return ENGLISH.with_words_of(LANGUAGES[code]), code == "fr"


def _without_elision(word: str) -> list[str]:
    found = _ELISION.match(word.lower())
    return [word[: found.end() - 1], word[found.end() :]] if found else [word]


@dataclass(frozen=True, slots=True)
class _Word:
    """A word of a sentence; a translated name of a field is one word."""

    text: str
    folded: str
    is_whole: bool


class _SentenceReader:
    """One walk over a sentence, in which a refusal may reach over commas."""

    def __init__(self, words: EverydayWords, *, is_french: bool) -> None:
        self._words = words
        self._is_french = is_french
        self._is_foreign = words is not ENGLISH

    def wishes(self, sentence: str) -> Iterator[Wish]:
        chunks = [(chunk, self._split(chunk)) for chunk in _chunks(sentence)]
        last = max((n for n, (_, ws) in enumerate(chunks) if self._has_alternative(ws)), default=-1)
        refuses = is_author = False
        for place, (chunk, words) in enumerate(chunks):
            if literal := self._literal(chunk):
                yield literal
                continue
            goes_on = refuses and place <= last
            for piece, is_refused in self._pieces(words, is_refused=goes_on):
                refuses = is_refused
                wish = self._wish(piece, is_refused=refuses, is_author=is_author)
                is_author = bool(wish and wish.readings[0].startswith("author:"))
                if wish:
                    yield wish

    def _has_alternative(self, words: Sequence[_Word]) -> bool:
        return any(word.folded in self._words.alternatives for word in words)

    def _literal(self, chunk: str) -> Wish | None:
        """Return the wish of a piece that is a query of the keyword language."""
        if not (_SIGNS.search(chunk) or chunk.startswith("/")):
            return None
        pieces, is_refused = chunk.split(), False
        words = self._words
        before = words.fillers | words.turns | words.refusals | words.joins
        while len(pieces) > 1 and (
            fold(pieces[0]) in before and not (pieces[0].isupper() and len(pieces[0]) > 1)
        ):
            is_refused |= fold(pieces.pop(0)) in self._words.refusals
        while len(pieces) > 1 and fold(pieces[-1].strip(".!")) in ("please", "thanks", "bitte"):
            pieces.pop()
        text = " ".join(pieces)[:200]
        if not is_query(text):
            plain = " ".join(raw_words(text))[:100]
            return Wish(plain, (plain,), is_refused) if plain and is_query(plain) else None
        node = parse_clause(text)
        if isinstance(node, Not):
            return Wish(text, (str(node.node),), is_refused=True)
        return Wish(text, (text,), is_refused)

    # ── words ──

    def _split(self, chunk: str) -> list[_Word]:
        """Return the words of a piece, names of fields in other languages as one English word."""
        pieces = chunk.split()[:_MOST_READ]
        texts = [text for each in pieces if (text := each.strip(_EDGES).lstrip("-–+•"))]
        if self._is_french:
            texts = [part for text in texts for part in _without_elision(text)]
        words, at = [], 0
        while at < len(texts):
            english, length = self._field_at(texts, at)
            text = english or texts[at]
            words.append(_Word(text[:100], fold(text[:100]), is_whole=bool(english)))
            at += length
        return words

    def _field_at(self, texts: Sequence[str], at: int) -> tuple[str, int]:
        """Return the English name of a field that begins here, and how many words it has."""
        for length in range(min(LONGEST_NAME, len(texts) - at), 0, -1):
            name = fold(" ".join(texts[at : at + length]))
            if name in ENGLISH_OF:
                return ENGLISH_OF[name], length
            if self._may_be_misspelt(name):
                near = get_close_matches(name, _alike(name), 1, 0.88)
                if near:
                    return ENGLISH_OF[near[0]], length
        return "", 1

    def _may_be_misspelt(self, name: str) -> bool:
        words = name.split()
        ends = self._words.fillers | self._words.joins | self._words.refusals
        is_joined = not self._words.joins.isdisjoint(words)
        is_edge = words[0] in ends or words[-1] in ends
        return self._is_foreign and 6 < len(name) < 60 and not is_joined and not is_edge

    # ── pieces ──

    def _pieces(
        self, words: Sequence[_Word], *, is_refused: bool
    ) -> Iterator[tuple[list[_Word], bool]]:
        """Yield the words between those that join or refuse, and whether they are refused."""
        piece: list[_Word] = []
        for place, word in enumerate(words):
            following = words[place + 1].folded if place + 1 < len(words) else ""
            if word.folded in self._words.refusals and following in _ONLY:
                continue
            if word.folded in self._words.refusals and not word.is_whole:
                rest = self._bare(words[place + 1 :])
                bare = self._bare(piece)
                if bare and not rest:  # "… interessiert mich nicht"
                    yield piece, True
                    return
                if bare:
                    yield piece, is_refused
                piece, is_refused = [], True
            elif word.folded in self._words.turns | self._words.joins and not word.is_whole:
                yield piece, is_refused
                is_refused = is_refused and word.folded not in self._words.turns
                piece = []
            else:
                piece.append(word)
        yield piece, is_refused

    def _bare(self, words: Sequence[_Word]) -> list[_Word]:
        """Return words without those at both ends that say nothing of a subject."""
        start, end = 0, len(words)
        while start < end and self._is_filler(words[start]):
            start += 1
        while end > start and self._is_filler(words[end - 1]):
            end -= 1
        return list(words[start:end])

    def _is_filler(self, word: _Word) -> bool:
        is_abbreviation = word.text.isupper() and len(word.text) > 1
        return not word.is_whole and not is_abbreviation and word.folded in self._words.fillers

    def _wish(self, piece: list[_Word], *, is_refused: bool, is_author: bool) -> Wish | None:
        names, words = self._named(piece, is_author=is_author)
        words = self._after_lead(words)[:_MOST_WORDS]
        bare = self._bare(words)
        phrase = _joined(bare)
        parts = [*map(_joined, self._parts(words)), *names][:_MOST_PARTS]
        parts = list(dict.fromkeys(part for part in parts if is_query(part)))
        if not parts:
            return None
        both = " AND ".join(parts)
        has_names = bool(names) or any(map(_category, bare))
        readings = [both] if has_names else [phrase, both, *self._wider(bare)]
        if sum(word.is_whole for word in bare) > 1:  # translated: in no paper in a row
            readings = [both, phrase]
        if names and all(each.startswith("author:") for each in names) and not bare:
            readings += [_joined(self._bare(piece))]
        elif _is_name(bare):
            readings.append(f'author:"{phrase}"')
        readings = [each for each in dict.fromkeys(readings) if is_query(each)]
        is_long = phrase.count(" ") >= _LONGEST_PHRASE or any(_is_clause(word) for word in bare)
        likely = 1 if readings[:2] == [phrase, both] and is_long else 0
        return Wish(_joined(self._bare(piece)) or both, tuple(readings), is_refused, likely)

    def _after_lead(self, words: list[_Word]) -> list[_Word]:
        """Return the words behind "papers on", "interested in"; a category before it is kept."""
        cut = max(
            (
                at + 1
                for at in range(1, len(words))
                if words[at].folded in ("on", "about", "in", "regarding", "concerning")
                and words[at - 1].folded
                in ("papers", "paper", "interested", "research", "work", "working", "articles")
            ),
            default=0,
        )
        return [*(word for word in words[:cut] if _category(word)), *words[cut:]]

    def _parts(self, words: Sequence[_Word]) -> Iterator[list[_Word]]:
        """Yield the subjects between the words that set them in relation."""
        part: list[_Word] = []
        for word in words:
            if word.folded in self._words.relations and not word.is_whole:
                yield self._bare(part)
                part = []
            elif _category(word):
                yield self._bare(part)
                yield [word]
                part = []
            elif part and part[-1].is_whole and word.is_whole:  # two names of fields
                yield self._bare(part)
                part = [word]
            else:
                part.append(word)
        yield self._bare(part)

    def _wider(self, words: Sequence[_Word]) -> list[str]:
        """Return the reading in which "of" sets subjects in relation, too."""
        parts: list[list[_Word]] = [[]]
        for word in words:
            is_between = word.folded in self._words.relations | _OF | {"to", "by", "and", "from"}
            if is_between and not word.is_whole:
                parts.append([])
            else:
                parts[-1].append(word)
        texts = [text for part in parts if (text := _joined(self._bare(part)))]
        return [" AND ".join(dict.fromkeys(texts[:_MOST_PARTS]))] if len(texts) > 1 else []

    def _named(self, words: list[_Word], *, is_author: bool) -> tuple[list[str], list[_Word]]:
        """Return the queries of the authors in a piece, and the other words.

        With ``is_author``, the piece before was an author, so that this one may be another.
        """
        for at, word in enumerate(words):
            if word.folded in self._words.by and not word.is_whole:
                name = _name_at(words, at + 1)
                if len(name) > 1 or (name and word.folded == "by"):
                    rest = [*words[:at], *words[at + 1 + len(name) :]]
                    return [f'author:"{_joined(name)}"'], self._bare(rest)
        if is_author and words and _is_name(words):
            return [f'author:"{_joined(words)}"'], []
        return [], words


def _alike(name: str) -> list[str]:
    """Return the names of fields that begin as a text does, and are about as long."""
    return [each for each in ENGLISH_OF if each[0] == name[0] and abs(len(each) - len(name)) <= 3]


def _chunks(sentence: str) -> Iterator[str]:
    """Yield the pieces of a sentence between commas outside of quotes."""
    quoted = [found.span() for found in _QUOTED.finditer(sentence)]
    at = 0
    for found in _COMMA.finditer(sentence):
        if not any(start <= found.start() < end for start, end in quoted):
            yield sentence[at : found.start()].strip()
            at = found.end()
    yield sentence[at:].strip()


def _joined(words: Sequence[_Word]) -> str:
    """Return words as a query: a category, or a phrase; without signs where they mean none."""
    if len(words) == 1 and (code := _category(words[0])):
        return f"category:{code}"
    text = " ".join(word.text for word in words)[:200]
    return text if not text or is_query(text) else " ".join(raw_words(text))


def _category(word: _Word) -> str:
    """Return the category of arXiv that a word is the code of; empty if it is none."""
    code = word.folded
    if not ("." in code or "-" in code or code == "cs"):
        return ""
    if is_category(code):
        return code if code.endswith(".*") else found_by(code)[0]
    archive = is_category(f"{code}.*") and f"{code}.*"
    return archive or ""


def _name_at(words: Sequence[_Word], at: int) -> list[_Word]:
    """Return the words of the name that begins at a place; an empty list if none does."""
    end = at
    while end < len(words) and end < at + 5 and _may_be_named(words[end]):
        end += 1
    while end > at and words[end - 1].folded in _PARTICLES:
        end -= 1
    return list(words[at:end])


def _may_be_named(word: _Word) -> bool:
    """Return whether a word is written as a part of a name."""
    text = word.text
    if word.is_whole or any(map(str.isdigit, text)):
        return False
    is_capital = text[:1].isupper() and (not text.isupper() or len(text) == 1)
    return is_capital or text in _PARTICLES


def _is_name(words: Sequence[_Word]) -> bool:
    return 1 < len(words) <= 4 and all(map(_may_be_named, words)) and words[0].text[:1].isupper()


def _is_clause(word: _Word) -> bool:
    """Return whether a word shows that the words beside it are hardly in a paper in a row."""
    return word.folded in _CLAUSES
