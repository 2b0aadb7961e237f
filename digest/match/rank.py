"""Sets of papers as integers (bit p is paper p): sums over all papers at once, and the best few.

Bit-sliced arithmetic after Rinfret, O'Neil and O'Neil, "Bit-sliced index arithmetic", SIGMOD 2001:
slice k holds bit k of every paper's total.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Sequence
from itertools import repeat

# Of more than these it is cheaper to write all digits than to add bit by bit.
_FEW = 64
_ONE = ord("1")


def bits_of(papers: Sequence[int], size: int) -> int:
    """Give the set of ``papers`` out of ``size``; some may be named twice."""
    if len(papers) <= _FEW:
        bits = 0
        for paper in papers:
            bits |= 1 << paper
        return bits
    digits = bytearray(b"0") * size
    deque(map(digits.__setitem__, papers, repeat(_ONE)), maxlen=0)
    return int(digits[::-1], 2)


def totals(columns: list[list[int]]) -> list[int]:
    """Add up sets, those of ``columns[k]`` worth 2**k each, by carry-save adders; consumes them."""
    slices: list[int] = []
    place = 0
    while place < len(columns):
        column = columns[place]
        carries: list[int] = []
        while len(column) > 2:
            one, two, three = column.pop(), column.pop(), column.pop()
            either = one ^ two
            column.append(either ^ three)
            carries.append(one & two | either & three)
        if len(column) == 2:
            one, two = column
            column = [one ^ two]
            if both := one & two:
                carries.append(both)
        if carries:
            if place + 1 == len(columns):
                columns.append(carries)
            else:
                columns[place + 1] += carries
        slices.append(column[0] if column else 0)
        place += 1
    return slices


def at_least(slices: list[int], least: int, among: int) -> int:
    """Give the papers whose total is ``least`` or more."""
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


def best(slices: list[int], among: int, most: int) -> int:
    """Give the ``most`` papers of highest total; of equals, the first ones."""
    chosen = 0
    for bits in reversed(slices):
        high = among & bits
        number = high.bit_count()
        if number > most:
            among = high
        elif number:
            chosen |= high
            most -= number
            among ^= high
    return chosen | first(among, most)


def first(bits: int, most: int) -> int:
    """Give the ``most`` first papers of a set."""
    excess = bits.bit_count() - most
    if excess <= 0:
        return bits
    if most <= 0:
        return 0
    # The shortest head that holds enough lies where an even spread would have it, or near there.
    low, high = 0, bits.bit_length()
    below, above = 0, most + excess
    while True:
        middle = low + 1 + (high - low - 1) * (most - below) // (above - below + 1)
        head = bits & ((1 << middle) - 1)
        number = head.bit_count()
        if number == most:
            return head
        if number < most:
            low, below = middle, number
        else:
            high, above = middle, number
