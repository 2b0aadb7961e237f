"""The profiles that are live: those in a folder and those that readers keep in the store.

Both are read again when they change.  A broken one keeps its last good text in force, and says what
is wrong with it.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from pathlib import Path

from .config import Config
from .errors import Complaint, ProfileError
from .model import OwnProfile, Profile
from .profile import parse
from .store import Store, Transaction, own, readers
from .text_file import profiles_in, text_of


class Library:
    """The profiles of one folder and one store; ``read`` brings it up to date."""

    def __init__(self, config: Config, store: Store) -> None:
        self._folder = config.profiles
        self._listings = frozenset(config.listings)
        self._timezone = config.timezone
        self._store = store
        self._stamp: object = None
        self._version = ""
        self._of_files: Mapping[str, Profile] = {}
        self._of_readers: dict[str, tuple[int, Profile]] = {}
        self._file_problems: list[ProfileError] = []
        self.profiles: dict[str, Profile] = {}
        self.problems: list[ProfileError] = []

    def read(self) -> bool:
        """Read whatever has changed; gives whether anything had."""
        stamp = self.stamp()
        with self._store.begin() as tx:
            version = own.version(tx)
            if (stamp, version) == (self._stamp, self._version):
                return False
            self.problems = []
            if stamp != self._stamp:
                self._of_files = self._read_files(tx)
                self._file_problems, self.problems = self.problems, []
            self._of_readers = dict(self._read_own(tx))
        self._stamp, self._version = stamp, version
        self.problems = self._file_problems + self.problems
        self.profiles = {**self._of_files, **{s: p for s, (_, p) in self._of_readers.items()}}
        return True

    def _read_files(self, tx: Transaction) -> dict[str, Profile]:
        found: dict[str, Profile] = {}
        for path in self._paths():
            profile = self._load(tx, path)
            if profile is not None:
                self._add(found, profile)
        return found

    def _read_own(self, tx: Transaction) -> Iterator[tuple[str, tuple[int, Profile]]]:
        for kept, address in own.live(tx):
            known = self._of_readers.get(kept.slug)
            if known is None or known[0] != kept.revision or known[1].to != (address,):
                profile = self._own_profile(kept, address)
                known = (kept.revision, profile) if profile is not None else known
            if known is not None:
                yield kept.slug, known

    def _own_profile(self, kept: OwnProfile, address: str) -> Profile | None:
        """Parse a reader's profile, which speaks for its reader and for nobody else."""
        try:
            profile = parse(
                kept.text, f"{kept.slug}.yaml", listings=self._listings, timezone=self._timezone
            )
        except ProfileError as error:
            self.problems.append(error)
            return None
        return replace(profile, slug=kept.slug, to=(address,), path="")

    def stamp(self) -> tuple[object, ...]:
        """What changes when a file does."""
        stats = [(str(path), path.stat()) for path in self._paths()]
        return tuple((name, stat.st_mtime_ns, stat.st_size) for name, stat in stats)

    def _paths(self) -> Iterator[Path]:
        if self._folder.is_dir():
            yield from profiles_in(self._folder)

    def _load(self, tx: Transaction, path: Path) -> Profile | None:
        try:
            text = text_of(path)
            profile = self._parse(text, path)
        except ProfileError as error:
            self.problems.append(error)
            return self._last_good(tx, path)
        readers.keep_profile(tx, profile, text)
        return profile

    def _last_good(self, tx: Transaction, path: Path) -> Profile | None:
        text = readers.last_good(tx, str(path))
        try:
            return self._parse(text, path) if text is not None else None
        except ProfileError:  # the language has moved on since
            return None

    def _parse(self, text: str, path: Path) -> Profile:
        return parse(text, str(path), listings=self._listings, timezone=self._timezone)

    def _add(self, found: dict[str, Profile], profile: Profile) -> None:
        other = found.setdefault(profile.slug, profile)
        if other is not profile:
            message = f"{profile.slug} is the name of another profile, in {other.path}"
            self.problems.append(ProfileError(profile.path, [Complaint(1, 1, message)]))
