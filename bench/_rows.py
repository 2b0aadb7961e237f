"""A year of so many mails, by rows and by months of PostgreSQL's: what it costs to take one out."""

from __future__ import annotations

from collections.abc import Iterator
from datetime import UTC, date, datetime, time, timedelta
from pathlib import Path
from statistics import median

from sqlalchemy import func, select, text

from digest.store import Store, months, retention

from ._idle import tidy
from .scale import empty_database

DAYS, FIRST = 365, date(2026, 1, 1)
#: In the month after the first nothing of the first is kept any more.
BEFORE = datetime.combine(date(2026, 2, 2), time(), UTC)
KINDS = ("mails", "contents of issues")

_PEOPLE = """
    INSERT INTO subscribers (id, address, folded, last_issue_id)
    SELECT n, 'r' || n || '@example.org', 'r' || n || '@example.org', ({days} - 1) * {people} + n
    FROM generate_series(1, {people}) AS n
"""
#: Ordered by the day, as they come.
_EACH = """
    FROM generate_series(1, {days} * {people}) AS n,
    LATERAL (SELECT date '{first}' + (n - 1) / {people} AS day,
        1 + (n - 1) % {people} AS person) AS of
"""
_ISSUES = "INSERT INTO issues (id, subscriber_id, day, made_at) SELECT n, person, day, day " + _EACH
#: Of 450 bytes that no server can press, as of 16 papers.
_CONTENTS = (
    """
    INSERT INTO issue_contents (issue_id, day, content)
    SELECT n, day, decode(repeat(md5(n::text), 28), 'hex')
"""
    + _EACH
)
_MAILS = (
    """
    INSERT INTO deliveries (issue_id, day, subscriber_id, state, attempts, created_at, not_before,
        tried_at, settled_at, message_id)
    SELECT n, day, person, 'sent', 1, day, day, day, day, '<' || md5(n::text) || '@example.org>'
"""
    + _EACH
)


def compare(rows: int) -> int:
    """Print what a month costs that is taken out, where no month is apart, and where each is."""
    for has_months in (False, True):
        with empty_database("postgresql") as database:
            store = Store(database)
            store.migrate()
            _fill(store, rows, has_months=has_months)
            print(f"{rows:,} mails of {DAYS} days, {'by months' if has_months else 'by rows'}")
            for kind in KINDS:
                _take_out(store, kind)
            store.close()
    return 0


def _fill(store: Store, rows: int, *, has_months: bool) -> None:
    with store.begin() as tx:
        if has_months:
            days = (FIRST + timedelta(number) for number in range(DAYS))
            months.make(tx, map(months.first_of, days))
        for statement in (_PEOPLE, _ISSUES, _CONTENTS, _MAILS):
            tx.execute(text(statement.format(people=rows // DAYS, days=DAYS, first=FIRST)))
    tidy(store)


def _take_out(store: Store, kind: str) -> None:
    table, _ = retention.KINDS[kind]
    steps = list(steps_of(store, kind, BEFORE))
    gone, spent = sum(rows for rows, _ in steps), [ms for _, ms in steps]
    tidied, left = _tidied(store, table.name), bytes_of(store, table.name) / 1e6
    print(
        f"  {kind}: {gone:,} in {len(steps)} steps; the server spent {median(spent):.1f} ms of CPU"
        f" on one, {max(spent):.1f} at most, {sum(spent) / 1e3:.2f} s together;"
        f" then {tidied:.2f} s of VACUUM; {left:.0f} MB left",
        flush=True,
    )


def _tidied(store: Store, table: str) -> float:
    """Return the seconds of CPU in which the server tidies a table."""
    with store._engine.connect() as session:
        alone = session.execution_options(isolation_level="AUTOCOMMIT")
        pid = alone.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        began = spent_by(pid)
        alone.exec_driver_sql(f"VACUUM {table}")
        return (spent_by(pid) - began) / 1e3


def steps_of(store: Store, kind: str, before: datetime) -> Iterator[tuple[int, float]]:
    """Yield of each step that takes out a kind the rows, and the server's milliseconds."""
    rows = 1
    while rows:
        with store.begin() as tx:
            pid = tx.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
            began = spent_by(pid)
            rows = retention.take_out(tx, kind, before)
            yield rows, (spent_by(pid) - began)


def spent_by(pid: int) -> float:
    """Return the milliseconds that a process has spent on a processor: proc(5)."""
    return int(Path(f"/proc/{pid}/schedstat").read_text("ascii").split()[0]) / 1e6


def bytes_of(store: Store, table: str) -> int:
    """Return the size of a table of PostgreSQL's with its indexes, and of all its months."""
    size = func.pg_total_relation_size
    with store.begin() as tx:
        parts = select(func.sum(size(text("relid")))).select_from(func.pg_partition_tree(table))
        return int(tx.execute(parts).scalar() or tx.execute(select(size(table))).scalar_one())
