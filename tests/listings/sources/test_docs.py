"""The page on sources speaks of what there is: kinds, tests, recordings, faults."""

from __future__ import annotations

import re
from pathlib import Path

from digest.config import load
from digest.listings.sources import KINDS

from ...recordings import recordings

ROOT = Path(__file__).parents[3]
PAGE = (ROOT / "docs" / "sources.md").read_text(encoding="utf-8")
COLLECTING = (ROOT / "docs" / "collecting.md").read_text(encoding="utf-8")


def test_every_kind_is_written_about() -> None:
    for kind in KINDS:
        assert re.search(rf"^## .*\b{kind}\b", PAGE, re.MULTILINE)
        assert f"`{kind}`" in PAGE


def test_the_page_can_be_followed_as_it_is_written(tmp_path: Path) -> None:
    secrets = dict.fromkeys(["PAID", "KEY", "HF_TOKEN"], "x")
    examples = re.findall(r"```yaml\n(.*?)```", PAGE, re.DOTALL)
    assert len(examples) > 8
    for number, example in enumerate(examples):
        path = tmp_path / f"{number}.yaml"
        path.write_text(f"mail: {{from: a@example.org}}\n{example}", encoding="utf-8")
        assert load(path, secrets).listings


def test_what_is_to_be_written_for_each_publisher_is_understood(tmp_path: Path) -> None:
    rows = re.findall(
        r"^\| [^|]+ \| (`[^|]+) \|", PAGE.partition("## By publisher")[2], re.MULTILINE
    )
    written = [each for row in rows for each in re.findall(r"`(\{kind: [^`]+\})`", row)]
    assert len(written) > 20
    lines = "".join(f"  l{number}: {each}\n" for number, each in enumerate(written))
    filled = lines.replace('"ISSN"', "1476-4687").replace('url: "…"', 'url: "https://a.example/"')
    path = tmp_path / "config.yaml"
    path.write_text(f"mail: {{from: a@example.org}}\nlistings:\n{filled}", encoding="utf-8")
    assert len(load(path, {}).listings) == len(written)


def test_every_test_that_the_page_names_is_there() -> None:
    there = {
        name
        for path in (ROOT / "tests").rglob("test_*.py")
        for name in re.findall(r"^def (test_\w+)", path.read_text(encoding="utf-8"), re.MULTILINE)
    }
    assert set(re.findall(r"`(test_\w+)`", PAGE + COLLECTING)) <= there


def test_every_file_of_tests_that_the_page_names_is_there() -> None:
    assert all((ROOT / name).is_file() for name in re.findall(r"`(tests/[\w/]+\.py)`", PAGE))


def test_every_recording_that_the_page_names_is_there() -> None:
    there = {path.name for path in recordings()}
    named = re.findall(r"recordings? ((?:`[^`]+`(?:, )?)+)", PAGE)
    files = {
        name.rpartition("/")[2]
        for row in named
        for name in re.findall(r"`([^`]+)`", row)
        if not name.startswith("test")
    }
    assert files
    assert files <= there


def test_every_fault_has_its_row() -> None:
    assert re.findall(r"^\| (A\d+) \|", PAGE, re.MULTILINE) == [f"A{n}" for n in range(1, 29)]
    rows = re.findall(r"^\| (B\d+) \|", COLLECTING, re.MULTILINE)
    assert rows == [f"B{n}" for n in range(1, 13)]


def test_every_fault_names_the_test_that_holds_it() -> None:
    rows = re.findall(r"^\| ([AB]\d+) \|(.*)$", PAGE + COLLECTING, re.MULTILINE)
    unheld = {name for name, row in rows if "`test_" not in row}
    # Nothing is pruned; how a backup is put back stands on the page on reliability.
    assert unheld == {"B10", "B12"}
