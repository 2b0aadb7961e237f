"""A digest that is killed again and again, and a mail server that counts what it was given."""

from __future__ import annotations

import asyncio
import os
import pickle
import random
import re
import signal
import subprocess
import sys
import time
from collections import Counter
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import UTC, datetime, timedelta
from pathlib import Path
from typing import Any

from sqlalchemy import select

from digest.store import Store, schema
from tests import processes
from tests.mortality import end_leases

from ._victim import SUBSCRIBERS, Life

MORNING = datetime(2026, 3, 10, 8, tzinfo=UTC)

#: Kills a day, and how many connections the victims have, by turns.
KILLS_A_DAY, CONNECTIONS = 10, (1, 2, 4)

#: What a process does: its life is its one argument.
_LIVE = """
import pickle, sys
from bench._victim import live
live(pickle.loads(bytes.fromhex(sys.argv[1])))
"""

#: A process that neither ends nor is to be killed, in seconds.
_HANGS = 600


@dataclass
class Tally:
    """What came of it."""

    kills: int = 0
    #: mails whose dot may have been out when a kill came, as the database says
    at_the_dot: set[tuple[int, int]] = field(default_factory=set)
    expected: int = 0
    accepted: Counter[str] = field(default_factory=Counter)
    held: int = 0

    @property
    def lost(self) -> int:
        """Mails that nobody got and nobody knows of."""
        return self.expected - len(self.accepted) - self.held

    @property
    def duplicates(self) -> int:
        """Mails that somebody got once more."""
        return sum(self.accepted.values()) - len(self.accepted)


class Sink:
    """An SMTP server that writes down each Message-ID before it says yes.

    It may be told to call somebody after so many, before the yes: that is the worst moment to die.
    """

    def __init__(self, log: Path) -> None:
        self._log = log
        log.touch()
        self.accepted: Counter[str] = Counter()
        self.calls_after = 0
        self.call: Callable[[], object] = int
        #: seconds from a mail to the yes
        self.delay = 0.0

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        """Take it."""
        content = envelope.content.split(b"\r\n\r\n", 1)[0].decode()
        [id] = re.findall(r"^Message-ID: (\S+)", content, re.MULTILINE)
        with self._log.open("a") as file:
            file.write(f"{id}\n")
        self.accepted[id] += 1
        self.calls_after -= 1
        if self.calls_after == 0:
            self.call()
        if self.delay:
            await asyncio.sleep(self.delay)
        return "250 2.0.0 taken"


@contextmanager
def sink(log: Path, host: str = "127.0.0.1") -> Iterator[tuple[Sink, int]]:
    """Run it on a port that is free."""
    from aiosmtpd.controller import Controller

    class Anywhere(Controller):
        def _trigger_server(self) -> None:
            self.port = self.server.sockets[0].getsockname()[1]
            super()._trigger_server()

    kept = Sink(log)
    controller = Anywhere(kept, hostname=host, port=0, ready_timeout=_HANGS)
    controller.start()
    try:
        yield kept, controller.port
    finally:
        controller.stop()


def torture(
    url: str,
    folder: Path,
    *,
    kills: int,
    a_day: int = KILLS_A_DAY,
    in_doubt: str = "resend",
    seed: int = 1,
) -> Tally:
    """Kill a digest so often, a few times a day, and let it come to its end each day."""
    store = Store(url)
    store.migrate()
    log = folder / "mta.log"
    with sink(log) as (server, port):
        life = Life(url, port, MORNING, in_doubt, str(log))
        killer = Killer(server, random.Random(seed))
        tally = Tally(accepted=server.accepted)
        while tally.kills < kills:
            _one_day(killer, life, store, tally, a_day)
            life = replace(life, now=life.now + timedelta(days=1))
    tally.held = sum(row.message_id not in tally.accepted for row in _rows(store, "in_doubt"))
    store.close()
    return tally


def _one_day(killer: Killer, life: Life, store: Store, tally: Tally, kills: int) -> None:
    for minute in range(kills):
        connections = CONNECTIONS[minute % len(CONNECTIONS)]
        now = life.now + timedelta(minutes=minute)
        tally.kills += killer.kills(replace(life, now=now, connections=connections))
        tally.at_the_dot |= {(row.id, row.fence) for row in _rows(store, "data_sent")}
    # As long after the last kill as every lease lasts.
    with store.begin() as tx:
        end_leases(tx)
    killer.lets_live(replace(life, now=life.now + timedelta(hours=1)))
    tally.expected += SUBSCRIBERS


def _rows(store: Store, state: str) -> list[Any]:
    table = schema.deliveries
    with store.begin() as tx:
        query = select(table.c.id, table.c.fence, table.c.message_id)
        return list(tx.execute(query.where(table.c.state == state)))


class Killer:
    """Ends processes with SIGKILL: by turns at a random moment, and when a mail was just taken."""

    def __init__(self, server: Sink, chance: random.Random) -> None:
        self._server = server
        self._chance = chance
        #: how long a process lives that is left alone, in seconds
        self._span = 0.2

    def kills(self, life: Life) -> bool:
        """Run one process; gives whether it was killed before its end."""
        if self._chance.random() < 0.5:
            return self._at_the_dot(life)
        return self._sometime(life)

    def lets_live(self, life: Life) -> None:
        """Run one process to its end."""
        if code := _started(life).wait(_HANGS):
            raise RuntimeError(f"the last run of a day ended with {code}")

    def _sometime(self, life: Life) -> bool:
        began = time.monotonic()
        process = _started(life)
        with suppress(subprocess.TimeoutExpired):
            process.wait(self._chance.uniform(0, self._span))
        process.kill()
        is_killed = process.wait() == -signal.SIGKILL
        took = time.monotonic() - began
        # Most shall die, and at each stage: so the moments follow the length of a life.
        self._span = self._span * 1.05 if is_killed else max(0.02, took)
        return is_killed

    def _at_the_dot(self, life: Life) -> bool:
        process = _started(life)
        self._server.call = lambda: os.kill(process.pid, signal.SIGKILL)
        self._server.calls_after = self._chance.randint(1, 3)
        process.wait(_HANGS)
        self._server.calls_after = 0
        return process.returncode == -signal.SIGKILL


def _started(life: Life) -> processes.Popen:
    """Begin a life in a process that need not load anything, so that what is killed is the work."""
    return processes.Popen([sys.executable, "-c", _LIVE, pickle.dumps(life).hex()])
