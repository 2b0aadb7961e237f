"""Papers by their addresses, which no index has.

The name of a feed's entry ends with the mark of its address: the names are looked through for it,
which are short.  Further addresses are in a paper's content alone: it is read of the newest papers.
"""

from __future__ import annotations

from sqlalchemy import Connection, select

from ..listings.entry_names import SCHEME, link_key, link_mark
from ..model import Paper
from . import schema
from .editions import newest_editions
from .serialization import unpack_paper

#: So many editions are unpacked at most.
MOST_READ = 2_000


def at(tx: Connection, address: str, most: int) -> list[Paper]:
    """Return papers with this address, with http or https, a last slash or none."""
    keys = _entries_at(tx, address, most) or _newest_at(tx, address)[:most]
    return [paper for _, paper in newest_editions(tx, keys).values()]


def _entries_at(tx: Connection, address: str, most: int) -> list[str]:
    table = schema.work_names
    is_there = table.c.name.like(f"{SCHEME}:%.{link_mark(address)}")
    return list(tx.execute(select(table.c.key).where(is_there).distinct().limit(most)).scalars())


def _newest_at(tx: Connection, address: str) -> list[str]:
    table, wanted = schema.papers, link_key(address)
    newest = select(table.c.key, table.c.content).order_by(table.c.id.desc()).limit(MOST_READ)
    found = (key for key, content in tx.execute(newest) if wanted in _links(unpack_paper(content)))
    return list(dict.fromkeys(found))


def _links(paper: Paper) -> set[str]:
    return {link_key(url) for url in (paper.url, *paper.links.values()) if url}
