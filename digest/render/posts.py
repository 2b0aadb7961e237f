"""Render issues and notices as posts for a channel, with the Message-ID of the mail."""

from __future__ import annotations

from dataclasses import dataclass, replace
from email import message_from_bytes, policy

from ..model import Issue, Message, Recipient
from . import header, mime
from .letterhead import Letterhead
from .markdown import post_of_text, posts


@dataclass(frozen=True, slots=True)
class PostRenderer:
    """A renderer of posts of at most ``size`` UTF-16 units."""

    size: int

    def issue(
        self, issue: Issue, subscriber: Recipient, letterhead: Letterhead, subject: str
    ) -> Message:
        """Return the issue as posts; without any for an address other than the sender's own.

        That one is the channel's: what other subscribers read is not for a channel.
        """
        ours = header.bare_address(letterhead.sender)
        recipient = header.bare_address(subscriber.address)
        text = posts(issue, self.size)
        return Message(
            message_id=mime.message_id(mime.token(issue, recipient, letterhead.key), letterhead),
            sender=ours,
            recipient=recipient,
            subject=subject,
            data="\n\n".join(text).encode("utf-8", "replace"),
            posts=text if recipient == ours else (),
        )

    def notice(self, mail: Message) -> Message:
        """Return a notice with its text part as a post."""
        text = message_from_bytes(mail.data, policy=policy.default).get_body(("plain",))
        content = text.get_content() if text else ""
        return replace(mail, posts=(post_of_text(mail.subject, content, self.size),))
