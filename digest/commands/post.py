"""The commands around mail: what is owed, whether it can leave, and a backup.

Imports next to nothing at the top, so that ``--help`` stays quick.
"""

from __future__ import annotations

import json
import sys
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .talk import Talk, app_of, configuration, ids_argument, json_option, now_option, running

if TYPE_CHECKING:
    from ..app import App

STATES = ("queued", "claimed", "data_sent", "sent", "failed", "in_doubt", "withdrawn")


def register(main: click.Group) -> None:
    """Take these commands in."""
    for command in (outbox, doctor, backup, restored):
        main.add_command(command)


@click.group()
def outbox() -> None:
    """Look after the mails that are owed."""


@outbox.command("list")
@click.option("--state", type=click.Choice(STATES), help="Only those in this state.")
@click.option("--most", default=50, show_default=True, help="The newest so many.")
@json_option
def list_mails(state: str | None, most: int, as_json: bool) -> None:
    """What is owed and what became of the rest, newest first."""
    from ..store import ledger

    with running() as app, app.store.begin() as tx:
        rows = ledger.mails(tx, state=state, most=most)
    if as_json:
        click.echo(json.dumps({"mails": [row.document() for row in rows]}))
    for row in () if as_json else rows:
        click.echo(
            f"{row.id:>7}  {row.state:<9}  {row.kind:<8}  {row.address}  {row.error}".rstrip()
        )


@outbox.command("show")
@click.argument("id", type=int)
def show_mail(id: int) -> None:
    """Everything that is known of one mail."""
    from ..store import ledger

    with running() as app, app.store.begin() as tx:
        row = _known(ledger.one(tx, id), id)
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
    from ..store import ledger

    with app_of(configuration(), Talk(), now=now) as app, app.store.begin() as tx:
        ids = ledger.of_the_set_up(tx)
        moved = [id for id in ids if ledger.again(tx, id, ("queued", "failed"), app.now())]
    click.echo(f"queued {len(moved)}; they go out with the next run or digest send")


@outbox.command("release")
@ids_argument
@click.option("--sent", is_flag=True, help="They did go out: do not send them again.")
def release(ids: tuple[int, ...], sent: bool) -> None:
    """Decide about mails in doubt: send them once more, or take them for sent."""
    _again(ids, ("in_doubt",), is_sent=sent)


def _again(
    ids: tuple[int, ...],
    states: tuple[str, ...],
    *,
    is_sent: bool = False,
    now: datetime | None = None,
) -> None:
    from ..store import ledger

    with app_of(configuration(), Talk(), now=now) as app, app.store.begin() as tx:
        moved = [id for id in ids if ledger.again(tx, id, states, app.now(), is_sent=is_sent)]
    for id in ids:
        done = ("taken for sent" if is_sent else "queued") if id in moved else "left as it is"
        click.echo(f"{id}: {done}")
    sys.exit(0 if len(moved) == len(ids) else 1)


@outbox.command("export")
@click.argument("id", type=int)
def export(id: int) -> None:
    """Write a mail to standard output, as it goes over the wire."""
    from ..handover import message_of
    from ..store import ledger

    with running() as app:
        with app.store.begin() as tx:
            _known(ledger.one(tx, id), id)
        sys.stdout.buffer.write(message_of(app, id).data)


def _known(row: Any, id: int) -> Any:
    if row is None:
        raise click.UsageError(f"there is no mail {id}")
    return row


@click.command()
@json_option
def doctor(as_json: bool) -> None:
    """Look for what would keep mail from leaving, each with a remedy; 0 if there is nothing."""
    from ..doctor import examine

    with running() as app:
        findings = examine(app, configuration())
    if as_json:
        click.echo(json.dumps({"findings": [finding.document() for finding in findings]}))
    for finding in () if as_json else findings:
        click.echo(f"{'ok  ' if finding.is_good else 'BAD '} {finding.what}: {finding.found}")
        if finding.remedy:
            click.echo(f"       {finding.remedy}")
    sys.exit(0 if all(finding.is_good for finding in findings) else 1)


@click.command()
@click.argument("file", type=click.Path(path_type=Path))
def backup(file: Path) -> None:
    """Copy the database while it is in use; PostgreSQL has pg_dump for this.

    A copy that is put back repeats no mail: what was still owed is in doubt there, and what is
    collected by the first run counts as mailed.  A dump of PostgreSQL's is known by its new place.
    """
    with running() as app:
        _copy(app, file)
    click.echo(f"{file}: {file.stat().st_size} bytes")


def _copy(app: App, file: Path) -> None:
    from ..store.backup import copy

    copy(app.store, file)


@click.command()
def restored() -> None:
    """Say that the database was put back from a copy that digest cannot know for one.

    A copied file, a snapshot of a disk, a point in time: what was still owed is in doubt from now
    on, and what is collected by the next run counts as mailed.
    """
    from ..store.backup import fence

    with running() as app, app.store.begin() as tx:
        fence(tx)
    click.echo("the next run mails nothing that was collected until then")
