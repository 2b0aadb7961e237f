"""Post issues to one channel of a chat, or to a webhook; each in as many posts as it takes.

A post is to a channel what the final dot is to a relay: the outbox is asked before each, and how
many are out is remembered after each, so that after a refusal or a crash only the others follow.
"""

from __future__ import annotations

import threading
from collections.abc import Callable, Iterable

from ..errors import Meaning, SendError
from ..model import Message
from . import OutgoingMessage, PostProgress, send_each
from .poster import Poster


class Chat:
    """A sender to one channel."""

    def __init__(self, poster: Poster, progress: PostProgress) -> None:
        self._poster = poster
        self._progress = progress
        self._lock = threading.Lock()

    def __call__(self, mail: Message, *, before_dot: Callable[[], None]) -> None:
        """Post what is not out yet of a message; see ``deliver.Sender``."""
        if not mail.posts:
            reason = "what is for one person is not posted to a channel"
            raise SendError(reason, Meaning.SENDER, stage="rcpt", setting="mail.sender")
        with self._lock:
            self._poster.open()
            first = self._progress.posted(mail.message_id)
            for number, post in enumerate(mail.posts[first:], start=first + 1):
                before_dot()
                self._poster.post(post)
                self._progress.keep(mail.message_id, number % len(mail.posts))

    def send_all(self, messages: Iterable[OutgoingMessage]) -> None:
        """Post the messages one after the other; see ``deliver.Sender``."""
        send_each(self, messages)

    def close(self) -> None:
        """End the child process."""
        self._poster.close()
