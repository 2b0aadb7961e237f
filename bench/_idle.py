"""What a minute costs in which nothing is due: CPU of the process and of its database server."""

from __future__ import annotations

import os
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import UTC, datetime, timedelta
from pathlib import Path

from sqlalchemy import literal, select, text

from digest.app import App
from digest.model import Schedule
from digest.service.tick import tick
from digest.store import Store, schema
from digest.store.serialization import pack_schedule
from tests.apps import app_of
from tests.databases import fresh_postgres, postgres_server
from tests.factories import listing
from tests.fakes import Clock

from . import _distinct

TICKS = 10
SIX = datetime(2026, 3, 10, 6, tzinfo=UTC)


@contextmanager
def databases() -> Iterator[dict[str, str]]:
    """The URL of an empty database of each kind."""
    with (
        tempfile.TemporaryDirectory() as folder,
        postgres_server() as server,
        fresh_postgres(server) as postgres,
    ):
        yield {"sqlite": f"sqlite:///{Path(folder)}/digest.db", "postgresql": postgres}


def idle_tick(url: str, subscribers: int) -> float:
    """Return the CPU seconds of an idle tick, the database server's included."""
    store = Store(url)
    store.migrate()
    app = _service(store, subscribers)
    tidy(store)
    tick(app)
    before = _spent(store)
    for _ in range(TICKS):
        app.now.forward(minutes=1)  # type: ignore[attr-defined]
        tick(app)
    spent = _spent(store) - before
    store.close()
    return spent / TICKS


def _service(store: Store, subscribers: int) -> App:
    text = 'title: Mine\nany: [moss]\nschedule: {at: "07:30", timezone: UTC}\n'
    _distinct.sign_up(store, [text] * subscribers)
    app = app_of(store, listings=[listing()], now=Clock(SIX), schedule=Schedule())
    app.live_profiles = live = _distinct.live(store)
    # Enrolled as by an earlier process: reading so many texts is measured elsewhere.
    own, kept = schema.profiles, ("subscriber_id", "profile", "since", "schedule")
    hour = literal(pack_schedule(Schedule()), schema.Json)
    yesterday = SIX.date() - timedelta(days=1)
    with store.begin() as tx:
        tx.execute(schema.subscribers.update().values(last_day=yesterday))
        tx.execute(own.update().values(read_by=live.rules))
        rows = select(own.c.subscriber_id, own.c.slug, literal(0), hour)
        tx.execute(schema.subscriptions.insert().from_select(kept, rows))
    return app


def tidy(store: Store) -> None:
    """Do what PostgreSQL does by itself a minute after so many rows were written; ours does not."""
    if store.dialect == "postgresql":
        with store._engine.connect() as session:
            alone = session.execution_options(isolation_level="AUTOCOMMIT")
            alone.execute(text("VACUUM ANALYZE"))


def _spent(store: Store) -> float:
    """Return the CPU seconds that this process, and a server with all its sessions, have used."""
    spent = time.process_time()
    if store.dialect == "sqlite":
        return spent
    with store.begin() as tx:
        session = tx.execute(text("SELECT pg_backend_pid()")).scalar_one()
    server = _fields(Path(f"/proc/{session}"))[1]
    # The server's own time has that of the sessions that have ended; the others are added.
    ticks = sum(map(int, _fields(Path(f"/proc/{server}"))[11:15]))
    for process in Path("/proc").glob("[0-9]*"):
        with suppress(OSError):
            fields = _fields(process)
            ticks += sum(map(int, fields[11:13])) if fields[1] == server else 0
    return spent + ticks / os.sysconf("SC_CLK_TCK")


def _fields(process: Path) -> list[str]:
    """Return what Linux says of a process, from its state on: proc(5)."""
    return (process / "stat").read_text(encoding="utf-8").rpartition(")")[2].split()
