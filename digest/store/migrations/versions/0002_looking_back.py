"""Add upvotes by day, feedback of subscribers, and full-text search."""

import sqlalchemy as sa
from alembic import op
from sqlalchemy.dialects import postgresql

import digest.store.schema

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Apply."""
    op.create_table(
        "votes",
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("day", sa.Date(), nullable=False),
        sa.Column("upvotes", sa.Integer(), nullable=False),
        sa.PrimaryKeyConstraint("key", "day", name=op.f("pk_votes")),
    )
    with op.batch_alter_table("votes", schema=None) as batch_op:
        batch_op.create_index(batch_op.f("ix_votes_day"), ["day"], unique=False)
    op.create_table(
        "feedback",
        sa.Column(
            "subscriber_id", sa.BigInteger().with_variant(sa.Integer(), "sqlite"), nullable=False
        ),
        sa.Column("key", sa.Text(), nullable=False),
        sa.Column("kind", sa.String(length=8), nullable=False),
        sa.Column("at", digest.store.schema.UTCDateTime(timezone=True), nullable=False),
        sa.ForeignKeyConstraint(
            ["subscriber_id"],
            ["subscribers.id"],
            name=op.f("fk_feedback_subscriber_id_subscribers"),
        ),
        sa.PrimaryKeyConstraint("subscriber_id", "key", "kind", name=op.f("pk_feedback")),
    )
    if op.get_bind().dialect.name == "postgresql":
        _words_in_postgres()
    else:
        _words_in_sqlite()


# The index holds the newest edition; its rowid is the oldest one's id, which never changes.


def _words_in_sqlite() -> None:
    op.execute(
        "CREATE VIRTUAL TABLE paper_words USING fts5("
        "key UNINDEXED, title, authors, abstract, "
        "tokenize = 'porter unicode61 remove_diacritics 2')"
    )
    op.execute(
        "INSERT INTO paper_words (rowid, key, title, authors, abstract) "
        "SELECT kept.first, papers.key, papers.content ->> '$.title', "
        "papers.content ->> '$.authors', papers.content ->> '$.abstract' "
        "FROM papers JOIN (SELECT min(id) AS first, max(id) AS last FROM papers GROUP BY key) "
        "AS kept ON kept.last = papers.id"
    )


def _words_in_postgres() -> None:
    op.create_table(
        "paper_words",
        sa.Column("key", sa.Text(), primary_key=True),
        sa.Column("words", postgresql.TSVECTOR(), nullable=False),
    )
    op.create_index("ix_paper_words", "paper_words", ["words"], postgresql_using="gin")
    op.execute(
        "INSERT INTO paper_words (key, words) SELECT papers.key, "
        "setweight(to_tsvector('english', papers.content ->> 'title'), 'A') || "
        "setweight(to_tsvector('simple', papers.content ->> 'authors'), 'B') || "
        "setweight(to_tsvector('english', papers.content ->> 'abstract'), 'D') "
        "FROM papers JOIN (SELECT min(id) AS first, max(id) AS last FROM papers GROUP BY key) "
        "AS kept ON kept.last = papers.id"
    )
