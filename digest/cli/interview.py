"""Ask questions at the terminal and write a profile; each answer shows how much it matches."""

from __future__ import annotations

import json
from collections.abc import Callable
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..errors import DigestError, ProfileError
from ..language import QuerySyntaxError, WordMatching, leaf, parse_clause
from ..profiles import SCHEMA_NAME, parse, schema, slug_of
from ..profiles.rewrite import Answers
from ..profiles.rewrite import new as new_text
from ..trial.backtest import backtest
from .terminal import say

if TYPE_CHECKING:
    from ..config import Config
    from ..trial.backtest import PastDays


def interview(config: Config | None, output: Path | None) -> None:
    """Ask, write the file, and say where it is; raises DigestError where that is impossible."""
    days = _recent_days(config)
    title = click.prompt("What is it about (a heading for the mail)", type=str).strip()
    slug = click.prompt("Its name", default=slug_of(title) or "profile", value_proc=_slug)
    path = output or (config.profiles if config else Path()) / f"{slug}.yaml"
    if path.exists():
        raise DigestError(f"{path} is there already; digest profile add changes it")
    answers = _ask(slug, title, days)
    text = new_text(answers)
    _write(path, text)
    _lay_schema_beside(path)
    say(f"{path} is written; digest profile test {path} tries it")


def _recent_days(config: Config | None) -> PastDays | None:
    """Return the days on which the answers are tried; None where nothing was collected."""
    if config is None or not config.has_database:
        return None
    from . import lookup

    try:
        with lookup.store_of(config) as store:
            return lookup.recent_days(config, store, 30)
    except DigestError:
        return None


def _slug(text: str) -> str:
    slug = slug_of(text)
    if slug != text or not slug:
        raise click.UsageError("small letters, digits, - and _ are expected")
    return slug


def _address(text: str) -> str:
    text = text.strip()
    try:
        parse(new_text(Answers(profile="x", any=("x",), to=(text,))), "x") if text else None
    except ProfileError as error:
        raise click.UsageError(error.complaints[0].message) from error
    return text


def _ask(slug: str, title: str, days: PastDays | None) -> Answers:
    to = click.prompt(
        "Whom shall it be mailed to (empty: nobody yet)",
        default="",
        show_default=False,
        value_proc=_address,
    )

    def answers(wanted: list[str], excluded: list[str], authors: list[str]) -> Answers:
        return Answers(
            profile=slug,
            title=title,
            to=(to,) if to else (),
            any=tuple(wanted),
            none=tuple(excluded),
            authors=tuple(authors),
        )

    def width(wanted: list[str], excluded: list[str], authors: list[str]) -> None:
        if days is not None:
            say(f"    {_width(answers(wanted, excluded, authors), days)}")

    say("One keyword a line; an empty line ends the list.")
    wanted = _several("a paper shall have one of", lambda so_far: width(so_far, [], []))
    authors = _several(
        "or be by",
        lambda so_far: width(wanted, [], so_far),
        least=0 if wanted else 1,
        field="author",
    )
    excluded = _several("but have none of", lambda so_far: width(wanted, so_far, authors))
    return answers(wanted, excluded, authors)


def _several(
    question: str, show: Callable[[list[str]], None], *, least: int = 0, field: str = ""
) -> list[str]:
    """Ask until an empty line; an item that cannot be read is asked again, with the reason."""
    items: list[str] = []
    while True:
        text = click.prompt(f"  {question}", default="", show_default=False, type=str).strip()
        if not text and len(items) >= least:
            return items
        if problem := _problem(text, field):
            say(f"    {problem}")
            continue
        items.append(text)
        show(items)


def _problem(text: str, field: str) -> str:
    if not text:
        return "one at least is needed"
    try:
        leaf(text, 1, field, WordMatching.STEM) if field else parse_clause(text)
    except QuerySyntaxError as error:
        return f"{error.message} ({error.hint})" if error.hint else error.message
    return ""


def _width(answers: Answers, days: PastDays) -> str:
    try:
        tried = backtest(parse(new_text(answers), f"{answers.profile}.yaml"), days)
    except ProfileError as error:
        return str(error.complaints[0])
    return (
        f"so far {tried.per_day:.1f} papers a day: {tried.matched:,} of {tried.papers:,}, "
        f"{tried.share:.1%}"
    )


def _lay_schema_beside(path: Path) -> None:
    """Write the schema that a profile's first line names beside the profile, unless it is there.

    Without the schema an editor can neither complete nor check.
    """
    beside = path.with_name(SCHEMA_NAME)
    if not beside.exists():
        _write(beside, json.dumps(schema(), indent=2) + "\n")


def _write(path: Path, text: str) -> None:
    try:
        path.parent.mkdir(parents=True, exist_ok=True)
        with path.open("x", encoding="utf-8") as file:
            file.write(text)
    except OSError as error:
        raise DigestError(f"{path}: {(error.strerror or 'cannot be written').lower()}") from error
