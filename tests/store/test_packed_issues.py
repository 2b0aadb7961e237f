"""An issue comes back as it was packed, in rows or by names; one that is damaged says so."""

from __future__ import annotations

import json
from collections.abc import Iterator
from dataclasses import replace
from datetime import date
from typing import Any

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.match import index
from digest.model import (
    ChangeKind,
    Hit,
    Issue,
    IssueEntry,
    Match,
    Paper,
    Reason,
    Receipt,
    Section,
    Verdict,
    Welcome,
)
from digest.store.compressed import compress, compress_rows, expand, text_in
from digest.store.serialization import named, pack_issue, papers_in, unpack_issue

from ..factories import EIGHT, TUESDAY, paper

PAPERS = {number: paper(number) for number in range(1, 5)}
NUMBERS = {id(each): number for number, each in PAPERS.items()}

WORDS = st.text(max_size=9)
NAMES = st.lists(WORDS, max_size=2).map(tuple)
PLACES = st.integers(0, 2000)
HITS = st.builds(Hit, st.sampled_from(index._FIELDS), PLACES, PLACES)
REASONS = st.builds(
    Reason,
    WORDS,
    st.integers(),
    st.lists(HITS, max_size=3).map(tuple),
    st.none() | st.tuples(st.integers(), st.integers()),
)
ENTRIES = st.builds(
    IssueEntry,
    match=st.builds(
        Match,
        st.sampled_from(list(PAPERS.values())),
        st.integers(),
        st.lists(REASONS, max_size=3).map(tuple),
    ),
    change=st.sampled_from(ChangeKind),
    detail=WORDS,
    listings=NAMES,
    also_in=NAMES,
    upvotes=st.none() | st.integers(),
    rise=st.integers(),
    waited=st.none() | st.dates(),
)
SEVERAL = st.lists(ENTRIES, max_size=3).map(tuple)
SECTIONS = st.builds(
    Section,
    profile=WORDS,
    title=WORDS,
    entries=SEVERAL,
    more=SEVERAL,
    waiting=SEVERAL,
    counts=st.lists(st.tuples(WORDS, st.integers()), max_size=2).map(tuple),
)
ISSUES = st.builds(
    Issue,
    day=st.dates(),
    made_at=st.just(EIGHT),
    sections=st.lists(SECTIONS, max_size=2).map(tuple),
    receipts=st.just((Receipt(listing="daily", verdict=Verdict.QUIET, day=TUESDAY),)),
    pool=st.integers(),
    welcome=st.none() | st.just(Welcome()),
    locale=st.sampled_from(["en", "de"]),
    id=st.just(1),
)

REASON = Reason("moss OR fern", 2, (Hit("title", 5, 9), Hit("abstract", 1316, 1322)), (1, 99))
ENTRY = IssueEntry(
    Match(PAPERS[3], 2, (REASON,)),
    ChangeKind.REVISED,
    "v1 → v2",
    ("arxiv", "daily"),
    ("Bees",),
    7,
    2,
    TUESDAY,
)
PLAIN = IssueEntry(Match(PAPERS[4], 1), listings=("daily",))
ISSUE = Issue(
    day=date(2026, 3, 11),
    made_at=EIGHT,
    sections=(Section(profile="moss", title="Moss", entries=(ENTRY, PLAIN), waiting=(ENTRY,)),),
    receipts=(),
    id=1,
)

#: Written on the first day on which issues were rows.
FIRST = bytes.fromhex(
    "06c3999c7241b909919c7c215cbca90757b23186a40e60b095988212bba1b1a11928e960cfebf08c"
    "69ae839e2b8d750d0d70960628f9de291568422c2cc71b01c336da041846863ad1b1b812dea07026"
    "46ea079a852df583ac0831b000267dccd40f4f470624a42350748392525a6a511e280501f3b2a565"
    "2c8e74037262664ea51228894159b1b500"
)


def unpacked(packed: Any) -> Issue:
    return unpack_issue(1, packed, lambda numbers: {each: PAPERS[each] for each in numbers})


@settings(max_examples=80, deadline=None)
@given(issue=ISSUES)
def test_any_issue_comes_back_from_its_rows_and_from_its_names(issue: Issue) -> None:
    packed = pack_issue(issue, NUMBERS)
    rows = json.loads(packed)
    assert unpacked(text_in(compress_rows(packed))) == issue
    assert unpacked(rows) == issue
    # As earlier versions stored it.
    values = named(rows)
    assert unpacked(expand(compress(values))) == issue
    assert unpacked(json.dumps(values).encode()) == issue
    assert papers_in(values) == {NUMBERS[id(each)] for each in issue.papers}
    assert named(values) == values


def test_what_is_as_usual_is_not_written() -> None:
    [section] = json.loads(pack_issue(ISSUE, NUMBERS))["sections"]
    said = {"change": "revised", "detail": "v1 → v2", "also_in": ["Bees"], "rise": 2}
    first = [3, 2, 0, [0, "t5+4 a1316+6"], said | {"upvotes": 7, "waited": "2026-03-10"}]
    assert section["entries"] == [first, [4, 1, 1, []]]


def test_rows_of_the_first_day_are_read_whatever_the_words_are() -> None:
    assert unpacked(text_in(FIRST)) == ISSUE
    assert len(compress_rows(pack_issue(ISSUE, NUMBERS))) <= len(FIRST)


def test_rows_take_two_thirds_of_the_bytes_of_names() -> None:
    issue = replace(ISSUE, sections=(Section(profile="moss", title="Moss", entries=tuple(many())),))
    packed = pack_issue(issue, NUMBERS)
    values = named(json.loads(packed))
    assert len(packed) * 5 <= len(json.dumps(values))
    assert len(compress_rows(packed)) * 3 <= len(compress(values)) * 2


def many() -> Iterator[IssueEntry]:
    """Yield as many papers as an issue has, each found in one or two places of its abstract."""
    for number in range(58):
        starts = [number * by % 1511 for by in (397, 823)[: 1 + number % 2]]
        hits = tuple(Hit("abstract", start, start + 6) for start in starts)
        found = Match(PAPERS[1 + number % 4], 3, (Reason("during", 3, hits),))
        yield IssueEntry(found, listings=("arxiv",))


#: In place of a value of a damaged issue.
WRONG: tuple[Any, ...] = (None, -99, 1.5, "", "x y", [], {}, [[]], {"x": 1}, [None])


def damaged(value: Any) -> Iterator[Any]:
    """Yield the value with each of its parts in turn replaced by what does not fit, or left out."""
    yield from WRONG
    if isinstance(value, dict):
        for name, each in value.items():
            yield {other: value[other] for other in value if other != name}
            yield from ({**value, name: other} for other in damaged(each))
    elif isinstance(value, list):
        for at, each in enumerate(value):
            yield value[:at] + value[at + 1 :]
            yield from ([*value[:at], other, *value[at + 1 :]] for other in damaged(each))


def test_a_damaged_issue_says_so_by_an_error_that_is_foreseen() -> None:
    packed = json.loads(pack_issue(ISSUE, NUMBERS))
    read = failed = 0
    for each in damaged(packed):
        try:
            assert isinstance(unpacked(each), Issue)
        except (LookupError, TypeError, ValueError):
            failed += 1
        else:
            read += 1
    # What is read then has other words, or lacks a value that it need not have.
    assert failed > read
    assert failed + read > 700


def test_an_issue_that_is_cut_anywhere_is_an_error() -> None:
    packed = pack_issue(ISSUE, NUMBERS)
    for end in range(len(packed)):
        with pytest.raises(json.JSONDecodeError):
            unpacked(packed[:end])


def test_what_a_paper_is_not_is_no_paper() -> None:
    with pytest.raises(LookupError):
        unpack_issue(1, pack_issue(ISSUE, NUMBERS), lambda _: dict[int, Paper]())
