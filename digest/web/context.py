"""What every page needs: the running digest, and the objects that all pages share."""

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
    #: where subscribers find the pages: absolute, without a slash at the end
    address: str = ""
    #: the proxies that are believed about the client's address
    proxies: tuple[Network, ...] = ()

    def client_address(self, request: Request) -> str:
        """Return the address that a request came from."""
        return client_address(request.scope, self.proxies)

    def client_key(self, request: Request) -> str:
        """Return the key under which the client of a request is counted."""
        return client_key(self.client_address(request))
