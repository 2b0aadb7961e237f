"""Mistakes of a person's first hour: what was done, what is said, and the exit code.

None is silent, none ends in a traceback.
"""

from __future__ import annotations

import shlex
import shutil
from dataclasses import dataclass, field
from pathlib import Path

import pytest
from click.testing import CliRunner

from digest.cli import main

CONFIG = """\
listings:
  saved: {kind: listing, path: "saved/{day}.txt"}
mail: {from: "Papers <digest@example.org>"}
"""
PROFILE = "title: Mosses\nto: me@example.org\nany: [moss*]\n"
#: A run on a day for which nothing was saved: cheap, and all is looked at on the way.
RUN = "run --day 2026-03-11 --now 2026-03-11T12:00Z"


@dataclass(frozen=True)
class Slip:
    """One mistake: a command, in a folder with these files beside or in place of good ones."""

    did: str
    command: str
    said: str
    code: int
    #: the text of each file; None: it is not there
    files: dict[str, str | None] = field(default_factory=dict)
    typed: str = ""
    environ: dict[str, str] = field(default_factory=dict)


def in_config(did: str, said: str, *, old: str = "", new: str = "", more: str = "") -> Slip:
    """A mistake in the configuration, which any command names before it does anything."""
    text = CONFIG.replace(old, new) + more
    return Slip(did, "run", f"config.yaml:{said}", 78, {"config.yaml": text})


def named(did: str, said: str, more: str, *, old: str = "", new: str = "", code: int = 78) -> Slip:
    """What a setting names is not there, as config check says it of any setting."""
    text = CONFIG.replace(old, new) + more
    folders = {"saved/2026-03-10.txt": ""} if "path" not in said else {}
    return Slip(
        f"not there: {did}",
        "config check",
        f"config.yaml:{said}",
        code,
        {"config.yaml": text, **folders},
    )


def in_profile(did: str, said: str, text: str, code: int = 78) -> Slip:
    """A mistake in the one profile, as check says it without being given a name."""
    return Slip(
        did, "profile check", f"profiles/mine.yaml:{said}", code, {"profiles/mine.yaml": text}
    )


def in_env(did: str, name: str, said: str, more: str = "") -> Slip:
    """A mistake in a variable of the environment."""
    return Slip(did, "run", said, 78, {"config.yaml": CONFIG + more}, environ={name: "/nowhere"})


def checked(did: str, said: str, files: dict[str, str | None]) -> Slip:
    """What may stand, but is hardly meant: config check warns of it."""
    return Slip(did, "config check", said, 0, {"saved/2026-03-10.txt": "", **files})


NOTHING: dict[str, str | None] = {
    "config.yaml": None,
    "profiles/mine.yaml": None,
    "digest.db": None,
}
NO_DATABASE: dict[str, str | None] = {"digest.db": None}
SMTP = "sender: smtp, smtp: "
LIST = 'kind: listing, path: "saved/{day}.txt"'
INIT = "init --yes --offline --interests moss"
INIT_ME = f"{INIT} --to me@example.org"
IMPORT = "import a.csv --interests moss"
CSV = "email\nann@example.org\n"
OWN, NONE = "sqlite:///digest.db", "sqlite:///none.db"

SLIPS = [
    # the set-up
    Slip("no configuration", "run", "digest init makes one", 78, NOTHING),
    Slip("settings of nothing", "config show", "digest init makes one", 78, NOTHING),
    Slip("check of nothing", "profile check", "make a configuration: digest init", 2, NOTHING),
    Slip("a named file is not there", "-c my.yaml run", "my.yaml: no such file", 78),
    Slip("an empty configuration", "run", "config.yaml:1:1: a mapping", 78, {"config.yaml": ""}),
    in_config("a tab", "2:1: a tab where spaces are expected", old="  saved", new="\tsaved"),
    in_config("a key is misspelt", "4:1: unknown key profile (did you mean", more="profile: x\n"),
    in_config(
        "a kind is misspelt", "2:17: unknown kind listng (did", old="listing,", new="listng,"
    ),
    in_config(
        "an option of a list is misspelt",
        "2:24: unknown key catgories for the kind arxiv (did you mean categories?)",
        old='listing, path: "saved/{day}.txt"',
        new="arxiv, catgories: [cs.CL]",
    ),
    in_config(
        "arXiv without a field",
        "2:17: categories is needed for the kind arxiv",
        old='listing, path: "saved/{day}.txt"',
        new="arxiv",
    ),
    in_config("no address", "2:17: url or path is needed", old='path: "saved/{day}.txt"', new=""),
    in_config("an address without http", "2:31: an address that begins", old="path", new="url"),
    in_config("no @ in from", "3:14: not an email address", old="digest@", new="digest."),
    in_config(
        "the relay has no name",
        "3:16: smtp: host is missing",
        old="{from",
        new=f"{{{SMTP}{{}}, from",
    ),
    in_config(
        "no password",
        "3:59: smtp: password is missing for me (password: ${SMTP_PASSWORD}, with",
        old="{from",
        new=f"{{{SMTP}{{host: smtp.example.org, user: me}}, from",
    ),
    in_config(
        "the password is not set",
        "3:73: the environment variable SMTP_PASSWORD is not set (set it, as by SMTP_PASSWORD=… in",
        old="{from",
        new=f'{{{SMTP}{{host: smtp.example.org, user: me, password: "${{SMTP_PASSWORD}}"}}, from',
    ),
    in_config(
        "a password without TLS",
        "3:58: the password would go to smtp.example.org without TLS (tls: starttls or",
        old="{from",
        new=f"{{{SMTP}{{host: smtp.example.org, tls: none, user: me, password: x}}, from",
    ),
    in_config(
        "a zone by its city", "4:11: unknown time zone Berlin (did", more="timezone: Berlin\n"
    ),
    in_config("an hour alone", "4:16: at: hours and minutes are", more="schedule: {at: 7}\n"),
    in_config("a day misspelt", "4:18: days: daily", more="schedule: {days: weekday}\n"),
    in_config("another database", "4:11: database: an address of", more="database: mysql://h/d\n"),
    in_config("a port too high", "4:13: port: at most", more="web: {port: 80000}\n"),
    in_config(
        "base_url with a path", "4:17: base_url: pages", more="web: {base_url: 'http://a.b/c'}\n"
    ),
    in_config("the same key twice", "4:1: listings stands here twice", more="listings: {}\n"),
    in_config("a level of its own", "4:14: level: expected", more="log: {level: loud}\n"),
    Slip(
        "templates that are not there",
        RUN,
        "config.yaml:4:12: templates: ",
        78,
        {"config.yaml": f"{CONFIG}templates: mine\n"},
    ),
    in_config("an authority that is not there", "4:13: fetch.ca: ", more="fetch: {ca: mine}\n"),
    Slip(
        "a module of one's own that cannot be imported",
        RUN,
        "saved: the source 'mine.papers:read' cannot be loaded: No module named 'mine'",
        78,
        {"config.yaml": CONFIG.replace("kind: listing", 'kind: "mine.papers:read"')},
    ),
    Slip(
        "a module of one's own without the function",
        RUN,
        "saved: the source 'json:papers' cannot be loaded",
        78,
        {"config.yaml": CONFIG.replace("kind: listing", 'kind: "json:papers"')},
    ),
    named("a list's folder", "2:32: listings.saved.path: ", ""),
    named("a list's file", "2:32: listings.saved.path: ", "", old="{day}", new="day"),
    named(
        "a list's module",
        "2:17: listings.saved.kind: the source 'mine:read' cannot be loaded: No module",
        "",
        old="listing,",
        new='"mine:read",',
    ),
    named("templates", "4:12: templates: ", "templates: mine\n"),
    named("an authority", "4:13: fetch.ca: ", "fetch: {ca: mine}\n"),
    named(
        "a login by OAuth2",
        "4:67: inbox.oauth2: ",
        "inbox: {host: imap.example.org, user: digest@example.org, oauth2: 'mine'}\n",
    ),
    named(
        "a program",
        "3:13: mail.ask: mine: no such program",
        "",
        old="{from",
        new="{ask: mine x, from",
    ),
    named(
        "a folder for mails",
        "3:16: mail.folder: ",
        "",
        old="{from",
        new="{folder: config.yaml, from",
    ),
    named("a folder of profiles", "4:11: warning: profiles: ", "profiles: mine\n", code=0),
    named(
        "a quote too few",
        "3:13: ask: no command: no closing quotation",
        "",
        old="{from",
        new='{ask: "a \'b", from',
    ),
    in_env(
        "a variable is misspelt", "DIGEST_MAIL__SENDR", "unknown key sendr (did you mean sender?)"
    ),
    in_env("a section is misspelt", "DIGEST_MIAL__SENDER", "no such key (did you mean mail?)"),
    in_env(
        "a secret's file is not there",
        "ZONE_FILE",
        "the file that ZONE_FILE names cannot be read: no such file or directory",
        'timezone: "${ZONE}"\n',
    ),
    # the database
    Slip(
        "the database's folder is not there",
        "run",
        "its folder is not there; make it (mkdir -p",
        78,
        {"config.yaml": f"{CONFIG}database: sqlite:///none/digest.db\n"},
    ),
    Slip(
        "a database that is none", "run", "file is not a database", 78, {"digest.db": "text" * 99}
    ),
    Slip(
        "a server that is away",
        "run",
        "see that its server runs and lets digest in",
        75,
        {"config.yaml": f"{CONFIG}database: postgresql://me@127.0.0.1:1/x\n"},
    ),
    # profiles
    Slip("no profile", RUN, "digest profile new writes one", 1, {"profiles/mine.yaml": None}),
    Slip(
        "nobody to mail",
        RUN,
        "Mosses: nobody to mail: add to: with an address in mine.yaml",
        1,
        {"profiles/mine.yaml": PROFILE.replace("to: me@example.org\n", "")},
    ),
    Slip(
        "a broken profile, in a run",
        RUN,
        "mine.yaml:3:1: unknown key anny (did you mean any?)",
        78,
        {"profiles/mine.yaml": PROFILE.replace("any", "anny")},
    ),
    Slip(
        "a second profile of the same name",
        RUN,
        "other.yaml:1:1: mine is the name of another profile",
        78,
        {"profiles/other.yaml": "profile: mine\nany: [moss]\n"},
    ),
    in_profile("a bracket too few", "1:7: this bracket is not closed", "any: [(moss]\n"),
    in_profile("an empty profile", "1:1: a mapping (key: value) is expected", ""),
    in_profile("nothing is wanted", "1:1: nothing is looked for", "none: [moss]\n"),
    in_profile("and in small letters", "1:12: warning: and is a word", "any: [moss and fern]\n", 0),
    in_profile(
        "an unknown list", "2:12: unknown listing svaed", "any: [moss]\nlistings: [svaed]\n"
    ),
    in_profile("half an address", "2:5: not an email address", "any: [moss]\nto: me@\n"),
    Slip("a file that is not there", "profile check a.yaml", "'a.yaml' does not exist", 2),
    Slip("a name that is none", "profile check moss", "no profile and no file is called 'moss'", 2),
    Slip("a test of no profile", "profile test moss", "digest profile list names all", 2),
    Slip(
        "nothing collected yet", "profile test mine", "no papers yet: digest collect --days 30", 1
    ),
    Slip(
        "no database yet",
        "paper x",
        "digest collect --days 30 reads a month",
        1,
        {"digest.db": None},
    ),
    Slip("explain: nothing typed", "profile explain mine -", "stdin", 1),
    Slip("import: nothing typed", "profile import -", "stdin:1:1: nothing to look for is left", 78),
    Slip("import of no file", "profile import a.txt", "'a.txt' does not exist", 2),
    Slip("a word with a bracket", "profile add '(moss' mine", "this bracket is not closed", 78),
    Slip("a word that is not there", "profile remove fern mine", "nothing was changed", 0),
    Slip("questions without a terminal", "profile new", "questions need a terminal", 2),
    Slip("init once more", "init", "config.yaml is there already, and nothing was written", 1),
    # other commands
    Slip("a command is misspelt", "runn", "Did you mean 'run'?", 2),
    Slip("a command of a group", "status", "Did you mean digest listing status?", 2),
    Slip("a command of another group", "listing serve", "Did you mean digest serve?", 2),
    Slip("one of several groups", "shwo", "digest config show or digest inbox show or", 2),
    Slip("an option is misspelt", "run --dry", "--dry-run", 2),
    Slip("a day in words", "run --day today", "'today' is not a day such as 2026-03-12", 2),
    Slip("a time without a zone", "run --now 2026-03-11T12:00", "needs its zone, as in", 2),
    Slip("loud and quiet", "-v -q run", "-v and -q exclude each other", 2),
    Slip("a page that was not saved", RUN, "saved: saved/2026-03-11.txt: no such file", 1),
    Slip("the mail of no profile", "render moss", "no profile is called 'moss'; there are mine", 2),
    Slip("a day without mail", "render mine --day 2026-03-11", "had no issue on 2026-03-11", 1),
    Slip(
        "release of no list", "listing release svaed", "no listing is called 'svaed'; there are", 2
    ),
    Slip("a mail that is none", "outbox show 7", "there is no mail 7", 2),
    Slip("retry of nothing", "outbox retry", "name mails by their ids", 2),
    Slip("an empty outbox", "outbox list", "no mail is owed or was sent", 0),
    Slip("a mailbox without settings", "inbox fetch", "the configuration has no section inbox", 2),
    Slip("nothing is piped in", "inbox", "standard input is empty: a mail is piped into this", 2),
    Slip("a backup over a file", "backup config.yaml", "config.yaml is there already", 2),
    Slip("a backup into no folder", "backup no/copy.db", "no/copy.db: its folder is not there", 2),
    Slip("a restore of nothing", "restore a.db", "'a.db' does not exist", 2),
    Slip("a restore of a text", "restore config.yaml", "file is not a database", 1),
    Slip("a port that is none", "web --port 99999", "99999 is not in the range", 2),
    Slip(
        "a host of another machine", "web --host 203.0.113.9", "cannot assign requested address", 1
    ),
    Slip(
        "a preview for all", "preview --host 0.0.0.0", "for this machine only, not for 0.0.0.0", 1
    ),
    Slip("a demo over one's own", "demo --folder profiles", "choose another one with --folder", 2),
    # names that are nearly right
    Slip("a folder for the configuration", "-c profiles run", "profiles: a folder, not a file", 78),
    Slip("a line that is none in .env", "run", ".env:1:1: no variable (NAME=", 78, {".env": "x y"}),
    in_config(
        "the relay with its port",
        "3:35: host: a name alone is expected (as in host: smtp.example.org, and port: 587",
        old="{from",
        new=f'{{{SMTP}{{host: "smtp.example.org:587"}}, from',
    ),
    in_config(
        "the mailbox with a scheme",
        "4:15: host: a name alone is expected",
        more="inbox: {host: 'imaps://imap.example.org', user: me, password: x}\n",
    ),
    in_config(
        "a zone's abbreviation",
        "4:11: unknown time zone CEST (write a place, as in Europe/Berlin)",
        more="timezone: CEST\n",
    ),
    named("profiles as one file", "4:11: profiles: ", "profiles: config.yaml\n"),
    checked(
        "a profile without its ending",
        "1:1: warning: profiles: my.txt is not read: it does not end in .yaml (call it my.yaml)",
        {"profiles/my.txt": PROFILE},
    ),
    checked(
        "a profile with an ending too many", "(call it my.yaml)", {"profiles/my.yaml.txt": PROFILE}
    ),
    checked(
        "a template misspelt",
        "mail/digset.html: no template has this name, so it is not used (did you mean mail/digest",
        {"templates/mail/digset.html": ""},
    ),
    checked(
        "a template in the wrong folder",
        "1:1: warning: templates: digest.html: no template has this name",
        {"templates/digest.html": ""},
    ),
    checked(
        "a category of arXiv that is none",
        "2:36: warning: listings.saved.categories: arxiv has no category machine learning that is"
        " known here (did you mean cs.LG or stat.ML?)",
        {"config.yaml": CONFIG.replace(LIST, "kind: arxiv, categories: [machine learning]")},
    ),
    checked(
        "one of two categories of arXiv that is none",
        "arxiv has no category cs.XL that is known here",
        {"config.yaml": CONFIG.replace(LIST, "kind: arxiv, categories: cs.CL+cs.XL")},
    ),
    checked(
        "a subject of bioRxiv that is none",
        "biorxiv has no category genomic",
        {"config.yaml": CONFIG.replace(LIST, "kind: biorxiv, categories: [genomic]")},
    ),
    Slip(
        "a folder for the database",
        "run",
        "a folder, not a file; mend database:",
        78,
        {"config.yaml": f"{CONFIG}database: sqlite:///profiles\n"},
    ),
    in_profile("two addresses in one", "2:5: not an email", "any: [moss]\nto: a@x.org, b@x.org\n"),
    in_profile("one text for a list", "1:6: any: a list is expected", "any: moss, fern\n"),
    in_profile("no space after a colon", "1:1: a space after the colon", "any:[moss]\n"),
    in_profile("a star for a dash", "2:1: a list item begins with a dash", "any:\n* moss\n"),
    # init, which writes nothing then
    Slip(
        "init with two addresses",
        f"{INIT} --to a@x.org,b@x.org",
        "(one address; several are a list: [one, two])",
        2,
        NOTHING,
    ),
    Slip("init without an address", INIT, "--to is needed with --yes", 2, NOTHING),
    Slip("init at 7am", f"{INIT_ME} --at 7am", "--at: hours and minutes are", 2, NOTHING),
    Slip(
        "init in no zone",
        f"{INIT_ME} --timezone CEST",
        "CEST (write a place, as in Europe/Berlin)",
        2,
        NOTHING,
    ),
    Slip("init of no list", f"{INIT_ME} --listing arxviv", "'arxviv' is no list that", 2, NOTHING),
    Slip("init of no field", f"{INIT_ME} --listing 'arxiv x'", "arXiv has no 'x': a", 2, NOTHING),
    Slip("init by no host", f"{INIT_ME} --sender gmail", "folder, smtp or a host", 2, NOTHING),
    Slip("init by a port", f"{INIT_ME} --sender h.org:25", "folder, smtp or a host", 2, NOTHING),
    Slip(
        "init below a file",
        f"-c a/config.yaml {INIT_ME}",
        "a: file exists; nothing was written",
        1,
        NOTHING | {"a": ""},
    ),
    # more commands
    Slip("a backup of nothing", "backup copy.db", "digest.db: no such database", 78, NO_DATABASE),
    Slip("migrate from a file", "migrate --from a.db --to b.db", "an address of SQLite or", 2),
    Slip("migrate from nothing", f"migrate --from {NONE} --to sqlite://", "no such database", 2),
    Slip("migrate to the same", f"migrate --from {OWN} --to {OWN}", "name the same database", 2),
    Slip("a notice to nobody", "notice a.txt", "nobody would get it", 1, {"a.txt": "Hi\n\nHo.\n"}),
    Slip("a notice of one line", "notice a.txt", "a title, an empty line, and", 1, {"a.txt": "Hi"}),
    Slip("addresses without words", "import a.csv", "say by --interests what", 2, {"a.csv": CSV}),
    Slip(
        "consent that is nowhere",
        f"{IMPORT} --consented ''",
        "where the consent",
        2,
        {"a.csv": CSV},
    ),
    Slip(
        "a table without addresses", IMPORT, "no column is called email", 1, {"a.csv": "name\nA\n"}
    ),
    Slip("a test of no days", "profile test mine --days 0", "0 is not in the range", 2),
    Slip("mails in no state", "outbox list --state snet", "'snet' is not one of 'queued'", 2),
    Slip("a worker without a queue", "worker", "digest worker needs dispatch: procrastinate", 78),
    Slip("the option after its command", "run -c config.yaml", "No such option", 2),
    Slip("a restore of itself", "restore digest.db", "digest.db is the database itself", 1),
]


#: What is right as it stands, though a kind of one's own may name its options as ours do.
MEANT: dict[str, str] = {
    "config.yaml": """\
listings:
  number: {kind: "json:loads", categories: 5}
  numbers: {kind: "json:loads", categories: [1, 2]}
  one-text: {kind: arxiv, categories: "cs.CL cs.LG"}
  address: {kind: arxiv, categories: [cs.CL+cs.LG, math, "q-bio"]}
  life: {kind: biorxiv, categories: [Plant Biology, cancer_biology]}
mail: {from: "Papers <digest@example.org>"}
""",
    **{f"profiles/{name}": "Moss.\n" for name in ("README", "README.md", "LICENSE", "notes.txt")},
    "profiles/Makefile": "all:\n\ttrue\n",
    "templates/mail/digest.txt": '{% import "mail/macros.html" as own %}'
    '{% extends "packaged/mail/digest.txt" %}',
    "templates/mail/macros.html": "",
    "templates/node_modules/a/search.html": "",
    "templates/mail/digest.html.orig": "",
}


def test_what_is_meant_as_it_stands_is_not_warned_of(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr("digest.cli.settings._try_templates", lambda folder: None)
    for name, text in MEANT.items():
        Path(name).parent.mkdir(parents=True, exist_ok=True)
        Path(name).write_text(text)

    done = CliRunner().invoke(main, ["config", "check"])

    assert done.output == "config.yaml is in order: 5 listings, 0 profiles in profiles\n"


def test_there_are_sixty_and_more() -> None:
    assert len({slip.did for slip in SLIPS}) == len(SLIPS) >= 60


@pytest.mark.parametrize("slip", SLIPS, ids=lambda slip: slip.did)
def test_a_mistake_of_the_first_hour(
    slip: Slip, tmp_path: Path, laid_out: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("XDG_CONFIG_HOME", str(tmp_path / "none"))
    shutil.copy(laid_out, "digest.db")
    for name, text in {"config.yaml": CONFIG, "profiles/mine.yaml": PROFILE, **slip.files}.items():
        file = Path(name)
        file.parent.mkdir(parents=True, exist_ok=True)
        file.unlink(missing_ok=True) if text is None else file.write_text(text, "utf-8")

    done = CliRunner().invoke(main, shlex.split(slip.command), slip.typed, slip.environ)

    said = " ".join(done.output.split())
    assert slip.said in said
    assert done.exit_code == slip.code
    assert "Traceback" not in said
    assert done.exception is None or isinstance(done.exception, SystemExit)
    # One mistake, one line, but for a usage and where several things are said of a run.
    if slip.code in (75, 78) and slip.command == "run":
        assert len(done.output.splitlines()) == 1
