"""Processes of ours that share the mails of a morning, as operators start them: what more bring.

On PostgreSQL they are ``digest worker``, on SQLite ``digest send`` where the issues are made and
``digest serve`` where they make them.  Each greets the relay by a name of its own, so that it is
known who sent what; the relay notes each mail before its yes.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from collections import Counter
from collections.abc import Iterable, Iterator, Sequence
from contextlib import ExitStack, closing
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import islice
from pathlib import Path
from threading import Event

from sqlalchemy import func, select

from digest.app import opened
from digest.config import load
from digest.store import Store, outbox, schema

from . import _distinct, scale
from ._sink import sink

#: Times one worker, and by how much a subscriber's CPU and what is leased in vain may be more.
FASTER, DEARER, IN_VAIN = 1.8, 1.10, 0.05

#: Rises of a fence: a subscriber is leased; a mail is leased, and claimed.
RISES_OF_AN_ISSUE, RISES_OF_A_MAIL = 1, 2

_CONFIG = """
database: {url}
dispatch: {dispatch}
schedule: {{at: "00:00"}}
listings: {{arxiv: {{kind: feed, path: feed.xml}}}}
mail:
  from: "Papers <digest@example.org>"
  sender: smtp
  smtp: {{host: 127.0.0.1, port: {port}, tls: none, connections: {connections}, helo: {name}}}
"""


@dataclass(frozen=True, slots=True)
class Morning:
    """Under which circumstances so many processes mail."""

    kind: str
    subscribers: int
    #: seconds from a mail to the relay's answer, and connections of each process
    answer: float = 0.05
    connections: int = 1
    workers: int = 1
    papers: int = _distinct.PAPERS
    #: so many processes must have greeted the relay before it answers any mail
    awaited: int = 0
    #: whether the issues are made before they begin
    is_made: bool = True

    @property
    def names(self) -> list[str]:
        """Return the names of the processes."""
        return [f"worker{number}" for number in range(1, self.workers + 1)]

    @property
    def title(self) -> str:
        """Return what is compared."""
        return f"{self.workers} workers, issues {'made' if self.is_made else 'to make'}"

    @property
    def command(self) -> Sequence[str]:
        """Return the command of each process."""
        if self.kind == "postgresql":
            return ("worker",)
        return ("send",) if self.is_made else ("serve", "--no-web")


@dataclass(frozen=True, slots=True)
class Outcome:
    """What came of a morning."""

    #: by the name of the process that handed them over
    mails: Counter[str]
    #: mails that came more than once
    twice: int
    #: by the clock, from the first mail to the last; where they made the issues, from the first one
    seconds: float
    #: of all processes together, from their start to their end
    cpu: float
    #: MB of the largest process
    memory: float
    #: leases and claims that brought neither issue nor mail, to those that did
    in_vain: float

    @property
    def rate(self) -> float:
        """Return the mails a second."""
        return self.mails.total() / self.seconds

    @property
    def cpu_each(self) -> float:
        """Return the ms of CPU a mail."""
        return self.cpu / self.mails.total() * 1e3


def compare(morning: Morning, workers: Sequence[int]) -> bool:
    """Print what each number of processes does, the goals, and of several the control beside them.

    Returns whether any goal is missed; the control has none.
    """
    from . import _alone

    print("issues   workers  mails      s  mails/s          ms of CPU        in vain  MB  of each")
    verdicts = list[str]()
    for is_made in (True, False):
        one: Outcome | None = None
        start = _alone.start(replace(morning, is_made=is_made)) if max(workers) > 1 else 0.0
        for number in workers:
            this = replace(morning, workers=number, is_made=is_made)
            outcome = run(this)
            one = one or outcome
            print(_line(this, outcome, one), flush=True)
            verdicts += goals(this, outcome, one)
            if number > 1:
                verdicts += _alone.lines(this, outcome, one, _alone.run(this).cpu_each, start)
    for line in verdicts:
        print(line)
    return any(line.startswith("MISSED") for line in verdicts)


def _line(morning: Morning, found: Outcome, one: Outcome) -> str:
    return (
        f"{'made' if morning.is_made else 'to make':<8} {morning.workers:>7}"
        f" {found.mails.total():6,} {found.seconds:6.1f} {found.rate:8.1f}"
        f" ({found.rate / one.rate:4.2f} x) {found.cpu_each:9.2f}"
        f" ({found.cpu_each / one.cpu_each:4.2f} x) {found.in_vain:8.1%} {found.memory:4.0f}"
        f"  {', '.join(f'{number:,}' for _, number in sorted(found.mails.items()))}"
    )


def goals(morning: Morning, found: Outcome, one: Outcome) -> Iterator[str]:
    """Say of each goal whether it is met; the first three are of two workers, or more."""
    what = morning.title
    asked = {
        "mails a second, to one worker": (found.rate / one.rate, ">=", FASTER),
        "CPU a mail, to one worker": (found.cpu_each / one.cpu_each, "<=", DEARER),
        "leased in vain": (found.in_vain, "<=", IN_VAIN),
    }
    if morning.workers == 1:
        asked = {}
    asked["mails twice"] = (found.twice, "<=", 0)
    for name, (value, relation, bound) in asked.items():
        is_met = value >= bound if relation == ">=" else value <= bound
        verdict = "met   " if is_met else "MISSED"
        yield f"{verdict}  {what}: {name}: {value:.3g} ({relation} {bound})"


def run(morning: Morning) -> Outcome:
    """Let so many processes mail what is due, from their start until nothing is."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        url = stack.enter_context(scale.empty_database(morning.kind))
        log = folder / "taken.log"
        relay = sink(log=log, answer=morning.answer, awaited=morning.awaited, is_timed=True)
        port = stack.enter_context(relay)
        lay_out(folder, url, port, morning)
        processes = let_go(stack, folder, morning)
        store = stack.enter_context(closing(Store(url)))
        follow(processes, [store], morning)
        return _outcome(store, log, processes, morning)


def let_go(stack: ExitStack, folder: Path, morning: Morning) -> list[Running]:
    """Start the processes; none outlives the stack."""
    processes = [Running(folder, name, morning.command) for name in morning.names]
    for each in processes:
        stack.callback(each.kill)
    return processes


def follow(processes: Sequence[Running], stores: Sequence[Store], morning: Morning) -> None:
    """Wait until nothing is to be done in any of the stores, and let the processes end."""
    never, ends_itself = Event(), morning.command == ("send",)
    while sum(each.goes() for each in processes) and (ends_itself or not all(map(is_done, stores))):
        never.wait(0.2)
    for each in processes:
        each.end()


def lay_out(folder: Path, url: str, port: int, morning: Morning) -> None:
    """Let all subscribers wait in one database, which the processes share."""
    configure(folder, morning.names, url, port, morning)
    people = islice(_distinct.texts(_distinct.papers(morning.papers)), morning.subscribers)
    fill(folder / f"{morning.names[0]}.yaml", people, morning)


def configure(folder: Path, names: Sequence[str], url: str, port: int, morning: Morning) -> None:
    """Write the configurations of these processes, which have one database."""
    dispatch = "procrastinate" if morning.kind == "postgresql" else "for"
    values = {"url": url, "port": port, "connections": morning.connections, "dispatch": dispatch}
    for name in names:
        (folder / f"{name}.yaml").write_text(_CONFIG.format(name=name, **values))


def fill(file: Path, people: Iterable[str], morning: Morning) -> None:
    """Let subscribers with these profiles wait for a day's papers."""
    config = load(file, {})
    with opened(config, schedule=config.schedule) as app:
        _distinct.sign_up(app.store, people)
        scale.enrol_all(app)
        scale.collect(app, _distinct.papers(morning.papers))
        if morning.is_made:
            app.composer.compose(app.composer.due_batches())


class Running:
    """A process of ours, and what it has taken; that is looked at while it lives."""

    def __init__(self, folder: Path, name: str, command: Sequence[str]) -> None:
        program = str(Path(sys.executable).with_name("digest"))
        words = [program, "--config", str(folder / f"{name}.yaml"), *command]
        self._process = subprocess.Popen(words, stdout=subprocess.DEVNULL)
        #: seconds of CPU, MB at the most
        self.cpu = self.memory = 0.0

    def goes(self) -> bool:
        """Look what it has taken; return whether it goes on."""
        if self._process.returncode is None:
            # Not by getrusage, which has the memory of what started it, too.
            status = Path(f"/proc/{self._process.pid}/status").read_text()
            peak = [line.split()[1] for line in status.splitlines() if line.startswith("VmHWM")]
            self.memory = max([self.memory, *(int(kb) / 1e3 for kb in peak)])
            self._wait(os.WNOHANG)
        return self._process.returncode is None

    def settle(self) -> None:
        """Wait until it has ended, or has taken no CPU for a second."""
        never, before, still = Event(), 0, 0
        while self.goes() and still < 5:
            never.wait(0.2)
            used = self._used()
            still = still + 1 if used == before else 0
            before = used

    def end(self) -> None:
        """Let it end as a service manager does, unless it has; raises RuntimeError if it failed."""
        if self.goes():
            self._process.terminate()
            self._wait(0)
        if self._process.returncode:
            raise RuntimeError(f"{self._process.args}: ended with {self._process.returncode}")

    def kill(self) -> None:
        """Let it end at once, if it has not."""
        if self._process.returncode is None:
            self._process.kill()
            self._wait(0)

    def _used(self) -> int:
        """Return its CPU so far, in ticks."""
        status = Path(f"/proc/{self._process.pid}/stat").read_text()
        return sum(map(int, status.rpartition(")")[2].split()[11:13]))

    def _wait(self, how: int) -> None:
        pid, status, used = os.wait4(self._process.pid, how)
        if pid:
            self._process.returncode = os.waitstatus_to_exitcode(status)
            self.cpu = used.ru_utime + used.ru_stime


def is_done(store: Store) -> bool:
    """Return whether no issue is to be made any more, and no mail to be sent."""
    people, mails = schema.subscribers, schema.deliveries
    to_make = select(people.c.id).where(people.c.due_at <= datetime.now(UTC)).limit(1)
    to_send = select(mails.c.id).where(mails.c.state.in_(outbox.OPEN)).limit(1)
    with store.begin() as tx:
        return not any(tx.execute(query).first() for query in (to_make, to_send))


def _outcome(store: Store, log: Path, processes: Sequence[Running], morning: Morning) -> Outcome:
    lines = [line.split() for line in log.read_text().splitlines()]
    times = sorted(float(time) for time, _, _ in lines)
    people, mails, issues = schema.subscribers, schema.deliveries, schema.issues
    with store.begin() as tx:
        made, first = tx.execute(select(func.count(), func.min(issues.c.made_at))).one()
        leased = tx.execute(select(func.sum(people.c.fence))).scalar_one()
        claimed = tx.execute(select(func.sum(mails.c.fence))).scalar_one()
    needed = RISES_OF_AN_ISSUE * made + RISES_OF_A_MAIL * len(lines)
    return Outcome(
        mails=Counter(who for _, who, _ in lines),
        twice=len(lines) - len({address for _, _, address in lines}),
        seconds=times[-1] - (times[0] if morning.is_made else first.timestamp()),
        cpu=sum(each.cpu for each in processes),
        memory=max(each.memory for each in processes),
        in_vain=(leased + claimed) / needed - 1,
    )
