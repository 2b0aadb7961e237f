"""The goals of matching, and what a run of ``bench match`` says of them."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Mapping
from typing import Any

Figures = Mapping[tuple[int, int], Mapping[str, Any]]
#: what is measured, from which sizes, whether it must be at least or at most how much
Goal = tuple[str, Callable[[Figures], float], str, float]


def _loop(name: str, papers: int, profiles: int) -> Callable[[Figures], float]:
    def ratio(all: Figures) -> float:
        size = all[papers, profiles]
        return float(size[name]["us"] / size["ours"]["us"])

    return ratio


def _ours_to(name: str, papers: int, profiles: int) -> Callable[[Figures], float]:
    loop = _loop(name, papers, profiles)
    return lambda all: 1 / loop(all)


def _seconds(all: Figures, papers: int, profiles: int) -> float:
    return float(all[papers, profiles]["ours"]["us"] * profiles)


def _whole(all: Figures) -> float:
    size = all[1500, 1000]
    return float(size["substrings"]["whole_s"] / size["ours"]["whole_s"])


def _two(papers: int) -> Callable[[Figures], float]:
    def ratio(all: Figures) -> float:
        size = all[papers, 1_000_000]
        return float(size["two"]["wall_s"] / size["ours"]["wall_s"])

    return ratio


def _index(papers: int) -> Callable[[Figures], float]:
    return lambda all: float(
        next(each["index"]["ratio"] for size, each in all.items() if size[0] == papers)
    )


def _memory(all: Figures) -> float:
    return float(all[1500, 1_000_000]["ours"]["mb"] / all[1500, 100_000]["ours"]["mb"])


GOALS: tuple[Goal, ...] = (
    ("in loop, 1,500 papers, 100,000 profiles", _loop("substrings", 1500, 100_000), "≥", 300),
    ("in loop, 1,500 papers, 1,000,000 profiles", _loop("substrings", 1500, 1_000_000), "≥", 400),
    ("in loop, 4,000 papers, 100,000 profiles", _loop("substrings", 4000, 100_000), "≥", 500),
    ("in loop, 50 papers, 100,000 profiles", _loop("substrings", 50, 100_000), "≥", 25),
    ("regex loop, 1,500 papers, 100,000 profiles", _loop("patterns", 1500, 100_000), "≥", 3500),
    ("in loop, whole process, 1,500 papers, 1,000 profiles", _whole, "≥", 25),
    ("a compiled kernel, 1,500 papers, 1,000,000 profiles",
     _ours_to("kernel", 1500, 1_000_000), "≤", 15),
    ("a compiled kernel, 4,000 papers, 1,000,000 profiles",
     _ours_to("kernel", 4000, 1_000_000), "≤", 12),
    ("making a mail, 1,500 papers, 100,000 profiles",
     _ours_to("mail", 1500, 100_000), "≤", 0.5),
    ("reading the rows, 50 papers, 100,000 profiles",
     _ours_to("rows", 50, 100_000), "≤", 16),
    ("time, 1,000,000 to 100,000 profiles, 1,500 papers",
     lambda all: _seconds(all, 1500, 1_000_000) / _seconds(all, 1500, 100_000), "≤", 10.5),
    ("peak memory, 1,000,000 to 100,000 profiles, 1,500 papers", _memory, "≤", 1.3),
    ("peak memory in MB, 1,500 papers, 1,000,000 profiles",
     lambda all: float(all[1500, 1_000_000]["ours"]["mb"]), "≤", 200),
    ("time, 4,000 to 1,500 papers, 1,000,000 profiles",
     lambda all: _seconds(all, 4000, 1_000_000) / _seconds(all, 1500, 1_000_000), "≤", 1.7),
    ("time, broad to default profiles, 1,500 papers, 100,000 profiles",
     lambda all: float(all[1500, 100_000]["broad"]["us"] / all[1500, 100_000]["ours"]["us"]),
     "≤", 1.3),
    ("two workers to one, 1,500 papers, 1,000,000 profiles", _two(1500), "≤", 0.58),
    ("two workers to one, 4,000 papers, 1,000,000 profiles", _two(4000), "≤", 0.58),
    ("index to finding words and their lemmas, 1,500 papers", _index(1500), "≤", 4.5),
    ("index to finding words and their lemmas, 4,000 papers", _index(4000), "≤", 4.5),
    ("profiles that differ from the plain definition, of 1,000",
     lambda all: float(all[1500, 100_000]["definition"]["differences"]), "≤", 0),
    ("profiles that differ from scipy, of 100,000",
     lambda all: float(all[1500, 100_000]["library"]["differences"]), "≤", 0),
    ("profiles that differ from a compiled kernel, of 1,000,000",
     lambda all: float(all[1500, 1_000_000]["kernel"]["differences"]), "≤", 0),
)  # fmt: skip


def told(results: Figures) -> Iterator[str]:
    """Say of each goal whether it is met; nothing of those whose sizes were not measured."""
    for name, figure, relation, bound in GOALS:
        try:
            value = figure(results)
        except (KeyError, StopIteration):
            continue
        is_met = value >= bound if relation == "≥" else value <= bound
        verdict = "met   " if is_met else "MISSED"
        yield f"{verdict}  {name}: {value:,.4g} ({relation} {bound:,})"
