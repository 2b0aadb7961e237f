"""Several workers on one database: what one holds, the others leave, until it has died."""

from __future__ import annotations

import os
import socket
from collections.abc import Iterator
from contextlib import ExitStack
from datetime import timedelta
from pathlib import Path
from threading import Thread
from time import monotonic

import pytest
from sqlalchemy import insert, select, true

from digest.store import BusyError, LostError, ReplacedError, Store, leases, schema, workers
from digest.store.leases import Worker

JOBS = schema.jobs
TAKING = leases.taking(JOBS, true())


@pytest.fixture
def stores(database: str) -> Iterator[tuple[Store, Store]]:
    """Two that have opened one database, as two processes do."""
    one, other = Store(database), Store(database)
    with one.begin() as tx:
        tx.execute(insert(JOBS), [{"name": name} for name in "abcde"])
    yield one, other
    one.close()
    other.close()


def taken(store: Store, most: int = 5) -> dict[str, int]:
    with store.begin() as tx:
        return leases.take(tx, TAKING, store.worker, most=most)


def held(store: Store) -> dict[str, int]:
    """Which worker holds each row, as the database has it."""
    with store.begin() as tx:
        query = select(JOBS.c.name, JOBS.c.holder).where(JOBS.c.holder.is_not(None))
        return {row.name: row.holder for row in tx.execute(query)}


def test_two_workers_share_what_is_free(stores: tuple[Store, Store]) -> None:
    one, other = stores
    with one.work(), other.work():
        assert taken(one, 2) == {"a": 1, "b": 1}
        assert taken(other, 9) == {"c": 1, "d": 1, "e": 1}
        assert taken(one) == {}
        with other.begin() as tx:
            assert leases.release(tx, JOBS, "d", 1)
            assert other.dead_workers(tx) == set()
        assert taken(one) == {"d": 2}


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_on_postgresql_they_do_not_wait_for_each_other(stores: tuple[Store, Store]) -> None:
    one, other = stores
    with one.begin() as tx, other.begin() as beside:
        assert len(leases.take(tx, TAKING, Worker(1), most=3)) == 3
        assert leases.take(beside, TAKING, Worker(2)) == {"d": 1, "e": 1}


def test_a_lease_ends_unless_it_is_renewed_and_its_holder_can_write_nothing_more(
    stores: tuple[Store, Store],
) -> None:
    one, _ = stores
    brief, long = Worker(1, timedelta(0)), Worker(2)
    with one.begin() as tx:
        assert leases.take(tx, TAKING, brief, most=1) == {"a": 1}
        leases.renew(tx, Worker(1))
        assert leases.take(tx, TAKING, long, most=1) == {"b": 1}
        leases.renew(tx, brief)
        assert leases.take(tx, TAKING, long, most=1) == {"a": 2}

        assert not leases.release(tx, JOBS, "a", 1)
        assert leases.release(tx, JOBS, "a", 2)


def test_a_worker_that_lives_renews_what_it_holds(database: str) -> None:
    """It is waited for until it has: the lease is short, and no test needs it to end."""
    store = Store(database, timedelta(seconds=0.3))
    with store.begin() as tx:
        tx.execute(insert(JOBS), [{"name": "a"}])
    with store.work():
        taken(store)
        first = ends = _ends(store)
        while ends == first:
            ends = _ends(store)
    store.close()


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_what_is_locked_is_not_renewed_and_that_is_known(stores: tuple[Store, Store]) -> None:
    """So it is tried again soon, and a worker that lives loses nothing to a lock of a moment."""
    one, other = stores
    with one.work():
        taken(one)
        with other.begin() as tx:
            tx.execute(select(JOBS).where(JOBS.c.name == "b").with_for_update())
            assert not one.renew()
        assert one.renew()


def test_a_worker_whose_work_hangs_renews_nothing(
    database: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Its thread that renews goes on, and would for ever."""
    store = Store(database)
    with store.begin() as tx:
        tx.execute(insert(JOBS), [{"name": "a"}])
    with store.work():
        taken(store)
        first, now = _ends(store), monotonic()
        for later, is_renewed in ((700, False), (500, True)):
            monkeypatch.setattr("digest.store.monotonic", lambda: now + later)  # noqa: B023
            renewing = Thread(target=store.renew)
            renewing.start()
            renewing.join()
            monkeypatch.undo()
            assert (_ends(store) != first) is is_renewed
    store.close()


def test_who_is_at_work_is_noted_until_it_ends_or_is_found_dead(
    stores: tuple[Store, Store],
) -> None:
    one, other = stores
    with one.begin() as tx:
        workers.join(tx, 7, frozenset)
    with one.work():
        with other.work(), other.begin() as tx:
            here = f"{socket.gethostname()}:{os.getpid()}"
            assert [each.name for each in workers.all_workers(tx)] == [here] * 2
        with other.begin() as tx:
            assert len(workers.all_workers(tx)) == 1
    with other.begin() as tx:
        assert workers.all_workers(tx) == []


def _ends(store: Store) -> object:
    with store.begin() as tx:
        return tx.execute(select(JOBS.c.leased_until)).scalar_one()


def test_what_a_dead_worker_held_is_free_at_once(stores: tuple[Store, Store]) -> None:
    one, other = stores
    with ExitStack() as life, other.work():
        life.enter_context(one.work())
        dead = one.worker.id
        taken(one, 2)
        taken(other, 1)
        with other.begin() as tx:
            assert other.dead_workers(tx) == set()
        life.close()

        with other.begin() as tx:
            assert other.dead_workers(tx) == {dead}
            leases.free(tx, {dead})
        assert held(other) == {"c": other.worker.id}
        with one.begin() as tx:
            assert not leases.release(tx, JOBS, "a", 1)


def test_a_process_that_is_no_worker_holds_until_its_lease_ends(
    stores: tuple[Store, Store],
) -> None:
    one, other = stores
    assert len(taken(one)) == 5
    with other.work():
        assert taken(other) == {}
        with other.begin() as tx:
            assert other.dead_workers(tx) == set()


def test_whoever_needs_the_database_alone_waits_for_the_workers(
    stores: tuple[Store, Store],
) -> None:
    one, other = stores
    with one.work(), other.work(), pytest.raises(BusyError), one.run_lock():
        pass
    with one.run_lock(), pytest.raises(BusyError), other.work():
        pass
    with one.run_lock():
        pass


def test_a_worker_without_its_file_sends_nothing_more(tmp_path: Path, database: str) -> None:
    store = Store(database)
    with store.work():
        store.check_turn()
        files = [path.name for path in tmp_path.glob("*.worker-*")]
        if store.dialect == "sqlite":
            assert files == [f"digest.db.worker-{store.worker.id}"]
            (tmp_path / files[0]).unlink()
            with pytest.raises(LostError, match=r"worker-\d+ was deleted"):
                store.check_turn()
    store.close()
    assert not list(tmp_path.glob("*.worker-*"))


def test_a_file_that_a_dead_worker_left_is_removed(lite: Store, tmp_path: Path) -> None:
    left = tmp_path / "digest.db.worker-7"
    left.touch()
    with lite.work():
        assert not left.exists()


def test_a_worker_stops_once_a_newer_version_has_brought_the_schema_up_to_date(
    store: Store,
) -> None:
    with store.work():
        with store.begin() as tx:
            tx.exec_driver_sql("UPDATE alembic_version SET version_num = '9999'")
        if store.dialect == "postgresql":  # on SQLite with the next turn
            with pytest.raises(ReplacedError, match="a newer version of digest"):
                store.check_turn()
    with pytest.raises(ReplacedError, match="end it, and start the newer one"), store.work():
        pass


@pytest.mark.parametrize("database", ["postgresql"], indirect=True)
def test_whether_anything_is_held_is_found_by_indexes_before_rows_are_counted(
    store: Store,
) -> None:
    """As after a day's first rows: the server knows nothing of them yet."""
    with store.begin() as tx:
        asked = leases._LEAST_HOLDERS.compile(tx.engine, compile_kwargs={"literal_binds": True})
        plan = "\n".join(tx.exec_driver_sql(f"EXPLAIN {asked}").scalars())
    for many in ("ix_subscribers_holder", "deliveries_rest_holder_idx"):
        assert many in plan
    for many in ("subscribers", "deliveries"):
        assert f"Seq Scan on {many}" not in plan
