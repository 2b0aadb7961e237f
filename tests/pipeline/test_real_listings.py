"""Replays of real listings, where DIGEST_REAL_DATA names a folder that holds some."""

from __future__ import annotations

import json
import os
import re
import shutil
from collections import Counter
from collections.abc import Iterator
from datetime import UTC, date, datetime, time
from email import message_from_bytes
from email.policy import default
from pathlib import Path
from typing import Any

import pytest

from digest.app import opened
from digest.config import load
from digest.model import DeliveryState, Verdict
from digest.pipeline import runs
from digest.pipeline.runs import Report

from ..extent import number

CONFIG = """
database: sqlite:///digest.db
profiles: profiles/
listings:
  daily: {{kind: {kind}, path: "{path}"}}
mail: {{from: "Paper digest <digest@example.org>", sender: folder, folder: outbox/}}
"""
PROFILES = {
    "alice": "any: [mixture of experts, quantiz*, pruning, reasoning]\nlimit: 50",
    "bob": "any: [agent, video, 'title:(image OR 3D)']\nlimit: 50",
    "charlie": "any: [language model]\nnone: [survey]\nlimit: 50",
}


@pytest.fixture
def data() -> Path:
    """The folder of real listings."""
    if not (folder := os.environ.get("DIGEST_REAL_DATA")):
        pytest.skip("DIGEST_REAL_DATA names no folder of real listings")
    return Path(folder)


class House:
    """A digest in a folder of its own, run day after day."""

    def __init__(self, folder: Path, kind: str, path: str) -> None:
        self.folder = folder
        (folder / "config.yaml").write_text(CONFIG.format(kind=kind, path=path))
        (folder / "profiles").mkdir()
        for name, wanted in PROFILES.items():
            text = f"profile: {name}\ntitle: {name}\nto: {name}@example.org\n{wanted}\n"
            (folder / f"profiles/{name}.yaml").write_text(text)

    def run(self, day: date, on: date | None = None) -> Report:
        """Run everything of that day, on that day's evening or a later one's."""
        config = load(self.folder / "config.yaml", {})
        now = datetime.combine(on or day, time(20), UTC)
        with opened(config, now=now, day=day) as app:
            return runs.run(app, list(app.listings.values()))

    def links(self) -> Iterator[tuple[str, str]]:
        """Each (recipient, arXiv id) that a mail tells of, once a mail."""
        for path in (self.folder / "outbox").glob("*.eml"):
            message: Any = message_from_bytes(path.read_bytes(), policy=default)
            text = message.get_body(("plain",)).get_content()
            for id in set(re.findall(r"arxiv\.org/abs/(\d{4}\.\d{5})", text)):
                yield message["To"], id


def test_two_saved_pages_seven_months_apart(data: Path, laid_out: Path, tmp_path: Path) -> None:
    days = {date(2025, 3, 12): (86, 86, 0), date(2025, 10, 31): (84, 83, 1)}
    (tmp_path / "pages").mkdir()
    for day in days:
        [page] = (data / "listing-text").glob(f"*{day:%m-%d}.txt")
        shutil.copy(page, tmp_path / f"pages/{day}.txt")
    shutil.copy(laid_out, tmp_path / "digest.db")
    house = House(tmp_path, "listing", "pages/{day}.txt")

    for day, (entries, new, seen) in days.items():
        [snapshot] = house.run(day).snapshots
        assert (snapshot.entries, snapshot.new, snapshot.seen) == (entries, new, seen)

    mailed = len(list((tmp_path / "outbox").iterdir()))
    for day in sorted(days)[: number(1, whole=2)]:
        entries, _, _ = days[day]
        report = house.run(day, on=max(days))
        [snapshot] = report.snapshots
        assert (snapshot.entries, snapshot.new, snapshot.seen) == (entries, 0, entries)
        assert (report.issues, report.outcomes) == (0, ())
    assert len(list((tmp_path / "outbox").iterdir())) == mailed > 0


def test_weekdays_of_daily_papers_are_accounted_for_and_mailed_once(
    data: Path, laid_out: Path, tmp_path: Path
) -> None:
    days = [date.fromisoformat(p.stem) for p in sorted((data / "hf-api").glob("2025-0[34]*.json"))]
    days = days[: number(2, whole=20)]
    shutil.copytree(data / "hf-api", tmp_path / "hf-api")
    shutil.copy(laid_out, tmp_path / "digest.db")
    house = House(tmp_path, "huggingface", "hf-api/{day}.json")

    sent = 0
    for day in days:
        report = house.run(day)
        [snapshot] = report.snapshots
        listed = json.loads((data / f"hf-api/{day}.json").read_text())
        assert snapshot.verdict is (Verdict.FRESH if listed else Verdict.EMPTY)
        assert snapshot.entries == len(listed)
        assert snapshot.entries == snapshot.new + snapshot.revised + snapshot.seen
        sent += report.outcomes.count(DeliveryState.SENT)
    assert sent >= 2 * len(days)
    told = Counter(house.links())
    assert max(told.values()) == 1

    for day in days:
        report = house.run(day, on=days[-1])
        assert report.snapshots[0].new == 0
        assert (report.issues, report.outcomes) == (0, ())
    assert Counter(house.links()) == told
