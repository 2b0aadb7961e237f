from __future__ import annotations

import socket
import ssl
import threading
from collections.abc import Iterator, Sequence
from contextlib import contextmanager
from datetime import UTC, datetime
from itertools import count

import httpcore2
import pytest
import stamina

from digest.errors import SourceError
from digest.listings.sources.http import Client
from digest.listings.sources.network_guard import (
    NetworkGuard,
    RefusedError,
    is_public,
    resolve,
)
from digest.listings.sources.politeness import LocalPace
from digest.network import Deadline

from ...tables import table
from ...waits import HUNG

PRIVATE = """
0.0.0.0 0.1.2.3 10.0.0.1 10.255.255.255 100.64.0.1 100.127.255.255 127.0.0.1 127.255.255.254
169.254.169.254 172.16.0.1 172.31.255.255 192.0.0.1 192.0.0.8 192.0.0.170 192.0.2.1 192.88.99.1
192.168.0.1 192.168.255.255 198.18.0.1 198.19.255.255 198.51.100.1 203.0.113.1 224.0.0.1
239.255.255.255 240.0.0.1 255.255.255.255
:: ::1 ::127.0.0.1 ::8.8.8.8 ::ffff:127.0.0.1 ::ffff:10.0.0.1 ::ffff:7f00:1 ::ffff:0:127.0.0.1
64:ff9b::7f00:1 64:ff9b::10.0.0.1 64:ff9b::a9fe:a9fe 64:ff9b:1::1 64:ff9b:1::8.8.8.8 100::1
2001::1 2001:2::1 2001:10::1 2001:20::1 2001:db8::1 2002:7f00:1:: 2002:808:808:: 3fff::1 5f00::1
fc00::1 fd12:3456::1 fe80::1 fe80::1%eth0 fec0::1 ff02::1 ff0e::1 4000::1
localhost example.org 127.1 0x7f.1 2130706433 1.2.3 1.2.3.4.5 ①②⑦.⓪.⓪.① 127.0.0.1:80 [::1]
""".split()  # noqa: SIM905  # a column of quotes hides the numbers

PUBLIC = """
1.1.1.1 8.8.8.8 100.63.255.255 100.128.0.1 172.15.0.1 172.32.0.1 192.0.1.1 192.169.0.1 198.17.0.1
198.20.0.1 223.255.255.255 ::ffff:8.8.8.8 64:ff9b::8.8.8.8 2001:200::1 2606:4700:4700::1111
2a00:1450:4001::1 2400:cb00::1
""".split()  # noqa: SIM905


def test_an_address_that_is_not_the_internets_is_refused() -> None:
    """A14: also the forms that the standard library calls global."""
    assert list(filter(is_public, PRIVATE)) == []


@table("address", PUBLIC)
def test_an_address_of_the_internet_is_let_through(address: str) -> None:
    assert is_public(address)


@contextmanager
def trap() -> Iterator[tuple[int, list[int]]]:
    """A port on loopback that counts who comes."""
    visits: list[int] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:
        last: list[object] = []

        def accept() -> None:
            while True:
                line, visitor = listening.accept()
                line.close()
                if visitor in last:
                    return
                visits.append(1)

        thread = threading.Thread(target=accept)
        thread.start()
        try:
            yield listening.getsockname()[1], visits
        finally:
            with socket.socket() as door:
                door.bind(("127.0.0.1", 0))
                last.append(door.getsockname())
                door.connect(listening.getsockname())
            thread.join()


FORMS = """
http://127.0.0.1:{port}/ http://localhost:{port}/ http://LOCALHOST:{port}/ http://localhost.:{port}/
http://127.1:{port}/ http://127.0.1:{port}/ http://0:{port}/ http://0.0.0.0:{port}/
http://2130706433:{port}/ http://0x7f000001:{port}/ http://0x7f.1:{port}/ http://0177.0.0.1:{port}/
http://017700000001:{port}/ http://127.0.0.1.:{port}/ http://①②⑦.⓪.⓪.①:{port}/
http://127。0。0。1:{port}/ http://[::ffff:127.0.0.1]:{port}/ http://[::ffff:7f00:1]:{port}/
http://[::1]:{port}/ http://[0:0:0:0:0:0:0:1]:{port}/ http://[::127.0.0.1]:{port}/
http://[64:ff9b::7f00:1]:{port}/ http://[2002:7f00:1::]:{port}/ http://[::]:{port}/
http://example.org@127.0.0.1:{port}/ http://a:b@127.0.0.1:{port}/ http://127.0.0.1:{port}#@example.org/
http://127.0.0.1:{port}\\@example.org/ http://127.0.0.1:{port}?@example.org/
http://127.0.0.1%00:{port}/ http://loc%61lhost:{port}/ HTTP://127.0.0.1:{port}/
http:127.0.0.1:{port} http:///127.0.0.1:{port}/ //127.0.0.1:{port}/ gopher://127.0.0.1:{port}/
""".split()  # noqa: SIM905


def offline(host: str, port: int) -> Sequence[str]:
    """The system's resolver, with no name servers behind it."""
    if host.rstrip(".").lower() == "localhost":
        return ["127.0.0.1", "::1"]
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM, flags=socket.AI_NUMERICHOST)
    return [str(sockaddr[0]) for *_, sockaddr in found]


def test_no_spelling_of_loopback_is_connected_to() -> None:
    """A14: nobody ever comes to the door."""
    client = Client(
        contact="",
        now=lambda: datetime(2025, 1, 1, tzinfo=UTC),
        resolve=offline,
        pace=LocalPace(count(0, 60).__next__),
        tls=ssl.create_default_context(),
    )
    with stamina.set_testing(True, attempts=1), trap() as (port, visits):
        for form in FORMS:
            with pytest.raises(SourceError):
                client.fetch(form.format(port=port), listing="l")
        assert visits == []
        Client(contact="", now=lambda: datetime(2025, 1, 1, tzinfo=UTC), allow_hosts=["localhost"])
        with socket.create_connection(("127.0.0.1", port)):
            pass  # the door does open
    assert visits == [1]


def guard(addresses: Sequence[str], *, allow: Sequence[str] = ()) -> NetworkGuard:
    return NetworkGuard(Deadline(HUNG), allow_hosts=allow, resolve=lambda host, port: addresses)


@table(
    "addresses",
    [["127.0.0.1"], ["10.0.0.1", "::1"], ["::ffff:127.0.0.1"], ["64:ff9b::7f00:1"], ["fe80::1%lo"]],
)
def test_a_name_that_leads_inside_is_refused(addresses: list[str]) -> None:
    """A14, A15: whatever the name is."""
    with pytest.raises(RefusedError, match=r"rebind\.example is not a public address"):
        guard(addresses).connect_tcp("rebind.example", 80)


def test_a_name_is_asked_for_once_and_its_checked_addresses_used() -> None:
    """A15: a second, different answer is never heard, and a private one in the mix not used."""
    asked: list[str] = []
    answers = iter([["127.0.0.1", "203.0.113.1"], ["127.0.0.1"]])

    def rebinding(host: str, port: int) -> list[str]:
        asked.append(host)
        return next(answers)

    with trap() as (port, visits):
        found = NetworkGuard(Deadline(HUNG), resolve=rebinding)
        with pytest.raises(RefusedError):
            found.connect_tcp("rebind.example", port)
        assert (asked, visits) == (["rebind.example"], [])


def test_an_allowed_host_may_be_anywhere() -> None:
    with trap() as (port, visits):
        found = guard(["127.0.0.1"], allow=["Inside.example"])
        found.connect_tcp("inside.EXAMPLE", port).close()
    assert visits == [1]


def test_the_next_address_is_tried_where_the_first_is_closed() -> None:
    with trap() as (port, visits):
        guard(["127.0.0.2", "127.0.0.1"], allow=["h"]).connect_tcp("h", port).close()
    assert visits == [1]


def test_local_sockets_are_refused() -> None:
    with pytest.raises(RefusedError):
        guard([]).connect_unix_socket("/run/docker.sock")


def test_the_systems_resolver_is_asked_for_addresses_alone() -> None:
    assert resolve("127.0.0.1", 80) == ["127.0.0.1"]


def test_what_comes_too_late_is_said_by_what_was_waited_for() -> None:
    """By a clock that is at its end from the start, or once a connection is open."""
    late = Deadline(HUNG, iter([0.0, 2.0 * HUNG]).__next__)
    with pytest.raises(httpcore2.ConnectTimeout, match="the time was up"):
        NetworkGuard(late, resolve=lambda *_: ["203.0.113.1"]).connect_tcp("a.example", 80)
    clock = [0.0]
    with trap() as (port, _):
        deadline = Deadline(HUNG, lambda: clock[0])
        found = NetworkGuard(deadline, allow_hosts=["h"], resolve=lambda *_: ["127.0.0.1"])
        stream = found.connect_tcp("h", port)
        clock[0] = 2.0 * HUNG
        with pytest.raises(httpcore2.ReadTimeout):
            stream.read(1)
        with pytest.raises(httpcore2.WriteTimeout):
            stream.write(b"x")
        stream.close()
