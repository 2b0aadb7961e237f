"""What mkdocs adds to the site: the pages that are beside ``docs/``, the README as the first."""

from __future__ import annotations

import re
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from mkdocs.config.defaults import MkDocsConfig
    from mkdocs.structure.files import Files

ROOT = Path(__file__).resolve().parents[1]

#: name on the site: the file at the top
BESIDE = {
    "index.md": "README.md",
    **{name: name for name in ("CHANGELOG.md", "CONTRIBUTING.md", "SECURITY.md")},
}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages that are not in ``docs/``."""
    from mkdocs.structure.files import File

    for name, source in BESIDE.items():
        text = (ROOT / source).read_text("utf-8")
        files.append(File.generated(config, name, content=from_docs(text)))
    return files


def on_page_markdown(markdown: str, **_: object) -> str:
    """Let links to the pages beside ``docs/`` lead to where they are on the site."""
    return re.sub(r"\]\(\.\./(\w+\.md)", r"](\1", markdown)


def from_docs(text: str) -> str:
    """Return a page as if it were in ``docs/``: links to what else is at the top become words."""
    text = text.replace("](docs/", "](")
    return re.sub(r"\[([^\]]*)\]\(LICENSE\)", r"\1", text)
