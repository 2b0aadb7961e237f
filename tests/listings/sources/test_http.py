from __future__ import annotations

import gzip
import ssl
import threading
import zlib
from collections.abc import Callable, Iterator, Mapping
from datetime import UTC, datetime
from functools import cache
from inspect import signature
from pathlib import Path
from typing import Any

import httpx2
import pytest
import stamina
import structlog
from structlog.testing import capture_logs

from digest.errors import SourceError
from digest.listings.sources.http import (
    Body,
    Client,
    Fetch,
    _Answer,
    _bracketed,
    _checked,
    _next,
    _pause,
    _trouble,
)
from digest.listings.sources.politeness import LocalPace, group_of
from digest.listings.sources.response import FetchError
from digest.model import Credentials
from digest.resources import VERSION
from digest.service.log import start_log

from ...origin import Origin, Request, origin, reply
from ...tables import table
from ...world import World

TLS = ssl.create_default_context()
NOW = datetime(2025, 10, 4, 6, 0, tzinfo=UTC)


@pytest.fixture(autouse=True)
def _no_pauses() -> Iterator[None]:
    with stamina.set_testing(True, attempts=3):
        yield


def client(**options: Any) -> Client:
    given: dict[str, Any] = {
        "contact": "mailto:me@example.org",
        "now": lambda: NOW,
        "allow_hosts": ["127.0.0.1"],
        "tls": TLS,
    }
    return Client(**given | options)


def fetched(served: Origin, path: str = "/", **options: Any) -> bytes:
    with client(**options) as found:
        return found.fetch(served.url + path, listing="l").data


def test_a_client_says_who_it_is_and_takes_nothing_from_the_environment(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    """A16: proxies, netrc and the like of the environment are not used."""
    for name in ("HTTP_PROXY", "http_proxy", "ALL_PROXY", "all_proxy"):
        monkeypatch.setenv(name, "http://127.0.0.1:9")
    netrc = tmp_path / "netrc"
    netrc.write_text("machine 127.0.0.1 login me password secret\n")
    monkeypatch.setenv("NETRC", str(netrc))
    with origin(lambda _: reply(b"papers")) as served:
        assert fetched(served) == b"papers"
    agent = served.requests[0].headers["user-agent"]
    assert agent.startswith("digest/")
    assert agent.endswith("(+mailto:me@example.org)")
    assert "authorization" not in served.requests[0].headers


def test_no_authority_of_the_environment_is_trusted(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("SSL_CERT_FILE", "/nowhere/authorities.pem")

    assert client(tls=None)._tls_context().cert_store_stats()["x509_ca"] > 0


def test_asking_again_is_one_line_of_ours_in_the_log_and_nothing_on_the_terminal(
    capsys: pytest.CaptureFixture[str],
) -> None:
    answers = [reply(b"", "503 Service Unavailable"), reply(b"papers")]
    hooks, before = stamina.instrumentation.get_on_retry_hooks(), structlog.get_config()
    start_log("debug", "text")
    try:
        with capture_logs() as lines, origin(lambda _: answers.pop(0)) as served:
            assert fetched(served) == b"papers"
    finally:
        structlog.configure(**before)
        stamina.instrumentation.set_on_retry_hooks(hooks)
    assert lines == [
        {
            "event": "not read at once",
            "listing": "l",
            "reason": "answered http 503",
            "log_level": "debug",
        }
    ]
    assert capsys.readouterr().err == ""


def test_nothing_is_sent_that_journals_take_offence_at() -> None:
    """An Origin or a Referer makes some of them answer 403."""
    with origin(lambda _: reply(b"papers")) as served:
        fetched(served)
    assert set(served.requests[0].headers) == {
        "host",
        "user-agent",
        "accept",
        "accept-encoding",
        "connection",
    }


@pytest.mark.parametrize("fetch", [Client, World])
@pytest.mark.parametrize("method", ["fetch", "read", "now", "contact"])
def test_what_fetches_is_called_as_the_protocol_says(fetch: type[Fetch], method: str) -> None:
    """The listing by its name, as an address is a text, too; the fakes of the tests no less."""
    ways = [
        [(each.name, each.kind) for each in signature(getattr(kind, method)).parameters.values()]
        for kind in (Fetch, fetch)
    ]

    assert ways[0] == ways[1]


def test_a_contact_cannot_add_a_header() -> None:
    with origin(lambda _: reply(b"papers")) as served:
        fetched(served, contact="me\r\nX-Evil: 1) ")
    assert "x-evil" not in served.requests[0].headers


def test_an_unchanged_page_costs_no_body() -> None:
    def answer(request: Request) -> list[bytes]:
        if request.headers.get("if-none-match") == '"v1"':
            return reply(b"", "304 Not Modified")
        return reply(b"papers", headers={"ETag": '"v1"', "Last-Modified": "some day"})

    with origin(answer) as served:
        first = client().fetch(served.url + "/a", listing="l")
        again = client(validators={served.url + "/a": first.validator}).fetch(
            served.url + "/a", listing="l"
        )
    assert (first.data, first.is_unchanged) == (b"papers", False)
    assert (again.data, again.is_unchanged, again.validator) == (b"", True, '"v1"')


@pytest.mark.parametrize(
    ("headers", "asked"),
    [
        ({"ETag": 'W/"w"'}, {"if-none-match": 'W/"w"'}),
        ({"ETag": "unquoted", "Last-Modified": "Sat, 04 Oct 2025 00:00:00 GMT"},
         {"if-modified-since": "Sat, 04 Oct 2025 00:00:00 GMT"}),
        ({"Last-Modified": "Sat, 04 Oct 2025 00:00:00 GMT"},
         {"if-modified-since": "Sat, 04 Oct 2025 00:00:00 GMT"}),
        ({}, {}),
    ],
)  # fmt: skip
def test_the_best_validator_is_handed_back(
    headers: Mapping[str, str], asked: Mapping[str, str]
) -> None:
    with origin(lambda _: reply(b"papers", headers=headers)) as served:
        validator = client().fetch(served.url, listing="l").validator
        fetched(served, "", validators={served.url: validator})
    conditions = {n: v for n, v in served.requests[-1].headers.items() if n.startswith("if-")}
    assert conditions == asked


def test_a_304_that_no_one_asked_for_is_a_failure() -> None:
    """A18: without a page that is remembered, "not modified" says nothing."""
    with (
        origin(lambda _: reply(b"", "304 Not Modified")) as served,
        pytest.raises(SourceError, match="answered http 304"),
    ):
        fetched(served)


@pytest.mark.parametrize("status", ["500 Oops", "502 Bad", "503 Busy", "429 Slow down"])
def test_a_passing_fault_is_tried_again(status: str) -> None:
    """A1, A19."""
    answers = iter([reply(b"", status), reply(b"", status), reply(b"papers")])
    with origin(lambda _: next(answers)) as served:
        assert fetched(served) == b"papers"
    assert len(served.requests) == 3


@pytest.mark.parametrize(
    "status", ["400 Bad", "401 No", "403 No", "404 No", "410 Gone", "204 None"]
)
def test_a_lasting_fault_is_not_tried_again(status: str) -> None:
    with (
        origin(lambda _: reply(b"<html>sorry</html>", status)) as served,
        pytest.raises(SourceError, match=f"^l: answered http {status[:3]}$"),
    ):
        fetched(served)
    assert len(served.requests) == 1


def test_a_source_that_stays_down_gives_one_line() -> None:
    """A1: refused connections."""
    with origin(lambda _: reply()) as served:
        pass
    with pytest.raises(SourceError, match=r"^l: no answer: ") as caught:
        fetched(served)
    assert "\n" not in str(caught.value)


def test_a_server_that_does_not_speak_http_gives_one_short_line() -> None:
    with (
        origin(lambda _: [b"SSH-2.0-x\n\x1b[2J" + b"x" * 50_000 + b"\r\n\r\n"]) as served,
        pytest.raises(SourceError) as caught,
    ):
        fetched(served)
    assert len(str(caught.value)) < 320
    assert str(caught.value).isprintable()


def test_the_wait_that_a_source_names_reaches_the_caller() -> None:
    with (
        origin(lambda _: reply(b"", "429 No", {"Retry-After": "120"})) as served,
        pytest.raises(SourceError) as caught,
    ):
        fetched(served)
    assert caught.value.retry_after == 120
    assert len(served.requests) == 1  # waiting so long is the caller's affair


@table(
    ("error", "left", "pause"),
    [
        (FetchError("x", again=True), 3.0, False),
        (FetchError("x", again=True), 3.1, True),
        (FetchError("x", again=True, wait=0), 1, 0),
        (FetchError("x", again=True, wait=20), 20, False),
        (FetchError("x", wait=5), 20, False),
        (FetchError("x", again=True), 20, True),
        (FetchError("x", again=True), 1, False),
        (FetchError("x", again=True, wait=5), 20, 5),
        (FetchError("x", again=True, wait=25), 20, False),
        (FetchError("x"), 20, False),
        (OSError(), 20, False),
    ],
)
def test_a_retry_fits_into_the_time_that_is_left(
    error: Exception, left: float, pause: bool | float
) -> None:
    assert _pause(error, left) == pause


@table(
    ("status", "validator", "headers", "said"),
    [
        (199, "", {}, ("answered http 199", False, None)),
        (203, "", {}, ("answered http 203", False, None)),
        (303, '"v1"', {}, ("answered http 303", False, None)),
        (305, '"v1"', {}, ("answered http 305", False, None)),
        (304, "", {}, ("answered http 304", False, None)),
        (404, "", {"retry-after": "7"}, ("answered http 404", False, None)),
        (429, "", {"retry-after": "7"}, ("answered http 429", True, 7)),
        (499, "", {"retry-after": "7"}, ("answered http 499", False, None)),
        (500, "", {"retry-after": "7"}, ("answered http 500", True, None)),
        (503, "", {"retry-after": "7"}, ("answered http 503", True, 7)),
        (503, "", {}, ("answered http 503", True, None)),
    ],
)
def test_an_answer_without_a_listing_says_whether_to_ask_again_and_when(
    status: int, validator: str, headers: Mapping[str, str], said: tuple[str, bool, float | None]
) -> None:
    with pytest.raises(FetchError) as caught:
        _Answer(status, "u", headers, b"papers").body(validator, NOW)
    assert (caught.value.reason, caught.value.again, caught.value.wait) == said


def test_an_answer_with_a_listing_says_by_what_it_is_known_again() -> None:
    headers = {"etag": '"v2"'}

    new = _Answer(200, "u", headers, b"papers").body('"v1"', NOW)
    old = _Answer(304, "u", headers, b"papers").body('"v1"', NOW)

    assert new == Body(b"papers", "u", headers, is_unchanged=False, validator='"v2"')
    assert old == Body(b"", "u", headers, is_unchanged=True, validator='"v1"')


def certificate_of_no_one() -> httpx2.ConnectError:
    refused = ssl.SSLCertVerificationError()
    refused.verify_message = "self-signed certificate."
    reset = httpx2.ConnectError("reset")
    reset.__context__ = OSError()
    reset.__context__.__context__ = refused
    return reset


@table(
    ("error", "said"),
    [
        (httpx2.ProxyError("407 Auth"), "the proxy refuses: 407 Auth"),
        (httpx2.ReadTimeout("x"), "no whole answer within 2.5 s"),
        (httpx2.ConnectError("reset"), "no answer: reset"),
        (httpx2.ReadError(""), "no answer: ReadError"),
        (
            certificate_of_no_one(),
            "its certificate is not trusted: self-signed certificate"
            " (fetch.ca may name its authority)",
        ),
    ],
)
def test_what_went_wrong_is_said_in_words(error: httpx2.TransportError, said: str) -> None:
    assert _trouble(error, 2.5) == said


@table(
    ("address", "said"),
    [
        ("http://a.example/", ""),
        ("https://a.example/", ""),
        ("ftp://a.example/", "not an http(s) address: ftp://a.example/"),
        ("http:///a", "not an http(s) address: http:/a"),
        ("ftp://a.example/" + "x" * 200, "not an http(s) address: ftp://a.example/" + "x" * 184),
        ("http://me@a.example/", "an address with a user name is not fetched: a.example"),
    ],
)
def test_an_address_that_is_fetched_is_of_the_web_and_names_no_user(
    address: str, said: str
) -> None:
    assert found_or_refused(lambda: _checked(httpx2.URL(address))) == (said or address)


@table(
    ("url", "location", "found"),
    [
        ("https://a.example/x/y", "../z", "https://a.example/z"),
        ("http://a.example/", "https://b.example/", "https://b.example/"),
        ("http://a.example/", "http://b.example/", "http://b.example/"),
        ("https://a.example/", "http://b.example/", "a redirect from https to http: b.example"),
        ("http://a.example/", "", "a redirect to nowhere"),
    ],
)
def test_a_redirect_leads_to_an_address_that_is_no_less_safe(
    url: str, location: str, found: str
) -> None:
    assert found_or_refused(lambda: _next(httpx2.URL(url), location)) == found


def found_or_refused(address: Callable[[], httpx2.URL]) -> str:
    """The address, or why there is none."""
    try:
        return str(address())
    except FetchError as error:
        return error.reason


def test_a_client_may_say_little_of_itself() -> None:
    assert client(contact=" (me)\né" + "x" * 300).contact() == "me" + "x" * 198
    assert client().now() == NOW
    assert [_bracketed("::1"), _bracketed("a.example")] == ["[::1]", "a.example"]
    with origin(lambda _: reply(b"papers")) as served:
        fetched(served, contact="")
    assert served.requests[0].headers["user-agent"] == f"digest/{VERSION}"


def test_a_reason_is_one_line_of_three_hundred_signs() -> None:
    with origin(lambda _: reply(b"", "302 Found", {"Location": "ftp://a/" + "x" * 500})) as served:
        with pytest.raises(SourceError) as caught:
            fetched(served)
    with pytest.raises(SourceError, match=r"^l: not an address: http://a:b{191}$"):
        client().fetch("http://a:" + "b" * 500, listing="l")
    assert str(caught.value) == "l: not an http(s) address: ftp://a/" + "x" * 192
    for addresses in ([], ["10.0.0.1"]):
        with pytest.raises(SourceError) as caught:
            client(resolve=lambda *_, found=addresses: found).fetch(
                f"http://{'a.' * 200}example/", listing="l"
            )
        assert len(str(caught.value)) == len("l: ") + 300


def test_a_proxy_is_asked_for_what_is_public_and_for_nothing_else() -> None:
    names = {"papers.example": ["192.0.33.8"], "inside.example": ["10.0.0.1"]}
    with origin(lambda _: reply(b"papers")) as proxy, origin(lambda _: reply(b"ours")) as own:
        found = client(
            proxy=proxy.url.replace("//", "//me:secret@"),
            resolve=lambda host, _: names.get(host, [host]),
        )
        assert found.fetch("http://papers.example/x", listing="l").data == b"papers"
        assert found.fetch(own.url + "/y", listing="l").data == b"ours"
        with pytest.raises(SourceError, match=r"inside\.example is not a public"):
            found.fetch("http://inside.example/", listing="l")
    assert [(each.path, "proxy-authorization" in each.headers) for each in proxy.requests] == [
        ("http://papers.example/x", True)
    ]
    assert [each.path for each in own.requests] == ["/y"]


def test_what_a_publisher_asks_for_goes_to_its_own_address_alone() -> None:
    with origin(lambda _: reply(b"papers")) as served, origin(lambda _: reply(b"papers")) as other:
        own = {"l": Credentials(served.url + "/feed", {"X-Key": "k"})}
        found = client(credentials=own)
        found.fetch(served.url + "/page2", listing="l", headers={"X-More": "m"})
        found.fetch(served.url + "/feed", listing="another")
        found.fetch(other.url + "/feed", listing="l")
    keys = [each.headers.get("x-key") for each in (*served.requests, *other.requests)]
    assert keys == ["k", None, None]
    assert served.requests[0].headers["x-more"] == "m"
    with origin(lambda _: reply(b"papers")) as served:
        unread = {"l": Credentials("http://[", {"X-Key": "k"})}
        assert fetched(served, credentials=unread) == b"papers"
    assert "x-key" not in served.requests[0].headers


def test_dripping_answers_end_with_the_deadline() -> None:
    """A11: a byte now and then keeps no fetch alive, neither in the head nor in the body."""
    hold = threading.Event()

    def drip(request: Request) -> Iterator[bytes]:
        if request.path == "/body":
            yield b"HTTP/1.1 200 OK\r\n\r\n"
        else:
            yield b"HTTP/1.1 200 OK\r\nX-Slow: "
        while not hold.wait(0.02):
            yield b"x"

    with origin(drip) as served:
        for path in ("/head", "/body"):
            with pytest.raises(SourceError, match=r"no whole answer within 0\.2 s"):
                fetched(served, path, timeout=0.2)
        hold.set()


def test_a_name_that_takes_too_long_to_resolve_ends_with_the_deadline() -> None:
    hold = threading.Event()

    def resolve(host: str, port: int) -> list[str]:
        hold.wait()
        return []

    with pytest.raises(SourceError, match="no whole answer within"):
        client(resolve=resolve, timeout=0.1).fetch("http://slow.example/", listing="l")
    hold.set()


def test_a_body_cut_short_is_tried_again_and_then_failed() -> None:
    """A7: fewer bytes than announced."""
    cut = [b"HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\n", b"half"]
    with origin(lambda _: cut) as served, pytest.raises(SourceError, match="no answer: "):
        fetched(served)
    assert len(served.requests) == 3


@cache
def bomb() -> bytes:
    return gzip.compress(bytes(20 * 2**20), mtime=0)


@pytest.mark.parametrize(
    ("body", "headers"),
    [
        (lambda: bytes(9 * 2**20), {}),
        (bomb, {"Content-Encoding": "gzip"}),
        (lambda: zlib.compress(bytes(20 * 2**20)), {"Content-Encoding": "deflate"}),
        (lambda: gzip.compress(b"x", mtime=0) + bomb(), {"Content-Encoding": "gzip"}),
    ],
)
def test_a_body_has_a_size(body: Callable[[], bytes], headers: Mapping[str, str]) -> None:
    """A10, A12: eight mebibytes, counted after decompression."""
    with (
        origin(lambda _: reply(body(), headers=headers)) as served,
        pytest.raises(SourceError, match="more than 8 MiB"),
    ):
        fetched(served)


@pytest.mark.parametrize("encoding", ["br", "zstd", "gzip, gzip", "compress", "x" * 500])
def test_a_compression_that_was_not_asked_for_is_refused(encoding: str) -> None:
    """A12: nested encodings too."""
    with (
        origin(lambda _: reply(b"papers", headers={"Content-Encoding": encoding})) as served,
        pytest.raises(SourceError, match="was not asked for"),
    ):
        fetched(served)


def moved(request: Request) -> list[bytes]:
    count = int(request.path.strip("/") or 0)
    if count == 0:
        return reply(b"papers")
    return reply(b"", "302 Found", {"Location": f"/{count - 1}", "Set-Cookie": f"c{count}=1"})


def test_five_redirects_are_followed_with_their_cookies_and_a_sixth_is_not() -> None:
    """A13."""
    with origin(moved) as served:
        assert fetched(served, "/5") == b"papers"
        assert served.requests[-1].headers["cookie"].count("=1") == 5
        with pytest.raises(SourceError, match="more than 5 redirects"):
            fetched(served, "/6")


@pytest.mark.parametrize("status", ["301 Moved", "303 See", "307 Temporary", "308 Permanent"])
def test_every_kind_of_redirect_is_followed(status: str) -> None:
    def answer(request: Request) -> list[bytes]:
        is_old = request.path == "/old"
        return reply(b"", status, {"Location": "/new"}) if is_old else reply(b"papers")

    with origin(answer) as served:
        assert fetched(served, "/old") == b"papers"


@pytest.mark.parametrize(
    ("location", "reason"),
    [
        ("file:///etc/passwd", "not an http"),
        ("ftp://example.org/", "not an http"),
        ("http://user:pass@example.org/", "user name"),
        ("http://localhost:1/", "localhost is not a public address"),
        ("http://[::1]/", "not a public address"),
        ("http://169.254.169.254/latest/meta-data/", "not a public address"),
        ("", "a redirect to nowhere"),
    ],
)
def test_each_hop_is_checked(location: str, reason: str) -> None:
    """A13: a redirect cannot reach what an address may not."""
    with (
        origin(lambda _: reply(b"", "301 Moved", {"Location": location})) as served,
        pytest.raises(SourceError, match=reason),
    ):
        fetched(served)
    assert len(served.requests) == 1


@pytest.mark.parametrize("host", ["127.0.0.1", "::1", "localhost"])
def test_a_host_that_is_not_public_is_refused_with_what_would_allow_it(host: str) -> None:
    with pytest.raises(SourceError) as error:
        client(allow_hosts=()).fetch(
            f"http://{f'[{host}]' if ':' in host else host}:1/", listing="l"
        )
    assert error.value.reason == (
        f"{host} is not a public address;"
        f' if it is yours, write fetch: {{allow_hosts: "{host}"}} into the configuration'
    )


def test_where_a_server_leads_inside_nothing_is_recommended() -> None:
    away = reply(b"", "301 Moved", {"Location": "http://localhost:1/"})
    with origin(lambda _: away) as served, pytest.raises(SourceError) as error:
        fetched(served)
    assert error.value.reason == "localhost is not a public address"


@pytest.mark.parametrize(
    "address",
    ["", "papers", "//example.org/", "ftp://example.org/", "http://", "http://[::", "a:b"],
)
def test_what_is_no_address_is_not_fetched(address: str) -> None:
    with pytest.raises(SourceError, match="not an"):
        client().fetch(address, listing="l")


def test_what_the_caller_adds_stays_with_the_host_it_was_meant_for() -> None:
    with origin(lambda _: reply(b"papers")) as other:
        there = {"Location": other.url + "/"}
        with origin(lambda _: reply(b"", "302 Found", there)) as served:
            client().fetch(served.url, listing="l", headers={"Authorization": "Bearer secret"})
    assert served.requests[0].headers["authorization"] == "Bearer secret"
    assert "authorization" not in other.requests[0].headers


def test_arxiv_is_asked_once_in_three_seconds_by_all_its_names_together() -> None:
    clock = [0.0]
    pace = LocalPace(lambda: clock[0])
    hosts = ("rss.arxiv.org", "export.arxiv.org", "ARXIV.org.", "arxiv.org")
    waits = [pace.take(*group_of(host)) for host in hosts]
    clock[0] = 100.0
    waits.append(pace.take(*group_of("export.arxiv.org")))
    assert waits == [0, 3, 3, 3, 0]
    assert group_of("notarxiv.org") == ("notarxiv.org", 1.0)


def test_waiting_for_a_turn_does_not_eat_the_time_of_the_source() -> None:
    clock = [0.0]
    slept: list[float] = []

    def sleep(seconds: float) -> None:
        slept.append(seconds)
        clock[0] += seconds

    def nowhere(host: str, port: int) -> list[str]:
        return []

    class Slow(LocalPace):
        def take(self, group: str, gap: float) -> float:
            return super().take(group, 60.0)

    pace = Slow(lambda: clock[0])
    pace.take("arxiv.org", 3.0)
    found = client(
        pace=pace,
        sleep=sleep,
        monotonic=lambda: clock[0],
        resolve=nowhere,
    )
    with pytest.raises(SourceError, match="has no address"):
        found.fetch("http://rss.arxiv.org/rss/cs.CL", listing="l")
    # A minute before the first request, and the gap before each of the others.
    assert slept == [3.0] * 22
