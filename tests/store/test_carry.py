"""Everything is carried from one kind of database to the other, or nothing is."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
from click.testing import CliRunner
from sqlalchemy import func, select, text

from digest.cli import main
from digest.store import (
    BusyError,
    Store,
    StoreError,
    papers,
    profile_files,
    profiles,
    schema,
    search,
    settings,
    workers,
)
from digest.store.carry import carry
from digest.store.editions import keep_editions
from digest.store.faults import SettingsError

from ..databases import fresh_postgres
from ..factories import paper
from .test_migrations import ROWS
from .test_store import of_an_earlier_version

TITLES = ("Sparse training", "Ångström, “quoted” \U0001f600", "x = 1e-07 \\u0041 'and' \"more\"")


@pytest.fixture(scope="module")
def original(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A file of SQLite with a row in each table, and some papers more, to be copied."""
    path = tmp_path_factory.mktemp("lived") / "lived.db"
    url = f"sqlite:///{path}"
    with of_an_earlier_version(url, "0008") as (tx, _):
        for statement in ROWS.read_text(encoding="utf-8").split(";\n"):
            if statement.strip():
                tx.exec_driver_sql(statement)
    store = Store(url)
    store.migrate()
    some = [paper(number, title=title) for number, title in enumerate(TITLES)]
    with store.begin() as tx:
        # The rows of the file are no whole papers, which only the word index minds.
        for table in (schema.sent, schema.papers):
            tx.execute(table.delete())
        keep_editions(tx, some)
        search.index(tx, some)
        profile_files.keep(tx, {"/moss.yaml": profile_files.ReadFile("a stamp")}, [])
        profiles.keep_broken(tx, {"/moss.yaml": [[1, 1, "a mistake", "", "error", ""]]})
        tx.execute(schema.jobs.insert(), {"name": "inbox"})
        tx.execute(schema.paces.insert(), {"name": "arxiv.org", "free_at": 1.5})
        workers.join(tx, 7, frozenset)
    store.close()
    return path


@pytest.fixture
def lived(original: Path, tmp_path: Path) -> str:
    """A database with a row in each table."""
    return f"sqlite:///{shutil.copy(original, tmp_path)}"


@pytest.fixture
def empty(postgres: str) -> Iterator[str]:
    with fresh_postgres(postgres) as url:
        yield url


def contents(url: str) -> dict[str, list[dict[str, object]]]:
    with closing(Store(url)) as store, store.begin() as tx:
        return {
            table.name: sorted(
                (dict(row) for row in tx.execute(select(table)).mappings()), key=repr
            )
            for table in schema.metadata.sorted_tables
        }


def without_place(found: dict[str, list[dict[str, object]]]) -> dict[str, list[dict[str, object]]]:
    rows = [row for row in found["settings"] if row["name"] not in ("home", "turn")]
    return {**found, "settings": rows}


def test_everything_is_carried_over_and_back_and_no_row_differs(
    lived: str, empty: str, tmp_path: Path
) -> None:
    back = f"sqlite:///{tmp_path}/back.db"
    before, lines = contents(lived), list[str]()

    carry(lived, empty, lines.append)
    carry(empty, back, lines.append)

    assert without_place(contents(empty)) == without_place(before)
    assert without_place(contents(back)) == without_place(before)
    tables = [table.name for table in schema.metadata.sorted_tables]
    assert [line.split()[0] for line in lines] == tables * 2
    assert all(rows for name, rows in before.items() if name != "sent")
    # The words are found, and new rows get numbers of their own.
    with closing(Store(empty)) as store, store.begin() as tx:
        assert [each.key for each in search.search(tx, "quoted", 5)] == ["arxiv:2603.00001"]
        last = tx.execute(select(func.max(schema.papers.c.id))).scalar_one()
        keep_editions(tx, [paper(99)])
        assert tx.execute(select(func.max(schema.papers.c.id))).scalar_one() == last + 1


def test_a_second_time_changes_nothing(lived: str, empty: str) -> None:
    carry(lived, empty, lambda _: None)
    before, lines = contents(empty), list[str]()

    carry(lived, empty, lines.append)

    assert contents(empty) == before
    assert all(line.endswith("there already") for line in lines)


def test_a_target_with_rows_of_its_own_is_refused(lived: str, empty: str) -> None:
    with closing(Store(empty)) as store, store.begin() as tx:
        settings.keep_setting(tx, "name", "another")

    with pytest.raises(StoreError, match=r"answers has 0 rows.*name one that is empty"):
        carry(lived, empty, lambda _: None)


def test_a_row_that_the_target_cannot_hold_leaves_it_as_it_was(lived: str, empty: str) -> None:
    with closing(Store(lived)) as store, store.begin() as tx:
        tx.execute(text("UPDATE bounces SET detail = 'a' || char(0) || 'b'"))

    with pytest.raises(StoreError, match=r"bounces: .*; nothing was carried over"):
        carry(lived, empty, lambda _: None)

    assert not any(rows for rows in without_place(contents(empty)).values())


def test_a_database_that_is_in_use_is_refused(lived: str, empty: str) -> None:
    carry(lived, empty, lambda _: None)
    with closing(Store(empty)) as other:
        with other.begin() as tx:
            papers.last_id(tx)
        with pytest.raises(BusyError, match="is in use"):
            carry(lived, empty, lambda _: None)
    with closing(Store(lived)) as other, other.run_lock(), pytest.raises(BusyError):
        carry(lived, empty, lambda _: None)


def test_the_command_says_what_is_wrong_in_one_line(lived: str, tmp_path: Path) -> None:
    def ended(source: str, target: str) -> tuple[int, str]:
        result = CliRunner().invoke(main, ["migrate", "--from", source, "--to", target])
        return result.exit_code, result.output.rpartition("\nError: ")[2]

    there = f"sqlite:///{tmp_path}/there.db"
    assert ended(f"sqlite:///{tmp_path}/no.db", there) == (
        2,
        f"--from: {tmp_path}/no.db: no such database\n",
    )
    assert ended(lived, lived) == (2, "--from and --to name the same database\n")
    assert ended("mysql://there", there)[0] == 2
    code, output = ended(lived, there)
    assert code == 0
    assert output.splitlines()[-1].startswith("all is the same in both")
    assert len(output.splitlines()) == len(schema.metadata.sorted_tables) + 1


def test_a_source_that_is_none_is_refused() -> None:
    with pytest.raises(SettingsError, match="no such database"):
        carry("sqlite:////nowhere/digest.db", "sqlite://", lambda _: None)
