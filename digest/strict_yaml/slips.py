"""Common slips in YAML written by hand, found in the line where reading failed.

The parser names what it expected; these name what to write.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .. import expressions
from ..errors import Mistake

#: Blanks that look like one but are none to YAML: no-break, narrow, ideographic and the like.
_ODD_BLANK = "[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]"

#: Each slip: a line with it, where ``at`` begins at the slip; the message; the hint, with the
#: groups of the line.
_SLIPS = tuple(
    (expressions.anchored(line), message, hint)
    for line, message, hint in (
        (
            rf"[ \t]*(?P<at>{_ODD_BLANK})",
            "a no-break space where a space is expected",
            "type a plain space",
        ),
        (
            rf"[ ]*(?:-|[\w-]+:)(?P<at>{_ODD_BLANK})",
            "a no-break space where a space is expected",
            "type a plain space",
        ),
        (r"[ ]*(?P<at>(?:```|~~~).*)", "a fence of Markdown is no YAML", "leave this line out"),
        (r"[ ]*(?P<at>//.*)", "a comment begins with #", "write # instead of //"),
        (
            r"[ ]*(?P<at>[*+•‣▪◦·–—]|[0-9]{1,3}[.)])[ \t]++(?P<rest>[^\s:].*)",
            "a list item begins with a dash",
            "write - {rest}",
        ),
        (r"[ ]*(?P<at>-)(?P<rest>[^\s-].*)", "a space after the dash", "write - {rest}"),
        (
            r"[ ]*(?P<at>[A-Za-z_-]+)[ ]?=[ ]?(?P<rest>[^=].*)",
            "a colon and a space after a key",
            "write {at}: {rest}",
        ),
        (
            r"[ ]*[A-Za-z_-]+:[ ]*(?P<at>-)[ ](?P<rest>.*)",
            "a list item on the line of its key",
            "write [{rest}], or - {rest} on a line of its own",
        ),
        (
            r"[ ]*(?P<at>[A-Za-z_-]+)\s?[：꞉](?P<rest>.*)",
            "this colon is none to YAML",
            "write {at}: {rest}",
        ),
        (
            r"[ ]*(?P<at>[A-Za-z_-]+):(?P<rest>[\[{].*|[^\s/:,][^,]*)",
            "a space after the colon",
            "write {at}: {rest}",
        ),
        (
            r"[ ]*- (?P<at>[\[{])(?P<rest>[^\[\]{}]*)[\]}] (?P<more>(?:AND|OR) .*)",
            "brackets of YAML, and not of a search",
            "write - ({rest}) {more}",
        ),
        (
            r"[ ]*- (?P<at>`)(?P<rest>[^`]*)`\s*$",
            "text cannot begin with this sign",
            "write - {rest}",
        ),
        (r"[ ]*- (?P<at>[*&!%@`?]+)\s*$", "a sign alone is nothing to look for", "name a word"),
    )
)
_QUOTED_ITEM = expressions.anchored(r"[ ]*(?:[A-Za-z_-]+:|-)[ ]+(?P<text>[\"'].*)")
_IN_SINGLE_QUOTES = "put the whole text in single quotes"
_LONGEST_SHOWN = 80


def slip(lines: Sequence[str], places: Iterable[int]) -> Mistake | None:
    """Return the first slip in the lines at ``places`` (from 0); None if none is known."""
    for place in places:
        if 0 <= place < len(lines) and (found := _slip_in(lines[place].rstrip(), place)):
            return found
    return None


def _slip_in(line: str, place: int) -> Mistake | None:
    for expression, message, hint in _SLIPS:
        if found := expression.match(line):
            groups = {name: shown(text) for name, text in found.groupdict().items()}
            return Mistake(place + 1, found.start("at") + 1, message, hint.format(**groups))
    return None


def whole_in_quotes(line: str) -> str:
    """Return a hint for an item of which only a part is in quotes: the whole in single quotes."""
    found = _QUOTED_ITEM.fullmatch(line.rstrip())
    if not found:
        return _IN_SINGLE_QUOTES
    text = found["text"]
    after = text[1:].partition(text[0])[2]
    if text[0] == "'" and after[:1].isalpha():
        return "write '' for an apostrophe in single quotes"
    # A single quote is none to the keyword language, so the text's own become double ones.
    text = text.replace("'", '"') if text[0] == "'" else text
    return _IN_SINGLE_QUOTES if "'" in text or len(text) > _LONGEST_SHOWN else f"write '{text}'"


def shown(text: str) -> str:
    """Return a text as a message may quote it: in one line, not too long."""
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
