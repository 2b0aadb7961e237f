"""The operator's settings, from the configuration file and the environment.

Reads the file, the ``.env`` files and the files of secrets that they name; changes nothing.
"""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator, Mapping
from contextlib import suppress
from dataclasses import dataclass, field, replace
from datetime import time
from email.utils import parseaddr
from ipaddress import IPv4Network, IPv6Network, ip_network
from itertools import pairwise
from pathlib import Path
from typing import Any, Literal

from .. import expressions
from ..deliver import MailSettings, Relay, SmtpSettings
from ..errors import ConfigError, Mistake
from ..listings.sources import COMPLETE
from ..model import Credentials, Listing, Schedule
from ..strict_yaml import Caps
from ..strict_yaml import load as load_yaml
from ..strict_yaml.document import Document, Loc
from ..strict_yaml.fields import WEEK, schedule
from ..strict_yaml.shape import check, in_order
from ..subscribers.inbox import MailboxSettings
from ..text_file import text_of
from .environment import is_there, override, protect, substitute, texts, with_dotenv
from .file import CREDENTIAL_KEYS, KEYS, LISTING_KEYS, SECTIONS, SHAPE

CAPS = Caps(size=256 * 1024, nodes=5000, scalar=4000)

#: Top-level keys, and whether each holds further keys.
_SECTIONS = {name: name in SECTIONS for name in KEYS}


@dataclass(frozen=True, slots=True, kw_only=True)
class Dkim:
    """The DKIM key that messages are signed with."""

    domain: str
    selector: str
    #: a PEM file with the private key
    key: Path


@dataclass(frozen=True, slots=True, kw_only=True)
class Mailing:
    """The sender of mails, and how they are delivered."""

    #: name and address, as in the header
    from_: str
    settings: MailSettings
    #: what to do with a message that may or may not have been accepted
    in_doubt: Literal["resend", "hold", "ask"]
    #: the command that asks the mail log, for ``in_doubt: ask``
    ask: str
    dkim: Dkim | None
    #: the envelope sender, with ``{token}`` in it; empty: the address in ``from``
    bounces: str
    #: the mail server that is trusted to authenticate senders of incoming mail; empty: none
    authserv: str
    #: who answers for the mails, and a postal address, line by line
    imprint: tuple[str, ...]
    #: rate limit: notices in an hour in answer to incoming mail; 0: no limit
    answers_per_hour: int


@dataclass(frozen=True, slots=True, kw_only=True)
class Web:
    """The address at which pages are served, and the public address that links use."""

    host: str
    port: int
    #: absolute, without a slash at its end; empty: mails link to no page
    base_url: str
    #: proxies that are trusted to name the client's address
    proxies: tuple[IPv4Network | IPv6Network, ...] = ()


@dataclass(frozen=True, slots=True, kw_only=True)
class Fetching:
    """How sources are fetched."""

    #: a contact address sent to every source, so that its operator can complain
    contact: str
    #: hosts that may be fetched from although they are not public
    allow_hosts: tuple[str, ...]
    #: the address of a proxy, which may hold a password; empty: none
    proxy: str = field(default="", repr=False)
    #: a PEM file with an authority that is trusted besides the system's; empty: none
    ca: str = ""


@dataclass(frozen=True, slots=True, kw_only=True)
class Log:
    """The level and the format of the log on stderr."""

    level: Literal["debug", "info", "warning", "error"]
    format: Literal["text", "json"]


@dataclass(frozen=True, slots=True, kw_only=True)
class Config:
    """The operator's settings.  Paths are absolute, except those of listings: see ``roots``."""

    path: Path
    #: an SQLAlchemy URL, which may hold a password
    database: str = field(repr=False)
    profiles: Path
    timezone: str
    listings: Mapping[str, Listing]
    mail: Mailing
    #: the IMAP mailbox for incoming mail
    inbox: MailboxSettings | None
    web: Web
    #: the operator's own templates, which come before the package's
    templates: Path | None
    #: for profiles that name no schedule
    schedule: Schedule | None
    fetch: Fetching
    log: Log
    #: what publishers ask for, by the name of the listing
    credentials: Mapping[str, Credentials] = field(default_factory=dict)
    #: days for which what is settled is kept; 0: for ever
    keep: int = 365
    #: how steps are shared out: in each process, or as jobs in a queue
    dispatch: Literal["for", "procrastinate"] = "for"
    #: seconds after which what a process holds is free, unless that renews it
    lease: int = 600
    #: passwords that are not set, each with the reason; without them no login is possible
    missing: Mapping[str, str] = field(default_factory=dict)
    #: where each value is written
    document: Document = field(repr=False, compare=False)

    def error(self, setting: str, message: str) -> ConfigError:
        """Return the error of a value that was found wrong later, at its own place in the file.

        ``setting`` is the name of the setting as ``digest config`` has it, such as ``fetch.ca``.
        """
        return ConfigError(str(self.path), [self.mistake(tuple(setting.split(".")), message)])

    def mistake(self, loc: Loc, message: str, hint: str = "") -> Mistake:
        """Return the mistake of the value of a key, at its own place."""
        found = Mistake(*self.document.place(loc), f"{'.'.join(map(str, loc))}: {message}", hint)
        return replace(found, variable=self.document.origin(loc))

    def place_of(self, setting: str) -> str:
        """Return where a setting is written, to go before what is said of it.

        Of one that is nowhere, it is its section; of several, the first counts.
        """
        if not setting:
            return ""
        loc = tuple(setting.partition(" ")[0].split("."))
        place = Mistake(*self.document.place(loc), "", variable=self.document.origin(loc))
        return place.in_file(str(self.path))

    @property
    def has_database(self) -> bool:
        """Return whether the database exists, as far as can be seen without opening it."""
        scheme, _, file = self.database.partition(":///")
        return not scheme.startswith("sqlite") or Path(file).is_file()

    @property
    def roots(self) -> tuple[Path, ...]:
        """Return the folders that listings are read from; a relative path starts at the first."""
        home = self.path.parent
        before_day = [listing.path.partition("{")[0] for listing in self.listings.values()]
        return tuple(dict.fromkeys([home, *(_folder(home, each) for each in before_day if each)]))


def find(explicit: str | None, environ: Mapping[str, str]) -> Path:
    """Return the configuration file: the one named, else the first usual place that exists.

    Raises ConfigError if there is none.
    """
    named = explicit or environ.get("DIGEST_CONFIG")
    candidates = [Path(named)] if named else list(_usual_places())
    for candidate in candidates:
        if is_there(candidate):
            return candidate
    looked = ", ".join(str(candidate) for candidate in candidates)
    message = f"no configuration found; looked for {looked}"
    if named:
        message = "a folder, not a file" if candidates[0].is_dir() else "no such file"
    hint = "" if named else "digest init makes one"
    raise ConfigError(str(candidates[0]), [Mistake(0, 0, message, hint)])


def schema() -> dict[str, Any]:
    """Return the JSON Schema of a configuration, for editors."""
    return SHAPE.json_schema()


def load(path: Path, environ: Mapping[str, str], *, logs_in: bool = True) -> Config:
    """Read the settings; raises ConfigError with all mistakes.

    The environment overrides the file, and a variable that is set overrides one in ``.env``.
    Without ``logs_in`` no password is needed: a password that is not set is then in ``missing``.
    """
    document, missing = _document(path, environ, needs_passwords=logs_in)
    data, complaints = check(SHAPE, document)
    if data is None or complaints:
        raise ConfigError(str(path), in_order(complaints))
    try:
        return replace(_config(data, path.absolute(), document), missing=missing)
    except _NoHomeError as error:
        loc = next(loc for loc, text in texts(document.data) if text == str(error))
        message = "there is no such home: write the path from /, or set HOME"
        raise ConfigError(str(path), [Mistake(*document.place(loc), message)]) from error


@dataclass(frozen=True, slots=True)
class EffectiveValue:
    """A setting in force: its name, its value as text (a secret is masked), and its source."""

    name: str
    text: str
    #: the place in the file, the variable of the environment, or "default"
    whence: str


def effective(path: Path, environ: Mapping[str, str]) -> Iterator[EffectiveValue]:
    """Yield every setting in force; raises ConfigError with all mistakes, as ``load`` does."""
    document, missing = _document(path, environ, needs_passwords=False)
    data, complaints = check(SHAPE, document)
    if data is None or complaints:
        raise ConfigError(str(path), in_order(complaints))
    for loc, text in _leaves(data):
        name, whence = ".".join(map(str, loc)), "default"
        if document.nearest(loc) == loc:
            whence = document.origin(loc) or f"{path.name}:{document.place(loc)[0]}"
        yield EffectiveValue(name, "(not set)" if name in missing else text, whence)


#: Keys that hold a secret.
_SECRET = frozenset({"password", "token", "headers", "proxy", "chat"})
_USERINFO = expressions.compile(r"://[^/@\s]+@")


def _leaves(data: Any, loc: Loc = ()) -> Iterator[tuple[Loc, str]]:
    """Yield each value that is no mapping, with its place; lists as they are written on a line."""
    if isinstance(data, dict) and data and not _SECRET & {*loc[-1:]}:
        for key, value in data.items():
            yield from _leaves(value, (*loc, key))
    elif _SECRET & {*loc[-1:]}:
        yield loc, "(set)" if data else "(not set)"
    else:
        yield loc, _shown(_USERINFO.sub("://(secret)@", _text(data)))


#: Parts of the names of parameters that hold a secret, as in ``?api_key=``; others end with one.
_SECRET_PARTS = frozenset(
    {"authentication", "authorization", "bearer", "credential", "credentials", "hmac", "jwt"}
    | {"pass", "passcode", "passphrase", "pwd", "sig"}
)
_SECRET_ENDS = ("auth", "key", "passwd", "password", "secret", "signature", "token")


def _shown(text: str) -> str:
    """Return a text, or an address without the secrets in its query."""
    address, mark, query = text.partition("?")
    if not mark or "://" not in address:
        return text
    pairs = [pair.partition("=") for pair in query.split("&")]
    shown = (
        f"{name}=(secret)"
        if any(part in _SECRET_PARTS or part.endswith(_SECRET_ENDS) for part in _parts(name))
        else name + is_ + value
        for name, is_, value in pairs
    )
    return f"{address}?{'&'.join(shown)}"


def _parts(name: str) -> list[str]:
    """Return the words of a parameter's name, parted by capitals and by what is no letter."""
    letters = "".join(each if each.isalpha() else " " for each in f" {name}")
    parted = (
        f" {each}" if each.isupper() and before.islower() else each
        for before, each in pairwise(letters)
    )
    return "".join(parted).lower().split()


def _text(value: Any) -> str:
    if isinstance(value, list | tuple):
        return f"[{', '.join(map(_text, value))}]"
    if isinstance(value, frozenset):
        return ", ".join([*(day[:3] for day in WEEK), "monthly"][each] for each in sorted(value))
    if isinstance(value, time):
        return f"{value:%H:%M}"
    if isinstance(value, bool):
        return str(value).lower()
    return "(empty)" if value == "" else str(value)


def _document(
    path: Path, environ: Mapping[str, str], *, needs_passwords: bool
) -> tuple[Document, dict[str, str]]:
    """Read the file, and add what the environment says; return also the missing passwords."""
    environ = with_dotenv(environ, path.parent, Path())
    # One byte more than allowed, so that the YAML reader can report that it is too large.
    text = text_of(path, ConfigError, most=CAPS.size + 1)
    document = load_yaml(protect(text), CAPS)
    missing: dict[str, str] = {}
    if isinstance(document.data, dict) and not document.is_cut:
        missing = _add(document, environ, needs_passwords=needs_passwords)
    return document, missing


def _usual_places() -> Iterator[Path]:
    yield Path("config.yaml")
    from platformdirs import user_config_path

    with suppress(RuntimeError):  # an account without a home
        yield user_config_path("digest") / "config.yaml"
    yield Path("/etc/digest/config.yaml")


def _is_password(loc: Loc) -> bool:
    """Return whether a setting is a password, without which no login is possible."""
    if loc[:1] == ("listings",):
        return loc[2:3] in (("user",), ("password",), ("headers",), ("token",))
    if loc[:2] == ("mail", "relays"):
        return loc[3:] == ("password",)
    return loc in {
        ("mail", "smtp", "password"),
        ("mail", "chat"),
        ("inbox", "password"),
        ("fetch", "proxy"),
    }


#: Settings that only one sender needs.
_WAYS: Mapping[Loc, str] = {
    ("mail", "smtp"): "smtp",
    ("mail", "relays"): "smtp",
    ("mail", "chat"): "chat",
}


def _add(
    document: Document, environ: Mapping[str, str], *, needs_passwords: bool
) -> dict[str, str]:
    """Add what the environment says; a variable that only an unused relay needs may be unset.

    Return the passwords that are neither set nor needed, each with the reason.
    """
    missing: dict[str, str] = {}
    unset = substitute(document, environ)
    override(document, environ, _SECTIONS)
    mail = document.data.get("mail")
    sender = mail.get("sender") if isinstance(mail, dict) else None
    for loc, complaint in unset.items():
        if document.origin(loc):
            continue
        if _WAYS.get(loc[:2], sender) != sender:
            document.remove(loc)
        elif _is_password(loc) and not needs_passwords:
            missing[".".join(map(str, loc))] = complaint.message
        else:
            document.complaints.append(complaint)
    return missing


def _config(data: Mapping[str, Any], path: Path, document: Document) -> Config:
    home = path.parent
    return Config(
        path=path,
        document=document,
        database=_database(data["database"], home),
        profiles=_in(home, data["profiles"]),
        timezone=data["timezone"],
        listings={name: _listing(name, each) for name, each in data["listings"].items()},
        mail=_mailing(data["mail"], home),
        inbox=_inbox(data["inbox"], home) if "inbox" in data else None,
        web=_web(data["web"]),
        templates=_templates(data.get("templates"), home),
        schedule=schedule(data["schedule"], data["timezone"]) if "schedule" in data else None,
        fetch=_fetching(data, home),
        credentials=dict(_credentials(data["listings"])),
        log=Log(**data["log"]),
        keep=data["keep"],
        dispatch=data["dispatch"],
        lease=data["lease"],
    )


def _web(data: Mapping[str, Any]) -> Web:
    proxies = tuple(map(ip_network, data["proxies"]))
    return Web(**{"base_url": "", **data, "proxies": proxies})


def _listing(name: str, data: Mapping[str, Any]) -> Listing:
    own = {each: data[each] for each in LISTING_KEYS.keys() - CREDENTIAL_KEYS if each in data}
    options = {each: data[each] for each in data if each not in LISTING_KEYS}
    own["holidays"] = frozenset(own.get("holidays", ()))
    if "path" in own:
        own["path"] = str(_expanded(own["path"]))
    if own["kind"] in COMPLETE:
        own.setdefault("look_back", 0)
    return Listing(name=name, options=options, **own)


def _mailing(data: Mapping[str, Any], home: Path) -> Mailing:
    smtp, dkim = data.get("smtp"), data.get("dkim")
    return Mailing(
        from_=data["from"],
        settings=MailSettings(
            sender=data["sender"],
            folder=str(_in(home, data["folder"])),
            smtp=_smtp(smtp, home) if smtp else None,
            relays={
                name: _relay(name, each, home) for name, each in data.get("relays", {}).items()
            },
            chat=data.get("chat", ""),
        ),
        in_doubt=data["in_doubt"],
        ask=data.get("ask", ""),
        bounces=data.get("bounces", ""),
        authserv=data["authserv"],
        imprint=tuple(data["imprint"]),
        answers_per_hour=data["answers_per_hour"],
        dkim=Dkim(**{**dkim, "key": _in(home, dkim["key"])}) if dkim else None,
    )


def _smtp(data: Mapping[str, Any], home: Path) -> SmtpSettings:
    files = {name: str(_in(home, data[name])) for name in ("ca", "oauth2") if data[name]}
    return SmtpSettings(**{**data, **files})


def _relay(name: str, data: Mapping[str, Any], home: Path) -> Relay:
    smtp = {key: value for key, value in data.items() if key not in ("weight", "domains")}
    domains = tuple(data["domains"])
    return Relay(name=name, smtp=_smtp(smtp, home), weight=data["weight"], domains=domains)


def _inbox(data: Mapping[str, Any], home: Path) -> MailboxSettings:
    files = {name: str(_in(home, data[name])) for name in ("ca", "oauth2") if data[name]}
    return MailboxSettings(**{**data, **files})


def _templates(named: str | None, home: Path) -> Path | None:
    folder = _in(home, named or "templates")
    return folder if named or folder.is_dir() else None


def _fetching(data: Mapping[str, Any], home: Path) -> Fetching:
    fetch = data["fetch"]
    return Fetching(
        contact=fetch.get("contact") or parseaddr(data["mail"]["from"])[1],
        allow_hosts=tuple(fetch["allow_hosts"]),
        proxy=fetch["proxy"],
        ca=str(_in(home, fetch["ca"])) if fetch["ca"] else "",
    )


def _credentials(listings: Mapping[str, Any]) -> Iterator[tuple[str, Credentials]]:
    """Yield what each listing's publisher asks for, as the headers of its requests."""
    for name, data in listings.items():
        headers = dict(data.get("headers", {}))
        if "user" in data:
            login = f"{data['user']}:{data.get('password', '')}".encode()
            headers["Authorization"] = f"Basic {b64encode(login).decode()}"
        if headers:
            yield name, Credentials(data["url"], headers)


class _NoHomeError(Exception):
    """A path begins with ~, and there is no such home; ``str`` is the path."""


def _expanded(path: str) -> Path:
    try:
        return Path(path).expanduser()
    except RuntimeError:
        raise _NoHomeError(path) from None


def _in(home: Path, path: str) -> Path:
    return home / _expanded(path)


def _folder(home: Path, start_of_path: str) -> Path:
    """Return the folder of a path that may end in the middle of a name."""
    return (home / f"{start_of_path}x").parent


def _database(url: str, home: Path) -> str:
    """Resolve a relative SQLite file against ``home``."""
    scheme, _, rest = url.partition(":///")
    if not scheme.startswith("sqlite") or not rest or rest.startswith(("/", ":memory:", "file:")):
        return url
    return f"{scheme}:///{home / rest}"
