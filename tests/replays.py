"""Real days, played again: what is configured, who answers what and when, and what must come of it.

Everything is the program's own, from the YAML of the listings to the issues: only the clock and the
way to the publishers are ours.  What is expected is read off the recordings, not off the parsers.
"""

from __future__ import annotations

import gzip
import json
import re
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from itertools import count, pairwise
from pathlib import Path
from typing import Any

import stamina
from sqlalchemy import select

from digest.app import App
from digest.config import load
from digest.listings.days import announces
from digest.listings.sources import source
from digest.listings.sources.http import FETCH_ATTEMPTS
from digest.model import Listing, Snapshot, Verdict
from digest.pipeline import runs
from digest.store import Store, schema
from digest.store.serialization import named

from .apps import app_of, profile
from .fakes import Clock
from .publishers import (
    ARXIV,
    ARXIV_API,
    BIORXIV,
    BIORXIV_FEEDS,
    HUGGING_FACE,
    ROLLING,
    Announced,
    ArxivApi,
    ArxivFeed,
    Ask,
    DailyPapers,
    Polled,
    Preprints,
    Publishers,
    Site,
    Trouble,
    client_of,
)

EVERYTHING = profile("all", any="[NOT xyzzy]", limit=20)

_AFTER = {
    "down": Verdict.FAILED,
    "login": Verdict.FAILED,
    "cut": Verdict.FAILED,
    "empty": Verdict.EMPTY,
    "yesterday": Verdict.STALE,
}


@dataclass(frozen=True, kw_only=True)
class Scene:
    """A stretch of real days."""

    name: str
    #: as in a configuration file
    listings: str
    sites: Mapping[str, Site]
    #: when the program runs
    moments: Sequence[datetime]
    troubles: Sequence[Trouble] = ()
    #: name of a listing, moment → the verdict where there is no trouble
    expects: Callable[[str, datetime], Verdict]
    #: the keys of the papers that must be mailed
    papers: frozenset[str]
    #: listing → the address that a trouble must concern to befall it
    addresses: Mapping[str, str] = field(default_factory=dict)
    #: files beside the configuration
    files: Mapping[str, bytes] = field(default_factory=dict)
    #: how often each paper was mailed; default: by its key
    mailed: Callable[[App], Counter[str]] = field(default=lambda app: told(app))
    #: what else is not as it must be, in lines
    faults: Callable[[App], Iterable[str]] = field(default=lambda app: ())

    def expected(self, name: str, moment: datetime) -> Verdict:
        """What a reading at that moment must end in."""
        host, _, path = self.addresses.get(name, "").partition("/")
        for trouble in self.troubles:
            if trouble.kind in _AFTER and trouble.befalls(host, "/" + path, moment):
                return _AFTER[trouble.kind]
        return self.expects(name, moment)


@dataclass(frozen=True)
class Outcome:
    """What came of a scene."""

    scene: str
    verdicts: Counter[Verdict]
    statuses: Counter[int]
    papers: int
    lost: frozenset[str]
    twice: frozenset[str]
    #: readings that ended otherwise than they must
    odd: Sequence[str]
    #: requests to arXiv and Hugging Face by address
    addresses: Counter[str]

    @property
    def is_whole(self) -> bool:
        """Whether nothing was lost, nothing mailed twice, and each verdict as expected."""
        return not (self.lost or self.twice or self.odd)


def replay(scene: Scene, store: Store, folder: Path) -> Outcome:
    """Run digest through the scene on an empty store; ``folder`` holds its files and keys."""
    clock = Clock(scene.moments[0])
    publishers = Publishers(scene.sites, clock, scene.troubles)
    validators: dict[str, str] = {}
    fields = {"roots": [folder], "validators": validators}
    with (
        # Its pauses are real time.
        stamina.set_testing(True, attempts=FETCH_ATTEMPTS),
        client_of(publishers, folder, **fields) as client,
    ):
        app = app_of(
            store,
            EVERYTHING,
            listings=_listings(scene, folder),
            now=clock,
            source=lambda each, day: source(each.kind)(each, day, client),
            validators=validators,
        )
        receipts = list(_run(app, clock, scene.moments))
    return _outcome(scene, app, publishers, receipts)


def _listings(scene: Scene, folder: Path) -> list[Listing]:
    for name, body in scene.files.items():
        (folder / name).parent.mkdir(exist_ok=True)
        (folder / name).write_bytes(body)
    mail = "mail: {from: digest@example.org, sender: folder, folder: outbox/}"
    text = f"database: sqlite://\nprofiles: profiles/\n{mail}\nlistings:\n{scene.listings}"
    (folder / "config.yaml").write_text(text, encoding="utf-8")
    return list(load(folder / "config.yaml", {}).listings.values())


def _run(app: App, clock: Clock, moments: Sequence[datetime]) -> Iterator[Snapshot]:
    for moment in moments:
        clock.forward(seconds=(moment - clock()).total_seconds())
        yield from runs.run(app, list(app.listings.values())).snapshots
    # What came after the last day's issue stands in the next one.
    clock.forward(days=1)
    runs.run(app, [])


def _outcome(
    scene: Scene, app: App, publishers: Publishers, receipts: Sequence[Snapshot]
) -> Outcome:
    mailed = scene.mailed(app)
    odd = [
        f"{s.taken_at:%Y-%m-%d %H:%M} {s.listing}: {s.verdict} instead of {must} {s.error}"
        for s in receipts
        if s.verdict is not (must := scene.expected(s.listing, s.taken_at))
    ]
    odd += scene.faults(app)
    return Outcome(
        scene.name,
        Counter(s.verdict for s in receipts),
        publishers.statuses,
        len(mailed),
        scene.papers - set(mailed),
        frozenset(key for key, times in mailed.items() if times > 1),
        odd,
        publishers.addresses,
    )


def told(app: App) -> Counter[str]:
    """How often each paper of the store was mailed, by key."""
    with app.store.begin() as tx:
        contents = tx.execute(select(schema.issue_contents.c.content)).scalars()
        issues = [named(content) for content in contents]
        keys = dict(tx.execute(select(schema.papers.c.id, schema.papers.c.key)).all())  # type: ignore[arg-type]
    entries = [e for i in issues for s in i["sections"] for e in s["entries"] + s["more"]]
    return Counter(keys[entry["match"]["paper"]] for entry in entries)


def moment_of(path: Path) -> datetime:
    """The moment in a name like 2024-03-05_1512.xml."""
    return datetime.strptime(path.stem, "%Y-%m-%d_%H%M").replace(tzinfo=UTC)


def _at(day: date, hour: int) -> datetime:
    return datetime.combine(day, time(hour), UTC)


def _during(kind: str, host: str, day: date, hours: tuple[int, int], about: str = "") -> Trouble:
    return Trouble(kind, host, _at(day, hours[0]), _at(day, hours[1]), about)


def _keys(ids: Iterable[str]) -> frozenset[str]:
    return frozenset(f"arxiv:{id}" for id in ids)


# -- arXiv -----------------------------------------------------------------------------------------


def arxiv_feeds(data: Path, days: int = 99, *, nth: int = 1) -> Scene:
    """Weeks of two categories, polled once or twice a day and asked again in the evening.

    Of each feed every ``nth`` item is left.
    """
    polls = {
        name: sorted((data / f"arxiv-rss/{name}").glob("*.xml"))[: 2 * days]
        for name in ("cs.CL", "cs.LG")
    }
    first = date(2024, 2, 19)
    last = min(moment_of(paths[-1]).date() for paths in polls.values())
    last = min(last, first + timedelta(days=days - 1))
    feeds, bodies = Polled(), {name: {} for name in polls}  # type: dict[str, dict[datetime, bytes]]
    for name, paths in polls.items():
        for path in paths:
            if moment_of(path).date() <= last:
                body = bodies[name][moment_of(path)] = _thinned(path.read_bytes(), nth)
                feeds.put(f"/rss/{name}", moment_of(path), body)
    moments = {moment for each in bodies.values() for moment in each}
    moments |= {_at(moment.date(), 20) for moment in moments}

    def expects(name: str, moment: datetime) -> Verdict:
        shown = max(each for each in bodies[name] if each <= moment)
        is_working_day = moment.weekday() < 5
        if b"<item>" not in bodies[name][shown]:
            return Verdict.EMPTY if is_working_day else Verdict.QUIET
        if shown.date() < moment.date():
            return Verdict.STALE if is_working_day else Verdict.QUIET
        return Verdict.FRESH

    return Scene(
        name="arXiv, two feeds by RSS",
        listings="  cs.CL: {kind: arxiv, categories: [cs.CL]}\n"
        "  cs.LG: {kind: arxiv, categories: [cs.LG]}\n",
        sites={ARXIV: feeds, ARXIV_API: ArxivApi(())},
        moments=sorted(moments),
        troubles=[
            _during("busy", ARXIV, date(2024, 2, 20), (0, 23)),
            _during("cut", ARXIV, date(2024, 2, 21), (9, 12)),
            _during("login", ARXIV, date(2024, 2, 27), (9, 12)),
            _during("down", ARXIV, date(2024, 2, 29), (9, 12)),
            _during("yesterday", ARXIV, date(2024, 3, 7), (9, 12), "cs.CL"),
            _during("empty", ARXIV, date(2024, 3, 13), (9, 12)),
        ],
        expects=expects,
        papers=_keys(
            id
            for each in bodies.values()
            for body in each.values()
            for id, kind in _announcements(body)
            if kind in ("new", "cross")
        ),
        addresses={name: f"{ARXIV}/rss/{name}" for name in polls},
    )


def _thinned(feed: bytes, nth: int) -> bytes:
    place = count()
    return re.sub(rb"(?s)<item>.*?</item>", lambda m: b"" if next(place) % nth else m[0], feed)


def _announcements(body: bytes) -> Iterator[tuple[str, str]]:
    for item in re.findall(rb"(?s)<item>.*?</item>", body):
        id = re.search(rb"oai:arXiv\.org:(\S+?)v\d+<", item)
        kind = re.search(rb"announce_type>([a-z-]+)<", item)
        assert id is not None
        assert kind is not None
        yield id[1].decode(), kind[1].decode()


WATCHED = ("cs.CL", "cs.CV", "cs.AI", "cs.GR")


def arxiv_days(data: Path, days: int = 99) -> Scene:
    """Five weeks of four categories in one request, by Atom; days that were missed by the API.

    The machine is off for three days in the second week; of three days there is no recording: then
    the feed shows the day before.  A whole day the feed is down.
    """
    paths = sorted((data / "arxiv-days").glob("*.jsonl.gz"))[:days]
    announced = {day: _rows(path) for path in paths if (day := date.fromisoformat(path.name[:10]))}
    first, last = min(announced), max(announced)
    off = {date(2025, 9, 10), date(2025, 9, 11), date(2025, 9, 12)}
    calendar = [first + timedelta(days=n) for n in range((last - first).days + 3)]
    moments = [_at(day, hour) for day in calendar if day not in off for hour in (9, 20)]

    def expects(name: str, moment: datetime) -> Verdict:
        if moment.date() in announced:
            return Verdict.FRESH
        # On 2 September, after Labor Day, arXiv had no list.
        is_expected = announces(Listing(name=name, kind="arxiv"), moment.date())
        return Verdict.STALE if is_expected else Verdict.QUIET

    return Scene(
        name="arXiv, four categories by Atom and API",
        listings=f"  cs: {{kind: arxiv, categories: [{', '.join(WATCHED)}], format: atom}}\n",
        sites={
            ARXIV: ArxivFeed(announced, "+".join(WATCHED)),
            ARXIV_API: ArxivApi(a for rows in announced.values() for a in rows),
        },
        moments=moments,
        troubles=[
            _during("busy", ARXIV_API, date(2025, 9, 3), (0, 23)),
            _during("down", ARXIV, date(2025, 9, 4), (0, 23)),
        ],
        expects=expects,
        papers=_keys(a.id for rows in announced.values() for a in rows),
        addresses={"cs": f"{ARXIV}/atom/"},
    )


def _rows(path: Path) -> list[Announced]:
    """The papers of a day, each once."""
    with gzip.open(path, "rt", encoding="utf-8") as lines:
        rows = [json.loads(line) for line in lines]
    day = date.fromisoformat(path.name[:10])
    found = {
        row["id"]: Announced(
            day,
            row["id"],
            row["title"],
            row["summary"],
            tuple(row["categories"]),
            tuple(row["authors"]),
        )
        for row in rows
    }
    return list(found.values())


def arxiv_recordings(data: Path) -> Scene:
    """Untouched feeds, and answers of the API at the addresses that they were given at."""
    feeds, answers = Polled(), _Recorded()
    envelopes = {
        name: (data / f"arxiv-rss/fixtures/2026-04-27_arxiv_{name.lower().replace('.', '_')}.xml")
        for name in ("cs.AI", "cs.CL", "cs.LG")
    }
    weekend = (data / "arxiv-rss/fixtures/weekend_empty_cs.CL_2026-08-01.xml").read_bytes()
    for name, path in envelopes.items():
        feeds.put(f"/rss/{name}", _at(date(2026, 4, 27), 5), path.read_bytes())
    feeds.put("/rss/cs.CL", _at(date(2026, 5, 2), 5), weekend)
    ends = {Verdict.FRESH: [], Verdict.EMPTY: ["unknown-id"], Verdict.FAILED: ["error-400"]}
    listings = [f"  {name}: {{kind: arxiv, categories: [{name}]}}" for name in envelopes]
    for path in sorted((data / "arxiv-api").glob("*.xml")):
        listings.append(
            f'  {path.stem}: {{kind: arxiv, url: "https://{ARXIV_API}/api/query?id_list={path.stem}"}}'
        )
        answers.put(path.stem, 400 if path.stem == "error-400" else 200, path.read_bytes())

    def expects(name: str, moment: datetime) -> Verdict:
        return next((v for v, names in ends.items() if name in names), Verdict.FRESH)

    bodies = [path.read_bytes() for path in envelopes.values()]
    papers = {
        id for body in bodies for id, kind in _announcements(body) if kind in ("new", "cross")
    }
    papers |= set(answers.ids())
    return Scene(
        name="arXiv, untouched feeds and answers",
        listings="\n".join(listings),
        sites={ARXIV: feeds, ARXIV_API: answers},
        moments=[_at(date(2026, 4, 27), 9)],
        expects=expects,
        papers=_keys(papers),
    )


class _Recorded:
    """The API as it answered some questions."""

    def __init__(self) -> None:
        self._answers: dict[str, tuple[int, bytes]] = {}

    def put(self, ids: str, status: int, body: bytes) -> None:
        self._answers[ids] = (status, body)

    def ids(self) -> Iterator[str]:
        for status, body in self._answers.values():
            found = re.findall(rb"<id>http://arxiv\.org/abs/(\S+?)v\d+</id>", body)
            yield from (id.decode() for id in found if status == 200)

    def __call__(self, ask: Ask) -> tuple[int, bytes]:
        return self._answers.get(ask.query.get("id_list", ""), (404, b""))


# -- Hugging Face ----------------------------------------------------------------------------------


def daily_papers(data: Path, days: int = 99) -> Scene:
    """The list of each day by the API and by the web page, of each week and month, and trending."""
    paths = sorted((data / "hf-api").glob("*.json"))[:days]
    lists = {date.fromisoformat(path.stem): json.loads(path.read_bytes()) for path in paths}
    site = DailyPapers()
    for day, entries in lists.items():
        site.put(day, _at(day, 6), entries)
    spans = [day for a, b in pairwise([*lists, max(lists) + timedelta(1)]) for day in _until(a, b)]
    moments = [
        _at(day, hour) for day in spans for hour in ((9, 20) if day.weekday() < 5 else (20,))
    ]

    nth = [*lists, *[date.max] * 15]
    troubles = [
        _during("busy", HUGGING_FACE, nth[1], (0, 12)),
        _during("empty", HUGGING_FACE, nth[3], (0, 12), "?date="),
        _during("yesterday", HUGGING_FACE, nth[6], (0, 12), "?date="),
        _during("down", HUGGING_FACE, nth[8], (0, 23)),
        _during("login", HUGGING_FACE, nth[12], (0, 12)),
        _during("cut", HUGGING_FACE, nth[14], (0, 12)),
    ]
    risen = _risen(site, [m for m in moments if not _fails(troubles, m)])

    def expects(name: str, moment: datetime) -> Verdict:
        is_news = moment in risen if name == "trending" else moment.date() in lists
        return Verdict.FRESH if is_news else Verdict.QUIET

    return Scene(
        name="Hugging Face, by day, page, week, month and trending",
        listings="  daily: {kind: huggingface}\n"
        f'  page: {{kind: huggingface, url: "https://{HUGGING_FACE}/papers/date/{{day}}"}}\n'
        "  weekly: {kind: huggingface, period: week}\n"
        "  monthly: {kind: huggingface, period: month}\n"
        "  trending: {kind: huggingface, period: trending}\n",
        sites={HUGGING_FACE: site},
        moments=moments,
        troubles=troubles,
        expects=expects,
        papers=_keys(entry["paper"]["id"] for entries in lists.values() for entry in entries),
        addresses={
            "daily": f"{HUGGING_FACE}/api/daily_papers?date=",
            "page": f"{HUGGING_FACE}/papers/date/",
            "weekly": f"{HUGGING_FACE}/api/daily_papers?week=",
            "monthly": f"{HUGGING_FACE}/api/daily_papers?month=",
            "trending": f"{HUGGING_FACE}/api/daily_papers?sort=",
        },
    )


def _fails(troubles: Sequence[Trouble], moment: datetime) -> bool:
    return any(
        _AFTER.get(t.kind) is Verdict.FAILED and t.since <= moment < t.until for t in troubles
    )


def _risen(site: DailyPapers, moments: Sequence[datetime]) -> set[datetime]:
    """The moments at which a paper is among the first hundred that was not on an earlier day."""
    first: dict[str, date] = {}
    risen = set()
    for moment in moments:
        _, body = site(Ask("/api/daily_papers", {"sort": "trending", "limit": "100"}, moment))
        ids = [entry["paper"]["id"] for entry in json.loads(body)]
        if moment.date() in [first.setdefault(id, moment.date()) for id in ids]:
            risen.add(moment)
    return risen


def _until(first: date, after: date) -> list[date]:
    """The days up to ``after``; of months without a recording only the first weekend."""
    return [first + timedelta(days=n) for n in range(min((after - first).days, 3))]


def growing_list(data: Path, hour: int, days: int = 14) -> Scene:
    """A list that grows all day, read once a day at ``hour``; at weekends Friday's stays."""
    site, everything, weekday = DailyPapers(), set[str](), date(2026, 7, 6)
    for path in sorted((data / "hf-jsonfeed").glob("*.json")):
        moment = moment_of(path)
        if moment.date() >= date(2026, 7, 6) + timedelta(days=days):
            break
        items = json.loads(path.read_bytes())["items"]
        weekday = moment.date() if moment.weekday() < 5 else weekday
        site.put(weekday, moment, [_as_entry(item) for item in items])
        everything |= {_id(item) for item in items}
    first = datetime(2026, 7, 6, hour, 30, tzinfo=UTC)

    def expects(name: str, moment: datetime) -> Verdict:
        if site.entries(moment.date(), moment):
            return Verdict.FRESH
        return Verdict.EMPTY if moment.weekday() < 5 else Verdict.QUIET

    return Scene(
        name=f"Hugging Face, a list that grows, read at {hour}:30",
        listings="  daily: {kind: huggingface}\n",
        sites={HUGGING_FACE: site},
        moments=[first + timedelta(days=n) for n in range(min(days, 10) + 4)],
        expects=expects,
        papers=_keys(everything),
    )


def _id(item: Mapping[str, Any]) -> str:
    return str(item["id"]).rpartition("/")[2]


def _as_entry(item: Mapping[str, Any]) -> dict[str, Any]:
    """An item of the JSON feed as the API would give it."""
    inner = {
        "id": _id(item),
        "title": item["title"],
        "summary": item["content_text"],
        "authors": [{"name": "Ada Byron"}],
        "publishedAt": "2026-07-01T00:00:00.000Z",
    }
    return {"paper": inner}


def rolling_feed(data: Path, days: int = 99) -> Scene:
    """The same list as a JSON feed, read at every poll; each day's replaces the one before."""
    paths = sorted((data / "hf-jsonfeed").glob("*.json"))
    paths = [p for p in paths if moment_of(p) < datetime(2026, 7, 6, tzinfo=UTC) + timedelta(days)]
    feed = Polled()
    items = {moment_of(path): json.loads(path.read_bytes())["items"] for path in paths}
    for path in paths:
        feed.put("/papers.json", moment_of(path), path.read_bytes())

    def expects(name: str, moment: datetime) -> Verdict:
        """Fresh where something stands there that was first or also there on this very day."""
        before = [m for m in items if m.date() < moment.date()]
        known = {_id(item) for m in before for item in items[m]}
        today = [m for m in items if m.date() == moment.date() and m <= moment]
        is_news = any(_id(item) not in known for m in today for item in items[m])
        return Verdict.FRESH if is_news else Verdict.QUIET

    first, *later = items.values()
    baseline = {_id(item) for item in first}
    return Scene(
        name="a JSON feed that rolls on",
        listings=f'  rolling: {{kind: jsonfeed, url: "https://{ROLLING}/papers.json",'
        " rolling: false}\n",
        sites={ROLLING: feed},
        moments=sorted(items),
        troubles=[_during("busy", ROLLING, date(2026, 7, 8), (0, 23))],
        expects=expects,
        papers=_keys({_id(item) for each in later for item in each} - baseline),
    )


# -- preprints and saved pages ---------------------------------------------------------------------


def preprints(data: Path, every: int = 1) -> Scene:
    """A subject's preprints by the API, in small pages, and as a feed read in two ways.

    The program runs ``every`` few days, and makes up for those in between.
    """
    [path] = (data / "biorxiv").glob("*.rdf")
    site, feeds = Preprints(path.read_bytes()), Polled()
    feeds.put("/biorxiv_xml.php", _at(date(2019, 8, 27), 18), path.read_bytes())
    posted = {date.fromisoformat(each["date"]) for each in site.preprints}
    first, last = min(posted), max(posted)
    days = [first + timedelta(days=n) for n in range((last - first).days + 1)]
    moments = [_at(day, 20) for day in reversed(days[::-every])]
    feed = f'url: "http://{BIORXIV_FEEDS}/biorxiv_xml.php?subject=plant_biology"'

    def expects(name: str, moment: datetime) -> Verdict:
        if name in ("subject", "plain"):
            return Verdict.FRESH if moment.date() == last else Verdict.FAILED
        if moment.date() in posted:
            return Verdict.FRESH
        return Verdict.EMPTY if moment.weekday() < 5 else Verdict.QUIET

    return Scene(
        name="bioRxiv and medRxiv, by API and feed",
        listings="  plants: {kind: biorxiv, categories: [plant biology]}\n"
        "  medicine: {kind: medrxiv}\n"
        f"  subject: {{kind: biorxiv, {feed}}}\n"
        f"  plain: {{kind: feed, {feed}}}\n",
        sites={BIORXIV: site, BIORXIV_FEEDS: feeds},
        moments=moments,
        troubles=[_during("busy", BIORXIV, first, (0, 23))],
        expects=expects,
        # What was posted before the first run is no news.
        papers=frozenset(
            f"doi:{each['doi']}"
            for each in site.preprints
            if each["date"] >= moments[0].date().isoformat()
        ),
    )


def saved_pages(data: Path) -> Scene:
    """Two pages saved as text, and the same day's list by the API."""
    days = (date(2025, 3, 12), date(2025, 10, 31))
    pages = {
        day: (data / f"listing-text/daily-papers-{day:%m-%d}.txt").read_bytes() for day in days
    }
    entries = json.loads((data / f"hf-api/{days[0]}.json").read_bytes())
    site = DailyPapers()
    site.put(days[0], _at(days[0], 6), entries)

    def expects(name: str, moment: datetime) -> Verdict:
        is_there = name == "saved" or moment.date() == days[0]
        return Verdict.FRESH if is_there else Verdict.EMPTY

    return Scene(
        name="pages saved as text",
        listings="  daily: {kind: huggingface}\n"
        '  saved: {kind: listing, path: "pages/{day}.txt"}\n',
        sites={HUGGING_FACE: site},
        moments=[_at(day, 20) for day in days],
        expects=expects,
        papers=_keys(entry["paper"]["id"] for entry in entries),
        files={f"pages/{day}.txt": page for day, page in pages.items()},
    )


def all_scenes(data: Path) -> Iterator[Scene]:
    """Every recording there is."""
    yield arxiv_feeds(data)
    yield arxiv_days(data)
    yield arxiv_recordings(data)
    yield daily_papers(data)
    yield from (growing_list(data, hour) for hour in range(24))
    yield rolling_feed(data)
    yield preprints(data)
    yield saved_pages(data)
