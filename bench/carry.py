"""Carry a year to PostgreSQL and back: what differs after it, how long it takes, how much memory.

``--papers``, ``--subscribers`` and ``--days`` say how large the year is: each subscriber is sent 16
papers a day.
"""

from __future__ import annotations

import argparse
import resource
import time
from collections.abc import Iterator, Sequence
from datetime import date, timedelta
from itertools import islice
from typing import Any

from sqlalchemy import Connection, select

from digest.store import Store, schema, sent_papers
from digest.store.carry import carry
from digest.store.serialization import edition, pack_paper
from tests.factories import EIGHT, paper

from ._idle import databases

SENT_A_DAY = 16
_FIRST = date(2025, 1, 1)


def main(arguments: Sequence[str]) -> int:
    """Carry there and back; 1 where anything differs."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--papers", type=int, default=100_000)
    parser.add_argument("--subscribers", type=int, default=10_000)
    parser.add_argument("--days", type=int, default=365)
    options = parser.parse_args(arguments)
    with databases() as urls:
        store = Store(urls["sqlite"])
        store.migrate()
        with store.begin() as tx:
            _fill(tx, options.papers, options.subscribers, options.days)
        store.close()
        there = _carried(urls["sqlite"], urls["postgresql"])
        back = _carried(urls["postgresql"], f"{urls['sqlite']}.back")
    differing = [line for line in there if line not in back]
    print(f"{len(differing)} tables differ after the way there and back")
    return 1 if differing else 0


def _carried(source: str, target: str) -> list[str]:
    """Carry, and print what it took; return the lines of the tables."""
    lines: list[str] = []
    began = time.monotonic()
    carry(source, target, lines.append)
    took = time.monotonic() - began
    rows = sum(int(line.split()[1].replace(",", "")) for line in lines)
    memory = resource.getrusage(resource.RUSAGE_SELF).ru_maxrss // 1024
    way = f"{source.partition(':')[0]} to {target.partition(':')[0]}"
    print(f"{way}: {rows:,} rows in {took:.0f} s, {memory} MB at most", flush=True)
    return lines


def _fill(tx: Connection, papers: int, subscribers: int, days: int) -> None:
    """Write the year, a subscriber at a time."""
    made = _papers(papers)
    while rows := list(islice(made, 2000)):
        tx.execute(schema.papers.insert(), rows)
    numbers = tx.execute(select(schema.papers.c.id)).scalars().all()
    addresses = {number: f"r{number}@example.org" for number in range(1, subscribers + 1)}
    people = [{"id": id, "address": a, "folded": a} for id, a in addresses.items()]
    tx.execute(schema.subscribers.insert(), people)
    for id in addresses:
        first = (id - 1) * days + 1
        tx.execute(schema.issues.insert(), [_issue(id, first, day) for day in range(days)])
        contents = [_content(first, day) for day in range(days)]
        tx.execute(schema.issue_contents.insert(), contents)
        sent = ((id + n) % papers for n in range(min(days * SENT_A_DAY, papers)))
        entries = (
            (numbers[place], _FIRST + timedelta(n // SENT_A_DAY)) for n, place in enumerate(sent)
        )
        tx.execute(schema.sent.insert(), sent_papers.rows(id, entries))


def _issue(subscriber: int, first: int, day: int) -> dict[str, Any]:
    own = {"subscriber_id": subscriber, "made_at": EIGHT}
    return {"id": first + day, "day": _FIRST + timedelta(day), **own}


def _content(first: int, day: int) -> dict[str, Any]:
    own = {"content": {"sections": []}}
    return {"issue_id": first + day, "day": _FIRST + timedelta(day), **own}


def _papers(number: int) -> Iterator[dict[str, Any]]:
    for each in range(number):
        content = pack_paper(paper(each, abstract=f"We study sparse training, case {each}. " * 25))
        yield {"edition": edition(content), "key": content["key"], "content": content}
