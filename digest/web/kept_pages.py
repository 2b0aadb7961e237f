"""Keep pages as they were last made, until what they show changes.

Public ones hold no secret and are the same for everybody, so that they may also be compressed: a
page with a link's token in it could be guessed by the length of its answers (BREACH), and never is.
A private one is kept by its link, and answered as if it was made for each request.
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

#: The bytes of all the public pages that are kept, and of the private ones, not compressed;
#: those asked for least recently go first.
MOST_BYTES, MOST_PRIVATE_BYTES = 16_000_000, 32_000_000

#: Stamps that are remembered at most, of one version.
MOST_STAMPS = 1_000

#: A higher level makes a page of 80 kB hardly smaller, and takes half as long again or more.
LEVEL = 4
#: Of a page that is hardly asked for again: a tenth larger than that, in two thirds of its time.
LEVEL_ONCE = 1


@dataclass(slots=True)
class KeptPage:
    """An answer as it was sent, the stamp of what it was made from, and the version it was in."""

    stamp: object
    version: object = None
    start: Message = field(default_factory=dict)
    body: bytes = b""

    async def send(self, asked: Headers, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer by the page, or by 304 where the client has it."""
        headers = MutableHeaders(raw=list(self.start["headers"]))
        known = (each.strip() for each in asked.get("if-none-match", "").split(","))
        if headers.get("etag", "") in [*filter(None, known)]:
            kept = {name: headers[name] for name in ("etag", "cache-control", "vary")}
            await Response(status_code=304, headers=kept)(scope, receive, send)
            return
        await send({**self.start, "headers": headers.raw})
        await send({"type": "http.response.body", "body": self.body})


class KeptPages:
    """The middleware that keeps pages, and compresses public ones; it works in one event loop.

    ``paths`` are the beginnings of their paths, and ``once`` the paths of those that are seldom
    asked for again; ``stamp`` returns, by a path, a value that changes when what is shown there
    does, and may ask the store; None if it is not kept.  ``version`` is cheap: while it stays the
    same, so do all stamps, unless it is None.
    """

    def __init__(
        self,
        app: ASGIApp,
        *,
        paths: Collection[str],
        stamp: Callable[[str], object],
        version: Callable[[], object] = lambda: None,
        once: Collection[str] = (),
    ) -> None:
        self._app = app
        self._making, self._making_once = self._maker(app, LEVEL), self._maker(app, LEVEL_ONCE)
        self._paths, self._once = tuple(paths), frozenset(once)
        self._stamp = stamp
        self._version = version
        self._most = self._most_bytes()
        self._kept: OrderedDict[tuple[object, ...], KeptPage] = OrderedDict()
        self._bytes = 0
        #: a version, and the stamps that were asked for in it, by path
        self._stamps: tuple[object, dict[str, object]] = None, {}

    def _maker(self, app: ASGIApp, level: int) -> ASGIApp:
        """Return what makes a page as it is kept."""
        return GZipMiddleware(app, compresslevel=level)

    def _most_bytes(self) -> int:
        return MOST_BYTES

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http" or scope["method"] != "GET" or not self._is_kept(scope):
            await self._app(scope, receive, send)
            return
        headers = Headers(scope=scope)
        key = self._key(scope, headers)
        try:
            version = self._version()
            kept = await self._found(key, scope, version)
        except StoreError:  # the page says so itself
            await self._app(scope, receive, send)
            return
        if not kept.start:
            making = self._making_once if scope["path"] in self._once else self._making
            await making(scope, receive, _filling(kept))
            if not self._may_keep(kept, scope):
                await _pass_on(kept, send)
                return
            self._keep(key, kept)
        await kept.send(headers, scope, receive, send)

    def _is_kept(self, scope: Scope) -> bool:
        path: str = scope["path"]
        return path.startswith(self._paths)

    def _key(self, scope: Scope, headers: Headers) -> tuple[object, ...]:
        return (
            *(scope["path"], scope["query_string"], headers.get("hx-request")),
            locales.current(),
            "gzip" in headers.get("accept-encoding", ""),
        )

    async def _found(self, key: tuple[object, ...], scope: Scope, version: object) -> KeptPage:
        """Return the page that is kept, or one to fill."""
        kept = self._kept.get(key)
        if kept and version is not None and kept.version == version:
            self._kept.move_to_end(key)
            return kept
        stamp = await self._stamped(kept, scope, version)
        if kept is None or stamp is None or kept.stamp != stamp:
            return KeptPage(stamp, version)
        kept.version = version
        self._kept.move_to_end(key)
        return kept

    async def _stamped(self, _kept: KeptPage | None, scope: Scope, version: object) -> object:
        """Return a path's stamp; in a version it is asked for once, whatever the question is."""
        path, (before, stamps) = scope["path"], self._stamps
        if version is None or version != before or len(stamps) >= MOST_STAMPS:
            stamps = {}
            self._stamps = version, stamps
        if path not in stamps:
            stamps[path] = await to_thread.run_sync(self._stamp, path)
        return stamps[path]

    def _may_keep(self, page: KeptPage, _scope: Scope) -> bool:
        """Return whether what was made is a page to keep, and say by headers how others may."""
        if page.start.get("status") != 200:
            return False
        headers = MutableHeaders(raw=page.start["headers"])
        headers.setdefault("Cache-Control", "no-cache")
        headers.setdefault("Vary", "Accept-Encoding")
        headers.add_vary_header("HX-Request")
        headers.add_vary_header("Accept-Language")
        headers["ETag"] = f'"{blake2b(page.body, digest_size=12).hexdigest()}"'
        return True

    def _keep(self, key: tuple[object, ...], page: KeptPage) -> None:
        before = self._kept.pop(key, None)
        self._kept[key] = page
        self._bytes += len(page.body) - (len(before.body) if before else 0)
        while self._bytes > self._most:
            _, oldest = self._kept.popitem(last=False)
            self._bytes -= len(oldest.body)


class PrivatePages(KeptPages):
    """The middleware that keeps pages of one reader by their link, which has no question.

    A page says its stamp itself when it is made, in ``request.state.stamp``, since it has read all
    that before; ``stamp`` is asked only for those that are kept.
    """

    def _maker(self, app: ASGIApp, level: int) -> ASGIApp:
        return app

    def _most_bytes(self) -> int:
        return MOST_PRIVATE_BYTES

    def _is_kept(self, scope: Scope) -> bool:
        return super()._is_kept(scope) and not scope["query_string"]

    def _key(self, scope: Scope, _headers: Headers) -> tuple[object, ...]:
        return scope["path"], locales.current()

    async def _stamped(self, kept: KeptPage | None, scope: Scope, version: object) -> object:
        return await super()._stamped(kept, scope, version) if kept else None

    def _may_keep(self, page: KeptPage, scope: Scope) -> bool:
        page.stamp = scope["state"].get("stamp")
        return page.start.get("status") == 200 and page.stamp is not None


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
