"""What every test file may ask for: the two databases and a clock."""

from __future__ import annotations

import os
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog

from digest.store import Store

from .databases import fresh_postgres, postgres_server


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors: tests wait for servers and databases, too."""
    return (os.cpu_count() or 1) + 1


def pytest_configure() -> None:
    # The library draws tracebacks for a terminal unless it is told otherwise: seconds for each.
    plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[structlog.processors.add_log_level, plain])


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a running PostgreSQL server."""
    with postgres_server() as url:
        yield url


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of an empty database, on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        yield f"sqlite:///{tmp_path / 'digest.db'}"
        return
    with fresh_postgres(request.getfixturevalue("postgres")) as url:
        yield url


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    """A migrated store, on both databases."""
    store = Store(database)
    store.migrate()
    yield store
    store.close()
