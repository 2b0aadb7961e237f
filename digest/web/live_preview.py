"""The desk of ``digest preview``: the profiles and templates, followed as their files change."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from hashlib import blake2b
from pathlib import Path
from typing import TYPE_CHECKING

from ..errors import DigestError
from ..model import Profile
from ..render import check
from .preview import Preview, Shown

if TYPE_CHECKING:
    from ..app import App


class LivePreview:
    """The mail that would be sent now, by the current files."""

    def __init__(self, app: App) -> None:
        self._app = app
        self._press, self._printed_from = app.press, _stamp(self._templates())

    def profiles(self) -> Sequence[Shown]:
        """Return all profiles, the broken ones too."""
        self._app.library.read()
        problems = {problem.path: problem for problem in self._app.problems}
        live = [
            Shown(slug, profile.title, problems.pop(profile.path, None))
            for slug, profile in self._app.profiles.items()
        ]
        broken = [Shown(Path(path).stem, Path(path).name, p) for path, p in problems.items()]
        return sorted([*live, *broken], key=lambda shown: shown.slug)

    def preview(self, slug: str) -> Preview:
        """Return the mail that this profile's first subscriber would get now."""
        self._app.library.read()
        profile = self._app.profiles.get(slug)
        if profile is None:
            raise DigestError(f"{slug}: this profile has never been good")
        return self._printed(profile)

    def _printed(self, profile: Profile) -> Preview:
        self._reprint()
        issue, reader = self._app.composer.proof(profile)
        job = (issue, reader, self._app.proof_letterhead)
        press = self._press
        return Preview(issue, press.mail(*job), press.html(*job), press.text(*job))

    def _reprint(self) -> None:
        stamp = _stamp(self._templates())
        if stamp != self._printed_from:
            self._press, self._printed_from = check(self._app.template_folders), stamp

    def version(self) -> str:
        """Return a stamp that changes when a profile or a template does."""
        files = repr((self._app.library.stamp(), _stamp(self._templates())))
        return blake2b(files.encode(), digest_size=8).hexdigest()

    def _templates(self) -> Iterator[Path]:
        for folder in self._app.template_folders:
            yield from sorted((folder / "mail").glob("*"))


def _stamp(files: Iterator[Path]) -> tuple[object, ...]:
    stats = ((path, path.stat()) for path in files)
    return tuple((str(path), stat.st_mtime_ns, stat.st_size) for path, stat in stats)
