"""The commands for mail that comes in: by a pipe, by IMAP, and messages that were set aside.

Imports little at the top, so that ``--help`` stays fast.
"""

from __future__ import annotations

import sys
from typing import Any, BinaryIO

import click

from ..model import count
from .terminal import LATER, configuration, ids_argument, running, say, say_if_for_no_one


def register(main: click.Group) -> None:
    """Add these commands to the program."""
    main.add_command(inbox)


@click.group(invoke_without_command=True)
@click.pass_context
def inbox(ctx: click.Context) -> None:
    """Take one mail that came in, from standard input.

    It is a command, a bounce or a complaint.  A mail server pipes each mail to the digest's address
    into this.  Exit code 75 asks it to try again, which is safe: a message is handled once.
    """
    if ctx.invoked_subcommand is None:
        _take(sys.stdin.buffer)


def _take(stream: BinaryIO) -> None:
    from ..store import inbound
    from ..subscribers.inbox.incoming import MAX_MESSAGE_SIZE
    from ..subscribers.inbox.receive import receive_once

    if stream.isatty():
        say("one mail is read from this terminal; Ctrl-D ends it", err=True)
    data = stream.read(MAX_MESSAGE_SIZE)
    if not data:
        raise click.UsageError("standard input is empty: a mail is piped into this")
    try:
        with running() as app:
            outcome = receive_once(app, data)
            with app.store.begin() as tx:
                inbound.note_pipe(tx, app.now())
            say_if_for_no_one(app)
    except Exception as error:  # for other exit codes a mail server returns the mail to its sender
        click.echo(f"digest: {error}".splitlines()[0], err=True)
        sys.exit(LATER)
    click.echo(outcome)


@inbox.command("fetch")
def fetch() -> None:
    """Empty the mailbox now.

    Says what each message was taken for; digest serve does it by itself.
    """
    from ..errors import InboxError
    from ..store import jobs
    from ..subscribers.inbox.mailbox import JOB, empty

    config = configuration()
    if config.inbox is None:
        raise click.UsageError("the configuration has no section inbox")
    with running() as app, app.store.work(), jobs.waited_for(app.store, JOB, app.stop):
        try:
            outcomes = empty(app, config.inbox)
        except InboxError as error:
            if error.setting:
                raise config.error(error.setting, error.reason) from error
            raise
        for outcome in outcomes:
            click.echo(outcome)
        say_if_for_no_one(app)


@inbox.command("list")
def list_asides() -> None:
    """List the messages that could not be handled and were set aside."""
    from ..store import inbound

    with running() as app, app.store.begin() as tx:
        for row in inbound.quarantined(tx):
            say(
                f"{row.id:>7}  {row.at:%Y-%m-%d %H:%M}  {count(len(row.data), 'byte')}  {row.error}"
            )


@inbox.command("show")
@click.argument("id", type=int)
def show_aside(id: int) -> None:
    """Write a message that was set aside to standard output, as it came."""
    from ..store import inbound

    with running() as app, app.store.begin() as tx:
        found = {row.id: row for row in inbound.quarantined(tx)}
    sys.stdout.buffer.write(_known(found.get(id), id).data)


@inbox.command("again")
@ids_argument
def try_aside(ids: tuple[int, ...]) -> None:
    """Try messages that were set aside once more."""
    from ..store import inbound
    from ..subscribers.inbox.receive import receive_once

    with running() as app:
        for id in ids:
            with app.store.begin() as tx:
                data = _known(inbound.release(tx, id), id)
            click.echo(f"{id}: {receive_once(app, data)}")


@inbox.command("drop")
@ids_argument
def drop_aside(ids: tuple[int, ...]) -> None:
    """Forget messages that were set aside."""
    from ..store import inbound

    with running() as app, app.store.begin() as tx:
        for id in ids:
            _known(inbound.delete_quarantined(tx, id), id)
            click.echo(f"{id}: dropped")


def _known(found: Any, id: int) -> Any:
    if not found:
        raise click.UsageError(f"there is no message {id} that was set aside")
    return found
