r"""The proof that a backtracking engine runs an expression in linear time in the text.

Two things can make it slower.

*Giving back* (backtracking): an attempt fails late, and every loop releases its characters one by
one, and the rest is tried again each time.  This is harmless if the rest fails at once, because the
rest cannot begin with a character of the loop; if the rest is bounded, or stops within what the
loop took; or if the loop never backtracks (``x++``).  Within a loop the next characters must decide
every choice: then there is only one way to read a text, and nothing to try again.

*Beginning again*: an attempt at one place scans far and fails, and so does the next attempt, one
character later.  This is harmless if no attempt that begins inside the part scanned by a loop
reaches that loop (``<[^<>]*>``), if none begins there (``(?<!\w)\w+@``), or if nothing can fail
after a loop was entered.

What remains is bounded by the expression itself: at most ``MOST_WAYS`` for one place.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass
from itertools import combinations

from . import characters
from .characters import Characters
from .refused import Refused
from .tree import Alternatives, Assertion, Atomic, Node, One, Repeat, Sequence, parse

#: Most ways in which an expression may match at one place, endless loops aside.
MOST_WAYS = 500

#: Most characters that an attempt may read, besides those in its endless loops.
MOST_CHARACTERS = 1000


def prove(pattern: str | bytes, flags: int, *, is_searched: bool) -> None:
    """Raise :class:`Refused`, with the reason, unless an expression is proved to be linear.

    A searched expression is tried at every place, also after a match; any other at one place.
    """
    try:
        tree = parse(pattern, flags)
        if _ways(tree, _Rest(), is_looped=False) > MOST_WAYS:
            raise Refused(f"there are more than {MOST_WAYS} ways to match at one place")
        if is_searched:
            _prove_search(tree)
    except Refused as refusal:
        shown = pattern if isinstance(pattern, str) else pattern.decode("latin-1")
        raise Refused(f"{refusal}: {shown}") from None


@dataclass(frozen=True, slots=True)
class _Loop:
    """An endless loop: its characters, and the sets that every way to it must have matched."""

    taken: Characters
    passed: tuple[Characters, ...]

    def is_beyond(self, taken: Characters) -> bool:
        """Return whether the loop cannot be reached within a run of the given characters."""
        return any(not each.overlaps(taken) for each in self.passed)


@dataclass(frozen=True, slots=True)
class _Rest:
    """The rest behind a part: the characters that it may begin with, and its endless loops."""

    first: Characters = characters.END
    loops: tuple[_Loop, ...] = ()

    def after(self, node: Node) -> _Rest:
        """Return the rest behind a part that is followed by ``node`` and then by this rest."""
        first = _first(node)
        passed = _passed(node)
        later = tuple(_Loop(each.taken, (*passed, *each.passed)) for each in self.loops)
        return _Rest(first | self.first if _may_be_empty(node) else first, (*_loops(node), *later))


# -- giving back -----------------------------------------------------------------------------------


def _ways(node: Node, rest: _Rest, is_looped: bool) -> float:
    """Return an upper bound of the ways in which one attempt reads a part, loops not counted."""
    match node:
        case Sequence(items):
            return _ways_in_turn(items, rest, is_looped)
        case Alternatives(options):
            return _ways_to_choose(options, rest, is_looped)
        case Repeat(body, least, 1) if least == 0 and not node.is_possessive:
            return _ways_to_choose((body, Sequence(())), rest, is_looped)
        case Repeat():
            return _ways_to_repeat(node, rest, is_looped)
        case Atomic(body):
            return min(_ways(body, _Rest(), is_looped=False), MOST_WAYS + 1)
    return 1


def _ways_in_turn(items: tuple[Node, ...], rest: _Rest, is_looped: bool) -> float:
    total = 1.0
    for item in reversed(items):
        total *= _ways(item, rest, is_looped)
        rest = rest.after(item)
    return total


def _ways_to_choose(options: tuple[Node, ...], rest: _Rest, is_looped: bool) -> float:
    found = [_ways(option, rest, is_looped) for option in options]
    openings = [_opening(option, rest) for option in options]
    is_decided = all(
        any(not a.overlaps(b) for a, b in zip(one, other, strict=False))
        for one, other in combinations(openings, 2)
    )
    if is_looped and not is_decided:
        raise Refused("a choice within a loop is not decided by what comes next")
    return max(found) if is_decided else sum(found)


def _opening(option: Node, rest: _Rest) -> list[Characters]:
    """Return the sets at an option's first places, as far as these are single characters."""
    items: list[Node] = [option]
    found: list[Characters] = []
    while items:
        item = items.pop(0)
        if isinstance(item, One):
            found.append(item.allowed)
        elif isinstance(item, Sequence):
            items[:0] = item.items
        elif not isinstance(item, Assertion):
            return [*found, rest.after(Sequence((item, *items))).first]
    return [*found, rest.first]


def _ways_to_repeat(node: Repeat, rest: _Rest, is_looped: bool) -> float:
    first = _first(node.body)
    if _may_be_empty(node.body):
        raise Refused("a loop over what may be empty")
    if node.is_possessive:
        rest = _Rest()
    is_decided = not first.overlaps(rest.first) or node.least == node.most
    around = _Rest(first | rest.first, (*rest.loops, *_loops(node)))
    if not is_looped and node.most is not None and not _is_endless(node.body):
        return _ways_of_bounded(node, _ways(node.body, around, is_looped=False), is_decided)
    is_near = any(not loop.is_beyond(_taken(node.body)) for loop in rest.loops)
    if not is_decided and (is_looped or is_near):
        raise Refused("a loop may take what follows it, and give it back")
    _ways(node.body, around, is_looped=True)
    return 1


def _ways_of_bounded(node: Repeat, once: float, is_decided: bool) -> float:
    assert node.most is not None
    if once == 1:
        return 1 if is_decided or node.is_possessive else node.most - node.least + 1
    if node.most > 10:
        raise Refused("too many repetitions of what can be read in several ways")
    return sum(once**times for times in range(node.least, node.most + 1))


# -- beginning again -------------------------------------------------------------------------------


def _prove_search(tree: Node) -> None:
    if _reach(tree) > MOST_CHARACTERS:
        raise Refused(f"an attempt may look at more than {MOST_CHARACTERS} characters and fail")
    for marks, line in _lines(tree):
        if _fails_early(line):
            continue
        before = _starts(line, marks)
        for loop in _loops(line):
            if loop.taken.overlaps(before) and not loop.is_beyond(loop.taken):
                raise Refused("an attempt may begin again within what a loop has scanned")


def _lines(
    node: Node, before: tuple[Assertion, ...] = ()
) -> Iterator[tuple[tuple[Assertion, ...], Node]]:
    """Yield every way to begin: the marks in front, and the node behind them."""
    items: list[Node] = [*node.items] if isinstance(node, Sequence) else [node]
    while items and isinstance(first := items[0], Assertion | Sequence):
        items[:1] = first.items if isinstance(first, Sequence) else ()
        before = (*before, first) if isinstance(first, Assertion) else before
    if items and isinstance(items[0], Alternatives):
        for option in items[0].options:
            yield from _lines(Sequence((option, *items[1:])), before)
    else:
        yield before, Sequence(tuple(items))


def _starts(line: Node, marks: tuple[Assertion, ...]) -> Characters:
    """Return the characters that may precede the beginning of a match."""
    allowed, first = characters.ALL.may, _first(line)
    word = characters.of_category("WORD", is_ascii=False)
    for mark in marks:
        allowed &= mark.before.may
        if mark.is_boundary and not _may_be_empty(line):
            sides = ((~word).may if first.overlaps(word) else 0) | (
                word.may if first.overlaps(~word) else 0
            )
            allowed &= sides
    return Characters(allowed, 0)


def _loops(node: Node, passed: tuple[Characters, ...] = ()) -> Iterator[_Loop]:
    """Yield each outermost endless loop."""
    match node:
        case Repeat(body, _, None):
            yield _Loop(_taken(body), passed)
        case Repeat(body) | Atomic(body):
            yield from _loops(body, passed)
        case Alternatives(options):
            for option in options:
                yield from _loops(option, passed)
        case Sequence(items):
            for item in items:
                yield from _loops(item, passed)
                passed = (*passed, *_passed(item))


def _passed(node: Node) -> tuple[Characters, ...]:
    """Return sets of characters; every text that a part matches has one character of each."""
    match node:
        case Sequence(items):
            return tuple(each for item in items for each in _passed(item))
        case Repeat(body, least) if least:
            return _passed(body)
        case Atomic(body):
            return _passed(body)
    return () if _may_be_empty(node) else (_first(node),)


def _fails_early(node: Node) -> bool:
    """Return whether nothing can fail after an endless loop was entered."""
    if not _is_endless(node):
        return True
    match node:
        case Sequence(items):
            at = next(n for n, item in enumerate(items) if _is_endless(item))
            return _fails_early(items[at]) and all(map(_never_fails, items[at + 1 :]))
        case Alternatives(options):
            return all(map(_fails_early, options))
        case Repeat(body, least):
            return _fails_early(body) and (least <= 1 or not _is_endless(body))
        case Atomic(body):
            return _fails_early(body)
    return True


def _never_fails(node: Node) -> bool:
    match node:
        case Sequence(items):
            return all(map(_never_fails, items))
        case Alternatives(options):
            return all(map(_fails_early, options)) and any(map(_never_fails, options))
        case Repeat(body, 0):
            return _fails_early(body)
        case Atomic(body):
            return _never_fails(body)
    return False


# -- what a part is like ---------------------------------------------------------------------------


def _reach(node: Node) -> int:
    """Return how many characters a part can read at most, an endless loop only ``least`` times."""
    match node:
        case One():
            return 1
        case Sequence(items):
            return sum(map(_reach, items))
        case Alternatives(options):
            return max(map(_reach, options), default=0)
        case Repeat(body, least, most):
            return _reach(body) * (least if most is None else most)
        case Atomic(body):
            return _reach(body)
    return 0


def _may_be_empty(node: Node) -> bool:
    match node:
        case One():
            return False
        case Sequence(items):
            return all(map(_may_be_empty, items))
        case Alternatives(options):
            return any(map(_may_be_empty, options))
        case Repeat(body, least):
            return least == 0 or _may_be_empty(body)
        case Atomic(body):
            return _may_be_empty(body)
    return True


def _is_endless(node: Node) -> bool:
    match node:
        case Sequence(parts) | Alternatives(parts):
            return any(map(_is_endless, parts))
        case Repeat(body, _, most):
            return most is None or _is_endless(body)
        case Atomic(body):
            return _is_endless(body)
    return False


def _first(node: Node) -> Characters:
    """Return the characters that a part can begin with."""
    match node:
        case One(allowed):
            return allowed
        case Sequence(items):
            found = characters.NONE
            for item in items:
                found |= _first(item)
                if not _may_be_empty(item):
                    break
            return found
        case Alternatives(options):
            return _union(map(_first, options))
        case Repeat(body) | Atomic(body):
            return _first(body)
    return characters.NONE


def _taken(node: Node) -> Characters:
    """Return the characters that a part can hold."""
    match node:
        case One(allowed):
            return allowed
        case Sequence(parts) | Alternatives(parts):
            return _union(map(_taken, parts))
        case Repeat(body) | Atomic(body):
            return _taken(body)
    return characters.NONE


def _union(sets: Iterator[Characters]) -> Characters:
    found = characters.NONE
    for one in sets:
        found |= one
    return found
