"""Keep what a morning asks of a profile in rows, so that no process has to read them all.

Subscriptions know the listings and the locale of their profile, once it is read for the first time.
A file with readers of its profile counts as there, until the folder is looked at.
"""

import sqlalchemy as sa
from alembic import op

from digest.store.schema import Json

revision = "0017"
down_revision = "0016"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.add_column("profiles", sa.Column("read_by", sa.String(length=16), nullable=True))
    op.create_index("ix_profiles_read_by", "profiles", ["read_by"])
    op.add_column("subscriptions", sa.Column("listings", Json, nullable=True))
    op.add_column("subscriptions", sa.Column("locale", sa.String(length=8), nullable=True))
    op.create_index("ix_subscriptions_profile", "subscriptions", ["profile"])
    op.create_table(
        "profile_files",
        sa.Column("path", sa.Text, primary_key=True),
        sa.Column("stamp", sa.Text, nullable=False),
        sa.Column("slug", sa.Text, unique=True),
        sa.Column("checksum", sa.String(length=16), nullable=False),
    )
    op.create_table(
        "broken_profiles",
        sa.Column("path", sa.Text, primary_key=True),
        sa.Column("mistakes", Json, nullable=False),
    )
    op.execute(
        "INSERT INTO profile_files (path, stamp, slug, checksum)"
        " SELECT path, 'found', min(slug), '' FROM profiles"
        " WHERE path <> '' AND slug IN (SELECT profile FROM subscriptions WHERE is_active)"
        " GROUP BY path"
    )
    op.execute(
        "UPDATE profiles SET read_by = ''"
        " WHERE slug IN (SELECT profile FROM subscriptions WHERE is_active)"
    )
    op.execute("DELETE FROM settings WHERE name = 'profiles'")  # their version
