"""The shape of the configuration file: its keys, their defaults, and what each may hold."""

from __future__ import annotations

import shlex
from contextlib import suppress
from datetime import date
from email.utils import parseaddr
from ipaddress import ip_address, ip_network
from typing import Any
from urllib.parse import urlsplit

from pydantic_core import core_schema as cs

from .. import expressions
from ..access.addresses import fold
from ..deliver.chat_services import SERVICES, service_of
from ..listings.sources import KINDS
from ..network import is_loopback
from ..strict_yaml.fields import (
    FILLED,
    SCHEDULE,
    TEXT,
    TIME_ZONE,
    after,
    checked_address,
    list_of,
    one_of,
    one_or_list_of,
    whole,
)
from ..strict_yaml.shape import Shape, did_you_mean, key, mapping, mistake, mistake_in, required
from .options import NEEDED, OPTIONS, checked, of_any_kind

#: Kinds that have no default address.
_NEED_ADDRESS = ("feed", "jsonfeed", "listing")

_DATABASE = expressions.anchored(r"(?:sqlite|postgresql)(?:\+[a-z0-9_]+)?://")
_BLANK = expressions.compile(r"\s")
_LINE_END = expressions.compile(r"[\r\n]")
_HEADER = expressions.anchored(r"[!#$%&'*+.^_`|~0-9A-Za-z-]{1,100}")
#: Headers that the client sets itself.
_OWN_HEADERS = frozenset({"accept-encoding", "connection", "content-length", "host", "upgrade"})
_OWN_KIND = expressions.anchored(r"[\w.]+:[\w.]+")
_RELAY_NAME = expressions.anchored(r"[A-Za-z0-9][A-Za-z0-9_-]{0,63}")
_DOMAIN = expressions.anchored(r"[a-z0-9_-]{1,63}(?:\.[a-z0-9_-]{1,63}){0,20}")
_LISTING_NAME = expressions.anchored(r"[A-Za-z0-9][A-Za-z0-9_.-]{0,63}")


def _database(url: str) -> str:
    with suppress(ValueError):  # of a port that is no number
        if _DATABASE.match(url) and urlsplit(url).port != 0:
            return url
    hint = "as in sqlite:///digest.db or postgresql://user@host/name"
    raise mistake("database: an address of SQLite or PostgreSQL is expected", hint)


def _url(text: str) -> str:
    try:
        parts = urlsplit(text.replace("{day}", "day"))
        is_good = parts.scheme in ("http", "https") and bool(parts.hostname)
    except ValueError:
        is_good = False
    if not is_good or _BLANK.search(text):
        raise mistake("an address that begins with http:// or https:// is expected")
    return text


def _from(text: str) -> str:
    address = parseaddr(text)[1]
    if not address or _LINE_END.search(text):
        raise mistake('from: a name and an address are expected, as in "Papers <me@example.org>"')
    checked_address(address)
    return text


def _imprint(line: str) -> str:
    if len(line) <= 120 and line.isprintable() and line.strip():
        return line.strip()
    raise mistake("imprint: one line of at most 120 characters is expected, or a list of lines")


def _bounces(text: str) -> str:
    local, _, _ = text.rpartition("@")
    # The token has 32 characters, and the part before the @ at most 64 (RFC 5321 §4.5.3.1.1).
    if local.count("{token}") != 1 or len(local) > 64 - 32 + len("{token}"):
        raise mistake('bounces: an address is expected, as in "bounce+{token}@example.org"')
    checked_address(text.replace("{token}", "0" * 32))
    return text


def _ask(command: str) -> str:
    try:
        shlex.split(command)
    except ValueError as error:
        raise mistake(f"ask: no command: {str(error).lower()}") from None
    return command


def _kind(kind: str) -> str:
    if kind in KINDS or _OWN_KIND.fullmatch(kind):
        return kind
    hint = did_you_mean(kind, KINDS) or f"there are {', '.join(sorted(KINDS))}"
    raise mistake(f"unknown kind {kind[:40]}", hint)


def _listing_name(name: str) -> str:
    if _LISTING_NAME.fullmatch(name):
        return name
    raise mistake(f"{name[:40]}: letters, digits, -, _ and . are expected in a listing's name")


def _day(text: str) -> date:
    try:
        return date.fromisoformat(text)
    except ValueError:
        hint = "as in 2027-05-31"
        raise mistake(f"holidays: {text[:40]} is no day", hint) from None


def _base_url(text: str) -> str:
    if not text:  # the default, as the example writes it out
        return ""
    address = urlsplit(_url(text))
    if address.path.strip("/") or address.query or address.fragment:
        hint = f"give them a host of their own: {address.scheme}://papers.example.org"
        raise mistake("base_url: pages are served at the root of a host, not below a path", hint)
    return text.rstrip("/")


def _proxy(text: str) -> str:
    try:
        ip_network(text)
    except ValueError:
        hint = "as in 127.0.0.1 or 10.0.0.0/8"
        raise mistake(f"{text[:60]}: an address or a network is expected", hint) from None
    return text


def _listing(data: dict[str, Any]) -> dict[str, Any]:
    """Check a listing as a whole, and the options of its kind."""
    kind, url, path = data["kind"], data.get("url"), data.get("path")
    if url and path:
        raise mistake_in("path", "url and path exclude each other")
    if kind in _NEED_ADDRESS and not (url or path):
        raise mistake_in("kind", f"url or path is needed for the kind {kind}")
    _check_credentials(data)
    options = {name: data[name] for name in data.keys() - LISTING_KEYS.keys()}
    if kind in OPTIONS:
        # First what is misspelt, which may be what is needed.
        data = data | checked(kind, options, LISTING_KEYS)
        if (needed := NEEDED.get(kind)) and not (needed in data or url or path):
            raise mistake_in("kind", f"{needed} is needed for the kind {kind}")
        return data
    for option in options:
        near = did_you_mean(option, LISTING_KEYS, likeness=0.75)
        if near:
            raise mistake(f"unknown key {option[:40]}", near)
    return data


def _check_credentials(data: dict[str, Any]) -> None:
    """Check that what a publisher asks for is sent to one address, and not without TLS."""
    secrets = [name for name in CREDENTIAL_KEYS if name in data]
    if not secrets:
        return
    if "url" not in data:
        raise mistake_in(secrets[0], f"{secrets[0]}: url is missing, to which alone it is sent")
    if "password" in data and "user" not in data:
        raise mistake_in("password", "password: user is missing")
    if "user" in data and any(name.lower() == "authorization" for name in data.get("headers", ())):
        raise mistake_in("user", "user and the header Authorization exclude each other")
    parts = urlsplit(data["url"])
    if parts.scheme == "http" and not is_loopback(parts.hostname or ""):
        message = f"{secrets[0]} would go to {parts.hostname} without TLS"
        raise mistake_in("url", message, "url: https://…")


def _header_name(name: str) -> str:
    if _HEADER.fullmatch(name) and name.lower() not in _OWN_HEADERS:
        return name
    raise mistake(f"{name[:40]}: the name of a header is expected, as in X-API-Key")


def _header_value(text: str) -> str:
    if text.isascii() and text.isprintable() and text == text.strip():
        return text
    raise mistake("headers: only ASCII can be used, on one line")


def _fetch_proxy(text: str) -> str:
    try:
        parts = urlsplit(text)
        is_good = parts.scheme in ("http", "https") and bool(parts.hostname and parts.port)
    except ValueError:
        is_good = False
    # The text is not quoted: it may hold a password.
    if text and (not is_good or _BLANK.search(text)):
        raise mistake("proxy: an address is expected, as in http://proxy.example.org:3128")
    return text


def _host(name: str) -> str:
    """Check that it is a host's name alone; an address of IPv6 has colons, too."""
    with suppress(ValueError):
        ip_address(name)
        return name
    if not set(name) & set("/: @"):
        return name
    hint = "as in host: smtp.example.org, and port: 587 beside it"
    raise mistake("host: a name alone is expected", hint)


def _smtp(data: dict[str, Any]) -> dict[str, Any]:
    """Check that the password is not sent to another machine without TLS."""
    if data["password"] and data["tls"] == "none" and not is_loopback(data["host"]):
        hint = "tls: starttls or tls: tls"
        raise mistake_in("tls", f"the password would go to {data['host']} without TLS", hint)
    return data


def _relay_name(name: str) -> str:
    if _RELAY_NAME.fullmatch(name):
        return name
    raise mistake(f"{name[:40]}: letters, digits, - and _ are expected in a relay's name")


def _relay_domain(text: str) -> str:
    domain = fold(f"@{text}")[1:]
    if _DOMAIN.fullmatch(domain):
        return domain
    raise mistake(f"{text[:60]}: a domain is expected, as in example.org")


def _relay(data: dict[str, Any]) -> dict[str, Any]:
    """Let one with domains take no other mails, unless it has a weight; check its TLS."""
    data.setdefault("weight", 0 if data["domains"] else 1)
    return _smtp(data)


def _relays(relays: dict[str, Any]) -> dict[str, Any]:
    """Check that each mail has a relay, and no relay is there twice; each has its own budget."""
    if not relays:
        raise mistake("relays: none is named", "or smtp instead of relays, for one")
    if not any(each["weight"] for each in relays.values()):
        hint = "weight: 1 for one of them, or one more relay without domains"
        raise mistake("relays: each has domains, and none is left for other mails", hint)
    taken: dict[object, str] = {}
    for name, each in relays.items():
        account = (each["user"], each["host"].lower(), each["port"])
        if (other := taken.setdefault(account, name)) != name:
            raise mistake_in(f"{name}.host", f"{name}: {other} has this account already")
        for domain in each["domains"]:
            if (other := taken.setdefault(domain, name)) != name:
                raise mistake_in(f"{name}.domains", f"{name}: {domain} is taken by {other} already")
    return relays


def _mail(data: dict[str, Any]) -> dict[str, Any]:
    """Check that the relay, its password and the ``ask`` command are set if they are needed."""
    if data["in_doubt"] == "ask" and "ask" not in data:
        raise mistake_in("in_doubt", "ask: a command is missing, which in_doubt: ask needs")
    if "smtp" in data and "relays" in data:
        raise mistake_in("relays", "smtp and relays exclude each other", "name it below relays")
    if data["sender"] == "chat":
        _check_channel(data.get("chat", ""))
    elif data["sender"] == "smtp" and "relays" in data:
        for name, relay in data["relays"].items():
            _check_login(relay, f"relays.{name}.")
    elif data["sender"] == "smtp":
        smtp = data.get("smtp", {"host": ""})
        if not smtp["host"]:
            raise mistake_in("sender", "smtp: host is missing, which sender: smtp needs")
        _check_login(smtp, "smtp.")
    return data


def _check_login(smtp: dict[str, Any], before: str) -> None:
    if smtp["user"] and not (smtp["password"] or smtp["oauth2"]):
        hint = "password: ${SMTP_PASSWORD}, with SMTP_PASSWORD=… in .env"
        name = before.split(".")[-2]
        message = f"{name}: password is missing for {smtp['user']}"
        raise mistake_in(f"{before}user", message, hint)


def _check_channel(address: str) -> None:
    """Check that the address is of a service that we know; it holds secrets, and is not quoted."""
    if not address:
        hint = "chat: ${CHAT_URL}, with CHAT_URL=… in .env"
        raise mistake_in("sender", "chat: the channel is missing, which sender: chat needs", hint)
    if not (service_of(address) or address.startswith("$")):  # a variable that is not set
        known = ", ".join(sorted(SERVICES))
        raise mistake_in("chat", "chat: an address of one of Apprise's services is expected", known)


def _inbox(data: dict[str, Any]) -> dict[str, Any]:
    """Check that TLS protects the password, and that the three folders differ."""
    if data["tls"] == "none" and not is_loopback(data["host"]):
        raise mistake_in("tls", f"the password would go to {data['host']} without TLS", "tls: tls")
    if not (data["password"] or data["oauth2"]):
        hint = "password: ${IMAP_PASSWORD}, or oauth2: FILE"
        raise mistake_in("user", "password is missing", hint)
    if len({data["folder"], data["done"], data["aside"]}) < 3:
        raise mistake_in("done", "folder, done and aside must be three folders")
    return data


_SECONDS = cs.float_schema(gt=0, le=3600)
_PORT = whole(1, 65535)

LISTING_KEYS = {
    "kind": required(after(_kind, TEXT), "which source reads it"),
    "url": key(after(_url, TEXT), "where it is; may hold {day}"),
    "path": key(FILLED, "or in which file; may hold {day}"),
    "look_back": key(whole(0, 31), "earlier days that are read again"),
    "catch_up": key(whole(0, 366), "how many days back those that were missed are asked for"),
    "holidays": key(one_or_list_of(after(_day, TEXT), 400), "days on which nothing is announced"),
    "rolling": key(cs.bool_schema(), "false: each reading replaces the one before"),
    "user": key(FILLED, "who logs in at the url"),
    "password": key(TEXT, "with which password"),
    "headers": key(
        cs.dict_schema(after(_header_name, TEXT), after(_header_value, TEXT), max_length=20),
        "what else the url is asked with, by name",
    ),
}
#: Keys with secrets, which are kept apart from the listing itself.
CREDENTIAL_KEYS = ("user", "password", "headers")

_SMTP = {
    "host": key(after(_host, TEXT), "the relay", default=""),
    "port": key(_PORT, "its port", default=587),
    "tls": key(one_of("starttls", "tls", "none"), "how it is encrypted", default="starttls"),
    "user": key(TEXT, "who logs in; without it no one does", default=""),
    "password": key(TEXT, "with which password", default=""),
    "oauth2": key(TEXT, "a file with a refresh token, instead of a password", default=""),
    "timeout": key(_SECONDS, "seconds for a message, but its last answer", default=60),
    "patience": key(_SECONDS, "seconds for the last answer", default=300),
    "connections": key(whole(1, 100), "how many a process may have open", default=1),
    "connections_in_all": key(whole(0, 10_000), "how many all processes may", default=0),
    "per_connection": key(whole(0, 100_000), "messages over one connection", default=0),
    "per_minute": key(whole(0, 100_000), "messages a minute over all of them", default=0),
    "per_day": key(whole(0, 1_000_000), "messages in 24 hours", default=0),
    "ca": key(TEXT, "a PEM file to trust instead of the system's", default=""),
    "helo": key(TEXT, "how to greet; default: this machine's name", default=""),
}

RELAY = mapping(
    _SMTP
    | {
        "host": required(after(_host, FILLED), "the relay"),
        "weight": key(whole(1, 1_000), "its share of the mails that no domain decides"),
        "domains": key(
            one_or_list_of(after(_relay_domain, FILLED), 1_000),
            "domains of the addresses that it takes mails to, with those below them",
            default=[],
        ),
    }
)
_RELAYS = cs.dict_schema(after(_relay_name, TEXT), after(_relay, RELAY), max_length=50)

DKIM = mapping(
    {
        "domain": required(FILLED, "the domain that signs"),
        "selector": required(FILLED, "the name of the key in the DNS"),
        "key": required(FILLED, "a PEM file with the private key"),
    }
)

MAIL = mapping(
    {
        "from": required(after(_from, TEXT), "name and address of the sender"),
        "sender": key(one_of("folder", "smtp", "chat"), "which way mails leave", default="folder"),
        "folder": key(FILLED, "where sender: folder writes .eml files", default="outbox/"),
        "smtp": key(after(_smtp, mapping(_SMTP)), "the relay for sender: smtp"),
        "relays": key(after(_relays, _RELAYS), "several relays instead of one, by name"),
        "chat": key(TEXT, "the channel for sender: chat, as an address of Apprise's"),
        "dkim": key(DKIM, "the key that mails are signed with"),
        "in_doubt": key(
            one_of("resend", "hold", "ask"),
            "what becomes of a mail nobody confirmed",
            default="resend",
        ),
        "bounces": key(after(_bounces, TEXT), "where mails come back to, with {token} in it"),
        "authserv": key(
            TEXT, "the name under which our mail server authenticates senders", default=""
        ),
        "answers_per_hour": key(
            whole(0, 100_000), "letters an hour in answer to mail that comes in", default=100
        ),
        "imprint": key(
            one_or_list_of(after(_imprint, FILLED), 8),
            "who answers for the mails, and a postal address: the last lines of each mail",
            default=[],
        ),
        "ask": key(
            after(_ask, FILLED), "a command for in_doubt: ask, which is given the Message-ID"
        ),
    }
)

INBOX = mapping(
    {
        "host": required(after(_host, FILLED), "the mailbox's server"),
        "port": key(_PORT, "its port", default=993),
        "tls": key(one_of("tls", "starttls", "none"), "how it is encrypted", default="tls"),
        "user": required(FILLED, "who logs in"),
        "password": key(TEXT, "with which password", default=""),
        "oauth2": key(TEXT, "a file with a refresh token, instead of a password", default=""),
        "folder": key(FILLED, "where mail comes in", default="INBOX"),
        "done": key(FILLED, "where handled mail goes", default="digest-done"),
        "aside": key(FILLED, "where mail goes that nobody can read", default="digest-aside"),
        "every": key(_SECONDS, "seconds between two looks", default=300),
        "timeout": key(_SECONDS, "seconds for a look", default=60),
        "ca": key(TEXT, "a PEM file to trust instead of the system's", default=""),
    }
)

WEB = mapping(
    {
        "host": key(FILLED, "the address to listen on", default="127.0.0.1"),
        "port": key(_PORT, "the port to listen on", default=8000),
        "base_url": key(after(_base_url, TEXT), "how readers reach the pages"),
        "proxies": key(list_of(after(_proxy, TEXT), 100), "proxies that are believed", default=[]),
    }
)

FETCH = mapping(
    {
        "contact": key(FILLED, "an address that sources are told; default: that of mail.from"),
        "allow_hosts": key(one_or_list_of(FILLED), "hosts asked although not public", default=[]),
        "proxy": key(after(_fetch_proxy, TEXT), "through which sources are asked", default=""),
        "ca": key(TEXT, "a PEM file to trust besides the system's", default=""),
    }
)

LOG = mapping(
    {
        "level": key(one_of("debug", "info", "warning", "error"), "how much", default="info"),
        "format": key(one_of("text", "json"), "for a person or a program", default="text"),
    }
)

_LISTING = mapping(LISTING_KEYS | of_any_kind(), extra="allow")
_LISTINGS = cs.dict_schema(
    after(_listing_name, TEXT),
    after(_listing, _LISTING),
    min_length=1,
)


def _kept(days: int) -> int:
    # A stop can be taken back for 30 days, by the mails that were settled since then.
    if 0 < days < 60:
        raise mistake("keep: 60 days are the least, and 0 means for ever", "as in 365, a year")
    return days


_KEPT = after(_kept, whole(0, 36_500))

KEYS = {
    "database": key(
        after(_database, TEXT), "where everything is remembered", default="sqlite:///digest.db"
    ),
    "profiles": key(FILLED, "a folder of YAML files", default="profiles/"),
    "timezone": key(TIME_ZONE, "your own", default="UTC"),
    "listings": required(_LISTINGS, "the lists of papers to watch, by name"),
    "mail": required(after(_mail, MAIL), "whom mails come from, which way they leave"),
    "inbox": key(after(_inbox, INBOX), "the mailbox in which mail comes in"),
    "web": key(WEB, "where the pages are served", default={}),
    "templates": key(FILLED, "a folder of your own templates; default: templates/ if there is one"),
    "schedule": key(SCHEDULE, "when issues are due for readers whose profiles do not say"),
    "keep": key(_KEPT, "days for which what is settled is kept; 0: for ever", default=365),
    "dispatch": key(
        one_of("for", "procrastinate"),
        "how steps are shared out: in each process, or as jobs for digest worker",
        default="for",
    ),
    "lease": key(
        whole(2, 86_400),
        "seconds after which the work of a process that was stopped is free for others",
        default=600,
    ),
    "fetch": key(FETCH, "how sources are asked", default={}),
    "log": key(LOG, "how much is said, and for whom", default={}),
}

SHAPE = Shape(mapping(KEYS))

#: Keys that hold further keys.
SECTIONS = frozenset({"listings", "mail", "inbox", "web", "schedule", "fetch", "log"})
