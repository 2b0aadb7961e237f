"""Keep beside a subscriber's own profile what its text was read as."""

import sqlalchemy as sa
from alembic import op

revision = "0020"
down_revision = "0019"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    column = sa.Column("compiled", sa.Text(), nullable=False, server_default="")
    op.add_column("profiles", column)
