"""One fault at one stage of SMTP, two hundred mails, and what became of each.

A fault is either met by a few mails, and the others are not to notice; or it shuts everybody out,
and then nobody's mail may fail, and all must go once it is over.
"""

from __future__ import annotations

import re
import tempfile
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from functools import cache
from pathlib import Path
from typing import Any

from digest.deliver.breaker import BreakingSender
from digest.model import Notice
from digest.pipeline import runs
from digest.store import Store, outbox, outbox_admin
from tests.apps import app_of
from tests.factories import EIGHT
from tests.fakes import Clock
from tests.messages import smtp
from tests.servers import Act, Authority, Drip, Drop, Hang, Reset, Script, scripted
from tests.waits import HUNG

MAILS = 200


def met(mails: int) -> tuple[int, ...]:
    """At which turns of a stage a fault is met that is not for everybody."""
    return (3, mails * 9 // 20, mails * 17 // 20)


WELL = {
    "CONNECT": "220 ready",
    "MAIL": "250 ok",
    "RCPT": "250 ok",
    "DATA": "354 go on",
    "BODY": "",
    "DOT": "250 taken",
}

ANSWERS: Mapping[str, Act] = {
    "4xx": "451 4.3.0 trouble",
    "5xx": "550 5.7.1 no",
    "421": "421 4.3.2 going down",
    "drop": Drop,
    "reset": Reset,
    "hang": Hang,
    "drip": Drip,
    "babble": b"what?\r\n",
}
SLOW = ("hang", "drip")

HELP = Notice(kind="help", recipient="", made_at=EIGHT, values={"problem": "", "url": ""})
LOGIN = {"user": "alice", "password": "right"}

#: Seconds a server that does not answer is waited for here.
SHORT = 2.0


@dataclass(frozen=True)
class Cell:
    """A fault, and how the server and the sender are set up for it."""

    stage: str
    fault: str
    acts: Mapping[str, Act | Sequence[Act]]
    extensions: tuple[str, ...] = ()
    #: how many mails may meet it; None: it shuts everybody out
    met: int | None = None
    #: how many of these are refused for good
    refused: int = 0
    #: the server's certificate, where there is one
    certificate: str = ""
    sender: Mapping[str, Any] = field(default_factory=dict)

    @property
    def leaves_doubt(self) -> bool:
        """Whether the server may have taken what it did not say yes to."""
        is_plain = isinstance(ANSWERS.get(self.fault), str)
        return self.stage == "DOT" and not is_plain

    def __str__(self) -> str:
        grouped = "grouped" if "PIPELINING" in self.extensions else "plain"
        return f"{self.stage.lower():<8}  {self.fault:<8}  {grouped:<7}"


@dataclass
class Result:
    """What became of the mails of one cell."""

    at_once: int = 0
    later: int = 0
    failed: int = 0
    twice: int = 0
    #: what should not have been
    wrongs: list[str] = field(default_factory=list)

    def __str__(self) -> str:
        numbers = f"{self.at_once:>7}  {self.later:>5}  {self.failed:>6}  {self.twice:>5}"
        return "  ".join([numbers, *self.wrongs])


# ── the cells ──


def cells(mails: int = MAILS) -> Iterator[Cell]:
    """All of them for so many mails, each with commands one by one and in groups."""
    for extensions in ((), ("PIPELINING",)):
        yield from _met(extensions, met(mails))
        yield from _shut(extensions)
        yield from _insecure(extensions)
        yield from _beside(extensions, met(mails))


def _met(extensions: tuple[str, ...], turns: Sequence[int]) -> Iterator[Cell]:
    for stage in ("MAIL", "RCPT", "DATA", "BODY", "DOT"):
        for fault, act in ANSWERS.items():
            # Nobody listens to answers while content is sent.
            if stage != "BODY" or not isinstance(act, str | bytes):
                acts = {stage: _at(turns, stage, act)}
                is_final = fault == "5xx"
                # A sender that is refused ends the run, and no mail has failed for it.
                most = None if is_final and stage == "MAIL" else len(turns)
                refused = len(turns) if is_final and stage != "MAIL" else 0
                yield Cell(stage, fault, acts, extensions, met=most, refused=refused)


def _at(turns: Sequence[int], stage: str, act: Act) -> list[Act]:
    return [act if turn in turns else WELL[stage] for turn in range(max(turns) + 1)]


def _shut(extensions: tuple[str, ...]) -> Iterator[Cell]:
    for fault, act in ANSWERS.items():
        yield Cell("CONNECT", fault, {"CONNECT": act}, extensions)
        yield Cell("EHLO", fault, {"EHLO": act, "HELO": act}, extensions)
        offered = (*extensions, "STARTTLS")
        secure = {"tls": "starttls"}
        yield Cell("STARTTLS", fault, {"STARTTLS": act}, offered, certificate="good", sender=secure)
    wrong: dict[str, Act] = {"530": "530 5.7.0 not so", "535": "535 5.7.8 wrong"}
    for fault, act in {**ANSWERS, **wrong}.items():
        offered = (*extensions, "AUTH PLAIN")
        yield Cell("AUTH", fault, {"AUTH": act}, offered, sender=LOGIN)


def _insecure(extensions: tuple[str, ...]) -> Iterator[Cell]:
    sender = {"tls": "starttls", **LOGIN}
    offered = (*extensions, "STARTTLS", "AUTH PLAIN")
    for certificate in ("strange", "misnamed", "expired"):
        yield Cell("TLS", certificate, {}, offered, certificate=certificate, sender=sender)
    handshakes: dict[str, Act] = {"silent": b"220 go on\r\n", "noise": b"220 go on\r\nnoise\r\n"}
    for fault, act in handshakes.items():
        yield Cell("TLS", fault, {"STARTTLS": act}, offered, certificate="good", sender=sender)
    yield Cell("TLS", "stripped", {}, (*extensions, "AUTH PLAIN"), sender=sender)


def _beside(extensions: tuple[str, ...], turns: Sequence[int]) -> Iterator[Cell]:
    """What is said between mails: RSET after a refusal, QUIT after so many."""
    for fault, act in ANSWERS.items():
        acts = {"RCPT": _at(turns, "RCPT", "550 5.7.1 no"), "RSET": act}
        yield Cell("RSET", fault, acts, extensions, met=len(turns), refused=len(turns))
        few = {"per_connection": 60}
        yield Cell("QUIT", fault, {"QUIT": act}, extensions, met=0, sender=few)


# ── a trial ──


@contextmanager
def fresh_store() -> Iterator[Store]:
    """An empty database; cells may share one, because each leaves nothing owed."""
    with tempfile.TemporaryDirectory() as folder:
        store = Store(f"sqlite:///{folder}/digest.db")
        store.migrate()
        yield store
        store.close()


def trial(cell: Cell, store: Store, mails: int = MAILS, rounds: int = 20) -> Result:
    """Hand over so many mails, let the fault pass, and hand over what is still owed, in rounds."""
    clock = Clock(EIGHT)
    ids = _owe(store, mails)
    with _faulty(cell) as server, _sender(cell, server) as send:
        app = app_of(store, listings=[], sender=BreakingSender(send), now=clock, report_trouble=str)
        with runs.at_work(app):
            app.deliverer.deliver_all()
    first = _rows(store, ids)
    with scripted() as sound, smtp(sound.port) as send:
        app = app_of(store, listings=[], sender=send, now=clock, report_trouble=str)
        for _ in range(rounds):
            clock.forward(hours=4)
            with runs.at_work(app):
                app.deliverer.deliver_all()
    return _result(cell, first, _rows(store, ids), [server, sound])


def _owe(store: Store, mails: int) -> range:
    with store.begin() as tx:
        ids = [
            outbox.queue_notice(tx, replace(HELP, recipient=f"r{n}@example.org"))
            for n in range(mails)
        ]
    return range(ids[0], ids[-1] + 1)


def _rows(store: Store, ids: range) -> list[outbox_admin.OutboxRow]:
    with store.begin() as tx:
        found = [outbox_admin.find(tx, id) for id in ids]
    return [row for row in found if row is not None]


@contextmanager
def _faulty(cell: Cell) -> Iterator[Script]:
    context = _contexts()[cell.certificate] if cell.certificate else None
    with scripted(cell.acts, extensions=cell.extensions, context=context) as server:
        yield server


@contextmanager
def _sender(cell: Cell, server: Script) -> Iterator[Any]:
    is_slow = cell.fault in (*SLOW, "silent")
    wait = SHORT if is_slow else HUNG
    options = {"timeout": wait, "patience": wait, "connections": 2, **cell.sender}
    if cell.certificate:
        options |= {"host": "localhost", "ca": str(_authority().pem)}
    with smtp(server.port, **options) as send:
        yield send


@cache
def _authority() -> Authority:
    return Authority(Path(tempfile.mkdtemp()))


@cache
def _contexts() -> dict[str, Any]:
    known, strange = _authority(), Authority(Path(tempfile.mkdtemp()))
    return {
        "good": known.context("localhost"),
        "strange": strange.context("localhost"),
        "misnamed": known.context("elsewhere.example"),
        "expired": known.context("localhost", is_over=True),
    }


def _result(
    cell: Cell,
    first: list[outbox_admin.OutboxRow],
    last: list[outbox_admin.OutboxRow],
    servers: list[Script],
) -> Result:
    copies = Counter(
        _id(data)
        for server in servers
        for data in (server.received if cell.leaves_doubt else server.taken)
    )
    asked = Counter(word for server in servers for word in server.commands)
    result = Result(
        at_once=sum(row.state == "sent" for row in first),
        failed=sum(row.state == "failed" for row in last),
        twice=copies.total() - len(copies),
    )
    result.later = sum(row.state == "sent" for row in last) - result.at_once
    result.wrongs = list(_wrongs(cell, result, last, copies, asked))
    result.wrongs += _said_too_much(cell, servers[0])
    return result


def _wrongs(
    cell: Cell,
    result: Result,
    last: list[outbox_admin.OutboxRow],
    copies: Counter[str],
    asked: Counter[bytes],
) -> Iterator[str]:
    if lost := [r for r in last if r.state != "failed" and not copies[r.message_id]]:
        yield f"lost {len(lost)}"
    if result.at_once + result.later + result.failed != len(last):
        yield "some are neither sent nor failed"
    if result.failed != cell.refused:
        yield f"{result.failed} have failed, not {cell.refused}"
    if result.twice > (cell.met or 0) * cell.leaves_doubt:
        yield "too many went out twice"
    if result.at_once < (0 if cell.met is None else len(last) - cell.met):
        yield "some were held up by others"
    for row in (row for row in last if row.state == "failed"):
        if row.attempts > 1 or asked[f"RCPT TO:<{row.address}>\r\n".encode()] > 1:
            yield f"{row.address} was refused for good and asked again"


def _said_too_much(cell: Cell, server: Script) -> Iterator[str]:
    if cell.stage == "TLS" and {"AUTH", "MAIL"} & set(server.verbs()):
        yield "something was said in the clear"


def _id(data: bytes) -> str:
    return re.findall(rb"^Message-ID: (\S+)", data, re.MULTILINE)[0].decode()
