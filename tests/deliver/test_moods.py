"""A relay that does not like the set-up: the run says which setting, and no mail has failed."""

from __future__ import annotations

import json
import re
import shutil
import subprocess
import sys
from contextlib import closing
from pathlib import Path
from typing import Any

import pytest

from digest.cli.terminal import TroubleReporter, exit_code
from digest.deliver.breaker import BreakingSender
from digest.model import DeliveryState
from digest.pipeline import runs
from digest.service.mask import masked
from digest.store import Store

from .. import processes
from ..apps import app_of, profile
from ..cli.test_cli import CONFIG, PROFILE, Workspace, workspace
from ..extent import IS_WHOLE, number
from ..factories import EIGHT, TUESDAY, listing, paper
from ..fakes import Clock
from ..messages import smtp
from ..moods import CONFIG as CONFIG_CODE
from ..moods import DONE, LATER, MOODS, Mood, mend, moody
from ..servers import Authority, Hang, Script, relay

__all__ = ["workspace"]

LOGIN = "user: digest, password: right"
SUBSCRIBERS = ("alice@example.org", "bob@example.net", "carol@example.com")
NOON = "2026-03-10T12:00Z"


def with_relay(
    workspace: Workspace, port: int, *, more: str = LOGIN, database: str = ""
) -> Workspace:
    """Three subscribers, and a relay on this port."""
    way = f"sender: smtp\n  smtp: {{host: localhost, port: {port}, tls: none, {more}}}"
    text = CONFIG.replace("sender: folder\n  folder: outbox/", way)
    workspace.write(
        "config.yaml", text.replace("sqlite:///digest.db", database or "sqlite:///digest.db")
    )
    for place, address in enumerate(SUBSCRIBERS):
        profile = PROFILE.replace("alice@example.org", address)
        workspace.write("profiles/sparse.yaml", PROFILE)
        workspace.write(f"profiles/p{place}.yaml", profile.replace("sparse\n", f"p{place}\n", 1))
    (workspace.folder / "profiles/sparse.yaml").unlink()
    return workspace


def states(workspace: Workspace) -> dict[str, int]:
    mails = json.loads(workspace.digest("outbox", "list", "--json").stdout)["mails"]
    found = [row["state"] for row in mails]
    return {state: found.count(state) for state in set(found)}


def recipients(server: Script) -> list[str]:
    """Whom the server took a mail for: one RCPT a mail that came as far as its dot."""
    return sorted(
        line.decode() for content in server.taken for line in content.splitlines()
        if line.startswith(b"To: ")
    )  # fmt: skip


EVERYBODY = sorted(f"To: {address}" for address in SUBSCRIBERS)


#: One of each kind: of those that answer at the same stage and come to the same; or all.
KINDS = {
    (each.setting, each.exit_code, each.todo, tuple(each.extensions), *each.acts): each
    for each in MOODS.values()
}
TRIED = {name: mood for name, mood in MOODS.items() if IS_WHOLE or mood in KINDS.values()}


@pytest.mark.parametrize("mood", TRIED.values(), ids=TRIED)
def test_in_no_mood_has_a_mail_failed_and_once_it_is_mended_each_goes_out_once(
    laid_out: Path, tmp_path: Path, capsys: pytest.CaptureFixture[str], mood: Mood
) -> None:
    store = Store(f"sqlite:///{shutil.copy(laid_out, tmp_path / 'digest.db')}")
    subscribers = [profile(f"r{n}", to=address) for n, address in enumerate(SUBSCRIBERS)]
    reporter, clock = TroubleReporter(), Clock(EIGHT)
    with (
        closing(store),
        moody(mood) as server,
        smtp(server.port, user="digest", password="right") as send,
    ):
        fields = {
            "sender": BreakingSender(send),
            "now": clock,
            "report_trouble": reporter.trouble,
        }
        app = app_of(store, *subscribers, listings=[listing()], **fields)
        app.source.lay_out("daily", TUESDAY, paper(1))  # type: ignore[attr-defined]
        done = runs.run(app, list(app.listings.values()))
        assert exit_code(reporter, done, is_misconfigured=False) == mood.exit_code
        assert DeliveryState.FAILED not in done.outcomes
        said = capsys.readouterr().err
        told = [line for line in said.splitlines() if line.startswith("mail.")]
        assert [line.startswith(f"{mood.setting}: ") for line in told] == [True] * bool(
            mood.setting
        )
        assert mood.todo in said

        mend(server)
        clock.forward(hours=1)
        assert runs.send_only(app).waiting == 0
        clock.forward(days=1)
        assert runs.send_only(app).outcomes == ()
    assert recipients(server) == EVERYBODY


# ── end to end: processes, a server, both databases ──


def call(folder: Path, *words: str) -> subprocess.CompletedProcess[str]:
    """Type a command in a process of its own."""
    program = str(Path(sys.executable).with_name("digest"))
    command = [program, "--config", str(folder / "config.yaml"), *words]
    return processes.run(command, capture_output=True, text=True, check=False)


def names(line: str, setting: str) -> bool:
    """Whether a line begins with the place of a setting and its name."""
    place, _, rest = line.partition(": ")
    return re.search(r"/config\.yaml:\d+:\d+$", place) is not None and rest.startswith(setting)


REFUSED = [
    ("sqlite", "gmail, wrong password"),
    ("postgresql", "ses, not verified"),
    ("sqlite", "zoho"),
]


@pytest.mark.parametrize(("database", "name"), REFUSED[: number(2, whole=3)], indirect=["database"])
def test_a_refused_set_up_ends_with_78_and_is_sent_again_in_one_go(
    workspace: Workspace, database: str, name: str
) -> None:
    mood = MOODS[name]
    [answer] = mood.acts.values()
    with moody(mood) as server:
        with_relay(workspace, server.port, database=database)
        run = call(workspace.folder, "run", "--day", "2026-03-10", "--now", NOON)
        assert run.returncode == CONFIG_CODE
        [line] = run.stderr.splitlines()
        assert names(line, mood.setting)
        assert masked(str(answer).partition(":")[0]) in line
        assert "3 waiting" in run.stdout

        doctor = workspace.digest("doctor")
        assert doctor.exit_code != DONE
        assert "digest outbox retry --all" in doctor.stdout

        mend(server)
        again = workspace.digest("outbox", "retry", "--all", "--now", NOON)
        assert (again.exit_code, again.stderr) == (DONE, "")
        assert call(workspace.folder, "send", "--now", NOON).returncode == DONE
        assert workspace.digest("send", "--now", "2026-03-11T13:00Z").exit_code == DONE
    assert recipients(server) == EVERYBODY


# ── what doctor finds ──


def findings(workspace: Workspace) -> dict[str, dict[str, Any]]:
    found = json.loads(workspace.digest("doctor", "--json").stdout)["findings"]
    return {each["what"]: each for each in found}


def test_doctor_asks_for_the_sender_and_takes_it_back(workspace: Workspace) -> None:
    with moody(Mood()) as server:
        found = findings(with_relay(workspace, server.port))["mail"]
    assert found["is_good"]
    assert "digest@example.org" in found["found"]
    assert server.verbs() == ["EHLO", "AUTH", "MAIL", "RSET", "QUIT"]


def test_doctor_names_a_sender_that_is_refused(workspace: Workspace) -> None:
    with moody(MOODS["zoho"]) as server:
        found = findings(with_relay(workspace, server.port))["mail"]
    assert not found["is_good"]
    assert "553 Relaying disallowed" in found["found"]
    assert found["remedy"] == "check mail.from"


@pytest.mark.parametrize(
    ("name", "code", "remedy"),
    [
        ("zoho", CONFIG_CODE, "check mail.from"),
        ("gmail, wrong password", CONFIG_CODE, "check mail.smtp.user and mail.smtp.password"),
        ("ses, rate", LATER, "wait; lower mail.smtp.per_minute or mail.smtp.per_day"),
        ("hangs up", LATER, "check mail.smtp: host, port, tls, user, password"),
    ],
)
def test_doctor_ends_as_a_run_would_and_names_what_helps(
    workspace: Workspace, name: str, code: int, remedy: str
) -> None:
    with moody(MOODS[name]) as server:
        result = with_relay(workspace, server.port).digest("doctor")
    assert result.exit_code == code
    assert f"       {remedy}" in result.stdout


# ── only what is the set-up's fault ──


def test_retry_of_all_leaves_alone_what_was_refused_for_itself(workspace: Workspace) -> None:
    acts = {"RCPT": ["550 5.1.1 no such user", "550 5.7.1 spam", "550 Sender verify failed"]}
    with moody(Mood(acts)) as server:
        with_relay(workspace, server.port)
        workspace.run()
        assert states(workspace) == {"failed": 2, "queued": 1}
        again = workspace.digest("outbox", "retry", "--all", "--now", NOON)
        assert again.stdout.startswith("queued 1;")
        workspace.digest("send", "--now", NOON)
    assert states(workspace) == {"failed": 2, "sent": 1}
    assert len(server.taken) == 1


@pytest.mark.parametrize("words", [[], ["1", "--all"], ["--now", NOON]])
def test_retry_wants_ids_or_all_and_not_both(workspace: Workspace, words: list[str]) -> None:
    assert workspace.digest("outbox", "retry", *words).exit_code == 2


# ── port and tls ──


@pytest.fixture(scope="module")
def authority(tmp_path_factory: pytest.TempPathFactory) -> Authority:
    return Authority(tmp_path_factory.mktemp("authority"))


@pytest.mark.parametrize("tls", ["starttls", "none"])
def test_a_port_that_wants_tls_from_the_first_byte_is_named(
    workspace: Workspace, authority: Authority, tls: str
) -> None:
    with relay(context=authority.context("localhost"), is_tls=True) as server:
        more = f"{LOGIN}, timeout: 4"
        with_relay(workspace, server.port, more=more)
        path = workspace.folder / "config.yaml"
        path.write_text(path.read_text().replace("tls: none", f"tls: {tls}"))
        document = workspace.run()

    [line] = document["stderr"].splitlines()
    assert document["exit"] == CONFIG_CODE
    assert names(line, "mail.smtp.tls")
    assert f"port {server.port} wants TLS from the first byte: set it to tls" in line
    assert document["deliveries"] == {"queued": 3, "sent": 0, "failed": 0, "in_doubt": 0}


def test_a_port_that_does_not_begin_with_tls_is_named(workspace: Workspace) -> None:
    with moody(Mood()) as server:
        with_relay(workspace, server.port)
        path = workspace.folder / "config.yaml"
        path.write_text(path.read_text().replace("tls: none", "tls: tls"))
        document = workspace.run()

    [line] = document["stderr"].splitlines()
    assert document["exit"] == CONFIG_CODE
    assert "does not begin with TLS: set it to starttls, or mail.smtp.port to 465" in line


def test_a_port_without_starttls_is_named(workspace: Workspace) -> None:
    with moody(Mood()) as server:
        with_relay(workspace, server.port)
        path = workspace.folder / "config.yaml"
        path.write_text(path.read_text().replace("tls: none", "tls: starttls"))
        document = workspace.run()

    [line] = document["stderr"].splitlines()
    assert document["exit"] == CONFIG_CODE
    assert "offers no STARTTLS: set it to tls with mail.smtp.port 465" in line
    assert "AUTH" not in server.verbs()


def test_a_run_against_a_certificate_of_another_name_ends_with_78(
    workspace: Workspace, authority: Authority
) -> None:
    with relay(context=authority.context("elsewhere.example.org"), is_tls=True) as server:
        with_relay(workspace, server.port, more=f"{LOGIN}, ca: {authority.pem}")
        path = workspace.folder / "config.yaml"
        path.write_text(path.read_text().replace("tls: none", "tls: tls"))
        document = workspace.run()

    [line] = document["stderr"].splitlines()
    assert document["exit"] == CONFIG_CODE
    assert names(line, "mail.smtp.host")
    assert f": localhost:{server.port}: the certificate is not " in line
    assert "'localhost': set it to a name in the server's certificate; " in line
    assert document["deliveries"]["queued"] == 3


def test_a_silent_server_that_speaks_no_tls_is_no_fault_of_the_settings(
    workspace: Workspace,
) -> None:
    with moody(Mood({"CONNECT": Hang})) as server:
        with_relay(workspace, server.port, more="timeout: 1")
        document = workspace.run()
    assert document["exit"] == LATER
    assert document["deliveries"]["queued"] == 3
