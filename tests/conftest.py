"""What every test file may ask for: the two databases; and how hypothesis looks for examples."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import sys
from collections.abc import Iterator
from contextlib import suppress
from importlib import import_module
from pathlib import Path
from zlib import crc32

import dns.resolver
import pytest
import structlog
from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture import providers

from digest.store import Store

from .databases import emptied_postgres, postgres_server, run_folder, share_statements
from .extent import IS_WHOLE, number

# Every worker and every process that a test starts loads the same files: compiled once for all.
sys.dont_write_bytecode = False
os.environ.pop("PYTHONDONTWRITEBYTECODE", None)

# The same examples on every machine, however slow: a suite that fails names a change, not a day.
settings.register_profile(
    "same",
    deadline=None,
    derandomize=True,
    max_examples=number(30, whole=100),
    suppress_health_check=[HealthCheck.too_slow],
)
# Others every time, and many more: ``pytest --hypothesis-profile=search``.
settings.register_profile(
    "search", settings.get_profile("same"), derandomize=False, max_examples=2_000
)
settings.load_profile("same")


# No name of a test is looked up outside; a test of look-ups brings a server of its own.
dns.resolver.default_resolver = dns.resolver.Resolver(configure=False)


def pytest_xdist_auto_num_workers() -> int:
    """One more than there are processors: tests wait for servers and databases, too."""
    return (os.cpu_count() or 1) + 1


# A third of the time that collecting takes goes into looking for garbage among what stays.
gc.disable()


def pytest_collection_finish() -> None:
    """Leave what was loaded out of all later searches for garbage, and search rarely."""
    gc.freeze()
    gc.set_threshold(100_000, 50, 100)
    gc.enable()


def pytest_configure(config: pytest.Config) -> None:
    # What a shell starts in the background ignores Ctrl-C, and so would each process of a test.
    if signal.getsignal(signal.SIGINT) is signal.SIG_IGN:
        signal.signal(signal.SIGINT, signal.default_int_handler)
    # The library draws tracebacks for a terminal unless it is told otherwise: seconds for each.
    plain = structlog.dev.ConsoleRenderer(exception_formatter=structlog.dev.plain_traceback)
    structlog.configure(processors=[structlog.processors.add_log_level, plain])
    share_statements()
    if "PYTEST_XDIST_WORKER" not in os.environ:
        folder = run_folder()
        config.add_cleanup(folder.cleanup)
        os.environ["DIGEST_TEST_FOLDER"] = folder.name


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    """Begin with another part of the test files than the other workers: each is compiled once."""
    if settings.get_current_profile_name() == "same":
        # The constants of all modules that are loaded make other examples with each change of one,
        # and to find them takes each worker seconds.
        providers._get_local_constants = lambda: providers._local_constants
    worker = os.environ.get("PYTEST_XDIST_WORKER", "gw0")
    count = int(os.environ.get("PYTEST_XDIST_WORKER_COUNT", "1"))
    if count == 1 or session.config.args_source is not pytest.Config.ArgsSource.TESTPATHS:
        return
    names = [".".join(path.with_suffix("").parts) for path in _test_files()]
    first = len(names) * int(worker.removeprefix("gw")) // count
    for name in names[first:] + names[:first]:
        # What cannot be loaded is reported, or skipped, when it is collected.
        with suppress(Exception, pytest.skip.Exception):
            import_module(name)


def _test_files() -> list[Path]:
    root = Path(__file__).parents[1]
    return sorted(path.relative_to(root) for path in root.glob("tests/**/test_*.py"))


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


DATABASES = ["sqlite", "postgresql"]
#: Folders of tests that use a store as any caller does; a store's own are in tests/store.
CALLERS = {"deliver", "issues", "pipeline", "subscribers"}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Try each test on both databases; its cases, or where it only calls the store, in turn."""
    marks = metafunc.definition.iter_markers("parametrize")
    if "database" not in metafunc.fixturenames or any("database" in each.args[0] for each in marks):
        return
    names = DATABASES
    if not IS_WHOLE and CALLERS & set(metafunc.module.__name__.split(".")):
        names = [names[crc32(metafunc.function.__name__.encode()) % 2]]
    elif not IS_WHOLE and any(metafunc.definition.iter_markers("parametrize")):
        _in_turn[metafunc.definition.nodeid] = []
    metafunc.parametrize("database", names, indirect=True)


#: Tests of several cases, by name, and the cases: each is tried on one of the databases in turn.
_in_turn: dict[str, list[str]] = {}


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    """Leave out of a test of several cases each second pair of case and database."""
    items[:] = [item for item in items if not _is_others_turn(item)]


def _is_others_turn(item: pytest.Item) -> bool:
    cases = _in_turn.get(item.nodeid.partition("[")[0])
    if cases is None:
        return False
    spec = item.callspec  # type: ignore[attr-defined]
    database = spec.params["database"]
    case = spec.id.replace(database, "", 1)
    if case not in cases:
        cases.append(case)
    return DATABASES[cases.index(case) % 2] != database


@pytest.fixture
def lite(laid_out: Path, tmp_path: Path) -> Iterator[Store]:
    """A migrated store on SQLite, for what knows nothing of databases."""
    store = Store(f"sqlite:///{shutil.copy(laid_out, tmp_path / 'digest.db')}")
    yield store
    store.close()


@pytest.fixture
def database(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[str]:
    """The URL of a database with all tables and nothing in them; see pytest_generate_tests."""
    if request.param == "sqlite":
        path = shutil.copy(request.getfixturevalue("laid_out"), tmp_path / "digest.db")
        yield f"sqlite:///{path}"
        return
    with emptied_postgres(request.getfixturevalue("postgres")) as url:
        yield url


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    """A migrated store."""
    store = Store(database)
    yield store
    store.close()
