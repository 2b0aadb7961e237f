"""Profiles at the command line: checked, tried, explained, suggested for, edited, written."""

from __future__ import annotations

import gzip
import json
import os
import pty
import re
import shutil
import sys
from collections.abc import Sequence
from datetime import date, timedelta
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner, Result

from digest import profiles as profile_room
from digest.cli import main
from digest.live_profiles import LiveProfiles
from digest.model import Change, ChangeKind, Paper, Verdict
from digest.profiles import parse
from digest.store import (
    Store,
    feedback,
    signups,
)
from digest.store import (
    papers as stored_papers,
)
from digest.store import (
    profiles as stored_profiles,
)
from digest.store.subscribers import Consent

from .. import processes
from ..extent import number
from ..factories import EIGHT, TUESDAY, paper, snapshot
from ..subscribing import subscribe

CONFIG = """
database: sqlite:///digest.db
profiles: profiles/
listings:
  daily: {kind: listing, path: "daily/{day}.txt"}
mail: {from: "Paper digest <digest@example.org>", sender: folder, folder: outbox/}
"""
PROFILE = """# mine
profile: moss
title: Mosses
to: alice@example.org
any:
  - moss   # all kinds
  - title:"lichen"
none: [survey]
"""
MOSS = "Mosses of the north"


def corpus() -> list[Paper]:
    """Forty papers: four about mosses, one a survey, two about glow worms, the rest about bees."""
    titles = [MOSS, "Moss at sea", "A moss garden", "Mosses: a survey"]
    titles += ["Glow worms at night", "Why glow worms glow"]
    titles += [f"Bees in the hive, part {n}" for n in range(34)]
    return [paper(n, title=title, abstract="Field work.") for n, title in enumerate(titles, 1)]


class Workspace:
    """A person at a terminal, in a folder with a configuration."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.write("config.yaml", CONFIG)
        self.profile = self.write("profiles/moss.yaml", PROFILE)

    def write(self, name: str, text: str) -> Path:
        """Put a file there."""
        path = self.folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return path

    def profiles(self, *words: object, given: str | bytes = "") -> Result:
        """Type a command about profiles."""
        config = ["--config", str(self.folder / "config.yaml")]
        return CliRunner().invoke(main, [*config, "profile", *map(str, words)], input=given)

    def document(self, *words: object, given: str = "") -> Any:
        """What a command prints with --json."""
        result = self.profiles(*words, "--json", given=given)
        assert result.exit_code == 0, result.output
        return json.loads(result.stdout)

    def store(self) -> Store:
        """The database, made if need be."""
        store = Store(f"sqlite:///{self.folder}/digest.db")
        store.migrate()
        return store


def collect(store: Store, papers: Sequence[Paper]) -> None:
    """Keep half of the papers on Tuesday and half of them two days later."""
    half = len(papers) // 2
    keep(store, TUESDAY, papers[:half])
    keep(store, TUESDAY + timedelta(days=2), papers[half:])


def keep(store: Store, day: date, papers: Sequence[Paper]) -> None:
    """Remember what one day's list brought."""
    with store.begin() as tx:
        pairs = stored_papers.pair_with_seen(tx, "daily", papers)
        changes = [Change(ChangeKind.NEW, each) for each, seen in pairs if seen is None]
        receipt = snapshot(day, entries=len(papers), new=len(changes), verdict=Verdict.FRESH)
        stored_papers.store_collection(tx, receipt, pairs, changes)


@pytest.fixture
def empty(tmp_path: Path) -> Workspace:
    return Workspace(tmp_path)


@pytest.fixture
def workspace(empty: Workspace, laid_out: Path) -> Workspace:
    shutil.copy(laid_out, empty.folder / "digest.db")
    store = empty.store()
    collect(store, corpus())
    store.close()
    return empty


# ── test ──


def test_a_try_prints_the_promised_document(workspace: Workspace) -> None:
    document = workspace.document("test", workspace.profile)

    assert document == {
        "days": 2,
        "papers": 40,
        "matched": 3,
        "per_day": 1.5,
        "share": 0.075,
        "clauses": [
            {"clause": "moss", "hits": 4},
            {"clause": 'title:"lichen"', "hits": 0},
            {"clause": "survey", "hits": 1},
        ],
        "left_out": None,
        "gained": [],
        "lost": [],
    }


def test_details_tell_the_parts_and_every_day(workspace: Workspace) -> None:
    document = workspace.document("test", workspace.profile, "--details")

    assert [clause["part"] for clause in document["clauses"]] == ["any", "any", "none"]
    assert document["clauses"][0]["forms"] == {"moss": 2, "mosses": 2}
    assert len(document["by_day"]) == 30
    assert document["by_day"][-2] == {"day": "2026-03-11", "papers": None, "matched": 0}


def test_a_try_names_what_is_gained_and_lost_against_the_live_version(workspace: Workspace) -> None:
    workspace.profiles("list")  # from now on the file is live
    draft = workspace.write("draft.yaml", PROFILE.replace("  - moss ", "  - glow worm "))

    document = workspace.document("test", draft)

    assert {paper["title"] for paper in document["gained"]} == {
        "Glow worms at night",
        "Why glow worms glow",
    }
    assert MOSS in {paper["title"] for paper in document["lost"]}
    assert document["lost"][0]["key"].startswith("arxiv:2603.")
    assert "against the live version: 2 gained, 3 lost" in workspace.profiles("test", draft).stdout


def test_a_person_sees_bars_and_what_never_hit(workspace: Workspace) -> None:
    text = workspace.profiles("test", workspace.profile).stdout

    assert "3 of 40 papers in 2 days: 1.5 a day, 7.5%" in text
    assert 'never hit: title:"lichen"' in text
    dry = workspace.write("dry.yaml", "profile: dry\nany: [moss]\nnone: [survey, sea, garden]\n")
    left_out = (
        "Of 4 papers with what is wanted, 3 are left out because of “survey”, “sea”, “garden”"
    )
    assert left_out in " ".join(workspace.profiles("test", dry).output.split())
    assert "moss 2, mosses 2" in " ".join(text.split())
    assert any("2026-03-10" in line and "█" in line for line in text.splitlines())
    assert any("2026-03-11" in line and "not collected" in line for line in text.splitlines())


def test_what_a_mail_names_at_most_is_said(workspace: Workspace) -> None:
    text = PROFILE.replace("  - moss ", "  - {query: moss, at_most: 2}\n  - fern ")
    said = workspace.profiles("test", workspace.write("draft.yaml", text)).stdout
    assert "a mail names at most 2 of moss" in said
    assert "at most" not in workspace.profiles("test", workspace.profile).stdout


def test_fewer_days_can_be_asked_for(workspace: Workspace) -> None:
    assert workspace.document("test", workspace.profile, "--days", 1)["papers"] == 20
    assert workspace.profiles("test", workspace.profile, "--days", 0).exit_code == 2


def test_before_anything_was_collected_a_try_says_so(empty: Workspace) -> None:
    result = empty.profiles("test", empty.profile)

    assert result.exit_code == 1
    assert result.stderr == (
        "digest: no papers yet: digest collect --days 30 reads a month of them, and mails none\n"
    )
    assert not (empty.folder / "digest.db").exists()
    empty.store().close()
    assert "digest collect --days 30" in empty.profiles("test", empty.profile).stderr


def test_after_one_day_a_try_offers_to_read_the_month_before(workspace: Workspace) -> None:
    shown = workspace.profiles("test", workspace.profile, "--days", 90).stdout

    assert re.search(r"^… +\d+ days not collected *$", shown, re.MULTILINE)
    assert "digest collect --days 30, which mails none" in shown
    short = workspace.profiles("test", workspace.profile, "--days", 1).stdout
    assert "digest collect" not in short


@pytest.mark.parametrize("command", ["test", "explain", "suggest", "add", "remove"])
def test_a_broken_file_is_named_with_its_place(workspace: Workspace, command: str) -> None:
    broken = workspace.write("broken.yaml", "anny: [moss]\n")
    words: list[object] = [broken]
    words = {"explain": [broken, "-"], "add": ["x", broken], "remove": ["x", broken]}.get(
        command, words
    )

    result = workspace.profiles(command, *words, given="{}")

    assert result.exit_code == 78
    assert f"{broken}:1:1: " in result.stderr


def test_real_listings_are_tried_as_a_whole(empty: Workspace) -> None:
    if not (folder := os.environ.get("DIGEST_REAL_DATA")):
        pytest.skip("DIGEST_REAL_DATA names no folder of real listings")
    store = empty.store()
    days = sorted(Path(folder, "arxiv-days").glob("*.jsonl.gz"))[-number(1, whole=99) :]
    for file in days:
        with gzip.open(file, "rt", encoding="utf-8") as lines:
            entries = {entry["id"]: entry for entry in map(json.loads, lines)}
        keep(store, date.fromisoformat(file.name[:10]), [_real(e) for e in entries.values()])
    store.close()
    wide = empty.write("wide.yaml", "any: [mixture of experts, quantiz*, '=RAG']\n")

    document = empty.document("test", wide, "--details")

    assert document["papers"] > 130 * len(days)
    assert sum(day["matched"] for day in document["by_day"]) == document["matched"] > 4 * len(days)
    assert all(clause["hits"] for clause in document["clauses"])


def _real(entry: dict[str, Any]) -> Paper:
    return Paper(
        key=f"arxiv:{entry['id']}",
        title=" ".join(entry["title"].split()),
        abstract=" ".join(entry["summary"].split()),
        authors=tuple(entry["authors"]),
        categories=tuple(entry["categories"]),
    )


# ── explain ──

GIVEN = {
    "title": "Mosses of $\\mathcal{N}$",
    "abstract": "On growth.",
    "authors": ["Ada Byron"],
    "categories": ["q-bio.PE"],
}


def test_a_paper_from_stdin_is_explained_without_configuration_or_database(tmp_path: Path) -> None:
    file = tmp_path / "moss.yaml"
    file.write_text(PROFILE)
    words = ["profile", "explain", str(file), "-", "--json"]

    result = CliRunner().invoke(main, words, input=json.dumps(GIVEN))

    document = json.loads(result.stdout)
    assert set(document) == {"matched", "score", "clauses", "decided_by"}
    assert all(set(c) == {"clause", "matched", "weight", "hits"} for c in document["clauses"])
    assert (document["matched"], document["score"], document["decided_by"]) == (True, 3, "moss")
    [moss, lichen, survey] = document["clauses"]
    assert (moss["clause"], moss["matched"], moss["weight"]) == ("moss", True, 1)
    assert moss["hits"] == [{"field": "title", "start": 0, "end": 6, "text": "Mosses"}]
    assert not lichen["matched"]
    assert not survey["matched"]


@pytest.mark.parametrize("name", ["arxiv:2603.00001", "2603.00001v2", MOSS, "mosses north"])
def test_a_collected_paper_is_found_by_key_id_title_or_words(
    workspace: Workspace, name: str
) -> None:
    assert workspace.document("explain", workspace.profile, name)["matched"]


def test_what_decided_is_said_to_a_person(workspace: Workspace) -> None:
    text = " ".join(
        workspace.profiles("explain", workspace.profile, "Mosses: a survey").stdout.split()
    )

    assert "does not match Mosses: none excludes survey" in text
    text = " ".join(workspace.profiles("explain", workspace.profile, "Moss at sea").stdout.split())
    assert "matches Mosses, above all by: moss" in text
    assert "title: Moss" in text


def test_an_unknown_paper_and_one_of_several_are_told_apart(workspace: Workspace) -> None:
    assert (
        "no paper is known" in workspace.profiles("explain", workspace.profile, "2999.00001").stderr
    )
    assert (
        "several papers are found"
        in workspace.profiles("explain", workspace.profile, "bees").stderr
    )
    address = workspace.profiles("explain", workspace.profile, "https://elsewhere.example/bees")
    assert "no paper is known as 'https://elsewhere.example/bees'" in address.stderr


BAD_PAPERS = {
    "": "stdin:1:1: not JSON",
    "{": "stdin:1:2: not JSON",
    "[1]": "one JSON object is expected",
    "{}": "title is missing",
    '{"title": 3}': "title: text is expected",
    '{"title": "x", "authors": "Ada"}': "authors: a list of texts is expected",
    "[" * 100_000: "nested too deep",
}


@pytest.mark.parametrize(("given", "said"), BAD_PAPERS.items(), ids=range(len(BAD_PAPERS)))
def test_a_paper_that_is_none_is_refused_in_one_line(
    empty: Workspace, given: str, said: str
) -> None:
    result = empty.profiles("explain", empty.profile, "-", given=given)

    assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1)
    assert said in result.stderr


def test_bytes_that_are_no_text_are_refused(empty: Workspace) -> None:
    result = empty.profiles("explain", empty.profile, "-", given=b"\xff\xfe")

    assert result.stderr == "digest: stdin:1:1: not UTF-8 at byte 0\n"


# ── suggest ──


def rows(workspace: Workspace) -> list[dict[str, Any]]:
    """What digest profile list tells."""
    found: list[dict[str, Any]] = json.loads(workspace.profiles("list", "--json").stdout)[
        "profiles"
    ]
    return found


def terms(document: Any, part: str) -> set[str]:
    """The terms that are suggested for a part."""
    return {each["term"] for each in document["suggestions"] if each["part"] == part}


def test_terms_come_of_papers_that_were_missed_each_with_its_width(workspace: Workspace) -> None:
    likes = ("--like", "2603.00005", "--like", "2603.00006", "--like", "2603.00001")

    document = workspace.document("suggest", workspace.profile, *likes)

    [glow] = [each for each in document["suggestions"] if each["term"] == "glow worms"]
    assert (glow["part"], glow["width"], glow["share"]) == ("any", 2, 0.05)
    assert glow["catches"] == ["arxiv:2603.00005", "arxiv:2603.00006"]
    assert workspace.profile.read_text() == PROFILE


def test_terms_that_drop_a_paper_spare_those_that_are_liked(workspace: Workspace) -> None:
    words = ("--dislike", "2603.00002", "--like", "2603.00001")

    document = workspace.document("suggest", workspace.profile, *words)

    assert "sea" in terms(document, "none")
    assert not {"moss", "mosses"} & terms(document, "none")


def test_lists_and_bibtex_say_what_is_liked(workspace: Workspace) -> None:
    ids = workspace.write(
        "ids.txt", "arXiv:2603.00005  # night\nhttps://arxiv.org/abs/2603.00006v1\n9\n"
    )
    bibtex = workspace.write(
        "refs.bib",
        "@comment{x}\n@article{a, title = {{Glow} worms at {N}ight}, year=2003}\n"
        '@misc{b, eprint="2603.00006", author={A. B and C}, title="On G\\"odel\'s worms"}\n',
    )

    by_list = workspace.profiles("suggest", workspace.profile, "--ids", ids, "--json")

    assert by_list.stderr == "not collected, so left out: 9\n"
    assert "glow worms" in terms(json.loads(by_list.stdout), "any")
    assert "glow worms" in terms(
        workspace.document("suggest", workspace.profile, "--bibtex", bibtex), "any"
    )


def test_without_a_list_the_feedback_of_the_profiles_subscribers_counts(
    workspace: Workspace,
) -> None:
    assert workspace.profiles("suggest", workspace.profile).exit_code == 2
    store = workspace.store()
    with store.begin() as tx:
        found = signups.sign_up(tx, "alice@example.org", Consent(now=EIGHT))
        feedback.record(tx, found.subscriber.id, "arxiv:2603.00005", "like", EIGHT)
        feedback.record(tx, found.subscriber.id, "arxiv:2603.00006", "save", EIGHT)
    store.close()

    assert "glow worms" in terms(workspace.document("suggest", workspace.profile), "any")
    assert "glow worms" in workspace.profiles("suggest", workspace.profile).stdout


def test_a_subscribers_own_profile_is_suggested_for_by_their_own_feedback(
    workspace: Workspace,
) -> None:
    store, act = workspace.store(), Consent(now=EIGHT)
    with store.begin() as tx:
        bob = subscribe(tx, "bob@example.org", act, profile="any: [moss]\n")
        feedback.record(tx, bob.id, "arxiv:2603.00005", "like", EIGHT)
        feedback.record(tx, bob.id, "arxiv:2603.00006", "save", EIGHT)
        feedback.record(tx, bob.id, "arxiv:2603.00002", "less", EIGHT)
        [kept] = stored_profiles.owned_by(tx, bob.id)
    [listed] = [row for row in rows(workspace) if row["profile"] == kept.slug]

    document = workspace.document("suggest", listed["profile"])

    assert "glow worms" in terms(document, "any")
    assert "sea" in terms(document, "none")
    with store.begin() as tx:
        assert stored_profiles.owned_by(tx, bob.id) == [kept]
    store.close()
    assert workspace.document("test", kept.slug)["matched"] == 4
    assert workspace.document("explain", kept.slug, "2603.00001")["matched"]


def test_a_profile_that_no_subscriber_keeps_is_told_from_one_that_is_broken(
    workspace: Workspace,
) -> None:
    result = workspace.profiles("suggest", "~7.1")

    assert (result.exit_code, len(result.stderr.splitlines())) == (1, 1)
    assert "no reader keeps a profile named ~7.1" in result.stderr


# ── check ──


def test_the_papers_of_the_last_days_give_warnings(workspace: Workspace) -> None:
    wide = workspace.write(
        "wide.yaml", "any:\n  - bees\n  - moss\n  - lichen\nauthors: [Nobody Here]\n"
    )

    result = workspace.profiles("check", wide)

    assert result.exit_code == 0
    assert result.stdout.splitlines() == [
        f"{wide}:2:5: warning: very common: matches 85% of the 40 papers of the last 30 days",
        f"{wide}:2:5: note: found as bees 34",
        f"{wide}:3:5: note: found as moss 2, mosses 2",
        f"{wide}:4:5: warning: matched none of the 40 papers of the last 30 days",
    ]
    assert workspace.profiles("check", "--quick", wide).stdout == ""


def test_what_quotes_lose_is_said_with_numbers(workspace: Workspace) -> None:
    quoted = workspace.write(
        "quoted.yaml", "any:\n  - bees in\n  - '\"moss\"'\nnone: ['\"bees\"']\n"
    )

    assert workspace.profiles("check", quoted).stdout.splitlines()[-3:] == [
        f"{quoted}:3:5: warning: finds 2 of the 4 papers that it finds without quotes"
        " (without them plurals are found, too)",
        f"{quoted}:3:5: note: found as moss 2",
        f"{quoted}:4:8: note: found as bees 34",
    ]


def test_what_a_word_in_capitals_finds_is_said_with_numbers(workspace: Workspace) -> None:
    capitals = workspace.write("capitals.yaml", "any:\n  - lichen OR moss\n  - MOSS\n")

    assert workspace.profiles("check", capitals).stdout.splitlines()[1:] == [
        f"{capitals}:3:5: note: MOSS: found in capitals only, because small letters are a word"
        " (write moss for any case)",
        f"{capitals}:3:5: warning: matched none of the 40 papers of the last 30 days",
        f"{capitals}:3:5: note: finds 0 of the 2 papers with it in any case",
    ]


MISTAKES = """# seven of them
titel: Sparse things
any:
  - sparse attention
  - title: pruning
  - title:(pruning OR
  - {query: quantiz*, weight: 20}
  - pruning AND /(a/
changes: [new, withdrawm]
schedule: {timezone: Europe/Berln}
"""
SAID = """\
2:1: unknown key titel (did you mean title?)
5:5: a blank after the colon (write title:pruning)
6:20: something to search for is missing after 'OR' (add a word, or remove OR)
7:31: weight: at most 9 is expected
8:17: the pattern cannot be used: missing ): (a (RE2's syntax: github.com/google/re2/wiki/Syntax)
9:16: changes: expected 'new', 'cross', 'revised' or 'withdrawn' (did you mean withdrawn?)
10:22: unknown time zone Europe/Berln (did you mean Europe/Berlin?)
"""


def test_seven_mistakes_are_seven_lines_each_at_its_place(tmp_path: Path) -> None:
    file = tmp_path / "seven.yaml"
    file.write_text(MISTAKES)

    result = CliRunner().invoke(main, ["profile", "check", str(file)])

    assert result.exit_code == 78
    assert result.stdout == "".join(f"{file}:{line}\n" for line in SAID.splitlines())


def test_all_profiles_of_a_folder_are_checked(empty: Workspace) -> None:
    bad = empty.write("profiles/bad.yml", "anny: [fern]\n")
    empty.write("profiles/notes.txt", "no profile")

    result = empty.profiles("check", empty.profile.parent)
    assert result.exit_code == 78
    assert {line.split(":")[0] for line in result.stdout.splitlines()} == {str(bad)}

    bad.unlink()
    assert empty.profiles("check", empty.profile.parent).exit_code == 0
    bare = empty.folder / "bare"
    bare.mkdir()
    result = empty.profiles("check", bare)
    assert (result.exit_code, result.stderr) == (
        1,
        f"digest: {bare}: no profile is in this folder, no .yaml and no .yml\n",
    )


def test_check_needs_no_database_and_makes_none(empty: Workspace) -> None:
    assert empty.profiles("check", empty.profile).output == ""
    assert not (empty.folder / "digest.db").exists()


# ── files ──


def test_a_keyword_goes_in_and_out_and_comments_stay(empty: Workspace) -> None:
    assert empty.profiles("add", "liverwort", empty.profile).exit_code == 0
    text = empty.profile.read_text()
    assert "liverwort" in text
    assert "moss   # all kinds" in text

    assert "stands there already" in empty.profiles("add", "liverwort", empty.profile).stdout
    assert empty.profiles("remove", "liverwort", empty.profile).exit_code == 0
    assert empty.profile.read_text() == PROFILE
    assert "does not stand there" in empty.profiles("remove", "fern", empty.profile).stdout


def test_a_file_keeps_its_rights_and_a_bad_keyword_changes_nothing(empty: Workspace) -> None:
    empty.profile.chmod(0o640)
    empty.profiles("add", "fern", empty.profile)
    before = empty.profile.read_text()

    result = empty.profiles("add", "(fern", empty.profile)

    assert result.exit_code == 78
    assert empty.profile.read_text() == before
    assert empty.profile.stat().st_mode & 0o777 == 0o640
    assert [path.name for path in empty.profile.parent.iterdir()] == ["moss.yaml"]


def test_the_list_tells_live_from_broken_and_who_reads(
    workspace: Workspace, monkeypatch: pytest.MonkeyPatch
) -> None:
    # None is asked for by its name, for by then it may be gone.
    monkeypatch.setattr(LiveProfiles, "load", None)
    workspace.write("profiles/new.yaml", "any: [fern")
    [row, new] = json.loads(workspace.profiles("list", "--json").stdout)["profiles"]
    assert (row["profile"], row["state"], row["readers"]) == ("moss", "live", 1)
    assert (new["profile"], new["state"]) == ("new", "broken, nothing in force")

    workspace.write("profiles/moss.yaml", PROFILE.replace("any:", "anny:"))
    result = workspace.profiles("list")

    assert result.exit_code == 78
    assert "the last good version is in force" in " ".join(result.stdout.split())
    assert f"{workspace.profile}:5:1: " in result.stdout

    folder = workspace.profile.parent
    folder.rename(folder.with_name("aside"))
    folder.symlink_to(folder)
    rows = json.loads(workspace.profiles("list", "--json").stdout)["profiles"]
    assert [row["state"] for row in rows if row["profile"] == "profiles"] == [
        "cannot be read, the last good versions are in force"
    ]


# ── new ──


def test_a_pasted_search_becomes_a_profile_and_its_account(empty: Workspace) -> None:
    search = (
        "cat:cs.CG AND (ti:moss OR abs:lichen) ANDNOT ti:survey AND submittedDate:[2025 TO 2026]"
    )

    done = empty.profiles("import", "-", given=search)

    assert done.exit_code == 0
    assert parse(done.stdout, "mine.yaml").query.required[0].text == "category:cs.CG"
    assert "abs:lichen: any: abstract:lichen" in done.stderr
    assert "submittedDate:[2025 TO 2026]: left out (each issue brings what is new)" in done.stderr


def test_a_file_of_keywords_and_the_address_of_a_search_are_imported(empty: Workspace) -> None:
    words = empty.write("words.txt", "moss, lichen and fern\n")

    listed = empty.profiles("import", words)
    address = empty.profiles("import", "https://arxiv.org/search/?query=moss&searchtype=title")

    assert parse(listed.stdout, "x.yaml").slug == "words"
    assert "and is a word like any other here" in listed.stderr
    assert [clause.text for clause in parse(address.stdout, "x.yaml").query.wanted] == [
        "title:moss"
    ]


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ("NOT moss", "stdin:1:1: nothing to look for is left (name a word)"),
        ("(moss", "stdin:1:1: this bracket is not closed (add a ))"),
        (b"\xff", "stdin:1:1: not UTF-8 at byte 0"),
    ],
)
def test_what_cannot_be_imported_is_named_with_its_place(
    empty: Workspace, given: str | bytes, said: str
) -> None:
    done = empty.profiles("import", "-", given=given)

    assert (done.exit_code, done.stdout) == (78, "")
    assert said in done.stderr


def test_questions_need_a_terminal(empty: Workspace) -> None:
    result = empty.profiles("new")

    assert result.exit_code == 2
    assert "questions need a terminal" in result.stderr


def converse(workspace: Workspace, answers: Sequence[str]) -> str:
    """Answer each question of ``digest profile new`` at a terminal; gives all that was shown."""
    ours, theirs = pty.openpty()
    program = str(Path(sys.executable).parent / "digest")
    command = [program, "-c", str(workspace.folder / "config.yaml"), "profile", "new"]
    with processes.Popen(command, stdin=theirs, stdout=theirs, stderr=theirs):
        os.close(theirs)
        os.write(ours, "".join(f"{answer}\n" for answer in answers).encode())
        shown = b""
        try:
            while piece := os.read(ours, 4096):
                shown += piece
        except OSError:  # how Linux says that nobody writes any more
            pass
    os.close(ours)
    return shown.decode()


def test_answers_make_a_profile_and_each_shows_how_wide_it_is(workspace: Workspace) -> None:
    answers = ["Night life", "", "alice@example.org", "glow worm", "(bad", "", "", "survey", ""]

    shown = converse(workspace, answers)

    assert "so far 1.0 papers a day: 2 of 40, 5.0%" in shown
    assert "    this bracket is not closed (add a ))" in shown
    written = workspace.folder / "profiles/night-life.yaml"
    assert str(written) in shown
    profile = parse(written.read_text(), str(written))
    assert (profile.title, profile.to) == ("Night life", ("alice@example.org",))
    assert [clause.text for clause in profile.query.wanted] == ["glow worm"]
    assert [clause.text for clause in profile.query.excluded] == ["survey"]
    assert written.read_text().splitlines()[0] == profile_room.SCHEMA_LINE
    beside = json.loads((written.parent / "profile.schema.json").read_text())
    assert beside == profile_room.schema()
    assert [row["profile"] for row in rows(workspace)] == ["moss", "night-life"]
