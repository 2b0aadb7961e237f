"""``python -m bench scale``: CPU of a subscriber, step by step, each with a profile of their own.

Each has signed up, and their profile is a text in the store.  One process, one day of papers, a
store of either kind and a relay that takes every mail at once: what is left is our own work.
``parse`` is loading the profiles of a batch from their texts, and ``load`` as they are kept since
they were enrolled, both of the first thousand by a process that remembers none; ``enrol`` is
reading what has changed, here all, and writing the subscriptions; ``start`` what the next process
does before it begins, ms in all; ``edit`` a change of one text until it is enrolled, likewise;
``print`` is rendering alone, of mails that were claimed already, again; the same code runs inside
``deliver``.  ``tick`` is the whole of a minute in which nothing is due; ``kB`` of the database and
of memory are those at the end, the process's own included.

With several numbers the exit code is 1 where a subscriber of more costs more than 1.2 times one of
the first, in CPU or in memory, and ``--picture FILE`` draws the steps of each run.

``--workers 1 2 4`` lets so many processes share the mails of a morning instead, as operators start
them, with a relay that answers each after ``--answer-ms``: how much faster they are than one, and
what a mail costs (``bench/_workers.py``), beside what as many cost that share no database
(``bench/_alone.py``).

``--against GITREF`` (e11d205) composes and delivers the same day to the same subscribers by the
code of that commit, too: a copy of it in a temporary folder, a process of its own, step by step by
turns, on SQLite, and the ratio of the least CPU of ``--rounds``.  Both print the same mails: the
subscribers are those whose profiles match some 58 papers (40 to 80), by both as many but for three,
of which the best 15 are whole and all others named by title.  That commit does so with
``limit: 15``, this one with ``whole: 15``, ``brief: 0`` and ``limit: 100``.  What the mails bring
is counted and printed.
"""

from __future__ import annotations

import argparse
import gc
import tempfile
import time
from collections.abc import Callable, Iterable, Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, replace
from itertools import islice, product
from multiprocessing import get_context
from pathlib import Path
from typing import Any

from digest.app import App
from digest.deliver import OutgoingMessage
from digest.listings.diff import diff
from digest.model import Listing, Paper, Snapshot, Verdict
from digest.pipeline import runs
from digest.render import MailRenderer
from digest.render.layout import Span
from digest.resources import templates_folder
from digest.service.tick import tick
from digest.store import Store, outbox, papers, profiles
from tests import databases
from tests.apps import app_of
from tests.fakes import Clock
from tests.golden_issues import MADE_AT, WITH_PAGES

from . import _bars, _distinct, _subscribers, _then
from ._measures import _peak

#: By how much a subscriber of many may cost more than one of few, in CPU and in memory.
FLAT = 1.2
#: So many papers are matched where two commits print the same mail: 15 whole, and some 43 named.
_ALIKE = range(40, 81)


class Relay:
    """A relay that takes every mail and keeps none."""

    def __init__(self) -> None:
        self.mails = self.bytes = 0

    def send_all(self, messages: Iterable[OutgoingMessage]) -> None:
        """Take them."""
        for message in messages:
            message.before_dot()
            self.mails += 1
            self.bytes += len(message.mail.data)
            message.settle(None)

    def close(self) -> None:
        """Nothing is open."""


def main(argv: Sequence[str]) -> int:
    """Print the CPU of each step for each number of subscribers; 1 where a goal is missed."""
    options = _options(argv)
    if options.workers:
        return _share(options)
    if options.against:
        for number in options.subscribers:
            _compare(options.against, number, options.rounds)
        return 0
    print(
        "                        ms of CPU a subscriber                            ms of CPU"
        "            kB of    kB of  MB of"
    )
    print(
        "           subscribers    parse     load    enrol  compose  deliver    print"
        "  start   edit   tick  mails a mail database memory"
    )
    measured, verdicts = list[Figures](), list[str]()
    for kind in options.on:
        same = list[Figures]()
        for number in options.subscribers:
            # Each in a process of its own, for the memory of the one before is not given back.
            same.append(apart(measure, number, kind))
            print(_line(same[-1]), flush=True)
        measured += same
        verdicts += flatness(same)
    for line in verdicts:
        print(line)
    if options.picture:
        bars = [(each.title, each.steps) for each in measured]
        options.picture.write_text(_bars.picture(bars), encoding="utf-8")
    return int(any(line.startswith("MISSED") for line in verdicts))


def _options(argv: Sequence[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench scale", description=__doc__)
    parser.add_argument("--subscribers", type=int, nargs="+")
    parser.add_argument(
        "--on", choices=["sqlite", "postgresql"], nargs="+", default=["sqlite"], metavar="DATABASE"
    )
    parser.add_argument("--picture", type=Path, metavar="FILE", help="an SVG of the steps")
    parser.add_argument("--against", metavar="GITREF", help="an earlier commit: e11d205")
    parser.add_argument("--rounds", type=int, default=3, help="of both, the least of which counts")
    parser.add_argument("--workers", type=int, nargs="+", help="1 2 4, for example")
    parser.add_argument("--answer-ms", type=float, default=50, help="of the relay, to a mail")
    parser.add_argument("--connections", type=int, default=1, help="to the relay, of a worker")
    options = parser.parse_args(argv)
    options.subscribers = options.subscribers or ([3_000] if options.workers else [1_000, 10_000])
    return options


def apart(function: Callable[..., Any], *values: object) -> Any:
    """Return what a function does in a process of its own, which begins with nothing in memory."""
    new = {"mp_context": get_context("spawn"), "max_tasks_per_child": 1}
    with ProcessPoolExecutor(1, **new) as pool:
        return pool.submit(function, *values).result()


def _share(options: argparse.Namespace) -> int:
    """Let so many processes share a morning; 1 where a goal is missed."""
    from . import _workers

    missed = False
    for kind, number in product(options.on, options.subscribers):
        morning = _workers.Morning(kind, number, options.answer_ms / 1e3, options.connections)
        missed |= _workers.compare(morning, options.workers)
    return int(missed)


@contextmanager
def empty_database(kind: str) -> Iterator[str]:
    """Yield the address of an empty database."""
    with empty_databases(kind, 1) as [database]:
        yield database


@contextmanager
def empty_databases(kind: str, number: int) -> Iterator[list[str]]:
    """Yield the addresses of so many empty databases, of one server where there is one."""
    with ExitStack() as stack:
        if kind == "postgresql":
            server = stack.enter_context(databases.own_server()).get_uri()
            yield [stack.enter_context(databases.fresh_postgres(server)) for _ in range(number)]
        else:
            folder = stack.enter_context(tempfile.TemporaryDirectory())
            yield [f"sqlite:///{folder}/digest{nth or ''}.db" for nth in range(number)]


@dataclass(frozen=True, slots=True)
class Figures:
    """What so many subscribers cost on one database."""

    kind: str
    number: int
    #: ms of CPU a subscriber
    parse: float
    load: float
    enrol: float
    compose: float
    deliver: float
    #: ms of CPU a mail; the same is part of ``deliver``
    print: float
    #: ms of CPU in all
    start: float
    edit: float
    tick: float
    mails: int
    #: kB a mail, kB of the database a subscriber, MB of the process at the most
    mail: float
    database: float
    memory: float

    @property
    def title(self) -> str:
        """Return what was measured."""
        return f"{self.number:,} on {'SQLite' if self.kind == 'sqlite' else 'PostgreSQL'}"

    @property
    def cpu(self) -> float:
        """Return the ms of CPU that a subscriber costs on a morning."""
        return self.enrol + self.compose + self.deliver

    @property
    def steps(self) -> dict[str, float]:
        """Return the parts of that, in their order."""
        printed = self.print * self.mails / self.number
        handed_over = max(self.deliver - printed, 0)
        rest = {"render": printed, "hand over": handed_over}
        return {"enrol": self.enrol, "compose": self.compose, **rest}


def measure(number: int, kind: str) -> Figures:
    """Let so many subscribers have their mail by one process, step by step."""
    with empty_database(kind) as database, closing(Store(database)) as store:
        store.migrate()
        apart(draw, database, number)
        return _measured(number, store)


def draw(database: str, number: int) -> None:
    """Let so many have signed up; to draw their profiles takes much, and is not measured."""
    with closing(Store(database)) as store:
        _distinct.sign_up(store, islice(_distinct.texts(_distinct.papers()), number))


def _measured(number: int, store: Store) -> Figures:
    relay = Relay()
    app = app_with(store, relay)
    parse = _loaded(store, number)
    with store.work():
        enrol = _cpu(lambda: enrol_all(app))
        collect(app, _distinct.papers())
        # A property of the app's, as it may hold what was read.
        compose = _cpu(lambda: app.composer.compose(app.composer.due_batches()))
        deliver = _cpu(app.deliverer.deliver_all)
        runs.run(app, [])  # the first of a process enrols
        edit = _cpu(lambda: _edit(app))
        idle = _cpu(lambda: tick(app))
    return Figures(
        store.dialect,
        number,
        parse=parse,
        load=_loaded(store, number),
        enrol=enrol / number * 1e3,
        compose=compose / number * 1e3,
        deliver=deliver / number * 1e3,
        print=_printed(app, min(relay.mails, 300)) * 1e3,
        start=_cpu(lambda: _distinct.live(store).read()) * 1e3,
        edit=edit * 1e3,
        tick=idle * 1e3,
        mails=relay.mails,
        mail=relay.bytes / max(relay.mails, 1) / 1e3,
        database=size_of(store) / number / 1e3,
        memory=_peak(),
    )


def _line(of: Figures) -> str:
    steps = (of.parse, of.load, of.enrol, of.compose, of.deliver, of.print)
    return (
        f"{of.title:>22} {' '.join(f'{step:8.2f}' for step in steps)}"
        f" {of.start:6.0f} {of.edit:6.0f} {of.tick:6.0f}"
        f" {of.mails:6,} {of.mail:6.1f} {of.database:8.1f} {of.memory:6.0f}"
    )


def flatness(measured: Sequence[Figures]) -> Iterator[str]:
    """Say of more subscribers whether each costs no more than each of the first number."""
    first = measured[0]
    for each in measured[1:]:
        ratios = {"CPU a subscriber": each.cpu / first.cpu, "memory": each.memory / first.memory}
        for what, ratio in ratios.items():
            verdict = "met   " if ratio <= FLAT else "MISSED"
            yield f"{verdict}  {each.title}: {what}, to {first.title}: {ratio:.2f} (<= {FLAT})"


def _loaded(store: Store, number: int) -> float:
    """Return the ms of CPU in which a process that remembers none loads a profile."""
    slugs, live = [f"~{id}.1" for id in range(1, min(number, 1_000) + 1)], _distinct.live(store)
    return _cpu(lambda: live.load(slugs)) / len(slugs) * 1e3


def _compare(ref: str, number: int, rounds: int) -> None:
    """Print the CPU of a subscriber by that commit and by this tree, and what the mails bring.

    Of several rounds the least of each step counts: whatever else the machine does adds to it.
    """
    days = [apart(_both, ref, number) for _ in range(rounds)]
    taken, content = days[-1]
    least = {
        name: tuple(map(min, zip(*(steps[name] for steps, _ in days), strict=True)))
        for name in taken
    }
    _then.report(ref, number, least, content)


def _both(ref: str, number: int) -> tuple[dict[str, tuple[float, float]], Any]:
    """Return the seconds of CPU of each step, then and now, and what the mails of both bring."""
    papers = _distinct.papers()
    drawn = _distinct.made(papers, _distinct.profiles(papers, _subscribers.SHIFT))
    # The language of then reads some of them otherwise.
    alike = (pair for pair in drawn if pair[0].matched in _ALIKE)
    wanted = [(profile, issue.matched) for issue, profile in islice(alike, 4 * number)]
    with empty_database("sqlite") as database, _then.answering(ref, papers, wanted, number) as then:
        ask, profiles = then
        store, relay = Store(database), Relay()
        store.migrate()
        app = app_with(store, relay)
        keys = {"limit": 100, "whole": 15, "brief": 0}
        _distinct.sign_up(store, (_distinct.text_of(each, **keys) for each in profiles))
        gc.collect()
        gc.freeze()  # so many profiles that no batch needs are the bench's alone, there as here
        with store.work():
            enrol_all(app)
            collect(app, papers)
            steps: dict[str, Callable[[], object]] = {
                "compose": lambda: app.composer.compose(app.composer.due_batches()),
                "deliver": app.deliverer.deliver_all,
            }
            taken = {name: (ask(name), _cpu(step)) for name, step in steps.items()}
        content = _content(app, relay)
        store.close()
        return taken, (ask("content"), content)


def _content(app: App, relay: Relay) -> dict[str, float]:
    """Return what a mail brings, by those of the first subscribers."""
    spans, number = list[Span](), min(relay.mails, 300)
    for id in range(1, number + 1):
        with app.store.begin() as tx:
            claimed = outbox.read_delivery(tx, id)
        issue, who = claimed.content, claimed.subscriber
        spans += app.renderer.layout(issue, who, app.letterhead).spans
    return {
        "mails": relay.mails,
        "whole papers": sum(len(span.whole) for span in spans) / number,
        "titles": sum(len(span.titles) for span in spans) / number,
        "kB": relay.bytes / relay.mails / 1e3,
    }


def size_of(store: Store) -> int:
    """Return the bytes of the database, tables and indexes."""
    size = {
        "sqlite": "SELECT page_count * page_size FROM pragma_page_count, pragma_page_size",
        "postgresql": "SELECT pg_database_size(current_database())",
    }
    with store.begin() as tx:
        return int(tx.exec_driver_sql(size[store.dialect]).scalar_one())


def app_with(store: Store, relay: Relay) -> App:
    """Return an app on a store, which reads one listing and sends by this relay."""
    listing = Listing(name="arxiv", kind="arxiv")
    edges = {"sender": relay, "now": Clock(MADE_AT), "letterhead": WITH_PAGES}
    app = app_of(store, listings=[listing], **edges)
    app.live_profiles = _distinct.live(store)
    return app


def enrol_all(app: App) -> None:
    """Read what has changed of the profiles, and enrol their subscribers."""
    app.live_profiles.read()
    app.composer.enrol()


def _edit(app: App) -> None:
    """Save another text of the first subscriber's, and let it be enrolled."""
    with app.store.begin() as tx:
        [mine] = profiles.owned_by(tx, 1)
        text = mine.text.replace("title: ", "title: My ")
        profiles.save_profile(tx, 1, mine.slug, text, mine.revision)
    enrol_all(app)


def collect(app: App, day: Sequence[Paper]) -> None:
    """Store a day's papers as one reading of a listing."""
    snapshot = Snapshot(
        listing="arxiv",
        day=app.day,
        taken_at=app.now(),
        verdict=Verdict.FRESH,
        entries=len(day),
        new=len(day),
    )
    with app.store.begin() as tx:
        pairs = papers.pair_with_seen(tx, "arxiv", day)
        papers.store_collection(tx, snapshot, pairs, diff(pairs))


def _printed(app: App, number: int) -> float:
    """Return the seconds that rendering one mail takes, by a renderer that has not seen it."""
    deliverer = replace(app.deliverer, renderer=MailRenderer([templates_folder()]))
    with app.store.begin() as tx:
        claimed = [outbox.read_delivery(tx, id) for id in range(1, number + 1)]
    return _cpu(lambda: [deliverer.message_with_path(each) for each in claimed]) / number


def _cpu(step: Callable[[], object]) -> float:
    gc.collect()
    started = time.process_time()
    step()
    return time.process_time() - started
