"""An SMTP server that takes everything and keeps nothing: the fast end of a measurement.

It may answer late, as one far away does, or its content alone, as one that has much to do; write
down the recipient of each mail, or who handed it over and when; and refuse what does not pass the
gate of the wire.
"""

from __future__ import annotations

import argparse
import asyncio
import os
import re
import subprocess
import sys
import time
from collections import deque
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from functools import partial
from pathlib import Path
from typing import Any, ClassVar

_ANSWERS = {
    b"EHLO": b"250-sink\r\n250-PIPELINING\r\n250 SIZE 10000000\r\n",
    b"HELO": b"250 sink\r\n",
    b"DATA": b"354 go on\r\n",
    b"QUIT": b"221 bye\r\n",
}
_END = b"\r\n.\r\n"
_SUBJECT = re.compile(rb"^Subject: (.*)\r$", re.MULTILINE)


class Session(asyncio.Protocol):
    """One client: commands by lines, content until its dot."""

    #: seconds from a command to its answer, as a round trip takes them
    delay = 0.0
    #: seconds from a mail's dot to its answer
    answer = 0.0
    #: so many clients must have greeted before any mail is answered
    awaited = 0
    greeted: ClassVar[set[bytes]] = set()
    waiting: ClassVar[list[Callable[[], object]]] = []
    #: where recipient and subject of each mail are written before the yes
    log: int | None = None
    #: whether the time and who greeted are written instead of the subject
    is_timed = False
    #: fails where a mail is not as it should be; that one is refused
    judge: Callable[[bytes], None] | None = None

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._unread = bytearray()
        self._is_content = self._has_handed_over = False
        self._recipient = self._client = b""
        #: answers that wait, and by the loop's clock when the last one goes
        self._late, self._free_at = deque[bytes](), 0.0
        self._say(b"220 sink ESMTP\r\n", self.delay)

    def data_received(self, data: bytes) -> None:
        """Answer whatever is complete."""
        delay, searched = self.delay, max(0, len(self._unread) - len(_END))
        self._unread += data
        answers = b""
        while True:
            mark = _END if self._is_content else b"\r\n"
            place = self._unread.find(mark, searched)
            if place < 0:
                break
            said = bytes(self._unread[:place])
            del self._unread[: place + len(mark)]
            searched = 0
            delay = max(delay, self.answer if self._is_content else 0)
            answers += self._answer(said)
        if answers:
            self._say(answers, delay)

    def _answer(self, said: bytes) -> bytes:
        verb = said[:4].upper()
        if self._is_content:
            self._is_content, self._has_handed_over = False, True
            return self._taken(said)
        if verb in (b"EHLO", b"HELO"):
            self._client = said[5:]
            self._greet()
        if verb == b"RCPT":
            self._recipient = said[8:].strip(b"<>")
        self._is_content = verb == b"DATA"
        return _ANSWERS.get(verb, b"250 ok\r\n")

    def _greet(self) -> None:
        self.greeted.add(self._client)
        if len(self.greeted) >= self.awaited:
            for say in self.waiting:
                say()
            self.waiting.clear()

    def _taken(self, content: bytes) -> bytes:
        judge = type(self).judge
        try:
            if judge is not None:
                # The end has gone, and a line that begins with a dot has one more.
                judge(content.replace(b"\r\n.", b"\r\n") + b"\r\n")
        except AssertionError as fault:
            return b"554 5.6.0 %a\r\n" % " ".join(f"{fault}".split())[:200]
        self._note(content)
        return b"250 ok\r\n"

    def _note(self, content: bytes) -> None:
        if self.log is not None and self.is_timed:
            line = b"%.6f %s %s\n" % (time.time(), self._client, self._recipient)
            os.write(self.log, line)
        elif self.log is not None:
            subject = _SUBJECT.search(content)
            line = b"%s %s\n" % (self._recipient, subject[1] if subject else b"")
            os.write(self.log, line)

    def _say(self, answers: bytes, delay: float = 0.0) -> None:
        if self._has_handed_over and len(self.greeted) < self.awaited:
            self.waiting.append(partial(self._say, answers, delay))
            return
        if not delay and not self._late:
            self._write(answers)
            return
        # No answer overtakes the one before, also where this process is late itself.
        loop = asyncio.get_running_loop()
        self._late.append(answers)
        self._free_at = max(loop.time() + delay, self._free_at)
        loop.call_at(self._free_at, self._write_next)

    def _write_next(self) -> None:
        self._write(self._late.popleft())

    def _write(self, answers: bytes) -> None:
        self._transport.write(answers)
        if answers.endswith(_ANSWERS[b"QUIT"]):
            self._transport.close()


@contextmanager
def sink(
    delay: float = 0.0,
    log: Path | None = None,
    *,
    answer: float = 0.0,
    awaited: int = 0,
    is_timed: bool = False,
    is_gated: bool = False,
    popen: type[subprocess.Popen[Any]] = subprocess.Popen,
) -> Iterator[int]:
    """Runs a sink in a process of its own; gives its port."""
    command = [sys.executable, "-c", "from bench._sink import serve; serve()"]
    command += ["--delay", str(delay), "--answer", str(answer), "--awaited", str(awaited)]
    command += ["--log", str(log)] if log else []
    command += ["--timed"] if is_timed else []
    command += ["--gate"] if is_gated else []
    with popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.terminate()


async def _serve() -> None:
    server = await asyncio.get_running_loop().create_server(Session, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


def _configure() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--delay", type=float, default=0.0)
    parser.add_argument("--answer", type=float, default=0.0)
    parser.add_argument("--awaited", type=int, default=0)
    parser.add_argument("--log")
    parser.add_argument("--timed", action="store_true")
    parser.add_argument("--gate", action="store_true")
    options = parser.parse_args()
    Session.delay, Session.answer = options.delay, options.answer
    Session.is_timed, Session.awaited = options.timed, options.awaited
    if options.log:
        Session.log = os.open(options.log, os.O_WRONLY | os.O_CREAT | os.O_APPEND)
    if options.gate:
        from tests.wire import assert_gate

        Session.judge = assert_gate


def serve() -> None:
    """Be the sink until it is terminated."""
    _configure()
    asyncio.run(_serve())
