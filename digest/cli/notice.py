"""``digest notice``: write to all readers, or to some of them, once."""

from __future__ import annotations

from datetime import datetime
from typing import TYPE_CHECKING, TextIO

import click

from ..model import count
from .terminal import (
    NEXT_TRY,
    TroubleReporter,
    app_of,
    configuration,
    now_option,
    say,
    say_if_for_no_one,
)

if TYPE_CHECKING:
    from collections.abc import Sequence

    from ..app import App
    from ..model import Subscriber
    from ..subscribers.announcement import Announcement


def register(main: click.Group) -> None:
    """Add the command to the program."""
    main.add_command(notice)


@click.command()
@click.argument("file", type=click.File(encoding="utf-8"))
@click.option("--to", "addresses", multiple=True, metavar="ADDRESS", help="Only to this reader.")
@click.option("--profile", "slugs", multiple=True, metavar="NAME", help="Only to its readers.")
@click.option("--dry-run", is_flag=True, help="Print it and say who would get it; queue nothing.")
@click.option("--html", is_flag=True, help="With --dry-run: print the HTML part.")
@now_option
def notice(
    file: TextIO,
    addresses: tuple[str, ...],
    slugs: tuple[str, ...],
    dry_run: bool,
    html: bool,
    now: datetime | None,
) -> None:
    """Write to all readers, or to some.

    FILE (or -) holds a title, an empty line, and paragraphs.  It goes out with the next run or
    digest send, after the day's issues.  Nobody gets the same words twice: the same command again
    reaches those alone who came since.
    """
    from ..subscribers import announcement

    if html and not dry_run:
        raise click.UsageError("--html belongs to --dry-run")
    with app_of(configuration(logs_in=False), TroubleReporter(), now=now) as app:
        try:
            told = announcement.read(file.read(announcement.LONGEST_TEXT + 1))
        except UnicodeDecodeError:
            raise click.UsageError(f"{file.name}: not UTF-8") from None
        to = announcement.readers(app, addresses, slugs)
        if dry_run:
            click.echo(_shown(app, told, to, html=html), nl=False)
            return
        if not to:
            raise click.ClickException("nobody would get it: there is no reader")
        queued = announcement.queue(app, told, to)
        say_if_for_no_one(app)
    had = f"; {len(to) - queued} had it already" if queued < len(to) else ""
    say(f"queued {queued}{had}; they go out {NEXT_TRY}")


def _shown(app: App, told: Announcement, to: Sequence[Subscriber], *, html: bool) -> str:
    """Return the notice as the first reader would get it; its links open nothing."""
    from email import message_from_bytes
    from email.policy import default

    from ..subscribers import announcement

    if not to:
        return "nobody would get it\n"
    tokens = app.tokens.powerless()
    [locale] = announcement.locales_of(app, to[:1]).values()
    made = announcement.notice_to(app, told, to[0], tokens, locale)
    code = tokens.notice_code(1, made.recipient, made.made_at)
    message = message_from_bytes(
        app.notices.mail(made, app.letterhead, 1, code).data, policy=default
    )
    part = message.get_body(("html",) if html else ("plain",))
    assert part is not None, "a notice has both parts"
    if html:
        return str(part.get_content())
    return f"To: {count(len(to), 'reader')}\nSubject: {message['Subject']}\n\n{part.get_content()}"
