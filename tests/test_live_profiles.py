"""Profiles are rows: who reads a text, who parses it, and what an edit writes."""

from __future__ import annotations

from contextlib import closing
from datetime import UTC, datetime, timedelta
from pathlib import Path
from threading import Thread
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import select, text, update

from digest import locales
from digest.live_profiles import LiveProfiles
from digest.model import Listing, Profile
from digest.store import Store, privacy, profile_files, profiles, schema, subscribers, unread
from digest.store.subscribers import Consent

from .apps import ALICE, BOB
from .databases import WAITING, emptied_postgres
from .factories import EIGHT, TUESDAY
from .subscribing import subscribe

MOSS = "title: Mosses\nto: [alice@example.org, bob@example.org]\nany: [moss]\n"
FERN = "title: Ferns\nlistings: [daily]\nlocale: de\nany: [fern]\n"
ACT = Consent(now=EIGHT)

#: What one process does is the same on both databases.
ONE = pytest.mark.parametrize("database", ["sqlite"], indirect=True)


class Folder:
    """A folder of files beside a store."""

    def __init__(self, store: Store, path: Path) -> None:
        self.store, self.path = store, path
        self.listings = {"daily": Listing(name="daily", kind="arxiv")}

    def begin(self, path: Path | None = None) -> LiveProfiles:
        """What another process reads at its start, and enrols."""
        config: Any = SimpleNamespace(
            profiles=path or self.path, listings=self.listings, timezone="UTC"
        )
        live = LiveProfiles(config, self.store)
        live.read()
        live.enrol(TUESDAY, TUESDAY)
        return live

    def write(self, name: str, text: str) -> Path:
        (self.path / name).write_text(text)
        return self.path / name

    def followed(self) -> set[tuple[str, str]]:
        """Who follows which profile."""
        with self.store.begin() as tx:
            people = [who for who, _ in unread.subscribers(tx)]
        return {(who.address, slug) for who in people for slug in who.profiles}

    def row(self, slug: str) -> Any:
        with self.store.begin() as tx:
            found = tx.execute(select(schema.profiles).where(schema.profiles.c.slug == slug))
            return found.mappings().one()


@pytest.fixture
def folder(store: Store, tmp_path: Path) -> Folder:
    (tmp_path / "profiles").mkdir()
    return Folder(store, tmp_path / "profiles")


def parsed(live: LiveProfiles) -> int:
    """How many texts a process has parsed."""
    return live._parsed.cache_info().misses


def reader(folder: Folder, number: int) -> int:
    """One who signed up with a profile of their own."""
    with folder.store.begin() as tx:
        return subscribe(tx, f"reader{number}@example.org", ACT, profile=FERN).id


def test_a_process_parses_what_has_changed_and_what_a_batch_needs(folder: Folder) -> None:
    folder.write("moss.yaml", MOSS)
    ids = [reader(folder, number) for number in range(3)]
    assert parsed(folder.begin()) == 4
    assert folder.followed() == {
        *((each, "moss") for each in (ALICE, BOB)),
        *((f"reader{number}@example.org", f"~{id}.1") for number, id in enumerate(ids)),
    }

    live = folder.begin()
    assert (parsed(live), len(live.profiles)) == (0, 4)
    loaded = live.load([f"~{ids[1]}.1", "none"])
    assert [each.to for each in loaded.values()] == [("reader1@example.org",)]
    assert parsed(live) == 1
    assert list(live.profiles) == ["moss", *(f"~{id}.1" for id in ids)]
    folder.write("moss.yaml", MOSS + "limit: 3\n")
    live.read()
    assert live.profiles["moss"].limit == 3


def test_what_a_text_was_read_as_is_kept_and_read_only_while_it_is_that(folder: Folder) -> None:
    id = reader(folder, 1)
    slug, table = f"~{id}.1", schema.profiles
    live = folder.begin()
    read, kept = live.profiles[slug], folder.row(slug)["compiled"]
    with folder.store.begin() as tx:
        assert "compiled" not in privacy.export(tx, id)["profiles"][0]

    def row(**values: Any) -> Profile:
        with folder.store.begin() as tx:
            tx.execute(update(table).where(table.c.slug == slug).values(values))
        return folder.begin().profiles[slug]

    another = row(compiled=kept.replace("fern", "moss"))
    assert another.query.wanted[0].text == "moss", "it is that which is read"
    for damaged in (kept[:-1], kept[:20], f"{kept[:16]}[]", f"{'0' * 16}{kept[16:]}", "{}"):
        assert row(compiled=damaged) == read
    assert row(compiled=kept, text=FERN.replace("fern", "moss")).query.wanted[0].text == "moss"
    with folder.store.begin() as tx:
        profiles.save_profile(tx, id, slug, "any: [", 1)
    live = folder.begin()
    assert (folder.row(slug)["compiled"], len(live.problems), [*live.profiles]) == ("", 1, [])


def test_a_text_that_was_enrolled_is_not_parsed_again(folder: Folder) -> None:
    slugs = [f"~{reader(folder, number)}.1" for number in range(3)]
    live = folder.begin()
    assert parsed(live) == 3

    assert [*live.load(slugs)] == slugs
    assert all(folder.row(slug)["compiled"] for slug in slugs)
    assert parsed(live) == 3


@ONE
def test_a_file_that_was_touched_is_not_parsed_again(folder: Folder) -> None:
    path = folder.write("moss.yaml", MOSS)
    folder.begin()
    path.chmod(0o600)

    assert parsed(folder.begin()) == 0


def test_an_edit_writes_one_row_and_is_enrolled_by_whoever_comes_next(folder: Folder) -> None:
    id = reader(folder, 1)
    live = folder.begin()
    tables = [table for table in schema.metadata.sorted_tables if table is not schema.profiles]
    with folder.store.begin() as tx:
        before = [tx.execute(select(table)).all() for table in tables]
        profiles.save_profile(tx, id, f"~{id}.1", FERN.replace("de", "fr"), 1)
        assert [tx.execute(select(table)).all() for table in tables] == before
    folder.begin()

    with folder.store.begin() as tx:
        [(who, _)] = unread.subscribers(tx)
    assert [(each.locale, each.listings) for each in who.subscriptions] == [("fr", ("daily",))]
    assert live.profiles[f"~{id}.1"].locale == "fr", "another process sees it, too"


def test_what_is_saved_while_it_is_enrolled_is_enrolled_again(folder: Folder) -> None:
    id = reader(folder, 1)
    with folder.store.begin() as tx:
        fresh = profiles.changed(tx)
        profiles.save_profile(tx, id, f"~{id}.1", FERN.replace("de", "fr"), 1)
        assert profiles.mark_enrolled(tx, fresh, "some rules") == set()
        fresh = profiles.changed(tx)
        assert [each.revision for each in fresh] == [2]
        profiles.remove_profile(tx, id, f"~{id}.1")
        again = profiles.add_profile(tx, id, FERN)
        other = profiles.save_profile(tx, id, again.slug, FERN.replace("de", "es"), 1)
        assert (other.slug, other.revision) == (fresh[0].slug, fresh[0].revision)
        assert profiles.mark_enrolled(tx, fresh, "some rules") == set()


@ONE
def test_what_a_profile_brings_ends_with_it(folder: Folder) -> None:
    path = folder.write("moss.yaml", MOSS)
    id = reader(folder, 1)
    folder.begin()
    path.unlink()
    with folder.store.begin() as tx:
        assert profiles.remove_profile(tx, id, f"~{id}.1") == 1
    folder.begin()
    assert folder.followed() == set()

    folder.write("moss.yaml", MOSS.replace("any:", "anny:"))
    assert list(folder.begin().profiles) == ["moss"], "by its last good text"
    assert folder.followed() == {(ALICE, "moss"), (BOB, "moss")}


@ONE
def test_a_slug_goes_to_the_next_file_that_has_it(folder: Folder) -> None:
    first = folder.write("moss.yaml", MOSS)
    second = folder.write("a.yaml", "profile: fern\n" + MOSS)
    live = folder.begin()
    second.write_text("profile: moss\n" + MOSS)
    live.read()
    assert str(live.problems[0]).endswith(f"moss is the name of another profile, in {first}")
    assert live.profiles["moss"].path == str(first)

    first.unlink()
    live.read()
    live.enrol(TUESDAY, TUESDAY)
    assert (live.problems, live.profiles["moss"].path) == ([], str(second))
    assert folder.followed() == {(ALICE, "moss"), (BOB, "moss")}


@ONE
def test_before_there_were_rows_of_files_the_first_path_had_the_slug(folder: Folder) -> None:
    folder.write("moss.yml", MOSS)
    folder.begin()
    with folder.store.begin() as tx:  # as migration 0017 leaves it, which knows the last text kept
        tx.execute(update(schema.profile_files).values(stamp="found", checksum=""))
    first = folder.write("moss.yaml", MOSS.replace("alice@example.org, ", ""))
    live = folder.begin()

    assert [each.path for each in live.problems] == [str(folder.path / "moss.yml")]
    assert live.profiles["moss"].path == str(first)
    assert folder.followed() == {(BOB, "moss")}


@ONE
def test_what_another_process_read_is_looked_at_again(folder: Folder, tmp_path: Path) -> None:
    path = folder.write("moss.yaml", MOSS + "limit: 3\n")
    live = folder.begin()
    aside = folder.path.rename(tmp_path / "aside")
    folder.path.mkdir()
    assert dict(folder.begin().profiles) == {}
    folder.path.rmdir()
    aside.rename(folder.path)
    live.read()
    assert live.profiles["moss"].limit == 3, "the folder is back"

    with folder.store.begin() as tx:
        older = profile_files.ReadFile("older", "moss", MOSS, "older")
        profile_files.keep(tx, {str(path): older}, [])
    live.read()
    assert live.profiles["moss"].limit == 3, "not what was read before and kept after"


@ONE
def test_the_profiles_of_a_folder_that_is_missing_stay_in_force(
    folder: Folder, tmp_path: Path
) -> None:
    """A disk that is not mounted, or a machine without the folder, ends no mail."""
    folder.write("moss.yaml", MOSS)
    live = folder.begin()
    aside = folder.path.rename(tmp_path / "aside")
    for each in (live, folder.begin()):
        each.read()
        assert [*each.profiles] == ["moss"]
        assert each.kept() == {str(folder.path)}
        [problem] = each.problems
        assert "missing; its profiles stay in force" in str(problem)

    folder.path.mkdir()
    live.read()
    assert ([*live.profiles], live.problems) == ([], []), "an empty folder ends them"

    folder.path.rmdir()
    aside.rename(folder.path)
    live.read()
    assert ([*live.profiles], live.problems) == (["moss"], [])


@ONE
def test_what_is_wrong_with_a_folder_ends_with_it(folder: Folder, tmp_path: Path) -> None:
    closed = tmp_path / "closed"
    closed.symlink_to(closed)
    live = folder.begin(closed)
    assert [each.path for each in live.problems] == [str(closed)]
    assert live.kept() == set(), "nothing was ever read there"
    closed.unlink()
    closed.mkdir()
    (closed / "moss.yaml").write_text(MOSS)
    live.read()
    assert live.problems == []

    (closed / "moss.yaml").rename(tmp_path / "moss.yaml")
    closed.rmdir()
    closed.symlink_to(closed)
    live = folder.begin(closed)
    assert live.kept() == {each.path for each in live.problems} == {str(closed)}
    assert folder.begin().problems == [], "another folder is configured"


@ONE
def test_a_file_of_the_future_is_not_read_each_time(folder: Folder) -> None:
    path = folder.write("moss.yaml", MOSS)
    written = datetime.fromtimestamp(path.stat().st_mtime, UTC)
    config: Any = SimpleNamespace(profiles=folder.path, listings={}, timezone="UTC")
    for hours in (-1, 0, 1):
        live = LiveProfiles(
            config, folder.store, clock=lambda h=hours: written + timedelta(hours=h)
        )
        assert bool(live._stamp(path)) == (hours != 0)


@ONE
def test_two_paths_of_one_folder_share_its_profiles(folder: Folder) -> None:
    file, link = folder.write("moss.yaml", MOSS), folder.path.with_name("link")
    link.symlink_to(folder.path)
    first, second = folder.begin(), folder.begin(link)
    for live in (first, second, first):
        live.read()
        live.enrol(TUESDAY, TUESDAY)
        assert (live.problems, folder.followed()) == ([], {(ALICE, "moss"), (BOB, "moss")})
    file.write_text(MOSS.replace("alice@example.org, ", ""))
    for live in (first, second):
        live.read()
        live.enrol(TUESDAY, TUESDAY)

    assert (second.problems, folder.followed()) == ([], {(BOB, "moss")})


@ONE
def test_another_configuration_reads_all_again(folder: Folder) -> None:
    folder.write("moss.yaml", MOSS + "listings: [daily]\n")
    id = reader(folder, 1)
    folder.begin()
    folder.listings = {}
    live = folder.begin()
    live.read()

    assert [each.path for each in live.problems] == [
        str(folder.path / "moss.yaml"),
        f"~{id}.1.yaml",
    ]
    assert (folder.followed(), dict(live.profiles)) == (set(), {})
    folder.listings = {"daily": Listing(name="daily", kind="arxiv")}
    assert folder.begin().problems == []
    assert len(folder.followed()) == 3


@ONE
def test_another_configuration_reads_all_again_at_once(
    folder: Folder, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(profiles, "CHUNK", 1)
    for number in range(3):
        reader(folder, number)
    folder.begin()
    assert len(folder.followed()) == 3
    folder.listings = {}
    live = folder.begin()

    assert len(live.problems) == 3
    assert folder.followed() == set()


@ONE
def test_what_is_said_of_a_broken_file_names_no_one_who_was_erased(folder: Folder) -> None:
    she = "Ann@MÜLLER.example"
    path = folder.write("moss.yaml", f"to: {she}\nany: [moss]\n")
    live = folder.begin()
    path.write_text(f"to: {she}\nany: [moss]\n{she}: 3\n")
    live.read()
    assert she in str(live.problems[0])
    with locales.use("de"):  # it is kept so that it can be said to each reader
        message = locales.said(live.problems[0].complaints[0].message)
    assert message == f"unbekannter Schlüssel {she}"
    with folder.store.begin() as tx:
        ann = subscribers.find(tx, she)
        assert ann is not None
        privacy.erase(tx, ann.id, EIGHT)
    live.read()

    assert [str(each) for each in live.problems] == [f"{path}:3:1: unknown key …"]
    assert folder.row("moss")["text"] == ""


@ONE
def test_mistakes_of_an_earlier_version_are_said_as_they_were(folder: Folder) -> None:
    path = folder.write("moss.yaml", "any: moss\n")
    live = folder.begin()
    with folder.store.begin() as tx:
        profiles.keep_broken(tx, {str(path): [[1, 6, "a list is expected", "", "error", ""]]})
    assert live.read()
    with locales.use("de"):
        [mistake] = live.problems[0].complaints
        assert locales.said(mistake.placed) == "Zeile 1, Spalte 6: a list is expected"


@ONE
def test_what_named_someone_who_was_erased_serves_the_others(folder: Folder) -> None:
    folder.write("moss.yaml", MOSS)
    folder.begin()
    with folder.store.begin() as tx:
        alice = subscribers.find(tx, ALICE)
        assert alice is not None
        privacy.erase(tx, alice.id, EIGHT)
    live = folder.begin()

    assert folder.row("moss")["text"] == ""
    assert [each.to for each in live.load(["moss"]).values()] == [(ALICE, BOB)]
    assert folder.followed() == {(BOB, "moss")}
    with folder.store.begin() as tx:
        subscribe(tx, ALICE, ACT)
    folder.begin()
    assert folder.followed() == {(ALICE, "moss"), (BOB, "moss")}


@ONE
def test_a_reader_who_starts_again_has_their_own_profiles_again(folder: Folder) -> None:
    id = reader(folder, 1)
    folder.begin()
    with folder.store.begin() as tx:
        subscribers.stop(tx, id, "unsubscribed", ACT)
    folder.listings = {"daily": folder.listings["daily"], "other": folder.listings["daily"]}
    assert dict(folder.begin().profiles) == {}
    with folder.store.begin() as tx:
        subscribers.start_again(tx, id, ACT)
    folder.begin()

    assert folder.followed() == {("reader1@example.org", f"~{id}.1")}


def test_one_who_comes_while_files_are_enrolled_is_waited_for(
    postgres: str, tmp_path: Path
) -> None:
    """Subscribers are locked before profiles, by all; else each would wait for the other."""
    with emptied_postgres(postgres) as url, closing(Store(url)) as store:
        folder = Folder(store, tmp_path)
        folder.write("moss.yaml", MOSS)
        folder.begin()
        folder.write("moss.yaml", MOSS + "limit: 3\n")
        with store.begin() as tx:
            alice = subscribers.find(tx, ALICE)
            assert alice is not None
            subscribers.lock_subscriber(tx, alice.id)
            second = Thread(target=folder.begin)
            second.start()
            while not tx.execute(text(WAITING)).scalar():
                pass
            profiles.read_again_for(tx, alice.id, ALICE)
        second.join()
        folder.begin()
        with store.begin() as tx:
            assert profiles.changed(tx) == []
