"""Bring a database's schema up to date, by the steps in ``migrations/versions``."""

from __future__ import annotations

from contextlib import nullcontext
from pathlib import Path

from sqlalchemy import Connection, Engine, inspect, text
from sqlalchemy.exc import SQLAlchemyError

from .faults import SettingsError, StoreError, named, reached
from .sql import lock

#: The key of the advisory lock under which one process migrates; the others are in ``engine``.
MIGRATION_LOCK = 0xD16E57


def migrate(engine: Engine, connection: Connection | None = None) -> None:
    """Bring the schema up to date; costs one SELECT if it already is.

    Raises StoreError if the database cannot be opened, or if a newer version has written it.
    """
    try:
        with (
            reached(engine.url),
            nullcontext(connection) if connection is not None else engine.begin() as tx,
        ):
            if (of := version(tx)) != HEAD:
                if of is None:
                    _refuse_of_others(tx)
                _upgrade(tx)
    except (SQLAlchemyError, OSError) as error:
        raise StoreError(f"{named(engine.url)}: {_cause(error)}") from error


#: The newest migration; a test compares it with the folder.
HEAD = "0022"


def version(tx: Connection) -> str | None:
    """Return the newest migration that a database has; None if it has none."""
    if tx.dialect.name == "postgresql":  # asked each minute, and so without its whole catalogue
        is_there = tx.execute(text("SELECT to_regclass('alembic_version') IS NOT NULL")).scalar()
    else:
        is_there = tx.dialect.has_table(tx, "alembic_version")
    if not is_there:
        return None
    return tx.execute(text("SELECT version_num FROM alembic_version")).scalar()


def _refuse_of_others(tx: Connection) -> None:
    """Raise SettingsError where a file without our schema holds the tables of another program."""
    tables = inspect(tx).get_table_names() if tx.dialect.name == "sqlite" else []
    if tables:
        raise SettingsError(
            f"{named(tx.engine.url)}: a database of another program (with a table {tables[0]});"
            " name a file of digest's own in database:"
        )


def _upgrade(tx: Connection) -> None:
    # Alembic takes a third of a second to import, so it is imported only when it is needed.
    from alembic import command
    from alembic.config import Config
    from alembic.util import CommandError

    config = Config()
    config.set_main_option("script_location", str(Path(__file__).parent / "migrations"))
    lock(tx, MIGRATION_LOCK)
    config.attributes["connection"] = tx
    try:
        command.upgrade(config, "head")
    except CommandError as error:
        raise StoreError(
            f"{named(tx.engine.url)}: written by a newer version of digest ({error})"
        ) from error


def _cause(error: Exception) -> str:
    return str(getattr(error, "orig", None) or error).strip().splitlines()[0]
