"""Post Markdown to one channel, by Apprise; for the child process of ``deliver.poster``.

Apprise bounds neither what a server answers nor how long it drips, and its debugging words hold
secrets: so it works in a process that has limits, can be killed, and has no log.
"""

from __future__ import annotations

import logging
import resource
import signal
from contextlib import suppress
from multiprocessing.connection import Connection
from typing import Any, NamedTuple

import apprise
import requests
from apprise.common import OverflowMode, PersistentStoreMode
from apprise.plugins.matrix.base import NotifyMatrix

from ..network import is_loopback

#: Bytes of memory of the child, of which Apprise needs a fifth.
MEMORY = 512 * 2**20

#: Seconds for connecting, and between two bytes of an answer.
_CONNECTING, _READING = 10.0, 60.0

#: Characters of an answer in which a reason is looked for.
_READ = 2000


class PostAnswer(NamedTuple):
    """What became of a post."""

    is_posted: bool
    #: the status of the last answer; 0: there was none
    code: int = 0
    #: the beginning of that answer; it may hold secrets, and is not for any log
    text: str = ""
    #: why the server was not reached, so that it has nothing; empty: it may have the post
    unreached: str = ""


class ChatChannel:
    """One channel of one service; raises ValueError, without a secret, for no usable address."""

    def __init__(self, address: str) -> None:
        logging.getLogger("apprise").propagate = False
        logging.getLogger("apprise").addHandler(logging.NullHandler())
        self._address = address
        self._service = _service(address)
        self.size: int = self._service.body_maxlen

    def post(self, markdown: str) -> PostAnswer:
        """Post it, and return what the server said."""
        is_matrix = isinstance(self._service, NotifyMatrix)
        channel = apprise.Apprise(asset=_asset())
        # With an access token all posts of one such object are one transaction, of which a Matrix
        # server takes the first alone.
        channel.add(_service(self._address) if is_matrix else self._service)
        with _Answers() as answers:
            is_posted = bool(channel.notify(markdown, body_format="markdown"))
        return PostAnswer(is_posted, *answers.last)


def _service(address: str) -> apprise.NotifyBase:
    """Return what posts to an address; raises ValueError, without a secret."""
    service = apprise.Apprise.instantiate(address, asset=_asset())
    if service is None:
        raise ValueError("Apprise cannot use this address: compare it with its documentation")
    if len(service) != 1:
        raise ValueError("it names several channels: name one")
    if not getattr(service, "secure", True) and service.user and not is_loopback(service.host):
        raise ValueError(f"the login would go to {service.host} without TLS")
    # What grew beyond a service's limit when it was put into its own markup is split once more,
    # but for Matrix, where a post of ours is far from the limit and Apprise splits too early.
    is_matrix = isinstance(service, NotifyMatrix)
    service.overflow_mode = OverflowMode.UPSTREAM if is_matrix else OverflowMode.SPLIT
    service.socket_connect_timeout = _CONNECTING
    service.socket_read_timeout = _READING
    return service


def _asset() -> apprise.AppriseAsset:
    """Return settings with which Apprise adds no picture, keeps no file and is led nowhere else."""
    return apprise.AppriseAsset(
        app_id="digest",
        app_desc="digest",
        app_url="",
        async_mode=False,
        http_redirects=False,
        image_url_mask="",
        image_url_logo="",
        image_path_mask="",
        storage_mode=PersistentStoreMode.MEMORY,
    )


class _Answers:
    """The last answer to requests of this process, while the block lasts.

    Apprise says whether a post went out, and keeps to itself why not.
    """

    def __enter__(self) -> _Answers:
        self.last: tuple[int, str, str] = (0, "", "")
        self._send = requests.Session.send
        requests.Session.send = lambda *request, **how: self._recorded(*request, **how)  # type: ignore[method-assign]
        return self

    def __exit__(self, *_: object) -> None:
        requests.Session.send = self._send  # type: ignore[method-assign]

    def _recorded(self, *request: Any, **how: Any) -> requests.Response:
        try:
            answer = self._send(*request, **how)
        except requests.RequestException as error:
            self.last = (0, "", _unreached(error))
            raise
        self.last = (answer.status_code, answer.text[:_READ], "")
        return answer


def _unreached(error: requests.RequestException) -> str:
    """Return why nothing was sent; empty if something may have been."""
    if isinstance(error, requests.exceptions.SSLError):
        return "its certificate is not trusted, or it speaks no TLS"
    if isinstance(error, requests.ConnectTimeout):
        return "no answer in time"
    # Only a connection that was not made is wrapped so: none is tried twice.
    is_connecting = "Max retries exceeded" in str(error)
    return "it cannot be reached" if is_connecting else ""


def serve(pipe: Connection, address: str) -> None:
    """Say whether the address can be used (empty, or the reason), then answer each post."""
    # Ctrl-C at a terminal reaches this process, too: the post that is under way is finished.
    signal.signal(signal.SIGINT, signal.SIG_IGN)
    for limit, most in ((resource.RLIMIT_AS, MEMORY), (resource.RLIMIT_CORE, 0)):
        with suppress(ValueError, OSError):  # not every system knows every limit
            resource.setrlimit(limit, (most, most))
    try:
        channel = ChatChannel(address)
    except ValueError as error:
        pipe.send(str(error))
        return
    pipe.send("")
    with suppress(EOFError):
        while True:
            pipe.send(channel.post(pipe.recv()))
