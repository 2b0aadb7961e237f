"""One rule for files: one named on the command line ends with 2, one of the settings with 78."""

from __future__ import annotations

import shlex
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest
from click.testing import CliRunner

from digest.cli import main
from digest.cli.terminal import NewFileParameter
from digest.store import Store

from ..store.test_faults import COMMANDS, lines_of
from .test_cli import CONFIG


def with_files(command: click.Command, *path: str) -> Iterator[tuple[list[str], bool]]:
    """Yield each command line with one file that is named, and whether it is to be written."""
    for each in getattr(command, "commands", {}).values():
        yield from with_files(each, *path, each.name or "")
    files = [each for each in command.params if is_file(each)] if path else []
    for file in files:
        words = [*path]
        for each in (each for each in command.params if each.required or each is file):
            flag = each.opts[:1] if isinstance(each, click.Option) else []
            words += [*flag, "the-file.yaml" if each is file or is_file(each) else "x"]
        yield words, isinstance(file.type, NewFileParameter)


def is_file(parameter: click.Parameter) -> bool:
    """Return whether it is a file, not a folder that a demo lays out."""
    return isinstance(parameter.type, click.Path | click.File) and parameter.name != "folder"


FILES = [*with_files(main)]


@pytest.fixture
def home(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder with a configuration and one file, which a person is in."""
    monkeypatch.chdir(tmp_path)
    Path("config.yaml").write_text(CONFIG)
    return tmp_path


def test_every_command_that_is_given_a_file_is_tried() -> None:
    found = {" ".join(words).partition(" the-file")[0] for words, _ in FILES}

    assert {"backup", "restore", "profile check", "profile import", "import", "notice"} <= found
    assert len(FILES) >= 15


@pytest.mark.parametrize(("words", "is_new"), FILES, ids=str)
def test_a_file_on_the_command_line_that_cannot_be_used_ends_with_2(
    home: Path, words: list[str], is_new: bool
) -> None:
    """It is missing; or, where it is to be written, there already."""
    if is_new:
        (home / "the-file.yaml").write_text("mine")

    done = CliRunner().invoke(main, words)

    assert done.exit_code == 2, done.output
    assert "the-file.yaml" in done.stderr.splitlines()[-1]
    assert not is_new or (home / "the-file.yaml").read_text() == "mine"


@pytest.mark.parametrize("command", [*lines_of(COMMANDS), "config check", "config show"])
def test_a_configuration_that_is_missing_ends_with_78(
    home: Path, command: str, tmp_path: Path
) -> None:
    """But mail by a pipe waits at the mail server, whatever it is."""
    (home / "profiles").mkdir()
    (home / "profiles/sparse.yaml").write_text("any: [x]")

    done = CliRunner().invoke(main, ["-c", "none.yaml", *shlex.split(command)], input="x\n\nx\n")

    assert done.exit_code == (75 if command == "inbox" else 78), done.output
    assert "none.yaml: no such file" in done.stderr


def test_a_module_that_is_missing_ends_with_78_whatever_named_the_database(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    Store("sqlite:///own.db").migrate()
    monkeypatch.setitem(sys.modules, "psycopg", None)
    address = "postgresql://digest@127.0.0.1/digest"
    (home / "config.yaml").write_text(CONFIG.replace("sqlite:///digest.db", address))
    for words in (["migrate", "--from", "sqlite:///own.db", "--to", address], ["outbox", "list"]):
        done = CliRunner().invoke(main, words)
        assert done.exit_code == 78
        assert "psycopg is missing; pip install 'papers-digest[postgres]'" in done.stderr


POSTGRES = "postgresql://digest@127.0.0.1/digest"
NO_PSYCOPG = "database: psycopg is missing; pip install 'papers-digest[postgres]'"
NO_QUEUE = "dispatch: procrastinate is missing; pip install 'papers-digest[cluster]'"
NO_SERVER = "dispatch: procrastinate needs a database of PostgreSQL"


@pytest.mark.parametrize(
    ("module", "address", "dispatch", "said"),
    [
        ("psycopg", POSTGRES, "for", NO_PSYCOPG),
        ("procrastinate", POSTGRES, "procrastinate", NO_QUEUE),
        ("procrastinate", "sqlite:///digest.db", "procrastinate", NO_SERVER),
        ("procrastinate", POSTGRES, "for", ""),
        ("psycopg", "sqlite:///digest.db", "for", ""),
    ],
)
def test_a_check_names_the_extra_that_the_database_or_its_queue_needs(
    home: Path,
    monkeypatch: pytest.MonkeyPatch,
    module: str,
    address: str,
    dispatch: str,
    said: str,
) -> None:
    for folder in ("profiles", "saved", "daily"):
        (home / folder).mkdir()
    text = CONFIG.replace("sqlite:///digest.db", address)
    (home / "config.yaml").write_text(f"{text}dispatch: {dispatch}\n")
    monkeypatch.setitem(sys.modules, module, None)

    done = CliRunner().invoke(main, ["config", "check"])

    assert said in done.stderr
    assert done.exit_code == (78 if said else 0), done.output


def test_a_check_survives_an_extra_that_finds_no_library_of_the_system(
    home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    for folder in ("profiles", "saved", "daily", "stub"):
        (home / folder).mkdir()
    (home / "config.yaml").write_text(CONFIG.replace("sqlite:///digest.db", POSTGRES))
    (home / "stub/psycopg.py").write_text("raise OSError('libpq.so.5: cannot open')")
    monkeypatch.syspath_prepend(home / "stub")
    monkeypatch.delitem(sys.modules, "psycopg", raising=False)

    done = CliRunner().invoke(main, ["config", "check"])

    assert done.exit_code == 78, done.output
    assert NO_PSYCOPG in done.stderr


@pytest.mark.parametrize(
    ("inbox", "said"),
    [
        (
            "inbox: {host: imap.example.org, user: me, password: x}",
            "answers by mail: digest reads them, in INBOX of me at imap.example.org",
        ),
        ("", "answers by mail: none are read, for no inbox is set, unless the mail server pipes"),
    ],
)
def test_a_check_says_who_reads_the_answers_by_mail(home: Path, inbox: str, said: str) -> None:
    (home / "profiles").mkdir()
    mail = "sender: smtp, smtp: {host: 127.0.0.1, tls: none}, from: digest@example.org"
    listings = "listings: {one: {kind: arxiv, categories: [cs.CL]}}"
    (home / "config.yaml").write_text(f"{listings}\nmail: {{{mail}}}\n{inbox}\n")

    done = CliRunner().invoke(main, ["config", "check"])

    assert said in done.stdout
    assert done.exit_code == 0, done.output
