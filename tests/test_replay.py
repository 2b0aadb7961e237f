"""Weeks of real listings through a real server on loopback: nothing missed, nothing twice.

The server speaks each source's addresses with entity tags, 304, and the failures of real servers.
Skipped where DIGEST_REAL_DATA names no folder of real listings.
"""

from __future__ import annotations

import json
import os
from bisect import bisect_right
from collections import Counter
from collections.abc import Iterable, Sequence
from datetime import UTC, date, datetime, timedelta
from hashlib import sha256
from pathlib import Path
from urllib.parse import parse_qs, urlsplit

import pytest

from digest import pipeline
from digest.app import App
from digest.model import Kind, Listing, Page, Verdict
from digest.sources import source
from digest.sources.arxiv import parse as parse_arxiv
from digest.sources.http import Client
from digest.sources.jsonfeed import parse as parse_jsonfeed
from digest.store import Store

from .apps import app_of, profile
from .factories import listing
from .fakes import Clock
from .origin import Origin, Request, origin, reply

EVERYTHING = profile("all", any="[NOT xyzzy]", limit=500)


@pytest.fixture
def data() -> Path:
    """The folder of real listings."""
    if not (folder := os.environ.get("DIGEST_REAL_DATA")):
        pytest.skip("DIGEST_REAL_DATA names no folder of real listings")
    return Path(folder)


class Shelves:
    """What each address serves from which moment on."""

    def __init__(self) -> None:
        self._bodies: dict[str, list[tuple[datetime, bytes]]] = {}
        self.clock = Clock(datetime(2024, 1, 1, tzinfo=UTC))
        self.troubles: list[list[bytes]] = []
        self.statuses: Counter[int] = Counter()

    def put(self, address: str, moment: datetime, body: bytes) -> None:
        """Serve this body there from that moment on."""
        self._bodies.setdefault(address, []).append((moment, body))

    def answer(self, request: Request) -> Iterable[bytes]:
        """What a server says: a trouble that is due, 304, 404, or the body of the moment."""
        if self.troubles:
            return self.troubles.pop(0)
        parts = urlsplit(request.path)
        days = parse_qs(parts.query).get("date", [""])
        bodies = self._bodies.get(parts.path + days[0], [])
        place = bisect_right([moment for moment, _ in bodies], self.clock())
        if not place:
            return self._said(404, reply(b"not found", "404 Not Found"))
        body = bodies[place - 1][1]
        tag = f'"{sha256(body).hexdigest()[:16]}"'
        if request.headers.get("if-none-match") == tag:
            return self._said(304, reply(b"", "304 Not Modified", {"ETag": tag}))
        return self._said(200, reply(body, headers={"ETag": tag, "Content-Type": "text/xml"}))

    def _said(self, status: int, pieces: list[bytes]) -> list[bytes]:
        self.statuses[status] += 1
        return pieces


def house(store: Store, shelves: Shelves, *listings: Listing, reader: object = EVERYTHING) -> App:
    """A digest whose sources ask the real client."""
    validators: dict[str, str] = {}
    client = Client(
        contact="somebody@example.org",
        now=shelves.clock,
        allow_hosts=["127.0.0.1"],
        validators=validators,
        pace=lambda group, gap: 0.0,
        sleep=lambda seconds: None,
    )
    return app_of(
        store,
        reader,  # type: ignore[arg-type]
        listings=listings,
        now=shelves.clock,
        source=lambda each, day: source(each.kind)(each, day, client),
        validators=validators,
    )


def told(app: App) -> Counter[str]:
    """How often each paper of the store was mailed, by key."""
    from sqlalchemy import select

    from digest.store import schema

    with app.store.begin() as tx:
        issues = list(tx.execute(select(schema.issues.c.content)).scalars())
        keys = dict(tx.execute(select(schema.papers.c.edition, schema.papers.c.key)).all())  # type: ignore[arg-type]
    entries = [e for i in issues for s in i["sections"] for e in s["entries"] + s["more"]]
    return Counter(keys[entry["match"]["paper"]] for entry in entries)


def moment_of(path: Path) -> datetime:
    """The moment in a name like 2024-03-05_1512.xml."""
    return datetime.strptime(path.stem, "%Y-%m-%d_%H%M").replace(tzinfo=UTC)


@pytest.fixture
def memory() -> Store:
    """A store that is gone afterwards."""
    store = Store("sqlite://")
    store.migrate()
    return store


def polls(data: Path, category: str) -> list[Path]:
    return sorted((data / f"arxiv-rss/{category}").glob("*.xml"))


def arxiv_listing(server: Origin, category: str) -> Listing:
    return Listing(name=category, kind="arxiv", url=f"{server.url}/rss/{category}")


def wanted(paths: Sequence[Path], kinds: Iterable[Kind]) -> set[str]:
    """The keys of the papers that these polls announce so."""
    pages = [parse_arxiv(path.read_bytes(), listing(), moment_of(path).date()) for path in paths]
    return {paper.key for page in pages for paper in page.papers if paper.announced in kinds}


def test_four_weeks_of_two_arxiv_categories(data: Path, memory: Store) -> None:
    shelves = Shelves()
    names = ("cs.CL", "cs.LG")
    for name in names:
        for path in polls(data, name):
            shelves.put(f"/rss/{name}", moment_of(path), path.read_bytes())
    moments = sorted({moment_of(path) for name in names for path in polls(data, name)})
    verdicts: dict[str, dict[datetime, Verdict]] = {name: {} for name in names}

    with origin(shelves.answer) as server:
        app = house(memory, shelves, *(arxiv_listing(server, name) for name in names))
        for number, moment in enumerate(moments):
            shelves.clock.forward(seconds=(moment - shelves.clock()).total_seconds())
            if number % 7 == 3:  # a server that is busy, then gone; both are got over in one run
                busy = reply(b"", "429 Too Many Requests", {"Retry-After": "1"})
                shelves.troubles = [busy, reply(b"", "503 Service Unavailable")]
            for snapshot in pipeline.run(app, list(app.listings.values())).snapshots:
                verdicts[snapshot.listing][moment] = snapshot.verdict

    expected = {key for name in names for key in wanted(polls(data, name), (Kind.NEW, Kind.CROSS))}
    mailed = told(app)
    assert expected - set(mailed) == set()
    assert max(mailed.values()) == 1
    assert shelves.statuses[304] > 0

    held = [m for each in verdicts.values() for m, v in each.items() if v is Verdict.FLOOD]
    failed = [m for each in verdicts.values() for m, v in each.items() if v is Verdict.FAILED]
    assert (held, failed) == ([], [])
    of = {moment.strftime("%m-%d %H"): v for moment, v in verdicts["cs.CL"].items()}
    assert of["02-24 09"] is Verdict.QUIET, "a Saturday"
    assert of["03-05 09"] is Verdict.EMPTY, "a Tuesday on which the feed came late"
    assert of["03-05 15"] is Verdict.FRESH


def test_yesterdays_batch_under_todays_date_is_told_and_made_up_for(
    data: Path, memory: Store
) -> None:
    shelves = Shelves()
    paths = [p for p in polls(data, "cs.CL") if "2024-02-2" in p.stem][:8]
    stuck = paths[3]
    rebuilt = stuck.read_text().replace("21 Feb 2024", "22 Feb 2024").encode()
    for path in paths[:4]:
        shelves.put("/rss/cs.CL", moment_of(path), path.read_bytes())
    at_nine = datetime(2024, 2, 22, 9, 0, tzinfo=UTC)
    shelves.put("/rss/cs.CL", at_nine, rebuilt)
    shelves.put("/rss/cs.CL", moment_of(paths[6]), paths[6].read_bytes())

    with origin(shelves.answer) as server:
        app = house(memory, shelves, arxiv_listing(server, "cs.CL"))
        found = []
        for moment in (*map(moment_of, paths[:4]), at_nine, moment_of(paths[6])):
            shelves.clock.forward(seconds=(moment - shelves.clock()).total_seconds())
            found.append(pipeline.run(app, list(app.listings.values())).snapshots[0].verdict)

    assert found[-2:] == [Verdict.STALE, Verdict.FRESH]
    assert wanted([paths[6]], [Kind.NEW]) <= {
        *told(app), *(key for key in unread_keys(app))
    }  # fmt: skip


def unread_keys(app: App) -> set[str]:
    """The papers that wait for the next issue."""
    from digest.store import readers

    with app.store.begin() as tx:
        found = readers.unread_by(tx, EVERYTHING, list(app.listings), app.day)
    return {arrival.change.paper.key for arrival in found.arrivals}


def daily_papers(page: Page) -> bytes:
    """The papers as Hugging Face's API gives them."""
    entries = [
        {
            "paper": {
                "id": paper.key.removeprefix("arxiv:"),
                "title": paper.title,
                "summary": paper.abstract,
                "authors": [{"name": name} for name in paper.authors],
                "publishedAt": "2026-07-01T00:00:00.000Z",
            }
        }
        for paper in page.papers
    ]
    return json.dumps(entries).encode()


@pytest.mark.parametrize("hour", range(0, 24, 3))
def test_a_list_that_grows_is_had_whole_whatever_the_hour_of_the_first_read(
    data: Path, memory: Store, hour: int
) -> None:
    shelves = Shelves()
    everything: set[str] = set()
    last_weekday = date(2026, 7, 6)
    for path in sorted((data / "hf-jsonfeed").glob("*.json")):
        moment = moment_of(path)
        found = parse_jsonfeed(path.read_bytes(), listing(), moment.date())
        everything |= {paper.key for paper in found.papers}
        # At weekends the list of Friday stays, and gains a straggler or two.
        last_weekday = moment.date() if moment.weekday() < 5 else last_weekday
        shelves.put(f"/api{last_weekday}", moment, daily_papers(found))

    with origin(shelves.answer) as server:
        daily = Listing(name="daily", kind="huggingface", url=f"{server.url}/api?date={{day}}")
        app = house(memory, shelves, daily)
        first = datetime(2026, 7, 6, hour, 30, tzinfo=UTC)
        for days in range(14):
            shelves.clock.forward(seconds=(first - shelves.clock()).total_seconds())
            shelves.clock.forward(days=days)
            pipeline.run(app, list(app.listings.values()))

    mailed = told(app)
    assert all(key.startswith("arxiv:") for key in everything)
    assert set(mailed) == everything
    assert max(mailed.values()) == 1


def test_three_weeks_of_daily_papers_with_every_trouble_of_a_server(
    data: Path, memory: Store
) -> None:
    """A day without an answer, a day that is empty until the evening, a day that is yesterday's."""
    shelves = Shelves()
    paths = sorted((data / "hf-api").glob("2025-03-*.json"))[:15]
    bodies = {date.fromisoformat(path.stem): path.read_bytes() for path in paths}
    days = list(bodies)
    empty, stale, away = days[3], days[6], days[9]
    for day, body in bodies.items():
        opening = datetime(day.year, day.month, day.day, 6, tzinfo=UTC)
        if day in (empty, stale):
            early = b"[]" if day == empty else bodies[days[days.index(day) - 1]]
            shelves.put(f"/api{day}", opening, early)
            opening += timedelta(hours=12)
        shelves.put(f"/api{day}", opening, body)

    found: dict[tuple[date, int], Verdict] = {}
    with origin(shelves.answer) as server:
        daily = Listing(name="daily", kind="huggingface", url=f"{server.url}/api?date={{day}}")
        app = house(memory, shelves, daily)
        for day in days:
            for hour in (9, 20):
                moment = datetime(day.year, day.month, day.day, hour, tzinfo=UTC)
                shelves.clock.forward(seconds=(moment - shelves.clock()).total_seconds())
                is_away = day == away
                shelves.troubles = [reply(b"", "503 Service Unavailable")] * 99 * is_away
                [snapshot] = pipeline.run(app, list(app.listings.values())).snapshots
                found[day, hour] = snapshot.verdict

    from digest.sources.huggingface import parse

    pages = [parse(body, listing(kind="huggingface"), day) for day, body in bodies.items()]
    expected = {paper.key for page in pages for paper in page.papers}
    mailed = told(app)
    assert max(mailed.values()) == 1
    waiting = unread_keys(app)
    assert expected <= {*mailed, *waiting}
    assert (found[empty, 9], found[empty, 20]) == (Verdict.EMPTY, Verdict.FRESH)
    assert found[stale, 9] is Verdict.STALE
    assert found[away, 9] is Verdict.FAILED
    usual = {v for (day, _), v in found.items() if day not in (empty, stale, away)}
    assert usual == {Verdict.FRESH}


def test_ten_days_of_a_rolling_feed_and_one_of_preprints(data: Path, memory: Store) -> None:
    shelves = Shelves()
    polled = sorted((data / "hf-jsonfeed").glob("*.json"))
    for path in polled:
        shelves.put("/feed.json", moment_of(path), path.read_bytes())
    [preprints] = (data / "biorxiv").glob("*.rdf")
    shelves.put("/bio.rdf", moment_of(polled[0]), preprints.read_bytes())

    with origin(shelves.answer) as server:
        rolling = Listing(name="rolling", kind="jsonfeed", url=f"{server.url}/feed.json")
        bio = Listing(name="bio", kind="biorxiv", url=f"{server.url}/bio.rdf")
        app = house(memory, shelves, rolling, bio)
        bad = []
        for path in polled:
            shelves.clock.forward(seconds=(moment_of(path) - shelves.clock()).total_seconds())
            done = pipeline.run(app, list(app.listings.values()))
            bad += [s for s in done.snapshots if s.verdict in (Verdict.FAILED, Verdict.FLOOD)]
        shelves.clock.forward(days=1)
        pipeline.run(app, list(app.listings.values()))

    assert bad == []
    feeds = [parse_jsonfeed(p.read_bytes(), listing(), moment_of(p).date()) for p in polled]
    later = {paper.key for feed in feeds[1:] for paper in feed.papers}
    first = {paper.key for paper in feeds[0].papers}
    mailed = told(app)
    assert later - first <= set(mailed)
    assert max(mailed.values()) == 1


def hf_days(data: Path) -> list[tuple[date, Page]]:
    from digest.sources.huggingface import parse

    paths = sorted((data / "hf-api").glob("*.json"))
    days = [(date.fromisoformat(path.stem), path.read_bytes()) for path in paths]
    return [(day, parse(body, listing(kind="huggingface"), day)) for day, body in days]


def test_no_real_day_is_held_for_a_flood(data: Path, memory: Store) -> None:
    from .fakes import Newsstand

    stand = Newsstand()
    days = hf_days(data)
    for day, page in days:
        stand.put("daily", day, page)
    clock = Clock(datetime(2025, 3, 3, 20, tzinfo=UTC))
    app = app_of(memory, EVERYTHING, listings=[listing()], source=stand, now=clock)

    found = Counter()
    for day, _ in days:
        clock.forward(days=(day - clock().date()).days)
        [snapshot] = pipeline.collect_only(app, list(app.listings.values())).snapshots
        found[snapshot.verdict] += 1

    assert found[Verdict.FLOOD] == 0
    assert found[Verdict.FRESH] > 50


def test_two_hundred_changes_of_ids_and_bursts_are_all_held(data: Path, memory: Store) -> None:
    """After weeks of real days: a day's works under new ids, or far more works than ever."""
    from dataclasses import replace

    from sqlalchemy import text

    from .factories import paper
    from .fakes import Newsstand

    stand = Newsstand()
    days = hf_days(data)[:30]
    for day, page in days:
        stand.put("daily", day, page)
    clock = Clock(datetime(2025, 3, 3, 20, tzinfo=UTC))
    app = app_of(memory, EVERYTHING, listings=[listing(look_back=0)], source=stand, now=clock)
    for day, _ in days:
        clock.forward(days=(day - clock().date()).days)
        pipeline.collect_only(app, list(app.listings.values()))
    papers = [p for _, page in days for p in page.papers]

    clock.forward(days=1)
    while clock().weekday() > 4:
        clock.forward(days=1)
    for number in range(100):
        again = papers[number * 3 : number * 3 + 10 + number % 20]
        renamed = [replace(p, key=f"arxiv:9901.{number:03d}{n:02d}") for n, p in enumerate(again)]
        burst = [paper(f"{number:03d}{n:03d}") for n in range(200 + number)]
        for simulated in (renamed, burst):
            stand.lay_out("daily", clock().date(), *simulated)
            with memory.begin() as tx:
                tx.execute(text("SAVEPOINT before"))
            [snapshot] = pipeline.collect_only(app, list(app.listings.values())).snapshots
            assert snapshot.verdict is Verdict.FLOOD, (number, len(simulated))
            forgotten(memory, {p.key for p in simulated})


def forgotten(store: Store, keys: set[str]) -> None:
    """Take a simulated day back, so that the next one meets the same memory."""
    from sqlalchemy import delete, func, select

    from digest.store import schema

    with store.begin() as tx:
        last = tx.execute(select(func.max(schema.snapshots.c.id))).scalar_one()
        tx.execute(delete(schema.changes).where(schema.changes.c.snapshot_id == last))
        tx.execute(delete(schema.snapshots).where(schema.snapshots.c.id == last))
        for table in (schema.seen, schema.identities, schema.papers):
            tx.execute(delete(table).where(table.c.key.in_(sorted(keys))))


def test_a_year_of_arxiv_announcements(memory: Store) -> None:
    """Two runs a day, all of 2026: weekends and holidays are quiet, everything else is mailed."""
    from digest.calendar import announces
    from digest.errors import SourceError

    from .factories import page, paper

    clock = Clock(datetime(2026, 1, 1, 3, 0, tzinfo=UTC))
    announced: list[tuple[date, list[int]]] = []
    count = 0
    for n in range(365):
        day = date(2026, 1, 1) + timedelta(days=n)
        if announces("arxiv", day):
            announced.append((day, list(range(count, count + 3))))
            count += 3

    def feed(each: Listing, day: date) -> Page:
        # Built at five in the morning; on days without an announcement it is empty.
        if clock().hour == 11 and clock().day == 17:
            raise SourceError(each.name, "503 Service Unavailable")
        ready = [e for e in announced if e[0] <= clock().date() and clock().hour >= 5] or [
            e for e in announced if e[0] < clock().date()
        ]
        if clock().hour >= 5 and not announces("arxiv", clock().date()):
            return page(day=clock().date())
        batch, numbers = ready[-1] if ready else (date(2025, 12, 31), [])
        return page(*(paper(number) for number in numbers), day=batch)

    arxiv = Listing(name="arxiv", kind="arxiv", url="https://rss.arxiv.org/rss/cs.CL")
    app = app_of(memory, EVERYTHING, listings=[arxiv], source=feed, now=clock)
    verdicts: dict[date, list[Verdict]] = {}
    for _ in range(365):
        for _ in range(2):
            [snapshot] = pipeline.run(app, [arxiv]).snapshots
            verdicts.setdefault(clock().date(), []).append(snapshot.verdict)
            clock.forward(hours=8)
        clock.forward(hours=8)

    mailed = told(app)
    assert len(mailed) == count
    assert max(mailed.values()) == 1
    for day, (_, late) in verdicts.items():
        if day.day == 17:
            assert late is Verdict.FAILED
        else:
            assert late is (Verdict.FRESH if announces("arxiv", day) else Verdict.QUIET), day
    assert verdicts[date(2026, 11, 26)][1] is Verdict.QUIET
