"""The editor: what is shown beside a text, what is saved, and what never is."""

from __future__ import annotations

import html
import json
import re
import stat
from collections.abc import Iterator
from email import message_from_bytes
from email.policy import default
from pathlib import Path

import pytest

from digest import profiles
from digest.errors import ProfileError
from digest.profiles import SCHEMA_LINE
from digest.strict_yaml import Caps, load
from digest.strict_yaml.document import Document
from digest.web import editor

from ..sites import HERE, SPARSE, Laid, laid_out

AT = f"{HERE}/profiles/sparse"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laid]:
    """A site that nothing here changes."""
    with laid_out(tmp_path_factory.mktemp("site")) as laid:
        yield laid


@pytest.fixture
def own(tmp_path: Path) -> Iterator[Laid]:
    """A site that a test changes."""
    with laid_out(tmp_path) as laid:
        yield laid


def revision(site: Laid) -> str:
    page = site.browser.get(AT).text
    return page.split('name="revision" value="')[1].split('"')[0]


def save(site: Laid, text: str, at: str | None = None) -> int:
    form = {"text": text, "revision": at or revision(site), "act": "save"}
    return site.browser.post(AT, data=form).status_code


def test_what_is_saved_is_byte_for_byte_what_was_written(own: Laid) -> None:
    changed = SPARSE.replace("  - quantiz*", "  - quantiz*    # of late")
    own.profile().chmod(0o640)

    # A browser sends the lines of a text with CRLF.
    assert save(own, changed.replace("\n", "\r\n")) == 303
    assert own.profile().read_bytes() == changed.encode()
    assert stat.S_IMODE(own.profile().stat().st_mode) == 0o640
    assert len(own.app.profiles["sparse"].query.wanted) == 2


def test_the_line_ends_of_the_file_are_kept(own: Laid) -> None:
    own.profile().write_bytes(SPARSE.replace("\n", "\r\n").encode())

    assert save(own, SPARSE.replace("survey", "review").replace("\n", "\r\n")) == 303
    assert own.profile().read_bytes().count(b"\r\n") == SPARSE.count("\n")


@pytest.mark.parametrize("text", ["any: [", "any: []", "limits: 3\nany: [x]", "", "\x00", "- x"])
def test_a_broken_profile_is_never_saved_over_a_good_one(site: Laid, text: str) -> None:
    assert save(site, text) == 422
    assert site.profile().read_text() == SPARSE


def test_of_two_tabs_the_second_is_told_and_loses_nothing(own: Laid) -> None:
    opened = revision(own)
    assert save(own, SPARSE.replace("survey", "review"), opened) == 303
    form = {"text": SPARSE.replace("survey", "poster"), "revision": opened, "act": "save"}
    answer = own.browser.post(AT, data=form)

    assert answer.status_code == 409
    assert "none: [poster]" in answer.text
    assert "none: [review]" in answer.text
    assert "review" in own.profile().read_text()
    # Whoever has seen both may decide.
    form["revision"] = answer.text.split('name="revision" value="')[1].split('"')[0]
    assert own.browser.post(AT, data=form).status_code == 303
    assert "poster" in own.profile().read_text()


def test_a_file_that_changed_on_disk_is_not_overwritten(own: Laid) -> None:
    opened = revision(own)
    own.profile().write_text(SPARSE + "limit: 7\n")

    assert save(own, SPARSE, opened) == 409
    assert "limit: 7" in own.profile().read_text()


def test_a_keyword_of_the_form_changes_the_text_and_saves_nothing(site: Laid) -> None:
    form = {"text": SPARSE, "act": "add", "keyword": "mixture of experts"}
    told = site.browser.post(f"{AT}/keyword", data=form).json()

    assert told["text"] == SPARSE.replace("quantiz*\n", "quantiz*\n  - mixture of experts\n")
    assert (told["note"], told["touched"]) == ("", "any")
    assert site.profile().read_text() == SPARSE
    page = site.browser.post(AT, data={**form, "revision": "x"})
    assert "  - mixture of experts\n" in page.text


@pytest.mark.parametrize("with_scripts", [True, False])
def test_a_click_on_add_reads_each_text_once(
    site: Laid, monkeypatch: pytest.MonkeyPatch, *, with_scripts: bool
) -> None:
    """The saved text, the text of the form, and the changed one; the first two may be one."""
    read: list[str] = []

    def noting(text: str, caps: Caps) -> Document:
        read.append(text)
        return load(text, caps)

    monkeypatch.setattr(profiles, "load", noting)
    entered = SPARSE.replace("survey", "review")
    form = {"text": entered, "act": "add", "keyword": "mixture of experts"}
    if with_scripts:
        changed = site.browser.post(f"{AT}/keyword", data=form).json()["text"]
        assert read == [entered, changed]
        read.clear()
        assert "papers a day" in site.browser.post(f"{AT}/live", data={"text": changed}).text
        assert read == [changed, SPARSE]
    else:
        assert "mixture of experts" in site.browser.post(AT, data=form).text
        assert (read[0], read[2], len(read)) == (entered, SPARSE, 3)


def test_a_keyword_can_be_dropped_and_a_bad_one_is_explained(site: Laid) -> None:
    dropped = {"text": SPARSE, "act": "drop any quantiz*"}
    assert "quantiz" not in site.browser.post(f"{AT}/keyword", data=dropped).json()["text"]
    bad = {"text": SPARSE, "act": "add", "keyword": "(toric AND"}
    told = site.browser.post(f"{AT}/keyword", data=bad).json()
    assert told["text"] == SPARSE
    assert told["note"].startswith("That is not possible: ")
    page = site.browser.post(AT, data={"text": SPARSE, "act": "drop any quantiz*"})
    assert "  - quantiz*" not in page.text


def test_what_was_typed_and_not_added_is_saved_too_or_keeps_all_from_being_saved(own: Laid) -> None:
    form = {"text": SPARSE, "revision": revision(own), "act": "save"}
    bad = own.browser.post(AT, data={**form, "keyword": "lattice", "unwanted": "(toric"})
    assert bad.status_code == 422
    assert 'value="(toric"' in bad.text
    assert "Not saved: a word that was typed" in bad.text
    assert own.profile().read_text() == SPARSE
    assert own.browser.post(AT, data={**form, "keyword": "lattice"}).status_code == 303
    assert own.profile().read_text() == SPARSE.replace("quantiz*\n", "quantiz*\n  - lattice\n")


def test_a_form_of_a_keyword_is_shown_and_dropped_by_one_click(site: Laid) -> None:
    text = SPARSE.replace("quantiz*", "states OR training    # why")
    live = site.browser.post(f"{AT}/live", data={"text": text}).text
    acts = [html.unescape(act) for act in re.findall(r"""name="act" value='(form [^']*)'""", live)]

    assert "<span>states 10</span>" in live
    (act,) = [each for each in acts if json.loads(each[5:])[2] == "training"]
    told = site.browser.post(f"{AT}/keyword", data={"text": text, "act": act})
    page = site.browser.post(AT, data={"text": text, "act": act}).text
    written = "  - {query: states OR training, without: [training]}    # why\n"
    assert written in told.json()["text"]
    assert written in html.unescape(page)
    assert site.profile().read_text() == SPARSE


@pytest.mark.parametrize("named", ["", "[", "[1, 2, 3]", '["to", "a", "b"]', '["any", "a", "b"]'])
def test_a_form_of_no_keyword_changes_nothing(site: Laid, named: str) -> None:
    form = {"text": SPARSE, "act": f"form {named}"}
    told = {"text": SPARSE, "note": "", "touched": ""}
    assert site.browser.post(f"{AT}/keyword", data=form).json() == told


@pytest.mark.parametrize(
    ("field", "word", "part", "line"),
    [
        ("unwanted", "position paper", "none", "none: [survey, position paper]"),
        ("author", "Li, Bo", "authors", 'authors:\n  - "Li, Bo"'),
        ("needed", "cs.LG", "all", "all:\n  - category:cs.LG"),
        ("keyword", "“tool use”", "any", "  - '\"tool use\"'"),
    ],
)
def test_each_row_takes_words_and_drops_them(
    site: Laid, field: str, word: str, part: str, line: str
) -> None:
    form = {"text": SPARSE, "act": "add", field: word}
    told = site.browser.post(f"{AT}/keyword", data=form).json()
    assert line in told["text"]
    assert told["touched"] == part
    assert ("curly" in told["note"]) == ("“" in word)

    page = site.browser.post(AT, data={**form, "act": f"add {part}"}).text
    section = page.split(f'data-part="{part}"')[1].split("</section>")[0]
    assert "papers a day" in section.split('id="effect"')[1]
    (act,) = [
        html.unescape(each)
        for each in re.findall(r'name="act" value="(drop [^"]+)"', section)
        if "survey" not in each and "sparse" not in each and "quantiz" not in each
    ]
    again = site.browser.post(f"{AT}/keyword", data={"text": told["text"], "act": act}).json()
    assert line not in again["text"]


def test_a_chip_says_how_many_papers_it_finds(site: Laid) -> None:
    text = SPARSE + "authors: [Bo Li]\nall: [category:cs.LG]\n"
    page = site.browser.post(AT, data={"text": text, "act": "try"}).text
    chips = re.findall(r"<li><span>([^<]+) <span class=.quiet counted.>(\d+)</span>", page)

    assert chips == [
        *(("sparse training", "10"), ("quantiz*", "10"), ("survey", "0"), ("Bo Li", "0")),
        ("category:cs.LG", "40"),
    ]


def test_the_line_for_editors_of_files_is_not_shown_and_not_lost(own: Laid) -> None:
    own.profile().write_text(f"{SCHEMA_LINE}\n{SPARSE}")
    page = own.browser.get(AT).text
    assert SCHEMA_LINE not in page
    broken = {"text": "any:\n  - title:(toric AND\n"}
    told = own.browser.post(f"{AT}/lint", data=broken).json()["complaints"]
    assert [c["line"] for c in told] == [2]
    assert "line 2, column" in own.browser.post(f"{AT}/live", data=broken).text
    changed = SPARSE.replace("survey", "review")
    assert save(own, changed) == 303
    assert own.profile().read_text() == f"{SCHEMA_LINE}\n{changed}"


def test_mistakes_are_those_of_the_command_line(site: Laid) -> None:
    broken = "any:\n  - title:(toric AND\nlimits: 20\n"
    told = site.browser.post(f"{AT}/lint", data={"text": broken}).json()["complaints"]

    assert [(c["line"], c["severity"]) for c in told] == [(2, "error"), (3, "error")]
    assert told[1]["hint"] == "did you mean limit?"


def test_beside_the_text_stands_what_it_would_do(site: Laid) -> None:
    changed = SPARSE.replace("quantiz*", "protein folding")
    live = site.browser.post(f"{AT}/live", data={"text": changed}).text

    assert '<span class="big">4.0</span> papers a day: 20 of 40 in' in live
    assert "5 of these days were collected." in live
    assert "Gained against what is saved: 10" in live
    assert "Lost against what is saved: 10" in live
    assert live.count('<rect class="bar"') == 4
    assert live.count('<rect class="today"') == 1
    assert live.count('class="hole"') == 25
    assert "nothing collected" in live
    assert "left out because of" not in live
    changed = changed.replace("[survey]", "[folding, title:training]")
    live = site.browser.post(f"{AT}/live", data={"text": changed}).text
    assert "Of 20 papers with what is wanted, 20 are left out because of “folding”" in live


def test_a_broken_text_has_its_mistakes_beside_it(site: Laid) -> None:
    live = site.browser.post(f"{AT}/live", data={"text": "any: [("}).text

    assert "line 1, column 8: a comma or a closing ] is expected" in live
    assert "<svg" not in live


def test_an_unsaved_text_has_a_mail(site: Laid) -> None:
    draft = editor.packed(SPARSE.replace("sparse training", "protein folding"))
    mail = site.browser.get(f"{AT}/mail.html", params={"draft": draft}).text

    assert "protein folding" in mail
    assert "On sparse training" not in mail


@pytest.mark.parametrize("draft", ["x", "eJw=", "%00", "é", "A" * 500])
def test_an_address_that_packs_no_text_leads_nowhere(site: Laid, draft: str) -> None:
    assert site.browser.get(f"{AT}/mail.html", params={"draft": draft}).status_code in (404, 409)


def test_a_packed_text_that_is_too_long_or_cut_is_refused_and_not_shortened(site: Laid) -> None:
    whole = editor.packed("any: [sparse]\n" + "# so long\n" * editor.MAX_TEXT_LENGTH)
    cut = editor.packed(SPARSE)[:-20]
    for draft, status, word in ((whole, 409, "larger than 16 kB"), (cut, 404, "")):
        for part in ("mail", "mail.html"):
            answer = site.browser.get(f"{AT}/{part}", params={"draft": draft})
            assert (answer.status_code, word in answer.text) == (status, True)
    with pytest.raises(ProfileError):
        editor.unpacked(whole)


def test_the_preview_is_the_mail_of_its_day(site: Laid) -> None:
    shown = site.browser.get(f"{AT}/mail?day=2026-03-09&show=text").text
    assert "On sparse training, part 40" in shown
    assert "part 50" not in shown
    raw = site.browser.get(f"{AT}/mail.eml?day=2026-03-09")
    assert raw.headers["content-type"] == "message/rfc822"
    assert message_from_bytes(raw.content, policy=default)["subject"].endswith(" · Mon 9 Mar")


@pytest.mark.parametrize(
    ("scheme", "expected"),
    [
        ("dark", "@media all"),
        ("light", "@media not all"),
        ("system", "(prefers-color-scheme: dark)"),
    ],
)
def test_the_mail_is_shown_in_the_scheme_that_is_asked_for(
    site: Laid, scheme: str, expected: str
) -> None:
    assert expected in site.browser.get(f"{AT}/mail.html?scheme={scheme}").text


@pytest.mark.parametrize(
    ("paper", "expected"),
    [
        ("2603.00050", "It is wanted"),
        ("https://arxiv.org/abs/2603.00051v1", "none of the words of which it needs one"),
        ("arXiv:2603.00051", "<td>quantiz*</td><td>any</td><td>no</td>"),
        ("9999.99999", "No paper of that name was ever collected"),
        ("<script>alert(1)</script>", "&lt;script&gt;"),
    ],
)
def test_why_not_this_one(site: Laid, paper: str, expected: str) -> None:
    page = site.browser.get(f"{AT}/mail", params={"paper": paper})

    assert page.status_code == 200
    assert expected in page.text
    assert "<script>alert" not in page.text


@pytest.mark.parametrize(
    "path", [f"{HERE}/profiles/nobody", f"{AT}/mail?day=2026-13-01", f"{AT}/mail?day=x"]
)
def test_what_is_not_there_is_said_so(site: Laid, path: str) -> None:
    assert site.browser.get(path).status_code == 404


def test_no_text_of_a_profile_becomes_markup(own: Laid) -> None:
    nasty = "</textarea></script><script>alert(1)</script><img src=x onerror=alert(1)>"
    text = SPARSE.replace("Sparse training", f'"{nasty}"').replace("quantiz*", f"'{nasty}'")
    for path in (AT, f"{AT}/live", f"{AT}/lint"):
        answer = own.browser.post(path, data={"text": text, "act": "try"})
        if answer.headers["content-type"].startswith("text/html"):
            assert "<script>alert" not in answer.text
            assert "<img src=x" not in answer.text
    assert save(own, text) in (303, 422)
    for path in (AT, f"{HERE}/profiles", f"{AT}/mail", f"{AT}/mail.html"):
        assert "<script>alert" not in own.browser.get(path).text
