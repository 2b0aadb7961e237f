"""Long exercises of memory and calendar: bursts, changed ids, a year of announcements.

The suite runs a short form of each, ``python -m bench replay`` the whole.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, date, datetime, timedelta
from pathlib import Path

from sqlalchemy import delete, func, select

from digest.app import App
from digest.errors import SourceError
from digest.listings.days import announces
from digest.listings.sources.huggingface import parse
from digest.model import Listing, ListingPage, Paper, Verdict
from digest.pipeline import runs
from digest.store import Store, schema

from .apps import app_of
from .factories import listing, page, paper
from .fakes import Clock, Newsstand
from .replays import EVERYTHING, told


def real_days(data: Path, days: int = 99) -> list[tuple[date, ListingPage]]:
    """The recorded days of Hugging Face's list."""
    paths = sorted((data / "hf-api").glob("*.json"))[:days]
    bodies = [(date.fromisoformat(path.stem), path.read_bytes()) for path in paths]
    return [(day, parse(body, listing(kind="huggingface"), day)) for day, body in bodies]


def collected(store: Store, days: list[tuple[date, ListingPage]]) -> tuple[App, Clock, Newsstand]:
    """A digest that has collected these days."""
    stand, clock = Newsstand(), Clock(datetime(2025, 3, 3, 20, tzinfo=UTC))
    app = app_of(store, EVERYTHING, listings=[listing(look_back=0)], source=stand, now=clock)
    for day, each in days:
        stand.put("daily", day, each)
        clock.forward(days=(day - clock().date()).days)
        runs.collect_only(app, list(app.listings.values()))
    return app, clock, stand


def verdicts_of(app: App) -> Counter[Verdict]:
    """How its readings ended."""
    with app.store.begin() as tx:
        rows = tx.execute(select(schema.snapshots.c.verdict)).scalars()
        return Counter(Verdict(row) for row in rows)


def simulated(papers: list[Paper], times: int) -> Iterator[tuple[Paper, ...]]:
    """Days that must be held: ten to thirty known works under new ids, or hundreds of new works."""
    for number in range(times):
        again = papers[number * 3 : number * 3 + 10 + number % 20]
        yield tuple(replace(p, key=f"arxiv:9901.{number:03d}{n:02d}") for n, p in enumerate(again))
        yield tuple(paper(f"{number:03d}{n:03d}") for n in range(200 + number))


def held(
    app: App, clock: Clock, stand: Newsstand, days: list[tuple[date, ListingPage]], times: int
) -> Counter[Verdict]:
    """After days that were collected: the verdicts on twice so many that must be held."""
    clock.forward(days=1)
    while clock().weekday() > 4:
        clock.forward(days=1)
    found: Counter[Verdict] = Counter()
    for papers in simulated([p for _, each in days for p in each.papers], times):
        stand.lay_out("daily", clock().date(), *papers)
        [snapshot] = runs.collect_only(app, list(app.listings.values())).snapshots
        found[snapshot.verdict] += 1
        _take_back(app.store, {p.key for p in papers})
    return found


def _take_back(store: Store, keys: set[str]) -> None:
    """Undo a simulated day, so that the next one meets the same memory."""
    with store.begin() as tx:
        last = tx.execute(select(func.max(schema.snapshots.c.id))).scalar_one()
        tx.execute(delete(schema.changes).where(schema.changes.c.snapshot_id == last))
        tx.execute(delete(schema.snapshots).where(schema.snapshots.c.id == last))
        for table in (schema.seen_papers, schema.work_names, schema.papers):
            tx.execute(delete(table).where(table.c.key.in_(sorted(keys))))


def announcements(store: Store, first: date, days: int) -> list[str]:
    """Two runs a day against arXiv's feed: what went otherwise than the calendar has it.

    At three in the morning the feed still has the day before, at eleven its own day, on weekends
    and holidays nothing; on each 17th it is down.
    """
    clock = Clock(datetime(first.year, first.month, first.day, 3, tzinfo=UTC))
    calendar = [first + timedelta(days=n) for n in range(days)]
    batches = [(day, n) for n, day in enumerate(filter(_announces, calendar))]

    def feed(each: Listing, day: date) -> ListingPage:
        if clock().day == 17 and clock().hour == 11:
            raise SourceError(each.name, "503 Service Unavailable")
        if not _announces(clock().date()) and clock().hour >= 5:
            return page(day=clock().date())
        built = clock() - timedelta(hours=5)
        batch, n = next((b for b in reversed(batches) if b[0] <= built.date()), (first, -1))
        return page(*(paper(3 * n + k) for k in range(3) if n >= 0), day=batch)

    arxiv = Listing(name="arxiv", kind="arxiv", url="https://rss.arxiv.org/rss/cs.CL")
    app = app_of(store, EVERYTHING, listings=[arxiv], source=feed, now=clock)
    odd = []
    for day in calendar:
        runs.collect_only(app, [arxiv])
        clock.forward(hours=8)
        [snapshot] = runs.run(app, [arxiv]).snapshots
        if snapshot.verdict is not _due(day):
            odd.append(f"{day}: {snapshot.verdict} instead of {_due(day)}")
        clock.forward(hours=16)
    mailed = told(app)
    expected = {paper(3 * n + k).key for day, n in batches for k in range(3)}
    odd += [f"{key}: mailed {mailed[key]} times" for key in expected if mailed[key] != 1]
    return odd


def _announces(day: date) -> bool:
    return announces(Listing(name="arxiv", kind="arxiv"), day)


def _due(day: date) -> Verdict:
    if day.day == 17:
        return Verdict.FAILED
    return Verdict.FRESH if _announces(day) else Verdict.QUIET
