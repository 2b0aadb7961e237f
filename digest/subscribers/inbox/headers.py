"""Read header fields: encoded words, addresses, values with parameters.

Each function reads its text once, from the left, and raises nothing.
"""

from __future__ import annotations

from binascii import a2b_qp
from collections.abc import Iterator
from urllib.parse import unquote_to_bytes

from .charsets import from_base64, text_from
from .limits import MAX_LIST_LENGTH

#: An encoded word has at most 75 characters (RFC 2047 §2); some programs write longer ones.
_LONGEST_WORD = 1_000


def decoded(value: str) -> str:
    """Return a field's text with its encoded words decoded (RFC 2047)."""
    pieces: list[str] = []
    run: tuple[str, bytes] | None = None  # one character may be split between two words
    place = start = value.find("=?")
    pieces.append(value[:place] if place >= 0 else value)
    while start >= 0:
        word = _encoded_word(value, start)
        if word is None:
            start = value.find("=?", start + 2)
            continue
        charset, data, end = word
        between = value[place:start]
        if run and run[0] == charset and not between.strip():
            data = run[1] + data
        else:
            pieces.append(text_from(run[1], run[0]) if run else "")
            pieces.append("" if run and not between.strip() else between)
        run, place = (charset, data), end
        start = value.find("=?", end)
    if run:
        pieces += [text_from(run[1], run[0]), value[place:]]
    elif place >= 0:
        pieces.append(value[place:])
    return "".join(pieces)


def _encoded_word(value: str, start: int) -> tuple[str, bytes, int] | None:
    """Return charset, bytes and end of the encoded word at ``start``; None without one."""
    last = start + _LONGEST_WORD
    second = value.find("?", start + 2, last)
    if second < 0 or value[second + 2 : second + 3] != "?":
        return None
    end = value.find("?=", second + 3, last)
    kind = value[second + 1].lower()
    if end < 0 or kind not in "bq":
        return None
    encoded = value[second + 3 : end].encode("ascii", "ignore")
    data = from_base64(encoded) if kind == "b" else a2b_qp(encoded, header=True)
    return value[start + 2 : second].partition("*")[0], data, end + 2


def address_in(value: str) -> str:
    """Return the first address in a From field as it is written; empty without one.

    Reads the field before its encoded words are decoded: they encode a name, never an address.
    """
    bare = without_comments(value[:MAX_LIST_LENGTH])
    first = next((each for each in split(bare, ",") if "@" in each), "")
    name_and_rest = split(first, "<")
    written = name_and_rest[-1].partition(">")[0] if len(name_and_rest) > 1 else first
    return "".join(written.split()) if '"' not in written else written.strip()


def without_comments(value: str) -> str:
    """Return a field without its comments in parentheses; those inside quotes stay."""
    kept, depth, is_quoted, is_escaped = [], 0, False, False
    for c in value:
        if not is_escaped and c == '"' and not depth:
            is_quoted = not is_quoted
        if not is_quoted and not is_escaped and c == "(":
            depth += 1
        if not depth:
            kept.append(c)
        if not is_quoted and not is_escaped and c == ")" and depth:
            depth -= 1
        is_escaped = c == "\\" and not is_escaped
    return "".join(kept)


def split(value: str, mark: str) -> list[str]:
    """Split a text at a mark, but not inside quotes."""
    pieces, start, is_quoted, is_escaped = [], 0, False, False
    for place, c in enumerate(value):
        if c == '"' and not is_escaped:
            is_quoted = not is_quoted
        elif c == mark and not is_quoted:
            pieces.append(value[start:place])
            start = place + 1
        is_escaped = c == "\\" and not is_escaped
    return [*pieces, value[start:]]


def with_parameters(value: str) -> tuple[str, dict[str, str]]:
    """Return a field's value, in small letters, and its parameters (RFC 2045 §5.1, RFC 2231)."""
    first, *rest = split(value[:MAX_LIST_LENGTH], ";")
    found: dict[str, str] = {}
    long: dict[str, list[tuple[int, str, bool]]] = {}
    for name, text in _pairs(rest):
        base, star, number = name.partition("*")
        if not star:
            found.setdefault(base, text)
            continue
        is_encoded = name.endswith("*")
        digits = number.rstrip("*")
        place = int(digits) if digits.isascii() and digits.isdigit() and len(digits) < 4 else 0
        long.setdefault(base, []).append((place, text, is_encoded))
    found |= {name: _joined(pieces) for name, pieces in long.items()}
    return first.strip().lower(), found


def _pairs(texts: list[str]) -> Iterator[tuple[str, str]]:
    for text in texts:
        name, is_one, value = text.partition("=")
        if is_one:
            bare = value.strip()
            is_quoted = bare[:1] == '"'
            bare = bare[1:].partition('"')[0] if is_quoted and "\\" not in bare else bare
            yield name.strip().lower(), bare.replace('\\"', '"').replace("\\\\", "\\").strip('"')


def _joined(pieces: list[tuple[int, str, bool]]) -> str:
    """Join a parameter that came in pieces, percent-encoded or not."""
    charset, data = "", b""
    for number, (_, text, is_encoded) in enumerate(sorted(pieces)):
        if is_encoded and number == 0 and text.count("'") >= 2:
            charset, _, text = text.split("'", 2)
        raw = text.encode("utf-8", "replace")
        data += unquote_to_bytes(raw) if is_encoded else raw
    return text_from(data, charset)
