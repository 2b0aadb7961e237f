"""The operator's settings, from the configuration file and the environment.

Reads the file, the ``.env`` files and the files of secrets that they name; changes nothing.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import dataclass, field, replace
from email.utils import parseaddr
from ipaddress import IPv4Network, IPv6Network, ip_network
from pathlib import Path
from typing import Any, Literal

from ..deliver import MailSettings, SmtpSettings
from ..errors import ConfigError, Mistake
from ..listings.sources import COMPLETE
from ..model import Listing, Schedule
from ..strict_yaml import Caps
from ..strict_yaml import load as load_yaml
from ..strict_yaml.document import Document
from ..strict_yaml.fields import schedule
from ..strict_yaml.shape import check, in_order
from ..subscribers.inbox import MailboxSettings
from ..text_file import text_of
from .environment import is_there, override, protect, substitute, with_dotenv
from .file import KEYS, LISTING_KEYS, SECTIONS, SHAPE

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
    #: days for which what is settled is kept; 0: for ever
    keep: int = 365
    #: passwords that are not set, each with the reason; without them no login is possible
    missing: Mapping[str, str] = field(default_factory=dict)

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
    message = "no such file" if named else f"no configuration found; looked for {looked}"
    raise ConfigError(str(candidates[0]), [Mistake(1, 1, message)])


def load(path: Path, environ: Mapping[str, str], *, logs_in: bool = True) -> Config:
    """Read the settings; raises ConfigError with all mistakes.

    The environment overrides the file, and a variable that is set overrides one in ``.env``.
    Without ``logs_in`` no password is needed: a password that is not set is then in ``missing``.
    """
    environ = with_dotenv(environ, path.parent, Path())
    # One byte more than allowed, so that the YAML reader can report that it is too large.
    text = text_of(path, ConfigError, most=CAPS.size + 1)
    document = load_yaml(protect(text), CAPS)
    missing: dict[str, str] = {}
    if isinstance(document.data, dict) and not document.is_cut:
        missing = _add(document, environ, needs_passwords=logs_in)
    data, complaints = check(SHAPE, document)
    if data is None or complaints:
        raise ConfigError(str(path), in_order(complaints))
    return replace(_config(data, path.absolute()), missing=missing)


def _usual_places() -> Iterator[Path]:
    yield Path("config.yaml")
    from platformdirs import user_config_path

    yield user_config_path("digest") / "config.yaml"
    yield Path("/etc/digest/config.yaml")


#: The settings that are passwords.
_PASSWORDS = frozenset({("mail", "smtp", "password"), ("inbox", "password")})


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
    is_relay_used = isinstance(mail, dict) and mail.get("sender") == "smtp"
    for loc, complaint in unset.items():
        if document.origin(loc):
            continue
        if loc[:2] == ("mail", "smtp") and not is_relay_used:
            document.remove(loc)
        elif loc in _PASSWORDS and not needs_passwords:
            missing[".".join(map(str, loc))] = complaint.message
        else:
            document.complaints.append(complaint)
    return missing


def _config(data: Mapping[str, Any], path: Path) -> Config:
    home = path.parent
    return Config(
        path=path,
        database=_database(data["database"], home),
        profiles=_in(home, data["profiles"]),
        timezone=data["timezone"],
        listings={name: _listing(name, each) for name, each in data["listings"].items()},
        mail=_mailing(data["mail"], home),
        inbox=_inbox(data["inbox"], home) if "inbox" in data else None,
        web=_web(data["web"]),
        templates=_templates(data.get("templates"), home),
        schedule=schedule(data["schedule"], data["timezone"]) if "schedule" in data else None,
        fetch=_fetching(data),
        log=Log(**data["log"]),
        keep=data["keep"],
    )


def _web(data: Mapping[str, Any]) -> Web:
    proxies = tuple(map(ip_network, data["proxies"]))
    return Web(**{"base_url": "", **data, "proxies": proxies})


def _listing(name: str, data: Mapping[str, Any]) -> Listing:
    own = {each: data[each] for each in LISTING_KEYS if each in data}
    options = {each: data[each] for each in data if each not in LISTING_KEYS}
    if "path" in own:
        own["path"] = str(Path(own["path"]).expanduser())
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
        ),
        in_doubt=data["in_doubt"],
        ask=data.get("ask", ""),
        bounces=data.get("bounces", ""),
        authserv=data["authserv"],
        answers_per_hour=data["answers_per_hour"],
        dkim=Dkim(**{**dkim, "key": _in(home, dkim["key"])}) if dkim else None,
    )


def _smtp(data: Mapping[str, Any], home: Path) -> SmtpSettings:
    files = {name: str(_in(home, data[name])) for name in ("ca", "oauth2") if data[name]}
    return SmtpSettings(**{**data, **files})


def _inbox(data: Mapping[str, Any], home: Path) -> MailboxSettings:
    return MailboxSettings(**{**data, "ca": str(_in(home, data["ca"])) if data["ca"] else ""})


def _templates(named: str | None, home: Path) -> Path | None:
    folder = _in(home, named or "templates")
    return folder if named or folder.is_dir() else None


def _fetching(data: Mapping[str, Any]) -> Fetching:
    contact = data["fetch"].get("contact") or parseaddr(data["mail"]["from"])[1]
    return Fetching(contact=contact, allow_hosts=tuple(data["fetch"]["allow_hosts"]))


def _in(home: Path, path: str) -> Path:
    return home / Path(path).expanduser()


def _folder(home: Path, start_of_path: str) -> Path:
    """Return the folder of a path that may end in the middle of a name."""
    return (home / f"{start_of_path}x").parent


def _database(url: str, home: Path) -> str:
    """Resolve a relative SQLite file against ``home``."""
    scheme, _, rest = url.partition(":///")
    if not scheme.startswith("sqlite") or not rest or rest.startswith(("/", ":memory:", "file:")):
        return url
    return f"{scheme}:///{home / rest}"
