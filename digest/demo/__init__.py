"""``digest demo``: four mornings of invented papers, played through the real pipeline and told.

    mornings/ ── laid out in a folder ──▶ run ──▶ overheard ──▶ told

Uses no network and no account, and keeps to the one folder it is given.
"""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import click

from ..app import App, opened
from ..config import load
from ..pipeline import runs
from ..service.log import keep_journal
from ..store import Store, settings
from .files import arrives, lay_out, mornings
from .narration import RunStory, ending, morning, opening, repeat
from .recorder import RunRecorder

#: When each morning is played; 07:45 in Berlin, so that an issue wished for at 07:30 is due.
HOUR = "06:45:00"


def play(folder: Path, *, open_browser: bool, once: bool) -> None:
    """Lay the folder out, play the mornings, say what happened, and show the preview.

    ``once`` leaves the preview out.  Raises click.UsageError where the folder holds anything that
    is not the demo's own.
    """
    keep_journal("warning", "text")
    lay_out(folder)
    with _opened(folder) as app:
        click.echo(opening(folder))
        last = _played(app, folder)
        click.echo(ending(folder, last.now()))
        if not once:
            _preview(last, open_browser)


def _played(app: App, folder: Path) -> App:
    """Play every morning, and the last one twice; gives the app as it then stands."""
    witness = RunRecorder()
    last = app
    for day in mornings():
        arrives(day, folder)
        last = _at(datetime.fromisoformat(f"{day}T{HOUR}").replace(tzinfo=UTC), app)
        click.echo(morning(_run(last, witness, folder)))
    click.echo(repeat(_run(last, witness, folder)))
    return last


def _at(now: datetime, app: App) -> App:
    return replace(app, now=lambda: now)


def _run(app: App, witness: RunRecorder, folder: Path) -> RunStory:
    done = runs.run(witness.beside(app), list(app.listings.values()))
    return RunStory(done, witness.letters(app), folder / "outbox")


@contextmanager
def _opened(folder: Path) -> Iterator[App]:
    config = load(folder / "config.yaml", _own(folder.absolute()))
    _keep_no_secret(config.database)
    with opened(config) as app:
        for problem in app.problems:
            click.echo(str(problem), err=True)
        yield app


def _keep_no_secret(database: str) -> None:
    """Name the mails alike each time: their names come from the installation's secret."""
    store = Store(database)
    store.migrate()
    with store.begin() as tx:
        settings.keep_setting(tx, "secret", bytes(32).hex())
    store.close()


def _own(folder: Path) -> dict[str, str]:
    """Hold the demo to its folder: variables count more than a file, also more than a ``.env``."""
    return {
        "DIGEST_DATABASE": f"sqlite:///{folder / 'digest.db'}",
        "DIGEST_PROFILES": str(folder / "profiles"),
        "DIGEST_MAIL__SENDER": "folder",
        "DIGEST_MAIL__FOLDER": str(folder / "outbox"),
    }


def _preview(app: App, open_browser: bool) -> None:
    from ..web.live_preview import LivePreview
    from ..web.preview import serve

    click.echo("\nWhat each profile gets, as it would be mailed (stop with Ctrl-C):")
    serve(LivePreview(app), port=0, open_browser=open_browser, say=click.echo)
