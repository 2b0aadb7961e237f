from __future__ import annotations

import dataclasses
import re
import shutil
from base64 import b64encode
from collections.abc import Mapping
from contextlib import suppress
from datetime import time
from pathlib import Path
from textwrap import dedent

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from digest.config import Config, Log, Web, effective, find, load, schema
from digest.config import file as config_file
from digest.config.options import OPTIONS
from digest.deliver import SmtpSettings
from digest.errors import ConfigError
from digest.listings.sources import KINDS
from digest.model import Credentials, Listing, Schedule

from ..hostile_yaml import HOSTILE

ROOT = Path(__file__).parents[2]
EXAMPLE = ROOT / "config.example.yaml"

FEED_WITH_KEY = '{kind: feed, url: "https://a.example.org/x?page=2&api_key=s3cret"}'
LEAST_LINES = ["listings: {a: {kind: huggingface}}", "mail: {from: a@example.org}"]
LEAST = """\
listings:
  daily-papers: {kind: huggingface}
mail: {from: "Papers <digest@example.org>"}
"""


@pytest.fixture(autouse=True)
def _nowhere(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Work in a folder without a .env."""
    folder = tmp_path / "nowhere"
    folder.mkdir()
    monkeypatch.chdir(folder)


def settings_of(folder: Path, text: str, environ: Mapping[str, str] | None = None) -> Config:
    file = folder / "config.yaml"
    file.write_text(dedent(text), encoding="utf-8")
    return load(file, environ or {})


def complaints_about(
    folder: Path, text: str, environ: Mapping[str, str] | None = None
) -> list[str]:
    with pytest.raises(ConfigError) as error:
        settings_of(folder, text, environ)
    return [str(complaint) for complaint in error.value.complaints]


@pytest.fixture
def example(tmp_path: Path) -> Path:
    """Return a copy of the example: beside the example itself there may be somebody's ``.env``."""
    return Path(shutil.copy(EXAMPLE, tmp_path / "config.yaml"))


def test_the_example_runs_as_it_stands(example: Path) -> None:
    config = load(example, {})
    assert config.listings == {"daily-papers": Listing(name="daily-papers", kind="huggingface")}
    assert config.mail.settings.sender == "folder"
    assert config.mail.from_ == "Paper digest <digest@example.org>"


def test_the_example_is_good_with_every_listing_that_it_offers(tmp_path: Path) -> None:
    text = EXAMPLE.read_text("utf-8")
    offered = re.sub(r"^  # ([\w-]+: \{)", r"  \1", text, flags=re.MULTILINE)
    listings = settings_of(tmp_path, offered).listings
    assert len(listings) == 1 + len(re.findall(r"^  # [\w-]+: \{", text, re.MULTILINE)) > 5
    assert listings["saved"] == Listing(name="saved", kind="listing", path="listings/{day}.txt")


def test_the_example_is_good_with_every_default_that_it_writes_out(tmp_path: Path) -> None:
    before, mark, after = EXAMPLE.read_text("utf-8").partition("# What follows are the defaults")
    offered = re.sub(r"^# ([a-z]+: \S)", r"\1", mark + after, flags=re.MULTILINE)
    found = settings_of(tmp_path, before + offered, {"IMAP_PASSWORD": "x"})

    assert (found.web, found.log, found.timezone) == (
        Web(host="127.0.0.1", port=8000, base_url=""),
        Log(level="info", format="text"),
        "UTC",
    )
    assert found.inbox is not None


def test_the_example_needs_the_password_only_to_send(example: Path) -> None:
    with pytest.raises(ConfigError, match="SMTP_PASSWORD is not set"):
        load(example, {"DIGEST_MAIL__SENDER": "smtp"})
    config = load(example, {"DIGEST_MAIL__SENDER": "smtp", "SMTP_PASSWORD": "12345"})
    assert config.mail.settings.smtp is not None
    assert config.mail.settings.smtp.password == "12345"


def test_what_is_not_said_has_a_default(tmp_path: Path) -> None:
    config = settings_of(tmp_path, LEAST)
    assert config.database == f"sqlite:///{tmp_path}/digest.db"
    assert config.profiles == tmp_path / "profiles"
    assert config.timezone == "UTC"
    assert config.listings == {"daily-papers": Listing(name="daily-papers", kind="huggingface")}
    assert config.mail.settings.folder == str(tmp_path / "outbox")
    assert (config.mail.settings.smtp, config.mail.dkim, config.mail.in_doubt) == (
        None,
        None,
        "resend",
    )
    assert (config.web.host, config.web.port, config.web.base_url) == ("127.0.0.1", 8000, "")
    assert (config.templates, config.schedule) == (None, None)
    assert (config.fetch.contact, config.fetch.allow_hosts) == ("digest@example.org", ())
    assert (config.log.level, config.log.format) == ("info", "text")


def test_everything_that_can_be_said_is_understood(tmp_path: Path) -> None:
    config = settings_of(
        tmp_path,
        """\
        database: postgresql://digest@db/papers
        profiles: /srv/profiles
        timezone: Europe/Berlin
        templates: own
        listings:
          feeds: {kind: feed, url: "https://example.org/{day}.xml", look_back: 0, user: me,
            password: "p:w", headers: {X-API-Key: k}}
          own: {kind: "papers.own:read", path: /data/{day}/list.txt, pages: 2, format: 3}
        mail:
          from: Digest <digest@example.org>
          sender: smtp
          in_doubt: hold
          smtp: {host: localhost, port: 25, tls: none, timeout: 5, patience: 7.5, ca: ca.pem}
          dkim: {domain: example.org, selector: s1, key: dkim.pem}
        web: {host: 0.0.0.0, port: 80, base_url: "https://papers.example.org/"}
        schedule: {at: 6:05, days: weekdays}
        fetch:
          contact: me@example.org
          allow_hosts: [intranet.example.org]
          proxy: http://me:pw@proxy.example.org:3128
          ca: campus.pem
        log: {level: debug, format: json}
        """,
    )
    assert config.database == "postgresql://digest@db/papers"
    assert config.profiles == Path("/srv/profiles")
    assert config.templates == tmp_path / "own"
    assert config.listings["own"].options == {"pages": 2, "format": 3}
    assert config.listings["feeds"].options == {}
    assert config.credentials == {
        "feeds": Credentials(
            "https://example.org/{day}.xml",
            {"X-API-Key": "k", "Authorization": f"Basic {b64encode(b'me:p:w').decode()}"},
        )
    }
    assert (config.fetch.proxy, config.fetch.ca) == (
        "http://me:pw@proxy.example.org:3128",
        str(tmp_path / "campus.pem"),
    )
    assert "pw" not in repr(config)
    assert config.listings["feeds"].look_back == 0
    assert config.roots == (tmp_path, Path("/data"))
    assert config.mail.settings.smtp is not None
    assert config.mail.settings.smtp.timeout == 5
    assert config.mail.settings.smtp.ca == str(tmp_path / "ca.pem")
    assert config.mail.dkim is not None
    assert config.mail.dkim.key == tmp_path / "dkim.pem"
    assert config.web.base_url == "https://papers.example.org"
    assert config.schedule == Schedule(time(6, 5), "Europe/Berlin", frozenset(range(5)))
    assert config.fetch.allow_hosts == ("intranet.example.org",)
    assert config.log.format == "json"


def test_a_folder_of_templates_beside_the_file_is_used(tmp_path: Path) -> None:
    (tmp_path / "templates").mkdir()
    assert settings_of(tmp_path, LEAST).templates == tmp_path / "templates"


@pytest.mark.parametrize(
    ("url", "resolved"),
    [
        ("sqlite:///digest.db", "sqlite:///{home}/digest.db"),
        ("sqlite:///../digest.db", "sqlite:///{home}/../digest.db"),
        ("sqlite:////var/digest.db", "sqlite:////var/digest.db"),
        ("sqlite:///:memory:", "sqlite:///:memory:"),
        ("sqlite://", "sqlite://"),
        ("postgresql+psycopg://u:p@h/d", "postgresql+psycopg://u:p@h/d"),
    ],
)
def test_a_database_file_starts_at_the_folder_of_the_settings(
    tmp_path: Path, url: str, resolved: str
) -> None:
    config = settings_of(tmp_path, f"database: {url!r}\n{LEAST}")
    assert config.database == resolved.format(home=tmp_path)


#: lines put before or after the least settings, and what is said of them
MISTAKES = [
    ("databse: sqlite://", "4:1: unknown key databse (did you mean database?)"),
    (
        "database: postgresql://a@h:port/d",
        "4:11: database: an address of SQLite or PostgreSQL is expected"
        " (as in sqlite:///digest.db or postgresql://user@host/name)",
    ),
    (
        "database: mysql://h/d",
        "4:11: database: an address of SQLite or PostgreSQL is expected"
        " (as in sqlite:///digest.db or postgresql://user@host/name)",
    ),
    (
        "timezone: Europe/Berln",
        "4:11: unknown time zone Europe/Berln (did you mean Europe/Berlin?)",
    ),
    ("profiles: [a]", "4:11: profiles: text is expected"),
    ("web: {port: 70000}", "4:13: port: at most 65535 is expected"),
    ("web: {port: many}", "4:13: port: a whole number is expected"),
    (
        "web: {base_url: papers.example.org}",
        "4:17: an address that begins with http:// or https:// is expected",
    ),
    (
        "web: {base_url: 'https://example.org/papers/'}",
        "4:17: base_url: pages are served at the root of a host, not below a path"
        " (give them a host of their own: https://papers.example.org)",
    ),
    ("web: {prot: 80}", "4:7: unknown key prot (did you mean port?)"),
    ("log: {level: loud}", "4:14: level: expected 'debug', 'info', 'warning' or 'error'"),
    (
        "log: {level: warn}",
        "4:14: level: expected 'debug', 'info', 'warning' or 'error' (did you mean warning?)",
    ),
    ("schedule: {at: noon}", "4:16: at: hours and minutes are expected, as in 07:30"),
    (
        "web: {proxies: 10.0.0.0/8}",
        "4:16: proxies: a list is expected: [one, two], or one a line after a dash",
    ),
    ("log: debug", "4:6: log: a mapping (key: value) is expected"),
    (
        "timezone: ${ZONE}",
        "4:11: the environment variable ZONE is not set"
        " (set it, as by ZONE=… in .env; or write ${ZONE:-…} with a default)",
    ),
    ("timezone: 'in ${zone name}'", "4:11: a variable is written ${NAME} or ${NAME:-default}"),
]


@pytest.mark.parametrize(("line", "complaint"), MISTAKES)
def test_a_mistake_is_said_with_its_place(tmp_path: Path, line: str, complaint: str) -> None:
    assert complaints_about(tmp_path, f"{LEAST}{line}\n") == [complaint]


LISTING_MISTAKES = [
    ("{kind: listing}", "3:13: url or path is needed for the kind listing"),
    ("{kind: feed, url: 'https://a.example', path: b}", "3:51: url and path exclude each other"),
    (
        "{kind: feed, url: 'ftp://a.example'}",
        "3:24: an address that begins with http:// or https:// is expected",
    ),
    ("{kind: huggingfce}", "3:13: unknown kind huggingfce (did you mean huggingface?)"),
    ("{url: 'https://a.example'}", "3:3: kind is missing"),
    (
        "{kind: listing, pth: x, path: y}",
        "3:22: unknown key pth for the kind listing (did you mean path?)",
    ),
    ("{kind: 'a.b:c', pth: x, path: y}", "3:6: unknown key pth (did you mean path?)"),
    (
        "{kind: huggingface, perod: week}",
        "3:26: unknown key perod for the kind huggingface (did you mean period?)",
    ),
    ("{kind: arxiv, search: x}", "3:20: unknown key search for the kind arxiv"),
    (
        "{kind: huggingface, period: wek}",
        "3:34: period: expected 'day', 'week', 'month' or 'trending' (did you mean week?)",
    ),
    (
        "{kind: arxiv, format: html}",
        "3:28: format: expected 'rss', 'atom' or 'listing'",
    ),
    ("{kind: pubmed}", "3:13: search is needed for the kind pubmed"),
    ("{kind: crossref}", "3:13: issn is needed for the kind crossref"),
    ("{kind: openalex}", "3:13: filter is needed for the kind openalex"),
    ("{kind: openreview}", "3:13: venue is needed for the kind openreview"),
    (
        "{kind: crossref, issn: [1476-4687, 1476-4678]}",
        "3:41: 1476-4678 is no ISSN (it stands on the journal's page: 1476-4687)",
    ),
    (
        "{kind: openreview, venue: ICLR 2026}",
        "3:32: ICLR 2026 is no venue of OpenReview (as in the address of its page: "
        "ICLR.cc/2027/Conference)",
    ),
    ("{kind: pubmed, search: [a, b]}", "3:29: search: text is expected"),
    ("{kind: arxiv, user: a}", "3:26: user: url is missing, to which alone it is sent"),
    ("{kind: feed, url: 'https://a.example', password: b}", "3:55: password: user is missing"),
    (
        "{kind: feed, url: 'https://a.example', user: a, headers: {authorization: b}}",
        "3:51: user and the header Authorization exclude each other",
    ),
    (
        "{kind: feed, url: 'http://a.example', headers: {X-Key: b}}",
        "3:24: headers would go to a.example without TLS (url: https://…)",
    ),
    (
        "{kind: feed, url: 'https://a.example', headers: {Host: b}}",
        "3:55: Host: the name of a header is expected, as in X-API-Key",
    ),
    (
        '{kind: feed, url: "https://a.example", headers: {X-Key: "b\\nEvil: 1"}}',
        "3:62: headers: only ASCII can be used, on one line",
    ),
    ("{kind: listing, path: x, look_back: -1}", "3:42: look_back: at least 0 is expected"),
    ("{kind: listing, path: x, catch_up: 367}", "3:41: catch_up: at most 366 is expected"),
    (
        "{kind: listing, path: x, catchup: 9}",
        "3:31: unknown key catchup for the kind listing (did you mean catch_up?)",
    ),
    (
        "{kind: listing, path: x, holidays: [2027-13-31]}",
        "3:42: holidays: 2027-13-31 is no day (as in 2027-05-31)",
    ),
    ("{kind: listing, path: x, rolling: maybe}", "3:40: rolling: true or false is expected"),
]


@pytest.mark.parametrize(("listing", "complaint"), LISTING_MISTAKES)
def test_a_mistake_in_a_listing_is_said(tmp_path: Path, listing: str, complaint: str) -> None:
    text = f"mail: {{from: a@example.org}}\nlistings:\n  a: {listing}\n"
    assert complaints_about(tmp_path, text) == [complaint]


NOT_ASCII = "internationalized characters before the @-sign are not supported"
NO_ADDRESS = "2:14: not an email address"

MAIL_MISTAKES = [
    (
        "{from: a@example.org, sender: chat, chat: 'pigeon://x'}",
        "2:49: chat: an address of one of Apprise's services is expected (discord, json, jsons,"
        " matrix, matrixs, slack, tgram, xml, xmls)",
    ),
    ("{}", "2:1: from is missing"),
    ("{from: nobody}", "2:14: not an email address: an email address must have an @-sign"),
    (
        "{from: ''}",
        '2:14: from: a name and an address are expected, as in "Papers <me@example.org>"',
    ),
    ("{from: ä@example.org}", f"{NO_ADDRESS}: {NOT_ASCII}: 'ä'"),
    (
        f"{{from: {'x' * 65}@example.org}}",
        f"{NO_ADDRESS}: before the @ there can be 64 characters at most",
    ),
    (
        "{from: a@example.org, sender: smtp}",
        "2:37: smtp: host is missing, which sender: smtp needs",
    ),
    (
        "{from: a@example.org, sender: smtp, smtp: {host: h, user: u}}",
        "2:65: smtp: password is missing for u"
        " (password: ${SMTP_PASSWORD}, with SMTP_PASSWORD=… in .env)",
    ),
    (
        "{from: a@example.org, smtp: {host: h.example, tls: none, password: x}}",
        "2:58: the password would go to h.example without TLS (tls: starttls or tls: tls)",
    ),
    ("{from: a@example.org, sender: pigeon}", "2:37: sender: expected 'folder', 'smtp' or 'chat'"),
]


@pytest.mark.parametrize(("mail", "complaint"), MAIL_MISTAKES)
def test_a_mistake_about_mail_is_said(tmp_path: Path, mail: str, complaint: str) -> None:
    text = f"listings: {{a: {{kind: huggingface}}}}\nmail: {mail}\n"
    assert complaints_about(tmp_path, text) == [complaint]


@pytest.mark.parametrize("host", ["localhost", "127.0.0.1", "::1"])
def test_a_password_may_stay_on_this_machine_without_tls(tmp_path: Path, host: str) -> None:
    settings_of(
        tmp_path,
        f"""\
        listings: {{a: {{kind: huggingface}}}}
        mail: {{from: a@example.org, smtp: {{host: "{host}", tls: none, user: u, password: x}}}}
        """,
    )


def test_all_mistakes_are_said_at_once(tmp_path: Path) -> None:
    text = "listings: {'a b': {kind: x}}\nmail: {from: nobody, sendr: smtp}\nweb: {port: x}\n"
    assert [line.split(": ")[0] for line in complaints_about(tmp_path, text)] == [
        "1:12", "1:26", "2:14", "2:22", "3:13",
    ]  # fmt: skip


def test_a_variable_is_filled_in_wherever_it_stands(tmp_path: Path) -> None:
    config = settings_of(
        tmp_path,
        """\
        database: postgresql://${DB_USER}:${DB_PASSWORD}@db/${DB_NAME:-papers}
        listings: {a: {kind: "own.module:read", label: "$${kept} ${EMPTY:-filled}"}}
        mail: {from: a@example.org}
        web: {port: ${PORT}}
        """,
        {"DB_USER": "me", "DB_PASSWORD": "s3cret", "PORT": "9000", "EMPTY": ""},
    )
    assert config.database == "postgresql://me:s3cret@db/papers"
    assert config.listings["a"].options == {"label": "${kept} filled"}
    assert config.web.port == 9000


def test_the_value_of_a_variable_is_never_yaml(tmp_path: Path) -> None:
    config = settings_of(
        tmp_path,
        "listings: {a: {kind: 'own.module:read', label: ${X}}}\nmail: {from: a@example.org}\n",
        {"X": "[a, *b] # ${Y}"},
    )
    assert config.listings["a"].options == {"label": "[a, *b] # ${Y}"}


def test_the_environment_counts_more_than_the_file(tmp_path: Path) -> None:
    environ = {
        "DIGEST_DATABASE": "sqlite:////tmp/other.db",
        "DIGEST_WEB__PORT": "9000",
        "DIGEST_LISTINGS__DAILY_PAPERS__LOOK_BACK": "5",
        "DIGEST_MAIL__SMTP__HOST": "localhost",
        "DIGEST_MAIL__SMTP__PASSWORD": "12345",
        "DIGEST_TIMEZONE": "",
        "DIGEST_CONFIG": "elsewhere.yaml",
        "DIGEST_REAL_DATA": "/data",
    }
    config = settings_of(tmp_path, LEAST, environ)
    assert config.database == "sqlite:////tmp/other.db"
    assert config.web.port == 9000
    assert config.listings["daily-papers"].look_back == 5
    assert config.mail.settings.smtp is not None
    assert config.mail.settings.smtp.password == "12345"


@pytest.mark.parametrize(
    ("variable", "complaint"),
    [
        ("DIGEST_WEB__PORT", "DIGEST_WEB__PORT: port: a whole number is expected"),
        ("DIGEST_LOG", "DIGEST_LOG: log holds further keys, as in DIGEST_LOG__NAME"),
        ("DIGEST_WEP__PORT", "DIGEST_WEP__PORT: no such key (did you mean web?)"),
        ("DIGEST_MAIL__SENDR", "DIGEST_MAIL__SENDR: unknown key sendr (did you mean sender?)"),
        ("DIGEST_MAIL__FROM__X", "DIGEST_MAIL__FROM__X: no key can stand there"),
    ],
)
def test_a_mistake_in_the_environment_names_the_variable(
    tmp_path: Path, variable: str, complaint: str
) -> None:
    assert complaints_about(tmp_path, LEAST, {variable: "x"}) == [complaint]


def test_a_variable_that_is_overridden_need_not_be_set(tmp_path: Path) -> None:
    text = f"{LEAST}timezone: ${{ZONE}}\n"
    assert settings_of(tmp_path, text, {"DIGEST_TIMEZONE": "Asia/Tokyo"}).timezone == "Asia/Tokyo"


def test_a_secret_may_stand_in_a_file(tmp_path: Path) -> None:
    secret = tmp_path / "secret"
    secret.write_text("s3cret\n")
    text = """\
        listings: {a: {kind: huggingface}}
        mail: {from: a@example.org, smtp: {host: localhost, user: u, password: "${PASSWORD}"}}
        """
    for name in ("PASSWORD_FILE", "DIGEST_MAIL__SMTP__PASSWORD_FILE"):
        smtp = settings_of(tmp_path, text, {name: str(secret)}).mail.settings.smtp
        assert smtp is not None
        assert smtp.password == "s3cret"


@pytest.mark.parametrize("name", ["PASSWORD", "DIGEST_MAIL__SMTP__PASSWORD"])
def test_a_secret_whose_file_is_missing_is_complained_of(tmp_path: Path, name: str) -> None:
    text = """\
        listings: {a: {kind: huggingface}}
        mail: {from: a@example.org, sender: smtp, smtp: {host: h, password: "${PASSWORD:-x}"}}
        """
    found = complaints_about(tmp_path, text, {f"{name}_FILE": str(tmp_path / "missing")})
    assert len(found) == 1
    said = "the file that PASSWORD_FILE names cannot be read: no such file or directory"
    if name != "PASSWORD":
        said = f"{name}_FILE: the file that it names cannot be read: no such file or directory"
    assert said in found[0]


def test_dotenv_beside_the_file_counts_more_than_here_and_less_than_the_environment(
    tmp_path: Path,
) -> None:
    (tmp_path / ".env").write_text('A=beside\nB="beside ${A}"\n')
    Path(".env").write_text("B=here\nC=here\nD=here\n")
    options = (
        settings_of(
            tmp_path,
            """\
        listings: {x: {kind: "own.module:read", list: ["${A}", "${B}", "${C}", "${D}"]}}
        mail: {from: a@example.org}
        """,
            {"D": "set"},
        )
        .listings["x"]
        .options
    )
    assert options == {"list": ["beside", "beside ${A}", "here", "set"]}


def test_a_dotenv_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    (tmp_path / ".env").write_bytes(b"A=\xff")
    with pytest.raises(ConfigError, match=r"\.env:1:3: not UTF-8 at byte 2 \(save it as UTF-8\)"):
        settings_of(tmp_path, LEAST)
    (tmp_path / ".env").write_text("# ours\nexport A='x y'\ns3cret s3cret\n")
    with pytest.raises(ConfigError, match=r"\.env:3:1: no variable") as caught:
        settings_of(tmp_path, LEAST)
    assert "s3cret" not in str(caught.value)


def test_no_secret_is_shown(tmp_path: Path) -> None:
    config = settings_of(
        tmp_path,
        """\
        database: postgresql://me:s3cret@db/papers
        listings: {a: {kind: huggingface}}
        mail: {from: a@example.org, smtp: {host: localhost, user: u, password: s3cret}}
        """,
    )
    assert "s3cret" not in repr(config)
    assert "s3cret" not in str(config)


def test_a_complaint_shows_no_secret(tmp_path: Path) -> None:
    text = """\
        database: [s3cret]
        listings: {a: {kind: huggingface}}
        mail:
          from: a@example.org
          smtp: {host: far.example, tls: none, user: u, password: s3cret, prt: 1}
        """
    assert "s3cret" not in "".join(complaints_about(tmp_path, text))


def test_a_file_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    with pytest.raises(ConfigError, match=r"config.yaml: no such file or directory"):
        load(tmp_path / "config.yaml", {})
    (tmp_path / "config.yaml").write_bytes(b"database: \xff")
    with pytest.raises(ConfigError, match=r"config.yaml:1:11: not UTF-8 at byte 10"):
        load(tmp_path / "config.yaml", {})


@pytest.mark.parametrize("name", HOSTILE)
def test_hostile_settings_are_refused(tmp_path: Path, name: str) -> None:
    file = tmp_path / "config.yaml"
    file.write_bytes(HOSTILE[name][0].encode(errors="surrogatepass"))
    with pytest.raises(ConfigError):
        load(file, {})


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture])
@given(st.text("ab:-#[]{}$&*!|\"' \n${X}${X:-y}listings: mail:", max_size=120))
def test_whatever_is_written_is_settings_or_a_config_error(tmp_path: Path, text: str) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(LEAST + text, encoding="utf-8")
    with suppress(ConfigError):
        load(file, {"X": "x"})


def test_the_file_is_looked_for_where_people_expect_it(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "xdg"))
    with pytest.raises(ConfigError, match=r"no configuration found; looked for config\.yaml, "):
        find(None, {})
    (tmp_path / "xdg" / "digest").mkdir(parents=True)
    home = tmp_path / "xdg" / "digest" / "config.yaml"
    for file, environ, explicit in [
        (home, {}, None),
        (Path("config.yaml"), {}, None),
        (tmp_path / "env.yaml", {"DIGEST_CONFIG": str(tmp_path / "env.yaml")}, None),
        (
            tmp_path / "named.yaml",
            {"DIGEST_CONFIG": str(tmp_path / "env.yaml")},
            str(tmp_path / "named.yaml"),
        ),
    ]:
        file.write_text("")
        assert find(explicit, environ) == file


def test_a_file_that_is_named_must_be_there(tmp_path: Path) -> None:
    Path("config.yaml").write_text("")
    with pytest.raises(ConfigError, match=r"gone.yaml: no such file"):
        find(str(tmp_path / "gone.yaml"), {})


def keys_of(schema: object, prefix: str = "") -> list[str]:
    """Every key of a JSON Schema, with the keys it stands in."""
    assert isinstance(schema, dict)
    found = []
    for name, inner in schema.get("properties", {}).items():
        found += [f"{prefix}{name}", *keys_of(inner, f"{prefix}{name}.")]
    if isinstance(schema.get("additionalProperties"), dict):
        found += keys_of(schema["additionalProperties"], f"{prefix}NAME.")
    return found


@pytest.mark.parametrize("kind", ["crossref", "feed", "openalex", "openreview", "pubmed"])
def test_an_address_of_ones_own_needs_no_option(tmp_path: Path, kind: str) -> None:
    text = f'listings: {{a: {{kind: {kind}, url: "https://a.example/x"}}}}\n{LEAST_LINES[1]}\n'
    assert settings_of(tmp_path, text).listings["a"].options == {}


@pytest.mark.parametrize("proxy", ["proxy:3128", "http://proxy.example.org", "socks5://p:1", "x y"])
def test_a_proxy_that_is_none_is_refused_without_its_password(tmp_path: Path, proxy: str) -> None:
    text = f'{LEAST}fetch: {{proxy: "{proxy}"}}\n'
    expected = "proxy: an address is expected, as in http://proxy.example.org:3128"
    assert [each.partition(": ")[2] for each in complaints_about(tmp_path, text)] == [expected]


def test_a_publishers_password_is_needed_only_where_sources_are_asked(tmp_path: Path) -> None:
    journal = '{kind: feed, url: "https://a.example/", user: me, password: "${PAID}"}'
    (tmp_path / "config.yaml").write_text(f"listings: {{a: {journal}}}\n{LEAST_LINES[1]}\n")
    with pytest.raises(ConfigError, match="PAID"):
        load(tmp_path / "config.yaml", {})
    found = load(tmp_path / "config.yaml", {}, logs_in=False)
    assert list(found.missing) == ["listings.a.password"]


def test_every_kind_declares_its_options() -> None:
    assert OPTIONS.keys() == KINDS.keys()


def test_everything_that_the_relay_needs_to_be_told_has_a_key() -> None:
    told = {field.name for field in dataclasses.fields(SmtpSettings)}
    mail = config_file.SHAPE.json_schema()["properties"]["mail"]["properties"]
    assert set(mail["smtp"]["properties"]) == told


def test_the_documentation_explains_every_key_and_no_other() -> None:
    text = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    explained = re.findall(r"^\| `([A-Za-z0-9_.]+)` \|", text, re.M)
    keys = set(keys_of(config_file.SHAPE.json_schema()))
    # Of several relays each has the keys of the only one.
    twice = {each for each in keys if each.replace("relays.NAME", "smtp") in keys - {each}}
    assert sorted(explained) == sorted(keys - twice)


def test_the_documentation_names_every_kind_of_source() -> None:
    text = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    row = next(line for line in text.splitlines() if "listings.NAME.kind" in line)
    assert set(KINDS) <= set(re.findall(r"`(\w+)`", row))


def test_the_examples_in_the_documentation_are_understood(tmp_path: Path) -> None:
    text = (ROOT / "docs" / "configuration.md").read_text(encoding="utf-8")
    examples = re.findall(r"```yaml\n(.*?)```", text, re.S)
    assert examples
    for example in examples:
        missing = [line for line in LEAST_LINES if line.partition(":")[0] not in example]
        secrets = {"SMTP_PASSWORD": "x", "IMAP_PASSWORD": "x", "PAID": "x", "CHAT_URL": "json://x"}
        settings_of(tmp_path, "\n".join([*missing, example]), secrets)


def test_each_setting_in_force_is_shown_with_its_source_and_no_secret(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    file.write_text(
        "database: postgresql://me:s3cret@db/papers\n"
        f"{LEAST.partition('mail:')[0]}"
        "mail:\n"
        "  from: a@example.org\n"
        "  sender: smtp\n"
        "  smtp: {host: relay.example.org, user: me, password: ${RELAY}}\n"
        "inbox: {host: imap.example.org, user: me, password: ${MAILBOX}}\n"
        "schedule: {at: 6:45, days: weekdays}\n"
        "fetch: {proxy: 'http://me:s3cret@proxy.example.org:3128'}\n"
    )
    environ = {"RELAY": "s3cret", "DIGEST_WEB__PORT": "9000"}
    found = {each.name: (each.text, each.whence) for each in effective(file, environ)}

    assert found["database"] == ("postgresql://(secret)@db/papers", "config.yaml:1")
    assert found["listings.daily-papers.kind"] == ("huggingface", "config.yaml:3")
    assert found["mail.smtp.password"] == ("(set)", "config.yaml:7")
    assert found["inbox.password"] == ("(not set)", "config.yaml:8")
    assert found["web.port"] == ("9000", "DIGEST_WEB__PORT")
    assert found["web.host"] == ("127.0.0.1", "default")
    assert found["schedule.at"] == ("06:45", "config.yaml:9")
    assert found["schedule.days"] == ("[mon, tue, wed, thu, fri]", "config.yaml:9")
    file.write_text(LEAST.replace("{kind: huggingface}", FEED_WITH_KEY))
    [url] = [each.text for each in effective(file, {}) if each.name.endswith(".url")]
    assert url == "https://a.example.org/x?page=2&api_key=(secret)"
    assert not any("s3cret" in text for text, _ in found.values())


def test_of_an_address_no_more_is_hidden_than_secrets(tmp_path: Path) -> None:
    file = tmp_path / "config.yaml"
    named = {
        "v": "keywords author design designation passage monkeys journalCode keyword_set",
        "(secret)": "key api_key apikey X-Amz-Signature AWSAccessKeyId sig authToken pass api%5Fkey"
        " PASSWORD accessToken client_secret auth X-Amz-Credential pwd",
    }
    query = "&".join(f"{name}={{}}" for names in named.values() for name in names.split())
    values = [value for value, names in named.items() for _ in names.split()]
    asked = query.format(*["v"] * len(values))
    file.write_text(
        LEAST.replace(
            "{kind: huggingface}", f'{{kind: feed, url: "https://a.example.org/?{asked}"}}'
        )
    )

    [url] = [each.text for each in effective(file, {}) if each.name.endswith(".url")]

    assert url == f"https://a.example.org/?{query.format(*values)}"


def test_one_host_needs_no_brackets_so_that_a_variable_can_name_it(tmp_path: Path) -> None:
    named = settings_of(tmp_path, LEAST, {"DIGEST_FETCH__ALLOW_HOSTS": "intranet.example.org"})

    assert named.fetch.allow_hosts == ("intranet.example.org",)


def test_a_credential_of_systemds_counts_as_a_variable(tmp_path: Path) -> None:
    (tmp_path / "ZONE").write_text("Europe/Berlin\n")
    environ = {"CREDENTIALS_DIRECTORY": str(tmp_path)}
    text = f"{LEAST}timezone: ${{ZONE}}\n"

    assert settings_of(tmp_path, text, environ).timezone == "Europe/Berlin"
    assert settings_of(tmp_path, text, {**environ, "ZONE": "UTC"}).timezone == "UTC"


def test_the_schema_for_editors_names_every_key() -> None:
    made = schema()

    assert made["properties"].keys() == config_file.KEYS.keys()
    assert made["required"] == ["listings", "mail"]


def test_an_account_without_a_home_needs_none(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def unknown(uid: int) -> None:
        raise KeyError(uid)

    monkeypatch.delenv("HOME")
    monkeypatch.delenv("XDG_CONFIG_HOME", raising=False)
    monkeypatch.setattr("pwd.getpwuid", unknown)

    with pytest.raises(ConfigError, match=r"looked for config\.yaml, /etc/digest/config\.yaml"):
        find(None, {})
    assert settings_of(tmp_path, LEAST).profiles == tmp_path / "profiles"
    assert complaints_about(tmp_path, f"{LEAST}profiles: ~/papers\n") == [
        "4:11: there is no such home: write the path from /, or set HOME"
    ]


def test_what_is_found_wrong_later_is_named_at_its_own_place(tmp_path: Path) -> None:
    dkim = {"DOMAIN": "example.org", "SELECTOR": "s", "KEY": "gone"}
    environ = {f"DIGEST_MAIL__DKIM__{key}": value for key, value in dkim.items()}
    text = f"{LEAST}templates: mine\nfetch: {{proxy: '', ca: gone.pem}}\n"
    text += "inbox: {host: h, user: u, password: p, ca: gone.pem}\n"
    config = settings_of(tmp_path, text, environ)

    for setting, place in [
        ("templates", f"{config.path}:4:12: "),
        ("fetch.ca", f"{config.path}:5:24: "),
        ("mail.smtp", f"{config.path}:3:7: "),
        ("inbox.ca", f"{config.path}:6:44: "),
        ("mail.dkim.key", "DIGEST_MAIL__DKIM__KEY: "),
    ]:
        expected = f"{place}{setting}: no such file"
        assert str(config.error(setting, "no such file")) == expected
        assert expected.startswith(f"{config.place_of(f'{setting} or mail.from')}{setting}: ")
    assert config.place_of("") == ""


def test_an_imprint_is_lines_and_a_mistake_in_it_is_said(tmp_path: Path) -> None:
    def imprint(written: str) -> tuple[str, ...]:
        path = tmp_path / "config.yaml"
        text = "mail: {from: a@example.org, imprint: " + written + "}\n"
        path.write_text("listings: {d: {kind: listing, path: x}}\n" + text)
        return load(path, {}).mail.imprint

    assert imprint("Institute of Tea") == ("Institute of Tea",)
    assert imprint("[Institute of Tea, ' Kettle Lane 4']") == ("Institute of Tea", "Kettle Lane 4")
    for written, told in (('"a\\nb"', "one line"), ("''", "empty"), ("x" * 121, "one line")):
        with pytest.raises(ConfigError, match=r"config\.yaml:2:.*imprint") as caught:
            imprint(written)
        assert told in str(caught.value)
