"""Doubts about items that YAML reads otherwise than they look: lines, comments, escapes."""

from __future__ import annotations

from collections.abc import Iterator

from .. import expressions
from ..errors import Mistake, Sentence, write
from ..language.foreign import ONLY_NEW
from ..strict_yaml.document import Document, Loc, Node, mark_place
from ..strict_yaml.slips import shown, single_quoted

_LISTS = ("any", "all", "none", "authors")
#: What other readers of YAML take for true, false or nothing; here it is the word.
_SWITCHES = ("true", "false", "yes", "no", "on", "off", "y", "n", "null")
_NUMBER = expressions.anchored(
    r"[-+$€£]?(?:[\d_.,:%]{1,40}|\d{1,20}\.?\d{0,20}e[-+]?\d{1,3}|0[xo][\da-f]+|\.nan|\.inf)"
)
_DATE = expressions.anchored(
    r"(?:19|20)\d\d(?:\s?[-–:]\s?\d{4}|-\d{1,2}(?:-\d{1,2})?)?|\d{1,2}[./]\d{1,2}[./]\d{2,4}"
)
_TEX = expressions.compile(r"\\[tnrNLP_](?=[A-Za-z])")
_COMMENT = expressions.anchored(r"(?P<blanks>[ \t]+)(?P<text>#.*)")
_JOINS = ("AND", "OR", "NOT", "ANDNOT", "|", "&", "(", ",")


def traps(document: Document) -> Iterator[Mistake]:
    """Yield a warning for each item of which YAML makes something else than it looks like."""
    for loc, node in document.nodes.items():
        if len(loc) > 1 and loc[0] in _LISTS and node.text is not None:
            raw = document.source[node.start.index : node.end.index].rstrip()
            if node.style is None:
                yield from _no_word(loc, node)
                yield from _joined_items(node, raw)
                yield from _lines(node, raw)
                yield from _comment(document.source, node, raw)
            elif node.style == '"':
                yield from _escape(node, raw)


def _no_word(loc: Loc, node: Node) -> Iterator[Mistake]:
    """Find an item that is a number, a date, or a word that means true or nothing to YAML."""
    text = (node.text or "").strip()
    if not (isinstance(loc[-1], int) or loc[-1] in ("query", "without")):
        return
    message = hint = ""
    if text.lower() in _SWITCHES:
        message = Sentence("%(word)s is a word here", word=text)
        hint = Sentence("write %(text)s if it is meant, or remove it", text=f'"{text}"')
    elif _DATE.fullmatch(text):
        message, hint = Sentence("a date is no keyword"), ONLY_NEW
    elif _NUMBER.fullmatch(text.lower()):
        message = Sentence("a number alone is hardly a keyword")
        hint = Sentence(
            "add the words that matter, or write %(text)s if it is meant", text=f'"{text}"'
        )
    if message:
        yield Mistake(*mark_place(node.start), message, hint, "warning")


def _joined_items(node: Node, raw: str) -> Iterator[Mistake]:
    """Find items that are indented deeper than the one above, which YAML reads as its text."""
    above = node.start.line + 1
    for number, line in enumerate(raw.split("\n")[1:], above + 1):
        if line.lstrip().startswith("- "):
            message = Sentence(
                "line %(line)s is indented deeper than line %(above)s, so it was joined to it",
                line=number,
                above=above,
            )
            hint = Sentence("write it under the dash before")
            yield Mistake(number, len(line) - len(line.lstrip()) + 1, message, hint, "warning")


def _lines(node: Node, raw: str) -> Iterator[Mistake]:
    """Find a line that was to be an item of its own, and became part of the one above it."""
    before, *further = raw.split("\n")
    for number, line in enumerate(further, 1):
        text = line.strip()
        is_joined = before.rstrip().endswith(_JOINS) or text.startswith((*_JOINS, ")", "- "))
        if text and not is_joined:
            place = node.start.line + 1 + number, len(line) - len(line.lstrip()) + 1
            message = Sentence("this line belongs to the item above")
            hint = Sentence("write - before it, or an operator between")
            yield Mistake(*place, message, hint, "warning")
            return
        before = line or before


def _comment(source: str, node: Node, raw: str) -> Iterator[Mistake]:
    """Find text that was meant and became a comment: ``issue #5``, ``C # language``."""
    end = node.start.index + len(raw)
    line = source[end:].partition("\n")[0].rstrip()
    found = _COMMENT.fullmatch(line)
    if not found or "\n" in raw:
        return
    text = found["text"]
    is_sharp = raw.split()[-1:] in (["C"], ["F"]) and found["blanks"] == " "
    if is_sharp or (text[1:2].isalnum() and found["blanks"] == " "):
        column = node.start.column + len(raw) + len(found["blanks"]) + 1
        whole = raw + (line[1:] if is_sharp else line)
        message, hint = Sentence("# begins a comment here"), write(f'"{shown(whole)}"')
        yield Mistake(node.start.line + 1, column, message, hint, "warning")


def _escape(node: Node, raw: str) -> Iterator[Mistake]:
    """Find TeX in double quotes, of which YAML makes a tab or a line end."""
    if (found := _TEX.search(raw)) and "\n" not in raw:
        place = node.start.line + 1, node.start.column + found.start() + 1
        message = Sentence("in double quotes %(sign)s is no TeX", sign=found[0])
        yield Mistake(*place, message, single_quoted(raw[1:-1]), "warning")
