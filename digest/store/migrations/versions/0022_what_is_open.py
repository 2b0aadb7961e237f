"""Find the mails that have not ended by indexes of their own: those of issues, and the notices.

Their condition is the state itself, so that no row of an earlier version is missing in them.
"""

import sqlalchemy as sa
from alembic import op

revision = "0022"
down_revision = "0021"
branch_labels = None
depends_on = None

_OPEN = "state NOT IN ('sent', 'failed', 'in_doubt', 'withdrawn')"


def upgrade() -> None:
    """Apply."""
    for name, of in (("issues", "kind = 'issue'"), ("notices", "kind != 'issue'")):
        which = sa.text(f"{_OPEN} AND {of}")
        op.create_index(
            f"ix_deliveries_open_{name}",
            "deliveries",
            ["id"],
            sqlite_where=which,
            postgresql_where=which,
        )
