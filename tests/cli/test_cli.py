"""Through the front door: the commands, their JSON, their exit codes, their errors."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from collections.abc import Mapping
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from digest.cli import main
from digest.resources import VERSION, example_config

from ..extent import some
from ..readme import blocks
from ..wire import assert_gate

CONFIG = """
database: sqlite:///digest.db
profiles: profiles/
listings:
  saved: {kind: listing, path: "saved/{day}.txt"}
  daily: {kind: huggingface, path: "daily/{day}.json"}
mail:
  from: "Paper digest <digest@example.org>"
  sender: folder
  folder: outbox/
"""
PROFILE = """
profile: sparse
title: Sparse training
to: alice@example.org
any: [sparse training, moss*]
"""
HEAD = """new

Get trending papers in your email inbox!

Subscribe

byAK and the research community
"""


def saved_page(day: str, *titles: str) -> str:
    """A page as a browser saves it, without a newline at its end."""
    entries = [
        f"{title}\n\nWe study {title.lower()} here.\n\n  • 3 authors\n·\n{day}" for title in titles
    ]
    return "\n\n".join([f"{HEAD}\n{day}", *entries])


def daily_page(*numbers: int) -> str:
    """A day's list as the API gives it."""
    entries = [
        {
            "paper": {
                "id": f"2603.{number:05d}",
                "title": f"Paper {number} on sparse\n  training",
                "summary": f"We train sparsely, case {number}.",
                "authors": [{"name": "Ada Byron", "hidden": False}],
                "publishedAt": "2026-03-09T10:00:00.000Z",
                "upvotes": number,
            },
            "numComments": 2,
        }
        for number in numbers
    ]
    return json.dumps(entries)


class Workspace:
    """A person at a terminal, in a folder with a configuration."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.write("config.yaml", CONFIG)
        self.write("profiles/sparse.yaml", PROFILE)
        self.write("saved/2026-03-10.txt", saved_page("Mar 10", "Mosses of the north", "On bees"))
        self.write("daily/2026-03-10.json", daily_page(1, 2))

    def write(self, name: str, text: str) -> Path:
        """Put a file there."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def digest(self, *words: str) -> Result:
        """Type a command."""
        return CliRunner().invoke(main, ["--config", str(self.folder / "config.yaml"), *words])

    def run(self, day: str = "2026-03-10", *words: str) -> dict[str, Any]:
        """Run everything with a stopped clock and give the document."""
        result = self.digest("run", "--day", day, "--now", f"{day}T12:00Z", "--json", *words)
        document: dict[str, Any] = json.loads(result.stdout)
        for path in self.mails:
            assert_gate(path.read_bytes())
        return {**document, "exit": result.exit_code, "stderr": result.stderr}

    @property
    def mails(self) -> list[Path]:
        """What is in the outbox folder."""
        return sorted((self.folder / "outbox").glob("*.eml"))

    @property
    def texts(self) -> list[str]:
        """The text of each mail as one line, without the marks around matched words."""
        messages = [message_from_bytes(path.read_bytes(), policy=default) for path in self.mails]
        parts = [message.get_body(("plain",)) for message in messages]  # type: ignore[attr-defined]
        return [" ".join(part.get_content().replace("*", "").split()) for part in parts]


@pytest.fixture
def workspace(tmp_path: Path, laid_out: Path) -> Workspace:
    """A desk with a database that has all tables and nothing in them."""
    shutil.copy(laid_out, tmp_path / "digest.db")
    return Workspace(tmp_path)


def numbers(document: Mapping[str, Any], name: str) -> tuple[str, int, int, int]:
    """A listing's verdict, entries, new, seen."""
    [row] = [row for row in document["listings"] if row["name"] == name]
    return row["verdict"], row["entries"], row["new"], row["seen"]


# ── the contract ──


def test_run_prints_the_promised_document(workspace: Workspace) -> None:
    document = workspace.run()

    assert document["day"] == "2026-03-10"
    assert numbers(document, "saved") == ("fresh", 2, 2, 0)
    assert numbers(document, "daily") == ("fresh", 2, 2, 0)
    assert document["issues"] == 1
    assert document["deliveries"] == {"queued": 0, "sent": 1, "failed": 0, "in_doubt": 0}
    assert (document["exit"], document["stderr"]) == (0, "")
    for row in document["listings"]:
        assert {"name", "verdict", "entries", "new", "revised", "seen", "error"} <= set(row)


def test_running_again_brings_nothing_and_mails_nothing(workspace: Workspace) -> None:
    workspace.run()
    again = workspace.run()

    assert numbers(again, "saved") == ("fresh", 2, 0, 2)
    assert (again["issues"], again["deliveries"]["sent"], again["exit"]) == (0, 0, 0)
    assert len(workspace.mails) == 1


def test_the_mail_holds_what_matched_and_nothing_else(workspace: Workspace) -> None:
    workspace.run()

    [mail] = workspace.texts
    assert "Mosses of the north" in mail
    assert "On bees" not in mail


def test_a_dry_run_says_what_would_be_and_keeps_nothing(workspace: Workspace) -> None:
    rehearsal = workspace.run("2026-03-10", "--dry-run")

    assert rehearsal["issues"] == 1
    assert rehearsal["deliveries"] == {"queued": 1, "sent": 0, "failed": 0, "in_doubt": 0}
    assert workspace.mails == []
    assert numbers(workspace.run(), "saved") == ("fresh", 2, 2, 0)


def test_collect_mails_nothing_and_the_next_run_does(workspace: Workspace) -> None:
    result = workspace.digest(
        "collect", "--day", "2026-03-10", "--now", "2026-03-10T09:00Z", "--json"
    )

    assert json.loads(result.stdout)["listings"][0]["new"] == 2
    assert workspace.mails == []


def test_collect_fills_the_past_on_request_and_mails_nothing_of_it(workspace: Workspace) -> None:
    workspace.write("daily/2026-03-09.json", daily_page(3, 4, 5))
    now = ("--day", "2026-03-10", "--now", "2026-03-10T09:00Z")

    result = workspace.digest("collect", "--days", "2", *now, "--json")

    assert [
        (each["listing"], each["wanted"], each["read"], each["papers"])
        for each in json.loads(result.stdout)["past"]
    ] == [("saved", 1, 0, 0), ("daily", 1, 1, 3)]
    assert result.stderr == ""
    assert "Paper 3" in workspace.digest("paper", "2603.00003").stdout
    workspace.run()
    assert "Paper 3" not in "".join(path.read_text() for path in workspace.mails)


def test_a_person_is_told_in_a_few_lines(workspace: Workspace) -> None:
    result = workspace.digest("run", "--day", "2026-03-10", "--now", "2026-03-10T12:00Z")

    assert "saved" in result.stdout
    assert "fresh" in result.stdout
    assert "1 issue made, 1 mail sent" in result.stdout


def test_the_status_of_the_last_days_is_a_small_table(workspace: Workspace) -> None:
    workspace.run()

    result = workspace.digest("listing", "status", "--json")
    assert json.loads(result.stdout)["listings"][0]["name"] == "saved"
    assert "never read" not in workspace.digest("listing", "status").stdout or result.exit_code == 0


def test_a_papers_names_its_listings_and_who_was_sent_it(workspace: Workspace) -> None:
    workspace.run()

    shown = json.loads(workspace.digest("paper", "Mosses of the north", "--json").stdout)
    assert (shown["title"], shown["editions"]) == ("Mosses of the north", 1)
    assert {shown["key"], "title:mossesofthenorth"} <= set(shown["names"])
    assert [(row["listing"], row["first_day"]) for row in shown["listings"]] == [
        ("saved", "2026-03-10")
    ]
    assert [(row["kind"], row["listing"]) for row in shown["changes"]] == [("new", "saved")]
    assert [(row["subscriber"], row["day"], row["state"]) for row in shown["sent"]] == [
        (1, "2026-03-10", "sent")
    ]
    told = workspace.digest("paper", "https://arxiv.org/abs/2603.00001v2").stdout
    assert "arxiv:2603.00001, 1 text kept" in told
    assert "2026-03-10 to subscriber 1: sent" in told
    assert "alice" not in told + json.dumps(shown)
    assert workspace.digest("paper", "no such thing").exit_code == 1


# ── what goes wrong ──

BROKEN_PAGES = {
    "a file that is not there": None,
    "an empty file": "",
    "HTML instead of JSON": "<!doctype html><title>Sign in</title><p>Please sign in.</p>",
    "JSON cut short": daily_page(1, 2)[:-40],
    "JSON of another kind": '{"error": "rate limited"}',
}


@pytest.mark.parametrize("text", BROKEN_PAGES.values(), ids=BROKEN_PAGES.keys())
def test_a_broken_listing_is_named_in_one_line_and_the_rest_is_mailed(
    workspace: Workspace, text: str | None
) -> None:
    page = workspace.folder / "daily/2026-03-10.json"
    page.unlink()
    if text is not None:
        workspace.write("daily/2026-03-10.json", text)

    document = workspace.run()

    [row] = [row for row in document["listings"] if row["name"] == "daily"]
    assert row["verdict"] == "failed"
    assert row["error"]
    assert "\n" not in row["error"]
    assert (row["new"], row["seen"]) == (0, 0)
    assert document["exit"] == 1
    assert len(workspace.mails) == 1
    assert "daily" in workspace.texts[0]


@pytest.mark.parametrize("text", some([*BROKEN_PAGES.values()], 1))
def test_what_a_broken_listing_held_comes_once_when_it_is_whole(
    workspace: Workspace, text: str | None
) -> None:
    whole = (workspace.folder / "daily/2026-03-10.json").read_text()
    (workspace.folder / "daily/2026-03-10.json").unlink()
    if text is not None:
        workspace.write("daily/2026-03-10.json", text)
    workspace.run()
    workspace.write("daily/2026-03-10.json", whole)
    workspace.write("daily/2026-03-11.json", daily_page(2, 3))
    workspace.write("saved/2026-03-11.txt", saved_page("Mar 11", "On ants"))

    document = workspace.run("2026-03-11")

    assert (document["issues"], document["exit"]) == (1, 0)
    [mail] = [text for text in workspace.texts if "11 March" in text]
    assert all(f"Paper {n} on sparse training" in mail for n in (1, 2, 3))
    assert workspace.run("2026-03-11")["issues"] == 0


def test_a_page_cut_in_mid_abstract_loses_nothing_and_mails_nothing_twice(
    workspace: Workspace,
) -> None:
    titles = ["Mosses of the north", "Mosses of the south", "Mosses at sea"]
    whole = saved_page("Mar 10", *titles)
    workspace.write("saved/2026-03-10.txt", whole[: whole.index("here", whole.index("at sea"))])
    workspace.run()
    workspace.write("saved/2026-03-10.txt", whole)
    workspace.write("saved/2026-03-11.txt", saved_page("Mar 11", "On ants"))
    workspace.write("daily/2026-03-11.json", daily_page(2))
    workspace.run("2026-03-11")

    for title in titles:
        assert sum(text.count(f". {title} ") for text in workspace.texts) == 1


def test_a_profile_with_a_mistake_is_named_with_its_place_and_the_others_go_on(
    workspace: Workspace,
) -> None:
    path = workspace.write(
        "profiles/broken.yaml", "title: Broken\nto: bob@example.org\nanny: [bees]\n"
    )

    document = workspace.run()

    assert f"{path}:3:1: " in document["stderr"]
    assert document["exit"] == 78
    assert document["deliveries"]["sent"] == 1


def test_a_profile_that_breaks_keeps_its_last_good_text_live(workspace: Workspace) -> None:
    workspace.run()
    workspace.write("profiles/sparse.yaml", PROFILE.replace("any:", "anny:"))
    workspace.write("daily/2026-03-11.json", daily_page(3))
    workspace.write("saved/2026-03-11.txt", saved_page("Mar 11", "On ants"))

    document = workspace.run("2026-03-11")

    assert document["exit"] == 78
    assert document["deliveries"]["sent"] == 2  # the issue, and a word to its reader
    assert sum("anny" in text for text in workspace.texts) == 1


def test_check_prints_a_line_for_each_mistake(workspace: Workspace) -> None:
    bad = workspace.write("bad.yaml", "profile: bad\nany: [x, x)]\nlimmit: 3\nlimit: many\n")

    result = workspace.digest(
        "profile", "check", str(bad), str(workspace.folder / "profiles/sparse.yaml")
    )

    assert result.exit_code == 78
    lines = result.stdout.splitlines()
    assert len(lines) >= 3
    assert all(line.startswith(f"{bad}:") for line in lines)


def test_check_of_good_profiles_is_silent(workspace: Workspace) -> None:
    result = workspace.digest("profile", "check", str(workspace.folder / "profiles/sparse.yaml"))

    assert (result.exit_code, result.output) == (0, "")


def test_an_unreachable_mail_server_loses_nothing(workspace: Workspace) -> None:
    relay = "sender: smtp\n  smtp: {host: 127.0.0.1, port: 1, tls: none}"
    workspace.write("config.yaml", CONFIG.replace("sender: folder\n  folder: outbox/", relay))

    document = workspace.run()

    assert document["exit"] == 75
    assert document["deliveries"] == {"queued": 1, "sent": 0, "failed": 0, "in_doubt": 0}
    assert len(document["stderr"].splitlines()) == 1
    assert "127.0.0.1" in document["stderr"] or "refused" in document["stderr"]
    workspace.write("config.yaml", CONFIG)
    later = workspace.digest("send", "--now", "2026-03-10T13:00Z", "--json")
    assert json.loads(later.stdout)["deliveries"]["sent"] == 1


def test_a_configuration_with_a_mistake_is_named_with_its_place(workspace: Workspace) -> None:
    workspace.write("config.yaml", CONFIG.replace("profiles:", "profile:"))

    result = workspace.digest("run")

    assert result.exit_code == 78
    assert f"{workspace.folder}/config.yaml:3:1: " in result.stderr
    assert "profiles" in result.stderr


def test_no_configuration_at_all(tmp_path: Path) -> None:
    result = CliRunner().invoke(main, ["--config", str(tmp_path / "none.yaml"), "run"])

    assert result.exit_code == 78
    assert result.stderr == f"{tmp_path}/none.yaml: no such file\n"


def test_a_database_that_cannot_be_opened(workspace: Workspace) -> None:
    workspace.write("config.yaml", CONFIG.replace("digest.db", "missing/digest.db"))

    result = workspace.digest("run")

    assert result.exit_code == 78
    assert len(result.stderr.splitlines()) == 1


@pytest.mark.parametrize(
    "words", [["run", "--now", "2026-03-10T12:00"], ["run", "--day", "Tuesday"], ["dance"]]
)
def test_a_command_line_that_cannot_be_understood(workspace: Workspace, words: list[str]) -> None:
    assert workspace.digest(*words).exit_code == 2


def test_a_second_run_at_the_same_time_is_told_to_come_back(workspace: Workspace) -> None:
    from digest.store import Store

    store = Store(f"sqlite:///{workspace.folder}/digest.db")
    store.migrate()
    with store.run_lock():
        result = workspace.digest("run", "--json")
    store.close()

    assert result.exit_code == 75
    assert "another run" in result.stderr


# ── the ends ──


def test_the_exit_codes_are_in_the_help(workspace: Workspace) -> None:
    text = workspace.digest("--help").output

    for code in ("0", "1", "2", "75", "78"):
        assert f"  {code} " in text


def test_the_example_configuration_runs_as_it_stands(tmp_path: Path) -> None:
    """Without the network: its day's list cannot be had, and that is all that is wrong."""
    shutil.copy(example_config(), tmp_path / "config.yaml")
    result = CliRunner().invoke(main, ["-c", str(tmp_path / "config.yaml"), "listing", "status"])

    assert result.exit_code == 0, result.output


def test_the_example_configuration_ends_with_0_on_any_day(workspace: Workspace) -> None:
    """From a Friday to the first minutes of a Monday, when that day's list is still empty."""
    shutil.copy(example_config(), workspace.folder / "config.yaml")
    environ = {"DIGEST_LISTINGS__DAILY_PAPERS__PATH": "daily/{day}.json"}
    for day in range(3, 10):
        page = daily_page(day) if day < 7 else "[]"
        workspace.write(f"daily/2026-03-{day:02}.json", page)
    config = str(workspace.folder / "config.yaml")
    for now in ("06T12:00", "07T12:00", "08T12:00", "09T00:01"):
        result = CliRunner().invoke(
            main, ["-c", config, "run", "--now", f"2026-03-{now}Z"], env=environ
        )

        assert result.exit_code == 0, (now, result.output)


def test_the_first_profile_of_the_readme_brings_a_digest_at_once_also_on_a_sunday(
    workspace: Workspace,
) -> None:
    [mine] = [block for block in blocks("yaml") if "any:" in block]
    workspace.write("profiles/sparse.yaml", mine)
    workspace.write("saved/2026-03-15.txt", saved_page("Mar 15", "A mixture of experts", "On bees"))

    document = workspace.run("2026-03-15")

    assert len(workspace.mails) == 1, document
    assert "mixture of experts" in workspace.texts[0]


def test_the_version_is_the_packages() -> None:
    assert VERSION in CliRunner().invoke(main, ["--version"]).output


def test_the_command_is_installed() -> None:
    command = Path(sys.executable).parent / "digest"
    done = subprocess.run([command, "--help"], capture_output=True, text=True, env=os.environ)

    assert done.returncode == 0
    assert "nothing missed, nothing twice" in done.stdout


def test_python_does_not_look_through_all_that_is_left_at_its_end() -> None:
    """What is registered first is called last, when nothing is left to look through."""
    last = "import atexit, gc; atexit.register(lambda: print(len(gc.get_objects()) < 1_000))"
    program = f"{last}; from digest.cli import main; main(['--version'])"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    assert done.stdout.splitlines()[-1] == "True"
