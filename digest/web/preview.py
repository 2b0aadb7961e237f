"""The preview: each profile's mail as it would be sent now, in a browser on the same machine.

Shows the mail of a desk, byte for byte, and follows it as files change.  Reads no profile and no
database itself, changes nothing, and answers this machine only.
"""

from __future__ import annotations

import secrets
import socket
import threading
import webbrowser
from collections.abc import Callable, Iterator, Sequence
from contextlib import suppress
from dataclasses import dataclass
from email import message_from_bytes, policy
from typing import NamedTuple, Protocol
from urllib.parse import quote, urlencode

import jinja2
import uvicorn
from fastapi import FastAPI, HTTPException, Request
from fastapi.responses import HTMLResponse, PlainTextResponse, Response
from starlette.exceptions import HTTPException as StarletteHTTPException
from starlette.middleware.base import RequestResponseEndpoint

from ..errors import DigestError
from ..model import Issue, Message
from ..network import is_loopback
from ..resources import templates_folder
from .complaints import notices

#: Gmail hides what comes after about 102 KB of encoded HTML.
CLIPPED_AT = 102_400

#: Nothing in a mail may run or load here, but its links may open beside the preview.
_MAIL_POLICY = (
    "default-src 'none'; style-src 'unsafe-inline'; img-src data:; "
    "sandbox allow-popups allow-popups-to-escape-sandbox; frame-ancestors 'self'"
)

_HEADERS = {
    "X-Content-Type-Options": "nosniff",
    "Referrer-Policy": "no-referrer",
    "Cross-Origin-Opener-Policy": "same-origin",
    "Cross-Origin-Resource-Policy": "same-origin",
    "Cache-Control": "no-store",
}

#: A page's query parameters: values with their labels; the first value is the default.
_CHOICES = {
    "show": {"mail": "Both parts", "raw": "Raw message"},
    "width": {"desktop": "Desktop", "phone": "Phone"},
    "scheme": {"system": "System", "light": "Light", "dark": "Dark"},
}


class Shown(NamedTuple):
    """A profile on the desk; one with a problem shows its last good state, or none."""

    slug: str
    title: str
    problem: DigestError | None = None


@dataclass(frozen=True, slots=True)
class Preview:
    """One profile's issue, and the mail made of it: the encoded message and its two parts."""

    issue: Issue
    mail: Message
    html: str
    text: str


class Desk(Protocol):
    """The source of the preview; used by one thread at a time."""

    def profiles(self) -> Sequence[Shown]:
        """Return all profiles, the broken ones too."""

    def preview(self, slug: str) -> Preview:
        """Make the mail that this profile would get now.

        Raises DigestError where that is impossible, jinja2.TemplateError where a template is
        broken.
        """

    def version(self) -> str:
        """Return a stamp that changes when a profile or a template does; cheap."""


class Choice(NamedTuple):
    """A link that shows the same page in another way."""

    label: str
    href: str
    is_current: bool


class _OneAtATime:
    """A desk that several requests may use at once, because it locks."""

    def __init__(self, desk: Desk) -> None:
        self._desk = desk
        self._lock = threading.Lock()

    def profiles(self) -> list[Shown]:
        with self._lock:
            return list(self._desk.profiles())

    def preview(self, slug: str) -> Preview:
        with self._lock:
            return self._desk.preview(slug)

    def version(self) -> str:
        with self._lock:
            return self._desk.version()


def create_app(desk: Desk) -> FastAPI:
    """Make the pages: ``/``, ``/p/{slug}``, the mail's parts below it, and ``/version``."""
    app = FastAPI(title="digest preview", docs_url=None, redoc_url=None, openapi_url=None)
    pages = _pages()
    calm = _OneAtATime(desk)
    app.middleware("http")(_guard)

    @app.get("/", response_class=HTMLResponse)
    def index(request: Request) -> Response:
        listed = [(shown, notices(shown.problem)) for shown in calm.profiles()]
        return _page(pages, request, "preview.html", version=calm.version(), listed=listed)

    @app.get("/p/{slug}", response_class=HTMLResponse)
    def profile(request: Request, slug: str) -> Response:
        version = calm.version()
        shown = _find(calm, slug)
        preview, problem = _attempt(calm, slug)
        chosen = _chosen(request)
        return _page(
            pages,
            request,
            "preview_profile.html",
            version=version,
            profile=shown,
            preview=preview,
            facts=_facts(preview) if preview else [],
            notices=notices(shown.problem) + notices(None if problem is shown.problem else problem),
            at=f"/p/{quote(slug, safe='')}",
            chosen=chosen,
            scheme=chosen["scheme"],
            choices=list(_choices(chosen)),
        )

    @app.get("/p/{slug}/mail.html")
    def html_part(slug: str, framed: bool = False) -> Response:
        html = _preview(calm, slug).html
        if framed:
            # In the page's frame a link must open elsewhere; the mail itself does not say so.
            html = html.replace("<head>", '<head><base target="_blank">', 1)
        return HTMLResponse(html, headers={"Content-Security-Policy": _MAIL_POLICY})

    @app.get("/p/{slug}/mail.txt")
    def text_part(slug: str) -> Response:
        return PlainTextResponse(_preview(calm, slug).text)

    @app.get("/p/{slug}/mail.eml")
    def message(slug: str) -> Response:
        name = {"Content-Disposition": f"attachment; filename*=UTF-8''{quote(slug)}.eml"}
        return Response(_preview(calm, slug).mail.data, media_type="message/rfc822", headers=name)

    @app.get("/version")
    def version() -> Response:
        return PlainTextResponse(calm.version())

    @app.exception_handler(StarletteHTTPException)
    def missing(request: Request, error: StarletteHTTPException) -> Response:
        told = {"why": error.detail, "version": calm.version()}
        return _page(pages, request, "preview_missing.html", status=error.status_code, **told)

    return app


def serve(
    desk: Desk,
    *,
    host: str = "127.0.0.1",
    port: int = 8765,
    open_browser: bool = True,
    say: Callable[[str], object] = print,
) -> None:
    """Serve the preview until interrupted; port 0 takes any free port.

    Raises DigestError for a host that other machines could reach, or an address in use.
    """
    if not is_loopback(host):
        raise DigestError(f"the preview is for this machine only, not for {host}")
    try:
        listening = socket.create_server((host, port), family=_family(host))
    except OSError as error:
        reason = (error.strerror or str(error)).lower()
        raise DigestError(f"{host}:{port}: {reason}; --port 0 takes any that is free") from error
    with listening:
        url = f"http://{_in_url(host)}:{listening.getsockname()[1]}/"
        say(url)
        if open_browser:
            # The socket listens already: the browser waits for the first answer.  A text browser in
            # this terminal would block until it is closed, hence the thread.
            threading.Thread(target=webbrowser.open, args=[url], daemon=True).start()
        config = uvicorn.Config(
            create_app(desk), log_level="warning", log_config=None, access_log=False
        )
        with suppress(KeyboardInterrupt):
            uvicorn.Server(config).run(sockets=[listening])


def _family(host: str) -> socket.AddressFamily:
    return socket.AF_INET6 if ":" in host else socket.AF_INET


def _in_url(host: str) -> str:
    return f"[{host}]" if ":" in host else host


async def _guard(request: Request, call_next: RequestResponseEndpoint) -> Response:
    """Answer only requests to this machine by its name, so that a foreign name cannot lead here."""
    request.state.nonce = secrets.token_urlsafe(16)
    host = request.headers.get("host", "")
    name = host[1:].partition("]")[0] if host.startswith("[") else host.partition(":")[0]
    if is_loopback(name):
        response = await call_next(request)
    else:
        response = PlainTextResponse("this preview is for its own machine only", 400)
    response.headers.update(_HEADERS)
    response.headers.setdefault("Content-Security-Policy", _page_policy(request.state.nonce))
    return response


def _page_policy(nonce: str) -> str:
    return (
        f"default-src 'none'; style-src 'nonce-{nonce}'; script-src 'nonce-{nonce}'; "
        "connect-src 'self'; frame-src 'self'; img-src data:; "
        "base-uri 'none'; form-action 'none'; frame-ancestors 'none'"
    )


def _pages() -> jinja2.Environment:
    return jinja2.Environment(
        loader=jinja2.FileSystemLoader(templates_folder() / "web"),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
    )


def _page(
    pages: jinja2.Environment, request: Request, name: str, *, status: int = 200, **context: object
) -> Response:
    html = pages.get_template(name).render(nonce=request.state.nonce, **context)
    return HTMLResponse(html, status)


def _find(desk: _OneAtATime, slug: str) -> Shown:
    for shown in desk.profiles():
        if shown.slug == slug:
            return shown
    raise HTTPException(404, f"There is no profile called {slug}.")


def _attempt(desk: _OneAtATime, slug: str) -> tuple[Preview | None, Exception | None]:
    try:
        return desk.preview(slug), None
    except (DigestError, jinja2.TemplateError) as error:
        return None, error


def _preview(desk: _OneAtATime, slug: str) -> Preview:
    _find(desk, slug)
    preview, problem = _attempt(desk, slug)
    if preview is None:
        raise HTTPException(409, f"{problem}")
    return preview


def _chosen(request: Request) -> dict[str, str]:
    asked = request.query_params
    return {
        name: asked[name] if asked.get(name) in options else next(iter(options))
        for name, options in _CHOICES.items()
    }


def _choices(chosen: dict[str, str]) -> Iterator[list[Choice]]:
    """Yield the other ways to look at the page, as links: each keeps the other choices."""
    for name, options in _CHOICES.items():
        # The raw message has neither a width nor colours.
        if name != "show" and chosen["show"] == "raw":
            return
        yield [
            Choice(label, f"?{urlencode({**chosen, name: value})}", chosen[name] == value)
            for value, label in options.items()
        ]


def _facts(preview: Preview) -> list[tuple[str, str]]:
    size = _html_size(preview.mail)
    room = f"{size / 1024:.0f} KB of HTML; Gmail shows {CLIPPED_AT // 1024}"
    return [
        ("To", preview.mail.recipient),
        ("Subject", preview.mail.subject),
        ("Size", room if size <= CLIPPED_AT else f"{room} and hides the rest"),
    ]


def _html_size(mail: Message) -> int:
    """Return the bytes of the HTML part as it is encoded."""
    message = message_from_bytes(mail.data, policy=policy.compat32)
    parts = [part for part in message.walk() if part.get_content_type() == "text/html"]
    return sum(len(str(part.get_payload())) for part in parts)
