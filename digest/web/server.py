"""Serve the pages: alone, or beside the service's loop."""

from __future__ import annotations

import gc
import socket
import threading
import webbrowser
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, replace
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvicorn
from fastapi import FastAPI

from ..errors import DigestError
from ..network import is_loopback
from .application import create_site
from .client import Network
from .connections import crowd
from .context import WebContext
from .live_templates import LiveTemplates
from .operator_access import HERE, OperatorKeys
from .ready_rows import ReadyRows
from .slow_clients import PatientProtocol

if TYPE_CHECKING:
    from ..app import App
    from ..config import Web

#: Seconds for the answers that are under way when the server stops.
SHUTDOWN_SECONDS = 5


@dataclass
class RunningServer:
    """The pages at an address that is already bound."""

    server: uvicorn.Server
    socket: socket.socket
    site: WebContext

    def run(self) -> None:
        """Serve until interrupted."""
        gc.freeze()  # to look through all that was made before took a twentieth of a page's time
        rows = ReadyRows(self.site.app, self.site.pages)
        with self.socket, rows.beside(), suppress(KeyboardInterrupt):
            self.server.run(sockets=[self.socket])

    def stop(self) -> None:
        """Ask the server to stop."""
        self.server.should_exit = True


def listen(
    app: App,
    *,
    host: str,
    port: int,
    base_url: str = "",
    proxies: tuple[Network, ...] = (),
    templates: LiveTemplates | None = None,
) -> RunningServer:
    """Bind the address, so that every request from now on is answered.

    Port 0 takes any free port.  Raises DigestError where the address is in use.
    """
    try:
        taken = socket.create_server((host, port), family=_family(host))
    except OSError as error:
        # Python appends the address to the system's words, but this line has it already.
        reason = (error.strerror or str(error)).partition(" (while")[0].lower()
        raise DigestError(f"web: {host}:{port}: {reason}") from error
    local = f"http://{_in_url(host)}:{taken.getsockname()[1]}"
    web = create_site(app, base_url=base_url, local=local, proxies=proxies, templates=templates)
    return RunningServer(uvicorn.Server(_settings(web, proxies)), taken, web.state.site)


def _listen_by(app: App, settings: Web) -> RunningServer:
    base_url, proxies = settings.base_url, settings.proxies
    return listen(app, host=settings.host, port=settings.port, base_url=base_url, proxies=proxies)


def _settings(web: FastAPI, proxies: tuple[Network, ...]) -> uvicorn.Config:
    settings: dict[str, Any] = {
        "log_level": "warning",
        # uvicorn's own handlers would bypass our log.
        "log_config": None,
        # A line for each request would contain the tokens in its path.
        "access_log": False,
        "http": partial(PatientProtocol, crowd=crowd(), proxies=proxies),
        "server_header": False,
        "proxy_headers": False,
        "timeout_graceful_shutdown": SHUTDOWN_SECONDS,
    }
    return uvicorn.Config(web, **settings)


def serve(
    app: App, settings: Web, *, host: str | None, port: int | None, say: Callable[[str], object]
) -> None:
    """Serve until interrupted."""
    host, port = host or settings.host, settings.port if port is None else port
    running = _listen_by(app, replace(settings, host=host, port=port))
    say(running.site.address)
    say(f"operator: {_operator(running.site.address, running.site.keys)}")
    running.run()


def preview(
    app: App,
    templates: Sequence[Path],
    *,
    host: str = "127.0.0.1",
    port: int = 8765,
    open_browser: bool = True,
    say: Callable[[str], object] = print,
) -> None:
    """Serve the pages to this machine alone, opened at the profiles' mails, until interrupted.

    Mails follow the templates in these folders.  Raises DigestError for a host that other machines
    could reach, or an address in use.
    """
    if not is_loopback(host):
        raise DigestError(f"the preview is for this machine only, not for {host}")
    try:
        running = listen(app, host=host, port=port, templates=LiveTemplates(templates))
    except DigestError as error:
        raise DigestError(f"{error}; --port 0 takes any that is free") from error
    url = f"{_operator(running.site.address, running.site.keys)}/profiles"
    say(url)
    if open_browser:
        # The socket listens already: the browser waits for the first answer.  A text browser in
        # this terminal would block until it is closed, hence the thread.
        threading.Thread(target=webbrowser.open, args=[url], daemon=True).start()
    running.run()


_SHARED = "where another digest serve has them, both share the database and mail nothing twice"


@contextmanager
def beside(app: App, settings: Web, say: Callable[[str], object] = print) -> Iterator[None]:
    """Serve as long as the block lasts.  Where the address is in use, mail is sent all the same."""
    try:
        running = _listen_by(app, settings)
    except DigestError as error:
        app.report_trouble(f"{error}; no pages are offered, but mail goes: {_SHARED}")
        yield
        return
    say(f"pages: {running.site.address} (yours, as the operator: digest web --link)")
    thread = threading.Thread(target=running.run, daemon=True)
    thread.start()
    try:
        yield
    finally:
        running.stop()
        thread.join(SHUTDOWN_SECONDS + 1)


def operator_link(app: App, settings: Web) -> str:
    """Return a fresh link to the operator's pages."""
    local = f"http://{_in_url(settings.host)}:{settings.port}"
    return _operator(
        settings.base_url or local, OperatorKeys(app.store, app.now, settings.base_url)
    )


def _operator(address: str, keys: OperatorKeys) -> str:
    return f"{address}/operator/{HERE if keys.is_private else keys.make()}"


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _in_url(host: str) -> str:
    host = {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104  # what to open
    return f"[{host}]" if ":" in host else host
