"""The pages as tests read them; ``python -m tests.readme`` writes the demo's mail into its page."""

from __future__ import annotations

import email
import email.policy
import re
import sys
from collections.abc import Iterator
from pathlib import Path

ROOT = Path(__file__).resolve().parents[1]
README = ROOT / "README.md"
#: The page that shows a mail, and the one about every command.
FIRST_DIGEST, COMMANDS = (ROOT / "docs" / f"{name}.md" for name in ("first-digest", "commands"))

#: The mail that is shown: a morning on which one list could not be read.
SHOWN = "2026-03-12-bob-at-example.org-*.eml"


def blocks(kind: str, paper: Path = README) -> list[str]:
    """The contents of a paper's fenced blocks of one kind."""
    text = paper.read_text("utf-8")
    found = re.findall(rf"^```{kind}\n(.*?)^```$", text, re.DOTALL | re.MULTILINE)
    return [str(block) for block in found]


_FENCED = re.compile(r"^```\w*\n(.*?)^```$", re.DOTALL | re.MULTILINE)
_CALL = re.compile(r"(?:^|\s|/)digest((?: [^\s#&|;…,]+)*)")


def calls(text: str) -> Iterator[str]:
    """What is written after ``digest`` wherever a text shows it as code, placeholders apart."""
    code = _FENCED.findall(text) + re.findall(r"`([^`\n]+)`", _FENCED.sub("", text))
    for line in "\n".join(code).splitlines():
        for found in _CALL.finditer(line.partition("  #")[0]):
            if "COMMAND" not in found[1]:
                yield found[1].strip()


def text_part(mail: Path) -> str:
    """What a mail says to those who read text."""
    message = email.message_from_bytes(mail.read_bytes(), policy=email.policy.default)
    body = message.get_body(("plain",))
    assert body is not None
    content: str = body.get_content()
    return "\n".join(content.splitlines())


def mail_in(outbox: Path) -> str:
    """The mail to be shown, its subject above it."""
    (file,) = outbox.glob(SHOWN)
    message = email.message_from_bytes(file.read_bytes(), policy=email.policy.default)
    return f"Subject: {message['Subject']}\n\n{text_part(file).strip()}\n"


def main(outbox: str) -> None:
    """Write the mail in ``outbox`` into its page."""
    old, text = blocks("text", FIRST_DIGEST)[0], FIRST_DIGEST.read_text("utf-8")
    FIRST_DIGEST.write_text(text.replace(old, mail_in(Path(outbox)), 1), encoding="utf-8")


if __name__ == "__main__":
    main(*sys.argv[1:])
