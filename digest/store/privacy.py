"""Export or erase all data about one subscriber.

After an erasure the database holds nothing of the address but a keyed hash in ``suppressions``.
"""

from __future__ import annotations

from collections.abc import Mapping
from datetime import date, datetime
from typing import Any

from sqlalchemy import Connection, Table, delete, or_, select, tuple_, update

from ..access.addresses import fold
from . import (
    address_traces,
    due_dates,
    editions,
    inbound,
    profiles,
    schema,
    sent_papers,
    settings,
)
from .serialization import matches, named, papers_in
from .sql import chunks

#: Tables of rows that belong to one subscriber, in an order in which they can be deleted.
_SUBSCRIBER_TABLES = (
    *("deliveries", "sent", "issue_contents", "issues", "subscriptions"),
    *("consents", "proposals", "signups", "bounces", "feedback"),
)


def export(tx: Connection, id: int) -> dict[str, Any]:
    """Return all rows about a subscriber, by table, as JSON values."""
    people = schema.subscribers
    address = tx.execute(select(people.c.address).where(people.c.id == id)).scalar()
    found = {"subscribers": _rows(tx, people, people.c.id == id)}
    for name in (*_SUBSCRIBER_TABLES, "profiles"):
        table = schema.metadata.tables[name]
        found[name] = _rows(tx, table, _is_theirs(table, id, address))
    contents = {each["issue_id"]: each["content"] for each in found.pop("issue_contents")}
    for issue in found["issues"]:
        # None of one that was taken out.
        issue["content"] = dict(named(contents.get(issue["id"], {})))
    _name_papers(tx, found, sent_papers.of(tx, id))
    return found


def _name_papers(tx: Connection, found: dict[str, Any], sent: Mapping[int, date]) -> None:
    """Write the papers of issues, and those that were sent, by their keys and not by numbers."""
    packed = [issue["content"] for issue in found["issues"] if "sections" in issue["content"]]
    names = editions.names(tx, set(sent).union(*map(papers_in, packed)))
    for match in (each for issue in packed for each in matches(issue)):
        match["paper"] = names.get(match["paper"], ("",))[0]
    found["sent"] = [
        {"key": key, "edition": edition, "day": day.isoformat()}
        for number, day in sorted(sent.items(), key=lambda pair: pair[1])
        if number in names
        for key, edition in [names[number]]
    ]


def _is_theirs(table: Table, id: int, address: str | None) -> Any:
    if table is schema.issue_contents:
        issues = schema.issues
        theirs = select(issues.c.id, issues.c.day).where(issues.c.subscriber_id == id)
        return tuple_(table.c.issue_id, table.c.day).in_(theirs)
    is_theirs = table.c.subscriber_id == id
    if table is schema.deliveries and address is not None:
        return or_(is_theirs, table.c.recipient == fold(address))
    return is_theirs


def _rows(tx: Connection, table: Table, which: Any) -> list[dict[str, Any]]:
    columns = [each for each in table.c if each is not schema.profiles.c.compiled]  # of the text
    rows = tx.execute(select(*columns).where(which).order_by(*table.primary_key)).mappings()
    return [{name: _json(value) for name, value in row.items()} for row in rows]


def _json(value: Any) -> Any:
    if isinstance(value, bytes):
        return value.decode("utf-8", "replace")
    return value.isoformat() if hasattr(value, "isoformat") else value


def erase(tx: Connection, id: int, now: datetime | None = None) -> int:
    """Delete all data about a subscriber, queued mail too; return the number of rows.

    With ``now`` the address joins the suppression list, until it signs up again.
    """
    people = schema.subscribers
    due_dates.lock_rows(tx, [id])
    row = tx.execute(select(people).where(people.c.id == id)).mappings().first()
    if row is None:
        return 0
    gone = 0
    for name in _SUBSCRIBER_TABLES:
        table = schema.metadata.tables[name]
        which = _is_theirs(table, id, row["address"])
        gone += tx.execute(delete(table).where(which)).rowcount
    gone += _delete_profiles(tx, id, row["address"])
    gone += _delete_signups(tx, row["address"])
    gone += inbound.delete_naming(tx, row["address"])
    gone += _delete_notices(tx, row["address"])
    gone += tx.execute(delete(people).where(people.c.id == id)).rowcount
    if now is not None:
        settings.suppress(tx, row["address"], "erased", now)
    return gone


def _delete_profiles(tx: Connection, id: int, address: str) -> int:
    """Delete own profiles, and empty the stored text of profile files that contain the address.

    The files themselves belong to the operator.
    """
    table = schema.profiles
    is_file = table.c.subscriber_id.is_(None)
    named = address_traces.rows_naming(tx, address, table.c.slug, table.c.text, is_file)
    for run in chunks(named):
        tx.execute(update(table).where(table.c.slug.in_(run)).values(text=""))
    _forget_in_mistakes(tx, address)
    profiles.end_subscriptions(tx, table.c.subscriber_id == id)
    return tx.execute(delete(table).where(table.c.subscriber_id == id)).rowcount


def _forget_in_mistakes(tx: Connection, address: str) -> None:
    """Take the address out of what is said of broken profiles; they stay broken."""
    table = schema.broken_profiles
    for row in tx.execute(select(table)).all():
        kept = _all_without(address, row.mistakes)
        if kept != row.mistakes:
            tx.execute(update(table).where(table.c.path == row.path).values(mistakes=kept))


def _all_without(address: str, value: Any) -> Any:
    """Return a value of JSON with the address taken out of all its texts."""
    if isinstance(value, list):
        return [_all_without(address, each) for each in value]
    if isinstance(value, dict):
        return {name: _all_without(address, each) for name, each in value.items()}
    return _without(address, value) if isinstance(value, str) else value


def _without(address: str, text: str) -> str:
    for each in address_traces.spellings(address):
        small, wanted = text.lower(), each.lower()
        if wanted not in small:
            continue
        if len(small) != len(text):  # places in one are none in the other
            return "…"
        kept, at = list[str](), 0
        for piece in small.split(wanted):
            kept.append(text[at : at + len(piece)])
            at += len(piece) + len(wanted)
        text = "…".join(kept)
    return text


def _delete_signups(tx: Connection, address: str) -> int:
    """Delete sign-ups of other subscribers with this address in their profile."""
    table = schema.signups
    named = address_traces.rows_naming(tx, address, table.c.id, table.c.profile)
    return sum(
        tx.execute(delete(table).where(table.c.id.in_(run))).rowcount for run in chunks(named)
    )


def _delete_notices(tx: Connection, address: str) -> int:
    """Delete notices that contain the address, and those to other spellings of it."""
    table = schema.deliveries
    notices = select(table.c.id, table.c.recipient, table.c.data, table.c.error)
    theirs = [
        row.id
        for row in tx.execute(notices.where(table.c.issue_id.is_(None)))
        if row.recipient.lower() == fold(address).lower()
        or address_traces.contains_address(address, bytes(row.data or b""), row.error.encode())
    ]
    return tx.execute(delete(table).where(table.c.id.in_(theirs))).rowcount if theirs else 0
