"""Processes of one installation that share its database of PostgreSQL, and what came of their work.

What is counted comes from two witnesses that no process can talk round: the relay, which notes each
Message-ID before its yes, and a trigger of the server's, which notes each rise of a fence.
"""

from __future__ import annotations

import os
import re
import signal
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from time import monotonic
from typing import Any, NamedTuple

import psycopg

from digest.app import opened
from digest.config import load
from digest.store import job_tables, leases
from tests import processes
from tests.service.test_serve import digest
from tests.waits import HUNG

from . import _distinct, _job
from ._mortal import Sink

#: Seconds; the shortest that settings allow.
LEASE = 2
#: Seconds from one tick of the service to the next, and how long a session waits for a lock.
TICK, LOCK_WAIT = 60, 10

_TABLES = tuple(table.name for table in leases.TABLES)
_NOTE = """
CREATE SCHEMA bench;
CREATE TABLE bench.rises (at timestamptz DEFAULT clock_timestamp(), name text, key text,
    fence int, holder int, was text);
CREATE FUNCTION bench.note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
    INSERT INTO bench.rises (name, key, fence, holder, was) VALUES (TG_ARGV[0],
        coalesce(to_jsonb(NEW) ->> 'id', to_jsonb(NEW) ->> 'name'), NEW.fence, NEW.holder,
        to_jsonb(OLD) ->> 'state');
    RETURN NULL;
END $$;
""" + "".join(
    f"CREATE TRIGGER note AFTER UPDATE ON {name} FOR EACH ROW"
    # Its own name, and not that of a partition.
    f" WHEN (OLD.fence <> NEW.fence) EXECUTE FUNCTION bench.note('{name}');"
    for name in _TABLES
)
#: What a worker holds, by its machine and number there, and for how many seconds.
_HELD = " UNION ALL ".join(
    f"SELECT '{table.name}', {table.name}.{next(iter(table.primary_key)).name}::text, fence,"
    f" holder, extract(epoch FROM leased_until - clock_timestamp())::float FROM {table.name}"
    f" JOIN workers ON workers.id = holder WHERE workers.name LIKE %(who)s"
    for table in leases.TABLES
)
_TAKEN = """
SELECT extract(epoch FROM min(at) - %s)::float FROM bench.rises
WHERE name = %s AND key = %s AND fence > %s AND holder <> %s AND at > %s AND at < %s
"""
_CUT = """
SELECT count(pg_terminate_backend(pid)) FROM (
    SELECT pid FROM pg_stat_activity
    WHERE datname = current_database() AND pid <> pg_backend_pid()
    ORDER BY random() LIMIT 3) AS chosen
"""
#: Mails that may have been out when another process took them over, and how often each was.
_AT_THE_DOT = """
SELECT message_id, count(*) FROM bench.rises JOIN deliveries ON deliveries.id::text = key
WHERE name = 'deliveries' AND was = 'data_sent' GROUP BY message_id
"""


class Lease(NamedTuple):
    """A row that a process held when it was stopped or killed."""

    table: str
    key: str
    fence: int
    holder: int
    #: seconds until it ends by itself
    left: float


@dataclass
class Blow:
    """A moment at which a process was stopped or killed, by the database's clock."""

    at: datetime
    held: list[Lease]
    #: when it went on, if it did
    until: datetime = datetime(9999, 1, 1, tzinfo=UTC)


@dataclass
class Member:
    """A process that is started again whenever it ends, and seconds by which its clock is wrong."""

    words: Sequence[str]
    offset: int = 0
    #: what comes before its command, to run it elsewhere
    before: Sequence[str] = ()
    process: Any = None
    #: when it goes on, by this process's clock, and what it is to go on from
    wakes_at: float = 0.0
    blow: Blow | None = None
    #: whether it was asked to end: the second time it would leave its work as it is
    is_ending: bool = False


@dataclass
class Tally:
    """What came of a number of mornings."""

    mails: int = 0
    missed: int = 0
    lost: int = 0
    twice: int = 0
    at_the_dot: int = 0
    #: mails that came again although nothing had taken them over at their dot
    unexplained: int = 0
    done: Counter[str] = field(default_factory=Counter)
    #: seconds until a row that was held was another's
    waits: list[float] = field(default_factory=list)
    #: the longest of these, by table
    longest: Counter[str] = field(default_factory=Counter)
    #: the longest that a lease still had when its holder was stopped or killed
    left: float = 0.0
    #: exit codes of processes that ended by themselves
    codes: Counter[int] = field(default_factory=Counter)
    #: what they complained of, without its numbers
    said: Counter[str] = field(default_factory=Counter)
    #: mornings in which nothing moved for too long
    given_up: int = 0
    #: complaints that were no line for a person
    tracebacks: int = 0

    def is_kept(self) -> bool:
        """Return whether every promise was kept."""
        broken = (self.given_up, self.missed, self.lost, self.unexplained, self.tracebacks)
        return (
            not any(broken)
            and self.twice <= self.at_the_dot
            and self.left <= LEASE
            and max(self.waits, default=0) <= LEASE + TICK + LOCK_WAIT
        )


class Fleet:
    """The members, their folder and their database; what befalls them is counted in a tally."""

    def __init__(
        self, folder: Path, url: str, members: Sequence[Member], tally: Tally, *, is_faked: bool
    ) -> None:
        self.url, self.members, self.tally = url, members, tally
        self._folder, self._is_faked = folder, is_faked
        self._said = folder / "said.txt"
        self._blows: list[Blow] = []
        with session(url) as asked:
            asked.execute(_NOTE.encode())

    # ── what befalls them ──

    def start(self) -> None:
        """Start each that does not run."""
        for member in self.members:
            if member.process is not None:
                code = member.process.poll()
                if code is None:
                    continue
                if code != -signal.SIGKILL:
                    self.tally.codes[code] += 1
            env = {**os.environ, **(faked_clock(member.offset) if self._is_faked else {})}
            with self._said.open("a") as said:
                command = [*member.before, *digest(self._folder, *member.words)]
                member.process = processes.Popen(command, stdout=-3, stderr=said, env=env)
            member.wakes_at, member.blow, member.is_ending = 0.0, None, False

    def kill(self, member: Member) -> None:
        """Kill a process, at once."""
        held = self.held(member)
        member.process.kill()
        member.process.wait(HUNG)
        self.note_blow(held)
        self.tally.done["kill"] += 1

    def stop(self, member: Member, seconds: float) -> None:
        """Stop a process for so long, as a machine that sleeps."""
        member.process.send_signal(signal.SIGSTOP)
        # Until its first thread has heard of it, the others go on.
        while member.process.poll() is None and not processes.is_in_state(member.process.pid, "T"):
            os.sched_yield()
        member.blow = self.note_blow(self.held(member))
        member.wakes_at = monotonic() + seconds
        self.tally.done["stop"] += 1

    def wake(self, *, at: float) -> None:
        """Let those go on that were to be stopped until then."""
        for member in self.members:
            if member.blow is not None and member.wakes_at <= at:
                member.blow.until = self._clock()
                member.blow = None
                self.go_on(member)

    def go_on(self, member: Member) -> None:
        """Let a member go on that was stopped, if it was not killed meanwhile."""
        member.process.send_signal(signal.SIGCONT)

    def cut(self) -> None:
        """End some sessions with the database."""
        self._ask(_CUT)
        self.tally.done["cut"] += 1

    def end_one(self, member: Member) -> None:
        """Let a process end as a service manager does."""
        member.process.terminate()
        member.is_ending = True
        self.tally.done["end"] += 1

    def end(self) -> None:
        """Let them all end as a service manager does."""
        self.wake(at=float("inf"))
        for member in self.members:
            if not member.is_ending:
                member.process.terminate()
        for member in self.members:
            member.process.wait(HUNG)

    # ── what is there ──

    def is_done(self, subscribers: int) -> bool:
        """Return whether each has an issue, and no mail is open."""
        [[made, is_open]] = self._ask(
            "SELECT count(*), count(*) FILTER (WHERE state <> 'sent') FROM deliveries"
        )
        return made >= subscribers and not is_open

    def moves(self) -> int:
        """Return how many issues were made and mails sent."""
        [[made, sent]] = self._ask(
            "SELECT count(*), count(*) FILTER (WHERE state = 'sent') FROM deliveries"
        )
        return int(made) + int(sent)

    def count(self, subscribers: int, relay: Sink) -> None:
        """Count what came of a morning, once all have ended."""
        tally, taken = self.tally, relay.accepted
        rows = self._ask("SELECT message_id, kind FROM deliveries")
        ids = [id for id, kind in rows if kind == "issue"]
        at_the_dot = Counter(dict(self._ask(_AT_THE_DOT)))
        again = Counter({id: number - 1 for id, number in taken.items()})
        tally.mails += subscribers
        tally.missed += subscribers - len(ids)
        tally.lost += sum(id not in taken for id in ids)
        tally.twice += again.total()
        tally.at_the_dot += at_the_dot.total()
        tally.unexplained += (again - at_the_dot).total() + len(set(taken) - {id for id, _ in rows})
        said = self._said.read_text()
        tally.tracebacks += said.count("Traceback")
        tally.said += Counter(re.sub(r"\d+", "N", line)[:150] for line in said.splitlines())
        for blow in self._blows:
            for lease in blow.held:
                if (wait := self._taken_after(blow, lease)) is not None:
                    tally.waits.append(wait)
                    tally.longest |= Counter({lease.table: wait})  # type: ignore[dict-item]
            tally.left = max([tally.left, *(lease.left for lease in blow.held)])

    def _taken_after(self, blow: Blow, lease: Lease) -> float | None:
        row = (lease.table, lease.key, lease.fence, lease.holder)
        [[seconds]] = self._ask(_TAKEN, [blow.at, *row, blow.at, blow.until])
        return None if seconds is None else float(seconds)

    def note_blow(self, held: list[Lease]) -> Blow:
        """Note that a member was stopped or killed just now, which held these."""
        self._blows.append(Blow(self._clock(), held))
        return self._blows[-1]

    def held(self, member: Member) -> list[Lease]:
        """Return what a process holds now."""
        rows = self._ask(_HELD, {"who": f"%:{member.process.pid}"})
        return [Lease(*row) for row in rows if row[-1] > 0]

    def _clock(self) -> datetime:
        [[now]] = self._ask("SELECT clock_timestamp()")
        return now  # type: ignore[no-any-return]

    def _ask(self, statement: str, values: Any = None) -> list[tuple[Any, ...]]:
        with session(self.url) as asked:
            return asked.execute(statement.encode(), values).fetchall()  # type: ignore[no-any-return]


_open: dict[str, Any] = {}


@contextmanager
def session(url: str) -> Iterator[Any]:
    """Yield a session of the bench's own with this database, each statement by itself."""
    if url not in _open or _open[url].broken or _open[url].closed:
        _open[url] = psycopg.connect(job_tables.address(url), autocommit=True)
    yield _open[url]


def forget(url: str) -> None:
    """Close the bench's own session."""
    if url in _open:
        _open.pop(url).close()


def lay_out(folder: Path, url: str, port: int, subscribers: int, *, dispatch: str) -> None:
    """Write an installation with one feed, and let so many have signed up."""
    _job.write_feed(folder, 3)
    (folder / "profiles").mkdir()
    config = _job._CONFIG.format(port=port, connections=2)
    more = f'database: {url}\ndispatch: {dispatch}\nlease: {LEASE}\nschedule: {{at: "00:00"}}\n'
    (folder / "config.yaml").write_text(more + config)
    (folder / "said.txt").touch()
    with opened(load(folder / "config.yaml", {})) as app:
        _distinct.sign_up(app.store, ["title: Mine\nany: [item]\n"] * subscribers)
        app.composer.enrol()  # else each process would, beside the others, before any issue


def faked_clock(seconds: int) -> dict[str, str]:
    """Return the variables by which a process of ours has a clock that is wrong."""
    # Read at each look at the clock, or a process would begin with another's.
    return {"FAKETIME": f"{seconds:+d}", "FAKETIME_NO_CACHE": "1", "DONT_FAKE_MONOTONIC": "1"}


def fake_clocks() -> bool:
    """Let processes that are forked later have clocks of their own; return whether that can be."""
    found = sorted(Path("/usr/lib").glob("**/faketime/libfaketimeMT.so.1"))
    if not found:
        return False
    own = {"LD_PRELOAD": str(found[0]), **faked_clock(0)}
    os.environ |= own
    try:
        clock = "import time; print(time.time())"
        wrong = {**os.environ, "FAKETIME": "-1000000"}
        command = [sys.executable, "-c", clock]
        said = processes.run(command, stdout=subprocess.PIPE, env=wrong, text=True).stdout
        return float(said) < datetime.now(UTC).timestamp() - 500_000
    finally:
        for name in own:
            del os.environ[name]
