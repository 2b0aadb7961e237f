"""The profiles that are live: read from their folder, and again when a file there changes.

A broken file keeps its last good text in force, and says what is wrong with it.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

from .config import Config
from .errors import Complaint, ProfileError
from .model import Profile
from .profile import parse
from .store import Store, Transaction, readers

#: A profile is refused at a fraction of this; the rest of a larger file need not be read.
LONGEST = 1 << 20


class Library:
    """The profiles of one folder; ``read`` brings it up to date."""

    def __init__(self, config: Config, store: Store) -> None:
        self._folder = config.profiles
        self._listings = frozenset(config.listings)
        self._timezone = config.timezone
        self._store = store
        self._stamp: object = None
        self.profiles: dict[str, Profile] = {}
        self.problems: list[ProfileError] = []

    def read(self) -> bool:
        """Read what is on disk, unless nothing there has changed; gives whether it had."""
        stamp = self.stamp()
        if stamp == self._stamp:
            return False
        self._stamp, self.profiles, self.problems = stamp, {}, []
        with self._store.begin() as tx:
            for path in self._paths():
                profile = self._load(tx, path)
                if profile is not None:
                    self._add(profile)
        return True

    def stamp(self) -> tuple[object, ...]:
        """What changes when a file does."""
        stats = [(str(path), path.stat()) for path in self._paths()]
        return tuple((name, stat.st_mtime_ns, stat.st_size) for name, stat in stats)

    def _paths(self) -> Iterator[Path]:
        if self._folder.is_dir():
            yield from sorted(p for p in self._folder.iterdir() if p.suffix in (".yaml", ".yml"))

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

    def _add(self, profile: Profile) -> None:
        other = self.profiles.setdefault(profile.slug, profile)
        if other is not profile:
            message = f"{profile.slug} is the name of another profile, in {other.path}"
            self.problems.append(ProfileError(profile.path, [Complaint(1, 1, message)]))


def text_of(path: Path) -> str:
    """What stands in a profile's file; raises ProfileError where that is no text."""
    try:
        with path.open("rb") as file:
            return file.read(LONGEST).decode("utf-8-sig")
    except OSError as error:
        complaint = Complaint(1, 1, (error.strerror or "cannot be read").lower())
    except UnicodeDecodeError as error:
        complaint = Complaint(1, 1, f"not UTF-8 at byte {error.start}")
    raise ProfileError(str(path), [complaint])
