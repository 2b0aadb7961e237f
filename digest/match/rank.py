"""Sets of papers as integers (bit p is paper p): total scores of all at once, and the best few.

Bit-sliced arithmetic after Rinfret, O'Neil and O'Neil, "Bit-sliced index arithmetic", SIGMOD 2001:
slice k holds bit k of every paper's total.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterable, Iterator, Sequence
from itertools import repeat

# For more papers than these, it is cheaper to write all digits than to set bit by bit.
_FEW = 64
_ONE = ord("1")
# Up to so many surplus papers are removed one by one.
_MANY_ENOUGH = 4


def bits_of(papers: Sequence[int], size: int) -> int:
    """Return the set of ``papers`` out of ``size``; some may be named twice."""
    if len(papers) <= _FEW:
        bits = 0
        for paper in papers:
            bits |= 1 << paper
        return bits
    digits = bytearray(b"0") * size
    deque(map(digits.__setitem__, papers, repeat(_ONE)), maxlen=0)
    return int(digits[::-1], 2)


def each(bits: int) -> Iterator[int]:
    """Yield the papers of a set, the last one first."""
    while bits:
        paper = bits.bit_length() - 1
        bits ^= 1 << paper
        yield paper


def places(worth: int) -> list[int]:
    """Return the exponents of the powers of two that add up to ``worth``."""
    return [place for place in range(worth.bit_length()) if worth >> place & 1]


def totals(parts: Iterable[tuple[int, list[int]]], highest: int) -> list[int]:
    """Add up sets, each with the ``places`` of its points; no total may be above ``highest``."""
    slices = [0] * highest.bit_length()
    for bits, worth in parts:
        for place in worth:
            carry = bits
            while before := slices[place]:
                slices[place] = before ^ carry
                carry &= before
                place += 1
                if not carry:
                    break
            else:
                slices[place] = carry
    return slices


def at_least(slices: list[int], least: int, among: int) -> int:
    """Return the papers of ``among`` with a total of at least ``least``."""
    if least >> len(slices):
        return 0
    more, equal = 0, among
    for place in range(len(slices) - 1, -1, -1):
        if least >> place & 1:
            equal &= slices[place]
        else:
            more |= equal & slices[place]
            equal &= ~slices[place]
    return more | equal


def best(slices: list[int], among: int, count: int, most: int) -> int:
    """Return, out of ``count`` papers, the ``most`` with the highest total; of equals, the first.

    ``count`` is carried along because counting the bits of a set is the slowest operation here.
    """
    chosen = 0
    for bits in reversed(slices):
        high = among & bits
        if high:
            number = high.bit_count()
            if number > most:
                among, count = high, number
            else:
                chosen |= high
                most -= number
                among ^= high
                count -= number
    return chosen | first(among, count, most)


def first(bits: int, count: int, most: int) -> int:
    """Return the first ``most`` papers of a set of ``count``."""
    if count <= most:
        return bits
    if most <= 0:
        return 0
    # Interpolation search for the shortest head that holds enough papers.
    low, high = 0, bits.bit_length()
    below, above = 0, count
    head, aim = bits, most + _MANY_ENOUGH // 2
    while above - most > _MANY_ENOUGH:
        middle = low + 1 + (high - low - 1) * (aim - below) // (above - below + 1)
        shorter = bits & ((1 << middle) - 1)
        number = shorter.bit_count()
        if number < most:
            low, below = middle, number
        else:
            head, high, above = shorter, middle, number
    for _ in range(above - most):
        head ^= 1 << head.bit_length() - 1
    return head


def split(groups: list[int], totals: list[int], part: int, gain: int) -> None:
    """Add ``gain`` to the papers of ``part``, where each group of papers has one total.

    Every paper of ``part`` must be in a group; a group that is only partly in it is split.
    """
    for number, group in enumerate(groups):
        both = group & part
        if both:
            if both == group:
                totals[number] += gain
            else:
                groups[number] = group ^ both
                groups.append(both)
                totals.append(totals[number] + gain)
            if both == part:
                break
            part ^= both


def add_to_each(groups: list[int], totals: list[int], part: int, gain: int) -> None:
    """Add ``gain`` to the papers of ``part``, where each paper has its own total (no groups)."""
    for paper in each(part):
        totals[paper] += gain
