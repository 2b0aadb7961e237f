"""An issue, a reader and the operator's letterhead become a mail: the same bytes every time.

Pure but for reading the templates once.  No clock, no network, nothing from outside unescaped.
"""

from __future__ import annotations

from .check import check
from .layout import Layout, Span
from .letter import Letters
from .letterhead import Letterhead, Links
from .press import Press

__all__ = ["Layout", "Letterhead", "Letters", "Links", "Press", "Span", "check"]
