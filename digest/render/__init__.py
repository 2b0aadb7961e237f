"""An issue, a reader and the operator's letterhead become a mail: the same bytes every time.

Pure but for reading the templates once.  No clock, no network, nothing from outside unescaped.
"""

from __future__ import annotations

from .layout import Layout, Span
from .letterhead import Letterhead, Links
from .notices import NoticeRenderer
from .printer import MailRenderer
from .template_check import check

__all__ = ["Layout", "Letterhead", "Links", "MailRenderer", "NoticeRenderer", "Span", "check"]
