"""What the doctor finds: one finding for each check."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from ..errors import DigestError


@dataclass(frozen=True, slots=True)
class Finding:
    """The result of one check."""

    what: str
    is_good: bool
    found: str
    #: what to do; for DNS records to publish, also if nothing is wrong
    remedy: str = ""
    #: the error that was found, if it was one: it decides about the exit code
    trouble: DigestError | None = None

    def document(self) -> dict[str, Any]:
        """Return the finding as JSON values."""
        names = ("what", "is_good", "found", "remedy")
        return {name: getattr(self, name) for name in names}
