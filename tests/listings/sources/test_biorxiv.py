"""What the preprint servers' API and feed say of themselves and of each preprint."""

from __future__ import annotations
