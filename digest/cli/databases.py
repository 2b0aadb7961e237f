"""The commands for the database as a whole: carry it to another kind, take out what is old.

Imports little at the top, so that ``--help`` stays fast.
"""

from __future__ import annotations

from datetime import datetime

import click

from ..model import count
from .terminal import TroubleReporter, app_of, configuration, now_option, say


def register(main: click.Group) -> None:
    """Add these commands to the program."""
    for command in (migrate, vacuum):
        main.add_command(command)


@click.command()
@click.option("--from", "source", required=True, help="As sqlite:////var/lib/digest/digest.db.")
@click.option("--to", "target", required=True, help="As postgresql://digest@localhost/digest.")
def migrate(source: str, target: str) -> None:
    """Carry everything to another, empty database.

    From SQLite to PostgreSQL, or back.  End every digest first.  Counts and checksums are compared
    before anything is kept, so it can be repeated.  Then name the new database in the
    configuration, and let no digest run on the old one: it would mail again what the new one has
    mailed.
    """
    from ..store.carry import carry
    from ..store.faults import MissingModuleError, SettingsError

    try:
        carry(source, target, say)
    except MissingModuleError:  # which the command line has not named
        raise
    except SettingsError as error:  # which the command line has named
        raise click.UsageError(str(error)) from None
    say("all is the same in both; name the new one in database:, and let the old one rest")


@click.command()
@click.option("--dry-run", "-n", is_flag=True, help="Say what would go, and take nothing out.")
@now_option
def vacuum(dry_run: bool, now: datetime | None) -> None:
    """Take out what is older than keep: says.

    digest serve does so by itself.  Settled mails, contents of issues, repeated receipts, and
    texts of papers that were in no issue.  Not what was sent to each subscriber: nothing is mailed
    twice.  Stops where mail is due.
    """
    from ..pipeline import vacuum as steps

    with app_of(configuration(logs_in=False), TroubleReporter(), now=now) as app:
        found = steps.counts(app) if dry_run else {}
        if dry_run and not any(found.values()):
            none = f"nothing is older than {count(app.keep.days, 'day')}" if app.keep else ""
            click.echo(none or "all is kept for ever")
            return
        for kind, number in found.items() if dry_run else steps.take_out(app):
            click.echo(f"{kind}: {number:,} {'would go' if dry_run else 'taken out'}")
