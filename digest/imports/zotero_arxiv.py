"""zotero-arxiv-daily: its configuration, or the variables of its earlier versions, as listings.

https://github.com/TideDra/zotero-arxiv-daily
"""

from __future__ import annotations

from collections.abc import Callable, Iterator
from typing import Any

from ..errors import SourceError
from ..listings.opml import Subscriptions
from ..profiles.categories import found_by, subjects_by
from ..strict_yaml import Caps, load
from . import decoded

_CAPS = Caps(size=64 << 10, nodes=2_000, scalar=4_000)

#: Section of the file, and what is done here instead.
_INSTEAD = {
    "zotero": "export the library as BibTeX or CSL JSON: digest import LIBRARY suggests its terms",
    "llm": "no model is asked here: the abstract itself is in the mail",
    "reranker": "papers are found by the words of a profile, and ranked by them",
}
#: Variable of earlier versions: the section that it became.
_SECTIONS = {"ZOTERO": "zotero", "OPENAI": "llm", "MODEL": "llm", "USE": "llm", "LANGUAGE": "llm"}
_READ = ("arxiv", "biorxiv", "medrxiv")


def subscriptions(data: bytes, path: str) -> Subscriptions:
    """Read what is watched; raises SourceError with the place of a mistake, or without a source."""
    text = decoded(data, path)
    settings = _of_variables(text) or _of_yaml(text, path)
    left_out: list[str] = []
    listings = {
        name: {"kind": name, "categories": codes}
        for name, codes in _sources(_table(settings, "source"), left_out)
    }
    if not listings:
        raise SourceError(path, "no source is in it: source.arxiv.category is expected")
    return Subscriptions(listings, [*left_out, *_unlike(settings)])


def _of_yaml(text: str, path: str) -> dict[str, Any]:
    document = load(text, _CAPS)
    if document.complaints:
        raise SourceError(path, f"not to be read: {document.complaints[0]}")
    return document.data if isinstance(document.data, dict) else {}


def _of_variables(text: str) -> dict[str, Any]:
    """Return the variables of earlier versions, ``NAME=value``, in the form of the later file."""
    pairs = (line.strip().removeprefix("export ").partition("=") for line in text.splitlines())
    values = {name.strip(): value.strip().strip("'\"") for name, sign, value in pairs if sign}
    if "ARXIV_QUERY" not in values:
        return {}
    settings: dict[str, Any] = {
        "source": {"arxiv": {"category": values["ARXIV_QUERY"].split("+")}},
        "email": {"receiver": values.get("RECEIVER"), "smtp_server": values.get("SMTP_SERVER")},
        "executor": {"max_paper_num": values.get("MAX_PAPER_NUM")},
    }
    for name in values:
        if section := _SECTIONS.get(name.partition("_")[0]):
            settings[section] = {}
    return settings


def _table(settings: dict[str, Any], name: str) -> dict[str, Any]:
    found = settings.get(name)
    return found if isinstance(found, dict) else {}


def _sources(sources: dict[str, Any], left_out: list[str]) -> Iterator[tuple[str, list[str]]]:
    """Yield each archive that is read here, and its categories; add to ``left_out`` the rest."""
    for name in sources:
        named = _table(sources, name).get("category")
        wanted = [str(each) for each in named] if isinstance(named, list) else []
        wanted = [named] if isinstance(named, str) else wanted
        if name not in _READ:
            left_out.append(f"source.{name}: no kind of listing reads it; a feed may")
            continue
        found = [_category(found_by if name == "arxiv" else subjects_by, each) for each in wanted]
        left_out += (
            f"source.{name}.category: {name} has no {each[:40]}"
            for each, code in zip(wanted, found, strict=True)
            if not code
        )
        if any(found):
            yield name, list(dict.fromkeys(filter(None, found)))


def _category(look: Callable[[str], list[str]], name: str) -> str:
    """Return the one category of this very name; empty if there is none."""
    found = look(name)
    return found[0] if len(found) == 1 and found[0].lower() == name.strip().lower() else ""


def _unlike(settings: dict[str, Any]) -> Iterator[str]:
    """Yield a line about each part that is not carried over; no password is quoted."""
    mail, made = _table(settings, "email"), _table(settings, "executor")
    if mail.get("receiver"):
        yield "email.receiver: no one is subscribed by this; a profile's to names who gets it"
    if server := mail.get("smtp_server"):
        host = "".join(sign for sign in str(server)[:80] if sign.isalnum() or sign in ".-")
        yield f"email: digest init --sender {host} asks for the rest"
    if number := made.get("max_paper_num"):
        yield f"executor.max_paper_num: write limit: {str(number)[:9]} in a profile"
    if _table(_table(settings, "source"), "arxiv").get("include_cross_list") is False:
        yield "source.arxiv.include_cross_list: write changes: [new] in a profile"
    yield from (f"{name}: {text}" for name, text in _INSTEAD.items() if name in settings)
