"""Keep by which of several relays a mail goes, because each has a budget of its own."""

import sqlalchemy as sa
from alembic import op

revision = "0018"
down_revision = "0017"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    relay = sa.Column("relay", sa.String(length=64), nullable=False, server_default="")
    op.add_column("deliveries", relay)
