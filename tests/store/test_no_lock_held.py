"""While a transaction is open nothing slow is done: no parsing, no printing, no trying, no reading.

On SQLite a transaction is the lock for which every other command waits.
"""

from __future__ import annotations

import socket
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from types import FrameType
from typing import Any

import pytest
from jinja2 import Template
from sqlalchemy import event

from digest import profiles, strict_yaml
from digest.access.tokens import Purpose
from digest.listings.sources.http import Client
from digest.live_profiles import LiveProfiles
from digest.render.notices import NoticeRenderer
from digest.render.printer import MailRenderer
from digest.service.tick import tick
from digest.store import Store, subscribers
from digest.store import profiles as stored_profiles
from digest.store.subscribers import Consent
from digest.subscribers import requests
from digest.subscribers.inbox.receive import receive_once
from digest.trial import explain
from digest.trial.backtest import backtest

from ..apps import ALICE, BOB, app_of
from ..factories import TUESDAY, listing, paper
from ..fakes import Clock, Newsstand, Postbox, refused
from ..pipeline.test_broken_profiles import BROKEN, MOSS, Folder
from ..sites import HERE, Laid, laid_out
from ..subscribers.inbox.test_receive import mail
from ..subscribers.test_requests import HEAD

#: What takes long: reading YAML, looking at days, laying a mail out, asking a server.
#: By the number of its code, for to look code itself up compares all of it, at each call there is.
SLOW = {
    id(each.__code__): each.__qualname__
    for each in (
        profiles.parse,
        strict_yaml.load,
        backtest,
        explain.explain,
        MailRenderer.layout,
        MailRenderer.mail,
        NoticeRenderer.mail,
        Template.render,
        Client.fetch,
        LiveProfiles._parse,
        Path.open,
    )
}

#: The same in functions that are not written in Python.
OUTSIDE = {"open", "socket.connect", "getaddrinfo"}


@contextmanager
def watched(store: Store) -> Iterator[set[str]]:
    """Note what slow things are done in a thread while it has a transaction open."""
    found: set[str] = set()

    def begun(*_: Any) -> None:
        sys.setprofile(look)

    def ended(*_: Any) -> None:
        sys.setprofile(None)

    def look(frame: FrameType, what: str, argument: object) -> None:
        if what == "call":
            name = SLOW.get(id(frame.f_code), "")
        else:
            name = getattr(argument, "__qualname__", "") if what == "c_call" else ""
            name = name if name in OUTSIDE else ""
        if name:
            found.add(name)

    engine = store._engine
    listeners = (("begin", begun), ("commit", ended), ("rollback", ended))
    for name, heard in listeners:
        event.listen(engine, name, heard)
    try:
        yield found
    finally:
        for name, heard in listeners:
            event.remove(engine, name, heard)


def test_the_watch_sees_what_is_done_in_a_transaction(store: Store) -> None:
    with watched(store) as found:
        profiles.parse(MOSS, "moss.yaml")
        assert found == set()
        with store.begin():
            profiles.parse(MOSS, "moss.yaml")
        profiles.parse(MOSS, "moss.yaml")

    assert found == {"parse", "load"}


def test_the_watch_sees_templates_files_and_servers(store: Store, tmp_path: Path) -> None:
    with watched(store) as found, store.begin():
        Template("{{ 1 }}").render()
        (tmp_path / "a").write_text("b")
        with socket.socket() as end, pytest.raises(OSError, match="refused"):
            end.connect(("127.0.0.1", 9))

    assert found >= {"Template.render", "open", "socket.connect"}


#: What is done while one is open is the same on both.
ONE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


@ONE
def test_no_notice_is_written_while_a_lock_is_held(store: Store) -> None:
    """Not for a sign-up, a page of one's own, a mail that comes in, an alarm or an outage."""
    app = app_of(store, listings=[listing()], letterhead=HEAD, operator="operator@example.org")
    post: Postbox = app.sender  # type: ignore[assignment]
    clock: Clock = app.now  # type: ignore[assignment]
    post.fail_next(refused("451 later"))
    with watched(store) as found:
        tick(app)
        requests.sign_up(app, BOB, Consent(now=app.now()), profile="any: [bees]\n")
        requests.send_manage_link(app, ALICE)
        receive_once(app, mail("help", sender=ALICE))
        receive_once(app, mail("subscribe bees", sender="carol@example.org"))
        for _ in range(2):
            clock.forward(days=1)
            tick(app)
            tick(app)

    kinds = [str(message["Subject"]) for each in (ALICE, BOB) for message in post.to(each)]
    assert len(kinds) == 4
    assert post.to("carol@example.org")
    assert post.to("operator@example.org")
    assert found == set()


@ONE
def test_a_run_holds_no_lock_while_it_parses_or_prints(store: Store, tmp_path: Path) -> None:
    folder = Folder(store, tmp_path)
    stand: Newsstand = folder.app.source  # type: ignore[assignment]
    stand.lay_out("daily", TUESDAY, paper(1, title="Moss in the north"))
    with watched(store) as found:
        for text in (MOSS, BROKEN, MOSS):
            folder.tick(text)
        assert folder.told(ALICE)

    assert found == set()


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Laid]:
    with laid_out(tmp_path) as made:
        yield made


def test_no_page_holds_a_lock_while_it_parses_or_tries(site: Laid) -> None:
    app, browser = site.app, site.browser
    with app.store.begin() as tx:
        alice = subscribers.find(tx, ALICE)
        assert alice is not None
        mine = stored_profiles.add_profile(tx, alice.id, "title: Mine\nany: [moss]\n")
    token = app.tokens.make(Purpose.MANAGE, alice.id, ALICE, app.now())
    manage = f"/manage/{token}"
    pages = [HERE, f"{HERE}/profiles", f"{HERE}/profiles/sparse", manage]
    pages += [f"{manage}/profiles/{mine.slug}", f"{HERE}/profiles/sparse/mail", "/metrics"]
    with watched(app.store) as found:
        app.live_profiles.read()
        for page in pages:
            assert browser.get(page).status_code == 200, page
        answer = browser.post(f"{manage}/profile", data={"title": "Bees"})
        assert answer.status_code == 303

    assert found == set()
