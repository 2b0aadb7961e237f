"""Readers to whom everything happens in any order, on both databases, until one is wronged."""

from __future__ import annotations

import argparse
import tempfile
from collections.abc import Sequence
from contextlib import ExitStack
from time import process_time

from digest.store import Store
from tests.databases import fresh_postgres, postgres_server
from tests.life import live
from tests.mortality import wiped


def main(arguments: Sequence[str]) -> int:
    """Run them; a life that goes wrong is shown in its shortest form, as an exception."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--lives", type=int, default=200, help="on SQLite; a fifth on PostgreSQL")
    parser.add_argument("--steps", type=int, default=40, help="at most, in each")
    asked = parser.parse_args(arguments)
    with ExitStack() as stack:
        folder = stack.enter_context(tempfile.TemporaryDirectory())
        server = stack.enter_context(postgres_server())
        postgres = stack.enter_context(fresh_postgres(server))
        for url, lives in (
            (f"sqlite:///{folder}/digest.db", asked.lives),
            (postgres, asked.lives // 5),
        ):
            _run(url, lives, asked.steps)
    return 0


def _run(url: str, lives: int, steps: int) -> None:
    store = Store(url)
    store.migrate()
    begun = process_time()
    live(lambda: wiped(store), lives=lives, steps=steps)
    store.close()
    seconds = process_time() - begun
    print(f"{store.dialect}: {lives} lives of {steps} steps, none wronged, {seconds:.0f} s of CPU")
