from __future__ import annotations

import os
import threading
from datetime import date
from pathlib import Path

import pytest

from digest.errors import SourceError
from digest.listings.sources import feed, sandbox
from digest.listings.sources.sandbox import Parse, parse_apart
from digest.model import Listing, ListingPage

from ...tables import table
from ...waits import HUNG

DAY = date(2025, 10, 3)
LISTING = Listing(name="l", kind="feed")


def whole(data: bytes, listing: Listing, day: date) -> ListingPage:
    return ListingPage((), len(data), batch=day, reasons=(str(os.getpid()),))


def refuses(data: bytes, listing: Listing, day: date) -> ListingPage:
    raise SourceError(listing.name, "not a feed", retry_after=3)


def breaks(data: bytes, listing: Listing, day: date) -> ListingPage:
    raise KeyError("links\nand more")


def eats_memory(data: bytes, listing: Listing, day: date) -> ListingPage:
    hoard = []
    while True:
        hoard.append(bytearray(2**24))


def eats_memory_unseen(data: bytes, listing: Listing, day: date) -> ListingPage:
    return ListingPage((), len(b"x" * 2**31))


def hangs(data: bytes, listing: Listing, day: date) -> ListingPage:
    threading.Event().wait()
    return ListingPage((), 0)


def spins(data: bytes, listing: Listing, day: date) -> ListingPage:
    while True:
        pass


def dies(data: bytes, listing: Listing, day: date) -> ListingPage:
    os._exit(3)


def writes(data: bytes, listing: Listing, day: date) -> ListingPage:
    Path(data.decode()).write_bytes(b"x" * 100)
    return ListingPage((), 1)


def test_a_page_comes_back_from_a_process_that_is_not_this_one() -> None:
    page = parse_apart(whole, b"12345", LISTING, DAY)
    assert (page.entries, page.batch) == (5, DAY)
    assert page.reasons != (str(os.getpid()),)


@table(
    ("parse", "reason"),
    [
        (refuses, "^l: not a feed$"),
        (breaks, "^l: cannot be read: KeyError: 'links.nand more'$"),
        (eats_memory, "too much time or memory"),
        (eats_memory_unseen, "too much time or memory"),
        (hangs, "too much time or memory"),
        (spins, "too much time or memory"),
        (dies, "too much time or memory"),
    ],
)
def test_whatever_a_parser_does_one_source_fails(parse: Parse, reason: str) -> None:
    """A27."""
    seconds = {"cpu_seconds": 1 if parse is spins else HUNG, "wall_seconds": HUNG}
    if parse is hangs:
        seconds["wall_seconds"] = 1
    with pytest.raises(SourceError, match=reason):
        parse_apart(parse, b"x", LISTING, DAY, **seconds)


def test_a_parser_writes_no_file(tmp_path: Path) -> None:
    target = tmp_path / "file"
    with pytest.raises(SourceError):
        parse_apart(writes, str(target).encode(), LISTING, DAY)
    assert not target.exists() or target.read_bytes() == b""


LAUGHS = b"""<?xml version="1.0"?><!DOCTYPE lolz [<!ENTITY lol "lol">%s]>
<rss version="2.0"><channel><title>&lol9;</title><item><title>&lol9;</title></item></channel></rss>
""" % b"".join(
    b'<!ENTITY lol%d "%s">' % (n, b"&lol%d;" % (n - 1) * 10 if n > 1 else b"&lol;" * 10)
    for n in range(1, 10)
)


def test_a_billion_laughs_are_cut_short() -> None:
    """A9."""
    page = parse_apart(feed.parse, LAUGHS, LISTING, DAY, cpu_seconds=HUNG, wall_seconds=HUNG)
    assert all(len(paper.title) < 2000 for paper in page.papers)


def test_no_external_entity_is_opened(tmp_path: Path) -> None:
    """A9: neither a file nor an address."""
    secret = tmp_path / "secret"
    secret.write_text("the secret")
    for place in (secret.as_uri(), "http://127.0.0.1:9/"):
        data = (
            f'<?xml version="1.0"?><!DOCTYPE r [<!ENTITY x SYSTEM "{place}">'
            f'<!ENTITY % p SYSTEM "{place}"> %p;]><rss version="2.0"><channel><title>t</title>'
            "<item><title>It says &x;.</title></item></channel></rss>"
        ).encode()
        try:
            page = feed.parse(data, LISTING, DAY)
        except SourceError:
            continue
        assert not any("secret" in paper.title for paper in page.papers)


def test_the_limits_are_those_of_the_operation() -> None:
    assert (sandbox.CPU_SECONDS, sandbox.WALL_SECONDS, sandbox.MEMORY) == (10, 60, 2**29)
