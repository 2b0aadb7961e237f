"""Ask the mail log, by a command of the operator's, whether the server accepted a message.

The command gets the Message-ID as its last argument: exit status 0 means that the message was
accepted, 1 that it was not, and anything else that this is unknown.
"""

from __future__ import annotations

import shlex
import subprocess
from collections.abc import Callable

#: Seconds for the command: one that hangs must not hold up the mail.
COMMAND_TIMEOUT = 30.0


def mail_log(command: str) -> Callable[[str], bool | None]:
    """Return a function that asks the command; it returns None if unknown or without command."""
    words = shlex.split(command)

    def was_sent(message_id: str) -> bool | None:
        if not words or not message_id:
            return None
        try:
            done = subprocess.run(  # noqa: S603  the operator's own command, and no shell
                [*words, message_id], capture_output=True, timeout=COMMAND_TIMEOUT, check=False
            )
        except (OSError, subprocess.TimeoutExpired):
            return None
        return {0: True, 1: False}.get(done.returncode)

    return was_sent
