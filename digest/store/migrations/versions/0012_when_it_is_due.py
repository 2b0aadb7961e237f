"""Keep with each subscriber when the next issue is due, and with each subscription its schedule.

The first run fills both in: what a profile says is not known here.
"""

import sqlalchemy as sa
from alembic import op

from digest.store.schema import Json, UTCDateTime

revision = "0012"
down_revision = "0011"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("subscribers", sa.Column("due_at", UTCDateTime, nullable=True))
    op.create_index("ix_subscribers_state_due_at", "subscribers", ["state", "due_at"])
    op.add_column("subscriptions", sa.Column("schedule", Json, nullable=True))
