"""Jobs in a queue: whatever becomes of them, each reader gets each issue once."""

from __future__ import annotations

import asyncio
import threading
from collections.abc import Callable, Iterator
from contextlib import closing
from datetime import time
from pathlib import Path
from queue import SimpleQueue
from typing import Any

import psycopg
import pytest
from procrastinate.exceptions import ConnectorException
from sqlalchemy import make_url

from bench._mortal import sink
from digest.app import App
from digest.model import DeliveryState, Message, Schedule
from digest.pipeline import runs
from digest.pipeline.collect import job_of
from digest.service import dispatch
from digest.service.dispatch import Dispatcher, due_jobs
from digest.store import Store, due_dates, job_tables, jobs, outbox

from .. import processes, queued
from ..apps import app_of, profile
from ..databases import WAITING
from ..factories import TUESDAY, listing, paper
from ..fakes import Newsstand, Postbox
from ..store.test_taken_away import MAILS, Installation, meddle
from .test_serve import digest

pytestmark = pytest.mark.parametrize("database", ["postgresql"], indirect=True)

READERS = 3

#: The sessions of workers that listen, and how all sessions are cut.
LISTENERS = "SELECT 1 FROM digest_jobs.procrastinate_workers"
CUT = "SELECT pg_terminate_backend(pid) FROM pg_stat_activity WHERE datname = %s"


@pytest.fixture(autouse=True)
def _without_jobs(database: str) -> Iterator[None]:
    """Databases of tests are used again, and know nothing of this schema."""
    yield
    with jobs_of(database) as session:
        session.execute(f"DROP SCHEMA IF EXISTS {job_tables.SCHEMA} CASCADE".encode())


def jobs_of(database: str) -> Any:
    options = f"-c search_path={job_tables.SCHEMA}"
    return psycopg.connect(job_tables.address(database), options=options, autocommit=True)


class Letterbox(Postbox):
    """A sender whose next mail can be waited for."""

    def __init__(self) -> None:
        super().__init__()
        self.comes = threading.Semaphore(0)

    def __call__(self, mail: Message, *, before_dot: Callable[[], None]) -> None:
        super().__call__(mail, before_dot=before_dot)
        self.comes.release()


@pytest.fixture
def post() -> Letterbox:
    return Letterbox()


@pytest.fixture
def apps(database: str, post: Postbox) -> Iterator[list[App]]:
    """Two digests, as two workers have, with the same readers, source and relay."""
    stand = Newsstand()
    stand.lay_out("daily", TUESDAY, paper(1), paper(2))
    readers = [profile(f"r{n}", to=f"r{n}@example.org") for n in range(READERS)]
    found = [
        app_of(Store(database), *readers, listings=[listing("daily")], source=stand, sender=post)
        for _ in range(2)
    ]
    yield found
    for app in found:
        app.store.close()


def dispatcher(apps: list[App], database: str) -> Dispatcher:
    return Dispatcher(apps, database, threading.Event())


def ticked(worker: Dispatcher) -> None:
    """Let a minute begin, and do all its jobs."""
    queue(worker, "tick")
    worker.run(waits=False)


def queue(worker: Dispatcher, *names: str) -> None:
    with worker.queue.open():
        worker.defer(names)


def names_in(database: str) -> list[str]:
    with jobs_of(database) as session:
        query = "SELECT queueing_lock FROM procrastinate_jobs WHERE status = 'todo' ORDER BY id"
        return [row[0] for row in session.execute(query)]


def assert_each_got_one(post: Postbox, app: App) -> None:
    assert sorted(mail.recipient for mail in post.mails) == [
        f"r{n}@example.org" for n in range(READERS)
    ]
    with app.store.begin() as tx:
        assert outbox.counts(tx) == {DeliveryState.SENT: READERS}
    assert list(due_jobs(app)) == []


def test_one_tick_brings_all_that_is_due_and_leaves_no_job(
    apps: list[App], post: Postbox, database: str
) -> None:
    ticked(dispatcher(apps[:1], database))
    assert_each_got_one(post, apps[0])
    assert names_in(database) == []


def test_each_job_that_made_or_sent_something_is_announced(
    apps: list[App], post: Postbox, database: str
) -> None:
    heard: list[tuple[int | None, int]] = []
    worker = Dispatcher(
        apps[:1],
        database,
        threading.Event(),
        lambda app, done: heard.append((done.issues, len(done.outcomes))),
    )
    ticked(worker)
    assert [each for each in heard if any(each)] == [(READERS, 0), (0, READERS)]


def test_a_worker_begins_with_a_tick_whatever_the_minute(
    apps: list[App], post: Letterbox, database: str
) -> None:
    """As one that is started again after a kill, in a minute that has had its tick."""
    worker = dispatcher(apps[:1], database)
    worker.queue.periodic_registry.periodic_tasks.clear()
    thread = threading.Thread(target=worker.run)
    thread.start()
    for _ in range(READERS):
        post.comes.acquire()
    worker._stop.set()
    thread.join()
    assert_each_got_one(post, apps[0])


def test_a_run_by_jobs_reports_what_a_run_does(apps: list[App], post: Postbox) -> None:
    """As ``python -m bench suite --dispatch procrastinate`` runs the pipeline's tests."""
    report = queued.run(apps[0], list(apps[0].listings.values()))
    assert (report.issues, report.outcomes) == (READERS, (DeliveryState.SENT,) * READERS)
    assert [each.listing for each in report.snapshots] == ["daily"]
    assert_each_got_one(post, apps[0])


def test_workers_of_one_kind_do_no_other(apps: list[App], post: Postbox, database: str) -> None:
    collects, rest = (dispatcher([app], database) for app in apps)
    queue(collects, "tick")
    collects.run(["collect"], waits=False)
    assert post.mails == []
    assert names_in(database) == ["compose 0"]
    rest.run(["compose", "deliver"], waits=False)
    assert_each_got_one(post, apps[0])


def test_jobs_that_are_lost_are_made_up_for_by_the_next_tick(
    apps: list[App], post: Postbox, database: str
) -> None:
    worker = dispatcher(apps[:1], database)
    for only in (["inbox"], ["collect", "compose"]):
        queue(worker, "tick")
        worker.run(only, waits=False)
        assert names_in(database)
        with jobs_of(database) as session:
            session.execute("DELETE FROM procrastinate_jobs")
    assert post.mails == []
    ticked(worker)
    assert_each_got_one(post, apps[0])


def test_jobs_that_are_doubled_or_stuck_do_nothing_twice(
    apps: list[App], post: Postbox, database: str
) -> None:
    """Stuck: a worker took them, and was never seen again."""
    worker = dispatcher(apps, database)
    names = ["collect daily", *(f"{kind} {n}" for kind in ("compose", "deliver") for n in range(2))]
    queue(worker, *names)
    with jobs_of(database) as session:
        session.execute("UPDATE procrastinate_jobs SET status = 'doing'")
    queue(worker, *names, *names)
    for _ in range(2):
        ticked(worker)
    assert_each_got_one(post, apps[0])
    with jobs_of(database) as session:
        doing = "SELECT count(*) FROM procrastinate_jobs WHERE status = 'doing'"
        assert session.execute(doing).fetchone() == (len(names),), "who began them may live"
        session.execute("UPDATE procrastinate_events SET at = at - interval '2 hours'")
    ticked(worker)
    with jobs_of(database) as session:
        assert session.execute(doing).fetchone() == (0,)


def test_a_queue_whose_table_is_locked_delays_and_loses_nothing(
    apps: list[App], post: Postbox, database: str
) -> None:
    worker = dispatcher(apps[:1], database)
    queue(worker, "tick")
    thread = threading.Thread(target=worker.run, kwargs={"waits": False})
    with jobs_of(database) as session, closing(jobs_of(database)) as other:
        with session.transaction():
            session.execute("LOCK TABLE procrastinate_jobs")
            thread.start()
            while not other.execute(WAITING).fetchone()[0]:
                pass
            assert post.mails == []
    thread.join()
    assert_each_got_one(post, apps[0])


def test_what_a_step_leaves_waits_for_the_next_tick(
    apps: list[App], post: Postbox, database: str
) -> None:
    """Deferred at the end of its own job it would be done over and over, to no end."""
    app, other = apps
    with other.store.work():
        with jobs.held(other.store, [job_of("daily")]) as ours:
            assert ours
            ticked(dispatcher([app], database))
        app.now.forward(minutes=10)  # type: ignore[attr-defined]
        runs.collect_only(app, list(app.listings.values()))
        with other.store.begin() as tx:
            due_dates.lock_rows(tx, due_dates.served(tx))
            ticked(dispatcher([app], database))
    assert post.mails == []
    app.per_day = 1
    ticked(dispatcher([app], database))
    assert len(post.mails) == 1


def test_a_worker_that_is_cut_off_from_its_database_goes_on_once_it_is_back(
    apps: list[App], post: Letterbox, database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """As where its server is restarted: it neither ends nor says more than a line of each kind."""
    monkeypatch.setattr(dispatch, "PAUSE", 0.05)
    heard = SimpleQueue[str]()
    apps[0].report_trouble = heard.put
    worker, other = (dispatcher([app], database) for app in apps)
    thread = threading.Thread(target=worker.run)
    name = make_url(database).database
    with closing(psycopg.connect(job_tables.address(database), autocommit=True)) as session:
        thread.start()
        while not session.execute(LISTENERS).fetchall():
            pass
    elsewhere = make_url(database).set(database="postgres").render_as_string(False)
    with closing(psycopg.connect(job_tables.address(elsewhere), autocommit=True)) as session:
        session.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS false".encode())
        session.execute(CUT, [name])
        # A tick that begins meanwhile says of its own that the database is away.
        lines = [heard.get()]
        while not lines[-1].startswith("dispatch: "):
            lines.append(heard.get())
        session.execute(f"ALTER DATABASE {name} ALLOW_CONNECTIONS true".encode())
    lost = asyncio.new_event_loop()  # as where a session is cut once a job is done
    worker._hear(lost, {"exception": ConnectorException("cut"), "message": "never retrieved"})
    lost.close()
    lines.append(heard.get())
    assert [line for line in lines if "\n" in line] == []
    queue(other, "tick")
    for _ in range(READERS):
        post.comes.acquire()
    worker._stop.set()
    thread.join()
    assert_each_got_one(post, apps[0])


def test_an_issue_waits_for_a_listing_that_is_due_but_not_for_ever(apps: list[App]) -> None:
    app = apps[0]
    app.schedule = Schedule(at=time(8))
    app.composer.enrol()
    app.composer.refresh_due()
    app.now.forward(hours=1)  # type: ignore[attr-defined]  # all were away at the hour
    assert list(due_jobs(app)) == ["collect daily"]
    app.now.forward(minutes=10)  # type: ignore[attr-defined]
    assert list(due_jobs(app)) == ["collect daily", "compose 0"]


def test_tables_of_another_version_of_the_engine_are_made_anew(database: str) -> None:
    for version in ("1", "1", "2"):
        job_tables.prepare(database, "CREATE TABLE procrastinate_jobs (id int)", version)
        with jobs_of(database) as session:
            session.execute("INSERT INTO procrastinate_jobs VALUES (1)")
            [number] = session.execute("SELECT count(*) FROM procrastinate_jobs").fetchone()
        assert number == {"1": number, "2": 1}[version]
    assert number == 1


@pytest.fixture
def place(tmp_path: Path, database: str) -> Iterator[Installation]:
    with sink(tmp_path / "relay.log") as relay:
        yield Installation(tmp_path, *relay, database)


def settings(place: Installation, words: str) -> None:
    with (place.folder / "config.yaml").open("a") as config:
        config.write(words)


def test_a_worker_that_is_told_to_end_in_the_middle_of_its_mail_loses_none(
    place: Installation,
) -> None:
    settings(place, "dispatch: procrastinate\n")
    worker = processes.Popen(digest(place.folder, "worker"), stdout=-1, stderr=-1, text=True)
    meddle(place.relay, worker.terminate)
    said, complaints = worker.communicate()
    assert (worker.returncode, complaints) == (0, "")
    first, *between, last = said.splitlines()
    assert first == "digest worker does collect, compose, deliver, inbox; 1 at once"
    assert last == "digest worker has ended"
    assert between, "it said what it sent until then"
    assert all(" UTC: " in line or line.startswith("next mail: ") for line in between)
    done = processes.run(digest(place.folder, "send"), stdout=-3, stderr=-3)
    assert done.returncode == 0
    assert sorted(place.relay.accepted.values()) == [1] * MAILS
