from __future__ import annotations

from pathlib import Path

import yaml

from digest.listings.sources import KINDS

from ...recordings import FOLDER, expected_path, outcome, recordings
from ...tables import table


@table("path", recordings())
def test_a_recorded_page_holds_what_stands_beside_it(path: Path) -> None:
    expected = yaml.safe_load(expected_path(path).read_text(encoding="utf-8"))
    assert outcome(path) == expected


def test_every_kind_has_recordings_and_every_expectation_a_page() -> None:
    assert {path.parent.name for path in recordings()} >= {
        kind for kind, place in KINDS.items() if place.endswith(f".{kind}:read")
    }
    assert {expected_path(path) for path in recordings()} == set(FOLDER.glob("*/*.expected.yaml"))
