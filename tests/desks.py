"""A desk for the preview: real mails of an invented day, and a profile that is broken."""

from __future__ import annotations

import sys
from collections.abc import Sequence
from dataclasses import dataclass, field
from pathlib import Path

from digest.errors import DigestError, Mistake, ProfileError
from digest.model import Issue, Recipient
from digest.render import Letterhead, MailRenderer
from digest.resources import templates_folder
from digest.web.preview import Preview, Shown, serve
from tests import golden_issues

BROKEN = """profile: quantum
title: Quantum error correction
any:
  - surface code
  - {query: "title:(toric AND", weight: 2}
limits: 20
"""


@dataclass
class Pile:
    """A desk with these issues on it; what is broken shows its problem."""

    issues: dict[str, Issue] = field(default_factory=dict)
    problems: dict[str, DigestError] = field(default_factory=dict)
    stamp: str = "1"
    letterhead: Letterhead = field(
        default_factory=lambda: Letterhead(
            sender="Paper digest <digest@example.org>", base_url="https://digest.example.org"
        )
    )
    folders: Sequence[Path] = (templates_folder(),)

    def profiles(self) -> list[Shown]:
        slugs = dict.fromkeys([*self.issues, *self.problems])
        return [Shown(slug, title(slug), self.problems.get(slug)) for slug in slugs]

    def preview(self, slug: str) -> Preview:
        if slug not in self.issues:
            raise self.problems[slug]
        press = MailRenderer(self.folders)
        issue = self.issues[slug]
        given = issue, Recipient(id=1, address="alice@example.org"), self.letterhead
        return Preview(issue, press.mail(*given), press.html(*given), press.text(*given))

    def version(self) -> str:
        return self.stamp


def title(slug: str) -> str:
    return slug.replace("-", " ").capitalize()


def full_pile(folder: Path) -> Pile:
    """Everything that the pages must be able to show."""
    path = folder / "quantum.yaml"
    path.write_text(BROKEN)
    complaints = [
        Mistake(5, 13, "the bracket is not closed", 'add ")"'),
        Mistake(6, 1, "unknown key limits", "did you mean limit?"),
    ]
    broken = ProfileError(str(path), complaints)
    return Pile(
        {
            "efficient-training": golden_issues.busy_day(),
            "nothing-today": golden_issues.quiet_day(),
            "last-good": golden_issues.one_paper(),
        },
        {"quantum": broken, "last-good": broken},
    )


if __name__ == "__main__":
    serve(full_pile(Path(sys.argv[1])), port=int(sys.argv[2]), open_browser=False)
