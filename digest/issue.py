"""What one reader gets on one day: the unread, matched, ranked, capped, each paper once.

    unread ── match ──▶ ranked matches per profile ── edit ──▶ Issue with its receipts

Decides from what the store says is unread; touches nothing.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Mapping, Sequence
from dataclasses import replace
from datetime import date, datetime

from .match import Day, Found
from .model import (
    Change,
    Entry,
    Had,
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
        self._arrived: dict[object, dict[str, list[Change]]] = {}

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
        unread = {profile.slug: self._unread_by(profile, reader) for profile in reader.profiles}
        ranked = {
            profile.slug: self._ranked(profile, unread[profile.slug]) for profile in reader.profiles
        }
        scores: dict[str, dict[str, int]] = {}
        for slug, matches in ranked.items():
            for match in matches:
                scores.setdefault(match.paper.key, {})[slug] = match.score
        # A paper stands once: where it scores most, in the first profile of equals.
        home = {key: max(by, key=by.__getitem__) for key, by in scores.items()}
        titles = {profile.slug: profile.title for profile in reader.profiles}
        sections = []
        for profile in reader.profiles:
            entries = tuple(
                self._entry(
                    match,
                    unread[profile.slug][match.paper.key],
                    reader,
                    [titles[slug] for slug in scores[match.paper.key] if slug != profile.slug],
                )
                for match in ranked[profile.slug]
                if home[match.paper.key] == profile.slug
            )
            waiting = reader.waiting.get(profile.slug, ())
            held = [entry for entry in waiting if entry.match.paper.key not in scores]
            sections.append(_section(profile, held, entries))
        return sections, set(scores)

    def _ranked(self, profile: Profile, unread: Mapping[str, Change]) -> list[Match]:
        found: Found = self._day.match(
            profile.query,
            among=self._bits(unread),
            minimum=profile.minimum,
            trending=profile.trending,
        )
        return found.matches

    def _bits(self, keys: Iterable[str]) -> int:
        mask = 0
        for key in keys:
            mask |= 1 << self._place[key]
        return mask

    def _entry(self, match: Match, change: Change, reader: Reader, also_in: Sequence[str]) -> Entry:
        key = match.paper.key
        detail = change.detail
        waited = _waited(reader, key)
        if key in reader.sent and not waited:
            day = reader.sent[key].day
            detail = f"{detail}; you were sent it on {day:%A}, {day.day} {day:%B}".lstrip("; ")
        upvotes, rise = self._unread.votes.get(key, (match.paper.upvotes, 0))
        return Entry(
            match=match,
            change=change.kind,
            detail=detail,
            listings=tuple(self._listings[key]),
            also_in=tuple(also_in),
            upvotes=upvotes,
            rise=rise,
            waited=waited,
        )

    def _unread_by(self, profile: Profile, reader: Reader) -> dict[str, Change]:
        """What this profile's reader has not had, and what befell it, by key."""
        question = (reader.since.get(profile.slug, 0), profile.listings, profile.changes)
        if question not in self._arrived:
            self._arrived[question] = self._arrivals(*question)
        arrived = self._arrived[question]
        if arrived.keys().isdisjoint(reader.sent):
            return {key: changes[0] for key, changes in arrived.items()}
        told = (
            (key, self._news(changes, reader.sent.get(key))) for key, changes in arrived.items()
        )
        return {key: change for key, change in told if change is not None}

    def _arrivals(
        self, since: int, listings: tuple[str, ...], kinds: frozenset[Kind]
    ) -> dict[str, list[Change]]:
        arrived: dict[str, list[Change]] = {}
        for arrival in self._unread.arrivals:
            change = arrival.change
            is_watched = not listings or arrival.listing in listings
            if arrival.snapshot > since and is_watched and change.kind in kinds:
                arrived.setdefault(change.paper.key, []).append(change)
        return arrived

    def _news(self, changes: Sequence[Change], had: Had | None) -> Change | None:
        """A paper is mailed once; a revision, to those who want revisions, once an edition."""
        if had is None:
            return changes[0]
        is_other = self._unread.editions.get(changes[0].paper.key) != had.edition
        revisions = [c for c in changes if c.kind in (Kind.REVISED, Kind.WITHDRAWN)]
        return revisions[-1] if revisions and is_other else None

    def _pool(self, reader: Reader) -> int:
        return len({key for p in reader.profiles for key in self._unread_by(p, reader)})

    def _receipts(self, listings: set[str], taken: set[str]) -> tuple[Receipt, ...]:
        return tuple(
            Receipt(
                listing=snapshot.listing,
                verdict=snapshot.verdict,
                day=snapshot.day,
                entries=snapshot.entries,
                skipped=snapshot.skipped,
                new=snapshot.new,
                late=snapshot.late,
                matched=sum(snapshot.listing in self._listings[key] for key in taken),
                batch=snapshot.batch,
                error=snapshot.error,
                since=snapshot.since,
            )
            for snapshot in self._unread.snapshots
            if snapshot.listing in listings
        )


def _waited(reader: Reader, key: str) -> date | None:
    """The day of the issue that had no room for a paper, where it waits since."""
    waiting = (entry for entries in reader.waiting.values() for entry in entries)
    return next((entry.waited for entry in waiting if entry.match.paper.key == key), None)


def _section(profile: Profile, held: Sequence[Entry], entries: Sequence[Entry]) -> Section:
    """The best of a profile; what had no room the last time comes first."""
    entries = tuple(sorted([*held, *entries], key=lambda entry: entry.waited is None))
    return Section(
        profile=profile.slug,
        title=profile.title,
        entries=entries[: profile.limit],
        more=entries[profile.limit :],
    )


def hold_back(issue: Issue, profiles: Collection[str], fits: Callable[[Entry], bool]) -> Issue:
    """The issue in which these profiles' papers wait that the mail would not show whole.

    A paper waits once: what has no room the second time either is named, and stands on the page.
    The issue itself where nothing has to wait.
    """
    sections = tuple(
        _holding_back(section, issue.day, fits) if section.profile in profiles else section
        for section in issue.sections
    )
    is_same = all(a is b for a, b in zip(sections, issue.sections, strict=True))
    return issue if is_same else replace(issue, sections=sections)


def _holding_back(section: Section, day: date, fits: Callable[[Entry], bool]) -> Section:
    cut = [entry for entry in section.entries if not entry.waited and not fits(entry)]
    beyond = [entry for entry in section.more if not entry.waited]
    if not cut and not beyond:
        return section
    held = {id(entry) for entry in (*cut, *beyond)}
    return replace(
        section,
        entries=tuple(entry for entry in section.entries if id(entry) not in held),
        more=tuple(entry for entry in section.more if id(entry) not in held),
        waiting=(
            *(replace(entry, waited=day) for entry in (*cut, *beyond)),
            *section.waiting,
        ),
    )
