"""The pages in the language of the browser, and of the reader who chose one."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from digest.pipeline import runs
from digest.web import subscribe
from digest.web.editor import packed

from .. import tongues
from ..page_pictures import let_rise, pages
from ..sites import HERE, Laid, laid_out

#: Pages for the operator, which are in English.
ENGLISH = {"operator", "profiles", "edit", "preview", "preview-text", "preview-why"}
#: What the invented papers, listings and readers say.
OUTSIDE = {
    *re.findall(r"\w+", "On We look at again find things part Sparse training arxiv cs LG daily"),
    *re.findall(
        r"\w+",
        "sparse training mixture of experts quantized states protein folding Protein "
        "quantum sourdough poster",
    ),
    *re.findall(r"\w+", "Ada Byron Carl Bosch Paper digest nowhere resume b Europe Berlin"),
    # keys of a profile, and what names its file
    *("any", "none", "all", "authors", "profile", "yaml"),
    *("English", "Deutsch", "Fran", "ais", "Espa", "ol", "Portugu", "s", "Brasil"),
}


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laid]:
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subscribe, "EACH_TAKES", 0.0)
        with laid_out(tmp_path_factory.mktemp("site")) as laid:
            yield laid


#: A profile of a reader's with mistakes, as they have it in the editor.
BROKEN = """\
any:
  - "arxiv
keywords: [sparse]
"""
SEVERAL = """\
anny: [sparse]
any: sparse, training
authors: [b OR profile, "Carl*"]
limit: part
rank: best
schedule: {at: profile, timezone: Europe/Paper, days: nowhere}
profile: Ada Byron
"""
DOUBTED = """\
any: [sparse; training, "category:cs.LL", "title (digest)", the, sparse, category:*]
none: [sparse]
authors: ["Carl et al.", Berlin University]
minimum: 500
"""
TYPED = {*re.findall(r"\w+", BROKEN + SEVERAL + DOUBTED)}


def said_of(site: Laid, own: str) -> Iterator[tuple[str, str]]:
    """What a reader's editor and previews say of broken texts, and of doubtful ones."""
    for text in (BROKEN, SEVERAL, DOUBTED):
        found = site.browser.post(f"{own}/lint", data={"text": text}).json()["complaints"]
        yield text, "\n".join(f"{each['message']}\n{each['hint']}" for each in found)
    draft = {"draft": packed(SEVERAL)}
    for name, answer in (
        ("saved", site.browser.post(own, data={"text": SEVERAL, "act": "save"})),
        ("live", site.browser.post(f"{own}/live", data={"text": SEVERAL})),
        ("added", site.browser.post(own, data={"text": "any: [b]", "act": "add", "keyword": "(b"})),
        ("seen", site.browser.get(f"{own}/mail", params=draft)),
        ("refused", site.browser.get(f"{own}/mail.html", params=draft)),
    ):
        yield name, tongues.said(answer.text)


def refused(site: Laid) -> Iterator[tuple[str, str]]:
    """What the page for signing up says of what it refuses."""
    for address, interests in (("ada", "sparse"), ("b@b.example", "(a AND")):
        form = {"address": address, "interests": interests}
        answer = site.browser.post("/subscribe", data=form)
        assert answer.status_code == 422
        yield f"refused {address}", tongues.said(answer.text)


def test_no_page_has_english_left_in_it(site: Laid, tmp_path: Path) -> None:
    let_rise(site)
    site.languages = tongues.PLACE
    (tmp_path / "catalogues").mkdir()
    with tongues.bracketed(tmp_path / "catalogues"):
        left = {}
        for name, path in pages(site):
            if name not in ENGLISH:
                answer = site.browser.get(path, follow_redirects=True)
                assert f'<html lang="{tongues.PLACE}">' in answer.text
                left[name] = set(tongues.left_over(tongues.said(answer.text))) - OUTSIDE
            if name == "manage-edit":
                for text, shown in said_of(site, path):
                    assert "⟦" in shown, text
                    left[text] = {*tongues.left_over(shown)} - OUTSIDE - TYPED
        for name, shown in refused(site):
            left[name] = {*tongues.left_over(shown)} - OUTSIDE
        found = {name: words for name, words in left.items() if words}
        assert not found, str(found)


def test_each_reader_of_a_public_page_has_it_in_their_language(site: Laid) -> None:
    for languages, heading in (("fr", "Archives"), ("ja", "アーカイブ"), ("nl", "Archive")) * 2:
        site.languages = languages
        answer = site.browser.get("/archive")
        assert f"<h1>{heading}</h1>" in answer.text
        assert "Accept-Language" in answer.headers["vary"]


def test_what_a_reader_chose_goes_before_what_their_browser_asks_for(site: Laid) -> None:
    site.languages = "de"
    form = {"address": "yara@example.org", "interests": "protein folding"}
    assert "Schauen Sie in Ihr Postfach" in site.browser.post("/subscribe", data=form).text
    runs.send_only(site.app)
    [asked] = site.app.sender.texts_to("yara@example.org")  # type: ignore[attr-defined]
    assert "Möchten Sie dies erhalten?" in asked
    [confirm] = re.findall(r"/confirm/[^\s>]+", asked)
    manage = re.findall(r'href="(/manage/[^"]+)"', site.browser.post(confirm).text)[0]

    site.languages = "en"
    assert "Ihre Einstellungen" in site.browser.get(manage).text
    assert site.browser.post(f"{manage}/language", data={"locale": "xx"}).status_code == 422
    site.browser.post(f"{manage}/language", data={"locale": "fr"})
    shown = site.browser.get(manage).text
    assert "Vos réglages" in shown
    assert '<html lang="fr">' in shown


def test_the_operators_pages_are_in_english_whatever_the_browser_asks_for(site: Laid) -> None:
    site.languages = "de"
    shown = site.browser.get(HERE).text
    assert '<html lang="en">' in shown
    assert "No cookies, no tracking." in shown
