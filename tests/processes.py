"""Processes of the digest without the second that each needs to load: forked from one that has.

``Popen`` and ``run`` are those of :mod:`subprocess`, and so is what they start: a process of its
own, with its own arguments, folder, environment and open files, that can be killed.  So is a script
in one argument (``python -c``), and either of them under strace, which is attached before the first
step.  Any other command is started as ever.
"""

from __future__ import annotations

import atexit
import ctypes
import gc
import json
import multiprocessing.util
import os
import pkgutil
import signal
import socket
import subprocess
import sys
import threading
import warnings
from collections.abc import Sequence
from concurrent.futures import thread as futures
from contextlib import suppress
from functools import cache
from importlib import import_module
from pathlib import Path
from selectors import EVENT_READ, BaseSelector, DefaultSelector
from time import tzset
from typing import Any, NoReturn

from .readme import ROOT

PROGRAM = str(Path(sys.executable).with_name("digest"))


#: A variable with which a process ends as Python does, and tells of files that nobody closed.
WHOLE_END = "END_AS_PYTHON_DOES"


#: The digest without the superuser's right to read and write what others may not (capset(2)).
_POWERLESS = """
import ctypes
system = ctypes.CDLL(None)
head, sets = (ctypes.c_uint32 * 2)(0x20080522), (ctypes.c_uint32 * 6)()
assert system.capget(head, sets) == 0
for place in (0, 1):
    sets[place] &= ~0b110  # CAP_DAC_OVERRIDE, CAP_DAC_READ_SEARCH
assert system.capset(head, sets) == 0
from digest.cli import main
main()
"""
POWERLESS = (PROGRAM,) if os.geteuid() else (sys.executable, "-c", _POWERLESS)


def is_in_state(pid: int, letter: str) -> bool:
    """Whether each thread of a process is in a state: S asleep, T stopped (proc(5), ``stat``)."""
    threads = Path(f"/proc/{pid}/task").glob("*/stat")
    return all(each.read_text().rpartition(")")[2].split()[0] == letter for each in threads)


class Popen(subprocess.Popen[Any]):
    """A process; the methods that are replaced are those that start it and wait for it."""

    _end: socket.socket | None = None

    def _execute_child(self, args: Any, *rest: Any) -> None:
        tracer, args = _apart(args)
        if not _is_ours(args):
            super()._execute_child([*tracer, *args] if tracer else args, *rest)  # type: ignore[misc]
            return
        cwd, env = rest[4], rest[5]
        read_in, write_in, read_out, write_out, read_err, write_err = rest[9:15]
        order = {
            "tracer": tracer,
            "args": [os.fspath(each) for each in args],
            "cwd": os.fspath(cwd or Path.cwd()),
            "env": dict(env if env is not None else os.environ),
        }
        files = (
            read_in if read_in != -1 else 0,
            write_out if write_out != -1 else 1,
            write_err if write_err != -1 else 2,
        )
        self.pid, self._end = _parent().start(order, files)
        self._child_created = True
        for of_child, of_parent in ((read_in, write_in), (write_out, read_out)):
            _close(of_child, unless=of_parent)
        _close(write_err, unless=read_err)

    def _try_wait(self, wait_flags: int) -> tuple[int, int]:
        if self._end is None:
            return super()._try_wait(wait_flags)  # type: ignore[misc, no-any-return]
        self._end.setblocking(not wait_flags & os.WNOHANG)
        try:
            told = self._end.recv(20)
        except BlockingIOError:
            return 0, 0
        self._end.close()
        return self.pid, int(told)

    def _internal_poll(self, *_: Any, **__: Any) -> int | None:
        if self._end is None:
            return super()._internal_poll(*_, **__)  # type: ignore[misc, no-any-return]
        if self.returncode is None:
            pid, status = self._try_wait(os.WNOHANG)
            if pid:
                self._handle_exitstatus(status)  # type: ignore[attr-defined]
        return self.returncode


def run(
    args: Sequence[str | Path],
    *,
    capture_output: bool = False,
    check: bool = False,
    timeout: float | None = None,
    **rest: Any,
) -> subprocess.CompletedProcess[Any]:
    """Run a command to its end."""
    if capture_output:
        rest |= {"stdout": subprocess.PIPE, "stderr": subprocess.PIPE}
    with Popen(args, **rest) as process:
        try:
            out, said = process.communicate(timeout=timeout)
        except BaseException:
            process.kill()
            raise
    done = subprocess.CompletedProcess(process.args, process.returncode, out, said)
    if check:
        done.check_returncode()
    return done


def _apart(args: Any) -> tuple[list[str], Any]:
    """The words of the tracer before a command of ours, and what is left."""
    if isinstance(args, str) or Path(args[0]).name != "strace":
        return [], args
    words = [os.fspath(each) for each in args]
    start = next((at for at in range(len(words)) if _is_ours(words[at:])), 0)
    return words[:start], words[start:]


def _is_ours(args: Any) -> bool:
    if isinstance(args, str):
        return False
    words = [os.fspath(each) for each in args[:2]]
    return words[:1] == [PROGRAM] or words == [sys.executable, "-c"]


def _close(file: int, *, unless: int) -> None:
    # Where there is no pipe, the file is the caller's.
    if file != -1 and unless != -1:
        os.close(file)


class _Parent:
    """The process that has loaded everything, and the socket on which it takes orders.

    All workers of a run share one: the first that needs it starts it, with the last it ends.
    """

    def __init__(self) -> None:
        run = os.environ.get("PYTEST_XDIST_TESTRUNUID", os.getpid())
        name = f"\0tests of digest {run}"
        while True:
            self._orders = socket.socket(socket.AF_UNIX)
            with suppress(ConnectionRefusedError):
                self._orders.connect(name)
                break
            self._orders.close()
            with socket.socket(socket.AF_UNIX) as door, suppress(OSError):
                door.bind(name)  # or another worker has
                door.listen()
                _begin_parent(door.fileno())
        self._lock = threading.Lock()
        atexit.register(self._orders.close)

    def start(
        self, order: dict[str, Any], files: tuple[int, int, int]
    ) -> tuple[int, socket.socket]:
        """Let a process begin; gives its number, and the socket that brings its end."""
        ours, theirs = socket.socketpair(type=socket.SOCK_SEQPACKET)
        text = json.dumps(order).encode()
        with self._lock, theirs:
            head = len(text).to_bytes(4)
            socket.send_fds(self._orders, [head], [*files, theirs.fileno()])
            self._orders.sendall(text)
        return int(ours.recv(20)), ours


def _begin_parent(door: int) -> None:
    code = f"from tests.processes import obey; obey({door})"
    env = {**os.environ, "PYTHONPATH": os.pathsep.join((str(ROOT), *sys.path))}
    process = subprocess.Popen(
        [sys.executable, "-c", code], pass_fds=[door], env=env, start_new_session=True
    )
    process.returncode = 0  # it is not waited for


@cache
def _parent() -> _Parent:
    return _Parent()


# ── in the process that has loaded everything ──


def obey(number: int) -> None:
    """Load the digest, and fork a process for each order until no worker is there to give any."""
    import digest

    for module in pkgutil.walk_packages(digest.__path__, "digest."):
        if ".migrations." not in module.name:
            import_module(module.name)
    libraries = ("alembic.command", "psycopg", "sqlalchemy.dialects.postgresql", "uvicorn")
    for name in (*libraries, "bench._victim"):
        with suppress(ImportError):
            import_module(name)
    _warm()
    gc.freeze()
    with socket.socket(fileno=number) as door, DefaultSelector() as workers:
        workers.register(door, EVENT_READ)
        is_needed = True
        while is_needed:
            for key, _ in workers.select():
                if key.fileobj is door:
                    workers.register(door.accept()[0], EVENT_READ)
                elif not _is_obeyed(orders := key.fileobj, workers):
                    workers.unregister(orders)
                    orders.close()
                    is_needed = len(workers.get_map()) > 1


def _is_obeyed(orders: Any, workers: BaseSelector) -> bool:
    """Fork a process as this worker orders, unless it has ended."""
    head, files, *_ = socket.recv_fds(orders, 4, 4)
    if not head:
        return False
    order = json.loads(_whole(orders, int.from_bytes(head)))
    pid = os.fork()
    if not pid:
        for key in list(workers.get_map().values()):
            key.fileobj.close()  # type: ignore[union-attr]
        workers.close()
        _become(order, files)
    end = socket.socket(fileno=files.pop())
    for file in files:
        os.close(file)
    end.send(str(pid).encode())
    threading.Thread(target=_report, args=(pid, end), daemon=True).start()
    return True


def _warm() -> None:
    """Run a digest once, so that its statements are compiled and its templates are read."""
    from digest.pipeline import runs
    from digest.store import Store

    from .apps import app_of
    from .databases import share_statements
    from .factories import TUESDAY, listing, paper

    share_statements()
    store = Store("sqlite://")
    store.migrate()
    app = app_of(store, listings=[listing()])
    app.source.lay_out("daily", TUESDAY, paper(1))  # type: ignore[attr-defined]
    runs.run(app, list(app.listings.values()))
    store.close()


def _whole(orders: socket.socket, size: int) -> bytes:
    text = b""
    while len(text) < size:
        text += orders.recv(size - len(text))
    return text


def _report(pid: int, end: socket.socket) -> None:
    _, status = os.waitpid(pid, 0)
    with end, suppress(OSError):
        end.send(str(status).encode())


def _forked(_path: bytes, args: Sequence[str], files: Sequence[int]) -> int:
    """Do in a fork what a fresh interpreter would: be the server that parsers are forked from."""
    if pid := os.fork():
        return pid
    signal.signal(signal.SIGTERM, signal.SIG_DFL)
    # What the digest has said but not yet written is its own to write.
    kept = sys.stdout, sys.stderr
    sys.stdout, sys.stderr = open(1, "w", closefd=False), open(2, "w", closefd=False)  # noqa: SIM115
    futures._threads_queues.clear()  # the threads that it would wait for are the digest's
    for file in {int(each.name) for each in Path("/proc/self/fd").iterdir()} - {0, 1, 2, *files}:
        with suppress(OSError):
            os.close(file)
    try:
        exec(args[-1], {"__name__": "__main__"})
    finally:
        os._exit(0 if kept else 1)


def _become(order: dict[str, Any], files: list[int]) -> NoReturn:
    """Be the digest that was ordered, to its end."""
    multiprocessing.util.spawnv_passfds = _forked  # half a second of loading for each digest
    for file, number in zip(files, range(3), strict=False):
        os.dup2(file, number)
    os.closerange(3, 1024)
    os.environ.clear()
    os.environ.update(order["env"])
    tzset()
    os.chdir(order["cwd"])
    if order["tracer"]:
        _let_trace(order["tracer"])
    sys.argv = order["args"]
    sys.stdin, sys.stdout = open(0, closefd=False), open(1, "w", closefd=False)  # noqa: SIM115
    sys.stderr = open(2, "w", buffering=1, closefd=False)  # noqa: SIM115
    if order["env"].get(WHOLE_END):
        warnings.simplefilter("default", ResourceWarning)
    if sys.argv[0] == PROGRAM:
        from digest.cli import main

        try:
            sys.exit(main())
        except SystemExit as end:
            _end(end.code)
            raise
    script = sys.argv.pop(2)
    del sys.argv[0]
    exec(compile(script, "-c", "exec"), {"__name__": "__main__"})
    _end(0)
    sys.exit()


def _end(code: object) -> None:
    """End as Python does, but for taking everything apart that was loaded: a tenth of a second.

    What is not plain is left to it.
    """
    if not isinstance(code, int | None) or os.environ.get(WHOLE_END):
        return
    threading._shutdown()  # type: ignore[attr-defined]  # waits for its threads
    atexit._run_exitfuncs()
    with suppress(OSError, ValueError):
        sys.stdout.flush()
        sys.stderr.flush()
        os._exit(code or 0)


def _let_trace(tracer: list[str]) -> None:
    """Go on when the tracer is attached, or has ended because it may not be."""
    traced = os.getpid()
    ctypes.CDLL(None).prctl(0x59616D61, ctypes.c_ulong(-1), 0, 0, 0)  # PR_SET_PTRACER_ANY
    tracing = os.fork()
    if not tracing:
        os.execv(tracer[0], [*tracer, "-p", str(traced)])
    status = Path("/proc/self/status")
    while "\nTracerPid:\t0\n" in status.read_text():
        if os.waitpid(tracing, os.WNOHANG)[0]:
            return
