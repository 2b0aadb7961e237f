"""The commands for the configuration: what is in force and whence, whether it is right."""

from __future__ import annotations

import json
import os
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import click

from ..model import count
from .terminal import json_option, say, short

if TYPE_CHECKING:
    from ..config import Config
    from ..errors import Mistake


def register(main: click.Group) -> None:
    """Add these commands to the program."""
    main.add_command(config)


@click.group()
def config() -> None:
    """Look at the settings."""


def _file() -> Path:
    from ..config import find

    return find(click.get_current_context().find_root().obj, os.environ)


@config.command("check")
def check() -> None:
    """Say every mistake as file:line:column; 0 if there is none, else 78.

    Looks also whether the modules, folders and files that it names are there, and tries the
    templates.
    """
    from ..config import load
    from ..config.named import missing
    from ..errors import ConfigError
    from ..text_file import profiles_in

    found = load(_file(), os.environ)
    mistakes = missing(found)
    if any(each.severity == "error" for each in mistakes):
        raise ConfigError(str(found.path), mistakes)
    for each in (*mistakes, *_doubts(found)):
        say(each.in_file(str(found.path)), err=True)
    if found.templates:
        _try_templates(found.templates)
    try:
        profiles = len(profiles_in(found.profiles))
    except OSError:
        profiles = 0
    place = short(found.profiles)
    say(
        f"{short(found.path)} is in order: {count(len(found.listings), 'listing')},"
        f" {count(profiles, 'profile')} in {place}"
    )
    if found.mail.settings.sender == "smtp":
        say(_who_reads(found))


def _who_reads(found: Config) -> str:
    """Return who reads the answers to the mails; whether any came by a pipe, the doctor knows."""
    if found.inbox is None:
        return (
            "answers by mail: none are read, for no inbox is set, unless the mail server pipes them"
            " into digest inbox"
        )
    inbox = found.inbox
    return f"answers by mail: digest reads them, in {inbox.folder} of {inbox.user} at {inbox.host}"


def _doubts(found: Config) -> Iterator[Mistake]:
    """Yield a warning for each name that is allowed, but is hardly what was meant."""
    from ..profiles.categories import doubts_of

    for name, listing in found.listings.items():
        for doubt in doubts_of(listing.kind, listing.options):
            place = ("listings", name, "categories")
            yield replace(found.mistake(place, *doubt), severity="warning")
    for setting, message, hint in (*_misnamed_templates(found), *_misnamed_profiles(found)):
        yield replace(found.mistake((setting,), message, hint), severity="warning")


def _misnamed_templates(found: Config) -> Iterator[tuple[str, str, str]]:
    """Yield each file that is in place of no template, but has nearly the name of one."""
    from difflib import get_close_matches

    from ..resources import templates_folder

    if not found.templates:
        return
    known, own = _templates_below(templates_folder()), _templates_below(found.templates)
    folders = sorted({str(each.parent) for each in known})
    # Far from ours, as in node_modules/, no file is meant as a template.
    near = {each for each in {name.parent for name in own} if _is_near(str(each), folders)}
    others = sorted(name for name in own.difference(known) if name.parent in near)
    asked_for = _sources(found.templates, own) if others else b""
    for name in others:
        elsewhere = sorted(str(each) for each in known if each.name == name.name)
        beside = sorted(str(each) for each in known if each.parent == name.parent)
        meant = elsewhere[:1] or get_close_matches(str(name), beside, 1, 0.85)
        called = str(name).removeprefix("web/")
        if meant and not any(f"{quote}{called}{quote}".encode() in asked_for for quote in "'\""):
            message = f"{name}: no template has this name, so it is not used"
            yield "templates", message, f"did you mean {meant[0]}?"


def _templates_below(folder: Path) -> set[Path]:
    """Return the names of all files that may be templates: other things may be there as well."""
    found = (each for each in folder.rglob("*") if each.suffix in (".html", ".txt", ".css"))
    # No error where it may not be looked for.
    return {each.relative_to(folder) for each in found if os.path.isfile(each)}  # noqa: PTH113


def _is_near(folder: str, folders: list[str]) -> bool:
    from difflib import get_close_matches

    return folder == "." or bool(get_close_matches(folder, folders, 1, 0.7))


def _sources(folder: Path, own: set[Path]) -> bytes:
    """Return one's own templates, which may name further ones, as in an import."""
    ours = (folder / each for each in sorted(own) if each.parts[0] in ("mail", "web"))
    return b"\n".join(each.read_bytes() for each in ours if os.access(each, os.R_OK))


def _misnamed_profiles(found: Config) -> Iterator[tuple[str, str, str]]:
    """Yield each profile that is beside the others, but has not the name of one."""
    folder = found.profiles
    for file in sorted(folder.iterdir()) if os.access(folder / ".", os.R_OK | os.X_OK) else ():
        if file.suffix.lower() in ("", ".txt") and file.name[0] != "." and _is_profile(file):
            name = f"{file.stem.removesuffix('.yaml').removesuffix('.yml')}.yaml"
            hint = "" if (folder / name).exists() else f"call it {name}"
            yield "profiles", f"{file.name} is not read: it does not end in .yaml", hint


def _is_profile(file: Path) -> bool:
    """Return whether a file has a key that each profile has; notes and a Makefile have none."""
    from ..errors import ProfileError
    from ..text_file import text_of

    if not file.is_file():
        return False
    try:
        lines = text_of(file).splitlines()
    except ProfileError:
        return False
    has_key = any(line.startswith(("any:", "all:", "authors:")) for line in lines)
    return has_key and not any(line.startswith("\t") for line in lines)


def _try_templates(folder: Path) -> None:
    """Render each with samples; raises ConfigError."""
    from ..render import check as checked
    from ..resources import templates_folder

    checked([folder, templates_folder()])


@config.command("show")
@json_option
def show(as_json: bool) -> None:
    """Show each setting in force and whence it comes; secrets are masked."""
    from ..config import effective

    found = list(effective(_file(), os.environ))
    if as_json:
        rows = [{"name": s.name, "value": s.text, "whence": s.whence} for s in found]
        click.echo(json.dumps({"settings": rows}, ensure_ascii=False))
        return
    for setting in found:
        say(f"{setting.name}: {setting.text}  ({setting.whence})")


@config.command("example")
def example() -> None:
    """Print a configuration with all keys, each with an example."""
    from ..resources import example_config

    click.echo(example_config().read_text("utf-8"), nl=False)


@config.command("unit")
def unit() -> None:
    """Print a unit of systemd that runs digest serve."""
    from ..config import load
    from ..config.named import folders
    from ..resources import program
    from ..store.file import file_of

    named = _file()
    file = named.parent.resolve() / named.name  # systemd takes no path with .. in it
    found = load(file, os.environ, logs_in=False)
    database = file_of(found.database)
    needed = [file.parent, *([database.parent] if database else ()), *folders(found)]
    places = dict.fromkeys(os.path.realpath(each) for each in needed)
    mounts = " ".join(_for_systemd(place, is_command=False) for place in places)
    words = (str(program()), "--config", str(file), "serve")
    command = " ".join(_for_systemd(word) for word in words)
    click.echo(
        f"""\
[Unit]
Description=Daily digest of research papers
# Not before the disks with all that is kept.
RequiresMountsFor={mounts}

[Service]
ExecStart={command}
# 78: a mistake in the configuration, which another start would only make again.
Restart=on-failure
RestartSec=30
RestartPreventExitStatus=78
TimeoutStopSec=60
UMask=0077

[Install]
WantedBy=default.target"""
    )


def _for_systemd(word: str, *, is_command: bool = True) -> str:
    """Return a word as it is meant (systemd.service(5), "Command lines"); elsewhere $ is itself."""
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%")
    return f'"{escaped.replace("$", "$$") if is_command else escaped}"'


@config.command("schema")
def print_schema() -> None:
    """Print the JSON Schema of a configuration, for editors."""
    from ..config import schema

    click.echo(json.dumps(schema(), indent=2))
