"""The chat services and webhooks that issues can be posted to, and how long a post may be."""

from __future__ import annotations

from typing import NamedTuple
from urllib.parse import urlsplit


class ChatService(NamedTuple):
    """A service, by the scheme of its addresses as Apprise has them."""

    name: str
    #: UTF-16 units of Markdown in a post; less than the service takes where Apprise's words for it
    #: are longer than ours
    size: int


_MATRIX, _WEBHOOK = ChatService("Matrix", 10_000), 30_000

SERVICES = {
    "discord": ChatService("Discord", 2000),
    "json": ChatService("JSON", _WEBHOOK),
    "jsons": ChatService("JSON", _WEBHOOK),
    "matrix": _MATRIX,
    "matrixs": _MATRIX,
    "slack": ChatService("Slack", 30_000),
    "tgram": ChatService("Telegram", 4096),
    "xml": ChatService("XML", _WEBHOOK),
    "xmls": ChatService("XML", _WEBHOOK),
}

#: Hosts of the addresses that these services show themselves, which Apprise takes as well.
_OWN_ADDRESSES = {
    "discord.com": "discord",
    "discordapp.com": "discord",
    "hooks.slack.com": "slack",
}


def service_of(address: str) -> ChatService | None:
    """Return the service that an address names; None if we know none of that kind."""
    try:
        parts = urlsplit(address.strip())
        host = parts.hostname or ""
    except ValueError:
        return None
    scheme = _OWN_ADDRESSES.get(host, "") if parts.scheme == "https" else parts.scheme
    return SERVICES.get(scheme)
