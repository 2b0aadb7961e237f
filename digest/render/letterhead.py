"""What every mail of one installation has in common: who sends it, and which pages it points to."""

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
    """The pages that belong to one reader and one issue; empty where there is none."""

    #: the issue as a page, with everything that did not fit
    page: str = ""
    manage: str = ""
    pause: str = ""
    #: takes the POST of RFC 8058 and shows a button to a GET
    unsubscribe: str = ""
    #: a ``mailto:`` that does the same
    mailto: str = ""


def no_links(_issue: Issue, _subscriber: Recipient) -> Links:
    """An installation without a web side."""
    return Links()


@dataclass(frozen=True, slots=True, kw_only=True)
class Letterhead:
    """The digest's name, its sender as ``Name <address>``, and where its pages are."""

    sender: str
    name: str = "Paper digest"
    #: the address of the web side, empty where there is none
    base_url: str = ""
    links: Callable[[Issue, Recipient], Links] = no_links
    #: the installation's own, mixed into Message-IDs
    key: bytes = field(default=b"", repr=False)

    def pages(self, issue: Issue, subscriber: Recipient) -> Links:
        """The reader's pages; an address that is no absolute web address counts as none."""
        given = self.links(issue, subscriber)
        return Links(
            page=web_url(given.page),
            manage=web_url(given.manage),
            pause=web_url(given.pause),
            unsubscribe=web_url(given.unsubscribe),
            mailto=given.mailto,
        )

    @property
    def address(self) -> str:
        """The sender's bare address."""
        return name_and_address(self.sender)[1]

    @property
    def domain(self) -> str:
        """The sender's domain, in ASCII; it ends the Message-ID."""
        domain = self.address.rpartition("@")[2] or "localhost"
        return domain if domain.isascii() else domain.encode("idna").decode("ascii")

    @property
    def mail_to_stop(self) -> str:
        """A ``mailto:`` that asks to be taken off the list."""
        return f"mailto:{quote(self.address, safe='@')}?subject=unsubscribe"


@lru_cache(maxsize=64)
def name_and_address(sender: str) -> tuple[str, str]:
    """``Name <address>`` taken apart; the same few senders are asked for with every mail."""
    return parseaddr(sender)
