"""Limit how many pages are computed at a time; further requests wait in a queue.

More at once would be no faster, and would delay the answer to health checks.  For a client that
hangs up nothing is computed.
"""

from __future__ import annotations

import asyncio
from collections import OrderedDict, deque
from collections.abc import Collection
from contextlib import nullcontext

from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .. import cancellation
from .client import Network, client_of

#: Python computes one thing at a time; a second request may wait for the database meanwhile.
AT_WORK = 2

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class Places:
    """The places for requests at work, in turn by client: a busy client delays itself only."""

    def __init__(self, number: int) -> None:
        self._free = number
        self._waiting: OrderedDict[str, deque[asyncio.Future[None]]] = OrderedDict()

    def __len__(self) -> int:
        return sum(map(len, self._waiting.values()))

    def take(self, client: str) -> asyncio.Future[None]:
        """Return a future that is done once the client has a place."""
        place = asyncio.get_running_loop().create_future()
        if self._free:
            self._free -= 1
            place.set_result(None)
        else:
            self._waiting.setdefault(client, deque()).append(place)
        return place

    def give_back(self, client: str, place: asyncio.Future[None]) -> None:
        """Release a place that was taken, or leave the queue for one."""
        if place.done():
            self._pass_on()
        elif client in self._waiting:
            self._waiting[client].remove(place)
            if not self._waiting[client]:
                del self._waiting[client]

    def _pass_on(self) -> None:
        if not self._waiting:
            self._free += 1
            return
        client, line = self._waiting.popitem(last=False)
        line.popleft().set_result(None)
        if line:  # behind the other clients
            self._waiting[client] = line


class Queue:
    """The middleware behind the guard, which has read the whole body.

    ``at_once`` are beginnings of paths that do not wait; ``answers`` are ends of paths where a POST
    changes nothing, so that it may be dropped like a GET.  A request that changes something is done
    to its end, even if its client has left.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        proxies: Collection[Network] = (),
        at_once: Collection[str] = (),
        answers: Collection[str] = (),
    ) -> None:
        self._app = app
        self._proxies = proxies
        self._at_once = tuple(at_once)
        self._answers = tuple(answers)
        self.places = Places(AT_WORK)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request in its turn."""
        if scope["type"] != "http" or scope["path"].startswith(self._at_once):
            await self._app(scope, receive, send)
            return
        body = await receive()
        gone = asyncio.ensure_future(_until_gone(receive))
        client = client_of(scope, self._proxies)
        visit = _Visit(self.places, client, body, gone, send)
        may_drop = scope["method"] in _SAFE or scope["path"].endswith(self._answers)
        try:
            await visit.wait(may_drop=may_drop)
            if visit.has_place and not (may_drop and gone.done()):
                with cancellation.cancel_when(gone.done) if may_drop else nullcontext():
                    await self._app(scope, visit.receive, visit.send)
        except cancellation.AbandonedError:
            pass
        finally:
            gone.cancel()
            visit.leave()


class _Visit:
    """One request on its way: its place, and whether its client is still there."""

    def __init__(
        self, places: Places, client: str, body: Message, gone: asyncio.Future[None], send: Send
    ) -> None:
        self._places = places
        self._client = client
        self._messages = [body]
        self._gone = gone
        self._send = send
        self._place = places.take(client)
        self._has_left = False

    @property
    def has_place(self) -> bool:
        """Return whether the page may be computed."""
        return self._place.done()

    async def wait(self, *, may_drop: bool) -> None:
        """Wait for a place; a request that may be dropped waits only as long as its client does."""
        until = {self._place, self._gone} if may_drop else {self._place}
        await asyncio.wait(until, return_when=asyncio.FIRST_COMPLETED)

    async def receive(self) -> Message:
        """Return the body, then wait until the client goes."""
        if self._messages:
            return self._messages.pop()
        await asyncio.shield(self._gone)
        return {"type": "http.disconnect"}

    async def send(self, message: Message) -> None:
        """Pass an answer on and release the place: the page is computed, its client may be slow."""
        self.leave()
        await self._send(message)

    def leave(self) -> None:
        """Release the place, once."""
        if not self._has_left:
            self._has_left = True
            self._places.give_back(self._client, self._place)


async def _until_gone(receive: Receive) -> None:
    while (await receive())["type"] != "http.disconnect":
        pass
