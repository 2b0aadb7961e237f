"""The profiles in force: those in a folder and those that subscribers keep in the store.

All are rows.  A file is read when it has changed, and its text is kept; if it is broken, its last
good text stays in force and the problem is reported; likewise those of all files if the folder
cannot be read.  Only the texts that are asked for are parsed, and never in a transaction; of these
some are remembered.  What a subscriber's own text was read as is kept beside it when it is
enrolled, so that it is read from there.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import suppress
from dataclasses import astuple, dataclass, field, replace
from datetime import date, datetime
from functools import lru_cache, partial
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING, Any

from .errors import Mistake, ProfileError, Sentence
from .model import Profile, StoredProfile
from .profiles import READING, loaded, read
from .resources import VERSION
from .store import Store, Transaction, profile_files, profiles, unread
from .store.profile_files import ReadFile
from .store.sql import chunks
from .text_file import profiles_in, text_of, unreadable, vanished

if TYPE_CHECKING:
    from .config import Config

#: So many texts are remembered as they were parsed, in some 3 kB each.
REMEMBERED = 2_000

#: The stamps of a folder that was not read.
_NO_FOLDER: Mapping[str, str] = {"": ""}

#: Seconds in which a file may be written twice with the same stamp.
_YOUNG = 2


@dataclass(frozen=True, slots=True)
class _Text:
    """A text as it is parsed, and so remembered however it was kept at that time."""

    text: str
    path: str
    compiled: str = field(default="", compare=False)


class LiveProfiles:
    """The profiles of one folder and one store; ``read`` brings them up to date.

    With a ``channel``, its address gets each file's profile, once, whatever addresses it names.
    By the ``clock`` a file that was written just now is read once more.
    """

    def __init__(
        self,
        config: Config,
        store: Store,
        channel: str = "",
        clock: Callable[[], datetime] | None = None,
    ) -> None:
        self._folder = config.profiles
        self._listings = frozenset(config.listings)
        self._timezone = config.timezone
        self._channel = (channel,) if channel else ()
        self._store = store
        self._clock = clock
        read_by = (VERSION, READING, sorted(self._listings), self._timezone, channel)
        #: what a text depends on besides itself, as a hash
        self.rules = blake2b(repr(read_by).encode(), digest_size=8).hexdigest()
        self._parsed = lru_cache(REMEMBERED)(self._parse)
        self._read_by_others = partial(profiles.read_by_others, rules=self.rules)
        self._reading, self._has_read, self._has_enrolled = threading.Lock(), False, False
        self._stamps: Mapping[str, str] = _NO_FOLDER
        #: how many profiles were enrolled here
        self.enrolled = 0
        self.problems: list[ProfileError] = []

    @property
    def profiles(self) -> Mapping[str, Profile]:
        """Return the profiles in force, by slug; those of files come first, by their paths."""
        return _InForce(self._store, self)

    def load(self, slugs: Collection[str]) -> dict[str, Profile]:
        """Return those of these profiles that are in force."""
        with self._store.begin() as tx:
            found = profiles.in_force(tx, slugs)
        return self.parsed(found)

    def files(self) -> dict[str, str]:
        """Return the path of each file, with the slug of its profile; empty: none is in force."""
        with self._store.begin() as tx:
            return {path: file.slug for path, file in profile_files.known(tx).items()}

    def kept(self) -> set[str]:
        """Return the paths of the problems of which the last good version is in force."""
        paths, slugs = {each.path for each in self.problems}, self.files()
        live = self.load({slugs.get(path, "") for path in paths})
        found = {path for path in paths if slugs.get(path, "") in live}
        return found | {str(self._folder)} & paths if any(slugs.values()) else found

    def read(self) -> bool:
        """Read what has changed; return whether the problems are others than before."""
        with self._reading:
            before = [*map(str, self.problems)]
            self._read_files()
            self._check(self._some(profiles.changed))
            if not self._has_read:  # what the configuration of now does not allow is said at once
                self._check_others()
            self._has_read = True
            with self._store.begin() as tx:
                broken = profiles.broken(tx)
            self.problems = [
                ProfileError(path, [Mistake(*map(_unpacked, each)) for each in mistakes])
                for path, mistakes in broken.items()
            ]
            return before != [*map(str, self.problems)]

    def enrol(self, day: date, today: date) -> None:
        """Store the subscribers that changed profiles name, and what these ask for.

        After a change of the configuration or the program those that did not change follow, all
        with the first call and some hundred with each later one.
        """
        while fresh := self._some(profiles.changed):
            self._enrol(fresh, day, today)
        while others := self._some(self._read_by_others):
            self._enrol(others, day, today)
            if self._has_enrolled:
                break
        self._has_enrolled = True

    def _check_others(self) -> None:
        """Check all that others have read by other rules."""
        last = ""
        while others := self._some(partial(self._read_by_others, after=last)):
            self._check(others)
            last = others[-1].slug

    def _some(self, find: Callable[[Transaction], list[StoredProfile]]) -> list[StoredProfile]:
        with self._store.begin() as tx:
            return find(tx)

    def _enrol(self, fresh: Sequence[StoredProfile], day: date, today: date) -> None:
        found = self._check(fresh)
        compiled = [self._compiled(each) if found[each.slug] else each for each in fresh]
        with self._store.begin() as tx:
            unread.lock_subscribers(tx, found)
            same = profiles.mark_enrolled(tx, compiled, self.rules)
            live = {each.slug: each for each in profiles.in_force(tx, same)}
            wanted = {
                slug: self._of(profile, live[slug]) if profile and slug in live else None
                for slug, profile in found.items()
                if slug in same
            }
            unread.enrol(tx, wanted, day, today)
        self.enrolled += len(fresh)

    def _check(self, texts: Iterable[StoredProfile]) -> dict[str, Profile | None]:
        """Return the profiles of these texts, None for those with a mistake.

        What is wrong with subscribers' own is kept; with files it is where the file is read.
        """
        found: dict[str, Profile | None] = {}
        wrong: dict[str, list[list[object]] | None] = {}
        for each in texts:
            try:
                found[each.slug], mistakes = self._profile_in(each), None
            except ProfileError as error:
                found[each.slug], mistakes = None, _packed(error)
            if each.owner is not None:
                wrong[_path_of(each)] = mistakes
        if wrong:
            with self._store.begin() as tx:
                profiles.keep_broken(tx, wrong)
        return found

    def parsed(self, texts: Iterable[StoredProfile]) -> dict[str, Profile]:
        """Return the profiles of these texts, by slug, without those that have a mistake."""
        found = {}
        for each in texts:
            try:
                profile = self._profile_in(each)
            except ProfileError:  # the language, or the configuration, has changed since
                continue
            found[each.slug] = self._of(profile, each)
        return found

    def _profile_in(self, stored: StoredProfile) -> Profile:
        """Return the profile that a text is; raises ProfileError."""
        return self._parsed(_Text(self._text(stored), _path_of(stored), stored.compiled))[0]

    def _compiled(self, stored: StoredProfile) -> StoredProfile:
        """Return a valid profile with what its text is read as; of a file that is not kept."""
        if stored.owner is None:
            return stored
        compiled = self._parsed(_Text(stored.text, _path_of(stored), stored.compiled))[1]
        return replace(stored, compiled=compiled)

    def _of(self, profile: Profile, stored: StoredProfile) -> Profile:
        """Return the profile as its row has it; a subscriber's own is mailed to them alone."""
        if stored.owner is not None:
            return replace(profile, slug=stored.slug, to=(stored.address,), path="")
        return replace(profile, slug=stored.slug, to=self._channel or profile.to)

    def _text(self, stored: StoredProfile) -> str:
        """Return the text; of a file that named someone who was erased it is not kept."""
        return stored.text or (text_of(Path(stored.path)) if stored.path else "")

    def _read_files(self) -> None:
        """Read the files that have changed since any process read them, and forget the others."""
        folder, paths = str(self._folder), list[Path]()
        problem, is_missing = None, False
        try:
            paths = profiles_in(self._folder)
        except FileNotFoundError:
            is_missing = True
        except OSError as error:
            problem = _packed(unreadable(self._folder, error))
        stamps = {_name(path): self._stamp(path) for path in paths}
        with self._store.begin() as tx:
            known = profile_files.known(tx)
            if is_missing and known:  # of a disk that is not mounted, or on another machine
                problem = _packed(vanished(self._folder))
            # The rows, too, for another process may have seen another folder, or an older text.
            kept = {path: file.stamp for path, file in known.items()}
            if not problem and stamps == self._stamps == kept and all(stamps.values()):
                return
            broken = profiles.broken(tx)
            if broken.get(folder) != problem:
                profiles.keep_broken(tx, {folder: problem})
            profiles.forget_broken(tx, folder)
        if not problem:
            again = {
                path: known.get(path, ReadFile("")) if path not in broken else ReadFile("")
                for path, stamp in stamps.items()
                if not stamp or path in broken or path not in known or known[path].stamp != stamp
            }
            self._keep_files(again, stamps, known.keys() - stamps.keys())
        self._stamps = _NO_FOLDER if problem else stamps

    def _keep_files(
        self,
        known: Mapping[str, ReadFile],
        stamps: Mapping[str, str],
        gone: Collection[str],
    ) -> None:
        """Read files by their paths, and keep them; ``known`` is what they were before."""
        runs = list(chunks(sorted(known)))
        for run in runs if runs or not gone else [()]:
            read, wrong = dict[str, ReadFile](), dict[str, list[list[object]] | None]()
            for path in run:
                try:
                    read[path] = self._read_file(path, known[path], stamps[path])
                except ProfileError as error:
                    read[path], wrong[path] = ReadFile(stamps[path]), _packed(error)
            with self._store.begin() as tx:
                for path, other in profile_files.keep(tx, read, gone).items():
                    message = Sentence(
                        "%(name)s is the name of another profile, in %(file)s",
                        name=read[path].slug,
                        file=other,
                    )
                    wrong[path] = _packed(ProfileError(path, [Mistake(1, 1, message)]))
                profiles.keep_broken(tx, {**dict.fromkeys([*gone, *run]), **wrong})
            gone = ()

    def _read_file(self, path: str, known: ReadFile, stamp: str) -> ReadFile:
        """Read a file, and parse it unless its text is that which is known."""
        text = text_of(Path(path))
        checksum = self._checksum(text)
        slug = known.slug if checksum == known.checksum else ""
        return ReadFile(stamp, slug or self._parsed(_Text(text, path))[0].slug, text, checksum)

    def _checksum(self, text: str) -> str:
        return blake2b((self.rules + text).encode(), digest_size=8).hexdigest()

    def stamp(self) -> tuple[object, ...]:
        """Return a value that changes when a file does: paths, times of change, rights, sizes."""
        try:
            return tuple((str(path), *_stat(path)) for path in profiles_in(self._folder))
        except OSError as error:
            return (error.errno,)

    def _stamp(self, path: Path) -> str:
        """Return the stamp of a file; empty where a change right now might not alter it."""
        stat = _stat(path)
        now = self._clock().timestamp() if self._clock and len(stat) > 1 else None
        is_young = now is not None and any(abs(now - at / 1e9) < _YOUNG for at in stat[:2])
        return "" if is_young else " ".join(map(str, (self.rules, *stat)))

    def _parse(self, stored: _Text) -> tuple[Profile, str]:
        """Return the profile of a text, and what the text is read as, with its checksum.

        If ``compiled`` is that, the text is not read.
        """
        text, path, compiled = stored.text, stored.path, stored.compiled
        checksum = self._checksum(f"{path}\n{text}")
        if compiled.startswith(checksum):
            with suppress(ValueError):  # one that is damaged must not block others
                kept = compiled.removeprefix(checksum)
                return loaded(kept, path, timezone=self._timezone), compiled
        found = read(text, path, listings=self._listings, timezone=self._timezone)
        return found.profile, checksum + found.compiled


class _InForce(Mapping[str, Profile]):
    """All profiles in force, each loaded when it is asked for; outside any transaction."""

    def __init__(self, store: Store, live: LiveProfiles) -> None:
        self._store = store
        self._live = live
        #: those among which an iteration is
        self._run: dict[str, Profile] = {}

    def __getitem__(self, slug: str) -> Profile:
        return self._run[slug] if slug in self._run else self._live.load([slug])[slug]

    def __len__(self) -> int:
        with self._store.begin() as tx:
            return profiles.count_in_force(tx)

    def __iter__(self) -> Iterator[str]:
        last: StoredProfile | None = None
        while True:
            with self._store.begin() as tx:
                texts = profiles.all_in_force(tx, last)
            if not texts:
                return
            self._run, last = self._live.parsed(texts), texts[-1]
            yield from self._run


def _path_of(stored: StoredProfile) -> str:
    """Return the path under which a text's mistakes are kept; a subscriber's own has no file."""
    return stored.path or f"{stored.slug}.yaml"


def _name(path: Path) -> str:
    """Return a path as text that a database takes."""
    return str(path).encode("utf-8", "backslashreplace").decode()


def _stat(path: Path) -> tuple[int, ...]:
    try:
        stat = path.stat()
    except OSError as error:  # a link to nothing, say: the problem comes when it is read
        return (error.errno or 0,)
    return (stat.st_mtime_ns, stat.st_ctime_ns, stat.st_size, stat.st_ino, stat.st_mode)


def _packed(error: ProfileError) -> list[list[object]]:
    """Return mistakes as they are kept, in texts that a database takes."""
    return [[_kept(value) for value in astuple(each)] for each in error.complaints]


def _kept(value: object) -> object:
    """Return a field of a mistake for JSON: a Sentence as its template and its values."""
    if isinstance(value, Sentence):
        return [value.template, {name: _kept(each) for name, each in value.values.items()}]
    return _clean(value) if isinstance(value, str) else value


def _unpacked(kept: Any) -> Any:
    """Return a field of a mistake as it was; earlier versions kept a Sentence as its text."""
    if isinstance(kept, list):
        template, values = kept
        return Sentence(template, **{name: _unpacked(each) for name, each in values.items()})
    return kept


def _clean(text: str) -> str:
    return text.encode("utf-8", "replace").decode().replace("\0", "\ufffd")
