"""What one reader gets on one day: the unread, matched, ranked, capped, each paper once.

    unread ── match ──▶ ranked matches per profile ── edit ──▶ Issue with its receipts

Decides from what the store says is unread; touches nothing.
"""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from datetime import datetime

from .match import Day, Found
from .model import (
    Change,
    Entry,
    Issue,
    Kind,
    Match,
    Paper,
    Profile,
    Reader,
    Receipt,
    Section,
    Unread,
)


class Desk:
    """The unread papers, indexed once, from which every reader of the batch gets an issue."""

    def __init__(self, unread: Unread) -> None:
        self._unread = unread
        self._papers: dict[str, Paper] = {
            a.change.paper.key: a.change.paper for a in unread.arrivals
        }
        self._place = {key: place for place, key in enumerate(self._papers)}
        listings: dict[str, list[str]] = {key: [] for key in self._papers}
        for arrival in unread.arrivals:
            carried = listings[arrival.change.paper.key]
            if arrival.listing not in carried:
                carried.append(arrival.listing)
        self._listings = listings
        self._day = Day(list(self._papers.values()), list(listings.values()))
        self._masks: dict[object, tuple[int, dict[str, Change]]] = {}

    def issue(self, reader: Reader, made_at: datetime) -> Issue:
        """The reader's issue; an empty one too, since that nothing matched is worth remembering."""
        sections, taken = self._sections(reader)
        listings = {name for p in reader.profiles for name in p.listings}
        if any(not profile.listings for profile in reader.profiles):
            listings = {snapshot.listing for snapshot in self._unread.snapshots}
        return Issue(
            day=reader.day,
            made_at=made_at,
            sections=tuple(sections),
            receipts=self._receipts(listings, taken),
            pool=self._pool(reader),
        )

    def _sections(self, reader: Reader) -> tuple[list[Section], set[str]]:
        ranked = {profile.slug: self._ranked(profile, reader) for profile in reader.profiles}
        wanted_by: dict[str, dict[Profile, int]] = {}
        for profile in reader.profiles:
            for match in ranked[profile.slug]:
                wanted_by.setdefault(match.paper.key, {})[profile] = match.score
        # A paper stands once: where it scores most, in the first profile of equals.
        home = {key: max(scores, key=scores.__getitem__) for key, scores in wanted_by.items()}
        sections = []
        for profile in reader.profiles:
            own = [match for match in ranked[profile.slug] if home[match.paper.key] is profile]
            sections.append(self._section(profile, own, reader, wanted_by))
        return sections, set(wanted_by)

    def _ranked(self, profile: Profile, reader: Reader) -> list[Match]:
        among, _ = self._unread_by(profile, reader)
        found: Found = self._day.match(
            profile.query,
            among=among,
            minimum=profile.minimum,
            trending=profile.trending,
        )
        return found.matches

    def _section(
        self,
        profile: Profile,
        matches: Sequence[Match],
        reader: Reader,
        wanted_by: Mapping[str, Mapping[Profile, int]],
    ) -> Section:
        _, changes = self._unread_by(profile, reader)
        entries = tuple(
            Entry(
                match=match,
                change=changes[match.paper.key].kind,
                detail=changes[match.paper.key].detail,
                listings=tuple(self._listings[match.paper.key]),
                also_in=tuple(p.title for p in wanted_by[match.paper.key] if p is not profile),
            )
            for match in matches
        )
        return Section(
            profile=profile.slug,
            title=profile.title,
            entries=entries[: profile.limit],
            more=entries[profile.limit :],
        )

    def _unread_by(self, profile: Profile, reader: Reader) -> tuple[int, dict[str, Change]]:
        """The places, as bits, of what this profile's reader has not had; and what befell each."""
        since = reader.since.get(profile.slug, 0)
        question = (since, profile.listings, profile.changes)
        if question not in self._masks:
            self._masks[question] = self._arrived(*question)
        mask, changes = self._masks[question]
        for key, edition in reader.sent.items():
            if key in changes and self._was_had(changes[key], edition):
                mask &= ~(1 << self._place[key])
        return mask, changes

    def _arrived(
        self, since: int, listings: tuple[str, ...], kinds: frozenset[Kind]
    ) -> tuple[int, dict[str, Change]]:
        mask = 0
        changes: dict[str, Change] = {}
        for arrival in self._unread.arrivals:
            change = arrival.change
            is_watched = not listings or arrival.listing in listings
            if arrival.snapshot > since and is_watched and change.kind in kinds:
                mask |= 1 << self._place[change.paper.key]
                changes.setdefault(change.paper.key, change)
        return mask, changes

    def _was_had(self, change: Change, edition: str) -> bool:
        """A paper is mailed once; a revision, to those who want revisions, once an edition."""
        if change.kind in (Kind.REVISED, Kind.WITHDRAWN):
            return self._unread.editions.get(change.paper.key) == edition
        return True

    def _pool(self, reader: Reader) -> int:
        mask = 0
        for profile in reader.profiles:
            mask |= self._unread_by(profile, reader)[0]
        return mask.bit_count()

    def _receipts(self, listings: set[str], taken: set[str]) -> tuple[Receipt, ...]:
        return tuple(
            Receipt(
                listing=snapshot.listing,
                verdict=snapshot.verdict,
                day=snapshot.day,
                entries=snapshot.entries,
                new=snapshot.new,
                matched=sum(snapshot.listing in self._listings[key] for key in taken),
                batch=snapshot.batch,
                error=snapshot.error,
                since=snapshot.since,
            )
            for snapshot in self._unread.snapshots
            if snapshot.listing in listings
        )
