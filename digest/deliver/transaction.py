"""Run one SMTP transaction, up to the answer to its final dot.

Written out here because the caller acts right before the dot, and because nothing may be retried
after it.
"""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager, suppress

from ..errors import Meaning, SendError, Stage
from ..network import Deadline, plainly
from .connection import Connection
from .envelope import Envelope, sender_address
from .replies import Reply, refusal

#: the stage of each command, and the first digit of the answer that it needs
_STEPS: tuple[tuple[Stage, int], ...] = (("mail", 2), ("rcpt", 2), ("data", 3))

#: codes of a lost connection: no answer, or the answer before the server hangs up
CONNECTION_LOST = frozenset({0, 421})


def send_envelope(connection: Connection, envelope: Envelope) -> None:
    """Send MAIL, RCPT and DATA, in one packet if the server supports that (RFC 2920).

    Afterwards the server waits for content.  Raises SendError at stage "mail", "rcpt" or "data",
    and leaves the connection ready for another message or closed.
    """
    sent = commands(connection, envelope)
    read_replies(connection, [b"".join(sent), b"", b""] if has_pipelining(connection) else sent)


def ask_for_sender(connection: Connection, sender: str) -> None:
    """Ask whether the server accepts mail from this address, and reset the transaction.

    Raises SendError if it does not.
    """
    answer = _answer(connection, f"MAIL FROM:<{sender_address(sender)}>\r\n".encode())
    if connection.is_open:
        _answer(connection, b"RSET\r\n")
    if answer.code // 100 != 2:
        raise refusal(answer, "mail")


def has_pipelining(connection: Connection) -> bool:
    """Return whether the server supports pipelining (RFC 2920)."""
    return connection.offers("pipelining") is not None


def read_replies(connection: Connection, sent: Sequence[bytes] = (b"", b"", b"")) -> None:
    """Read the answers to MAIL, RCPT and DATA; with one of ``sent`` before each."""
    refused: SendError | None = None
    for (stage, wanted), command in zip(_STEPS, sent, strict=True):
        answer = _answer(connection, command)
        if answer.code // 100 != wanted:
            refused = refused or refusal(answer, stage)
            # Without pipelining the remaining commands have not been sent: omit them.
            if not connection.is_open or sent[1]:
                break
    if refused:
        _clear(connection, answer)
        raise refused


def hand_over(
    connection: Connection,
    envelope: Envelope,
    before_dot: Callable[[], None],
    *,
    dot_timeout: float,
    pipelined: Callable[[], bytes] = bytes,
) -> None:
    """Send the content and the dot, and wait for the answer; see ``deliver.Sender``.

    The bytes from ``pipelined`` are sent right after the dot, so that the next message needs no
    round trip of its own; if the connection is still open, the caller has to read their answers.
    """
    try:
        with _lost("data"):
            connection.write(envelope.content)
        before_dot()
        # Bytes that the kernel did not take cannot arrive: a dot that fails here never went out.
        with _lost("data"):
            connection.write(b".\r\n")
    except BaseException:
        connection.drop()
        raise
    with suppress(OSError):
        connection.write(pipelined())
    connection.until(Deadline(dot_timeout))
    answer = _answer(connection)
    if answer.code // 100 != 2:
        raise _judged(connection, answer)


def commands(connection: Connection, envelope: Envelope) -> list[bytes]:
    """Return MAIL, RCPT and DATA; raises SendError if the server accepts no such message."""
    limit = connection.offers("size")
    if limit and limit.isdigit() and 0 < int(limit) < envelope.size:
        reason = f"the message has {envelope.size} bytes, the server takes {limit}"
        raise SendError(reason, Meaning.MESSAGE, stage="mail")
    if not envelope.is_ascii and connection.offers("8bitmime") is None:
        raise SendError("the server takes ASCII only", Meaning.MESSAGE, stage="mail")
    mail = f"MAIL FROM:<{envelope.sender}>"
    mail += f" SIZE={envelope.size}" if limit is not None else ""
    mail += "" if envelope.is_ascii else " BODY=8BITMIME"
    return [f"{mail}\r\n".encode(), f"RCPT TO:<{envelope.recipient}>\r\n".encode(), b"DATA\r\n"]


def _answer(connection: Connection, command: bytes = b"") -> Reply:
    """Send a command and read the answer.

    Silence counts as code 0, and ends the connection as 421 does.
    """
    try:
        if command:
            connection.write(command)
        answer = connection.reply()
    except OSError as error:
        answer = Reply(0, plainly(error))
    if answer.code in CONNECTION_LOST:
        connection.drop()
    return answer


def _clear(connection: Connection, last: Reply) -> None:
    """Reset the transaction after a refusal; close the connection if the server is out of step.

    It is out of step if it waits for content without a recipient: a command would be content.
    """
    if not connection.is_open:
        return
    if last.code // 100 not in (4, 5) or _answer(connection, b"RSET\r\n").code != 250:
        connection.drop()


def _judged(connection: Connection, answer: Reply) -> SendError:
    """Return the error of an answer to the dot: a clear refusal, or a doubt."""
    if answer.code // 100 in (4, 5):
        return refusal(answer, "data")
    connection.drop()
    reason = f"unclear answer: {answer}" if answer.code else answer.text
    return SendError(reason, Meaning.DOUBT, stage="dot")


@contextmanager
def _lost(stage: Stage) -> Iterator[None]:
    """Turn a connection that breaks or hangs into a SendError."""
    try:
        yield
    except OSError as error:
        raise SendError(plainly(error), Meaning.LATER, stage=stage) from error
