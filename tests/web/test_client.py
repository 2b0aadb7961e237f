"""Where a request came from: whose word is believed, and what one client is counted under."""

from __future__ import annotations

import http.client
import threading
from collections.abc import Iterator
from contextlib import closing, contextmanager
from ipaddress import ip_network
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

import pytest

from digest.config import load
from digest.errors import ConfigError
from digest.web import subscribe
from digest.web.client import client_address, client_key
from digest.web.server import listen

from ..sites import Laid, laid_out

PROXIES = tuple(map(ip_network, ("127.0.0.1", "10.0.0.0/8", "fd00::/8")))


def scope(peer: str | None, *told: str) -> dict[str, Any]:
    headers = [(b"x-forwarded-for", each.encode()) for each in told]
    return {"type": "http", "client": peer and (peer, 1), "headers": headers}


@pytest.mark.parametrize(
    ("peer", "told", "address"),
    [
        ("192.0.2.7", [], "192.0.2.7"),
        ("192.0.2.7", ["198.51.100.1"], "192.0.2.7"),  # no proxy of ours
        ("127.0.0.2", ["198.51.100.1"], "127.0.0.2"),  # nor is all of this machine
        ("127.0.0.1", [], "127.0.0.1"),
        ("127.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("::ffff:127.0.0.1", ["198.51.100.1"], "198.51.100.1"),
        ("127.0.0.1", ["203.0.113.5, 198.51.100.1"], "198.51.100.1"),  # the first was claimed
        ("127.0.0.1", ["203.0.113.5", "198.51.100.1"], "198.51.100.1"),
        ("127.0.0.1", ["203.0.113.5, 198.51.100.1, 10.1.2.3, fd00::1"], "198.51.100.1"),
        ("127.0.0.1", ["10.1.2.3"], "10.1.2.3"),
        ("127.0.0.1", ["198.51.100.1, unknown"], "127.0.0.1"),
        ("127.0.0.1", ["198.51.100.1,"], "127.0.0.1"),
        ("127.0.0.1", ["\xff"], "127.0.0.1"),
        ("10.9.9.9", ["[2001:db8::1]"], "2001:db8::1"),
        ("127.0.0.1", ["203.0.113.5" + ", 10.0.0.1" * 5000], "10.0.0.1"),
        ("", ["198.51.100.1"], ""),  # a Unix socket
        (None, ["198.51.100.1"], ""),
    ],
)
def test_only_a_named_proxy_says_who_asks(peer: str, told: list[str], address: str) -> None:
    assert client_address(scope(peer, *told), PROXIES) == address


def test_without_a_setting_no_one_speaks_for_another() -> None:
    assert client_address(scope("127.0.0.1", "198.51.100.1"), ()) == "127.0.0.1"


@pytest.mark.parametrize(
    ("address", "key"),
    [
        ("192.0.2.7", "192.0.2.7"),
        ("2001:db8:1:2:3:4:5:6", "2001:db8:1:2::/64"),
        ("2001:db8:1:2::99", "2001:db8:1:2::/64"),
        ("::ffff:192.0.2.7", "192.0.2.7"),
        ("", ""),
        ("x" * 99, "x" * 64),
    ],
)
def test_a_client_is_an_address_or_the_network_that_one_client_has(address: str, key: str) -> None:
    assert client_key(address) == key


SETTINGS = "mail: {from: a@example.org}\nlistings: {daily: {kind: huggingface}}\n"


def test_proxies_are_named_in_the_settings(tmp_path: Path) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(SETTINGS)
    assert load(path, {}).web.proxies == ()
    path.write_text(SETTINGS + "web: {proxies: [127.0.0.1, 10.0.0.0/8]}\n")
    assert load(path, {}).web.proxies == (ip_network("127.0.0.1"), ip_network("10.0.0.0/8"))
    path.write_text(SETTINGS + "web: {proxies: [nginx]}\n")
    with pytest.raises(ConfigError, match="3:17: nginx: an address or a network is expected"):
        load(path, {})


@contextmanager
def served(site: Laid, *proxies: str) -> Iterator[int]:
    """The pages on a real port, behind these proxies."""
    named = tuple(map(ip_network, proxies))
    running = listen(site.app, host="127.0.0.1", port=0, proxies=named)
    thread = threading.Thread(target=running.run, daemon=True)
    thread.start()
    try:
        yield running.socket.getsockname()[1]
    finally:
        running.stop()
        thread.join()


def sign_up(port: int, client: str, number: int) -> int:
    form = urlencode({"address": f"v{number}@example.org", "interests": "protein folding"})
    kind = {"Content-Type": "application/x-www-form-urlencoded", "X-Forwarded-For": client}
    with closing(http.client.HTTPConnection("127.0.0.1", port)) as line:
        line.request("POST", "/subscribe", form, kind)
        with line.getresponse() as answer:
            answer.read()
            return answer.status


@pytest.mark.parametrize(("proxies", "last"), [([], 429), (["127.0.0.1"], 200)])
def test_a_client_that_forges_the_header_gets_no_more_turns(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, proxies: list[str], last: int
) -> None:
    monkeypatch.setattr(subscribe, "EACH_TAKES", 0.0)
    monkeypatch.setattr(subscribe, "MAX_SIGN_UPS_OF_CLIENT", 4)
    with laid_out(tmp_path) as site, served(site, *proxies) as port:
        answers = [sign_up(port, f"192.0.2.{n}", n) for n in range(5)]

    assert answers == [200] * 4 + [last]
