"""Note who holds a delivery, and let subscribers and jobs be leased, too."""

import sqlalchemy as sa
from alembic import op

from digest.store.schema import UTCDateTime

revision = "0014"
down_revision = "0013"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("subscribers", sa.Column("fence", sa.Integer, nullable=False, server_default="0"))
    op.add_column("subscribers", sa.Column("leased_until", UTCDateTime, nullable=True))
    is_held = sa.text("holder IS NOT NULL")
    for table in ("subscribers", "deliveries"):
        op.add_column(table, sa.Column("holder", sa.Integer, nullable=True))
        op.create_index(
            f"ix_{table}_holder",
            table,
            ["holder"],
            sqlite_where=is_held,
            postgresql_where=is_held,
        )
    # Until now the dead were known by the lock of a run: theirs is free, and they write no more.
    op.execute(
        "UPDATE deliveries SET leased_until = NULL, fence = fence + 1 WHERE state = 'claimed'"
    )
    op.create_table(
        "jobs",
        sa.Column("name", sa.Text, primary_key=True),
        sa.Column("fence", sa.Integer, nullable=False, server_default="0"),
        sa.Column("leased_until", UTCDateTime, nullable=True),
        sa.Column("holder", sa.Integer, nullable=True),
    )
