"""What each process of ``bench match`` measures: a job in, figures out.

Times are CPU time, except where two workers are compared with one.
"""

from __future__ import annotations

import gc
import os
import pickle
import random
import time
from collections.abc import Iterator, Sequence
from datetime import UTC, datetime
from importlib.util import find_spec
from itertools import islice
from operator import ne
from pathlib import Path
from typing import IO, Any, NamedTuple

from digest.issues.builder import IssueBuilder
from digest.language import Clause, CompiledQuery, parse_clause, unpacked
from digest.language.compiled import BAR, CATEGORY, CHOICE, PERSON, PHRASES
from digest.language.lemmas import lemmas
from digest.language.words import raw_words
from digest.match import PaperIndex
from digest.match.index import no_collection
from digest.model import (
    Arrival,
    Backlog,
    Change,
    ChangeKind,
    Paper,
    Profile,
    Recipient,
    UnreadBatch,
)

from . import _contenders, _subscribers

MAX_SLOWDOWN = 20
#: profiles that a loop is measured on, a round: they take milliseconds to a second each
_SUBSTRINGS, _PATTERNS = 40, 4
#: profiles that the plain definition judges, and papers for each
_DEFINED, _JUDGED = 1_000, 12
#: subscribers for whom issues are made
_SUBSCRIBERS = 500
_MORNING = datetime(2026, 3, 2, 7, tzinfo=UTC)


class Job(NamedTuple):
    """What to measure: so many papers and profiles of a folder."""

    folder: Path
    papers: int
    profiles: int
    seed: int = 0
    table: str = "default"

    def day(self) -> list[Paper]:
        """Read the papers."""
        papers: list[Paper] = pickle.loads(Path(self.folder, f"{self.papers}.papers").read_bytes())
        return papers

    def rows(self, first: int = 1, last: int = 0) -> Iterator[str]:
        """Stream packed queries, those of an id range."""
        return _subscribers.read(self.folder / f"{self.table}.db", first, last or self.profiles)

    def some(self, number: int) -> list[str]:
        """Give so many packed queries at random."""
        ids = range(1, self.profiles + 1)
        drawn = random.Random(self.seed).sample(ids, min(number, self.profiles))
        return [next(self.rows(id, id)) for id in drawn]


def ours(job: Job) -> dict[str, Any]:
    """Read, rank and explain all profiles, one after another."""
    day = _indexed(job.day())
    started, began = time.process_time(), time.perf_counter()
    answers, matches = _ranked(day, job.rows())
    seconds = time.process_time() - started
    return {
        "us": seconds / job.profiles * 1e6,
        "wall_s": time.perf_counter() - began,
        "mb": _peak(),
        "matches": matches / job.profiles,
        "answers": answers,
        "whole_s": time.process_time(),
    }


def two(job: Job) -> dict[str, Any]:
    """Do the same with two processes that share the index."""
    day = _indexed(job.day())
    half = job.profiles // 2
    began = time.perf_counter()
    with no_collection():
        gc.freeze()  # what is shared need not be copied because a collector marks it
        pipes = [_forked(day, job, *ids) for ids in ((1, half), (half + 1, job.profiles))]
    answers = sum(int(pipe.read()) for pipe in pipes)
    return {"wall_s": time.perf_counter() - began, "answers": answers}


def _forked(day: PaperIndex, job: Job, first: int, last: int) -> IO[str]:
    reading, writing = os.pipe()
    if os.fork():
        os.close(writing)
        return os.fdopen(reading)
    answers, _ = _ranked(day, job.rows(first, last), first - 1)
    os.write(writing, str(answers).encode())
    os._exit(0)


def _indexed(papers: Sequence[Paper]) -> PaperIndex:
    """Index a day, all fields that are asked for."""
    day = PaperIndex(papers)
    day.rank(unpacked("x:an index\nu:nobody\nc:cs.lg\n\n111"))
    return day


def _ranked(day: PaperIndex, rows: Iterator[str], before: int = 0) -> tuple[int, int]:
    """Rank all; give a sum over every answer by which runs can be compared, and all matches."""
    answers = matches = 0
    rank = day.rank
    with no_collection():  # nothing that ranking makes holds a cycle
        while plans := list(map(unpacked, islice(rows, 1_000))):
            day.learn(plans)
            for number, plan in enumerate(plans, before):
                ranking = rank(plan, most=MAX_SLOWDOWN)
                matches += ranking.count
                answers += hash((number, ranking.count, *ranking.packed))
            before += len(plans)
    return answers, matches


def index(job: Job) -> dict[str, Any]:
    """Index the day, and merely find its words and their lemmas; the better of three each."""
    papers = job.day()
    plain, whole = [], []
    for _ in range(3):
        lemmas.cache_clear()
        started = time.process_time()
        words = {w for paper in papers for text in (paper.title, paper.abstract)
                 for w in raw_words(text)}  # fmt: skip
        for word in words:
            lemmas(word)
        plain.append(time.process_time() - started)
        lemmas.cache_clear()
        started = time.process_time()
        _indexed(papers)
        whole.append(time.process_time() - started)
    return {"s": min(whole), "ratio": min(whole) / min(plain)}


def rows(job: Job) -> dict[str, Any]:
    """Only read the packed queries."""
    started = time.process_time()
    number = sum(1 for _ in job.rows())
    return {"us": (time.process_time() - started) / number * 1e6}


def substrings(job: Job) -> dict[str, Any]:
    """Run the ``in`` loop over a few random profiles of the same table."""
    return _looped(job, _contenders.substrings, _SUBSTRINGS)


def lowered(job: Job) -> dict[str, Any]:
    """Run it likewise with texts made small once for all."""
    return _looped(job, _contenders.lowered, _SUBSTRINGS)


def patterns(job: Job) -> dict[str, Any]:
    """Run the regex loop likewise."""
    return _looped(job, _contenders.patterns, _PATTERNS)


def _looped(job: Job, contender: Any, number: int) -> dict[str, Any]:
    run = contender(job.day())
    some = job.some(number)
    before = started = time.process_time()
    for row in some:
        run(row)
    each = (time.process_time() - started) / len(some)
    return {"us": each * 1e6, "whole_s": before + each * job.profiles}


def has(module: str) -> bool:
    """Whether a library is at hand that *digest* does without."""
    return find_spec(module) is not None


def library(job: Job) -> dict[str, Any]:
    """Rank by a product of sparse matrices, and compare every answer."""
    from ._library import answers

    day = _indexed(job.day())
    started = time.process_time()
    queries = list(job.rows())
    found = list(answers(day, queries, MAX_SLOWDOWN))
    seconds = time.process_time() - started
    memory = _peak()
    rankings = (day.rank(unpacked(query), most=MAX_SLOWDOWN) for query in queries)
    ours = ((ranking.count, [pair[:2] for pair in ranking.top]) for ranking in rankings)
    differences = sum(one != other for one, other in zip(found, ours, strict=True))
    return {"us": seconds / len(queries) * 1e6, "mb": memory, "differences": differences}


def kernel(job: Job) -> dict[str, Any]:
    """Rank by a compiled kernel that is given numbers, and compare every answer."""
    from ._kernel import answers

    day = _indexed(job.day())
    queries = list(job.rows())
    us, found = answers(day, queries, MAX_SLOWDOWN)
    rankings = (day.rank(unpacked(query), most=MAX_SLOWDOWN) for query in queries)
    ours = ((ranking.count, ranking.top) for ranking in rankings)
    return {"us": us, "differences": sum(map(ne, found, ours))}


def mail(job: Job) -> dict[str, Any]:
    """Render and encode mails, whose papers are ready, as they are sent."""
    from .mail import microseconds

    return {"us": microseconds()}


def definition(job: Job) -> dict[str, Any]:
    """Compare with the plain definition, on papers that match and on papers that need not."""
    from tests import naive

    papers = job.day()
    day = _indexed(papers)
    drawn = random.Random(job.seed)
    some = job.some(_DEFINED if job.profiles > _DEFINED else 20)
    differences = 0
    for row in some:
        plan = unpacked(row)
        scores = {paper: score for score, paper, _ in day.rank(plan).top}
        few = drawn.sample(sorted(scores), min(_JUDGED // 2, len(scores)))
        few += drawn.sample(range(len(papers)), _JUDGED // 2)
        query = _query(*plan)
        differences += any(
            naive.score(query, papers[place], ()) != scores.get(place) for place in few
        )
    return {"profiles": len(some), "papers": _JUDGED, "differences": differences}


def issues(job: Job) -> dict[str, Any]:
    """Make issues of all papers, as a morning does: ranked, and told why of those shown."""
    arrivals = [Arrival(Change(ChangeKind.NEW, paper), "all", 1) for paper in job.day()]
    subscribers = [_reader(number, row) for number, row in enumerate(job.some(_SUBSCRIBERS), 1)]
    desk = IssueBuilder(
        UnreadBatch(backlogs=tuple(subscribers), arrivals=tuple(arrivals), snapshots=(), upto=1)
    )
    desk.issue(subscribers[0], _MORNING)  # what is asked first is indexed first
    started = time.process_time()
    for subscriber in subscribers:
        desk.issue(subscriber, _MORNING)
    return {"ms": (time.process_time() - started) / len(subscribers) * 1e3}


def _reader(number: int, row: str) -> Backlog:
    profile = Profile(slug="drawn", title="Drawn", query=_query(*unpacked(row)), limit=MAX_SLOWDOWN)
    subscriber = Recipient(id=number, address=f"reader{number}@example.org")
    return Backlog(subscriber=subscriber, profiles=(profile,), day=_MORNING.date())


def _query(terms: Sequence[str], wanted: int, weights: Sequence[int]) -> CompiledQuery:
    """Read the clauses of a packed query again, as a subscriber would have written them."""
    scored = len(weights)
    worth = [*weights, *[1] * (len(terms) - scored)]
    clauses = [_clause(*pair) for pair in zip(terms, worth, strict=True)]
    return CompiledQuery(
        tuple(clauses[:wanted]), tuple(clauses[wanted:scored]), tuple(clauses[scored:])
    )


def _clause(term: str, weight: int) -> Clause:
    text = " OR ".join(map(_written, term[2:].split(BAR) if term[0] == CHOICE else [term]))
    return Clause(text, text, weight, parse_clause(text))


_FIELDS = {kind: field for field, kind in PHRASES.items()} | {CATEGORY: "category"}


def _written(term: str) -> str:
    kind, asked = term[0], term[2:]
    if kind == PERSON:
        family, _, given = asked.partition("|")[0].partition(" ")
        return f'author:"{given} {family}"'
    field = _FIELDS[kind]
    return f'{field}:"{asked}"' if kind == CATEGORY else f"{field}:{asked}" if field else asked


def _peak() -> float:
    """Give the most memory in MB that this program held; ``getrusage`` would count its parent's."""
    status = Path("/proc/self/status").read_text("ascii")
    return int(status.partition("VmHWM:")[2].split()[0]) / 1024
