"""Guard the pages: check every request before a page, and set the headers of every answer.

Knows no page.  Refuses foreign hosts, foreign forms, and bodies that are too large or too slow; the
headers forbid everything that a page does not need.
"""

from __future__ import annotations

import asyncio
import secrets
from collections.abc import Collection, Iterable
from urllib.parse import urlsplit

from starlette.datastructures import Headers, MutableHeaders
from starlette.responses import PlainTextResponse
from starlette.types import ASGIApp, Message, Receive, Scope, Send

from .. import locales
from ..network import is_loopback

#: A profile is refused above 16 KB; no form here is nearly as long.
MAX_BODY_SIZE = 1_000_000
#: Seconds within which the whole body of a request must have come.
BODY_WITHIN = 20.0

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Permissions-Policy": "camera=(), geolocation=(), microphone=()",
    "X-Robots-Tag": "noindex",
    "Cache-Control": "no-store",
}

#: A mail in a frame: nothing in it may run or load, but its links may open beside the page.
MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "sandbox allow-popups allow-popups-to-escape-sandbox; frame-ancestors 'self'"
)

_SAFE = frozenset({"GET", "HEAD", "OPTIONS"})


class RequestGuard:
    """The middleware before all pages.

    ``hosts`` are the names under which they are asked for; empty means this machine's own alone.
    ``open_to_all`` are beginnings of paths that accept a POST from any site: RFC 8058 needs one.
    """

    def __init__(
        self, app: ASGIApp, *, base_url: str = "", open_to_all: Collection[str] = ()
    ) -> None:
        self._app = app
        self._host = (urlsplit(base_url).hostname or "").lower()
        self._open_to_all = tuple(open_to_all)

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        if scope["type"] != "http":
            await self._app(scope, receive, send)
            return
        nonce = secrets.token_urlsafe(16)
        scope.setdefault("state", {})["nonce"] = nonce
        headers = Headers(scope=scope)
        answer = _with_headers(send, nonce)
        refusal = self._refusal(scope, headers)
        if refusal is None:
            try:
                async with asyncio.timeout(BODY_WITHIN):  # wait_for would start a task
                    body = await _body(receive, headers)
            except _GoneError:
                return  # the client left before its form was complete
            except TimeoutError:
                refusal = PlainTextResponse("the request took too long", 408)
            except _TooLargeError:
                refusal = PlainTextResponse("that is too large", 413)
            else:
                await self._app(scope, _replay(body, receive), answer)
                return
        refusal.headers["Connection"] = "close"
        await refusal(scope, receive, answer)

    def _refusal(self, scope: Scope, headers: Headers) -> PlainTextResponse | None:
        if not self._is_ours(headers.get("host", "")):
            return PlainTextResponse("this is not the name of these pages", 400)
        is_open = scope["path"].startswith(self._open_to_all)
        if scope["method"] not in _SAFE and not is_open and _is_foreign(headers):
            return PlainTextResponse("this form was sent by another site", 403)
        return None

    def _is_ours(self, host: str) -> bool:
        name = host_name(host)
        return is_loopback(name) or (bool(self._host) and name == self._host)


class ReadersLocale:
    """The middleware that lets what the reader's browser asks for be in force.

    A page that knows its reader changes it to what they chose.
    """

    def __init__(self, app: ASGIApp) -> None:
        self._app = app

    async def __call__(self, scope: Scope, receive: Receive, send: Send) -> None:
        """Answer one request."""
        asked = Headers(scope=scope).get("accept-language", "") if scope["type"] == "http" else ""
        with locales.use(locales.preferred(asked)):
            await self._app(scope, receive, send)


def host_name(host: str) -> str:
    """Return the name in a Host header, without its port."""
    if host.startswith("["):
        return host[1:].partition("]")[0]
    return host.partition(":")[0].rstrip(".").lower()


def _is_foreign(headers: Headers) -> bool:
    """Return whether another site's page sent this, by headers that no page can forge.

    A client that sends neither header is no browser, and has no other person's rights.
    """
    site = headers.get("sec-fetch-site")
    if site is not None:
        return site not in ("same-origin", "none")
    origin = headers.get("origin")
    return origin is not None and urlsplit(origin).netloc != headers.get("host", "")


class _GoneError(Exception):
    """The client went before its request was whole."""


class _TooLargeError(Exception):
    """A body is larger than LARGEST."""


async def _body(receive: Receive, headers: Headers) -> bytes:
    """Return the whole body.  Raises _GoneError and _TooLargeError."""
    content_length = headers.get("content-length", "0")
    if content_length.isdecimal() and int(content_length[:20]) > MAX_BODY_SIZE:
        raise _TooLargeError
    pieces = bytearray()
    while True:
        message = await receive()
        if message["type"] == "http.disconnect":
            raise _GoneError
        pieces += message.get("body", b"")
        if len(pieces) > MAX_BODY_SIZE:
            raise _TooLargeError
        if not message.get("more_body", False):
            return bytes(pieces)


def _replay(body: bytes, receive: Receive) -> Receive:
    messages: list[Message] = [{"type": "http.request", "body": body, "more_body": False}]

    async def again() -> Message:
        return messages.pop() if messages else await receive()

    return again


def _with_headers(send: Send, nonce: str) -> Send:
    async def sending(message: Message) -> None:
        if message["type"] == "http.response.start":
            headers = MutableHeaders(scope=message)
            for name, value in _all_headers(nonce):
                headers.setdefault(name, value)
        await send(message)

    return sending


def _all_headers(nonce: str) -> Iterable[tuple[str, str]]:
    yield from _HEADERS.items()
    yield "Content-Security-Policy", page_policy(nonce)


def page_policy(nonce: str) -> str:
    """Return what a page may do: its own scripts, styles and forms, and a mail in a frame."""
    return (
        f"default-src 'none'; style-src 'self' 'nonce-{nonce}'; script-src 'self'; "
        "connect-src 'self'; frame-src 'self'; img-src 'self' data:; form-action 'self'; "
        "base-uri 'none'; frame-ancestors 'none'"
    )
