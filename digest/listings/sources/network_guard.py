"""Protection against SSRF: which addresses may be connected to, and sockets that enforce it.

Names are resolved here, once per connection, and the connection goes to an address that was
checked; so a DNS answer that changes (rebinding) has no effect.
"""

from __future__ import annotations

import queue
import socket
import ssl
import threading
from collections.abc import Callable, Iterable, Sequence
from ipaddress import (
    IPv4Address,
    IPv4Network,
    IPv6Address,
    IPv6Network,
    ip_address,
)
from typing import Any

import httpcore2

from ...network import Deadline

#: Takes a name and a port; returns addresses, in the order in which to try them.
Resolve = Callable[[str, int], Sequence[str]]

# The standard library's ``is_global`` accepts several of these, so the registries are copied here:
# https://www.iana.org/assignments/iana-ipv4-special-registry and …/iana-ipv6-special-registry
_CLOSED_V4 = tuple(
    IPv4Network(network)
    for network in (
        "0.0.0.0/8",
        "10.0.0.0/8",
        "100.64.0.0/10",
        "127.0.0.0/8",
        "169.254.0.0/16",
        "172.16.0.0/12",
        "192.0.0.0/24",
        "192.0.2.0/24",
        "192.88.99.0/24",
        "192.168.0.0/16",
        "198.18.0.0/15",
        "198.51.100.0/24",
        "203.0.113.0/24",
        "224.0.0.0/4",
        "240.0.0.0/4",
    )
)
_OPEN_V6 = IPv6Network("2000::/3")
_CLOSED_V6 = tuple(
    IPv6Network(network) for network in ("2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20")
)
_NAT64 = IPv6Network("64:ff9b::/96")


class RefusedError(Exception):
    """An address that digest does not connect to."""


class PrivateHostError(RefusedError):
    """A host that is on no public address; the configuration may allow it."""

    def __init__(self, host: str) -> None:
        self.host = host
        super().__init__(f"{host} is not a public address")


def is_public(address: str) -> bool:
    """Return whether an address is on the public internet, in whatever form it is written."""
    try:
        ip = ip_address(address)
    except ValueError:
        return False
    return _is_public_v4(ip) if isinstance(ip, IPv4Address) else _is_public_v6(ip)


def _is_public_v4(ip: IPv4Address) -> bool:
    return not any(ip in network for network in _CLOSED_V4)


def _is_public_v6(ip: IPv6Address) -> bool:
    # Behind NAT64 every IPv4 host has such an address.
    if ip in _NAT64:
        return _is_public_v4(IPv4Address(int(ip) & 0xFFFF_FFFF))
    if ip.ipv4_mapped is not None:
        return _is_public_v4(ip.ipv4_mapped)
    return ip in _OPEN_V6 and not any(ip in network for network in _CLOSED_V6)


def resolve(host: str, port: int) -> Sequence[str]:
    """Ask the system's resolver; raises ``OSError`` if the name is unknown."""
    found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    return list(dict.fromkeys(str(sockaddr[0]) for *_, sockaddr in found))


class NetworkGuard(httpcore2.NetworkBackend):
    """A network backend that connects only to public or allowed hosts, before a deadline."""

    def __init__(
        self,
        deadline: Deadline,
        *,
        allow_hosts: Iterable[str] = (),
        resolve: Resolve = resolve,
        sockets: httpcore2.NetworkBackend | None = None,
    ) -> None:
        self._deadline = deadline
        self._allow_hosts = frozenset(host.lower() for host in allow_hosts)
        self._resolve = resolve
        self._sockets = sockets or httpcore2.SyncBackend()

    def connect_tcp(
        self,
        host: str,
        port: int,
        timeout: float | None = None,
        local_address: str | None = None,
        socket_options: Iterable[Any] | None = None,
    ) -> httpcore2.NetworkStream:
        """Connect to the first checked address that answers."""
        failure: Exception | None = None
        for address in self.check(host, port):
            try:
                left = _time_left(self._deadline)
                stream = self._sockets.connect_tcp(address, port, left, None, socket_options)
            except (httpcore2.ConnectError, httpcore2.ConnectTimeout) as error:
                failure = error
            else:
                return _Stream(self._verified(stream, address), self._deadline)
        raise failure or httpcore2.ConnectError(f"{host} has no address")

    def connect_unix_socket(
        self, path: str, timeout: float | None = None, socket_options: Iterable[Any] | None = None
    ) -> httpcore2.NetworkStream:
        """Raise RefusedError: no listing is on a local socket."""
        raise RefusedError("local sockets are not fetched from")

    def check(self, host: str, port: int) -> Sequence[str]:
        """Return the addresses of a host that may be connected to; raises RefusedError for none."""
        addresses = self._looked_up(host, port)
        if host.lower() in self._allow_hosts:
            return addresses
        public = [address for address in addresses if is_public(address)]
        if addresses and not public:
            raise PrivateHostError(host)
        return public

    def _looked_up(self, host: str, port: int) -> Sequence[str]:
        # The system's resolver has no time-out, so its thread is abandoned if it takes too long.
        answer: queue.SimpleQueue[Sequence[str] | Exception] = queue.SimpleQueue()

        def ask() -> None:
            try:
                answer.put(self._resolve(host, port))
            except (OSError, UnicodeError) as error:
                answer.put(error)

        threading.Thread(target=ask, daemon=True, name="resolve").start()
        try:
            found = answer.get(timeout=_time_left(self._deadline))
        except queue.Empty:
            raise httpcore2.ConnectTimeout(f"no answer about the name {host}") from None
        if isinstance(found, Exception):
            raise httpcore2.ConnectError(f"unknown host {host}") from found
        return found

    def _verified(self, stream: httpcore2.NetworkStream, address: str) -> httpcore2.NetworkStream:
        peer = str(stream.get_extra_info("server_addr")[0])
        if ip_address(peer) != ip_address(address):
            stream.close()
            raise RefusedError(f"connected to {peer} instead of {address}")
        return stream


class _Stream(httpcore2.NetworkStream):
    """A socket with one deadline for all its reads and writes."""

    def __init__(self, stream: httpcore2.NetworkStream, deadline: Deadline) -> None:
        self._stream = stream
        self._deadline = deadline

    def read(self, max_bytes: int, timeout: float | None = None) -> bytes:
        return self._stream.read(max_bytes, _time_left(self._deadline, httpcore2.ReadTimeout))

    def write(self, buffer: bytes, timeout: float | None = None) -> None:
        self._stream.write(buffer, _time_left(self._deadline, httpcore2.WriteTimeout))

    def close(self) -> None:
        self._stream.close()

    def start_tls(
        self,
        ssl_context: ssl.SSLContext,
        server_hostname: str | None = None,
        timeout: float | None = None,
    ) -> httpcore2.NetworkStream:
        left = _time_left(self._deadline)
        return _Stream(self._stream.start_tls(ssl_context, server_hostname, left), self._deadline)

    def get_extra_info(self, info: str) -> Any:
        return self._stream.get_extra_info(info)


def _time_left(
    deadline: Deadline, late: type[httpcore2.TimeoutException] = httpcore2.ConnectTimeout
) -> float:
    try:
        return deadline.left()
    except TimeoutError as error:
        raise late("the time was up") from error
