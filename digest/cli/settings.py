"""The commands for the configuration: what is in force and whence, whether it is right."""

from __future__ import annotations

import json
import os
from pathlib import Path

import click

from ..model import count
from .terminal import json_option, say, short


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
    for each in mistakes:
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
    from ..resources import program

    words = (str(program()), "--config", str(_file().absolute()), "serve")
    command = " ".join(_for_systemd(word) for word in words)
    click.echo(
        f"""\
[Unit]
Description=Daily digest of research papers

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


def _for_systemd(word: str) -> str:
    """Return a word of ExecStart= as it is meant (systemd.service(5), "Command lines")."""
    escaped = word.replace("\\", "\\\\").replace('"', '\\"').replace("%", "%%").replace("$", "$$")
    return f'"{escaped}"'


@config.command("schema")
def print_schema() -> None:
    """Print the JSON Schema of a configuration, for editors."""
    from ..config import schema

    click.echo(json.dumps(schema(), indent=2))
