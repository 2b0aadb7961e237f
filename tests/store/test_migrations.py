"""Databases of every earlier schema: a row in every table, led up to the newest."""

from __future__ import annotations

from datetime import UTC, date, datetime
from itertools import pairwise
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy
from alembic import command
from alembic.script import ScriptDirectory
from sqlalchemy import (
    JSON,
    Boolean,
    Column,
    Connection,
    Date,
    DateTime,
    Float,
    Integer,
    LargeBinary,
    MetaData,
    column,
    inspect,
    select,
)

from digest.store import Store, schema, sent_papers

from ..extent import some
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

Rows = dict[str, list[dict[str, Any]]]


def is_ours(name: str) -> bool:
    """Whether it is a table of rows, and neither the word index nor Alembic's."""
    return not name.startswith(("paper_words", "alembic"))


def rows_by_table(tx: Connection) -> Rows:
    """Return the rows of all tables, as the driver reads them."""
    queries = {n: f'SELECT * FROM "{n}"' for n in inspect(tx).get_table_names() if is_ours(n)}
    return {
        name: [dict(row) for row in tx.exec_driver_sql(query).mappings()]
        for name, query in queries.items()
    }


def value(column: Column[Any], number: int) -> Any:
    """Return what a row with this number has in a column: as many values as there are rows."""
    kind = column.type
    at = datetime(2026, 3, number, 8, tzinfo=UTC)
    if isinstance(kind, Boolean):
        return True
    if isinstance(kind, Integer | Float):
        return number
    if isinstance(kind, DateTime):
        return at
    if isinstance(kind, Date):
        return at.date()
    if isinstance(kind, LargeBinary):
        return b"kept %d" % number
    if isinstance(kind, JSON):
        return {"title": f"kept {number}", "authors": [], "abstract": ""}
    return f"{column.name} {number}"[-(getattr(kind, "length", 0) or 99) :]


def add_a_row_to_each_table(tx: Connection, number: int) -> None:
    """Add one to every table that this schema has; they refer to each other by their number."""
    known = MetaData()
    known.reflect(tx, only=lambda name, _: is_ours(name))
    for table in known.sorted_tables:
        tx.execute(table.insert().values({c.name: value(c, number) for c in table.columns}))


def lost(before: Rows, after: Rows, *, is_renaming: bool) -> list[tuple[str, dict[str, Any]]]:
    """Return the rows that are not there any more with all that they had."""
    tables, columns = (TABLES, COLUMNS) if is_renaming else ({}, {})
    found = []
    for name, rows in before.items():
        there = after[tables.get(name, name)]
        for row in rows:
            wanted = {columns.get((name, c), c): each for c, each in row.items()}
            if not any(wanted.items() <= each.items() for each in there):
                found.append((name, row))
    return found


def test_rows_written_under_every_earlier_schema_outlive_all_later_steps(database: str) -> None:
    """A row in each table before each step, from the first up; no step loses or alters one.

    In short, before some of the steps, of which several are taken at once.
    """
    with of_an_earlier_version(database, "0001") as (tx, config):
        steps = ScriptDirectory.from_config(config).walk_revisions()
        revisions = [step.revision for step in steps][::-1]
        few = 4 if tx.dialect.name == "postgresql" else 6
        revisions = [*some(revisions[:-1], few), revisions[-1]]
        for number, (old, new) in enumerate(pairwise(revisions), start=1):
            add_a_row_to_each_table(tx, number)
            before = rows_by_table(tx)
            assert len(before["papers"]) == len(before["deliveries"]) == number
            command.upgrade(config, new)
            if old < "0019" <= new:  # in another shape, which is tried below
                assert len(before.pop("sent")) == number
                for row in before["issues"]:
                    del row["content"]
            if old < "0021" <= new:  # likewise
                for row in before["issues"]:
                    row.pop("content", None)
                    del row["has_content"]
            assert lost(before, rows_by_table(tx), is_renaming=old < "0010" <= new) == []
    assert len(before) >= 21

    store = Store(database)
    store.migrate()
    store.close()


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


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_a_file_whose_text_was_kept_is_found_by_migration_0017(database: str) -> None:
    """Its stamp says that no more is known of it."""
    with of_an_earlier_version(database, "0016") as (tx, config):
        tx.exec_driver_sql("INSERT INTO settings (name, value) VALUES ('profiles', '7')")
        tx.exec_driver_sql("INSERT INTO profiles (slug, path, text) VALUES ('moss', '/moss', '')")
        tx.exec_driver_sql("INSERT INTO subscribers (id, address, folded) VALUES (1, 'a', 'a')")
        tx.exec_driver_sql("INSERT INTO subscriptions VALUES (1, 'moss', 0, true, null)")
        command.upgrade(config, "0017")
        assert tx.exec_driver_sql("SELECT path, stamp, slug FROM profile_files").all() == [
            ("/moss", "found", "moss")
        ]
        assert tx.exec_driver_sql("SELECT * FROM settings WHERE name = 'profiles'").all() == []


def test_what_was_sent_is_led_over_to_numbers_by_migration_0019(database: str) -> None:
    """Of an edition that is not kept any more the newest of its key, and of no text a name."""
    entry = {"match": {"paper": "b"}, "listings": ["daily"]}
    gone = {"match": {"paper": "lost"}}
    content = {"sections": [{"entries": [entry], "more": [gone]}], "pool": 7}
    with of_an_earlier_version(database, "0018") as (tx, config):
        tables = MetaData()
        tables.reflect(tx)
        papers, issues, sent = (tables.tables[name] for name in ("papers", "issues", "sent"))
        tx.execute(tables.tables["subscribers"].insert().values(id=7, address="a", folded="a"))
        for number, edition in enumerate("ab", 5_000):
            row = {"id": number, "edition": edition, "key": "moss", "content": {}}
            tx.execute(papers.insert().values(row))
        days = [date(2026, 3, 10), date(2026, 3, 11)]
        made = {"subscriber_id": 7, "made_at": datetime(2026, 3, 11, 8, tzinfo=UTC)}
        rows = [{"id": n, "day": day, "content": content, **made} for n, day in enumerate(days, 1)]
        tx.execute(issues.insert(), rows)
        for key, edition, issue in ("moss", "a", 1), ("bees", "c", 2):
            row = {"key": key, "edition": edition, "issue_id": issue}
            tx.execute(sent.insert().values(subscriber_id=7, **row))
        command.upgrade(config, "0019")

        names = dict(map(tuple, tx.exec_driver_sql("SELECT id, key FROM papers")))
        sent_on = sent_papers.of(tx, 7)
        # Of the schema of then.
        own = sqlalchemy.table("issues", column("id"), column("content", schema.Compressed))
        [content, _] = tx.execute(select(own.c.content).order_by(own.c.id)).scalars().all()
        assert {names[n]: day for n, day in sent_on.items()} == {"moss": days[0], "bees": days[1]}
        assert 5_000 in sent_on
        [section] = content["sections"]
        assert [section[part][0]["match"]["paper"] for part in ("entries", "more")] == [5_001, 0]
        assert (section["entries"][0]["listings"], content["pool"]) == (["daily"], 7)
        assert tx.execute(select(schema.subscribers.c.last_issue_id)).scalar() == 2
