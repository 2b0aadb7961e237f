"""The shape that a file must have, and the messages for files of another shape.

Turns pydantic's errors into mistakes with a line and column in the YAML; knows nothing of what the
files mean.
"""

from __future__ import annotations

import difflib
from collections.abc import Callable, Iterable, Mapping, Sequence
from dataclasses import replace
from typing import Any, Literal

from pydantic_core import (
    CoreSchema,
    ErrorDetails,
    InitErrorDetails,
    PydanticCustomError,
    SchemaValidator,
    ValidationError,
)
from pydantic_core import core_schema as cs

from .. import expressions
from ..errors import Hint, Mistake, Sentence, as_template, either, meant
from .document import Document, Loc

Key = cs.TypedDictField

_QUOTED = expressions.compile(r"'([^']*)'")


class Shape:
    """The schema of a whole file.

    Written in pydantic's core schemas: models would do the same, but importing and building them
    adds a tenth of a second to every command.
    """

    def __init__(
        self, schema: CoreSchema, others: Callable[[str], Sequence[str]] = lambda key: ()
    ) -> None:
        self.schema = schema
        #: our keys, or hints, for a key that is not ours
        self.others = others
        self.validator = SchemaValidator(schema)

    @property
    def keys(self) -> list[str]:
        """Return the keys that the file may have."""
        return _known_keys(self.schema, ())

    def json_schema(self) -> dict[str, Any]:
        """Return the shape as a JSON Schema, for editors."""
        from pydantic.json_schema import GenerateJsonSchema

        return GenerateJsonSchema().generate(self.schema)


def key(schema: CoreSchema, description: str, **default: Any) -> Key:
    """Declare an optional key; if it is left out and has no ``default``, the data lacks it."""
    described = _described(description)
    if default:
        empty = default["default"]
        if isinstance(empty, list | dict) and not empty:
            # Made where it is needed: what may change would be copied, which takes longer.
            described["pydantic_js_updates"]["default"] = empty
            default = {"default_factory": type(empty)}
        schema = cs.with_default_schema(schema, validate_default=True, **default)
    return cs.typed_dict_field(schema, required=False, metadata=described)


def required(schema: CoreSchema, description: str) -> Key:
    """Declare a required key."""
    return cs.typed_dict_field(schema, required=True, metadata=_described(description))


def mapping(keys: dict[str, Key], extra: Literal["forbid", "allow"] = "forbid") -> CoreSchema:
    """Describe a mapping with these keys; a key without a value counts as left out."""

    def leave_out_the_empty(data: Any) -> Any:
        if not isinstance(data, dict):
            return data
        return {name: data[name] for name in data if data[name] is not None or name not in keys}

    config = cs.CoreConfig(strict=True, allow_inf_nan=False)
    schema = cs.typed_dict_schema(keys, extra_behavior=extra, config=config)
    return cs.no_info_before_validator_function(leave_out_the_empty, schema)


def _described(description: str) -> dict[str, Any]:
    return {"pydantic_js_updates": {"description": description}}


def mistake(message: str, hint: str = "", offset: int | None = None) -> PydanticCustomError:
    """Return an error for a validator to raise; it points to character ``offset`` of the text."""
    return PydanticCustomError(
        "mistake", "{message}", {"message": message, "hint": one_line(hint), "offset": offset}
    )


def mistake_in(step: str, message: str, hint: str = "") -> ValidationError:
    """Return an error for the validator of a mapping to raise; it points to the value of a key.

    The key may be one of a mapping in it, as in ``smtp.user``.
    """
    details = InitErrorDetails(type=mistake(message, hint), loc=tuple(step.split(".")), input=None)
    return ValidationError.from_exception_data("mapping", [details])


def one_line(text: str) -> str:
    """Return a text without line ends: a hint may quote what was written."""
    if isinstance(text, Sentence):
        return Sentence(text.template, **text.changed(one_line))
    return " ".join(text.split()) if "\n" in text or "\r" in text else text


def did_you_mean(word: str, known: Iterable[str], likeness: float = 0.6) -> Hint:
    """Return a hint with the known word nearest to ``word``; empty if none is near."""
    by_lower = {name.lower(): name for name in known}
    near = difflib.get_close_matches(word.lower()[:100], by_lower, n=1, cutoff=likeness)
    return meant(by_lower[near[0]]) if near else ""


def check(shape: Shape, document: Document) -> tuple[dict[str, Any] | None, list[Mistake]]:
    """Return the document's data validated by ``shape``, or None; and all mistakes in it.

    Where text is expected, a number or a word like ``true`` is taken as the text that was written.
    If the document could not be read to its end, only the mistakes of reading are returned.
    """
    if document.is_cut:
        return None, document.complaints
    data, complaints = _validated(shape, document)
    # A value that was refused while reading needs no second mistake at the same place.
    places = {(each.line, each.column) for each in document.complaints}
    complaints = [each for each in complaints if (each.line, each.column) not in places]
    return data, document.complaints + complaints


def _validated(shape: Shape, document: Document) -> tuple[dict[str, Any] | None, list[Mistake]]:
    for _ in range(2):
        try:
            return shape.validator.validate_python(document.data), []
        except ValidationError as error:
            errors = error.errors(include_url=False)
        if not _restore_text(document, errors):
            break
    return None, [_complaint(shape, document, error) for error in errors]


def in_order(complaints: Iterable[Mistake]) -> list[Mistake]:
    """Return the mistakes sorted by place, without duplicates."""
    return sorted(dict.fromkeys(complaints), key=lambda each: (each.line, each.column))


def _restore_text(document: Document, errors: list[ErrorDetails]) -> bool:
    """Restore values that should be text but YAML read as another type; return whether any was."""
    is_changed = False
    for error in errors:
        loc = document.nearest(error["loc"])
        text = document.written(loc)
        if error["type"] == "string_type" and loc and text and text != "~":
            document.put(loc, text)
            is_changed = True
    return is_changed


def _complaint(shape: Shape, document: Document, error: ErrorDetails) -> Mistake:
    complaint = _placed(shape, document, error)
    return replace(complaint, variable=document.origin(error["loc"]))


def _placed(shape: Shape, document: Document, error: ErrorDetails) -> Mistake:
    loc, ctx = error["loc"], error.get("ctx", {})
    if error["type"] == "extra_forbidden":
        key = str(loc[-1])
        hint = _hint(shape, key, loc[:-1])
        if error["input"] is None and not hint:
            hint = Sentence("put text with a comma in quotes")
        message = Sentence("unknown key %(key)s", key=_shown(key))
        return Mistake(*document.key_place(loc), message, hint)
    if error["type"] == "mistake":
        is_key = loc[-1:] == ("[key]",)
        place = document.key_place(loc) if is_key else document.place(loc, ctx["offset"])
        return Mistake(*place, ctx["message"], ctx["hint"])
    if error["type"] == "missing":
        missing = Sentence("%(key)s is missing", key=str(loc[-1]))
        return Mistake(*document.key_place(loc[:-1]), missing)
    return Mistake(*document.place(loc), *_say(document.nearest(loc), error))


def _hint(shape: Shape, key: str, loc: Loc) -> str:
    """Return what to write instead of an unknown key: another word for it, or the nearest key."""
    known = _known_keys(shape.schema, loc)
    for other in shape.others(key):
        if other in known:
            return meant(other)
        if " " in other and not loc:
            return other
    return did_you_mean(key, known)


#: Templates for pydantic's types of errors, of which the context has the values.
_WORDS: Mapping[str, str] = {
    "string_type": as_template("text is expected"),
    "string_too_short": as_template("a text that is not empty is expected"),
    "string_too_long": as_template("at most %(max_length)s characters are allowed"),
    **dict.fromkeys(
        ("int_type", "int_from_float", "int_parsing"), as_template("a whole number is expected")
    ),
    "float_type": as_template("a number is expected"),
    "bool_type": as_template("true or false is expected"),
    **dict.fromkeys(
        ("list_type", "tuple_type"),
        as_template("a list is expected: [one, two], or one a line after a dash"),
    ),
    **dict.fromkeys(
        ("dict_type", "model_type", "model_attributes_type"),
        as_template("a mapping (key: value) is expected"),
    ),
    "greater_than_equal": as_template("at least %(ge)s is expected"),
    "less_than_equal": as_template("at most %(le)s is expected"),
    "greater_than": as_template("more than %(gt)s is expected"),
    "too_long": as_template("at most %(max_length)s are allowed"),
    **dict.fromkeys(("literal_error", "enum"), as_template("expected %(expected)s")),
}


def _say(loc: Loc, error: ErrorDetails) -> tuple[str, str]:
    """Return message and hint; the message names the key, unless the whole file is at fault."""
    ctx = error.get("ctx", {})
    values = {name: str(value) for name, value in ctx.items()}
    hint = ""
    if expected := _QUOTED.findall(values.get("expected", "")):
        quoted = [f"'{each}'" for each in expected]
        values["expected"] = either([", ".join(quoted[:-1]), quoted[-1]] if quoted[1:] else quoted)
        if isinstance(error["input"], str):
            hint = did_you_mean(error["input"], expected)
    known = _WORDS.get(error["type"])
    words = Sentence(known, **values) if known else error["msg"].lower()
    names = [step for step in loc if isinstance(step, str)]
    return (Sentence("%(key)s: %(words)s", key=names[-1], words=words) if names else words), hint


def _shown(key: str) -> str:
    return key if len(key) <= 40 else f"{key[:40]}…"


def _known_keys(schema: Any, loc: Loc) -> list[str]:
    """Return the keys that the mapping at ``loc`` may have."""
    for step in loc:
        inner = _unwrapped(schema)
        one_for_all = inner.get("items_schema") or inner.get("values_schema")
        schema = one_for_all or inner.get("fields", {}).get(step, {})
    return list(_unwrapped(schema).get("fields", ()))


def _unwrapped(schema: Any) -> Any:
    while "schema" in schema:
        schema = schema["schema"]
    return schema
