"""What every page needs: the running digest, and the objects that all pages share."""

from __future__ import annotations

from dataclasses import dataclass, field
from hashlib import blake2b
from typing import TYPE_CHECKING

from anyio import CapacityLimiter

from ..render import MailRenderer
from .answers import PageRenderer
from .client import Network
from .live_templates import LiveTemplates
from .operator_access import OperatorKeys
from .rate_limiter import RateLimiter
from .recent_papers import RecentPapers

if TYPE_CHECKING:
    from ..app import App


@dataclass
class WebContext:
    """The running digest, and what is made once for all its pages."""

    app: App
    pages: PageRenderer
    recent_papers: RecentPapers
    keys: OperatorKeys
    #: the sign-ups of each client
    sign_up_limiter: RateLimiter
    #: where subscribers find the pages: absolute, without a slash at the end
    address: str = ""
    #: the proxies that are believed about the client's address
    proxies: tuple[Network, ...] = ()
    #: the templates that previews follow; None: mails are shown by those that they are sent by
    templates: LiveTemplates | None = None
    #: one thread of their own for programs that ask, so that they wait for no page
    probes: CapacityLimiter = field(default_factory=lambda: CapacityLimiter(1))

    def renderer(self) -> MailRenderer:
        """Return what renders the mails of previews; raises ConfigError if a template is broken."""
        return self.templates.renderer() if self.templates else self.app.renderer

    def data_version(self) -> object:
        """Return a value that changes when anything does that pages show; None if not known."""
        data = self.app.store.data_version()
        return None if data is None else (data, self.app.day, self.pages.stamp())

    def version(self) -> str:
        """Return a stamp that changes when a profile's file or a template does; cheap."""
        files = (self.app.live_profiles.stamp(), self.templates and self.templates.stamp())
        return blake2b(repr(files).encode(), digest_size=8).hexdigest()
