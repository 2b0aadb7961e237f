"""The papers of past days: indexed once, kept beside the database, and the same for every issue."""

from __future__ import annotations

import shutil
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from digest import past_papers
from digest.language import lemmas
from digest.model import Paper
from digest.past_papers import PastPapers, folder_of
from digest.render.views import paper_view
from digest.store import Store
from digest.web.preview_pages import issue_on

from .apps import app_of, profile
from .factories import TUESDAY, WEDNESDAY, listing, paper
from .store.test_store import collected

MONDAY = TUESDAY - timedelta(days=1)
SLAM = profile("slam", any="[mapping, SLAM]")
DAYS = [MONDAY, TUESDAY]


def titled(number: int, title: str) -> Paper:
    return paper(number, title=f"{title} {number}", abstract="")


def a_month(store: Store) -> None:
    """A hundred papers on Monday, of which most have the common word and one the rare one."""
    others = [titled(number, "On mapping") for number in range(1, 100)]
    collected(store, *others, titled(100, "On SLAM"), day=MONDAY)


def test_the_rarest_of_equal_scores_comes_first_and_says_why(store: Store) -> None:
    a_month(store)
    collected(store, titled(201, "Mapping comments"), titled(202, "ViSTA-SLAM"), day=TUESDAY)

    issue = app_of(store, SLAM, listings=[listing()]).composer.preview(SLAM)

    tuesdays = [entry for entry in issue.entries if entry.match.paper.key[-3] == "2"]
    assert [entry.match.paper.title for entry in tuesdays] == [
        "ViSTA-SLAM 202",
        "Mapping comments 201",
    ]
    said = [paper_view(entry).because for entry in tuesdays]
    assert said == [
        "because: SLAM (title; rare: in 1 of 100 papers) · score\u00a03",
        "because: mapping (title) · score\u00a03",
    ]


def test_the_issue_of_a_day_is_the_same_whatever_is_collected_later(store: Store) -> None:
    a_month(store)
    several = [titled(201, "Mapping comments"), titled(202, "ViSTA-SLAM")]
    collected(store, *several, day=TUESDAY)
    app = app_of(store, SLAM, listings=[listing()])
    site: Any = SimpleNamespace(app=app)
    mailed = issue_on(site, SLAM, TUESDAY)
    collected(store, *(titled(n, "On SLAM") for n in range(300, 400)), day=WEDNESDAY)
    # Late papers of an earlier day, too, and another text of one that was counted.
    late = [titled(n, "On SLAM") for n in range(400, 450)]
    collected(store, *late, paper(1, title="Now on SLAM", abstract="", version=2), day=MONDAY)

    assert issue_on(site, SLAM, TUESDAY) == mailed
    other: Any = SimpleNamespace(app=app_of(store, SLAM, listings=[listing()]))
    assert issue_on(other, SLAM, TUESDAY) == mailed


def test_a_clause_that_names_a_listing_is_counted_too(store: Store) -> None:
    a_month(store)
    [clause] = profile("p", any="['listing:daily']").query.wanted

    found = PastPapers(store, None).frequencies(TUESDAY)([clause])

    assert (found.papers, found.counts) == (100, {clause.term: 100})


@pytest.fixture
def store_of_one(laid_out: Path, tmp_path: Path) -> Iterator[Store]:
    """A store on SQLite alone: what is kept in files does not depend on the database."""
    store = Store(f"sqlite:///{shutil.copy(laid_out, tmp_path / 'digest.db')}")
    yield store
    store.close()


@pytest.fixture
def kept(store_of_one: Store, tmp_path: Path) -> Path:
    """The folder of an index that was built."""
    store = store_of_one
    a_month(store)
    folder = tmp_path / "digest.db.papers"
    PastPapers(store, folder).days(DAYS)
    return folder


def found(store: Store, folder: Path | None, troubles: list[str] | None = None) -> list[str]:
    report = (lambda line: None) if troubles is None else troubles.append
    days = PastPapers(store, folder, report).days(DAYS)
    return [match.paper.title for match in days.matches(SLAM, 3)]


def test_an_index_is_kept_for_its_owner_alone_and_used_again(
    store_of_one: Store, kept: Path
) -> None:
    [file] = kept.glob("*.index")
    before = file.read_bytes(), file.stat().st_ino

    assert found(store_of_one, kept) == found(store_of_one, None)
    assert (file.read_bytes(), file.stat().st_ino) == before
    assert (kept.stat().st_mode & 0o777, file.stat().st_mode & 0o777) == (0o700, 0o600)


@pytest.mark.parametrize("damage", ["cut", "empty", "changed", "unsigned"])
def test_a_damaged_index_is_built_again_with_a_word(
    store_of_one: Store, kept: Path, damage: str
) -> None:
    [file] = kept.glob("*.index")
    data = file.read_bytes()
    other = {"cut": data[:-9], "empty": b"", "changed": data[:99] + b"!" + data[100:]}
    file.write_bytes(other.get(damage, bytes(32) + data[32:]))
    troubles: list[str] = []

    assert found(store_of_one, kept, troubles) == found(store_of_one, None)
    assert troubles == [f"{file}: damaged; the index is built again"]
    assert found(store_of_one, kept, troubles)
    assert len(troubles) == 1


def test_the_english_dictionary_is_kept_too(
    store_of_one: Store, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(lemmas, "_PARTS", {})
    for name in ("mappings", "criteria", "nosuchword"):
        lemmas._english.cache_clear()
        PastPapers(store_of_one, kept).days(DAYS)  # the first time it is written
        parts, whole = lemmas._english(), lemmas._english_of_simplemma()
        assert parts.get(name) == whole.get(name)

    assert isinstance(parts, lemmas._Parts)
    assert len([*kept.glob("*.words")]) == 1
    lemmas._english.cache_clear()


def test_a_new_text_of_a_paper_is_found(store_of_one: Store, kept: Path) -> None:
    collected(store_of_one, paper(7, title="Now on SLAM", abstract="", version=2), day=TUESDAY)

    assert "Now on SLAM" in found(store_of_one, kept)


def test_the_words_rules_are_in_the_name(
    store_of_one: Store, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(past_papers, "_rules", lambda: "others")
    found(store_of_one, kept)

    assert len([*kept.glob("*.index")]) == 2


def test_what_was_not_used_for_longest_is_deleted(
    store_of_one: Store, kept: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(past_papers, "MOST_FILES", 1)
    collected(store_of_one, titled(201, "Mapping comments"), day=TUESDAY)
    found(store_of_one, kept)

    assert len([*kept.glob("*.index")]) == 1


def test_where_nothing_can_be_kept_it_is_built_each_time(
    store_of_one: Store, tmp_path: Path
) -> None:
    a_month(store_of_one)
    taken = tmp_path / "taken"
    taken.write_text("a file")

    assert found(store_of_one, taken) == found(store_of_one, None)


@pytest.mark.parametrize(
    ("url", "folder"),
    [
        ("sqlite:////srv/digest.db", "/srv/digest.db.papers"),
        ("sqlite://", None),
        ("postgresql://digest@localhost/digest", "/cache/digest"),
    ],
)
def test_the_index_is_beside_the_database_or_in_the_cache(
    url: str, folder: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setenv("XDG_CACHE_HOME", "/cache")

    assert folder_of(url) == (Path(folder) if folder else None)
