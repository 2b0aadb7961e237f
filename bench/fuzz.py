"""A million odd messages for the inbox's reader: none may raise, none may take a second of CPU.

With atheris (``pip install atheris``) the mutations are guided by what they reach; without it they
are this file's own, on the same seeds: the mails of the tests and of ``bench hostile``.
"""

from __future__ import annotations

import argparse
import random
import sys
import tempfile
import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from pathlib import Path

#: Bytes of one message; longer ones are bench hostile's.
LONGEST = 2_048


@dataclass
class Account:
    """What came of the messages so far."""

    most: int
    runs: int = 0
    asides: int = 0
    slowest: float = 0.0
    started: float = field(default_factory=time.monotonic)

    def told(self, engine: str) -> str:
        """The figures, in a line."""
        took = time.monotonic() - self.started
        return (
            f"{engine}: {self.runs:,} executions in {took:,.0f} s, 0 uncaught, {self.asides:,} set "
            f"aside, the slowest {self.slowest * 1000:.0f} ms of CPU"
        )


def main(options: Sequence[str]) -> int:
    """Exit 1 where a message takes a second; what is raised ends the run with its traceback."""
    parser = argparse.ArgumentParser(prog="python -m bench fuzz", description=__doc__)
    parser.add_argument("--runs", type=int, default=1_000_000)
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--plain", action="store_true", help="without atheris, even if it is there")
    chosen = parser.parse_args(options)
    account = Account(chosen.runs)
    if not chosen.plain:
        try:
            import atheris
        except ImportError:
            print("atheris is not installed: mutating without a guide")
        else:
            _guided(atheris, account, chosen.seed)
    return _plain(account, chosen.seed)


def _reader() -> Callable[[bytes], bool]:
    from .hostile import understood

    return understood


def _run(account: Account, subscriber: Callable[[bytes], bool], data: bytes) -> None:
    started = time.thread_time()
    is_read = subscriber(data)
    took = time.thread_time() - started
    account.runs += 1
    account.asides += not is_read
    if took > account.slowest:
        account.slowest = took
        if took >= 1:
            file = Path(tempfile.gettempdir()) / "slow.eml"
            file.write_bytes(data)
            print(f"a message took {took:.2f} s; it is in {file}")
            sys.exit(1)


def _plain(account: Account, seed: int) -> int:
    chance, seeds, subscriber = random.Random(seed), _seeds(), _reader()
    while account.runs < account.most:
        _run(account, subscriber, _mutated(chance, seeds))
        if account.runs % 100_000 == 0 and account.runs < account.most:
            print(account.told("so far"), flush=True)
    print(account.told("own mutations"))
    return 0


def _mutated(chance: random.Random, seeds: Sequence[bytes]) -> bytes:
    """One seed with a few pieces changed, cut, repeated, or taken from another."""
    data = bytearray(chance.choice(seeds))
    for _ in range(chance.randint(1, 6)):
        start = chance.randrange(len(data) + 1)
        end = min(len(data), start + chance.choice((1, 4, 40, 400)))
        what = chance.randrange(6)
        if what == 0:
            data[start:end] = chance.randbytes(end - start)
        elif what == 1:
            del data[start:end]
        elif what == 2:
            data[start:start] = data[start:end] * chance.randint(1, 60)
        elif what == 3:
            other = chance.choice(seeds)
            place = chance.randrange(len(other) + 1)
            data[start:end] = other[place : place + chance.choice((4, 40, 400))]
        elif what == 4:
            data[start:start] = chance.choice(_PIECES)
        else:
            data[start:end] = bytes(data[start:end]).swapcase()
    return bytes(data[:LONGEST])


_PIECES = (
    b"\n", b"\r\n", b"\n\n", b"\0", b"--b\n", b"--b--\n", b"=?utf-8?b?4oCu?=", b"=?utf-7?q?+2AA-?=",
    b"Content-Type: multipart/mixed; boundary=b\n", b"Content-Type: message/rfc822\n\n",
    b"Content-Type: message/delivery-status\n\n", b"Status: 4.2.2\n", b"Action: delayed\n",
    b"Content-Transfer-Encoding: base64\n", b"Content-Transfer-Encoding: quoted-printable\n",
    b"charset=utf-16", b"charset=iso-2022-jp", b"&#x110000;", b"<!--", b"<blockquote>", b"\xff\xfe",
    b"; format=flowed; delsp=yes", b"confirm ", b"unsubscribe", b"pause 2026-01-01..", b'"', b"\\",
    b"Content-Type: application/pkcs7-mime\n", b"\x30\x80", b"-----BEGIN PGP SIGNED MESSAGE-----\n",
)  # fmt: skip


def _seeds() -> list[bytes]:
    from tests.subscribers.inbox.test_commands import HISTORY, OTHERS, UNSUBSCRIBE
    from tests.subscribers.inbox.test_receive import COMPLAINT, report

    from ._mails import mails

    ours = [*UNSUBSCRIBE.values(), *HISTORY.values(), *(data for data, _ in OTHERS.values())]
    reports = [report(f"<{'0' * 32}@example.org>"), COMPLAINT.format(id="<x@y>").encode()]
    return [*ours, *reports, *(data[:1024] for _, data in mails())]


def _guided(atheris: object, account: Account, seed: int) -> None:
    """Let atheris mutate; ends the process."""
    with atheris.instrument_imports(include=["digest.subscribers.inbox"]):  # type: ignore[attr-defined]
        subscriber = _reader()

    def one(data: bytes) -> None:
        _run(account, subscriber, data)
        if account.runs == account.most:
            print(account.told("atheris"), flush=True)

    with tempfile.TemporaryDirectory() as folder:
        for number, data in enumerate(_seeds()):
            (Path(folder) / f"{number}.eml").write_bytes(data)
        limits = [f"-atheris_runs={account.most}", f"-max_len={LONGEST}", f"-seed={seed}"]
        atheris.Setup([sys.argv[0], *limits, "-verbosity=0", folder], one)  # type: ignore[attr-defined]
        atheris.Fuzz()  # type: ignore[attr-defined]


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
