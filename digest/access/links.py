"""The addresses of a subscriber's own pages, each with the token that opens it.

``/issue/…``, ``/manage/…`` and ``/unsubscribe/…`` below the base URL; the token is the last segment
of the path.  A mail has short ones that lead there: ``/i/…``, ``/m/…`` and ``/u/…`` with a code.
The addresses for an issue are the same each time they are made.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime
from urllib.parse import quote

from ..model import Issue, Recipient, Subscriber
from ..render import Links
from .tokens import Purpose, Tokens

#: The beginnings of a mail's addresses, by what their codes allow.
SHORT = {Purpose.ISSUE: "i", Purpose.MANAGE: "m", Purpose.UNSUBSCRIBE: "u"}

_HEXADECIMAL = frozenset("0123456789abcdef")


def links(base_url: str, tokens: Tokens, post: str = "") -> Callable[[Issue, Recipient], Links]:
    """Return the function that makes the links of each mail.

    Without ``base_url`` there are no links to pages; without ``post``, the address that mail is
    written to, subscribers cannot unsubscribe by mail alone.
    """

    def of(issue: Issue, subscriber: Recipient) -> Links:
        if not subscriber.id:
            return Links()
        at = issue.made_at
        mailto = _mailto(post, tokens, subscriber, at)
        if not base_url or issue.id is None:
            return Links(mailto=mailto)
        page, manage, unsubscribe = (
            f"{base_url}/{short}/"
            + tokens.code(purpose, issue.id, subscriber.id, subscriber.address, at)
            for purpose, short in SHORT.items()
        )
        return Links(
            page=page,
            manage=manage,
            pause=f"{manage}#pause",
            unsubscribe=unsubscribe,
            mailto=mailto,
        )

    return of


def manage(base_url: str, tokens: Tokens, subscriber: Recipient, now: datetime) -> str:
    """Return a fresh link to a subscriber's own settings."""
    return _url(base_url, tokens, Purpose.MANAGE, subscriber, now)


def confirmation(tokens: Tokens, subscriber: Subscriber, now: datetime, signup: int) -> str:
    """Return the token that confirms a sign-up (double opt-in)."""
    return tokens.make(Purpose.CONFIRM, subscriber.id, subscriber.address, now, signup)


def start_again(tokens: Tokens, subscriber: Subscriber, now: datetime, stop: int) -> str:
    """Return the token that takes back one unsubscription, and no other."""
    return tokens.make(Purpose.RETURN, subscriber.id, subscriber.address, now, stop)


def return_path(bounces: str, message_id: str) -> str:
    """Return the envelope sender of a message; its token is the unguessable Message-ID.

    ``bounces`` is the address with ``{token}``; empty without one.
    """
    return bounces.replace("{token}", message_id.strip("<>").partition("@")[0])


def is_message_id(text: str, domain: str) -> bool:
    """Return whether a text has the form of our Message-IDs: 32 hexadecimal digits, our domain."""
    token, _, rest = text.removeprefix("<").partition("@")
    return len(token) == 32 and _HEXADECIMAL.issuperset(token) and rest == f"{domain}>"


def page(base_url: str, purpose: Purpose, token: str) -> str:
    """Return the address of the page that a token opens; empty without a base URL."""
    return f"{base_url}/{purpose}/{token}" if base_url else ""


def _url(
    base_url: str, tokens: Tokens, purpose: Purpose, subscriber: Recipient, at: datetime
) -> str:
    return f"{base_url}/{purpose}/{tokens.make(purpose, subscriber.id, subscriber.address, at)}"


def _mailto(post: str, tokens: Tokens, subscriber: Recipient, at: datetime) -> str:
    """Return a mailto link that unsubscribes without asking back; the token names its owner."""
    if not post:
        return ""
    token = tokens.make(Purpose.UNSUBSCRIBE, subscriber.id, subscriber.address, at)
    return f"mailto:{quote(post, safe='@')}?subject=unsubscribe%20{token}"
