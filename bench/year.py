"""``python -m bench year``: rows of a year, what they weigh and how long a morning's queries take.

A first day is written by the program: twenty subscribers with some 16 papers a day, composed and
delivered.  The others, and the days after it, are copies of its rows, each with its own numbers,
keys and days; what was sent is noted as the program does, day by day.  Then another morning is
read, with new papers and revised ones of all the year, and composed, delivered and ticked.  On
PostgreSQL each of its statements is run again, three times where it was slowest, and what its
server spent on the best one counts, since others may use the machine; on SQLite it is the thread's
own time.

Asked on PostgreSQL: 60 bytes at most a paper sent, with its index; 0.5 MB a subscriber and year; no
statement above 20 ms.  With ``--keep`` all but so many days are taken out, and as many come again:
their room should be used again.
With ``--rows`` a year of so many mails is written by the server, and a month of it taken out.
"""

from __future__ import annotations

import argparse
import re
import time
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import timedelta
from statistics import median
from typing import Any

from sqlalchemy import event, func, select
from sqlalchemy.exc import IntegrityError

from digest.service.tick import tick
from digest.store import Store, schema

from ._idle import tidy
from ._rows import bytes_of, compare, spent_by, steps_of
from ._year import Year
from .scale import empty_database, size_of

MOST_BYTES, MOST_KILOBYTES, MOST_MS = 60, 500, 20
#: What grows with each day of a subscriber, and what does not.
DAILY = ("issues", "issue_contents", "sent", "deliveries")
ONCE = ("subscribers", "subscriptions", "profiles")
REVISED = 150


def main(arguments: Sequence[str]) -> int:
    """Print what a year weighs and how long its queries take; 1 if more than is asked."""
    parser = argparse.ArgumentParser(prog="python -m bench year", description=__doc__)
    parser.add_argument("--subscribers", type=int, default=40)
    parser.add_argument("--days", type=int, default=60)
    parser.add_argument("--on", choices=["sqlite", "postgresql"], default="postgresql")
    parser.add_argument("--keep", type=int, default=0)
    parser.add_argument("--rows", type=int, help="instead: of so many mails, by rows and by months")
    options = parser.parse_args(arguments)
    if options.rows:
        return compare(options.rows)
    with empty_database(options.on) as database:
        store = Store(database)
        store.migrate()
        with store.work():
            year = _written(store, options.subscribers, options.days)
            kept = [_is_small(year, options.subscribers, options.days), _is_quick(year)]
            if options.keep and options.on == "postgresql":
                _take_out(year, options.days, options.keep)
        store.close()
    return 0 if all(kept) else 1


def _written(store: Store, subscribers: int, days: int) -> Year:
    began = time.monotonic()
    year = Year(store, subscribers)
    year.go_on(days - 1)
    print(
        f"{subscribers:,} subscribers, {days} days, {year.a_day:.1f} papers a subscriber and day,"
        f" on {store.dialect}; written in {time.monotonic() - began:.0f} s",
        flush=True,
    )
    return year


def _is_small(year: Year, subscribers: int, days: int) -> bool:
    """Print bytes of each table; return whether they are few enough."""
    if year.store.dialect == "sqlite":
        size = size_of(year.store) / subscribers / days / 1e3
        print(f"{size:.2f} kB a subscriber and day, with the papers, which all share")
        return True
    sizes = {name: bytes_of(year.store, name) for name in (*DAILY, *ONCE)}
    a_year = {
        name: size / subscribers / 1e3 * (365 / days if name in DAILY else 1)
        for name, size in sizes.items()
    }
    for name, each in a_year.items():
        print(f"{name:14} {sizes[name] / 1e6:7.1f} MB {each:8.1f} kB a subscriber and year")
    with year.store.begin() as tx:
        written = tx.execute(select(func.sum(func.length(schema.sent.c.papers)))).scalar_one()
    a_paper, whole = sizes["sent"] / (written / 4), sum(a_year.values())
    print(f"a paper sent, with its index: {a_paper:.1f} bytes; asked: {MOST_BYTES}")
    print(f"a subscriber's year: {whole:.0f} kB; asked: {MOST_KILOBYTES}", flush=True)
    return a_paper <= MOST_BYTES and whole <= MOST_KILOBYTES


#: Of each statement the milliseconds of its runs, with their values.
_Runs = dict[str, list[tuple[float, Any]]]


def _is_quick(year: Year) -> bool:
    """Let another morning come; print the slowest statements, and return whether they are quick."""
    revised, runs = year.next_day(REVISED), _Runs()
    began = time.perf_counter()
    year.past.frequencies(year.app.day)([])
    print(f"the papers of the month before, once a process: {time.perf_counter() - began:.1f} s")
    with _watched(year.store, runs):
        made = year.mail()
        tick(year.app)
    times = {words: [ms for ms, _ in some] for words, some in runs.items()}
    if year.store.dialect == "postgresql":
        times = {words: _again(year.store, words, some) for words, some in runs.items()}
    print(f"{made} issues of {len(year.pool)} new papers and {revised} revised ones")
    print("   times  median    most  ms of a statement")
    for words, each in sorted(times.items(), key=lambda pair: -max(pair[1]))[:10]:
        number = len(runs[words])
        print(f"{number:8,} {median(each):7.2f} {max(each):7.2f}  {_in_short(words)}")
    most = max(max(each) for each in times.values())
    print(f"the slowest: {most:.1f} ms; asked on PostgreSQL: {MOST_MS}", flush=True)
    return most <= MOST_MS or year.store.dialect == "sqlite"


@contextmanager
def _watched(store: Store, runs: _Runs) -> Iterator[None]:
    """Note each statement that is run meanwhile, with the thread's own time."""
    began = list[float]()

    def before(connection: Any, cursor: Any, words: str, values: Any, *_: Any) -> None:
        began.append(time.perf_counter() if store.dialect == "postgresql" else time.thread_time())

    def after(connection: Any, cursor: Any, words: str, values: Any, *_: Any) -> None:
        now = time.perf_counter() if store.dialect == "postgresql" else time.thread_time()
        runs.setdefault(words, []).append(((now - began.pop()) * 1e3, values))

    watched = ((before, "before_cursor_execute"), (after, "after_cursor_execute"))
    for listener, name in watched:
        event.listen(store._engine, name, listener)
    yield
    for listener, name in watched:
        event.remove(store._engine, name, listener)


def _again(store: Store, words: str, runs: list[tuple[float, Any]]) -> list[float]:
    """Return what the server spends on the slowest runs of a statement, the best of three."""
    if not words.startswith(("SELECT", "INSERT", "UPDATE", "DELETE", "WITH")):
        return [0.0]
    slowest = sorted(runs, key=lambda run: -run[0])[:3]
    return [min(_once(store, words, values) for _ in range(3)) for _, values in slowest]


def _once(store: Store, words: str, values: Any) -> float:
    """Return the milliseconds of a statement; 0 of one that adds a row which is there now."""
    one = values[0] if isinstance(values, list) else values
    with store._engine.connect() as session:
        pid = session.exec_driver_sql("SELECT pg_backend_pid()").scalar_one()
        before = spent_by(pid)
        try:
            session.exec_driver_sql(words, one)
        except IntegrityError:
            return 0.0
        finally:
            session.rollback()
        return spent_by(pid) - before


def _in_short(words: str) -> str:
    """Return a statement in a line, without its columns and most of its values."""
    words = re.sub(r"SELECT .*? FROM", "SELECT … FROM", words, flags=re.S)
    words = re.sub(r"\((%\(\w+\)s(::\w+)*|\?)(, ?(%\(\w+\)s(::\w+)*|\?))*\)", "(…)", words)
    return " ".join(words.split())[:110]


def _take_out(year: Year, days: int, keep: int) -> None:
    """Take out all but the last days, step by step as the service does, and write as many again."""
    store, before = year.store, year.app.now() - timedelta(keep)
    print(f"with {days} days: {_mails(store):.1f} MB of issues and deliveries")
    for kind in ("mails", "contents of issues"):
        steps = [*steps_of(store, kind, before)]
        gone, spent = sum(rows for rows, _ in steps), [ms for _, ms in steps]
        print(
            f"{kind}: {gone:,} taken out in {len(steps)} steps, in which the server spent"
            f" {median(spent):.0f} ms each, {max(spent):.0f} at most"
        )
    tidy(store)
    print(f"without them: {_mails(store):.1f} MB")
    # The numbers of the morning's papers, some more than those of a day, are taken.
    year.go_on(days - keep, after=days + 1)
    print(f"after {days - keep} days more: {_mails(store):.1f} MB", flush=True)


def _mails(store: Store) -> float:
    return sum(bytes_of(store, name) for name in DAILY if name != "sent") / 1e6
