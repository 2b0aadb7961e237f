"""Two machines on one database of PostgreSQL, of which one after the other is cut off from it.

Each machine is a network namespace with a link to the database and another to the relay, and runs
``digest serve`` and ``digest worker``; both mail one day's issue to so many subscribers.  In the
middle of that the link to the database is down, for longer than the lease of two seconds, once in
four times for longer than the server waits for a sign of life, and is up again.  The relay can be
reached all the while.  Needs Linux, root, ip, nsenter and unshare; whatever becomes of it, nothing
is left of the namespaces, for none has a name.
"""

from __future__ import annotations

import argparse
import ctypes
import random
import shutil
import subprocess
import tempfile
from collections.abc import Iterator, Sequence
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from time import monotonic
from typing import Any

from sqlalchemy import make_url

from digest.store.engine import SILENCE
from tests.databases import fresh_postgres, own_server

from ._fleet import LEASE, Fleet, Member, Tally, forget, lay_out
from ._mortal import sink
from .cluster import ANSWER, besiege, verdict

_CLONE_NEWNET = 0x40000000
#: What this machine has for both: the networks of the database and of the relay.
NETWORKS = {"database": "10.213.0", "relay": "10.213.1"}
PROGRAMS = ("ip", "nsenter", "unshare")
#: What runs on each machine.
COMMANDS = (("serve", "--no-web"), ("worker",))
#: Seconds for which a link is down: more than a lease, and more than a dead session lasts.
SHORT, LONG = (LEASE + 0.5, LEASE + 8.0), SILENCE + 15.0


@dataclass(frozen=True, slots=True)
class Host:
    """A machine: a number from 2 on, and the process by which its namespace lives."""

    number: int
    process: subprocess.Popen[bytes]

    @property
    def inside(self) -> list[str]:
        """Return the words before a command that is to run there."""
        return ["nsenter", "--target", str(self.process.pid), "--net"]

    def set_link(self, network: str, state: str) -> None:
        """Let a link of this machine be "up" or "down"."""
        _ip("link", "set", f"{network}{self.number}", state)


def main(arguments: Sequence[str]) -> int:
    """Cut one off and join it again, so often; 1 where a promise is broken, 2 if it cannot be."""
    parser = argparse.ArgumentParser(prog="python -m bench hosts", description=__doc__)
    parser.add_argument("--cuts", type=int, default=8)
    parser.add_argument("--subscribers", type=int, default=400, help="each morning")
    parser.add_argument("--every", type=int, default=40, help="issues and mails between two cuts")
    parser.add_argument("--seed", type=int, default=1)
    options = parser.parse_args(arguments)
    missing = [each for each in PROGRAMS if shutil.which(each) is None]
    if missing or ctypes.CDLL(None).unshare(_CLONE_NEWNET):
        print(f"hosts: needs Linux, root and {', '.join(PROGRAMS)}; nothing was done")
        return 2
    chance, tally, began = random.Random(options.seed), Tally(), monotonic()
    with networks(), hosts(2) as machines, own_server() as server:
        address = listen(server)
        left = plan(options.cuts, chance)
        while left and tally.is_kept():
            with fresh_postgres(server.get_uri()) as url:
                run(machines, url, address, left, options.every, options.subscribers, tally, chance)
    print(f"{monotonic() - began:.0f} s")
    return verdict(tally)


def plan(cuts: int, chance: random.Random) -> list[float]:
    """Return for how many seconds a link is down each time, the last first."""
    return [LONG if turn % 4 == 2 else chance.uniform(*SHORT) for turn in range(cuts)]


def run(
    machines: Sequence[Host],
    url: str,
    address: str,
    left: list[float],
    every: int,
    subscribers: int,
    tally: Tally,
    chance: random.Random,
) -> None:
    """Let both mail one issue to each in one morning, and let happen what is left to."""
    relay_at = f"{NETWORKS['relay']}.1"
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory()))
        relay, port = stack.enter_context(sink(folder / "relay.log", relay_at))
        relay.delay = ANSWER
        lay_out(folder, url, port, subscribers, dispatch="procrastinate")
        config = folder / "config.yaml"
        there = make_url(address).set(database=make_url(url).database)
        text = config.read_text().replace(url, there.render_as_string(hide_password=False))
        config.write_text(text.replace("host: 127.0.0.1", f"host: {relay_at}"))
        fleet = Machines(folder, url, machines, tally)
        fleet.start()
        try:
            besiege(fleet, left, every, subscribers, chance, partial(fleet.cut_off_one, chance))
        finally:
            fleet.end()
        fleet.count(subscribers, relay)
        forget(url)
        if not tally.is_kept():
            print(Path(folder, "said.txt").read_text())


class Machines(Fleet):
    """What runs on the machines."""

    def __init__(self, folder: Path, url: str, machines: Sequence[Host], tally: Tally) -> None:
        self._hosts = {host.number: host for host in machines}
        self._of = {
            number: [Member(words, before=host.inside) for words in COMMANDS]
            for number, host in self._hosts.items()
        }
        members = [each for some in self._of.values() for each in some]
        super().__init__(folder, url, members, tally, is_faked=False)

    def cut_off_one(self, chance: random.Random, seconds: float) -> bool:
        """Cut off a machine that has something in hand; False if there is none, or one is."""
        at_work = [n for n, some in self._of.items() if any(self.held(each) for each in some)]
        if not at_work or any(each.blow for each in self.members):
            return False
        number = chance.choice(at_work)
        self._hosts[number].set_link("database", "down")
        for each in self._of[number]:
            each.blow = self.note_blow(self.held(each))
            each.wakes_at = monotonic() + seconds
        self.tally.done["cut off for " + ("long" if seconds == LONG else "seconds")] += 1
        return True

    def go_on(self, member: Member) -> None:
        """Join the machine of a member again."""
        [number] = [number for number, some in self._of.items() if member in some]
        self._hosts[number].set_link("database", "up")


@contextmanager
def networks() -> Iterator[None]:
    """Have the networks in our own namespace, which ends with us."""
    _ip("link", "set", "lo", "up")
    for name, net in NETWORKS.items():
        _ip("link", "add", name, "type", "bridge")
        _ip("address", "add", f"{net}.1/24", "dev", name)
        _ip("link", "set", name, "up")
    yield


@contextmanager
def hosts(number: int) -> Iterator[list[Host]]:
    """Yield so many machines; each lives as long as a process that ends with this one."""
    with ExitStack() as stack:
        yield [stack.enter_context(_host(each)) for each in range(2, 2 + number)]


@contextmanager
def _host(number: int) -> Iterator[Host]:
    command = ["unshare", "--net", "cat"]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE) as process:
        assert process.stdin is not None
        assert process.stdout is not None
        process.stdin.write(b"\n")
        process.stdin.flush()
        process.stdout.readline()  # it is in its namespace
        host = Host(number, process)
        for name, net in NETWORKS.items():
            there = ("netns", str(process.pid))
            _ip("link", "add", f"{name}{number}", "type", "veth", "peer", "name", name, *there)
            _ip("link", "set", f"{name}{number}", "master", name, "up")
            _run(*host.inside, "ip", "address", "add", f"{net}.{number}/24", "dev", name)
            _run(*host.inside, "ip", "link", "set", name, "up")
        yield host


def listen(server: Any) -> str:
    """Let the server be asked from the networks as well; return its address there."""
    net = NETWORKS["database"]
    with Path(server.pgdata, "pg_hba.conf").open("a") as access:
        access.write(f"host all all {net}.0/24 trust\n")
    program = Path(server.bin_path, "pg_ctl")
    place = make_url(server.get_uri()).query["host"]
    words = ["-D", str(server.pgdata), "-l", str(server.log), "-o", f"-h {net}.1 -k {place}"]
    _run("runuser", "-u", server.system_user, "--", str(program), *words, "-w", "restart")
    server.start()  # it looks which process it is to end then
    return f"postgresql://postgres@{net}.1:5432/postgres"


def _ip(*words: str) -> None:
    _run("ip", *words)


def _run(*words: str) -> None:
    done = subprocess.run(words, capture_output=True, text=True, check=False)
    if done.returncode:
        raise RuntimeError(f"{' '.join(words)}: {done.stdout}{done.stderr}")
