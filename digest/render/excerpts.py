"""Split a text into matched and other pieces, and shorten an abstract around its match.

Offsets are those of ``Hit``: half-open, into the text as stored.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import dataclass

from .. import expressions
from .sanitize import shown

_IDEOGRAPHS = "\u3040-\u30ff\u3400-\u9fff\uac00-\ud7af\uf900-\ufaff"
_WORD = expressions.compile(rf"[{_IDEOGRAPHS}]|[^\s{_IDEOGRAPHS}]+")
_SENTENCE_END = expressions.compile(r"[.!?][)\"'”’]*\s+(?=[^a-z\s])|[。！？]\s*")  # noqa: RUF100


@dataclass(frozen=True, slots=True)
class TextRun:
    """A stretch of text; ``hit`` if it matched."""

    text: str
    hit: bool = False


def pieces(
    text: str, hits: Iterable[tuple[int, int]], start: int = 0, end: int | None = None
) -> tuple[TextRun, ...]:
    """Split ``text[start:end]`` into matched and other pieces, in their order."""
    end = len(text) if end is None else end
    cut: list[TextRun] = []
    for first, last in _merged(hits, start, end):
        cut.append(TextRun(shown(text[start:first])))
        cut.append(TextRun(shown(text[first:last]), hit=True))
        start = last
    cut.append(TextRun(shown(text[start:end])))
    return tuple(piece for piece in cut if piece.text)


def excerpt(text: str, hits: Sequence[tuple[int, int]], words: int) -> tuple[TextRun, ...]:
    """Return about ``words`` words of an abstract: its beginning and the first matched sentence."""
    spans = _excerpt_spans(text, hits, words)
    out: list[TextRun] = []
    for number, (start, end) in enumerate(spans):
        if number:
            out.append(TextRun(" "))
        out += pieces(text, hits, start, end)
        if text[end:].strip():
            is_sentence = text[end - 1] in ".!?" or number + 1 < len(spans)
            out.append(TextRun(" …" if is_sentence else "…"))
    return tuple(out)


def _excerpt_spans(text: str, hits: Sequence[tuple[int, int]], words: int) -> list[tuple[int, int]]:
    whole = (len(text) - len(text.lstrip()), len(text.rstrip()))
    head = _first_words(text, whole[0], whole[1], words)
    if head == whole[1]:
        return [whole]
    first_hit = min((hit for hit in hits if hit[0] < hit[1]), default=None)
    if first_hit is None or first_hit[1] <= head:
        return [(whole[0], head)]
    start, end = _sentence_around(text, first_hit, words // 2)
    spare = words - _weight(text, start, end)
    head = _first_words(text, whole[0], start, max(spare, words // 4))
    return [(whole[0], end)] if head >= start else [(whole[0], head), (start, end)]


def _sentence_around(text: str, hit: tuple[int, int], words: int) -> tuple[int, int]:
    """Return the sentence with the hit, or ``words`` words of it from shortly before the hit."""
    ends = [match.end() for match in _SENTENCE_END.finditer(text)]
    start = max((place for place in ends if place <= hit[0]), default=0)
    stop = min((place for place in ends if place >= hit[1]), default=len(text))
    stop = start + len(text[start:stop].rstrip())
    if _weight(text, start, hit[1]) > words:
        before = [match.start() for match in _WORD.finditer(text, start, hit[0])]
        start = before[-min(len(before), words // 4)] if before else hit[0]
    return start, max(hit[1], _first_words(text, start, stop, words))


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
    return round(sum(_weight_of(match.group()) for match in _WORD.finditer(text, start, end)))


def _weight_of(word: str) -> float:
    """Return for how many words it counts: an ideograph is half a word, a long chain several."""
    if len(word) == 1 and word >= "\u3040":
        return 0.5
    return max(1.0, len(word) / 14)


def _merged(hits: Iterable[tuple[int, int]], start: int, end: int) -> list[tuple[int, int]]:
    merged: list[tuple[int, int]] = []
    for first, last in sorted(hits):
        first, last = max(first, start), min(last, end)
        if first >= last:
            continue
        if merged and first <= merged[-1][1]:
            merged[-1] = (merged[-1][0], max(last, merged[-1][1]))
        else:
            merged.append((first, last))
    return merged
