"""Who asks: the address of a client, also where a proxy of the operator's speaks for it.

Whatever a client writes into X-Forwarded-For is its own claim; only what a named proxy has added at
the end of it counts.
"""

from __future__ import annotations

from collections.abc import Collection
from ipaddress import IPv4Address, IPv4Network, IPv6Address, IPv6Network, ip_address, ip_network
from itertools import islice

from starlette.types import Scope

Network = IPv4Network | IPv6Network

#: Proxies that may stand one behind another; of a longer chain the rest is not looked at.
MOST_PROXIES = 10


def client_address(scope: Scope, proxies: Collection[Network]) -> str:
    """Return the address that a request came from; empty where the server does not say.

    It is the peer's, unless that is one of the ``proxies``: then the last address in
    X-Forwarded-For that is none of them, and the peer's again where what is written there is no
    address.
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


def is_proxy(address: str, proxies: Collection[Network]) -> bool:
    """Return whether an address is one of the proxies'."""
    parsed = _parsed(address)
    return parsed is not None and _is_among(parsed, proxies)


def client_key(address: str) -> str:
    """Return what one client is counted under: of IPv6 the 64 bits of network that it has alone."""
    parsed = _parsed(address)
    if isinstance(parsed, IPv6Address):
        return str(ip_network((int(parsed), 64), strict=False))
    return str(parsed or address[:64])


def _forwarded_for(scope: Scope) -> list[str]:
    """Read all X-Forwarded-For headers as one list, the nearest proxy's word first."""
    lines = [value for name, value in scope["headers"] if name == b"x-forwarded-for"]
    return [each.strip() for each in b",".join(lines).decode("latin-1").split(",")][::-1]


def _parsed(text: str) -> IPv4Address | IPv6Address | None:
    """Parse an address as the proxies write it; one of IPv4 within IPv6 is one of IPv4."""
    try:
        address = ip_address(text.strip("[]").partition("%")[0])
    except ValueError:
        return None
    return getattr(address, "ipv4_mapped", None) or address


def _is_among(address: IPv4Address | IPv6Address, proxies: Collection[Network]) -> bool:
    return any(address in network for network in proxies)
