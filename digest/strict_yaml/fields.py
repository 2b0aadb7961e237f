"""Types of values in both profiles and the configuration: addresses, hours, days, time zones."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import time
from typing import Any
from zoneinfo import ZoneInfo, available_timezones

from pydantic_core import CoreSchema
from pydantic_core import core_schema as cs

from .. import expressions
from ..access.addresses import AddressError, checked
from ..errors import Hint, Sentence
from ..model import Schedule
from .shape import did_you_mean, key, mapping, mistake

WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
#: A value among the days that means "only the first of them in a month".
_MONTHLY = 7
_DAYS = {
    "daily": frozenset(range(7)),
    "weekdays": frozenset(range(5)),
    "weekly": frozenset({0}),
    "monthly": frozenset({_MONTHLY}),
}


def _in_list(value: Any) -> Any:
    return value if isinstance(value, list) else [value]


def _one_line(text: str) -> str:
    return " ".join(text.split())


def checked_address(text: str) -> str:
    """Check and normalise an email address; raises the error of ``mistake``."""
    try:
        return checked(text)
    except AddressError as error:
        several = Sentence("one address; several are a list: [one, two]")
        raise mistake(error.sentence, several if text.count("@") > 1 else "") from None


_OFFSET = expressions.anchored(r"(?:GMT|UTC|Z)?[+-]\d|[A-Z]{3,4}$")


A_PLACE = Sentence("write a place, as in %(place)s", place="Europe/Berlin")


def _zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (LookupError, ValueError, OSError):
        raise mistake(*unknown_zone(text)) from None
    return text


def unknown_zone(text: str) -> tuple[Sentence, Hint]:
    """Return what to say of a time zone that there is not, and how to correct it."""
    # Of an abbreviation the nearest other one may be hours off, of an offset the sign wrong.
    near = "" if _OFFSET.match(text) else did_you_mean(text, available_timezones())
    return Sentence("unknown time zone %(zone)s", zone=text[:40]), near or A_PLACE


_WRITTEN_HOUR = r"([01]?[0-9]|2[0-3]):([0-5][0-9])"
_HOUR = expressions.anchored(_WRITTEN_HOUR)


def _hour(value: Any) -> time:
    match = _HOUR.fullmatch(str(value))
    if match is None:
        raise mistake(Sentence("at: hours and minutes are expected, as in 07:30"))
    return time(int(match[1]), int(match[2]))


def _weekdays(name: Any) -> frozenset[int]:
    word = str(name).lower()
    if word in _DAYS:
        return _DAYS[word]
    for number, day in enumerate(WEEK):
        if word in (day, day[:3]):
            return frozenset({number})
    expected = Sentence("days: daily, weekdays, weekly, monthly or names of days are expected")
    raise mistake(expected, did_you_mean(word, (*_DAYS, *WEEK)))


def after(check: Callable[[Any], Any], schema: CoreSchema) -> CoreSchema:
    """Describe the values of ``schema``, passed on to ``check``."""
    return cs.no_info_after_validator_function(check, schema)


def list_of(schema: CoreSchema, most: int | None = None) -> CoreSchema:
    """Describe a list of at most ``most`` values."""
    return cs.list_schema(schema, max_length=most)


def one_or_list_of(schema: CoreSchema, most: int | None = None) -> CoreSchema:
    """Describe a list of at most ``most`` values, or one value without brackets."""
    listed = list_of(schema, most)
    both = cs.union_schema([schema, listed])
    return cs.no_info_before_validator_function(_in_list, listed, json_schema_input_schema=both)


def one_of(*words: str) -> CoreSchema:
    """Describe a value that is one of these words."""
    return cs.literal_schema(list(words))


def whole(least: int, most: int) -> CoreSchema:
    """Describe a whole number from ``least`` to ``most``."""
    return cs.int_schema(ge=least, le=most)


TEXT = cs.str_schema()
FILLED = cs.str_schema(min_length=1)
LINE = after(_one_line, cs.str_schema(min_length=1, max_length=200))
ADDRESS = after(checked_address, TEXT)
TIME_ZONE = after(_zone, TEXT)
HOUR = cs.no_info_plain_validator_function(
    _hour, json_schema_input_schema=cs.str_schema(pattern=f"^{_WRITTEN_HOUR}$")
)
DAY = cs.no_info_plain_validator_function(
    _weekdays, json_schema_input_schema=one_of(*_DAYS, *WEEK, *(day[:3] for day in WEEK))
)
SCHEDULE = mapping(
    {
        "at": key(HOUR, "hours and minutes, as in 07:30", default="07:30"),
        "timezone": key(TIME_ZONE, "a name such as Europe/Berlin"),
        "days": key(
            one_or_list_of(DAY, 7),
            "daily, weekdays, weekly (Monday), monthly (the 1st), or names of days",
            default="daily",
        ),
    }
)


def schedule(data: Mapping[str, Any], timezone: str) -> Schedule:
    """Make a Schedule from data in the shape SCHEDULE; ``timezone`` is the default."""
    named = frozenset[int]().union(*data["days"])
    return Schedule(
        at=data["at"],
        timezone=data.get("timezone", timezone),
        days=named - {_MONTHLY} or _DAYS["daily"],
        is_monthly=_MONTHLY in named,
    )
