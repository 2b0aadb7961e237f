"""What strangers' mail may cost: no lock while it is read, a few notices an hour, and no more."""

from __future__ import annotations

import subprocess
import sys
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from datetime import timedelta
from email.message import EmailMessage
from typing import Any

import pytest
from sqlalchemy import event

from bench._mails import mails
from digest.app import App
from digest.config import load
from digest.pipeline import runs
from digest.store import Store, answers, bounces, inbound, profiles, subscribers
from digest.store.profiles import MOST_PROFILES
from digest.store.subscribers import Consent
from digest.subscribers import interests, requests
from digest.subscribers.inbox import conversation, receive
from digest.subscribers.inbox.allowance import NotNowError
from digest.subscribers.inbox.receive import receive_once

from ... import processes
from ...apps import ALICE, app_of, profile, with_pipe
from ...cli.test_cli import CONFIG, Workspace, workspace
from ...databases import both
from ...extent import number
from ...factories import EIGHT, TUESDAY, listing, paper
from ...fakes import Newsstand, Postbox
from ..test_requests import HEAD, text_of, token_in
from .test_receive import a_paper_waits, a_subscriber, alice, issue_to_alice, mail, reply, report
from .test_receive import answers as sent_to_alice

__all__ = ["workspace"]

OURS = "mx.example.org"
PASS = {"Authentication_Results": f"{OURS}; dmarc=pass header.from=example.org"}
FAIL = {"Authentication_Results": f"{OURS}; dmarc=fail header.from=example.org"}


@pytest.fixture
def app(store: Store) -> App:
    return app_of(
        with_pipe(store),
        profile("bobs", to="bob@example.org"),
        listings=[listing()],
        letterhead=HEAD,
    )


# ── no lock while a message is read ──


@contextmanager
def counted(store: Store) -> Iterator[list[object]]:
    """The transactions that are open, one entry each."""
    open_now: list[object] = []
    engine = store._engine

    def begun(connection: object) -> None:
        open_now.append(connection)

    def ended(connection: object) -> None:
        open_now.pop()

    listeners = (("begin", begun), ("commit", ended), ("rollback", ended))
    for name, listener in listeners:
        event.listen(engine, name, listener)
    try:
        yield open_now
    finally:
        for name, listener in listeners:
            event.remove(engine, name, listener)


@both
def test_nothing_is_read_or_tried_within_a_transaction(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    a_subscriber(app)
    stand: Newsstand = app.source  # type: ignore[assignment]
    stand.lay_out("daily", TUESDAY, paper(1))
    runs.collect_only(app, list(app.listings.values()))
    seen: list[tuple[str, int]] = []
    with counted(app.store) as open_now:

        def noting(name: str, work: Callable[..., Any]) -> Callable[..., Any]:
            def noted(*values: Any) -> Any:
                seen.append((name, len(open_now)))
                return work(*values)

            return noted

        monkeypatch.setattr(receive, "read", noting("read", receive.read))
        monkeypatch.setattr(interests, "parse", noting("parse", interests.parse))
        monkeypatch.setattr(interests, "backtest", noting("try", interests.backtest))
        changes = conversation._CHANGES
        monkeypatch.setitem(changes, "add", noting("edit", changes["add"]))
        receive_once(app, mail("try sparse training"))
        receive_once(app, mail("add bees"))
        receive_once(app, reply(sent_to_alice(app)[-1]))

    assert {name for name, _ in seen} == {"read", "parse", "try", "edit"}
    assert {transactions for _, transactions in seen} == {0}


def test_a_message_that_costs_too_much_is_set_aside_at_once(app: App) -> None:
    said: list[str] = []
    app.report_trouble = said.append
    poison = next(data for name, data in mails() if name == "mails in mails around much")

    assert receive_once(app, poison) == "set aside"
    assert receive_once(app, poison) == "set aside", "and not tried again"
    with app.store.begin() as tx:
        [kept] = inbound.quarantined(tx)
    assert "more work" in kept.error
    assert len(said) == 1


def test_a_line_of_dashes_and_another_command_do_not_wait_for_each_other(
    workspace: Workspace,
) -> None:
    """Real processes on one database: ten hostile mails piped in while others read it."""
    hostile = [data for name, data in mails() if name.startswith(("three thousand", "a line of"))]
    script = "import sys; from digest.cli import main; main(sys.argv[1:])"
    words = [sys.executable, "-c", script, "--config", "config.yaml", "inbox"]
    workspace.digest("run")
    piped = [
        processes.Popen(words, cwd=workspace.folder, stdin=subprocess.PIPE, stdout=subprocess.PIPE)
        for _ in hostile[:4]
    ]
    for process, data in zip(piped, hostile, strict=False):
        assert process.stdin is not None
        process.stdin.write(data)
        process.stdin.close()
    assert workspace.digest("outbox", "list").exit_code == 0
    outcomes = []
    for process in piped:
        assert process.stdout is not None
        with process.stdout as told:
            outcomes.append(told.read().decode().strip())
        assert process.wait() == 0
    assert set(outcomes) <= {"help", "too many"}


# ── notices ──


def notices(app: App, *outcomes: str) -> list[str]:
    runs.send_only(app)
    post: Postbox = app.sender  # type: ignore[assignment]
    return [each.recipient for each in post.mails]


def test_mail_that_comes_in_causes_so_many_notices_an_hour_and_no_more(app: App) -> None:
    app.answers_per_hour = 5
    senders = [f"reader{n}@example.org" for n in range(8)]
    outcomes = [receive.receive(app, mail("help", sender=each)) for each in senders]

    assert outcomes == ["help"] * 5 + ["too many letters"] * 3
    assert len(notices(app)) == 5
    app.now.forward(minutes=61)  # type: ignore[attr-defined]
    assert receive.receive(app, mail("help", sender="late@example.org")) == "help"


def test_the_limit_holds_no_one_back_who_proves_that_a_notice_reached_them(app: App) -> None:
    receive_once(app, mail("subscribe bees"))
    yes = reply(sent_to_alice(app)[-1])
    app.answers_per_hour = 1

    with pytest.raises(NotNowError):
        receive_once(app, mail("help", sender="x@example.org"))
    assert receive_once(app, yes) == "confirm"


def test_a_mail_beyond_the_limit_waits_and_is_answered_later_however_often_it_was_tried(
    app: App,
) -> None:
    app.answers_per_hour = 3
    for place in range(3):
        receive_once(app, mail(f"help {place}", sender=f"x{place}@example.net"))
    late = mail("show", sender="late@example.org")
    for _ in range(receive.HANDLING_ATTEMPTS + 2):
        with pytest.raises(NotNowError, match="3 letters within an hour"):
            receive_once(app, late)

    app.now.forward(minutes=61)  # type: ignore[attr-defined]
    assert receive_once(app, late) == "help"
    with app.store.begin() as tx:
        assert inbound.quarantined(tx) == []


def test_a_flood_delays_no_subscriber_who_would_leave(app: App) -> None:
    a_subscriber(app)
    app.answers_per_hour = 3
    receive_once(app, mail("help", sender="x@example.net"))
    with pytest.raises(NotNowError):
        receive_once(app, mail("help\n\n> 2", sender="y@example.net"))

    assert receive_once(app, mail("unsubscribe")) == "asked: unsubscribe"
    assert receive_once(app, reply(sent_to_alice(app)[-1])) == "changed"
    with pytest.raises(NotNowError):
        receive_once(app, mail("unsubscribe\n\n> 3", sender="stranger@example.net"))


def test_a_flood_at_a_subscriber_is_held_by_the_limit_of_the_mailbox(app: App) -> None:
    a_subscriber(app)
    app.answers_per_hour = 1
    outcomes = [receive_once(app, mail(f"unsubscribe\n\n> {n}")) for n in range(12)]

    assert outcomes.count("asked: unsubscribe") <= 10
    assert outcomes[-1] == "too many"


def full_with_a_notice(app: App) -> EmailMessage:
    """Alice has all the profiles she may have, and a notice that asks to confirm another."""
    a_subscriber(app)
    id = alice(app).id
    app.now.forward(days=1, minutes=1)  # type: ignore[attr-defined]
    with app.store.begin() as tx:
        for place in range(MOST_PROFILES - 1):
            profiles.add_profile(tx, id, f"any: [bee{place}]\n")
    requests.sign_up(app, ALICE, Consent(now=app.now()), profile="any: [wasps]\n")
    return sent_to_alice(app)[-1]


def test_what_a_token_causes_is_written_to_its_owner_alone_and_within_the_limits(app: App) -> None:
    """The sender of the mail may be a victim, and the token the attacker's own."""
    subject = f"Re: confirm {token_in(full_with_a_notice(app))}"
    forged = [mail(f"yes {n}", subject, sender="victim@example.net") for n in range(14)]
    outcomes = [receive_once(app, each) for each in forged]

    assert set(outcomes) == {"help", "too many"}
    assert outcomes.count("help") <= 10
    assert "victim@example.net" not in notices(app)
    assert "20 profiles are the most" in text_of(sent_to_alice(app)[-1])


def test_a_confirmation_from_another_address_is_acknowledged_to_the_tokens_owner(app: App) -> None:
    receive_once(app, mail("subscribe bees"))
    subject = f"Re: confirm {token_in(sent_to_alice(app)[-1])}"
    before = len(sent_to_alice(app))

    assert receive_once(app, mail("yes", subject, sender="work@example.net")) == "confirm"
    assert "work@example.net" not in notices(app)
    assert len(sent_to_alice(app)) == before + 1


def what_alice_was_served(app: App) -> object:
    return alice(app).settings.last_day


def test_a_forged_wish_for_the_digest_changes_nothing_of_a_subscribers(app: App) -> None:
    a_paper_waits(app)
    app.authserv = OURS
    before = what_alice_was_served(app)

    assert receive_once(app, mail("digest", **FAIL)) == "help"
    assert receive_once(app, mail("digest\n\n> 2", **FAIL)) == "doubted"
    assert what_alice_was_served(app) == before
    assert receive_once(app, mail("digest\n\n> 3", **PASS)) == "digest"
    assert what_alice_was_served(app) != before


def test_a_pause_holds_for_who_asks_for_the_digest_by_mail_too(app: App) -> None:
    a_paper_waits(app)
    id, before = alice(app).id, what_alice_was_served(app)
    with app.store.begin() as tx:
        subscribers.pause(tx, id, TUESDAY + timedelta(days=9), Consent(now=app.now()))

    assert receive_once(app, mail("digest")) == "help"
    assert "It is paused until" in " ".join(text_of(sent_to_alice(app)[-1]).split())
    assert not app.composer.make_now(alice(app).id)
    assert what_alice_was_served(app) == before


def test_a_forged_mail_is_answered_once_a_day_however_it_is_spelt(app: App) -> None:
    app.authserv = OURS
    spellings = ["victim@gmail.com", "v.ic.tim+x@gmail.com", "VICTIM@googlemail.com"]
    forged = [mail("help", sender=each, **FAIL) for each in spellings * 2]

    assert [receive.receive(app, each) for each in forged] == ["help"] + ["doubted"] * 5
    assert len(notices(app)) == 1
    app.now.forward(days=1, minutes=1)  # type: ignore[attr-defined]
    assert receive.receive(app, forged[-1]) == "help"


def test_a_mail_that_our_server_vouches_for_is_answered_beside_forged_ones(app: App) -> None:
    app.authserv = OURS
    assert receive.receive(app, mail("help", **FAIL)) == "help"
    assert receive.receive(app, mail("help", **FAIL)) == "doubted"
    assert [receive.receive(app, mail("help", **PASS)) for _ in range(3)] == ["help"] * 3


def test_a_result_that_the_sender_wrote_vouches_for_no_one(app: App) -> None:
    app.authserv = OURS
    top = f"Authentication-Results: {OURS}; dmarc=fail\n".encode()
    forged = top + mail("help", **PASS)

    assert [receive.receive(app, forged) for _ in range(2)] == ["help", "doubted"]


def test_counts_of_notices_are_forgotten_after_a_day(app: App) -> None:
    receive_once(app, mail("help"))
    with app.store.begin() as tx:
        assert answers.in_the_last_hour(tx, app.now()) == 1
    app.now.forward(days=1, minutes=1)  # type: ignore[attr-defined]
    app.watch.queue_alarms()
    with app.store.begin() as tx:
        assert answers.delete_old(tx, app.now()) == 0
        assert answers.in_the_last_hour(tx, EIGHT) == 0


def test_the_limits_are_settings(workspace: Workspace) -> None:
    workspace.write("config.yaml", f"{CONFIG}  authserv: {OURS}\n  answers_per_hour: 7\n")
    mailing = load(workspace.folder / "config.yaml", {}).mail
    assert (mailing.authserv, mailing.answers_per_hour) == (OURS, 7)
    workspace.write("config.yaml", CONFIG)
    plain = load(workspace.folder / "config.yaml", {}).mail
    assert (plain.authserv, plain.answers_per_hour) == ("", 100)


# ── bounces by mail ──


def test_delays_and_refusals_of_our_mail_stop_no_one(app: App) -> None:
    id = issue_to_alice(app)
    days = number(7, whole=12)
    for day in range(days):
        app.now.forward(days=1)  # type: ignore[attr-defined]
        assert receive.receive(app, report(id, status="4.4.1", action="delayed")) == "soft"
        assert receive.receive(app, report(id, status="5.7.1")) == "neither", day
    with app.store.begin() as tx:
        counts = bounces.counts(tx, EIGHT)
    assert counts == {"delayed": days, "neither": days}
    assert alice(app).state == "active"


def test_a_mailbox_that_is_full_for_five_days_stops_its_subscriber(app: App) -> None:
    id = issue_to_alice(app)
    states = []
    for _ in range(5):
        app.now.forward(days=1)  # type: ignore[attr-defined]
        for _ in range(3):
            assert receive.receive(app, report(id, status="5.2.2")) == "soft"
        states.append(alice(app).state)
    assert states == ["active"] * 4 + ["stopped"]


def test_of_several_recipients_the_subscribers_own_counts(app: App) -> None:
    id = issue_to_alice(app)
    other = "5.2.2\n\nFinal-Recipient: rfc822; bob@example.org\nAction: failed\nStatus: 5.1.1"
    assert receive.receive(app, report(id, status=other, to=ALICE)) == "soft"
