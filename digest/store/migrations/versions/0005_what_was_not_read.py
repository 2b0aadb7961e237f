"""Count the entries that a snapshot skipped."""

import sqlalchemy as sa
from alembic import op

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column(
        "snapshots", sa.Column("skipped", sa.Integer(), server_default="0", nullable=False)
    )
