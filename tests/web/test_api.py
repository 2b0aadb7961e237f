"""Odd requests of every kind, made up from what the pages say they take: none breaks a page.

The long form is ``python -m bench api``.
"""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from digest.web import subscribe

from ..extent import IS_WHOLE, number
from ..openapi import odd_requests
from ..sites import Laid, laid_out


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Laid]:
    monkeypatch.setattr(subscribe, "EACH_TAKES", 0.0)
    with laid_out(tmp_path) as laid:
        yield laid


def test_no_odd_request_breaks_a_page(site: Laid) -> None:
    asked, broken = odd_requests(site, cases=1, is_brief=not IS_WHOLE)

    assert broken == []
    assert asked > number(8, whole=30)
