"""Whoever comes to the pages with bad intentions: no markup, no detour, no memory, no guess."""

from __future__ import annotations

import http.client
import json
import re
import tracemalloc
from collections.abc import Iterator
from contextlib import closing, contextmanager
from datetime import timedelta
from pathlib import Path
from typing import NamedTuple
from urllib.parse import urlsplit

import html5lib
import pytest
from fastapi.testclient import TestClient

from digest.language.text import clean
from digest.pipeline import runs
from digest.web import operator_access, rate_limiter, subscribe
from digest.web.rate_limiter import RateLimiter

from .. import hostile
from ..extent import number, some
from ..factories import EIGHT, paper
from ..sites import BASE, HERE, Laid, laid_out, port_of, served
from .test_subscriber_pages import ZOE, issue_mailed, issue_page, postbox, subscribed

PUBLIC = "https://digest.example.org"
FORM_KIND = {"Content-Type": "application/x-www-form-urlencoded"}
AT = f"{HERE}/profiles/sparse"

#: One of each way in; the mail's tests take them all.
PAYLOADS = hostile.TEXTS[::4]

_ACTIVE = {"script", "iframe", "object", "embed", "base", "meta", "link", "style", "svg", "math"}
_OURS = {"/static/", "data:,"}


@pytest.fixture(autouse=True)
def hurried(monkeypatch: pytest.MonkeyPatch) -> None:
    """Sign-ups need not take their time here."""
    monkeypatch.setattr(subscribe, "EACH_TAKES", 0.0)


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Laid]:
    with laid_out(tmp_path) as laid:
        yield laid


@pytest.fixture(scope="module")
def wall(tmp_path_factory: pytest.TempPathFactory) -> Iterator[TestClient]:
    """A client of a site that nothing here changes."""
    with laid_out(tmp_path_factory.mktemp("wall")) as laid:
        yield laid.browser


def skeleton(text: str) -> list[str]:
    """Everything in a page that could act: what a browser would run, load or send elsewhere."""
    tree = html5lib.parse(text, namespaceHTMLElements=False)
    found = []
    for element in tree.iter():
        name = str(element.tag)
        for attribute, value in element.attrib.items():
            if str(attribute).startswith("on") or attribute in ("style", "srcdoc"):
                found.append(f"{name} {attribute}={value}")
            is_address = attribute in ("href", "src", "action", "formaction")
            if is_address and urlsplit(value.strip()).scheme not in ("", "http", "https", "data"):
                found.append(f"{name} {attribute}={value}")
        if name in _ACTIVE:
            address = element.get("src") or element.get("href") or ""
            if not any(address.startswith(ours) for ours in _OURS) and not _is_known(element):
                found.append(f"<{name} {dict(element.attrib)}>")
    return found


def _is_known(element: object) -> bool:
    """Whether it is what our own templates draw: their settings, charts, words and frames."""
    given = element.attrib  # type: ignore[attr-defined]  # an Element
    return bool(
        given.get("type") == "application/json"
        or given.get("class") in ("chart", "spark", "phone", "desktop")
        or "charset" in given
        or given.get("name") in ("viewport", "htmx-config", "color-scheme")
        or "data-follows" in given
    )


def test_what_the_judge_finds_is_what_acts() -> None:
    bad = ["<script>x</script>", "<p onclick=x>", "<a href=' javascript:x'>", "<iframe srcdoc=x>"]

    assert all(skeleton(text) for text in bad)
    assert skeleton("<p><a href='https://example.org'>x</a>") == []


def test_no_text_of_a_paper_becomes_markup_on_any_page(site: Laid) -> None:
    subscribed(site)
    site.clock.forward(days=1)
    texts = [clean(f"{text} protein folding") for text in PAYLOADS]
    site.app.source.lay_out(  # type: ignore[attr-defined]
        "daily",
        site.app.day,
        *(
            paper(
                500 + n,
                title=text,
                abstract=text,
                authors=(text,),
                categories=(text,),
                organisation=text,
                comment=text,
                url=text,
                links={"code": text},
            )
            for n, text in enumerate(texts)
        ),
    )
    runs.run(site.app, list(site.app.listings.values()))
    issue = issue_page(site, str(postbox(site).texts_to(ZOE)[-1]))
    day = f"/archive/{site.app.day}"
    for path in (day, "/search?q=protein", "/trending", issue, "/?interests=protein", AT):
        assert skeleton(site.browser.get(path).text) == [], path


@pytest.mark.parametrize("text", some(PAYLOADS[::5], 2))
def test_no_text_of_a_form_becomes_markup(wall: TestClient, text: str) -> None:
    asked = {"q": text, "interests": text, "said": text, "listing": text, "paper": text}
    pages = ("/", "/search", "/archive/2026-03-10", HERE, f"{AT}/mail")
    answers = [wall.get(path, params=asked) for path in pages]
    for field in ("address", "interests", "at", "timezone"):
        form = {"address": "nobody", "interests": "x", field: text}
        answers.append(wall.post("/subscribe", data=form))
    answers.append(wall.post("/width", data={"interests": text}))
    for act in ("add", "save"):
        form = {"text": f"any: [x]\n# {text}", "keyword": text, "act": act, "revision": text}
        answers.append(wall.post(AT, data=form))
    answers.append(wall.post(f"{AT}/live", data={"text": text}))

    for answer in answers:
        assert answer.status_code < 500
        assert skeleton(answer.text) == [], answer.url


def test_words_of_others_are_on_no_page_of_the_operator(wall: TestClient) -> None:
    text = wall.get(HERE, params={"said": "Send your password to mallory"}).text

    assert "mallory" not in text


class Visitor(NamedTuple):
    """Somebody who reads, and where."""

    site: Laid
    manage: str
    issue: str
    key: str


@pytest.fixture(scope="module")
def subscriber(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Visitor]:
    with laid_out(tmp_path_factory.mktemp("reader")) as site:
        manage = subscribed(site)
        issue = issue_page(site, issue_mailed(site))
        key = re.findall(r'name="key" value="([^"]+)"', site.browser.get(issue).text)[0]
        yield Visitor(site, manage, issue, key)


DETOURS = [
    "https://evil.example.org",
    "//evil.example.org",
    "/\\evil.example.org",
    "https:evil.example.org",
    "/%09/evil.example.org",
    "javascript:alert(1)",
    "https://127.0.0.1@evil.example.org",
]


@pytest.mark.parametrize("detour", DETOURS)
def test_no_page_leads_to_another_site(subscriber: Visitor, detour: str) -> None:
    site, manage, issue, key = subscriber
    ways = dict.fromkeys(("next", "url", "to", "return", "redirect", "back", "said"), detour)
    answers = [
        site.browser.post(f"{manage}/schedule", data={"at": "06:15", **ways}, params=ways),
        site.browser.post(f"{manage}/resume", params=ways),
        site.browser.post(issue, data={"key": key, "kind": "save", **ways}, params=ways),
        site.browser.post(f"{HERE}/test-mail", params=ways),
        site.browser.get(f"{BASE}/{detour}"),
        site.browser.get(f"{BASE}//evil.example.org/archive/"),
        site.browser.get(f"/archive/{detour}/"),
    ]

    for answer in answers:
        place = answer.headers.get("location", "/")
        assert urlsplit(place).netloc in ("", urlsplit(BASE).netloc), place
        assert not place.startswith(("//", "/\\"))
        assert answer.status_code < 500


@pytest.mark.parametrize(
    "path",
    [
        "/archive/../../etc/passwd",
        "/archive/%2e%2e%2f%2e%2e%2fetc%2fpasswd",
        "/archive/2026-03-10/papers.exe",
        "/archive/2026-03-10/papers.bib%00.html",
        "/archive/0000-00-00",
        "/archive/9999-12-31",
        "/archive/2026-03-10?page=1000000000000",
        "/archive/2026-03-10?page=-1",
    ],
)
def test_an_odd_place_in_the_archive_is_not_there(wall: TestClient, path: str) -> None:
    assert wall.get(path).status_code in (404, 422)


def test_what_is_public_holds_nothing_of_subscribers(site: Laid) -> None:
    manage = subscribed(site)
    issue_mailed(site)
    site.browser.post(f"{manage}/profile", data={"title": "Very private interests"})
    pages = ["/", "/archive", f"/archive/{site.app.day}", "/search?q=protein", "/trending"]
    pages += [f"/archive/{site.app.day}/papers.{kind}" for kind in ("bib", "ris", "json")]

    for path in [*pages, "/healthz", "/readyz"]:
        text = site.browser.get(path).text
        assert not re.search(r"(zoe|alice)@|private interests|/(manage|issue|feed)/", text), path


@contextmanager
def at_most(bytes: int) -> Iterator[None]:
    """Python may take no more memory than that in the block, client and server together."""
    tracemalloc.start()
    try:
        yield
        assert tracemalloc.get_traced_memory()[1] < bytes
    finally:
        tracemalloc.stop()


def pieces(number: int) -> Iterator[bytes]:
    """So many megabytes, one at a time."""
    piece = b"x" * 1_000_000
    for _ in range(number):
        yield piece


def status_of(port: int, path: str, body: object, headers: dict[str, str]) -> int:
    """What a POST is answered; 0 where the line is cut while there is more to say."""
    with closing(http.client.HTTPConnection("127.0.0.1", port)) as line:
        try:
            line.request("POST", path, body, headers)  # type: ignore[arg-type]  # bytes or an iterator
        except (BrokenPipeError, ConnectionResetError):
            return 0
        with line.getresponse() as answer:
            return answer.status


@pytest.mark.parametrize("headers", [{}, {"Content-Length": "100000000"}])
def test_a_body_of_100_mb_costs_no_memory(site: Laid, headers: dict[str, str]) -> None:
    with served(site) as running, at_most(15_000_000):
        port = port_of(running)
        for path in ("/width", "/unsubscribe/x", f"{AT}/live"):
            assert status_of(port, path, pieces(100), headers) in (0, 413)
        assert status_of(port, "/width", b"interests=x", FORM_KIND) == 200


@pytest.mark.parametrize(
    "body", [b"[" * 900_000, b'{"a":' * 150_000, json.dumps({"text": "x" * 900_000}).encode()]
)
def test_json_however_deep_is_no_trouble(wall: TestClient, body: bytes) -> None:
    kind = {"content-type": "application/json"}
    for path in ("/subscribe", "/width", f"{AT}/lint", f"{AT}/live"):
        assert wall.post(path, content=body, headers=kind).status_code < 500


def from_where(site: Laid, peer: str, told: str = "") -> TestClient:
    return site.client(peer, headers={"x-forwarded-for": told} if told else {})


def sign_up(client: TestClient, address: str) -> int:
    return client.post("/subscribe", data={"address": address, "interests": "x"}).status_code


def test_one_client_signs_up_only_so_many(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    most = number(4, whole=subscribe.MAX_SIGN_UPS_OF_CLIENT)
    monkeypatch.setattr(subscribe, "MAX_SIGN_UPS_OF_CLIENT", most)
    with laid_out(tmp_path) as site:
        one, other = from_where(site, "192.0.2.1"), from_where(site, "192.0.2.2")
        answers = [sign_up(one, f"v{n}@example.org") for n in range(most + 2)]

        assert answers == [200] * most + [429] * 2
        assert sign_up(other, "w@example.org") == 200
        runs.send_only(site.app)
        assert sum(mail.recipient.startswith("v") for mail in postbox(site).mails) == most
        site.clock.forward(hours=1)
        assert sign_up(one, "x@example.org") == 200


def test_behind_a_proxy_a_client_cannot_choose_who_it_is(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscribe, "EACH_TAKES", 0.0)
    monkeypatch.setattr(subscribe, "MAX_SIGN_UPS_OF_CLIENT", 4)
    with laid_out(tmp_path) as site:

        def answer(n: int, told: str) -> int:
            return sign_up(from_where(site, "127.0.0.1", told), f"v{n}@example.org")

        answers = [answer(n, f"198.51.100.{n}, 192.0.2.7") for n in range(5)]
        assert answers == [200] * 4 + [429]
        assert answer(5, "192.0.2.8") == 200


def test_many_clients_take_no_more_memory_than_a_few(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(rate_limiter, "MOST_CLIENTS", 3)
    counted = RateLimiter(1, timedelta(hours=1))
    for client in range(50):
        assert counted.take(f"{client}", EIGHT)

    assert len(counted._taken) == 3
    assert not counted.take("49", EIGHT)
    assert counted.take("49", EIGHT + timedelta(hours=1))


def test_who_guesses_keys_is_answered_by_none_for_a_while(tmp_path: Path) -> None:
    with laid_out(tmp_path, base_url=PUBLIC) as site:
        key = site.web.state.site.keys.make()
        guesser, other = from_where(site, "192.0.2.1"), from_where(site, "192.0.2.2")
        for turn in range(operator_access.MOST_WRONG):
            assert guesser.get(f"/operator/{key[:-12]}{turn:012d}").status_code == 404

        assert guesser.get(f"/operator/{key}").status_code == 404
        assert guesser.get("/metrics", params={"key": key}).status_code == 404
        assert other.get(f"/operator/{key}").status_code == 200
        site.clock.forward(minutes=15)
        assert guesser.get(f"/operator/{key}").status_code == 200


def test_no_link_is_in_the_journal(site: Laid, capfd: pytest.CaptureFixture[str]) -> None:
    manage = subscribed(site)
    token = manage.split("/")[2]
    site.app.live_profiles = None  # type: ignore[assignment]  # whatever is asked of it breaks
    with served(site) as running:
        port = port_of(running)
        assert status_of(port, f"{manage}/profile", b"title=x", FORM_KIND) == 500
    said = "".join(capfd.readouterr())

    assert "page failed" in said
    assert token not in said
    assert ZOE not in said
