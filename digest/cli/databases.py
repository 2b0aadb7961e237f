"""The commands for the database as a whole: carry it to another kind.

Imports little at the top, so that ``--help`` stays fast.
"""

from __future__ import annotations

import click


def register(main: click.Group) -> None:
    """Add these commands to the program."""
    main.add_command(migrate)


@click.command()
@click.option("--from", "source", required=True, help="As sqlite:////var/lib/digest/digest.db.")
@click.option("--to", "target", required=True, help="As postgresql://digest@localhost/digest.")
def migrate(source: str, target: str) -> None:
    """Carry everything to another, empty database: SQLite to PostgreSQL, or back.

    End every digest first.  Counts and checksums are compared before anything is kept, so it can be
    repeated.  Then name the new database in the configuration, and let no digest run on the old
    one: it would mail again what the new one has mailed.
    """
    from ..store.carry import carry

    carry(source, target, click.echo)
    click.echo("all is the same in both; name the new one in database:, and let the old one rest")
