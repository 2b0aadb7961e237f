"""The operator's pages: who sees them, what they tell, and what their buttons do."""

from __future__ import annotations

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from digest import pipeline
from digest.errors import SendError
from digest.model import Verdict

from .factories import paper
from .sites import BASE, HERE, Laid, laid_out

PUBLIC = "https://digest.example.org"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Laid]:
    with laid_out(tmp_path) as laid:
        yield laid


def client(site: Laid, peer: str = "127.0.0.1") -> TestClient:
    return TestClient(site.web, base_url=BASE, client=(peer, 5000), follow_redirects=False)


def test_at_this_machine_no_key_is_needed(site: Laid) -> None:
    assert client(site).get(HERE).status_code == 200


@pytest.mark.parametrize("peer", ["192.0.2.7", "2001:db8::1", "10.0.0.2"])
def test_from_elsewhere_there_is_nothing_to_see(site: Laid, peer: str) -> None:
    for path in (HERE, f"{HERE}/profiles/sparse", "/metrics"):
        assert client(site, peer).get(path).status_code == 404


@pytest.mark.parametrize("header", ["x-forwarded-for", "forwarded", "via", "x-real-ip"])
def test_a_proxy_on_this_machine_is_not_the_operator(site: Laid, header: str) -> None:
    assert client(site).get(HERE, headers={header: "192.0.2.7"}).status_code == 404


def test_where_readers_come_from_elsewhere_only_the_key_opens(tmp_path: Path) -> None:
    with laid_out(tmp_path, base_url=PUBLIC) as site:
        assert client(site).get(HERE).status_code == 404
        key = site.web.state.site.keys.make()
        assert client(site, "192.0.2.7").get(f"/operator/{key}").status_code == 200
        assert client(site).get(f"/metrics?key={key}").status_code == 200
        for place in range(0, len(key), 4):
            other = "A" if key[place] != "A" else "B"
            changed = f"{key[:place]}{other}{key[place + 1 :]}"
            assert client(site).get(f"/operator/{changed}").status_code == 404
        site.clock.forward(hours=13)
        assert client(site).get(f"/operator/{key}").status_code == 404


def test_the_page_tells_how_everything_stands(site: Laid) -> None:
    site.app.source.break_down("daily", site.app.day, "answered http 503")  # type: ignore[attr-defined]
    pipeline.run(site.app, list(site.app.listings.values()))
    text = " ".join(re.sub(r"<[^>]+>", " ", client(site).get(HERE).text).split())

    assert "daily failed" in text
    assert "daily today: answered http 503" in text
    assert "sent 5" in text
    assert "active 1" in text
    assert "late by an hour 0" in text
    assert "No mail failed or came back." in text


def test_a_flood_is_held_until_the_button_is_pressed(site: Laid) -> None:
    site.clock.forward(days=1)
    flood = [paper(1000 + n, title=f"Sparse training number {n}") for n in range(900)]
    site.app.source.lay_out("daily", site.app.day, *flood)  # type: ignore[attr-defined]
    done = pipeline.run(site.app, list(site.app.listings.values()))
    assert done.snapshots[0].verdict is Verdict.FLOOD
    assert "holds back 900 papers" in client(site).get(HERE).text
    answer = client(site).post(f"{HERE}/release", data={"listing": "daily"})
    assert "900 papers go out" in client(site).get(answer.headers["location"]).text
    assert "holds back" not in client(site).get(HERE).text


def test_a_flood_can_be_left_unmailed(site: Laid) -> None:
    assert client(site).post(f"{HERE}/forget", data={"listing": "daily"}).status_code == 303
    assert client(site).post(f"{HERE}/forget", data={"listing": "other"}).status_code == 404


def test_a_test_mail_goes_to_the_operator_alone(site: Laid) -> None:
    answer = client(site).post(f"{HERE}/test-mail")
    assert (
        "A test mail went to digest@example.org"
        in client(site).get(answer.headers["location"]).text
    )
    assert len(site.app.send.to("digest@example.org")) == 1  # type: ignore[attr-defined]
    site.app.send.fail_next(SendError("no route"))  # type: ignore[attr-defined]
    answer = client(site).post(f"{HERE}/test-mail")
    assert "not sent: no route" in client(site).get(answer.headers["location"]).text


def test_a_broken_profile_is_named_with_its_place(site: Laid) -> None:
    site.profile().write_text("any: [\n")
    page = client(site).get(f"{HERE}/profiles").text

    assert "sparse.yaml:" in page
    assert client(site).get(f"{HERE}/profiles/sparse").status_code == 200


def test_other_programs_can_ask(site: Laid) -> None:
    assert client(site).get("/healthz").text == "alive\n"
    assert client(site).get("/readyz").text == "ready\n"
    text = client(site).get("/metrics").text
    for line in (
        'digest_deliveries{state="sent"} 5.0',
        'digest_readers{state="active"} 1.0',
        'digest_listing_verdict{listing="daily",verdict="fresh"} 1.0',
        "digest_profiles 1.0",
    ):
        assert line in text
