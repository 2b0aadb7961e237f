"""Find the address of a client, also behind a proxy of the operator's.

A client can write anything into X-Forwarded-For; only what a configured proxy has added at its end
counts.
"""

from __future__ import annotations

from collections.abc import Collection
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from itertools import islice

from starlette.types import Scope

Network = IPv4Network | IPv6Network

#: How many proxies may follow one another; the rest of a longer chain is ignored.
MOST_PROXIES = 10


def client_address(scope: Scope, proxies: Collection[Network]) -> str:
    """Return the address that a request came from; empty where the server does not know it.

    It is the peer's, unless the peer is one of the ``proxies``: then the last address in
    X-Forwarded-For that is not one of them, or the peer's where the header contains no address.
    """
    peer = scope["client"][0] if scope.get("client") else ""
    nearest = _parsed(peer)
    if nearest is None or not _is_among(nearest, proxies):
        return str(nearest or peer)
    for written in islice(_forwarded_for(scope), MOST_PROXIES):
        address = _parsed(written)
        if address is None:
            break
        nearest = address
        if not _is_among(address, proxies):
            break
    return str(nearest)


def client_of(scope: Scope, proxies: Collection[Network]) -> str:
    """Return the key under which the client of a request is counted."""
    return client_key(client_address(scope, proxies))


def is_proxy(address: str, proxies: Collection[Network]) -> bool:
    """Return whether an address is one of the proxies'."""
    parsed = _parsed(address)
    return parsed is not None and _is_among(parsed, proxies)


def client_key(address: str) -> str:
    """Return the key that a client is counted under; an IPv6 client owns a whole /64 network."""
    parsed = _parsed(address)
    if isinstance(parsed, IPv6Address):
        return str(ip_network((int(parsed), 64), strict=False))
    return str(parsed or address[:64])


def _forwarded_for(scope: Scope) -> list[str]:
    """Read all X-Forwarded-For headers as one list, the nearest proxy's word first."""
    lines = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
    return [each.strip() for each in b",".join(lines).decode("latin-1").split(",")][::-1]


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    """Parse an address as proxies write it; an IPv4 address within IPv6 becomes IPv4."""
    try:
        address = ip_address(text.strip("[]").partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _is_among(address: IPv4Address | IPv6Address, proxies: Collection[Network]) -> bool:
    return any(address in network for network in proxies)
