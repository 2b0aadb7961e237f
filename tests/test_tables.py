"""A table's rows are all tried, and each that failed is named."""

from __future__ import annotations

import pytest

from .tables import table


def test_every_row_is_tried_and_each_that_failed_is_named() -> None:
    tried = []

    @table("said, times", [("moss", 1), ("fern", 2), ("reed", 0)])
    def whole(said: str, times: int) -> None:
        tried.append(said)
        with pytest.raises(ZeroDivisionError):
            assert times // (times - 1)

    with pytest.raises(BaseExceptionGroup) as failed:
        whole()

    assert tried == ["moss", "fern", "reed"]
    notes = [error.__notes__ for error in failed.value.exceptions]
    assert notes == [
        ["the row: {'said': 'fern', 'times': 2}"],
        ["the row: {'said': 'reed', 'times': 0}"],
    ]


def test_a_row_that_is_skipped_hides_no_other() -> None:
    tried = []

    @table("said", ["moss", "fern", "reed"])
    def some(said: str) -> None:
        tried.append(said)
        if said == "fern":
            pytest.skip(said)
        assert said == "reed"

    @table("said", ["moss", "fern"])
    def none(said: str) -> None:
        pytest.skip(said)

    with pytest.raises(BaseExceptionGroup, match="1 of 3 rows"):
        some()
    assert tried == ["moss", "fern", "reed"]
    with pytest.raises(pytest.skip.Exception, match="moss"):
        none()


@table("one", [1, 2])
@table(("two", "three"), [(3, 4), (5, 6)])
def test_tables_are_multiplied(one: int, two: int, three: int) -> None:
    assert one < two < three
