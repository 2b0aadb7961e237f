"""How much goes out, when it stops, and what becomes of the rest."""

from __future__ import annotations

import gc
from collections import Counter
from collections.abc import Callable
from dataclasses import replace
from datetime import timedelta
from email import policy
from email.message import EmailMessage
from email.parser import BytesParser
from pathlib import Path
from typing import Any

import psycopg
import pytest
from sqlalchemy import Connection, event, select, update
from structlog.testing import capture_logs

from digest import app
from digest.config import load
from digest.errors import ConfigError
from digest.model import DeliveryState, Issue, Message, Recipient
from digest.pipeline import runs
from digest.pipeline.runs import Report
from digest.render import Letterhead, MailRenderer
from digest.resources import templates_folder
from digest.store import Store, leases, outbox, schema, subscribers
from digest.store.leases import Worker
from digest.store.subscribers import Consent

from .. import golden_issues
from ..apps import app_of, profile
from ..factories import TUESDAY, listing, paper
from ..fakes import LOST, Clock, Newsstand, Postbox, one_by_one, refused
from ..wire import assert_headers


class Morning:
    """Five subscribers, each owed one mail."""

    def __init__(self, store: Store, **fields: Any) -> None:
        subscribers = [profile(f"r{n}", to=f"r{n}@example.org") for n in range(5)]
        self.heard: list[str] = []
        self.app = app_of(
            store, *subscribers, listings=[listing()], report_trouble=self.heard.append, **fields
        )
        self.post: Postbox = self.app.sender  # type: ignore[assignment]
        self.clock: Clock = self.app.now  # type: ignore[assignment]
        stand: Newsstand = self.app.source  # type: ignore[assignment]
        stand.lay_out("daily", TUESDAY, paper(1))

    def run(self, **later: float) -> Report:
        """Run everything once, after moving the clock."""
        self.clock.forward(**later)
        return runs.run(self.app, list(self.app.listings.values()))


def test_what_a_day_does_not_hold_goes_out_first_on_the_next(store: Store) -> None:
    morning = Morning(store, per_day=2)

    first = morning.run()
    assert (first.outcomes, first.waiting) == ((DeliveryState.SENT, DeliveryState.SENT), 3)
    assert morning.heard == ["mail: 2 have gone out within 24 hours; the others wait"]
    assert morning.run(hours=23).outcomes == ()
    assert morning.run(hours=1).outcomes == (DeliveryState.SENT, DeliveryState.SENT)
    assert morning.run(hours=24).outcomes == (DeliveryState.SENT,)
    assert sorted(m.recipient for m in morning.post.mails) == [
        f"r{n}@example.org" for n in range(5)
    ]


def test_a_refused_mail_leaves_its_place_to_another(store: Store) -> None:
    morning = Morning(store, per_day=2)
    morning.post.fail_next(refused("554 no", "data"))

    assert morning.run().outcomes == (DeliveryState.FAILED, DeliveryState.SENT, DeliveryState.SENT)


def test_a_claim_that_is_lost_leaves_its_place_to_another(store: Store) -> None:
    """Lost before the mail is made, for a subscriber left; at the dot another process has it."""
    morning = Morning(store, per_day=2)
    runs.run(morning.app, list(morning.app.listings.values()), hands_over=False)
    with store.begin() as tx:
        subscribers.stop(tx, 1, "unsubscribed", Consent(now=morning.clock()))
    post, taken = morning.post, []

    class Raced(Postbox):
        def __call__(self, mail: Message, *, before_dot: Callable[[], None]) -> None:
            if not taken:
                taken.append(mail.recipient)
                with store.begin() as tx:
                    table = schema.deliveries
                    tx.execute(update(table).values(fence=table.c.fence + 1))
            post(mail, before_dot=before_dot)

    morning.app.sender = Raced()
    done = runs.send_only(morning.app)

    assert done.outcomes == (DeliveryState.CLAIMED, DeliveryState.SENT)
    assert [mail.recipient for mail in post.mails] == ["r2@example.org"]


def test_after_three_mails_in_a_row_without_an_answer_no_further_one_is_begun(
    store: Store,
) -> None:
    """Each would be in doubt as well; what was not begun waits as if it had not been tried."""
    morning = Morning(store)
    for _ in range(5):
        morning.post.fail_next(LOST, but_take_it=False)

    first = morning.run()
    assert first.outcomes == (DeliveryState.DATA_SENT,) * 3
    assert (morning.post.tried, first.waiting) == (3, 5)
    assert morning.heard[-1] == "mail: 3 mails in a row got no answer; the others wait"


def test_mails_without_an_answer_between_others_end_nothing(store: Store) -> None:
    morning, post = Morning(store), Postbox()
    answers = iter([LOST, LOST, None, LOST, LOST])

    class Flaky(Postbox):
        def __call__(self, mail: Message, *, before_dot: Callable[[], None]) -> None:
            if error := next(answers):
                post.fail_next(error, but_take_it=False)
            post(mail, before_dot=before_dot)

    morning.app.sender = Flaky()
    assert Counter(morning.run().outcomes) == {DeliveryState.DATA_SENT: 4, DeliveryState.SENT: 1}


def test_what_is_kept_is_not_looked_through_while_mails_are_made(store: Store) -> None:
    """By the garbage collector, which took a sixth of the time; afterwards it is again.

    Nor does it look several times a mail at what is new.
    """
    morning, post, seen = Morning(store), Postbox(), list[tuple[int, int]]()
    usual = gc.get_threshold()

    class Watched(Postbox):
        def __call__(self, mail: Message, *, before_dot: Callable[[], None]) -> None:
            seen.append((gc.get_freeze_count(), gc.get_threshold()[0]))
            post(mail, before_dot=before_dot)

    morning.app.sender = Watched()
    assert len(morning.run().outcomes) == 5
    assert min(frozen for frozen, _ in seen) > 10_000
    assert {threshold for _, threshold in seen} == {20_000}
    assert gc.get_freeze_count() == 0
    assert gc.get_threshold() == usual


def test_a_mail_takes_four_statements_in_three_transactions(store: Store) -> None:
    """It is read, claimed, marked right before its dot, and settled."""
    morning = Morning(store)
    runs.run(morning.app, list(morning.app.listings.values()), hands_over=False)
    seen, begun = list[str](), list[object]()

    def begins(tx: Connection) -> None:
        begun.append(tx)
        listen(tx.connection.driver_connection, seen.append)

    event.listen(store._engine, "begin", begins)
    began = len(runs.send_only(morning.app).outcomes)

    assert began == 5
    of_mails = [text for text in seen if " deliveries.id = " in text]
    words = Counter(text.split()[0] for text in of_mails)
    assert words == {"SELECT": began, "UPDATE": 3 * began}
    assert 3 * began <= len(begun) < 6 * began


def listen(session: Any, hear: Callable[[str], object]) -> None:
    """Hear each statement that a driver's session executes."""
    if hasattr(session, "set_trace_callback"):
        session.set_trace_callback(hear)
        return

    class Heard(psycopg.Cursor[Any]):
        def execute(self, query: Any, *given: Any, **how: Any) -> Heard:
            hear(str(query))
            return super().execute(query, *given, **how)

    session.cursor_factory = Heard


def test_a_claim_and_a_dot_are_held_from_then_on_by_the_databases_clock(store: Store) -> None:
    morning = Morning(store)
    runs.run(morning.app, list(morning.app.listings.values()), hands_over=False)
    table = schema.deliveries
    held = select(table.c.leased_until, table.c.holder).where(table.c.id == 1)
    brief, long = timedelta(seconds=30.5), timedelta(hours=2)
    with store.begin() as tx:
        times = [leases.clock(tx)]
        claimed = outbox.claim(tx, 1, morning.clock(), Worker(7, brief))
        rows = [tx.execute(held).one()]
        times.append(leases.clock(tx))
        assert claimed
        assert outbox.mark_data_sent(tx, claimed.delivery, "<1@x>", Worker(7, long))
        rows.append(tx.execute(held).one())
        times.append(leases.clock(tx))
        assert outbox.claim(tx, 1, morning.clock(), Worker(8)) is None

    assert [row.holder for row in rows] == [7, 7]
    assert times[0] <= rows[0].leased_until - brief <= times[1]
    assert times[1] <= rows[1].leased_until - long <= times[2]


def test_a_service_that_is_to_end_begins_no_further_mail(store: Store) -> None:
    morning = Morning(store)
    post = morning.post

    class Interrupted:
        def __call__(self, mail: Message, *, before_dot: Callable[[], None]) -> None:
            post(mail, before_dot=before_dot)
            morning.app.stop.set()

        def send_all(self, messages: Any) -> None:
            one_by_one(self, messages)

        def close(self) -> None:
            pass

    morning.app.sender = Interrupted()
    report = morning.run()
    assert (report.outcomes, report.waiting, morning.heard) == ((DeliveryState.SENT,), 4, [])

    morning.app.stop.clear()
    morning.app.sender = post
    assert morning.run().outcomes == (DeliveryState.SENT,) * 4


def test_a_wrong_password_is_one_alarm_and_nobodys_failure(store: Store) -> None:
    morning = Morning(store)
    morning.app.place_of = {"mail.smtp.user and mail.smtp.password": "config.yaml:9:11: "}.get
    morning.post.fail_next(refused("535 5.7.8 no", "login"))

    report = morning.run()

    assert (report.waiting, morning.post.tried) == (5, 1)
    setting = "mail.smtp.user and mail.smtp.password"
    assert report.setting == setting
    assert morning.heard == [
        f"config.yaml:9:11: {setting}: 535 5.7.8 no; the mails wait until that is mended"
    ]
    assert morning.run(minutes=6).outcomes == (DeliveryState.SENT,) * 5


def test_a_relay_that_wants_less_is_left_alone_and_said_once(store: Store) -> None:
    morning = Morning(store)
    morning.post.fail_next(refused("452 4.5.3 too many"))

    assert (morning.run().waiting, morning.heard) == (5, ["mail: 452 4.5.3 too many"])


def test_a_mail_that_cannot_be_made_is_set_aside_after_three_tries(store: Store) -> None:
    class Broken:
        def mail(self, *_: object) -> Message:
            raise ZeroDivisionError("no")

        def plain_mail(self, *_: object) -> Message:
            raise ZeroDivisionError("no")

    morning = Morning(store)
    morning.app.renderer = Broken()  # type: ignore[assignment]
    outcomes = [morning.run(hours=5).outcomes for _ in range(4)]

    assert [set(o) for o in outcomes] == [
        {DeliveryState.QUEUED},
        {DeliveryState.QUEUED},
        {DeliveryState.FAILED},
        set(),
    ]


def test_an_issue_that_was_damaged_where_it_is_kept_holds_up_no_other(store: Store) -> None:
    morning = Morning(store)
    runs.run(morning.app, list(morning.app.listings.values()), hands_over=False)
    with store.begin() as tx:
        table = schema.issue_contents
        tx.execute(update(table).where(table.c.issue_id == 2).values(content={"a": 1}))

    with capture_logs() as lines:
        outcomes = [sorted(morning.run(hours=5).outcomes) for _ in range(4)]
    assert outcomes == [
        [DeliveryState.QUEUED, *[DeliveryState.SENT] * 4],
        [DeliveryState.QUEUED],
        [DeliveryState.FAILED],
        [],
    ]
    said = [line for line in lines if line["event"] == "mail not made"]
    assert [line["error"] for line in said] == ["what was kept of it cannot be read"] * 3
    assert not any(line["exc_info"] for line in said)  # one line, and no traceback


def test_an_issue_that_cannot_be_laid_out_goes_as_plain_text_and_harms_no_one(
    store: Store,
) -> None:
    class Moody(MailRenderer):
        def mail(self, issue: Issue, subscriber: Recipient, letterhead: Letterhead) -> Message:
            if subscriber.address == "r2@example.org":
                raise ZeroDivisionError("no")
            return super().mail(issue, subscriber, letterhead)

    morning = Morning(store, renderer=Moody([templates_folder()]))

    assert morning.run().outcomes == (DeliveryState.SENT,) * 5
    [plain] = morning.post.to("r2@example.org")
    assert_headers(plain.as_bytes(), plain)
    assert plain.get_content_type() == "text/plain"
    assert paper(1).title in plain.get_content()
    assert paper(1).url in plain.get_content()
    assert morning.post.to("r1@example.org")[0].is_multipart()
    assert len(morning.heard) == 1


def test_who_wants_text_alone_gets_one_part() -> None:
    subscriber = replace(golden_issues.ALICE, format="text")
    renderer = MailRenderer([templates_folder()])
    data = renderer.mail(golden_issues.busy_day(), subscriber, golden_issues.WITH_PAGES).data
    message = BytesParser(policy=policy.default).parsebytes(data)

    assert isinstance(message, EmailMessage)
    assert_headers(data, message)
    text = renderer.text(golden_issues.busy_day(), subscriber, golden_issues.WITH_PAGES)
    assert message.get_content().replace("\r\n", "\n") == text


CONFIG = """
listings: {daily: {kind: huggingface}}
mail:
  from: "Papers <digest@example.org>"
  dkim: {domain: example.org, selector: papers, key: keys/papers.pem}
"""


def test_a_signing_key_that_cannot_be_used_is_a_mistake_in_the_configuration(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(CONFIG)
    config = load(path, {})

    with pytest.raises(ConfigError, match=r"keys/papers\.pem: no such file"), app.opened(config):
        pass
    monkeypatch.setitem(__import__("sys").modules, "cryptography.hazmat.primitives", None)
    with pytest.raises(ConfigError, match=r"digest\[dkim\]"), app.opened(config):
        pass
