"""Understand which list of papers is meant by words, as in "arxiv machine learning"."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from ipaddress import ip_address
from pathlib import Path, PurePosixPath
from urllib.parse import unquote, urlsplit

import click

from ..profiles import slug_of
from ..profiles.categories import found_by, is_category, subjects_by, title_of

#: What may be answered, shown with the question and with each answer that is not understood.
EXAMPLES = "huggingface; arxiv machine learning, cs.CL; biorxiv genomics; a feed's address"

#: Categories of one answer; with more of them the answer is asked again.
MOST = 12


@dataclass(frozen=True, slots=True)
class ChosenListing:
    """A listing as the configuration writes it, and what it is in words."""

    name: str
    #: the value in YAML
    text: str
    words: str


def chosen_listing(text: str) -> ChosenListing:
    """Return the listing that is meant; raises click.UsageError, which says what was not found."""
    text = " ".join(text.split())
    kind, _, rest = text.replace(":", " ", 1).partition(" ")
    if text.startswith(("http://", "https://")):
        return _feed(text)
    match kind.lower():
        case "huggingface" | "hf" | "hugging":
            return ChosenListing("daily-papers", "{kind: huggingface}", "Hugging Face daily papers")
        case "arxiv":
            return _arxiv(rest)
        case "biorxiv" | "medrxiv" as archive:
            return _preprints(archive, rest)
    if all(is_category(each.strip()) for each in text.split(",")):
        return _arxiv(text)
    if Path(text).is_file():
        return _saved_feed(Path(text))
    raise click.UsageError(f"{text[:40]!r} is no list that is known here: {EXAMPLES}")


def _feed(address: str) -> ChosenListing:
    try:
        parts = urlsplit(address)
        host = (parts.hostname or "").removeprefix("www.")
    except ValueError:
        host = ""
    if not slug_of(host):
        raise click.UsageError(f"{address[:60]}: an address with a host is expected")
    name = slug_of(host) if _says_something(host) else slug_of(_stem(unquote(parts.path)))
    text = f'{{kind: feed, url: "{address}"}}'
    return ChosenListing(name[:60] or "feed", text, f"the feed of {host}")


def _says_something(host: str) -> bool:
    """Return whether a host is a name; 127.0.0.1 and localhost say nothing of what is there."""
    try:
        ip_address(host)
    except ValueError:
        return host != "localhost"
    return False


def _saved_feed(path: Path) -> ChosenListing:
    # The whole path: the configuration may be in another folder than this one.
    text = f"{{kind: feed, path: {json.dumps(str(path.absolute()), ensure_ascii=False)}}}"
    return ChosenListing(slug_of(path.stem)[:60] or "feed", text, f"the feed in {path}")


def _stem(path: str) -> str:
    """Return a path without the ending of its file."""
    return str(PurePosixPath(path).with_suffix("")) if PurePosixPath(path).name else ""


def _arxiv(fields: str) -> ChosenListing:
    found = _each(fields, found_by, "arXiv", "a field such as machine learning, or a code: cs.LG")
    words = ", ".join(f"{code} {title_of(code)}".strip() for code in found)
    return ChosenListing(
        "arxiv", f"{{kind: arxiv, categories: [{', '.join(found)}]}}", f"arXiv: {words}"
    )


def _preprints(archive: str, subjects: str) -> ChosenListing:
    name = {"biorxiv": "bioRxiv", "medrxiv": "medRxiv"}[archive]
    if not subjects:
        return ChosenListing(archive, f"{{kind: {archive}}}", f"{name}, all subjects")
    found = _each(subjects, subjects_by, name, "a subject such as genomics or plant biology")
    text = f"{{kind: {archive}, categories: [{', '.join(found)}]}}"
    return ChosenListing(archive, text, f"{name}: {', '.join(found)}")


def _each(text: str, look: Callable[[str], list[str]], where: str, expected: str) -> list[str]:
    """Return all that is found by the parts of a text, each once."""
    parts = [part for part in (each.strip() for each in text.split(",")) if part]
    if not parts:
        raise click.UsageError(f"{where}: {expected}, is expected")
    found: list[str] = []
    for part in parts:
        meant = look(part)
        if not meant:
            raise click.UsageError(f"{where} has no {part[:40]!r}: {expected}, is expected")
        if len(meant) > MOST:
            raise click.UsageError(f"{part[:40]!r} is in {len(meant)} names of {where}: say more")
        found += [each for each in meant if each not in found]
    return found


def distinct(listings: Iterable[ChosenListing]) -> list[ChosenListing]:
    """Return the listings under names of their own: a second ``arxiv`` is ``arxiv-2``."""
    taken: dict[str, ChosenListing] = {}
    for each in listings:
        name, number = each.name, 1
        while name in taken and taken[name].text != each.text:
            number += 1
            name = f"{each.name}-{number}"
        taken[name] = ChosenListing(name, each.text, each.words)
    return list(taken.values())
