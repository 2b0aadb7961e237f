"""Keep what a listing showed of a paper, so that another title or text is a revision."""

import sqlalchemy as sa
from alembic import op

revision = "0011"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    # Empty for all that was seen before: its next reading is no revision.
    op.add_column("seen", sa.Column("wording", sa.Text(), nullable=False, server_default=""))
