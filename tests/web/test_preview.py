"""The preview, through its front door."""

from __future__ import annotations

import email
import re
import socket
import threading
from collections.abc import Iterator
from email import policy
from html.parser import HTMLParser
from pathlib import Path

import pytest
from starlette.testclient import TestClient

from digest.errors import DigestError
from digest.web.preview import Preview, Shown, create_app, serve
from tests import golden_issues
from tests.chromium import Chromium, program
from tests.desks import Pile, full_pile
from tests.require import missing

HERE = "http://127.0.0.1"


@pytest.fixture
def pile(tmp_path: Path) -> Pile:
    return full_pile(tmp_path)


@pytest.fixture
def browser(pile: Pile) -> Iterator[TestClient]:
    with TestClient(create_app(pile), base_url=HERE) as client:
        yield client


def test_all_profiles_are_listed_and_lead_to_their_mails(browser: TestClient) -> None:
    page = browser.get("/")
    assert page.status_code == 200
    for slug in re.findall(r'href="(/p/[^"]+)"', page.text):
        assert browser.get(slug).status_code == 200
    assert page.text.count('href="/p/') == 4


def test_without_profiles_the_page_says_what_to_do() -> None:
    with TestClient(create_app(Pile()), base_url=HERE) as client:
        assert "There is no profile yet" in client.get("/").text


def test_both_parts_and_the_message_are_those_of_the_mail(browser: TestClient, pile: Pile) -> None:
    expected = pile.preview("efficient-training")
    assert browser.get("/p/efficient-training/mail.html").text == expected.html
    assert browser.get("/p/efficient-training/mail.txt").text == expected.text
    message = browser.get("/p/efficient-training/mail.eml")
    assert message.content == expected.mail.data
    assert message.headers["content-type"] == "message/rfc822"
    parsed = email.message_from_bytes(message.content, policy=policy.default)
    assert parsed["Subject"] == expected.mail.subject


def test_the_page_puts_the_frame_beside_the_text(browser: TestClient, pile: Pile) -> None:
    page = browser.get("/p/efficient-training")
    (frame,) = re.findall(r"<iframe [^>]*>", page.text)
    assert 'src="/p/efficient-training/mail.html?framed=1"' in frame
    assert 'sandbox="allow-popups allow-popups-to-escape-sandbox"' in frame
    assert "24 of 231 new papers match" in Text.of(page.text)
    assert pile.preview("efficient-training").mail.subject in Text.of(page.text)


def test_in_the_frame_links_open_elsewhere_and_nothing_else_differs(
    browser: TestClient, pile: Pile
) -> None:
    framed = browser.get("/p/efficient-training/mail.html?framed=1").text
    plain = framed.replace('<base target="_blank">', "")
    assert framed != plain
    assert plain == pile.preview("efficient-training").html


def test_the_raw_message_is_shown_as_it_is_sent(browser: TestClient, pile: Pile) -> None:
    page = browser.get("/p/efficient-training?show=raw")
    raw = pile.preview("efficient-training").mail.data.decode()
    assert raw in Text.of(page.text)
    assert "<iframe" not in page.text


@pytest.mark.parametrize(
    ("query", "expected"),
    [
        ("", ('class="parts desktop"', 'data-scheme="system"')),
        ("?width=phone", ('class="parts phone"', 'data-scheme="system"')),
        ("?scheme=dark", ('class="parts desktop"', 'data-scheme="dark"')),
        ("?width=phone&scheme=light", ('class="parts phone"', 'data-scheme="light"')),
        ('?width="><script>&scheme=x&show=y', ('class="parts desktop"', 'data-scheme="system"')),
    ],
)
def test_the_address_says_how_the_mail_is_shown(
    browser: TestClient, query: str, expected: tuple[str, str]
) -> None:
    page = browser.get(f"/p/efficient-training{query}").text
    for text in expected:
        assert text in page


def test_every_way_to_look_is_a_link_that_keeps_the_others(browser: TestClient) -> None:
    page = browser.get("/p/efficient-training?width=phone&scheme=dark").text
    assert 'href="?show=raw&amp;width=phone&amp;scheme=dark"' in page
    assert 'href="?show=mail&amp;width=phone&amp;scheme=light"' in page
    assert page.count('aria-current="true"') == 3


def test_a_broken_profile_shows_its_mistakes_with_their_lines(browser: TestClient) -> None:
    page = browser.get("/p/quantum")
    assert page.status_code == 200
    text = Text.of(page.text)
    assert "the bracket is not closed" in text
    assert "line 5, column 13 of" in text
    assert "did you mean limit?" in text
    assert "<mark>&#34;title:(toric AND&#34;, weight: 2}</mark>" in page.text
    assert "<iframe" not in page.text
    assert browser.get("/p/quantum/mail.html").status_code == 409


def test_a_broken_profile_with_a_last_good_state_shows_both(browser: TestClient) -> None:
    page = browser.get("/p/last-good").text
    assert "the bracket is not closed" in page
    assert "last good state" in page
    assert "<iframe" in page


def test_a_broken_template_is_a_notice_too(tmp_path: Path) -> None:
    (tmp_path / "mail").mkdir()
    template = tmp_path / "mail" / "subject.txt"
    template.write_text("{{ day }}\n{% if %}\n")
    pile = Pile({"mine": golden_issues.one_paper()})
    pile.folders = (tmp_path, *pile.folders)
    with TestClient(create_app(pile), base_url=HERE) as client:
        page = client.get("/p/mine")
    assert page.status_code == 200
    assert "line 2 of" in page.text
    assert "subject.txt" in page.text
    assert "{% if %}" in page.text


def test_what_is_wrong_with_the_profile_comes_before_what_came_of_it(tmp_path: Path) -> None:
    pile = full_pile(tmp_path)

    def preview(slug: str) -> Preview:
        raise DigestError("this profile has never been good")

    pile.preview = preview  # type: ignore[method-assign]
    with TestClient(create_app(pile), base_url=HERE) as client:
        page = client.get("/p/quantum").text
    assert page.index("the bracket is not closed") < page.index("has never been good")


def test_a_problem_without_a_place_is_one_sentence() -> None:
    pile = Pile(problems={"mine": DigestError("no listing was ever read")})
    with TestClient(create_app(pile), base_url=HERE) as client:
        assert "no listing was ever read" in client.get("/p/mine").text


def test_nothing_today_is_said_so(browser: TestClient) -> None:
    assert "Nothing new matches today" in browser.get("/p/nothing-today").text


@pytest.mark.parametrize("path", ["/p/nobody", "/p/nobody/mail.html", "/nowhere", "/p/", "/docs"])
def test_what_is_not_there_is_said_so(browser: TestClient, path: str) -> None:
    page = browser.get(path)
    assert page.status_code == 404
    assert 'href="/"' in page.text


@pytest.mark.parametrize("method", ["POST", "PUT", "PATCH", "DELETE"])
def test_nothing_can_be_changed_here(browser: TestClient, method: str) -> None:
    for path in ("/", "/p/efficient-training", "/version"):
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
    answer = browser.get("/", headers={"Host": host})
    assert answer.status_code == status
    assert ("Efficient" in answer.text) is (status == 200)


def test_every_answer_forbids_what_it_does_not_need(browser: TestClient) -> None:
    paths = ["/", "/p/efficient-training", "/p/quantum", "/p/nobody", "/version"]
    paths += [f"/p/efficient-training/mail.{part}" for part in ("html", "txt", "eml")]
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
    allowed = browser.get("/p/efficient-training/mail.html").headers["content-security-policy"]
    assert "script-src" not in allowed
    assert "sandbox allow-popups" in allowed
    assert "allow-scripts" not in allowed
    assert "allow-same-origin" not in allowed


def test_every_script_and_style_of_a_page_carries_its_nonce(browser: TestClient) -> None:
    for path in ("/", "/p/efficient-training", "/p/quantum", "/p/nobody"):
        page = browser.get(path)
        (nonce,) = set(re.findall(r"'nonce-([^']+)'", page.headers["content-security-policy"]))
        for tag in re.findall(r"<(?:script|style)\b[^>]*>", page.text):
            assert f'nonce="{nonce}"' in tag
        assert not re.search(r'\s(style|on\w+)="', page.text)


def test_no_text_of_a_profile_becomes_markup() -> None:
    nasty = "<script>alert(1)</script>"
    pile = Pile(problems={nasty: DigestError(nasty)})
    with TestClient(create_app(pile), base_url=HERE) as client:
        for path in ("/", f"/p/{nasty.replace('/', '%2F')}", "/p/<script>"):
            assert nasty not in client.get(path).text


def test_the_version_is_the_desks(browser: TestClient, pile: Pile) -> None:
    assert browser.get("/version").text == "1"
    assert 'data-version="1"' in browser.get("/").text
    pile.stamp = "2"
    assert browser.get("/version").text == "2"


def test_the_desk_is_asked_by_one_request_at_a_time() -> None:
    desk = Narrow()
    with TestClient(create_app(desk), base_url=HERE) as client:
        threads = [threading.Thread(target=client.get, args=["/"]) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    assert desk.most_at_once == 1


class Narrow(Pile):
    """A desk at which only one can stand."""

    at_once = most_at_once = 0

    def profiles(self) -> list[Shown]:
        self.at_once += 1
        self.most_at_once = max(self.most_at_once, self.at_once)
        threading.Event().wait(0.01)
        self.at_once -= 1
        return []


@pytest.mark.parametrize("host", ["0.0.0.0", "::", "192.0.2.1", "example.org", ""])
def test_it_serves_no_other_machine(host: str) -> None:
    with pytest.raises(DigestError, match="for this machine only"):
        serve(Pile(), host=host, port=0, open_browser=False)


def test_an_address_that_is_taken_is_said_so() -> None:
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        with pytest.raises(DigestError, match=f"127.0.0.1:{port}: address already in use"):
            serve(Pile(), port=port, open_browser=False)


def test_in_a_browser_the_page_follows_an_edit_and_complains_of_nothing(pile: Pile) -> None:
    with Served(pile) as url, Chromium(program() or missing("chromium", "no Chromium")) as chromium:
        chromium.call("Runtime.enable")
        chromium.call("Log.enable")
        chromium.call(
            "Network.emulateNetworkConditions",
            offline=False,
            latency=0,
            downloadThroughput=-1,
            uploadThroughput=-1,
        )
        chromium.call("Page.navigate", url=f"{url}p/efficient-training")
        told = wait_for(chromium, "Page.loadEventFired")
        assert chromium.value("document.documentElement.dataset.version") == "1"
        pile.stamp = "2"
        told += wait_for(chromium, "Page.loadEventFired")
        assert chromium.value("document.documentElement.dataset.version") == "2"
    assert not [event for event in told if event.startswith(("Log.", "Runtime.exception"))]


def wait_for(chromium: Chromium, method: str) -> list[str]:
    told = []
    while not told or told[-1] != method:
        told.append(str(chromium._next().get("method", "")))
    return told


class Served:
    """The preview, served in a thread; gives its address."""

    def __init__(self, pile: Pile) -> None:
        self._pile = pile

    def __enter__(self) -> str:
        import uvicorn

        self._listening = socket.create_server(("127.0.0.1", 0))
        config = uvicorn.Config(create_app(self._pile), log_level="warning")
        self._server = uvicorn.Server(config)
        self._thread = threading.Thread(
            target=self._server.run, kwargs={"sockets": [self._listening]}
        )
        self._thread.start()
        return f"{HERE}:{self._listening.getsockname()[1]}/"

    def __exit__(self, *_: object) -> None:
        self._server.should_exit = True
        self._thread.join()
        self._listening.close()


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
