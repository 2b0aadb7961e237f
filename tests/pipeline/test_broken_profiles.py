"""Profiles that break while a service runs: what their subscribers hear of it."""

from __future__ import annotations

from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest
from sqlalchemy import event

from digest.live_profiles import LiveProfiles
from digest.service.tick import tick
from digest.store import Store, schema, subscribers
from digest.store.subscribers import Consent

from ..apps import ALICE, BOB, app_of
from ..factories import EIGHT, listing
from ..fakes import AWAY, Clock, Postbox
from ..subscribing import subscribe

MOSS = "title: Mosses\nto: [alice@example.org, bob@example.org]\nany: [moss]\n"
BROKEN = "title: Mosses\nto: [alice@example.org, bob@example.org]\nanny: [moss]\nlimit: many\n"


class Folder:
    """A digest whose profiles are files, told to tick."""

    def __init__(self, store: Store, folder: Path) -> None:
        self.file, self.store = folder / "moss.yaml", store
        self.app = app_of(store, listings=[listing()], report_trouble=lambda line: None)
        self.settings: Any = SimpleNamespace(profiles=folder, listings=["daily"], timezone="UTC")
        self.restart()

    def restart(self) -> None:
        """A new process knows what the store knows."""
        self.app.live_profiles = LiveProfiles(self.settings, self.store)

    def tick(self, text: str = "") -> None:
        """Save the file, where there is a text for it, and let a minute pass."""
        if text:
            self.file.write_text(text)
        self.forward(minutes=1)

    def forward(self, **span: float) -> None:
        """Let so much time pass until the next tick."""
        clock: Clock = self.app.now  # type: ignore[assignment]
        clock.forward(**span)
        tick(self.app)

    def told(self, address: str) -> list[str]:
        """The subjects that an address has got."""
        post: Postbox = self.app.sender  # type: ignore[assignment]
        return [str(message["Subject"]) for message in post.to(address)]


@pytest.fixture
def folder(store: Store, tmp_path: Path) -> Folder:
    made = Folder(store, tmp_path)
    made.tick(MOSS)
    return made


SUBJECT = 'Paper digest: your profile "Mosses" has a mistake'


def test_subscribers_hear_once_that_their_profile_is_broken(folder: Folder) -> None:
    folder.tick(BROKEN)
    folder.tick()
    folder.tick(BROKEN.replace("many", "much"))
    folder.restart()
    folder.tick()

    assert (folder.told(ALICE), folder.told(BOB)) == ([SUBJECT], [SUBJECT])
    post: Postbox = folder.app.sender  # type: ignore[assignment]
    text = post.text_to(ALICE)
    assert "line 3, column 1: unknown key anny (did you mean any?)" in text
    assert "line 4, column 8: limit: a whole number is expected" in text
    assert "Its last good version stays in use" in text
    assert str(folder.file.parent) not in text
    assert "moss" in folder.app.profiles


def test_what_was_mended_and_breaks_again_is_reported_again(folder: Folder) -> None:
    folder.tick(BROKEN)
    folder.tick(MOSS)
    folder.tick(BROKEN)

    assert folder.told(ALICE) == [SUBJECT, SUBJECT]


class Dying:
    """A process that ends while it writes its second notice."""

    written = 0

    def __call__(self, _tx: object, statement: Any, *_: object) -> None:
        is_letter = getattr(statement, "is_insert", False) and statement.table is schema.deliveries
        self.written += is_letter
        if self.written > 1:
            raise KeyboardInterrupt


def test_a_death_between_two_notices_tells_no_one_twice_and_no_one_never(folder: Folder) -> None:
    engine, dying = folder.store._engine, Dying()
    event.listen(engine, "before_execute", dying)
    with pytest.raises(KeyboardInterrupt):
        folder.tick(BROKEN)
    assert (folder.told(ALICE), folder.told(BOB)) == ([], [])

    event.remove(engine, "before_execute", dying)
    folder.restart()
    folder.tick()
    folder.tick()

    assert (folder.told(ALICE), folder.told(BOB)) == ([SUBJECT], [SUBJECT])


def test_a_notice_that_could_not_leave_yet_is_not_written_again(folder: Folder) -> None:
    post: Postbox = folder.app.sender  # type: ignore[assignment]
    post.fail_next(AWAY)
    folder.tick(BROKEN)
    folder.restart()
    folder.forward(hours=1)

    assert (folder.told(ALICE), folder.told(BOB)) == ([SUBJECT], [SUBJECT])


def test_who_has_left_is_not_told(folder: Folder) -> None:
    with folder.app.store.begin() as tx:
        alice = subscribers.find(tx, ALICE)
        assert alice is not None
        subscribers.stop(tx, alice.id, "unsubscribed", Consent(now=EIGHT))
    folder.tick(BROKEN)

    assert (folder.told(ALICE), folder.told(BOB)) == ([], [SUBJECT])


def test_a_file_that_takes_anothers_name_is_told_to_no_one(folder: Folder) -> None:
    (folder.file.parent / "other.yaml").write_text(MOSS + "profile: moss\n")
    folder.tick()

    assert folder.app.problems
    assert (folder.told(ALICE), folder.told(BOB)) == ([], [])


def test_a_subscribers_own_profile_that_nothing_understands_any_more_is_told_of(
    folder: Folder,
) -> None:
    """As when a listing that it names is taken out of the configuration."""
    folder.settings.listings = ["daily", "extra"]
    folder.restart()
    act = Consent(now=EIGHT)
    text = "title: Ferns\nlistings: [extra]\nany: [fern]\n"
    with folder.app.store.begin() as tx:
        subscribe(tx, "new@example.org", act, profile=text)
    folder.tick()
    folder.settings.listings = ["daily"]
    folder.restart()
    folder.tick()
    folder.tick()

    post: Postbox = folder.app.sender  # type: ignore[assignment]
    assert [str(message["Subject"]) for message in post.to("new@example.org")] == [
        "Paper digest: your profile has a mistake"
    ]
    text = post.text_to("new@example.org")
    assert "line 2, column 12: unknown listing extra" in text
    assert "Until it is right again it finds nothing." in text


@pytest.mark.parametrize("database", ["sqlite"], indirect=True)
def test_who_starts_again_is_told_what_broke_while_they_were_away(folder: Folder) -> None:
    folder.settings.listings = ["daily", "extra"]
    folder.restart()
    act = Consent(now=EIGHT)
    with folder.store.begin() as tx:
        text = "title: Ferns\nlistings: [extra]\nany: [fern]\n"
        new = subscribe(tx, "new@example.org", act, profile=text)
    folder.tick()
    with folder.store.begin() as tx:
        subscribers.stop(tx, new.id, "unsubscribed", act)
    folder.settings.listings = ["daily"]
    folder.restart()
    folder.tick()
    assert folder.app.problems == []
    told = len(folder.told("new@example.org"))

    with folder.store.begin() as tx:
        subscribers.start_again(tx, new.id, act)
    folder.tick()
    folder.tick()
    assert [each.path for each in folder.app.problems] == [f"~{new.id}.1.yaml"]
    assert folder.told("new@example.org")[told:] == ["Paper digest: your profile has a mistake"]


def close(folder: Path) -> Path:
    """Put a link to itself in the folder's place, which the superuser cannot read either."""
    aside = folder.rename(folder.with_name("aside"))
    folder.symlink_to(folder)
    return aside


@pytest.mark.parametrize("restarts", [False, True])
def test_a_folder_that_cannot_be_read_leaves_its_profiles_in_force(
    folder: Folder, tmp_path: Path, restarts: bool
) -> None:
    place = tmp_path / "profiles"
    place.mkdir()
    folder.file = folder.file.rename(place / "moss.yaml")
    (place / "gone.yaml").write_text("title: Gone\nto: carol@example.com\nany: [fern]\n")
    folder.settings.profiles = place
    folder.restart()
    folder.tick()
    (place / "gone.yaml").unlink()
    folder.tick()
    told = len(folder.told(ALICE))

    aside = close(place)
    if restarts:
        folder.restart()
    folder.tick()
    [problem] = folder.app.problems
    assert str(problem).startswith(f"{place}: the folder cannot be read: ")
    assert list(folder.app.profiles) == ["moss"], "not what was removed"
    assert len(folder.told(ALICE)) == told

    place.unlink()
    aside.rename(place)
    folder.tick()
    assert (folder.app.problems, list(folder.app.profiles)) == ([], ["moss"])


def test_a_link_to_nothing_is_a_problem_of_its_own_alone(folder: Folder) -> None:
    """As an editor leaves one beside the file that it has open."""
    link = folder.file.with_name("link.yaml")
    link.symlink_to(folder.file.with_name("nothing"))
    folder.tick()

    assert [problem.path for problem in folder.app.problems] == [str(link)]
    assert list(folder.app.profiles) == ["moss"]
