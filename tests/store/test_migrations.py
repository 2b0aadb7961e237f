"""Databases of earlier schemas: a row in every table, led up to the newest."""

from __future__ import annotations

from pathlib import Path
from typing import Any

from alembic import command
from sqlalchemy import Connection, inspect, select

from digest.store import Store, schema

from .test_store import of_an_earlier_version

ROWS = Path(__file__).parents[1] / "data" / "schemas" / "0008.sql"

#: What migration 0010 renames.
TABLES = {"identities": "work_names", "seen": "seen_papers", "incoming": "inbound"}
COLUMNS = {
    ("suppressions", "mark"): "mailbox",
    ("suppressions", "letters"): "notices",
    ("answers", "mark"): "mailbox",
    ("incoming", "mark"): "message_hash",
}


def rows_by_table(tx: Connection) -> dict[str, list[dict[str, Any]]]:
    """Return the rows of all tables but the word index and Alembic's, as the driver reads them."""
    names = inspect(tx).get_table_names()
    names = [name for name in names if not name.startswith(("paper_words", "alembic"))]
    queries = {name: f'SELECT * FROM "{name}"' for name in names}
    return {
        name: [dict(row) for row in tx.exec_driver_sql(query).mappings()]
        for name, query in queries.items()
    }


def test_every_row_of_schema_0008_outlives_the_renames(database: str) -> None:
    with of_an_earlier_version(database, "0008") as (tx, config):
        for statement in ROWS.read_text(encoding="utf-8").split(";\n"):
            if statement.strip():
                tx.exec_driver_sql(statement)
        before = rows_by_table(tx)
        command.upgrade(config, "head")
        after = rows_by_table(tx)

    assert {name: len(rows) for name, rows in before.items()} == dict.fromkeys(before, 1)
    assert len(before) == 22
    expected = {
        TABLES.get(name, name): [
            {COLUMNS.get((name, column), column): value for column, value in row.items()}
            for row in rows
        ]
        for name, rows in before.items()
    }
    # Later migrations may add columns, but change none of these.
    found = {
        name: [
            {column: row[column] for column in wanted}
            for row, wanted in zip(after[name], rows, strict=True)
        ]
        for name, rows in expected.items()
    }
    assert found == expected


def test_a_database_of_schema_0008_takes_new_rows_after_the_migration(database: str) -> None:
    with of_an_earlier_version(database, "0008") as (tx, _):
        for statement in ROWS.read_text(encoding="utf-8").split(";\n"):
            if statement.strip() and "INTO incoming" not in statement:
                tx.exec_driver_sql(statement)
    store = Store(database)
    store.migrate()
    with store.begin() as tx:
        at = tx.execute(select(schema.answers.c.at)).scalar_one()
        tx.execute(schema.inbound.insert().values(message_hash="0" * 64, at=at))
        hashes = tx.execute(select(schema.inbound.c.message_hash)).scalars().all()
        listing = tx.execute(select(schema.seen_papers.c.listing)).scalar_one()
        key = tx.execute(select(schema.work_names.c.key)).scalar_one()
        mailbox = tx.execute(select(schema.suppressions.c.mailbox)).scalar_one()
    store.close()

    assert (hashes, listing, key, mailbox) == (
        ["0" * 64],
        "seen.listing",
        "identities.key",
        "suppressions.mark",
    )
