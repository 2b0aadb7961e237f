"""``digest render``: print one mail, of today as it would be or of a past day as it was."""

from __future__ import annotations

from datetime import date
from itertools import takewhile
from pathlib import Path
from typing import TYPE_CHECKING

import click

from .terminal import TroubleReporter, app_of, configuration, day_option, now_option

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from ..app import App
    from ..model import Issue, Profile, Recipient
    from ..pipeline.compose import Composer


def register(main: click.Group) -> None:
    """Add the command to the program."""
    main.add_command(render)


@click.command()
@click.argument("profile", metavar="NAME|FILE")
@day_option
@now_option
@click.option("--eml", "form", flag_value="eml", help="The message as it goes over the wire.")
@click.option("--html", "form", flag_value="html", help="Its HTML part.")
@click.option("--markdown", "form", flag_value="markdown", help="A note for Obsidian and others.")
@click.option("--text", "form", flag_value="text", default="text", help="Its text part (default).")
def render(profile: str, day: date | None, now: datetime | None, form: str) -> None:
    """Print a profile's mail.

    Of now as it would be, or of a past DAY as it was.  Reads what was collected, and keeps nothing;
    a past day's mail holds all its reader's profiles. Its links look like the reader's own, and
    open nothing.
    """
    with app_of(configuration(), TroubleReporter(), uses_profiles=True, now=now) as app:
        issue, subscriber = _issue(app.composer, _known(app.profiles, profile), day)
        click.echo(_printed(app, issue, subscriber, form), nl=False)


def _printed(app: App, issue: Issue, subscriber: Recipient, form: str) -> str | bytes:
    from ..render.markdown import markdown

    job = (issue, subscriber, app.proof_letterhead)
    if form == "eml":
        return app.renderer.mail(*job).data
    if form == "markdown":
        return markdown(issue, app.proof_letterhead.name)
    return (app.renderer.html if form == "html" else app.renderer.text)(*job)


def _issue(composer: Composer, profile: Profile, day: date | None) -> tuple[Issue, Recipient]:
    from ..store import outbox

    if day is None:
        return composer.preview_and_recipient(profile)
    subscriber = composer.first_recipient(profile)
    with composer.store.begin() as tx:
        found = outbox.issue(tx, subscriber, day)
    if found is None:
        raise click.ClickException(f"{subscriber.address} had no issue on {day}")
    return found, subscriber


def _known(profiles: Mapping[str, Profile], slug: str) -> Profile:
    if found := profiles.get(slug):
        return found
    path = Path(slug).absolute()
    of_files: dict[str, Profile] = {}
    for each in takewhile(lambda profile: profile.path, profiles.values()):
        if Path(each.path) == path:
            return each
        of_files[each.slug] = each
    known = ", ".join(of_files or profiles) or "none"
    raise click.UsageError(f"no profile is called {slug!r}; there are {known}")
