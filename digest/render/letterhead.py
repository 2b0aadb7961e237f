"""What all mails of one installation share: the sender, and the links to its pages."""

from __future__ import annotations

from collections.abc import Callable
from dataclasses import dataclass, field
from email.utils import parseaddr
from functools import lru_cache
from urllib.parse import quote

from ..model import Issue, Recipient
from .sanitize import web_url


@dataclass(frozen=True, slots=True, kw_only=True)
class Links:
    """The pages for one subscriber and one issue; empty for a page that does not exist."""

    #: the issue as a page, with everything that did not fit into the mail
    page: str = ""
    manage: str = ""
    pause: str = ""
    #: accepts the POST of RFC 8058; answers a GET with a button
    unsubscribe: str = ""
    #: a ``mailto:`` link that does the same
    mailto: str = ""


def no_links(_issue: Issue, _subscriber: Recipient) -> Links:
    """Return no links, for an installation without web pages."""
    return Links()


@dataclass(frozen=True, slots=True, kw_only=True)
class Letterhead:
    """The digest's name, its sender as ``Name <address>``, and the links to its pages."""

    sender: str
    name: str = "Paper digest"
    #: the address of the web pages; empty without any
    base_url: str = ""
    links: Callable[[Issue, Recipient], Links] = no_links
    #: who answers for the mails, and a postal address, line by line, where the law wants them
    imprint: tuple[str, ...] = ()
    #: a secret of the installation, mixed into Message-IDs
    key: bytes = field(default=b"", repr=False)

    def pages(self, issue: Issue, subscriber: Recipient) -> Links:
        """Return the subscriber's pages; anything but an absolute web address becomes empty."""
        links = self.links(issue, subscriber)
        return Links(
            page=web_url(links.page),
            manage=web_url(links.manage),
            pause=web_url(links.pause),
            unsubscribe=web_url(links.unsubscribe),
            mailto=links.mailto,
        )

    @property
    def address(self) -> str:
        """Return the sender's bare address."""
        return name_and_address(self.sender)[1]

    @property
    def domain(self) -> str:
        """Return the sender's domain in ASCII, with which the Message-ID ends."""
        domain = self.address.rpartition("@")[2] or "localhost"
        return domain if domain.isascii() else domain.encode("idna").decode("ascii")

    @property
    def mail_to_stop(self) -> str:
        """Return a ``mailto:`` link that asks to unsubscribe."""
        return f"mailto:{quote(self.address, safe='@')}?subject=unsubscribe"


@lru_cache(maxsize=64)
def name_and_address(sender: str) -> tuple[str, str]:
    """Split ``Name <address>``; cached, because every mail has one of a few senders."""
    return parseaddr(sender)
