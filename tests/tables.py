"""A table of cases that one test tries, row after row.

pytest keeps a test for each case of ``parametrize``, which costs five milliseconds with collecting
it in every worker: more than most rows of a table take.  Here they are one test, which tries all of
them whatever becomes of some, and names each row that failed.  It is for what needs no fixture.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Sequence
from functools import wraps
from typing import Any

import pytest


def table(names: str | Sequence[str], rows: Iterable[Any]) -> Callable[..., Callable[[], None]]:
    """Let a test try each row, its values under these names, as ``parametrize`` would."""
    keys = names.replace(",", " ").split() if isinstance(names, str) else names
    cases = [dict(zip(keys, row if len(keys) > 1 else [row], strict=True)) for row in rows]
    assert cases, "a table without rows"

    def decorate(test: Callable[..., None]) -> Callable[..., None]:
        @wraps(test)
        def whole(**others: Any) -> None:
            failed, skipped = [], []
            for case in cases:
                try:
                    test(**case, **others)
                except pytest.skip.Exception as skip:
                    skipped.append(skip)
                except (Exception, pytest.fail.Exception) as error:
                    error.add_note(f"the row: {case!r:.500}")
                    failed.append(error)
            if failed:
                raise BaseExceptionGroup(f"{len(failed)} of {len(cases)} rows", failed)
            if len(skipped) == len(cases):
                raise skipped[0]

        del whole.__wrapped__  # pytest would take the names of values for those of fixtures
        return whole

    return decorate
