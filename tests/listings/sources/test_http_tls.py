"""What the client demands of https, tried on real certificates."""

from __future__ import annotations

import socket
import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path

import pytest
import stamina

from digest.errors import SourceError
from digest.listings.sources.http import Client

from ...origin import origin, reply
from ...servers import Authority
from ...waits import HUNG


@pytest.fixture(autouse=True)
def _no_pauses() -> Iterator[None]:
    with stamina.set_testing(True, attempts=1):
        yield


@pytest.fixture
def authority(tmp_path: Path) -> Authority:
    return Authority(tmp_path)


def client(authority: Authority | None, *, timeout: float = HUNG) -> Client:
    trusted = ssl.create_default_context(cafile=str(authority.pem) if authority else None)
    return Client(
        contact="",
        now=lambda: datetime(2025, 10, 4, tzinfo=UTC),
        allow_hosts=["papers.example"],
        resolve=lambda host, port: ["127.0.0.1"],
        tls=trusted,
        timeout=timeout,
    )


def named(url: str) -> str:
    return url.replace("127.0.0.1", "papers.example")


def test_a_pinned_address_keeps_the_name_for_host_and_certificate(authority: Authority) -> None:
    """A15: the connection goes to a number, and everything above it speaks of the name."""
    asked: list[str | None] = []
    context = authority.context("papers.example")
    context.sni_callback = lambda line, name, _: asked.append(name)
    with origin(lambda _: reply(b"papers"), tls=context) as served:
        found = client(authority).fetch(named(served.url), listing="l")
    assert found.data == b"papers"
    assert asked == ["papers.example"]
    assert served.requests[0].headers["host"].startswith("papers.example:")


def test_a_certificate_for_another_name_is_refused(authority: Authority) -> None:
    with (
        origin(lambda _: reply(b"papers"), tls=authority.context("other.example")) as served,
        pytest.raises(SourceError, match="certificate"),
    ):
        client(authority).fetch(named(served.url), listing="l")
    assert served.requests == []


def test_a_certificate_that_no_one_vouches_for_is_refused(authority: Authority) -> None:
    with (
        origin(lambda _: reply(b"papers"), tls=authority.context("papers.example")) as served,
        pytest.raises(SourceError, match=r"its certificate is not trusted: .*fetch\.ca"),
    ):
        client(None).fetch(named(served.url), listing="l")


def test_a_redirect_does_not_lead_back_to_plain_http(authority: Authority) -> None:
    """A13."""
    with origin(lambda _: reply(b"papers")) as plain:
        there = {"Location": named(plain.url)}
        answer = reply(b"", "301 Moved", there)
        with (
            origin(lambda _: answer, tls=authority.context("papers.example")) as served,
            pytest.raises(SourceError, match="a redirect from https to http"),
        ):
            client(authority).fetch(named(served.url), listing="l")
    assert plain.requests == []


def test_a_redirect_may_lead_to_https(authority: Authority) -> None:
    with origin(lambda _: reply(b"papers"), tls=authority.context("papers.example")) as secure:
        answer = reply(b"", "301 Moved", {"Location": named(secure.url)})
        with origin(lambda _: answer) as plain:
            found = client(authority).fetch(named(plain.url), listing="l")
    assert found.data == b"papers"


def test_a_handshake_that_never_comes_ends_with_the_deadline(authority: Authority) -> None:
    """A11."""
    with socket.create_server(("127.0.0.1", 0)) as silent:
        url = f"https://papers.example:{silent.getsockname()[1]}/"
        with pytest.raises(SourceError, match="no whole answer within"):
            client(authority, timeout=0.2).fetch(url, listing="l")
