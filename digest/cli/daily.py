"""The commands of every day: collect, make the issues, send the mail, show the pages.

Each reads its arguments, calls one step, and prints its outcome.
"""

from __future__ import annotations

import json
import signal
import sys
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import date, datetime
from pathlib import Path
from types import FrameType
from typing import TYPE_CHECKING, NoReturn

import click

from ..model import count
from .terminal import (
    TroubleReporter,
    app_of,
    configuration,
    day_option,
    exit_code,
    json_option,
    now_option,
    progress,
    quiet_option,
    say,
    say_begun,
    short,
)

if TYPE_CHECKING:
    from ..app import App
    from ..pipeline.outlook import Outlook
    from ..pipeline.runs import Report


#: What a port may be.
PORT = click.IntRange(0, 65535)


def register(main: click.Group) -> None:
    """Add these commands to the program."""
    for command in (run, collect, send, preview, web, demo):
        main.add_command(command)


@click.command()
@day_option
@now_option
@click.option("--dry-run", "-n", is_flag=True, help="Do it all, keep nothing, send nothing.")
@click.option("--now-anyway", "early", is_flag=True, help="Mail now what waits for its hour.")
@quiet_option
@json_option
def run(
    day: date | None,
    now: datetime | None,
    dry_run: bool,
    early: bool,
    quiet: bool,
    as_json: bool,
) -> None:
    """Collect, make the issues that are due, hand over the mail.

    Safe to repeat: nobody is mailed a paper twice, and a reader gets one issue a day at most.  Says
    for each profile what came and when its mail goes, or why none does.
    """
    from ..pipeline import outlook, runs

    reporter, tally = TroubleReporter(), outlook.IssueTally()
    config = configuration()
    ending = _ending_by_sigterm(config.mail.settings.longest_wait)
    chosen = {"now": now, "day": day, "schedule": config.schedule, "is_rehearsal": dry_run}
    with ending, app_of(config, reporter, uses_profiles=True, **chosen) as app:
        if not quiet:
            say_begun(f"Reading {count(len(app.listings), 'listing')}")
        done = runs.run(
            app,
            list(app.listings.values()),
            hands_over=not dry_run,
            early=early,
            observe=tally.observe,
        )
        found = [] if quiet else outlook.outlooks(app.composer, app.profiles.values(), tally)
        _end(app, reporter, done, quiet, as_json, outlooks=found, is_rehearsal=dry_run)


@click.command()
@click.option(
    "--days",
    "past",
    type=click.IntRange(1, 366),
    metavar="N",
    help="Also read the N days before the first reading, to try profiles on; mail none of them.",
)
@day_option
@now_option
@quiet_option
@json_option
def collect(
    past: int | None, day: date | None, now: datetime | None, quiet: bool, as_json: bool
) -> None:
    """Read the listings and remember what is new; mail nothing."""
    from ..pipeline import runs

    reporter = TroubleReporter()
    with app_of(configuration(), reporter, now=now, day=day) as app:
        listings = list(app.listings.values())
        if past is None:
            if not quiet:
                say_begun(f"Reading {count(len(listings), 'listing')}")
            done = runs.collect_only(app, listings)
        else:
            with progress() as show:
                done = runs.fill_past(app, listings, past, show)
        _end(app, reporter, done, quiet, as_json)


@click.command()
@now_option
@quiet_option
@json_option
def send(now: datetime | None, quiet: bool, as_json: bool) -> None:
    """Hand over the mail that is owed; collect nothing."""
    from ..pipeline import runs

    reporter = TroubleReporter()
    config = configuration()
    ending = _ending_by_sigterm(config.mail.settings.longest_wait)
    with ending, app_of(config, reporter, now=now) as app:
        if not quiet:
            say_begun("Handing over the mail")
        done = runs.send_only(app)
        _end(app, reporter, done, quiet, as_json)


@contextmanager
def _ending_by_sigterm(seconds: float) -> Iterator[None]:
    """Let SIGTERM end what is done as Ctrl-C does: the mail in hand gets its answer first.

    What is waited for is said where it takes longer than a moment, and so many seconds at the most.
    """
    from ..service import loop

    waiting = threading.Timer(loop.MOMENT, say, [loop.waiting_line(seconds)], {"err": True})
    waiting.daemon = True
    is_heard = False

    def hear(number: int, frame: FrameType | None) -> None:
        nonlocal is_heard
        if seconds and not is_heard:
            is_heard = True
            waiting.start()
        signal.default_int_handler(number, frame)

    try:
        with loop.hearing(hear, signal.SIGTERM):
            yield
    finally:
        waiting.cancel()


def _end(
    app: App,
    reporter: TroubleReporter,
    done: Report,
    quiet: bool,
    as_json: bool,
    *,
    outlooks: Sequence[Outlook] | None = None,
    is_rehearsal: bool = False,
) -> NoReturn:
    """Print what was done, and exit by the worst that happened.

    Without ``outlooks`` profiles were not used, so their mistakes do not matter.
    """
    from .. import run_report
    from ..config.named import unloadable

    if as_json:
        click.echo(json.dumps(run_report.as_json(done, outlooks or ())))
    elif quiet:
        for line in run_report.faults(done):
            say(line, err=True)
    else:
        run_report.show(
            done, outlooks or (), where=short(app.mail_folder), is_rehearsal=is_rehearsal
        )
        if outlooks == [] and not app.profiles and not app.problems:
            say("no profile names a reader: digest profile new writes one (each is a .yaml file)")
    is_misconfigured = bool(
        app.template_fault
        or (app.problems and outlooks is not None)
        or (done.snapshots and unloadable(app.listings))
    )
    sys.exit(exit_code(reporter, done, is_misconfigured=is_misconfigured))


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="A loopback address.")
@click.option(
    "--port", default=8765, show_default=True, type=PORT, help="0 takes any that is free."
)
@click.option("--no-browser", is_flag=True, help="Print the address only.")
@day_option
@now_option
def preview(host: str, port: int, no_browser: bool, day: date | None, now: datetime | None) -> None:
    """Show in the browser what each profile's issue would be now.

    Reads the listings first where that has not been done today, and follows your edits.
    """
    from ..pipeline import runs
    from ..web import server

    config = configuration()
    with app_of(config, TroubleReporter(), uses_profiles=True, now=now, day=day) as app:
        say_begun(f"Reading {count(len(app.listings), 'listing')}, unless that was done today")
        with app.store.work():
            runs.collected(app, app.collector.due_listings())
        # Also broken templates, which are in no other use, are followed until they are mended.
        own = [config.templates] if config.templates else []
        folders = [*own, app.template_folders[-1]]
        server.preview(
            app, folders, host=host, port=port, open_browser=not no_browser, say=click.echo
        )


@click.command()
@click.option("--host", help="Default: as configured, else this machine alone.")
@click.option("--port", type=PORT, help="0 takes any that is free.")
@click.option("--link", is_flag=True, help="Print the operator's link, good for 12 hours, and end.")
def web(host: str | None, port: int | None, link: bool) -> None:
    """Offer the pages: subscribe, edit, preview, archive, operator."""
    from ..web import server as pages

    config = configuration()
    with app_of(config, TroubleReporter(), uses_profiles=not link) as app:
        if link:
            click.echo(pages.operator_link(app, config.web))
        else:
            pages.serve(app, config.web, host=host, port=port, say=click.echo)


@click.command()
@click.option("--folder", type=click.Path(path_type=Path), default=Path("digest-demo"))
@click.option("--no-browser", is_flag=True, help="Print the preview's address, open nothing.")
@click.option("--once", is_flag=True, help="End when the mails are written; serve no preview.")
def demo(folder: Path, no_browser: bool, once: bool) -> None:
    """Show four mornings of invented papers: no network, no account."""
    from ..demo import play

    play(folder, open_browser=not no_browser, once=once)
