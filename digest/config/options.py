"""The options of each kind of listing: what each may hold, and which a kind must have."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from typing import Any

from pydantic_core import InitErrorDetails, SchemaValidator, ValidationError
from pydantic_core import core_schema as cs

from .. import expressions
from ..strict_yaml.fields import FILLED, TEXT, after, one_of, one_or_list_of
from ..strict_yaml.shape import Key, did_you_mean, key, mapping, mistake

_ISSN = expressions.anchored(r"([0-9]{4})-?([0-9]{3}[0-9Xx])")
_VENUE = expressions.anchored(r"[\w.-]+(?:/[\w.-]+)+")


def _issn(text: str) -> str:
    found = _ISSN.fullmatch(text)
    digits = "".join(found.groups()).upper() if found else ""
    total = sum((10 if sign == "X" else int(sign)) * (8 - n) for n, sign in enumerate(digits))
    if not digits or total % 11:
        raise mistake(f"{text[:40]} is no ISSN", "it stands on the journal's page: 1476-4687")
    return f"{digits[:4]}-{digits[4:]}"


def _venue(text: str) -> str:
    if not _VENUE.fullmatch(text):
        hint = "as in the address of its page: ICLR.cc/2027/Conference"
        raise mistake(f"{text[:40]} is no venue of OpenReview", hint)
    return text


_CATEGORIES = key(one_or_list_of(FILLED, 100), "what is read of it")
_TOKEN = key(TEXT, "a secret that the source knows the reader by")

OPTIONS: Mapping[str, Mapping[str, Key]] = {
    "arxiv": {
        "categories": _CATEGORIES,
        "format": key(one_of("rss", "atom", "listing"), "which of arXiv's pages is read"),
    },
    "biorxiv": {"categories": _CATEGORIES},
    "crossref": {"issn": key(one_or_list_of(after(_issn, TEXT), 50), "of which journals")},
    "feed": {},
    "huggingface": {
        "period": key(one_of("day", "week", "month", "trending"), "whose list is read"),
        "token": _TOKEN,
    },
    "jsonfeed": {},
    "listing": {},
    "medrxiv": {"categories": _CATEGORIES},
    "openalex": {
        "filter": key(FILLED, "what OpenAlex is asked, in its own language"),
        "token": _TOKEN,
    },
    "openreview": {
        "venue": key(after(_venue, TEXT), "of which conference or journal"),
        "token": _TOKEN,
    },
    "pubmed": {"search": key(FILLED, "what PubMed is asked, in its own language")},
}
#: The option that a kind cannot do without, unless it reads an address or a file of your own.
NEEDED = {
    "arxiv": "categories",
    "crossref": "issn",
    "openalex": "filter",
    "openreview": "venue",
    "pubmed": "search",
}

_VALIDATORS = {kind: SchemaValidator(mapping(dict(own))) for kind, own in OPTIONS.items()}


def of_any_kind() -> dict[str, Key]:
    """Return all options by name, with their descriptions; each kind checks what its own hold."""
    found = {name: each for own in OPTIONS.values() for name, each in own.items()}
    anything = cs.any_schema()
    return {
        name: cs.typed_dict_field(anything, required=False, metadata=each["metadata"])
        for name, each in found.items()
    }


def checked(kind: str, options: Mapping[str, Any], others: Iterable[str]) -> dict[str, Any]:
    """Check the options of one of our kinds; raises ValidationError with the place of each mistake.

    ``others`` are the keys that a listing of any kind may have, for "did you mean".
    """
    own = OPTIONS[kind]
    known = [*own, *others]
    unknown = [
        InitErrorDetails(
            type=mistake(
                f"unknown key {name[:40]} for the kind {kind}",
                did_you_mean(name, known, likeness=0.75),
            ),
            loc=(name, "[key]"),
            input=None,
        )
        for name in options
        if name not in own
    ]
    if unknown:
        raise ValidationError.from_exception_data(kind, unknown)
    found: dict[str, Any] = _VALIDATORS[kind].validate_python(options)
    return found
