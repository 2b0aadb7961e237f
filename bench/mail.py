"""``python -m bench mail``: what a mail costs, ours beside the ways that come to mind first.

All ways in one run, one after the other in each round, medians of the rounds; every figure is
printed with its ratio, and with that of the first round.  First the subscribers have profiles of
their own and every mail is another: five rounds of 200 are a morning of 1,000, and in the first
of them every paper is met for the first time.  Then they share a profile, as in a group.
"""

from __future__ import annotations

import argparse
import gc
import logging
import pickle
import re
import resource
import smtplib
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass, replace
from email.message import EmailMessage
from email.policy import SMTP
from itertools import count, cycle, islice
from pathlib import Path
from statistics import median

from digest.deliver import SmtpSettings
from digest.deliver.smtp import Smtp
from digest.model import Issue, Message, Recipient
from digest.render import MailRenderer, text_part
from digest.render.issue_views import foot_view
from digest.render.mail_template import Inlined, environment, loader
from digest.resources import templates_folder
from tests import golden_issues
from tests.whole_mail import whole_view

from . import _distinct
from ._sink import sink

Way = Callable[[Recipient], object]

#: Subscribers that each have a profile of their own.
_MORNING = 1000


@dataclass(frozen=True, slots=True)
class Contest:
    """Ours, then the others, each with the ratio that is asked of ours."""

    title: str
    ways: dict[str, tuple[Way, int, float]]


def main(argv: list[str]) -> int:
    """Measures, prints, and gives 1 where a ratio falls short."""
    options = _options(argv)
    if options.memory:
        print(_peak(options.memory))
        return 0
    renderer = MailRenderer([templates_folder()])
    is_good = True
    with sink() as port, tempfile.TemporaryDirectory() as folder:
        for contest in _contests(renderer, port, Path(folder)):
            is_good &= _held(contest, options.rounds)
    return 0 if is_good & _flat(options.readers) else 1


def _options(argv: list[str]) -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m bench mail", description=__doc__)
    parser.add_argument("--rounds", type=int, default=5)
    parser.add_argument("--readers", type=int, default=100_000, help="for the peak memory")
    parser.add_argument("--memory", type=int, help=argparse.SUPPRESS)
    return parser.parse_args(argv)


def _contests(renderer: MailRenderer, port: int, folder: Path) -> Iterator[Contest]:
    issues = list(islice(_distinct.issues(_distinct.papers()), _MORNING))
    gc.collect()
    gc.freeze()  # so many issues at once are the bench's alone
    yield Contest(
        "render and encode, every subscriber with a profile of their own",
        {
            "ours": (_ours(renderer, cycle(issues)), _MORNING // 5, 0),
            "whole template, EmailMessage": (Whole(cycle(issues)), 40, 8),
        },
    )
    whole = Whole()
    ours = _ours(renderer)
    yield Contest(
        "render and encode, all with one profile",
        {
            "ours": (ours, 1000, 0),
            "ours, each issue read from the store": (_ours(renderer, _stored()), 300, 0),
            "whole template, EmailMessage": (whole, 20, 40),
        },
    )
    one = _connected(port)
    yield Contest(
        "into a loopback sink",
        {
            "ours": (_sent(port, ours), 500, 0),
            "yagmail.send": (_yagmail(port, whole), 5, 15),
            "whole template, EmailMessage, one connection": (
                lambda subscriber: _relayed(one, subscriber, _unsigned, whole(subscriber)),
                20,
                7,
            ),
        },
    )
    mine, theirs = _signers(folder)
    yield Contest(
        "the same, signed with RSA 2048",
        {
            "ours": (_sent(port, lambda subscriber: _signed(mine, ours(subscriber))), 200, 0),
            "ours, signed by dkimpy": (
                _sent(port, lambda subscriber: _signed(theirs, ours(subscriber))),
                20,
                0,
            ),
            "whole template, EmailMessage, dkimpy": (
                lambda subscriber: _relayed(one, subscriber, theirs, whole(subscriber)),
                20,
                8,
            ),
        },
    )


def _held(contest: Contest, rounds: int) -> bool:
    """Whether ours is as much faster as is asked; prints each way's figure."""
    taken: dict[str, list[float]] = {name: [] for name in contest.ways}
    for _ in range(rounds):
        for name, (way, number, _asked) in contest.ways.items():
            taken[name].append(_seconds(way, number))
    ours = next(iter(taken.values()))
    print(f"\n{contest.title}")
    is_good = True
    for name, (_, _, asked) in contest.ways.items():
        cost, at_first = median(taken[name]), taken[name][0]
        ratio, verdict = cost / median(ours), f", asked {asked:g}" if asked else ""
        print(
            f"  {name:48} {cost * 1e6:10,.0f} µs {1 / cost:9,.0f}/s  × {ratio:.1f}{verdict}"
            f" (first round: {at_first * 1e6:,.0f} µs, × {at_first / ours[0]:.1f})"
        )
        is_good &= ratio >= asked
    return is_good


def _seconds(way: Way, number: int) -> float:
    """What one mail takes, after one that does not count."""
    subscribers = list(islice(_subscribers(), number + 1))
    way(subscribers[0])
    gc.collect()
    start = time.perf_counter()
    for subscriber in subscribers[1:]:
        way(subscriber)
    return (time.perf_counter() - start) / number


_NUMBERS = count(1)


def _subscribers() -> Iterator[Recipient]:
    """Subscribers, no two of them alike in the whole run."""
    for number in _NUMBERS:
        yield Recipient(id=number, address=f"reader{number}@example.org")


def _fresh(issue: Issue) -> Issue:
    """The issue of one subscriber: entries of its own, matches that all share."""
    sections = (
        replace(
            section,
            entries=tuple(replace(entry) for entry in section.entries),
            more=tuple(replace(entry) for entry in section.more),
        )
        for section in issue.sections
    )
    return replace(issue, sections=tuple(sections))


def _composed() -> Iterator[Issue]:
    issue = golden_issues.busy_day()
    return cycle([_fresh(issue) for _ in range(100)])


def _stored() -> Iterator[Issue]:
    """Issues with nothing in common but what they say; too many for any to be known again."""
    issue = golden_issues.busy_day()
    return cycle([pickle.loads(pickle.dumps(issue)) for _ in range(500)])


def microseconds() -> float:
    """Give what ours takes for a mail of two dozen papers."""
    return _seconds(_ours(MailRenderer([templates_folder()])), 1000) * 1e6


def _ours(
    renderer: MailRenderer, given: Iterator[Issue] | None = None
) -> Callable[[Recipient], Message]:
    given = given or _composed()
    return lambda subscriber: renderer.mail(next(given), subscriber, golden_issues.WITH_PAGES)


class Whole:
    """A mail as one would first make it: both templates from end to end, then ``EmailMessage``.

    What the templates are given is made beforehand, but for what is the subscriber's own: all of
    it where ``given`` has an issue for each.
    """

    def __init__(self, given: Iterator[Issue] | None = None) -> None:
        self._given = given
        source = loader([templates_folder()])
        self._texts = environment(source, is_html=False)
        self._texts.filters.update(text_part.FILTERS)
        self.css = source.get_source(self._texts, "mail/inline.css")[0]
        self._pages = environment(Inlined(source, self.css), is_html=True)
        self._bare = environment(source, is_html=True)
        self._issue = golden_issues.busy_day()
        self._shared = whole_view(self._issue)

    def __call__(self, subscriber: Recipient) -> bytes:
        """The message."""
        if self._given:
            self._issue = next(self._given)
            self._shared = whole_view(self._issue)
        told = self._view(subscriber)
        message = EmailMessage(policy=SMTP)
        message["From"] = golden_issues.WITH_PAGES.sender
        message["To"] = subscriber.address
        message["Subject"] = "Papers, Wed 12 Mar: 24 for you"
        message["Message-ID"] = f"<{subscriber.id}@example.org>"
        text = self._texts.get_template("mail/digest.txt").render(told)
        html = self._pages.get_template("mail/digest.html").render(told)
        message.set_content(text, cte="quoted-printable")
        message.add_alternative(html, subtype="html", cte="quoted-printable")
        return message.as_bytes()

    def bare(self, subscriber: Recipient) -> str:
        """The HTML with its CSS in the head and on one line, as yagmail's own inlining needs it."""
        html = self._bare.get_template("mail/digest.html").render(self._view(subscriber))
        return html.replace("<style>", f"<style>{self.css}", 1).replace("\n", " ")

    def _view(self, subscriber: Recipient) -> dict[str, object]:
        links = golden_issues.WITH_PAGES.pages(self._issue, subscriber)
        own = (subscriber.address, links.manage, links.pause, links.unsubscribe)
        titles = [section.title for section in self._issue.sections]
        return self._shared | {
            "reader": foot_view(titles, own, golden_issues.WITH_PAGES.mail_to_stop)
        }


def _sent(port: int, made: Callable[[Recipient], Message]) -> Way:
    sender = Smtp(SmtpSettings(host="127.0.0.1", port=port, tls="none"))
    return lambda subscriber: sender(made(subscriber), before_dot=lambda: None)


def _connected(port: int) -> smtplib.SMTP:
    return smtplib.SMTP("127.0.0.1", port)


def _yagmail(port: int, whole: Whole) -> Way:
    import cssutils
    import yagmail

    # The inliner that yagmail brings complains of every property that is younger than it is.
    cssutils.log.setLevel(logging.CRITICAL)
    client = yagmail.SMTP(
        "digest@example.org",
        host="127.0.0.1",
        port=port,
        smtp_starttls=False,
        smtp_ssl=False,
        smtp_skip_login=True,
    )

    def send(subscriber: Recipient) -> None:
        taken = client.send(subscriber.address, "Papers", whole.bare(subscriber))
        assert taken is not False

    return send


def _signers(folder: Path) -> tuple[Callable[[bytes], bytes], Callable[[bytes], bytes]]:
    """Ours and dkimpy's, with the same key."""
    import dkim
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import rsa

    from digest.deliver.dkim import signing

    key = rsa.generate_private_key(public_exponent=65537, key_size=2048)
    pem = key.private_bytes(
        serialization.Encoding.PEM,
        serialization.PrivateFormat.TraditionalOpenSSL,
        serialization.NoEncryption(),
    )
    path = folder / "dkim.pem"
    path.write_bytes(pem)
    path.chmod(0o600)
    ours = signing(None, domain="example.org", selector="s", key=path)  # type: ignore[arg-type]
    return ours.sign, lambda data: bytes(dkim.sign(data, b"s", b"example.org", pem))


def _relayed(
    one: smtplib.SMTP, subscriber: Recipient, sign: Callable[[bytes], bytes], data: bytes
) -> None:
    one.sendmail("digest@example.org", [subscriber.address], sign(data) + data)


def _unsigned(_data: bytes) -> bytes:
    return b""


def _signed(sign: Callable[[bytes], bytes], mail: Message) -> Message:
    return replace(mail, data=sign(mail.data) + mail.data)


def _flat(most: int) -> bool:
    """Whether a hundred times the subscribers need no more memory, within a tenth."""
    print("\npeak memory, rendering for so many readers")
    peaks = {}
    for subscribers in (max(most // 100, 100), most):
        command = [sys.executable, "-m", "bench", "mail", "--memory", str(subscribers)]
        told = subprocess.run(command, check=True, capture_output=True, text=True)
        peaks[subscribers] = int(told.stdout)
        print(f"  {subscribers:9,} readers {peaks[subscribers]:8,} KB")
    few, many = peaks.values()
    return many <= 1.1 * few


def _peak(subscribers: int) -> int:
    """Kilobytes, in a process of its own; half the subscribers' issues are read from the store."""
    renderer = MailRenderer([templates_folder()])
    ways = cycle((_ours(renderer), _ours(renderer, _stored())))
    for way, subscriber in zip(ways, islice(_subscribers(), subscribers), strict=False):
        way(subscriber)
    status = Path("/proc/self/status")
    if not status.exists():
        return resource.getrusage(resource.RUSAGE_SELF).ru_maxrss
    # Unlike ru_maxrss, this begins anew with a new program: that one remembers who started it.
    return int(re.search(r"VmHWM:\s+(\d+)", status.read_text())[1])  # type: ignore[index]
