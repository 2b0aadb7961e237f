"""rss2email: its configuration, or what ``r2e list`` prints, as listings.

https://github.com/rss2email/rss2email
"""

from __future__ import annotations

import configparser
from collections.abc import Iterator
from dataclasses import replace

from ..errors import SourceError
from ..listings.opml import Subscriptions, listings_of
from . import decoded
from .kinds import is_listed

_PREFIX = "feed."
#: What is carried over of a feed, or says whether it is.
_USED = frozenset({"name", "url", "active"})


def subscriptions(data: bytes, path: str) -> Subscriptions:
    """Read the feeds that are active; raises SourceError where there is none."""
    if data.startswith(b"\x80") or data.lstrip().startswith(b"{"):
        hint = "name its file config, or read what r2e opmlexport prints"
        raise SourceError(path, f"what rss2email has seen, which names no feed's address: {hint}")
    lines = decoded(data, path).splitlines()
    if any(map(is_listed, lines)):
        feeds, left_out = _of_list(lines)
    else:
        feeds, left_out = _of_config(_parsed(lines, path))
    found = listings_of(feeds)
    if not found.listings:
        raise SourceError(path, "there is no active feed in it: [feed.NAME] with a url is expected")
    return replace(found, left_out=[*found.left_out, *left_out])


def _parsed(lines: list[str], path: str) -> configparser.RawConfigParser:
    parser = configparser.RawConfigParser(strict=False)
    # Blanks in a row make its expressions take quadratic time; the first says that a value goes on.
    text = "\n".join((" " if line[:1].isspace() else "") + " ".join(line.split()) for line in lines)
    try:
        parser.read_string(text)
    except configparser.Error as error:
        reason = str(error).splitlines()[0].partition(": ")[0].rstrip(".").lower()
        raise SourceError(path, f"no configuration of rss2email: {reason}") from None
    return parser


def _of_config(
    parser: configparser.RawConfigParser,
) -> tuple[list[tuple[str, str, str]], list[str]]:
    feeds, left_out = [], []
    defaults = parser.defaults()
    if defaults:
        left_out.append(f"[DEFAULT]: settings of its mails ({len(defaults)}): see mail: here")
    for section in parser.sections():
        name = section.removeprefix(_PREFIX)
        options = parser[section]
        if not section.startswith(_PREFIX):
            left_out.append(f"[{section}]: no feed")
            continue
        if options.get("active", "true").lower() not in ("true", "yes", "on", "1"):
            left_out.append(f"{name}: it is paused there")
            continue
        feeds.append((name, options.get("url", ""), ""))
        left_out += _unlike(name, [each for each in options if options[each] != defaults.get(each)])
    return feeds, left_out


def _unlike(name: str, options: list[str]) -> Iterator[str]:
    """Yield a line about the options of a feed that have no likeness here; values stay unsaid."""
    if "to" in options:
        yield f"{name}: to: no one is subscribed by this; a profile's to names who gets it"
    if others := sorted({*options} - _USED - {"to"}):
        yield f"{name}: {', '.join(others)}: settings of its mails"


def _of_list(lines: list[str]) -> tuple[list[tuple[str, str, str]], list[str]]:
    feeds, left_out = [], []
    for line in filter(is_listed, lines):
        mark, _, rest = line.partition(": [")[2].partition("] ")
        name, _, ends = rest.partition(" (")
        if mark == "*":
            feeds.append((name, ends.rpartition(" -> ")[0], ""))
        else:
            left_out.append(f"{name}: it is paused there")
    return feeds, left_out
