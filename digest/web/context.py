"""What every page has at hand."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from .answers import PageRenderer
from .client import Network, client_address, client_key
from .operator_access import OperatorKeys
from .recent_papers import RecentPapers

if TYPE_CHECKING:
    from fastapi import Request

    from ..app import App


@dataclass
class WebContext:
    """The running digest, and what is made once for all its pages."""

    app: App
    pages: PageRenderer
    past: RecentPapers
    keys: OperatorKeys
    #: where readers find the pages: absolute, without a slash at its end
    address: str = ""
    #: those that are believed where they say which client asks
    proxies: tuple[Network, ...] = ()

    def client_address(self, request: Request) -> str:
        """Return where a request came from."""
        return client_address(request.scope, self.proxies)

    def client_key(self, request: Request) -> str:
        """Return what the client behind a request is counted under."""
        return client_key(self.client_address(request))
