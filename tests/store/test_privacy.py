"""A whole life, an erasure, and a search for what is left of the address, on both databases."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator
from pathlib import Path

import pytest
import structlog
from sqlalchemy import select

from digest.access.addresses import keyed_hash
from digest.access.tokens import Purpose
from digest.app import App
from digest.errors import SendError
from digest.model import Notice, Subscriber
from digest.pipeline import runs
from digest.service.log import start_log
from digest.store import Store, inbound, outbox, schema, settings, subscribers
from digest.store.subscribers import Consent
from digest.subscribers import requests
from digest.subscribers.inbox.receive import receive, receive_once

from ..apps import app_of, profile, with_pipe
from ..extent import IS_WHOLE, some
from ..factories import TUESDAY, listing, paper
from ..fakes import Clock, Newsstand, Postbox, refused
from ..subscribers.inbox.test_receive import COMPLAINT, mail, report
from ..subscribers.test_requests import HEAD, token_in

SHE = "Somebody.Special@example.org"
OPERATOR = "operator@example.org"
OTHERS = [f"reader{number}@example.org" for number in range(3)]


@pytest.fixture(autouse=True)
def journal() -> Iterator[None]:
    """The log as a service keeps it."""
    before = structlog.get_config()
    start_log("info", "json")
    yield
    structlog.configure(**before)


@pytest.fixture
def app(store: Store) -> App:
    files = [profile(f"file{n}", to=address) for n, address in enumerate(OTHERS)]
    told = structlog.get_logger().warning
    return app_of(
        with_pipe(store),
        *files,
        listings=[listing()],
        letterhead=HEAD,
        operator=OPERATOR,
        report_trouble=told,
    )


def subscriber_of(app: App) -> Subscriber:
    with app.store.begin() as tx:
        found = subscribers.find(tx, SHE)
    assert found is not None
    return found


def writes(app: App, body: str = "", subject: str = "", sender: str = SHE) -> str:
    """She writes a mail; gives what it was taken for."""
    return receive(app, mail(body, subject, sender=sender))


def says_yes(app: App) -> str:
    runs.send_only(app)
    post: Postbox = app.sender  # type: ignore[assignment]
    return writes(app, "yes", f"Re: confirm {token_in(post.to(SHE)[-1])}")


def gets_an_issue(app: App, number: int, error: SendError | None = None) -> str:
    """A day passes; gives the Message-ID of her last mail."""
    clock: Clock = app.now  # type: ignore[assignment]
    clock.forward(days=1)
    stand: Newsstand = app.source  # type: ignore[assignment]
    stand.lay_out("daily", app.day, paper(number))
    post: Postbox = app.sender  # type: ignore[assignment]
    if error is not None:
        for _ in range(4):
            post.fail_next(error)
    runs.run(app, list(app.listings.values()))
    return str(post.to(SHE)[-1]["Message-ID"])


def aside(app: App, data: bytes, error: str = "RecursionError: too deep") -> None:
    """A message that nobody could read is kept."""
    with app.store.begin() as tx:
        mark = app.tokens.unguessable_name(str(hash(data)))
        inbound.record_failure(tx, mark, error, data, app.now())
        inbound.quarantine(tx, mark)


def in_base64(text: str, charset: str = "utf-8") -> bytes:
    return (
        f"Content-Type: text/plain; charset={charset}\nContent-Transfer-Encoding: base64\n\n"
    ).encode() + b64encode(text.encode(charset))


def joins(app: App) -> None:
    """She signs up with a profile of her own, and says yes."""
    texts = f"# {SHE}\nany: [sparse training]\n"
    requests.sign_up(app, SHE, Consent(now=app.now(), origin="web"), profile=texts)
    assert says_yes(app) == "confirm"


def life(app: App) -> None:
    """Everything that may leave a trace of an address."""
    texts = f"# {SHE}\nany: [sparse training]\n"
    joins(app)
    mine = profile("hers", to=SHE)
    app.live_profiles.profiles = {**app.live_profiles.profiles, "hers": mine}  # type: ignore[assignment]
    first = gets_an_issue(app, 1)
    assert writes(app, f"add {SHE.lower()}\ndel wasps, bees") in ("help", "asked: edit")
    assert writes(app, "add state space models") == "asked: edit"
    assert says_yes(app) == "changed"
    assert writes(app, "pause 2027-12-24..2028-01-06") == "asked: pause"
    for body in ("show", "try bees", "digest", "nonsense"):
        writes(app, body)
    assert writes(app, "help", sender=SHE.upper()) == "help", "another spelling"
    greylisted = refused(f"450 <{SHE}>: greylisted")
    gets_an_issue(app, 2, greylisted)
    clock: Clock = app.now  # type: ignore[assignment]
    clock.forward(hours=5)
    app.report_trouble(f"{SHE}: goes as plain text")
    structlog.get_logger().error("mail not handed over", error=f"<{SHE.lower()}> unknown")
    assert receive(app, report(first, status="5.2.2", to=SHE)) == "soft"
    assert receive_once(app, report(first, to=SHE)) == "hard"
    requests.sign_up(app, SHE, Consent(now=app.now(), origin="web"), profile=texts)
    clock.forward(days=1, minutes=1)
    requests.sign_up(app, SHE, Consent(now=app.now(), origin="web"), profile=texts)
    assert says_yes(app) == "confirm"
    assert receive(app, COMPLAINT.format(id=first).encode()) == "complaint"
    owes_a_notice_about_her(app)
    aside(app, f"From: {SHE.upper()}\n\nbees".encode())
    aside(app, in_base64(f"it is I, {SHE.lower()}, who writes"))
    aside(app, in_base64(f"it is I, {SHE}", "utf-16"))
    aside(app, b"Content-Type: message/rfc822\n\n" + in_base64(f"I am {SHE}"))
    aside(app, b"From: =?utf-8?B?" + b64encode(f"<{SHE}>".encode()) + b"?=\n\nbees")
    aside(app, b"Content-Type: text/plain\n\nattached: " + b64encode(f"I, {SHE} ".encode()))
    aside(app, f"From: {SHE.replace('@', '=40')}\n".encode() + b"\n")
    aside(app, b"", f"ValueError: {SHE}: odd")
    aside(app, f"From: {OTHERS[0]}\n\nbees".encode())


def owes_a_notice_about_her(app: App) -> None:
    """As the operator is told of what is late."""
    values = {"problem": f"7: {SHE}: greylisted", "url": ""}
    told = Notice(kind="help", recipient=OPERATOR, made_at=app.now(), values=values)
    with app.store.begin() as tx:
        outbox.queue_notice(tx, told)


def texts(store: Store) -> Iterator[tuple[str, str]]:
    """Every value of every table, with its place."""
    with store.begin() as tx:
        for table in schema.metadata.sorted_tables:
            for row in tx.execute(select(table)).mappings():
                for name, value in row.items():
                    text = bytes(value).decode("latin-1") if isinstance(value, bytes) else value
                    yield f"{table.name}.{name}", str(text)


def pieces() -> set[str]:
    """What to look for: the part before the @, plain in small letters, and in base64."""
    plain = SHE.partition("@")[0]
    spellings = (SHE, SHE.lower(), SHE.upper(), f"<{SHE}>")
    return {plain.lower()} | {
        b64encode(b"\0" * before + each.encode())[(0, 2, 3)[before] : -4].decode()
        for each in spellings
        for before in range(3)
    }


def found(text: str) -> set[str]:
    small = SHE.partition("@")[0].lower()
    return {piece for piece in pieces() if piece in (text.lower() if piece == small else text)}


@pytest.mark.parametrize("database", some(["sqlite", "postgresql"], 1), indirect=True)
def test_after_a_whole_life_and_an_erasure_nothing_is_left_but_a_keyed_hash(
    app: App, tmp_path: Path, capfd: pytest.CaptureFixture[str]
) -> None:
    life(app)
    before = {place for place, text in texts(app.store) if found(text)}
    assert {"subscribers.address", "inbound.data", "deliveries.data"} <= before

    assert requests.erase(app, subscriber_of(app)) > 20

    assert [place for place, text in texts(app.store) if found(text)] == []
    with app.store.begin() as tx:
        [other] = inbound.quarantined(tx)
        assert OTHERS[0] in other.data.decode()
        marks = schema.suppressions.c
        kept = dict(tx.execute(select(marks.mailbox, marks.reason)).all())
        assert kept[keyed_hash(settings.secret(tx), SHE)] == "erased"
    assert all(len(each) == 64 and found(each) == set() for each in kept)
    out, log = capfd.readouterr()
    assert "goes as plain text" in log
    assert found(out + log) == set()
    raw = b"".join(path.read_bytes() for path in tmp_path.glob("digest.db*"))
    assert found(raw.decode("latin-1")) == set()
    assert bool(raw) == (app.store.dialect == "sqlite")


@pytest.mark.parametrize("database", some(["postgresql", "sqlite"], 1), indirect=True)
def test_who_comes_back_is_new_and_others_are_as_they_were(app: App) -> None:
    (life if IS_WHOLE else joins)(app)
    gets_an_issue(app, 5)
    with app.store.begin() as tx:
        before = [subscribers.find(tx, each) for each in OTHERS]

    id = subscriber_of(app).id
    token = app.tokens.make(Purpose.UNSUBSCRIBE, id, SHE, app.now())
    requests.erase(app, subscriber_of(app))

    with app.store.begin() as tx:
        assert [subscribers.find(tx, each) for each in OTHERS] == before
    assert requests.unsubscribe(app, token, Consent(now=app.now())) is None
    gets = len(app.sender.to(SHE))  # type: ignore[attr-defined]
    runs.run(app, list(app.listings.values()))
    assert len(app.sender.to(SHE)) == gets  # type: ignore[attr-defined]
    assert app.day > TUESDAY
