"""The operator's pages: who sees them, what they tell, and what their buttons do."""

from __future__ import annotations

import os
import re
import socket
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest
from fastapi.testclient import TestClient

from digest.deliver import Relay, SmtpSettings
from digest.deliver.relays import Route
from digest.model import Verdict
from digest.pipeline import runs
from digest.render import check
from digest.resources import templates_folder
from digest.store import paces, profiles, settings, subscribers
from digest.store.subscribers import Consent
from digest.web.application import create_site
from digest.web.recent_papers import RecentPapers

from ..factories import listing, paper
from ..fakes import AWAY, Postbox, refused
from ..sites import BASE, HERE, SPARSE, Laid, laid_out, papers_of
from ..subscribing import subscribe

PUBLIC = "https://digest.example.org"


@pytest.fixture
def site(tmp_path: Path) -> Iterator[Laid]:
    with laid_out(tmp_path) as laid:
        yield laid


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laid]:
    """A site that nothing here changes."""
    with laid_out(tmp_path_factory.mktemp("quiet")) as laid:
        yield laid


def client(site: Laid, peer: str = "127.0.0.1") -> TestClient:
    return site.client(peer)


def test_at_this_machine_no_key_is_needed(quiet: Laid) -> None:
    assert client(quiet).get(HERE).status_code == 200


@pytest.mark.parametrize("peer", ["192.0.2.7", "2001:db8::1", "10.0.0.2", "::ffff:192.0.2.7"])
def test_from_elsewhere_there_is_nothing_to_see(quiet: Laid, peer: str) -> None:
    for path in (HERE, f"{HERE}/profiles/sparse", "/metrics"):
        assert client(quiet, peer).get(path).status_code == 404


@pytest.mark.parametrize("header", ["x-forwarded-for", "forwarded", "via", "x-real-ip"])
def test_a_proxy_on_this_machine_is_not_the_operator(quiet: Laid, header: str) -> None:
    assert client(quiet).get(HERE, headers={header: "192.0.2.7"}).status_code == 404


#: What Firefox, Chrome and Safari, curl, and Prometheus send by themselves.
ORDINARY = (
    *("accept", "accept-encoding", "accept-language", "cache-control", "cookie", "dnt", "origin"),
    *("if-modified-since", "if-none-match", "pragma", "priority", "range", "referer", "save-data"),
    *("sec-ch-ua", "sec-ch-ua-mobile", "sec-ch-ua-platform", "sec-fetch-dest", "sec-fetch-mode"),
    *("sec-fetch-user", "sec-gpc", "sec-purpose", "te", "upgrade-insecure-requests", "user-agent"),
    *("sec-ch-viewport-width", "viewport-width", "device-memory", "downlink", "ect", "rtt"),
    *("content-type", "keep-alive", "service-worker", "x-prometheus-scrape-timeout-seconds"),
)


def test_what_a_browser_sends_by_itself_is_no_sign_of_a_proxy(quiet: Laid) -> None:
    headers = dict.fromkeys(ORDINARY, "1")
    for path in (HERE, "/metrics"):
        assert client(quiet).get(path, headers=headers).status_code == 200


@pytest.mark.parametrize("peer", ["127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"])
def test_every_loopback_address_is_this_machine(quiet: Laid, peer: str) -> None:
    assert client(quiet, peer).get(HERE).status_code == 200


def test_where_subscribers_come_from_elsewhere_only_the_key_opens(tmp_path: Path) -> None:
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


def test_the_page_shows_the_state_of_everything(site: Laid) -> None:
    site.app.source.break_down("daily", site.app.day, "answered http 503")  # type: ignore[attr-defined]
    runs.run(site.app, list(site.app.listings.values()))
    text = " ".join(re.sub(r"<[^>]+>", " ", client(site).get(HERE).text).split())

    assert "daily failed" in text
    assert "daily today: answered http 503" in text
    assert "sent 5" in text
    assert "active 1" in text
    assert "late by two hours 0" in text
    assert "No mail failed or came back." in text


def test_the_heading_is_the_answer_and_names_what_to_do(site: Laid) -> None:
    fine = told(site)
    assert "This morning is fine" in fine
    assert "Nothing waits for you." in fine

    site.clock.forward(days=1)
    site.app.sender.fail_next(refused("550 no such user"))  # type: ignore[attr-defined]
    site.app.source.lay_out("daily", site.app.day, *papers_of(9))  # type: ignore[attr-defined]
    runs.run(site.app, list(site.app.listings.values()))
    assert "One thing is not fine" in told(site)
    assert "1 mail failed since yesterday." in told(site)
    answer = client(site).post(f"{HERE}/retry")
    assert "Queued to be tried again: 1 mail." in client(site).get(answer.headers["location"]).text
    assert (
        "1 mail is not sent yet; it goes out with the next run,"
        " or within a minute where digest serve or a worker runs." in told(site)
    )
    runs.send_only(site.app)
    assert "All that was due by" in told(site)
    assert "This morning is fine" in told(site)

    site.profile().write_text("any: [\n")
    site.app.source.break_down("daily", site.app.day, "answered http 503")  # type: ignore[attr-defined]
    site.clock.forward(hours=3)
    runs.run(site.app, list(site.app.listings.values()))
    page = told(site)
    assert "2 things are not fine" in page
    assert "Its last good version is in force. Once its file is mended" in page
    assert "You need do nothing yet: it is asked for again" in page


def test_a_flood_is_held_until_the_button_is_pressed(site: Laid) -> None:
    site.clock.forward(days=1)
    flood = [paper(1000 + n, title=f"Sparse training number {n}") for n in range(300)]
    site.app.source.lay_out("daily", site.app.day, *flood)  # type: ignore[attr-defined]
    done = runs.run(site.app, list(site.app.listings.values()))
    assert done.snapshots[0].verdict is Verdict.FLOOD
    assert "holds back 300 papers" in client(site).get(HERE).text
    answer = client(site).post(f"{HERE}/release", data={"listing": "daily"})
    assert "300 papers go out" in client(site).get(answer.headers["location"]).text
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
    assert len(site.app.sender.to("digest@example.org")) == 1  # type: ignore[attr-defined]
    site.app.sender.fail_next(AWAY)  # type: ignore[attr-defined]
    answer = client(site).post(f"{HERE}/test-mail")
    assert "not sent: connection refused" in client(site).get(answer.headers["location"]).text


def test_a_broken_profile_is_named_with_its_place(site: Laid) -> None:
    site.profile().write_text("any: [\n")
    page = client(site).get(f"{HERE}/profiles").text

    assert "sparse.yaml:" in page
    assert client(site).get(f"{HERE}/profiles/sparse").status_code == 200


def told(site: Laid, path: str = HERE) -> str:
    """A page without its markup."""
    return " ".join(re.sub(r"<[^>]+>", " ", client(site).get(path).text).split())


def test_an_issue_that_is_due_and_not_made_is_counted(site: Laid) -> None:
    assert "due, not made yet 0" in told(site)
    site.clock.forward(days=1)

    assert "due, not made yet 1, the first since 08:00" in told(site)
    assert "digest_issues_due 1.0" in client(site).get("/metrics").text
    site.app.source.lay_out("daily", site.app.day, *papers_of(6))  # type: ignore[attr-defined]
    runs.run(site.app, list(site.app.listings.values()))
    assert "due, not made yet 0" in told(site)


def test_an_issue_that_waits_for_a_listing_is_said_to(site: Laid) -> None:
    site.profile().write_text(SPARSE + "schedule: {at: '07:30', timezone: UTC}\n")
    site.app.live_profiles.read()
    site.app.composer.enrol()
    site.app.wait = timedelta(hours=2)
    site.clock.forward(days=1)

    assert "the first since 07:30 of these, waiting for a listing 1" in told(site)


def test_on_the_first_day_each_page_says_that_nothing_was_collected_yet(tmp_path: Path) -> None:
    with laid_out(tmp_path, is_new=True) as new:
        for path in ("/archive", "/search?q=protein", HERE):
            assert "Nothing has been collected yet" in told(new, path)
        for path in ("/?interests=protein", f"{HERE}/profiles/sparse"):
            page = told(new, path)
            assert "No paper was collected yet" in page
            assert "0.0" not in page
        assert "Nothing waits for you" not in told(new, HERE)


def test_the_list_of_profiles_shows_how_wide_each_is_and_how_many_get_it(site: Laid) -> None:
    assert "Sparse training · 1 reader · 20 papers in 30 days" in told(site, f"{HERE}/profiles")
    assert re.search(r"due next 1, on 11 Mar, \d\d:\d\d \(UTC\)", told(site, HERE))


def test_a_first_collection_shows_how_far_it_has_come(site: Laid) -> None:
    assert client(site).get(f"{HERE}/progress").text.strip() == ""
    site.app.listings = {**site.app.listings, "weekly": listing("weekly")}
    text = client(site).get(f"{HERE}/progress").text

    assert '<progress max="2" value="1">1 of 2</progress>' in text
    assert "Not yet: weekly." in text
    assert "hx-trigger" in text
    assert text.strip() in client(site).get(HERE).text


def test_days_that_are_being_made_ready_are_shown_as_steps(site: Laid) -> None:
    site.web.state.site.recent_papers = RecentPapers(site.app)
    site.web.state.site.recent_papers._building.acquire()  # somebody else is at it
    for path, form in (
        ("/width", {"interests": "x"}),
        (f"{HERE}/profiles/sparse/live", {"text": SPARSE}),
    ):
        assert '<progress max="3" value="0">' in client(site).post(path, data=form).text
    assert "reading papers" in told(site, f"{HERE}/progress")


def test_a_mailbox_that_cannot_be_read_is_measured_too(site: Laid) -> None:
    since = site.clock() - timedelta(hours=2)
    with site.app.store.begin() as tx:
        settings.keep_setting(
            tx, settings.MAILBOX_TROUBLE, f"{since.isoformat()} no answer in time"
        )

    assert "the mailbox cannot be read" in client(site).get("/readyz").text
    assert 'digest_alarm{alarm="inbox"} 1.0' in client(site).get("/metrics").text


def test_it_is_said_when_nothing_is_collected_or_delivered(site: Laid) -> None:
    assert client(site).get("/readyz").text == "ready\n"
    for _ in range(3):
        site.clock.forward(days=1)
        site.app.source.break_down("daily", site.app.day, "answered http 503")  # type: ignore[attr-defined]
        runs.run(site.app, list(site.app.listings.values()))
    answer = client(site).get("/readyz")

    assert (answer.status_code, answer.text) == (200, "ready\nbut a listing cannot be read\n")
    assert 'digest_alarm{alarm="listing"} 1.0' in client(site).get("/metrics").text
    site.app.source.lay_out("daily", site.app.day, *papers_of(6))  # type: ignore[attr-defined]
    site.app.sender.fail_next(AWAY)  # type: ignore[attr-defined]
    runs.run(site.app, list(site.app.listings.values()))
    site.clock.forward(hours=3)
    assert client(site).get("/readyz").text == "ready\nbut mail is late\n"


def test_page_and_metrics_name_each_of_several_relays(site: Laid) -> None:
    relay = Relay(name="new", smtp=SmtpSettings(host="new.example", per_day=200))
    site.app.routes = {"new": Route(relay, site.app.sender)}
    runs.run(site.app, list(site.app.listings.values()))
    with site.app.store.begin() as tx:
        paces.pause(tx, relay.smtp.account)
    page, metrics = (client(site).get(path).text for path in (HERE, "/metrics"))
    said = re.search(r"<dt>new</dt><dd>(\d+) of 200 in 24 hours, left alone", page)
    assert said
    assert f'digest_relay_sent_in_a_day{{relay="new"}} {said[1]}.0' in metrics
    assert 'digest_relay_paused{relay="new"} 1.0' in metrics


def what_is_late(site: Laid) -> tuple[bool, bool, bool]:
    """Whether the alarm, the metric and the page say that one mail is late; else that none is."""
    with site.app.store.begin() as tx:
        told = [a.sentence for a in site.app.watch.alarms(tx) if a.name == "late"]
    metric = re.search(r"^digest_deliveries_late (.*)$", client(site).get("/metrics").text, re.M)
    page = " ".join(re.sub(r"<[^>]+>", " ", client(site).get(HERE).text).split())
    assert metric
    assert told in ([], ["Owed for more than two hours: 1 mail."])
    assert metric[1] in ("0.0", "1.0")
    assert ("late by two hours 1" in page) is not ("late by two hours 0" in page)
    return bool(told), metric[1] == "1.0", "late by two hours 1" in page


def test_alarm_metric_and_page_agree_on_what_is_late(site: Laid) -> None:
    """Also of a mail that is put off again and again, whose next try is never far."""
    post: Postbox = site.app.sender  # type: ignore[assignment]
    site.clock.forward(days=1)
    site.app.source.lay_out("daily", site.app.day, *papers_of(6))  # type: ignore[attr-defined]
    post.fail_next(refused("451 4.7.1 Greylisted"))
    runs.run(site.app, list(site.app.listings.values()))
    for _ in range(4):
        post.fail_next(refused("451 4.7.1 Greylisted"))
        runs.send_only(site.app)
        assert what_is_late(site) == (False,) * 3
        site.clock.forward(minutes=30)
    site.clock.forward(minutes=1)
    runs.send_only(site.app)
    assert what_is_late(site) == (True,) * 3

    with site.app.store.begin() as tx:
        day = site.app.day
        subscribers.pause(
            tx, 1, day + timedelta(days=3), Consent(now=site.app.now()), beginning=day
        )
    assert what_is_late(site) == (False,) * 3


def test_a_database_out_of_reach_is_said_to_be_and_nothing_more(site: Laid) -> None:
    with site.app.store.begin() as tx:
        tx.exec_driver_sql("ALTER TABLE snapshots RENAME TO elsewhere")
    for path in ("/readyz", "/archive", HERE):
        answer = client(site).get(path)
        assert answer.status_code == 503, path
    assert "The database is out of reach" in client(site).get("/archive").text
    assert client(site).get("/healthz").status_code == 200


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


def test_profiles_that_broke_are_told_of_and_the_others_can_be_edited(site: Laid) -> None:
    """A subscriber's own may break too: as when the language has moved on since it was saved."""
    with site.app.store.begin() as tx:
        act = Consent(now=site.app.now())
        subscriber = subscribe(tx, "new@example.org", act, site.app.day, profile="any: [fern]")
        [kept] = profiles.owned_by(tx, subscriber.id)
    site.app.live_profiles.read()
    with site.app.store.begin() as tx:
        profiles.save_profile(tx, subscriber.id, kept.slug, "anny: [fern]", kept.revision)
    (site.folder / "broken.yaml").write_text("any: [(moss]\n")
    site.profile().write_text(SPARSE.replace("any:", "limit: many\nany:"))
    site.app.live_profiles.read()

    page = client(site).get(HERE).text
    assert "unknown key anny" in page
    assert "broken.yaml:1:7: this bracket is not closed" in page
    assert page.count("Nothing of it is in force.") == 2
    assert page.count("Its last good version is in force.") == 1
    assert client(site).get(f"{HERE}/profiles").status_code == 200
    assert client(site).get(f"{HERE}/profiles/sparse").status_code == 200


def test_a_page_of_the_operators_that_fails_when_it_is_shown_is_made_from_ours(
    site: Laid, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    """Its names are all known; what they hold is not, before somebody asks for the page."""
    page = tmp_path / "templates" / "web" / "join.html"
    page.parent.mkdir(parents=True)
    page.write_text("<p>\n{{ site_name.nosuch }}")
    site.app.template_folders = folders = [tmp_path / "templates", templates_folder()]
    check(folders)
    site.web = create_site(site.app, local=BASE)
    answer = client(site).get("/")
    assert answer.status_code == 200
    assert "<html" in answer.text
    assert f"{page}:2:1: " in "".join(capsys.readouterr())
    page.write_text("<p>our own {{ site_name }}")
    site.web = create_site(site.app, local=BASE)
    assert client(site).get("/").text == "<p>our own Paper digest"


def test_page_and_metrics_show_who_works_how_far_behind_and_how_fast(site: Laid) -> None:
    def measured(name: str) -> float:
        found = re.search(rf"^digest_{name} (.*)$", client(site).get("/metrics").text, re.M)
        assert found
        return float(found[1])

    def page() -> str:
        return " ".join(re.sub(r"<[^>]+>", " ", client(site).get(HERE).text).split())

    site.clock.forward(days=1)
    site.app.source.lay_out("daily", site.app.day, *papers_of(6))  # type: ignore[attr-defined]
    site.app.sender.fail_next(AWAY)  # type: ignore[attr-defined]
    assert (measured("workers"), "At work" in page()) == (0, False)
    runs.run(site.app, list(site.app.listings.values()))
    site.clock.forward(hours=2)
    assert measured("delivery_lag_seconds") > 3600
    assert "the oldest has been due since" in page()
    runs.run(site.app, [])
    assert (measured("delivery_lag_seconds"), measured("issue_lag_seconds")) == (0, 0)
    assert measured("deliveries_sent_in_an_hour") > 0
    with site.app.store.work():
        assert measured("workers") == 1
        assert 0 <= measured("worker_silence_seconds") < 60
        assert f"{socket.gethostname()}:{os.getpid()} since" in page()
