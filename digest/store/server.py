"""Find settings of a PostgreSQL server that hinder digest, each with a remedy."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import ExitStack, closing
from typing import Any, NamedTuple

from sqlalchemy import Connection, Engine, text

from .engine import KEPT_SESSIONS, MORE_SESSIONS

#: A timeout shorter than this, in milliseconds, ends work that is only slow.
MIN_TIMEOUT_MS = 60_000

#: Timeouts for a session, a transaction, a statement or the wait for a lock; 0 means never.
TIMEOUTS = (
    "idle_in_transaction_session_timeout",
    "idle_session_timeout",
    "lock_timeout",
    "statement_timeout",
    "transaction_timeout",
)

#: The most sessions that one process has.
SESSIONS = 1 + KEPT_SESSIONS + MORE_SESSIONS

#: The key of an advisory lock that digest does not use otherwise; see ``engine``.
PROBE = 0xD16E5A

_SETTINGS = text("SELECT name, setting FROM pg_settings WHERE name = ANY(:names)")

#: How many sessions server, role and database allow; without those that the server reserves.
_GRANTED = text("""
    SELECT least(
        (SELECT sum(CASE name WHEN 'max_connections' THEN 1 ELSE -1 END * setting::int)
         FROM pg_settings WHERE name IN
         ('max_connections', 'superuser_reserved_connections', 'reserved_connections')),
        (SELECT nullif(rolconnlimit, -1) FROM pg_roles WHERE rolname = current_user),
        (SELECT nullif(datconnlimit, -1) FROM pg_database WHERE datname = current_database())
    )
""")


class Hindrance(NamedTuple):
    """A setting that hinders digest: what was found, and the remedy."""

    found: str
    remedy: str


def hindrances(engine: Engine) -> list[Hindrance]:
    """Return the settings that hinder digest; an empty list on SQLite."""
    if engine.dialect.name != "postgresql":
        return []
    with engine.begin() as tx:
        found = [*_timeouts(tx), *_sessions(tx)]
    return [*found, *_pooler(engine)]


def _timeouts(tx: Connection) -> Iterator[Hindrance]:
    settings = {name: int(value) for name, value in tx.execute(_SETTINGS, {"names": [*TIMEOUTS]})}
    for name, milliseconds in sorted(settings.items()):
        if 0 < milliseconds < MIN_TIMEOUT_MS:
            found = f"{name} is {milliseconds / 1000:g} s: the server ends what is only slow"
            yield Hindrance(found, f"ALTER ROLE … SET {name} = 0")


def _sessions(tx: Connection) -> Iterator[Hindrance]:
    granted = tx.execute(_GRANTED).scalar_one()
    if granted < SESSIONS:
        found = f"{granted} sessions are granted, and digest has up to {SESSIONS}"
        yield Hindrance(found, "raise max_connections, or CONNECTION LIMIT of role or database")


def _pooler(engine: Engine) -> Iterator[Hindrance]:
    """Find a pooler that shares sessions: a second session then gets the first one's lock."""
    with ExitStack() as stack:
        one, other = (_session(stack, engine) for _ in range(2))
        if not _has_lock(one):
            return
        is_shared = _has_lock(other)
        for session in (one, other) if is_shared else (one,):
            session.execute(f"SELECT pg_advisory_unlock({PROBE})")
    if is_shared:
        found = "a pooler shares sessions out by transaction: two runs would not see each other"
        yield Hindrance(found, "connect to the server itself, or let the pooler keep sessions")


def _session(stack: ExitStack, engine: Engine) -> Any:
    connection = stack.enter_context(closing(engine.raw_connection()))
    stack.callback(connection.invalidate)
    session = connection.driver_connection
    assert session is not None
    session.autocommit = True
    return session


def _has_lock(session: Any) -> bool:
    return bool(session.execute(f"SELECT pg_try_advisory_lock({PROBE})").fetchone()[0])
