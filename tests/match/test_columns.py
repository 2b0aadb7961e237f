"""What an index keeps: rows of numbers, the places of each, texts; and all of it read again.

Where the package is compiled no index is kept on disk.
"""

from __future__ import annotations

import pickle
from typing import TypeVar

from digest.match.columns import Groups, Row, Texts, Unread, row_of
from digest.past_papers import is_compiled

from ..tables import table

T = TypeVar("T")


def kept(value: T) -> T:
    """The value as it is read from a disk, its rows in memory that is not its own."""
    if is_compiled():
        return value
    rows: list[pickle.PickleBuffer] = []
    data = pickle.dumps(value, 5, buffer_callback=rows.append)
    assert rows
    read: T = pickle.loads(data, buffers=[bytes(row.raw()) for row in rows])
    return read


@table(
    ("highest", "size"),
    [
        (0, 2),
        ((1 << 16) - 1, 2),
        (1 << 16, 4),
        ((1 << 32) - 1, 4),
        (1 << 32, 8),
        ((1 << 64) - 1, 8),
    ],
)
def test_a_number_of_a_row_takes_as_many_bytes_as_the_highest_needs(
    highest: int, size: int
) -> None:
    row = row_of([0, highest], highest)

    assert (row.itemsize, [*row]) == (size, [0, highest])


def listed(row: Row) -> list[int]:
    return [*row]


def test_the_places_of_a_number_are_found_by_it() -> None:
    made = Groups([2, 0, 2, 3, 0, 2], 5)
    for groups in (made, kept(made)):
        assert [listed(groups[n]) for n in range(5)] == [[1, 4], [], [0, 2, 5], [3], []]
        assert [groups.count(n) for n in range(5)] == [2, 0, 3, 1, 0]
        assert listed(groups.between(0, 3)) == [1, 4, 0, 2, 5]
        assert listed(groups.between(3, 5)) == [3]
        assert listed(groups.of([2])) == [0, 2, 5]
        assert listed(groups.of([3, 2])) == [0, 2, 3, 5]
        assert listed(groups.of([])) == []
    assert listed(Groups([], 1)[0]) == []


def test_texts_are_kept_as_they_are_with_a_line_each_to_search() -> None:
    texts = ["", "two\nlines", "é", "half \ud83d", ""]
    made = Texts(texts)
    for found in (made, kept(made)):
        assert [found[number] for number in range(len(texts))] == texts
        lines = bytes(found.lines).split(b"\n")
        assert lines[:3] == [b"", b"two lines", "é".encode()]
        assert [len(line) for line in lines] == [0, 9, 2, 8, 0]
        assert list(found.ends) == [0, 10, 13, 22, 23]
    assert not Texts([]).ends


def test_a_value_is_read_when_it_is_first_asked_for() -> None:
    made = Unread({"row": Groups([1, 0, 1], 2)})
    for unread in (made, kept(made)):
        assert listed(unread.value["row"][1]) == [0, 2]
        assert unread.value is unread.value
    assert listed(kept(kept(made)).value["row"][0]) == [1]
