"""Render an issue without templates, for when rendering it with templates failed.

Titles, links, receipts and the ways to unsubscribe as plain text; nothing that can fail.
"""

from __future__ import annotations

from collections.abc import Iterator

from ..locales import gettext
from ..model import Issue, Message, Recipient
from . import header, mime, placeholders, wording
from .issue_views import receipt_view
from .letterhead import Letterhead, Links
from .sanitize import short, untagged
from .text_part import fill
from .views import line_view


def plain_mail(issue: Issue, subscriber: Recipient, letterhead: Letterhead) -> Message:
    """Return the issue as plain text with the Message-ID of the mail that could not be rendered.

    Raises SendError (permanent) if the sender or the subscriber has no usable address.
    """
    sender = header.bare_address(letterhead.sender)
    recipient = header.bare_address(subscriber.address)
    token = mime.token(issue, recipient, letterhead.key)
    links = letterhead.pages(issue, subscriber)
    subject = f"{wording.for_you(issue.matched)} · {wording.short_day(issue.day)}"
    given = mime.headers(issue, subject, recipient, letterhead, links, token)
    text = "\n".join(_lines(issue, letterhead, links)) + "\n"
    return Message(
        message_id=mime.message_id(token, letterhead),
        sender=sender,
        recipient=recipient,
        subject=subject,
        data=mime.assembled_text(given, placeholders.encoded(text)),
    )


def _lines(issue: Issue, letterhead: Letterhead, links: Links) -> Iterator[str]:
    yield from (untagged(short(letterhead.name, 120)), wording.long_day(issue.day), "")
    yield fill(gettext("This issue could not be laid out properly; here are its titles."))
    for section in issue.sections:
        yield from ("", "", fill(untagged(short(section.title, 120))))
        for entry in section.all:
            line = line_view(entry)
            yield from ("", fill(untagged(line.title), 2, "* "))
            if line.url:
                yield f"  {untagged(line.url)}"
    yield ""
    for receipt in issue.receipts:
        yield fill(untagged(receipt_view(receipt).sentence), 2, "* ")
    ways = {
        gettext("All as a page"): links.page,
        gettext("Settings"): links.manage,
        gettext("Pause"): links.pause,
    }
    yield from ("", *(f"{word}: {url}" for word, url in ways.items() if url))
    yield f"{gettext('Unsubscribe')}: {links.unsubscribe or letterhead.mail_to_stop}"
    yield from ("", *map(untagged, letterhead.imprint)) if letterhead.imprint else ()
