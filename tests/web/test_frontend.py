"""The scripts that were built elsewhere are those that the manifest names, with their licences."""

from __future__ import annotations

import json
import re
from hashlib import sha512

import pytest

from digest.web.answers import STATIC

from ..readme import ROOT

VENDOR = STATIC / "vendor"
MANIFEST = json.loads((VENDOR / "manifest.json").read_text("utf-8"))
LOCK = json.loads((ROOT / "frontend/package-lock.json").read_text("utf-8"))["packages"]


@pytest.mark.parametrize("name", MANIFEST["files"])
def test_a_built_file_is_the_one_that_was_built(name: str) -> None:
    assert sha512((VENDOR / name).read_bytes()).hexdigest() == MANIFEST["files"][name]


@pytest.mark.parametrize("package", MANIFEST["packages"], ids=lambda package: package["name"])
def test_what_went_in_is_locked_and_its_licence_is_there(package: dict[str, str]) -> None:
    locked = LOCK[f"node_modules/{package['name']}"]

    assert (locked["version"], locked["integrity"]) == (package["version"], package["integrity"])
    licences = (VENDOR / "LICENSES.txt").read_text("utf-8")
    assert f"{package['name']} {package['version']} (" in licences


def test_every_version_is_exact() -> None:
    wanted = json.loads((ROOT / "frontend/package.json").read_text("utf-8"))
    versions = {**wanted["dependencies"], **wanted["devDependencies"]}

    assert [v for v in versions.values() if not re.fullmatch(r"\d+\.\d+\.\d+", v)] == []


def test_no_script_is_loaded_from_elsewhere() -> None:
    for page in (ROOT / "templates/web").glob("*.html"):
        for source in re.findall(
            r'<(?:script|link)\b[^>]*(?:src|href)="([^"]*)"', page.read_text()
        ):
            assert source.startswith(("{{ files[", "data:")), page.name
