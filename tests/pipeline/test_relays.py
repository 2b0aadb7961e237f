"""Several relays: each has its budget and its pause, and what one refuses goes by another."""

from __future__ import annotations

import os
import shutil
import signal
from collections.abc import Callable, Iterator, Sequence
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from threading import Event
from typing import Any

import pytest
from sqlalchemy import func, or_, select, update

from digest import app as root
from digest.app import App
from digest.config import load
from digest.deliver import Relay
from digest.deliver.relays import AnyRelay, Route
from digest.errors import Meaning, SendError
from digest.model import DeliveryState
from digest.pipeline import deliver, runs
from digest.pipeline.clock import ClockError
from digest.pipeline.relays import Shares, at_once
from digest.pipeline.runs import Report
from digest.service import doctor
from digest.store import Store, outbox, outbox_admin, paces, schema, status
from digest.store.leases import Worker
from digest.store.paces import StoredSlots
from digest.web.glance import relays_of

from ..apps import app_of, profile
from ..databases import both
from ..extent import number
from ..factories import TUESDAY, listing, paper
from ..fakes import AWAY, LOST, Clock, Newsstand, Postbox, refused
from ..messages import settings
from ..servers import Script, scripted
from ..subscribing import notice_of
from ..waits import HUNG

DAY_BEFORE = datetime(2025, 3, 1, tzinfo=UTC)
SPAM = SendError("spam", Meaning.SENDER, stage="data", setting="mail.from")
LOGIN = SendError("535 no", Meaning.LOGIN, stage="login", setting="mail.smtp.password")


class Morning:
    """Mails for six addresses, one of them at a university with a relay of its own."""

    def __init__(self, store: Store, **per_day: int) -> None:
        addresses = [f"r{n}@{'uni.example' if n < 1 else 'example.org'}" for n in range(6)]
        readers = [profile(f"r{n}", to=each) for n, each in enumerate(addresses)]
        self.posts = {name: Postbox() for name in ("a", "b", "uni")}
        self.heard: list[str] = []
        routes = {name: Route(self.relay(name, per_day), post) for name, post in self.posts.items()}
        self.app = app_of(
            store,
            *readers,
            listings=[listing()],
            routes=routes,
            sender=AnyRelay(routes.values()),
            report_trouble=self.heard.append,
            per_day=sum(per_day.values()),
        )
        self.clock: Clock = self.app.now  # type: ignore[assignment]
        stand: Newsstand = self.app.source  # type: ignore[assignment]
        stand.lay_out("daily", TUESDAY, paper(1))

    @staticmethod
    def relay(name: str, per_day: dict[str, int]) -> Relay:
        smtp = settings(25, host=f"{name}.example", per_day=per_day.get(name, 0))
        if name == "uni":
            return Relay(name=name, smtp=smtp, weight=0, domains=("uni.example",))
        return Relay(name=name, smtp=smtp)

    def run(self, **later: float) -> Report:
        self.clock.forward(**later)
        return runs.run(self.app, list(self.app.listings.values()))

    def sent(self) -> dict[str, int]:
        return {name: len(post.mails) for name, post in self.posts.items()}

    def ids(self) -> list[str]:
        return [mail.message_id for post in self.posts.values() for mail in post.mails]


def test_each_mail_goes_once_by_the_relay_of_its_domain_or_by_weight(store: Store) -> None:
    morning = Morning(store)
    assert morning.run().outcomes == (DeliveryState.SENT,) * 6
    a, b, uni = morning.sent().values()
    assert (a + b, uni, a > 0, b > 0) == (5, 1, True, True)
    assert len(set(morning.ids())) == 6
    with store.begin() as tx:
        assert status.sent_by_relay(tx, DAY_BEFORE) == morning.sent()
        rows = outbox_admin.newest(tx)
    assert {row.relay for row in rows if row.address.endswith("uni.example")} == {"uni"}


def test_a_relay_that_answers_nothing_keeps_three_mails_and_the_others_go_by_another(
    store: Store,
) -> None:
    """In the same run: to wait for each of them would take as long as the relay may."""
    morning = Morning(store)
    weights = {"a": 1000, "b": 1}
    morning.app.routes = {
        name: replace(each, relay=replace(each.relay, weight=weights.get(name, 0)))
        for name, each in morning.app.routes.items()
    }
    for _ in range(20):
        morning.posts["a"].fail_next(LOST, but_take_it=False)
    first = morning.run()
    assert morning.posts["a"].tried == 3
    assert morning.sent() == {"a": 0, "b": 2, "uni": 1}
    assert first.waiting == 3
    assert "mail.relays.a: 3 mails in a row got no answer; the others wait" in morning.heard


#: The last is tried where no relay is usable, too.
ERRORS = [LOGIN, refused("550 5.7.1 not you", "mail"), AWAY]


@pytest.mark.parametrize("error", ERRORS[: number(2, whole=3)])
def test_a_relay_that_refuses_everything_is_passed_over_and_nothing_is_lost(
    store: Store, error: SendError
) -> None:
    """What it had in hand goes by the other after five minutes, as the same mail."""
    morning = Morning(store)
    for _ in range(20):
        morning.posts["a"].fail_next(error, but_take_it=False)
    first = morning.run()
    assert morning.sent() == {"a": 0, "b": 4, "uni": 1}
    assert (len(first.outcomes), first.waiting) == (6, 1)
    assert morning.posts["a"].tried == 1
    assert "mail.relays.a" in morning.heard[0]
    assert "mail.smtp" not in " ".join(morning.heard)
    assert first.setting.startswith("mail.relays.a" if error is LOGIN else first.setting)
    with store.begin() as tx:
        account = morning.app.routes["a"].relay.smtp.account
        assert paces.paused(tx, {account, "relay @b.example:25"}) == {account}
        [waits] = outbox_admin.newest(tx, state="queued")
        assert [each.name for each in relays_of(morning.app, tx) if each.is_paused] == ["a"]
    assert waits.relay == "a"

    assert morning.run(minutes=4).outcomes == ()
    assert morning.run(minutes=1).outcomes == (DeliveryState.SENT,)
    assert (morning.sent()["b"], morning.posts["a"].tried) == (5, 1)
    assert len(set(morning.ids())) == 6


def test_a_mail_that_one_relay_takes_for_spam_goes_by_another(store: Store) -> None:
    morning = Morning(store)
    morning.posts["uni"].fail_next(SPAM)
    assert morning.run().waiting == 1
    assert (morning.sent()["uni"], morning.run(minutes=5).waiting) == (0, 0)
    assert (morning.sent()["uni"], len(set(morning.ids()))) == (0, 6)


def test_where_no_relay_is_usable_all_are_tried(store: Store) -> None:
    morning = Morning(store)
    for post in morning.posts.values():
        post.fail_next(AWAY)
    assert morning.run().waiting == 6
    assert morning.run(minutes=5).waiting == 0


def test_what_no_relay_takes_today_uses_up_no_others_day(
    store: Store, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Five have no relay left, and are leased before the one to the university."""
    monkeypatch.setattr(deliver, "ISSUES_AT_A_TIME", 1)
    morning = Morning(store, a=1, b=1, uni=1)
    morning.clock.forward(minutes=1)
    runs.run(morning.app, list(morning.app.listings.values()), hands_over=False)
    with store.begin() as tx:
        people = select(schema.subscribers.c.id).where(schema.subscribers.c.folded.contains("uni"))
        table = schema.deliveries
        is_late = table.c.subscriber_id.in_(people)
        tx.execute(update(table).where(is_late).values(id=100))
    assert runs.send_only(morning.app).waiting == 3
    assert morning.sent() == {"a": 1, "b": 1, "uni": 1}


def test_a_relay_that_is_called_otherwise_now_keeps_its_day(store: Store) -> None:
    assert Morning(store, a=6, b=6, uni=6).run().waiting == 0
    with store.begin() as tx:
        assert outbox.count_used(tx, DAY_BEFORE, relays=["a"]).keys() == {"a", "b", "uni"}
    morning = Morning(store, a=6, b=6, uni=6)
    morning.app.routes = {f"new {name}": route for name, route in morning.app.routes.items()}
    with store.begin() as tx:
        assert morning.app.deliverer._quotas_left(tx) == dict.fromkeys(morning.app.routes, 0)


def test_what_waited_for_one_of_several_relays_and_goes_by_the_only_one_is_not_in_its_count(
    store: Store,
) -> None:
    morning = Morning(store)
    morning.posts["uni"].fail_next(SPAM)
    morning.run()
    morning.app.routes, morning.app.sender = {}, morning.posts["b"]
    assert morning.run(minutes=5).outcomes == (DeliveryState.SENT,)
    with store.begin() as tx:
        assert status.sent_by_relay(tx, DAY_BEFORE).get("uni", 0) == 0


def test_the_operator_learns_of_a_wrong_clock_whatever_a_day_has_left(store: Store) -> None:
    morning = Morning(store, a=2, b=2, uni=2)
    morning.run()
    sent = sum(morning.sent().values())
    morning.app.operator = "operator@example.org"
    morning.app.now = Clock(datetime(1970, 1, 1, tzinfo=UTC))
    with pytest.raises(ClockError):
        runs.send_only(morning.app)
    assert sum(morning.sent().values()) == sent + 1


def test_a_relay_that_takes_no_mail_does_work_all_the_same(store: Store) -> None:
    """Else what the process holds would not be renewed, as of one that hangs."""
    morning, moved = Morning(store), list[bool]()

    class Refusing(Postbox):
        def __call__(self, mail: Any, *, before_dot: Any) -> None:
            moved.append(store._moved_at > 0)
            store._moved_at = 0
            raise refused("550 5.1.1 unknown", "rcpt")

    refusing = Refusing()
    morning.app.routes = {
        name: Route(route.relay, refusing) for name, route in list(morning.app.routes.items())[:1]
    }
    morning.run()
    assert moved == [True] * 6


def test_what_another_process_has_taken_over_stays_in_its_count(store: Store) -> None:
    morning = Morning(store)
    runs.run(morning.app, list(morning.app.listings.values()), hands_over=False)
    with store.begin() as tx:
        outbox.lease(tx, Worker(7), morning.clock(), 3)
        outbox.assign(tx, Worker(8), dict.fromkeys(range(1, 7), "b"))
        rows = outbox_admin.newest(tx)
    assert sorted(row.relay for row in rows) == [""] * 3 + ["b"] * 3


@both
def test_each_relay_keeps_its_day_over_all_processes(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A second process begins while the first has its first mail in hand."""
    monkeypatch.setattr(deliver, "ISSUES_AT_A_TIME", 3)
    mornings = [Morning(Store(database), a=1, b=2, uni=1) for _ in range(2)]
    first, second = mornings

    class Interrupted(Postbox):
        def __call__(self, mail: Any, *, before_dot: Any) -> None:
            if not self.tried:
                runs.send_only(second.app)
            super().__call__(mail, before_dot=before_dot)

    first.posts["a"] = Interrupted()
    first.app.routes = {
        name: Route(route.relay, first.posts[name]) for name, route in first.app.routes.items()
    }
    first.run()
    together = {name: first.sent()[name] + second.sent()[name] for name in first.posts}
    assert together == {"a": 1, "b": 2, "uni": 1}
    assert first.heard == ["mail: 4 have gone out within 24 hours; the others wait"]
    for morning in mornings:
        morning.run(hours=12)
        morning.app.store.close()


def test_a_mail_that_a_relay_may_have_counts_for_it_also_when_it_is_sent_again(
    store: Store,
) -> None:
    """By itself, or by another, because it is left alone then."""
    morning = Morning(store)
    for name in ("a", "uni"):
        morning.posts[name].fail_next(LOST)
    morning.run()
    with store.begin() as tx:
        paces.pause(tx, morning.app.routes["uni"].relay.smtp.account)
    assert morning.run(minutes=5).outcomes == (DeliveryState.SENT,) * 2
    with store.begin() as tx:
        used = outbox.count_used(tx, DAY_BEFORE, relays=morning.posts)
    assert used == {name: post.tried for name, post in morning.posts.items()}
    assert sum(used.values()) == 8


class Slow(Postbox):
    """A relay at whose first mail, once all others have gone, something happens."""

    def __init__(self, morning: Morning, happens: Callable[[], object]) -> None:
        super().__init__()
        self._morning, self._happens = morning, happens
        morning.posts["b"] = self
        routes = morning.app.routes.items()
        morning.app.routes = {name: Route(each.relay, morning.posts[name]) for name, each in routes}

    def __call__(self, mail: Any, *, before_dot: Any) -> None:
        if not self.tried:
            self._await_others()
            self._happens()
        super().__call__(mail, before_dot=before_dot)

    def _await_others(self) -> None:
        table = schema.deliveries
        is_others = or_(table.c.relay == "", (table.c.relay != "b") & (table.c.state != "sent"))
        query = select(func.count()).where(is_others)
        is_left = True
        while is_left:
            with self._morning.app.store.begin() as tx:
                is_left = bool(tx.execute(query).scalar())


def test_mails_for_a_slow_relay_are_sent_by_another_process_meanwhile(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(deliver, "ISSUES_AT_A_TIME", 1)
    first, second = mornings = [Morning(Store(database)) for _ in range(2)]
    Slow(first, lambda: runs.send_only(second.app))
    first.run()
    assert (first.sent()["b"], second.sent()["b"]) == (1, 2)
    assert len(set(first.ids() + second.ids())) == 6
    for morning in mornings:
        morning.app.store.close()


def test_a_mail_that_comes_while_a_slow_relay_works_goes_in_the_same_run(store: Store) -> None:
    morning = Morning(store)

    def another_comes() -> None:
        with store.begin() as tx:
            outbox.queue_notice(tx, notice_of("done", "new@uni.example"))

    Slow(morning, another_comes)
    morning.run()
    assert morning.sent() == {"a": 2, "b": 3, "uni": 2}


def test_a_relay_sends_no_more_than_it_holds_once_one_that_has_ended_gets_a_mail() -> None:
    shares = Shares(lambda _relay, ids: {id: "fast" if id == 3 else "slow" for id in ids})
    assert list(shares.of("fast", [])) == []
    assert list(shares.of("slow", [[1], [2, 3], [4]])) == [1, 2]
    assert shares.are_handed_on


def test_no_relay_ends_while_another_has_in_hand_what_is_its_own() -> None:
    free, is_in_hand, asked, sent = {"fast", "slow"}, Event(), Event(), dict[str, list[int]]()
    ids = {"fast": 1, "slow": 2}

    def lease(relay: str) -> Iterator[list[int]]:
        (asked if relay == "fast" else is_in_hand).set()
        leased = [ids[each] for each in sorted(free)]
        free.clear()
        if leased:
            yield leased

    def assign(relay: str, leased: Sequence[int]) -> dict[int, str]:
        if relay == "slow":
            asked.wait(0.02)  # it would end now
            free.add("fast")
        return {id: each for each, id in ids.items() if id in leased}

    shares = Shares(assign)

    def work(relay: str) -> None:
        if relay == "fast":
            is_in_hand.wait(HUNG)
        sent[relay] = list(shares.of(relay, lease(relay)))

    at_once([partial(work, relay) for relay in ids], lambda: None)
    assert sent == {"fast": [1], "slow": [2]}


@both
def test_the_connections_of_all_are_counted_and_free_again(database: str) -> None:
    stores = [Store(database) for _ in range(3)]
    slots = [StoredSlots(each, "relay @a.example:25", 2) for each in stores]
    with stores[0].work(), stores[1].work(), stores[2].work():
        with slots[0]() as first, slots[1]() as second, slots[2]() as third:
            assert (first, second, third) == (True, True, False)
        with slots[2]() as third:
            assert third
    for each in stores:
        each.close()


def test_a_connection_that_a_process_has_lost_and_taken_again_is_given_up_once(
    store: Store,
) -> None:
    slots = StoredSlots(store, "relay @a.example:25", 1)
    with store.work(), slots() as first:
        with store.begin() as tx:  # as after a sleep for longer than the lease
            tx.execute(update(schema.jobs).values(leased_until=None))
        with slots() as second:
            assert first
            assert second
    assert store.jobs == {}


def test_ctrl_c_is_not_waited_for_until_each_relay_has_had_all() -> None:
    stop, all_begun, has_ended = Event(), Event(), list[bool]()

    class Tasks(list[Any]):
        def __iter__(self) -> Iterator[Any]:
            yield from super().__iter__()
            all_begun.set()

    def work() -> None:
        all_begun.wait(HUNG)
        os.kill(os.getpid(), signal.SIGINT)
        has_ended.append(stop.wait(HUNG))

    with pytest.raises(KeyboardInterrupt):
        at_once(Tasks([work]), stop.set)
    assert has_ended == [True]


CONFIG = """
database: sqlite:///{folder}/digest.db
listings: {{daily: {{kind: listing, path: listings.txt}}}}
mail:
  from: Papers <digest@example.org>
  sender: smtp
  relays:
    first: {{host: 127.0.0.1, port: {first}, tls: none, connections: 2, connections_in_all: 2}}
    other: {{host: 127.0.0.1, port: {other}, tls: none}}
"""


@pytest.fixture
def two_relays() -> Iterator[tuple[Script, Script]]:
    with scripted() as first, scripted({"MAIL": "550 5.7.1 sender refused"}) as other:
        yield first, other


def test_two_servers_of_which_one_refuses_the_sender(
    laid_out: Path, tmp_path: Path, two_relays: tuple[Script, Script]
) -> None:
    shutil.copy(laid_out, tmp_path / "digest.db")
    first, other = two_relays
    ports = {"first": first.port, "other": other.port}
    (tmp_path / "config.yaml").write_text(CONFIG.format(folder=tmp_path, **ports))
    readers = [profile(f"r{n}", to=f"r{n}@example.org") for n in range(4)]
    heard: list[str] = []
    config = load(tmp_path / "config.yaml", {})
    asked = {each.what: each.is_good for each in doctor.relays(config, "digest@example.org")}
    assert asked == {"mail.relays.first": True, "mail.relays.other": False}
    with root.opened(config, report_trouble=heard.append) as real:
        clock = Clock(real.now())
        app: App = app_of(
            real.store, *readers, listings=[listing()], now=clock,
            sender=real.sender, routes=real.routes, report_trouble=heard.append,
            place_of=config.place_of,
        )  # fmt: skip
        stand: Newsstand = app.source  # type: ignore[assignment]
        stand.lay_out("daily", app.day, paper(1))
        report = runs.run(app, list(app.listings.values()))
        assert report.setting == "mail.from"
        clock.forward(minutes=5)
        runs.send_only(app)
    assert (len(first.taken), other.taken) == (4, [])
    assert len({taken.partition(b"Message-ID: ")[2][:40] for taken in first.taken}) == 4
    assert any(
        "by other relays than mail.relays.other until that is mended" in line for line in heard
    )
