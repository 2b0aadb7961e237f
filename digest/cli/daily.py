"""The commands of every day: collect, make the issues, send the mail, serve the pages.

Each reads its arguments, calls one step, and prints its outcome.
"""

from __future__ import annotations

import json
import sys
from contextlib import nullcontext
from datetime import date, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, NoReturn

import click

from .terminal import (
    DailyTroubleReporter,
    TroubleReporter,
    app_of,
    configuration,
    day_option,
    exit_code,
    json_option,
    now_option,
    progress,
)

if TYPE_CHECKING:
    from ..app import App
    from ..errors import DigestError
    from ..pipeline.runs import Report


def register(main: click.Group) -> None:
    """Add these commands to the program."""
    for command in (run, collect, send, preview, serve, web, demo):
        main.add_command(command)


@click.command()
@day_option
@now_option
@click.option("--dry-run", "-n", is_flag=True, help="Do it all, keep nothing, send nothing.")
@json_option
def run(day: date | None, now: datetime | None, dry_run: bool, as_json: bool) -> None:
    """Collect, make the issues that are due, hand over the mail.

    Safe to repeat: nobody is mailed a paper twice, and a reader gets one issue a day at most.
    """
    from ..pipeline import runs

    reporter = TroubleReporter()
    with app_of(configuration(), reporter, now=now, day=day, is_rehearsal=dry_run) as app:
        done = runs.run(app, list(app.listings.values()), hands_over=not dry_run)
        _end(app, reporter, done, as_json, is_rehearsal=dry_run)


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
@json_option
def collect(past: int | None, day: date | None, now: datetime | None, as_json: bool) -> None:
    """Read the listings and remember what is new; mail nothing."""
    from ..pipeline import runs

    reporter = TroubleReporter()
    with app_of(configuration(), reporter, now=now, day=day) as app:
        listings = list(app.listings.values())
        if past is None:
            done = runs.collect_only(app, listings)
        else:
            with progress() as show:
                done = runs.fill_past(app, listings, past, show)
        _end(app, reporter, done, as_json)


@click.command()
@now_option
@json_option
def send(now: datetime | None, as_json: bool) -> None:
    """Hand over the mail that is owed; collect nothing."""
    from ..pipeline import runs

    reporter = TroubleReporter()
    with app_of(configuration(), reporter, now=now) as app:
        done = runs.send_only(app)
        _end(app, reporter, done, as_json)


def _end(
    app: App, reporter: TroubleReporter, done: Report, as_json: bool, *, is_rehearsal: bool = False
) -> NoReturn:
    """Print what was done, and exit by the worst that happened."""
    from .. import run_report

    if as_json:
        click.echo(json.dumps(run_report.as_json(done)))
    else:
        run_report.show(done, has_profiles=bool(app.profiles), is_rehearsal=is_rehearsal)
    sys.exit(exit_code(app.problems, reporter, done))


@click.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="A loopback address.")
@click.option("--port", default=8765, show_default=True, help="0 takes any that is free.")
@click.option("--no-browser", is_flag=True, help="Print the address only.")
@day_option
@now_option
def preview(host: str, port: int, no_browser: bool, day: date | None, now: datetime | None) -> None:
    """Show in the browser what each profile's issue would be now.

    Reads the listings first where that has not been done today, and follows your edits.
    """
    from ..web import server

    config = configuration()
    with app_of(config, TroubleReporter(), now=now, day=day) as app:
        with app.store.run_lock():
            app.collector.collect(app.collector.due_listings())
        # Also broken templates, which are in no other use, are followed until they are mended.
        own = [config.templates] if config.templates else []
        folders = [*own, app.template_folders[-1]]
        server.preview(
            app, folders, host=host, port=port, open_browser=not no_browser, say=click.echo
        )


@click.command()
@click.option("--no-web", is_flag=True, help="Offer no pages.")
def serve(no_web: bool) -> None:
    """Run all day: do whatever is due, every minute, and offer the pages."""
    from ..model import Schedule
    from ..service import loop
    from ..web.server import beside

    config = configuration()
    hour = config.schedule or Schedule(timezone=config.timezone)
    gone: list[DigestError] = []
    with (
        app_of(config, DailyTroubleReporter(), schedule=hour, wait=loop.WAIT) as app,
        nullcontext() if no_web else beside(app, config.web),
    ):
        loop.serve(partial(_tick, app, gone), stop=app.stop)
    if gone:
        raise gone[0]


def _tick(app: App, gone: list[DigestError]) -> None:
    """Do what is due; end the service where its database was replaced, and leave why in ``gone``.

    After any other trouble that a person can fix the next tick tries again.
    """
    from ..errors import DigestError
    from ..service.tick import tick
    from ..store import ReplacedError

    try:
        tick(app)
    except ReplacedError as error:
        gone.append(error)
        app.stop.set()
    except DigestError as error:
        app.report_trouble(str(error))


@click.command()
@click.option("--host", help="Default: as configured, else this machine alone.")
@click.option("--port", type=int, help="0 takes any that is free.")
@click.option("--link", is_flag=True, help="Print the operator's link, good for 12 hours, and end.")
def web(host: str | None, port: int | None, link: bool) -> None:
    """Offer the pages: subscribe, edit, preview, archive, operator."""
    from ..web import server as pages

    config = configuration()
    with app_of(config, TroubleReporter()) as app:
        if link:
            click.echo(pages.operator_link(app, config.web))
        else:
            pages.serve(app, config.web, host=host, port=port, say=click.echo)


@click.command()
@click.option("--folder", type=click.Path(path_type=Path), default=Path("digest-demo"))
@click.option("--no-browser", is_flag=True, help="Print the preview's address, open nothing.")
@click.option("--once", is_flag=True, help="End when the mails are written; serve no preview.")
def demo(folder: Path, no_browser: bool, once: bool) -> None:
    """Show a week of it on invented papers: no network, no account."""
    from ..demo import play

    play(folder, open_browser=not no_browser, once=once)
