"""The commands for profiles: check, try, explain, suggest, write, edit.

Imports little at the top, so that ``--help`` and ``check`` stay fast.
"""

from __future__ import annotations

import gc
import json
import sys
from collections.abc import Callable, Iterable, Iterator, Sequence
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Any

import click

from .. import expressions
from .terminal import (
    CONFIG,
    NewFileParameter,
    TroubleReporter,
    configuration,
    json_option,
    say,
    short,
    source_argument,
)

if TYPE_CHECKING:
    from ..config import Config
    from ..errors import Mistake
    from ..model import Paper, Profile
    from ..profiles.lint import Doubt
    from ..store import Store
    from ..trial.backtest import Backtest, LeftOut, PastDays


days_option = click.option(
    "--days", "length", default=30, show_default=True, type=click.IntRange(1, 366), metavar="N"
)
details_option = click.option(
    "--details", is_flag=True, help="In JSON too what the tables show beside."
)
#: A file that must be there.
_FILE = click.Path(exists=True, path_type=Path)
file_argument = click.argument("file", metavar="NAME|FILE", type=click.Path(path_type=Path))


def register(main: click.Group) -> None:
    """Add these commands to the program."""
    main.add_command(profile)


@click.group()
@click.pass_context
def profile(ctx: click.Context) -> None:
    """Write, check and try interest profiles."""
    if gc.isenabled():  # a command that soon ends need not look for what it no longer needs
        gc.disable()
        ctx.call_on_close(gc.enable)


def _document(document: object) -> None:
    click.echo(json.dumps(document, ensure_ascii=False))


# ── files alone ──


@profile.command("check")
@click.argument("files", metavar="[NAME|FILE]...", nargs=-1, type=click.Path(path_type=Path))
@click.option("--quick", is_flag=True, help="Do not look at the papers of the last 30 days.")
def check(files: tuple[Path, ...], quick: bool) -> None:
    """Say every mistake as file:line:column; 0 if there is none, else 78.

    FILE may be a folder: then all the profiles in it.  Without any, all profiles are checked.

    Where a configuration is found whose database is there, good files are also tried on the papers
    of the last 30 days: too common a word and a clause that matched nothing are warnings, the forms
    that a clause was found as are notes.
    """
    config = settings_if_any()
    if not files and config is None:
        raise click.UsageError("name a profile, or make a configuration: digest init")
    judge = None if quick or config is None else _judge(config)
    listings = config.listings if config else None
    named = [_file_of(file, config) for file in files] if files or not config else [config.profiles]
    severities, number = [], 0
    for file in _files(named):
        number += 1
        for complaint in _complaints(file, listings, judge):
            say(complaint.in_file(str(file)))
            severities.append(complaint.severity)
    if not (files or severities):
        say(f"{short(named[0])}: {number} checked, no mistake")
    sys.exit(CONFIG if "error" in severities else 0)


def _file_of(named: Path, config: Config | None) -> Path:
    """Return the file of a profile that is named by its file or, as in a list of them, its name.

    Raises click.UsageError if there is none, or if it cannot be read.
    """
    is_file = named.suffix in (".yaml", ".yml") or named.name != str(named)
    if not (is_file or named.exists()):
        if config is not None and (file := _file_called(str(named), config.profiles)):
            return file
        known = "name a file" if config is None else "digest profile list names all"
        raise click.UsageError(f"no profile and no file is called {str(named)!r}; {known}")
    found: Path = _FILE.convert(str(named), None, None)
    return found


def _file_called(name: str, folder: Path) -> Path | None:
    """Return the file of a folder that has a profile of this name; None if there is none."""
    from ..errors import ProfileError
    from ..profiles import parse
    from ..text_file import profiles_in, text_of

    with suppress(OSError):
        for file in profiles_in(folder):
            if file.stem == name:
                return file
            with suppress(ProfileError):
                if parse(text_of(file), str(file)).slug == name:
                    return file
    return None


def _files(named: Iterable[Path]) -> Iterator[Path]:
    """Yield the named files, and those in named folders; raises DigestError for an empty folder."""
    from ..errors import DigestError
    from ..text_file import profiles_in

    for path in named:
        if not path.is_dir():
            yield path
            continue
        found = profiles_in(path)
        if not found:
            raise DigestError(f"{path}: no profile is in this folder, no .yaml and no .yml")
        yield from found


def _complaints(
    file: Path, listings: Any, judge: Callable[[Profile], Iterable[Doubt]] | None
) -> list[Mistake]:
    from ..errors import ProfileError
    from ..profiles import lint
    from ..text_file import text_of

    try:
        return lint(text_of(file), str(file), listings=listings, judge=judge)
    except ProfileError as error:
        return list(error.complaints)


def settings_if_any() -> Config | None:
    """Return the settings if a file has them: a profile can be checked without.

    A named file must be there and valid; any other file with a mistake is reported and ignored.
    """
    import os

    from ..config import find, load
    from ..errors import ConfigError

    named = click.get_current_context().find_root().obj or os.environ.get("DIGEST_CONFIG")
    try:
        path = find(named, os.environ)
    except ConfigError:
        if named:
            raise
        return None
    try:
        return load(path, os.environ)
    except ConfigError as error:
        if named:
            raise
        say(f"checked without the configuration: {error.path} has mistakes", err=True)
        return None


def _judge(config: Config) -> Callable[[Profile], Iterable[Doubt]] | None:
    """Return a function that tries a profile on past papers, which it reads at its first call."""
    from functools import cache

    if not config.has_database:
        return None

    @cache
    def recent_days() -> Any:
        from . import lookup

        with lookup.store_of(config) as store:
            return lookup.recent_days(config, store, 30)

    def judge(profile: Profile) -> Iterable[Doubt]:
        from ..errors import DigestError
        from ..trial.backtest import backtest
        from ..trial.width import doubts, doubts_about_quotes, notes

        try:
            days = recent_days()
        except DigestError:  # nothing was collected yet
            return ()
        tried = doubts(backtest(profile, days), len(days.days))
        return (*tried, *doubts_about_quotes(profile, days), *notes(profile, days))

    return judge


@profile.command("schema")
def print_schema() -> None:
    """Print the JSON Schema of a profile, for editors."""
    from ..profiles import schema

    click.echo(json.dumps(schema(), indent=2))


@profile.command("add")
@click.argument("keyword")
@file_argument
def add(keyword: str, file: Path) -> None:
    """Add a KEYWORD to a profile.

    To its list any; comments and order stay.
    """
    from ..profiles.rewrite import with_keyword

    _rewrite(file, keyword, with_keyword, "added", "stands there already")


@profile.command("remove")
@click.argument("keyword")
@file_argument
def remove(keyword: str, file: Path) -> None:
    """Take a KEYWORD out of a profile.

    Out of its list any; comments and order stay.
    """
    from ..profiles.rewrite import without_keyword

    _rewrite(file, keyword, without_keyword, "removed", "does not stand there")


def _rewrite(
    file: Path, keyword: str, change: Callable[[str, str, str], str], done: str, idle: str
) -> None:
    from ..errors import DigestError
    from ..text_file import replace_text, text_of

    file = _file_of(file, settings_if_any())
    text = text_of(file)
    changed = change(text, keyword, str(file))
    if changed == text:
        say(f"{file}: {keyword} {idle}; nothing was changed")
        return
    try:
        replace_text(file, changed)
    except OSError as error:
        raise DigestError(f"{file}: {(error.strerror or 'cannot be written').lower()}") from error
    say(f"{file}: {keyword} {done}")


# ── files and papers ──

#: The name of a profile that a subscriber keeps in the store.
_STORED_NAME = expressions.compile(r"~\d{1,18}\.\d{1,9}")


def _read(file: Path, config: Config | None = None) -> Profile:
    from ..profiles import parse
    from ..text_file import text_of

    if config is None:
        return parse(text_of(file), str(file))
    if _STORED_NAME.fullmatch(str(file)) and not file.exists():
        from . import lookup

        with lookup.store_of(config) as store:
            return lookup.stored_profile(store, str(file), config)
    file = _file_of(file, config)
    return parse(text_of(file), str(file), listings=config.listings, timezone=config.timezone)


@profile.command("test")
@file_argument
@days_option
@json_option
@details_option
def test(file: Path, length: int, as_json: bool, details: bool) -> None:
    """Try a profile on the last days.

    On those that were collected; it is compared with its live version.
    """
    from ..trial.backtest import backtest
    from . import lookup

    config = configuration(has_log=False)
    profile = _read(file, config)
    with lookup.store_of(config) as store:
        days = lookup.recent_days(config, store, length)
        before = lookup.live_version(store, profile, config)
    tried = backtest(profile, days, before)
    seen = days.seen_by(profile)
    if as_json or details:
        _document(_tried(tried) | (_details(tried, days, seen) if details else {}))
    else:
        from .profile_tables import show_test

        forms = [days.forms(count.clause, seen) for count in tried.clauses]
        show_test(profile, tried, forms, before is not None)


def _tried(tried: Backtest) -> dict[str, Any]:
    """Return a backtest as JSON values; ``days`` counts those on which something was collected."""
    return {
        "days": tried.collected,
        "papers": tried.papers,
        "matched": tried.matched,
        "per_day": round(tried.per_day, 3),
        "share": round(tried.share, 5),
        "clauses": [{"clause": count.clause.text, "hits": count.hits} for count in tried.clauses],
        "left_out": _left_out(tried.left_out),
        "gained": [_named(paper) for paper in tried.gained],
        "lost": [_named(paper) for paper in tried.lost],
    }


def _left_out(found: LeftOut | None) -> dict[str, Any] | None:
    if found is None:
        return None
    written = [clause.text for clause in found.clauses]
    return {"clauses": written, "papers": found.papers, "of": found.of}


def _details(tried: Backtest, days: PastDays, seen: int) -> dict[str, Any]:
    """Return further values of a backtest: the part and forms of each clause, and every day."""
    return {
        "clauses": [
            {
                "clause": count.clause.text,
                "hits": count.hits,
                "part": count.part,
                "forms": dict(days.forms(count.clause, seen)),
            }
            for count in tried.clauses
        ],
        "by_day": [
            {"day": day.day.isoformat(), "papers": day.papers, "matched": day.matched}
            for day in tried.days
        ],
    }


def _named(paper: Paper) -> dict[str, str]:
    return {"key": paper.key, "title": paper.title}


@profile.command("explain")
@file_argument
@click.argument("paper")
@json_option
@details_option
def explain_paper(file: Path, paper: str, as_json: bool, details: bool) -> None:
    """Say why a profile brings a PAPER or does not.

    PAPER is a key, an arXiv id, an address or words of a title of a paper that was collected; or -
    for one in JSON on standard input, with title, abstract, authors, categories.
    """
    from ..trial.explain import explain

    if paper == "-":
        profile = _read(_file_of(file, settings_if_any()))
        known, listings, frequencies = _given(), (), None
    else:
        profile, known, listings, frequencies = _collected(file, paper)
    found = explain(
        profile.query,
        known,
        listings=listings,
        minimum=profile.minimum,
        trending=profile.trending,
        frequencies=frequencies,
    )
    if as_json or details:
        _document(found.details() if details else found.document())
    else:
        from .profile_tables import show_explanation

        show_explanation(profile.title, found)


def _collected(file: Path, paper: str) -> tuple[Profile, Paper, Any, Any]:
    from . import lookup

    config = configuration()
    profile = _read(file, config)
    with lookup.store_of(config) as store:
        known, listings = lookup.paper_of(store, paper)
        return profile, known, listings, lookup.frequencies(config, store, profile.query)


def _given() -> Paper:
    from ..trial.references import given

    return given(sys.stdin.buffer.read(1 << 20))


@profile.command("suggest")
@file_argument
@click.option("--like", multiple=True, metavar="PAPER", help="A paper it should have brought.")
@click.option("--dislike", multiple=True, metavar="PAPER", help="One it should not have.")
@click.option("--ids", type=_FILE, help="A list of liked ids, one a line.")
@click.option(
    "--bibtex",
    type=_FILE,
    help="A library of liked papers: BibTeX, or CSL JSON, as Zotero exports them.",
)
@days_option
@json_option
def suggest_terms(
    file: Path,
    like: tuple[str, ...],
    dislike: tuple[str, ...],
    ids: Path | None,
    bibtex: Path | None,
    length: int,
    as_json: bool,
) -> None:
    """Find terms for a profile.

    Those by which it would have caught papers or dropped them.

    NAME may be a reader's own profile's, from digest profile list.  Which papers: those
    named here; without any, what the profile's readers liked, saved, or wanted less of.  Nothing
    is changed: digest profile add does that.
    """
    from ..trial.suggest import suggest
    from . import lookup

    config = configuration(has_log=False)
    profile = _read(file, config)
    is_named = bool(like or dislike or ids or bibtex)
    with lookup.store_of(config) as store:
        days = lookup.recent_days(config, store, length)
        if is_named:
            liked, disliked = _papers_named(store, like, dislike, ids, bibtex)
        else:
            liked, disliked = lookup.feedback_of(store, profile)
    if not (liked or disliked):
        raise click.UsageError("no papers to learn from: use --like, --dislike, --ids or --bibtex")
    found = suggest(profile, days, liked, disliked)
    if as_json:
        _document({"papers": len(days.papers), "suggestions": [s.document() for s in found]})
    else:
        from .profile_tables import show_suggestions

        show_suggestions(found, len(days.papers))


def _papers_named(
    store: Store, like: Sequence[str], dislike: Sequence[str], ids: Path | None, bibtex: Path | None
) -> tuple[list[Paper], list[Paper]]:
    """Return the papers that were named as liked, and as not; say which are not known."""
    from ..trial.references import cited_in, listed
    from . import lookup

    wanted = [*like, *(listed(_text(ids)) if ids else ())]
    cited = cited_in(_text(bibtex), str(bibtex)) if bibtex else []
    liked, unknown = lookup.papers_of(store, wanted)
    disliked, further = lookup.papers_of(store, dislike)
    _report_unknown([*unknown, *further])
    return [*liked, *lookup.as_collected(store, cited)], disliked


def _text(file: Path) -> str:
    from ..text_file import text_of

    return text_of(file)


def _report_unknown(names: Iterable[str]) -> None:
    for name in names:
        say(f"not collected, so left out: {name}", err=True)


@profile.command("list")
@json_option
def list_profiles(as_json: bool) -> None:
    """List the profiles and their readers.

    The live ones, and the broken ones with what stays in force.
    """
    from . import profile_states

    rows = profile_states.profiles(configuration(), TroubleReporter())
    if as_json:
        _document({"profiles": rows})
    else:
        from .profile_tables import show_profiles

        show_profiles(rows)
    sys.exit(CONFIG if any(row["problems"] for row in rows) else 0)


@profile.command("import")
@source_argument
def import_search(source: str) -> None:
    """Print a profile made of a search from elsewhere.

    FILE, or standard input for -, has a search of arXiv, PubMed, Google Scholar, Web of Science,
    Scopus, Ovid or another database, the address of one, or keywords, one a line or with commas
    between; an address may also be given itself.
    What became of each part is on standard error.
    """
    from ..profiles.search_addresses import is_address

    if is_address(source):
        print_imported(source, "stdin")
    elif source == "-":
        print_imported(_standard_input(), "stdin")
    else:
        print_imported(_text(Path(source)), source)


def print_imported(text: str, path: str) -> None:
    """Print the profile that a search makes, and on stderr what became of each of its parts.

    Raises ProfileError.
    """
    from ..profiles import lint
    from ..profiles.imported import imported

    made = imported(text, path, "imported" if path == "stdin" else Path(path).stem)
    click.echo(made.text, nl=False)
    for line in (*made.account, *(f"profile:{doubt}" for doubt in lint(made.text, path))):
        say(line, err=True)


def _standard_input() -> str:
    """Return the text on standard input.  Raises ProfileError."""
    from ..errors import Mistake, ProfileError

    if sys.stdin.isatty():
        say("a search is read from this terminal; Ctrl-D ends it", err=True)
    try:
        return sys.stdin.buffer.read(1 << 20).decode()
    except UnicodeDecodeError as error:
        raise ProfileError("stdin", [Mistake(1, 1, f"not UTF-8 at byte {error.start}")]) from None


@profile.command("new")
@click.option("--output", "-o", type=NewFileParameter(), help="Where; default: its name.")
def new(output: Path | None) -> None:
    """Write a profile by answering questions.

    Each answer shows how much it would bring.
    """
    from .interview import interview

    if not sys.stdin.isatty():
        raise click.UsageError("questions need a terminal; docs/profile-file.md shows a file")
    interview(settings_if_any(), output)
