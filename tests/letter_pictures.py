"""Pictures of the letters: ``python -m tests.letter_pictures OUTDIR [NAME]`` draws every one.

At 320, 360, 768 and 1280 pixels, light and dark, as a browser shows them.
"""

from __future__ import annotations

import sys
from datetime import date, datetime, time
from pathlib import Path
from typing import Any

from digest import locales
from digest.access.tokens import Tokens
from digest.locales import ENGLISH, gettext, number
from digest.model import Notice, Schedule
from digest.render import Letterhead, NoticeRenderer
from digest.resources import templates_folder
from digest.subscribers.requests import Kept, kept_in_words, schedule_in_words

from .chromium import Chromium, program
from .factories import EIGHT
from .wire import parts

WIDTHS = (320, 360, 768, 1280)
SCHEMES = ("light", "dark")
BASE = "https://papers.example.org"
READER = "maya@example.org"
CODE = Tokens(b"pictures").notice_code(1234, READER, EIGHT)
HEAD = Letterhead(
    sender="Paper digest <digest@example.org>",
    base_url=BASE,
    imprint=("Paper digest, Institute of Tea", "Kettle Lane 4, 12345 Leafwick"),
)
_WHAT: dict[str, Any] = {"interests": ["tool use", "multi-agent", "mixture of experts"]}
_WEEKDAYS = Schedule(time(7, 30), "Europe/Berlin", days=frozenset(range(5)))
_ASKED: dict[str, Any] = _WHAT | {"unnamed": 0, "when": lambda: schedule_in_words(_WEEKDAYS)}
_YES: dict[str, Any] = {"token": "a.b", "confirm_url": f"{BASE}/confirm/a.b"}
_PAGE: dict[str, Any] = {"url": f"{BASE}/manage/a.b"}

_SHOWN = ["title: Agents", "any:", "  - tool use", "  - multi-agent"]
_WIDTH = (
    "These words would have found %(found)s of %(papers)s papers of the last %(days)s days: "
    "about %(a_day)s a day."
)
_COMES = "It comes at %(hour)s (%(timezone)s)."
_TITLES = ["Many Small Agents, One Large Notebook", "Ledger: An Agent Memory That Can Say Where"]
_MISTAKE = "line 4, column 5: a bracket is missing (title:(tool AND use))"
_EFFECT = ["It would find about 2.8 papers a day, of 62."]
_DOWN = [
    "Our server moves to another house on Saturday, 14 March.",
    "What would have come then comes on Sunday, and nothing is lost.",
]

#: Each kind of letter, with values as they are queued; some are made in the letter's language.
LETTERS: dict[str, dict[str, Any]] = {
    "confirm": _ASKED | _YES | {"has_before": False},
    "already": _ASKED | _YES | _PAGE | {"has_before": True},
    "change": {"token": "a.b", "changes": ["add state space models", "del quantiz*"]},
    "return": {"token": "a.b", "url": f"{BASE}/return/a.b"},
    "stopped": {
        "token": "a.b",
        "url": f"{BASE}/return/a.b",
        "kept_words": lambda: kept_in_words(Kept(2, 14, date(2025, 4, 11))),
    },
    "done": _PAGE
    | {
        "sentence": lambda: gettext("It is changed as you asked."),
        "lines": ["add state space models"],
    },
    "manage": _PAGE,
    "show": _PAGE
    | {
        "sentence": lambda: gettext(_COMES, hour="07:30", timezone="Europe/Berlin"),
        "lines": _SHOWN,
    },
    "tried": {
        "sentence": lambda: gettext(_WIDTH, found=84, papers=1865, days=30, a_day=number(2.8, 1)),
        "lines": ["state space models"],
        "examples": _TITLES,
    },
    "broken": _PAGE
    | {"title": "Agents and tools", "is_in_force": True, "is_own": True, "lines": [_MISTAKE]},
    "outage": {"lines": ["arxiv-cs, since Tuesday, 17 March"]},
    "help": {"problem": lambda: gettext("nothing in it was understood."), "url": BASE},
    "alarm": {
        "title": "mail is late",
        "sentence": "Owed for more than two hours: 3 mails.",
        "lines": [f"17: {READER}: 450 try later"],
        "remedy": "look at digest doctor and digest outbox list",
    },
    "notice": _PAGE
    | {"title": "No mail on Saturday", "unsubscribe": f"{BASE}/unsubscribe/a.b", "lines": _DOWN},
}

#: Letters that say something else than the first of their kind: which that is, and what differs.
VARIANTS: dict[str, tuple[str, dict[str, Any]]] = {
    "confirm-no-answers": ("confirm", {"reads_mail": False}),
    "confirm-no-pages": ("confirm", {"confirm_url": "", "url": ""}),
    "confirm-more": ("confirm", {"has_before": True, "unnamed": 4, "effect": _EFFECT}),
    "already-no-answers": ("already", {"reads_mail": False}),
    "already-no-pages": ("already", {"confirm_url": "", "url": ""}),
    "change-effect": ("change", {"effect": _EFFECT}),
    "return-no-pages": ("return", {"url": ""}),
    "stopped-no-pages": ("stopped", {"url": ""}),
    "stopped-nothing-kept": ("stopped", {"token": ""}),
    "done-no-pages": ("done", {"url": ""}),
    "done-no-lines": ("done", {"lines": []}),
    "show-no-pages": ("show", {"url": ""}),
    "broken-out-of-force": ("broken", {"is_in_force": False}),
    "broken-not-own": ("broken", {"url": "", "is_own": False}),
    "help-no-pages": ("help", {"url": ""}),
    "help-asked-for": ("help", {"problem": ""}),
    "notice-no-pages": ("notice", {"url": ""}),
}

#: All that are drawn.
NAMES = [*LETTERS, *VARIANTS]


def values_of(name: str, locale: str = ENGLISH) -> dict[str, Any]:
    """What a letter of that kind, or such a variant, says."""
    kind, others = VARIANTS.get(name, (name, {}))
    with locales.use(locale):
        return {key: v() if callable(v) else v for key, v in (LETTERS[kind] | others).items()}


def mail_of(name: str, made_at: datetime = EIGHT, locale: str = ENGLISH) -> bytes:
    """One letter, as it is sent."""
    kind, _ = VARIANTS.get(name, (name, {}))
    values = values_of(name, locale)
    notice = Notice(kind=kind, recipient=READER, made_at=made_at, values=values, locale=locale)
    return NoticeRenderer([templates_folder()]).mail(notice, HEAD, 1234, CODE).data


def html_of(name: str) -> str:
    """The HTML part of one letter."""
    return parts(mail_of(name))[1]


def main(folder: Path, part: str = "") -> None:
    """Draw all that have the part in their names, in every way."""
    path = program()
    if path is None:
        sys.exit("chromium is not installed")
    folder.mkdir(parents=True, exist_ok=True)
    with Chromium(path) as browser:
        for name in (name for name in NAMES if part in name):
            html = html_of(name)
            for width in WIDTHS:
                for scheme in SCHEMES:
                    browser.show(html, width=width, scheme=scheme)
                    picture = folder / f"{name}-{width}-{scheme}.png"
                    tall = browser.height()
                    picture.write_bytes(browser.picture(width=width, top=0, height=tall))


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:3])
