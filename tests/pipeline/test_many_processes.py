"""Several processes on one database share the work, and do nothing twice.

Some are real processes that are killed or stopped; where two stores in one process prove the same,
they are enough.
"""

from __future__ import annotations

import os
import signal
import socket
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import timedelta
from functools import partial
from itertools import pairwise
from pathlib import Path
from threading import Event, Thread
from typing import Any

import pytest
from sqlalchemy import ColumnElement, Table, event, select, text, true, update

from bench._mortal import Sink, sink
from digest.app import App
from digest.cli.terminal import LATER, TroubleReporter, exit_code
from digest.model import DeliveryState, Listing, Message
from digest.pipeline import compose, deliver, runs
from digest.store import (
    BusyError,
    DryRunStore,
    LostError,
    Store,
    engine,
    jobs,
    leases,
    outbox,
    schema,
    settings,
)
from digest.subscribers.inbox import Mailbox, MailboxSettings, mailbox

from .. import processes
from ..apps import app_of, profile
from ..databases import both
from ..extent import IS_QUEUED, some
from ..factories import TUESDAY, listing, paper
from ..fakes import Newsstand, one_by_one
from ..service.test_serve import digest
from ..store.test_taken_away import MAILS, Installation, meddle

KINDS = ["sqlite", "postgresql"]


@pytest.fixture
def relay(tmp_path: Path) -> Iterator[tuple[Sink, int]]:
    with sink(tmp_path / "relay.log") as server:
        yield server


@pytest.fixture
def place(tmp_path: Path, relay: tuple[Sink, int], database: str) -> Installation:
    return Installation(tmp_path, *relay, database)


def beside(place: Installation, command: str, **more: str) -> tuple[int, str]:
    """Run a command to its end, and return its exit code and what it complained of."""
    words, env = digest(place.folder, command), {**os.environ, **more}
    done = processes.run(words, stdout=-3, stderr=-1, text=True, env=env)
    return done.returncode, done.stderr


def test_two_runs_at_once_mail_each_subscriber_once_and_end_well(place: Installation) -> None:
    """The second comes when the relay has one mail of the first, which holds all others."""
    seconds: list[tuple[int, str]] = []
    meddle(place.relay, lambda: seconds.append(beside(place, "run")))

    assert beside(place, "run", **{processes.WHOLE_END: "1"}) == (0, "")
    assert seconds == [(0, "")]
    assert sorted(place.relay.accepted.values()) == [1] * MAILS


@pytest.mark.parametrize("database", some(KINDS, 1), indirect=True)
def test_after_a_kill_the_next_run_waits_for_nothing(place: Installation, database: str) -> None:
    first = processes.Popen(digest(place.folder, "run"), stdout=-3, stderr=-3)
    meddle(place.relay, first.kill)
    assert first.wait() == -signal.SIGKILL
    assert place.relay.accepted.total() == 1

    # Another that lives all the while must not be taken for the dead one.
    with closing(Store(database)) as other, other.work():
        assert beside(place, "run") == (0, "")
    assert sorted(place.relay.accepted.values()) == [1] * (MAILS - 1) + [2]


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_process_that_wakes_up_after_its_lease_sends_nothing(
    place: Installation, database: str
) -> None:
    with (place.folder / "config.yaml").open("a") as config:
        config.write("lease: 2\n")
    first = processes.Popen(digest(place.folder, "run"), stdout=-3, stderr=-3)
    is_stopped = Event()

    def stop() -> None:
        # Not in the middle of a write, which would hold up all who share an SQLite database.
        with closing(Store(database)) as store, store.begin():
            os.kill(first.pid, signal.SIGSTOP)
            # Until its first thread has heard of it, the others go on.
            while not processes.is_in_state(first.pid, "T"):
                os.sched_yield()
        is_stopped.set()

    meddle(place.relay, stop)
    is_stopped.wait()
    # The leases last for two seconds, that of the mail at its dot the longest: until then there is
    # nothing to do for others.
    while place.relay.accepted.total() <= MAILS:
        assert beside(place, "send")[0] == 0
    sent = dict(place.relay.accepted)
    os.kill(first.pid, signal.SIGCONT)
    assert first.wait() == 0
    assert dict(place.relay.accepted) == sent
    assert sorted(sent.values()) == [1] * (MAILS - 1) + [2]


# ── in one process ──


class OtherFirst:
    """A sender that lets another process run when it has its first mail."""

    def __init__(self, other: Callable[[], object]) -> None:
        self.mails: list[Message] = []
        self._other = other

    def __call__(self, mail: Message, *, before_dot: Callable[[], None]) -> None:
        if not self.mails:
            self._other()
        before_dot()
        self.mails.append(mail)

    def send_all(self, messages: Any) -> None:
        one_by_one(self, messages)

    def close(self) -> None:
        """There is no connection."""


def newsstand() -> Newsstand:
    stand = Newsstand()
    stand.lay_out("daily", TUESDAY, paper(1), paper(2))
    return stand


def app_with(database: str, number: int, **fields: Any) -> App:
    readers = [profile(f"r{n}", to=f"r{n}@example.org") for n in range(number)]
    fields.setdefault("source", newsstand())
    store = fields.pop("store", None) or Store(database)
    return app_of(store, *readers, listings=[listing("daily")], **fields)


def run(app: App) -> runs.Report:
    return runs.run(app, list(app.listings.values()))


def test_what_one_process_has_leased_another_leaves_and_does_the_rest(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each takes one at a time, so that there is a rest."""
    monkeypatch.setattr(deliver, "ISSUES_AT_A_TIME", 1)
    monkeypatch.setattr(compose, "SUBSCRIBERS_PER_BATCH", 1)
    reports: list[runs.Report] = []
    second = app_with(database, 3)
    first = app_with(database, 3, sender=OtherFirst(lambda: reports.append(run(second))))

    reports.append(run(first))
    assert [report.issues for report in reports] == [0, 3]
    assert [len(report.outcomes) for report in reports] == [2, 1]
    assert {state for report in reports for state in report.outcomes} == {DeliveryState.SENT}
    assert [report.waiting for report in reports] == [0, 0]
    for app in (first, second):
        app.store.close()


@pytest.mark.parametrize("database", some(KINDS, 1), indirect=True)
def test_a_process_leases_twenty_mails_and_leaves_the_rest_to_others(database: str) -> None:
    sent: list[runs.Report] = []
    second = app_with(database, 45)
    first = app_with(database, 45, sender=OtherFirst(lambda: sent.append(runs.send_only(second))))

    runs.run(first, [listing("daily")], hands_over=False)
    sent.append(runs.send_only(first))
    assert [len(report.outcomes) for report in sent] == [25, 20]
    for app in (first, second):
        app.store.close()


def test_who_has_much_to_do_leases_more_at_a_time_and_never_more_than_a_hundred() -> None:
    found = [deliver.issues_after(leased) for leased in (0, 1_000, 2_500, 5_000, 100_000)]
    assert found == [20, 20, 50, 100, 100]


def test_what_becomes_free_meanwhile_goes_after_five_leases(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """And not behind all that is due, which may be minutes."""
    monkeypatch.setattr(deliver, "ISSUES_AT_A_TIME", 1)

    def hold(ends: Any) -> None:
        with app.store.begin() as tx:
            first = update(schema.deliveries).where(schema.deliveries.c.id == 1)
            tx.execute(first.values(leased_until=ends and leases.clock(tx) + ends))

    app = app_with(database, 8, sender=OtherFirst(lambda: hold(None)))
    runs.run(app, [listing("daily")], hands_over=False)
    hold(leases.LEASE)
    runs.send_only(app)
    sent = [mail.recipient for mail in app.sender.mails]  # type: ignore[attr-defined]
    assert sent == [f"r{number}@example.org" for number in (1, 2, 3, 4, 5, 0, 6, 7)]
    app.store.close()


def test_who_had_an_issue_since_they_were_found_is_not_leased_in_vain(database: str) -> None:
    """Both find the same three; a lease raises the fence."""
    first, second = (app_with(database, 3) for _ in range(2))
    runs.collect_only(first, [listing("daily")])
    first.composer.enrol()
    found = list(second.composer.due_batches())
    assert first.composer.compose(first.composer.due_batches()) == 3
    assert second.composer.compose(found) == 0
    with first.store.begin() as tx:
        assert set(tx.execute(select(schema.subscribers.c.fence)).scalars()) == {1}
    for app in (first, second):
        app.store.close()


def test_an_edition_is_looked_up_for_the_first_issue_that_shows_it_and_no_further_one(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Three transactions of an issue each, all with the same papers; the first marks them, too."""
    monkeypatch.setattr(compose, "ISSUES_A_TRANSACTION", 1)
    app = app_with(database, 3)
    runs.collect_only(app, [listing("daily")])
    app.composer.enrol()
    asked: list[str] = []
    event.listen(app.store._engine, "before_cursor_execute", lambda *of: asked.append(of[2]))
    assert app.composer.compose(app.composer.due_batches()) == 3
    assert sum("papers.is_issued" in text and "edition IN" in text for text in asked) == 2
    with app.store.begin() as tx:
        assert set(tx.execute(select(schema.papers.c.is_issued)).scalars()) == {True}
    app.store.close()


def test_a_batch_is_looked_for_once_the_one_before_is_made(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What others have by then, or have had, is left to them, and no process lists all at once."""
    monkeypatch.setattr(compose, "SUBSCRIBERS_PER_BATCH", 2)
    first, second = (app_with(database, 7) for _ in range(2))
    runs.collect_only(first, [listing("daily")])
    first.composer.enrol()
    batches = first.composer.due_batches()
    assert [each.subscriber.id for each in next(batches)] == [1, 2]

    theirs = second.composer.due_batches()
    assert second.composer.compose([next(theirs), next(theirs)]) == 4
    with second.store.begin() as tx:
        taken = update(schema.subscribers).where(schema.subscribers.c.id == 5)
        tx.execute(taken.values(leased_until=leases.clock(tx) + leases.LEASE))
    assert [[each.subscriber.id for each in batch] for batch in batches] == [[6, 7]]
    assert {each.subscriber.id for each in first.composer.due_issues()} == {5, 6, 7}
    for app in (first, second):
        app.store.close()


def test_four_senders_together_hand_a_relay_no_more_than_its_day_allows(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Each begins while the one before has its first mail in hand, which counts."""
    monkeypatch.setattr(deliver, "ISSUES_AT_A_TIME", 2)
    apps = [app_with(database, 9, per_day=5) for _ in range(4)]
    for app, other in pairwise(apps):
        app.sender = OtherFirst(partial(runs.send_only, other))
    run(apps[0])
    sent = [len(app.sender.mails) for app in apps]  # type: ignore[attr-defined]
    assert (sum(sent), sent[3]) == (5, 0)
    with apps[0].store.begin() as tx:
        assert outbox.count(tx, [DeliveryState.QUEUED]) == 4
    for app in apps:
        app.store.close()


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_mail_that_is_settled_while_a_day_is_counted_is_counted(database: str) -> None:
    """A process counts in hand what it has not found settled: not a moment later."""
    app, other = app_with(database, 1), Store(database)
    runs.run(app, list(app.listings.values()), hands_over=False)
    with app.store.begin() as tx:
        [id] = outbox.lease(tx, leases.Worker(7), app.now(), 1)
        claimed = outbox.claim(tx, id, app.now(), leases.Worker(7))
    assert claimed is not None

    def settle(_connection: Any, _cursor: Any, statement: str, *_: Any) -> None:
        if "deliveries" in statement:
            with other.begin() as tx:
                outbox.settle(tx, claimed.delivery, DeliveryState.SENT, app.now())

    with app.store.begin() as tx:
        event.listen(tx, "after_cursor_execute", settle)
        assert sum(outbox.count_used(tx, app.now() - timedelta(hours=24)).values()) == 1
    with app.store.begin() as tx:
        assert outbox.counts(tx) == {DeliveryState.SENT: 1}
    for each in (app.store, other):
        each.close()


class Waiting(Event):
    """What a process looks at while it waits for another."""

    def __init__(self) -> None:
        super().__init__()
        self.has_waited = Event()

    def wait(self, timeout: float | None = None) -> bool:
        """Say that it is waited for."""
        self.has_waited.set()
        return super().wait(timeout)


@pytest.mark.skipif(IS_QUEUED, reason="by a queue it would begin with a tick, and look later")
def test_a_listing_that_another_process_reads_is_waited_for(database: str) -> None:
    stand, waits, found = newsstand(), Waiting(), list[runs.Report]()
    second = app_with(database, 1, source=stand, stop=waits)
    thread = Thread(target=lambda: found.append(run(second)))

    def source(each: Listing, day: Any) -> Any:
        thread.start()
        waits.has_waited.wait()
        return stand(each, day)

    first = app_with(database, 1, source=source)
    done = run(first)
    thread.join()
    assert len(stand.asked) == 1
    assert found[0].snapshots == done.snapshots
    assert found[0].issues + done.issues == 1  # type: ignore[operator]
    for app in (first, second):
        app.store.close()


def taken_over(store: Store, table: Table, which: ColumnElement[bool] | None = None) -> None:
    """As by another process, after the leases have ended."""
    with store.begin() as tx:
        taking = update(table).where(true() if which is None else which)
        tx.execute(taking.values(fence=table.c.fence + 1, leased_until=None, holder=None))


def test_what_a_process_has_read_is_not_stored_once_another_has_its_job(database: str) -> None:
    def source(each: Listing, day: Any) -> Any:
        taken_over(app.store, schema.jobs)
        return newsstand()(each, day)

    app = app_with(database, 1, source=source)
    with pytest.raises(LostError, match="listing daily: another process has taken this over"):
        run(app)
    with app.store.begin() as tx:
        assert tx.execute(select(schema.snapshots.c.id)).all() == []
    app.store.close()


def test_an_issue_is_not_made_once_another_process_has_its_subscriber(database: str) -> None:
    app = app_with(database, 1)
    done = runs.run(
        app, [listing("daily")], observe=lambda _: taken_over(app.store, schema.subscribers)
    )
    assert (done.issues, done.outcomes) == (0, ())
    app.store.close()


def test_who_is_lost_to_another_process_costs_no_other_their_issue(database: str) -> None:
    app = app_with(database, 3)
    first = schema.subscribers.c.id == 1
    done = runs.run(
        app, [listing("daily")], observe=lambda _: taken_over(app.store, schema.subscribers, first)
    )
    assert (done.issues, len(done.outcomes)) == (2, 2)
    app.store.close()


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_no_other_process_takes_readers_while_their_issues_are_written(database: str) -> None:
    """However long that takes, and though the leases have ended: the first costs not the rest."""
    app, free = app_with(database, 3), list[int]()
    people = select(schema.subscribers.c.id).with_for_update(skip_locked=True)
    with closing(Store(database)) as other:

        def look(*_: object) -> None:
            with other.begin() as tx:
                free.extend(tx.execute(people).scalars())

        event.listen(app.store._engine, "savepoint", look)
        assert (run(app).issues, free) == (3, [])
    app.store.close()


def test_a_dry_run_waits_for_no_other_and_leaves_out_nobody(database: str) -> None:
    """Neither what the dead held nor what others do now is any matter of one that keeps nothing."""
    app = app_with(database, 1)
    app.composer.enrol()
    with app.store.work(), jobs.held(app.store, [runs.job_of("daily")]), app.store.begin() as tx:
        for table in (schema.jobs, schema.subscribers):
            tx.execute(update(table).values(leased_until=leases.clock(tx) + leases.LEASE))
    rehearsal = app_with(database, 1, store=DryRunStore(database), stop=Impatient())
    assert run(rehearsal).issues == 1
    rehearsal.store.close()
    app.store.close()


class Impatient(Event):
    """Ends a process at the first moment at which it waits for another."""

    def wait(self, timeout: float | None = None) -> bool:
        """Say that it is to end."""
        return True


def test_a_subscriber_of_an_issue_that_broke_off_is_free(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Outside of a run, as when a mail asks for one, there is no worker that could be dead."""
    app = app_with(database, 1)
    run(app)

    def broken(*_: Any) -> Any:
        raise RuntimeError("no room")

    with app.store.begin() as tx:
        tx.execute(update(schema.subscribers).values(last_day=None))
    monkeypatch.setattr(type(app.composer), "_unread", broken)
    with pytest.raises(RuntimeError, match="no room"):
        app.composer.compose(app.composer.due_batches())
    with app.store.begin() as tx:
        assert tx.execute(select(schema.subscribers.c.leased_until)).scalars().all() == [None]
    app.store.close()


def test_a_mailbox_that_another_process_empties_is_left(database: str) -> None:
    app = app_with(
        database, 1, mailbox=Mailbox(MailboxSettings(host="localhost", user="", password=""))
    )
    with closing(Store(database)) as other, other.work(), jobs.held(other, ["inbox"]):
        with app.store.work():
            mailbox.empty_if_due(app)
    with app.store.begin() as tx:
        assert settings.setting(tx, settings.MAILBOX_TROUBLE) is None
    app.store.close()


# ── one that hangs, and what is locked ──


class Patient(Event):
    """Lets no time pass while a process waits for another."""

    def wait(self, timeout: float | None = None) -> bool:
        """Say that it is to go on."""
        return False


def test_a_listing_that_a_process_hangs_on_is_not_waited_for_without_end(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(jobs, "LOOKS", 3)
    monkeypatch.setattr(runs, "LOOKS_IN_SILENCE", 1)
    said: list[str] = []
    app = app_with(database, 1, stop=Patient(), report_trouble=said.append)
    with closing(Store(database)) as other, other.work(), jobs.held(other, ["listing daily"]):
        done = run(app)
        who = f"{socket.gethostname()}:{os.getpid()}"
    assert said == [
        f"waits for {who}: listing daily",
        f"listing daily: {who} has been at it for ten minutes; it is left out",
    ]
    assert (done.snapshots, done.unread, done.issues) == ((), ("daily",), 0)
    assert exit_code(TroubleReporter(), done, is_misconfigured=False) == LATER
    with (
        closing(Store(database)) as other,
        jobs.held(other, ["restored"]),
        pytest.raises(BusyError, match="restored: another process has been at it for ten minutes"),
        jobs.waited_for(app.store, "restored", Patient()),
    ):
        pass
    app.store.close()


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_subscribers_that_are_locked_all_the_while_are_named(database: str) -> None:
    said: list[str] = []
    app = app_with(database, 2, report_trouble=said.append)
    app.composer.enrol()
    with closing(Store(database)) as other, other.begin() as tx:
        tx.execute(select(schema.subscribers).where(schema.subscribers.c.id == 1).with_for_update())
        with app.store.work():
            runs.collected(app, list(app.listings.values()))
            assert app.composer.compose(app.composer.due_batches()) == 1
    assert said == ["1 issues wait for the next run: another session has locked their readers"]
    app.store.close()


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_a_dry_run_holds_no_lock_that_others_wait_for(database: str) -> None:
    app = app_with(database, 1, store=DryRunStore(database))
    app.composer.enrol()
    with app.store.begin() as tx:
        outbox.lock_notices(tx)
        if tx.dialect.name == "postgresql":
            assert tx.execute(text("SHOW lock_timeout")).scalar_one() == "10s"
    with closing(Store(database)) as other, other.begin() as tx:
        for key in (engine.ENROL_LOCK, engine.NOTICE_LOCK):
            assert tx.execute(text(f"SELECT pg_try_advisory_xact_lock({key})")).scalar_one()
    app.store.close()


def test_an_issue_that_another_process_makes_is_asked_for_again(database: str) -> None:
    """As by a mail with "digest": that there is nothing new would be wrong."""
    app = app_with(database, 1)
    app.composer.enrol()
    with app.store.begin() as tx:
        tx.execute(update(schema.subscribers).values(leased_until=leases.clock(tx) + leases.LEASE))
    with pytest.raises(BusyError, match="another process makes this reader's issue"):
        app.composer.make_now(1)
    app.store.close()


REFUSING = {
    "sqlite": """
        CREATE TRIGGER refusing BEFORE INSERT ON issues WHEN NEW.subscriber_id = 2
        BEGIN SELECT RAISE(ABORT, 'no room for two'); END
    """,
    "postgresql": """
        CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS
        $$ BEGIN RAISE EXCEPTION 'no room for two'; END $$;
        CREATE TRIGGER refusing BEFORE INSERT ON issues FOR EACH ROW
        WHEN (NEW.subscriber_id = 2) EXECUTE FUNCTION refuse()
    """,
}


@both
def test_what_the_database_refuses_of_one_reader_costs_no_other_theirs(database: str) -> None:
    app = app_with(database, 3)
    with app.store.begin() as tx:
        tx.exec_driver_sql(REFUSING[app.store.dialect])
    assert len(run(app).outcomes) == 2
    with app.store.begin() as tx:
        assert tx.execute(select(schema.issues.c.subscriber_id)).scalars().all() == [1, 3]
        leased = schema.subscribers.c.leased_until.is_not(None)
        assert tx.execute(select(schema.subscribers.c.id).where(leased)).all() == []
        tx.exec_driver_sql(f"DROP TRIGGER refusing{' ON issues' * (tx.dialect.name != 'sqlite')}")
    assert len(run(app).outcomes) == 1
    app.store.close()
