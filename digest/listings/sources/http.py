"""The client that fetches listings, within limits of time, size, redirects and addresses.

It stores nothing: the validators of earlier answers are passed in, and new ones are returned.
"""

from __future__ import annotations

import ssl
import threading
import time
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import Any, Protocol

import httpcore2
import httpx2
import stamina
import structlog

from ... import expressions
from ...errors import SourceError
from ...model import Credentials
from ...network import Deadline
from ...resources import VERSION
from .entries import line
from .local_files import read_file
from .network_guard import NetworkGuard, PrivateHostError, RefusedError, Resolve, resolve
from .politeness import LocalPace, Pace, group_of
from .response import MAX_BODY_SIZE, FetchError, conditions, read_body, retry_after, validator_of

log = structlog.get_logger()

#: Seconds for one fetch with every redirect and retry; waits of our own rate limit are not counted.
TIMEOUT = 30.0
MAX_REDIRECTS = 5
FETCH_ATTEMPTS = 3
_NOT_IN_COMMENT = expressions.compile(r"[^\x20-\x7e]|[()]")
_MOVED = {301, 302, 303, 307, 308}
# The longest pause that stamina makes between two attempts, jitter included.
_LONGEST_PAUSE = 3.0


@dataclass(frozen=True, slots=True)
class Body:
    """The result of one fetch."""

    data: bytes
    url: str = ""
    headers: Mapping[str, str] = field(default_factory=dict)
    #: the source answered "not modified"; ``data`` is empty
    is_unchanged: bool = False
    #: for the next request: the entity tag, else the date of the last modification, else ""
    validator: str = ""


class Fetch(Protocol):
    """What a source needs for fetching; Client implements it, and a test may, too."""

    def fetch(
        self, address: str, *, listing: str, headers: Mapping[str, str] | None = None
    ) -> Body:
        """Fetch an http(s) address; raises SourceError."""

    def read(self, path: str, *, listing: str) -> Body:
        """Read a file; raises SourceError."""

    def now(self) -> datetime:
        """Return the current time, with its time zone."""

    def contact(self) -> str:
        """Return the operator's address for sources that ask for one, or ""."""


class Client:
    """Fetches for all listings; safe to share between threads.

    ``contact`` is sent to every source, so that its operator can complain.  ``roots`` are the
    folders that ``path:`` may read, relative paths starting at the first.  ``allow_hosts`` are
    hosts that need not be public.  ``validators`` maps addresses to the validators of earlier
    answers.  ``credentials`` maps names of listings to what their publishers ask for.  ``proxy`` is
    the address of a proxy that all connections go through, except those to ``allow_hosts``.
    ``sockets`` opens the connections to addresses that were checked.
    """

    def __init__(
        self,
        *,
        contact: str,
        now: Callable[[], datetime],
        roots: Sequence[Path] = (),
        allow_hosts: Iterable[str] = (),
        validators: Mapping[str, str] | None = None,
        credentials: Mapping[str, Credentials] | None = None,
        proxy: str = "",
        pace: Pace | None = None,
        timeout: float = TIMEOUT,
        limit: int = MAX_BODY_SIZE,
        resolve: Resolve = resolve,
        sleep: Callable[[float], None] = time.sleep,
        monotonic: Callable[[], float] = time.monotonic,
        tls: ssl.SSLContext | None = None,
        sockets: httpcore2.NetworkBackend | None = None,
    ) -> None:
        self._contact = _NOT_IN_COMMENT.sub("", contact).strip()[:200]
        self._now = now
        self._roots = tuple(roots)
        self._allow_hosts = frozenset(host.lower() for host in allow_hosts)
        # Not a copy: the caller adds to it later.
        self._validators = {} if validators is None else validators
        self._credentials = credentials or {}
        self._proxy = proxy
        self._pace = pace or LocalPace(monotonic)
        self._timeout = timeout
        self._limit = limit
        self._resolve = resolve
        self._sleep = sleep
        self._monotonic = monotonic
        self._tls = tls
        self._sockets = sockets
        self._lock = threading.Lock()
        self._queues: dict[str, threading.Lock] = {}

    def __enter__(self) -> Client:
        return self

    def __exit__(self, *exception: object) -> None:
        """Do nothing: each fetch closes its own connections."""

    def now(self) -> datetime:
        """Return the current time, with its time zone."""
        return self._now()

    def contact(self) -> str:
        """Return the operator's address for sources that ask for one, or ""."""
        return self._contact

    def read(self, path: str, *, listing: str) -> Body:
        """Read a file under one of the roots; raises SourceError."""
        return Body(read_file(path, listing=listing, roots=self._roots, limit=self._limit))

    def fetch(
        self, address: str, *, listing: str, headers: Mapping[str, str] | None = None
    ) -> Body:
        """Fetch an http(s) address within the rate limit, the deadline and the network guard.

        Raises SourceError with a one-line reason, and with ``retry_after`` if the source sent it.
        """
        deadline = Deadline(self._timeout, self._monotonic)
        try:
            own_headers = self._own_headers(address, listing) | dict(headers or {})
            return self._persist(address, own_headers, deadline, listing)
        except FetchError as failure:
            # A server's text may be long, and more than one line.
            reason = line(failure.reason, 300)
            raise SourceError(listing, reason, retry_after=failure.wait) from failure
        except RefusedError as error:
            reason = line(f"{error}{_permission(error, address)}", 300)
            raise SourceError(listing, reason) from error

    def _own_headers(self, address: str, listing: str) -> dict[str, str]:
        """Return what the listing's publisher asks for; nothing at any other address than its own.

        A feed may name the address of its next page, which need not be the publisher's.
        """
        own = self._credentials.get(listing)
        try:
            is_own = own and _origin(httpx2.URL(own.url)) == _origin(httpx2.URL(address))
        except httpx2.InvalidURL:
            return {}
        return dict(own.headers) if own and is_own else {}

    def _persist(
        self, address: str, headers: dict[str, str], deadline: Deadline, listing: str
    ) -> Body:
        def pause(error: Exception) -> bool | float:
            found = _pause(error, deadline.remaining())
            if found:
                log.debug("not read at once", listing=listing, reason=str(error))
            return found

        for attempt in stamina.retry_context(
            on=pause,
            attempts=FETCH_ATTEMPTS,
            timeout=None,
            wait_initial=0.5,
            wait_max=2,
            wait_jitter=1,
        ):
            with attempt:
                return self._attempt(address, headers, deadline)
        raise AssertionError("stamina gives up by raising")

    def _attempt(self, address: str, headers: dict[str, str], deadline: Deadline) -> Body:
        with self._session(deadline) as session:
            try:
                return self._follow(session, address, headers, deadline)
            except httpx2.InvalidURL as error:
                raise FetchError(f"not an address: {address[:200]}") from error
            except httpx2.TransportError as error:
                raise FetchError(_trouble(error, self._timeout), again=True) from error

    @contextmanager
    def _session(self, deadline: Deadline) -> Iterator[httpx2.Client]:
        direct = _Transport(self._pool(deadline))
        proxied = _Transport(self._proxied_pool(deadline)) if self._proxy else direct
        with httpx2.Client(
            transport=proxied,
            mounts={f"all://{_bracketed(host)}": direct for host in self._allow_hosts},
            headers={
                "User-Agent": _agent(self._contact),
                "Accept": "*/*",
                "Accept-Encoding": "gzip, deflate",
            },
            trust_env=False,
            follow_redirects=False,
            timeout=self._timeout,
        ) as session:
            yield session

    def _pool(self, deadline: Deadline) -> httpcore2.ConnectionPool:
        guard = self._guard(deadline, self._allow_hosts)
        return httpcore2.ConnectionPool(ssl_context=self._tls_context(), network_backend=guard)

    def _proxied_pool(self, deadline: Deadline) -> httpcore2.ConnectionPool:
        """Return connections to the proxy, which may be on a private network; no target may."""
        named = httpx2.Proxy(self._proxy)
        url = named.url
        return _ProxiedPool(
            targets=self._guard(deadline, ()),
            proxy=httpcore2.Proxy(
                httpcore2.URL(scheme=url.scheme, host=url.raw_host, port=url.port, target="/"),
                auth=named.raw_auth,
                ssl_context=self._tls_context() if url.scheme == "https" else None,
            ),
            ssl_context=self._tls_context(),
            network_backend=self._guard(deadline, [url.host]),
        )

    def _guard(self, deadline: Deadline, allow_hosts: Iterable[str]) -> NetworkGuard:
        return NetworkGuard(
            deadline, allow_hosts=allow_hosts, resolve=self._resolve, sockets=self._sockets
        )

    def _tls_context(self) -> ssl.SSLContext:
        with self._lock:
            if self._tls is None:
                self._tls = httpx2.create_ssl_context(trust_env=False)
            return self._tls

    def _follow(
        self, session: httpx2.Client, address: str, headers: dict[str, str], deadline: Deadline
    ) -> Body:
        first = url = _checked(httpx2.URL(address))
        validator = self._validators.get(address, "")
        for _ in range(MAX_REDIRECTS + 1):
            # The caller's headers may hold a secret, so they go only to the first address's origin.
            own_headers = headers if _origin(url) == _origin(first) else {}
            with self._turn(url.host, deadline):
                answer = self._ask(session, url, own_headers | conditions(validator))
            if answer.status not in _MOVED:
                return answer.body(validator, self._now())
            url = _next(url, answer.headers.get("location", ""))
        raise FetchError(f"more than {MAX_REDIRECTS} redirects")

    @contextmanager
    def _turn(self, host: str, deadline: Deadline) -> Iterator[None]:
        """Wait for the host's rate limit, and allow only one connection to the host at a time."""
        group, gap = group_of(host)
        began = self._monotonic()
        with self._lock:
            queue = self._queues.setdefault(group, threading.Lock())
        with queue:
            if host.lower() in self._allow_hosts:
                deadline.extend(self._monotonic() - began)
                yield
                return
            while left := self._pace.take(group, gap):
                # Another process may end its request before it has to.
                self._sleep(min(left, gap))
            deadline.extend(self._monotonic() - began)
            try:
                yield
            finally:
                self._pace.end(group, gap)

    def _ask(self, session: httpx2.Client, url: httpx2.URL, headers: dict[str, str]) -> _Answer:
        with session.stream("GET", url, headers=headers) as response:
            found = {name.lower(): value for name, value in response.headers.items()}
            data = b"" if response.status_code in _MOVED else self._read(response, found)
            return _Answer(response.status_code, str(url), found, data)

    def _read(self, response: httpx2.Response, headers: Mapping[str, str]) -> bytes:
        if response.status_code not in {200, 304}:
            return b""
        return read_body(response.iter_raw(), headers.get("content-encoding", ""), self._limit)


@dataclass(frozen=True, slots=True)
class _Answer:
    status: int
    url: str
    headers: Mapping[str, str]
    data: bytes

    def body(self, validator: str, now: datetime) -> Body:
        """Return the body; raises FetchError for every status that comes without a listing."""
        if self.status == 200:
            return Body(self.data, self.url, self.headers, validator=validator_of(self.headers))
        if self.status == 304 and validator:
            return Body(b"", self.url, self.headers, is_unchanged=True, validator=validator)
        wait = retry_after(self.headers, now) if self.status in {429, 503} else None
        is_passing = self.status == 429 or self.status >= 500
        raise FetchError(f"answered http {self.status}", again=is_passing, wait=wait)


class _Transport(httpx2.HTTPTransport):
    # httpx2 has no argument for the network backend, so its pool is replaced here; the version is
    # pinned below 3 for this.
    def __init__(self, pool: httpcore2.ConnectionPool) -> None:
        self._pool = pool


class _ProxiedPool(httpcore2.ConnectionPool):
    """Checks where a request leads before the proxy is asked to pass it on."""

    def __init__(self, *, targets: NetworkGuard, **options: Any) -> None:
        super().__init__(**options)
        self._targets = targets

    def handle_request(self, request: httpcore2.Request) -> httpcore2.Response:
        origin = request.url.origin
        self._targets.check(origin.host.decode("ascii"), origin.port)
        return super().handle_request(request)


def trusting(ca: str) -> ssl.SSLContext:
    """Return the settings of TLS that also trust an authority; raises OSError, also for no PEM.

    ``ca`` is a PEM file.
    """
    context = httpx2.create_ssl_context(trust_env=False)
    context.load_verify_locations(cafile=ca)
    return context


def _bracketed(host: str) -> str:
    return f"[{host}]" if ":" in host else host


def _agent(contact: str) -> str:
    return f"digest/{VERSION}" + (f" (+{contact})" if contact else "")


def _checked(url: httpx2.URL) -> httpx2.URL:
    if url.scheme not in {"http", "https"} or not url.host:
        raise FetchError(f"not an http(s) address: {str(url)[:200]}")
    if url.userinfo:
        raise FetchError(f"an address with a user name is not fetched: {url.host}")
    return url


def _next(url: httpx2.URL, location: str) -> httpx2.URL:
    if not location:
        raise FetchError("a redirect to nowhere")
    further = _checked(url.join(location))
    if url.scheme == "https" and further.scheme != "https":
        raise FetchError(f"a redirect from https to http: {further.host}")
    return further


def _permission(error: RefusedError, address: str) -> str:
    """Return what to write for a host that is not public, if the configuration named it.

    Where a server leads is not to be recommended.
    """
    if not isinstance(error, PrivateHostError) or error.host != httpx2.URL(address).host:
        return ""
    return f'; if it is yours, write fetch: {{allow_hosts: "{error.host}"}} into the configuration'


def _origin(url: httpx2.URL) -> tuple[str, str, int | None]:
    return url.scheme, url.host, url.port


def _pause(error: Exception, left: float) -> bool | float:
    """Return whether stamina retries (True: after its own back-off), or after how many seconds."""
    if not isinstance(error, FetchError) or not error.again:
        return False
    if error.wait is not None:
        return error.wait if error.wait < left else False
    return left > _LONGEST_PAUSE


def _trouble(error: httpx2.TransportError, timeout: float) -> str:
    if isinstance(error, httpx2.ProxyError):
        return f"the proxy refuses: {error}"
    if isinstance(error, httpx2.TimeoutException):
        return f"no whole answer within {timeout:g} s"
    cause: BaseException | None = error
    while cause:
        if isinstance(cause, ssl.SSLCertVerificationError):
            why = cause.verify_message.rstrip(".")
            return f"its certificate is not trusted: {why} (fetch.ca may name its authority)"
        cause = cause.__context__
    return f"no answer: {str(error) or type(error).__name__}"
