"""The commands for listings: their last days, and what to do with a held flood."""

from __future__ import annotations

import json
import sys
from collections.abc import Collection

import click

from ..model import count
from .terminal import json_option, running, say


def register(main: click.Group) -> None:
    """Add these commands to the program."""
    main.add_command(listing)


@click.group()
def listing() -> None:
    """Look after what is watched."""


@listing.command("status")
@json_option
def listing_status(as_json: bool) -> None:
    """Show what became of each listing in the last 14 days."""
    from .. import run_report

    with running() as app:
        history = run_report.history(app.store, app.listings.values(), app.day)
        if as_json:
            click.echo(json.dumps({"listings": history}, default=str))
        else:
            run_report.show_history(history)


@listing.command("import")
@click.argument(
    "source", metavar="FILE|-", type=click.Path(exists=True, dir_okay=False, allow_dash=True)
)
def import_feeds(source: str) -> None:
    """Print the listings of an OPML file.

    Feed readers export one; what is printed is for the configuration.  FILE, or standard input
    for -.  What is no feed, or is one twice, is on standard error.
    """
    from ..listings import opml

    path = "stdin" if source == "-" else source
    found = opml.subscriptions(bytes_of(source), path)
    click.echo(opml.yaml_of(found), nl=False)
    for line in found.left_out:
        say(f"{path}: {line}", err=True)


def bytes_of(source: str) -> bytes:
    """Return a file's bytes, or those of standard input for "-".  Raises SourceError."""
    from ..errors import SourceError
    from ..text_file import MAX_FILE_SIZE, reason

    if source == "-" and sys.stdin.isatty():
        say("a file is read from this terminal; Ctrl-D ends it", err=True)
    try:
        with click.open_file(source, "rb") as file:
            data: bytes = file.read(MAX_FILE_SIZE + 1)
    except OSError as error:
        raise SourceError(source, reason(error)) from None
    if len(data) > MAX_FILE_SIZE:
        raise SourceError(source, f"more than {MAX_FILE_SIZE >> 20} MiB")
    return data


@listing.command("release")
@click.argument("name")
def release(name: str) -> None:
    """Let a held flood go out with the next issues."""
    from ..store import papers

    with running() as app, app.store.begin() as tx:
        number = papers.release(tx, _known(app.listings, name))
    say(f"{name}: released {count(number, 'paper')}, for the next issues")


@listing.command("forget")
@click.argument("name")
def forget(name: str) -> None:
    """Leave a held flood unmailed for ever."""
    from ..store import papers

    with running() as app, app.store.begin() as tx:
        number = papers.forget(tx, _known(app.listings, name))
    say(f"{name}: forgot {count(number, 'paper')}: seen, and never mailed")


def _known(listings: Collection[str], name: str) -> str:
    if name not in listings:
        raise click.UsageError(f"no listing is called {name!r}; there are {', '.join(listings)}")
    return name
