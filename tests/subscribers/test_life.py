"""Whatever happens to a subscriber, in any order; ``python -m bench life`` runs longer ones."""

from __future__ import annotations

from digest.store import Store

from ..databases import fresh_postgres
from ..extent import number
from ..life import live
from ..mortality import wiped


def test_whatever_happens_in_whatever_order_no_one_is_mailed_against_their_will(
    lite: Store,
) -> None:
    live(lambda: wiped(lite), lives=number(1, whole=10), steps=20)


def test_on_postgresql_it_is_the_same(postgres: str) -> None:
    with fresh_postgres(postgres) as url:
        store = Store(url)
        live(lambda: wiped(store), lives=number(1, whole=3), steps=15)
        store.close()
