"""A child process that posts to one channel, and what an answer means that it brings.

The child has limits, no log, and is killed where a post takes too long.
"""

from __future__ import annotations

import multiprocessing
from http import HTTPStatus
from importlib.util import find_spec
from multiprocessing.connection import Connection
from multiprocessing.process import BaseProcess
from typing import TYPE_CHECKING

from ..errors import Meaning, SendError, Stage
from .chat_services import service_of

if TYPE_CHECKING:
    from .channel import PostAnswer

SETTING = "mail.chat"

#: Seconds for one post, with all waits that the service asks for.
LONGEST_POST = 180.0

#: Statuses that mean something else than that the address, or its token, is not good (4xx), or
#: that this post failed (5xx).
_MEANINGS = {
    400: Meaning.MESSAGE,
    408: Meaning.RELAY,
    413: Meaning.MESSAGE,
    422: Meaning.MESSAGE,
    429: Meaning.SLOWER,
    502: Meaning.RELAY,
    503: Meaning.RELAY,
    504: Meaning.RELAY,
}

#: How the services say that the channel itself is at fault, whatever the status.
_NO_CHANNEL = ("chat not found", "channel_not_found", "channel_is_archived", "not a member")


class Poster:
    """The child process of one channel; it starts with the first post."""

    def __init__(self, address: str, *, seconds: float = LONGEST_POST) -> None:
        service = service_of(address)
        self.name = service.name if service else "the chat"
        self._address = address
        self._seconds = seconds
        self._child: tuple[BaseProcess, Connection] | None = None

    def open(self) -> None:
        """Start the child, which reads the address and posts nothing; raises SendError (LOGIN)."""
        if self._child is not None:
            return
        if find_spec("apprise") is None:
            raise _of_the_set_up('Apprise is missing: pip install "papers-digest[chat]"')
        # The same fork server as that of ``listings.sources.sandbox``: it has no threads.
        context = multiprocessing.get_context("forkserver")
        pipe, theirs = context.Pipe()
        child = context.Process(target=_serve, args=(theirs, self._address), daemon=True)
        child.start()
        theirs.close()
        self._child = child, pipe
        if reason := self._received("the process that posts has ended", LONGEST_POST):
            self.close()
            raise _of_the_set_up(str(reason))

    def post(self, markdown: str) -> None:
        """Post it; raises SendError."""
        self.open()
        assert self._child is not None
        try:
            self._child[1].send(markdown)
        except OSError as error:
            self.close()
            raise SendError(
                f"{self.name}: the process that posts has ended", Meaning.RELAY
            ) from error
        answer = self._received("", self._seconds)
        if isinstance(answer, str) or not (answer.is_posted or answer.code or answer.unreached):
            raise SendError(f"{self.name}: no answer to a post", Meaning.DOUBT, stage="dot")
        if not answer.is_posted:
            raise refusal(answer, self.name)

    def close(self) -> None:
        """End the child."""
        if self._child is not None:
            child, pipe = self._child
            self._child = None
            pipe.close()
            child.kill()
            child.join()

    def _received(self, without: str, seconds: float) -> PostAnswer | str:
        """Return the child's answer, or ``without`` if it dies or takes longer."""
        assert self._child is not None
        pipe = self._child[1]
        try:
            if pipe.poll(seconds):
                answer: PostAnswer | str = pipe.recv()
                return answer
        except (EOFError, OSError):
            pass
        self.close()
        return without


def _serve(pipe: Connection, address: str) -> None:
    """Load Apprise, in the child alone, and post."""
    from .channel import serve

    serve(pipe, address)


def _of_the_set_up(reason: str) -> SendError:
    return SendError(reason, Meaning.LOGIN, stage="login", setting=SETTING)


def refusal(answer: PostAnswer, name: str) -> SendError:
    """Return the error of a refused post; the answer is not quoted, for it may hold secrets."""
    if answer.unreached:
        return SendError(f"{name}: {answer.unreached}", Meaning.RELAY)
    phrase = HTTPStatus(answer.code).phrase if answer.code in set(HTTPStatus) else ""
    what = f"{name}: {answer.code} {phrase}".rstrip()
    if any(words in answer.text.lower() for words in _NO_CHANNEL):
        return _of_the_set_up(f"{what}: the channel is not there, or the bot is not in it")
    default = Meaning.LOGIN if answer.code < 500 else Meaning.LATER
    means = _MEANINGS.get(answer.code, default)
    if means is Meaning.LOGIN:
        return _of_the_set_up(f"{what}: the address or its token is not good (any more)")
    stage: Stage = "connect" if means is Meaning.RELAY else "data"
    return SendError(what, means, stage=stage, code=answer.code)
