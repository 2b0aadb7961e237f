"""Keep which days a listing was not read, and since when a feed may have lost papers."""

import sqlalchemy as sa
from alembic import op

from digest.store.schema import Json

revision = "0011"
down_revision = "0010"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("snapshots", sa.Column("missed", Json, nullable=True))
    op.add_column("snapshots", sa.Column("lost", Json, nullable=True))
    op.add_column("snapshots", sa.Column("hole", sa.Date(), nullable=True))
    op.add_column(
        "snapshots",
        sa.Column("is_past", sa.Boolean(), nullable=False, server_default=sa.false()),
    )
