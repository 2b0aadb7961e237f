"""What people write in plain words, tried on real days and on days of our own."""

from __future__ import annotations

import gzip
import json
from collections.abc import Iterable
from datetime import date
from functools import cache

import pytest

from digest import locales
from digest.model import Arrival, Change, ChangeKind, Paper
from digest.profiles import parse
from digest.profiles.plain_words import wishes
from digest.trial.backtest import PastDays
from digest.trial.wishes import TriedWish, advice, tried, untried

from ..extent import number, some
from ..factories import paper
from ..real_days import DATA
from .plain_sentences import SENTENCES, Sentence

DAY = date(2025, 9, 1)
ALL = parse("profile: all\nany: [a]\n", "all.yaml")


def days_of(papers: Iterable[Paper]) -> PastDays:
    arrivals = [(DAY, Arrival(Change(ChangeKind.NEW, each), "daily", 1)) for each in papers]
    return PastDays.of([DAY], [DAY], arrivals)


@cache
def real_days() -> PastDays:
    """Papers of arXiv of a September, every so many of them."""
    rows: dict[str, Paper] = {}
    for path in sorted((DATA / "arxiv-days").glob("*.jsonl.gz")):
        with gzip.open(path, "rt") as lines:
            for line in lines:
                row = json.loads(line)
                rows.setdefault(
                    row["id"],
                    Paper(
                        key=f"arxiv:{row['id']}",
                        title=row["title"],
                        abstract=row["summary"],
                        authors=tuple(row["authors"]),
                        categories=tuple(row["categories"]),
                    ),
                )
    step = len(rows) // number(900, whole=len(rows))
    return days_of(list(rows.values())[::step])


def found_by(any: Iterable[str], none: Iterable[str]) -> set[str]:
    """The real papers that a profile finds."""
    lists = json.dumps({"profile": "x", "any": list(any), "none": list(none)})
    days = real_days()
    return {each.key for each in days.papers_at(days.found(parse(lists, "x.yaml")))}


def likeness(sentence: Sentence, read: list[TriedWish]) -> float:
    """How much of what a sentence means and of what its profile finds is the same, 0 to 1."""
    wanted = [each.query for each in read if not each.is_refused]
    refused = [each.query for each in read if each.is_refused]
    brought = found_by(wanted, refused) if wanted else set()
    meant = found_by(sentence.any, sentence.none)
    return len(brought & meant) / len(brought | meant) if brought or meant else 0.0


@pytest.mark.skipif(not DATA.is_dir(), reason="DIGEST_REAL_DATA names no folder of real listings")
def test_each_sentence_brings_what_it_means_or_ends_in_advice() -> None:
    """A table of what each of the twenty sentences became, and what is wrong with it."""
    rows = []
    for sentence in some(SENTENCES, 4):
        read = tried(wishes(sentence.written), real_days(), ALL)
        said = " ".join(line for each in read for line in advice(each))
        like = likeness(sentence, read) if sentence.any else 0.0
        is_silent = any(each.finds_nothing and not advice(each) for each in read)
        is_good = sentence.advice in said if sentence.advice else like >= 0.8
        rows.append(
            (is_good and not is_silent, like, sentence.written, [e.label for e in read], said)
        )

    table = "\n".join(
        f"{'ok ' if is_good else 'BAD'} {like:.2f}  {written}\n          {labels}  {said}"
        for is_good, like, written, labels, said in rows
    )
    assert all(row[0] for row in rows), f"\n{table}"


def test_the_sentences_are_as_many_as_were_asked_for() -> None:
    assert len(SENTENCES) == 20
    assert len({each.language for each in SENTENCES}) >= 3
    assert sum(each.is_misspelt for each in SENTENCES) >= 5
    assert sum(bool(each.none) for each in SENTENCES) >= 5


def test_what_is_written_in_chinese_and_finds_nothing_is_to_be_written_in_english() -> None:
    [found] = tried(wishes("超导"), days(), ALL)
    with locales.use("zh"):
        assert "请写英文词" in " ".join(advice(found))


def test_what_is_english_already_is_not_to_be_written_in_english() -> None:
    with locales.use("de"):
        told = {
            word: "Schreiben Sie die englischen Wörter" in " ".join(advice(found))
            for word in ("kein Poster", "zeolites", "Zeolithforschung")
            for found in tried(wishes(word), days(), ALL)
        }
    assert told == {"kein Poster": False, "zeolites": False, "Zeolithforschung": True}


def days() -> PastDays:
    topics = ("sparse agents in training", "tool agents in use", "protein folding", "gene editing")
    return days_of(
        paper(n, title=f"On {topics[n % 4]}", authors=("Ann Lee",) if n == 3 else ("Bo Li",))
        for n in range(40)
    )


def test_what_finds_nothing_offers_what_would_and_what_finds_all_says_so() -> None:
    nothing, person, everything, mended = tried(
        wishes("folding of big proteins, by Carl Sagan, on, agents, protien foldng"), days(), ALL
    )

    assert nothing.finds_nothing
    assert "Nothing in the last 30 days has “folding of big proteins”" in advice(nothing)[0]
    assert ("folding", 10) in [(each.query, each.hits) for each in nothing.offers]
    assert "people do not publish every month" in advice(person)[0]
    assert "nearly everything: 20 of 40" in advice(everything)[0]
    assert [each.query for each in everything.offers] == ["sparse agents", "tool agents"]
    assert (mended.query, mended.hits, mended.is_mended) == ("protein folding", 10, True)
    assert "read as “protein folding”" in advice(mended)[0]
    assert [advice(each) for each in untried(wishes("agents"))] == [[]]
