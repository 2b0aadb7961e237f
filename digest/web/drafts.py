"""Profiles as texts to edit: opened with a revision, and saved only over that revision.

A file keeps its path and its permissions; a subscriber's own profile stays in the store.  Only a
valid profile is saved.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from dataclasses import dataclass, replace
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import DigestError, ProfileError
from ..model import Profile, StoredProfile
from ..profiles import ReadProfile, read
from ..store import profiles
from ..store.profiles import ConflictError
from ..text_file import replace_text, text_of

if TYPE_CHECKING:
    from ..app import App


@dataclass(frozen=True, slots=True)
class Draft:
    """A profile's text as it was when it was opened."""

    slug: str
    title: str
    text: str
    revision: str
    #: the text as it was read; None: it has a mistake, or was not read yet
    read: ReadProfile | None = None


class StaleError(DigestError):
    """Another save came first; ``current`` is the draft that is saved now."""

    def __init__(self, current: Draft) -> None:
        self.current = current
        super().__init__("the profile was changed meanwhile; nothing was saved")


class FileDrafts:
    """The profiles in the operator's folder."""

    def __init__(self, app: App, base: str) -> None:
        self._app = app
        #: the path below which their pages are
        self.base = base

    def all(self) -> list[Draft]:
        """Return every file, the broken ones too."""
        self._app.live_profiles.read()
        files = self._app.live_profiles.files()
        # A folder, or a link to nothing, may be called x.yaml, too.
        drafts = [self._draft(path, slug) for path, slug in files.items() if Path(path).is_file()]
        return sorted(drafts, key=lambda draft: draft.slug)

    def open(self, slug: str) -> Draft | None:
        """Return the draft of a profile's file; None without one of that name."""
        return next((draft for draft in self.all() if draft.slug == slug), None)

    def read(self, slug: str, text: str) -> ReadProfile:
        """Read a text as its file would be read; raises ProfileError."""
        return read(
            text, self._path(slug), listings=self._app.listings, timezone=self._app.timezone
        )

    def in_force(self, slug: str) -> Profile | None:
        """Return the profile by the last good text of its file."""
        return self._app.profiles.get(slug)

    def save(self, slug: str, text: str, revision: str) -> None:
        """Replace the whole file; raises StaleError if it is no longer at that revision."""
        with _SAVING:
            draft = self.open(slug)
            if draft is None or draft.revision != revision:
                raise StaleError(draft or Draft(slug, slug, "", ""))
            replace_text(Path(self._path(slug)), text)
        self._app.live_profiles.read()

    def _draft(self, path: str, slug: str) -> Draft:
        profile = self._app.profiles.get(slug)
        text = text_of(Path(path))
        slug = profile.slug if profile else Path(path).stem
        revision = blake2b(text.encode(), digest_size=8).hexdigest()
        return Draft(slug, profile.title if profile else Path(path).name, text, revision)

    def _path(self, slug: str) -> str:
        profile = self._app.profiles.get(slug)
        if profile is not None and profile.path:
            return profile.path
        return next((p.path for p in self._app.problems if Path(p.path).stem == slug), "")


#: Held between the check of a file's revision and its replacement.
_SAVING = threading.Lock()


class StoredDrafts:
    """The profiles that one subscriber keeps in the store."""

    def __init__(self, app: App, base: str, owner: int, address: str) -> None:
        self._app = app
        self.base = base
        self._owner = owner
        self._address = address

    def all(self) -> list[Draft]:
        """Return the subscriber's profiles, oldest first."""
        return [self._draft(stored) for stored in self._stored()]

    def open(self, slug: str) -> Draft | None:
        """Return one of the subscriber's profiles; None without one of that name."""
        return next((self._draft(stored) for stored in self._stored() if stored.slug == slug), None)

    def _stored(self) -> Sequence[StoredProfile]:
        with self._app.store.begin() as tx:
            return profiles.owned_by(tx, self._owner)

    def read(self, slug: str, text: str) -> ReadProfile:
        """Read a text as a profile of the subscriber's, which mails no other address."""
        known = read(text, "profile.yaml", listings=self._app.listings, timezone=self._app.timezone)
        own = replace(known.profile, slug=slug, to=(self._address,), path="")
        return replace(known, profile=own)

    def in_force(self, slug: str) -> Profile | None:
        """Return the profile by the last good text in the store."""
        found = self._app.profiles.get(slug)
        return found if found is not None and found.to == (self._address,) else None

    def save(self, slug: str, text: str, revision: str) -> None:
        """Save a text over its revision; raises StaleError if there is another."""
        number = int(revision) if revision.isdecimal() and len(revision) < 10 else -1
        try:
            with self._app.store.begin() as tx:
                profiles.save_profile(tx, self._owner, slug, text, number)
        except ConflictError as error:
            gone = Draft(slug, slug, "", "")
            raise StaleError(self._draft(error.current) if error.current else gone) from error
        self._app.live_profiles.read()

    def _draft(self, stored: StoredProfile) -> Draft:
        try:
            known = self.read(stored.slug, stored.text)
        except ProfileError:
            return Draft(stored.slug, stored.slug, stored.text, str(stored.revision))
        return Draft(stored.slug, known.profile.title, stored.text, str(stored.revision), known)


#: The profiles that the holder of a link may edit.
Drafts = FileDrafts | StoredDrafts
