"""The statements of a mail: compiled once for a kind of database, and executed by its driver.

SQLAlchemy's own way to execute one takes ten times as long as SQLite's, and a mail has four.
"""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from typing import Any, NamedTuple

from sqlalchemy import Connection, Dialect, Select, Update

#: A statement that is built once.
Statement = Select[Any] | Update

#: How a value becomes what the driver takes, or what the driver returns becomes ours.
_Conversions = Mapping[str, Callable[[Any], Any]]


class _Ready(NamedTuple):
    """A statement as a driver takes it."""

    text: str
    #: the names of the values in the order of their places; empty: the places have names
    places: Sequence[str]
    #: the values that the statement has itself
    own: Mapping[str, Any]
    given: _Conversions
    columns: Sequence[str]
    found: _Conversions


#: By the kind of database, the statement, and the names of its values.
_ready: dict[tuple[Any, ...], _Ready] = {}


def change(tx: Connection, statement: Update, values: Mapping[str, Any]) -> int:
    """Execute a statement, and return how many rows it changed."""
    return int(_executed(tx, _readied(tx, statement, values), values).rowcount)


def first(tx: Connection, query: Select[Any], values: Mapping[str, Any]) -> dict[str, Any] | None:
    """Return the first row of a query by the names of its columns; None if it has none."""
    ready = _readied(tx, query, values)
    rows = _executed(tx, ready, values).fetchall()
    if not rows:
        return None
    row = dict(zip(ready.columns, rows[0], strict=True))
    return row | {name: convert(row[name]) for name, convert in ready.found.items()}


def _executed(tx: Connection, ready: _Ready, values: Mapping[str, Any]) -> Any:
    given = {**ready.own, **values}
    for name, convert in ready.given.items():
        given[name] = convert(given[name])
    cursor = tx.connection.cursor()
    cursor.execute(ready.text, [given[name] for name in ready.places] or given)
    return cursor


def _readied(tx: Connection, statement: Statement, values: Mapping[str, Any]) -> _Ready:
    key = (tx.dialect.name, statement, *values)
    found = _ready.get(key)
    if found is None:
        found = _ready[key] = _compiled(tx.dialect, statement, values)
    return found


def _compiled(dialect: Dialect, statement: Statement, values: Mapping[str, Any]) -> _Ready:
    compiled: Any = statement.compile(dialect=dialect, column_keys=list(values))
    # With the values, because SQLAlchemy writes IN with as many places as there are values.
    whole = compiled.construct_expanded_state(values)
    columns = list(statement.selected_columns) if isinstance(statement, Select) else []
    types = {name: compiled.binds[name].type for name in whole.parameters if name in compiled.binds}
    into = {name: type.dialect_impl(dialect) for name, type in types.items()}
    back = {each.name: each.type.dialect_impl(dialect) for each in columns}
    return _Ready(
        whole.statement,
        whole.positiontup or (),
        {name: value for name, value in whole.parameters.items() if name not in values},
        _needed({name: type.bind_processor(dialect) for name, type in into.items()}),
        list(back),
        _needed({name: type.result_processor(dialect, None) for name, type in back.items()}),
    )


def _needed(conversions: Mapping[str, Any]) -> _Conversions:
    return {name: convert for name, convert in conversions.items() if convert}
