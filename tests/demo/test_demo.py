"""The demo as a stranger meets it: one command, four mornings, nothing twice; and its papers."""

from __future__ import annotations

import json
import os
import re
import shutil
import subprocess
import sysconfig
import urllib.request
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import date
from itertools import takewhile
from pathlib import Path
from urllib.parse import urlsplit

import pytest

import digest.demo
from digest.demo.files import lay_out, mornings
from digest.language.text import normal_title
from digest.listings.sources import huggingface, listing
from digest.model import Listing, ListingPage
from digest.profiles import SCHEMA_LINE, lint

from .. import processes
from ..readme import FIRST_DIGEST, blocks, mail_in, text_part

HERE = Path(digest.demo.__file__).parent
DIGEST = shutil.which("digest", path=sysconfig.get_path("scripts")) or "digest"
SUBSCRIBERS = {"alice", "bob", "carol"}


@dataclass(frozen=True)
class Play:
    """One call of the demo: what it left behind and what it said."""

    folder: Path
    said: str

    def morning(self, day: str) -> str:
        """What was said of one morning, with single blanks."""
        found = re.search(rf"^{day}.*?\n(.*?)(?:\n\n|\Z)", self.said, re.DOTALL | re.MULTILINE)
        assert found, day
        return " ".join(found[1].split())

    def mails(self, subscriber: str = "*", day: str = "*") -> list[Path]:
        """The files that one subscriber got, in the order of days."""
        return sorted(
            (self.folder / "outbox").glob(f"2026-03-{day}-{subscriber}-at-example.org-*.eml")
        )


def environment() -> dict[str, str]:
    """What is set around the demo, but nothing of the digest's."""
    return {name: value for name, value in os.environ.items() if "DIGEST" not in name}


def called(cwd: Path, *arguments: str) -> subprocess.CompletedProcess[str]:
    """The demo, called as a person does, in a folder of its own."""
    return processes.run(
        [DIGEST, "demo", "--no-browser", "--once", *arguments],
        cwd=cwd,
        env=environment(),
        capture_output=True,
        text=True,
        check=False,
    )


def played(cwd: Path) -> Play:
    """The demo, called where it may write, ending well."""
    done = called(cwd)
    assert (done.returncode, done.stderr) == (0, "")
    return Play(cwd / "digest-demo", done.stdout)


@pytest.fixture(scope="module")
def play(tmp_path_factory: pytest.TempPathFactory) -> Play:
    """The demo, played once for all who only look."""
    return played(tmp_path_factory.mktemp("demo"))


@pytest.mark.parametrize(
    ("day", "words"),
    [
        ("Tuesday", "daily-papers fresh 7 papers, 7 new to this list"),
        ("Tuesday", "saved fresh 4 papers, 4 new to this list"),
        ("Wednesday", "7 new to this list; and 2 more from earlier days, read again"),
        ("Wednesday", "not again: Ask the Index First (mailed on Tuesday)"),
        ("Wednesday", "carol@example.org no mail: nothing new for them"),
        ("Thursday", "daily-papers failed a web page without a list of papers"),
        ("Friday", "8 new to this list; and 8 more from earlier days, read again"),
        ("Friday", "not again: Borrowed Gradients (mailed on Tuesday); Optimizer States"),
        ("Friday 13 March 2026, run once more", "0 new papers, 0 mails"),
    ],
)
def test_each_morning_is_told(play: Play, day: str, words: str) -> None:
    assert words in play.morning(day)


def test_every_mail_is_where_the_demo_says(play: Play) -> None:
    told = re.findall(r"digest-demo/(outbox/\S+\.eml)", play.said)

    assert sorted(told) == [str(path.relative_to(play.folder)) for path in play.mails()]
    assert len(told) == 11


@pytest.mark.parametrize("subscriber", sorted(SUBSCRIBERS))
def test_no_subscriber_is_mailed_a_paper_twice(play: Play, subscriber: str) -> None:
    notices = [normal_title(text_part(mail)) for mail in play.mails(subscriber)]
    times = {title: sum(normal_title(title) in text for text in notices) for title in titles()}

    assert max(times.values()) == 1
    assert sum(times.values()) >= 7


def test_a_profile_without_matches_gets_no_mail_that_day(play: Play) -> None:
    assert play.mails("alice", "11")
    assert not play.mails("carol", "11")


def test_a_list_that_could_not_be_read_is_named_in_the_mail_and_made_up_for(play: Play) -> None:
    (thursday,), (friday,) = play.mails("carol", "12"), play.mails("carol", "13")

    assert "daily-papers could not be read" in " ".join(text_part(thursday).split())
    assert "ProtScript" in text_part(friday)


def test_what_exceeds_the_limit_is_named_by_its_title(play: Play) -> None:
    (friday,) = play.mails("bob", "13")

    assert "3. Forget-Me-Often" in text_part(friday).partition("2. The Librarian Problem")[2]


def test_the_mail_that_is_shown_is_one_of_the_demos(play: Play) -> None:
    """``python -m tests.readme digest-demo/outbox`` puts it there after a wanted change."""
    assert blocks("text", FIRST_DIGEST)[0] == mail_in(play.folder / "outbox")


def test_playing_again_follows_changed_profiles_and_says_what_is_wrong_with_one(
    tmp_path: Path,
) -> None:
    profiles = tmp_path / "digest-demo" / "profiles"
    lay_out(tmp_path / "digest-demo")
    mine = f"{SCHEMA_LINE}\nto: dora@example.org\nany: [robot]\n"
    (profiles / "efficient-training.yaml").write_text(mine)
    (profiles / "wrong.yaml").write_text("to: erin@example.org\nanny: [robot]\n")
    done = called(tmp_path)
    again = Play(tmp_path / "digest-demo", done.stdout)

    assert done.returncode == 0
    assert "wrong.yaml:2:1: " in done.stderr
    assert not again.mails("alice")
    assert "Slippery When Wet" in text_part(again.mails("dora")[0])


def test_the_demo_leaves_a_folder_alone_that_is_not_its_own(tmp_path: Path) -> None:
    (tmp_path / "thesis").mkdir()
    (tmp_path / "thesis" / "digest.db").write_text("years of work")
    done = called(tmp_path, "--folder", "thesis")

    assert done.returncode == 2
    assert "thesis holds something that is not the demo's" in done.stderr
    assert [path.name for path in (tmp_path / "thesis").iterdir()] == ["digest.db"]


@dataclass(frozen=True)
class Shown:
    """A demo that was left running: what it said before it showed its mails, and one of them."""

    play: Play
    mail: str


@pytest.fixture(scope="module")
def shown(tmp_path_factory: pytest.TempPathFactory) -> Shown:
    """The demo, played beside settings of others and shown until it is stopped."""
    place = tmp_path_factory.mktemp("settings")
    (place / ".env").write_text(
        "DIGEST_DATABASE=sqlite:///elsewhere.db\nDIGEST_PROFILES=elsewhere\n"
        "DIGEST_MAIL__SENDER=smtp\nDIGEST_MAIL__FOLDER=elsewhere\n"
    )
    command = [DIGEST, "demo", "--no-browser"]
    with processes.Popen(
        command, cwd=place, env=environment(), stdout=subprocess.PIPE, text=True
    ) as running:
        assert running.stdout
        try:
            said = list(takewhile(lambda line: "stop with Ctrl-C" not in line, running.stdout))
            url = next(line for line in running.stdout if line.startswith("http://")).strip()
            with urllib.request.urlopen(f"{url}/efficient-training/mail.txt?day=now") as answer:
                mail = answer.read().decode()
        finally:
            running.terminate()
    return Shown(Play(place / "digest-demo", "".join(said)), mail)


def test_the_demo_is_the_same_each_time_whatever_settings_lie_around(
    shown: Shown, play: Play
) -> None:
    again = shown.play

    assert {path.name for path in again.folder.parent.iterdir()} == {".env", "digest-demo"}
    assert again.said == f"{play.said}\n"
    assert [mail.read_bytes() for mail in again.mails()] == [m.read_bytes() for m in play.mails()]


def test_the_demo_shows_the_last_mornings_mails_until_it_is_stopped(shown: Shown) -> None:
    assert "Routing by Committee" in shown.mail
    assert "Half the Index" in shown.mail


def lists() -> Iterator[tuple[str, Path]]:
    """Every list of every morning, with the morning."""
    for day in mornings():
        for path in sorted((HERE / "mornings" / day).rglob("2026-*.*")):
            yield day, path


def parsed(path: Path) -> ListingPage:
    """One list, as its source reads it."""
    day, data = date.fromisoformat(path.stem), path.read_bytes()
    if path.suffix == ".json":
        return huggingface.parse(data, Listing(name="daily-papers", kind="huggingface"), day)
    return listing.parse(data, Listing(name="saved", kind="listing"), day)


def whole_lists() -> list[Path]:
    """All lists but the one that is no list."""
    return [path for _, path in lists() if not path.read_text("utf-8").startswith("<")]


def titles() -> set[str]:
    """The title of every invented paper."""
    return {paper.title for path in whole_lists() for paper in parsed(path).papers}


def test_four_days_of_twelve_to_eighteen_papers_in_two_formats() -> None:
    entries = dict.fromkeys(mornings(), 0)
    for path in {path.name: path for path in whole_lists()}.values():  # the last, grown state
        entries[path.stem] += parsed(path).entries

    assert list(entries) == ["2026-03-10", "2026-03-11", "2026-03-12", "2026-03-13"]
    assert all(12 <= number <= 18 for number in entries.values())
    assert len(titles()) == 46


@pytest.mark.parametrize("path", whole_lists(), ids=lambda path: f"{path.parts[-3]}-{path.name}")
def test_every_entry_of_a_list_can_be_read(path: Path) -> None:
    page = parsed(path)

    assert not page.reasons
    assert len(page.papers) == page.entries
    assert all(100 <= len(paper.abstract.split()) <= 180 for paper in page.papers)


def test_a_saved_page_ends_without_a_newline_and_json_has_the_quirks_of_its_kind() -> None:
    texts = [path.read_text("utf-8") for path in whole_lists() if path.suffix == ".txt"]
    papers = [e for p in whole_lists() if p.suffix == ".json" for e in json.loads(p.read_text())]

    assert all(not text.endswith("\n") and "\n·\n" in text for text in texts)
    assert any("\n  " in entry["paper"]["title"] for entry in papers)
    assert any(author["hidden"] for entry in papers for author in entry["paper"]["authors"])
    assert {"ai_summary" in entry["paper"] for entry in papers} == {True, False}
    assert {"organization" in entry for entry in papers} == {True, False}
    assert {"submittedBy" in entry for entry in papers} == {True, False}


def test_invented_papers_point_at_nobodys_pages() -> None:
    """No month has had half as many papers as these numbers say, and the hosts are reserved."""
    for path in whole_lists():
        for paper in parsed(path).papers:
            assert re.fullmatch(r"(?:arxiv:2603\.9\d{4}|title:.+)", paper.key)
        hosts = {
            urlsplit(url).hostname for url in re.findall(r"https?://[^\s\"]+", path.read_text())
        }
        assert hosts <= {"example.org"}


@pytest.mark.parametrize("path", sorted((HERE / "profiles").iterdir()), ids=lambda path: path.stem)
def test_the_demos_profiles_are_good_and_tell_editors_their_schema(path: Path) -> None:
    text = path.read_text("utf-8")

    assert text.startswith(SCHEMA_LINE)
    assert lint(text, str(path), listings=["daily-papers", "saved"]) == []
