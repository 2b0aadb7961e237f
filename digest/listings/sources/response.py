"""The headers and bytes of an answer: decompression, Retry-After, conditional requests.

Pure: holds no more bytes than its limit allows.
"""

from __future__ import annotations

import zlib
from collections.abc import Iterable, Iterator, Mapping
from datetime import datetime
from email.utils import parsedate_to_datetime

from ... import expressions

#: Bytes of a body after decompression.
MAX_BODY_SIZE = 8 * 2**20
_RESET = expressions.compile(r"(?:^|;)\s*t=([0-9]{1,12})")
_RETRY_AFTER = (1.0, 86_400.0)


class FetchError(Exception):
    """A failed fetch: the reason, whether to retry it, and the wait that the source asked for."""

    def __init__(self, reason: str, *, again: bool = False, wait: float | None = None) -> None:
        self.reason = reason
        self.again = again
        self.wait = wait
        super().__init__(reason)


def retry_after(headers: Mapping[str, str], now: datetime) -> float | None:
    """Return the seconds until the source wants to be asked again, clamped to 1 s to 24 h.

    They come from ``Retry-After`` (seconds or a date), else from the ``t=`` of ``RateLimit``
    (draft-ietf-httpapi-ratelimit-headers); None if neither is valid.
    """
    text = headers.get("retry-after", "").strip()
    if text.isascii() and text.isdecimal():
        return _clamped(float(text))
    try:
        return _clamped((parsedate_to_datetime(text) - now).total_seconds())
    except (ValueError, TypeError, OverflowError):
        reset = _RESET.search(headers.get("ratelimit", ""))
    return _clamped(float(reset[1])) if reset else None


def _clamped(seconds: float) -> float:
    least, most = _RETRY_AFTER
    return min(max(seconds, least), most)


def read_body(chunks: Iterable[bytes], encoding: str, limit: int = MAX_BODY_SIZE) -> bytes:
    """Join and decompress a body, never holding more than ``limit`` bytes of it.

    Raises FetchError if it is larger, cut short, or compressed in a way that was not asked for.
    """
    parts: list[bytes] = []
    size = 0
    unpack: _Plain | _Zipped | None = None
    for chunk in chunks:
        unpack = unpack or _unpacker(encoding, chunk)
        for part in unpack.feed(chunk, limit + 1 - size):
            parts.append(part)
            size += len(part)
            if size > limit:
                raise FetchError(f"more than {limit >> 20} MiB")
    if unpack and not unpack.is_whole:
        raise FetchError("the compressed body is cut short", again=True)
    return b"".join(parts)


class _Plain:
    is_whole = True

    def feed(self, chunk: bytes, limit: int) -> Iterator[bytes]:
        yield chunk


class _Zipped:
    """The decompressor of gzip (also of several members) and zlib, known by their first bytes."""

    def __init__(self) -> None:
        self._inflate = zlib.decompressobj(47)
        self._is_begun = False

    @property
    def is_whole(self) -> bool:
        return self._inflate.eof or not self._is_begun

    def feed(self, chunk: bytes, limit: int) -> Iterator[bytes]:
        while chunk:
            if self._inflate.eof:
                self._inflate = zlib.decompressobj(47)
            self._is_begun = True
            try:
                yield self._inflate.decompress(chunk, limit)
            except zlib.error as error:
                raise FetchError("the compressed body is damaged") from error
            chunk = self._inflate.unconsumed_tail or self._inflate.unused_data


def _unpacker(encoding: str, start: bytes) -> _Plain | _Zipped:
    encoding = encoding.strip().lower()
    if encoding in {"", "identity"}:
        # Some servers send compressed files without a Content-Encoding.
        return _Zipped() if start.startswith(b"\x1f") else _Plain()
    if encoding in {"gzip", "x-gzip", "deflate"}:
        return _Zipped()
    raise FetchError(f"compressed as {encoding[:40]!r}, which was not asked for")


def conditions(validator: str) -> dict[str, str]:
    """Return the headers of a conditional request with this validator."""
    if not validator:
        return {}
    is_tag = validator.startswith(('"', 'W/"'))
    return {"If-None-Match" if is_tag else "If-Modified-Since": validator}


def validator_of(headers: Mapping[str, str]) -> str:
    """Return the entity tag of an answer, else the date of its last modification, else ""."""
    tag = headers.get("etag", "")
    # An entity tag without quotes is invalid (RFC 9110 §8.8.3).
    return tag if tag.startswith(('"', 'W/"')) else headers.get("last-modified", "")
