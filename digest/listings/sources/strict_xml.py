"""Strict XML: a whole document, without entities of its own, of limited depth."""

from __future__ import annotations

from collections.abc import Iterator
from typing import NoReturn
from xml.etree.ElementTree import Element, TreeBuilder, tostring
from xml.parsers import expat

from ...errors import SourceError
from .markup import text_of
from .strict_json import excerpt

_DEEPEST = 100


class _RefusedError(Exception):
    """What a document may not hold."""


def loads(data: bytes, listing: str) -> Element:
    """Read an XML document; raises SourceError for anything else, with the place of the fault.

    A document type is skipped, what it declares is refused, and nothing outside is opened.
    """
    if not data.strip():
        raise SourceError(listing, "an empty answer")
    if not data.lstrip(b"\xef\xbb\xbf \t\r\n").startswith((b"<", b"\xff\xfe", b"\xfe\xff")):
        raise SourceError(listing, f"no XML but {excerpt(data)}")
    builder = _Builder()
    parser = expat.ParserCreate()
    parser.buffer_text = True
    parser.StartElementHandler = builder.begin
    parser.EndElementHandler = builder.end
    parser.CharacterDataHandler = builder.tree.data
    parser.EntityDeclHandler = _refuse_entity
    try:
        parser.Parse(data, True)
    except expat.ExpatError as error:
        place = f"line {error.lineno}, column {error.offset + 1}"
        reason = f"broken XML at {place}: {expat.ErrorString(error.code)}"
        raise SourceError(listing, reason) from error
    except _RefusedError as error:
        raise SourceError(listing, str(error)) from error
    return builder.tree.close()


class _Builder:
    def __init__(self) -> None:
        self.tree = TreeBuilder()
        self._depth = 0

    def begin(self, name: str, attributes: dict[str, str]) -> None:
        self._depth += 1
        if self._depth > _DEEPEST:
            raise _RefusedError("XML nested too deep")
        self.tree.start(name, attributes)

    def end(self, name: str) -> None:
        self._depth -= 1
        self.tree.end(name)


def _refuse_entity(*declared: object) -> NoReturn:
    raise _RefusedError(f"XML that declares an entity: {declared[0]!s:.40}")


def text_at(parent: Element, path: str) -> str:
    """Return the readable text of the first element at ``path``, markup and formulas included."""
    found = parent.find(path)
    return "" if found is None else readable_of(found)


def readable_of(element: Element) -> str:
    """Return the readable text within an element, without what follows it."""
    if not len(element):
        return element.text or ""
    source = tostring(element, encoding="unicode")
    end = len(element.tail or "") and source.rfind(">") + 1
    return text_of(source[source.index(">") + 1 : source.rindex("<", 0, end or None)])


def texts_at(parent: Element, path: str) -> Iterator[str]:
    """Yield the readable texts of all elements at ``path``."""
    return (text for found in parent.findall(path) if (text := readable_of(found)))
