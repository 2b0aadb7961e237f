"""The command that takes over what another program, a search or a table holds."""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Iterable
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..imports.kinds import KINDS
from ..model import count
from .listings import bytes_of
from .terminal import folded, running, say, say_if_for_no_one, source_argument

if TYPE_CHECKING:
    from ..listings.opml import Subscriptions


def register(main: click.Group) -> None:
    """Add this command to the program."""
    main.add_command(import_file)


@click.command("import")
@source_argument
@click.option("--from", "kind", type=click.Choice([*KINDS]), help="What FILE is; else found out.")
@click.option(
    "--interests",
    metavar="WORDS|FILE",
    help="For a table of addresses: what each of them would get.",
)
@click.option(
    "--consented",
    metavar="NOTE",
    help="For addresses that have consented already: NOTE says where that is kept, and is recorded"
    " with each.  Without it each is asked to confirm.",
)
def import_file(
    source: str, kind: str | None, interests: str | None, consented: str | None
) -> None:
    """Carry over what another program has.

    FILE is a file, - for standard input, or a search's address.  Feeds of OPML or rss2email, the
    configuration of zotero-arxiv-daily, and a mail of arXiv's mailing list are printed as listings
    for the configuration, a search as a profile; of a library (BibTeX, CSL JSON) terms are
    suggested.  None of that changes anything.  The addresses of a table are asked to confirm.  What
    cannot be carried over is on standard error.
    """
    from ..imports.kinds import kind_of
    from ..profiles.search_addresses import is_address

    path = "stdin" if source == "-" or is_address(source) else source
    data = source.encode() if is_address(source) else bytes_of(source)
    found = kind or kind_of(data, path)
    if not found:
        known = "; ".join(f"{name} ({what})" for name, what in KINDS.items())
        raise click.UsageError(f"{path}: no format that is known; --from KIND names one: {known}")
    if found != "addresses" and (interests is not None or consented is not None):
        raise click.UsageError(f"{path} is read as {KINDS[found]}; --interests is for addresses")
    if not kind:
        say(f"{path}: read as {KINDS[found]}; --from KIND says otherwise", err=True)
    if found == "addresses":
        _invite(data, path, interests, consented)
    elif found == "library":
        _suggest(data, path)
    elif found == "search":
        _print_profile(data, path)
    else:
        _print_listings(_reader(found)(data, path), path)


def _reader(kind: str) -> Callable[[bytes, str], Subscriptions]:
    from ..imports import arxiv_mail, rss2email, zotero_arxiv
    from ..listings import opml

    readers = {
        "opml": opml.subscriptions,
        "rss2email": rss2email.subscriptions,
        "zotero-arxiv-daily": zotero_arxiv.subscriptions,
        "arxiv-mail": arxiv_mail.subscriptions,
    }
    return readers[kind]


def _print_listings(found: Subscriptions, path: str) -> None:
    from ..listings import opml

    click.echo(opml.yaml_of(found), nl=False)
    _say_left_out(path, found.left_out)


def _say_left_out(path: str, lines: Iterable[str]) -> None:
    for line in lines:
        say(f"{path}: not carried over: {line}", err=True)


def _print_profile(data: bytes, path: str) -> None:
    from ..imports import decoded
    from .profiles import print_imported

    print_imported(decoded(data, path), path)


def _suggest(data: bytes, path: str) -> None:
    """Show the terms of a library, with their width on the last days if some were collected."""
    from ..errors import DigestError, SourceError
    from ..imports import decoded
    from ..trial.backtest import PastDays
    from ..trial.references import cited_in
    from ..trial.suggest import suggest
    from . import lookup
    from .profile_tables import show_suggestions
    from .profiles import settings_if_any

    papers = cited_in(decoded(data, path), path)
    if not papers:
        raise SourceError(path, "no paper with a title is in it: BibTeX or CSL JSON is expected")
    config, days = settings_if_any(), PastDays.of((), (), ())
    if config is not None and config.has_database:
        with lookup.store_of(config) as store:
            papers = lookup.as_collected(store, papers)
            with suppress(DigestError):  # nothing was collected yet
                days = lookup.recent_days(config, store, 30)
    found = suggest(None, days, papers, [])
    show_suggestions(found, len(days.papers))
    if found:
        say(folded(f'to take one: digest profile add "{found[0].term}" NAME'))


def _invite(data: bytes, path: str, interests: str | None, consented: str | None) -> None:
    """Ask the addresses of a table to confirm, or subscribe those that have consented."""
    from ..imports.addresses import addresses
    from ..profiles import rewrite
    from ..store.subscribers import Consent
    from ..subscribers import requests
    from .chosen_interests import interests_of

    found = addresses(data, path)
    if not interests:
        several = count(len(found.addresses), "address", "addresses")
        raise click.UsageError(f"{path} has {several}: say by --interests what they would get")
    if consented is not None and not consented.strip():
        raise click.UsageError("--consented: where the consent is kept, as in 'forms, room 12'")
    profile = rewrite.new(interests_of(interests))
    named = requests.interests(profile)
    with running() as app:
        consent = Consent(
            now=app.now(), wording=(consented or "")[:500], origin=f"import {Path(path).name}"[:200]
        )
        became = Counter(
            requests.invite(
                app, address, consent, profile=profile, named=named, is_consented=bool(consented)
            )
            for address in found.addresses
        )
        if "asked to confirm" in became:
            say_if_for_no_one(app)
    for outcome, number in sorted(became.items()):
        say(f"{outcome}: {number:,}")
    if "asked to confirm" in became:
        say(
            "digest send, or the next run, mails what they are asked; who does not answer gets none"
        )
    _say_left_out(path, found.left_out)
