"""The publishers of recorded listings: one server on loopback that is every host of them.

Each site speaks its own addresses, as far as the recordings go: paging, slices, weekends, errors.
What a client gets depends on the moment, and on the troubles that befall a host for a while.
"""

from __future__ import annotations

import html
import json
import re
import ssl
from bisect import bisect_right
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, time, timedelta
from hashlib import sha256
from pathlib import Path
from typing import Any
from urllib.parse import parse_qs, unquote, urlsplit
from xml.sax.saxutils import escape
from zoneinfo import ZoneInfo

import httpcore2

from digest.listings.sources.http import Client

from .origin import Request, origin, reply
from .servers import Authority

EASTERN = ZoneInfo("America/New_York")
ARXIV, ARXIV_API = "rss.arxiv.org", "export.arxiv.org"
HUGGING_FACE = "huggingface.co"
BIORXIV, BIORXIV_FEEDS = "api.biorxiv.org", "connect.biorxiv.org"
ROLLING = "feeds.example.org"


@dataclass(frozen=True, slots=True)
class Ask:
    """What is asked of a site, and when."""

    path: str
    query: Mapping[str, str]
    now: datetime

    @property
    def today(self) -> date:
        return self.now.date()


#: A status and a body.
Answer = tuple[int, bytes]
Site = Callable[[Ask], Answer]
NOT_FOUND: Answer = (404, b"not found")

LOGIN = b"<!doctype html><html><head><title>Sign in</title></head><body>Sign in</body></html>"


@dataclass(frozen=True, slots=True)
class Trouble:
    """What befalls a host from a moment to another.

    busy: one 429 and one 503, then all is well.  down: 503.  login: a web page with status 200.
    cut: the first three fifths of the body.  empty: a list of none.  yesterday: the answer of the
    day before, under today's date.
    """

    kind: str
    host: str
    since: datetime
    until: datetime
    #: only addresses that hold this
    about: str = ""

    def befalls(self, host: str, address: str, now: datetime) -> bool:
        """Whether it is this host's now."""
        return self.host == host and self.about in address and self.since <= now < self.until


@dataclass
class Publishers:
    """All hosts together, on a clock of their own."""

    sites: Mapping[str, Site]
    now: Callable[[], datetime]
    troubles: Sequence[Trouble] = ()
    statuses: Counter[int] = field(default_factory=Counter)
    addresses: Counter[str] = field(default_factory=Counter)
    _busy: dict[Trouble, list[bytes]] = field(default_factory=dict)

    def answer(self, request: Request) -> Iterable[bytes]:
        """What the host that is asked says now."""
        host = request.headers["host"]
        self.addresses[host + request.path] += 1
        trouble = next(
            (t for t in self.troubles if t.befalls(host, request.path, self.now())), None
        )
        if trouble and (refusal := self._refusal(trouble)):
            return refusal
        parts = urlsplit(request.path)
        query = {name: values[0] for name, values in parse_qs(parts.query).items()}
        now = self.now()
        if trouble and trouble.kind == "yesterday":
            now -= timedelta(days=1)
            query = {
                n: str(now.date()) if v == str(self.now().date()) else v for n, v in query.items()
            }
        status, body = self.sites.get(host, lambda ask: NOT_FOUND)(
            Ask(unquote(parts.path), query, now)
        )
        return self._told(request, status, _spoilt(trouble, body, self.now()))

    def _refusal(self, trouble: Trouble) -> list[bytes]:
        if trouble.kind == "down":
            return self._said("503 Service Unavailable")
        waiting = self._busy.setdefault(trouble, [b"429", b"503"] * (trouble.kind == "busy"))
        if not waiting:
            return []
        is_first = waiting.pop(0) == b"429"
        return (
            self._said("429 Too Many Requests", {"Retry-After": "1"})
            if is_first
            else self._said("503 Service Unavailable")
        )

    def _told(self, request: Request, status: int, body: bytes) -> list[bytes]:
        if status != 200:
            return self._said(f"{status} Odd", body=body)
        tag = f'"{sha256(body).hexdigest()[:16]}"'
        if request.headers.get("if-none-match") == tag:
            return self._said("304 Not Modified", {"ETag": tag})
        return self._said("200 OK", {"ETag": tag}, body)

    def _said(
        self, status: str, headers: Mapping[str, str] | None = None, body: bytes = b""
    ) -> list[bytes]:
        self.statuses[int(status[:3])] += 1
        return reply(body, status, headers)


def _spoilt(trouble: Trouble | None, body: bytes, now: datetime) -> bytes:
    if trouble is None or trouble.kind == "busy":
        return body
    if trouble.kind == "yesterday":
        return redated(body, now.date() - timedelta(days=1), now.date())
    empty = b"[]" if body.startswith(b"[") else re.sub(rb"(?s)<item>.*</item>", b"", body)
    return {"login": LOGIN, "cut": body[: len(body) * 3 // 5], "empty": empty}[trouble.kind]


def redated(body: bytes, then: date, now: date) -> bytes:
    """The same with one day written for another, as RSS and JSON write it."""
    for form in ("%d %b %Y", "%Y-%m-%d"):
        body = body.replace(f"{then:{form}}".encode(), f"{now:{form}}".encode())
    return body


# -- the way there ---------------------------------------------------------------------------------


class Loopback(httpcore2.SyncBackend):
    """Sockets that end at a server here, whatever port they were meant for."""

    def __init__(self, ports: Mapping[int, int]) -> None:
        self._ports = ports

    def connect_tcp(self, host: str, port: int, *args: Any, **kw: Any) -> httpcore2.NetworkStream:
        return super().connect_tcp("127.0.0.1", self._ports[port], *args, **kw)


@contextmanager
def client_of(publishers: Publishers, folder: Path, **options: Any) -> Iterator[Client]:
    """The real client, for which all hosts of the publishers are on loopback, https and http."""
    hosts = list(publishers.sites)
    authority = Authority(folder)
    with (
        origin(publishers.answer, tls=authority.context(*hosts)) as secured,
        origin(publishers.answer) as plain,
    ):
        yield Client(
            contact="somebody@example.org",
            now=publishers.now,
            allow_hosts=hosts,
            resolve=lambda host, port: ["127.0.0.1"],
            tls=ssl.create_default_context(cafile=str(authority.pem)),
            sockets=Loopback({443: _port(secured.url), 80: _port(plain.url)}),
            **options,
        )


def _port(url: str) -> int:
    return int(url.rpartition(":")[2])


# -- arXiv -----------------------------------------------------------------------------------------


class Polled:
    """Addresses that were polled now and then: each shows what was there last."""

    def __init__(self) -> None:
        self._bodies: dict[str, list[tuple[datetime, bytes]]] = {}

    def put(self, path: str, moment: datetime, body: bytes) -> None:
        """Show this body there from that moment on."""
        self._bodies.setdefault(path, []).append((moment, body))

    def __call__(self, ask: Ask) -> Answer:
        bodies = self._bodies.get(ask.path, [])
        place = bisect_right([moment for moment, _ in bodies], ask.now)
        return (200, bodies[place - 1][1]) if place else NOT_FOUND


@dataclass(frozen=True, slots=True)
class Announced:
    """A paper as arXiv announced it on a day."""

    day: date
    id: str
    title: str
    abstract: str
    categories: tuple[str, ...]
    authors: tuple[str, ...] = ("Ada Byron",)
    version: int = 1

    @property
    def submitted(self) -> datetime:
        """Ten in the morning of the last working day before, in Ithaca."""
        back = 3 if self.day.weekday() == 0 else 1
        return datetime.combine(self.day - timedelta(days=back), time(10), EASTERN)


def atom(announced: Sequence[Announced], categories: str, built: datetime) -> bytes:
    """An Atom feed as rss.arxiv.org builds it."""
    entries = "".join(
        f"<entry><id>oai:arXiv.org:{a.id}v{a.version}</id><title>{escape(a.title)}</title>"
        f"<updated>{built:%Y-%m-%dT%H:%M:%SZ}</updated>"
        f'<link href="https://arxiv.org/abs/{a.id}" rel="alternate" type="text/html"/>'
        f"<summary>arXiv:{a.id}v{a.version} Announce Type: new \nAbstract: {escape(a.abstract)}"
        f"</summary>{_terms(a)}<published>{a.day}T00:00:00-04:00</published>"
        f"<arxiv:announce_type>new</arxiv:announce_type>"
        f"<dc:creator>{escape(', '.join(a.authors))}</dc:creator></entry>"
        for a in announced
    )
    where = f"http://rss.arxiv.org/atom/{categories}"
    return (
        "<?xml version='1.0' encoding='UTF-8'?><feed xmlns='http://www.w3.org/2005/Atom'"
        " xmlns:arxiv='http://arxiv.org/schemas/atom'"
        " xmlns:dc='http://purl.org/dc/elements/1.1/'>"
        f"<id>{where}</id><title>{categories} updates on arXiv.org</title>"
        f"<updated>{built:%Y-%m-%dT%H:%M:%SZ}</updated>{entries}</feed>"
    ).encode()


def _terms(announced: Announced) -> str:
    return "".join(f'<category term="{escape(name)}"/>' for name in announced.categories)


class ArxivFeed:
    """The one address of several categories at once: the latest announcement, built at midnight."""

    def __init__(self, days: Mapping[date, Sequence[Announced]], categories: str) -> None:
        self._days, self._categories = days, categories

    def __call__(self, ask: Ask) -> Answer:
        if ask.path != f"/atom/{self._categories}":
            return NOT_FOUND
        ready = [day for day in self._days if datetime.combine(day, time(5), UTC) <= ask.now]
        shown = self._days[max(ready)] if ready and ask.today.weekday() < 5 else []
        return 200, atom(shown, self._categories, ask.now)


class ArxivApi:
    """The search by category and time of submission, in slices."""

    def __init__(self, announced: Iterable[Announced]) -> None:
        self._announced = list({a.id: a for a in announced}.values())

    def __call__(self, ask: Ask) -> Answer:
        asked = ask.query.get("search_query", "")
        wanted = re.findall(r"cat:([\w.*-]+)", asked)
        span = re.search(r"submittedDate:\[(\d{12}) TO (\d{12})\]", asked)
        if ask.path != "/api/query" or not wanted or span is None:
            return NOT_FOUND
        first, last = (datetime.strptime(each + "+0000", "%Y%m%d%H%M%z") for each in span.groups())
        found = [
            a
            for a in self._announced
            if first <= a.submitted <= min(last, ask.now)
            and any(_is_filed(a, category) for category in wanted)
        ]
        start, most = int(ask.query["start"]), min(int(ask.query["max_results"]), 2000)
        return 200, _api_answer(found[start : start + most], len(found), start)


def _is_filed(announced: Announced, category: str) -> bool:
    if category.endswith("*"):
        return any(name.startswith(category[:-1]) for name in announced.categories)
    return category in announced.categories


def _api_answer(announced: Sequence[Announced], total: int, start: int) -> bytes:
    entries = "".join(
        f"<entry><id>http://arxiv.org/abs/{a.id}v{a.version}</id><title>{escape(a.title)}</title>"
        f"<published>{a.submitted.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}</published>"
        f"<updated>{a.submitted.astimezone(UTC):%Y-%m-%dT%H:%M:%SZ}</updated>"
        f"<summary>{escape(a.abstract)}</summary>"
        + "".join(f"<author><name>{escape(name)}</name></author>" for name in a.authors)
        + f'<arxiv:primary_category term="{a.categories[0]}"/>{_terms(a)}</entry>'
        for a in announced
    )
    return (
        "<?xml version='1.0' encoding='UTF-8'?>"
        "<feed xmlns:opensearch='http://a9.com/-/spec/opensearch/1.1/'"
        " xmlns:arxiv='http://arxiv.org/schemas/atom' xmlns='http://www.w3.org/2005/Atom'>"
        "<id>https://arxiv.org/api/abcdefghijklmnopqrstuvwxyz</id><title>arXiv Query</title>"
        f"<opensearch:itemsPerPage>{len(announced)}</opensearch:itemsPerPage>"
        f"<opensearch:totalResults>{total}</opensearch:totalResults>"
        f"<opensearch:startIndex>{start}</opensearch:startIndex>{entries}</feed>"
    ).encode()


# -- Hugging Face ----------------------------------------------------------------------------------


class DailyPapers:
    """The lists by day, week and month and what is trending, by API, and the web page of a day."""

    def __init__(self) -> None:
        self._days: dict[date, list[tuple[datetime, list[Any]]]] = {}

    def put(self, day: date, moment: datetime, entries: list[Any]) -> None:
        """Let the list of a day hold these from that moment on."""
        self._days.setdefault(day, []).append((moment, entries))

    def entries(self, day: date, now: datetime) -> list[Any]:
        """The list of a day as it stands."""
        states = self._days.get(day, [])
        place = bisect_right([moment for moment, _ in states], now)
        return states[place - 1][1] if place else []

    def __call__(self, ask: Ask) -> Answer:
        if ask.path == "/api/daily_papers":
            return self._api(ask)
        if found := re.fullmatch(r"/papers/date/(\d{4}-\d\d-\d\d)", ask.path):
            return 200, self._web_page(date.fromisoformat(found[1]), ask.now)
        return NOT_FOUND

    def _api(self, ask: Ask) -> Answer:
        limit, place = int(ask.query.get("limit", 50)), int(ask.query.get("p", 0))
        if not 1 <= limit <= 100:
            return 400, b'{"error": "limit"}'
        if "date" in ask.query and date.fromisoformat(ask.query["date"]) > ask.today:
            return 400, b'{"error": "date"}'
        found = self._listed(ask)
        return 200, json.dumps(found[place * limit : (place + 1) * limit]).encode()

    def _listed(self, ask: Ask) -> list[Any]:
        def is_asked_for(day: date) -> bool:
            year, week, _ = day.isocalendar()
            spans = {"date": str(day), "week": f"{year}-W{week:02d}", "month": f"{day:%Y-%m}"}
            return all(ask.query[name] == told for name, told in spans.items() if name in ask.query)

        days = [day for day in self._days if is_asked_for(day)]
        found = [entry for day in sorted(days) for entry in self.entries(day, ask.now)]
        return sorted(found, key=lambda entry: -entry["paper"].get("upvotes", 0))

    def _web_page(self, day: date, now: datetime) -> bytes:
        """The list of the last day that had one, inside the page's own data."""
        shown = max((d for d in self._days if d <= day and self.entries(d, now)), default=day)
        props = {
            "periodType": "day",
            "dateString": str(shown),
            "dailyPapers": self.entries(shown, now),
        }
        return (
            '<!doctype html><html><body><div class="SVELTE_HYDRATER contents"'
            f' data-target="DailyPapers" data-props="{html.escape(json.dumps(props))}"></div>'
            "</body></html>"
        ).encode()


# -- bioRxiv ---------------------------------------------------------------------------------------


class Preprints:
    """The API of preprints by day, in pages of its own choosing."""

    PAGE = 3

    def __init__(self, feed: bytes) -> None:
        self.preprints = [_preprint(item) for item in re.findall(rb"(?s)<item .*?</item>", feed)]

    def __call__(self, ask: Ask) -> Answer:
        found = re.fullmatch(r"/details/\w+/([\d-]+)/([\d-]+)/(\d+)/json", ask.path)
        if not found:
            return NOT_FOUND
        first, last, cursor = found[1], found[2], int(found[3])
        posted = [p for p in self.preprints if first <= p["date"] <= min(last, str(ask.today))]
        if not posted:
            return 200, b'{"messages": [{"status": "no posts found"}], "collection": []}'
        shown = posted[cursor : cursor + self.PAGE]
        message = {"status": "ok", "count": len(shown), "total": str(len(posted))}
        return 200, json.dumps({"messages": [message], "collection": shown}).encode()


def _preprint(item: bytes) -> dict[str, str]:
    def told(tag: str) -> str:
        found = re.search(rf"(?s)<{tag}>(.*?)</{tag}>", item.decode())
        assert found is not None
        return re.sub(r"<!\[CDATA\[|\]\]>", "", found[1]).strip()

    return {
        "doi": told("dc:identifier").removeprefix("doi:"),
        "title": told("title"),
        "authors": told("dc:creator").replace("., ", ".; "),
        "date": told("dc:date"),
        "version": told("link").partition("?")[0].rpartition("v")[2],
        "category": "plant biology",
        "abstract": told("description"),
        "published": "NA",
        "server": "biorxiv",
    }
