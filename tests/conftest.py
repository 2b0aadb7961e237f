"""What every test file may ask for: the two databases; and how hypothesis looks for examples."""

from __future__ import annotations

import gc
import os
import shutil
import signal
import sys
from collections.abc import Callable, Iterator
from contextlib import suppress
from fcntl import LOCK_EX, LOCK_SH, LOCK_UN, flock
from importlib import import_module
from importlib.machinery import SourceFileLoader
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import TYPE_CHECKING
from zlib import crc32

import dns.resolver
import pytest
import structlog
from _pytest.runner import runtestprotocol
from hypothesis import HealthCheck, settings
from hypothesis.internal.conjecture import providers

from .extent import IS_QUEUED, IS_WHOLE, number

if TYPE_CHECKING:
    from digest.store import Store

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
    if "PYTEST_XDIST_WORKER" not in os.environ:
        # Of a short path: a Unix socket's is limited to a hundred bytes.
        folder = TemporaryDirectory(prefix="pg", ignore_cleanup_errors=True)
        config.add_cleanup(folder.cleanup)
        os.environ["DIGEST_TEST_FOLDER"] = folder.name


@pytest.hookimpl(tryfirst=True)
def pytest_collection(session: pytest.Session) -> None:
    """Make ready what runs tests; the process that leads the workers loads nothing of it."""
    is_worker = "PYTEST_XDIST_WORKER" in os.environ
    if not is_worker and session.config.option.numprocesses:
        return
    if settings.get_current_profile_name() == "same":
        # The constants of all modules that are loaded make other examples with each change of one,
        # and to find them takes each worker seconds.
        providers._get_local_constants = lambda: providers._local_constants
    is_all = session.config.args_source is pytest.Config.ArgsSource.TESTPATHS
    if is_worker and is_all:
        _compile_with_others()
    from .databases import share_statements

    share_statements()
    if IS_QUEUED:
        from digest.pipeline import runs

        from . import queued

        runs.run = queued.run


def _compile_with_others() -> None:
    """Compile each file in one of the workers, and wait until the others have compiled theirs.

    In a fresh checkout that takes as long as all else that is done before the first test.
    """
    root = Path(__file__).parents[1]
    tests = set(root.glob("tests/**/test_*.py"))
    rest = [path for name in ("tests", "digest", "bench") for path in root.glob(f"{name}/**/*.py")]
    _share("rest", [path for path in rest if path not in tests], _compile)
    # pytest rewrites a test's assertions as it is imported.
    _share("tests", list(tests), lambda path: import_module(_name(path.relative_to(root))))


def _share(kind: str, paths: list[Path], work: Callable[[Path], object]) -> None:
    """Do the work on each path that no other worker has taken; return once all have done theirs."""
    folder = Path(os.environ["DIGEST_TEST_FOLDER"], f"compiled-{kind}")
    folder.mkdir(exist_ok=True)
    with Path(folder, "turn").open("w") as turn:
        flock(turn, LOCK_SH)
        for place, path in enumerate(sorted(paths)):
            with suppress(FileExistsError):
                Path(folder, f"{place}").touch(exist_ok=False)
                # What cannot be loaded is reported, or skipped, when it is collected.
                with suppress(Exception, pytest.skip.Exception):
                    work(path)
        flock(turn, LOCK_UN)
        flock(turn, LOCK_EX)  # each holds it with others while it works


def _compile(path: Path) -> None:
    """Leave the compiled file where Python looks for it."""
    SourceFileLoader(path.stem, str(path)).get_code(path.stem)


def _name(path: Path) -> str:
    return ".".join(path.with_suffix("").parts)


def pytest_runtest_protocol(item: pytest.Item, nextitem: pytest.Item | None) -> bool | None:
    """Report of a test what is shown of it.

    That it was set up and taken down well is two of three reports, each packed, sent and unpacked.
    """
    option = item.config.option
    is_each_asked_for = option.durations is not None or option.xmlpath is not None
    if "PYTEST_XDIST_WORKER" not in os.environ or is_each_asked_for:
        return None
    about = {"nodeid": item.nodeid, "location": item.location}
    item.ihook.pytest_runtest_logstart(**about)
    for report in runtestprotocol(item, log=False, nextitem=nextitem):
        if report.when == "call" or not report.passed:
            item.ihook.pytest_runtest_logreport(report=report)
    item.ihook.pytest_runtest_logfinish(**about)
    return True


@pytest.fixture(scope="session")
def postgres() -> Iterator[str]:
    """The URL of a running PostgreSQL server."""
    from .databases import postgres_server

    with postgres_server() as url:
        yield url


@pytest.fixture(scope="session")
def laid_out(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A SQLite file with all tables and nothing in them, to be copied."""
    from digest.store import Store

    path = tmp_path_factory.mktemp("laid-out") / "digest.db"
    store = Store(f"sqlite:///{path}")
    store.migrate()
    store.close()
    return path


DATABASES = ["sqlite", "postgresql"]
#: Folders and modules of tests that use a store as any caller does; its own are in tests/store.
CALLERS = {"deliver", "issues", "pipeline", "subscribers", "test_retention"}


def pytest_generate_tests(metafunc: pytest.Metafunc) -> None:
    """Try each test on both databases; its cases, or where it only calls the store, in turn."""
    marks = metafunc.definition.iter_markers("parametrize")
    if "database" not in metafunc.fixturenames or any("database" in each.args[0] for each in marks):
        return
    names = DATABASES[IS_QUEUED:]
    if not IS_WHOLE and not IS_QUEUED and CALLERS & set(metafunc.module.__name__.split(".")):
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
    from digest.store import Store

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
    from .databases import emptied_postgres

    with emptied_postgres(request.getfixturevalue("postgres")) as url:
        yield url


@pytest.fixture
def store(database: str) -> Iterator[Store]:
    """A migrated store."""
    from digest.store import Store

    store = Store(database)
    yield store
    store.close()
