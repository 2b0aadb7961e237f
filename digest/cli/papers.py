"""The command for one paper: its names, where it came from, who was sent it."""

from __future__ import annotations

import json
from collections.abc import Mapping, Sequence
from typing import TYPE_CHECKING, Any

import click

from ..model import count
from .terminal import configuration, json_option, say

if TYPE_CHECKING:
    from ..model import Paper


def register(main: click.Group) -> None:
    """Add this command to the program."""
    main.add_command(paper)


@click.command()
@click.argument("wanted", metavar="ID")
@json_option
def paper(wanted: str, as_json: bool) -> None:
    """Show what is known of a paper.

    Under which names, where it came from, and who was sent it when.  ID is an arXiv id or a DOI in
    any spelling, a key, an address, or words of the title.  Subscribers are shown by their ids.
    """
    from ..store import paper_trail
    from . import lookup

    with lookup.store_of(configuration()) as store:
        found, _ = lookup.paper_of(store, wanted)
        with store.begin() as tx:
            trail = paper_trail.trail(tx, found.key)
            editions = paper_trail.editions(tx, found.key)
    if as_json:
        shown = {"key": found.key, "title": found.title, "url": found.url, "editions": editions}
        names = [row["name"] for row in trail["names"]]
        click.echo(json.dumps({**shown, **trail, "names": names}, default=str))
    else:
        say("\n".join(_lines(found, editions, trail)))


def _lines(
    found: Paper, editions: int, trail: Mapping[str, Sequence[Mapping[str, Any]]]
) -> list[str]:
    lines = [found.title, f"{found.key}, {count(editions, 'text')} kept", found.url, "", "names"]
    lines += [f"  {row['name']}" for row in trail["names"]]
    lines += ["listings"]
    lines += [
        f"  {row['listing']}, {row['first_day']} to {row['last_day']}: {row['title']}"
        for row in trail["listings"]
    ]
    lines += ["came"]
    lines += [f"  {row['day']} {_change(row)}" for row in trail["changes"]] or ["  never as news"]
    lines += ["sent"]
    lines += [
        f"  {row['day']} to subscriber {row['subscriber']}: {row['state'] or 'no mail'}"
        for row in trail["sent"]
    ] or ["  to no subscriber"]
    return [line for line in lines if line]


def _change(row: Mapping[str, Any]) -> str:
    detail = f" ({row['detail']})" if row["detail"] else ""
    held = ", held as a flood" if row["is_held"] else ""
    return f"{row['kind']} in {row['listing']}{detail}{held}"
