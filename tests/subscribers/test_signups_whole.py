"""Signing up from end to end: pages, commands and relay as processes of their own."""

from __future__ import annotations

import re
import socket
import subprocess
import sys
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from urllib.error import HTTPError
from urllib.parse import urlencode
from urllib.request import Request, urlopen

import pytest
from sqlalchemy import select

from digest.store import Store, schema, subscribers
from digest.store import profiles as stored_profiles

from .. import processes
from ..extent import some
from ..servers import Relay, relay

ZOE = "zoe@example.org"
PUBLIC = "https://papers.example.org"
CONFIG = """
database: "{database}"
profiles: profiles/
listings: {{saved: {{kind: listing, path: "saved/{{day}}.txt"}}}}
mail:
  from: "Papers <digest@example.org>"
  sender: smtp
  smtp: {{host: 127.0.0.1, port: {port}, tls: none}}
web: {{base_url: "{public}", proxies: [127.0.0.1]}}
"""


@dataclass
class Running:
    """A digest that others run: its settings, its pages, its relay."""

    config: Path
    database: str
    relay: Relay
    address: str

    def page(self, path: str, form: dict[str, str] | None = None, client: str = "") -> str:
        """What a page says; with a form it is posted, from a ``client`` behind the proxy."""
        body = None if form is None else urlencode(form).encode()
        headers = {"X-Forwarded-For": client} if client else {}
        try:
            with urlopen(Request(self.address + path, body, headers)) as answer:
                return str(answer.read().decode())
        except HTTPError as refused:
            with refused:
                return f"{refused.code} {refused.read().decode()}"

    def sign_up(self, interests: str, client: str) -> None:
        """Somebody types Zoe's address."""
        form = {"address": ZOE, "interests": interests, "at": "06:15", "timezone": "UTC"}
        assert "Look into your mailbox" in self.page("/subscribe", form, client)

    def letters(self) -> list[str]:
        """Hand over what is owed, and read what the relay has taken for Zoe so far."""
        digest = [str(Path(sys.executable).with_name("digest")), "-c", str(self.config), "send"]
        processes.run(digest, check=True, capture_output=True)
        mails = [e for e in self.relay.envelopes if e.rcpt_tos == [ZOE]]
        parsed = [message_from_bytes(bytes(e.content or b""), policy=default) for e in mails]
        parts = [message.get_body(("plain",)) for message in parsed]  # type: ignore[attr-defined]
        return [part.get_content() for part in parts]

    def profiles(self) -> list[str]:
        """Zoe's own, as they are in the database."""
        with closing(Store(self.database)) as store, store.begin() as tx:
            found = subscribers.find(tx, ZOE)
            return [kept.text for kept in stored_profiles.owned_by(tx, found.id)] if found else []

    def rows(self) -> list[str]:
        """All that is kept of subscribers, but for sign-ups and notices."""
        names = ("subscribers", "profiles", "subscriptions", "consents", "suppressions", "issues")
        with closing(Store(self.database)) as store, store.begin() as tx:
            tables = [schema.metadata.tables[name] for name in names]
            return [repr((t.name, *row)) for t in tables for row in tx.execute(select(t))]


def linked(text: str, kind: str) -> str:
    found = re.search(rf"(?:{PUBLIC})?(/{kind}/[^\s>\"]+)", text)
    assert found is not None, text
    return found[1]


@contextmanager
def pages(config: Path) -> Iterator[str]:
    """``digest web`` in a process of its own, listening; its address."""
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    command = [str(Path(sys.executable).with_name("digest")), "-c", str(config), "web"]
    with processes.Popen([*command, "--port", f"{port}"], stdout=subprocess.PIPE) as web:
        assert web.stdout is not None
        try:
            assert web.stdout.readline() == f"{PUBLIC}\n".encode()
            yield f"http://127.0.0.1:{port}"
        finally:
            web.terminate()


@pytest.fixture
def running(database: str, tmp_path: Path) -> Iterator[Running]:
    with relay() as taken:
        config = tmp_path / "config.yaml"
        config.write_text(CONFIG.format(database=database, port=taken.port, public=PUBLIC))
        with pages(config) as address:
            yield Running(config, database, taken, address)


@pytest.mark.parametrize("database", some(["postgresql", "sqlite"], 1), indirect=True)
def test_strangers_change_nothing_and_a_second_click_voids_nothing(running: Running) -> None:
    running.sign_up("protein folding", "192.0.2.1")
    running.sign_up("protein folding", "192.0.2.1")
    running.sign_up("casino bonus", "198.51.100.66")
    [asked] = running.letters()
    confirm = linked(asked, "confirm")
    page = running.page(confirm)
    offered = dict(re.findall(r'value="(\d+)"[^>]*><span>[^<]*<b>([^<]+)</b>', page))
    assert list(offered.values()) == ["casino bonus", "protein folding"], "the last one first"
    assert "protein folding" in asked
    mine = next(id for id, words in offered.items() if words == "protein folding")
    yes = running.page(confirm, {"signup": mine})
    assert "You are subscribed" in yes
    [text] = running.profiles()
    assert "protein folding" in text

    manage = linked(yes, "manage")
    undo = linked(running.page(f"{manage}/stop", {}), "return")
    before = running.rows()
    running.sign_up("casino royal", "198.51.100.66")
    assert running.rows() == before, "a former reader is as they left"
    assert "casino" not in running.page(manage)
    assert "You get new papers again" in running.page(undo, {})
    assert running.profiles() == [text]

    running.sign_up("bees", "192.0.2.1")
    assert running.profiles() == [text]
    assert "casino" not in "".join(running.letters()[1:])
