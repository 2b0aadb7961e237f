"""What every test file may ask for: the two databases; and how hypothesis looks for examples."""

from __future__ import annotations

import os
import shutil
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import structlog
from hypothesis import HealthCheck, settings
from sqlalchemy import Engine, event
from sqlalchemy.util import LRUCache

from digest.store import Store

from .databases import emptied_postgres, postgres_server

# Every worker and every process that a test starts loads the same files: compiled once for all.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# The same examples on every machine, however slow: a suite that fails names a change, not a day.
settings.register_profile(
    "same", deadline=None, derandomize=True, suppress_health_check=[HealthCheck.too_slow]
)
# Others every time, and twenty times as many: ``pytest --hypothesis-profile=search``.
settings.register_profile(
    "search", settings.get_profile("same"), derandomize=False, max_examples=2_000
)
settings.load_profile("same")


class Compiled(LRUCache[Any, Any]):
    """Statements as they were compiled, whichever engine of a kind asks: milliseconds for each."""

    def get(self, key: tuple[Any, ...], default: Any = None) -> Any:
        return super().get((key[0].name, *key[1:]), default)

    def __setitem__(self, key: tuple[Any, ...], value: Any) -> None:
        super().__setitem__((key[0].name, *key[1:]), value)


_compiled = Compiled(5_000)


@event.listens_for(Engine, "engine_connect")
def share_what_was_compiled(connection: Any) -> None:
    connection.engine._compiled_cache = _compiled


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


@pytest.fixture(scope="session")
def laid_out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all tables and nothing in them, to be copied."""
    path = tmp_path_factory.mktemp("laid-out") / "digest.db"
    store = Store(f"sqlite:///{path}")
    store.migrate()
    store.close()
    return path


@pytest.fixture(params=["sqlite", "postgresql"])
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database with all tables and nothing in them, on SQLite and on PostgreSQL."""
    if request.param == "sqlite":
        path = shutil.copy(request.getfixturevalue("laid_out"), tmp_path / "digest.db")
        yield f"sqlite:///{path}"
        return
    with emptied_postgres(request.getfixturevalue("postgres")) as url:
        yield url


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    """A migrated store, on both databases."""
    store = Store(database)
    yield store
    store.close()
