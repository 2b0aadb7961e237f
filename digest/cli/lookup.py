"""Look up in the store what the profile commands need: past days, papers, the live version.

Reads; writes nothing.
"""

from __future__ import annotations

import gc
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import date, timedelta
from itertools import chain
from typing import TYPE_CHECKING

from ..errors import DigestError
from ..past_papers import PastPapers, folder_of
from ..profiles import parse
from ..store import (
    Store,
    archive,
    editions,
    feedback,
    paper_addresses,
    profile_files,
    profiles,
    search,
    subscribers,
    work_names,
)
from ..trial.references import names_of
from .terminal import TroubleReporter, say_begun

if TYPE_CHECKING:
    from sqlalchemy import Connection

    from ..config import Config
    from ..language import CompiledQuery
    from ..match.rarity import Frequencies
    from ..model import Paper, Profile
    from ..trial.backtest import PastDays

_NONE_YET = "no papers yet: digest collect --days 30 reads a month of them, and mails none"
#: The kinds of feedback for a paper, and the kind against it.
LIKED_KINDS, DISLIKED_KIND = ("like", "save"), "less"


@contextmanager
def store_of(config: Config) -> Iterator[Store]:
    """Open the configured store; raises DigestError where nothing was ever collected."""
    if not config.has_database:
        raise DigestError(_NONE_YET)
    store = Store(config.database)
    try:
        store.migrate()
        yield store
    finally:
        store.close()


def recent_days(config: Config, store: Store, length: int) -> PastDays:
    """Return the last days up to the newest one collected; raises DigestError without a paper."""
    say_begun(f"Reading the papers of the last {length} days")
    last = _newest_day(store)
    if last is None:
        raise DigestError(_NONE_YET)
    shown = [last - timedelta(days=ago) for ago in reversed(range(length))]
    days = _past_papers(config, store).days(shown)
    if not days.papers:
        raise DigestError(_NONE_YET)
    # All of it is needed until the command ends: no collection need look through it, and what holds
    # itself is not taken apart at the end, which would take half a second for 20,000 papers.
    held: list[object] = [days]
    held.append(held)
    gc.freeze()
    return days


def frequencies(config: Config, store: Store, query: CompiledQuery) -> Frequencies | None:
    """Return how often a query's clauses were found before the newest day, if there is one."""
    day, clauses = _newest_day(store), (*query.wanted, *query.required)
    return _past_papers(config, store).frequencies(day)(clauses) if day else None


def _newest_day(store: Store) -> date | None:
    with store.begin() as tx:
        newest = archive.days(tx, most=1)
    return newest[0][0] if newest else None


def _past_papers(config: Config, store: Store) -> PastPapers:
    return PastPapers(store, folder_of(config.database), TroubleReporter().trouble)


def stored_profile(store: Store, name: str, config: Config) -> Profile:
    """Return the profile that a subscriber keeps in the store, by its name in digest profile list.

    Raises DigestError.
    """
    owner = int(name[1:].partition(".")[0])
    with store.begin() as tx:
        text, subscriber = profiles.find(tx, owner, name), subscribers.by_id(tx, owner)
    if text is None or subscriber is None:
        raise DigestError(f"no reader keeps a profile named {name}; digest profile list names them")
    found = parse(text.text, f"{name}.yaml", listings=config.listings, timezone=config.timezone)
    return replace(found, slug=name, to=(subscriber.address,), path="")


def live_version(store: Store, profile: Profile, config: Config) -> Profile | None:
    """Return the version of a profile by which issues are made now; None for a new profile."""
    with store.begin() as tx:
        text = profile_files.text_of(tx, profile.slug)
    try:
        path = profile.path
        return parse(text, path, timezone=config.timezone) if text else None
    except DigestError:  # the keyword language has changed since
        return None


def paper_of(store: Store, asked: str) -> tuple[Paper, tuple[str, ...]]:
    """Return the paper that is meant, and the listings that carried it; raises DigestError."""
    paper = _known(store, names_of(asked)) or _searched(store, asked)
    with store.begin() as tx:
        return paper, profile_files.listings_of(tx, paper.key)


def _known(store: Store, names: Iterable[str]) -> Paper | None:
    with store.begin() as tx:
        return _each_known(tx, [names])[0]


def _each_known(tx: Connection, several: Iterable[Iterable[str]]) -> list[Paper | None]:
    """Return for each paper's possible names the paper of the first name that is known."""
    keys = [[work_names.key_of(tx, name) or name for name in names] for names in several]
    known = editions.newest_editions(tx, chain.from_iterable(keys))
    return [next((known[key][1] for key in own if key in known), None) for own in keys]


def _searched(store: Store, words: str) -> Paper:
    with store.begin() as tx:
        look = paper_addresses.at if "://" in words else search.search
        several = look(tx, words, 4)
    if len(several) == 1:
        return several[0]
    if not several:
        wanted = "a key, an id, an address or words of its title"
        raise DigestError(f"no paper is known as {words!r}; {wanted}")
    shown = "; ".join(f"{paper.key} {paper.title}" for paper in several)
    raise DigestError(f"several papers are found by {words!r}: {shown}")


def papers_of(store: Store, asked: Iterable[str]) -> tuple[list[Paper], list[str]]:
    """Return the papers of a list that were collected, and the names that were not."""
    names = list(dict.fromkeys(asked))
    with store.begin() as tx:
        known = dict(zip(names, _each_known(tx, map(names_of, names)), strict=True))
    return (
        [paper for paper in known.values() if paper is not None],
        [name for name, paper in known.items() if paper is None],
    )


def as_collected(store: Store, papers: Iterable[Paper]) -> list[Paper]:
    """Return the same papers as they were collected; unchanged those that were not."""
    papers = list(papers)
    with store.begin() as tx:
        known = _each_known(tx, ((paper.key, *paper.aliases) for paper in papers))
    return [found or paper for found, paper in zip(known, papers, strict=True)]


def feedback_of(store: Store, profile: Profile) -> tuple[list[Paper], list[Paper]]:
    """Return what a profile's subscribers liked or saved, and what they wanted less of."""
    with store.begin() as tx:
        ids = [who for to in profile.to if (who := subscribers.find(tx, to)) is not None]
        liked = [
            p for who in ids for kind in LIKED_KINDS for p in feedback.papers(tx, who.id, kind)
        ]
        disliked = [p for who in ids for p in feedback.papers(tx, who.id, DISLIKED_KIND)]
    return liked, disliked
