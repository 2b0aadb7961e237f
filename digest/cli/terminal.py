"""What the commands share: the options, the way to the running digest, and messages on stderr.

Heavy imports wait for the command that needs them, so that ``--help`` answers at once.
"""

from __future__ import annotations

import os
import shutil
import textwrap
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager, contextmanager, suppress
from dataclasses import dataclass, field
from datetime import date, datetime
from pathlib import Path
from time import monotonic
from typing import TYPE_CHECKING, Any

import click

if TYPE_CHECKING:
    from ..app import App
    from ..config import Config
    from ..errors import DigestError
    from ..pipeline.runs import Report

#: LATER and CONFIG are from sysexits.h: EX_TEMPFAIL, "try later", and EX_CONFIG, "something is
#: wrong in the configuration".
DONE, FAILED, USAGE, LATER, CONFIG = 0, 1, 2, 75, 78

#: When mail goes that is queued and need not wait, whatever it is that sends here.
NEXT_TRY = "with the next run or digest send; where digest serve or worker runs, within a minute"

#: In seconds; a service repeats a line once in this time.
_REPEAT_AFTER = 24 * 3600


@dataclass
class TroubleReporter:
    """A reporter of trouble to a person, on stderr; it remembers that there was trouble."""

    troubles: list[str] = field(default_factory=list)

    def trouble(self, line: str) -> None:
        """Report one line about what went wrong."""
        self.troubles.append(line)
        say(line, err=True)


@dataclass
class DailyTroubleReporter(TroubleReporter):
    """The same for a service, which meets a trouble every minute and reports it once a day."""

    elapsed: Callable[[], float] = monotonic
    _said: dict[str, float] = field(default_factory=dict)

    def trouble(self, line: str) -> None:
        """Report one line about what went wrong, unless it was reported within a day."""
        now = self.elapsed()
        self._said = {each: at for each, at in self._said.items() if now - at < _REPEAT_AFTER}
        if line not in self._said:
            self._said[line] = now
            say(line, err=True)


def say(line: str, *, err: bool = False, indent: str = "  ") -> None:
    """Print one line at once.  Its reader may be gone, or a disk full: the work goes on."""
    with suppress(OSError, ValueError):
        click.echo(fitted(line, err=err, indent=indent), err=err)


def fitted(text: str, *, err: bool = False, indent: str = "  ", less: int = 0) -> str:
    """Return lines folded where a terminal shows them; for a file or a program as they are."""
    context = click.get_current_context(silent=True)
    is_shown = os.isatty(2 if err else 1)
    if not (is_shown or (context and context.terminal_width)):
        return text
    lines = text.split("\n")
    return "\n".join(folded(line, indent=indent, less=less) for line in lines)


def folded(text: str, *, indent: str = "  ", less: int = 0) -> str:
    """Return prose in lines that fit the terminal, ``less`` columns of the first one being taken.

    Addresses and paths stay whole, however long they are.
    """
    lines = textwrap.wrap(
        text,
        shutil.get_terminal_size().columns,
        initial_indent=" " * less,
        subsequent_indent=indent,
        break_long_words=False,
        break_on_hyphens=False,
    )
    return "\n".join(lines)[less:]


def short(path: str | Path) -> str:
    """Return a path as a person would write it here: below this folder, relative to it."""
    return os.path.relpath(path) if path and Path(path).is_relative_to(Path.cwd()) else str(path)


def say_begun(what: str) -> None:
    """Say at a terminal, before it begins, what may take more than a second."""
    if os.isatty(2):
        say(f"{what} …", err=True)


@contextmanager
def progress() -> Iterator[Callable[[str, int, int], None]]:
    """Show on a terminal, in one line of stderr, what is worked on: a name, so many of so many."""
    is_shown = os.isatty(2)

    def show(name: str, done: int, of: int) -> None:
        if is_shown:
            click.echo(f"\r\x1b[K{name}: {done} of {of}", err=True, nl=False)

    try:
        yield show
    finally:
        if is_shown:
            click.echo("\r\x1b[K", err=True, nl=False)


class InstantParameter(click.ParamType[datetime]):
    """An instant, in ISO format with its zone."""

    name = "time"

    def convert(self, value: Any, param: Any, ctx: Any) -> datetime:
        """Parse an instant; refuse one without a zone."""
        try:
            moment = datetime.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is not a time such as 2026-03-12T07:30+01:00", param, ctx)
        if moment.tzinfo is None:
            self.fail(f"{value!r} needs its zone, as in {value}+01:00 or {value}Z", param, ctx)
        return moment


class DayParameter(click.ParamType[date]):
    """A date, in ISO format."""

    name = "day"

    def convert(self, value: Any, param: Any, ctx: Any) -> date:
        """Parse a date."""
        try:
            return date.fromisoformat(value)
        except ValueError:
            self.fail(f"{value!r} is not a day such as 2026-03-12", param, ctx)


class SourceParameter(click.Path):
    """A file that is there, ``-`` for standard input, or the address of a search."""

    def __init__(self) -> None:
        super().__init__(exists=True, dir_okay=False, allow_dash=True)

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        """Return the file's name or the address; refuse a file that cannot be read."""
        from ..profiles.search_addresses import is_address

        return value if is_address(value) else super().convert(value, param, ctx)


class NewFileParameter(click.Path):
    """A file that is to be written: nothing is there yet, but its folder is."""

    def __init__(self) -> None:
        super().__init__(path_type=Path)

    def convert(self, value: Any, param: Any, ctx: Any) -> Any:
        """Return the path; refuse one where something is, or whose folder is missing."""
        path = Path(os.fsdecode(super().convert(value, param, ctx)))
        if path.exists():
            self.fail(f"{path} is there already: name another, or delete it first", param, ctx)
        if not path.absolute().parent.is_dir():
            self.fail(f"{path}: its folder is not there", param, ctx)
        return path


def configuration(*, logs_in: bool = True, has_log: bool = True) -> Config:
    """Load the settings and start the log; raises ConfigError.

    With ``logs_in=False`` no password is needed, neither to send nor to read mail; with
    ``has_log=False`` nothing is logged, which saves 0.2 s of importing.
    """
    from ..config import find, load

    ctx = click.get_current_context()
    config = load(find(ctx.obj, os.environ), os.environ, logs_in=logs_in)
    if has_log:
        from ..service.log import start_log

        start_log(ctx.meta["level"] or config.log.level, config.log.format)
    return config


@contextmanager
def app_of(
    config: Config, reporter: TroubleReporter, *, uses_profiles: bool = False, **chosen: Any
) -> Iterator[App]:
    """Open the running digest; a command that uses profiles says first what is wrong with them."""
    from ..app import opened
    from ..service.mask import show_message_ids

    with opened(config, report_trouble=reporter.trouble, **chosen) as app:
        show_message_ids(app.letterhead.domain)
        for problem in app.problems if uses_profiles else ():
            say(str(problem), err=True)
        yield app


def say_if_for_no_one(app: App) -> None:
    """Say that what a command queues for one person waits, where issues go to a channel."""
    if app.posts:
        line = "mail.sender: chat posts issues alone; mail for one person waits for another sender"
        say(f"{line}, or for digest outbox withdraw", err=True)


def running() -> AbstractContextManager[App]:
    """Open the running digest by this call's settings, for commands that log in nowhere."""
    return app_of(configuration(logs_in=False), TroubleReporter())


def exit_code(reporter: TroubleReporter, done: Report, *, is_misconfigured: bool) -> int:
    """Return the exit code of the worst that happened."""
    from ..run_report import has_failed

    if is_misconfigured or done.setting:
        return CONFIG
    if has_failed(done):
        return FAILED
    return LATER if done.unread or (done.waiting and reporter.troubles) else DONE


def exit_of(error: DigestError) -> int:
    """Return the exit code of the error that ended a command."""
    if error.is_misconfigured:
        return CONFIG
    return LATER if error.is_passing else FAILED


day_option = click.option("--day", type=DayParameter(), help="The listing day; default: today.")
now_option = click.option(
    "--now", type=InstantParameter(), help="Set the clock, as in 2026-03-12T08:00Z."
)
quiet_option = click.option(
    "--quiet", "-q", is_flag=True, help="Say only what went wrong: for cron."
)
json_option = click.option("--json", "as_json", is_flag=True, help="Print one JSON document.")
source_argument = click.argument("source", metavar="FILE|-", type=SourceParameter())
ids_argument = click.argument("ids", nargs=-1, required=True, type=int)
