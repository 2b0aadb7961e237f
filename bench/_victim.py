"""A small digest that is going to be killed: a day's papers, a few subscribers, a relay.

The process that is forked for each victim imports this, so that what may be killed is the work and
not the loading of libraries.
"""

from __future__ import annotations

import os
from collections.abc import Collection
from dataclasses import dataclass
from datetime import date, datetime
from typing import Any

from digest.access.tokens import Tokens
from digest.app import App
from digest.deliver import MailSettings, SmtpSettings, sender
from digest.deliver.mail_log import mail_log
from digest.model import Listing, ListingPage, Paper
from digest.past_papers import PastPapers
from digest.pipeline import runs
from digest.profiles import parse
from digest.render import Letterhead, MailRenderer, NoticeRenderer
from digest.resources import templates_folder
from digest.store import Store, unread

SUBSCRIBERS = 20

LISTING = Listing(name="daily", kind="listing", path="{day}.txt")
RENDERER, NOTICES = MailRenderer([templates_folder()]), NoticeRenderer([templates_folder()])
PROFILES = {
    f"p{n}": parse(
        f"title: Mine\nto: reader{n}@example.org\nany: [sparse training]\n", f"p{n}.yaml"
    )
    for n in range(SUBSCRIBERS)
}


@dataclass(frozen=True)
class Life:
    """Under which circumstances one process lives."""

    url: str
    port: int
    now: datetime
    in_doubt: str = "resend"
    #: what the mail server took, a Message-ID a line
    log: str = ""
    connections: int = 1


def live(life: Life) -> None:
    """Collect, compose, deliver, if there is time."""
    app = app_of(life)
    runs.run(app, [LISTING])
    os._exit(0)


def app_of(life: Life) -> App:
    """The digest as a process finds it."""
    relay = SmtpSettings(host="127.0.0.1", port=life.port, tls="none", connections=life.connections)
    store = Store(life.url)
    return App(
        store=store,
        listings={"daily": LISTING},
        live_profiles=_LoadedProfiles(PROFILES, store),  # type: ignore[arg-type]
        past=PastPapers(store, None),
        source=papers,
        renderer=RENDERER,
        notices=NOTICES,
        letterhead=Letterhead(sender="Papers <digest@example.org>"),
        sender=sender(MailSettings(sender="smtp", smtp=relay)),
        tokens=Tokens(b"bench"),
        now=lambda: life.now,
        in_doubt=life.in_doubt,
        was_sent=mail_log(f"sh -c 'grep -qxF -e \"$1\" {life.log}' sh"),
        report_trouble=lambda line: None,
    )


def papers(listing: Listing, day: date) -> ListingPage:
    """Three papers that nobody has seen before that day."""
    found = tuple(
        Paper(
            key=f"arxiv:{day:%y%m}.{day.day:02d}{n:03d}",
            title=f"Paper {n} of {day} on sparse training",
            abstract="We study sparse training.",
            url=f"https://example.org/{day}/{n}",
        )
        for n in range(3)
    )
    return ListingPage(found, entries=len(found), batch=day)


@dataclass
class _LoadedProfiles:
    profiles: dict[str, Any]
    store: Store
    problems: tuple[Any, ...] = ()

    def read(self) -> None:
        """There is nothing on disk."""

    def load(self, slugs: Collection[str]) -> dict[str, Any]:
        """All of them are in force."""
        return {slug: self.profiles[slug] for slug in slugs}

    def enrol(self, day: date, today: date) -> None:
        """Enrol them all."""
        with self.store.begin() as tx:
            unread.enrol(tx, self.profiles, day, today)
