"""Who holds what of the server: connections by client, places at work, pages that nobody awaits."""

from __future__ import annotations

import asyncio
import http.client
import shutil
import socket
import subprocess
import sys
import threading
from collections.abc import Awaitable, Callable, Iterator
from contextlib import ExitStack, contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest

from digest import cancellation
from digest.web.connections import Crowd
from digest.web.page_queue import AT_WORK, Places, Queue
from digest.web.recent_papers import RecentPapers

from .. import processes
from ..cli.test_cli import Workspace
from ..sites import laid_out, port_of, served
from ..waits import HUNG

# ── a crowd ──


@dataclass(eq=False)
class Line:
    """A connection that a test looks at."""

    is_idle: bool = True
    is_open: bool = True

    def hang_up(self) -> None:
        self.is_open = False


def test_who_holds_too_many_connections_loses_the_oldest_idle_one() -> None:
    crowd, lines = Crowd(10, 3), [Line() for _ in range(4)]
    lines[0].is_idle = False

    assert all(crowd.enter("a", line) for line in lines)
    assert [line.is_open for line in lines] == [True, False, True, True]
    assert len(crowd) == 3


def test_who_waits_for_as_many_answers_as_it_may_gets_no_more() -> None:
    crowd = Crowd(10, 3)
    for _ in range(3):
        assert crowd.enter("a", Line(is_idle=False))

    assert not crowd.enter("a", Line())
    assert crowd.enter("b", Line())
    assert len(crowd) == 4


def test_where_there_is_no_room_who_holds_most_makes_it() -> None:
    crowd, many, few = Crowd(5, 4), [Line() for _ in range(3)], [Line(), Line()]
    for line in few:
        crowd.enter("few", line)
    for line in many:
        crowd.enter("many", line)

    assert crowd.enter("new", Line())
    assert [line.is_open for line in many] == [False, True, True]
    assert all(line.is_open for line in few)


def test_a_proxy_is_not_one_client_and_leaves_room_for_others_too() -> None:
    crowd = Crowd(5, 2)
    for _ in range(5):
        assert crowd.enter("proxy", Line(is_idle=False), is_proxy=True)
    assert not crowd.enter("proxy", Line(), is_proxy=True)


def test_who_has_left_makes_room_once() -> None:
    crowd, line = Crowd(5, 1), Line(is_idle=False)
    crowd.enter("a", line)
    crowd.leave("a", line)
    crowd.leave("a", line)

    assert len(crowd) == 0
    assert crowd.enter("a", Line())


# ── places at work ──


def test_places_go_round_the_clients() -> None:
    async def order() -> list[str]:
        places, served = Places(1), []
        held = places.take("first")
        waiting = [(name, places.take(name)) for name in ("a", "a", "a", "b", "c")]
        holder = ("first", held)
        for _ in waiting:
            places.give_back(*holder)
            [holder] = [each for each in waiting if each[1].done() and each[0:2] not in served]
            served.append(holder)
        return [name for name, _ in served]

    assert asyncio.run(order()) == ["a", "b", "c", "a", "a"]


def test_who_no_longer_waits_leaves_nothing_behind() -> None:
    async def left() -> tuple[int, bool]:
        places = Places(1)
        held = places.take("a")
        waiting = [places.take("b") for _ in range(1000)]
        for place in waiting:
            places.give_back("b", place)
        number = len(places)
        places.give_back("a", held)
        return number, places.take("c").done()

    assert asyncio.run(left()) == (0, True)


# ── pages ──


class House:
    """The queue before a page that works until it is let go, in a thread as pages do."""

    def __init__(self) -> None:
        self.begun, self.ended = 0, 0
        self.order: list[str] = []
        self.gate = threading.Event()
        self.queue = Queue(self._page, at_once=("/healthz",), answers=("/live",))

    async def _page(self, scope: Any, receive: Any, send: Any) -> None:
        if scope["path"] != "/healthz":
            self.order.append(scope["client"][0])
            await asyncio.to_thread(self._compute)
        await send({"type": "http.response.start", "status": 200, "headers": []})
        await send({"type": "http.response.body", "body": b"done"})

    def _compute(self) -> None:
        self.begun += 1
        self.gate.wait(HUNG)
        cancellation.raise_if_cancelled()
        self.ended += 1


@dataclass
class Client:
    """One request, whose client may hang up."""

    answered: list[Any]
    gone: asyncio.Event
    task: asyncio.Task[None]


def ask(house: House, path: str = "/", method: str = "GET", peer: str = "192.0.2.1") -> Client:
    gone, answered, body = asyncio.Event(), [], [{"type": "http.request", "body": b""}]

    async def receive() -> Any:
        if body:
            return body.pop()
        await gone.wait()
        return {"type": "http.disconnect"}

    async def send(message: Any) -> None:
        answered.append(message)

    scope = {"type": "http", "path": path, "method": method, "client": (peer, 1), "headers": []}
    return Client(answered, gone, asyncio.ensure_future(house.queue(scope, receive, send)))


async def until(is_so: Callable[[], bool]) -> None:
    while not is_so():
        await asyncio.sleep(0.001)


def lived(life: Callable[[House], Awaitable[None]]) -> House:
    house = House()
    asyncio.run(asyncio.wait_for(life(house), HUNG))  # type: ignore[arg-type]
    return house


def test_a_page_that_no_one_waits_for_is_not_begun_and_one_at_work_not_ended() -> None:
    async def life(house: House) -> None:
        clients = [ask(house) for _ in range(200)]
        await until(lambda: house.begun == AT_WORK)
        for client in clients:
            client.gone.set()
        await until(lambda: sum(client.task.done() for client in clients) == 200 - AT_WORK)
        house.gate.set()
        await asyncio.gather(*(client.task for client in clients))
        assert all(client.answered == [] for client in clients)
        assert len(house.queue.places) == 0
        last = ask(house)
        await last.task
        assert last.answered[0]["status"] == 200

    house = lived(life)
    assert (house.begun, house.ended) == (AT_WORK + 1, 1)


def test_what_changes_something_is_done_though_no_one_waits() -> None:
    async def life(house: House) -> None:
        clients = [ask(house, "/unsubscribe/x", "POST") for _ in range(AT_WORK + 3)]
        questions = [ask(house, "/operator/here/profiles/x/live", "POST") for _ in range(3)]
        await until(lambda: house.begun == AT_WORK)
        for client in (*clients, *questions):
            client.gone.set()
        await asyncio.gather(*(client.task for client in questions))
        house.gate.set()
        await asyncio.gather(*(client.task for client in clients))

    house = lived(life)
    assert house.ended == AT_WORK + 3


def test_two_hundred_who_wait_do_not_keep_it_from_saying_that_it_lives() -> None:
    async def life(house: House) -> None:
        clients = [ask(house) for _ in range(200)]
        await until(lambda: house.begun == AT_WORK)
        alive = ask(house, "/healthz")
        await alive.task
        assert alive.answered[0]["status"] == 200
        assert house.ended == 0
        other = ask(house, peer="192.0.2.2")
        house.gate.set()
        await other.task
        # Its turn came after those at work and one more of the client who asked before.
        assert house.order.index("192.0.2.2") == AT_WORK + 1
        await asyncio.gather(*(client.task for client in clients))

    assert lived(life).ended == 201


# ── real processes ──


@contextmanager
def pages(workspace: Workspace, *, settings: str = "") -> Iterator[int]:
    """The pages as a process of their own; gives the port."""
    config = workspace.folder / "config.yaml"
    config.write_text(config.read_text() + settings)
    program = Path(sys.executable).with_name("digest")
    command = [str(program), "--config", str(config), "web", "--port", "0"]
    with processes.Popen(command, stdout=subprocess.PIPE, text=True) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline().rpartition(":")[2])
        finally:
            process.terminate()


@pytest.fixture
def workspace(tmp_path: Path, laid_out: Path) -> Workspace:
    shutil.copy(laid_out, tmp_path / "digest.db")
    return Workspace(tmp_path)


def answer(port: int, path: str, peer: str = "127.0.0.1", **headers: str) -> int:
    """The status of an answer to a request from that address of this machine."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=HUNG, source_address=(peer, 0))
    names = {name.replace("_", "-"): value for name, value in headers.items()}
    line.request("GET", path, headers=names)
    status = line.getresponse().status
    line.close()
    return status


HEAD = b"GET / HTTP/1.1\r\nHost: 127.0.0.1\r\n"
#: What a client may leave unfinished.
UNFINISHED = {
    "nothing": b"",
    "half a head": HEAD,
    "half a body": b"POST /width HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 9\r\n\r\nx",
    "whole, then idle": b"GET /healthz HTTP/1.1\r\nHost: 127.0.0.1\r\n\r\n",
}


@pytest.mark.skipif(sys.platform != "linux", reason="one machine has many addresses")
def test_one_client_with_six_hundred_connections_keeps_no_one_out(workspace: Workspace) -> None:
    with pages(workspace) as port, ExitStack() as stack:
        for number in range(600):
            line = stack.enter_context(socket.create_connection(("127.0.0.1", port), HUNG))
            line.sendall(list(UNFINISHED.values())[number % len(UNFINISHED)])
        for peer in ("127.0.0.2", "127.0.0.3", "127.0.0.1"):
            assert answer(port, "/archive", peer) == 200
            assert answer(port, "/healthz", peer) == 200


def test_pages_that_two_hundred_clients_hung_up_on_are_not_computed(tmp_path: Path) -> None:
    """Who asks the past days waits as long as this test asks them, so that one can count."""
    begun: list[None] = []
    with laid_out(tmp_path) as site, served(site) as running, ExitStack() as stack:
        port, past = port_of(running), running.site.recent_papers
        past.refresh(wait=True)
        count_asked(past, begun)
        body = b"interests=sparse"
        with past.days():
            begun.clear()
            for _ in range(200):
                line = stack.enter_context(socket.create_connection(("127.0.0.1", port), HUNG))
                line.sendall(WIDTH % len(body) + body)
            while len(begun) < AT_WORK:
                assert answer(port, "/healthz") == 200
            assert answer(port, "/readyz") == 200
            stack.close()
            for _ in range(5):  # each answer is later than what was ready before it was asked for
                assert answer(port, "/healthz") == 200
        with socket.create_connection(("127.0.0.1", port), HUNG) as line:
            line.sendall(WIDTH % len(body) + body)
            assert line.makefile("rb").readline().split()[1] == b"200"
    assert len(begun) == AT_WORK + 1


def count_asked(past: RecentPapers, asked: list[None]) -> None:
    """Let each page that asks the past days leave a mark."""
    refresh = past.refresh

    def counted(**named: Any) -> None:
        asked.append(None)
        refresh(**named)

    past.refresh = counted  # type: ignore[method-assign]


WIDTH = (
    b"POST /width HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: %d\r\n"
    b"Content-Type: application/x-www-form-urlencoded\r\n\r\n"
)


def test_half_a_form_is_none(tmp_path: Path) -> None:
    """Its fields would be taken for all there were."""
    with laid_out(tmp_path) as site, served(site) as running:
        port = port_of(running)
        asked: list[None] = []
        count_asked(running.site.recent_papers, asked)
        with socket.create_connection(("127.0.0.1", port), HUNG) as line:
            line.sendall(WIDTH % 100 + b"interests=sparse")
            assert answer(port, "/healthz") == 200
        for _ in range(5):
            assert answer(port, "/healthz") == 200
        assert asked == []
        with socket.create_connection(("127.0.0.1", port), HUNG) as line:
            line.sendall(WIDTH % 16 + b"interests=sparse")
            assert line.makefile("rb").readline().split()[1] == b"200"
        assert len(asked) == 1


def test_the_operators_page_is_not_for_who_comes_through_a_proxy(workspace: Workspace) -> None:
    with pages(workspace) as port:
        assert answer(port, "/operator/here") == 200
        for header in FORWARDING:
            assert answer(port, "/operator/here", **{header: "192.0.2.7"}) == 404, header
            assert answer(port, "/metrics", **{header: "192.0.2.7"}) == 404, header
        assert answer(port, "/operator/here", Host="rebound.example.org") == 400
        # nginx as it is without a word in its settings
        with socket.create_connection(("127.0.0.1", port), HUNG) as line:
            line.sendall(b"GET /operator/here HTTP/1.0\r\nHost: 127.0.0.1\r\n\r\n")
            assert line.makefile("rb").readline().split()[1] == b"404"


FORWARDING = (
    *("Forwarded", "X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "Via"),
    *("X-Forwarded-Server", "X-Real-IP", "CF-Connecting-IP", "CF-Ray", "True-Client-IP"),
    *("X-Client-IP", "Fastly-Client-IP", "Fly-Client-IP", "X-Envoy-External-Address"),
    *("X-Cluster-Client-IP", "CDN-Loop", "X-Original-Forwarded-For", "X-Amzn-Trace-Id"),
    *("Client-IP", "X-Originating-IP", "X-Remote-Addr", "WL-Proxy-Client-IP", "X-Scheme"),
    *("Proxy-Client-IP", "X-Forward-For", "Forwarded-For", "X-Remote-IP", "X-Via", "Remote-Addr"),
    *("X-Nginx-Proxy", "Incap-Client-IP", "Ali-Cdn-Real-Ip", "X-Real-Port", "X-LB-Client-IP"),
    *("Proxy-Connection", "X-SSL", "SSL-Client-Cert", "X-Forwarded_For", "X-Sucuri-ClientIP"),
    *("Front-End-Https", "Surrogate-Capability", "Early-Data", "CloudFront-Viewer-Address"),
    *("X-Coming-From", "Akamai-Origin-Hop", "X-Akamai-Edgescape", "HTTP-Forwarded", "Traceparent"),
)
