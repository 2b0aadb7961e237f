"""Keep the locale in which a subscriber is written to, and that of the one who asks for it."""

import sqlalchemy as sa
from alembic import op

revision = "0016"
down_revision = "0015"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("subscribers", sa.Column("locale", sa.String(length=8), nullable=True))
    op.add_column("signups", sa.Column("locale", sa.String(length=8), nullable=True))
