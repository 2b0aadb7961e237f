"""A database with a year in it: one day by the program, the days after it as copies of its rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import Column, Connection, Date, Table, func, select, text

from digest.match.rarity import FindFrequencies, Frequencies
from digest.model import Paper
from digest.store import Store, months, papers, schema, sent_papers
from digest.store.editions import WHOLE, newest_editions
from digest.store.serialization import named, papers_in

from . import _distinct
from ._idle import tidy
from .scale import Relay, app_with, collect, enrol_all

#: What a day has rows in, but for ``sent``, in an order in which they can be written.
_COPIED = (
    *(schema.papers, schema.work_names, schema.seen_papers, schema.snapshots, schema.changes),
    *(schema.issues, schema.issue_contents, schema.deliveries),
)


#: How many subscribers the program itself serves; the others have copies of their rows.
_SERVED = 20
_PEOPLE = (
    *(schema.subscribers, schema.profiles, schema.subscriptions),
    *(schema.issues, schema.issue_contents, schema.deliveries),
)


class _Unknown:
    """A month before of which nothing is known."""

    def frequencies(self, day: date) -> FindFrequencies:
        return lambda clauses: Frequencies()


class Year:
    """A digest and its database, in which one day was after ``__init__``."""

    def __init__(self, store: Store, subscribers: int) -> None:
        self.store, self.app = store, app_with(store, Relay())
        # How rare a word is in the month before is found once a process: its index takes longest.
        self.past, self.app.past = self.app.past, _Unknown()  # type: ignore[assignment]
        self.pool, self._day = _distinct.papers(), self.app.day
        self._make_months(0)
        _distinct.sign_up(store, _few_texts(self.pool))
        enrol_all(self.app)
        collect(self.app, self.pool)
        self.mail()
        with store.begin() as tx:
            first = {row.subscriber_id: papers_in(named(row.content)) for row in tx.execute(WHOLE)}
            steps = self._largest(tx)
            for number in range(1, subscribers // _SERVED):
                for table in _PEOPLE:
                    tx.execute(text(_copy(table, _others(table, steps))), {"n": number})
            self._steps = self._largest(tx)
        people = range(0, subscribers, _SERVED)
        self._first = {id + by: numbers for by in people for id, numbers in first.items()}
        days = {table: _later(table, store.dialect, self._steps) for table in _COPIED}
        self._copies = [text(_copy(table, words)) for table, words in days.items()]

    def _make_months(self, last: int) -> None:
        """Make the months of all days up to this one, as the service does."""
        with self.store.begin() as tx:
            days = (self._day + timedelta(number) for number in range(last + 1))
            months.make(tx, map(months.first_of, days))

    def _largest(self, tx: Connection) -> dict[Table, int]:
        """Return the largest id of each table that is copied."""
        tables = [table for table in (schema.subscribers, *_COPIED) if "id" in table.c]
        return {table: tx.execute(select(func.max(table.c.id))).scalar_one() for table in tables}

    @property
    def a_day(self) -> float:
        """How many papers a subscriber is sent a day."""
        return sum(map(len, self._first.values())) / len(self._first)

    def go_on(self, days: int, *, after: int = 0) -> None:
        """Write so many days more, which begin ``after`` days after the first."""
        step = self._steps[schema.papers]
        self._make_months(after + days)
        for number in range(after + 1, after + days + 1):
            with self.store.begin() as tx:
                for copy in self._copies:
                    tx.execute(copy, {"n": number})
                by, day = number * step, self._day + timedelta(number)
                sent_papers.add(
                    tx, ((id, {n + by for n in first}, day) for id, first in self._first.items())
                )
        passed = self._day + timedelta(after + days) - self.app.day
        self.app.now.forward(days=passed.days)  # type: ignore[attr-defined]
        self._end()

    def _end(self) -> None:
        """Let subscribers know their last issue, and PostgreSQL its numbers and its rows."""
        issues, people, has = schema.issues, schema.subscribers, schema.subscriptions
        newest = select(func.max(issues.c.id)).where(issues.c.subscriber_id == people.c.id)
        today = {"last_day": self.app.day, "last_at": self.app.now()}
        with self.store.begin() as tx:
            tx.execute(people.update().values(last_issue_id=newest.scalar_subquery(), **today))
            tx.execute(has.update().values(since=papers.last_id(tx)))
            if self.store.dialect == "postgresql":
                own = text("SELECT setval(pg_get_serial_sequence(:name, 'id'), :last)")
                for table, last in self._largest(tx).items():
                    tx.execute(own, {"name": table.name, "last": last})
        tidy(self.store)

    def next_day(self, revised: int) -> int:
        """Read another day's papers, and ``revised`` of the days before; return how many."""
        self.app.now.forward(days=1)  # type: ignore[attr-defined]
        fresh = [replace(each, key=f"{each.key}new", aliases=()) for each in self.pool]
        keys = schema.papers.c.key
        with self.store.begin() as tx:
            known = tx.execute(select(keys).order_by(schema.papers.c.id)).scalars().all()
            some = newest_editions(tx, known[:: max(len(known) // revised, 1)])
        again = [
            replace(each, key=key, title=f"{each.title}, again", version=(each.version or 1) + 1)
            for key, (_, each) in some.items()
        ]
        collect(self.app, [*fresh, *again])
        return len(again)

    def mail(self) -> int:
        """Make and deliver what is due; return how many issues were made."""
        made = self.app.composer.compose(self.app.composer.due_batches())
        self.app.deliverer.deliver_all()
        return made


def _few_texts(pool: Sequence[Paper]) -> list[str]:
    """Return profiles of subscribers who are sent some 16 of these papers, most of them whole."""
    found = (issue for issue in _distinct.issues(pool) if 10 <= len(issue.papers) <= 24)
    numbers = [int(issue.sections[0].profile.partition("-")[2]) for issue in islice(found, _SERVED)]
    texts = list(islice(_distinct.texts(pool), max(numbers)))
    return [texts[number - 1] for number in numbers]


def _copy(table: Table, words: dict[str, str]) -> str:
    """Return the statement that copies a table's first rows, with other words for some columns."""
    names = ", ".join(f'"{column.name}"' for column in table.c)
    values = ", ".join(words.get(column.name, f'"{column.name}"') for column in table.c)
    return f"INSERT INTO {table.name} ({names}) SELECT {values} FROM {table.name}{words['']}"


_N = "CAST(:n AS integer)"


def _others(table: Table, steps: dict[Table, int]) -> dict[str, str]:
    """Return what columns have in the ``:n``-th copy of those who are served."""
    issue = f" + {_N} * {steps[schema.issues]}"
    id = f"({'id' if table is schema.subscribers else 'subscriber_id'} + {_N} * {_SERVED})"
    person = {
        "id": id if table is schema.subscribers else f"id + {_N} * {steps.get(table)}",
        "subscriber_id": id,
        "issue_id": f"issue_id{issue}",
        "last_issue_id": f"last_issue_id{issue}",
        "message_id": f"'<' || (20000 + {_N}) || substr(message_id, 7)",
    }
    person |= dict.fromkeys(("address", "folded"), f"'reader' || {id} || '@example.org'")
    person |= dict.fromkeys(("slug", "profile"), f"'~' || {id} || '.1'")
    served = f" WHERE {id.split()[0][1:]} <= {_SERVED}"
    return {**person, "": _of_first(steps) if table is schema.issue_contents else served}


def _of_first(steps: dict[Table, int]) -> str:
    return f" WHERE issue_id <= {steps[schema.issues]}"


def _later(table: Table, dialect: str, steps: dict[Table, int]) -> dict[str, str]:
    """Return what columns have in the copy of a first day's row that is ``:n`` days later."""
    words = {
        "snapshot_id": f"snapshot_id + {_N} * {steps[schema.snapshots]}",
        "issue_id": f"issue_id + {_N} * {steps[schema.issues]}",
        "id": f"id + {_N} * {steps.get(table)}",
        "key": f"key || '#' || {_N}",
        "name": f"name || '#' || {_N}",
        "edition": f"substr(edition, 1, 27) || (10000 + {_N})",
        "message_id": f"substr(message_id, 1, 6) || (10000 + {_N}) || substr(message_id, 12)",
        "": f" WHERE id <= {steps[table]}" if table in steps else " WHERE key NOT LIKE '%#%'",
    }
    if table is schema.issue_contents:
        words[""] = _of_first(steps)
    return words | {
        column.name: _day_of(column, dialect)
        for column in table.c
        if isinstance(column.type, schema.UTCDateTime | Date)
    }


def _day_of(column: Column[Any], dialect: str) -> str:
    is_day = isinstance(column.type, Date)
    if dialect == "postgresql":
        return f"{column.name} + {_N}" + ("" if is_day else " * interval '1 day'")
    form = "%Y-%m-%d" if is_day else "%Y-%m-%d %H:%M:%f000"
    return f"strftime('{form}', {column.name}, {_N} || ' days')"
