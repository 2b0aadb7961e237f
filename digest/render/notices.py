"""Render notices: confirmations, answers and alarms, each from one text template.

A template has a line ``Subject:`` and then paragraphs, which both parts show.  How a paragraph
begins says what it is:

    = a heading
    | name | value          a row of a table
    [Words] address         a button
    ~ small print
    (four spaces)           a quotation, which keeps its line breaks
    https://…               a link, alone in its paragraph

A notice's values are on one line each, so that none of them can begin a paragraph.
"""

from __future__ import annotations

import textwrap
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from email.utils import format_datetime
from itertools import groupby
from pathlib import Path
from typing import Any

from .. import expressions, locales
from ..model import Message, Notice
from . import header, mime
from .letterhead import Letterhead, name_and_address
from .mail_template import Inlined, environment, loader
from .placeholders import encoded
from .sanitize import short, shown, untagged, web_url
from .text_part import COLUMNS, fill, underlined, width

#: Columns of the names in a table of the text part, and characters of a mail's preview.
_NAMES, _PREVIEW = 11, 140
_ID = expressions.anchored(r"<[!-;=?-~]{1,250}>")


@dataclass(frozen=True, slots=True)
class Paragraph:
    """A paragraph of a notice: heading, text, small, quote, rows, button or link."""

    kind: str
    text: str = ""
    url: str = ""
    lines: tuple[str, ...] = ()
    #: names and values
    rows: tuple[tuple[str, str], ...] = ()

    @property
    def bare_url(self) -> str:
        """Return the address as a person would type it."""
        return self.url.partition("://")[2]

    @property
    def preview(self) -> str:
        """Return what a list of mails may show of it."""
        return self.text or ", ".join(value for _, value in self.rows)


class NoticeRenderer:
    """A renderer of notices; an operator's template comes before ours."""

    def __init__(self, folders: Sequence[Path]) -> None:
        found = loader(list(folders))
        self._text = environment(found, is_html=False)
        css = found.get_source(self._text, "mail/inline.css")[0]
        self._html = environment(Inlined(found, css), is_html=True)

    def mail(self, notice: Notice, letterhead: Letterhead, number: int, code: str = "") -> Message:
        """Render a notice, which has this ``number`` in the outbox: the same bytes each time.

        ``code``, if there is one, is shown in place of the notice's long tokens.  Raises SendError
        if the recipient is not an address.
        """
        with locales.use(notice.locale):
            return self._mail(notice, letterhead, number, code)

    def _mail(self, notice: Notice, letterhead: Letterhead, number: int, code: str) -> Message:
        values = _with_code({name: _on_one_line(v) for name, v in notice.values.items()}, code)
        notice = replace(notice, values=values)
        variables = {"name": letterhead.name, "address": notice.recipient, **values}
        template = self._text.get_template(f"mail/letters/{notice.kind}.txt")
        subject, paragraphs = _read(template.render(variables))
        html = self._html.get_template("mail/letters/letter.html").render(
            name=letterhead.name,
            subject=subject,
            preheader=short(" ".join(each.preview for each in paragraphs), _PREVIEW),
            paragraphs=paragraphs,
            imprint=letterhead.imprint,
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
                encoded(_as_text(paragraphs, letterhead.imprint)),
                encoded(html),
                boundary=f"=_{token}",
            ),
        )


def _on_one_line(value: Any) -> Any:
    if isinstance(value, str):
        return shown(value)
    return [_on_one_line(each) for each in value] if isinstance(value, (list, tuple)) else value


def _with_code(values: dict[str, Any], code: str) -> Mapping[str, Any]:
    """Return the values with a code in place of each token; a token, unlike it, has a full stop."""
    if not code:
        return values
    changed = {"token": code} if values.get("token") else {}
    for name in ("url", "confirm_url", "unsubscribe"):
        page, _, token = str(values.get(name, "")).rpartition("/")
        if page.count("/") > 2 and "." in token:
            changed[name] = f"{page}/{code}"
    return {**values, **changed}


def _read(rendered: str) -> tuple[str, list[Paragraph]]:
    """Return the subject and the paragraphs."""
    first, _, rest = rendered.lstrip().partition("\n")
    paragraphs = groupby(rest.split("\n"), key=lambda line: bool(line.strip()))
    blocks = ["\n".join(lines) for is_filled, lines in paragraphs if is_filled]
    return first.removeprefix("Subject:").strip(), list(_joined(map(_paragraph, blocks)))


def _paragraph(block: str) -> Paragraph:
    if block.startswith("    "):
        lines = textwrap.dedent(block).split("\n")
        return Paragraph("quote", lines=tuple(_kept(line) for line in lines))
    text = " ".join(block.split())
    mark, _, rest = text.partition(" ")
    if kind := {"=": "heading", "~": "small"}.get(mark):
        return Paragraph(kind, rest)
    if mark == "|":
        name, _, value = rest.partition("|")
        return Paragraph("rows", rows=((name.strip(), value.strip()),))
    label, _, url = text.removeprefix("[").rpartition("] ")
    if label and text.startswith("[") and web_url(url):
        return Paragraph("button", label, web_url(url))
    return (
        Paragraph("link", url=text) if text and web_url(text) == text else Paragraph("text", text)
    )


def _kept(line: str) -> str:
    """Return a line with an indent that HTML keeps."""
    bare = line.lstrip(" ")
    return "\u00a0" * (len(line) - len(bare)) + bare


def _joined(paragraphs: Iterator[Paragraph]) -> Iterator[Paragraph]:
    """Yield the paragraphs, rows that follow each other as one table."""
    for kind, several in groupby(paragraphs, key=lambda each: each.kind):
        if kind == "rows":
            yield Paragraph(kind, rows=tuple(row for each in several for row in each.rows))
        else:
            yield from several


def _as_text(paragraphs: Sequence[Paragraph], imprint: Sequence[str]) -> str:
    foot = ["\n".join(fill(untagged(line)) for line in imprint)] if imprint else []
    return "\n\n".join([*map(_in_text, paragraphs), *foot]) + "\n"


def _in_text(paragraph: Paragraph) -> str:
    if paragraph.kind == "heading":
        return underlined(untagged(paragraph.text), "=")
    if paragraph.kind == "quote":
        return "\n".join(f"    {line}".replace("\u00a0", " ") for line in paragraph.lines)
    if paragraph.kind == "rows":
        return "\n".join(_row(untagged(name), untagged(value)) for name, value in paragraph.rows)
    if paragraph.kind == "button":
        return f"{fill(untagged(paragraph.text))}:\n\n    {paragraph.url}"
    return paragraph.url or fill(untagged(paragraph.text))


def _row(name: str, value: str) -> str:
    """Return a row of the text part: the name, and beside it the value's lines."""
    first, *others = fill(value, 4 + _NAMES).split("\n")
    gap = " " * max(1, _NAMES - width(name))
    return "\n".join([f"    {name}{gap}{first.lstrip()}"[:COLUMNS], *others])


def _headers(
    subject: str, to: str, letterhead: Letterhead, token: str, notice: Notice
) -> list[tuple[str, str]]:
    sender = header.bare_address(letterhead.sender)
    is_id = _ID.fullmatch(notice.answers)
    reply = [(name, notice.answers) for name in ("In-Reply-To", "References") if is_id]
    return [
        ("From", header.mailbox(name_and_address(letterhead.sender)[0], sender)),
        ("To", to),
        ("Subject", header.text(subject)),
        ("Date", format_datetime(notice.made_at)),
        ("Message-ID", mime.message_id(token, letterhead)),
        *mime.language_headers(),
        *(_bulk_headers(notice, letterhead) or (*reply, *_quiet_headers(is_reply=bool(reply)))),
    ]


def _bulk_headers(notice: Notice, letterhead: Letterhead) -> list[tuple[str, str]]:
    """Return the headers of a notice to many; an empty list for any other."""
    way = notice.values.get("unsubscribe")
    return [] if way is None else mime.bulk_headers(letterhead, way, letterhead.mail_to_stop)


def _quiet_headers(*, is_reply: bool) -> list[tuple[str, str]]:
    """Return the headers that keep programs from answering."""
    return [
        ("Auto-Submitted", "auto-replied" if is_reply else "auto-generated"),
        # Some automatic responders know only this header.
        ("X-Auto-Response-Suppress", "All"),
    ]
