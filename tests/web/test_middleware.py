"""What every request must pass, and what every answer carries."""

from __future__ import annotations

import re
import socket
import threading
from collections.abc import Iterator
from pathlib import Path

import pytest

from digest.web import middleware, slow_clients

from ..sites import BASE, HERE, Laid, laid_out, listen
from ..waits import HUNG

PUBLIC = "https://digest.example.org"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laid]:
    with laid_out(tmp_path_factory.mktemp("site")) as laid:
        yield laid


PAGES = [
    "/",
    "/archive",
    "/archive/2026-03-10",
    "/search?q=sparse",
    "/trending",
    HERE,
    f"{HERE}/profiles",
    f"{HERE}/profiles/sparse",
    f"{HERE}/profiles/sparse/mail",
    "/healthz",
    "/metrics",
    "/nowhere",
    "/static/pages.css",
]


@pytest.mark.parametrize("path", PAGES)
def test_every_answer_forbids_what_it_does_not_need(site: Laid, path: str) -> None:
    headers = site.browser.get(path).headers

    assert headers["x-content-type-options"] == "nosniff"
    assert headers["referrer-policy"] == "no-referrer"
    policy = headers["content-security-policy"]
    assert policy.startswith("default-src 'none';")
    assert "unsafe" not in policy
    assert "set-cookie" not in headers


def test_a_mail_in_a_frame_may_run_and_load_nothing(site: Laid) -> None:
    policy = site.browser.get(f"{HERE}/profiles/sparse/mail.html").headers[
        "content-security-policy"
    ]

    assert "script-src" not in policy
    assert "allow-scripts" not in policy
    assert "frame-ancestors 'self'" in policy


@pytest.mark.parametrize("path", PAGES[:9])
def test_no_page_has_a_script_or_a_style_of_its_own_in_it(site: Laid, path: str) -> None:
    text = site.browser.get(path).text

    assert not re.search(r'\s(style|on\w+)="', text)
    assert "<style" not in text
    for tag in re.findall(r"<script\b[^>]*>", text):
        assert "src=" in tag or 'type="application/json"' in tag


@pytest.mark.parametrize(
    ("host", "status"),
    [
        ("127.0.0.1:8000", 200),
        ("localhost", 200),
        ("[::1]:8000", 200),
        ("evil.example.org", 400),
        ("127.0.0.1.evil.example.org", 400),
        ("digest.example.org", 400),
        ("", 400),
    ],
)
def test_only_who_asks_for_these_pages_by_name_is_answered(
    site: Laid, host: str, status: int
) -> None:
    assert site.browser.get("/archive", headers={"host": host}).status_code == status


def test_links_come_from_the_settings_and_never_from_the_request(tmp_path: Path) -> None:
    with laid_out(tmp_path, base_url=PUBLIC) as site:
        spoofed = {"host": "digest.example.org", "x-forwarded-host": "evil.example.org"}
        answer = site.browser.get("/", headers=spoofed)

        assert answer.status_code == 200
        assert "evil.example" not in answer.text
        assert site.web.state.site.address == PUBLIC


@pytest.mark.parametrize(
    ("headers", "status"),
    [
        ({"sec-fetch-site": "same-origin"}, 200),
        ({"sec-fetch-site": "none"}, 200),
        ({"sec-fetch-site": "cross-site"}, 403),
        ({"sec-fetch-site": "same-site"}, 403),
        ({"origin": BASE}, 200),
        ({"origin": "https://evil.example.org"}, 403),
        ({"origin": "null"}, 403),
        ({}, 200),
    ],
)
def test_a_form_of_another_site_changes_nothing(
    site: Laid, headers: dict[str, str], status: int
) -> None:
    answer = site.browser.post("/width", data={"interests": "sparse"}, headers=headers)

    assert answer.status_code == status


@pytest.mark.parametrize("length", ["1000001", "100000000", "9" * 40])
def test_a_body_that_is_too_large_is_refused_before_it_is_read(site: Laid, length: str) -> None:
    answer = site.browser.post("/width", content=b"", headers={"content-length": length})

    assert answer.status_code == 413


def test_a_body_that_does_not_tell_its_length_is_counted(site: Laid) -> None:
    def endless() -> Iterator[bytes]:
        for _ in range(40):
            yield b"x" * 65536

    assert site.browser.post("/width", content=endless()).status_code == 413


def test_ten_thousand_fields_are_no_trouble(site: Laid) -> None:
    body = "&".join(f"field{n}=1" for n in range(10_000))
    kind = {"content-type": "application/x-www-form-urlencoded"}

    assert site.browser.post("/width", content=body, headers=kind).status_code < 500


@pytest.mark.parametrize(
    "path", ["/static/../site.py", "/static/%2e%2e/site.py", "/static/", "/static/x"]
)
def test_only_the_files_that_are_meant_are_served(site: Laid, path: str) -> None:
    assert site.browser.get(path).status_code == 404


def test_a_client_that_never_finishes_is_hung_up_on(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(middleware, "BODY_WITHIN", 0.3)
    with laid_out(tmp_path) as site:
        running = listen(site.app, host="127.0.0.1", port=0)
        port = running.socket.getsockname()[1]
        thread = threading.Thread(target=running.run)
        thread.start()
        try:
            monkeypatch.setattr(slow_clients, "HEAD_WITHIN", 0.3)
            with socket.create_connection(("127.0.0.1", port)) as slow:
                slow.sendall(b"GET / HTTP/1.1\r\nHost: 127")
                assert slow.recv(100) == b""
            monkeypatch.setattr(slow_clients, "HEAD_WITHIN", HUNG)
            with socket.create_connection(("127.0.0.1", port)) as slow:
                slow.sendall(
                    b"POST /width HTTP/1.1\r\nHost: 127.0.0.1\r\nContent-Length: 100\r\n\r\nx"
                )
                assert slow.recv(100).startswith(b"HTTP/1.1 408")
        finally:
            running.stop()
            thread.join()
