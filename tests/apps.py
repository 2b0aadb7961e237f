"""A running digest for tests: real store, real templates, real profiles; fakes at its edges."""

from __future__ import annotations

from collections.abc import Collection, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import date
from typing import Any

from sqlalchemy import select

from digest.access.tokens import Tokens
from digest.app import App
from digest.model import Listing, Profile
from digest.past_papers import PastPapers
from digest.profiles import parse
from digest.render import Letterhead, MailRenderer, NoticeRenderer
from digest.resources import templates_folder
from digest.store import Store, inbound, schema, unread

from .factories import EIGHT
from .fakes import Clock, Newsstand, Postbox

ALICE, BOB, CHARLIE = "alice@example.org", "bob@example.org", "charlie@example.org"


@dataclass
class LoadedProfiles:
    """Profiles that are already read."""

    profiles: Mapping[str, Profile]
    store: Store
    problems: Sequence[Any] = field(default_factory=list)
    #: how often what is new among them was enrolled
    enrolled: int = 0

    def read(self) -> None:
        """There is nothing on disk."""

    def load(self, slugs: Collection[str]) -> dict[str, Profile]:
        """Those of them that there are."""
        return {slug: self.profiles[slug] for slug in slugs if slug in self.profiles}

    def enrol(self, day: date, today: date) -> None:
        """Enrol them all; who follows another follows none any more."""
        has = schema.subscriptions
        with self.store.begin() as tx:
            followed = tx.execute(select(has.c.profile).where(has.c.is_active)).scalars()
            unread.enrol(tx, {**dict.fromkeys(followed), **self.profiles}, day, today)
        self.enrolled += 1


def profile(slug: str = "sparse", **keys: Any) -> Profile:
    """A profile as its YAML would make it; by default Alice's, who wants "sparse training"."""
    values = {"title": slug.title(), "to": ALICE, "any": ["sparse training"], **keys}
    lines = [f"profile: {slug}", *(f"{name}: {value}" for name, value in values.items())]
    return parse("\n".join(lines), f"{slug}.yaml")


RENDERER = MailRenderer([templates_folder()])
NOTICES = NoticeRenderer([templates_folder()])


def with_pipe(store: Store) -> Store:
    """The store of a digest to which mail has come by a pipe."""
    with store.begin() as tx:
        inbound.note_pipe(tx, EIGHT)
    return store


def app_of(store: Store, *profiles: Profile, listings: Sequence[Listing], **fields: Any) -> App:
    """A digest of these profiles and listings, at eight on Tuesday, with fakes at its edges."""
    values: dict[str, Any] = {
        "source": Newsstand(),
        "sender": Postbox(),
        "now": Clock(EIGHT),
        "renderer": RENDERER,
        "notices": NOTICES,
        "letterhead": Letterhead(sender="Paper digest <digest@example.org>"),
        "tokens": Tokens(b"a secret of tests"),
        "past": PastPapers(store, None),
    }
    values |= fields
    # Time passes as the clock says, unless a test sets the clock.
    values.setdefault("uptime", lambda: (values["now"]() - EIGHT).total_seconds())
    return App(
        store=store,
        listings={listing.name: listing for listing in listings},
        live_profiles=LoadedProfiles({p.slug: p for p in profiles or (profile(),)}, store),  # type: ignore[arg-type]
        **values,
    )
