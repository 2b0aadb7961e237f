"""Whether our own mail server vouches for the sender of a message (RFC 8601).

Anybody can write any From, and any Authentication-Results too; ours writes its own on top of them,
under the name that the settings give (``mail.authserv``).  Only that one is read.
"""

from __future__ import annotations

from .headers import split, without_comments
from .limits import LONGEST_FIELD
from .mime import Part


def is_vouched_for(message: Part, authserv: str, address: str) -> bool | None:
    """Whether the server named ``authserv`` found the address to be the sender's.

    None where it says nothing, or where no server is named.
    """
    results = _results(message, authserv) if authserv else None
    if results is None:
        return None
    if len(message.all("From")) > 1:  # RFC 7489 §6.6.1: then nobody can say whose it is
        return False
    domain = address.rpartition("@")[2].lower()
    return any(_passes(result, domain) for result in results)


def _results(message: Part, authserv: str) -> list[str] | None:
    """The results in the topmost field of that server."""
    for value in message.all("Authentication-Results"):
        first, *results = split(without_comments(value[:LONGEST_FIELD]), ";")
        name = first.split()[:1]
        if name and name[0].strip('"').lower() == authserv.lower():
            return results
    return None


def _passes(result: str, domain: str) -> bool:
    """Whether one method passed for that domain."""
    found = dict(_words(result))
    if found.get("dmarc") == "pass":
        return _domain(found.get("header.from", domain)) == domain
    if found.get("dkim") == "pass":
        named = _domain(found.get("header.d", found.get("header.i", "")))
    elif found.get("spf") == "pass":
        named = _domain(found.get("smtp.mailfrom", ""))
    else:
        return False
    return _is_aligned(named, domain)


def _words(result: str) -> list[tuple[str, str]]:
    pairs = [word.partition("=") for word in result.replace(" =", "=").replace("= ", "=").split()]
    return [(name.lower(), value.strip('"').lower()) for name, _, value in reversed(pairs)]


def _domain(value: str) -> str:
    return value.rpartition("@")[2].rstrip(".")


def _is_aligned(named: str, domain: str) -> bool:
    """Relaxed alignment (RFC 7489 §3.1) without a list of suffixes: one ends in the other."""
    if "." not in named:
        return False
    return named == domain or domain.endswith(f".{named}") or named.endswith(f".{domain}")
