"""The command of the first hour: ask for what a digest needs, or take it by options; write it."""

from __future__ import annotations

import os
import sys
from collections.abc import Callable, Sequence
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Any, TypeVar

import click

from ..model import count
from .terminal import folded, say, short

if TYPE_CHECKING:
    from ..config import Config
    from ..deliver.providers import Provider
    from ..profiles.rewrite import Answers
    from .chosen_listings import ChosenListing
    from .first_files import FirstAnswers

_T = TypeVar("_T")


def register(main: click.Group) -> None:
    """Add this command to the program."""
    main.add_command(init)


@click.command()
@click.option("--to", metavar="ADDRESS", help="Who gets the mail.")
@click.option(
    "--interests",
    metavar="WORDS|FILE",
    help="Words, with commas between; or a search of arXiv or PubMed; or a file with either, or"
    " with a library (BibTeX, or CSL JSON as of Zotero).",
)
@click.option(
    "--listing",
    "listings",
    multiple=True,
    metavar="WHICH",
    help='As in "huggingface", "arxiv machine learning", "biorxiv genomics" or a feed\'s address or'
    " file; again for each further one.  Default: huggingface.",
)
@click.option("--at", metavar="HH:MM", help="The hour of the mail; default: 07:30.")
@click.option("--timezone", metavar="ZONE", help="Of that hour; default: this machine's.")
@click.option(
    "--sender",
    metavar="folder|smtp|microsoft|HOST",
    help="How mails leave: as files (the default), by the address's own provider, by Microsoft 365"
    " without a password, or by a host.",
)
@click.option("--yes", is_flag=True, help="Ask nothing: the defaults for what is not named.")
@click.option("--offline", is_flag=True, help="Read no list and log in nowhere: only write.")
def init(yes: bool, offline: bool, **named: Any) -> None:
    """Set up a digest in this folder, by asking.

    Writes config.yaml, profiles/me.yaml and, for a password, .env.  Asks for an address, interests
    and lists; the rest has defaults.  Then looks what would have come today, and tries the login.
    Overwrites nothing.
    """
    from .first_files import refuse_existing, written_files

    given = click.get_current_context().find_root().obj or os.environ.get("DIGEST_CONFIG")
    config = Path(given or "config.yaml")
    refuse_existing([config, config.parent / "profiles" / "me.yaml"])
    if not yes and not sys.stdin.isatty():
        raise click.UsageError("questions need a terminal; else name --to, --interests and --yes")
    answers = _answers(named, asks=not yes)
    for path in written_files(config, answers):
        say(f"written: {short(path.absolute())}")
    if offline:
        say("not tried: the lists and the login (--offline)")
    else:
        _try(config)
    _say_next(config, answers)


def _answers(named: dict[str, Any], *, asks: bool) -> FirstAnswers:
    """Return what was named or is answered; raises click.UsageError."""
    from .first_files import USUAL_HOUR, FirstAnswers

    def one(name: str, question: str, check: Callable[[str], _T], default: str | None) -> _T:
        if named[name] is not None:
            return _checked(check, f"--{name}", named[name])
        if asks:
            return click.prompt(question, default=default, value_proc=_folding(check))
        if default is None:
            raise click.UsageError(f"--{name} is needed with --yes: it has no default")
        return check(default)

    to = one("to", "Your address, for the mail", _address, None)
    if asks and named["interests"] is None:
        ways = "a few words each, commas between; or paste a search of arXiv or PubMed; or name a"
        ways += " library's file, of BibTeX or Zotero's CSL JSON."
        hint = "Plural, case and hyphens do not matter; quantiz* is a beginning."
        say(f"\n{folded(f'Your interests: {ways}  {hint}', indent='')}")
    profile = one("interests", "Interests", lambda text: _interests(text, asks=asks), None)
    listings = _listings(named["listings"], asks=asks)
    if asks:
        say("")
    at = one("at", "Hour of the mail", _hour, USUAL_HOUR)
    zone = one("timezone", "Time zone", _zone, _own_zone())
    if asks and named["sender"] is None:
        _say_senders(to)
    relay = one("sender", "Sender", lambda text: _relay(text, to), "folder")
    return FirstAnswers(
        to=to,
        profile=replace(profile, to=(to,)),
        listings=listings,
        at=at,
        timezone=zone,
        is_hour_chosen=named["at"] is not None or at != USUAL_HOUR or zone != _own_zone(),
        relay=relay,
        password=_password(relay, asks=asks) if relay and not relay.has_oauth2 else "",
    )


def _folding(check: Callable[[str], _T]) -> Callable[[str], _T]:
    """Return the same check; what it refuses is said in lines that fit."""

    def folding(text: str) -> _T:
        try:
            return check(text)
        except click.UsageError as error:
            raise click.UsageError(folded(error.message, less=len("Error: "))) from None

    return folding


def _checked(check: Callable[[str], _T], option: str, text: str) -> _T:
    try:
        return check(text)
    except click.UsageError as error:
        said = error.message.removeprefix(f"{option.removeprefix('--')}: ")
        raise click.UsageError(f"{option}: {said}") from None


# ── what is checked ──


def _parsed(**answers: Any) -> None:
    """Raise click.UsageError, in a profile's own words, if an answer is not valid in one."""
    from ..errors import ProfileError
    from ..profiles.rewrite import Answers, new

    try:
        new(Answers(profile="me", **{"any": ("x",), **answers}))
    except ProfileError as error:
        mistake = error.complaints[0]
        hint = f" ({mistake.hint})" if mistake.hint else ""
        raise click.UsageError(f"{mistake.message}{hint}") from None


def _address(text: str) -> str:
    if not text.strip():
        raise click.UsageError("an address is expected, as in you@example.org")
    _parsed(to=(text.strip(),))
    return text.strip()


def _interests(text: str, *, asks: bool) -> Answers:
    """Return a profile, as ``interests_of`` does; of a library the words are shown first."""
    from .chosen_interests import interests_of, words_of_library

    words = words_of_library(text)
    if not words:
        return interests_of(text)
    say(folded(f"Found in that library: {words}"))
    if not asks:
        return interests_of(words)
    chosen: Answers = click.prompt("Interests", default=words, value_proc=_folding(interests_of))
    return chosen


def _listings(named: Sequence[str], *, asks: bool) -> list[ChosenListing]:
    from .chosen_listings import EXAMPLES, chosen_listing, distinct

    if named or not asks:
        chosen = [_checked(chosen_listing, "--listing", text) for text in named or ("huggingface",)]
        return distinct(chosen)
    say(f"\nWhich lists?  One a line, an empty line ends:\n  {EXAMPLES}")
    chosen = []
    while True:
        default = "" if chosen else "huggingface"
        text = click.prompt("List", default=default, show_default=not chosen, type=str)
        if not text.strip():
            return distinct(chosen)
        try:
            chosen.append(chosen_listing(text))
            say(folded(f"  {chosen[-1].words}", indent="    "))
        except click.UsageError as error:
            say(folded(f"  {error.message}"))


def _hour(text: str) -> str:
    _parsed(at=text.strip())
    return text.strip().rjust(5, "0")


def _zone(text: str) -> str:
    _parsed(at="07:30", timezone=text.strip())
    return text.strip()


def _own_zone() -> str:
    """Return this machine's time zone; UTC where it has none that can be named."""
    from tzlocal import get_localzone_name

    try:
        name = get_localzone_name() or "UTC"
    except (LookupError, ValueError, OSError):
        return "UTC"
    return "UTC" if name == "Etc/UTC" else name  # the rest of Etc/GMT+5 would be no zone


def _say_senders(to: str) -> None:
    from ..deliver.providers import provider_of

    provider = provider_of(to)
    by = f"by {provider.name}" if provider else "by the mail server of your address"
    ways = "folder: as files, to look at first; smtp: " + by + "; microsoft: by Microsoft 365;"
    asked = f"How shall mails leave?  {ways} or a mail server, such as smtp.example.org."
    say(f"\n{folded(asked, indent='')}")


def _relay(text: str, to: str) -> Provider | None:
    """Return the provider that mails leave by; None for the folder."""
    from ..deliver.providers import MICROSOFT_365, Provider, provider_of

    text = text.strip()
    if text == "folder":
        return None
    if text == "microsoft":
        own = provider_of(to)
        return own if own and own.has_oauth2 else MICROSOFT_365
    if text == "smtp":
        provider = provider_of(to)
        if provider is None:
            domain = to.rpartition("@")[2]
            raise click.UsageError(f"the mail server of {domain} is not known here: name it")
        if provider.hindrance:
            raise click.UsageError(f"{provider.hindrance}: name another mail server, or folder")
        return provider
    if "." not in text or set(text) & set(" /@:"):
        raise click.UsageError("folder, smtp or a host such as smtp.example.org is expected")
    return Provider(text, text)


def _password(relay: Provider, *, asks: bool) -> str:
    if not asks:
        return os.environ.get("SMTP_PASSWORD", "")
    login = relay.login or "the password that you have there"
    say(folded(f"{relay.name}, by {relay.host}:{relay.port}, takes {login}."))
    password: str = click.prompt(
        "Password (not shown; empty: later, in .env)",
        default="",
        show_default=False,
        hide_input=True,
    )
    return password.strip()


# ── what is tried ──


def _try(config: Path) -> None:
    """Read the lists, say what would have come, and log in; what cannot be tried is said."""
    from ..config import load
    from ..errors import DigestError
    from ..service.log import start_log

    start_log("error", "text")
    try:
        settings = load(config, os.environ, logs_in=False)
        say("\nReading the lists of today …")
        _try_lists(settings)
        _try_relay(settings)
    except DigestError as error:
        say(folded(f"not tried: {error}"))


def _try_lists(settings: Config) -> None:
    from ..model import Verdict
    from ..pipeline import runs
    from .terminal import TroubleReporter, app_of

    with app_of(settings, TroubleReporter()) as app:
        done = runs.collect_only(app, list(app.listings.values()))
        for each in done.snapshots:
            if each.verdict is Verdict.FAILED:
                say(folded(f"not tried: {each.listing}: {each.error}; digest run reads it again"))
        if any(each.entries for each in done.snapshots):
            profile = app.profiles["me"]
            issue = app.composer.preview(profile)
            say(f"Of {count(issue.pool, 'paper')} {issue.matched:,} would have come today:")
            for paper in issue.papers[:3]:
                say(folded(f"  * {paper.title}", indent="    "))


def _try_relay(settings: Config) -> None:
    from email.utils import parseaddr

    from ..service.doctor import relays

    smtp = settings.mail.settings.smtp
    if settings.mail.settings.sender == "smtp" and not (smtp and smtp.oauth2):
        for found in relays(settings, parseaddr(settings.mail.from_)[1]):
            say(folded(f"{'the login works' if found.is_good else 'not yet'}: {found.found}"))
            if found.remedy:
                say(folded(f"  {found.remedy}"))


def _say_next(config: Path, answers: FirstAnswers) -> None:
    from ..resources import command, program
    from .first_files import OAUTH2_FILE

    here = "" if config == Path("config.yaml") else f" --config {config}"
    hour, _, minute = answers.at.partition(":")
    # cron's hours are this machine's
    hours = f"{int(hour)}-23" if answers.timezone == _own_zone() else "*"
    say("\nNext:")
    if answers.relay is not None and answers.relay.has_oauth2:
        extra = 'once: pip install "papers-digest[microsoft]", register an application with'
        say(f"  {extra}\n  Microsoft (docs/configuration.md, Without a password), then")
        click.echo(
            f"  {command()} oauth2 {config.parent / OAUTH2_FILE} --user {answers.to} --client ID"
        )
    click.echo(  # whole lines, to be copied
        f"""\
  {command()}{here} run --now-anyway    the first mail, now
  {command()}{here} serve               a mail each day at {answers.at}, while it runs
  {command()}{here} collect --days 30   the month before, to try profiles on
or each day by cron, with this line in crontab -e:
  {int(minute)} {hours} * * * {program()} --config {config.absolute()} run --quiet
or all day by systemd, as yourself:
  mkdir -p ~/.config/systemd/user
  {command()}{here} config unit > ~/.config/systemd/user/digest.service
  systemctl --user enable --now digest && loginctl enable-linger"""
    )
