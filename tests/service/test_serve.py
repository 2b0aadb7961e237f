"""The service as a process of its own: told to end while mail is on its way, and without a log."""

from __future__ import annotations

import os
import shutil
import signal
import smtplib
import subprocess
import sys
import threading
from collections import Counter
from collections.abc import Callable
from contextlib import closing
from pathlib import Path

import pytest

from bench import _job
from bench._sink import sink
from digest.app import opened
from digest.config import load
from digest.model import DeliveryState
from digest.pipeline import runs
from digest.store import Store, outbox

from .. import processes

MAILS = 40


def states(folder: Path) -> dict[DeliveryState, int]:
    with closing(Store(f"sqlite:///{folder}/digest.db")) as store, store.begin() as tx:
        return outbox.counts(tx)


def taken(log: Path) -> Counter[str]:
    return Counter(log.read_text("utf-8").splitlines() if log.exists() else ())


def tell_the_end(service: subprocess.Popen[bytes], log: int) -> None:
    """Write an empty line when it has ended, so that no line of a mail is waited for in vain."""
    service.wait()
    os.write(log, b"\n")


def digest(folder: Path, *words: str) -> list[str]:
    """A command line of the digest in this folder."""
    program = Path(sys.executable).with_name("digest")
    return [str(program), "--config", str(folder / "config.yaml"), *words]


@pytest.mark.parametrize(
    ("words", "ended"),
    [
        (["serve", "--no-web"], (0, "")),
        (["run"], (75, "\ndigest: ended; nothing is lost, the same command goes on\n")),
    ],
)
def test_sigterm_ends_the_service_with_every_mail_that_was_under_way_settled(
    laid_out: Path, tmp_path: Path, words: list[str], ended: tuple[int, str]
) -> None:
    """Its relay takes a quarter of a second for an answer, so that the signal comes amid mails."""
    shutil.copy(laid_out, tmp_path / "digest.db")
    log = tmp_path / "taken.log"
    os.mkfifo(log)
    with os.fdopen(os.open(log, os.O_RDWR), "r+b", buffering=0) as told:
        with sink(0.25, log, is_gated=True, popen=processes.Popen) as port:
            _job.digest(tmp_path, port, log, MAILS, connections=2)
            config = tmp_path / "config.yaml"
            config.write_text(config.read_text() + 'schedule: {at: "00:00"}\n')
            env, said = {**os.environ, processes.WHOLE_END: "1"}, tmp_path / "said.txt"
            command = digest(tmp_path, *words)
            with said.open("w") as err, processes.Popen(command, env=env, stderr=err) as service:
                ending = threading.Thread(target=tell_the_end, args=(service, told.fileno()))
                ending.start()
                first = told.read(65536)  # waits for the first mail
                service.send_signal(signal.SIGTERM)
            ending.join()
            assert (service.returncode, said.read_text()) == ended
        os.set_blocking(told.fileno(), False)
        mails = (first + (told.read() or b"")).decode()
    # Whatever the relay took is known to have been taken; the rest waits as if nothing had been.
    out, found = Counter(filter(None, mails.splitlines())), states(tmp_path)
    assert set(out.values()) == {1}
    assert found.pop(DeliveryState.SENT) == len(out)
    assert set(found) <= {DeliveryState.QUEUED, DeliveryState.CLAIMED}
    assert sum(found.values()) == MAILS - len(out) > 0


@pytest.mark.parametrize(
    ("words", "seconds"), [(["serve", "--no-web"], 30), (["run"], 360), (["send"], 360)]
)
def test_an_end_says_what_it_waits_for_where_the_relay_hangs(
    laid_out: Path, tmp_path: Path, words: list[str], seconds: int
) -> None:
    """The relay answers no mail before a second client has greeted it, which comes at the end."""
    shutil.copy(laid_out, tmp_path / "digest.db")
    log = tmp_path / "taken.log"
    os.mkfifo(log)
    with os.fdopen(os.open(log, os.O_RDWR), "r+b", buffering=0) as taken:
        with sink(log=log, awaited=2, popen=processes.Popen) as port:
            _job.digest(tmp_path, port, log, MAILS, connections=1)
            config = tmp_path / "config.yaml"
            config.write_text(config.read_text() + 'schedule: {at: "00:00"}\n')
            if words == ["send"]:
                make_issues(config)
            with processes.Popen(digest(tmp_path, *words), stderr=-1, text=True) as service:
                assert taken.read(65536)  # waits for the first mail
                service.send_signal(signal.SIGTERM)
                assert service.stderr is not None
                said = service.stderr.readline().strip() or service.stderr.readline()
                with smtplib.SMTP("127.0.0.1", port, "another") as another:
                    another.ehlo()
                    service.communicate()
    assert f"the relay's answer to a mail, at most {seconds} s; killed before" in said
    assert {*states(tmp_path)} <= {
        DeliveryState.SENT,
        DeliveryState.QUEUED,
        DeliveryState.CLAIMED,
    }, "none is in doubt"


def make_issues(config: Path) -> None:
    """Make what is due, and hand over nothing."""
    found = load(config, {})
    with opened(found, schedule=found.schedule) as app:
        runs.run(app, list(app.listings.values()), hands_over=False)


def with_a_full_disk(words: list[str]) -> None:
    with Path("/dev/full").open("w") as full:
        processes.run(words, stdout=full, stderr=full)


#: What Python makes of files that were closed before it began.
CLOSED = """
import sys
sys.stdout.close(); sys.stderr.close()
sys.stdout = sys.stderr = sys.__stdout__ = sys.__stderr__ = None
from digest.cli import main
main()
"""


def with_closed_files(words: list[str]) -> None:
    processes.run([sys.executable, "-c", CLOSED, *words[1:]])


@pytest.mark.parametrize("run", [with_a_full_disk, with_closed_files])
def test_who_cannot_write_its_log_sends_all_the_same(
    laid_out: Path, tmp_path: Path, run: Callable[[list[str]], None]
) -> None:
    shutil.copy(laid_out, tmp_path / "digest.db")
    log = tmp_path / "taken.log"
    with sink(0, log, is_gated=True, popen=processes.Popen) as port:
        _job.digest(tmp_path, port, log, 3)
        config = tmp_path / "config.yaml"
        # A second listing that cannot be read, so that there is something to say.
        broken = "listings: {gone: {kind: feed, path: gone.xml}, "
        config.write_text(config.read_text().replace("listings: {", broken))
        run(digest(tmp_path, "run"))
    assert taken(log).total() == 3
    assert states(tmp_path) == {DeliveryState.SENT: 3}


def test_what_python_says_at_the_end_of_a_process_is_seen() -> None:
    words = [sys.executable, "-c", "kept = open('/dev/null')"]
    ends = [{}, {processes.WHOLE_END: "1"}]
    said = [processes.run(words, stderr=-1, env={**os.environ, **end}).stderr for end in ends]
    assert [b"unclosed file" in each for each in said] == [False, True]
