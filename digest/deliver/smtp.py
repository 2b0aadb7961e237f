"""Send mails through one relay, a transaction each, over a connection kept open between them.

The transaction is written out here because the moment before the final dot belongs to the caller,
and because nothing may try again after it.
"""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from ..errors import SendError, Stage
from ..model import Mail
from . import SmtpSettings
from .connection import Connection, Deadline, Reply, connect, plainly, refuse_plain_password
from .wire import Letter, letter

#: Seconds after which a silent connection is not trusted: NAT tables and relays forget it, and a
#: message would wait out its whole deadline to learn that.
_IDLE = 60.0

#: what each command may be answered with, and how far the message had come until then
_STEPS: tuple[tuple[Stage, int], ...] = (("envelope", 2), ("envelope", 2), ("data", 3))

#: RFC 4954 §6: the relay wants a login, or a better one, whatever it was asked
_LOGIN_CODES = frozenset({530, 534, 535, 538})

#: no answer, or the one that comes before hanging up
_GONE = frozenset({0, 421})


class Smtp:
    """A sender with one connection, opened by the first mail; for one thread at a time."""

    def __init__(
        self, settings: SmtpSettings, *, monotonic: Callable[[], float] = time.monotonic
    ) -> None:
        refuse_plain_password(settings)
        self.settings = settings
        self._monotonic = monotonic
        self._connection: Connection | None = None
        self._used_at = 0.0

    def __call__(self, mail: Mail, *, at_the_dot: Callable[[], None]) -> None:
        """Hand one message over; see ``deliver.Sender``."""
        ready = letter(mail)
        try:
            connection = self._offered(ready)
            hand_over(connection, ready, at_the_dot, patience=self.settings.patience)
        except SendError:
            raise
        except BaseException:
            self._drop()
            raise
        finally:
            self._used_at = self._monotonic()

    def close(self) -> None:
        """Say goodbye to the relay."""
        if self._connection is not None:
            self._connection.quit()
            self._connection = None

    def _offered(self, ready: Letter) -> Connection:
        """Bring the envelope to where the content may follow.

        A kept connection that turns out to be gone is replaced once: nothing was handed over yet.
        """
        deadline = Deadline(self.settings.timeout)
        kept = self._kept()
        if kept is not None:
            kept.until(deadline)
            try:
                offer(kept, ready)
            except SendError as error:
                if kept.is_open or error.code not in _GONE:
                    raise
            else:
                return kept
        self._connection = None
        self._connection = connect(self.settings, deadline)
        offer(self._connection, ready)
        return self._connection

    def _kept(self) -> Connection | None:
        if self._connection is not None and self._monotonic() - self._used_at > _IDLE:
            self.close()
        if self._connection is not None and not self._connection.is_open:
            self._connection = None
        return self._connection

    def _drop(self) -> None:
        if self._connection is not None:
            self._connection.drop()


def offer(connection: Connection, ready: Letter) -> None:
    """Send MAIL, RCPT and DATA, in one packet where the server takes that (RFC 2920).

    Afterwards the server waits for content.  Raises SendError at stage "envelope" or "data", and
    leaves the connection ready for another message or closed.
    """
    commands = _commands(connection, ready)
    if connection.offers("pipelining") is not None:
        commands = [b"".join(commands), b"", b""]
    refused: SendError | None = None
    for (stage, wanted), command in zip(_STEPS, commands, strict=True):
        answer = _answer(connection, command)
        if answer.code // 100 != wanted:
            refused = refused or refusal(answer, stage)
            if not connection.is_open or commands[1]:
                break
    if refused:
        _clear(connection, answer)
        raise refused


def hand_over(
    connection: Connection, ready: Letter, at_the_dot: Callable[[], None], *, patience: float
) -> None:
    """Send the content and the dot, and wait for the answer; see ``deliver.Sender``."""
    try:
        with _lost("data"):
            connection.write(ready.content)
        at_the_dot()
        # Bytes that the kernel did not take cannot arrive: a dot that fails here never went out.
        with _lost("data"):
            connection.write(b".\r\n")
    except BaseException:
        connection.drop()
        raise
    connection.until(Deadline(patience))
    answer = _answer(connection)
    if answer.code // 100 != 2:
        raise _judged(connection, answer)


def refusal(answer: Reply, stage: Stage) -> SendError:
    """Say what a negative answer, or none (code 0), means for the message.

    An answer that is neither 4xx nor 5xx is a disorder of the server's, to be tried again.
    """
    if answer.code in _LOGIN_CODES and stage == "envelope":
        return SendError(str(answer), stage="login", code=answer.code)
    if answer.code // 100 in (4, 5):
        permanent = answer.code >= 500
        return SendError(str(answer), permanent=permanent, stage=stage, code=answer.code)
    reason = f"unexpected answer: {answer}" if answer.code else answer.text
    return SendError(reason, stage=stage, code=answer.code)


def _commands(connection: Connection, ready: Letter) -> list[bytes]:
    limit = connection.offers("size")
    if limit and limit.isdigit() and 0 < int(limit) < ready.size:
        reason = f"the message has {ready.size} bytes, the server takes {limit}"
        raise SendError(reason, permanent=True, stage="envelope")
    if not ready.is_ascii and connection.offers("8bitmime") is None:
        raise SendError("the server takes ASCII only", permanent=True, stage="envelope")
    mail = f"MAIL FROM:<{ready.sender}>"
    mail += f" SIZE={ready.size}" if limit is not None else ""
    mail += "" if ready.is_ascii else " BODY=8BITMIME"
    return [f"{mail}\r\n".encode(), f"RCPT TO:<{ready.recipient}>\r\n".encode(), b"DATA\r\n"]


def _answer(connection: Connection, command: bytes = b"") -> Reply:
    """Say something and hear the answer.

    Silence is heard as code 0, and ends the connection as 421 does.
    """
    try:
        if command:
            connection.write(command)
        answer = connection.reply()
    except OSError as error:
        answer = Reply(0, plainly(error))
    if answer.code in _GONE:
        connection.drop()
    return answer


def _clear(connection: Connection, last: Reply) -> None:
    """After a refusal, forget the transaction; hang up where the server is out of step.

    It is where it takes content for nobody: everything said now would be content.
    """
    if not connection.is_open:
        return
    if last.code // 100 not in (4, 5) or _answer(connection, b"RSET\r\n").code != 250:
        connection.drop()


def _judged(connection: Connection, answer: Reply) -> SendError:
    """Read an answer to the dot that is no acceptance: a clear refusal, or a doubt."""
    if answer.code // 100 in (4, 5):
        return refusal(answer, "data")
    connection.drop()
    reason = f"unclear answer: {answer}" if answer.code else answer.text
    return SendError(reason, stage="dot")


@contextmanager
def _lost(stage: Stage) -> Iterator[None]:
    """Turn a connection that breaks or hangs into a SendError."""
    try:
        yield
    except OSError as error:
        raise SendError(plainly(error), stage=stage) from error
