"""The papers of past days, indexed day by day; each day's index is kept in a file and used again.

The files are beside an SQLite database (``digest.db.papers/``), for PostgreSQL in the user's folder
for caches.  A file's name is a hash of what it depends on: the editions of its papers, and the
program's rules for words.  It holds papers and no addresses, is signed with the installation's
secret, because reading it could run what a stranger had put into it, and can be deleted at any
time.
"""

from __future__ import annotations

import hmac
import os
import pickle
import sys
import threading
from array import array
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from datetime import date, timedelta
from functools import cache, cached_property
from hashlib import blake2b
from importlib.metadata import version
from mmap import ACCESS_READ, mmap
from pathlib import Path
from struct import Struct
from typing import Any

from . import language, match, model, private_files
from .language import Clause, lemmas
from .match import PaperIndex
from .match.index import FieldIndex, no_collection
from .match.joined import JoinedIndex
from .match.rarity import FindFrequencies, Frequencies
from .model import Paper
from .store import Store, Transaction, archive, editions, file_of, papers, settings
from .store.serialization import unpack_paper
from .trial.backtest import PastDays

#: How many days count for how rare a clause is: those before the listing day.
LENGTH = 30
#: Most files, and most bytes of all: what was not used for longest is deleted.
MOST_FILES, MOST_BYTES = 150, 1 << 30
_SIGNATURE = 32
_NUMBER = Struct("=Q")
# Most clauses with a remembered frequency, over all days.
_MOST_COUNTS = 400_000

#: Editions, day by day, and by the key of a paper the listings that carried it.
_Month = tuple[list[list[str]], dict[str, list[str]]]


class PastPapers:
    """The papers of the days before some day, from a store; safe to share between threads.

    Without a ``folder`` nothing is kept.
    """

    def __init__(
        self,
        store: Store,
        folder: Path | None,
        report_trouble: Callable[[str], object] | None = None,
    ) -> None:
        self._store = store
        self._folder = folder
        self._report_trouble = report_trouble or _log().warning
        self._counting = threading.Lock()
        self._counts: dict[tuple[date, int], dict[str, int]] = {}
        self._month: tuple[tuple[date, int] | None, _Month] = None, ([], {})

    def days(self, shown: Sequence[date]) -> PastDays:
        """Return the papers of these days in a row, ready for backtests."""
        self._load_english()
        first, last = shown[0], shown[-1]
        with self._store.begin() as tx:
            by_day = archive.editions_by_day(tx, first, last)
            came = archive.came_between(tx, first, last)
            read = archive.days_read(tx, first, last)
        with no_collection():
            index = JoinedIndex([self._indexed(names) for names in by_day.values()])
            return PastDays(shown, read, came, index)

    def frequencies(self, day: date) -> FindFrequencies:
        """Return a function that finds in how many papers of the days before this one clauses are.

        Nothing that is collected on that listing day or later changes what it finds.
        """
        return lambda clauses: self._frequencies(day, clauses)

    def _frequencies(self, day: date, clauses: Iterable[Clause]) -> Frequencies:
        with self._store.begin() as tx:
            upto = papers.last_id(tx, before=day)
        with self._counting:
            by_day, carriers = self._month_before(day, upto)
            number = sum(map(len, by_day))
            counts = self._remembered((day, upto))
            asked = {clause.term: clause for clause in clauses}
            unknown = [clause for term, clause in asked.items() if term not in counts]
            if unknown and number:
                self._load_english()
                counts.update(self._counted(unknown, by_day, carriers))
            return Frequencies(number, {term: counts.get(term, 0) for term in asked})

    def _month_before(self, day: date, upto: int) -> _Month:
        """Return the editions of each day before, and who carried each paper; the last asked for.

        Each batch of a morning asks, and the database takes long to find them.
        """
        if self._month[0] != (day, upto):
            first, last = day - timedelta(days=LENGTH), day - timedelta(days=1)
            with self._store.begin() as tx:
                by_day = archive.editions_by_day(tx, first, last, upto)
                carriers = archive.carriers(tx, first, last, upto)
            self._month = (day, upto), ([*by_day.values()], carriers)
        return self._month[1]

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
        if self._folder is None:
            return self._built(names)
        path = self._file(self._folder, "index", names)
        if data := self._read(path):
            with no_collection():
                return _unpacked(data)
        index = self._built(names)
        index.warm()
        self._keep(path, _packed(index))
        return index

    def _built(self, names: Sequence[str]) -> FieldIndex:
        with self._store.begin() as tx:
            return FieldIndex(_papers(tx, names))

    def _load_english(self) -> None:
        """Load the English dictionary from a file, which is three times as fast as to decode it."""
        if self._folder is None or lemmas.is_english_loaded():
            return
        path = self._file(self._folder, "words", ())
        if data := self._read(path):
            lemmas.use_english(pickle.loads(data))  # noqa: S301 (signed)
        else:
            self._keep(path, pickle.dumps(lemmas.english_in_parts()))

    @cached_property
    def _secret(self) -> bytes:
        with self._store.begin() as tx:
            return settings.secret(tx)

    def _file(self, folder: Path, kind: str, names: Sequence[str]) -> Path:
        """Return the file of what is made of these editions."""
        text = "\n".join((_rules(), *names))
        name = blake2b(text.encode(), key=self._secret, digest_size=16).hexdigest()
        return folder / f"{name}.{kind}"

    def _read(self, path: Path) -> memoryview | None:
        """Return what is in a file that we signed; None if there is none."""
        try:
            with path.open("rb") as file:
                data = memoryview(mmap(file.fileno(), 0, access=ACCESS_READ))
        except OSError:
            return None
        except ValueError:  # an empty file
            data = memoryview(b"")
        if not hmac.compare_digest(data[:_SIGNATURE], _signature(data[_SIGNATURE:], self._secret)):
            self._report_trouble(f"{path}: damaged; the index is built again")
            return None
        with suppress(OSError):
            os.utime(path)
        return data[_SIGNATURE:]

    def _keep(self, path: Path, data: bytes) -> None:
        """Sign and write a file; where that cannot be, what is in it is made again each time."""
        new = path.with_suffix(f".{os.getpid()}-{threading.get_ident()}")
        try:
            private_files.make_folder(path.parent)
            with open(new, "wb", opener=private_files.opened) as file:
                file.write(_signature(data, self._secret) + data)
            new.replace(path)
            _make_room(path.parent)
        except OSError as error:
            if "structlog" in sys.modules:  # else the command has no log
                _log().info("index of past papers not kept", error=error.strerror)
            with suppress(OSError):
                new.unlink(missing_ok=True)


def is_compiled() -> bool:
    """Return whether the matching is compiled by mypyc."""
    return not str(match.__file__).endswith(".py")


def folder_of(database: str) -> Path | None:
    """Return the folder for the indexes of a database's papers; None if there is no place."""
    if is_compiled():  # mypyc's classes cannot be made of a pickle: they want their arguments
        return None
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


def _packed(index: FieldIndex) -> bytes:
    """Return an index as bytes: its pickle, before it the long rows and texts as they are."""
    rows: list[pickle.PickleBuffer] = []
    data = pickle.dumps(index, protocol=5, buffer_callback=rows.append)
    parts = [row.raw() for row in rows]
    lengths = array("Q", map(len, parts)).tobytes()
    return b"".join([_NUMBER.pack(len(parts)), lengths, *map(_padded, parts), data])


def _unpacked(data: memoryview) -> FieldIndex:
    """Return the index that ``_packed`` made these bytes of; its long rows remain in them."""
    number = _NUMBER.unpack_from(data)[0]
    at = _NUMBER.size * (1 + number)
    rows = []
    for length in data[_NUMBER.size : at].cast("Q"):
        rows.append(data[at : at + length])
        at += length + -length % _NUMBER.size
    index: FieldIndex = pickle.loads(data[at:], buffers=rows)  # noqa: S301 (signed)
    return index


def _log() -> Any:
    import structlog  # a command that prints its own troubles does without

    return structlog.get_logger()


def _padded(part: memoryview) -> bytes:
    """Return bytes whose length is a whole number of words, so that all rows are aligned."""
    return bytes(part) + bytes(-len(part) % _NUMBER.size)


def _signature(data: bytes | memoryview, secret: bytes) -> bytes:
    return hmac.digest(secret, data, "sha256")


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
