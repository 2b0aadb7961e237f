"""The commands.  Each reads its arguments, calls one step, and says what came of it.

Heavy imports wait for the command that needs them, so that ``--help`` answers at once.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator
from contextlib import contextmanager, nullcontext
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from .app import App
    from .config import Config
    from .model import Listing

#: From sysexits.h: "try later" and "something is wrong in the configuration".
DONE, FAILED, USAGE, LATER, CONFIG = 0, 1, 2, 75, 78

EXIT_CODES = """\b
Exit codes:
  0   done, also when there was nothing new
  1   something failed: a listing, a mail
  2   the command line cannot be understood
  75  nothing is lost, try later: another run is at work, or the mail server is away
  78  something is wrong in the configuration or in a profile
"""


@dataclass
class Talk:
    """What a person at the terminal hears, on stderr; it also remembers that there was trouble."""

    troubles: list[str] = field(default_factory=list)

    def trouble(self, line: str) -> None:
        """One line of what went wrong."""
        self.troubles.append(line)
        click.echo(line, err=True)


class Moment(click.ParamType[datetime]):
    """An instant, in ISO format with its zone."""

    name = "time"

    def convert(self, value: Any, param: Any, ctx: Any) -> datetime:
        """Read it; refuse one without a zone."""
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is not a time such as 2026-03-12T07:30+01:00", param, ctx)
        if moment.tzinfo is None:
            self.fail(f"{value!r} needs its zone, as in {value}+01:00 or {value}Z", param, ctx)
        return moment


class Day(click.ParamType[date]):
    """A date, in ISO format."""

    name = "day"

    def convert(self, value: Any, param: Any, ctx: Any) -> date:
        """Read it."""
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is not a day such as 2026-03-12", param, ctx)


class Commands(click.Group):
    """Turns what a person can mend into one line and the right exit code."""

    def invoke(self, ctx: click.Context) -> Any:
        """Run the command."""
        from .errors import ConfigError, DigestError, ProfileError

        try:
            return super().invoke(ctx)
        except (ConfigError, ProfileError) as error:
            click.echo(str(error), err=True)
            ctx.exit(CONFIG)
        except DigestError as error:
            click.echo(f"digest: {error}", err=True)
            ctx.exit(LATER if type(error).__name__ == "BusyError" else FAILED)


@click.group(
    cls=Commands, epilog=EXIT_CODES, context_settings={"help_option_names": ["-h", "--help"]}
)
@click.option("--config", "-c", type=click.Path(), help="The configuration; default: config.yaml.")
@click.option("--verbose", "-v", is_flag=True, help="Log more.")
@click.version_option(package_name="digest", prog_name="digest")
@click.pass_context
def main(ctx: click.Context, config: str | None, verbose: bool) -> None:
    """A daily digest of research papers: nothing missed, nothing twice."""
    ctx.obj = config
    ctx.meta["verbose"] = verbose


def configuration() -> Config:
    """The settings that this call is about; raises ConfigError."""
    import os

    from .config import find, load

    ctx = click.get_current_context()
    config = load(find(ctx.obj, os.environ), os.environ)
    from .journal import keep_journal

    keep_journal("debug" if ctx.meta["verbose"] else config.log.level, config.log.format)
    return config


@contextmanager
def app_of(config: Config, talk: Talk, **chosen: Any) -> Iterator[App]:
    """The running digest, with what is wrong with profiles said first."""
    from .app import opened

    with opened(config, complain=talk.trouble, **chosen) as app:
        for problem in app.problems:
            click.echo(str(problem), err=True)
        yield app


def exit_code(app: App, talk: Talk, *, failed: bool, waiting: int) -> int:
    """The worst of what happened."""
    if app.problems:
        return CONFIG
    if failed:
        return FAILED
    return LATER if waiting and talk.troubles else DONE


day_option = click.option("--day", type=Day(), help="The listing day; default: today.")
now_option = click.option("--now", type=Moment(), help="Set the clock, as in 2026-03-12T08:00Z.")
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")


@main.command()
@day_option
@now_option
@click.option("--dry-run", "-n", is_flag=True, help="Do it all, keep nothing, send nothing.")
@json_option
def run(day: date | None, now: datetime | None, dry_run: bool, as_json: bool) -> None:
    """Collect, make the issues that are due, hand over the mail.

    Safe to repeat: nobody is mailed a paper twice, and a reader gets one issue a day at most.
    """
    from . import pipeline, report

    talk = Talk()
    with app_of(configuration(), talk, now=now, day=day, is_rehearsal=dry_run) as app:
        done = pipeline.run(app, list(app.listings.values()), hands_over=not dry_run)
        if as_json:
            click.echo(json.dumps(report.as_json(done)))
        else:
            report.show(done, app, is_rehearsal=dry_run)
        sys.exit(exit_code(app, talk, failed=report.has_failed(done), waiting=done.waiting))


@main.command()
@day_option
@now_option
@json_option
def collect(day: date | None, now: datetime | None, as_json: bool) -> None:
    """Read the listings and remember what is new; mail nothing."""
    from . import pipeline, report

    talk = Talk()
    with app_of(configuration(), talk, now=now, day=day) as app:
        done = pipeline.collect_only(app, list(app.listings.values()))
        if as_json:
            click.echo(json.dumps(report.as_json(done)))
        else:
            report.show(done, app)
        sys.exit(exit_code(app, talk, failed=report.has_failed(done), waiting=0))


@main.command()
@now_option
@json_option
def send(now: datetime | None, as_json: bool) -> None:
    """Hand over the mail that is owed; collect nothing."""
    from . import pipeline, report

    talk = Talk()
    with app_of(configuration(), talk, now=now) as app:
        done = pipeline.send_only(app)
        if as_json:
            click.echo(json.dumps(report.as_json(done)))
        else:
            report.show(done, app)
        sys.exit(exit_code(app, talk, failed=report.has_failed(done), waiting=done.waiting))


@main.command()
@click.option("--host", default="127.0.0.1", show_default=True, help="A loopback address.")
@click.option("--port", default=8765, show_default=True, help="0 takes any that is free.")
@click.option("--no-browser", is_flag=True, help="Print the address only.")
@day_option
@now_option
def preview(host: str, port: int, no_browser: bool, day: date | None, now: datetime | None) -> None:
    """Show in the browser what each profile's issue would be now.

    Reads the listings first where that has not been done today, and follows your edits.
    """
    from . import collect
    from .web.desk import LiveDesk
    from .web.preview import serve

    with app_of(configuration(), Talk(), now=now, day=day) as app:
        with app.store.alone():
            collect.collect(app, collect.due_listings(app))
        desk = LiveDesk(app)
        serve(desk, host=host, port=port, open_browser=not no_browser, say=click.echo)


@main.command()
@click.option("--no-web", is_flag=True, help="Offer no pages.")
def serve(no_web: bool) -> None:
    """Run all day: do whatever is due, every minute, and offer the pages."""
    from . import pipeline, schedule
    from .model import Schedule
    from .web.run import beside

    config = configuration()
    hour = config.schedule or Schedule(timezone=config.timezone)
    with (
        app_of(config, Talk(), schedule=hour, wait=schedule.WAIT) as app,
        nullcontext() if no_web else beside(app, config.web),
    ):
        schedule.serve(lambda: pipeline.tick(app), stop=app.stop)


@main.command()
@click.option("--host", help="Default: as configured, else this machine alone.")
@click.option("--port", type=int, help="0 takes any that is free.")
@click.option("--link", is_flag=True, help="Print the operator's link, good for 12 hours, and end.")
def web(host: str | None, port: int | None, link: bool) -> None:
    """Offer the pages: subscribe, edit, preview, archive, operator."""
    from .web import run as pages

    config = configuration()
    with app_of(config, Talk()) as app:
        if link:
            click.echo(pages.operator_link(app, config.web))
        else:
            pages.serve(app, config.web, host=host, port=port, say=click.echo)


@main.command()
@click.option("--folder", type=click.Path(path_type=Path), default=Path("digest-demo"))
@click.option("--no-browser", is_flag=True, help="Print the preview's address, open nothing.")
@click.option("--once", is_flag=True, help="End when the mails are written; serve no preview.")
def demo(folder: Path, no_browser: bool, once: bool) -> None:
    """Show a week of it on invented papers: no network, no account."""
    from .demo import play

    play(folder, open_browser=not no_browser, once=once)


@main.group()
def listing() -> None:
    """Look after what is watched."""


@listing.command("status")
@json_option
def listing_status(as_json: bool) -> None:
    """What became of each listing in the last 14 days."""
    from . import report

    with app_of(configuration(), Talk()) as app:
        history = report.history(app)
        if as_json:
            click.echo(json.dumps({"listings": history}, default=str))
        else:
            report.show_history(app, history)


@listing.command("release")
@click.argument("name")
def release(name: str) -> None:
    """Let a held flood go out with the next issues."""
    from .store import shelf

    with app_of(configuration(), Talk()) as app, app.store.begin() as tx:
        number = shelf.release(tx, _known(app, name).name)
    click.echo(f"{name}: {number} papers go out with the next issues")


@listing.command("forget")
@click.argument("name")
def forget(name: str) -> None:
    """Leave a held flood unmailed for ever."""
    from .store import shelf

    with app_of(configuration(), Talk()) as app, app.store.begin() as tx:
        number = shelf.forget(tx, _known(app, name).name)
    click.echo(f"{name}: {number} papers stay seen and are never mailed")


def _known(app: App, name: str) -> Listing:
    if name not in app.listings:
        raise click.UsageError(
            f"no listing is called {name!r}; there are {', '.join(app.listings)}"
        )
    return app.listings[name]


from .commands import post, profile, render  # noqa: E402  # the groups need what stands above

post.register(main)
profile.register(main)
render.register(main)
