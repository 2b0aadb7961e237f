"""The commands for mail: the outbox, the doctor, and backups.

Imports little at the top, so that ``--help`` stays fast.
"""

from __future__ import annotations

import json
import sys
from collections.abc import Sequence
from dataclasses import replace
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from ..model import count
from .terminal import (
    CONFIG,
    DONE,
    FAILED,
    LATER,
    NEXT_TRY,
    NewFileParameter,
    TroubleReporter,
    app_of,
    configuration,
    exit_of,
    folded,
    ids_argument,
    json_option,
    now_option,
    running,
    say,
    say_begun,
)

if TYPE_CHECKING:
    from ..app import App
    from ..config import Config
    from ..model import DeliveryState
    from ..service.findings import Finding
    from ..store.outbox_admin import OutboxRow

STATES = ("queued", "claimed", "data_sent", "sent", "failed", "in_doubt", "withdrawn")


def register(main: click.Group) -> None:
    """Add these commands to the program."""
    for command in (outbox, doctor, backup, restore, restored):
        main.add_command(command)


@click.group()
def outbox() -> None:
    """Look after the mails that are owed."""


@outbox.command("list")
@click.option("--state", type=click.Choice(STATES), help="Only those in this state.")
@click.option("--most", default=50, show_default=True, help="The newest so many.")
@json_option
def list_mails(state: str | None, most: int, as_json: bool) -> None:
    """List what is owed, and what became of the rest.

    With state, day, address and subject; the newest first.
    """
    from ..store import outbox_admin

    with running() as app:
        with app.store.begin() as tx:
            rows = outbox_admin.newest(tx, state=state, most=most)
        if as_json:
            click.echo(json.dumps({"mails": [row.document() for row in rows]}))
            return
        for row in rows:
            click.echo(f"{row.id:>7}  {row.state:<9}  {row.created_at:%Y-%m-%d}  {row.address}")
            by = f"by {row.relay}" if row.relay else ""
            subject = app.deliverer.subject_of(row.id)
            for line in (subject, by, row.error, _next_try(row, app.now())):
                if line:
                    click.echo(folded(f"{'':9}{line}", indent=" " * 9))
    if not rows:
        click.echo("no mail is owed or was sent" if state is None else f"no mail is {state}")


def _next_try(row: OutboxRow, now: datetime) -> str:
    """Return when a mail that waits is tried next; empty for any other."""
    if row.state != "queued":
        return ""
    is_later = row.not_before > now
    since = f"from {row.not_before:%Y-%m-%d %H:%M} UTC on, " if is_later else ""
    return f"next try: {since}{NEXT_TRY}"


@outbox.command("show")
@click.argument("id", type=int)
def show_mail(id: int) -> None:
    """Show everything that is known of one mail."""
    from ..store import outbox_admin

    with running() as app, app.store.begin() as tx:
        row = _known(outbox_admin.find(tx, id), id)
    for name, value in row.document().items():
        click.echo(f"{name:<12} {'' if value is None else value}".rstrip())


@outbox.command("retry")
@click.argument("ids", nargs=-1, type=int)
@click.option("--all", "all_of_them", is_flag=True, help="All that the set-up alone kept back.")
@now_option
def retry(ids: tuple[int, ...], all_of_them: bool, now: datetime | None) -> None:
    """Queue failed mails again, and put those that wait at the front.

    With --all those that waited or failed because the relay refused the sender or the login: not
    one that was refused for its address or for what it holds.
    """
    if bool(ids) == all_of_them:
        raise click.UsageError("name mails by their ids, or all that the set-up kept back by --all")
    if all_of_them:
        _all_again(now)
    else:
        _again(ids, ("queued", "failed"), now=now)


def _all_again(now: datetime | None) -> None:
    from ..store import outbox_admin

    with (
        app_of(configuration(logs_in=False), TroubleReporter(), now=now) as app,
        app.store.begin() as tx,
    ):
        ids = outbox_admin.of_the_set_up(tx)
        moved = [id for id in ids if outbox_admin.requeue(tx, id, ("queued", "failed"), app.now())]
    say(f"queued {len(moved)}; they go out {NEXT_TRY}")


@outbox.command("release")
@ids_argument
@click.option("--sent", is_flag=True, help="They did go out: do not send them again.")
def release(ids: tuple[int, ...], sent: bool) -> None:
    """Decide about mails in doubt.

    Send them once more, or take them for sent.
    """
    from ..model import DeliveryState

    _again(ids, ("in_doubt",), ends_as=DeliveryState.SENT if sent else None)


@outbox.command("withdraw")
@ids_argument
def withdraw(ids: tuple[int, ...]) -> None:
    """Never send mails that wait, failed, or are in doubt.

    The papers of an issue do not come again: it keeps them.
    """
    from ..model import DeliveryState

    _again(ids, ("queued", "failed", "in_doubt"), ends_as=DeliveryState.WITHDRAWN)


def _again(
    ids: tuple[int, ...],
    states: tuple[str, ...],
    *,
    ends_as: DeliveryState | None = None,
    now: datetime | None = None,
) -> None:
    """Queue mails again, or end them; raises click.UsageError if there is none of an id."""
    from ..store import outbox_admin

    with (
        app_of(configuration(logs_in=False), TroubleReporter(), now=now) as app,
        app.store.begin() as tx,
    ):
        found = {id: _known(outbox_admin.find(tx, id), id) for id in ids}
        moved = [
            id for id in ids if outbox_admin.requeue(tx, id, states, app.now(), ends_as=ends_as)
        ]
    ended = {"sent": "taken for sent", "withdrawn": "withdrawn"}.get(ends_as or "", "queued")
    for id in ids:
        say(f"{id}: {ended if id in moved else f'left as it is: {found[id].state}'}")
    sys.exit(0 if len(moved) == len(ids) else 1)


@outbox.command("export")
@click.argument("id", type=int)
def export(id: int) -> None:
    """Write a mail to standard output, as it goes over the wire."""
    from ..store import outbox_admin

    with running() as app:
        with app.store.begin() as tx:
            _known(outbox_admin.find(tx, id), id)
        try:
            data = app.deliverer.message_of(id).data
        except ValueError as error:
            raise click.ClickException(f"{id}: {error}") from error
        sys.stdout.buffer.write(data)


def _known(row: Any, id: int) -> Any:
    if row is None:
        raise click.UsageError(f"there is no mail {id}")
    return row


@click.command()
@click.option(
    "--clock-is-right",
    is_flag=True,
    help="The clock was ahead once and is right now: date back what was written down then.",
)
@now_option
@json_option
def doctor(clock_is_right: bool, now: datetime | None, as_json: bool) -> None:
    """Look for what would keep mail from leaving.

    Each fault has a remedy; ends as a run would.
    """
    say_begun("Asking the mail server and the DNS, where there are some")
    findings = _examined(configuration(logs_in=False), now, clock_is_right=clock_is_right)
    if as_json:
        click.echo(json.dumps({"findings": [finding.document() for finding in findings]}))
    for finding in () if as_json else findings:
        say(
            f"{'ok  ' if finding.is_good else 'BAD '} {finding.what}: {finding.found}",
            indent=" " * 7,
        )
        if finding.remedy:
            say(f"       {finding.remedy}", indent=" " * 7)
    sys.exit(_worst([finding for finding in findings if not finding.is_good]))


def _worst(bad: Sequence[Finding]) -> int:
    """Return the exit code for what was found to be wrong: the set-up first, then a wait."""
    codes = {exit_of(finding.trouble) if finding.trouble else FAILED for finding in bad}
    return next((code for code in (CONFIG, LATER, FAILED) if code in codes), DONE)


def _examined(config: Config, now: datetime | None, *, clock_is_right: bool) -> list[Finding]:
    """Examine everything; where the database is out of reach, with an empty one in its place."""
    from ..pipeline import clock
    from ..service.doctor import examine
    from ..store import StoreError

    try:
        with app_of(config, TroubleReporter(), now=now) as app:
            if clock_is_right:
                rows = clock.accept_clock(app.store, app.now(), app.timezone)
                click.echo(
                    f"dated back to {app.now():%Y-%m-%d %H:%M} UTC: {count(rows, 'row')}", err=True
                )
            return examine(app, config)
    except StoreError as error:
        with app_of(replace(config, database="sqlite://"), TroubleReporter(), now=now) as app:
            return examine(app, config, error)


@click.command()
@click.argument("file", type=NewFileParameter())
def backup(file: Path) -> None:
    """Copy the database while it is in use.

    PostgreSQL has pg_dump for this.  A copy that is put back repeats no mail: what was still owed
    is in doubt there, and what is collected by the first run counts as mailed.  A dump of
    PostgreSQL's is known by its new place.
    """
    _refuse_no_database()
    say_begun("Copying the database")
    with running() as app:
        _copy(app, file)
    click.echo(f"{file}: {count(file.stat().st_size, 'byte')}")


def _refuse_no_database() -> None:
    """Raise ConfigError if there is none: an empty copy would look like a good one."""
    from ..store.file import file_of

    config = configuration(logs_in=False)
    source = file_of(config.database)
    if source is not None and not source.exists():
        raise config.error("database", f"{source}: no such database")


def _copy(app: App, file: Path) -> None:
    from ..store.backup import copy

    copy(app.store, file)


@click.command()
@click.argument("file", type=click.Path(exists=True, path_type=Path))
def restore(file: Path) -> None:
    """Put a backup back.

    What was there stays beside it under another name.  End digest serve and digest web first.  What
    the copy still owed is in doubt from now on, and what is collected by the next run counts as
    mailed.  PostgreSQL has pg_restore for this.
    """
    from ..app import clock
    from ..store.restore import restore as put_back

    say_begun("Putting the database back")
    done = put_back(configuration(logs_in=False).database, file, clock())
    known = "has read no listing yet"
    if done.read_at:
        known = f"knows all until {done.read_at:%Y-%m-%d %H:%M} UTC"
    say(f"{done.database}: put back from {file}, which {known}")
    if done.kept:
        say(f"{done.kept}: what was there before")
    say("not mailed: what is collected until the end of the next run, for it may have been")
    if done.in_doubt:
        remedy = "digest outbox list --state in_doubt, then digest outbox release"
        mails = count(done.in_doubt, "mail")
        say(f"in doubt, and mailed only by your word: {mails}; {remedy}")
    say("mailed as ever: what is collected after that")


@click.command()
def restored() -> None:
    """Say that the database was put back from a copy.

    From one that digest cannot know for a copy, that is: a copied file, a snapshot of a disk, a
    point in time: what was still owed is in doubt from now on, and what is collected by the next
    run counts as mailed.
    """
    from ..store.backup import fence

    with running() as app, app.store.begin() as tx:
        fence(tx)
    say("the next run mails nothing that was collected until then")
