"""Keep sign-ups in a table of their own; count notices by mailbox."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects.postgresql import JSONB

import digest.store.schema

revision = "0006"
down_revision = "0005"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    id = sa.BigInteger().with_variant(sa.Integer(), "sqlite")
    instant = digest.store.schema.UTCDateTime(timezone=True)
    json = sa.JSON(none_as_null=True).with_variant(JSONB(none_as_null=True), "postgresql")
    op.create_table(
        "signups",
        sa.Column("id", id, nullable=False),
        sa.Column("subscriber_id", id, nullable=False),
        sa.Column("mailbox", sa.String(length=64), nullable=False),
        sa.Column("at", instant, nullable=False),
        sa.Column("profile", sa.Text(), server_default="", nullable=False),
        sa.Column("schedule", json, nullable=True),
        sa.Column("wording", sa.Text(), server_default="", nullable=False),
        sa.Column("origin", sa.Text(), server_default="", nullable=False),
        sa.Column("is_named", sa.Boolean(), server_default=sa.false(), nullable=False),
        sa.Column("confirmed_at", instant, nullable=True),
        sa.ForeignKeyConstraint(
            ["subscriber_id"], ["subscribers.id"], name="fk_signups_subscriber_id_subscribers"
        ),
        sa.PrimaryKeyConstraint("id", name=op.f("pk_signups")),
    )
    op.create_index(op.f("ix_signups_subscriber_id"), "signups", ["subscriber_id"])
    op.create_index(op.f("ix_signups_mailbox"), "signups", ["mailbox"])
    op.add_column(
        "deliveries",
        sa.Column("mailbox", sa.String(length=64), server_default="", nullable=False),
    )
    op.create_index(op.f("ix_deliveries_mailbox"), "deliveries", ["mailbox"])
    _keep_what_waits()


def _keep_what_waits() -> None:
    """Turn pending subscribers into sign-ups, and mark former subscribers as stopped again."""
    op.execute(
        "INSERT INTO signups (subscriber_id, mailbox, at, profile, schedule, is_named)"
        " SELECT id, '', created_at, coalesce((SELECT text FROM profiles"
        " WHERE profiles.subscriber_id = subscribers.id ORDER BY slug LIMIT 1), ''), schedule, true"
        " FROM subscribers WHERE state = 'pending' AND created_at IS NOT NULL"
    )
    # Former subscribers are pending only because their address was signed up again.
    op.execute(
        "UPDATE subscribers SET state = 'stopped', reason = coalesce((SELECT act FROM consents"
        " WHERE consents.subscriber_id = subscribers.id"
        " AND act IN ('unsubscribed', 'bounced', 'complained')"
        " ORDER BY id DESC LIMIT 1), 'unsubscribed') WHERE state = 'pending'"
        " AND (confirmed_at IS NOT NULL"
        " OR EXISTS (SELECT 1 FROM issues WHERE issues.subscriber_id = subscribers.id)"
        " OR EXISTS (SELECT 1 FROM subscriptions"
        " WHERE subscriptions.subscriber_id = subscribers.id))"
    )
