"""How many posts of an issue a channel has, kept among the settings until the issue is over."""

from __future__ import annotations

from sqlalchemy import delete

from . import Store, schema, settings


class StoredProgress:
    """The progress of posts in the store; see ``deliver.PostProgress``."""

    def __init__(self, store: Store) -> None:
        self._store = store

    def posted(self, message_id: str) -> int:
        """Return how many posts of a message the channel has."""
        with self._store.begin() as tx:
            return int(settings.setting(tx, _name(message_id)) or 0)

    def keep(self, message_id: str, number: int) -> None:
        """Remember that the channel has this many; 0: forget it."""
        with self._store.begin() as tx:
            if number:
                settings.keep_setting(tx, _name(message_id), str(number))
            else:
                names = schema.settings.c.name
                tx.execute(delete(schema.settings).where(names == _name(message_id)))


def _name(message_id: str) -> str:
    return f"posts of {message_id}"
