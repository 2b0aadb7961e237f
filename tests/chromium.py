"""A headless Chromium that is told over a pipe what to show, and answers with PNG.

Speaks the few words of the DevTools protocol (https://chromedevtools.github.io/devtools-protocol/)
that pictures need.  The network is off: a page that asks for anything is found out.
"""

from __future__ import annotations

import base64
import fcntl
import json
import os
import select
import shutil
import signal
import tempfile
from contextlib import suppress
from pathlib import Path
from types import TracebackType
from typing import Any

from .waits import HUNG

#: What spares a processor: no drawing by software that stands in for a graphics card, and none of
#: the pages behind the address bar, which take a second to make ready and are never seen.
SPARING = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-software-rasterizer",
    "--disable-features=WebUIOmniboxPopup,WebUIOmniboxAimPopup",
)
_FLAGS = (
    *SPARING,
    "--headless",
    "--no-first-run",
    "--no-startup-window",
    "--disable-background-networking",
    "--disable-component-extensions-with-background-pages",
    "--disable-component-update",
    "--disable-default-apps",
    "--disable-extensions",
    "--disable-sync",
    "--hide-scrollbars",
    "--remote-debugging-pipe",
)
#: Chromium draws nothing taller than this.
_TALLEST = 16_000


def program() -> str | None:
    """Where Chromium is, if it is anywhere."""
    names = ("chromium", "chromium-browser", "google-chrome")
    return next(filter(None, map(shutil.which, names)), None)


class Chromium:
    """One browser with a profile of its own, and one page in it; close it by ``with``."""

    def __init__(self, path: str) -> None:
        self._folder = tempfile.TemporaryDirectory(ignore_cleanup_errors=True)
        ours_in, theirs_out = os.pipe()
        theirs_in, ours_out = os.pipe()
        self._pid = _spawned(path, self._folder.name, theirs_in, theirs_out)
        os.close(theirs_in)
        os.close(theirs_out)
        self._in, self._out = ours_in, ours_out
        self._unread = b""
        self._count = 0
        self._session: str | None = None
        #: addresses that the pages asked for
        self.requests: list[str] = []
        self._open_page()

    def __enter__(self) -> Chromium:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        fault: BaseException | None,
        at: TracebackType | None,
    ) -> None:
        with suppress(OSError, RuntimeError):
            self.call("Browser.close")
            # A browser that closes hangs up; one that does not is stopped below.
            while True:
                self._next()
        with suppress(ProcessLookupError):
            os.kill(self._pid, signal.SIGKILL)
        os.waitpid(self._pid, 0)
        os.close(self._in)
        os.close(self._out)
        self._folder.cleanup()

    def show(self, html: str, *, width: int, scheme: str = "light", height: int = 900) -> None:
        """Loads a page into a window of that width, in the ``light`` or ``dark`` scheme."""
        self.look(width=width, scheme=scheme, height=height)
        page = Path(self._folder.name) / "page.html"
        page.write_text(html, encoding="utf-8")
        self.call("Page.navigate", url=page.as_uri())
        while self._next().get("method") != "Page.loadEventFired":
            pass

    def look(self, *, width: int, scheme: str = "light", height: int = 900) -> None:
        """Gives the window that width and scheme; a page that is shown is laid out anew."""
        media = [{"name": "prefers-color-scheme", "value": scheme}]
        self.call("Emulation.setEmulatedMedia", features=media)
        size = {"width": width, "height": height, "deviceScaleFactor": 1, "mobile": width < 500}
        self.call("Emulation.setDeviceMetricsOverride", **size)

    def value(self, expression: str) -> Any:
        """What a line of JavaScript in the page comes to."""
        told = self.call("Runtime.evaluate", expression=expression, returnByValue=True)
        return told["result"].get("value")

    def height(self) -> int:
        """How tall the page is, in pixels."""
        return int(self.call("Page.getLayoutMetrics")["cssContentSize"]["height"])

    def picture(self, *, width: int, top: int = 0, height: int | None = None) -> bytes:
        """The page as PNG, the whole of it or a strip."""
        tall = min(height or self.height(), _TALLEST)
        clip = {"x": 0, "y": top, "width": width, "height": tall, "scale": 1}
        shot = self.call("Page.captureScreenshot", clip=clip, captureBeyondViewport=True)
        return base64.b64decode(shot["data"])

    def call(self, method: str, **parameters: Any) -> dict[str, Any]:
        """One command and its answer; RuntimeError where the browser refuses."""
        self._count += 1
        order = {"id": self._count, "method": method, "params": parameters}
        if self._session:
            order["sessionId"] = self._session
        os.write(self._out, json.dumps(order).encode() + b"\0")
        while (answer := self._next()).get("id") != self._count:
            pass
        if "error" in answer:
            raise RuntimeError(f"{method}: {answer['error']['message']}")
        result: dict[str, Any] = answer["result"]
        return result

    def _open_page(self) -> None:
        target = self.call("Target.createTarget", url="about:blank")["targetId"]
        attached = self.call("Target.attachToTarget", targetId=target, flatten=True)
        self._session = attached["sessionId"]
        self.call("Page.enable")
        self.call("Network.enable")
        self.call(
            "Network.emulateNetworkConditions",
            offline=True,
            latency=0,
            downloadThroughput=0,
            uploadThroughput=0,
        )

    def _next(self) -> dict[str, Any]:
        while b"\0" not in self._unread:
            ready, _, _ = select.select([self._in], [], [], HUNG)
            data = os.read(self._in, 1 << 20) if ready else b""
            if not data:
                raise RuntimeError("chromium does not answer")
            self._unread += data
        line, _, self._unread = self._unread.partition(b"\0")
        told: dict[str, Any] = json.loads(line)
        if told.get("method") == "Network.requestWillBeSent":
            self.requests.append(told["params"]["request"]["url"])
        return told


def _spawned(path: str, folder: str, commands: int, answers: int) -> int:
    """The process id of a browser that reads commands at 3 and writes answers at 4."""
    # Away from 3 and 4 first, or the one might overwrite the other.
    high = [fcntl.fcntl(fd, fcntl.F_DUPFD_CLOEXEC, 20) for fd in (commands, answers)]
    void = os.open(os.devnull, os.O_RDWR)
    moves = [(void, 0), (void, 1), (void, 2), (high[0], 3), (high[1], 4)]
    try:
        return os.posix_spawn(
            path,
            [path, *_FLAGS, f"--user-data-dir={folder}"],
            os.environ,
            file_actions=[(os.POSIX_SPAWN_DUP2, old, new) for old, new in moves],
        )
    finally:
        for fd in (void, *high):
            os.close(fd)
