"""The documentation as a site: every page is in it, it is built strictly, and loads nothing."""

from __future__ import annotations

import re
import runpy
import subprocess
import sys
from collections.abc import Iterator
from importlib.util import find_spec
from pathlib import Path
from typing import Any

import yaml

from .readme import ROOT
from .require import missing

SETTINGS: dict[str, Any] = yaml.safe_load((ROOT / "mkdocs.yml").read_text("utf-8"))
BESIDE: dict[str, str] = runpy.run_path(str(ROOT / "docs" / "site.py"))["BESIDE"]

#: What a page would load from another place by itself, without a click.
_LOADED = re.compile(
    r"<(?:script|img|iframe|source)\b[^>]*\bsrc=[\"']?(?:https?:)?//[^>]*>"
    r"|<link\b[^>]*\brel=[\"']?(?:stylesheet|preconnect|icon|preload)[^>]*"
    r"\bhref=[\"']?(?:https?:)?//[^>]*>"
)


def pages_of(nav: object) -> Iterator[str]:
    """The names of the pages in a table of contents."""
    if isinstance(nav, str):
        yield nav
    else:
        for each in nav.values() if isinstance(nav, dict) else nav:  # type: ignore[attr-defined]
            yield from pages_of(each)


def test_the_table_of_contents_has_every_page_once() -> None:
    pages = [path.name for path in (ROOT / "docs").glob("*.md")]

    assert sorted(pages_of(SETTINGS["nav"])) == sorted([*pages, *BESIDE])


def test_the_site_is_built_strictly_and_its_pages_load_nothing(tmp_path: Path) -> None:
    if find_spec("mkdocs") is None or find_spec("material") is None:
        missing("mkdocs", "mkdocs-material is not installed")
    command = [sys.executable, "-m", "mkdocs", "build", "--strict", "--quiet"]
    done = subprocess.run(
        [*command, "--site-dir", str(tmp_path)], cwd=ROOT, capture_output=True, text=True
    )

    assert done.returncode == 0, done.stderr
    for page in pages_of(SETTINGS["nav"]):
        text = (tmp_path / page).with_suffix(".html").read_text("utf-8")
        assert [found[0] for found in _LOADED.finditer(text)] == [], page
