"""Note which issues have their content, and which texts of papers were in an issue.

Of the texts that are there already this is not known, so they count as issued, and stay.
"""

import sqlalchemy as sa
from alembic import op

revision = "0013"
down_revision = "0012"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    for table, name in (("issues", "has_content"), ("papers", "is_issued")):
        column: sa.Column[bool] = sa.Column(
            name, sa.Boolean(), nullable=False, server_default=sa.true()
        )
        op.add_column(table, column)
    op.create_index(
        "ix_issues_made_at",
        "issues",
        ["made_at"],
        sqlite_where=sa.text("has_content"),
        postgresql_where=sa.text("has_content"),
    )
