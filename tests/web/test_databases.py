"""The pages say the same over SQLite and over PostgreSQL."""

from __future__ import annotations

import re
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest

from digest.model import Subscriber
from digest.pipeline import runs
from digest.store import (
    Store,
    Transaction,
    archive,
    feedback,
    outbox_admin,
    privacy,
    schema,
    search,
    status,
    subscribers,
)
from digest.store.subscribers import Consent
from digest.web import subscribe

from ..apps import ALICE
from ..factories import EIGHT
from ..fakes import refused
from ..page_pictures import let_rise
from ..sites import HERE, Laid, laid_out, papers_of
from .test_subscriber_pages import ZOE, issue_mailed, issue_page, subscribed


@pytest.fixture
def site(database: str, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Laid]:
    monkeypatch.setattr(subscribe, "EACH_TAKES", 0.0)
    # On SQLite the five days were lived through before.
    elsewhere = "" if database.startswith("sqlite") else database
    with laid_out(tmp_path, database=elsewhere) as laid:
        yield laid


def told(site: Laid, path: str) -> str:
    """A page's words."""
    answer = site.browser.get(path)
    assert answer.status_code == 200, path
    return " ".join(re.sub(r"<[^>]+>", " ", answer.text).split())


def test_every_page_says_the_same_on_both_databases(site: Laid) -> None:
    let_rise(site)
    manage = subscribed(site)
    issue = issue_page(site, issue_mailed(site))
    site.web.state.site.recent_papers.refresh(wait=True)
    key = re.findall(r'name="key" value="([^"]+)"', site.browser.get(issue).text)[0]
    for kind in ("like", "save"):
        assert site.browser.post(issue, data={"key": key, "kind": kind}).status_code == 303

    assert "Wednesday 11 March 2026 8 papers" in told(site, "/archive")
    assert "On protein folding, part 97" in told(site, "/archive/2026-03-11")
    assert "12 papers, best first" in told(site, "/search?q=protein")
    assert "1 paper On protein folding, part 93" in told(site, "/search?q=protein%20part%2093")
    assert "+59 from 2 to 61" in told(site, "/trending")
    assert "2.0 papers a day: 12 of 48" in told(site, "/?interests=protein+folding")
    assert "Protein folding" in told(site, manage)
    assert "Wednesday 11 March 2026" in told(site, f"{manage}/issues")
    assert "On mixture of experts, part 91" in told(site, f"{manage}/saved")
    assert "active 2" in told(site, HERE)
    assert "@misc{" in site.browser.get(f"{manage}/saved.bib").text
    assert 'digest_readers{state="active"} 2.0' in site.browser.get("/metrics").text


def subscriber_of(tx: Transaction) -> Subscriber:
    """Alice, whose issues were mailed."""
    found = subscribers.find(tx, ALICE)
    assert found is not None
    return found


def test_what_subscribers_think_is_kept_and_the_operators_numbers_are_counted(site: Laid) -> None:
    now = site.app.now()
    with site.app.store.begin() as tx:
        subscriber = subscriber_of(tx).id
        for key in ("arxiv:2603.00050", "arxiv:2603.00054"):
            feedback.record(tx, subscriber, key, "like", now)
        feedback.record(tx, subscriber, "arxiv:2603.00050", "less", now)
        feedback.record(tx, subscriber, "arxiv:2603.00050", "less", now)
        feedback.record(tx, subscriber, "arxiv:2603.00050", "save", now)

        assert feedback.of_subscriber(tx, subscriber) == {
            "arxiv:2603.00050": {"less", "save"},
            "arxiv:2603.00054": {"like"},
        }
        assert [p.key for p in feedback.papers(tx, subscriber, "like")] == ["arxiv:2603.00054"]
        assert feedback.withdraw(tx, subscriber, "arxiv:2603.00054", "like") == 1
        assert feedback.withdraw(tx, subscriber, "arxiv:2603.00054", "like") == 0
        with pytest.raises(ValueError, match="like, less, save"):
            feedback.record(tx, subscriber, "arxiv:2603.00054", "love", now)

    site.app.sender.fail_next(refused("550 no"))  # type: ignore[attr-defined]
    site.clock.forward(days=1)
    site.app.source.lay_out("daily", site.app.day, *papers_of(9))  # type: ignore[attr-defined]
    runs.run(site.app, list(site.app.listings.values()))
    with site.app.store.begin() as tx:
        now = site.app.now()
        made = status.issues_by_day(tx, site.app.day)
        failed = status.failures(tx)

        assert made == {site.app.day: 1}
        assert [(each.address, each.what) for each in failed] == [(ALICE, "failed")]
        assert outbox_admin.count_late(tx, now) == 0
        assert status.bounces(tx) == []
        assert status.questions_since(tx, now) == 0
        assert archive.held_floods(tx, ["daily"]) == {}
        assert [paper.key for paper in search.search(tx, "quantized 96", 5)] == ["arxiv:2603.00096"]


def test_the_page_of_an_issue_shows_what_another_process_writes(
    site: Laid, database: str, tmp_path: Path
) -> None:
    subscribed(site)
    issue = issue_page(site, issue_mailed(site))
    before = site.browser.get(issue)
    assert site.browser.get(issue).text == before.text
    assert "etag" not in site.browser.get(issue).headers
    key = re.findall(r'name="key" value="([^"]+)"', before.text)[0]
    url = f"sqlite:///{tmp_path / 'digest.db'}" if database.startswith("sqlite") else database
    with closing(Store(url)) as other:
        with other.begin() as tx:
            zoe = subscribers.find(tx, ZOE)
            assert zoe is not None
            feedback.record(tx, zoe.id, key, "save", EIGHT)
        assert 'aria-pressed="true"' in site.browser.get(issue).text
        with other.begin() as tx:
            feedback.withdraw(tx, zoe.id, key, "save")
            subscribers.set_locale(tx, zoe.id, "fr", Consent(now=EIGHT, origin="test"))
        assert '<html lang="fr">' in site.browser.get(issue).text
        with other.begin() as tx:
            tx.execute(schema.issue_contents.delete())
        assert site.browser.get(issue).status_code == 410
        with other.begin() as tx:
            privacy.erase(tx, zoe.id)
        assert site.browser.get(issue).status_code == 404
