"""A table of addresses, as spreadsheets and mailing programs export it.

Only the addresses are read, and the column that says that one has left.
"""

from __future__ import annotations

import codecs
import csv
from collections.abc import Iterator, Sequence
from dataclasses import dataclass

from ..access.addresses import checked, fold
from ..errors import SourceError

#: Most addresses of one file.
MOST = 10_000
_COLUMNS = ("email", "e-mail", "email address", "e-mail address", "address", "mail", "subscriber")
_STATES = ("status", "state", "subscription status")
#: What other programs call an address that must not be mailed.
_GONE = (
    "unsub", "bounce", "clean", "block", "complain", "suppress", "disabled", "inactive", "left",
    "pending", "unconfirmed", "not subscribed",
)  # fmt: skip


@dataclass(frozen=True, slots=True)
class AddressList:
    """The addresses of a table, each once, and a line for each row that is left out."""

    addresses: Sequence[str]
    left_out: Sequence[str]


def addresses(data: bytes, path: str) -> AddressList:
    """Read the addresses of a table; raises SourceError where there is none, or too many.

    Lines are named, never addresses.
    """
    found: dict[str, str] = {}
    left_out: list[str] = []
    for number, address, state in _rows(data, path):
        try:
            written = checked(address)
        except ValueError as error:
            left_out.append(f"line {number}: {error}")
            continue
        same = fold(written).casefold()
        if any(word in state.lower() for word in _GONE):
            left_out.append(f"line {number}: {state[:30]} there, so it is not asked")
        elif same in found:
            left_out.append(f"line {number}: the same address is in an earlier line")
        else:
            found[same] = written
        if len(found) > MOST:
            raise SourceError(path, f"more than {MOST:,} addresses: part the file")
    if not found:
        raise SourceError(path, "; ".join(left_out[:1]) or "no address is in it")
    return AddressList([*found.values()], left_out)


def _rows(data: bytes, path: str) -> Iterator[tuple[int, str, str]]:
    """Yield each row's line, its address, and what its column of states holds."""
    is_wide = data.startswith((codecs.BOM_UTF16_LE, codecs.BOM_UTF16_BE))
    lines = data.decode("utf-16" if is_wide else "utf-8-sig", "replace").splitlines()
    first = lines[0] if lines else ""
    reader = csv.reader(lines, delimiter=max("\t;,", key=first.count))
    place, state = -1, -1
    try:
        for row in reader:
            cells = [cell.strip() for cell in row]
            if place < 0 and any(cells):
                place, state = _columns(cells, path)
                if "@" not in cells[place]:
                    continue
            if any(cells):
                yield reader.line_num, _cell(cells, place), _cell(cells, state)
    except csv.Error as error:
        raise SourceError(path, f"line {reader.line_num}: {error}") from None


def _cell(cells: Sequence[str], place: int) -> str:
    return cells[place] if 0 <= place < len(cells) else ""


def _columns(cells: Sequence[str], path: str) -> tuple[int, int]:
    """Return the places of addresses and of states, by their names or by the first address."""
    names = [cell.lower() for cell in cells]
    state = next((place for place, name in enumerate(names) if name in _STATES), -1)
    for place, name in enumerate(names):
        if name in _COLUMNS or "@" in name:
            return place, state
    raise SourceError(path, "no column is called email, and the first line has no address")
