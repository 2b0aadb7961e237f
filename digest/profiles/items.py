"""The items of a profile: how a query and a name are read, and what they are mistaken for."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from pydantic_core import PydanticKnownError
from pydantic_core import core_schema as cs

from .. import expressions
from ..errors import Sentence, write
from ..language import FIELDS, Node, QuerySyntaxError, WordMatching, leaf, parse_clause
from ..language.foreign import FIELD_NAMES
from ..language.words import form_of
from ..strict_yaml.fields import LINE, TEXT, after, one_or_list_of, whole
from ..strict_yaml.shape import did_you_mean, key, mapping, mistake, required
from .author_names import bare_name
from .habits import ours


@dataclass(frozen=True, slots=True)
class Parsed:
    """A clause's text and its syntax tree."""

    text: str
    node: Node


def _parsed(value: Any) -> Parsed:
    return _read_as(parse_clause, value)


def _author(value: Any) -> Parsed:
    """Parse the whole item as a person's name, which may have its field before it."""
    if isinstance(value, dict) and value:
        name = next((each for each in value.values() if isinstance(each, str)), "")
        raise mistake(Sentence("a name is expected"), write(name) if name else "")
    if isinstance(value, bool | int | float):
        hint = Sentence("write %(text)s if it is one", text=f'"{str(value).lower()}"')
        raise mistake(Sentence("a name is expected"), hint)
    if isinstance(value, str):
        value = bare_name(value)
    return _read_as(lambda name: leaf(name, 1, "author", WordMatching.STEM), value)


def _read_as(read: Callable[[str], Node], value: Any) -> Parsed:
    if not isinstance(value, str):
        raise PydanticKnownError("string_type")
    try:
        return Parsed(value, read(value))
    except QuerySyntaxError as error:
        hint: str = error.hint
        if error.message == _OPEN_QUOTE and any(sign in value for sign in "“”„«»「」"):
            hint = Sentence(
                "YAML does not know %(curly)s, so a comma parts the list: write %(straight)s",
                curly="“ ”",
                straight='" "',
            )
        raise mistake(error.message, hint, error.column - 1) from None


_OPEN_QUOTE = "this quote is not closed"


def _in_mapping(value: Any) -> Any:
    """Turn a bare list item into a mapping with the query alone."""
    if value is None:
        raise PydanticKnownError("string_type")
    if isinstance(value, list):
        words = [each for each in value if isinstance(each, str)]
        hint = Sentence("give each a line and a dash of its own")
        if words and len(words) == len(value):
            hint = Sentence(
                "write %(text)s, or give each a line and a dash of its own", text=" OR ".join(words)
            )
        raise mistake(Sentence("a list within a list"), hint)
    if not isinstance(value, dict):
        return {"query": value}
    _check_for_colon(value)
    return value


def _check_for_colon(item: dict[str, Any]) -> None:
    """Refuse ``- title: pruning`` and ``- graph: 3``, which YAML reads as a key and a value."""
    if len(item) > 1 and all(value is None for value in item.values()):
        hint = Sentence("write %(text)s, or each after a dash", text=" OR ".join(item))
        raise mistake(Sentence("a set in braces"), hint)
    if len(item) != 1:
        return
    word, value = next(iter(item.items()))
    if word.lower() in (*FIELDS, *FIELD_NAMES):
        raise mistake(Sentence("a blank after the colon"), write(f"{word}:{_start(value)}"))
    query, comma, last = word.rpartition(",")
    if comma and last.strip() in _CLAUSE_KEYS:
        hint = write(f"{{query: {_start(query)}, {last.strip()}: {value}}}")
        raise mistake(Sentence("several keys are in braces"), hint)
    if did_you_mean(word, _CLAUSE_KEYS) or "query" in ours(word):
        return
    if value is None:
        hint = Sentence("write %(text)s without it", text=_start(word))
        raise mistake(Sentence("a colon ends a key"), hint)
    if isinstance(value, int | float):
        weight = min(max(round(value), 1), 9)
        hint = write(f"{{query: {_start(word)}, weight: {weight}}}")
        raise mistake(Sentence("a weight has a key of its own, from 1 to 9"), hint)
    hint = write(f'"{_start(word)}: {_start(value)}"')
    raise mistake(Sentence("a colon and a blank in a text"), hint)


_CLAUSE_KEYS = ("query", "weight", "label", "at_most", "without")


def _start(value: Any) -> str:
    return value if isinstance(value, str) and len(value) <= 40 else "…"


_QUERY = cs.no_info_plain_validator_function(_parsed, json_schema_input_schema=TEXT)
AUTHOR = cs.no_info_plain_validator_function(_author, json_schema_input_schema=TEXT)


def _text_alone(value: Any) -> Any:
    """Refuse a number or the like as a form: it was hardly meant as a word."""
    if isinstance(value, bool | int | float):
        written = str(value).lower()
        hint = Sentence("write %(text)s for this word", text=f'"{written}"')
        raise mistake(Sentence("without takes words as they are found"), hint)
    return value


def _form(text: str) -> str:
    """Check a form in which words are not meant; it is looked for as it is written."""
    if found := _SIGNS.search(text):
        bare = " ".join(_SIGNS.sub(" ", text).split())
        hint = write(_start(bare)) if bare else ""
        message = Sentence("without takes words as they are found, no signs")
        raise mistake(message, hint, found.start())
    if not form_of(text):
        raise mistake(Sentence("without has a form of no letter and no digit"))
    return text


# What means something in a query, but nothing in a form.
_SIGNS = expressions.compile(r"(?<![A-Z])\*|\?|~|[\"“”„«»=]|\b(?:AND|OR|NOT)\b|^\w+:(?=\w)|^/|/$")

_FORM = after(_form, LINE)
CLAUSE = mapping(
    {
        "query": required(_QUERY, "what is looked for, in the keyword language"),
        "weight": key(whole(1, 9), "how much a paper gains by it", default=1),
        "label": key(LINE, "what the mail calls it; default: the query"),
        "at_most": key(
            whole(1, 500), "how many of the papers that it brings the mail names; default: all"
        ),
        "without": key(
            one_or_list_of(cs.no_info_before_validator_function(_text_alone, _FORM), 100),
            "forms of its words that do not count, as digest profile test shows them",
            default=[],
        ),
    }
)
ITEM = cs.no_info_before_validator_function(
    _in_mapping,
    CLAUSE,
    # A number or a boolean in YAML is used as the text that was written.
    json_schema_input_schema=cs.union_schema(
        [cs.str_schema(), cs.float_schema(), cs.bool_schema(), CLAUSE]
    ),
)
