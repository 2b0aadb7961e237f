"""The mail templates as ``digest preview`` follows them: loaded again, checked, as files change.

Where mails are sent, a template is used only as it was checked at the start.
"""

from __future__ import annotations

import threading
from collections.abc import Sequence
from pathlib import Path

from ..render import MailRenderer, check


class LiveTemplates:
    """The templates of these folders, an earlier folder first; threads may share them."""

    def __init__(self, folders: Sequence[Path]) -> None:
        self._folders = folders
        self._loading = threading.Lock()
        self._renderer: MailRenderer | None = None
        self._stamp: object = None

    def renderer(self) -> MailRenderer:
        """Return the renderer of the current files; raises ConfigError where one is broken."""
        stamp = self.stamp()
        with self._loading:
            if self._renderer is None or stamp != self._stamp:
                self._renderer, self._stamp = check(self._folders), stamp
            return self._renderer

    def stamp(self) -> object:
        """Return a value that changes when a file does; cheap."""
        return [
            (str(path), *stat_of(path))
            for folder in self._folders
            for path in sorted((folder / "mail").rglob("*"))
        ]


def stat_of(path: Path) -> tuple[int, ...]:
    """Return what changes when a file does."""
    try:
        stat = path.stat()
    except OSError as error:  # a link to nothing, or a file that has just gone
        return (error.errno or 0,)
    return stat.st_mtime_ns, stat.st_size, stat.st_mode
