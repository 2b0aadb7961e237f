from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path

import pytest

from digest.errors import SourceError
from digest.listings.sources.http import MAX_BODY_SIZE, Client


def client(*, roots: list[Path], limit: int = MAX_BODY_SIZE) -> Client:
    return Client(
        contact="", now=lambda: datetime(2025, 10, 4, tzinfo=UTC), roots=roots, limit=limit
    )


def test_a_file_is_read_from_under_its_root(tmp_path: Path) -> None:
    (tmp_path / "in").mkdir()
    (tmp_path / "in" / "day.txt").write_bytes(b"papers")
    found = client(roots=[tmp_path, tmp_path / "in"])
    assert found.read("in/day.txt", listing="l").data == b"papers"
    assert found.read(str(tmp_path / "in" / "day.txt"), listing="l").data == b"papers"


def test_only_regular_files_under_a_root_are_read(tmp_path: Path) -> None:
    """A17."""
    root = tmp_path / "root"
    (root / "folder").mkdir(parents=True)
    (tmp_path / "secret").write_text("secret")
    (root / "link").symlink_to(tmp_path / "secret")
    (root / "out").symlink_to(tmp_path)
    os.mkfifo(root / "pipe")
    (root / "big").write_bytes(bytes(101))
    (root / "fit").write_bytes(bytes(100))
    found = client(roots=[root], limit=100)
    assert found.read("fit", listing="l").data == bytes(100)
    for path, reason in {
        "missing.txt": "no such file",
        "folder/missing.txt": "no such file",
        "nowhere/missing.txt": "no such file",
        "../secret": "outside the folders",
        "folder/../../secret": "outside the folders",
        str(tmp_path / "secret"): "outside the folders",
        "out/secret": "outside the folders",
        "/dev/zero": "outside the folders",
        "link": "a link",
        "pipe": "not a regular file",
        "folder": "not a regular file",
        "..": "outside the folders",
        "": "not a regular file",
        "nul\0": "not a path",
        "big": "more than",
        "x" * 5000: "file name too long",
    }.items():
        with pytest.raises(SourceError, match=reason):
            found.read(path, listing="l")


def test_a_device_is_not_read_even_under_a_root() -> None:
    with pytest.raises(SourceError, match="not a regular file"):
        client(roots=[Path("/dev")]).read("zero", listing="l")
