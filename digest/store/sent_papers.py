"""Sent papers: what each subscriber was mailed, and on which day; the second of the two memories.

Papers go by their numbers, ``papers.id``: one for each edition.  A row of ``sent`` is what one
subscriber was sent of SPAN numbers in succession: of each paper its place among them and the day,
two bytes each, the lower one first, in the order in which they were sent.  So a row grows where it
is, and what a batch of subscribers was sent of the papers of a morning is in few rows.
"""

from __future__ import annotations

import struct
from collections.abc import Callable, Collection, Iterable, Sequence
from datetime import date
from functools import cache, lru_cache
from operator import itemgetter
from typing import Any

from sqlalchemy import Connection, LargeBinary, cast, delete, select, update

from . import schema
from .sql import chunks, insert_of

#: Never changed: rows were written with it.
SPAN = 4096

#: Days are counted from here on, in two bytes.
_FIRST_DAY, _MOST = date(2000, 1, 1).toordinal(), 2**16 - 1

#: A number and the day on which it was sent.
Entry = tuple[int, date]


def pack(entries: Iterable[Entry]) -> bytes:
    """Return entries of one span as bytes."""
    values = [value for number, day in entries for value in (number % SPAN, _packed_day(day))]
    return struct.pack(f"<{len(values)}H", *values)


@lru_cache(maxsize=64)  # what is packed together was mostly sent on one day
def _packed_day(day: date) -> int:
    return min(max(day.toordinal() - _FIRST_DAY, 0), _MOST)


def unpack(span: int, packed: bytes) -> list[Entry]:
    """Return the entries of a span, in the order in which they were sent."""
    places, first = _numbers(packed), span * SPAN
    days = map(date.fromordinal, (_FIRST_DAY + day for day in places[1::2]))
    return [(first + place, day) for place, day in zip(places[::2], days, strict=True)]


def _numbers(packed: bytes) -> Sequence[int]:
    return struct.unpack(f"<{len(packed) // 2}H", packed)


def add(tx: Connection, sent: Iterable[tuple[int, Collection[int], date]]) -> None:
    """Note that subscribers are sent papers, each on a day."""
    added = [row for id, numbers, day in sent for row in rows(id, [(n, day) for n in numbers])]
    if added:
        tx.execute(_adding(tx.dialect.name), added)


def rows(subscriber_id: int, entries: Iterable[Entry]) -> list[dict[str, Any]]:
    """Return the rows of what a subscriber is sent, those of a day by their numbers."""
    spans: dict[int, list[Entry]] = {}
    for entry in sorted(entries, key=itemgetter(1, 0)):
        spans.setdefault(entry[0] // SPAN, []).append(entry)
    return [
        {"subscriber_id": subscriber_id, "span": span, "papers": pack(some)}
        for span, some in sorted(spans.items())
    ]


@cache
def _adding(dialect: str) -> Any:
    """Return the statement that appends to a row, or begins one."""
    table, statement = schema.sent, insert_of(dialect, schema.sent)
    longer = table.c.papers.op("||")(statement.excluded.papers)
    # SQLite makes a text of two that are put together, though of the same bytes.
    appended = {"papers": cast(longer, LargeBinary)}
    return statement.on_conflict_do_update(index_elements=table.primary_key, set_=appended)


def among(tx: Connection, ids: Sequence[int], numbers: Iterable[int]) -> dict[int, dict[int, date]]:
    """Return of these papers those that the subscribers were sent, each with its last day."""
    table, wanted = schema.sent, set(numbers)
    places: dict[int, set[int]] = {}
    for number in wanted:
        places.setdefault(number // SPAN, set()).add(number % SPAN)
    found: dict[int, dict[int, date]] = {}
    for people in chunks(ids):
        for spans in chunks(sorted(places)):
            query = select(table).where(table.c.subscriber_id.in_(people), table.c.span.in_(spans))
            for id, span, packed in tx.execute(query):
                # Most rows have none of them, and to look at each entry takes long.
                if not places[span].isdisjoint(_numbers(packed)[::2]):
                    theirs = {n: day for n, day in unpack(span, packed) if n in wanted}
                    found.setdefault(id, {}).update(theirs)
    return found


def of(tx: Connection, subscriber_id: int) -> dict[int, date]:
    """Return all that a subscriber was sent, each with its last day."""
    table = schema.sent
    query = select(table.c.span, table.c.papers).where(table.c.subscriber_id == subscriber_id)
    rows = tx.execute(query.order_by(table.c.span))
    return {number: day for span, packed in rows for number, day in unpack(span, packed)}


def to(tx: Connection, numbers: Collection[int]) -> list[tuple[int, int, date]]:
    """Return each sending of these papers: the subscriber, the number and the day."""
    table = schema.sent
    spans = {number // SPAN for number in numbers}
    return [
        (id, number, day)
        for id, span, packed in tx.execute(select(table).where(table.c.span.in_(spans)))
        for number, day in unpack(span, packed)
        if number in numbers
    ]


def forget(tx: Connection, subscriber_id: int, numbers: Collection[int]) -> None:
    """Forget that a subscriber was sent these papers."""
    _change(tx, subscriber_id, lambda entry: None if entry[0] in numbers else entry)


def move(tx: Connection, subscriber_id: int, day: date, other: date) -> None:
    """Let what a subscriber was sent on one day have been sent on another."""
    _change(tx, subscriber_id, lambda entry: (entry[0], other) if entry[1] == day else entry)


def _change(tx: Connection, subscriber_id: int, change: Callable[[Entry], Entry | None]) -> None:
    """Change a subscriber's entries, or delete those of which nothing is left."""
    table, theirs = schema.sent, schema.sent.c.subscriber_id == subscriber_id
    for row in tx.execute(select(table).where(theirs)).all():
        entries = [kept for each in unpack(row.span, row.papers) if (kept := change(each))]
        packed, is_its = pack(entries), table.c.span == row.span
        if not packed:
            tx.execute(delete(table).where(theirs, is_its))
        elif packed != row.papers:
            tx.execute(update(table).where(theirs, is_its).values(papers=packed))
