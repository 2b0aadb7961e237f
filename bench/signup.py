"""Sign-ups as a stranger might send them: ``python -m bench signup [QUESTIONS [BOMBS]]``.

First, whether answers tell new, pending, active and suppressed addresses apart: 2,000 questions to
a real server in another process, in mixed order.  Each answer's bytes are compared, and how well
its time alone would tell the kinds apart: 0.5 is not at all, 1 is always (the area under the ROC
curve).  The same again without the rest that every sign-up takes shows what that rest hides.

Then 10,000 sign-ups of one victim, each from a client of its own, within a day.
"""

from __future__ import annotations

import http.client
import multiprocessing
import random
import re
import tempfile
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import Any
from urllib.parse import urlencode

from digest.store.subscribers import Consent
from digest.subscribers import interests, requests
from digest.web import subscribe
from tests.sites import PROXIES, laid_out

KINDS = ("new", "pending", "active", "suppressed")
#: Questions that are on their way at the same time.
AT_ONCE = 4
VICTIM = "victim@example.org"


def address(kind: str, number: int) -> str:
    """Whom a question is about: of the new ones each is asked about once."""
    return f"{kind}{number if kind == 'new' else number % 50}@example.org"


def serve(channel: Any, rest: float) -> None:
    """Lay out a site with fifty subscribers of each kind, say where it is, serve; count notices."""
    from digest.web.server import listen

    subscribe.EACH_TAKES, subscribe.MAX_CONFIRMATIONS_AN_HOUR = rest, 10**9
    with tempfile.TemporaryDirectory() as folder, laid_out(Path(folder)) as site:
        for number in range(50):
            for kind in KINDS[1:]:
                _make(site.app, kind, address(kind, number))
        running = listen(site.app, host="127.0.0.1", port=0, proxies=PROXIES)
        channel.send(running.socket.getsockname()[1])
        import threading

        threading.Thread(target=running.run, daemon=True).start()
        channel.recv()
        with site.app.store.begin() as tx:
            query = "SELECT count(*) FROM deliveries WHERE recipient = ?"
            channel.send(tx.exec_driver_sql(query, (VICTIM,)).scalar_one())


def _make(app: Any, kind: str, who: str) -> None:
    from digest.store import signups, subscribers

    act = Consent(now=app.now())
    requests.sign_up(app, who, act, profile=interests.read("sparse training", None).text)
    if kind == "pending":
        return
    with app.store.begin() as tx:
        found = subscribers.find(tx, who)
        assert found is not None
        signups.confirm(tx, signups.sign_ups_of(tx, found)[0].id, act, app.day)
        if kind == "suppressed":
            subscribers.stop(tx, found.id, "complained", act)


def ask(port: int, who: str, client: int) -> tuple[float, bytes]:
    """Seconds until the whole answer was there, and its bytes without what is random in each."""
    line = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    kind = {
        "Content-Type": "application/x-www-form-urlencoded",
        "X-Forwarded-For": f"10.{client >> 16 & 255}.{client >> 8 & 255}.{client & 255}",
    }
    form = urlencode({"address": who, "interests": "sparse training", "timezone": "UTC"})
    line.connect()
    began = time.perf_counter()
    line.request("POST", "/subscribe", form, kind)
    with line.getresponse() as answer:
        body = answer.read()
        took = time.perf_counter() - began
        assert answer.status == 200, answer.status
        head = str(sorted(pair for pair in answer.getheaders() if pair[0].lower() != "date"))
    line.close()
    return took, re.sub(rb"nonce[-=]\"?[\w-]+", b"", head.encode() + body)


def area(those: Sequence[float], others: Sequence[float]) -> float:
    """How often one of those takes longer than one of the others, ties by half; 0.5 tells nothing.

    Turned round where it is below: a guesser would do that, too.
    """
    ranked = sorted([(time, 1) for time in those] + [(time, 0) for time in others])
    ranks = sum(rank for rank, (_, is_one) in enumerate(ranked, 1) if is_one)
    above = ranks - len(those) * (len(those) + 1) / 2
    share = above / (len(those) * len(others))
    return max(share, 1 - share)


def told(port: int, questions: int) -> tuple[dict[str, list[float]], int]:
    """The times by kind, and how many different answers there were."""
    asked = [(kind, number) for number in range(questions // len(KINDS)) for kind in KINDS]
    random.Random(1).shuffle(asked)
    times: dict[str, list[float]] = {kind: [] for kind in KINDS}
    with ThreadPoolExecutor(AT_ONCE) as pool:
        answers = pool.map(
            lambda each: ask(port, address(*each[1]), each[0]), enumerate(asked, 1 << 20)
        )
        bodies = set()
        for (kind, _), (took, body) in zip(asked, answers, strict=True):
            times[kind].append(took)
            bodies.add(body)
    return times, len(bodies)


def started(rest: float) -> tuple[Any, Any, int]:
    """A server in a process of its own, the line to it, and its port."""
    spawn = multiprocessing.get_context("spawn")
    ours, theirs = spawn.Pipe()
    server = spawn.Process(target=serve, args=(theirs, rest), daemon=True)
    server.start()
    theirs.close()  # a server that dies at once is then noticed
    return server, ours, ours.recv()


def guess(rest: float, questions: int) -> float:
    """Print what times tell; gives the worst area."""
    server, _, port = started(rest)
    times, bodies = told(port, questions)
    server.kill()
    areas = {
        kind: area(times[kind], [t for other in KINDS if other != kind for t in times[other]])
        for kind in KINDS
    }
    shown = ", ".join(f"{kind} {value:.3f}" for kind, value in areas.items())
    print(f"{questions:,} sign-ups, a rest to {rest} s: {bodies} answer; area {shown}", flush=True)
    return max(areas.values())


def bomb(number: int) -> int:
    """Sign one victim up so often; gives the notices that it was owed."""
    server, line, port = started(0.0)
    began = time.monotonic()
    with ThreadPoolExecutor(AT_ONCE) as pool:
        for _ in pool.map(lambda n: ask(port, VICTIM, n), range(number)):
            pass
    line.send("count")
    notices = int(line.recv())
    server.kill()
    took = time.monotonic() - began
    print(f"{number:,} sign-ups of one victim in {took:.0f} s: {notices} notice")
    return notices


def main(options: Sequence[str]) -> int:
    """Ask, guess, bomb."""
    questions, bombs = [*map(int, options), *(2_000, 10_000)[len(options) :]]
    guess(0.0, questions)
    worst = guess(subscribe.EACH_TAKES, questions)
    notices = bomb(bombs)
    return 0 if worst < 0.55 and notices == 1 else 1
