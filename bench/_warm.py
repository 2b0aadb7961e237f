"""Imported by the fork server alone: lives one life, so that its children need not load anything.

What Python, SQLAlchemy and Jinja load when they are first used is loaded here, once.
"""

from __future__ import annotations

import tempfile
from datetime import UTC, datetime

import psycopg  # noqa: F401  for the children

from digest.pipeline import runs
from digest.store import Store

from ._sink import sink
from ._victim import LISTING, Life, app_of


def _rehearse() -> None:
    with tempfile.TemporaryDirectory() as folder, sink() as port:
        url = f"sqlite:///{folder}/digest.db"
        store = Store(url)
        store.migrate()
        store.close()
        app = app_of(Life(url, port, datetime(2026, 3, 1, 8, tzinfo=UTC)))
        runs.run(app, [LISTING])
        app.sender.close()
        app.store.close()


_rehearse()
