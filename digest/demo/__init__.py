"""``digest demo``: four mornings of invented papers, run through the real pipeline and narrated.

    mornings/ ── copied to a folder ──▶ run ──▶ recorded ──▶ narrated

Uses no network and no account, and writes only to its own folder.
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
from ..service.log import start_log
from ..store import Store, settings
from .files import copy_lists, lay_out, mornings
from .narration import RunStory, ending, morning, opening, repeat
from .recorder import RunRecorder

#: The time of each morning's run: 07:45 in Berlin, so that an issue scheduled for 07:30 is due.
HOUR = "06:45:00"


def play(folder: Path, *, open_browser: bool, once: bool) -> None:
    """Prepare the folder, run the mornings, print what happened, and serve the preview.

    ``once`` leaves the preview out.  Raises click.UsageError if the folder holds anything that is
    not the demo's own.
    """
    start_log("warning", "text")
    lay_out(folder)
    with _opened(folder) as app:
        click.echo(opening(folder))
        last = _played(app, folder)
        click.echo(ending(folder, last.now()))
        if not once:
            _preview(last, open_browser)


def _played(app: App, folder: Path) -> App:
    """Run every morning, and the last one twice; return the app of the last run."""
    recorder = RunRecorder()
    last = app
    for day in mornings():
        copy_lists(day, folder)
        last = _at(datetime.fromisoformat(f"{day}T{HOUR}").replace(tzinfo=UTC), app)
        click.echo(morning(_run(last, recorder, folder)))
    click.echo(repeat(_run(last, recorder, folder)))
    return last


def _at(now: datetime, app: App) -> App:
    return replace(app, now=lambda: now)


def _run(app: App, recorder: RunRecorder, folder: Path) -> RunStory:
    done = runs.run(recorder.recording(app), list(app.listings.values()))
    return RunStory(done, recorder.mails(app), folder / "outbox")


@contextmanager
def _opened(folder: Path) -> Iterator[App]:
    config = load(folder / "config.yaml", _environment(folder.absolute()))
    _keep_no_secret(config.database)
    with opened(config) as app:
        for problem in app.problems:
            click.echo(str(problem), err=True)
        yield app


def _keep_no_secret(database: str) -> None:
    """Set a fixed signing secret, so that each demo names its mails the same."""
    store = Store(database)
    store.migrate()
    with store.begin() as tx:
        settings.keep_setting(tx, "secret", bytes(32).hex())
    store.close()


def _environment(folder: Path) -> dict[str, str]:
    """Return variables that keep the demo in its folder: they override every file and ``.env``."""
    return {
        "DIGEST_DATABASE": f"sqlite:///{folder / 'digest.db'}",
        "DIGEST_PROFILES": str(folder / "profiles"),
        "DIGEST_MAIL__SENDER": "folder",
        "DIGEST_MAIL__FOLDER": str(folder / "outbox"),
    }


def _preview(app: App, open_browser: bool) -> None:
    from ..web.server import preview

    click.echo("\nWhat each profile gets, as it would be mailed (stop with Ctrl-C):")
    preview(app, app.template_folders, port=0, open_browser=open_browser, say=click.echo)
