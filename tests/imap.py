"""A small IMAP server on loopback (RFC 3501, 6851): one account, folders in memory.

It speaks what a client needs that fetches messages and moves them away, and fails where it is told
to: at the n-th use of a command it drops the line, hangs, or says no.
"""

from __future__ import annotations

import base64
import re
import socket
import socketserver
import ssl
import threading
from collections import Counter
from collections.abc import Iterator, Mapping
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field

USER, PASSWORD = "digest", "s3cret word"

_WORD = re.compile(r'"((?:[^"\\]|\\.)*)"|(\([^)]*\)|\S+)')


@dataclass
class Account:
    """The folders of the account, and what the server was asked."""

    folders: dict[str, dict[int, bytes]] = field(default_factory=lambda: {"INBOX": {}})
    #: command → how it fails, and at which of its uses (0: each)
    faults: Mapping[str, tuple[str, int]] = field(default_factory=dict)
    can_move: bool = True
    password: str = PASSWORD
    port: int = 0
    times: Counter[str] = field(default_factory=Counter)
    deleted: set[int] = field(default_factory=set)
    over: threading.Event = field(default_factory=threading.Event)
    #: set while a command hangs
    hangs: threading.Event = field(default_factory=threading.Event)
    next_uid: int = 1

    def put(self, *messages: bytes, folder: str = "INBOX") -> None:
        """Let messages come in."""
        for message in messages:
            self.folders.setdefault(folder, {})[self.next_uid] = message
            self.next_uid += 1

    def fault(self, verb: str) -> str:
        self.times[verb] += 1
        how, when = self.faults.get(verb, ("", -1))
        return how if when in (0, self.times[verb]) else ""


@contextmanager
def imap(
    account: Account, *, context: ssl.SSLContext | None = None, is_tls: bool = False
) -> Iterator[Account]:
    """Serve the account; a context makes it offer STARTTLS, or with ``is_tls`` speak TLS."""

    class Talk(_Talk):
        kept, tls = account, context

    class Server(socketserver.ThreadingTCPServer):
        daemon_threads, allow_reuse_address = True, True

        def get_request(self) -> tuple[socket.socket, object]:
            line, address = super().get_request()
            if context is not None and is_tls:
                return context.wrap_socket(line, server_side=True), address
            return line, address

        def handle_error(self, *_: object) -> None:
            """A client that goes away is what these tests are about."""

    with Server(("127.0.0.1", 0), Talk) as server:
        account.port = server.server_address[1]
        thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
        thread.start()
        try:
            yield account
        finally:
            account.over.set()
            server.shutdown()
            thread.join()


class _GoneError(Exception):
    """This line is done with."""


class _Talk(socketserver.StreamRequestHandler):
    """One session."""

    kept: Account
    tls: ssl.SSLContext | None
    folder = ""

    def handle(self) -> None:
        self.say("* OK ready")
        with suppress(_GoneError, OSError):
            while line := self.rfile.readline():
                self.obey(line.decode("utf-8", "replace").rstrip("\r\n"))

    def finish(self) -> None:
        with suppress(OSError):
            super().finish()
        self.request.close()

    def say(self, line: str) -> None:
        self.wfile.write(line.encode() + b"\r\n")

    def obey(self, line: str) -> None:
        tag, verb, *words = [m[1] if m[2] is None else m[2] for m in _WORD.finditer(line)]
        verb = verb.upper()
        if verb == "UID":
            verb, words = words[0].upper(), words[1:]
        fault = self.kept.fault(verb)
        if fault == "drop":
            raise _GoneError
        if fault == "hang":
            self.kept.hangs.set()
            self.kept.over.wait()
            raise _GoneError
        if fault == "drip":
            while not self.kept.over.wait(0.02):
                self.wfile.write(b"*")
            raise _GoneError
        if fault == "no":
            self.say(f"{tag} NO not today")
            return
        self.say(f"{tag} {getattr(self, f'on_{verb.lower()}')(*words) or 'OK done'}")
        if verb == "STARTTLS":
            assert self.tls is not None
            self.request = self.tls.wrap_socket(self.request, server_side=True)
            self.setup()

    def on_capability(self) -> None:
        more = " STARTTLS" if self.tls is not None else ""
        self.say(f"* CAPABILITY IMAP4rev1{' MOVE' if self.kept.can_move else ''}{more}")

    def on_starttls(self) -> None:
        pass

    def on_noop(self) -> None:
        pass

    def on_authenticate(self, mechanism: str) -> str:
        self.say("+ ")
        if mechanism.upper() == "XOAUTH2":
            user, token, *_ = base64.b64decode(self.rfile.readline()).decode().split("\1")
            return self.on_login(user.removeprefix("user="), token.removeprefix("auth=Bearer "))
        assert mechanism.upper() == "PLAIN"
        _, user, password = base64.b64decode(self.rfile.readline()).decode().split("\0")
        return self.on_login(user, password)

    def on_login(self, user: str, password: str) -> str:
        return (
            "OK welcome"
            if (user, password) == (USER, self.kept.password)
            else "NO [AUTHENTICATIONFAILED] wrong"
        )

    def on_list(self, _reference: str, name: str) -> None:
        if name in self.kept.folders:
            self.say(f'* LIST (\\HasNoChildren) "/" "{name}"')

    def on_create(self, name: str) -> None:
        self.kept.folders[name] = {}

    def on_select(self, name: str) -> str:
        if name not in self.kept.folders:
            return "NO there is no such folder"
        self.folder = name
        self.say(f"* {len(self.here)} EXISTS")
        return "OK [READ-WRITE] selected"

    @property
    def here(self) -> dict[int, bytes]:
        return self.kept.folders[self.folder]

    def on_search(self, *_: str) -> None:
        self.say(f"* SEARCH {' '.join(map(str, self.here))}".rstrip())

    def on_fetch(self, uid: str, what: str, *_: str) -> None:
        data = self.here.get(int(uid))
        most = re.search(r"<0\.(\d+)>", what)
        if data is None:
            return
        part = data[: int(most[1])] if most else data
        self.wfile.write(b"* 1 FETCH (UID %s BODY[]<0> {%d}\r\n" % (uid.encode(), len(part)))
        self.wfile.write(part + b")\r\n")

    def on_move(self, uid: str, name: str) -> None:
        self.kept.folders[name][int(uid)] = self.here.pop(int(uid))

    def on_copy(self, uid: str, name: str) -> None:
        self.kept.folders[name][self.kept.next_uid] = self.here[int(uid)]
        self.kept.next_uid += 1

    def on_store(self, uid: str, *_: str) -> None:
        self.kept.deleted.add(int(uid))

    def on_expunge(self) -> None:
        for uid in self.kept.deleted:
            self.here.pop(uid, None)
        self.kept.deleted.clear()

    def on_logout(self) -> None:
        self.say("* BYE")
