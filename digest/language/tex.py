"""TeX of titles and abstracts → Unicode, by pylatexenc with our own context.

Importing this costs tens of milliseconds; ``text.readable`` does so only for text that holds TeX.
Every error of pylatexenc is passed on: the caller then keeps the source.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from typing import Any

from pylatexenc import latex2text, latexwalker, macrospec

from .. import expressions

# Characters that TeX would swallow although the authors mean them literally: replaced by
# noncharacters, which no cleaned text contains, and put back after parsing.
_ASIDE = {ord(char): chr(0xFDD0 + i) for i, char in enumerate("%#&_^$~")}
_BACK = {ord(aside): chr(char) for char, aside in _ASIDE.items()}

# The signs that begin or end a formula; every other sign with a backslash as well, so that an
# escaped one is not misread.
_SIGN = expressions.compile(r"\\.|\$", dotall=True)
_BRACKETS = {r"\(": r"\)", r"\[": r"\]", r"\)": "", r"\]": ""}
_MACRO = expressions.compile(r"\\([A-Za-z]+)(\{(?!\})|\s*)")
# A tilde between words is TeX's tie ("Task~2", "et al.~(2020)"); elsewhere it means "about".
_TIE = expressions.compile(r"(?<=[A-Za-z][A-Za-z.,:;)}])~(?=[\w({$\\])")
_HREF_WITHOUT_TEXT = expressions.compile(r"\\href\s*(\{[^{}]*\}\s*+)(?!\{)")
_BARE_SIGN = expressions.compile(r"(?<!\\)[%#&~$]|(?<!\\)[_^](?!\{)")
_BARE_IN_FORMULA = expressions.compile(r"(?<!\\)[%#&]")
_OPEN_SCRIPT = expressions.compile(r"(?<!\\)[_^]\{[^{}]*$")
_SCRIPT_OF_MACRO = expressions.compile(r"([_^])\s*(\\[A-Za-z]+\{[^{}]*\})")
_OPERATOR = expressions.compile(r"[\s+\-−=/,]")
_ESCAPED = expressions.compile(r"\\([%_#&~])")

# An accent over half of a Greek letter's name comes from a careless search and replace.
_SPLIT_GREEK = expressions.compile(r"\\(?:b\{eta|k\{appa|r\{ho|c\{hi|d\{elta|t\{au|t\{heta)\}")

_NO_BRACES = str.maketrans("", "", "\\{}")

_SUPERSCRIPT = str.maketrans(
    "0123456789+-−=()abcdefghijklmnoprstuvwxyzT",
    "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᵀ",
)
_SUBSCRIPT = str.maketrans("0123456789+-−=()aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ")
_RAISED_ALREADY = {sign: sign for sign in "°′†'*"} | {"∘": "°", "∗": "*", "⋆": "*", "⊤": "ᵀ"}

_WORDS = {
    "eg": "e.g.", "ie": "i.e.", "etc": "etc.", "etal": "et al.", "wrt": "w.r.t.", "vs": "vs.",
    "deg": "°", "slash": "/", "today": "today", "ldots": "…", "dots": "…", "cdots": "⋯",
    "star": "⋆", "colon": ":", "lbrack": "[", "rbrack": "]", "mid": "|", "-": "", "/": "", "!": "",
    ",": " ", ";": " ", ":": " ", ">": " ", "quad": " ", "qquad": " ", "\\": " ", "newline": " ",
}  # fmt: skip
# Fonts, sizes and spacing.
_SILENT = frozenset(
    """
    em it bf sc sf tt rm sl itshape bfseries scshape ttfamily tiny scriptsize footnotesize small
    normalsize large Large LARGE huge Huge centering noindent xspace protect par left right
    big Big bigg Bigg bigl bigr Bigl Bigr biggl biggr Biggl Biggr limits nolimits
    displaystyle textstyle boldmath unboldmath
    """.split()  # noqa: SIM905 - forty quoted words are harder to read
)
# Macros that produce no text: dropped with their argument.
_DROPPED = ("cite", "citep", "citet", "citealp", "citeauthor", "label", "vspace", "hspace", "color")
# The letters of these alphabets are missing from many fonts, and no one searches for them.
_PLAIN = ("mathbf", "mathit", "mathsf", "mathtt", "mathcal", "mathscr", "mathfrak", "mathrm")
_LITERAL = ("input", "include", "mathnormal")
_BLACKBOARD = str.maketrans("CHNPQRZ", "ℂℍℕℙℚℝℤ")


def unicode_of(tex: str) -> str:
    """Turn ``tex`` into readable Unicode; whitespace is not normalised."""
    source = _prepared(tex)
    nodes = _Walker(source, latex_context=_grammar()).get_latex_nodes()[0]
    writer = latex2text.LatexNodes2Text(
        latex_context=_glossary(),
        math_mode="text",
        strict_latex_spaces={"between-latex-constructs": True},
    )
    written: str = writer.nodelist_to_text(nodes)
    return unicodedata.normalize("NFC", written.translate(_BACK))


_PLAIN_RUN = expressions.compile(r"( ?)([A-Za-z0-9,.;]+(?: [A-Za-z0-9,.;]+)*)")


class _Walker(latexwalker.LatexWalker):  # type: ignore[misc]
    """A walker that reads plain words in one step; letter by letter takes most of a collection."""

    def get_token(self, pos: int, *args: Any, environments: bool = True, **kwargs: Any) -> Any:
        # Without environments, the call is for a macro's argument, which is one letter.
        plain = _PLAIN_RUN.match(self.s, pos) if environments else None
        if plain is None:
            return super().get_token(pos, *args, environments=environments, **kwargs)
        space, words = plain.groups()
        start, end = plain.span(2)
        return latexwalker.LatexToken(
            tok="char", arg=words, pos=start, len=end - start, pre_space=space
        )


def _prepared(tex: str) -> str:
    """Replace everything in ``tex`` that pylatexenc would misread."""
    tex = _HREF_WITHOUT_TEXT.sub(r"\\url\1", tex)
    tex = _SPLIT_GREEK.sub(lambda found: f"{{\\{found[0].translate(_NO_BRACES)}}}", tex)
    parts, at = [], 0
    for start, end, inside in _formulas(tex):
        if start < at:
            continue
        if not _is_math(inside, tex[end : end + 1]):
            parts.append(_prose(tex[at:start] + _ASIDE[ord("$")]))
            at = start + 1
            continue
        parts += [_prose(tex[at:start]), _formula(tex[start:end])]
        at = end
    parts.append(_prose(tex[at:]))
    return _MACRO.sub(_named, "".join(parts))


def _formulas(tex: str) -> Iterator[tuple[int, int, str | None]]:
    """Yield what may be a formula: its start, its end, the text between two single dollars.

    Formulas do not nest: each ends at the next sign of its kind.  So the search takes linear time
    in the length of the text, however many are left open.
    """
    signs = [(found.start(), found[0]) for found in _SIGN.finditer(tex)]
    dollars = [at for at, sign in signs if sign == "$"]
    brackets = [(at, sign) for at, sign in signs if sign in _BRACKETS]
    following = dict(pairwise(dollars))
    closing = {at: (end, last) for (at, _), (end, last) in pairwise(brackets)}
    for at, sign in signs:
        if sign == "$":
            end = tex.find("$", at + 2) if tex.startswith("$$", at) else -1
            if end > at + 2 and tex.startswith("$$", end):
                yield at, end + 2, None
            elif (end := following.get(at, -1)) > at + 1:
                yield at, end + 1, tex[at + 1 : end]
        elif sign in _BRACKETS:
            end, last = closing.get(at, (-1, ""))
            if last and last == _BRACKETS[sign] and end > at + 2:
                yield at, end + 2, None


def _is_math(inside: str | None, next_char: str) -> bool:
    """Return whether a pair of dollars encloses a formula, and not the prose between two prices.

    Pandoc's rule: no blank just inside the dollars, no digit after the second.  The rule is waived
    where the inside looks like TeX; the digit is allowed where the inside begins with no digit.
    """
    if inside is None:
        return True
    if "\n\n" in inside or len(inside) > 400:
        return False
    if any(sign in inside for sign in "\\^_"):
        return True
    is_price = inside[0].isdigit() and next_char.isdigit()
    return not (inside[0].isspace() or inside[-1].isspace() or is_price)


def _prose(text: str) -> str:
    text = _TIE.sub(" ", text)
    text = _BARE_SIGN.sub(_set_aside, text)
    return _OPEN_SCRIPT.sub(_set_aside, text)


def _formula(text: str) -> str:
    text = _SCRIPT_OF_MACRO.sub(r"\1{\2}", text)
    return _BARE_IN_FORMULA.sub(_set_aside, text).replace("~", " ")


def _set_aside(found: expressions.Match[str]) -> str:
    return found[0].translate(_ASIDE)


def _named(found: expressions.Match[str]) -> str:
    """Replace an unknown macro by its name, or by nothing where text in braces follows."""
    name, follows = found[1], found[2]
    if name in _known():
        return found[0]
    is_icon = name.startswith("fa") and name[2:3].isupper()  # Font Awesome's
    if name in _SILENT or is_icon:
        return follows.strip()
    return follows if follows == "{" else name + follows


@cache
def _grammar() -> Any:
    """Return the parser's context: how many arguments each macro takes."""
    grammar = latexwalker.get_default_latex_context_db().filter_context(
        exclude_categories=["nonascii-specials"]
    )
    scripts = [
        macrospec.SpecialsSpec(char, macrospec.MacroStandardArgsParser("{")) for char in "_^"
    ]
    macros = [macrospec.std_macro(name, False, 0) for name in _WORDS]
    macros += [macrospec.std_macro(name, False, 2) for name in ("href", "hyperlink")]
    grammar.add_context_category("ours", macros=macros, specials=scripts, prepend=True)
    return grammar


@cache
def _glossary() -> Any:
    """Return the writer's context: the text of each macro."""
    macro, special = latex2text.MacroTextSpec, latex2text.SpecialsTextSpec
    glossary = latex2text.get_default_latex_context_db()
    texts: dict[str, Any] = {**dict.fromkeys(_DROPPED, ""), **_WORDS}
    texts |= {
        "url": lambda node, l2tobj: _address(node, 0),
        "href": _link,
        "hyperlink": _link,
        "frac": _fraction,
        "nicefrac": _fraction,
        "sqrt": lambda node, l2tobj: "√" + _bracketed(l2tobj.node_arg_to_text(node, 1)),
        "footnote": lambda node, l2tobj: f" ({l2tobj.node_arg_to_text(node, 1)})",
        "mathbb": lambda node, l2tobj: l2tobj.node_arg_to_text(node, 0).translate(_BLACKBOARD),
        "item": " • ",
    }
    macros = [macro(name, simplify_repl=text, discard=not text) for name, text in texts.items()]
    macros += [macro(name, discard=False) for name in _PLAIN + _LITERAL]
    scripts = [special("^", _superscript), special("_", _subscript)]
    glossary.add_context_category("ours", macros=macros, specials=scripts, prepend=True)
    return glossary


@cache
def _known() -> frozenset[str]:
    """Return the names of the macros that are left to pylatexenc."""
    names = {spec.macroname for spec in _glossary().iter_macro_specs()}
    return frozenset((names | {"begin", "end"}) - _SILENT)


def _superscript(node: Any, l2tobj: Any) -> str:
    text = l2tobj.node_arg_to_text(node, 0).strip()
    return _RAISED_ALREADY.get(text) or _script("^", text, _SUPERSCRIPT)


def _subscript(node: Any, l2tobj: Any) -> str:
    return _script("_", l2tobj.node_arg_to_text(node, 0).strip(), _SUBSCRIPT)


def _script(sign: str, text: str, table: dict[int, int]) -> str:
    if text and all(ord(char) in table for char in text) and not (len(text) > 1 and text.isalpha()):
        return text.translate(table)
    return sign + _bracketed(text)


def _bracketed(text: str) -> str:
    return text if text.isalnum() or len(text) == 1 else f"({text})"


def _fraction(node: Any, l2tobj: Any) -> str:
    above, below = (l2tobj.node_arg_to_text(node, place) for place in (0, 1))
    return f"{_factor(above)}/{_factor(below)}"


def _factor(text: str) -> str:
    return f"({text})" if _OPERATOR.search(text.strip()) else text


def _link(node: Any, l2tobj: Any) -> str:
    """Return the text of a link, and its address unless the text contains it already."""
    address, words = _address(node, 0), l2tobj.node_arg_to_text(node, 1).strip()
    is_told = not address.startswith("http") or address.split("//")[-1] in words
    return words or address if is_told else f"{words} ({address})" if words else address


def _address(node: Any, place: int) -> str:
    verbatim = node.nodeargd.argnlist[place].latex_verbatim().removeprefix("{").removesuffix("}")
    return _ESCAPED.sub(r"\1", verbatim).strip()
