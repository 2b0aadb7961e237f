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
from .tex_signs import ASIDE, BACK, ESCAPED, holds_numbers_of, with_literal_signs

# The signs that begin or end a formula; every other sign with a backslash as well, so that an
# escaped one is not misread.
_SIGN = expressions.compile(r"\\.|\$", dotall=True)
_BRACKETS = {r"\(": r"\)", r"\[": r"\]", r"\)": "", r"\]": ""}
_MACRO = expressions.compile(r"\\([A-Za-z]+)(\{(?!\})|\s*)")
# A tilde between words is TeX's tie ("Task~2", "et al.~(2020)"); elsewhere, and before a share or
# an amount ("e.g.~10%", "of~8B"), it may mean "about" and stays.
_TIE = expressions.compile(
    r"(?<=[A-Za-z][A-Za-z.,:;)}])~(?=[\w({$\\])"
    r"(?![0-9][0-9.,]{0,9}(?: ?\\?[%×x]|times|[KMBk]\b))"
)
# A backslash within a word or a path is one: "and\or", "C:\data\tides".
_WITHIN_WORD = expressions.compile(
    r"(?<![A-Za-z0-9)\\])([A-Za-z0-9)]++:?+)((?:\\[A-Za-z]++)++)(?!\{)"
)
# Some programs escape a line's end twice.
_ESCAPED_LINE_END = expressions.compile(r"(?<=\S)(?:\\r)?+\\n(?:(?:\\r)?+\\n|(?=[A-Z0-9\s*•-]|$))")
# TeX sets a function apart from what it is applied beside: n\log n.
_FUNCTION = expressions.compile(
    r"(?<=[A-Za-z0-9)}])\\(log|ln|exp|sin|cos|tan|sinh|cosh|tanh|max|min|det|dim)(?![A-Za-z])"
)
_HREF_WITHOUT_TEXT = expressions.compile(r"\\href\s*(\{[^{}]*\}\s*+)(?!\{)")
_BARE_SIGN = expressions.compile(r"(?<!\\)[%#&~$]|(?<!\\)[_^](?!\{)")
_BARE_IN_FORMULA = expressions.compile(r"(?<!\\)[%#&]")
_OPEN_SCRIPT = expressions.compile(r"(?<!\\)[_^]\{[^{}]*$")
_SCRIPT_OF_MACRO = expressions.compile(r"([_^])\s*(\\[A-Za-z]+\{[^{}]*\})")
_OPERATOR = expressions.compile(r"[\s+\-−=/,]")

# An accent over half of a Greek letter's name comes from a careless search and replace.
_SPLIT_GREEK = expressions.compile(r"\\(?:b\{eta|k\{appa|r\{ho|c\{hi|d\{elta|t\{au|t\{heta)\}")

_WORD_IN_FORMULA = expressions.compile(
    r"\\(?:text(?:tt|bf|it|sf|sc|rm|normal)?|mathtt|mbox|operatorname)\s*\{[^{}]*\}"
)
_NUMBER = expressions.anchored(r"[0-9]+\.[0-9]+")

_NO_BRACES = str.maketrans("", "", "\\{}")

_SUPERSCRIPT = str.maketrans(
    "0123456789+-−=()abcdefghijklmnoprstuvwxyzT",
    "⁰¹²³⁴⁵⁶⁷⁸⁹⁺⁻⁻⁼⁽⁾ᵃᵇᶜᵈᵉᶠᵍʰⁱʲᵏˡᵐⁿᵒᵖʳˢᵗᵘᵛʷˣʸᶻᵀ",
)
_SUBSCRIPT = str.maketrans("0123456789+-−=()aehijklmnoprstuvx", "₀₁₂₃₄₅₆₇₈₉₊₋₋₌₍₎ₐₑₕᵢⱼₖₗₘₙₒₚᵣₛₜᵤᵥₓ")
_RAISED_ALREADY = {sign: sign for sign in "°′†'*"} | {"∘": "°", "∗": "*", "⋆": "*", "⊤": "ᵀ"}

_WORDS = {
    "eg": "e.g.", "ie": "i.e.", "etc": "etc.", "etal": "et al.", "wrt": "w.r.t.", "vs": "vs.",
    "deg": "°", "degree": "°", "celsius": "°C", "micro": "μ", "euro": "€", "pounds": "£",
    "textgreater": ">", "textless": "<", "slash": "/",
    "today": "today", "ldots": "…", "dots": "…", "cdots": "⋯",
    "star": "⋆", "colon": ":", "lbrack": "[", "rbrack": "]", "mid": "|", "|": "‖",
    "-": "", "/": "", "!": "",
    ",": " ", ";": " ", ":": " ", ">": " ", "quad": " ", "qquad": " ", "newline": " ",
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
_DROPPED = ("label", "vspace", "hspace", "color")
# What is cited or referred to is shown by the name that the authors have for it.
_REFERENCES = (
    "cite", "citep", "citet", "citealp", "citeauthor", "citeyear", "ref", "eqref", "autoref",
    "cref", "Cref",
)  # fmt: skip
# The letters of these alphabets are missing from many fonts, and no one searches for them.
_PLAIN = ("mathbf", "mathit", "mathsf", "mathtt", "mathcal", "mathscr", "mathfrak", "mathrm")
_LITERAL = ("input", "include", "mathnormal")
_FRACTIONS = ("frac", "dfrac", "tfrac", "cfrac", "nicefrac", "sfrac")
_BINOMIALS = ("binom", "dbinom", "tbinom")
_BLACKBOARD = str.maketrans("CHNPQRZ", "ℂℍℕℙℚℝℤ")


def unicode_of(tex: str) -> str:
    """Turn ``tex`` into readable Unicode; whitespace is not normalised.

    Raises ValueError if a digit would be lost, or numbers would change their order or become one.
    """
    source = _prepared(tex)
    nodes = _Walker(source, latex_context=_grammar()).get_latex_nodes()[0]
    writer = latex2text.LatexNodes2Text(
        latex_context=_glossary(),
        math_mode="text",
        strict_latex_spaces={"between-latex-constructs": True},
    )
    written: str = writer.nodelist_to_text(nodes)
    text = unicodedata.normalize("NFC", written.translate(BACK))
    if not holds_numbers_of(tex, text):
        raise ValueError("a number would be lost")
    return text


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
    tex = with_literal_signs(tex, _known())
    parts, at = [], 0
    for start, end, inside in _formulas(tex):
        if start < at:
            continue
        if not _is_math(inside, tex[end : end + 1]):
            parts.append(_prose(tex[at:start] + ASIDE[ord("$")]))
            at = start + 1
            continue
        parts += [_prose(tex[at:start]), _formula(tex[start:end])]
        at = end
    parts.append(_prose(tex[at:]))
    return _MACRO.sub(_named, _FUNCTION.sub(r" \\\1", "".join(parts)))


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
    text = _ESCAPED_LINE_END.sub(" ", _TIE.sub(" ", text))
    text = _WITHIN_WORD.sub(_unless_known, text)
    text = _BARE_SIGN.sub(_set_aside, text)
    return _OPEN_SCRIPT.sub(_set_aside, text)


def _formula(text: str) -> str:
    text = _WORD_IN_FORMULA.sub(lambda found: found[0].replace("_", ASIDE[ord("_")]), text)
    text = _SCRIPT_OF_MACRO.sub(r"\1{\2}", text)
    return _BARE_IN_FORMULA.sub(_set_aside, text).replace("~", " ")


def _set_aside(found: expressions.Match[str]) -> str:
    return found[0].translate(ASIDE)


def _named(found: expressions.Match[str]) -> str:
    """Replace an unknown macro by its name, or by nothing where text in braces follows."""
    name, follows = found[1], found[2]
    if name in _known():
        return found[0]
    if _is_silent(name):
        return follows.strip()
    return follows if follows == "{" else name + follows


def _is_silent(name: str) -> bool:
    return name in _SILENT or (name.startswith("fa") and name[2:3].isupper())  # Font Awesome's


def _unless_known(found: expressions.Match[str]) -> str:
    """Set the backslashes of a word aside unless each begins a macro that is known."""
    names = found[2].split("\\")[1:]
    is_tex = all(name in _known() or _is_silent(name) for name in names)
    is_tex |= found[1].endswith(":") and len(found[1]) > 2
    return found[0] if is_tex else found[0].replace("\\", ASIDE[ord("\\")])


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
    pairs = ("href", "hyperlink", *_FRACTIONS, *_BINOMIALS)
    macros += [macrospec.std_macro(name, False, 2) for name in pairs]
    macros += [macrospec.std_macro(f"text{place}script", False, 1) for place in ("super", "sub")]
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
        **dict.fromkeys(_FRACTIONS, _fraction),
        **dict.fromkeys(_BINOMIALS, _binomial),
        "textsuperscript": _superscript,
        "textsubscript": _subscript,
        "sqrt": _root,
        "footnote": _footnote,
        **dict.fromkeys(_REFERENCES, _reference),
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
    is_one = text.isalnum() or len(text) == 1 or _NUMBER.fullmatch(text)
    return text if is_one else f"({text})"


def _fraction(node: Any, l2tobj: Any) -> str:
    above, below = (l2tobj.node_arg_to_text(node, place) for place in (0, 1))
    return f"{_factor(above)}/{_factor(below)}"


def _binomial(node: Any, l2tobj: Any) -> str:
    above, below = (l2tobj.node_arg_to_text(node, place) for place in (0, 1))
    return f"({above} choose {below})"


def _root(node: Any, l2tobj: Any) -> str:
    degree, text = (l2tobj.node_arg_to_text(node, place) for place in (0, 1))
    raised: str = degree.strip().translate(_SUPERSCRIPT)
    return f"{raised}√{_bracketed(text)}"


def _footnote(node: Any, l2tobj: Any) -> str:
    return f" ({' '.join(l2tobj.node_arg_to_text(node, place) for place in (0, 1)).strip()})"


def _reference(node: Any, l2tobj: Any) -> str:
    given = node.nodeargd.argnlist if node.nodeargd else ()
    names = [part.latex_verbatim().strip("[]{} ") for part in given if part is not None]
    return f"[{', '.join(filter(None, names)).removeprefix('*')}]"


def _factor(text: str) -> str:
    return f"({text})" if _OPERATOR.search(text.strip()) else text


def _link(node: Any, l2tobj: Any) -> str:
    """Return the text of a link, and its address unless the text contains it already."""
    address, words = _address(node, 0), l2tobj.node_arg_to_text(node, 1).strip()
    is_shown = not address.startswith("http") or address.split("//")[-1] in words
    if is_shown or not words:
        return words or address
    # The address is first in the source, and numbers keep their order.
    numbers = ["".join(filter(str.isdigit, each)) for each in (address, words)]
    is_kept = numbers[0] + numbers[1] == numbers[1] + numbers[0]
    return f"{words} ({address})" if is_kept else f"{address} ({words})"


def _address(node: Any, place: int) -> str:
    verbatim = node.nodeargd.argnlist[place].latex_verbatim().removeprefix("{").removesuffix("}")
    return ESCAPED.sub(r"\1", verbatim).strip()
