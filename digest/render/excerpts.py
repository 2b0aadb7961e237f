"""Split a text into matched and other pieces, and choose the sentence of an abstract to quote.

Offsets are those of ``Hit``: half-open, into the text as stored.
"""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Iterable, Iterator, Sequence
from functools import lru_cache
from typing import NamedTuple

from .. import expressions
from .sanitize import shown

_IDEOGRAPHS = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff"
_WORD = expressions.compile(rf"[{_IDEOGRAPHS}]|[^\s{_IDEOGRAPHS}]+")
# These two begin with one of some characters, which re then looks for in a third of the time.
_SENTENCE_END = expressions.compile(
    r"[.!?؟。！？](?:(?<=[.!?؟])[)\"'”’]*\s+(?=[^a-z\s])|(?<=[。！？])\s*)"  # noqa: RUF100
)
#: What ends with a dot and ends no sentence.
_ABBREVIATION = expressions.compile(
    r"(?:\b(?:al|approx|cf|e\.g|[Ee]qs?|[Ff]igs?|i\.e|[Nn]o|resp|[Ss]ec|vs)|(?<![^\s.(])[A-Z])\.$"
)
#: In such a sentence the authors say what they did.
_SAYS_WHAT_WAS_DONE = expressions.compile(
    r"[WwOoTtIi\u0130\u0131Pp](?<=\b.)(?i:(?<=w)e|(?<=o)ur|(?<=t)his (?:paper|work|study)"
    r"|(?<=i)ntroduc(?:e|es|ed)|(?<=p)(?:ropos(?:e|es|ed)|resent(?:s|ed)?))\b"
)
#: A sentence with more words is cut.
_QUOTED_WORDS = 60
#: A word with more letters counts for several.
_LONG = 14


class TextRun(NamedTuple):
    """A stretch of text; ``hit`` if it matched."""

    text: str
    hit: bool = False


def pieces(
    text: str, hits: Iterable[tuple[int, int]], start: int = 0, end: int | None = None
) -> tuple[TextRun, ...]:
    """Split ``text[start:end]`` into matched and other pieces, in their order."""
    return _runs(split(text, hits, start, end))


def split(
    text: str, hits: Iterable[tuple[int, int]], start: int = 0, end: int | None = None
) -> list[str]:
    """Split likewise; every other piece, from the second on, matched, and any may be empty."""
    end = len(text) if end is None else end
    cut: list[str] = []
    for first, last in _merged(hits, start, end):
        cut += (text[start:first], text[first:last])
        start = last
    cut.append(text[start:end])
    return cut if _is_clean(text) else list(map(shown, cut))


def _runs(cut: list[str]) -> tuple[TextRun, ...]:
    return tuple([TextRun(text, place % 2 == 1) for place, text in enumerate(cut) if text])


@lru_cache(maxsize=8192)
def _is_clean(text: str) -> bool:
    """Return whether the text can be shown as it is, and so can each piece of it."""
    return shown(text) == text


def quoted(text: str, hits: Sequence[Sequence[tuple[int, int]]]) -> tuple[TextRun, ...]:
    """Return the sentence of an abstract that tells most of why it is here, and of what it is.

    ``hits`` are the spans of each clause.  The sentence with the most different clauses wins; of
    these one in which the authors say what they did; of these the first.
    """
    return _runs(split_quote(text, hits))


def split_quote(text: str, hits: Sequence[Sequence[tuple[int, int]]]) -> list[str]:
    """Return the same in pieces, as ``split`` does; none if there is no sentence."""
    sentences = _sentences(text)
    if not sentences.points:
        return []
    place = _best(sentences, hits)
    start, end = sentences.starts[place], sentences.ends[place]
    spans = [span for spans in hits for span in spans if span[0] < end and span[1] > start]
    spans.sort()
    within = spans if not spans or spans[0][0] >= start else [s for s in spans if s[0] >= start]
    first, last = _cut(text, start, end, within[0] if within else None)
    cut = split(text, spans, first, last)
    if first > start:
        cut[0] = f"… {cut[0]}"
    if last < end:
        cut[-1] += "…" if text[last - 1] in "…,;" else " …"
    return cut


def _best(sentences: _Sentences, hits: Sequence[Sequence[tuple[int, int]]]) -> int:
    """Return the place of the sentence with the most different clauses, or of the best of these."""
    if len(sentences.points) == 1:
        return 0
    points = sentences.points.copy()
    starts, ends = sentences.starts, sentences.ends
    for spans in hits:
        touched: list[int] = []
        for first, last in spans:
            for place in range(bisect_right(ends, first), bisect_left(starts, last)):
                if place not in touched:
                    touched.append(place)
                    points[place] += 2
    return points.index(max(points))


class _Sentences(NamedTuple):
    """The sentences of a text, each without the space around it, and its points: what it says."""

    starts: list[int]
    ends: list[int]
    points: list[int]


@lru_cache(maxsize=8192)
def _sentences(text: str) -> _Sentences:
    """Return the sentences of a text; all readers of a paper share them."""
    spans = list(_spans(text))
    says = [_SAYS_WHAT_WAS_DONE.search(text, start, end) is not None for start, end in spans]
    return _Sentences(
        [start for start, _ in spans], [end for _, end in spans], list(map(int, says))
    )


def _spans(text: str) -> Iterator[tuple[int, int]]:
    start = 0
    for found in _SENTENCE_END.finditer(text):
        ending = text[max(start, found.start() - 8) : found.start() + 1]
        # Behind a long word there is none, which is seen in a tenth of the time.
        is_long = len(ending) > 8 and ending[1:-1].isalpha()
        if not is_long and _ABBREVIATION.search(ending):
            continue
        yield from _trimmed(text, start, found.end())
        start = found.end()
    yield from _trimmed(text, start, len(text))


def _trimmed(text: str, start: int, end: int) -> Iterator[tuple[int, int]]:
    sentence = text[start:end]
    if sentence.strip():
        yield start + len(sentence) - len(sentence.lstrip()), start + len(sentence.rstrip())


def _cut(text: str, start: int, end: int, hit: tuple[int, int] | None) -> tuple[int, int]:
    """Return as much of a sentence as may be quoted, around its first hit."""
    words, cut = _size(text, start, end)
    if hit is None or words <= _QUOTED_WORDS:
        return start, max(hit[1] if hit else start, cut)
    if _weight(text, start, hit[1]) > _QUOTED_WORDS:
        before = [match.start() for match in _WORD.finditer(text, start, hit[0])]
        start = before[-min(len(before), _QUOTED_WORDS // 4)] if before else hit[0]
    return start, max(hit[1], _first_words(text, start, end, _QUOTED_WORDS))


@lru_cache(maxsize=16_384)  # searches choose several sentences of a month's papers
def _size(text: str, start: int, end: int) -> tuple[int, int]:
    """Return a sentence's weight in words, and where it is cut if nothing in it matched."""
    weight = _weight(text, start, end)
    # A little less than the limit may have been rounded.
    is_short = weight < _QUOTED_WORDS
    return weight, end if is_short else _first_words(text, start, end, _QUOTED_WORDS)


@lru_cache(maxsize=4096)
def _first_words(text: str, start: int, end: int, words: int) -> int:
    """Return where to cut so that at most ``words`` words come before the cut."""
    weight = 0.0
    cut = start
    for match in _WORD.finditer(text, start, end):
        weight += _weight_of(match.group())
        if weight > words:
            # A word that is longer than the limit is cut inside.
            return cut if cut > start else min(end, start + 8 * words)
        cut = match.end()
    return end


def _weight(text: str, start: int, end: int) -> int:
    part = text[start:end]
    if not part.isascii():
        return round(sum(map(_weight_of, _WORD.findall(part))))
    # Of ASCII the words are those between blanks, which are found in a tenth of the time.
    words = part.split()
    long = [word for word in words if len(word) > _LONG]
    return round(len(words) - len(long) + sum(map(_weight_of, long)))


def _weight_of(word: str) -> float:
    """Return for how many words it counts: an ideograph is half a word, a long chain several."""
    if len(word) <= _LONG:
        return 0.5 if len(word) == 1 and word >= "\u3040" else 1.0
    return len(word) / _LONG


def _merged(hits: Iterable[tuple[int, int]], start: int, end: int) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for first, last in sorted(hits):
        first, last = first if first > start else start, last if last < end else end
        if first >= last:
            continue
        if merged and first <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return merged
