"""``digest preview``: the site on this machine, opened at the mails of the operator's profiles."""

from __future__ import annotations

import email
import re
import shutil
import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from email import policy
from html.parser import HTMLParser
from itertools import cycle, product
from pathlib import Path
from urllib.parse import quote

import pytest
from starlette.testclient import TestClient

from digest.access import links
from digest.errors import ConfigError, DigestError
from digest.render import check
from digest.resources import templates_folder
from digest.store import profiles, subscribers
from digest.web.application import create_site
from digest.web.editor import packed
from digest.web.live_templates import LiveTemplates
from digest.web.server import preview
from tests.apps import ALICE
from tests.extent import IS_WHOLE
from tests.sites import BASE, HERE, SPARSE, Laid, laid_out

BROKEN = """profile: quantum
title: Quantum error correction
any:
  - surface code
  - {query: "title:(toric AND", weight: 2}
limits: 20
"""
LIST = f"{HERE}/profiles"
AT = f"{LIST}/sparse/mail"
PARTS = ("mail.html", "mail.txt", "mail.eml")


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laid]:
    """Four profiles: good, without a match, never good, and broken after it was good."""
    with laid_out(tmp_path_factory.mktemp("site")) as laid:
        laid.profile("nothing").write_text("title: Nothing today\nany: [unheard of]\n")
        laid.profile("last-good").write_text(SPARSE.replace("profile: sparse", "profile: last"))
        laid.app.live_profiles.read()
        laid.profile("last-good").write_text(BROKEN)
        laid.profile("quantum").write_text(BROKEN)
        yield laid


@pytest.fixture
def browser(site: Laid) -> TestClient:
    return site.browser


@pytest.fixture
def own(tmp_path: Path) -> Iterator[tuple[Laid, Path]]:
    """A site that follows the operator's templates, and the folder of those for mails."""
    with following(tmp_path) as made:
        yield made


@pytest.fixture(scope="module")
def follower(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Laid, Path]]:
    """The same for several tests, each of which puts the templates back."""
    with following(tmp_path_factory.mktemp("follower")) as made:
        yield made


@contextmanager
def following(place: Path) -> Iterator[tuple[Laid, Path]]:
    with laid_out(place) as laid:
        folder = place / "templates" / "mail"
        folder.mkdir(parents=True)
        templates = LiveTemplates([folder.parent, templates_folder()])
        laid.web = create_site(laid.app, local=BASE, templates=templates)
        yield laid, folder


def test_all_profiles_are_listed_and_lead_to_their_mails(browser: TestClient) -> None:
    page = browser.get(LIST)
    assert page.status_code == 200
    mails = re.findall(rf'href="({LIST}/[^"]+/mail[^"]*)"', page.text)
    assert len(mails) == 4
    for path in mails:
        assert path.endswith("/mail?day=now")
        assert browser.get(path).status_code == 200


def test_without_profiles_the_page_says_what_to_do(tmp_path: Path) -> None:
    with laid_out(tmp_path) as laid:
        laid.profile().unlink()
        assert "There is no profile yet" in laid.browser.get(LIST).text


def test_both_parts_and_the_message_are_those_of_the_mail(browser: TestClient, site: Laid) -> None:
    given = (
        *site.app.composer.preview_and_recipient(site.app.profiles["sparse"]),
        site.app.proof_letterhead,
    )
    renderer = site.app.renderer
    framed = browser.get(f"{AT}.html?day=now").text
    assert framed.replace('<base target="_blank">', "") == renderer.html(*given) != framed
    assert browser.get(f"{AT}.txt?day=now").text == renderer.text(*given)
    message = browser.get(f"{AT}.eml?day=now")
    assert message.content == renderer.mail(*given).data
    assert message.headers["content-type"] == "message/rfc822"
    parsed = email.message_from_bytes(message.content, policy=policy.default)
    assert parsed["Subject"] == renderer.subject(*given)
    assert parsed["To"] == ALICE


def test_the_page_shows_the_mail_in_a_frame_or_its_text(browser: TestClient, site: Laid) -> None:
    page = browser.get(f"{AT}?day=now")
    (frame,) = re.findall(r"<iframe [^>]*>", page.text)
    assert f'src="{AT}.html?day=now&amp;scheme=system"' in frame
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in frame
    given = (
        *site.app.composer.preview_and_recipient(site.app.profiles["sparse"]),
        site.app.proof_letterhead,
    )
    assert site.app.renderer.subject(*given) in Text.of(page.text)
    shown = browser.get(f"{AT}?day=now&show=text").text
    assert site.app.renderer.text(*given) in Text.of(shown)
    assert "<iframe" not in shown


def test_the_raw_message_is_shown_as_it_is_sent(browser: TestClient) -> None:
    page = browser.get(f"{AT}?day=now&show=raw")
    assert browser.get(f"{AT}.eml?day=now").text in Text.of(page.text)
    assert "<iframe" not in page.text


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ('class="desktop"', "scheme=system")),
        ("&width=phone", ('class="phone"', "scheme=system")),
        ("&scheme=dark", ('class="desktop"', "scheme=dark")),
        ("&width=phone&scheme=light", ('class="phone"', "scheme=light")),
        ('&width="><script>&scheme=x&show=y', ('class="desktop"', "scheme=system")),
    ],
)
def test_the_address_says_how_the_mail_is_shown(
    browser: TestClient, query: str, expected: tuple[str, str]
) -> None:
    (frame,) = re.findall(r"<iframe [^>]*>", browser.get(f"{AT}?day=now{query}").text)
    for text in expected:
        assert text in frame


def test_every_way_to_look_is_a_link_that_keeps_the_others(browser: TestClient) -> None:
    page = browser.get(f"{AT}?day=now&width=phone&scheme=dark").text
    assert 'href="?day=now&amp;show=raw&amp;width=phone&amp;scheme=dark"' in page
    assert 'href="?day=now&amp;show=html&amp;width=phone&amp;scheme=light"' in page
    assert page.count('aria-current="true"') == 3


def test_a_broken_profile_shows_its_mistakes_with_their_lines(browser: TestClient) -> None:
    page = browser.get(f"{LIST}/quantum/mail?day=now")
    assert page.status_code == 200
    text = Text.of(page.text)
    assert "something to search for is missing" in text
    assert "line 5, column 27 ·" in text
    assert "quantum.yaml" in text
    assert "did you mean limit?" in text
    assert "<mark>AND&#34;, weight: 2}</mark>" in page.text
    assert "<iframe" not in page.text
    for part in PARTS:
        assert browser.get(f"{LIST}/quantum/{part}?day=now").status_code == 409


def test_a_broken_profile_with_a_last_good_state_shows_both(browser: TestClient) -> None:
    page = browser.get(f"{LIST}/last/mail?day=now").text
    assert page.index("something to search for is missing") < page.index("last good state")
    assert page.index("last good state") < page.index("<iframe")
    assert "On sparse training" in browser.get(f"{LIST}/last/mail.html?day=now").text


def test_mistakes_of_an_unsaved_text_are_quoted_from_it(browser: TestClient) -> None:
    page = browser.get(AT, params={"draft": packed("any: [sparse]\nlimits: 3\n")})
    assert page.status_code == 200
    assert "<mark>limits: 3</mark>" in page.text


def test_a_problem_without_a_place_is_one_sentence(site: Laid) -> None:
    head = site.app.letterhead
    site.app.letterhead = replace(head, sender="no address")
    page = site.browser.get(f"{AT}?day=now")
    site.app.letterhead = head
    assert page.status_code == 200
    assert "not an address: 'no address'" in Text.of(page.text)
    assert "<iframe" not in page.text


def test_nothing_today_is_said_so(browser: TestClient) -> None:
    assert "Nothing new matches now" in browser.get(f"{LIST}/nothing/mail?day=now").text
    assert "Nothing of this day matches" in browser.get(f"{LIST}/nothing/mail").text


def test_a_broken_template_is_shown_with_its_place_until_it_is_mended(
    own: tuple[Laid, Path],
) -> None:
    site, folder = own
    template = folder / "subject.txt"
    template.write_text("{% block subject %}{{ subject.day }}\n{% if %}\n{% endblock %}")
    page = site.browser.get(f"{AT}?day=now")
    assert page.status_code == 200
    assert "line 2, column 1 ·" in page.text
    assert f"{template}" in page.text
    assert "<mark>{% if %}</mark>" in page.text
    answer = site.browser.get(f"{AT}.html?day=now")
    assert (answer.status_code, f"{template}:2:1" in answer.text) == (409, True)
    template.write_text("{% block subject %}Papers of my own{% endblock %}")
    assert "<dd>Papers of my own</dd>" in site.browser.get(f"{AT}?day=now").text


FAULTS = {
    "a link to nothing": lambda path: path.symlink_to(path.with_name("missing")),
    "a link to itself": lambda path: path.symlink_to(path),
    "a folder": lambda path: path.mkdir(),
    "no text": lambda path: path.write_bytes(b"\xff\xfe\x00"),
    "an unknown name": lambda path: path.write_text("{% block subject %}{{ x }}{% endblock %}"),
    "an endless sum": lambda path: path.write_text("{% block subject %}{{ 1 / 0 }}{% endblock %}"),
}


NAMES = ("mail/subject.txt", "mail/letters/x.txt", "web/look.html")


@pytest.mark.parametrize(
    ("fault", "name"),
    # Each fault in one kind of template, by turns; or in all of them.
    [*product(FAULTS, NAMES)] if IS_WHOLE else [*zip(FAULTS, cycle(NAMES), strict=False)],
)
def test_no_template_however_broken_ends_in_a_traceback(
    follower: tuple[Laid, Path], fault: str, name: str
) -> None:
    site, folder = follower
    path = folder.parent / name
    path.parent.mkdir(exist_ok=True)
    FAULTS[fault](path)
    page = site.browser.get(f"{AT}?day=now")
    message = site.browser.get(f"{AT}.eml?day=now")
    shutil.rmtree(folder.parent)
    folder.mkdir(parents=True)

    assert page.status_code == 200
    assert "<h1>Sparse training</h1>" in page.text
    assert message.status_code in (200, 409)


def test_a_template_that_fails_with_this_mail_alone_is_shown_and_named_to_the_operator_alone(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Where mails are sent from, too: it passed the check, and fails with what a mail contains."""
    path = tmp_path / "mine" / "mail" / "subject.txt"
    path.parent.mkdir(parents=True)
    path.write_text("{% block subject %}\n{{ 1 // (not 'sparse' in title) }}{% endblock %}")
    with laid_out(tmp_path) as site:
        site.app.template_folders = [path.parent.parent, templates_folder()]
        site.app.renderer = check(site.app.template_folders)
        site.web = create_site(site.app, local=BASE)
        page = site.browser.get(f"{AT}?day=now")
        assert page.status_code == 200
        assert f"line 2, column 1 · {path}" in page.text
        manage = _manage(site)
        theirs = site.browser.get(f"{manage}/mail.html")
        assert theirs.status_code == 409
        assert f"{path}" not in theirs.text
        assert f"{path}" in "".join(capsys.readouterr())


def _manage(site: Laid) -> str:
    """The path of a profile that a subscriber keeps in the store."""
    with site.app.store.begin() as tx:
        subscriber = subscribers.find(tx, ALICE)
        assert subscriber is not None
        kept = profiles.add_profile(tx, subscriber.id, "any: [sparse training]")
    token = links.manage("", site.app.tokens, subscriber.subscriber, site.app.now())
    return f"{token}/profiles/{kept.slug}"


def test_templates_are_checked_once_though_several_ask() -> None:
    templates, found = LiveTemplates([templates_folder()]), []
    threads = [
        threading.Thread(target=lambda: found.append(templates.renderer())) for _ in range(8)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    assert len({id(renderer) for renderer in found}) == 1
    assert len(found) == 8


def test_a_broken_template_is_named_each_time(tmp_path: Path) -> None:
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail" / "digest.txt").write_text("{% if %}")
    templates = LiveTemplates([tmp_path, templates_folder()])
    for _ in range(2):
        with pytest.raises(ConfigError, match=r"digest.txt:1:1"):
            templates.renderer()


@pytest.mark.parametrize(
    "path", ["nobody/mail", "nobody/mail.html", "sparse/mail.pdf", "sparse/mail/x", "sparse/docs"]
)
def test_what_is_not_there_is_said_so(browser: TestClient, path: str) -> None:
    page = browser.get(f"{LIST}/{path}")
    assert page.status_code == 404
    assert 'href="/"' in page.text


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_nothing_can_be_changed_here(browser: TestClient, method: str) -> None:
    for path in (LIST, AT, f"{AT}.html", f"{HERE}/version"):
        assert browser.request(method, path).status_code == 405


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1", 200),
        ("127.0.0.1:8765", 200),
        ("localhost:8765", 200),
        ("[::1]:8765", 200),
        ("[::1]", 200),
        ("evil.example.org", 400),
        ("127.0.0.1.evil.example.org", 400),
        ("localhost.evil.example.org:8765", 400),
        ("192.168.0.7", 400),
        ("[2001:db8::1]:80", 400),
        ("", 400),
    ],
)
def test_only_who_asks_for_this_machine_is_answered(
    browser: TestClient, host: str, status: int
) -> None:
    answer = browser.get(LIST, headers={"Host": host})
    assert answer.status_code == status
    assert ("Sparse training" in answer.text) is (status == 200)


def test_every_answer_forbids_what_it_does_not_need(browser: TestClient) -> None:
    paths = [LIST, AT, f"{LIST}/quantum/mail", f"{LIST}/nobody/mail", f"{HERE}/version"]
    paths += [f"{AT}.{part}" for part in ("html", "txt", "eml")]
    nonces = set()
    for path in paths:
        headers = browser.get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "no-referrer"
        allowed = headers["content-security-policy"]
        assert allowed.startswith("default-src 'none'")
        assert "unsafe-eval" not in allowed
        if not path.endswith(".html"):
            assert "unsafe-inline" not in allowed
            assert "frame-ancestors 'none'" in allowed
            nonces |= set(re.findall(r"'nonce-([^']+)'", allowed))
    assert len(nonces) == len(paths) - 1


def test_the_mail_may_run_and_load_nothing(browser: TestClient) -> None:
    allowed = browser.get(f"{AT}.html?day=now").headers["content-security-policy"]
    assert "script-src" not in allowed
    assert "sandbox allow-popups" in allowed
    assert "allow-scripts" not in allowed
    assert "allow-same-origin" not in allowed


def test_scripts_are_ours_and_the_editor_alone_has_the_nonce_of_its_styles(
    browser: TestClient,
) -> None:
    for path in (LIST, AT.removesuffix("/mail"), AT, f"{LIST}/quantum/mail", "/search"):
        page = browser.get(path)
        allowed = page.headers["content-security-policy"]
        assert "script-src 'self';" in allowed
        (nonce,) = set(re.findall(r"'nonce-([^']+)'", allowed))
        assert page.text.count(f'nonce="{nonce}"') == ('id="words"' in page.text)
        for tag in re.findall(r"<script\b[^>]*>", page.text):
            assert 'src="/static/' in tag or 'type="application/json"' in tag
        assert not re.search(r'<style\b|\s(style|on\w+)="', page.text)


def test_no_text_of_a_broken_profile_becomes_markup(own: tuple[Laid, Path]) -> None:
    site, _ = own
    nasty = "<script>alert(1)<"
    site.profile(nasty).write_text(f"any: ['title:({nasty}']\n{nasty}: 1\n")
    for path in (LIST, f"{LIST}/{quote(nasty)}/mail", f"{LIST}/<script>/mail"):
        answer = site.browser.get(path)
        assert "<script>alert" not in answer.text
    assert "&lt;script&gt;alert" in site.browser.get(LIST).text


def test_the_version_is_that_of_the_profiles_and_the_templates(own: tuple[Laid, Path]) -> None:
    site, folder = own

    def version() -> str:
        told = site.browser.get(f"{HERE}/version").text
        for path in (LIST, AT):
            assert f'data-version="{told}" data-at="{HERE}/version"' in site.browser.get(path).text
        return told

    first = version()
    assert version() == first
    site.profile("second").write_text("any: [b]\n")
    (folder / "subject.txt").symlink_to(folder / "missing")
    second = version()
    (folder / "subject.txt").unlink()
    assert len({first, second, version()}) == 3


def test_a_page_for_others_follows_no_file(tmp_path: Path) -> None:
    """A page that asked each second with a key that is too old would lock its operator out."""
    with laid_out(tmp_path, base_url="https://digest.example.org") as site:
        key = site.web.state.site.keys.make()
        for path in (f"/operator/{key}/profiles", f"/operator/{key}/profiles/sparse/mail"):
            page = site.browser.get(path)
            assert (page.status_code, "data-version" in page.text) == (200, False)


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org", ""])
def test_it_serves_no_other_machine(site: Laid, host: str) -> None:
    with pytest.raises(DigestError, match="for this machine only"):
        preview(site.app, [templates_folder()], host=host, port=0, open_browser=False)


def test_an_address_that_is_taken_is_said_so(site: Laid) -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        said = f"127.0.0.1:{port}: address already in use; --port 0 takes any that is free"
        with pytest.raises(DigestError, match=said):
            preview(site.app, [templates_folder()], port=port, open_browser=False)


class Text(HTMLParser):
    """What a page says, without its markup."""

    def __init__(self) -> None:
        super().__init__()
        self.pieces: list[str] = []

    def handle_data(self, data: str) -> None:
        self.pieces.append(data)

    @classmethod
    def of(cls, html: str) -> str:
        parser = cls()
        parser.feed(html)
        return "".join(parser.pieces)
