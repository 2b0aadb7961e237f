"""Every page is public by the list here, or asks for who holds its link; handlers stand alone."""

from __future__ import annotations

import json
import re
from collections.abc import Callable, Iterator
from datetime import date
from itertools import product
from pathlib import Path
from typing import Any

import pytest
from fastapi import HTTPException
from fastapi.dependencies.models import Dependant
from fastapi.responses import PlainTextResponse, Response
from fastapi.routing import APIRoute

from digest.model import Subscriber
from digest.store import Store
from digest.store.subscribers import Consent
from digest.web import (
    archive_pages,
    consent,
    dependencies,
    issue_pages,
    operator_pages,
    short_links,
)
from digest.web import subscriber_pages as pages
from digest.web.application import ROUTES

from ..factories import EIGHT
from ..sites import Laid, laid_out
from ..subscribing import subscribe

#: Pages that anybody may see or use.
PUBLIC = {
    *("GET /", "POST /width", "POST /interests", "POST /subscribe", "GET /static/{name:path}"),
    *("GET /archive", "GET /archive/{day}", "GET /archive/{day}/papers.{kind}"),
    *("GET /search", "GET /trending", "GET /healthz", "GET /readyz"),
    # for the holder of a link that is too old, who gets a mail and sees nothing
    "POST /manage/{token}/fresh",
}

#: What lets in the holder of a good link alone.
GUARDS: set[Callable[..., Any]] = {
    dependencies.current_subscriber,
    dependencies.current_operator,
    dependencies.current_drafts,
    consent.asked_subscriber,
    consent.leaving_subscriber,
    consent.returning_subscriber,
    issue_pages.sent_issue,
    issue_pages.fed_subscriber,
    operator_pages.metrics_access,
    short_links.issue_token,
    short_links.settings_token,
    short_links.leaving_token,
}


def calls(dependant: Dependant) -> Iterator[Callable[..., Any] | None]:
    """Yield all that is called before a handler."""
    for each in dependant.dependencies:
        yield each.call
        yield from calls(each)


def named(route: APIRoute) -> str:
    return f"{' '.join(route.methods)} {route.path}"


HANDLERS = [route for route in ROUTES if isinstance(route, APIRoute)]
GUARDED = [route for route in HANDLERS if GUARDS & set(calls(route.dependant))]


def test_every_page_is_public_by_a_list_or_asks_for_the_holder_of_its_link() -> None:
    assert len(HANDLERS) == len(ROUTES) > 50
    assert {named(route) for route in HANDLERS if route not in GUARDED} == PUBLIC


def test_every_guard_guards_a_page() -> None:
    assert {call for route in GUARDED for call in calls(route.dependant)} >= GUARDS


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laid]:
    with laid_out(tmp_path_factory.mktemp("site")) as laid:
        yield laid


def test_a_guarded_page_is_not_there_for_who_holds_no_link(site: Laid) -> None:
    """Whatever else is wrong with the request: it is not even looked at."""
    stranger = site.client("192.0.2.7")
    for route in GUARDED:
        paths = {route.path.replace("{who}", who) for who in ("manage", "operator", "archive")}
        for path, method in product(paths, route.methods):
            path = re.sub(r"\{\w+\}", "x", path)
            assert stranger.request(method, path).status_code == 404, (method, path)


@pytest.fixture
def subscriber(store: Store) -> Subscriber:
    act = Consent(now=EIGHT)
    with store.begin() as tx:
        return subscribe(tx, "zoe@example.org", act, EIGHT.date(), profile="any: [fern]")


def test_a_handler_can_be_called_alone(store: Store, subscriber: Subscriber) -> None:
    act, today = Consent(now=EIGHT, origin="web"), EIGHT.date()

    def refuse(status: int, **others: str) -> Response:
        return PlainTextResponse(f"{others}", status)

    answer = pages.pause("token", subscriber, store, today, act, refuse, until="2026-03-20")
    assert (answer.status_code, answer.headers["location"]) == (303, "/manage/token?said=paused")
    known = json.loads(bytes(pages.everything(subscriber, store).body))
    assert "2026-03-20" in json.dumps(known)
    refused = pages.pause("token", subscriber, store, today, act, refuse, until="2036-03-20")
    assert (refused.status_code, b"2036-03-20" in refused.body) == (422, True)


def test_a_page_can_be_made_without_a_site(store: Store) -> None:
    def show(template: str, **given: object) -> Response:
        return PlainTextResponse(f"{template} {given['days']}")

    assert archive_pages.index(store, show).body == b"archive.html []"
    with pytest.raises(HTTPException) as refused:
        archive_pages.exported(store, f"{date(2026, 3, 10)}x", "bib")
    assert refused.value.status_code == 404


def test_two_sites_of_one_process_share_no_state(site: Laid, tmp_path: Path) -> None:
    with laid_out(tmp_path, base_url="https://digest.example.org") as other:
        assert site.web.routes == other.web.routes
        assert site.browser.get("/operator/here").status_code == 200
        assert other.browser.get("/operator/here").status_code == 404
        other.profile().unlink()
        assert "Sparse training" in site.browser.get("/operator/here/profiles").text
