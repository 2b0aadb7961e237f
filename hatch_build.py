"""The addresses that a built distribution names: those of the forge that publishes it.

``PROJECT_URL=https://forge.example.org/papers/digest python -m build`` names them; a build without
it, for one's own machines, names none.
"""

import os
from typing import Any

from hatchling.metadata.plugin.interface import MetadataHookInterface


class ProjectUrls(MetadataHookInterface):
    """Called by hatchling, see pyproject.toml."""

    def update(self, metadata: dict[str, Any]) -> None:
        """Name the pages that every forge has at the project's address."""
        home = os.environ.get("PROJECT_URL", "").rstrip("/")
        metadata["urls"] = {"Homepage": home, "Issues": f"{home}/issues"} if home else {}
