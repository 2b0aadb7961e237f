"""Render notices: confirmations, answers and alarms, each from one text template.

A template has a line ``Subject:`` and then paragraphs.  The HTML part has the same paragraphs: a
web address becomes a link, and indented text keeps its line breaks.
"""

from __future__ import annotations

import quopri
import textwrap
from collections.abc import Sequence
from email.utils import format_datetime
from itertools import groupby
from pathlib import Path

from .. import expressions
from ..model import Message, Notice
from . import header, mime
from .letterhead import Letterhead, name_and_address
from .mail_template import environment, loader
from .sanitize import untagged, web_url

_WIDTH = 72
_ID = expressions.anchored(r"<[!-;=?-~]{1,250}>")


class NoticeRenderer:
    """A renderer of notices; an operator's template comes before ours."""

    def __init__(self, folders: Sequence[Path]) -> None:
        found = loader(list(folders))
        self._text = environment(found, is_html=False)
        self._html = environment(found, is_html=True)

    def mail(self, notice: Notice, letterhead: Letterhead, number: int) -> Message:
        """Render a notice, which has this ``number`` in the outbox: the same bytes each time.

        Raises SendError if the recipient is not an address.
        """
        variables = {"name": letterhead.name, "address": notice.recipient, **notice.values}
        template = self._text.get_template(f"mail/letters/{notice.kind}.txt")
        subject, paragraphs = _read(template.render(variables))
        html = self._html.get_template("mail/letters/letter.html").render(
            subject=subject, paragraphs=paragraphs
        )
        to = header.bare_address(notice.recipient)
        token = mime.notice_token(notice, number, letterhead.key)
        return Message(
            message_id=mime.message_id(token, letterhead),
            sender=letterhead.address,
            recipient=to,
            subject=subject,
            data=mime.assembled(
                _headers(subject, to, letterhead, token, notice),
                _encoded(_as_text(paragraphs)),
                _encoded(html),
                boundary=f"=_{token}",
            ),
        )


def _read(rendered: str) -> tuple[str, list[tuple[str, str]]]:
    """Return the subject and the paragraphs, each with its kind: text, link or quote."""
    first, _, rest = rendered.lstrip().partition("\n")
    paragraphs = groupby(rest.split("\n"), key=lambda line: bool(line.strip()))
    blocks = ["\n".join(lines) for is_filled, lines in paragraphs if is_filled]
    return first.removeprefix("Subject:").strip(), [_paragraph(block) for block in blocks]


def _paragraph(block: str) -> tuple[str, str]:
    if block.startswith("    "):
        return "quote", textwrap.dedent(block)
    text = " ".join(block.split())
    return ("link", text) if web_url(text) == text and text else ("text", text)


def _as_text(paragraphs: Sequence[tuple[str, str]]) -> str:
    return "\n\n".join(_shown(kind, text) for kind, text in paragraphs) + "\n"


def _shown(kind: str, text: str) -> str:
    if kind == "quote":
        return textwrap.indent(text, "    ")
    if kind == "link":
        return text
    return textwrap.fill(untagged(text), _WIDTH, break_long_words=False, break_on_hyphens=False)


def _headers(
    subject: str, to: str, letterhead: Letterhead, token: str, notice: Notice
) -> list[tuple[str, str]]:
    sender = header.bare_address(letterhead.sender)
    is_reply = _ID.fullmatch(notice.answers)
    reply = [(name, notice.answers) for name in ("In-Reply-To", "References") if is_reply]
    return [
        ("From", header.mailbox(name_and_address(letterhead.sender)[0], sender)),
        ("To", to),
        ("Subject", header.text(subject)),
        ("Date", format_datetime(notice.made_at)),
        ("Message-ID", mime.message_id(token, letterhead)),
        *reply,
        ("Auto-Submitted", "auto-replied" if reply else "auto-generated"),
        # Some automatic responders know only this header.
        ("X-Auto-Response-Suppress", "All"),
    ]


def _encoded(text: str) -> bytes:
    lines = text.replace("\r\n", "\n").encode("utf-8", "replace")
    return quopri.encodestring(lines).replace(b"\n", b"\r\n")
