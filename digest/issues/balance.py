"""Keep one clause or listing from flooding a section: ``at_most`` of a profile.  Pure.

A paper stays as long as one of the clauses that brought it has room, and one of its listings.
"""

from __future__ import annotations

from collections import Counter
from collections.abc import Callable, Collection, Iterable, Sequence
from typing import NamedTuple

from ..match import Best
from ..model import Profile

#: A clause or a listing: its name, and how many papers it may have; 0: as many as there are.
Cap = tuple[str, int]


class Ranked(NamedTuple):
    """One of the papers that a profile matches."""

    key: str
    best: Best
    #: whether it is at the head of those with its score because what it matched is rarer
    leads: bool


class Balanced(NamedTuple):
    """A ranking in two parts, and why the second was cut: names, limits, numbers of papers."""

    kept: Sequence[Ranked]
    cut: Sequence[Ranked]
    cuts: tuple[tuple[str, int, int], ...]


def balanced(
    profile: Profile,
    ranked: Sequence[Ranked],
    carried_by: Callable[[str], Collection[str]],
    exempt: Collection[str],
) -> Balanced:
    """Return the ranked papers without those of which there are too many, and these.

    ``carried_by`` returns the listings that carry a paper; those in ``exempt`` are never cut.
    """
    clauses = profile.query.wanted or profile.query.required
    if not profile.at_most and not any(clause.at_most for clause in clauses):
        return Balanced(ranked, (), ())
    caps, taken = dict(profile.at_most), Counter[Cap]()
    kept: list[Ranked] = []
    cut: list[Ranked] = []
    cuts: Counter[Cap] = Counter()
    for each in ranked:
        bits = each.best[2]
        brought = [(c.label, c.at_most) for place, c in enumerate(clauses) if bits >> place & 1]
        carried = [(name, caps.get(name, 0)) for name in _watched(profile, carried_by(each.key))]
        full = next((group for group in (brought, carried) if _is_full(group, taken)), None)
        if full is None or each.key in exempt:
            taken.update({*brought, *carried})
            kept.append(each)
        else:
            cuts[full[0]] += 1
            cut.append(each)
    return Balanced(kept, cut, tuple((*cap, number) for cap, number in cuts.most_common()))


def _watched(profile: Profile, names: Iterable[str]) -> Iterable[str]:
    return [name for name in names if not profile.listings or name in profile.listings]


def _is_full(group: Sequence[Cap], taken: Counter[Cap]) -> bool:
    return bool(group) and all(cap[1] and taken[cap] >= cap[1] for cap in group)
