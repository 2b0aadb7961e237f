"""What the settings name besides themselves: modules, folders, files and a program."""

from __future__ import annotations

import os
import shlex
import shutil
from collections.abc import Iterator, Mapping
from dataclasses import replace
from importlib import import_module
from pathlib import Path

from ..errors import Mistake
from ..listings.sources import source
from ..model import Listing
from ..strict_yaml.shape import in_order
from . import Config


def missing(config: Config) -> list[Mistake]:
    """Return a mistake for each thing that a setting names and that is not there, or is closed.

    A missing folder of profiles is a warning: what was read of it before stays in force.
    """
    return in_order(_missing(config))


def _missing(config: Config) -> Iterator[Mistake]:
    for name, reason in unloadable(config.listings).items():
        yield config.mistake(("listings", name, "kind"), reason)
    for name, listing in config.listings.items():
        if listing.path and (reason := _path_fault(config.path.parent, listing.path)):
            yield config.mistake(("listings", name, "path"), reason)
    if config.templates and not config.templates.is_dir():
        yield config.mistake(("templates",), f"{config.templates}: no such folder")
    if not config.profiles.exists():
        reason = f"{config.profiles}: no such folder; what was read of it before stays in force"
        yield replace(config.mistake(("profiles",), reason), severity="warning")
    elif not config.profiles.is_dir():
        yield config.mistake(("profiles",), f"{config.profiles}: a file, not a folder")
    mails = Path(config.mail.settings.folder)
    if config.mail.settings.sender == "folder" and not _may_be_written(mails):
        yield config.mistake(("mail", "folder"), f"{mails}: no folder that digest may write into")
    for setting, reason in _database_faults(config):
        yield config.mistake((setting,), reason)
    for setting, file in _files(config):
        if file and not os.access(file, os.R_OK):
            reason = "may not be read" if os.path.lexists(file) else "no such file"
            hint = "digest oauth2 FILE makes it" if setting.endswith("oauth2") else ""
            yield config.mistake(tuple(setting.split(".")), f"{file}: {reason}", hint)
    program = shlex.split(config.mail.ask)[:1]
    if program and not shutil.which(program[0]):
        yield config.mistake(("mail", "ask"), f"{program[0]}: no such program")


def _database_faults(config: Config) -> Iterator[tuple[str, str]]:
    """Yield what the database and the queue of jobs in it need and do not find, by the setting."""
    if config.database.startswith("postgresql") and not _may_be_loaded("psycopg"):
        yield "database", "psycopg is missing; pip install 'papers-digest[postgres]'"
    if config.dispatch == "procrastinate" and (reason := dispatch_fault(config)):
        yield "dispatch", reason


def dispatch_fault(config: Config) -> str:
    """Return why jobs cannot be queued by procrastinate; empty if they can."""
    if not config.database.startswith("postgresql"):
        return "procrastinate needs a database of PostgreSQL"
    if not _may_be_loaded("procrastinate"):
        return "procrastinate is missing; pip install 'papers-digest[cluster]'"
    return ""


def _may_be_loaded(module: str) -> bool:
    """Return whether a module of an extra is installed, with all that it needs in turn."""
    try:
        import_module(module)
    except (ImportError, OSError):  # the latter of a library of the system's that is missing
        return False
    return True


def folders(config: Config) -> Iterator[Path]:
    """Yield each folder that a setting in use names, for a service that waits for their disks."""
    yield config.profiles
    if config.mail.settings.sender == "folder":
        yield Path(config.mail.settings.folder)
    if config.templates:
        yield config.templates
    yield from config.roots


def _may_be_written(folder: Path) -> bool:
    """Return whether files can be put into a folder, which is made if it is missing."""
    there = next(each for each in (folder, *folder.parents) if each.exists())
    return there.is_dir() and os.access(there, os.W_OK | os.X_OK)


def unloadable(listings: Mapping[str, Listing]) -> dict[str, str]:
    """Return why a listing's kind cannot be loaded, by the listing's name."""
    found = {}
    for name, listing in listings.items():
        try:
            source(listing.kind)
        except ValueError as error:
            found[name] = str(error)
    return found


def _path_fault(home: Path, path: str) -> str:
    """Return what of a listing's path is missing: its file, or the folder before its ``{day}``."""
    before, is_dated, _ = path.partition("{day}")
    # The name may begin before the day, as in ``pages-{day}.txt``.
    place = (home / f"{before}x").parent if is_dated else home / path
    if place.exists():
        return ""
    return f"{place}: no such {'folder' if is_dated else 'file'}"


def _files(config: Config) -> Iterator[tuple[str, str]]:
    """Yield each file that a setting in use names, by the setting."""
    inbox = {"inbox": config.inbox} if config.inbox else {}
    for section, server in (config.mail.settings.servers | inbox).items():
        yield f"{section}.ca", server.ca
        yield f"{section}.oauth2", server.oauth2
    if config.mail.dkim is not None:
        yield "mail.dkim.key", str(config.mail.dkim.key)
    yield "fetch.ca", config.fetch.ca
