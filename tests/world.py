"""The web as a test lays it out: addresses and what they answer, without a network."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, date, datetime

from digest.errors import SourceError
from digest.listings.sources.http import Body
from digest.model import Listing, ListingPage

Answer = bytes | Body | SourceError


@dataclass
class World:
    """A Fetch.  A sequence of answers is given out one at a time, the last one for ever."""

    answers: Mapping[str, Answer | Sequence[Answer]] = field(default_factory=dict)
    files: Mapping[str, bytes] = field(default_factory=dict)
    time: datetime = datetime(2025, 10, 4, 12, 0, tzinfo=UTC)
    asked: list[str] = field(default_factory=list)
    headers: list[Mapping[str, str]] = field(default_factory=list)

    def now(self) -> datetime:
        return self.time

    def contact(self) -> str:
        return "me@example.org"

    def read(self, path: str, *, listing: str) -> Body:
        self.asked.append(path)
        if path not in self.files:
            raise SourceError(listing, f"{path}: no such file")
        return Body(self.files[path])

    def fetch(
        self, address: str, *, listing: str, headers: Mapping[str, str] | None = None
    ) -> Body:
        turn = self.asked.count(address)
        self.asked.append(address)
        self.headers.append(headers or {})
        if address not in self.answers:
            raise SourceError(listing, f"answered http 404: {address}")
        found = self.answers[address]
        if isinstance(found, Sequence) and not isinstance(found, bytes):
            found = found[min(turn, len(found) - 1)]
        if isinstance(found, SourceError):
            raise found
        return found if isinstance(found, Body) else Body(found, address, validator='"v"')


def own_places(read: Callable[[Listing, date, World], ListingPage], kind: str) -> list[str]:
    """Return what is asked for where a listing has an address or a file of its own."""
    world = World()
    for place in ({"url": "https://a.example/{day}"}, {"path": "a.txt"}):
        with suppress(SourceError):
            read(Listing(name="l", kind=kind, **place), date(2025, 10, 3), world)
    return world.asked
