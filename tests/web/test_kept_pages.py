"""Public pages are made once, compressed, and answered by 304; pages with secrets never are."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from starlette.applications import Starlette
from starlette.responses import PlainTextResponse
from starlette.routing import Route
from starlette.testclient import TestClient

from digest.pipeline import runs
from digest.web import kept_pages
from digest.web.kept_pages import KeptPages, PrivatePages

from ..page_pictures import pages
from ..sites import HERE, Laid, laid_out, papers_of

DAY = "/archive/2026-03-09"


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laid]:
    with laid_out(tmp_path_factory.mktemp("site")) as laid:
        yield laid


def test_a_page_is_made_once_and_again_when_what_it_shows_changes() -> None:
    made: list[str] = []
    stamps = {"/a": 1, "/b": 1}

    async def page(request: Any) -> PlainTextResponse:
        made.append(request.url.path)
        return PlainTextResponse("x" * 9_000, 404 if request.url.query == "none" else 200)

    app = Starlette(routes=[Route("/{name}", page)])
    client = TestClient(KeptPages(app, paths=["/a", "/b"], stamp=stamps.__getitem__))
    for path in ("/a", "/b", "/c", "/a", "/b", "/c", "/a?none", "/a?none"):
        client.get(path)
    assert made == ["/a", "/b", "/c", "/c", "/a", "/a"]
    stamps["/a"] = 2
    for path in ("/a", "/b"):
        assert len(client.get(path).content) == 9_000
    assert made[6:] == ["/a"]


def test_of_many_pages_those_asked_for_last_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    made: list[str] = []

    async def page(request: Any) -> PlainTextResponse:
        made.append(request.url.query)
        return PlainTextResponse("x" * 100)

    monkeypatch.setattr(kept_pages, "MOST_BYTES", 250)
    app = Starlette(routes=[Route("/a", page)])
    client = TestClient(KeptPages(app, paths=["/a"], stamp=len))
    for query in "121312":
        client.get(f"/a?{query}")
    assert made == ["1", "2", "3", "2"]


def test_while_the_version_stays_no_stamp_is_asked_for() -> None:
    asked: list[str] = []
    versions: list[object] = [1, 1, 1, 2, 2, None, None]

    async def page(_request: Any) -> PlainTextResponse:
        return PlainTextResponse("x")

    app = Starlette(routes=[Route("/a", page)])
    kept = KeptPages(
        app, paths=["/a"], stamp=lambda path: asked.append(path) or "same", version=versions.pop
    )
    client = TestClient(kept)
    numbers = [(client.get("/a").text, len(asked))[1] for _ in range(7)]

    assert numbers == [1, 2, 3, 3, 4, 4, 4]  # None names no version, and 2 and 1 are others


def test_in_a_version_a_stamp_is_asked_for_once_whatever_the_question_is() -> None:
    asked: list[str] = []
    versions: list[object] = [None, None, 2, 1, 1, 1]

    async def page(_request: Any) -> PlainTextResponse:
        return PlainTextResponse("x")

    app = Starlette(routes=[Route("/a", page), Route("/b", page)])
    client = TestClient(
        KeptPages(app, paths=["/"], stamp=asked.append, version=versions.pop)  # type: ignore[arg-type,func-returns-value]
    )
    for path in ("/a?1", "/a?2", "/b?1", "/a?3", "/a?4", "/a?5"):
        client.get(path)

    assert asked == ["/a", "/b", *["/a"] * 3]


def test_a_private_page_is_kept_by_its_link_as_it_was_made() -> None:
    made: list[str] = []
    stamps: dict[str, object] = {"/i/a": 1, "/i/b": None, "/i/c": 1}

    async def page(request: Any) -> PlainTextResponse:
        path = request.url.path
        made.append(path + request.url.query)
        request.state.stamp = stamps[path]
        return PlainTextResponse(f"{path} {stamps[path]}" * 900, 410 if path == "/i/c" else 200)

    app = Starlette(routes=[Route("/i/{name}", page, methods=["GET", "POST"])])
    client = TestClient(PrivatePages(app, paths=["/i/"], stamp=stamps.__getitem__))
    for path in ("/i/a", "/i/b", "/i/c", "/i/a?x"):
        first, again = client.get(path), client.get(path)
        assert first.text == again.text
        assert first.headers == again.headers
        assert not {"etag", "content-encoding", "vary", "cache-control"} & set(again.headers)
    client.post("/i/a")
    assert made == ["/i/a", *["/i/b"] * 2, *["/i/c"] * 2, *["/i/ax"] * 2, "/i/a"]
    stamps["/i/a"] = 2
    assert client.get("/i/a").text.startswith("/i/a 2")
    stamps["/i/a"] = None  # such as of a link that is no longer valid
    client.get("/i/a")
    assert made[8:] == ["/i/a", "/i/a"]


def test_of_private_pages_so_many_bytes_are_kept(monkeypatch: pytest.MonkeyPatch) -> None:
    assert kept_pages.MOST_PRIVATE_BYTES == 32_000_000
    made: list[str] = []

    async def page(request: Any) -> PlainTextResponse:
        made.append(request.url.path)
        request.state.stamp = 1
        return PlainTextResponse("x" * 100)

    monkeypatch.setattr(kept_pages, "MOST_PRIVATE_BYTES", 250)
    app = Starlette(routes=[Route("/i/{name}", page)])
    client = TestClient(PrivatePages(app, paths=["/i/"], stamp=lambda _: 1))
    for name in "121312":
        client.get(f"/i/{name}")
    assert made == ["/i/1", "/i/2", "/i/3", "/i/2"]


def test_who_has_a_page_is_answered_by_304(site: Laid) -> None:
    first = site.browser.get(DAY)
    again = site.browser.get(DAY, headers={"If-None-Match": f'"x", {first.headers["etag"]}'})

    assert (first.status_code, first.headers["cache-control"]) == (200, "no-cache")
    assert (again.status_code, again.content) == (304, b"")
    assert again.headers["etag"] == first.headers["etag"]
    other = site.browser.get(DAY, headers={"If-None-Match": '"x"', "Accept-Encoding": "identity"})
    assert (other.status_code, other.text) == (200, first.text)
    assert other.headers["etag"] != first.headers["etag"]


def test_a_part_of_a_search_is_not_mistaken_for_its_page(site: Laid) -> None:
    part = {"HX-Request": "true"}
    whole, found = (site.browser.get("/search?q=protein", headers=h).text for h in ({}, part))
    assert whole.startswith("<!doctype html>")
    assert not found.startswith("<!doctype html>")


def test_a_day_that_is_over_stays_while_the_next_ones_come(tmp_path: Path) -> None:
    with laid_out(tmp_path) as site:
        paths = (DAY, "/archive", "/search?q=protein")
        before = [site.browser.get(path).headers["etag"] for path in paths]
        site.clock.forward(days=1)
        stand: Any = site.app.source
        stand.lay_out("daily", site.app.day, *papers_of(9))
        runs.run(site.app, list(site.app.listings.values()))
        after = [site.browser.get(path).headers["etag"] for path in paths]

        assert [a == b for a, b in zip(before, after, strict=True)] == [True, False, False]


def test_a_search_is_compressed_in_less_time_than_what_is_asked_for_again(site: Laid) -> None:
    assert (kept_pages.LEVEL, kept_pages.LEVEL_ONCE) == (4, 1)
    marks = []
    for path in ("/search?q=protein", DAY):
        headers = {"Accept-Encoding": "gzip"}
        with site.browser.stream("GET", path, headers=headers) as answer:
            marks.append(b"".join(answer.iter_raw())[8])
    assert marks == [4, 0]  # in a header of gzip (RFC 1952): made by the fastest way, or not said


def test_what_is_compressed_holds_no_secret(tmp_path: Path) -> None:
    """By the length of compressed answers a secret in them could be guessed (BREACH)."""
    with laid_out(tmp_path) as site:
        compressed = set()
        for name, path in pages(site):
            answer = site.browser.get(path)
            secrets = re.findall(
                r"/(?:manage|issue|feed|return|confirm|operator)/[\w-]+", answer.text
            )
            if "content-encoding" in answer.headers:
                compressed.add(name)
                assert (name, secrets) == (name, [])
        assert compressed == {"archive", "day", "search", "search-nothing", "trending"}
        for file in re.findall(r'"(/static/[^"]+)"', site.browser.get(HERE).text):
            assert site.browser.get(file).headers["content-encoding"] == "gzip"
