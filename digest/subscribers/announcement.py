"""A notice of the operator's to all or some subscribers, which each of them gets once."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from hashlib import sha256
from typing import TYPE_CHECKING

from ..access import links
from ..access.tokens import Purpose, Tokens
from ..errors import DigestError
from ..model import Notice, Subscriber, SubscriberState
from ..store import outbox, outbox_admin, profile_files, subscribers

if TYPE_CHECKING:
    from ..app import App

#: How many characters a title and a text may have: a notice is a letter, and no newsletter.
LONGEST_TITLE, LONGEST_TEXT = 120, 10_000


@dataclass(frozen=True, slots=True)
class Announcement:
    """What the operator has to say: a title, and paragraphs."""

    title: str
    paragraphs: tuple[str, ...]

    @property
    def name(self) -> str:
        """Return what the same words always have: 32 hexadecimal digits."""
        text = "\n\n".join((self.title, *self.paragraphs))
        return sha256(text.encode("utf-8", "replace")).hexdigest()[:32]


def read(text: str) -> Announcement:
    """Read a title, an empty line and paragraphs; raises DigestError for anything else.

    A title may be written as in a mail, after "Subject:".
    """
    blocks = text.replace("\r\n", "\n").strip().split("\n\n")
    title, *paragraphs = [" ".join(block.split()) for block in blocks]
    if title.lower().startswith("subject:"):
        title = title.partition(":")[2].strip()
    said = tuple(each for each in paragraphs if each)
    if not said or not title:
        raise DigestError("a notice is a title, an empty line, and at least one paragraph")
    if len(title) > LONGEST_TITLE or len(text) > LONGEST_TEXT:
        raise DigestError(
            f"a notice has a title of at most {LONGEST_TITLE} characters, "
            f"and {LONGEST_TEXT:,} characters in all"
        )
    return Announcement(title, said)


def readers(app: App, addresses: Sequence[str], slugs: Sequence[str]) -> list[Subscriber]:
    """Return the active subscribers, or of them those with these addresses or profiles.

    Raises DigestError where an address gets nothing, or there is no such profile.
    """
    live = app.load_profiles(slugs)
    unknown = [slug for slug in slugs if slug not in live]
    if unknown:
        raise DigestError(f"no profile is called {unknown[0]!r}")
    named = [*addresses, *(address for slug in slugs for address in live[slug].to)]
    with app.store.begin() as tx:
        if not addresses and not slugs:
            return subscribers.active(tx)
        found = {address: subscribers.find(tx, address) for address in named}
    for address in addresses:
        each = found[address]
        if each is None or each.state is not SubscriberState.ACTIVE:
            raise DigestError(f"{address} gets nothing from here, so it gets no notice")
    chosen = {each.id: each for each in found.values() if each}
    return [each for each in chosen.values() if each.state is SubscriberState.ACTIVE]


def locales_of(app: App, to: Sequence[Subscriber]) -> dict[int, str]:
    """Return the locale in which each subscriber is written to, by their id."""
    with app.store.begin() as tx:
        return {each.id: profile_files.locale_of(tx, each) for each in to}


def notice_to(
    app: App, told: Announcement, reader: Subscriber, tokens: Tokens, locale: str
) -> Notice:
    """Return the notice for one subscriber, with links to settings and to unsubscribe."""
    base, at, values = app.letterhead.base_url, app.now(), {"url": "", "unsubscribe": ""}
    if base:
        unsubscribe = tokens.make(Purpose.UNSUBSCRIBE, reader.id, reader.address, at)
        values["url"] = links.manage(base, tokens, reader.subscriber, at)
        values["unsubscribe"] = links.page(base, Purpose.UNSUBSCRIBE, unsubscribe)
    said = {"title": told.title, "lines": list(told.paragraphs)}
    return Notice(
        kind=outbox.ANNOUNCEMENT,
        recipient=reader.address,
        made_at=at,
        values={**said, **values},
        locale=locale,
    )


def queue(app: App, told: Announcement, to: Sequence[Subscriber]) -> int:
    """Queue the notice for those who were not sent the same words before; return how many."""
    spoken = locales_of(app, to)
    notices = {each.id: notice_to(app, told, each, app.tokens, spoken[each.id]) for each in to}
    with app.store.begin() as tx:
        return outbox_admin.announce(tx, f"announcement {told.name}", notices)
