"""The names of works: every id and title of a work leads to the one key it is stored under."""

from __future__ import annotations

from collections.abc import Iterable, Sequence
from dataclasses import replace

from sqlalchemy import Connection, Table, delete, literal, select, update

from ..listings.entry_names import entries_in, link_key
from ..listings.identity import is_same_work, name_apart, unite
from ..model import Paper
from . import schema, search
from .editions import newest_editions
from .sql import add, chunks, insert


def canonical(tx: Connection, papers: Sequence[Paper], listing: str) -> list[Paper]:
    """Return each paper of a listing united with the stored paper of the same work, under its key.

    If two stored papers turn out to be one work (one page named it by title, another by id), merge
    them.
    """
    register = _Register(tx, papers, listing)
    united = [register.enter(paper) for paper in papers]
    register.save()
    return united


#: Most papers of a listing that are looked through for one stored before entries had names.
_MOST_STORED = 1_000


def key_of(tx: Connection, name: str) -> str | None:
    """Return the key of the work with this name; None if the name is unknown."""
    table = schema.work_names
    return tx.execute(select(table.c.key).where(table.c.name == name)).scalar()


def _names(paper: Paper) -> list[str]:
    """Return a paper's names, the surest first: ids, the entry of a feed, titles.

    The last one distinguishes works that have the same title and no id.
    """
    own_names = [paper.key, *paper.aliases]
    schemes = ("title:", "entry:")
    ids = [name for name in own_names if not name.startswith(schemes)]
    entries = [name for name in own_names if name.startswith("entry:")]
    titles = [name for name in own_names if name.startswith("title:")]
    return list(dict.fromkeys([*ids, *entries, *titles, name_apart(paper)]))


class _Register:
    """The names of one page's papers, read once and written once."""

    def __init__(self, tx: Connection, papers: Sequence[Paper], listing: str) -> None:
        self._tx = tx
        self._listing = listing
        self._by_link: dict[str, str] | None = None
        self._keys = _known(tx, {name for paper in papers for name in _names(paper)})
        editions_by_key = newest_editions(tx, self._keys.values())
        self._papers = {key: paper for key, (_, paper) in editions_by_key.items()}
        self._fresh: dict[str, str] = {}

    def enter(self, paper: Paper) -> Paper:
        """Find or create the paper's key, and unite the paper with the stored one."""
        keys = self._same_works(paper)
        key = keys[0] if keys else self._free_key(paper)
        for other in keys[1:]:
            self._merge(key, other)
        whole = self._united(self._papers[key], paper) if key in self._papers else paper
        aliases = self._aliases(whole, paper, key)
        # ``announced`` and ``wording`` are about this page, not about the work.
        own_names = (paper.announced, paper.wording)
        whole = replace(
            whole, key=key, aliases=aliases, announced=own_names[0], wording=own_names[1]
        )
        self._papers[key] = whole
        for name in (key, *_names(whole)):
            if name not in self._keys:
                self._keys[name] = self._fresh[name] = key
        return whole

    def save(self) -> None:
        """Write the names that are new."""
        rows = [{"name": name, "key": key} for name, key in sorted(self._fresh.items())]
        add(self._tx, schema.work_names, rows)

    def _same_works(self, paper: Paper) -> list[str]:
        found: dict[str, None] = {}
        for name in _names(paper):
            key = self._keys.get(name)
            if key is None or key not in self._papers:
                continue
            is_id = not name.startswith(("title:", "entry:"))
            if is_id or is_same_work(self._papers[key], paper):
                found[key] = None
        return list(found) or self._before_entries(paper)

    def _before_entries(self, paper: Paper) -> list[str]:
        """Find an entry that was stored before entries had names, by its link.

        Its title may have been read otherwise then.
        """
        entries = [name for name in paper.aliases if name.startswith("entry:")]
        if not (entries and paper.url):
            return []
        if self._by_link is None:
            self._by_link = self._links()
        key = self._by_link.get(link_key(paper.url), "")
        stored = self._papers.get(key)
        if stored is None:
            return []
        named = replace(stored, aliases=(*stored.aliases, *entries))
        return [key] if is_same_work(named, paper) else []

    def _links(self) -> dict[str, str]:
        """Return the links of the listing's papers, "" for those of several, if none has a name."""
        table = schema.seen_papers
        own_names = select(table.c.key).where(table.c.listing == self._listing)
        if self._tx.execute(own_names.where(table.c.wording != "").limit(1)).first():
            return {}
        keys = self._tx.execute(own_names.order_by(table.c.last_day.desc()).limit(_MOST_STORED))
        links: dict[str, str] = {}
        for key, (_, paper) in newest_editions(self._tx, keys.scalars()).items():
            self._papers.setdefault(key, paper)
            for link in {link_key(url) for url in (paper.url, *paper.links.values()) if url}:
                links[link] = "" if link in links else key
        return links

    def _united(self, stored: Paper, paper: Paper) -> Paper:
        """Unite a paper with the stored one; an entry that its listing corrects is replaced."""
        whole = unite(stored, paper)
        known = entries_in({*stored.aliases, *paper.aliases})
        if not known or known.keys() != {self._listing} or paper.key.startswith("arxiv:"):
            return whole
        return replace(
            whole,
            title=paper.title,
            abstract=paper.abstract or whole.abstract,
            authors=paper.authors or whole.authors,
        )

    def _free_key(self, paper: Paper) -> str:
        return name_apart(paper) if paper.key in self._keys else paper.key

    def _aliases(self, whole: Paper, paper: Paper, key: str) -> tuple[str, ...]:
        names = {paper.key, *paper.aliases, *whole.aliases} - {key}
        return tuple(sorted(names))

    def _merge(self, keep: str, drop: str) -> None:
        self._papers[keep] = unite(self._papers[keep], self._papers.pop(drop))
        self._keys = {name: keep if key == drop else key for name, key in self._keys.items()}
        self._fresh = {name: keep if key == drop else key for name, key in self._fresh.items()}
        merge(self._tx, keep, drop)


def merge(tx: Connection, keep: str, drop: str) -> None:
    """Merge two stored papers into one: names, editions, changes, and all that is kept by key."""
    for table in (schema.work_names, schema.papers, schema.changes):
        tx.execute(update(table).where(table.c.key == drop).values(key=keep))
    for table in (schema.seen_papers, schema.votes, schema.feedback):
        _rename(tx, table, keep, drop)
    search.unindex(tx, (keep, drop))
    newest = [paper for _, paper in newest_editions(tx, [keep]).values()]
    search.index(tx, [replace(paper, key=keep) for paper in newest])


def _rename(tx: Connection, table: Table, keep: str, drop: str) -> None:
    """Move the rows of one key to another; delete those that the other key has already."""
    columns = [literal(keep) if column.name == "key" else column for column in table.c]
    moved = select(*columns).where(table.c.key == drop)
    names = [column.name for column in table.c]
    tx.execute(insert(tx, table).from_select(names, moved).on_conflict_do_nothing())
    tx.execute(delete(table).where(table.c.key == drop))


def _known(tx: Connection, names: Iterable[str]) -> dict[str, str]:
    table = schema.work_names
    known: dict[str, str] = {}
    for run in chunks(sorted(names)):
        rows = tx.execute(select(table.c.name, table.c.key).where(table.c.name.in_(run)))
        known.update((name, key) for name, key in rows)
    return known
