"""The issue of one subscriber on one day: unread papers, matched, ranked, limited, each once.

    unread ── match ──▶ ranked matches per profile ── edit ──▶ Issue with its receipts

Pure: uses the unread papers that the store hands over; no input, no output.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from datetime import date, datetime
from functools import reduce
from itertools import chain
from operator import itemgetter, or_
from typing import NamedTuple

from ..match import Best, PaperIndex
from ..match.rarity import FindFrequencies, Frequencies, leaders, with_rarest
from ..model import (
    Arrival,
    Backlog,
    Change,
    ChangeKind,
    Issue,
    IssueEntry,
    Match,
    Profile,
    Section,
    SentPaper,
    UnreadBatch,
)
from .balance import Ranked, balanced
from .receipts import receipts


class _Arrived(NamedTuple):
    """The changes since one snapshot, for subscribers who were sent none of these papers."""

    #: per paper key, all changes of the paper, and the first of them
    changes: Mapping[str, Sequence[Change]]
    first: Mapping[str, Change]
    #: the papers as bits, as in the paper index
    bits: int


class IssueBuilder:
    """A builder of issues from unread papers, indexed once for all subscribers of the batch.

    ``find`` is asked for the frequencies of the batch's clauses once papers have equal scores.
    """

    def __init__(self, unread: UnreadBatch, find: FindFrequencies | None = None) -> None:
        self._find = find
        papers = {a.change.paper.key: a.change.paper for a in unread.arrivals}
        self._keys = list(papers)
        self._place = {key: place for place, key in enumerate(papers)}
        listings: dict[str, list[str]] = {key: [] for key in papers}
        for arrival in unread.arrivals:
            carried = listings[arrival.change.paper.key]
            if arrival.listing not in carried:
                carried.append(arrival.listing)
        #: the listings that carry each paper, by its key
        self.listings = {key: tuple(names) for key, names in listings.items()}
        self._day = PaperIndex(list(papers.values()), list(listings.values()))
        self._arrived: dict[object, _Arrived] = {}
        self._considered: dict[object, int] = {}
        self._set_batch(unread)

    def _set_batch(self, unread: UnreadBatch) -> None:
        self._unread = unread
        self._frequencies: Frequencies | None = None
        self._day.learn([p.query.plan for backlog in unread.backlogs for p in backlog.profiles])

    def for_batch(self, unread: UnreadBatch) -> IssueBuilder:
        """Return the builder for another batch: this one, if that batch has the same arrivals."""
        if unread.arrivals != self._unread.arrivals:
            return IssueBuilder(unread, self._find)
        self._set_batch(unread)
        return self

    def issue(
        self, backlog: Backlog, made_at: datetime, *, explained: Collection[str] = ()
    ) -> Issue:
        """Build the subscriber's issue; also an empty one, to record that nothing matched.

        Matches within a profile's limit have reasons; so have all matches of the profiles with
        a slug in ``explained``.
        """
        reading = _SubscriberMatches(self, backlog)
        sections = [reading.section(p, is_explained=p.slug in explained) for p in backlog.profiles]
        listings = {name for p in backlog.profiles for name in p.listings}
        if any(not profile.listings for profile in backlog.profiles):
            listings = {snapshot.listing for snapshot in self._unread.snapshots}
        return Issue(
            day=backlog.day,
            made_at=made_at,
            sections=tuple(sections),
            receipts=receipts(self._unread, backlog, self._matched(listings, reading.matched)),
            pool=reading.pool,
            locale=backlog.locale,
        )

    def unread_by(self, profile: Profile, backlog: Backlog) -> tuple[Mapping[str, Change], int]:
        """Return the profile's unread papers: the changes by paper key, and the papers as bits."""
        question = (backlog.since.get(profile.slug, 0), profile.listings, profile.changes)
        if question not in self._arrived:
            changes = self._arrivals(*question)
            first = {key: several[0] for key, several in changes.items()}
            self._arrived[question] = _Arrived(changes, first, self.bits(first))
        arrived = self._arrived[question]
        if arrived.changes.keys().isdisjoint(backlog.sent):
            return arrived.first, arrived.bits
        batch_changes = (
            (key, self._change_to_mail(several, backlog.sent.get(key)))
            for key, several in arrived.changes.items()
        )
        news = {key: change for key, change in batch_changes if change is not None}
        return news, self.bits(news)

    def considered(self, profile: Profile, backlog: Backlog) -> int:
        """Return as bits the papers that earlier issues of a profile were made from."""
        question = (backlog.since.get(profile.slug, 0), profile.listings, profile.changes)
        if question not in self._considered:
            since, listings, kinds = question
            watched = self._watched(listings, kinds)
            keys = {each.change.paper.key for each in watched if each.snapshot <= since}
            self._considered[question] = self.bits(keys)
        return self._considered[question]

    def ranked(self, profile: Profile, papers: int) -> list[Ranked]:
        """Return the papers that a profile matches, the best first."""
        self._day.learn_rich(profile.query)
        ranking = self._day.rank(
            profile.query.plan, among=papers, minimum=profile.minimum, trending=profile.trending
        )
        is_weighed = profile.rank == "rarity"
        if not (is_weighed or ranking.has_ties):
            return [Ranked(self._keys[best[1]], best, False) for best in ranking.top]
        ordered = self._day.by_rarity(
            profile.query, ranking, self.frequencies, is_weighed=is_weighed
        )
        leading = leaders([best[0] for best, _ in ordered], [rarity for _, rarity in ordered])
        return [
            Ranked(self._keys[best[1]], best, leads)
            for (best, _), leads in zip(ordered, leading, strict=True)
        ]

    @property
    def frequencies(self) -> Frequencies:
        """Return the frequencies of the clauses of the batch's profiles, found once."""
        if self._frequencies is None:
            profiles = (p for backlog in self._unread.backlogs for p in backlog.profiles)
            clauses = [c for p in profiles for c in (*p.query.wanted, *p.query.required)]
            self._frequencies = self._find(clauses) if self._find else Frequencies()
        return self._frequencies

    def explained(self, profile: Profile, ranked: Sequence[Ranked]) -> dict[str, Match]:
        """Return ranked papers as matches with their reasons, by paper key."""
        found = self._day.matched(profile.query, [each.best for each in ranked], profile.trending)
        return {
            each.key: with_rarest(match, profile.query, each.best[2], self.frequencies)
            if each.leads
            else match
            for each, match in zip(ranked, found, strict=True)
        }

    def match(self, ranked: Ranked) -> Match:
        """Return a ranked paper as a match without reasons, if these will not be shown."""
        score, place, _ = ranked.best
        return Match(self._day.papers[place], score)

    @property
    def votes(self) -> Mapping[str, tuple[int, int]]:
        """Return the upvotes of papers, and how many of these came since the day before."""
        return self._unread.votes

    def bits(self, keys: Iterable[str]) -> int:
        """Return the papers of these keys as bits."""
        return self._day.among([self._place[key] for key in keys])

    def _arrivals(
        self, since: int, listings: tuple[str, ...], kinds: frozenset[ChangeKind]
    ) -> dict[str, list[Change]]:
        arrived: dict[str, list[Change]] = {}
        for arrival in self._watched(listings, kinds):
            if arrival.snapshot > since:
                arrived.setdefault(arrival.change.paper.key, []).append(arrival.change)
        return arrived

    def _watched(
        self, listings: tuple[str, ...], kinds: frozenset[ChangeKind]
    ) -> Iterator[Arrival]:
        for arrival in self._unread.arrivals:
            is_watched = not listings or arrival.listing in listings
            if is_watched and arrival.change.kind in kinds:
                yield arrival

    def _change_to_mail(self, changes: Sequence[Change], sent: SentPaper | None) -> Change | None:
        """Return the change to mail, or None: a paper is mailed once, a revision once an edition.

        ``changes`` contain revisions only if the profile asks for them.
        """
        if sent is None:
            return changes[0]
        is_other = self._unread.editions.get(changes[0].paper.key) != sent.edition
        revisions = [c for c in changes if c.kind in (ChangeKind.REVISED, ChangeKind.WITHDRAWN)]
        return revisions[-1] if revisions and is_other else None

    def _matched(self, listings: set[str], taken: Collection[str]) -> dict[str, int]:
        """Return how many of the papers each listing carried."""
        carried = Counter(map(self.listings.__getitem__, taken))
        return {
            name: sum(number for names, number in carried.items() if name in names)
            for name in listings
        }


class _SubscriberMatches:
    """The papers that one subscriber was not sent, ranked by each of their profiles."""

    def __init__(self, builder: IssueBuilder, backlog: Backlog) -> None:
        self._builder = builder
        self._backlog = backlog
        self._titles = {profile.slug: profile.title for profile in backlog.profiles}
        self._waited = _waited(backlog)
        self._changes: dict[str, Mapping[str, Change]] = {}
        self._ranked: dict[str, list[Ranked]] = {}
        #: per profile slug, the score of each paper that it matches, by key
        self._scores: dict[str, dict[str, int]] = {}
        unread = {profile.slug: self._rank(profile) for profile in backlog.profiles}
        #: the keys of all matched papers
        self.matched = dict.fromkeys(chain.from_iterable(self._scores.values()))
        #: number of papers that count as new
        self.pool = self._new(unread).bit_count()
        self._home = self._homes() if len(self._scores) > 1 else {}

    def _rank(self, profile: Profile) -> int:
        changes, papers = self._builder.unread_by(profile, self._backlog)
        ranked, slug = self._builder.ranked(profile, papers), profile.slug
        self._scores[slug] = {key: best[0] for key, best, _ in ranked}
        self._changes[slug], self._ranked[slug] = changes, ranked
        return papers

    def _new(self, unread: Mapping[str, int]) -> int:
        """Return as bits the papers that count as new to the subscriber.

        A profile that is younger than the last issue looks back at what the others have seen then:
        of that counts what it matches.
        """
        builder, backlog = self._builder, self._backlog
        last = max([backlog.since.get(slug, 0) for slug in unread], default=0)
        old = [each for each in backlog.profiles if backlog.since.get(each.slug, 0) == last]
        fresh = reduce(or_, [unread[each.slug] for each in old], 0)
        if len(old) == len(unread):
            return fresh
        seen = reduce(or_, [builder.considered(each, backlog) for each in old], 0)
        looked_back = reduce(or_, unread.values(), 0) & ~seen
        return fresh | looked_back | builder.bits(self.matched)

    def _homes(self) -> dict[str, str]:
        """Return the profile of each paper that several match.

        Each paper is shown once: in the profile with its highest score, the first one of equals.
        """
        by_key: dict[str, dict[str, int]] = {key: {} for key in self.matched}
        for slug, scores in self._scores.items():
            for key, score in scores.items():
                by_key[key][slug] = score
        return {key: max(by, key=by.__getitem__) for key, by in by_key.items() if len(by) > 1}

    def section(self, profile: Profile, *, is_explained: bool) -> Section:
        """Return the section of one profile; ``is_explained``: named papers get reasons too."""
        slug, ranked = profile.slug, self._ranked[profile.slug]
        waiting = self._backlog.waiting.get(slug, ())
        held = [entry for entry in waiting if entry.match.paper.key not in self.matched]
        home = self._home
        ranked_here = [each for each in ranked if home.get(each.key, slug) == slug]
        kept, cut, cuts = balanced(
            profile, ranked_here, self._builder.listings.__getitem__, self._waited
        )
        space_left = len(ranked_here) if is_explained else max(profile.limit - len(held), 0)
        further = [each for each in kept[space_left:] if each.key in self._waited]
        shown = [*kept[:space_left], *further]
        explained = self._builder.explained(profile, [*shown, *cut] if is_explained else shown)
        entries = [*held, *self._entries(profile, kept, explained)]
        surplus = [*self._entries(profile, cut, explained)]
        counts = _counts(profile, held, [each.best for each in ranked_here])
        return _section(profile, entries, surplus, counts, cuts)

    def _entries(
        self, profile: Profile, ranked: Iterable[Ranked], explained: Mapping[str, Match]
    ) -> Iterator[IssueEntry]:
        builder, waited, sent = self._builder, self._waited, self._backlog.sent
        changes, listings, votes = self._changes[profile.slug], builder.listings, builder.votes
        for each in ranked:
            key = each.key
            match, change = explained.get(key) or builder.match(each), changes[key]
            detail = change.detail
            if key in sent and not waited.get(key):
                detail = _sent_again(detail, sent[key].day)
            yield IssueEntry(
                match,
                change.kind,
                detail,
                listings[key],
                self._others(profile, key) if key in self._home else (),
                *(votes.get(key) or (match.paper.upvotes, 0)),
                waited.get(key),
            )

    def _others(self, profile: Profile, key: str) -> tuple[str, ...]:
        """Return the titles of the other profiles that match a paper."""
        slugs = [slug for slug, scores in self._scores.items() if key in scores]
        return tuple([self._titles[each] for each in slugs if each != profile.slug])


def _sent_again(detail: str, day: date) -> str:
    return f"{detail}; you were sent it on {day:%A}, {day.day} {day:%B}".lstrip("; ")


def _waited(backlog: Backlog) -> dict[str, date]:
    """Return, by paper key, the day of the issue that had no room for a waiting paper."""
    waiting = (entry for entries in backlog.waiting.values() for entry in entries)
    return {entry.match.paper.key: entry.waited for entry in waiting if entry.waited}


def _counts(
    profile: Profile, held: Iterable[IssueEntry], ranked: Iterable[Best]
) -> tuple[tuple[str, int], ...]:
    """Return how many papers each clause brought, by its label, the most first.

    Clauses that every paper must satisfy are counted only if there are no others.
    """
    clauses = profile.query.wanted or profile.query.required
    counts = dict.fromkeys([clause.label for clause in clauses], 0)
    for label in [reason.label for entry in held for reason in entry.match.reasons]:
        if label in counts:
            counts[label] += 1
    for bits, papers in Counter([best[2] for best in ranked]).items():
        # Clauses may share a label, under which a paper counts once.
        for label in {c.label for place, c in enumerate(clauses) if bits >> place & 1}:
            counts[label] += papers
    found = [each for each in counts.items() if each[1]]
    return tuple(sorted(found, key=itemgetter(1), reverse=True))


def _section(
    profile: Profile,
    entries: Iterable[IssueEntry],
    surplus: Iterable[IssueEntry],
    counts: tuple[tuple[str, int], ...],
    cuts: tuple[tuple[str, int, int], ...],
) -> Section:
    """Return a profile's section: first the papers that had no room last time, then the best."""
    entries = tuple(sorted(entries, key=_is_fresh))
    return Section(
        profile=profile.slug,
        title=profile.title,
        entries=entries[: profile.limit],
        more=(*entries[profile.limit :], *surplus),
        whole=profile.whole,
        brief=profile.brief,
        counts=counts,
        cuts=cuts,
    )


def _is_fresh(entry: IssueEntry) -> bool:
    return entry.waited is None
