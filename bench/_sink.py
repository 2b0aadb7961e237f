"""An SMTP server that takes everything and keeps nothing: the fast end of a measurement."""

from __future__ import annotations

import asyncio
import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager

_ANSWERS = {
    b"EHLO": b"250-sink\r\n250-PIPELINING\r\n250 SIZE 10000000\r\n",
    b"HELO": b"250 sink\r\n",
    b"DATA": b"354 go on\r\n",
    b"QUIT": b"221 bye\r\n",
}
_END = b"\r\n.\r\n"


class Session(asyncio.Protocol):
    """One client: commands by lines, content until its dot."""

    def connection_made(self, transport: asyncio.BaseTransport) -> None:
        """Greet."""
        assert isinstance(transport, asyncio.Transport)
        self._transport = transport
        self._unread = bytearray()
        self._is_content = False
        transport.write(b"220 sink ESMTP\r\n")

    def data_received(self, data: bytes) -> None:
        """Answer whatever is complete."""
        searched = max(0, len(self._unread) - len(_END))
        self._unread += data
        while True:
            mark = _END if self._is_content else b"\r\n"
            place = self._unread.find(mark, searched)
            if place < 0:
                return
            line = bytes(self._unread[:place][:4]).upper()
            del self._unread[: place + len(mark)]
            searched = 0
            self._answer(line)

    def _answer(self, verb: bytes) -> None:
        answer = b"250 ok\r\n" if self._is_content else _ANSWERS.get(verb, b"250 ok\r\n")
        self._transport.write(answer)
        self._is_content = not self._is_content and verb == b"DATA"
        if answer.startswith(b"221"):
            self._transport.close()


@contextmanager
def sink() -> Iterator[int]:
    """Runs a sink in a process of its own; gives its port."""
    command = [sys.executable, "-m", "bench._sink"]
    with subprocess.Popen(command, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        try:
            yield int(process.stdout.readline())
        finally:
            process.terminate()


async def _serve() -> None:
    server = await asyncio.get_running_loop().create_server(Session, "127.0.0.1", 0)
    print(server.sockets[0].getsockname()[1], flush=True)
    await server.serve_forever()


if __name__ == "__main__":
    asyncio.run(_serve())
