"""The pages over a running digest of invented papers, for tests, pictures and measurements."""

from __future__ import annotations

import tempfile
import threading
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, closing, contextmanager
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from functools import cache, cached_property
from ipaddress import ip_network
from pathlib import Path
from typing import Any, ClassVar, cast

from anyio.from_thread import BlockingPortal, start_blocking_portal
from fastapi.testclient import TestClient

from digest.access.links import links
from digest.access.tokens import Tokens
from digest.app import App
from digest.live_profiles import LiveProfiles
from digest.match.index import FieldIndex
from digest.model import Message, Paper
from digest.past_papers import PastPapers
from digest.pipeline import runs
from digest.render import Letterhead
from digest.resources import templates_folder
from digest.store import Store
from digest.web.application import create_site
from digest.web.server import RunningServer, listen

from .apps import ALICE, app_of
from .factories import EIGHT, listing, paper
from .fakes import Clock

BASE = "http://127.0.0.1:8000"
HERE = "/operator/here"
#: Tests speak for many clients, as a proxy on this machine does.
PROXIES = (ip_network("127.0.0.1"),)
#: How many days have been collected, the last of them Tuesday.
DAYS = 5

SPARSE = f"""# What I read in the train.
profile: sparse
title: Sparse training
to: {ALICE}
any:
  - sparse training    # the heart of it
  - quantiz*
none: [survey]
"""

_TOPICS = ("sparse training", "mixture of experts", "quantized states", "protein folding")


@dataclass
class Laid:
    """A site, and what stands behind it."""

    app: App
    web: Any
    folder: Path
    clock: Clock
    #: what browsers ask for
    languages: str = ""
    _open: ExitStack = field(default_factory=ExitStack)

    @property
    def browser(self) -> TestClient:
        """A client on this machine."""
        return self.client(headers={"accept-language": self.languages})

    def client(self, peer: str = "127.0.0.1", **options: Any) -> TestClient:
        """A client at that address."""
        options = {"base_url": BASE, "follow_redirects": False, **options}
        made = TestClient(self.web, client=(peer, 5000), **options)
        made.portal = self._portal
        return made

    @cached_property
    def _portal(self) -> BlockingPortal:
        """One event loop for all clients: each request would start one, and a thread or two."""
        return self._open.enter_context(start_blocking_portal())

    def close(self) -> None:
        """End the event loop, and close the store."""
        self._open.close()
        self.app.store.close()

    def profile(self, name: str = "sparse") -> Path:
        """A profile's file."""
        return self.folder / f"{name}.yaml"


@dataclass
class _Settings:
    """What a library wants of a configuration."""

    profiles: Path
    listings: dict[str, Any]
    timezone: str = "UTC"


def papers_of(day: int) -> list[Paper]:
    """Eight papers of a day; the titles go round the topics."""
    return [
        paper(
            10 * day + place,
            title=f"On {_TOPICS[place % 4]}, part {10 * day + place}",
            abstract=f"We look at {_TOPICS[place % 4]} <b>again</b> & find {place} things.",
            upvotes=5 * place + day,
            categories=("cs.LG",),
        )
        for place in range(8)
    ]


class _IndexedOnce(PastPapers):
    """Past papers whose indexes are built once in a process: an edition's name is its content's."""

    _built_before: ClassVar[dict[tuple[str, ...], FieldIndex]] = {}

    def _built(self, names: Sequence[str]) -> FieldIndex:
        known = self._built_before.get(tuple(names))
        if known is None:
            known = self._built_before[tuple(names)] = super()._built(names)
        return known


#: What happens on a site after its five days.
Life = Callable[[Laid], object]


@dataclass(frozen=True)
class _Past:
    """What is left of days that are over: a database, the mails, and the listings' pages."""

    database: bytes
    mails: tuple[Message, ...]
    pages: Mapping[Any, Any]
    now: datetime


@contextmanager
def laid_out(
    folder: Path,
    *,
    base_url: str = "",
    database: str = "",
    life: Life | None = None,
    is_new: bool = False,
    **fields: Any,
) -> Iterator[Laid]:
    """A site with five days of papers, one profile, and its subscriber's issues mailed.

    ``database`` is the URL of an empty one; else there is a file in the folder, and the five days,
    and the ``life`` after them, are lived through once in a process and copied from then on.
    One that ``is_new`` has collected nothing yet.
    """
    profiles = _profiles_in(folder)
    if is_new:
        store = Store(f"sqlite:///{folder / 'digest.db'}")
        store.migrate()
        app = _app(store, profiles, base_url, fields)
    elif database:
        app = _lived(Store(database), profiles, base_url, fields)
    else:
        app = _remembered(folder, _past(life), profiles, base_url, fields)
    web = create_site(app, base_url=base_url, local=BASE, proxies=PROXIES)
    web.state.site.recent_papers.refresh(wait=True)
    clock: Any = app.now
    with closing(Laid(app, web, profiles, clock)) as site:
        yield site


@contextmanager
def served(site: Laid) -> Iterator[RunningServer]:
    """The pages on a socket of their own, until the end of the block."""
    running = listen(site.app, host="127.0.0.1", port=0)
    thread = threading.Thread(target=running.run)
    thread.start()
    try:
        yield running
    finally:
        running.stop()
        thread.join()


def port_of(running: RunningServer) -> int:
    """The port that the pages are served at."""
    port: int = running.socket.getsockname()[1]
    return port


def _remembered(
    folder: Path, past: _Past, profiles: Path, base_url: str, fields: dict[str, Any]
) -> App:
    (folder / "digest.db").write_bytes(past.database)
    app = _app(Store(f"sqlite:///{folder / 'digest.db'}"), profiles, base_url, fields)
    clock, box, stand = (cast("Any", each) for each in (app.now, app.sender, app.source))
    clock.forward(seconds=(past.now - clock()).total_seconds())
    box.mails += past.mails
    stand.pages |= past.pages
    return app


@cache
def _past(life: Life | None) -> _Past:
    """The five days, or what followed them on a site that begins with these."""
    with tempfile.TemporaryDirectory() as place:
        if life is None:
            store = Store(f"sqlite:///{place}/digest.db")
            app = _lived(store, _profiles_in(Path(place)), "", {})
            store.close()
        else:
            with laid_out(Path(place)) as site:
                life(site)
                app = site.app
        box, stand = cast("Any", app.sender), cast("Any", app.source)
        data = Path(place, "digest.db").read_bytes()
        return _Past(data, tuple(box.mails), dict(stand.pages), app.now())


def _profiles_in(folder: Path) -> Path:
    profiles = folder / "profiles"
    profiles.mkdir()
    (profiles / "sparse.yaml").write_text(SPARSE)
    return profiles


def _lived(store: Store, profiles: Path, base_url: str, fields: dict[str, Any]) -> App:
    """A digest in an empty database after the five days."""
    store.migrate()
    app = _app(store, profiles, base_url, fields)
    _live_through(app)
    return app


def _live_through(app: App) -> None:
    clock, stand = cast("Any", app.now), cast("Any", app.source)
    for ago in reversed(range(DAYS)):
        clock.forward(days=0 if ago == DAYS - 1 else 1)
        stand.lay_out("daily", app.day, *papers_of(DAYS - ago))
        runs.run(app, list(app.listings.values()))


def _app(store: Store, profiles: Path, base_url: str, fields: dict[str, Any]) -> App:
    daily = listing(look_back=0)
    settings: Any = _Settings(profiles, {"daily": daily})
    tokens = Tokens(b"a secret of tests")
    head = Letterhead(
        sender="Paper digest <digest@example.org>",
        base_url=base_url or BASE,
        links=links(base_url or BASE, tokens),
    )
    values = {
        "letterhead": head,
        "tokens": tokens,
        "now": Clock(EIGHT - timedelta(days=DAYS - 1)),
        "past": _IndexedOnce(store, None),
        **fields,
    }
    app = app_of(store, listings=[daily], **values)
    app.template_folders = [templates_folder()]
    app.live_profiles = LiveProfiles(settings, store)
    app.live_profiles.read()
    return app


__all__ = ["BASE", "HERE", "Laid", "RunningServer", "laid_out", "listen"]
