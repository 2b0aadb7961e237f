"""Name tables and columns by the words of the glossary; every row stays.

What a subscriber can export keeps its names, because the exported file has them.
"""

from alembic import op

revision = "0010"
down_revision = "0009"
branch_labels = None
depends_on = None

TABLES = {"identities": "work_names", "seen": "seen_papers", "incoming": "inbound"}
COLUMNS = (
    ("suppressions", "mark", "mailbox"),
    ("suppressions", "letters", "notices"),
    ("answers", "mark", "mailbox"),
    ("inbound", "mark", "message_hash"),
)


def upgrade() -> None:
    """Apply."""
    for old, new in TABLES.items():
        op.rename_table(old, new)
    # By SQL, because Alembic would copy the whole table on SQLite.
    for table, old, new in COLUMNS:
        op.execute(f"ALTER TABLE {table} RENAME COLUMN {old} TO {new}")
    op.drop_index("ix_identities_key", "work_names")
    op.create_index(op.f("ix_work_names_key"), "work_names", ["key"])
    with op.batch_alter_table("inbound") as batch:
        batch.drop_constraint("uq_incoming_mark", type_="unique")
        batch.create_unique_constraint(op.f("uq_inbound_message_hash"), ["message_hash"])
    if op.get_bind().dialect.name == "postgresql":
        for old, new in TABLES.items():
            op.execute(f"ALTER TABLE {new} RENAME CONSTRAINT pk_{old} TO pk_{new}")
        op.execute("ALTER SEQUENCE incoming_id_seq RENAME TO inbound_id_seq")
