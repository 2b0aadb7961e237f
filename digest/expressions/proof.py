r"""The proof that a backtracking engine takes time in proportion to the text for an expression.

Two things could make it take more.

*Giving back*: an attempt fails late, and every loop hands back what it took, one character after
the other, for the rest to be tried again.  Harmless where the rest fails at once, because what
follows the loop cannot begin with what the loop takes; where the rest has an end itself; or where
the loop never gives back (``x++``).  Within a loop every choice must be decided by the next
character: then there is one way only to read a text, and nothing to try again.

*Beginning again*: an attempt at one place scans far and fails, and so does the next one, from the
next character.  Harmless where no attempt can begin inside what a loop has scanned
(``<[^<>]*>``, or ``(?<!\w)\w+@``), or where nothing can fail any more once a loop was entered.

Only bounds that are written in the expression are left: at most ``MOST_WAYS`` for one place.
"""

from __future__ import annotations

from collections.abc import Iterator
from itertools import combinations

from . import characters
from .characters import Characters
from .tree import Atomic, Choice, Mark, Node, One, Refused, Repeat, Sequence, parse

#: How many bounded ways to match an expression may have at one place.
MOST_WAYS = 500

#: How many characters an attempt may read besides those in its loops.
MOST_CHARACTERS = 1000


def prove(pattern: str | bytes, flags: int, *, is_searched: bool) -> None:
    """Return where an expression is linear; raise :class:`Refused` with the reason where not.

    A searched expression is tried at every place, also after a match; any other at one place.
    """
    try:
        tree = parse(pattern, flags)
        if _ways(tree, _Rest(characters.END), is_looped=False) > MOST_WAYS:
            raise Refused(f"there are more than {MOST_WAYS} ways to match at one place")
        if is_searched:
            _prove_search(tree)
    except Refused as refusal:
        shown = pattern if isinstance(pattern, str) else pattern.decode("latin-1")
        raise Refused(f"{refusal}: {shown}") from None


class _Rest:
    """What can follow a part: the characters it may begin with, and whether a loop is in it."""

    def __init__(self, first: Characters, is_endless: bool = False) -> None:
        self.first = first
        self.is_endless = is_endless

    def after(self, node: Node) -> _Rest:
        """Return what follows whatever comes before ``node``."""
        first = _first(node)
        return _Rest(
            first | self.first if _may_be_empty(node) else first,
            self.is_endless or _is_endless(node),
        )


# -- giving back -----------------------------------------------------------------------------------


def _ways(node: Node, rest: _Rest, is_looped: bool) -> float:
    """Return a bound of the ways in which one attempt reads the part, loops not counted."""
    match node:
        case Sequence(items):
            return _ways_in_turn(items, rest, is_looped)
        case Choice(options):
            return _ways_to_choose(options, rest, is_looped)
        case Repeat(body, least, 1) if least == 0 and not node.is_possessive:
            return _ways_to_choose((body, Sequence(())), rest, is_looped)
        case Repeat():
            return _ways_to_repeat(node, rest, is_looped)
        case Atomic(body):
            return min(_ways(body, _Rest(characters.END), is_looped=False), MOST_WAYS + 1)
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
    """Return what an option takes at its first places, as far as these are single characters."""
    items: list[Node] = [option]
    found: list[Characters] = []
    while items:
        item = items.pop(0)
        if isinstance(item, One):
            found.append(item.allowed)
        elif isinstance(item, Sequence):
            items[:0] = item.items
        elif not isinstance(item, Mark):
            return [*found, rest.after(Sequence((item, *items))).first]
    return [*found, rest.first]


def _ways_to_repeat(node: Repeat, rest: _Rest, is_looped: bool) -> float:
    first = _first(node.body)
    if _may_be_empty(node.body):
        raise Refused("a loop over what may be empty")
    if node.is_possessive:
        rest = _Rest(characters.END)
    is_decided = not first.overlaps(rest.first) or node.least == node.most
    if not is_decided and (is_looped or (node.most is None and rest.is_endless)):
        raise Refused("a loop may take what follows it, and give it back")
    if is_looped or node.most is None or _is_endless(node.body):
        if not is_decided and rest.is_endless:
            raise Refused("a loop may take what follows it, and give it back")
        around = _Rest(first | rest.first, is_endless=True)
        _ways(node.body, around, is_looped=True)
        return 1
    once = _ways(node.body, _Rest(first | rest.first, rest.is_endless), is_looped=False)
    return _ways_of_bounded(node, once, is_decided)


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
    for before, line in _lines(tree):
        first = characters.ALL if _may_be_empty(line) else _first(line)
        starts = _starts(line, before, first)
        if _fails_early(line):
            continue
        for loop in _loops(line):
            if loop.overlaps(first) and loop.overlaps(starts):
                raise Refused("an attempt may begin again within what a loop has scanned")


def _lines(node: Node, before: tuple[Mark, ...] = ()) -> Iterator[tuple[tuple[Mark, ...], Node]]:
    """Return every way to begin: the marks in front, and what then follows them."""
    items: list[Node] = [*node.items] if isinstance(node, Sequence) else [node]
    while items and isinstance(first := items[0], Mark | Sequence):
        items[:1] = first.items if isinstance(first, Sequence) else ()
        before = (*before, first) if isinstance(first, Mark) else before
    if items and isinstance(items[0], Choice):
        for option in items[0].options:
            yield from _lines(Sequence((option, *items[1:])), before)
    else:
        yield before, Sequence(tuple(items))


def _starts(line: Node, marks: tuple[Mark, ...], first: Characters) -> Characters:
    """Return what may precede the beginning of a match, where something does."""
    allowed = characters.ALL.may
    word = characters.of_category("WORD", is_ascii=False)
    for mark in marks:
        allowed &= mark.before.may
        if mark.is_boundary and not _may_be_empty(line):
            sides = ((~word).may if first.overlaps(word) else 0) | (
                word.may if first.overlaps(~word) else 0
            )
            allowed &= sides
    return Characters(allowed, 0)


def _loops(node: Node) -> Iterator[Characters]:
    """Return what each outermost endless loop can take."""
    match node:
        case Repeat(body, _, None):
            yield _taken(body)
        case Repeat(body) | Atomic(body):
            yield from _loops(body)
        case Sequence(parts) | Choice(parts):
            for part in parts:
                yield from _loops(part)


def _fails_early(node: Node) -> bool:
    """Return whether nothing can fail any more once an endless loop was entered."""
    if not _is_endless(node):
        return True
    match node:
        case Sequence(items):
            at = next(n for n, item in enumerate(items) if _is_endless(item))
            return _fails_early(items[at]) and all(map(_never_fails, items[at + 1 :]))
        case Choice(options):
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
        case Choice(options):
            return all(map(_fails_early, options)) and any(map(_never_fails, options))
        case Repeat(body, 0):
            return _fails_early(body)
        case Atomic(body):
            return _never_fails(body)
    return False


# -- what a part is like ---------------------------------------------------------------------------


def _reach(node: Node) -> int:
    """Return how many characters a part can read at most, a loop counting as its least."""
    match node:
        case One():
            return 1
        case Sequence(items):
            return sum(map(_reach, items))
        case Choice(options):
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
        case Choice(options):
            return any(map(_may_be_empty, options))
        case Repeat(body, least):
            return least == 0 or _may_be_empty(body)
        case Atomic(body):
            return _may_be_empty(body)
    return True


def _is_endless(node: Node) -> bool:
    match node:
        case Sequence(parts) | Choice(parts):
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
        case Choice(options):
            return _union(map(_first, options))
        case Repeat(body) | Atomic(body):
            return _first(body)
    return characters.NONE


def _taken(node: Node) -> Characters:
    """Return the characters that a part can hold."""
    match node:
        case One(allowed):
            return allowed
        case Sequence(parts) | Choice(parts):
            return _union(map(_taken, parts))
        case Repeat(body) | Atomic(body):
            return _taken(body)
    return characters.NONE


def _union(sets: Iterator[Characters]) -> Characters:
    found = characters.NONE
    for one in sets:
        found |= one
    return found
