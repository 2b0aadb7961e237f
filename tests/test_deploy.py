"""What is in ``deploy/`` is understood by the programs that it is for, and by digest."""

from __future__ import annotations

import re
import shutil
import subprocess
from pathlib import Path
from typing import Any

import pytest
import yaml

from bench.container import recipe
from digest.cli import main
from digest.config import load
from digest.deliver import MailSettings, SmtpSettings
from digest.resources import example_config
from digest.service.loop import SHUTDOWN_SECONDS

from .readme import ROOT, blocks
from .require import need
from .servers import Authority
from .tables import table

DEPLOY = ROOT / "deploy"
IMAGE = recipe((DEPLOY / "Containerfile").read_text("utf-8"))
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text("utf-8"))
UNITS = sorted(path for path in DEPLOY.iterdir() if path.suffix in {".service", ".timer"})


def checked(*words: str | Path) -> None:
    """Run a program that looks for mistakes; it finds none."""
    done = subprocess.run([str(word) for word in words], capture_output=True, text=True)

    assert done.returncode == 0, done.stdout + done.stderr


# ── systemd ──


def test_systemd_finds_no_mistake_in_the_units(tmp_path: Path) -> None:
    """As they are, but for the program: the one they start is not installed here."""
    systemd = need("systemd-analyze")
    for unit in UNITS:
        text = unit.read_text("utf-8").replace("/opt/digest/bin/digest", "/bin/true")
        (tmp_path / unit.name).write_text(text)
    units = sorted(tmp_path.iterdir())

    checked(systemd, "verify", "--man=no", *units)


def test_a_service_may_do_little(tmp_path: Path) -> None:
    """By systemd's own measure: 0 is nothing, 10 everything; 2 is what is left here."""
    systemd = need("systemd-analyze")
    version = subprocess.run([systemd, "--version"], capture_output=True, text=True).stdout
    if int(version.split()[1]) < 250:
        pytest.skip("this systemd measures only what runs")
    for unit in UNITS:
        if unit.suffix == ".service":
            checked(systemd, "security", "--offline=yes", "--threshold=20", unit)


@table("unit", UNITS)
def test_a_unit_starts_a_command_that_exists_and_a_timer_a_unit(unit: Path) -> None:
    text = unit.read_text("utf-8")
    if unit.suffix == ".timer":
        assert unit.with_suffix(".service") in UNITS
    else:
        started = re.findall(r"^ExecStart=.*/opt/digest/bin/digest ([\w-]+)", text, re.MULTILINE)
        assert len(started) == 1
        assert {*started} <= {*main.commands}
        [home] = re.findall(r"^WorkingDirectory=(.+)", text, re.MULTILINE)
        assert f"\nRequiresMountsFor={home}\n" in text, "what is not there yet would look missing"


def test_none_is_killed_before_its_mail_in_hand_may_have_an_answer() -> None:
    """The service gives up by itself; a run waits as long as a relay may take for a mail."""
    relay = MailSettings(sender="smtp", smtp=SmtpSettings(host="relay"))
    allowed = {
        unit.stem: float(found[1])
        for unit in UNITS
        if (found := re.search(r"^TimeoutStopSec=(\d+)$", unit.read_text("utf-8"), re.MULTILINE))
    }

    assert min(allowed["digest"], allowed["digest-worker"]) >= SHUTDOWN_SECONDS + 10
    assert allowed["digest-run"] >= relay.longest_wait + 10
    grace = COMPOSE["services"]["papers"]["stop_grace_period"]
    assert float(grace.removesuffix("s")) >= SHUTDOWN_SECONDS + 10


# ── the container ──


def test_the_image_starts_commands_that_exist_and_is_no_ones_by_default() -> None:
    assert IMAGE.words("ENTRYPOINT") == ["digest"]
    assert {*IMAGE.words("CMD")} <= {*main.commands}
    user, _, group = IMAGE.last["USER"].partition(":")
    assert int(user) > 1000
    assert int(group) > 1000
    assert IMAGE.words("HEALTHCHECK")[0] == "python3"


def test_the_variables_of_image_and_compose_are_settings(tmp_path: Path) -> None:
    """What is not a setting would be refused by its name."""
    own: dict[str, str] = COMPOSE["services"]["papers"]["environment"]
    values = {name: re.sub(r"\$\{DIGEST_HOST:[^}]*\}", "example.org", own[name]) for name in own}

    example = Path(shutil.copy(example_config(), tmp_path))
    settings = load(example, {**IMAGE.environ, **values})

    assert settings.web.host == "0.0.0.0"
    assert settings.web.base_url == "https://example.org"
    assert f"http://127.0.0.1:{settings.web.port}/readyz" in IMAGE.last["HEALTHCHECK"]


def test_compose_builds_what_is_here_and_lets_it_do_little() -> None:
    papers = COMPOSE["services"]["papers"]

    assert (DEPLOY / papers["build"]["context"] / papers["build"]["dockerfile"]).is_file()
    assert papers["read_only"]
    assert papers["cap_drop"] == ["ALL"]
    assert papers["tmpfs"] == ["/tmp"]
    assert "ports" not in papers, "reached through the proxy alone"


def test_the_network_of_compose_is_named_as_that_of_the_proxy() -> None:
    [network] = COMPOSE["networks"]["pages"]["ipam"]["config"]
    page = (ROOT / "docs" / "server.md").read_text("utf-8")

    assert COMPOSE["services"]["proxy"]["environment"]["DIGEST_PAGES"] == "papers:8000"
    assert f"proxies: [{network['subnet']}]" in page


def test_a_linter_finds_nothing_in_the_containerfile() -> None:
    checked(need("hadolint"), DEPLOY / "Containerfile")


# ── the proxies ──


def test_nginx_takes_its_example(tmp_path: Path) -> None:
    nginx = need("nginx", "/usr/sbin/nginx")
    Authority(tmp_path).context("papers")
    [certificate] = tmp_path.glob("papers*.pem")
    text = (DEPLOY / "nginx.conf").read_text("utf-8")
    lives = r"/etc/letsencrypt/live/papers\.example\.org/\w+\.pem"
    (tmp_path / "digest.conf").write_text(re.sub(lives, str(certificate), text))
    kinds = ("client_body", "proxy", "fastcgi", "uwsgi", "scgi")
    places = "".join(f"{kind}_temp_path {tmp_path}/{kind};" for kind in kinds)
    whole = (
        f"events {{}} pid {tmp_path}/pid; http {{ access_log off; {places} include digest.conf; }}"
    )
    (tmp_path / "nginx.conf").write_text(whole)

    checked(nginx, "-t", "-e", "stderr", "-c", tmp_path / "nginx.conf")


def test_caddy_takes_its_example() -> None:
    checked(need("caddy"), "adapt", "--adapter", "caddyfile", "--config", DEPLOY / "Caddyfile")


@pytest.mark.parametrize("name", ["nginx.conf", "Caddyfile"])
def test_a_proxy_asks_where_the_pages_are_and_keeps_the_metrics(name: str, tmp_path: Path) -> None:
    text = (DEPLOY / name).read_text("utf-8")
    web = load(Path(shutil.copy(example_config(), tmp_path)), {}).web

    assert f"{web.host}:{web.port}" in text
    assert "/metrics" in text


# ── the page about them ──


def test_every_file_to_deploy_is_named_on_the_page_of_the_server() -> None:
    page = (ROOT / "docs" / "server.md").read_text("utf-8")

    assert [path.name for path in DEPLOY.iterdir() if path.name not in page] == []
    assert any("docker build" in block for block in blocks("sh", ROOT / "docs" / "server.md"))
