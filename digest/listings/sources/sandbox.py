"""A child process with limits parses untrusted bytes, so that a bomb fails only one source.

The child receives bytes and returns a page or a reason; it is killed if it takes too long or too
much memory.  It shares only this one pipe with its parent.
"""

from __future__ import annotations

import multiprocessing
import resource
import signal
from collections.abc import Callable
from contextlib import suppress
from datetime import date
from functools import cache
from multiprocessing.connection import Connection
from multiprocessing.context import ForkServerContext

from ...errors import SourceError
from ...model import Listing, ListingPage
from .entries import line

#: Parses the bytes of one answer into a page of one listing day.
Parse = Callable[[bytes, Listing, date], ListingPage]

CPU_SECONDS = 10
# More than the CPU seconds, because a busy machine slows a child down; this limit ends a child that
# only waits.
WALL_SECONDS = 60
MEMORY = 512 * 2**20


def parse_apart(
    parse: Parse,
    data: bytes,
    listing: Listing,
    day: date,
    *,
    cpu_seconds: int = CPU_SECONDS,
    wall_seconds: int = WALL_SECONDS,
) -> ListingPage:
    """Parse in a child process; raises SourceError, also if the child exceeds its limits.

    ``parse`` is a function of a module, so that the child can import it.
    """
    receive, send = _context().Pipe(duplex=False)
    work = (send, (cpu_seconds, wall_seconds), parse, data, listing, day)
    child = _context().Process(target=_work, args=work, daemon=True)
    with receive:
        child.start()
        send.close()
        try:
            outcome = receive.recv()
        except EOFError:
            outcome = "reading it took too much time or memory"
        finally:
            child.kill()
            child.join()
            child.close()
    if isinstance(outcome, ListingPage):
        return outcome
    raise SourceError(listing.name, outcome)


@cache
def _context() -> ForkServerContext:
    # The fork server has no threads, so forking it is safe whatever the parent does meanwhile, and
    # it imports the parsers once for all children.
    context = multiprocessing.get_context("forkserver")
    context.set_forkserver_preload(
        ["__main__", "digest.listings.sources.feed", "digest.language.tex"]
    )
    return context


def _work(
    send: Connection,
    seconds: tuple[int, int],
    parse: Parse,
    data: bytes,
    listing: Listing,
    day: date,
) -> None:
    _limit(*seconds)
    outcome: ListingPage | str
    try:
        outcome = parse(data, listing, day)
    except SourceError as error:
        outcome = error.reason
    except MemoryError:
        return
    except Exception as error:  # a parser may raise anything on untrusted bytes
        outcome = line(f"cannot be read: {type(error).__name__}: {error}", 200)
    send.send(outcome)


def _limit(cpu_seconds: int, wall_seconds: int) -> None:
    # Not every system knows every limit (macOS has no RLIMIT_AS); only known limits are set.
    limits = {
        resource.RLIMIT_CPU: cpu_seconds,
        resource.RLIMIT_AS: MEMORY,
        resource.RLIMIT_CORE: 0,
        resource.RLIMIT_FSIZE: 0,
    }
    for what, most in limits.items():
        with suppress(ValueError, OSError):
            resource.setrlimit(what, (most, most))
    # The signal ends the process, as no handler is set.
    signal.alarm(wall_seconds)
