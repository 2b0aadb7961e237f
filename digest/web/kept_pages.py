"""Keep the public pages as they were last made, until what they show changes.

They hold no secret and are the same for everybody, so that they may also be compressed: a page with
a link's token in it could be guessed by the length of its answers (BREACH), and never is.
"""

from __future__ import annotations

from collections import OrderedDict
from collections.abc import Callable, Collection
from dataclasses import dataclass, field
from hashlib import blake2b

from anyio import to_thread
from starlette.datastructures import Headers, MutableHeaders
from starlette.middleware.gzip import GZipMiddleware
from starlette.responses import Response
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .. import locales
from ..store import StoreError

#: The bytes of all the pages that are kept; those asked for least recently go first.
MOST_BYTES = 16_000_000

#: A higher level makes a page of 80 kB hardly smaller, and takes half as long again or more.
LEVEL = 4


@dataclass(slots=True)
class KeptPage:
    """An answer as it was sent, and the stamp of what it was made from."""

    stamp: object
    start: Message = field(default_factory=dict)
    body: bytes = b""

    async def send(self, asked: Headers, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer by the page, or by 304 where the client has it."""
        headers = MutableHeaders(raw=list(self.start["headers"]))
        known = (each.strip() for each in asked.get("if-none-match", "").split(","))
        if headers["etag"] in known:
            kept = {name: headers[name] for name in ("etag", "cache-control", "vary")}
            await Response(status_code=304, headers=kept)(scope, receive, send)
            return
        await send({**self.start, "headers": headers.raw})
        await send({"type": "http.response.body", "body": self.body})


class KeptPages:
    """The middleware that compresses public pages and keeps them; it works in one event loop.

    ``paths`` are the beginnings of their paths; ``stamp`` returns, by a path, a value that changes
    when what is shown there does, and may ask the store.
    """

    def __init__(
        self, app: ASGIApp, *, paths: Collection[str], stamp: Callable[[str], object]
    ) -> None:
        self._app = app
        self._compressing = GZipMiddleware(app, compresslevel=LEVEL)
        self._paths = tuple(paths)
        self._stamp = stamp
        self._kept: OrderedDict[tuple[object, ...], KeptPage] = OrderedDict()
        self._bytes = 0

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        is_kept = scope["type"] == "http" and scope["path"].startswith(self._paths)
        if not is_kept or scope["method"] != "GET":
            await self._app(scope, receive, send)
            return
        try:
            stamp = await to_thread.run_sync(self._stamp, scope["path"])
        except StoreError:  # the page says so itself
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        key = (
            *(scope["path"], scope["query_string"], headers.get("hx-request")),
            locales.current(),
            "gzip" in headers.get("accept-encoding", ""),
        )
        kept = self._kept.get(key)
        if kept is None or kept.stamp != stamp:
            kept = KeptPage(stamp)
            await self._compressing(scope, receive, _filling(kept))
            if kept.start.get("status") != 200:
                await _pass_on(kept, send)
                return
            self._keep(key, kept)
        else:
            self._kept.move_to_end(key)
        await kept.send(headers, scope, receive, send)

    def _keep(self, key: tuple[object, ...], page: KeptPage) -> None:
        headers = MutableHeaders(raw=page.start["headers"])
        headers.setdefault("Cache-Control", "no-cache")
        headers.setdefault("Vary", "Accept-Encoding")
        headers.add_vary_header("HX-Request")
        headers.add_vary_header("Accept-Language")
        headers["ETag"] = f'"{blake2b(page.body, digest_size=12).hexdigest()}"'
        before = self._kept.pop(key, None)
        self._kept[key] = page
        self._bytes += len(page.body) - (len(before.body) if before else 0)
        while self._bytes > MOST_BYTES:
            _, oldest = self._kept.popitem(last=False)
            self._bytes -= len(oldest.body)


def _filling(page: KeptPage) -> Send:
    async def fill(message: Message) -> None:
        if message["type"] == "http.response.start":
            page.start = message
        else:
            page.body += message.get("body", b"")

    return fill


async def _pass_on(page: KeptPage, send: Send) -> None:
    if page.start:  # else the client has left
        await send(page.start)
        await send({"type": "http.response.body", "body": page.body})
