"""The tables of the queue that wakes workers: a schema of their own, made by its engine's words.

What they hold are hints, so they are dropped and made again for another version of the engine.
"""

from __future__ import annotations

from contextlib import closing

from sqlalchemy import Connection, text

from .engine import QUEUE_LOCK, address_of, open_engine, with_signs
from .faults import fault, reached
from .sql import lock

#: The schema, which holds nothing else.
SCHEMA = "digest_jobs"


def address(database: str) -> str:
    """Return the address of a PostgreSQL database as psycopg reads it."""
    parts = with_signs(address_of(database)).set(drivername="postgresql")
    return parts.render_as_string(hide_password=False)


def said_of(error: Exception, database: str) -> str:
    """Return in one line why the queue cannot be used, and what to do."""
    found = fault(error.__cause__ or error, address_of(database))
    return f"dispatch: {found or ' '.join(f'{error}'.split()) or type(error).__name__}"


#: Jobs that are done are deleted at once; these were begun by a worker that is no more.
_LEFT = text(
    "DELETE FROM procrastinate_jobs AS jobs WHERE status = 'doing'"
    " AND NOT EXISTS (SELECT FROM procrastinate_workers AS workers"
    " WHERE workers.id = jobs.worker_id AND last_heartbeat > now() - interval '1 hour')"
    " AND NOT EXISTS (SELECT FROM procrastinate_events AS events"
    " WHERE events.job_id = jobs.id AND events.at > now() - interval '1 hour')"
)


def prune(tx: Connection) -> int:
    """Delete the jobs that dead workers began an hour ago; return how many."""
    tx.exec_driver_sql(f"SET LOCAL search_path TO {SCHEMA}")
    return tx.execute(_LEFT).rowcount


def prepare(database: str, words: str, version: str) -> None:
    """Make the tables by the engine's words, unless those of this version are there."""
    engine = open_engine(database)
    try:
        with reached(engine.url), engine.begin() as tx:
            lock(tx, QUEUE_LOCK)
            found = text("SELECT obj_description(to_regnamespace(:name)::oid, 'pg_namespace')")
            if tx.execute(found, {"name": SCHEMA}).scalar() == version:
                return
            for statement in (
                f"DROP SCHEMA IF EXISTS {SCHEMA} CASCADE",
                f"CREATE SCHEMA {SCHEMA}",
                f"SET LOCAL search_path TO {SCHEMA}",
            ):
                tx.exec_driver_sql(statement)
            with closing(tx.connection.cursor()) as cursor:
                cursor.execute(words)
            tx.exec_driver_sql(f"COMMENT ON SCHEMA {SCHEMA} IS '{version}'")
    finally:
        engine.dispose()
