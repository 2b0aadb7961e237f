"""A job of 500 items and 500 mails, for digest and for rss2email, from feed to sink.

rss2email mails each item to one subscriber; digest mails each item to the one subscriber who asked
for it.
"""

from __future__ import annotations

import os
import signal
import subprocess
import sys
import time
import venv
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from email.utils import format_datetime
from pathlib import Path

ITEMS = 500

_ITEM = """<item><title>Item {n:04d} on topic{n:04d}</title><guid>https://example.org/{n}</guid>
<link>https://example.org/{n}</link><pubDate>{day}</pubDate>
<description>{text}</description></item>
"""
_FEED = """<?xml version="1.0" encoding="utf-8"?>
<rss version="2.0"><channel><title>Papers</title><link>https://example.org/</link>
<description>Invented</description>
{items}</channel></rss>
"""
_PROFILE = "title: Mine\nto: reader{n:04d}@example.org\nany: [topic{n:04d}]\n"
_CONFIG = """
profiles: profiles/
listings: {{feed: {{kind: feed, path: feed.xml}}}}
mail:
  from: "Papers <digest@example.org>"
  sender: smtp
  smtp: {{host: 127.0.0.1, port: {port}, tls: none, connections: {connections}}}
"""


@dataclass(frozen=True)
class Job:
    """One program, ready to run, and where the sink writes down what it took."""

    command: Sequence[str]
    folder: Path
    log: Path

    def run(self) -> float:
        """Run it to its end; gives the seconds."""
        began = time.perf_counter()
        subprocess.run(
            self.command, cwd=self.folder, env=_quiet(self.folder), capture_output=True, check=True
        )
        return time.perf_counter() - began

    def run_killed(self, after: int) -> None:
        """Run it until the sink has taken so many more mails, and kill it."""
        goal = self.taken().total() + after
        with subprocess.Popen(
            self.command,
            cwd=self.folder,
            env=_quiet(self.folder),
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        ) as process:
            while process.poll() is None and self.taken().total() < goal:
                time.sleep(0.005)
            process.send_signal(signal.SIGKILL)

    def taken(self) -> Counter[str]:
        """Which mails went out, by subscriber and subject, and how often."""
        return Counter(self.log.read_text("utf-8").splitlines() if self.log.exists() else ())


def write_feed(folder: Path, items: int) -> None:
    """Lay out a feed of so many items of today."""
    text = "We study a topic of our own. " * 20
    day = format_datetime(datetime.now(UTC))
    entries = "".join(_ITEM.format(n=n, text=text, day=day) for n in range(items))
    (folder / "feed.xml").write_text(_FEED.format(items=entries), "utf-8")


def digest(folder: Path, port: int, log: Path, items: int = ITEMS, connections: int = 4) -> Job:
    """Make a digest with a subscriber for each item."""
    write_feed(folder, items)
    (folder / "profiles").mkdir()
    for n in range(items):
        (folder / "profiles" / f"r{n:04d}.yaml").write_text(_PROFILE.format(n=n))
    config = _CONFIG.format(port=port, connections=connections)
    (folder / "config.yaml").write_text(config)
    command = [str(Path(sys.executable).with_name("digest")), "--config", "config.yaml", "run"]
    return Job(command, folder, log)


def rss2email(program: Path, folder: Path, port: int, log: Path, items: int = ITEMS) -> Job:
    """Make rss2email with one feed."""
    write_feed(folder, items)
    r2e = [str(program), "-c", "r2e.cfg", "-d", "r2e.json"]
    for words in (["new", "reader@example.org"], ["add", "papers", f"file://{folder}/feed.xml"]):
        subprocess.run([*r2e, *words], cwd=folder, env=_quiet(folder), check=True)
    path = folder / "r2e.cfg"
    wanted = {"email-protocol": "smtp", "smtp-server": f"127.0.0.1:{port}"}
    lines = path.read_text().splitlines()
    kept = [line for line in lines if line.partition(" = ")[0] not in wanted]
    place = kept.index("[DEFAULT]") + 1
    kept[place:place] = [f"{name} = {value}" for name, value in wanted.items()]
    path.write_text("\n".join(kept) + "\n")
    return Job([*r2e, "run"], folder, log)


def installed_rss2email(folder: Path) -> Path | None:
    """Install it where it harms nothing; None where it cannot be had."""
    venv.create(folder, with_pip=True)
    python = folder / "bin" / "python"
    command = [str(python), "-m", "pip", "install", "--quiet", "rss2email==3.14"]
    done = subprocess.run(command, capture_output=True, check=False)
    return folder / "bin" / "r2e" if done.returncode == 0 else None


def _quiet(folder: Path) -> dict[str, str]:
    """No settings of the person who measures."""
    return {"PATH": os.environ["PATH"], "HOME": str(folder), "PYTHONPATH": str(Path.cwd())}
