"""Keep papers by their numbers: those that were sent, many in a row, and those in an issue.

The content of issues is compressed, and each subscriber knows the newest issue.  Rows are led over
one subscriber's at a time, and some hundred issues: memory does not grow with them.
"""

from collections.abc import Iterator
from itertools import groupby
from typing import Any

import sqlalchemy as sa
from alembic import op

from digest.store import sent_papers
from digest.store.compressed import compress
from digest.store.schema import Id, Json
from digest.store.sql import chunks

revision = "0019"
down_revision = "0018"
branch_labels = None
depends_on = None

_AT_A_TIME = 500


def upgrade() -> None:
    """Apply."""
    tx = op.get_bind()
    op.add_column("subscribers", sa.Column("last_issue_id", Id, nullable=True))
    op.execute(
        "UPDATE subscribers SET last_issue_id ="
        " (SELECT max(id) FROM issues WHERE subscriber_id = subscribers.id)"
    )
    _lead_sent_over(tx)
    _lead_contents_over(tx)


def _lead_sent_over(tx: sa.Connection) -> None:
    op.drop_index("ix_sent_issue_id", "sent")
    op.rename_table("sent", "sent_before")
    if tx.dialect.name == "postgresql":
        op.execute("ALTER INDEX pk_sent RENAME TO pk_sent_before")
    people = sa.ForeignKey("subscribers.id", name="fk_sent_subscriber_id_subscribers")
    table = op.create_table(
        "sent",
        sa.Column("subscriber_id", Id, people, nullable=False),
        sa.Column("span", sa.Integer, nullable=False),
        sa.Column("papers", sa.LargeBinary, nullable=False),
        sa.PrimaryKeyConstraint("subscriber_id", "span", name="pk_sent"),
    )
    _name_unknown(tx)
    for id in tx.execute(sa.text("SELECT DISTINCT subscriber_id FROM sent_before")).scalars().all():
        entries = tx.execute(_SENT, {"id": id}).all()
        spans = groupby(sorted(entries), key=lambda entry: entry[0] // sent_papers.SPAN)
        rows = [
            {"subscriber_id": id, "span": span, "papers": _packed(some)} for span, some in spans
        ]
        tx.execute(table.insert(), rows)
    op.drop_table("sent_before")


def _packed(entries: Any) -> bytes:
    in_order = sorted(entries, key=lambda entry: (entry[1], entry[0]))
    return sent_papers.pack((number, day) for number, day in in_order)


#: By its edition; where that is not kept any more, by the newest of its key.
_SENT = sa.text(
    "SELECT coalesce((SELECT id FROM papers WHERE edition = sent_before.edition"
    " AND key = sent_before.key), (SELECT max(id) FROM papers WHERE key = sent_before.key))"
    " AS number, issues.day FROM sent_before JOIN issues ON issues.id = issue_id"
    " WHERE sent_before.subscriber_id = :id"
).columns(number=sa.Integer, day=sa.Date)


def _name_unknown(tx: sa.Connection) -> None:
    """Let every key that was sent have a paper; so it was, but for what was changed by hand."""
    unknown = sa.text(
        "SELECT key, min(edition) AS edition FROM sent_before"
        " WHERE NOT EXISTS (SELECT 1 FROM papers WHERE papers.key = sent_before.key) GROUP BY key"
    )
    papers = sa.table("papers", sa.column("edition"), sa.column("key"), sa.column("content", Json))
    found = tx.execute(unknown).all()
    if found and tx.dialect.name == "postgresql":  # it may be behind rows that were put in by hand
        op.execute("SELECT setval(pg_get_serial_sequence('papers', 'id'), max(id)) FROM papers")
    for key, edition in found:
        content = {"key": key, "title": key}
        tx.execute(papers.insert().values(edition=edition, key=key, content=content))


def _lead_contents_over(tx: sa.Connection) -> None:
    empty = "x''" if tx.dialect.name == "sqlite" else "''"
    packed = sa.Column("packed", sa.LargeBinary, nullable=False, server_default=sa.text(empty))
    op.add_column("issues", packed)
    issues = sa.table("issues", sa.column("id"), sa.column("content", Json), sa.column("packed"))
    by_id = issues.update().where(issues.c.id == sa.bindparam("its_id"))
    some = sa.select(issues.c.id, issues.c.content).order_by(issues.c.id).limit(_AT_A_TIME)
    last = -1
    while rows := tx.execute(some.where(issues.c.id > last)).all():
        numbers = _numbers(tx, {match["paper"] for row in rows for match in _matches(row.content)})
        for match in (each for row in rows for each in _matches(row.content)):
            match["paper"] = numbers.get(match["paper"], 0)  # an edition that is gone
        done = [{"its_id": row.id, "packed": compress(row.content)} for row in rows]
        tx.execute(by_id.values(packed=sa.bindparam("packed")), done)
        last = rows[-1].id
    op.drop_column("issues", "content")
    op.execute("ALTER TABLE issues RENAME COLUMN packed TO content")


def _numbers(tx: sa.Connection, editions: set[str]) -> dict[str, int]:
    papers, found = sa.table("papers", sa.column("id"), sa.column("edition")), dict[str, int]()
    for run in chunks(sorted(editions)):
        query = sa.select(papers.c.edition, papers.c.id).where(papers.c.edition.in_(run))
        found.update((edition, id) for edition, id in tx.execute(query))
    return found


def _matches(content: dict[str, Any]) -> Iterator[dict[str, Any]]:
    for section in content.get("sections", ()):
        for part in ("entries", "more", "waiting"):
            yield from (entry["match"] for entry in section.get(part, ()))
