"""Render an issue for a subscriber as a mail; the same input always has the same bytes.

Pure, except that the templates are read once.  No clock, no network; all outside text is escaped.
"""

from __future__ import annotations

from .layout import Layout, Span
from .letterhead import Letterhead, Links
from .notices import NoticeRenderer
from .posts import PostRenderer
from .printer import MailRenderer
from .template_check import check

__all__ = [
    "Layout",
    "Letterhead",
    "Links",
    "MailRenderer",
    "NoticeRenderer",
    "PostRenderer",
    "Span",
    "check",
]
