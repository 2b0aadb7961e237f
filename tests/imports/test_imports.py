"""An invented sample of each form that ``digest import`` reads, and what becomes of it."""

from __future__ import annotations

import json
from pathlib import Path

import pytest
from click.testing import CliRunner, Result

from digest import config
from digest.cli import main
from digest.errors import DigestError
from digest.imports import addresses, arxiv_mail, rss2email, zotero_arxiv
from digest.imports.kinds import KINDS, kind_of
from digest.store import Store, outbox, signups, subscribers
from digest.store import profiles as stored_profiles

from ..cli.test_cli import Workspace, workspace
from ..extent import number

__all__ = ["workspace"]

OPML = '<opml version="2.0"><body><outline text="Blog" xmlUrl="https://a.example/f"/></body></opml>'
RSS2EMAIL = """\
[DEFAULT]
to = me@example.org
smtp-password = hush

[feed.ml]
url = http://export.arxiv.org/rss/cs.LG
to = else@example.org
[feed.blog]
url = https://blog.example.org/feed.xml
digest = True
[feed.old]
url = https://old.example.org/feed.xml
active = False
"""
R2E_LIST = """\
0: [*] ml (http://export.arxiv.org/rss/cs.LG -> me@example.org)
1: [ ] old (https://old.example.org/feed.xml -> me@example.org)
2: [*] blog (https://blog.example.org/feed.xml -> me@example.org)
"""
ZOTERO = """\
zotero:
  user_id: ${oc.env:ZOTERO_ID}
  api_key: hush

email:
  receiver: me@example.org
  smtp_server: smtp.example.org
  sender_password: hush
source:
  arxiv:
    category: ["cs.AI","cs.CV","cs.ZZ"]
    include_cross_list: false
  biorxiv:
    category: ["genomics", "animal behavior and cognition"]
  chemrxiv: {include_new_versions: false}
executor:
  max_paper_num: 10
"""
VARIABLES = """\
ZOTERO_ID=123
ZOTERO_KEY=hush
export ARXIV_QUERY="cs.AI+stat.ML"
RECEIVER=me@example.org
"""
SUBSCRIBING = """\
From: Me <me@example.org>
To: cs@arxiv.org
Subject: subscribe Me Myself

add AI
add computation and language
add stat.ML
add XX
del AI
"""
ANNOUNCED = """\
------------------------------------------------------------------------------
Archives at http://arxiv.org/
To unsubscribe, e-mail To: cs@arXiv.org, Subject: cancel
------------------------------------------------------------------------------
 Submissions to:
Artificial Intelligence
Machine Learning
 received from  Mon  2 Mar 26 19:00:00 GMT  to  Tue  3 Mar 26 19:00:00 GMT
------------------------------------------------------------------------------
\\\\
arXiv:2603.00001
  We
add noise to everything.
"""
BIBTEX = """\
@article{a, title={Sparse attention for graph neural networks}}
@article{b, title={Sparse attention in chemistry}}
"""
TABLE = """\
Name,Email,Status
Ann,ann@example.org,enabled
"Bob, of B",bob@example.net,unsubscribed
Cy,no address,enabled
Ann again,Ann@Example.org,enabled
Dan,dan@example.org,enabled
"""
SEARCH = 'ti:"sparse attention" AND cat:cs.LG'

SAMPLES = {
    "feeds.xml": (OPML, "opml"),
    "config": (RSS2EMAIL, "rss2email"),
    "list.txt": (R2E_LIST, "rss2email"),
    "rss2email.json": ('{"version": 2, "feeds": []}', "rss2email"),
    "custom.yaml": (ZOTERO, "zotero-arxiv-daily"),
    ".env": (VARIABLES, "zotero-arxiv-daily"),
    "subscribe.eml": (SUBSCRIBING, "arxiv-mail"),
    "daily.txt": (ANNOUNCED, "arxiv-mail"),
    "library.bib": (BIBTEX, "library"),
    "library.json": ('[{"title": "Sparse attention"}]', "library"),
    "people": (TABLE, "addresses"),
    "one": ("ann@example.org\n", "addresses"),
    "search": (SEARCH, "search"),
    "words": ("sparse attention, KV cache\nau:Ann\n", "search"),
}


def imported(tmp_path: Path, text: str, *options: str) -> Result:
    path = tmp_path / "file"
    path.write_text(text)
    return CliRunner().invoke(main, ["import", str(path), *options])


@pytest.mark.parametrize("name", SAMPLES)
def test_what_a_file_is_is_found_out(name: str) -> None:
    text, kind = SAMPLES[name]
    assert kind_of(text.encode(), name) == kind
    assert kind_of(f"\ufeff\n{text}".encode(), name) == kind


@pytest.mark.parametrize(
    ("text", "listings"),
    [
        (OPML, {"blog": "feed"}),
        (RSS2EMAIL, {"ml": ["cs.LG"], "blog": "feed"}),
        (R2E_LIST, {"ml": ["cs.LG"], "blog": "feed"}),
        (
            ZOTERO,
            {"arxiv": ["cs.AI", "cs.CV"], "biorxiv": ["genomics", "animal behavior and cognition"]},
        ),
        (VARIABLES, {"arxiv": ["cs.AI", "stat.ML"]}),
        (SUBSCRIBING, {"arxiv": ["cs.CL", "stat.ML"]}),
        (ANNOUNCED, {"arxiv": ["cs.AI", "cs.LG"]}),
    ],
)
def test_listings_are_printed_as_the_configuration_takes_them(
    tmp_path: Path, text: str, listings: dict[str, str | list[str]]
) -> None:
    done = imported(tmp_path, text)

    assert done.exit_code == 0
    (tmp_path / "config.yaml").write_text(f"{done.stdout}mail: {{from: a@example.org}}\n")
    found = config.load(tmp_path / "config.yaml", {}).listings
    assert {
        name: each.kind if isinstance(listings[name], str) else list(each.options["categories"])
        for name, each in found.items()
    } == listings


@pytest.mark.parametrize(
    ("text", "left_out"),
    [
        (
            RSS2EMAIL,
            [
                "[DEFAULT]: settings of its mails (2): see mail: here",
                "ml: to: no one is subscribed by this; a profile's to names who gets it",
                "blog: digest: settings of its mails",
                "old: it is paused there",
            ],
        ),
        (
            ZOTERO,
            [
                "source.arxiv.category: arxiv has no cs.ZZ",
                "source.chemrxiv: no kind of listing reads it; a feed may",
                "email.receiver: no one is subscribed by this; a profile's to names who gets it",
                "email: digest init --sender smtp.example.org asks for the rest",
                "executor.max_paper_num: write limit: 10 in a profile",
                "source.arxiv.include_cross_list: write changes: [new] in a profile",
                "zotero: export the library as BibTeX or CSL JSON: digest import LIBRARY suggests"
                " its terms",
            ],
        ),
        (SUBSCRIBING, ["XX: cs has no such subject class"]),
        (ANNOUNCED, []),
    ],
)
def test_what_is_not_carried_over_is_listed_and_no_secret_with_it(
    tmp_path: Path, text: str, left_out: list[str]
) -> None:
    done = imported(tmp_path, text)
    _, *lines = done.stderr.splitlines()
    assert [line.partition(": not carried over: ")[2] for line in lines] == left_out
    assert "hush" not in done.output


def test_a_mail_that_names_no_class_means_all_of_its_archive() -> None:
    mail = b"To: hep-th@arxiv.org\nSubject: subscribe Me\n\n"
    found = arxiv_mail.subscriptions(mail, "mail").listings
    assert found["arxiv"]["categories"] == ["hep-th"]


def test_a_search_becomes_a_profile_and_each_part_is_accounted_for(tmp_path: Path) -> None:
    done = imported(tmp_path, SEARCH)
    assert "- 'title:\"sparse attention\"'" in done.stdout
    assert "cat:cs.LG: all: category:cs.LG" in done.stderr


def test_of_a_library_terms_are_suggested_and_nothing_is_written(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    done = imported(tmp_path, BIBTEX)
    assert "sparse attention" in done.stdout
    assert 'digest profile add "sparse attention" NAME' in done.stdout
    assert [path.name for path in tmp_path.iterdir()] == ["file"]


def test_terms_of_a_library_come_with_their_width_where_papers_were_collected(
    workspace: Workspace,
) -> None:
    workspace.run()
    library = workspace.write("library.bib", "@misc{a, title={Mosses of the north}}")
    before = (workspace.folder / "profiles/sparse.yaml").read_text()
    done = workspace.digest("import", str(library))
    assert "width: of 4 papers; nothing is changed by this" in done.stdout
    assert (workspace.folder / "profiles/sparse.yaml").read_text() == before


# ── addresses ──


def states(workspace: Workspace) -> dict[str, str]:
    store = Store(f"sqlite:///{workspace.folder}/digest.db")
    with store.begin() as tx:
        found = {
            name: subscribers.find(tx, f"{name}@example.org")
            for name in ("ann", "bob", "dan", "alice")
        }
    store.close()
    return {name: each.state.value for name, each in found.items() if each}


def invite(workspace: Workspace, *options: str) -> Result:
    path = workspace.write("people.csv", TABLE)
    return workspace.digest("import", str(path), "--interests", "moss, sparse training", *options)


def test_each_address_is_asked_to_confirm_and_gets_nothing_before(workspace: Workspace) -> None:
    workspace.run()
    mails = workspace.mails
    done = invite(workspace)

    assert done.exit_code == 0
    assert "asked to confirm: 2\n" in done.stdout
    lines = [line.rpartition("over: ")[2] for line in done.stderr.splitlines()[1:]]
    assert lines[0] == "line 3: unsubscribed there, so it is not asked"
    assert lines[1].startswith("line 4: ")
    assert lines[2] == "line 5: the same address is in an earlier line"
    assert states(workspace) == {"alice": "active", "ann": "pending", "dan": "pending"}

    assert "asked within a day already: 2" in invite(workspace).stdout
    assert workspace.digest("send").exit_code == 0
    asked = [mail.read_text() for mail in workspace.mails if mail not in mails]
    assert [" confirm " in mail for mail in asked] == [True, True]


def test_who_has_consented_is_subscribed_and_the_note_is_kept(workspace: Workspace) -> None:
    done = invite(workspace, "--consented", "paper forms, room 12")

    assert "subscribed: 2\n" in done.stdout
    store = Store(f"sqlite:///{workspace.folder}/digest.db")
    with store.begin() as tx:
        ann = subscribers.find(tx, "ann@example.org")
        assert ann is not None
        [profile] = stored_profiles.owned_by(tx, ann.id)
        [kept] = {
            (row.act, row.wording, row.origin)
            for row in tx.exec_driver_sql(
                "SELECT act, wording, origin FROM consents WHERE subscriber_id = ?", (ann.id,)
            )
            if row.act == "confirmed"
        }
        assert all(each.is_confirmed for each in signups.sign_ups_of(tx, ann))
        assert not outbox.counts(tx)
    store.close()
    assert kept == ("confirmed", "paper forms, room 12", "import people.csv")
    assert "- sparse training" in profile.text
    assert "example.org" not in profile.text
    assert states(workspace)["ann"] == "active"


def test_who_left_is_neither_asked_nor_subscribed(workspace: Workspace) -> None:
    invite(workspace, "--consented", "forms")
    store = Store(f"sqlite:///{workspace.folder}/digest.db")
    with store.begin() as tx:
        ann = subscribers.find(tx, "ann@example.org")
        assert ann is not None
        consent = subscribers.Consent(now=ann.created_at)
        subscribers.stop(tx, ann.id, "unsubscribed", consent)
    store.close()

    for options in ([], ["--consented", "forms"]):
        done = invite(workspace, *options)
        assert "left before, so not asked: 1" in done.stdout
        assert "subscribed already: 1" in done.stdout
    assert states(workspace)["ann"] == "stopped"


@pytest.mark.parametrize("separator", [";", "\t"])
def test_tables_of_spreadsheets_are_read(separator: str) -> None:
    table = f"Vorname{separator}E-Mail\nAnn{separator}ann@example.org\n"
    for data in (table.encode(), table.encode("utf-16"), f"Zoë{table}".encode("latin-1")):
        assert addresses.addresses(data, "t").addresses == ["ann@example.org"]


# ── what is no such file ──

WRONG = [
    ("", "search", "nothing to look for is left", 78),
    ("@@@", "search", "nothing to look for is left", 78),
    ("<html></html>", "", "no OPML", 1),
    ("<a" * 9, "", "", 1),
    ('{"feeds": []}', "", "rss2email has seen, which names no feed's address", 1),
    ("[DEFAULT]\nto = a\n", "", "there is no active feed in it", 1),
    ("x\n[feed.a]\n", "rss2email", "file contains no section headers", 1),
    ("[feed.a]\nurl" + " " * 400_000 + "x", "rss2email", "no configuration of rss2email", 1),
    ("zotero:\n\tx: 1\nsource:\n", "", "not to be read: 2:", 1),
    ("zotero: {}\n", "zotero-arxiv-daily", "no source is in it", 1),
    ("- 1", "zotero-arxiv-daily", "no source is in it", 1),
    ("To: a@example.org\n\nadd AI\n", "arxiv-mail", "no list of arXiv is in it", 1),
    ("To: cs@arxiv.org\nSubject: cancel\n\n", "arxiv-mail", "ends a subscription", 1),
    ("[]", "", "no paper with a title is in it", 1),
    ("[" * 100_000, "", "not JSON", 1),
    ("name,town\nAnn,Ulm\n", "addresses", "no column is called email", 1),
    ("email\n\n", "addresses", "no address is in it", 1),
    ('email\n"' + "x" * 200_000 + "@", "addresses", "field larger than field limit", 1),
    ("a" * ((1 << 20) + 1), "", "more than 1 MiB", 1),
]


@pytest.mark.parametrize(("text", "kind", "said", "code"), WRONG)
def test_what_cannot_be_read_is_said_in_a_line(
    tmp_path: Path, text: str, kind: str, said: str, code: int
) -> None:
    done = imported(tmp_path, text, *(["--from", kind] if kind else []))
    *read_as, line = done.stderr.splitlines()
    assert said in line
    assert len(read_as) <= 1
    assert (done.exit_code, done.stdout) == (code, "")


@pytest.mark.parametrize(
    "text",
    [
        "A README of some project, that says in plain words what it is for.\n",
        "title: Mosses\nany: [moss]\n",
        "import os\nprint(os.name)\nx = {1: 2}\n",
        "# digest\n![a mail](mail.png)\n",
        "[build-system]\nrequires = []\n",
    ],
)
def test_what_is_no_known_format_is_refused_with_a_list_of_them(tmp_path: Path, text: str) -> None:
    done = imported(tmp_path, text)
    assert (done.exit_code, done.stdout) == (2, "")
    said = " ".join(done.stderr.split())
    assert "file: no format that is known; --from KIND names one: opml (OPML, the feeds" in said


def test_parts_within_parts_of_a_mail_end_in_a_line() -> None:
    deep = "".join(
        f'Content-Type: multipart/mixed; boundary="b{n}"\n\n--b{n}\n'
        for n in range(number(1_200, whole=2_000))
    )
    with pytest.raises(DigestError):
        arxiv_mail.subscriptions(deep.encode(), "mail")


@pytest.mark.parametrize("read", [rss2email.subscriptions, zotero_arxiv.subscriptions])
def test_bytes_that_are_no_text_are_named(read: object) -> None:
    with pytest.raises(DigestError, match="f: not UTF-8 at byte 0"):
        read(b"\xff\xfe", "f")  # type: ignore[operator]


@pytest.mark.parametrize(
    ("options", "said"),
    [
        ([], "2 addresses: say by --interests what they would get"),
        (["--interests", "moss", "--consented", " "], "where the consent is kept"),
        (["--interests", "moss", "--from", "search"], "--interests is for addresses"),
    ],
)
def test_addresses_are_not_taken_without_interests_or_a_note(
    workspace: Workspace, options: list[str], said: str
) -> None:
    done = workspace.digest("import", str(workspace.write("people.csv", TABLE)), *options)
    assert done.exit_code == 2
    assert said in done.stderr
    assert "ann" not in states(workspace)


def test_interests_are_not_read_from_a_table(workspace: Workspace) -> None:
    table, people = (str(workspace.write(name, TABLE)) for name in ("t.csv", "people.csv"))
    done = workspace.digest("import", people, "--interests", table)

    assert done.exit_code == 2
    assert "t.csv is a table of addresses: a search, or a list of keywords, or a" in done.stderr


def test_a_search_may_be_an_address_and_a_file_standard_input() -> None:
    address = "https://arxiv.org/search/?query=moss&searchtype=all"
    done = CliRunner().invoke(main, ["import", address])
    assert (done.exit_code, "- moss" in done.stdout) == (0, True)
    piped = CliRunner().invoke(main, ["import", "-"], input=OPML)
    assert "blog: {kind: feed" in piped.stdout


def test_help_names_each_kind() -> None:
    shown = CliRunner().invoke(main, ["import", "--help"]).stdout
    assert {kind for kind in KINDS if kind not in shown.replace("\n", "").replace(" ", "")} == set()


def test_a_library_that_is_json_names_its_mistake(tmp_path: Path) -> None:
    done = imported(tmp_path, json.dumps([{"title": "x"}])[:-1])
    assert "file:1:" in done.stderr
