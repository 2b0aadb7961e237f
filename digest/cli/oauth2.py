"""The command that logs in at Microsoft once, by a device code, for mail without a password."""

from __future__ import annotations

from pathlib import Path

import click

from .terminal import NewFileParameter, folded, say


def register(main: click.Group) -> None:
    """Add this command to the program."""
    main.add_command(log_in)


@click.command("oauth2")
@click.argument("file", metavar="FILE", type=NewFileParameter())
@click.option("--user", metavar="ADDRESS", required=True, help="The mailbox that is logged in to.")
@click.option("--client", metavar="ID", required=True, help="The application's id, of Entra.")
@click.option("--authority", metavar="URL", help="An organisation's own; default: everyone's.")
def log_in(file: Path, user: str, client: str, authority: str | None) -> None:
    """Log in at Microsoft 365 once.

    Its refresh token is kept in FILE, for its owner alone.  A browser on any machine does the rest.
    FILE then goes into mail.smtp.oauth2, and into inbox.oauth2 to read mail.
    """
    from ..errors import DigestError
    from ..oauth import microsoft

    try:
        microsoft.log_in(file, user, client, authority or microsoft.EVERYONE, say)
    except (OSError, ValueError) as error:
        raise DigestError(f"oauth2: {error}") from error
    say(folded(f"written: {file}; set mail.smtp.oauth2 to it, and inbox.oauth2 to read mail by it"))
