"""Let papers without room wait for the next issue, and profiles decide on quiet days."""

import sqlalchemy as sa
from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column(
        "issues", sa.Column("has_waiting", sa.Boolean(), server_default=sa.false(), nullable=False)
    )
    op.add_column("subscribers", sa.Column("overflow", sa.String(length=8), nullable=True))
    # Makes a column nullable without copying the table.
    op.execute("ALTER TABLE subscribers RENAME COLUMN quiet TO quiet_before")
    op.add_column("subscribers", sa.Column("quiet", sa.String(length=8), nullable=True))
    op.execute("UPDATE subscribers SET quiet = quiet_before WHERE quiet_before <> 'nothing'")
    op.execute("ALTER TABLE subscribers DROP COLUMN quiet_before")
