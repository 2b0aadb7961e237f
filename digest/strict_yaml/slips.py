"""Common slips in YAML written by hand, found in the line where reading failed.

The parser names what it expected; these name what to write.
"""

from __future__ import annotations

from collections.abc import Iterable, Sequence

from .. import expressions
from ..errors import Mistake, Sentence, as_template, write

#: Blanks that look like one but are none to YAML: no-break, narrow, ideographic and the like.
_ODD_BLANK = "[\u00a0\u1680\u2000-\u200a\u202f\u205f\u3000]"

_NO_BREAK_SPACE = Sentence("a no-break space where a space is expected")
_WRITE_ITEM = as_template("write - %(rest)s")
_WRITE_KEY = as_template("write %(at)s: %(rest)s")

#: Each slip: a line with it, where ``at`` begins at the slip; the message; the hint, with the
#: groups of the line.
_SLIPS = tuple(
    (expressions.anchored(line), message, hint)
    for line, message, hint in (
        (
            rf"[ \t]*(?P<at>{_ODD_BLANK})",
            _NO_BREAK_SPACE,
            as_template("type a plain space"),
        ),
        (
            rf"[ ]*(?:-|[\w-]+:)(?P<at>{_ODD_BLANK})",
            _NO_BREAK_SPACE,
            as_template("type a plain space"),
        ),
        (
            r"[ ]*(?P<at>(?:```|~~~).*)",
            Sentence("a fence of Markdown is no YAML"),
            as_template("leave this line out"),
        ),
        (
            r"[ ]*(?P<at>//.*)",
            Sentence("a comment begins with #"),
            as_template("write # instead of //"),
        ),
        (
            r"[ ]*(?P<at>[*+•‣▪◦·–—]|[0-9]{1,3}[.)])[ \t]++(?P<rest>[^\s:].*)",
            Sentence("a list item begins with a dash"),
            _WRITE_ITEM,
        ),
        (r"[ ]*(?P<at>-)(?P<rest>[^\s-].*)", Sentence("a space after the dash"), _WRITE_ITEM),
        (
            r"[ ]*(?P<at>[A-Za-z_-]+)[ ]?=[ ]?(?P<rest>[^=].*)",
            Sentence("a colon and a space after a key"),
            _WRITE_KEY,
        ),
        (
            r"[ ]*[A-Za-z_-]+:[ ]*(?P<at>-)[ ](?P<rest>.*)",
            Sentence("a list item on the line of its key"),
            as_template("write [%(rest)s], or - %(rest)s on a line of its own"),
        ),
        (
            r"[ ]*(?P<at>[A-Za-z_-]+)\s?[：꞉](?P<rest>.*)",
            Sentence("this colon is none to YAML"),
            _WRITE_KEY,
        ),
        (
            r"[ ]*(?P<at>[A-Za-z_-]+):(?P<rest>[\[{].*|[^\s/:,][^,]*)",
            Sentence("a space after the colon"),
            _WRITE_KEY,
        ),
        (
            r"[ ]*- (?P<at>[\[{])(?P<rest>[^\[\]{}]*)[\]}] (?P<more>(?:AND|OR) .*)",
            Sentence("brackets of YAML, and not of a search"),
            as_template("write - (%(rest)s) %(more)s"),
        ),
        (
            r"[ ]*- (?P<at>`)(?P<rest>[^`]*)`\s*$",
            Sentence("text cannot begin with this sign"),
            _WRITE_ITEM,
        ),
        (
            r"[ ]*- (?P<at>[*&!%@`?]+)\s*$",
            Sentence("a sign alone is nothing to look for"),
            as_template("name a word"),
        ),
    )
)
_QUOTED_ITEM = expressions.anchored(r"[ ]*(?:[A-Za-z_-]+:|-)[ ]+(?P<text>[\"'].*)")
_IN_SINGLE_QUOTES = Sentence("put the whole text in single quotes")
SINGLE_QUOTES = Sentence("use single quotes")
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
            return Mistake(place + 1, found.start("at") + 1, message, Sentence(hint, **groups))
    return None


def whole_in_quotes(line: str) -> str:
    """Return a hint for an item of which only a part is in quotes: the whole in single quotes."""
    found = _QUOTED_ITEM.fullmatch(line.rstrip())
    if not found:
        return _IN_SINGLE_QUOTES
    text = found["text"]
    after = text[1:].partition(text[0])[2]
    if text[0] == "'" and after[:1].isalpha():
        return Sentence("write '' for an apostrophe in single quotes")
    # A single quote is none to the keyword language, so the text's own become double ones.
    text = text.replace("'", '"') if text[0] == "'" else text
    is_quotable = "'" not in text and len(text) <= _LONGEST_SHOWN
    return write(f"'{text}'") if is_quotable else _IN_SINGLE_QUOTES


def single_quoted(raw: str) -> Sentence:
    """Return a hint to put what is between double quotes in single ones."""
    return Sentence("use single quotes: %(text)s", text=f"'{shown(raw)}'")


def shown(text: str) -> str:
    """Return a text as a message may quote it: in one line, not too long."""
    text = " ".join(text.split())
    return text if len(text) <= _LONGEST_SHOWN else f"{text[:_LONGEST_SHOWN]}…"
