"""Weeks of recorded listings through a real server that speaks their publishers' addresses.

Nothing missed, nothing twice, each reading judged as it must be.  The suite plays the first days of
each scene, ``python -m bench replay`` all of them.  Skipped where DIGEST_REAL_DATA is not set.
"""

from __future__ import annotations

import os
from collections.abc import Callable
from datetime import date
from pathlib import Path

import pytest

from digest.listings.sources import KINDS
from digest.model import Verdict
from digest.store import Store

from ... import drills, replays
from ...extent import IS_WHOLE, number
from ...indexes import indexes
from ...replays import Scene, replay


@pytest.fixture(scope="module")
def data() -> Path:
    """The folder of real listings."""
    if not (folder := os.environ.get("DIGEST_REAL_DATA")):
        pytest.skip("DIGEST_REAL_DATA names no folder of real listings")
    return Path(folder)


SCENES: dict[str, Callable[[Path], Scene]] = {
    "arxiv by rss": lambda data: replays.arxiv_feeds(data, days=2, nth=number(30, whole=5)),
    "arxiv by atom and api": lambda data: replays.arxiv_days(data, days=1),
    "arxiv, untouched": replays.arxiv_recordings,
    "hugging face": lambda data: replays.daily_papers(data, days=2),
    "a list that grows": lambda data: replays.growing_list(data, hour=9, days=2),
    "a rolling feed": lambda data: replays.rolling_feed(data, days=2),
    "preprints": lambda data: replays.preprints(data, every=number(10, whole=5)),
    "saved pages": replays.saved_pages,
    "indexes": lambda data: indexes(range(10) if IS_WHOLE else range(1, 9)),
}


#: Played by the whole form alone: others of their kind are played always, and the saved pages by
#: tests/pipeline/test_real_listings.py.
LONG = (
    ()
    if IS_WHOLE
    else ("arxiv by atom and api", "arxiv, untouched", "a list that grows", "saved pages")
)


@pytest.mark.parametrize("name", [name for name in SCENES if name not in LONG])
def test_nothing_is_lost_nothing_comes_twice_and_each_verdict_is_as_expected(
    data: Path, lite: Store, tmp_path: Path, name: str
) -> None:
    outcome = replay(SCENES[name](data), lite, tmp_path)

    assert outcome.odd == []
    assert (outcome.lost, outcome.twice) == (frozenset(), frozenset())
    assert outcome.papers >= 20


def test_the_scenes_use_every_kind_and_every_folder_of_recordings(data: Path) -> None:
    played = " ".join(make(data).listings for make in SCENES.values())
    assert all(f"kind: {kind}" in played for kind in KINDS)
    source = Path(replays.__file__).read_text(encoding="utf-8")
    assert all(f'"{each.name}' in source for each in data.iterdir() if each.is_dir())


def test_no_real_day_is_held_and_changes_of_ids_and_bursts_all_are(data: Path, lite: Store) -> None:
    days = drills.real_days(data, number(10, whole=30))
    house = drills.collected(lite, days)

    found = drills.verdicts_of(house[0])
    assert found[Verdict.FLOOD] == 0
    assert found[Verdict.FRESH] > len(days) * 5 / 6
    times = number(1, whole=3)
    assert drills.held(*house, days, times) == {Verdict.FLOOD: 2 * times}


def test_announcements_around_holidays_are_mailed_once(lite: Store) -> None:
    assert drills.announcements(lite, date(2026, 12, 16), number(12, whole=18)) == []
