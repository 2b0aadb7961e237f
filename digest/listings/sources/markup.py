"""Markup to plain text: only what a person would read, nothing that runs or loads.

A text is read by what it holds, not by what its feed says of it: HTML, XHTML, JATS and MathML,
escaped once or twice, or no markup at all.  Formulas and raised or lowered signs become Unicode,
each by itself, so that 10<sup>5</sup> never becomes 105, and no dollar beside it begins a formula.
"""

from __future__ import annotations

from collections import defaultdict
from html import escape, unescape
from html.entities import html5

import nh3

from ... import expressions
from ...language.text import readable
from .damage import with_whole_characters
from .mathml import tex_of

# nh3 needs a second for 80,000 characters of deeply nested markup; the time grows with the square.
_MAX_LENGTH = 32_000
_SILENT = "iframe|noscript|script|style|svg|template|title"
_BLOCKS = (
    "address|article|aside|blockquote|br|caption|center|dd|details|div|dl|dt|figcaption|figure|"
    "footer|h1|h2|h3|h4|h5|h6|header|hr|li|main|nav|ol|p|pre|section|summary|table|tbody|td|tfoot|"
    "th|thead|tr|ul"
)
# Elements of JATS and of Springer's own, and those of HTML that mean the same; nh3 drops some that
# it does not know with all that is in them, although they are allowed.
_MEANINGS = {
    "disp-formula": "div",
    "list": "div",
    "list-item": "div",
    "sec": "div",
    "subscript": "sub",
    "superscript": "sup",
}
_MEANT = expressions.compile(rf"<(/?)({'|'.join(_MEANINGS)})(?=[\s/>])", ignore_case=True)
_OTHERS = (
    "a|abbr|abstract|acronym|alternatives|audio|b|bdi|bdo|big|body|bold|button|cite|code|data|del|"
    "dfn|em|emphasis|ext-link|font|form|head|html|i|img|inf|inline-formula|inline-graphic|input|ins|italic|kbd|"
    "label|link|mark|meta|monospace|named-content|nobr|object|overline|param|q|roman|s|samp|"
    "sans-serif|sc|scp|small|source|span|strike|strong|styled-content|sub|sup|time|tt|u|underline|"
    "uri|var|video|wbr|xref"
)
# Elements that nothing ends, and those whose end may be left out.
_VOID = frozenset(
    ["br", "hr", "img", "input", "link", "meta", "param", "source", "wbr", "inline-graphic"]
)
_UNENDED = frozenset(["p", "li", "dt", "dd", "tr", "td", "th"])
_NAMES = frozenset([*f"{_SILENT}|{_BLOCKS}|{_OTHERS}".split("|"), *_MEANINGS])
_TAG = expressions.compile(r"<[^<>]*>")
_NAMED_TAG = expressions.compile(r"<(/?)([A-Za-z][A-Za-z0-9-]*)(?:([\s/][^<>]*))?>")
# Elements of other vocabularies (jats:p, mml:math) are named like those of HTML or unknown.
_PREFIXED = expressions.compile(r"<(/?)[A-Za-z][\w-]*:([A-Za-z][\w-]*)(?=[\s/>])")
_FORMULA = expressions.compile(
    r"<((?:[A-Za-z][\w-]*:)?(?:alternatives|math|tex-math))(?:\s[^<>]*)?>"
)
_HIDDEN = expressions.compile(r"""\baria-hidden\s?=\s?["']?true\b""", ignore_case=True)
_ATTRIBUTE = expressions.compile(
    r"""\b(alt|class|src)\s?=\s?(?:"([^"]*)"|'([^']*)')""", ignore_case=True
)
_WORD = expressions.compile("[a-z]+")
#: Words in the class or the address of a picture that shows TeX.
_OF_FORMULAS = frozenset(["latex", "tex", "math", "mathjax"])
_ANGLE = expressions.compile("<")
_DECLARATION = expressions.compile(r"<!(?:--|doctype\b)", ignore_case=True)
# A text that was cut within a tag.
_UNFINISHED = expressions.compile(r"</?([A-Za-z][A-Za-z0-9]{0,20})(\s[^<>]*)?$")
_CDATA = expressions.compile(r"<!\[CDATA\[|\]\]>")
_REFERENCE = expressions.compile(
    r"&(?:#[0-9]{1,8}|#[xX][0-9A-Fa-f]{1,7}|[A-Za-z][A-Za-z0-9]{1,31});"
)
_BARE = expressions.compile(r"&(?!#[0-9]{1,8};|#[xX][0-9A-Fa-f]{1,7};|[A-Za-z][A-Za-z0-9]{1,31};)")
# Ordinals and trade marks are raised words; anything else raised or lowered changes a number.
_RAISED_WORDS = frozenset(["", "st", "nd", "rd", "th", "TM", "®", "™", "©"])
_DEEPEST_SCRIPT = 3
_SCRIPT = expressions.compile(r"<(su[bp]|inf)>([^<>]*)</(?:su[bp]|inf)>")


def text_of(markup: str) -> str:
    """Return the text of a fragment's first 32,000 characters, blocks separated by a blank."""
    text = markup[:_MAX_LENGTH]
    for _ in range(3):
        if "<" not in text and "&" not in text:
            break
        text, had_tags = _read(text)
        if had_tags:
            return resolved(text)
    return text


def resolved(text: str) -> str:
    """Resolve the references of XML and HTML in a text; those of no character become U+FFFD."""
    if "&" not in text:
        return text
    return _REFERENCE.sub(_character, with_whole_characters(text))


def _character(found: expressions.Match[str]) -> str:
    return unescape(found[0]) if _is_known(found[0]) else found[0]


def _is_known(reference: str) -> bool:
    """Return whether HTML has it: a browser takes the beginning of "&notmine;" for "¬"."""
    return reference[1] == "#" or reference[1:] in html5


def _read(text: str) -> tuple[str, bool]:
    """Return the text of ``text``, and whether it held any element."""
    source = _with_formulas(_as_read(_CDATA.sub("", text)))
    known, had_tags = _with_literal_angles(_PREFIXED.sub(_unprefixed, source))
    if not had_tags:
        return resolved(source), source != text
    known = _MEANT.sub(lambda tag: f"<{tag[1]}{_MEANINGS[tag[2].lower()]}", known)
    plain = nh3.clean(
        _REFERENCE.sub(_literal_if_unknown, _BARE.sub("&amp;", with_whole_characters(known))),
        tags={*_BLOCKS.split("|"), "sub", "inf", "sup"},
        attributes={},
        clean_content_tags=set(_SILENT.split("|")),
        link_rel=None,
    )
    for _ in range(_DEEPEST_SCRIPT):
        plain = _SCRIPT.sub(_script, plain)
    return resolved(_TAG.sub(" ", plain)), True


def _as_read(text: str) -> str:
    """Return markup as a screen reader takes it: without what is hidden, formulas for pictures.

    KaTeX shows each formula twice, once hidden; WordPress shows pictures of TeX.
    """
    parts, at, hidden, depth = [], 0, "", 0
    for tag in _NAMED_TAG.finditer(text):
        name, rest = tag[2].lower(), tag[3] or ""
        if depth and name == hidden:
            depth += -1 if tag[1] else 1
            at = at if depth else tag.end()
        elif not depth and _HIDDEN.search(rest):
            parts.append(text[at : tag.start()])
            at = tag.end()
            hidden, depth = name, int(name not in _VOID and not rest.endswith("/"))
        elif not depth and name == "img" and (formula := _pictured(rest)):
            parts += [text[at : tag.start()], formula]
            at = tag.end()
    return "".join(parts) + text[at:]


def _pictured(attributes: str) -> str:
    """Return the formula that a picture shows; "" of another picture."""
    found = {each[1].lower(): each[2] or each[3] or "" for each in _ATTRIBUTE.finditer(attributes)}
    about = _WORD.findall(f"{found.get('class', '')} {found.get('src', '')}".lower())
    tex = resolved(found.get("alt", "")).strip().strip("$")
    is_formula = tex and not _OF_FORMULAS.isdisjoint(about)
    return escape(readable(rf"\({tex}\)")) if is_formula else ""


def _literal_if_unknown(found: expressions.Match[str]) -> str:
    return found[0] if _is_known(found[0]) else f"&amp;{found[0][1:]}"


def _script(found: expressions.Match[str]) -> str:
    """Return a raised or lowered text in Unicode, as markup."""
    if found[2].strip() in _RAISED_WORDS:
        return found[2]
    sign = "^" if found[1] == "sup" else "_"
    return escape(readable(f"{sign}{{{resolved(found[2]).strip()}}}"))


def _with_formulas(text: str) -> str:
    """Replace each formula by readable text, however its publisher marks it up."""
    parts, at = [], 0
    while found := _FORMULA.search(text, at):
        end = text.find(f"</{found[1]}>", found.end())
        if end < 0:
            break
        parts += [text[at : found.start()], _formula(found[1], text[found.start() : end], found)]
        at = end + len(found[1]) + 3
    return "".join(parts) + text[at:]


def _formula(name: str, element: str, opening: expressions.Match[str]) -> str:
    """Return one element as text; of alternatives the one that is TeX already."""
    inside = element[len(opening[0]) :]
    match name.rpartition(":")[2]:
        case "math":
            return escape(readable(tex_of(element)))
        case "tex-math":
            # Springer's is a whole document.
            start = inside.find("\\begin{document}") + 1
            inside = inside[start + 15 : inside.rfind("\\end{document}")] if start else inside
            tex = resolved(inside).strip()
            tex = tex if "$" in tex or "\\(" in tex else rf"\({tex}\)"
            return escape(readable(tex).strip())
    forms = [f for f in _FORMULA.finditer(element, len(opening[0])) if "alternatives" not in f[1]]
    best = min(forms, key=lambda form: "tex-math" not in form[1], default=None)
    if best is None:
        return inside
    return _with_formulas(element[best.start() : element.find(f"</{best[1]}>")] + f"</{best[1]}>")


def _unprefixed(found: expressions.Match[str]) -> str:
    # The title of a JATS section is a heading, that of a web page is no text.
    is_known = found[2].lower() in _NAMES and found[2] != "title"
    return f"<{found[1]}{found[2] if is_known else 'div'}"


def _with_literal_angles(text: str) -> tuple[str, bool]:
    """Escape each "<" that begins no element; return whether any does."""
    if "<" not in text:
        return text, False
    begins = _elements(text)
    return _ANGLE.sub(lambda found: "<" if found.start() in begins else "&lt;", text), bool(begins)


def _elements(text: str) -> set[int]:
    """Return where elements and comments begin.

    The author's own angles are "<1M", "n < m", and elements as words ("the <a> and <mask> tokens"):
    those that nothing ends, that have no attributes, and that no letter touches.
    """
    begins = {found.start() for found in _DECLARATION.finditer(text)}
    if (cut := _UNFINISHED.search(text)) and cut[1].lower() in _NAMES:
        begins |= {cut.start()} if not cut[2] or "=" in cut[2] else set()
    opened: defaultdict[str, list[expressions.Match[str]]] = defaultdict(list)
    alone: list[expressions.Match[str]] = []
    for tag in _NAMED_TAG.finditer(text):
        name, rest = tag[2].lower(), tag[3] or ""
        if name not in _NAMES or not ("=" in rest or rest.strip() in ("", "/")):
            continue
        if not tag[1]:
            opened[name].append(tag)
            if name in _VOID or "=" in rest or rest.endswith("/"):
                begins.add(tag.start())
        elif opened[name]:
            begins |= {tag.start(), opened[name].pop().start()}
        else:
            alone.append(tag)
    alone += [tag for tags in opened.values() for tag in tags if tag.start() not in begins]
    unended = sum(tag[2].lower() in _UNENDED for tag in alone)
    for tag in alone:
        is_block = tag[2].lower() in _UNENDED and (bool(begins) or unended > 1)
        if is_block or _is_touched(text, tag):
            begins.add(tag.start())
    return begins


def _is_touched(text: str, tag: expressions.Match[str]) -> bool:
    """Return whether a letter touches a tag where its text is: "<i>vivo", "vivo</i>"."""
    neighbour = text[tag.start() - 1 : tag.start()] if tag[1] else text[tag.end() : tag.end() + 1]
    return neighbour.isalnum()
