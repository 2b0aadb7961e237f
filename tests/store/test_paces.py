"""One pace for a host, and one for a relay, over all the processes that share a database."""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterator
from concurrent.futures import ThreadPoolExecutor
from contextlib import closing
from datetime import UTC, datetime
from functools import partial
from itertools import pairwise
from ssl import PROTOCOL_TLS_CLIENT, SSLContext
from time import monotonic
from typing import Any

import httpcore2
import pytest
from sqlalchemy import select

from digest.deliver import OutgoingMessage, SmtpSettings
from digest.deliver.rate_limit import RateLimit
from digest.deliver.smtp import Smtp
from digest.errors import Meaning, SendError
from digest.listings.sources.http import Client
from digest.store import Store, paces, schema
from digest.store.paces import StoredPace, StoredTurns

from ..databases import both
from ..messages import mail
from ..origin import origin, reply
from ..publishers import Loopback
from ..servers import scripted

#: Seconds: as three would be, but not so long.
GAP = 0.02


class Faraway(Loopback):
    """Sockets that end at a server here and look as if it were elsewhere."""

    def connect_tcp(self, host: str, port: int, *args: Any, **kw: Any) -> httpcore2.NetworkStream:
        stream = super().connect_tcp(host, port, *args, **kw)
        stream.get_extra_info = {"server_addr": (host, port)}.get  # type: ignore[method-assign]
        return stream


class Brisk(StoredPace):
    """The pace of every host, by a shorter gap."""

    def end(self, group: str, gap: float) -> None:
        """End the request."""
        super().end(group, GAP)


@pytest.fixture
def stores(database: str) -> Iterator[list[Store]]:
    """Four that have opened one database, as four processes do."""
    found = [Store(database) for _ in range(4)]
    yield found
    for each in found:
        each.close()


def waited(seconds: float) -> None:
    threading.Event().wait(seconds)


def all_at_once(tasks: list[Callable[[], object]]) -> None:
    with ThreadPoolExecutor(len(tasks)) as pool:
        for done in [pool.submit(task) for task in tasks]:
            done.result()


@both
def test_four_collectors_ask_a_host_one_at_a_time_and_with_the_gap_between(
    stores: list[Store],
) -> None:
    """The server sees each request begin at least the gap after it had answered the last."""
    seen: list[tuple[float, float]] = []

    def answer(_: object) -> Iterator[bytes]:
        began = monotonic()
        seen.append((began, monotonic()))
        yield from reply(b"papers")

    with origin(answer) as served:

        def collect(store: Store) -> None:
            found = Client(
                contact="",
                now=lambda: datetime(2026, 1, 1, tzinfo=UTC),
                tls=SSLContext(PROTOCOL_TLS_CLIENT),
                resolve=lambda host, port: ["93.184.215.14"],
                sockets=Faraway({80: int(served.url.rpartition(":")[2])}),
                pace=Brisk(store),
                sleep=lambda seconds: waited(min(seconds, GAP)),
            )
            for _ in range(2):
                assert found.fetch("http://rss.arxiv.org/rss", listing="l").data == b"papers"

        all_at_once([partial(collect, store) for store in stores])
    assert len(seen) == 8
    # The database's clock has no more than milliseconds on SQLite.
    assert all(later[0] - earlier[1] > GAP - 0.002 for earlier, later in pairwise(seen))


@both
def test_four_senders_hand_a_relay_its_messages_in_turn(stores: list[Store]) -> None:
    """Twelve messages take eleven gaps at the least, by the database's clock."""

    def free_at() -> float:
        with stores[0].begin() as tx:
            return tx.execute(select(schema.paces.c.free_at)).scalar_one()

    limits = [
        RateLimit(round(60 / GAP), StoredTurns(each, "relay"), wait=waited) for each in stores
    ]
    limits[0].wait_for_turn()
    first = free_at()
    assert limits[1].take_if_free() == (free_at() != first)

    def send(limit: RateLimit) -> None:
        for _ in range(3):
            limit.wait_for_turn()

    before = free_at()
    all_at_once([partial(send, limit) for limit in limits])
    assert free_at() - before > 12 * GAP - 0.002


def test_what_a_dead_process_asked_for_and_a_clock_that_was_set_back_hold_up_for_a_minute(
    store: Store,
) -> None:
    pace = StoredPace(store)
    assert pace.take("arxiv.org", 3.0) == 0
    assert 3 < pace.take("arxiv.org", 3.0) <= paces.LONGEST_REQUEST
    for later, is_free in ((-120, True), (7200, True), (50, False)):
        with store.begin() as tx:
            paces.end(tx, "arxiv.org", later)
        assert (pace.take("arxiv.org", 3.0) == 0) is is_free


def test_a_process_that_is_to_end_waits_for_no_turn(store: Store) -> None:
    """The mail at hand is ended; those that wait, for a minute each, are as if not begun."""
    stop, came_to = threading.Event(), dict[int, Exception | None]()
    messages = [
        OutgoingMessage(mail(number), stop.set, partial(came_to.__setitem__, number))
        for number in range(3)
    ]
    with scripted() as server, pytest.raises(SendError, match="this process ends"):
        settings = SmtpSettings(host="127.0.0.1", port=server.port, tls="none", per_minute=1)
        with closing(Smtp(settings, turns=StoredTurns(store, "relay", stop.is_set))) as send:
            send.send_all(messages)
    assert came_to.pop(0) is None
    meanings = [error.meaning for error in came_to.values() if isinstance(error, SendError)]
    assert set(meanings) == {Meaning.PAUSED}
    assert (len(meanings), len(server.taken)) == (len(came_to), 1)
