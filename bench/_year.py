"""A database with a year in it: one day by the program, the days after it as copies of its rows."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import replace
from datetime import date, timedelta
from itertools import cycle, groupby, islice
from typing import Any

from sqlalchemy import Column, Connection, Date, Table, func, select, text

from digest.listings.diff import diff
from digest.model import Paper, Snapshot, Verdict
from digest.store import Store, papers, schema, sent_papers
from digest.store.editions import newest_editions
from digest.store.serialization import papers_in

from . import _distinct
from .scale import _app, _enrol, _Relay

#: What a day has rows in, but for ``sent``, in an order in which they can be written.
_COPIED = (
    *(schema.papers, schema.work_names, schema.seen_papers, schema.snapshots, schema.changes),
    *(schema.issues, schema.deliveries),
)


class Year:
    """A digest and its database, in which one day was after ``__init__``."""

    def __init__(self, store: Store, subscribers: int) -> None:
        self.store, self.app = store, _app(store, _Relay())
        self.pool = _distinct.papers()
        _distinct.sign_up(store, islice(cycle(_few_texts(self.pool)), subscribers))
        _enrol(self.app)
        self.read(self.pool)
        self.mail()
        contents = select(schema.issues.c.subscriber_id, schema.issues.c.content)
        with store.begin() as tx:
            self._first = {id: papers_in(content) for id, content in tx.execute(contents)}
            self._steps = {table: _largest(tx, table) for table in _COPIED if "id" in table.c}
        copied = {table: _copy(table, store.dialect, self._steps) for table in _COPIED}
        self._copies = [text(words) for words in copied.values()]

    @property
    def a_day(self) -> float:
        """How many papers a subscriber is sent a day."""
        return sum(map(len, self._first.values())) / len(self._first)

    def go_on(self, days: int, *, after: int = 0) -> None:
        """Write so many days more, which begin ``after`` days after the first."""
        step = self._steps[schema.papers]
        first = self.app.day - timedelta(after)
        for number in range(after + 1, after + days + 1):
            with self.store.begin() as tx:
                for copy in self._copies:
                    tx.execute(copy, {"n": number})
                rows = [
                    row
                    for id, numbers in self._first.items()
                    for row in _sent(id, numbers, number * step, first + timedelta(number))
                ]
                tx.execute(sent_papers._adding(self.store.dialect), rows)
        self.app.now.forward(days=days)  # type: ignore[attr-defined]
        self._end()

    def _end(self) -> None:
        """Let subscribers know their last issue, and PostgreSQL its numbers and its rows."""
        issues, people, has = schema.issues, schema.subscribers, schema.subscriptions
        newest = select(func.max(issues.c.id)).where(issues.c.subscriber_id == people.c.id)
        last = {"last_day": self.app.day, "last_at": self.app.now()}
        with self.store.begin() as tx:
            tx.execute(people.update().values(last_issue_id=newest.scalar_subquery(), **last))
            tx.execute(has.update().values(since=papers.last_id(tx)))
            for table in self._steps if self.store.dialect == "postgresql" else ():
                own = text("SELECT setval(pg_get_serial_sequence(:table, 'id'), :last)")
                tx.execute(own, {"table": table.name, "last": _largest(tx, table)})
        self.tidy()

    def tidy(self) -> None:
        """Let PostgreSQL do at once what it does by itself within a minute."""
        if self.store.dialect == "postgresql":
            with self.store._engine.connect() as session:
                alone = session.execution_options(isolation_level="AUTOCOMMIT")
                alone.execute(text("VACUUM ANALYZE"))

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
        self.read([*fresh, *again])
        return len(again)

    def read(self, day: Sequence[Paper]) -> None:
        """Store a day's papers as one reading of a listing."""
        snapshot = Snapshot(
            listing="arxiv",
            day=self.app.day,
            taken_at=self.app.now(),
            verdict=Verdict.FRESH,
            entries=len(day),
            new=len(day),
        )
        with self.store.begin() as tx:
            pairs = papers.pair_with_seen(tx, "arxiv", day)
            papers.store_collection(tx, snapshot, pairs, diff(pairs))

    def mail(self) -> int:
        """Make and deliver what is due; return how many issues were made."""
        made = self.app.composer.compose(self.app.composer.due_batches())
        self.app.deliverer.deliver_all()
        return made


def _sent(id: int, numbers: set[int], by: int, day: date) -> list[dict[str, Any]]:
    """Return the rows of what a subscriber was sent, with higher numbers."""
    shifted = sorted(number + by for number in numbers)
    return [
        {"subscriber_id": id, "span": span, "papers": sent_papers.pack((n, day) for n in some)}
        for span, some in groupby(shifted, key=lambda number: number // sent_papers.SPAN)
    ]


def _few_texts(pool: Sequence[Paper]) -> list[str]:
    """Return profiles of subscribers who are sent some 16 of these papers, most of them whole."""
    found = (issue for issue in _distinct.issues(pool) if 10 <= len(issue.papers) <= 24)
    numbers = [int(issue.sections[0].profile.partition("-")[2]) for issue in islice(found, 20)]
    texts = list(islice(_distinct.texts(pool), max(numbers)))
    return [texts[number - 1] for number in numbers]


def _largest(tx: Connection, table: Table) -> int:
    return int(tx.execute(select(func.max(table.c.id))).scalar_one())


def _copy(table: Table, dialect: str, steps: dict[Table, int]) -> str:
    """Return the statement that copies the first day's rows of a table to ``:n`` days later."""
    names = ", ".join(f'"{column.name}"' for column in table.c)
    values = ", ".join(_shifted(column, dialect, steps) for column in table.c)
    first = f"id <= {steps[table]}" if table in steps else "key NOT LIKE '%#%'"
    return f"INSERT INTO {table.name} ({names}) SELECT {values} FROM {table.name} WHERE {first}"


def _shifted(column: Column[Any], dialect: str, steps: dict[Table, int]) -> str:
    """Return what a column has in the copy of a row."""
    name, of = f'"{column.name}"', {"snapshot_id": schema.snapshots, "issue_id": schema.issues}
    if column.name in ("id", *of):
        return f"{name} + CAST(:n AS integer) * {steps[of.get(column.name, column.table)]}"
    if column.name in ("key", "name"):
        return f"{name} || '#' || CAST(:n AS text)"
    if column.name == "edition":
        return f"substr({name}, 1, 27) || CAST(10000 + CAST(:n AS integer) AS text)"
    if column.name == "message_id":
        return f"'<' || CAST(10000 + CAST(:n AS integer) AS text) || substr({name}, 7)"
    if isinstance(column.type, schema.UTCDateTime | Date):
        is_day = isinstance(column.type, Date)
        if dialect == "postgresql":
            return f"{name} + CAST(:n AS integer)" + ("" if is_day else " * interval '1 day'")
        form = "%Y-%m-%d" if is_day else "%Y-%m-%d %H:%M:%f000"
        return f"strftime('{form}', {name}, CAST(:n AS text) || ' days')"
    return name
