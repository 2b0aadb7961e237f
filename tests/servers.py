"""Real SMTP servers on loopback: one that works, and one that fails where it is told to.

``relay`` is aiosmtpd.  ``scripted`` speaks just enough SMTP to be refused, dropped, hung or dripped
at any stage, and keeps every byte that it got.  ``sink`` is Postfix's.

What the first two got passes the gate of the wire when they close, but for what was made by hand.
"""

from __future__ import annotations

import datetime
import os
import socket
import ssl
import subprocess
import threading
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from aiosmtpd.controller import Controller
from aiosmtpd.smtp import SMTP, AuthResult, Envelope, Session
from cryptography import x509
from cryptography.hazmat.primitives import hashes, serialization
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.x509.oid import NameOID

from tests.messages import is_hand_made
from tests.require import need
from tests.waits import HUNG
from tests.wire import assert_gate


def _judge(contents: Iterable[bytes]) -> None:
    for content in contents:
        if not is_hand_made(content):
            assert_gate(content)


# -- a server that works ---------------------------------------------------------------------------


@dataclass
class Relay:
    """What a working relay got."""

    port: int = 0
    greetings: int = 0
    envelopes: list[Envelope] = field(default_factory=list)
    logins: list[tuple[bytes, bytes]] = field(default_factory=list)
    logins_under_tls: list[bool] = field(default_factory=list)

    async def handle_EHLO(  # noqa: N802  # the name is aiosmtpd's
        self,
        server: SMTP,
        session: Session,
        envelope: Envelope,
        hostname: str,
        responses: list[str],
    ) -> list[str]:
        self.greetings += 1
        session.host_name = hostname
        return responses

    async def handle_DATA(  # noqa: N802  # the name is aiosmtpd's
        self, server: SMTP, session: Session, envelope: Envelope
    ) -> str:
        self.envelopes.append(envelope)
        return "250 2.0.0 taken"

    def login(
        self, server: SMTP, session: Session, envelope: Envelope, mechanism: str, data: Any
    ) -> AuthResult:
        self.logins.append((data.login, data.password))
        assert server.transport is not None
        self.logins_under_tls.append(server.transport.get_extra_info("ssl_object") is not None)
        return AuthResult(success=data.password == b"right", handled=False)


class _Anywhere(Controller):
    """aiosmtpd's controller on whatever port is free."""

    def _trigger_server(self) -> None:
        self.port = self.server.sockets[0].getsockname()[1]
        super()._trigger_server()


@contextmanager
def relay(
    *, context: ssl.SSLContext | None = None, is_tls: bool = False, **options: Any
) -> Iterator[Relay]:
    """Run aiosmtpd; a context makes it offer STARTTLS, or with ``is_tls`` speak TLS at once."""
    kept = Relay()
    controller = _Anywhere(
        kept,
        hostname="127.0.0.1",
        port=0,
        ready_timeout=HUNG,
        ssl_context=context if is_tls else None,
        tls_context=None if is_tls else context,
        authenticator=kept.login,
        **options,
    )
    controller.start()
    kept.port = controller.port
    try:
        yield kept
    finally:
        controller.stop()
    _judge(bytes(envelope.content or b"") for envelope in kept.envelopes)


# -- a server that fails where it is told to -------------------------------------------------------


class Drop:
    """Hang up without an answer."""


class Reset:
    """Hang up as a crashing machine does."""


class Hang:
    """Never answer, and keep the line open."""


class Drip:
    """Answer one byte at a time and never come to an end."""


class Wait:
    """Answer well, but only once more has arrived."""


#: an answer's text, its very bytes, or a way to fail
Act = str | bytes | type[Drop] | type[Reset] | type[Hang] | type[Drip] | type[Wait]

#: an act that depends on the command line, for a server that remembers what it was asked
Judge = Callable[[bytes], Act]

_ANSWERS: Mapping[str, str] = {
    "CONNECT": "220 relay.example ready",
    "EHLO": "250 relay.example",
    "HELO": "250 relay.example",
    "STARTTLS": "220 go on",
    "AUTH": "235 2.7.0 welcome",
    "MAIL": "250 2.1.0 ok",
    "RCPT": "250 2.1.5 ok",
    "DATA": "354 go on",
    "DOT": "250 2.0.0 taken",
    "RSET": "250 2.0.0 ok",
    "QUIT": "221 2.0.0 bye",
}


@dataclass
class Script:
    """What the scripted server is to do at each stage, and what it got.

    An act is for every time; a sequence has one for each, and after that all is well.  A function
    is asked with the command line, over one connection at a time.  The stage BODY is reached after
    the first line of content.
    """

    acts: Mapping[str, Act | Sequence[Act] | Judge]
    extensions: Sequence[str] = ()
    context: ssl.SSLContext | None = None
    port: int = 0
    times: Counter[str] = field(default_factory=Counter)
    #: every command line, in order, over all connections
    commands: list[bytes] = field(default_factory=list)
    #: the content of every message whose dot arrived, as it came over the wire
    received: list[bytes] = field(default_factory=list)
    #: of these, the ones that were answered 2xx
    taken: list[bytes] = field(default_factory=list)
    #: content whose dot never came
    unfinished: list[bytes] = field(default_factory=list)
    over: threading.Event = field(default_factory=threading.Event)
    lock: threading.Lock = field(default_factory=threading.Lock)

    def act(self, stage: str) -> Act:
        with self.lock:
            turn = self.times[stage]
            self.times[stage] += 1
        planned = self.acts.get(stage, ())
        if isinstance(planned, str | bytes | type):
            return planned
        if callable(planned):
            return planned(self.commands[-1])
        return planned[turn] if turn < len(planned) else _ANSWERS.get(stage, "")

    @property
    def connections(self) -> int:
        return self.times["CONNECT"]

    def verbs(self) -> list[str]:
        return [command.split()[0].decode("ascii", "replace").upper() for command in self.commands]


@contextmanager
def scripted(
    acts: Mapping[str, Act | Sequence[Act] | Judge] | None = None,
    *,
    extensions: Sequence[str] = (),
    context: ssl.SSLContext | None = None,
) -> Iterator[Script]:
    """Run the server; each connection gets a thread, and all are gone when the block ends."""
    script = Script(acts or {}, extensions, context)
    threads: list[threading.Thread] = []
    talks: list[_Talk] = []
    with socket.create_server(("127.0.0.1", 0)) as listening:
        script.port = listening.getsockname()[1]

        def accept() -> None:
            with suppress(OSError):
                while not script.over.is_set():
                    line, _ = listening.accept()
                    if script.over.is_set():
                        line.close()
                        return
                    talks.append(_Talk(script, line))
                    thread = threading.Thread(target=talks[-1].run, daemon=True)
                    threads.append(thread)
                    thread.start()

        accepting = threading.Thread(target=accept, daemon=True)
        accepting.start()
        try:
            yield script
        finally:
            script.over.set()
            with suppress(OSError):
                socket.create_connection(("127.0.0.1", script.port)).close()
            accepting.join()
            for handler, thread in zip(talks, threads, strict=True):
                handler.hang_up()
                thread.join()
    # On the wire a line that begins with a dot has one more.
    _judge(content.replace(b"\r\n.", b"\r\n") for content in script.received)


class _OverError(Exception):
    """This connection is done with."""


class _Talk:
    """One connection to the scripted server."""

    def __init__(self, script: Script, line: socket.socket) -> None:
        self.script = script
        self.line = line
        self.waiting = b""
        # Its answers are small and many: Nagle would hold each back for the last one's ACK.
        line.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)

    def run(self) -> None:
        try:
            self.answer("CONNECT")
            while True:
                command = self.read_line()
                self.script.commands.append(command)
                self.obey(command)
        except (_OverError, OSError):
            pass
        finally:
            self.line.close()

    def hang_up(self) -> None:
        """Let nothing be waited for any more."""
        with suppress(OSError):
            self.line.shutdown(socket.SHUT_RDWR)

    def obey(self, command: bytes) -> None:
        verb = command.split()[0].decode("ascii", "replace").upper() if command.split() else ""
        if verb == "EHLO" and "EHLO" not in self.script.acts:
            self.script.act("EHLO")
            lines = ["relay.example", *self.script.extensions]
            marks = ["-"] * (len(lines) - 1) + [" "]
            self.say("\r\n".join(f"250{m}{t}" for m, t in zip(marks, lines, strict=True)))
            return
        answer = self.answer(verb)
        if verb == "STARTTLS" and answer.startswith("220"):
            assert self.script.context is not None
            self.line = self.script.context.wrap_socket(self.line, server_side=True)
        if verb == "DATA" and answer.startswith("3"):
            self.take()
        if verb == "QUIT" or answer.startswith("421"):
            raise _OverError

    def take(self) -> None:
        content = b""
        try:
            while not content.endswith(b"\r\n.\r\n") and content != b".\r\n":
                is_first = not content
                content += self.read_line()
                if is_first and "BODY" in self.script.acts:
                    self.answer("BODY")
        except (_OverError, OSError):
            self.script.unfinished.append(content)
            raise
        self.script.received.append(content[:-3])
        answer = self.script.act("DOT") if "DOT" in self.script.acts else _ANSWERS["DOT"]
        if answer is Wait:
            self.waiting = self.read_line() + self.waiting
            answer = _ANSWERS["DOT"]
        if isinstance(answer, str) and answer.startswith("2"):
            self.script.taken.append(content[:-3])
        self.perform(answer)
        if isinstance(answer, str) and answer.startswith("421"):
            raise _OverError

    def answer(self, stage: str) -> str:
        if stage not in self.script.acts:
            self.script.act(stage)
            self.say(_ANSWERS.get(stage, "502 5.5.2 what"))
            return _ANSWERS.get(stage, "502")
        act = self.script.act(stage)
        self.perform(act)
        return act if isinstance(act, str) else ""

    def perform(self, act: Act) -> None:
        if isinstance(act, bytes):
            self.line.sendall(act)
        elif isinstance(act, str):
            if act:
                self.say(act)
        elif act is Drop:
            raise _OverError
        elif act is Reset:
            # Closing with nothing to linger for sends RST.
            self.line.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")
            raise _OverError
        elif act is Hang:
            self.script.over.wait()
            raise _OverError
        else:
            while not self.script.over.wait(0.01):
                self.line.sendall(b"2")
            raise _OverError

    def say(self, text: str) -> None:
        self.line.sendall(text.encode() + b"\r\n")

    def read_line(self) -> bytes:
        while b"\n" not in self.waiting:
            got = self.line.recv(65536)
            if not got:
                raise _OverError
            self.waiting += got
        line, _, self.waiting = self.waiting.partition(b"\n")
        return line + b"\n"


# -- Postfix's own test server ---------------------------------------------------------------------


@contextmanager
def sink(*options: str) -> Iterator[int]:
    """Run ``smtp-sink``; gives the port."""
    program = need("smtp-sink", "/usr/sbin/smtp-sink")
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    # As root it insists on being told whom to become.
    whom = ["-u", "nobody"] if os.geteuid() == 0 else []
    command = [program, *whom, *options, f"127.0.0.1:{port}", "100"]
    with subprocess.Popen(command, stderr=subprocess.DEVNULL) as process:
        try:
            wait_for(port, process)
            yield port
        finally:
            process.terminate()


def wait_for(port: int, process: subprocess.Popen[bytes]) -> None:
    while process.poll() is None:
        with suppress(OSError):
            socket.create_connection(("127.0.0.1", port)).close()
            return
    raise AssertionError("smtp-sink ended")


# -- certificates ----------------------------------------------------------------------------------


@dataclass
class Authority:
    """A certificate authority of one's own: ``pem`` is what a client must trust."""

    folder: Path

    def __post_init__(self) -> None:
        self._key = ec.generate_private_key(ec.SECP256R1())
        self._name = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, "Authority of the tests")])
        certificate = _certificate(self._name, self._name, self._key, self._key, [])
        self.pem = self.folder / "authority.pem"
        self.pem.write_bytes(certificate.public_bytes(serialization.Encoding.PEM))

    def context(self, *names: str, is_over: bool = False) -> ssl.SSLContext:
        """Make what a server of these names needs; or one whose certificate's time is over."""
        key = ec.generate_private_key(ec.SECP256R1())
        subject = x509.Name([x509.NameAttribute(NameOID.COMMON_NAME, names[0])])
        end = 2021 if is_over else 2120
        certificate = _certificate(subject, self._name, key, self._key, list(names), end)
        path = self.folder / f"{names[0]}{end}.pem"
        path.write_bytes(
            key.private_bytes(
                serialization.Encoding.PEM,
                serialization.PrivateFormat.PKCS8,
                serialization.NoEncryption(),
            )
            + certificate.public_bytes(serialization.Encoding.PEM)
        )
        context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        context.load_cert_chain(path)
        return context


def _certificate(
    subject: x509.Name,
    issuer: x509.Name,
    key: ec.EllipticCurvePrivateKey,
    signer: ec.EllipticCurvePrivateKey,
    names: list[str],
    end: int = 2120,
) -> x509.Certificate:
    start = datetime.datetime(2020, 1, 1, tzinfo=datetime.UTC)
    builder = (
        x509.CertificateBuilder()
        .subject_name(subject)
        .issuer_name(issuer)
        .public_key(key.public_key())
        .serial_number(x509.random_serial_number())
        .not_valid_before(start)
        .not_valid_after(start.replace(year=end))
        .add_extension(x509.BasicConstraints(ca=not names, path_length=None), critical=True)
    )
    if names:
        alternatives = x509.SubjectAlternativeName([x509.DNSName(name) for name in names])
        builder = builder.add_extension(alternatives, critical=False)
    return builder.sign(signer, hashes.SHA256())
