"""Store the cause of a delivery's last error, and how long the delivery has waited.

``tried_at`` is the last try from now on.  Failed deliveries with an error about our sender,
login or permission are marked, so that they can be sent again in one go.
"""

import sqlalchemy as sa
from alembic import op

revision = "0007"
down_revision = "0006"
branch_labels = None
depends_on = None

OF_US = (
    "sender", "from address", "mail from", "relaying", "relay access", "not verified", "authenti",
    "authori", "send as", "sendas", "5.7.60", "5.7.26",
)  # fmt: skip
OF_THE_RECIPIENT = ("5__ 5.1.1 %", "5__ 5.1.10 %", "5__ 5.2.1 %", "5__ 5.2.2 %")


def upgrade() -> None:
    """Apply."""
    waited = sa.Column("waited", sa.Integer(), server_default="0", nullable=False)
    meaning = sa.Column("meaning", sa.String(length=16), server_default="", nullable=False)
    op.add_column("deliveries", waited)
    op.add_column("deliveries", meaning)
    table = sa.table("deliveries", sa.column("state"), sa.column("error"), sa.column("meaning"))
    is_ours = sa.or_(*(table.c.error.ilike(f"5%{phrase}%") for phrase in OF_US))
    is_theirs = sa.or_(*(table.c.error.like(start) for start in OF_THE_RECIPIENT))
    failed = sa.and_(table.c.state == "failed", is_ours, sa.not_(is_theirs))
    op.execute(table.update().where(failed).values(meaning="sender"))
