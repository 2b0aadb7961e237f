"""The profiles in force: those in a folder and those that subscribers keep in the store.

Both are read again when they change.  If a profile is broken, its last good text stays in force and
the problem is reported; likewise those of all files if the folder cannot be read.
"""

from __future__ import annotations

import threading
from collections.abc import Collection, Iterable, Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from .config import Config
from .errors import Mistake, ProfileError
from .model import Profile, StoredProfile
from .profiles import parse
from .store import Store, profile_files, profiles, unread
from .text_file import profiles_in, text_of, unreadable


class LiveProfiles:
    """The profiles of one folder and one store; ``read`` brings them up to date.

    With a ``channel``, its address gets each file's profile, once, whatever addresses it names.
    """

    def __init__(self, config: Config, store: Store, channel: str = "") -> None:
        self._folder = config.profiles
        self._listings = frozenset(config.listings)
        self._timezone = config.timezone
        self._channel = (channel,) if channel else ()
        self._store = store
        self._reading = threading.Lock()
        self._stamp: object = None
        self._version = ""
        self._of_files: Mapping[str, Profile] = {}
        self._of_subscribers: dict[str, tuple[int, Profile]] = {}
        self._file_problems: list[ProfileError] = []
        self.profiles: dict[str, Profile] = {}
        self.problems: list[ProfileError] = []

    def read(self) -> bool:
        """Read what has changed; return whether anything had."""
        with self._reading:
            return self._read()

    def _read(self) -> bool:
        stamp = self.stamp()
        has_files = stamp != self._stamp
        with self._store.begin() as tx:
            version = profiles.version(tx)
            if not has_files and version == self._version:
                return False
            stored, good = list(profiles.all_live(tx)), unread.good_texts(tx) if has_files else {}
            followed = profile_files.followed(tx) if has_files else ()
        # Parsed between two transactions, so that the database is not locked meanwhile.
        if has_files:
            self._of_files, self._file_problems = self._read_folder(good, followed)
        self._of_subscribers, problems = self._read_stored(stored)
        self._stamp, self._version = stamp, version
        self.problems = self._file_problems + problems
        self.profiles = {**self._of_files, **{s: p for s, (_, p) in self._of_subscribers.items()}}
        return True

    def _read_folder(
        self, good: Mapping[str, str], followed: Collection[str]
    ) -> tuple[Mapping[str, Profile], list[ProfileError]]:
        """Return the profiles of the folder, and problems; if it is unreadable, those in force."""
        try:
            paths = self._paths()
        except OSError as error:
            return self._of_files or self._in_force(good, followed), [
                unreadable(self._folder, error)
            ]
        return self._read_files(paths, good)

    def _in_force(self, good: Mapping[str, str], followed: Collection[str]) -> dict[str, Profile]:
        """Return the folder's profiles by their last good texts, for a process that has read none.

        Only those that have subscribers: the texts of files that were removed are kept, too.
        """
        paths = [Path(path) for path in sorted(good) if Path(path).parent == self._folder]
        found = [self._last_good(good[str(path)], path) for path in paths]
        return {profile.slug: profile for profile in found if profile and profile.slug in followed}

    def _read_files(
        self, paths: Iterable[Path], good: Mapping[str, str]
    ) -> tuple[dict[str, Profile], list[ProfileError]]:
        """Return the profiles of the files (a broken one by its last good text), and problems."""
        found: dict[str, Profile] = {}
        texts: list[tuple[Profile, str]] = []
        problems: list[ProfileError] = []
        for path in paths:
            profile: Profile | None
            try:
                text = text_of(path)
                texts.append((profile := self._parse(text, path), text))
            except ProfileError as error:
                problems.append(error)
                profile = self._last_good(good.get(str(path)), path)
            if profile is not None:
                problems.extend(_added(found, profile))
        with self._store.begin() as tx:
            for profile, text in texts:
                unread.keep_profile(tx, profile, text)
        return found, problems

    def _read_stored(
        self, texts: Iterable[tuple[StoredProfile, str]]
    ) -> tuple[dict[str, tuple[int, Profile]], list[ProfileError]]:
        """Return the profiles that subscribers keep, each with its revision, and the problems."""
        found: dict[str, tuple[int, Profile]] = {}
        problems: list[ProfileError] = []
        for stored, address in texts:
            known = self._of_subscribers.get(stored.slug)
            if known is None or known[0] != stored.revision or known[1].to != (address,):
                try:
                    known = (stored.revision, self._stored_profile(stored, address))
                except ProfileError as error:
                    problems.append(error)
            if known is not None:
                found[stored.slug] = known
        return found, problems

    def _stored_profile(self, stored: StoredProfile, address: str) -> Profile:
        """Parse a subscriber's profile, which is mailed to this subscriber's address alone."""
        profile = parse(
            stored.text, f"{stored.slug}.yaml", listings=self._listings, timezone=self._timezone
        )
        return replace(profile, slug=stored.slug, to=(address,), path="")

    def stamp(self) -> tuple[object, ...]:
        """Return a value that changes when a file does: paths, times of change, rights, sizes."""
        try:
            return tuple((str(path), *_stamp(path)) for path in self._paths())
        except OSError as error:
            return (error.errno,)

    def _paths(self) -> list[Path]:
        """Return the folder's files; a missing folder is an empty one.  Raises OSError."""
        try:
            return profiles_in(self._folder)
        except FileNotFoundError:
            return []

    def _last_good(self, text: str | None, path: Path) -> Profile | None:
        try:
            return self._parse(text, path) if text is not None else None
        except ProfileError:  # the language has changed since
            return None

    def _parse(self, text: str, path: Path) -> Profile:
        profile = parse(text, str(path), listings=self._listings, timezone=self._timezone)
        return replace(profile, to=self._channel) if self._channel else profile


def _stamp(path: Path) -> tuple[object, ...]:
    try:
        stat = path.stat()
    except OSError as error:  # a link to nothing, say: the problem comes when it is read
        return (error.errno,)
    return (stat.st_mtime_ns, stat.st_size, stat.st_mode)


def _added(found: dict[str, Profile], profile: Profile) -> Iterator[ProfileError]:
    """Add a profile, unless another file has its name; yield that problem."""
    other = found.setdefault(profile.slug, profile)
    if other is not profile:
        message = f"{profile.slug} is the name of another profile, in {other.path}"
        yield ProfileError(profile.path, [Mistake(1, 1, message)])
