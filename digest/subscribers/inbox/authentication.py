"""Check whether our own mail server authenticated the sender of a message (RFC 8601).

Anybody can write any From, and any Authentication-Results too; our server writes its own above
them, under the name in the settings (``mail.authserv``).  Only that one is read.
"""

from __future__ import annotations

from ...access.addresses import are_aligned
from .headers import split, without_comments
from .limits import MAX_FIELD_LENGTH
from .mime import Part


def is_vouched_for(message: Part, authserv: str, address: str) -> bool | None:
    """Return whether the server named ``authserv`` authenticated the address as the sender.

    None where it says nothing, or where the settings name no server.
    """
    results = _results(message, authserv) if authserv else None
    if results is None:
        return None
    if len(message.all("From")) > 1:  # RFC 7489 §6.6.1: with two From fields the sender is unknown
        return False
    domain = address.rpartition("@")[2].lower()
    return any(_passes(result, domain) for result in results)


def _results(message: Part, authserv: str) -> list[str] | None:
    """Return the results in the topmost field of that server; None without one."""
    for value in message.all("Authentication-Results"):
        first, *results = split(without_comments(value[:MAX_FIELD_LENGTH]), ";")
        name = first.split()[:1]
        if name and name[0].strip('"').lower() == authserv.lower():
            return results
    return None


def _passes(result: str, domain: str) -> bool:
    """Return whether one method passed for that domain."""
    (method, outcome), *properties = _words(result) or [("", "")]
    found = dict(reversed(properties))
    if outcome != "pass":
        return False
    method = method.partition("/")[0]  # a version may follow (RFC 8601 §2.2)
    if method == "dmarc":
        return _domain(found.get("header.from", domain)) == domain
    if method == "dkim":
        named = _domain(found.get("header.d", found.get("header.i", "")))
    elif method == "spf":
        named = _domain(found.get("smtp.mailfrom", ""))
    else:
        return False
    return are_aligned(named, domain)


def _words(result: str) -> list[tuple[str, str]]:
    """Return the method with its outcome, and after it the properties.

    A sender may choose the words between quotes, such as those of ``smtp.mailfrom``.
    """
    plain = "".join(" " if c.isspace() else c for c in result)
    joined = "=".join(each.strip() for each in split(plain, "="))
    pairs = [word.partition("=") for word in split(joined, " ") if word]
    return [(name.lower(), value.strip('"').lower()) for name, _, value in pairs]


def _domain(value: str) -> str:
    return value.rpartition("@")[2].rstrip(".")
