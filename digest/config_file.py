"""The shape of the configuration file: its keys, their defaults, what each may hold."""

from __future__ import annotations

import re
from email.utils import parseaddr
from ipaddress import ip_address
from typing import Annotated, Any, Literal, Self
from urllib.parse import urlsplit

from pydantic import AfterValidator, ConfigDict, Field, model_validator

from .fields import ScheduleShape, TimeZone, checked_address
from .shape import Shape, did_you_mean, mistake
from .sources import KINDS

#: Kinds that cannot know where their listing is.
_NEED_ADDRESS = ("feed", "jsonfeed", "listing")


def _database(url: str) -> str:
    if re.match(r"(?:sqlite|postgresql)(?:\+[a-z0-9_]+)?://", url):
        return url
    hint = "as in sqlite:///digest.db or postgresql://user@host/name"
    raise mistake("database: an address of SQLite or PostgreSQL is expected", hint)


def _url(text: str) -> str:
    try:
        parts = urlsplit(text.replace("{day}", "day"))
        is_good = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        is_good = False
    if not is_good or re.search(r"\s", text):
        raise mistake("an address that begins with http:// or https:// is expected")
    return text


def _from(text: str) -> str:
    address = parseaddr(text)[1]
    if not address or re.search(r"[\r\n]", text):
        raise mistake('from: a name and an address are expected, as in "Papers <me@example.org>"')
    checked_address(address)
    return text


def _kind(kind: str) -> str:
    if kind in KINDS or re.fullmatch(r"[\w.]+:[\w.]+", kind):
        return kind
    hint = did_you_mean(kind, KINDS) or f"there are {', '.join(sorted(KINDS))}"
    raise mistake(f"unknown kind {kind[:40]}", hint)


def _listing_name(name: str) -> str:
    if re.fullmatch(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}", name):
        return name
    raise mistake(f"{name[:40]}: letters, digits, -, _ and . are expected in a listing's name")


Filled = Annotated[str, Field(min_length=1)]
Url = Annotated[str, AfterValidator(_url)]


class ListingShape(Shape):
    """A list of papers to watch; what else is said of it is for the source of its kind."""

    model_config = ConfigDict(extra="allow")

    kind: Annotated[str, AfterValidator(_kind)]
    url: Url = ""
    path: str = ""
    look_back: int = Field(default=3, ge=0, le=31)

    @property
    def options(self) -> dict[str, Any]:
        """What only this kind of source understands."""
        return dict(self.model_extra or {})

    @model_validator(mode="after")
    def _is_somewhere(self) -> Self:
        if self.url and self.path:
            raise mistake("url and path exclude each other")
        if self.kind in _NEED_ADDRESS and not (self.url or self.path):
            raise mistake(f"url or path is needed for the kind {self.kind}")
        return self

    @model_validator(mode="after")
    def _is_spelt_right(self) -> Self:
        for option in self.options:
            near = did_you_mean(option, ListingShape.model_fields, likeness=0.75)
            if near:
                raise mistake(f"unknown key {option[:40]}", near)
        return self


class SmtpShape(Shape):
    """The relay that takes the mails."""

    host: str = ""
    port: int = Field(default=587, ge=1, le=65535)
    tls: Literal["starttls", "tls", "none"] = "starttls"
    user: str = ""
    password: str = Field(default="", repr=False)
    timeout: float = Field(default=60, gt=0, le=3600)
    patience: float = Field(default=300, gt=0, le=3600)
    ca: str = ""
    helo: str = ""

    @model_validator(mode="after")
    def _keeps_the_password(self) -> Self:
        if self.password and self.tls == "none" and not _is_loopback(self.host):
            hint = "tls: starttls or tls: tls"
            raise mistake(f"the password would go to {self.host} without TLS", hint)
        return self


class DkimShape(Shape):
    """The key that mails are signed with."""

    domain: Filled
    selector: Filled
    key: Filled


class MailShape(Shape):
    """Whom mails come from, and which way they leave."""

    from_: Annotated[str, AfterValidator(_from)] = Field(alias="from")
    sender: Literal["folder", "smtp"] = "folder"
    folder: Filled = "outbox/"
    smtp: SmtpShape | None = None
    dkim: DkimShape | None = None
    in_doubt: Literal["resend", "hold"] = "resend"

    @property
    def address(self) -> str:
        """The bare address of ``from``."""
        return parseaddr(self.from_)[1]

    @model_validator(mode="after")
    def _has_a_relay(self) -> Self:
        if self.sender == "folder":
            return self
        if self.smtp is None or not self.smtp.host:
            raise mistake("smtp: host is missing, which sender: smtp needs")
        if self.smtp.user and not self.smtp.password:
            raise mistake(f"smtp: password is missing for {self.smtp.user}")
        return self


class WebShape(Shape):
    """Where the pages are served."""

    host: Filled = "127.0.0.1"
    port: int = Field(default=8000, ge=1, le=65535)
    base_url: Annotated[str, AfterValidator(lambda text: _url(text).rstrip("/"))] = ""


class FetchShape(Shape):
    """How sources are asked."""

    contact: str = ""
    allow_hosts: list[Filled] = Field(default=[])


class LogShape(Shape):
    """How much is said, and for whom."""

    level: Literal["debug", "info", "warning", "error"] = "info"
    format: Literal["text", "json"] = "text"


class FileShape(Shape):
    """The whole file."""

    database: Annotated[str, AfterValidator(_database)] = Field(
        default="sqlite:///digest.db", repr=False
    )
    profiles: Filled = "profiles/"
    timezone: TimeZone = "UTC"
    listings: dict[Annotated[str, AfterValidator(_listing_name)], ListingShape] = Field(
        min_length=1
    )
    mail: MailShape
    web: WebShape = Field(default_factory=WebShape)
    templates: str | None = None
    schedule: ScheduleShape | None = None
    fetch: FetchShape = Field(default_factory=FetchShape)
    log: LogShape = Field(default_factory=LogShape)


def _is_loopback(host: str) -> bool:
    try:
        return ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"
