"""The papers of past days, indexed day by day; each day's index is kept in a file and used again.

The files are beside an SQLite database (``digest.db.papers/``), for PostgreSQL in the user's folder
for caches.  A file's name is a hash of what it depends on: the editions of its papers, and the
program's rules for words.  It holds papers and no addresses, is signed with the installation's
secret, because reading it could run what a stranger had put into it, and can be deleted at any
time.
"""

from __future__ import annotations

import os
import pickle
import sys
import threading
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date, timedelta
from functools import cache
from hashlib import blake2b
from hmac import compare_digest
from importlib.metadata import version
from pathlib import Path

import structlog

from . import language, match, model, private_files
from .language import Clause
from .match import PaperIndex
from .match.index import FieldIndex, no_collection
from .match.joined import JoinedIndex
from .match.rarity import FindFrequencies, Frequencies
from .model import Paper
from .store import Store, Transaction, archive, editions, file_of, papers, settings
from .store.serialization import unpack_paper
from .trial.backtest import PastDays

log = structlog.get_logger()

#: How many days count for how rare a clause is: those before the listing day.
LENGTH = 30
#: Most files, and most bytes of all: what was not used for longest is deleted.
MOST_FILES, MOST_BYTES = 150, 1 << 30
_SIGNATURE = 32
# Most clauses with a remembered frequency, over all days.
_MOST_COUNTS = 400_000


class PastPapers:
    """The papers of the days before some day, from a store; safe to share between threads.

    Without a ``folder`` nothing is kept.
    """

    def __init__(
        self,
        store: Store,
        folder: Path | None,
        report_trouble: Callable[[str], object] = log.warning,
    ) -> None:
        self._store = store
        self._folder = folder
        self._report_trouble = report_trouble
        self._counting = threading.Lock()
        self._counts: dict[tuple[date, int], dict[str, int]] = {}

    def days(self, shown: Sequence[date]) -> PastDays:
        """Return the papers of these days in a row, ready for backtests."""
        first, last = shown[0], shown[-1]
        with self._store.begin() as tx:
            by_day = archive.editions_by_day(tx, first, last)
            rows = archive.rows_between(tx, first, last)
            read = archive.days_read(tx, first, last)
        with no_collection():
            index = JoinedIndex([self._indexed(names) for names in by_day.values()])
            known = {paper.key: paper for paper in index.papers}
            return PastDays(shown, read, archive.arrivals(rows, known), index)

    def frequencies(self, day: date) -> FindFrequencies:
        """Return a function that finds in how many papers of the days before this one clauses are.

        Nothing that is collected on that listing day or later changes what it finds.
        """
        return lambda clauses: self._frequencies(day, clauses)

    def _frequencies(self, day: date, clauses: Iterable[Clause]) -> Frequencies:
        first, last = day - timedelta(days=LENGTH), day - timedelta(days=1)
        with self._store.begin() as tx:
            upto = papers.last_id(tx, before=day)
            by_day = archive.editions_by_day(tx, first, last, upto)
        number = sum(map(len, by_day.values()))
        with self._counting:
            counts = self._remembered((day, upto))
            asked = {clause.term: clause for clause in clauses}
            unknown = [clause for term, clause in asked.items() if term not in counts]
            if unknown and number:
                with self._store.begin() as tx:
                    carriers = archive.carriers(tx, first, last, upto)
                counts.update(self._counted(unknown, by_day.values(), carriers))
            return Frequencies(number, {term: counts.get(term, 0) for term in asked})

    def _remembered(self, window: tuple[date, int]) -> dict[str, int]:
        if sum(map(len, self._counts.values())) > _MOST_COUNTS:
            self._counts.clear()
        return self._counts.setdefault(window, {})

    def _counted(
        self,
        clauses: Sequence[Clause],
        days: Iterable[Sequence[str]],
        carriers: Mapping[str, Sequence[str]],
    ) -> dict[str, int]:
        """Count the papers of each clause, one day after another so that only one is in memory."""
        counts = dict.fromkeys((clause.term for clause in clauses), 0)
        for names in days:
            index = self._indexed(names)
            listings = [carriers.get(paper.key, ()) for paper in index.papers]
            day = PaperIndex(index.papers, listings, index=index)
            for clause in clauses:
                counts[clause.term] += day.bits(clause.node)[0].bit_count()
        return counts

    def _indexed(self, names: Sequence[str]) -> FieldIndex:
        """Return the index of the papers of these editions: from its file, else built and kept."""
        kept = self._file(names)
        if kept and (index := self._read(*kept)):
            return index
        with self._store.begin() as tx:
            index = FieldIndex(_papers(tx, names))
        index.warm()
        if kept:
            self._keep(*kept, index)
        return index

    def _file(self, names: Sequence[str]) -> tuple[Path, bytes] | None:
        """Return the file of an index, and the secret that signs it; None if none is kept."""
        if self._folder is None:
            return None
        with self._store.begin() as tx:
            secret = settings.secret(tx)
        name = blake2b("\n".join((_rules(), *names)).encode(), key=secret, digest_size=16)
        return self._folder / f"{name.hexdigest()}.index", secret

    def _read(self, path: Path, secret: bytes) -> FieldIndex | None:
        try:
            data = path.read_bytes()
        except OSError:
            return None
        if not compare_digest(data[:_SIGNATURE], _signature(data[_SIGNATURE:], secret)):
            self._report_trouble(f"{path}: damaged; the index is built again")
            return None
        with suppress(OSError):
            os.utime(path)
        with no_collection():
            index: FieldIndex = pickle.loads(memoryview(data)[_SIGNATURE:])  # noqa: S301 (signed)
            return index

    def _keep(self, path: Path, secret: bytes, index: FieldIndex) -> None:
        """Write an index into its file; where that cannot be, it is built again each time."""
        data = pickle.dumps(index, protocol=pickle.HIGHEST_PROTOCOL)
        new = path.with_suffix(f".{os.getpid()}-{threading.get_ident()}")
        try:
            private_files.make_folder(path.parent)
            with open(new, "wb", opener=private_files.opened) as file:
                file.write(_signature(data, secret) + data)
            new.replace(path)
            _make_room(path.parent)
        except OSError as error:
            log.info("index of past papers not kept", error=error.strerror)
            with suppress(OSError):
                new.unlink(missing_ok=True)


def folder_of(database: str) -> Path | None:
    """Return the folder for the indexes of a database's papers; None if there is no place."""
    if file := file_of(database):
        return file.with_name(f"{file.name}.papers")
    if database.startswith("sqlite"):  # in memory
        return None
    try:
        home = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    except RuntimeError:  # a user without a home
        return None
    return home / "digest" if home.is_absolute() else None


def _papers(tx: Transaction, names: Sequence[str]) -> list[Paper]:
    contents = editions.contents_of(tx, names)
    return [unpack_paper(contents[name]) for name in names]


def _signature(data: bytes, secret: bytes) -> bytes:
    return blake2b(data, key=secret, digest_size=_SIGNATURE).digest()


def _make_room(folder: Path) -> None:
    """Delete the files that were not used for longest, beyond what may be kept."""
    sizes = sorted((-each.stat().st_mtime, each.stat().st_size, each) for each in folder.iterdir())
    total = 0
    for number, (_, size, path) in enumerate(sizes):
        total += size
        if number >= MOST_FILES or total > MOST_BYTES:
            path.unlink(missing_ok=True)


@cache
def _rules() -> str:
    """Return a hash of all that an index depends on besides its papers: our code, its tools."""
    found = blake2b(f"{sys.version} {version('simplemma')}".encode())
    for path in _sources():
        found.update(path.read_bytes())
    return found.hexdigest()


def _sources() -> Iterator[Path]:
    yield Path(str(model.__file__))
    for package in (language, match):
        yield from sorted(Path(str(package.__file__)).parent.glob("*.py"))
