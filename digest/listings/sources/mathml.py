"""MathML and the mathematics of JATS → TeX, which ``language.tex`` then makes readable.

The converters on PyPI lose signs and indices ("∼" becomes "sim", a prescript vanishes), so that
the few elements that publishers use in titles and abstracts are read here.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from html.parser import HTMLParser
from typing import TypeAlias

from ... import expressions

#: a formula's tree: the name of an element and what is in it, or a text
Node: TypeAlias = "tuple[str, list[Node]] | str"

_BLANKS = expressions.compile(r"\s+")
_SPECIAL = expressions.compile(r"([%#&_${}])")
_UNSEEN = frozenset({"annotation", "annotation-xml", "mprescripts", "none", "mphantom"})
_EMPTY = frozenset({"mspace", "none", "mprescripts", "malignmark", "maligngroup"})
_INVISIBLE = str.maketrans("", "", "\u2061\u2062\u2063\u2064")
_ACCENTS = {
    "¯": "bar", "‾": "bar", "_": "bar", "−": "bar", "ˆ": "hat", "^": "hat", "~": "tilde",
    "˜": "tilde", "→": "vec", "⃗": "vec", "˙": "dot", "¨": "ddot", "ˇ": "check",
}  # fmt: skip
# More would be no formula of a title or abstract; deeper trees exhaust Python's stack.
_DEEPEST = 100


def tex_of(markup: str) -> str:
    r"""Return the TeX of one ``math`` element, between ``\(`` and ``\)``."""
    reader = _Reader()
    reader.feed(markup)
    reader.close()
    tex = _BLANKS.sub(" ", _row(reader.root)).strip()
    return rf"\({tex}\)" if tex else ""


class _Reader(HTMLParser):
    """Builds the tree of a formula; a tag that nothing opened is ignored."""

    def __init__(self) -> None:
        super().__init__(convert_charrefs=True)
        self.root: list[Node] = []
        self._open: list[tuple[str, list[Node]]] = [("", self.root)]

    def handle_starttag(self, tag: str, attrs: object) -> None:
        """Begin an element."""
        name = tag.rpartition(":")[2]
        node: tuple[str, list[Node]] = (name, [])
        self._open[-1][1].append(node)
        if name not in _EMPTY and len(self._open) < _DEEPEST:
            self._open.append(node)

    def handle_startendtag(self, tag: str, attrs: object) -> None:
        """Add an element without content."""
        self._open[-1][1].append((tag.rpartition(":")[2], []))

    def handle_endtag(self, tag: str) -> None:
        """End the innermost element of this name."""
        name = tag.rpartition(":")[2]
        for place in range(len(self._open) - 1, 0, -1):
            if self._open[place][0] == name:
                del self._open[place:]
                return

    def handle_data(self, data: str) -> None:
        """Add a text."""
        self._open[-1][1].append(data)


def _tex(node: Node) -> str:
    if isinstance(node, str):
        return _escaped(node).strip()
    name, inside = node
    if name in _UNSEEN:
        return ""
    if name == "mtext":
        text = "".join(_escaped(part) if isinstance(part, str) else _tex(part) for part in inside)
        return rf"\text{{{text}}}" if text.strip() else " "
    parts = [part for part in inside if not isinstance(part, str) or part.strip()]
    return _WRITERS.get(name, _row)(parts)


def _escaped(text: str) -> str:
    return _SPECIAL.sub(r"\\\1", _BLANKS.sub(" ", text.translate(_INVISIBLE)))


def _row(parts: Sequence[Node]) -> str:
    """Return the parts side by side; a word ("sin", "GeV") is kept apart from its neighbours."""
    row = before = ""
    for text in filter(None, map(_tex, parts)):
        is_word = any(len(each) > 1 and each.isalpha() for each in (before, text))
        row += f" {text}" if is_word and row[-1:].isalnum() and text[0].isalnum() else text
        before = text
    return row


def _group(parts: Sequence[Node], place: int) -> str:
    return f"{{{_tex(parts[place]) if place < len(parts) else ''}}}"


def _script(signs: str) -> Callable[[Sequence[Node]], str]:
    def write(parts: Sequence[Node]) -> str:
        scripts = (sign + _group(parts, place) for place, sign in enumerate(signs, 1))
        return (_tex(parts[0]) if parts else "") + "".join(each for each in scripts if each[3:])

    return write


def _over(parts: Sequence[Node]) -> str:
    sign = _tex(parts[1]).strip("\\") if len(parts) > 1 else ""
    if sign in _ACCENTS:
        return rf"\{_ACCENTS[sign]}{_group(parts, 0)}"
    return _script("^")(parts)


def _prescripts(parts: Sequence[Node]) -> str:
    """Return a sign with scripts on both sides: the 208 of ²⁰⁸Pb."""
    names = [part if isinstance(part, str) else part[0] for part in parts]
    middle = names.index("mprescripts") if "mprescripts" in names else len(parts)
    before, after = _pairs(parts[middle + 1 :]), _pairs(parts[1:middle])
    return before + (_tex(parts[0]) if parts else "") + after


def _pairs(scripts: Sequence[Node]) -> str:
    texts = [(sign, _tex(part)) for sign, part in zip("_^" * len(scripts), scripts, strict=False)]
    return "".join(f"{sign}{{{text}}}" for sign, text in texts if text)


_WRITERS: Mapping[str, Callable[[Sequence[Node]], str]] = {
    "msup": _script("^"),
    "msub": _script("_"),
    "msubsup": _script("_^"),
    "munder": _script("_"),
    "munderover": _script("_^"),
    "mover": _over,
    "mmultiscripts": _prescripts,
    "mfrac": lambda parts: rf"\frac{_group(parts, 0)}{_group(parts, 1)}",
    "msqrt": lambda parts: rf"\sqrt{{{_row(parts)}}}",
    "mroot": lambda parts: rf"\sqrt[{_group(parts, 1)[1:-1]}]{_group(parts, 0)}",
    "mfenced": lambda parts: f"({', '.join(map(_tex, parts))})",
    "mtr": lambda parts: ", ".join(map(_tex, parts)),
    "mtable": lambda parts: "; ".join(map(_tex, parts)),
}
