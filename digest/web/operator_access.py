"""Decide who may see the operator's pages: a request from this machine, or with the operator's key.

Answers yes or no; shows nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from datetime import datetime, timedelta
from hashlib import sha256
from typing import TYPE_CHECKING
from urllib.parse import urlsplit

from itsdangerous import BadData, URLSafeSerializer

from ..network import is_loopback
from ..store import Store, settings
from .client import Network, client_of
from .middleware import host_name
from .rate_limiter import RateLimiter

if TYPE_CHECKING:
    from fastapi import Request

#: Used instead of a key in an address on this machine.
HERE = "here"
LIFETIME = timedelta(hours=12)

#: A client with this many wrong keys in that time is refused, even with the right one.
MOST_WRONG, LOCKED_FOR = 20, timedelta(minutes=15)

#: Parts of the names of headers that proxies write into a request: another machine asks.
_OF_PROXIES = (
    *("forward", "client-ip", "clientip", "via", "real-", "remote-", "originating", "proxy"),
    *("cdn", "connecting-ip", "client-cert", "client-verify", "request-id", "correlation-id"),
    *("traceparent", "tracestate", "trace-id", "front-end", "surrogate", "early-data"),
    *("viewer-", "disguised-host"),
)
_PROXIED_FROM = (
    *("cf-", "fastly-", "fly-", "tailscale-", "akamai-", "incap-", "ali-", "eagleeye-", "wl-"),
    *("ssl-", "b3", "uber-trace"),
)

#: No browser sends a header that begins with ``X-`` by itself; these are from pages' own scripts
#: and from Prometheus.
_OWN = frozenset({"x-requested-with", "x-prometheus-scrape-timeout-seconds"})

#: The HTTP version that nginx uses by default, without a header that names the client; no browser
#: uses it.
_OLD = "1.0"


class OperatorKeys:
    """The operator's keys, signed with the installation's signing secret."""

    def __init__(
        self,
        store: Store,
        now: Callable[[], datetime],
        base_url: str,
        proxies: tuple[Network, ...] = (),
    ) -> None:
        self._store = store
        self._now = now
        self._proxies = proxies
        # Behind a proxy every request seems to come from this machine.
        name = urlsplit(base_url).hostname or ""
        #: whether a request under this machine's own name comes from this machine
        self.is_private = not base_url or is_loopback(name)
        self._wrong = RateLimiter(MOST_WRONG, LOCKED_FOR)

    def make(self) -> str:
        """Return a fresh key."""
        return str(self._signer().dumps(int(self._now().timestamp())))

    def opens(self, key: str, request: Request) -> bool:
        """Return whether a request comes from the operator."""
        if key == HERE:
            return self.is_private and is_here(request)
        client = client_of(request.scope, self._proxies)
        now = self._now()
        if self._wrong.is_exhausted(client, now):
            return False
        if not self._is_good(key, now):
            self._wrong.take(client, now)
            return False
        return True

    def _is_good(self, key: str, now: datetime) -> bool:
        try:
            made = self._signer().loads(key)
        except BadData:
            return False
        age = now.timestamp() - made
        return self._signer().dumps(made) == key and 0 <= age <= LIFETIME.total_seconds()

    def seal(self, sentence: str) -> str:
        """Sign a sentence of ours for an address, so that a stranger cannot put words on a page."""
        return str(self._signer("said").dumps(sentence))

    def unseal(self, text: str) -> str:
        """Return the signed sentence; empty where the signature is not ours."""
        try:
            return str(self._signer("said").loads(text))
        except BadData:
            return ""

    def _signer(self, use: str = "operator") -> URLSafeSerializer:
        with self._store.begin() as tx:
            secret = settings.secret(tx)
        options = {"digest_method": sha256, "key_derivation": "hmac"}
        return URLSafeSerializer(secret, salt=f"digest.{use}", signer_kwargs=options)


def is_here(request: Request) -> bool:
    """Return whether a request was made on this machine, by its own name, without a proxy."""
    headers: Mapping[str, str] = request.headers
    peer = request.client.host if request.client else ""
    return (
        is_loopback(peer)
        and is_loopback(host_name(headers.get("host", "")))
        and request.scope.get("http_version") != _OLD
        and not any(map(_is_of_a_proxy, headers))
    )


def _is_of_a_proxy(header: str) -> bool:
    name = header.lower().replace("_", "-")
    if name.startswith("x-") and name not in _OWN:
        return True
    return name.startswith(_PROXIED_FROM) or any(part in name for part in _OF_PROXIES)
