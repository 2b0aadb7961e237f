"""Values that both a profile and the configuration hold: addresses, hours, days, time zones."""

from __future__ import annotations

import re
from datetime import time
from typing import Annotated, Any, Literal
from zoneinfo import ZoneInfo, available_timezones

from pydantic import AfterValidator, BeforeValidator, Field, PlainValidator

from .model import Schedule
from .shape import Shape, did_you_mean, mistake

WEEK = ("monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday")
_DAYS = {"daily": frozenset(range(7)), "weekdays": frozenset(range(5)), "weekly": frozenset({0})}


def in_list(value: Any) -> Any:
    """One alone is a list of one."""
    return value if isinstance(value, list) else [value]


def _one_line(text: str) -> str:
    return " ".join(text.split())


def checked_address(text: str) -> str:
    """Normalise an email address; asks no name server."""
    # Imported late: half of all files name no address, and it takes longer than reading one.
    from email_validator import EmailNotValidError, validate_email

    try:
        return validate_email(text, check_deliverability=False).normalized
    except EmailNotValidError as error:
        reason = str(error).rstrip(".")
        raise mistake(f"not an email address: {reason[:1].lower()}{reason[1:]}") from None


def _zone(text: str) -> str:
    try:
        ZoneInfo(text)
    except (LookupError, ValueError, OSError):
        near = did_you_mean(text, available_timezones())
        raise mistake(f"unknown time zone {text[:40]}", near) from None
    return text


def _hour(value: Any) -> time:
    match = re.fullmatch(_HOUR, str(value))
    if match is None:
        raise mistake("at: hours and minutes are expected, as in 07:30")
    return time(int(match[1]), int(match[2]))


def _weekdays(name: Any) -> frozenset[int]:
    word = str(name).lower()
    if word in _DAYS:
        return _DAYS[word]
    for number, day in enumerate(WEEK):
        if word in (day, day[:3]):
            return frozenset({number})
    expected = "days: daily, weekdays, weekly or names of days are expected"
    raise mistake(expected, did_you_mean(word, (*_DAYS, *WEEK)))


Line = Annotated[str, AfterValidator(_one_line), Field(min_length=1, max_length=200)]
Address = Annotated[str, AfterValidator(checked_address)]
TimeZone = Annotated[str, AfterValidator(_zone)]
_HOUR = r"([01]?[0-9]|2[0-3]):([0-5][0-9])"
Hour = Annotated[
    time,
    PlainValidator(
        _hour,
        json_schema_input_type=Annotated[str, Field(pattern=f"^{_HOUR}$", examples=["07:30"])],
    ),
]

DayName = Literal[
    "daily", "weekdays", "weekly",
    "monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday",
    "mon", "tue", "wed", "thu", "fri", "sat", "sun",
]  # fmt: skip
Days = Annotated[
    list[Annotated[frozenset[int], PlainValidator(_weekdays, json_schema_input_type=DayName)]],
    BeforeValidator(in_list, json_schema_input_type=DayName | list[DayName]),
    Field(min_length=1),
]


class ScheduleShape(Shape):
    """When an issue is due, on the reader's clock."""

    at: Hour = Field(default=time(7, 30), description="hours and minutes, as in 07:30")
    timezone: TimeZone | None = Field(default=None, description="a name such as Europe/Berlin")
    days: Days = Field(
        default_factory=lambda: [_DAYS["daily"]],
        description="daily, weekdays, weekly (Monday), or names of days",
    )

    def schedule(self, timezone: str) -> Schedule:
        """Give the schedule; ``timezone`` holds where the file names none."""
        days = frozenset[int]().union(*self.days)
        return Schedule(at=self.at, timezone=self.timezone or timezone, days=days)
