"""No address of a subscriber is said: not in talk, in logs, in tracebacks, by any thread."""

from __future__ import annotations

import ast
import io
import logging
import re
import sqlite3
import sys
from collections.abc import Mapping
from contextlib import closing
from itertools import product
from typing import Any

import pytest
from click.testing import CliRunner
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.cli import main
from digest.service.mask import _Masked, masked

from .. import processes
from ..cli.test_cli import CONFIG, PROFILE, Workspace, workspace
from ..extent import IS_WHOLE, number, some
from ..hostile import ANY
from ..modules import MODULES, PACKAGE, dotted, nodes_with
from ..servers import Drop, Reset, scripted
from ..tables import table
from ..waits import HUNG

__all__ = ["workspace"]

#: Whom nothing may name.
WHO = "alice"


@table(
    ("said", "expected"),
    [
        ("alice@example.org: refused", "…@example.org: refused"),
        ("550 <Ann.O'Hara+x@mx.example.org>: no", "550 <…@mx.example.org>: no"),
        ('to "ann hara"@example.org', "to …@example.org"),
        ("jörg@münchen.example", "…@münchen.example"),
        ("josé@example.org", "…@example.org"),
        ("root@localhost", "…@localhost"),
        ("a@[192.0.2.1]", "…@[192.0.2.1]"),
        ("a@b.example,c@d.example;e@f.example", "…@b.example,…@d.example;…@f.example"),
        ("see /confirm?to=ann%40example.org", "see …%40example.org"),
        (r"'\nalice@example.org'", "…@example.org'"),
        (f"<{'0a' * 16}@digest.example>", f"<{'0a' * 16}@digest.example>"),
        (f"<{'0a' * 16}@example.org>", "<…@example.org>"),  # perhaps an alias, of an address
        (f"<{'0a' * 16}@digest.example.org>", "<…@digest.example.org>"),
        (f"{'0a' * 16}@digest.example>", "…@digest.example>"),
        (f"<{'0a' * 15}@digest.example>", "<…@digest.example>"),
        ("no address @ all, and x @y", "no address @ all, and x @y"),
        ("@", "@"),
        ("", ""),
    ],
)
def test_an_address_keeps_its_domain_alone(said: str, expected: str) -> None:
    assert masked(said, "digest.example") == expected


def test_no_message_id_is_shown_before_our_domain_is_known() -> None:
    below = io.StringIO()
    door = _Masked(below)
    id = f"<{'0a' * 16}@digest.example>"
    door.write(f"{id}\n")
    door.domain = "digest.example"
    door.write(f"{id}\n")

    assert below.getvalue() == f"<…@digest.example>\n{id}\n"


@settings(max_examples=number(10, whole=100))
@given(
    st.text(ANY),
    st.from_regex(r"[A-Za-z0-9.!#$%&'*+/=?^_`{|}~-]{1,40}", fullmatch=True, alphabet=ANY),
    st.text(ANY),
)
def test_no_local_part_is_left_and_masking_again_changes_nothing(
    before: str, local: str, after: str
) -> None:
    once = masked(f"{before} ({local}@example.org) {after}")

    assert f"{local}@" not in once
    assert "…@example.org) " in once
    assert masked(once) == once


def test_an_address_that_is_written_in_pieces_is_masked() -> None:
    below = io.StringIO()
    door = _Masked(below)
    for piece in ("ali", "ce@exam", "ple.org is", " away\nand bob@", "example.org"):
        door.write(piece)
    assert below.getvalue() == "…@example.org is away\n"
    door.flush()

    assert below.getvalue() == "…@example.org is away\nand …@example.org"


STANDARD_ERROR = re.compile(r"\bstderr\b|\b__stderr__\b")


def test_only_the_door_and_the_log_behind_it_know_standard_error() -> None:
    users = {
        str(path.relative_to(PACKAGE))
        for path in MODULES
        for node in nodes_with(STANDARD_ERROR, path)
        if isinstance(node, ast.Attribute) and dotted(node) in ("sys.stderr", "sys.__stderr__")
    }

    assert users == {"service/mask.py", "service/log.py"}


SMTP = """
  smtp: {{host: 127.0.0.1, port: {port}, tls: none, timeout: 5}}
log: {{format: {form}}}
"""


def by_relay(workspace: Workspace, port: int, form: str = "text") -> None:
    text = CONFIG.replace("sender: folder", "sender: smtp").rstrip("\n")
    workspace.write("config.yaml", text + SMTP.format(port=port, form=form))


STAGES = ("CONNECT", "MAIL", "RCPT", "DATA", "DOT")
CODES = ("421", "450 4.2.2", "550 5.1.1", "550 5.7.1", "999")
#: What they do without a word; in short, each stage and each act once.
SILENT = [("RCPT", Drop), ("RCPT", Reset), ("DOT", Reset), ("DOT", Drop)]
#: What relays say, and each names the address; then what is silent.
MOODS: list[Mapping[str, Any]] = [
    *(
        {stage: f"{code} <{WHO}@example.org> {WHO}@example.org is not wanted here"}
        for stage, code in (product(STAGES, CODES) if IS_WHOLE else zip(STAGES, CODES, strict=True))
    ),
    *({stage: act} for stage, act in some(SILENT, 2)),
]


@pytest.mark.parametrize("mood", MOODS, ids=str)
def test_whatever_a_relay_says_no_address_is_said_on(
    workspace: Workspace, mood: Mapping[str, Any]
) -> None:
    with scripted(mood) as relay:
        by_relay(workspace, relay.port)
        result = workspace.digest(
            "--verbose", "run", "--day", "2026-03-10", "--now", "2026-03-10T12:00Z"
        )

    assert relay.commands or "CONNECT" in mood
    assert WHO not in result.output.lower()


def test_a_mistake_in_a_profile_or_in_a_mail_that_came_in_names_no_one(
    workspace: Workspace,
) -> None:
    workspace.run()
    workspace.write("profiles/sparse.yaml", PROFILE.replace("alice@", "alice@alice@"))
    words = ["--config", str(workspace.folder / "config.yaml"), "--verbose", "inbox"]
    said = [workspace.digest("run").stderr, workspace.digest("doctor").stderr]
    mails = ("From: alice@example.org\n\ndance\n", "From: alice\n\n", "From: alice@@b\n\nhelp")
    said += [CliRunner().invoke(main, words, input=mail).stderr for mail in mails]
    said.append(workspace.digest("render", "sparse", "--day", "2020-01-01").stderr)

    assert said[0]
    assert "had no issue" in said[-1]
    assert [line for line in said if WHO in line] == []


#: What a database says of a row that it refuses, with what was in it.
REFUSING = """
CREATE TRIGGER {what}_{table} BEFORE {what} ON {table}
BEGIN SELECT RAISE(ABORT, 'refused: alice@example.org'); END
"""
TABLES = ("deliveries", "issues", "settings", "subscribers", "subscriptions", "snapshots")


#: Runs a digest for each configuration, one after the other, in processes that load nothing again.
EACH = """
import os, sys
import digest.app, digest.pipeline.runs, digest.run_report
from digest.cli import main
for config in sys.argv[1:]:
    if os.fork():
        os.wait()
        continue
    os.dup2(os.open(config + ".said", os.O_CREAT | os.O_WRONLY), 2)
    day = ["--day", "2026-03-10", "--now", "2026-03-10T12:00Z"]
    main(["--config", config, "run", *day], prog_name="digest")
"""


@pytest.mark.parametrize(
    ("form", "tables"),
    [(form, TABLES if IS_WHOLE else TABLES[n::2]) for n, form in enumerate(["text", "json"])],
)
def test_a_traceback_names_no_one(workspace: Workspace, form: str, tables: tuple[str, ...]) -> None:
    """Every table refuses what is done to it, one at a time: a mistake that nobody thought of."""
    with scripted({}) as relay:
        by_relay(workspace, relay.port, form)
        assert workspace.digest("listing", "status").exit_code == 0
        blank = (workspace.folder / "digest.db").read_bytes()
        configs = []
        for number, table in enumerate(tables):
            path = workspace.folder / f"{number}.db"
            path.write_bytes(blank)
            with closing(sqlite3.connect(path)) as database:
                for what in ("INSERT", "UPDATE"):
                    database.execute(REFUSING.format(what=what, table=table))
                database.commit()
            text = (workspace.folder / "config.yaml").read_text()
            place = Workspace.__new__(Workspace)
            place.folder = workspace.folder / f"at{number}"
            for name in ("profiles/sparse.yaml", "daily/2026-03-10.json"):
                place.write(name, (workspace.folder / name).read_text())
            place.write("saved/2026-03-10.txt", "")
            configs.append(place.write("config.yaml", text.replace("digest.db", str(path))))
        processes.run([sys.executable, "-c", EACH, *map(str, configs)], check=True)
        said = [config.with_suffix(".yaml.said").read_text() for config in configs]

    assert sum("refused: …@example.org" in each for each in said) >= len(tables) * 2 // 3, said
    assert [each for each in said if WHO in each] == []


THREAD = """
import logging, sys, threading, warnings
from digest.cli import main
from digest.service.log import start_log
main(["--version"], standalone_mode=False)
start_log("info", "text")
logging.getLogger("uvicorn.error").error("alice@example.org in a log of others")
warnings.warn("alice@example.org in a warning")
def work():
    raise ValueError("alice@example.org in a thread")
thread = threading.Thread(target=work)
thread.start()
thread.join()
class Odd:
    def __del__(self):
        raise ValueError("alice@example.org while it is thrown away")
del (odd := [Odd()])[0]
raise ValueError("alice@example.org at the end")
"""


def test_no_thread_no_library_and_no_end_names_anybody() -> None:
    done = processes.run(
        [sys.executable, "-c", THREAD], capture_output=True, text=True, timeout=HUNG, check=False
    )

    for what in ("in a log", "in a warning", "in a thread", "while it is", "at the end"):
        assert f"…@example.org {what}" in done.stderr, done.stderr
    assert WHO not in done.stderr


def test_the_web_servers_own_log_goes_the_same_way() -> None:
    from digest.web.server import _settings

    _settings(lambda: None, ())  # type: ignore[arg-type]  # never called
    handlers = [
        *logging.getLogger("uvicorn").handlers,
        *logging.getLogger("uvicorn.error").handlers,
    ]

    assert handlers == []
