"""``digest init``: three decisions, the files they make, and what is tried with them."""

from __future__ import annotations

import json
import os
import re
import shlex
import stat
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import pexpect
import pytest
from click.testing import CliRunner, Result
from pytest_httpserver import HTTPServer
from tzlocal import reload_localzone

from digest import config, profiles
from digest.cli import main
from digest.cli.chosen_listings import chosen_listing, distinct
from digest.resources import example_config

from .. import processes
from ..require import need
from ..waits import HUNG
from .test_cli import daily_page

WANTED = ["--yes", "--to", "me@example.org", "--interests", "sparse training, KV cache"]


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Path]:
    """An empty folder that a person is in, far from every network."""
    with pytest.MonkeyPatch.context() as patch:
        patch.chdir(tmp_path)
        patch.setenv("TZ", "Europe/Berlin")
        programs = os.pathsep.join((str(Path(sys.executable).parent), os.environ["PATH"]))
        patch.setenv("PATH", programs)
        reload_localzone()  # the zone of the machine is looked up once
        yield tmp_path
    reload_localzone()


@pytest.fixture
def stand_in(httpserver: HTTPServer, monkeypatch: pytest.MonkeyPatch) -> HTTPServer:
    """A server on loopback that answers for Hugging Face."""
    httpserver.expect_request(re.compile(r"/.*\.json")).respond_with_data(
        daily_page(1, 2), content_type="application/json"
    )
    address = httpserver.url_for("/").replace("localhost", "127.0.0.1")
    monkeypatch.setenv("DIGEST_LISTINGS__DAILY_PAPERS__URL", f"{address}{{day}}.json")
    monkeypatch.setenv("DIGEST_FETCH__ALLOW_HOSTS", "127.0.0.1")
    return httpserver


def digest(*words: str) -> Result:
    return CliRunner().invoke(main, words)


def files(folder: Path) -> set[str]:
    return {str(path.relative_to(folder)) for path in folder.rglob("*") if path.is_file()}


def test_from_an_empty_folder_two_commands_bring_the_promised_mail(
    home: Path, stand_in: HTTPServer
) -> None:
    done = digest("init", *WANTED)

    assert (done.exit_code, done.stderr) == (0, "")
    assert "Of 2 papers 2 would have come today:\n  * Paper " in done.stdout
    assert "written: config.yaml\nwritten: profiles/me.yaml\n" in done.stdout
    settings = config.load(home / "config.yaml", {})
    assert (settings.timezone, settings.schedule) == ("Europe/Berlin", None)
    assert profiles.lint((home / "profiles/me.yaml").read_text(), "me.yaml") == []

    checked = digest("config", "check").stdout
    assert checked == "config.yaml is in order: 1 listing, 1 profile in profiles\n"
    assert "timezone: Europe/Berlin  (config.yaml:5)\n" in digest("config", "show").stdout
    shown = json.loads(digest("config", "show", "--json").stdout)["settings"]
    assert {"name": "mail.sender", "value": "folder", "whence": "config.yaml:14"} in shown
    assert json.loads(digest("config", "schema").stdout)["required"] == ["listings", "mail"]

    ran = digest("run")
    assert ran.exit_code == 0
    assert "My papers: 2 of 2 new papers, in the mail to 1 reader" in ran.stdout
    assert len(list((home / "outbox").glob("*.eml"))) == 1
    assert max(map(len, done.stdout.partition("or each day by cron")[0].splitlines())) <= 80


def test_it_overwrites_nothing(home: Path) -> None:
    (home / "profiles").mkdir()
    (home / "profiles/me.yaml").write_text("mine")
    refused = digest("init", "--offline", *WANTED)

    assert refused.exit_code == 1
    assert refused.stderr.startswith("digest: profiles/me.yaml is there already, and nothing was")
    assert files(home) == {"profiles/me.yaml"}
    example = digest("config", "example").stdout
    assert example == example_config().read_text()
    assert digest("-c", "other/config.yaml", "init", "--offline", *WANTED).exit_code == 0
    assert (home / "profiles/me.yaml").read_text() == "mine"


def test_without_a_network_it_writes_the_files_and_says_what_was_not_tried(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("DIGEST_LISTINGS__DAILY_PAPERS__URL", "http://127.0.0.1:1/{day}.json")
    monkeypatch.setenv("DIGEST_FETCH__ALLOW_HOSTS", "127.0.0.1")
    monkeypatch.setenv("SMTP_PASSWORD", "pa'ss\\word")
    done = digest("init", "--sender", "127.0.0.1.", *WANTED)
    monkeypatch.delenv("SMTP_PASSWORD")

    said = " ".join(done.stdout.split())
    assert done.exit_code == 0
    assert "not tried: daily-papers: " in said
    assert "not yet: 127.0.0.1.:587: " in said
    assert stat.S_IMODE((home / ".env").stat().st_mode) == 0o600
    settings = config.load(home / "config.yaml", {})
    assert settings.mail.settings.smtp is not None
    assert settings.mail.settings.smtp.password == "pa'ss\\word"
    assert "pa'ss" not in done.output


@pytest.mark.parametrize(
    ("words", "said"),
    [
        ([], "questions need a terminal; else name --to, --interests and --yes"),
        (["--yes"], "--to is needed with --yes: it has no default"),
        ([*WANTED, "--to", "me"], "--to: not an email address"),
        ([*WANTED, "--interests", "("], "--interests: "),
        ([*WANTED, "--interests", "@article{a, year={1999}}"], "no paper with a title is in it"),
        ([*WANTED, "--interests", "how mosses grow in the arctic and why"], "8 words in a row"),
        ([*WANTED, "--listing", "acm"], "--listing: 'acm' is no list that is known here"),
        ([*WANTED, "--listing", "arxiv alchemy"], "arXiv has no 'alchemy'"),
        ([*WANTED, "--listing", "arxiv and"], "say more"),
        ([*WANTED, "--listing", "https://"], "an address with a host is expected"),
        ([*WANTED, "--at", "25:00"], "--at: hours and minutes are expected, as in 07:30"),
        ([*WANTED, "--timezone", "Berlin"], "(did you mean Europe/Berlin?)"),
        ([*WANTED, "--sender", "smtp"], "the mail server of example.org is not known here"),
        ([*WANTED, "--sender", "gmail com"], "folder, smtp or a host"),
        ([*WANTED, "--to", "a@proton.me", "--sender", "smtp"], "name another mail server"),
    ],
)
def test_a_mistake_writes_nothing_and_names_its_option(
    home: Path, words: list[str], said: str
) -> None:
    refused = digest("init", "--offline", *words)

    assert refused.exit_code == 2
    assert said in " ".join(refused.stderr.split())
    assert files(home) == set()


def test_a_pasted_search_and_a_file_are_interests_too(home: Path) -> None:
    (home / "words.txt").write_text("mosses\nlichens, liverworts\n")
    digest("-c", "a/config.yaml", "init", "--offline", *WANTED, "--interests", "words.txt")
    search = 'cat:q-bio.PE AND abs:"gene drive"'
    digest("-c", "b/config.yaml", "init", "--offline", *WANTED, "--interests", search)

    assert "  - lichens\n  - liverworts\n" in (home / "a/profiles/me.yaml").read_text()
    made = (home / "b/profiles/me.yaml").read_text()
    assert "category:q-bio.PE" in made
    assert 'abstract:"gene drive"' in made


LIBRARY = """
@article{a, title={Sparse training of deep networks}, author={Bee, Ann}}
@article{b, title={A mixture of experts at scale}, author={Cee, Bo}}
@article{c, title={Sparse training by lottery}, author={Dee, Al}}
@article{d, title={Quantization of a mixture of experts}, author={Eff, Ed}}
"""


@pytest.mark.parametrize("form", ["bib", "json"])
def test_of_a_library_the_terms_of_several_papers_are_interests(home: Path, form: str) -> None:
    titles = re.findall(r"title=\{([^}]*)\}", LIBRARY)
    csl = json.dumps([{"type": "article-journal", "title": title} for title in titles])
    (home / f"library.{form}").write_text(LIBRARY if form == "bib" else csl)
    done = digest("init", "--offline", *WANTED, "--interests", f"library.{form}")

    assert "Found in that library: mixture of experts, sparse training\n" in done.stdout
    made = (home / "profiles/me.yaml").read_text()
    assert "  - mixture of experts\n  - sparse training\n" in made


def test_a_library_that_is_not_there_is_no_keyword(home: Path) -> None:
    done = digest("init", "--offline", *WANTED, "--interests", "missing.bib")

    assert (done.exit_code, files(home)) == (2, set())
    assert "missing.bib: no such file" in done.stderr


def test_microsoft_is_logged_in_to_without_a_password(home: Path) -> None:
    done = digest("init", *WANTED, "--offline", "--sender", "microsoft")
    other = [*WANTED, "--to", "me@outlook.com", "--sender", "smtp"]
    digest("--config", "b/config.yaml", "init", *other, "--offline")

    assert "oauth2 oauth2.json --user me@example.org --client ID\n" in done.stdout
    assert files(home) & {".env", "b/.env"} == set()
    for file, host in (("", "smtp.office365.com"), ("b/", "smtp-mail.outlook.com")):
        smtp = config.load(home / file / "config.yaml", {}).mail.settings.smtp
        assert smtp is not None
        assert (smtp.host, smtp.password) == (host, "")
        assert smtp.oauth2 == str(home / file / "oauth2.json")


def test_a_unit_for_systemd_starts_this_digest(home: Path) -> None:
    folder = home / 'papers 100% of $HOME "mine"'
    done = digest("--config", f"{folder}/config.yaml", "init", "--offline", *WANTED)
    assert "config unit > ~/.config/systemd/user/digest.service\n" in done.stdout
    printed = digest("--config", f"{folder}/config.yaml", "config", "unit").stdout
    (home / "digest.service").write_text(printed)

    assert r'papers 100%% of $$HOME \"mine\"/config.yaml" "serve"' in printed
    place = f'{home}/papers 100%% of $HOME \\"mine\\"'
    assert f'\nRequiresMountsFor="{place}" "{place}/profiles" "{place}/outbox"\n' in printed
    tool = need("systemd-analyze")
    checked = subprocess.run(
        [tool, "verify", "--user", str(home / "digest.service")],
        capture_output=True,
        text=True,
        env={"XDG_RUNTIME_DIR": str(home), "PATH": os.environ["PATH"]},
    )
    assert "digest.service" not in checked.stderr


def test_a_unit_waits_for_all_folders_by_paths_that_systemd_takes(home: Path) -> None:
    (home / "config.yaml").write_text(
        "database: sqlite:///../db/digest.db\nprofiles: ../profiles\ntemplates: ../own\n"
        'listings: {a: {kind: listing, path: "../saved/{day}.txt"}}\n'
        "mail: {from: a@example.org, folder: ../outbox}\n"
    )
    (home / "below").mkdir()
    printed = digest("--config", "below/../config.yaml", "config", "unit").stdout

    folders = [home, *(home.parent / name for name in ("db", "profiles", "outbox", "own", "saved"))]
    [mounts] = [line for line in printed.splitlines() if line.startswith("RequiresMountsFor=")]
    assert shlex.split(mounts.partition("=")[2]) == [*map(str, folders)]
    assert f'"--config" "{home}/config.yaml" "serve"' in printed


@pytest.mark.parametrize(
    ("own", "default"),
    [
        ("Etc/GMT+5", "Etc/GMT+5"),
        ("Etc/UTC", "UTC"),
        ("Etc/Greenwich", "Etc/Greenwich"),
        ("Asia/Tokyo", "Asia/Tokyo"),
    ],
)
def test_the_zone_of_the_machine_is_a_good_default(
    home: Path, monkeypatch: pytest.MonkeyPatch, own: str, default: str
) -> None:
    monkeypatch.setenv("TZ", own)
    reload_localzone()

    assert digest("init", "--offline", *WANTED).exit_code == 0
    assert config.load(home / "config.yaml", {}).timezone == default


def test_where_the_shell_finds_no_digest_its_path_is_said(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("PATH", "/nowhere")
    monkeypatch.setattr(sys, "argv", ["digest"])  # whatever runs the tests
    program = Path(sys.executable).with_name("digest")

    done = digest("init", "--offline", *WANTED)

    assert f"\n  {program} run --now-anyway" in done.stdout
    assert f" * * * {program} --config" in done.stdout


def test_listings_are_found_by_words(home: Path) -> None:
    digest(
        *("init", "--offline", *WANTED, "--at", "6:45", "--timezone", "UTC"),
        *("--listing", "arxiv machine lerning, vision", "--listing", "arxiv:math.CO"),
        *("--listing", "biorxiv plants", "--listing", "https://www.journal.example.org/new.xml"),
    )
    settings = config.load(home / "config.yaml", {})

    assert {name: each.options for name, each in settings.listings.items()} == {
        "arxiv": {"categories": ["cs.LG", "stat.ML", "cs.CV"]},
        "arxiv-2": {"categories": ["math.CO"]},
        "biorxiv": {"categories": ["plant biology"]},
        "journal-example-org": {},
    }
    assert str(settings.schedule.at if settings.schedule else "") == "06:45:00"


def test_a_feed_of_ones_own_network_says_what_would_allow_it(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    done = digest("init", *WANTED, "--listing", "http://127.0.0.1:1/new/feed.xml")
    wanted = 'write fetch: {allow_hosts: "127.0.0.1"} into the configuration'

    assert "new-feed: {kind: feed, url: " in (home / "config.yaml").read_text()
    assert wanted in " ".join(done.stdout.split())
    ran = digest("run")
    assert (ran.exit_code, wanted in " ".join(ran.output.split())) == (1, True)
    with (home / "config.yaml").open("a") as file:
        file.write('fetch: {allow_hosts: "127.0.0.1"}\n')
    assert "not a public address" not in digest("run").output


@pytest.mark.parametrize(
    ("address", "name"),
    [
        ("http://127.0.0.1:8000/feed.xml", "feed"),
        ("http://[::1]/", "feed"),
        ("http://localhost/biology/new%20papers.rss", "biology-new-papers"),
        ("http://intranet/feed.xml", "intranet"),
        ("http://10.0.0.7/%E8%AB%96", "feed"),
    ],
)
def test_a_feed_is_named_by_its_path_where_its_host_says_nothing(address: str, name: str) -> None:
    assert chosen_listing(address).name == name


def test_a_saved_feed_is_read_where_it_is(home: Path) -> None:
    entry = (
        "<item><title>Sparse training</title><guid>a</guid><link>https://a.example/1</link></item>"
    )
    feed = f"<rss version='2.0'><channel><title>A</title>{entry}</channel></rss>"
    (home / "my feed.xml").write_text(feed)
    done = digest("-c", "other/config.yaml", "init", *WANTED, "--listing", "my feed.xml")

    assert (done.exit_code, "not tried" in done.stdout) == (0, False)
    listing = config.load(home / "other/config.yaml", {}).listings["my-feed"]
    assert (listing.kind, listing.path) == ("feed", str(home / "my feed.xml"))


def test_an_hour_that_is_asked_for_is_a_setting_also_where_it_is_the_default(home: Path) -> None:
    here = digest("init", "--offline", *WANTED, "--at", "07:30")
    schedule = config.load(home / "config.yaml", {}).schedule

    assert str(schedule.at if schedule else "") == "07:30:00"
    assert "\n  30 7-23 * * * " in here.stdout


def test_an_hour_of_another_zone_is_a_setting_and_cron_calls_all_day(home: Path) -> None:
    done = digest("init", "--offline", *WANTED, "--timezone", "Asia/Tokyo")
    schedule = config.load(home / "config.yaml", {}).schedule

    assert str(schedule.at if schedule else "") == "07:30:00"
    assert "\n  30 * * * * " in done.stdout


def test_each_kind_of_answer_is_a_listing_that_the_configuration_takes() -> None:
    answers = ("huggingface", "arxiv cs.CL", "biorxiv", "medrxiv oncology", "http://a.example/x")
    text = "\n".join(f"  {each.name}: {each.text}" for each in map(chosen_listing, answers))

    assert len(text.splitlines()) == 5
    assert chosen_listing("cs.LG, q-bio.*") == chosen_listing("arxiv cs.LG, q-bio")
    twice = distinct([chosen_listing("hf"), chosen_listing("huggingface")])
    assert [each.name for each in twice] == ["daily-papers"]


#: what is waited for on the screen, and what is typed then
KEYS = [
    ("Your address, for the mail: ", "me@"),
    ("an email address.*Your address, for the mail: ", "me@gmail.com"),
    ("Interests: ", "sparse training, mosses, quantiz*"),
    (r"List \[huggingface\]: ", ""),
    ("Hugging Face daily papers.*List: ", "arxiv machine learning"),
    ("cs.LG Machine Learning.*List: ", ""),
    (r"Hour of the mail \[07:30\]: ", "6:45"),
    (r"Time zone \[Europe/Berlin\]: ", ""),
    (r"smtp: by Gmail;.*Sender \[folder\]: ", "smtp"),
    ("an app password.*Password .*: ", "abcd efgh"),
]


def test_at_a_terminal_of_80_columns_key_by_key(home: Path) -> None:
    program = Path(sys.executable).with_name("digest")
    person = pexpect.spawn(
        str(program), ["init", "--offline"], encoding="utf-8", dimensions=(40, 80), timeout=HUNG
    )
    shown = ""
    for wait, keys in KEYS:
        person.expect(wait)
        shown += f"{person.before}{person.after}"
        person.sendline(keys)
    person.expect(pexpect.EOF)
    shown += person.before
    person.close()

    assert person.exitstatus == 0
    assert files(home) >= {"config.yaml", "profiles/me.yaml", ".env"}
    settings = config.load(home / "config.yaml", {})
    smtp = settings.mail.settings.smtp
    assert smtp is not None
    assert (smtp.host, smtp.per_day, smtp.user) == ("smtp.gmail.com", 500, "me@gmail.com")
    assert smtp.password == "abcd efgh"
    assert "abcd efgh" not in shown
    lines = shown.partition("or each day by cron")[0].replace("\r", "").splitlines()
    # The folder of a test may have a long name of its own.
    shown_lines = [line.replace(str(home), "") for line in lines if "://" not in line]
    assert max(len(line) for line in shown_lines) <= 80


def test_ctrl_c_at_a_question_says_that_nothing_was_written(home: Path) -> None:
    program = Path(sys.executable).with_name("digest")
    person = pexpect.spawn(str(program), ["init"], encoding="utf-8", timeout=HUNG)
    person.expect("Your address, for the mail: ")
    # input() misses a signal that comes between its prompt and its read.
    while not processes.is_in_state(person.pid, "S"):
        os.sched_yield()
    person.sendintr()
    person.expect("ended at a question; nothing was written")
    person.expect(pexpect.EOF)
    person.close()

    assert (person.exitstatus, files(home)) == (1, set())
