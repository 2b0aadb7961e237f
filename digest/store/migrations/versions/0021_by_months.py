"""Let PostgreSQL have mails and contents of issues by months, each row in that of its day.

The contents of issues get a table of their own.  An issue's mail refers to it by its day, too, so
that one of each subscriber is all that may be, in whatever month.  Many rows are led over to the
months that they are in; see ``months``.
"""

from typing import Any

import sqlalchemy as sa
from alembic import op

from digest.store import backup, months
from digest.store.schema import Id, UTCDateTime
from digest.store.turn import home

revision = "0021"
down_revision = "0020"
branch_labels = None
depends_on = None

_BY_MONTHS: dict[str, Any] = {"postgresql_partition_by": "RANGE (day)"}


def upgrade() -> None:
    """Apply."""
    tx = op.get_bind()
    is_by_months = tx.dialect.name == "postgresql"
    here = home(tx) if is_by_months else ""
    op.create_index("ix_issues_id_day", "issues", ["id", "day"], unique=True)
    _put_aside(tx)
    _create_contents()
    _create_deliveries(is_by_months=is_by_months)
    if is_by_months:
        _create_months(tx)
    _lead_over(tx)
    for name, columns in _INDEXES.items():
        op.create_index(f"ix_deliveries_{name}", "deliveries", columns)
    one_mail = ["issue_id", "day", "subscriber_id"]
    op.create_index(f"ix_deliveries_{'_'.join(one_mail)}", "deliveries", one_mail, unique=True)
    is_held = sa.text("holder IS NOT NULL")
    op.create_index(
        "ix_deliveries_holder",
        "deliveries",
        ["holder"],
        sqlite_where=is_held,
        postgresql_where=is_held,
    )
    if is_by_months:
        op.create_index("ix_deliveries_id_day", "deliveries", ["id", "day"], unique=True)
        _know_again(tx, here)


def _put_aside(tx: sa.Connection) -> None:
    """Keep the mails under another name, without the names that the new table has."""
    op.rename_table("deliveries", "deliveries_before")
    for index in sa.inspect(tx).get_indexes("deliveries_before"):
        if "duplicates_constraint" not in index:
            op.drop_index(str(index["name"]), "deliveries_before")
    if tx.dialect.name == "postgresql":
        op.drop_constraint("pk_deliveries", "deliveries_before")


def _of_an_issue(table: str) -> sa.ForeignKeyConstraint:
    return sa.ForeignKeyConstraint(
        ["issue_id", "day"],
        ["issues.id", "issues.day"],
        name=f"fk_{table}_issue_id_issues",
        onupdate="CASCADE",
    )


def _create_contents() -> None:
    op.create_table(
        "issue_contents",
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("issue_id", Id, nullable=False),
        sa.Column("content", sa.LargeBinary, nullable=False),
        _of_an_issue("issue_contents"),
        **_BY_MONTHS,
    )
    key = ["day", "issue_id"]
    op.create_index("ix_issue_contents_day_issue_id", "issue_contents", key, unique=True)


def _create_deliveries(*, is_by_months: bool) -> None:
    key = [] if is_by_months else [sa.PrimaryKeyConstraint("id", name="pk_deliveries")]
    person = sa.ForeignKey("subscribers.id", name="fk_deliveries_subscriber_id_subscribers")
    op.create_table(
        "deliveries",
        sa.Column("id", Id, nullable=False),
        _text("kind", 16, "issue"),
        sa.Column("issue_id", Id),
        sa.Column("day", sa.Date, nullable=False),
        sa.Column("subscriber_id", Id, person),
        *(_text("recipient"), _text("mailbox", 64), _text("subject")),
        sa.Column("data", sa.LargeBinary),
        sa.Column("state", sa.String(16), nullable=False),
        *(_number("attempts"), _number("fence")),
        sa.Column("leased_until", UTCDateTime),
        sa.Column("holder", sa.Integer),
        sa.Column("created_at", UTCDateTime, nullable=False),
        sa.Column("not_before", UTCDateTime, nullable=False),
        sa.Column("tried_at", UTCDateTime),
        *(_number("waited"), _text("message_id"), _text("error"), _text("meaning", 16)),
        sa.Column("settled_at", UTCDateTime),
        _text("relay", 64),
        *key,
        _of_an_issue("deliveries"),
        **_BY_MONTHS,
    )


def _text(name: str, length: int = 0, default: str = "") -> sa.Column[Any]:
    kind = sa.String(length) if length else sa.Text()
    return sa.Column(name, kind, nullable=False, server_default=default)


def _number(name: str) -> sa.Column[Any]:
    return sa.Column(name, sa.Integer, nullable=False, server_default="0")


_INDEXES = {
    "subscriber_id": ["subscriber_id"],
    "recipient": ["recipient"],
    "mailbox": ["mailbox"],
    "state_not_before": ["state", "not_before"],
    "message_id": ["message_id"],
    "settled_at": ["settled_at"],
}

#: The columns that mails had before, but for the day.
_KEPT = (
    "id, kind, issue_id, subscriber_id, recipient, mailbox, subject, data, state, attempts, fence,"
    " leased_until, holder, created_at, not_before, tried_at, waited, message_id, error, meaning,"
    " settled_at, relay"
)


def _create_months(tx: sa.Connection) -> None:
    number = "deliveries_id_seq"
    op.execute(f"ALTER TABLE deliveries ALTER id SET DEFAULT nextval('{number}')")
    op.execute(f"ALTER SEQUENCE {number} OWNED BY deliveries.id")
    for name in ("deliveries", "issue_contents"):
        op.execute(f"CREATE TABLE {name}_rest PARTITION OF {name} DEFAULT")
    mails = tx.execute(sa.text("SELECT count(*) FROM deliveries_before")).scalar_one()
    if mails < months.MANY:
        return
    days = (
        "SELECT DISTINCT date_trunc('month', day)::date FROM issues UNION SELECT DISTINCT"
        " date_trunc('month', created_at AT TIME ZONE 'UTC')::date FROM deliveries_before"
    )
    months.make(tx, tx.execute(sa.text(days)).scalars())


def _lead_over(tx: sa.Connection) -> None:
    is_postgresql = tx.dialect.name == "postgresql"
    made = "(created_at AT TIME ZONE 'UTC')::date" if is_postgresql else "substr(created_at, 1, 10)"
    own = "(SELECT day FROM issues WHERE issues.id = issue_id)"
    op.execute(
        f"INSERT INTO deliveries ({_KEPT}, day)"  # noqa: S608  # only our own constants
        f" SELECT {_KEPT}, coalesce({own}, {made}) FROM deliveries_before"
    )
    op.execute(
        "INSERT INTO issue_contents (day, issue_id, content)"
        " SELECT day, id, content FROM issues WHERE has_content"
    )
    op.drop_table("deliveries_before")
    op.drop_index("ix_issues_made_at", "issues")
    op.drop_column("issues", "has_content")
    op.drop_column("issues", "content")


def _know_again(tx: sa.Connection, before: str) -> None:
    """Know the database by its new table, so that it is not taken for a copy."""
    settings = sa.table("settings", sa.column("name"), sa.column("value"))
    is_home = sa.and_(settings.c.name == backup.HOME, settings.c.value == before)
    tx.execute(settings.update().where(is_home).values(value=home(tx)))
