"""Preview, ``digest render`` and what is sent are one mail."""

from __future__ import annotations

import re
from datetime import UTC, datetime
from email import message_from_bytes, policy
from email.message import EmailMessage

from click.testing import CliRunner
from fastapi.testclient import TestClient

from digest import app
from digest.access.links import SHORT
from digest.access.tokens import Purpose
from digest.cli import main
from digest.config import load
from digest.web.application import create_site

from ..cli.test_cli import CONFIG, Workspace, workspace
from ..sites import BASE

__all__ = ["workspace"]

NOON = datetime(2026, 3, 10, 12, tzinfo=UTC)
WEB = "web: {base_url: 'https://papers.example.org'}\n"


def bare(data: bytes) -> list[str]:
    """A message without what is each one's own: Message-ID, Date, boundary and tokens."""
    message = message_from_bytes(data, policy=policy.default)
    assert isinstance(message, EmailMessage)
    own = ("Message-ID", "Date", "Content-Type")
    told = [f"{name}: {value}" for name, value in message.items() if name not in own]
    told += [part.get_content() for part in message.iter_parts()]
    return [re.sub(r"(/(?:i|m|u)/|unsubscribe%20)[\w.~-]+", r"\1TOKEN", each) for each in told]


def test_preview_render_and_the_sent_bytes_are_one_mail(workspace: Workspace) -> None:
    path = workspace.write("config.yaml", CONFIG + WEB)
    at = ["--now", "2026-03-10T12:00Z"]
    workspace.digest("collect", "--day", "2026-03-10", *at)
    with app.opened(load(path, {}), now=NOON) as running:
        running.composer.enrol()
    rendered = CliRunner().invoke(main, ["-c", str(path), "render", "sparse", "--eml", *at])
    with app.opened(load(path, {}), now=NOON) as running:
        site = TestClient(create_site(running), base_url=BASE, client=("127.0.0.1", 5000))
        shown = site.get("/operator/here/profiles/sparse/mail.eml?day=now").content
    workspace.run()
    [sent] = [mail.read_bytes() for mail in workspace.mails]

    assert rendered.exit_code == 0, (rendered.output, rendered.exception)
    assert bare(rendered.stdout_bytes) == bare(sent)
    assert bare(shown) == bare(sent)
    assert "https://papers.example.org/i/TOKEN" in "".join(bare(sent))
    with app.opened(load(path, {}), now=NOON) as running:
        assert allowed(running, sent) == {Purpose.ISSUE, Purpose.MANAGE, Purpose.UNSUBSCRIBE}
        assert allowed(running, shown) == allowed(running, rendered.stdout_bytes) == set()


LINK = re.compile(r"/([imu])/([\w-]+)")
TOKEN = re.compile(r"unsubscribe%20([\w.~-]+)")


def allowed(running: app.App, data: bytes) -> set[Purpose]:
    """What the links of a mail let anybody do."""
    message = message_from_bytes(data, policy=policy.default)
    assert isinstance(message, EmailMessage)
    parts = [p.get_content() for p in message.walk() if not p.is_multipart()]
    text = "".join([str(message["List-Unsubscribe"]), *parts])
    codes, tokens = set(LINK.findall(text)), set(TOKEN.findall(text))
    assert len(codes) == 3
    assert len(tokens) == 1
    site = TestClient(create_site(running), base_url=BASE, follow_redirects=False)
    opens = {each for each in codes if site.get("/{}/{}".format(*each)).status_code == 303}
    read = running.tokens.read
    return {purpose for purpose, short in SHORT.items() if short in {kind for kind, _ in opens}} | {
        purpose for purpose in Purpose for token in tokens if read(purpose, token, NOON)
    }


def test_a_past_days_mail_is_printed_as_it_went_out(workspace: Workspace) -> None:
    workspace.run()
    [sent] = [mail.read_bytes() for mail in workspace.mails]
    workspace.run("2026-03-11")

    def render(*words: str) -> bytes:
        return workspace.digest("render", "sparse", "--day", "2026-03-10", *words).stdout_bytes

    assert bare(render("--eml")) == bare(sent)
    assert b"of the north" in render()
    assert render("--html").lower().startswith(b"<!doctype html>")
    note = render("--markdown").decode()
    assert note.startswith("---\ntitle: ")
    assert "## " in note
    assert "of the north" in note
    missing = workspace.digest("render", "sparse", "--day", "2026-03-09")
    assert "had no issue on 2026-03-09" in missing.output
