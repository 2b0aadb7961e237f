"""What every page has at hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .keys import Keys
from .pages import Pages
from .past import Past

if TYPE_CHECKING:
    from ..app import App


@dataclass
class Site:
    """The running digest, and what is made once for all its pages."""

    app: App
    pages: Pages
    past: Past
    keys: Keys
    #: where readers find the pages: absolute, without a slash at its end
    address: str = ""
