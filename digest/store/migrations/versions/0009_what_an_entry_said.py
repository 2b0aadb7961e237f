"""Keep what a listing showed of a paper, and since when a page is only said to be unchanged."""

import sqlalchemy as sa
from alembic import op

from digest.store.schema import UTCDateTime

revision = "0009"
down_revision = "0008"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    # Empty for all that was seen before: its next reading is no revision.
    op.add_column("seen", sa.Column("wording", sa.Text(), nullable=False, server_default=""))
    op.add_column("validators", sa.Column("kept_at", UTCDateTime, nullable=True))
