"""Strict JSON: what only Python's own parser accepts (such as NaN) is refused."""

from __future__ import annotations

import json
import math
from typing import Any, NoReturn

from ...errors import SourceError
from .entries import line

# All JSON parsers agree only on integers of up to 16 digits (RFC 8259 §6).
_DIGITS = 18


def loads(data: bytes, listing: str) -> Any:
    """Read a JSON document; raises SourceError for anything else, with the place of the fault."""
    if not data.strip():
        raise SourceError(listing, "an empty answer")
    start = data[:200].lstrip(b"\xef\xbb\xbf \t\r\n")
    if start.startswith(b"<"):
        raise SourceError(listing, "a web page instead of JSON")
    if start[:1].isalpha() and start[:4] not in {b"true", b"fals", b"null"}:
        raise SourceError(listing, f"no JSON but {excerpt(data)}")
    try:
        text = data.decode(json.detect_encoding(data))
        return json.loads(text, parse_constant=_refuse, parse_int=_integer, parse_float=_finite)
    except UnicodeDecodeError as error:
        raise SourceError(listing, f"not text: {error.reason} at byte {error.start}") from error
    except RecursionError as error:
        raise SourceError(listing, "JSON nested too deep") from error
    except json.JSONDecodeError as error:
        place = f"line {error.lineno}, column {error.colno}"
        raise SourceError(listing, f"broken JSON at {place}: {error.msg.lower()}") from error
    except ValueError as error:
        raise SourceError(listing, f"not JSON: {error}") from error


def excerpt(data: bytes) -> str:
    """Quote the beginning of an answer that is only a message."""
    return repr(line(data[:200].decode("ascii", "replace"), 60))


def _refuse(name: str) -> NoReturn:
    raise ValueError(f"{name} is not a number")


def _integer(digits: str) -> int:
    if len(digits) > _DIGITS:
        raise ValueError(f"an integer of {len(digits)} digits")
    return int(digits)


def _finite(digits: str) -> float:
    value = float(digits)
    if not math.isfinite(value):
        raise ValueError("a number too large")
    return value
