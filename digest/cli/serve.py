"""The command that runs all day, and what it says meanwhile: its pages, each mail, the next one."""

from __future__ import annotations

import threading
from contextlib import ExitStack, nullcontext
from dataclasses import dataclass, field
from datetime import datetime
from functools import partial
from typing import TYPE_CHECKING

import click

from ..model import count
from .terminal import DailyTroubleReporter, app_of, configuration, say, short

if TYPE_CHECKING:
    from ..app import App
    from ..config import Config
    from ..errors import DigestError
    from ..model import Schedule
    from ..pipeline.runs import Report


def register(main: click.Group) -> None:
    """Add these commands to the program."""
    main.add_command(serve)
    main.add_command(worker)


@click.command()
@click.option("--no-web", is_flag=True, help="Offer no pages.")
def serve(no_web: bool) -> None:
    """Run all day: do what is due, and offer the pages.

    Looks every minute.  Says where the pages are, each time that mail goes, when the next goes, and
    that it has ended.
    """
    from ..pipeline import runs
    from ..service import loop
    from ..web.server import beside

    config = configuration()
    gone: list[DigestError] = []
    reporter = DailyTroubleReporter()
    hour = _hour(config)
    with app_of(config, reporter, uses_profiles=True, schedule=hour, wait=loop.WAIT) as app:
        with nullcontext() if no_web else beside(app, config.web, say):
            loop.serve(partial(_tick, app, gone, Announcer()), stop=app.stop)
        if not gone:
            say(f"digest serve has ended; {_owed(runs.waiting(app.store))}")
    if gone:
        raise gone[0]


@click.command()
@click.option(
    "--only", help="Kinds of jobs, with commas: collect, compose, deliver, inbox; default: all."
)
@click.option(
    "--concurrency", default=1, show_default=True, type=click.IntRange(1, 64), help="Jobs at once."
)
def worker(only: str | None, concurrency: int) -> None:
    """Do jobs all day beside other workers, on any number of machines.

    Says what its own jobs made and sent.  Needs dispatch: procrastinate, a database of PostgreSQL,
    and papers-digest[cluster].
    """
    from ..service import loop
    from ..service.dispatch import KINDS, Dispatcher

    kinds = [each.strip() for each in only.split(",")] if only else list(KINDS)
    if unknown := sorted(set(kinds) - set(KINDS)):
        raise click.UsageError(f"--only: {', '.join(unknown)}: none of {', '.join(KINDS)}")
    config = configuration()
    _check_dispatch(config)
    hour = _hour(config)
    with ExitStack() as stack:
        apps = [
            stack.enter_context(
                app_of(config, DailyTroubleReporter(), schedule=hour, wait=loop.WAIT)
            )
            for _ in range(concurrency)
        ]
        announce = JobAnnouncer().announce
        dispatcher = Dispatcher(apps, config.database, apps[0].stop, announce)
        say(f"digest worker does {', '.join(kinds)}; {concurrency} at once")
        dispatcher.run(kinds)
    if dispatcher.gone:
        raise dispatcher.gone
    say("digest worker has ended")


def _hour(config: Config) -> Schedule:
    """Return when issues are due where neither a profile nor its subscriber says."""
    from ..model import Schedule

    return config.schedule or Schedule(timezone=config.timezone)


def _check_dispatch(config: Config) -> None:
    """Raise ConfigError unless jobs can be queued."""
    from ..config.named import dispatch_fault

    if config.dispatch != "procrastinate":
        raise config.error("dispatch", "digest worker needs dispatch: procrastinate")
    if reason := dispatch_fault(config):
        raise config.error("dispatch", reason)


def _owed(waiting: int) -> str:
    if not waiting:
        return "no mail is owed"
    return f"nothing is lost: {count(waiting, 'mail waits', 'mails wait')} for it"


def _tick(app: App, gone: list[DigestError], announcer: Announcer) -> None:
    """Do what is due; end the service where its database was replaced, and leave why in ``gone``.

    After any other trouble that a person can fix the next tick tries again.
    """
    from ..errors import DigestError
    from ..service.tick import tick
    from ..store import ReplacedError

    try:
        announcer.announce(app, tick(app))
    except ReplacedError as error:
        gone.append(error)
        app.stop.set()
    except DigestError as error:
        app.report_trouble(str(error))


@dataclass
class Announcer:
    """Says what a tick has done, and when the next mail goes, whenever that may have changed."""

    _enrolled: int = -1
    _next_at: datetime | None = None

    def announce(self, app: App, done: Report) -> None:
        """Say a line for what was mailed, and one for the next mail; after most ticks nothing."""
        from .. import run_report

        is_mailed = bool(done.issues or done.outcomes)
        has_passed = self._next_at is not None and app.now() >= self._next_at
        if is_mailed or has_passed:
            what = run_report.summary(done, short(app.mail_folder))
            what = what if is_mailed else "nothing to mail: so far no new paper matched"
            say(f"{app.now():%Y-%m-%d %H:%M} UTC: {what}")
        enrolled = app.live_profiles.enrolled
        if done.issues or has_passed or enrolled != self._enrolled:
            self._enrolled = enrolled
            self._next_at = _say_next(app)


@dataclass
class JobAnnouncer:
    """Says what each job of a worker did, and once it made no more issues when the next mail goes.

    The jobs of a worker run in threads; those of other workers say their own.
    """

    _is_next_open: bool = False
    _lock: threading.Lock = field(default_factory=threading.Lock)

    def announce(self, app: App, done: Report) -> None:
        """Say a line for what was made or mailed, and one for the next mail."""
        from .. import run_report

        with self._lock:
            if done.issues or done.outcomes:
                what = run_report.job_summary(done, short(app.mail_folder))
                say(f"{app.now():%Y-%m-%d %H:%M} UTC: {what}")
            # All readers are looked through for it: not after each of sixteen jobs.
            if self._is_next_open and not done.issues:
                _say_next(app)
            self._is_next_open = bool(done.issues)


def _say_next(app: App) -> datetime | None:
    """Say when the next mail goes, and return that."""
    from .. import run_report

    found = app.composer.next_issues()
    if found:
        why = ""
        if meant := found.put_off_from:
            why = f": {meant:%H:%M}, but not within twelve hours of the last"
        say(f"next mail: {run_report.hour(found.at)}, to {count(found.readers, 'reader')}{why}")
        return found.at
    if app.profiles:
        say("no mail is due: no profile names a reader (to:)")
    else:
        say("no mail is due: there is no profile; a new one is read within a minute")
    return None
