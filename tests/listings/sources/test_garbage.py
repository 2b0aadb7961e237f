"""A3, A5, A7, A25: what is not a whole listing never becomes a page."""

from __future__ import annotations

import random
import ssl
from datetime import UTC, date, datetime
from itertools import cycle
from pathlib import Path
from pkgutil import resolve_name

import pytest

from digest.errors import SourceError
from digest.listings.sources import source
from digest.listings.sources.http import Client
from digest.model import Listing, ListingPage

from ...extent import number, some
from ...garbage import GARBAGE
from ...origin import Request, origin, reply
from ...recordings import FOLDER, day_of, recordings
from ...tables import table

PARSERS = ["arxiv", "biorxiv", "feed", "huggingface", "jsonfeed", "listing"]


def parsed(kind: str, data: bytes, day: date = date(2025, 10, 3)) -> ListingPage:
    parse = resolve_name(f"digest.listings.sources.{kind}:parse")
    page: ListingPage = parse(data, Listing(name="l", kind=kind), day)
    return page


@table("kind", PARSERS)
def test_garbage_is_refused_in_one_line(kind: str) -> None:
    for name, data in GARBAGE.items():
        with pytest.raises(SourceError) as caught:
            parsed(kind, data)
        assert caught.value.listing == "l", name
        assert len(str(caught.value)) < 300, name
        assert str(caught.value).isprintable(), name


WHOLE = [
    "arxiv/rss-2025-10-03.xml",
    "arxiv/atom-2025-10-03.xml",
    "arxiv/api-2025-10-03.xml",
    "arxiv/legacy-rdf-2023-02-01.xml",
    "arxiv/weekend-2025-10-04.xml",
    "biorxiv/api-2025-10-03.json",
    "biorxiv/rdf-2025-10-03.xml",
    "feed/atom-0.3.xml",
    "feed/atom-1.0.xml",
    "feed/rdf-1.0.xml",
    "feed/rss-0.91.xml",
    "feed/rss-2.0.xml",
    "huggingface/2025-03-03.json",
    "huggingface/2025-10-02.json",
    "huggingface/2025-10-04.html",
    "jsonfeed/version-1.0.json",
    "jsonfeed/version-1.1.json",
]


@table("name", WHOLE)
def test_a_body_cut_at_any_hundredth_gives_no_half_page(name: str) -> None:
    """A7: a refusal, or, where only what follows the list is missing, the whole of it."""
    path = FOLDER / name
    data, kind, day = path.read_bytes().rstrip(), Path(name).parts[0], day_of(path)
    whole = parsed(kind, data, day)
    for length in some(range(len(data) // 100, len(data), max(1, len(data) // 100)), 8):
        try:
            page = parsed(kind, data[:length], day)
        except SourceError:
            continue
        assert name.endswith(".html")
        assert page == whole


@pytest.mark.parametrize("name", ["one-page.txt", "odd-page.txt"])
def test_a_text_page_cut_anywhere_gives_only_what_stands_in_it(name: str) -> None:
    """A7, where it cannot be told: nothing but the last paper may be less than it is."""
    path = FOLDER / "listing" / name
    data = path.read_bytes()
    whole = {paper.key for paper in parsed("listing", data, day_of(path)).papers}
    for length in range(0, len(data), number(20, whole=1)):
        try:
            page = parsed("listing", data[:length], day_of(path))
        except SourceError:
            continue
        assert {paper.key for paper in page.papers[:-1]} <= whole


def test_garbage_that_is_served_with_status_200_is_refused() -> None:
    """A3: through the client and the child, with a fresh entity tag each, kinds taking turns."""
    names = list(GARBAGE)

    def answer(request: Request) -> list[bytes]:
        return reply(GARBAGE[names[int(request.path[1:])]], headers={"ETag": f'"{request.path}"'})

    client = Client(
        contact="",
        now=lambda: datetime(2025, 10, 3, tzinfo=UTC),
        allow_hosts=["127.0.0.1"],
        tls=ssl.create_default_context(),
    )
    with origin(answer) as served:
        for place, kind in zip(range(len(names)), cycle(PARSERS), strict=False):
            listing = Listing(name="l", kind=kind, url=f"{served.url}/{place}")
            with pytest.raises(SourceError):
                source(kind)(listing, date(2025, 10, 3), client)
    assert len(served.requests) == len(names)


def test_a_damaged_answer_is_a_page_or_a_refusal_and_nothing_else() -> None:
    """A26: bytes lost, doubled and changed at random, the same ones every time."""
    chance = random.Random(20251003)
    recorded = [(path, path.read_bytes()) for path in recordings() if path.stat().st_size > 100]
    for _ in range(number(60, whole=600)):
        path, data = chance.choice(recorded)
        at, to = sorted(chance.randrange(len(data)) for _ in range(2))
        piece = chance.choice([b"", data[at:to] * 2, b"\xff", b"<", b"&#xd800;", b'"', b"\\ud800"])
        try:
            page = parsed(path.parent.name, data[:at] + piece + data[to:], day_of(path))
        except SourceError:
            continue
        assert all(paper.key.encode() and paper.title.encode() for paper in page.papers)
