"""Count the notices that answer inbound mail, in total and per mailbox."""

import sqlalchemy as sa
from alembic import op

from digest.store.schema import Id, UTCDateTime

revision = "0008"
down_revision = "0007"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "answers",
        sa.Column("id", Id, nullable=False),
        sa.Column("at", UTCDateTime, nullable=False),
        sa.Column("mark", sa.String(length=64), nullable=False),
        sa.Column("is_doubted", sa.Boolean(), nullable=False),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_answers")),
    )
    op.create_index(op.f("ix_answers_at"), "answers", ["at"])
