"""A digest that is killed again and again, and a mail server that counts what it was given."""

from __future__ import annotations

import multiprocessing
import os
import random
import re
import signal
import time
from collections import Counter
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from pathlib import Path
from typing import Any

DAY = date(2026, 3, 10)
READERS = 20


@dataclass
class Tally:
    """What came of it."""

    kills: int = 0
    runs: int = 0
    #: mails whose dot was out when a kill came, as the database says
    in_window: int = 0
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


def victim(url: str, port: int, day: str, minute: int, in_doubt: str, log: str) -> None:
    """One process: collect, compose, deliver, if it lives so long."""
    from digest import pipeline

    app = _app(url, port, date.fromisoformat(day), minute, in_doubt, Path(log))
    pipeline.run(app, list(app.listings.values()))
    os._exit(0)


def _app(url: str, port: int, day: date, minute: int, in_doubt: str, log: Path) -> Any:
    from digest.app import App
    from digest.deliver import MailSettings, SmtpSettings, sender
    from digest.model import Listing, Page, Paper
    from digest.profile import parse
    from digest.render import Letterhead, Letters, Press
    from digest.resources import templates_folder
    from digest.store import Store
    from digest.tokens import Tokens

    def papers(listing: Listing, on: date) -> Page:
        found = tuple(
            Paper(
                key=f"arxiv:{on:%y%m}.{on.day:02d}{n:03d}",
                title=f"Paper {n} of {on} on sparse training",
                abstract="We study sparse training.",
                url=f"https://example.org/{on}/{n}",
            )
            for n in range(3)
        )
        return Page(found, entries=len(found), batch=on)

    def was_sent(message_id: str) -> bool | None:
        return message_id in log.read_text().split() if log.exists() else False

    text = "title: Mine\nto: reader{}@example.org\nany: [sparse training]\n"
    profiles = {f"p{n}": parse(text.format(n), f"p{n}.yaml") for n in range(READERS)}
    relay = SmtpSettings(host="127.0.0.1", port=port, tls="none", timeout=30, patience=30)
    at = datetime(day.year, day.month, day.day, 8, tzinfo=UTC) + timedelta(minutes=minute)
    return App(
        store=Store(url),
        listings={"daily": Listing(name="daily", kind="listing", path="{day}.txt")},
        library=_Shelf(profiles),  # type: ignore[arg-type]
        source=papers,
        press=Press([templates_folder()]),
        letters=Letters([templates_folder()]),
        letterhead=Letterhead(sender="Papers <digest@example.org>"),
        send=sender(MailSettings(sender="smtp", smtp=relay)),
        tokens=Tokens(b"bench"),
        now=lambda: at,
        in_doubt=in_doubt,
        was_sent=was_sent,
        complain=lambda line: None,
    )


@dataclass
class _Shelf:
    profiles: dict[str, Any]
    problems: tuple[Any, ...] = ()

    def read(self) -> None:
        """There is nothing on disk."""


class Sink:
    """An SMTP server that writes down each Message-ID before it says yes."""

    def __init__(self, log: Path) -> None:
        self._log = log
        self.accepted: Counter[str] = Counter()

    async def handle_DATA(self, server: Any, session: Any, envelope: Any) -> str:  # noqa: N802
        """Take it."""
        content = envelope.content.split(b"\r\n\r\n", 1)[0].decode()
        [id] = re.findall(r"^Message-ID: (\S+)", content, re.MULTILINE)
        with self._log.open("a") as file:
            file.write(f"{id}\n")
        self.accepted[id] += 1
        return "250 2.0.0 taken"


@contextmanager
def sink(log: Path) -> Iterator[tuple[Sink, int]]:
    """Run it on a port that is free."""
    from aiosmtpd.controller import Controller

    class Anywhere(Controller):
        def _trigger_server(self) -> None:
            self.port = self.server.sockets[0].getsockname()[1]
            super()._trigger_server()

    kept = Sink(log)
    controller = Anywhere(kept, hostname="127.0.0.1", port=0)
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
    in_doubt: str = "resend",
    per_day: int = 10,
    seed: int = 1,
) -> Tally:
    """Kill a digest so often, a few times a day, and let it come to its end each day."""
    from digest.store import Store

    store = Store(url)
    store.migrate()
    store.close()
    chance, tally = random.Random(seed), Tally()
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(["bench._mortal", "digest.app", "digest.pipeline"])
    log = folder / "mta.log"
    with sink(log) as (server, port):
        day, span = DAY, 0.3
        while tally.kills < kills:
            for minute in range(per_day):
                args = (url, port, day.isoformat(), minute, in_doubt, str(log))
                is_killed, took = _once(context, args, chance.uniform(0, span))
                tally.runs += 1
                tally.kills += is_killed
                span = span * 1.05 if is_killed else max(0.05, took * 0.9)
                tally.in_window += is_killed and _window(url)
            _once(context, (url, port, day.isoformat(), per_day, in_doubt, str(log)), None)
            tally.expected += READERS
            day += timedelta(days=1)
        tally.accepted = server.accepted
    tally.held = _held(url, tally.accepted)
    return tally


def _once(context: Any, args: tuple[Any, ...], after: float | None) -> tuple[bool, float]:
    """Run one process, killed after so many seconds; gives whether it was, and how long it ran."""
    process = context.Process(target=victim, args=args)
    began = time.monotonic()
    process.start()
    process.join(after if after is not None else 120)
    is_alive = process.is_alive()
    if is_alive:
        os.kill(process.pid, signal.SIGKILL)
        process.join()
    if after is None and (is_alive or process.exitcode):
        raise RuntimeError(f"the last run of a day ended with {process.exitcode}")
    return is_alive, time.monotonic() - began


def _rows(url: str, state: str) -> list[str]:
    from sqlalchemy import select

    from digest.store import Store, schema

    store = Store(url)
    table = schema.deliveries
    with store.begin() as tx:
        found = list(tx.execute(select(table.c.message_id).where(table.c.state == state)).scalars())
    store.close()
    return found


def _window(url: str) -> int:
    return len(_rows(url, "data_sent"))


def _held(url: str, accepted: Counter[str]) -> int:
    """Count the mails that wait for a person and that nobody got."""
    return sum(id not in accepted for id in _rows(url, "in_doubt"))
