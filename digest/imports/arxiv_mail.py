"""A mail to arXiv's mailing list that subscribes, or one that came from it, as a listing.

https://info.arxiv.org/help/subscribe.html
"""

from __future__ import annotations

import email
from collections.abc import Iterator

from ..errors import SourceError
from ..listings.opml import Subscriptions
from ..profiles.categories import found_by, is_category, title_of

_AT_ARXIV = "@arxiv.org"


def subscriptions(data: bytes, path: str) -> Subscriptions:
    """Read archive and subject classes; raises SourceError where the mail names neither.

    A class that is taken back by ``del`` is left out, and all of an archive is meant where no class
    is named.
    """
    subject, text = _read(data, path)
    if subject.lower().startswith("cancel"):
        raise SourceError(path, "this mail ends a subscription: there is nothing to carry over")
    lines = [line.strip() for line in text.splitlines()]
    archive = _archive(lines)
    if not archive:
        raise SourceError(path, "no list of arXiv is in it: To: cs@arxiv.org, or such, is expected")
    found: dict[str, None] = {}
    left_out: list[str] = []
    for adds, name in [*_announced(lines)] or _commands(lines):
        code = _code(archive, name)
        if not code:
            left_out.append(f"{name[:60]}: {archive} has no such subject class")
        elif adds:
            found[code] = None
        else:
            found.pop(code, None)
    codes = [*found] or found_by(archive)
    return Subscriptions({"arxiv": {"kind": "arxiv", "categories": codes}}, left_out)


def _read(data: bytes, path: str) -> tuple[str, str]:
    """Return the subject, and header and body as they were written, whatever their encoding."""
    try:
        message = email.message_from_bytes(data)
        parts = [part for part in message.walk() if part.get_content_type() == "text/plain"]
    except RecursionError:
        raise SourceError(
            path, "parts within parts, too deep: save the mail as plain text"
        ) from None
    body = parts[0].get_payload(decode=True) if parts else b""
    heading = "".join(f"{name}: {message[name]}\n" for name in ("To", "From") if message[name])
    text = body.decode("utf-8", "replace") if isinstance(body, bytes) else ""
    return str(message["Subject"] or ""), heading + text


def _archive(lines: list[str]) -> str:
    """Return the archive that an address at arXiv names, as in ``cs@arxiv.org``."""
    for line in lines:
        before, at, _ = line.lower().partition(_AT_ARXIV)
        words = before.replace("<", " ").replace(":", " ").split()
        if at and words and (is_category(words[-1]) or is_category(f"{words[-1]}.*")):
            return words[-1]
    return ""


def _commands(lines: list[str]) -> Iterator[tuple[bool, str]]:
    """Yield each class of the lines ``add`` and ``del``, and whether it is added."""
    for line in lines:
        verb, _, name = line.partition(" ")
        if verb.lower() in ("add", "del") and name:
            yield verb.lower() == "add", name.strip()


def _announced(lines: list[str]) -> Iterator[tuple[bool, str]]:
    """Yield the classes that an announcement names at its beginning."""
    if "Submissions to:" not in lines:
        return
    for line in lines[lines.index("Submissions to:") + 1 :]:
        if not line or line.startswith(("received from", "---")):
            return
        yield True, line


def _code(archive: str, name: str) -> str:
    """Return the category that is meant by a class of an archive, its code or its name."""
    for code in (f"{archive}.{name}", name):
        meant = found_by(code)
        if len(meant) == 1 and meant[0].lower() == code.lower():
            return meant[0]
    titled = (code for code in found_by(name) if title_of(code).lower() == name.lower())
    several = sorted(titled, key=lambda code: not code.startswith(archive))
    return several[0] if several else ""
