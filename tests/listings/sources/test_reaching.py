"""Proxies, authorities and passwords: what reaches a listing behind them, and what never may."""

from __future__ import annotations

import ssl
from collections.abc import Iterator
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

import pytest
import stamina

from digest.app import opened
from digest.config import load
from digest.errors import ConfigError, SourceError
from digest.listings.sources.http import Client, trusting
from digest.model import Credentials

from ...origin import Origin, origin, reply
from ...proxy import proxy
from ...servers import Authority

HOSTS = {
    "proxy.campus.example": "127.0.0.1",
    "papers.example": "1.1.1.1",
    "inside.example": "10.0.0.7",
    "localhost": "127.0.0.1",
}


@pytest.fixture(autouse=True)
def _no_pauses() -> Iterator[None]:
    with stamina.set_testing(True, attempts=1):
        yield


def client(**options: Any) -> Client:
    fixed: dict[str, Any] = {
        "contact": "",
        "now": lambda: datetime(2025, 10, 4, tzinfo=UTC),
        "resolve": lambda host, port: [HOSTS.get(host, host)],
        "tls": ssl.create_default_context(),
        "sleep": lambda seconds: None,
    }
    return Client(**fixed | options)


def port_of(served: Origin) -> int:
    return int(served.url.rpartition(":")[2])


@pytest.fixture
def papers(tmp_path: Path) -> Iterator[tuple[Origin, ssl.SSLContext]]:
    authority = Authority(tmp_path)
    with origin(lambda _: reply(b"papers"), tls=authority.context("papers.example")) as served:
        yield served, trusting(str(authority.pem))


def test_a_proxy_leads_to_the_publisher_and_sees_neither_secret_nor_content(
    papers: tuple[Origin, ssl.SSLContext],
) -> None:
    served, tls = papers
    own = {"l": Credentials("https://papers.example/", {"X-Key": "s3cret"})}
    with proxy(port_of(served), login="Basic cmVhZGVyOnA6dw==") as between:
        where = f"http://reader:p%3Aw@proxy.campus.example:{between.port}"
        found = client(proxy=where, tls=tls, credentials=own).fetch(
            "https://papers.example/new.xml", listing="l"
        )
    assert found.data == b"papers"
    [head] = between.heads
    assert head.startswith("CONNECT papers.example:443 ")
    assert "s3cret" not in head
    [request] = served.requests
    assert request.headers["x-key"] == "s3cret"
    assert "proxy-authorization" not in request.headers


def test_a_plain_address_goes_through_the_proxy_too() -> None:
    with origin(lambda _: reply(b"papers")) as served, proxy(port_of(served)) as between:
        where = f"http://proxy.campus.example:{between.port}"
        found = client(proxy=where).fetch("http://papers.example/new.xml", listing="l")
    assert found.data == b"papers"
    assert between.heads[0].startswith("GET http://papers.example/new.xml ")


def test_a_proxy_that_asks_for_another_login_is_named_and_its_password_is_not(
    papers: tuple[Origin, ssl.SSLContext],
) -> None:
    served, tls = papers
    with proxy(port_of(served), login="Basic xyz") as between:
        where = f"http://reader:pass@proxy.campus.example:{between.port}"
        with pytest.raises(SourceError) as error:
            client(proxy=where, tls=tls).fetch("https://papers.example/", listing="l")
    assert error.value.reason == "the proxy refuses: 407 Proxy Authentication Required"
    assert served.requests == []


@pytest.mark.parametrize(
    "address",
    [
        "https://inside.example/",
        "http://10.0.0.7/",
        "http://127.0.0.1/",
        "http://[::1]/",
        "http://localhost/",
        "http://proxy.campus.example/",
    ],
)
def test_a_proxy_opens_no_private_network(address: str) -> None:
    with origin(lambda _: reply(b"secrets")) as inside, proxy(port_of(inside)) as between:
        where = f"http://proxy.campus.example:{between.port}"
        with pytest.raises(SourceError, match="is not a public address"):
            client(proxy=where).fetch(address, listing="l")
    assert (between.heads, inside.requests) == ([], [])


def test_a_redirect_through_a_proxy_opens_no_private_network() -> None:
    away = reply(status="302 Found", headers={"Location": "http://inside.example/"})
    with origin(lambda _: away) as served, proxy(port_of(served)) as between:
        where = f"http://proxy.campus.example:{between.port}"
        with pytest.raises(SourceError, match=r"inside\.example is not a public address"):
            client(proxy=where).fetch("http://papers.example/", listing="l")
    assert len(between.heads) == 1


def test_a_host_that_is_allowed_is_asked_without_the_proxy() -> None:
    with origin(lambda _: reply(b"papers")) as served:
        where, own = "http://proxy.campus.example:9", ["127.0.0.1"]
        found = client(proxy=where, allow_hosts=own).fetch(served.url, listing="l")
    assert found.data == b"papers"


def test_only_an_authority_that_is_named_is_trusted_besides_the_systems(
    papers: tuple[Origin, ssl.SSLContext], tmp_path: Path
) -> None:
    _, tls = papers
    system = ssl.create_default_context().cert_store_stats()["x509_ca"]
    assert tls.cert_store_stats()["x509_ca"] > system > 0


@pytest.mark.parametrize(
    ("name", "reason"), [("no.pem", "no PEM file"), ("missing.pem", "No such file")]
)
def test_an_authority_that_cannot_be_read_is_a_fault_of_the_configuration(
    tmp_path: Path, name: str, reason: str
) -> None:
    (tmp_path / "no.pem").write_text("not a certificate")
    (tmp_path / "config.yaml").write_text(
        "listings: {a: {kind: huggingface}}\nmail: {from: a@example.org}\n"
        f"database: sqlite://\nfetch: {{ca: {name}}}\n"
    )
    config = load(tmp_path / "config.yaml", {})
    with pytest.raises(ConfigError, match=rf"fetch\.ca: .*{name}: .*{reason}"), opened(config):
        pass


# -- what publishers ask for -----------------------------------------------------------------------


def told(served: Origin, url: str, **options: Any) -> list[str | None]:
    """The X-Key of each request, for a listing at ``url``, asked at the server's root."""
    own = {"l": Credentials(url, {"X-Key": "s3cret"})}
    client(allow_hosts=["127.0.0.1", "localhost"], credentials=own).fetch(served.url, **options)
    return [request.headers.get("x-key") for request in served.requests]


def test_what_a_publisher_asks_for_goes_to_its_listing_alone() -> None:
    for listing, expected in (("l", "s3cret"), ("other", None)):
        with origin(lambda _: reply(b"papers")) as served:
            assert told(served, served.url + "/a.xml", listing=listing) == [expected]


def test_what_a_publisher_asks_for_goes_to_no_other_host() -> None:
    """Neither to the next page that a feed names, nor on a redirect, nor in an error."""
    with origin(lambda _: reply(b"page 2")) as other:
        assert told(other, "https://papers.example/", listing="l") == [None]
        there = other.url.replace("127.0.0.1", "localhost")
        answers = [reply(status="302 Found", headers={"Location": there})]
        with origin(lambda _: answers[0]) as served:
            assert told(served, served.url, listing="l") == ["s3cret"]
    assert [request.headers.get("x-key") for request in other.requests] == [None, None]


def test_credentials_show_no_secret_of_their_own() -> None:
    assert "s3cret" not in repr(Credentials("https://a.example/", {"X-Key": "s3cret"}))
