"""Parse a message into its parts (RFC 5322, 2046), in time linear in its bytes.

Python's own parser is made for honest mail: it reads some headers with expressions that backtrack,
recurses as deep as the message says, and compares every boundary with every line.  This one reads
hostile bytes, raises nothing but UnreadableError, and ignores what is beyond the limits.
"""

from __future__ import annotations

from collections.abc import Iterator
from dataclasses import dataclass, field

from . import headers
from .charsets import text_from, unwrapped
from .limits import (
    MAX_DEPTH,
    MAX_FIELD_LENGTH,
    MAX_FIELDS,
    MAX_LIST_LENGTH,
    MAX_MESSAGE_SIZE,
    MAX_PARTS,
    MAX_TEXT_LENGTH,
    Work,
)

#: Types of parts that hold a message, or its headers.
MESSAGES = frozenset(
    {"message/rfc822", "message/global", "message/news"}
    | {"message/rfc822-headers", "text/rfc822-headers", "message/global-headers"}
)


@dataclass(frozen=True, slots=True, kw_only=True)
class Part:
    """A message or a part of one: its fields, its bytes, and the parts inside."""

    #: names in small letters, values unfolded but not decoded
    fields: tuple[tuple[str, str], ...] = ()
    type: str = "text/plain"
    parameters: dict[str, str] = field(default_factory=dict)
    body: bytes = b""
    parts: tuple[Part, ...] = ()

    def __contains__(self, name: str) -> bool:
        return any(each == name.lower() for each, _ in self.fields)

    def all(self, name: str) -> list[str]:
        """Return the values of every field of that name, not decoded."""
        return [value for each, value in self.fields if each == name.lower()]

    def raw(self, name: str) -> str:
        """Return the first field of that name, not decoded; empty without one."""
        return next(iter(self.all(name)), "")

    def header(self, name: str) -> str:
        """Return the first field of that name, decoded."""
        return headers.decoded(self.raw(name))

    def walk(self) -> Iterator[Part]:
        """Yield this part and all parts inside, from the top."""
        yield self
        for part in self.parts:
            yield from part.walk()

    @property
    def is_attachment(self) -> bool:
        """Return whether it is a file beside the text."""
        return headers.with_parameters(self.raw("Content-Disposition"))[0] == "attachment"

    def content(self, work: Work, most: int = MAX_TEXT_LENGTH) -> bytes:
        """Return the body, ``most`` bytes of it at most, without its transfer encoding."""
        body = self.body[:most]
        work.spend(len(body))
        return unwrapped(body, self.raw("Content-Transfer-Encoding"))

    def text(self, work: Work) -> str:
        """Return the body as text; of a long one the beginning."""
        return text_from(self.content(work), self.parameters.get("charset", ""))


def parse(data: bytes, work: Work) -> Part:
    """Parse a message; raises UnreadableError where that costs too much."""
    work.spend(len(data[:MAX_MESSAGE_SIZE]))
    plain = data[:MAX_MESSAGE_SIZE].replace(b"\r\n", b"\n").replace(b"\r", b"\n")
    return _Parser(work).part(plain, 0)


class _Parser:
    """The parser of one message; counts its parts."""

    def __init__(self, work: Work) -> None:
        self._work = work
        self._parts = 0

    def part(self, data: bytes, depth: int) -> Part:
        """Parse one part, and the parts inside it down to DEEPEST."""
        self._work.spend(len(data))
        self._parts += 1
        fields, body = _head(data)
        value = next((value for name, value in fields if name == "content-type"), "")
        kind, parameters = headers.with_parameters(value)
        kind = kind if "/" in kind else "text/plain"
        found = Part(fields=fields, type=kind, parameters=parameters, body=body)
        inside = tuple(self._inside(found, depth)) if depth < MAX_DEPTH else ()
        if kind.startswith("multipart/") and not inside:
            kind = "text/plain"
        return Part(fields=fields, type=kind, parameters=parameters, body=body, parts=inside)

    def _inside(self, part: Part, depth: int) -> Iterator[Part]:
        if part.type in MESSAGES and self._parts < MAX_PARTS:
            yield self.part(part.content(self._work, MAX_MESSAGE_SIZE).lstrip(b"\n"), depth + 1)
        elif part.type.startswith("multipart/"):
            boundary = part.parameters.get("boundary", "").rstrip()
            for piece in _pieces(part.body, boundary.encode("utf-8", "replace")):
                if self._parts >= MAX_PARTS:
                    return
                yield self.part(piece, depth + 1)


def fields(data: bytes) -> tuple[tuple[str, str], ...]:
    """Return the fields of a block of them, as in a delivery report."""
    return _head(data)[0]


def _head(data: bytes) -> tuple[tuple[tuple[str, str], ...], bytes]:
    """Return the header fields, and the bytes after them.

    A line that is no field and does not continue one begins the body, as after a blank line.
    """
    found: list[tuple[str, list[bytes]]] = []
    place = data.find(b"\n") + 1 if data.startswith((b"From ", b">From ")) else 0
    while place < len(data):
        end = data.find(b"\n", place)
        end = len(data) if end < 0 else end
        line = data[place:end]
        if not line:
            place = end + 1
            break
        if line[:1] in b" \t" and found:
            found[-1][1].append(line)
        elif len(found) >= MAX_FIELDS:
            end = data.find(b"\n\n", place)
            place = end + 2 if end >= 0 else len(data)
            break
        else:
            name, colon, value = line.partition(b":")
            if not colon or not _is_name(name):
                break
            found.append((name.rstrip().decode("ascii").lower(), [value]))
        place = end + 1
    return tuple((name, _unfolded(lines)) for name, lines in found), data[place:]


#: RFC 5322 §3.6.8: printable, and no blank.
_NAME = bytes(range(33, 127))


def _is_name(name: bytes) -> bool:
    bare = name.rstrip()
    return 0 < len(bare) <= 100 and not bare.translate(None, _NAME)


def _unfolded(lines: list[bytes]) -> str:
    kept, length = [], 0
    for line in lines:
        if length > MAX_FIELD_LENGTH:
            break
        kept.append(line[:MAX_FIELD_LENGTH].strip())
        length += len(kept[-1]) + 1
    return text_from(b" ".join(kept)[:MAX_FIELD_LENGTH]).strip()


def _pieces(body: bytes, boundary: bytes) -> Iterator[bytes]:
    """Yield what is between the lines of a boundary; the last piece may lack its end."""
    if not boundary or len(boundary) > MAX_LIST_LENGTH:
        return
    mark, text = b"\n--" + boundary, b"\n" + body
    start, at = -1, text.find(mark)
    while at >= 0:
        end = text.find(b"\n", at + 1)
        end = len(text) if end < 0 else end
        rest = text[at + len(mark) : end].strip()
        if rest in (b"", b"--"):
            if start >= 0:
                yield text[start : max(at, start)]
            if rest:
                return
            start = end + 1
        at = text.find(mark, end)
    if start >= 0:
        yield text[start:]
