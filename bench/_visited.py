"""Serve a site with a month of real papers and the issues of many, in this tree or an earlier one.

Run by its path in the tree that is measured, where some modules have other names; tells the port on
a line, and on the next one the addresses of issues that the mails name.
"""

from __future__ import annotations

import email
import json
import re
import sys
import tempfile
from itertools import islice
from pathlib import Path
from types import SimpleNamespace
from typing import Any

# An earlier tree reads bounces by it, which no page does: it need not be installed.
sys.modules.setdefault("flufl.bounce", SimpleNamespace(all_failures=None))  # type: ignore[arg-type]

from bench._corpus import papers  # noqa: E402
from tests.sites import laid_out  # noqa: E402

try:
    from digest.pipeline.runs import run
    from digest.web.server import listen
except ImportError:  # as earlier trees have them
    from digest.web.run import listen  # type: ignore[no-redef]

    from digest.pipeline import run  # type: ignore[no-redef,attr-defined]

#: Papers of each day: few at first, so that none is a flood.
DAYS = (50,) * 6 + (150,) * 28
#: What is read: each subscriber's profile has two of these.
WORDS = (
    *("agent*", "attention", "audio", "autonomous", "bayesian", "benchmark*", "causal", "cluster*"),
    *("compress*", "dialogue", "diffusion", "federated", "graph*", "image*", "kernel*", "latent"),
    *("medical", "memory", "molecul*", "multimodal", "optimiz*", "policy", "privacy", "prompt*"),
    *("quantum", "reasoning", "retrieval", "robot*", "segment*", "speech", "transfer", "video"),
)
SUBSCRIBERS = 32
_PAGE = re.compile(r"http://127\.0\.0\.1:8000(/(?:i|issue)/[\w.-]+)(?![\w./-])")


def profile(place: int) -> str:
    """Return the profile of one subscriber."""
    words = WORDS[place % len(WORDS)], WORDS[(7 * place + 3) % len(WORDS)]
    lines = [f"profile: reader-{place}", f"title: Reader {place}", f"to: r{place}@example.org"]
    return "\n".join([*lines, "any:", *(f"  - {word}" for word in words), ""])


def live(site: Any) -> None:
    """Let a month go by in which each subscriber gets an issue a day."""
    for place in range(SUBSCRIBERS):
        site.profile(f"reader-{place}").write_text(profile(place))
    app, several = site.app, iter(papers(sum(DAYS)))
    (app.live_profiles if hasattr(app, "live_profiles") else app.library).read()
    for number in DAYS:
        site.clock.forward(days=1)
        app.source.lay_out("daily", app.day, *islice(several, number))
        run(app, list(app.listings.values()))


def issues(app: Any) -> list[str]:
    """Return the path of each issue that was mailed."""
    box = app.sender if hasattr(app, "sender") else app.send
    found = [_PAGE.search(_text(mail.data)) for mail in box.mails]
    return [each[1] for each in found if each]


def _text(data: bytes) -> str:
    part = email.message_from_bytes(data).get_payload(0)
    return part.get_payload(decode=True).decode()  # type: ignore[union-attr]


def main() -> None:
    """Lay out the site, and serve it."""
    with tempfile.TemporaryDirectory() as folder, laid_out(Path(folder)) as site:
        live(site)
        running = listen(site.app, host="127.0.0.1", port=0)
        print(running.socket.getsockname()[1], json.dumps(issues(site.app)), sep="\n", flush=True)
        running.run()


if __name__ == "__main__":
    main()
