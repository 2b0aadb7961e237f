"""What subscribers do on the pages, from the first yes to the goodbye; what strangers cannot."""

from __future__ import annotations

import asyncio
import html
import json
import re
from collections.abc import Iterator, Sequence
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from digest.access.links import confirmation, start_again
from digest.access.tokens import Purpose
from digest.cli import lookup
from digest.model import Paper, SubscriberState
from digest.pipeline import runs
from digest.profiles import rewrite
from digest.profiles.plain_words import wishes
from digest.store import (
    archive,
    feedback,
    inbound,
    privacy,
    profiles,
    schema,
    settings,
    signups,
    subscribers,
)
from digest.store.subscribers import Consent
from digest.trial.suggest import suggest
from digest.web import recent_papers, subscribe

from ..apps import ALICE
from ..extent import number
from ..factories import paper
from ..sites import BASE, Laid, laid_out, papers_of

ZOE = "zoe@example.org"
FORM = {"interests": "protein folding, mixture of experts", "at": "08:00", "timezone": "UTC"}


@pytest.fixture
def site(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Laid]:
    monkeypatch.setattr(subscribe, "EACH_TAKES", 0.0)
    with laid_out(tmp_path, life=getattr(request, "param", None)) as laid:
        yield laid


@pytest.fixture(scope="module")
def quiet(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Laid]:
    """A site to which Zoe has subscribed, and that nothing here changes."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setattr(subscribe, "EACH_TAKES", 0.0)
        with laid_out(tmp_path_factory.mktemp("quiet"), life=subscribed) as laid:
            yield laid


def linked(text: str, kind: str) -> str:
    found = re.search(rf"{BASE}(/{kind}/[^\s>\"]+)", text)
    assert found is not None, text
    return found[1]


def issue_page(site: Laid, text: str) -> str:
    """The page of a mail's issue, to which its short address leads."""
    answer = site.browser.get(linked(text, "i"), follow_redirects=False)
    assert answer.status_code == 303
    return str(answer.headers["location"])


def sign_up(site: Laid, address: str = ZOE, *, peer: str = "", **fields: str) -> str:
    form = {"address": address, **FORM, **fields}
    headers = {"x-forwarded-for": peer} if peer else {}
    answer = site.browser.post("/subscribe", data=form, headers=headers)
    assert answer.status_code == 200
    return answer.text


def notice_to(site: Laid, address: str = ZOE) -> str:
    runs.send_only(site.app)
    return str(postbox(site).texts_to(address)[-1])


def postbox(site: Laid):  # type: ignore[no-untyped-def]  # the sender of tests
    return site.app.sender


def subscribed(site: Laid) -> str:
    """Zoe's link to her settings."""
    sign_up(site)
    answer = site.browser.post(linked(notice_to(site), "confirm"))
    assert answer.status_code == 200
    return str(re.findall(r'href="(/manage/[^"]+)"', answer.text)[0])


def issue_mailed(site: Laid, day: int = 9, more: Sequence[Paper] = ()) -> str:
    """Zoe's mail of the next day."""
    site.clock.forward(days=1)
    came = [*papers_of(day), *more]
    site.app.source.lay_out("daily", site.app.day, *came)  # type: ignore[attr-defined]
    runs.run(site.app, list(site.app.listings.values()))
    return str(postbox(site).texts_to(ZOE)[-1])


def mailed(site: Laid) -> None:
    """Zoe has subscribed and got her mail of the next day."""
    subscribed(site)
    issue_mailed(site)


def last_text(site: Laid) -> str:
    """Zoe's last mail."""
    return str(postbox(site).texts_to(ZOE)[-1])


def manage_of(site: Laid) -> str:
    """A link to Zoe's settings."""
    with site.app.store.begin() as tx:
        found = subscribers.find(tx, ZOE)
    assert found is not None
    return f"/manage/{site.app.tokens.make(Purpose.MANAGE, found.id, ZOE, site.app.now())}"


#: The site of a test as it is after that.
after_subscribing = pytest.mark.parametrize("site", [subscribed], indirect=True)
after_an_issue = pytest.mark.parametrize("site", [mailed], indirect=True)


def rows(site: Laid) -> str:
    """Everything that is known of subscribers."""
    with site.app.store.begin() as tx:
        tables = ("subscribers", "profiles", "consents", "proposals", "suppressions", "feedback")
        return str([tx.exec_driver_sql(f"SELECT * FROM {name}").all() for name in tables])


def test_plain_words_show_at_once_what_they_would_bring(quiet: Laid) -> None:
    told = quiet.browser.post("/width", data={"interests": "protein folding"}).text

    assert 'About <span class="big">2.0</span> papers a day: 10 of 40' in told
    assert "in the last 30 days. 5 of these days were collected." in told
    assert told.count("<li>") == 3
    # Without scripts a button does the same.
    assert "10 of 40" in quiet.browser.get("/", params={"interests": "protein folding"}).text


@pytest.mark.parametrize(
    ("written", "keywords"),
    [
        ("sparse training, mixture of experts", ["sparse training", "mixture of experts"]),
        ("LLMs; (2D) materials\nAND", ["LLMs", "2D materials"]),
        ('he said "hi, a:b', ["he said hi", "a b"]),
        (" , ;\n", []),
        ("x, x", ["x"]),
    ],
)
def test_whatever_is_written_becomes_keywords(written: str, keywords: list[str]) -> None:
    assert [each.query for each in wishes(written)] == keywords


def test_a_sentence_is_shown_as_it_is_understood_and_changed_by_its_chips(quiet: Laid) -> None:
    text = "I am interested in folding of proteins in caves, not quantized states; experts"
    page = quiet.browser.get("/", params={"interests": text}).text
    chips = re.findall(r"<li class=\"(\w*)\"><span>(.+?)</span>", page)

    assert chips == [
        ("nothing", "folding of proteins + caves <small>0</small>"),
        ("", "<b>not</b> quantized states <small>leaves out 10</small>"),
        ("", "experts <small>10</small>"),
    ]
    assert "Nothing in the last 30 days has “folding of proteins + caves”." in page
    buttons = re.findall(r'name="exchange" value="([^"]+)"', html.unescape(page))
    offer = next(each for each in buttons if each.endswith("\tfolding"))
    form = {**FORM, "interests": text, "exchange": offer, "address": ZOE, "days": "weekdays"}
    changed = quiet.browser.post("/interests", data=form).text
    assert ">folding, not quantized states, experts</textarea>" in changed
    assert f'value="{ZOE}"' in changed
    assert '"weekdays" selected' in changed
    dropped = {**form, "exchange": buttons[0]}
    assert (
        ">not quantized states, experts</textarea>"
        in quiet.browser.post("/interests", data=dropped).text
    )


def test_what_would_bring_nothing_is_said_on_the_page_in_the_letter_and_after_a_week(
    site: Laid,
) -> None:
    answer = sign_up(site, interests="I like sourdough fermentation")
    assert "Nothing in the last 30 days matches this" in answer
    assert "Nothing in the last 30 days has “sourdough fermentation”" in answer
    notice = notice_to(site)
    assert "perhaps no mail will come" in notice
    assert "has “sourdough fermentation”" in notice
    page = site.browser.get(linked(notice, "confirm")).text
    assert "perhaps no mail will come" in page
    assert '/?interests=sourdough%20fermentation">Change it first' in page
    site.browser.post(linked(notice, "confirm"))
    mails = [mails_after(site, days) for days in (1, 5, 1, 1)]

    assert [len(each) for each in mails] == [0, 0, 1, 0]
    assert "Nothing has matched since you subscribed" in " ".join(mails[2][0].split())


def test_a_refusal_that_leaves_out_most_is_said_on_every_page_and_in_the_letter(site: Laid) -> None:
    words = "sparse training, protein folding, not training"
    assert "are left out because of" not in site.browser.get(f"/?interests={words}").text
    words += ", not folding"
    line = "Of 20 papers with what is wanted, 20 are left out because of “training”, “folding”."
    assert line in site.browser.get(f"/?interests={words}").text
    assert line in sign_up(site, interests=words)
    notice = notice_to(site)
    assert line in " ".join(notice.split())
    assert "Papers with “training”, “folding” are left out." in " ".join(notice.split())
    assert line in site.browser.get(linked(notice, "confirm")).text


def mails_after(site: Laid, days: int) -> list[str]:
    """What Zoe is mailed some days later, on a day with papers on other things."""
    before = len(postbox(site).to(ZOE))
    site.clock.forward(days=days)
    site.app.source.lay_out("daily", site.app.day, *papers_of(site.app.day.day))  # type: ignore[attr-defined]
    runs.run(site.app, list(site.app.listings.values()))
    return [str(each) for each in postbox(site).texts_to(ZOE)[before:]]


@pytest.mark.parametrize(
    ("at", "then"), [("06:00", "11 Mar 2026, 06:00"), ("19:00", "10 Mar 2026, 19:00")]
)
def test_the_first_mail_comes_at_once_and_the_next_when_the_page_says_so(
    site: Laid, at: str, then: str
) -> None:
    sign_up(site, at=at)
    page = site.browser.post(linked(notice_to(site), "confirm")).text
    before = len(postbox(site).to(ZOE))
    runs.run(site.app, list(site.app.listings.values()))

    assert "your first mail comes at once" in page
    assert len(postbox(site).to(ZOE)) == before + 1
    assert f"comes at {at} (UTC)" in page
    assert f"not before {then}" in page.replace("\N{NO-BREAK SPACE}", " ")
    with site.app.store.begin() as tx:
        known = subscribers.find(tx, ZOE)
    assert known is not None
    next_at = site.app.composer.next_at(
        replace(known.subscriber, profiles=tuple(site.app.profiles)), known.settings
    )
    assert f"{next_at:%H:%M}" == then[-5:]


def test_nothing_comes_before_the_address_itself_has_said_yes(site: Laid) -> None:
    sign_up(site)
    notice = linked(notice_to(site), "confirm")
    issue = len(postbox(site).to(ZOE))
    assert "What was looked at" not in notice_to(site)

    issue_mailed_to_others = site.browser.get(notice)
    assert issue_mailed_to_others.status_code == 200
    assert "Yes, send them to me" in issue_mailed_to_others.text
    site.clock.forward(days=1)
    site.app.source.lay_out("daily", site.app.day, *papers_of(9))  # type: ignore[attr-defined]
    runs.run(site.app, list(site.app.listings.values()))
    assert len(postbox(site).to(ZOE)) == issue


@after_an_issue
def test_a_yes_brings_the_next_days_papers_at_the_hour_that_was_chosen(site: Laid) -> None:
    mail = last_text(site)

    assert "On protein folding, part 93" in mail
    assert "sparse training" not in mail


def test_a_refused_word_without_papers_is_not_said_to_leave_some_out(quiet: Laid) -> None:
    words = "Ich mag protein folding, aber kein Survey ueber quantum dots, kein training"
    told = quiet.browser.post("/subscribe", data={"address": ZOE, **FORM, "interests": words}).text

    assert "No paper of the last 30 days has “Survey ueber quantum dots”, so it leaves none" in told
    assert "Papers with “training” are left out." in told
    assert "“mag" not in told


@pytest.mark.parametrize(
    ("fields", "expected"),
    [
        ({"address": "nobody"}, "Not an email address"),
        ({"address": "a@example.org\r\nBcc: b@example.org"}, "Not an email address"),
        ({"interests": " , "}, "Write what you are interested in"),
        ({"at": "25:00"}, "The hour is expected as in 07:30"),
        ({"timezone": "Asia/Tokio"}, "Unknown time zone Asia/Tokio: did you mean Asia/Tokyo?<"),
        ({"timezone": "GMT+1"}, "Unknown time zone GMT+1: write a place, as in Europe/Berlin.<"),
        ({"days": "never"}, "Every day or on weekdays is expected"),
    ],
)
def test_what_cannot_be_understood_is_said_and_kept(
    quiet: Laid, fields: dict[str, str], expected: str
) -> None:
    had = len(postbox(quiet).mails)
    answer = quiet.browser.post("/subscribe", data={"address": ZOE, **FORM, **fields})
    runs.send_only(quiet.app)

    assert answer.status_code == 422
    assert expected in answer.text
    assert len(postbox(quiet).mails) == had


@after_subscribing
def test_an_answer_never_tells_whether_an_address_is_known(site: Laid) -> None:
    manage = manage_of(site)
    pending = "pending@example.org"
    answers = [sign_up(site, "new@example.org"), sign_up(site, pending), sign_up(site, pending)]
    answers.append(sign_up(site, ZOE))
    site.browser.post(f"{manage}/erase")
    answers.append(sign_up(site, ZOE))
    with site.app.store.begin() as tx:
        for reason in ("complained", "bounced"):
            settings.suppress(tx, f"{reason}@example.org", reason, site.app.now())
    answers += [sign_up(site, f"{r}@example.org") for r in ("complained", "bounced")]

    assert len({re.sub(r'nonce="[^"]+"', "", answer) for answer in answers}) == 1


@pytest.mark.parametrize("took", [0.0, 0.01, 0.29, 0.3, 0.31, 2.5])
def test_every_sign_up_is_answered_at_a_beat_whatever_was_done(
    took: float, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscribe, "EACH_TAKES", 0.3)
    beats = (took + subscribe._rest(took)) / 0.3

    assert beats == pytest.approx(round(beats))
    assert 0 < subscribe._rest(took) <= 0.3


def test_many_sign_ups_for_one_victim_send_one_mail(site: Laid) -> None:
    for client in range(number(5, whole=60)):
        sign_up(site, "victim@example.org", peer=f"192.0.2.{client}")
    notice_to(site, "victim@example.org")
    assert len(postbox(site).to("victim@example.org")) == 1
    for day in range(2, 6):
        site.clock.forward(hours=25)
        sign_up(site, "victim@example.org")
        notice_to(site, "victim@example.org")
        assert len(postbox(site).to("victim@example.org")) == day, "one a day, on any day"


def test_a_notice_names_what_was_asked_for_and_holds_no_message_of_the_sender(site: Laid) -> None:
    sign_up(site, interests="protein folding, quantiz*, buy watches at example.net, www.evil.test")
    notice = notice_to(site)

    assert "about protein folding, quantiz and 2 more interests, which the page names" in notice
    assert "when every day at 08:00 (UTC)" in notice
    assert "watches" not in notice
    assert "evil" not in notice


def test_many_sign_ups_for_many_victims_are_stopped(
    site: Laid, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(subscribe, "MAX_CONFIRMATIONS_AN_HOUR", 3)
    for victim in range(6):
        sign_up(site, f"victim{victim}@example.org")
    runs.send_only(site.app)

    mails = postbox(site).mails
    assert sum("victim" in mail.recipient for mail in mails) == 3


def test_a_program_that_fills_in_what_no_one_sees_subscribes_no_one(site: Laid) -> None:
    sign_up(site, website="https://example.net")
    runs.send_only(site.app)

    assert postbox(site).to(ZOE) == []


def every_link(site: Laid) -> set[str]:
    manage = subscribed(site)
    mails = postbox(site).to(ZOE)
    text = issue_mailed(site) + "".join(str(mail) for mail in mails)
    ways = postbox(site).to(ZOE)[-1]["list-unsubscribe"]
    links = set(re.findall(rf"{BASE}(/\w+/[^\s>\"#]+)", text + ways))
    page = site.browser.get(manage).text
    return links | set(re.findall(r'href="(/(?:manage|issue|feed)/[^"]+)"', page)) | {manage}


def test_a_scanner_that_opens_every_link_changes_nothing(site: Laid) -> None:
    links = every_link(site)
    assert {link.split("/")[1] for link in links} >= {"i", "m", "u", "manage", "feed"}
    before = rows(site)
    for _ in range(number(1, whole=3)):
        for link in sorted(links):
            for method in ("GET", "HEAD", "OPTIONS"):
                answer = site.browser.request(method, link, follow_redirects=True)
                assert answer.status_code < 500

    assert rows(site) == before


def profiles_of(site: Laid, address: str = ZOE) -> list[str]:
    """What an address looks for, each profile's keywords in a line."""
    with site.app.store.begin() as tx:
        found = subscribers.find(tx, address)
        kept = profiles.owned_by(tx, found.id) if found else []
    return [", ".join(rewrite.keywords(each.text)) for each in kept]


def chosen(page: str) -> list[str]:
    """The sign-ups that a page offers, the one first that its button sends."""
    return re.findall(r'name="signup" value="(\d+)"', page)


def test_a_second_click_voids_no_link_and_the_page_names_what_it_confirms(site: Laid) -> None:
    sign_up(site)
    sign_up(site)
    confirm = linked(notice_to(site), "confirm")
    page = site.browser.get(confirm).text

    assert len(postbox(site).to(ZOE)) == 1
    assert "<b>protein folding</b> and <b>mixture of experts</b>" in page
    assert "every day at 08:00 (UTC), to zoe@example.org" in page
    [signup] = chosen(page)
    answer = site.browser.post(confirm, data={"signup": signup})
    assert "You are subscribed" in answer.text
    assert site.browser.post(confirm, data={"signup": signup}).status_code == 200
    assert profiles_of(site) == ["protein folding, mixture of experts"]


def test_what_was_asked_last_is_what_an_older_link_confirms(site: Laid) -> None:
    sign_up(site)
    confirm = linked(notice_to(site), "confirm")
    site.clock.forward(hours=1)
    sign_up(site, interests="quantized states")
    page = site.browser.get(confirm).text

    assert page.index("quantized states") < page.index("protein folding")
    assert f'value="{chosen(page)[0]}" checked' in page
    assert "the mail named this" in page.partition("protein folding")[2]
    assert site.browser.post(confirm, data={"signup": chosen(page)[0]}).status_code == 200
    assert profiles_of(site) == ["quantized states"]


def test_no_one_confirms_what_a_stranger_asked_for_after_they_had_looked(site: Laid) -> None:
    sign_up(site)
    confirm = linked(notice_to(site), "confirm")
    seen = chosen(site.browser.get(confirm).text)[0]
    sign_up(site, interests="casino bonus")

    assert site.browser.post(confirm, data={"signup": seen}).status_code == 200
    assert profiles_of(site) == ["protein folding, mixture of experts"]
    assert site.browser.post(confirm, data={"signup": seen}).status_code == 200
    assert site.browser.post(confirm, data={"signup": "999"}).status_code != 500
    assert profiles_of(site) == ["protein folding, mixture of experts"]


def test_a_link_is_good_for_seven_days(site: Laid) -> None:
    sign_up(site)
    confirm = linked(notice_to(site), "confirm")
    site.clock.forward(days=6, hours=23)
    assert site.browser.get(confirm).status_code == 200
    site.clock.forward(hours=2)
    answer = site.browser.get(confirm)
    assert (answer.status_code, "Nothing waits to be confirmed" in answer.text) == (410, True)
    assert site.browser.post(confirm).status_code == 410


@after_subscribing
def test_a_subscriber_who_signs_up_again_is_asked_whether_to_add_it(site: Laid) -> None:
    site.clock.forward(days=2)
    sign_up(site, interests="quantized states", at="23:00")
    notice = notice_to(site)
    assert "You are subscribed already" in notice
    assert "about quantized states" in notice
    assert "That is about 2.0" in notice
    assert "Yes, add it:" in notice
    assert profiles_of(site) == ["protein folding, mixture of experts"]

    confirm = linked(notice, "confirm")
    page = site.browser.get(confirm).text
    assert "Shall this be added?" in page
    assert "23:00" not in page
    answer = site.browser.post(confirm, data={"signup": chosen(page)[0]})
    assert "08:00 (UTC)" in answer.text, "the hour stays as it was"
    assert profiles_of(site) == ["protein folding, mixture of experts", "quantized states"]


@after_subscribing
def test_who_left_and_signs_up_again_is_told_what_starts_again_with_it(site: Laid) -> None:
    manage = manage_of(site)
    site.browser.post(f"{manage}/stop")
    site.clock.forward(days=29)
    sign_up(site, interests="quantized states")
    notice = notice_to(site)
    page = site.browser.get(linked(notice, "confirm")).text

    assert "also what you had before, which starts again with it" in notice
    assert "<b>quantized states</b>" in page
    assert "starts again with it: protein folding, mixture of experts." in page


@after_an_issue
def test_the_page_that_says_goodbye_takes_it_back(site: Laid) -> None:
    way = linked(postbox(site).to(ZOE)[-1]["list-unsubscribe"], "u")
    goodbye = site.browser.post(way).text
    undo = re.findall(r'action="(/return/[^"]+)"', goodbye)[0]
    assert "Undo: start again with what I had" in goodbye
    assert "here, or by your settings." in goodbye, "no mail has ever come in"
    with site.app.store.begin() as tx:
        inbound.note_pipe(tx, site.app.now())
    assert "or by a mail to us that says “resume”" in site.browser.post(way).text
    assert site.browser.get(undo).status_code == 200
    assert "No mail is sent" in site.browser.get(manage_of(site)).text, "a GET changes nothing"

    assert "You get new papers again" in site.browser.post(undo).text
    assert "You get new papers again" in site.browser.post(undo).text
    assert profiles_of(site) == ["protein folding, mixture of experts"]
    assert "On protein folding, part 83" in issue_mailed(site, day=8)


@after_an_issue
def test_who_undoes_a_leaving_while_paused_reads_that_the_pause_goes_on(site: Laid) -> None:
    site.browser.post(f"{manage_of(site)}/pause", data={"until": f"{site.app.day}"})
    goodbye = site.browser.post(linked(postbox(site).to(ZOE)[-1]["list-unsubscribe"], "u")).text
    undo = re.findall(r'action="(/return/[^"]+)"', goodbye)[0]
    for answer in (site.browser.post(undo), site.browser.get(undo)):
        assert "is over; then one mail brings what came in between." in answer.text
        assert "Your subscription is back, and paused" in answer.text
        assert "All is as it was" not in answer.text
        assert "You get new papers again" not in answer.text


@after_an_issue
def test_a_forwarded_mail_does_not_bring_back_who_left_long_ago(site: Laid) -> None:
    way = linked(postbox(site).to(ZOE)[-1]["list-unsubscribe"], "u")
    site.browser.post(way)
    assert "/return/" in site.browser.post(way).text, "the button was pressed twice"
    site.clock.forward(hours=2)

    assert "/return/" not in site.browser.post(way).text


@after_subscribing
def test_the_settings_stop_the_mails_and_start_them_again(site: Laid) -> None:
    manage = manage_of(site)
    assert f'action="{manage}/stop"' in site.browser.get(manage).text
    assert "You are unsubscribed" in site.browser.post(f"{manage}/stop").text
    page = site.browser.get(manage).text
    assert "Start again with what I had" in page
    assert f'action="{manage}/stop"' not in page

    answer = site.browser.post(f"{manage}/return")
    assert "You get new papers again" in site.browser.get(answer.headers["location"]).text
    assert profiles_of(site) == ["protein folding, mixture of experts"]


@after_subscribing
def test_what_the_settings_refuse_is_said_on_them_with_what_was_typed(site: Laid) -> None:
    manage = manage_of(site)
    far = f"{site.app.day + timedelta(days=367)}"
    hour = {"at": "06:15", "timezone": "Asia/Tokio", "days": "weekdays"}
    refused = site.browser.post(f"{manage}/schedule", data=hour)

    assert refused.status_code == 422
    assert "Unknown time zone Asia/Tokio: did you mean Asia/Tokyo?" in refused.text
    assert 'value="06:15"' in refused.text
    assert 'value="Asia/Tokio"' in refused.text
    assert '"weekdays" selected' in refused.text
    assert f'action="{manage}/schedule"' in refused.text

    pause = site.browser.post(f"{manage}/pause", data={"until": far})
    assert pause.status_code == 422
    assert "A day within a year is expected." in pause.text
    assert f'value="{far}"' in pause.text


@after_subscribing
def test_the_settings_start_a_paused_subscription_again_as_a_paused_one(site: Laid) -> None:
    manage = manage_of(site)
    site.browser.post(f"{manage}/pause", data={"until": f"{site.app.day}"})
    site.browser.post(f"{manage}/stop")
    answer = site.browser.post(f"{manage}/return")
    page = site.browser.get(answer.headers["location"]).text

    assert "Your subscription is back, paused as it was." in page
    assert "You get new papers again" not in page


@after_subscribing
def test_who_left_gets_a_fresh_link_to_their_settings_for_thirty_days(site: Laid) -> None:
    manage = manage_of(site)
    site.browser.post(f"{manage}/stop")
    site.clock.forward(days=29)
    assert site.browser.post(f"{manage}/fresh").status_code == 200
    again = linked(notice_to(site), "manage")
    assert "Start again with what I had" in site.browser.get(again).text
    site.clock.forward(days=2)

    assert "Start again" not in site.browser.get(again).text
    assert site.browser.post(f"{again}/return").status_code == 409
    had = len(postbox(site).to(ZOE))
    site.browser.post(f"{manage}/fresh")
    runs.send_only(site.app)
    assert len(postbox(site).to(ZOE)) == had


@after_an_issue
def test_what_is_kept_of_one_who_left_is_named_with_its_day_and_then_deleted(site: Laid) -> None:
    manage = manage_of(site)
    issue = issue_page(site, last_text(site))
    key = re.findall(r'name="key" value="([^"]+)"', site.browser.get(issue).text)[0]
    site.browser.post(issue, data={"key": key, "kind": "save"})
    told = "Your interest and your saved paper are kept"
    goodbye = site.browser.post(f"{manage}/stop").text
    assert f"{told} for 30 days, until Friday 10 April 2026, and then deleted" in goodbye
    fresh = site.app.tokens.make(Purpose.MANAGE, 2, ZOE, site.app.now())
    assert f"{told} until Friday 10 April 2026" in site.browser.get(f"/manage/{fresh}").text

    for days, kept in ((30, 1), (1, 0)):
        site.clock.forward(days=days)
        site.app.watch.queue_alarms()
        assert len(profiles_of(site)) == kept
        with site.app.store.begin() as tx:
            assert len(feedback.of_subscriber(tx, 2)) == kept
            assert len(privacy.export(tx, 2)["consents"]) == 3, "what proves the consent stays"


@after_subscribing
def test_an_interest_is_removed_after_a_question_and_a_saved_paper_can_be_put_back(
    site: Laid,
) -> None:
    manage = manage_of(site)
    site.browser.post(f"{manage}/profile", data={"title": "state space models"})
    page = site.browser.get(manage).text
    ways = re.findall(r'href="(/manage/[^"]+/drop\?slug=[^"]+)"', page)
    asked = site.browser.get(ways[1]).text
    assert "It looks for state space models." in asked
    assert len(profiles_of(site)) == 2, "a GET changes nothing"
    slug = re.findall(r'name="slug" value="([^"]+)"', asked)[0]
    site.browser.post(f"{manage}/drop", data={"slug": slug})
    assert len(profiles_of(site)) == 1
    assert site.browser.get(ways[1]).status_code == 404

    issue = issue_page(site, issue_mailed(site))
    key = re.findall(r'name="key" value="([^"]+)"', site.browser.get(issue).text)[0]
    site.browser.post(issue, data={"key": key, "kind": "save"})
    answer = site.browser.post(f"{manage}/saved", data={"key": key})
    taken = site.browser.get(answer.headers["location"]).text
    assert "Taken out: " in taken
    assert "Nothing is saved yet" in taken
    answer = site.browser.post(f"{manage}/saved", data={"key": key, "undo": "true"})
    assert "1 paper, the last saved first" in site.browser.get(answer.headers["location"]).text
    assert "Taken out" not in site.browser.get(f"{manage}/saved?out=nowhere").text


@after_an_issue
def test_an_issue_that_was_opened_from_the_settings_leads_back_to_them(site: Laid) -> None:
    manage = manage_of(site)
    way = re.findall(r'href="(/issue/[^"]+)"', site.browser.get(f"{manage}/issues").text)[0]
    page = site.browser.get(way).text
    assert f'href="{manage}/saved"' in page
    key = re.findall(r'name="key" value="([^"]+)"', page)[0]
    action = re.findall(r'action="(/issue/[^"]+)"', page)[0]
    answer = site.browser.post(action, data={"key": key, "kind": "save"})
    assert f'href="{manage}/saved"' in site.browser.get(answer.headers["location"]).text

    bare = way.partition("?")[0]
    assert "/manage/" not in site.browser.get(bare).text, "a forwarded issue opens no settings"
    eve = site.app.tokens.make(Purpose.MANAGE, 1, ALICE, site.app.now())
    assert "/manage/" not in site.browser.get(f"{bare}?settings={eve}").text
    had = len(postbox(site).to(ZOE))
    assert "on its way" in site.browser.post(f"{bare}/settings").text
    runs.send_only(site.app)
    assert len(postbox(site).to(ZOE)) == had + 1


@after_subscribing
def test_the_settings_count_what_is_found_for_a_second_at_most(
    site: Laid, monkeypatch: pytest.MonkeyPatch
) -> None:
    manage = manage_of(site)
    for title in ("sparse training", "/sp[a-z]+/ OR /tr[a-z]+/", "caves"):
        site.browser.post(f"{manage}/profile", data={"title": title})
    told = r">\d+ papers? in the last 30 days"
    assert len(re.findall(told, site.browser.get(manage).text)) == 4

    monkeypatch.setattr(recent_papers, "A_SECOND", 59 * 40)  # two patterns on forty papers: 60
    page = site.browser.get(manage).text
    shown = [re.search(told, part) for part in page.split('id="interest-')[1:]]
    assert [*map(bool, shown)] == [True, True, False, True]


@after_an_issue
def test_one_click_unsubscribes_without_cookie_from_anywhere(site: Laid) -> None:
    ways = postbox(site).to(ZOE)[-1]["list-unsubscribe"]
    way = linked(ways, "u")
    foreign = {"sec-fetch-site": "cross-site", "origin": "https://mail.example.net"}
    first = site.browser.post(way, data={"List-Unsubscribe": "One-Click"}, headers=foreign)
    again = site.browser.post(way, files={"List-Unsubscribe": (None, "One-Click")}, headers=foreign)

    assert (first.status_code, again.status_code) == (200, 200)
    assert "1 subscription was ended" in first.text
    assert "It had ended already" in again.text
    had = len(postbox(site).to(ZOE))
    site.clock.forward(days=1)
    site.app.source.lay_out("daily", site.app.day, *papers_of(8))  # type: ignore[attr-defined]
    runs.run(site.app, list(site.app.listings.values()))
    assert len(postbox(site).to(ZOE)) == had
    assert postbox(site).to(ALICE)


@after_subscribing
def test_settings_are_changed_and_said_to_be(site: Laid) -> None:
    manage = manage_of(site)
    for path, form, told in [
        ("schedule", {"at": "06:15", "timezone": "Asia/Tokyo", "days": "weekdays"}, "Saved."),
        ("format", {"format": "text", "quiet": "weekly"}, "Saved."),
        ("pause", {"until": "2026-04-01"}, "Paused."),
    ]:
        answer = site.browser.post(f"{manage}/{path}", data=form)
        assert told in site.browser.get(answer.headers["location"]).text
    page = site.browser.get(manage).text

    assert re.findall(r"\d+ papers in the last 30 days", page) == ["20 papers in the last 30 days"]
    assert 'value="06:15"' in page
    assert 'value="Asia/Tokyo"' in page
    assert '<option value="text" selected>' in page
    assert "Paused until Wednesday 1 April 2026" in page
    site.browser.post(f"{manage}/resume")
    assert "Paused until" not in site.browser.get(manage).text


@pytest.mark.parametrize(
    ("path", "form"),
    [
        ("schedule", {"at": "late"}),
        ("format", {"format": "fax"}),
        ("pause", {"until": "yesterday"}),
        ("pause", {"until": "2031-01-01"}),
    ],
)
def test_settings_that_make_no_sense_are_refused(
    quiet: Laid, path: str, form: dict[str, str]
) -> None:
    assert quiet.browser.post(f"{manage_of(quiet)}/{path}", data=form).status_code == 422


@after_subscribing
def test_a_subscriber_edits_their_own_profile_and_no_other(site: Laid) -> None:
    manage = manage_of(site)
    at = re.findall(r'href="(/manage/[^"]+/profiles/[^"/]+)"', site.browser.get(manage).text)[0]
    page = site.browser.get(at).text
    text = "any: [quantized states]    # mine\n"
    revision = page.split('name="revision" value="')[1].split('"')[0]
    form = {"text": text, "revision": revision, "act": "save"}

    assert site.browser.post(at, data=form).status_code == 303
    assert site.browser.post(at, data=form).status_code == 409
    assert "# mine" in site.browser.get(at).text
    assert "On quantized states" in issue_mailed(site)
    for other in ("sparse", "~1.1", "~99.1"):
        assert site.browser.get(f"{manage}/profiles/{other}").status_code == 404


@after_subscribing
def test_a_profile_cannot_make_others_its_subscribers(site: Laid) -> None:
    manage = manage_of(site)
    at = re.findall(r'href="(/manage/[^"]+/profiles/[^"/]+)"', site.browser.get(manage).text)[0]
    page = site.browser.get(at).text
    revision = page.split('name="revision" value="')[1].split('"')[0]
    text = "to: victim@example.org\nany: [quantized states]\n"
    site.browser.post(at, data={"text": text, "revision": revision, "act": "save"})
    issue_mailed(site)

    assert postbox(site).to("victim@example.org") == []


#: The first of them is looked for, the second is not.
WORMS = ("protein folding", "the night")


def suggested(site: Laid, manage: str) -> list[str]:
    """The words that the page of settings offers."""
    return re.findall(r'name="keyword" value="([^"]+)"', site.browser.get(manage).text)


def at_the_terminal(site: Laid) -> list[str]:
    """The words that ``digest profile suggest`` has for the same profile."""
    [profile] = [each for each in site.app.profiles.values() if ZOE in each.to]
    with site.app.store.begin() as tx:
        [(last, *_)] = archive.days(tx, most=1)
    found = suggest(
        profile,
        site.app.past.days([last - timedelta(days=ago) for ago in reversed(range(30))]),
        *lookup.feedback_of(site.app.store, profile),
    )
    return [each.term for each in found if each.part == "any"]


@after_subscribing
def test_feedback_is_shown_can_be_undone_and_suggests_words(site: Laid) -> None:
    manage = manage_of(site)
    liked, alike = (paper(900 + n, title=f"Glow worms of {w}") for n, w in enumerate(WORMS))
    issue = issue_page(site, issue_mailed(site, more=[liked, alike]))
    site.web.state.site.recent_papers.refresh(wait=True)
    key = liked.key
    for kind in ("like", "save"):
        assert site.browser.get(f"{issue}/{kind}", params={"paper": key}).status_code == 200
        assert site.browser.post(issue, data={"key": key, "kind": kind}).status_code == 303
    assert site.browser.get(issue).text.count('aria-pressed="true"') == 2
    assert suggested(site, manage) == at_the_terminal(site) == ["glow worms"]
    assert "@misc{" in site.browser.get(f"{manage}/saved.bib").text
    site.browser.post(issue, data={"key": key, "kind": "less"})
    assert suggested(site, manage) == []
    site.browser.post(issue, data={"key": key, "kind": "save", "undo": "true"})
    assert "Nothing is saved yet" in site.browser.get(f"{manage}/saved").text


@after_an_issue
def test_feedback_is_taken_back_beside_the_suggestions(site: Laid) -> None:
    manage = manage_of(site)
    issue = issue_page(site, last_text(site))
    key = re.findall(r'name="key" value="([^"]+)"', site.browser.get(issue).text)[0]
    site.browser.post(issue, data={"key": key, "kind": "like"})
    assert "What you thought of 1 paper" in site.browser.get(manage).text
    answer = site.browser.post(f"{manage}/opinion", data={"key": key, "kind": "like"})

    page = site.browser.get(answer.headers["location"]).text
    assert "Taken back." in page
    assert "What you thought of" not in page
    assert 'name="keyword" value="' not in page


@after_subscribing
def test_each_profile_has_a_feed_of_its_own(site: Laid) -> None:
    manage = manage_of(site)
    site.browser.post(f"{manage}/profile", data={"title": "quantized states"})
    issue_mailed(site)
    feeds = re.findall(r'href="(/feed/[^"]+\.atom[^"]+)"', site.browser.get(manage).text)
    texts = [site.browser.get(feed).text for feed in feeds]

    assert len(texts) == 2
    for text, wanted, other in zip(
        texts, ("protein", "quantized"), ("quantized", "protein"), strict=True
    ):
        assert f"On {wanted}" in text
        assert f"On {other}" not in text
    wrong = feeds[0].partition("?")[0]
    assert site.browser.get(wrong, params={"profile": "sparse"}).status_code == 404


@after_an_issue
def test_an_issues_page_names_no_one(site: Laid) -> None:
    page = site.browser.get(issue_page(site, last_text(site))).text

    assert ", part 93" in page
    assert ZOE not in page
    assert "/manage/" not in page


@after_an_issue
def test_feeds_are_read_again_only_when_something_came(site: Laid) -> None:
    manage = manage_of(site)
    feeds = re.findall(r'href="(/feed/[^"]+)"', site.browser.get(manage).text)
    for day, address in enumerate(feeds, 10):
        first = site.browser.get(address)
        assert "On protein folding, part 93" in first.text
        assert ZOE not in first.text
        tag = {"if-none-match": first.headers["etag"]}
        assert site.browser.get(address, headers=tag).status_code == 304
        issue_mailed(site, day=day)
        assert site.browser.get(address, headers=tag).status_code == 200


@after_an_issue
def test_everything_about_a_subscriber_can_be_had_and_erased(site: Laid) -> None:
    manage = manage_of(site)
    issue = issue_page(site, last_text(site))
    key = re.findall(r'name="key" value="([^"]+)"', site.browser.get(issue).text)[0]
    site.browser.post(issue, data={"key": key, "kind": "like"})
    known = json.loads(site.browser.get(f"{manage}/export.json").text)
    assert known["subscribers"][0]["address"] == ZOE
    assert len(known["feedback"]) == 1
    assert "rows about you were deleted." in site.browser.post(f"{manage}/erase").text
    assert ZOE not in rows(site)
    assert site.browser.get(manage).status_code == 404
    assert site.browser.get(issue).status_code == 404


@after_subscribing
def test_an_old_link_asks_for_a_fresh_one_by_mail(site: Laid) -> None:
    manage = manage_of(site)
    site.clock.forward(days=8)
    page = site.browser.get(manage)
    assert page.status_code == 410
    assert "Send me a fresh link" in page.text
    assert site.browser.post(f"{manage}/schedule", data={"at": "06:15"}).status_code == 410
    assert site.browser.post(f"{manage}/fresh").status_code == 200
    assert site.browser.get(linked(notice_to(site), "manage")).status_code == 200


def flips(token: str) -> Iterator[str]:
    for place in range(0, len(token), number(25, whole=3)):
        for bit in (1, 2, 4):
            changed = chr(ord(token[place]) ^ bit)
            if changed.isalnum() or changed in "-_.":
                yield token[:place] + changed + token[place + 1 :]


@after_an_issue
def test_a_link_with_one_bit_changed_opens_nothing(site: Laid) -> None:
    manage = manage_of(site)
    mail = last_text(site)
    ways = postbox(site).to(ZOE)[-1]["list-unsubscribe"]
    for link in (manage, linked(mail, "i"), linked(ways, "u")):
        _, kind, token = link.split("/")
        for changed in flips(token):
            assert site.browser.post(f"/{kind}/{changed}").status_code in (404, 405, 422)
            assert site.browser.get(f"/{kind}/{changed}").status_code == 404


def test_a_link_is_good_for_its_own_purpose_alone(site: Laid) -> None:
    with site.app.store.begin() as tx:
        alice = subscribers.find(tx, ALICE)
    assert alice is not None
    now = site.app.now()
    tokens = {
        purpose: site.app.tokens.make(purpose, alice.id, alice.address, now, 1)
        for purpose in Purpose
    }
    with site.app.store.begin() as tx:
        subscribers.stop(tx, alice.id, "unsubscribed", Consent(now=now))
        asked = signups.sign_up(tx, ALICE, Consent(now=now), profile="any: [bees]\n").sign_up
        stop = subscribers.stopped(tx, replace(alice, state=SubscriberState.STOPPED), now)
    tokens[Purpose.CONFIRM] = confirmation(site.app.tokens, alice, now, asked.id)
    tokens[Purpose.RETURN] = start_again(site.app.tokens, alice, now, stop)
    paths = {Purpose.MANAGE: "/manage/{}", Purpose.UNSUBSCRIBE: "/unsubscribe/{}"}
    paths |= {Purpose.ISSUE: "/issue/{}", Purpose.FEED: "/feed/{}.atom"}
    paths |= {Purpose.CONFIRM: "/confirm/{}", Purpose.RETURN: "/return/{}"}
    for purpose, path in paths.items():
        for other, token in tokens.items():
            status = site.browser.get(path.format(token)).status_code
            assert (status == 200) is (purpose is other), (purpose, other)


@after_an_issue
def test_every_changed_character_of_a_code_is_refused(site: Laid) -> None:
    mail = postbox(site).to(ZOE)[-1]
    text = postbox(site).texts_to(ZOE)[-1]
    for kind in "imu":
        path = linked(f"{mail['list-unsubscribe']} {text}", kind)
        assert site.browser.get(path).status_code == 303
        for place in range(3, len(path), number(5, whole=1)):
            changed = f"{path[:place]}{'b' if path[place] == 'a' else 'a'}{path[place + 1 :]}"
            assert site.browser.get(changed).status_code == 404, changed
        for other in "imu":
            is_right = site.browser.get(f"/{other}/{path[3:]}").status_code == 303
            assert is_right is (other == kind)


@after_an_issue
def test_the_links_at_a_paper_lead_to_its_buttons(site: Laid) -> None:
    text = last_text(site)
    for word, label in (("save", "Save"), ("less", "Less like this")):
        found = re.search(rf"{BASE}(/i/[\w-]+/{word}/[a-z2-7]{{8}})", text)
        assert found
        page = site.browser.get(found[1], follow_redirects=True)
        assert page.status_code == 200
        assert f'value="{word}"' in page.text
        assert label in page.text
        assert site.browser.get(found[1][:-1] + "!").status_code == 404


@after_an_issue
def test_with_its_issue_a_code_is_void(site: Laid) -> None:
    mail = last_text(site)
    path = linked(mail, "i")
    with site.app.store.begin() as tx:
        tx.execute(schema.deliveries.delete())
        tx.execute(schema.sent.delete())
        tx.execute(schema.issue_contents.delete())
        tx.execute(schema.issues.delete())
    assert site.browser.get(path).status_code == 404


@after_an_issue
def test_reference_managers_see_each_paper_of_an_issue(site: Laid) -> None:
    page = issue_page(site, last_text(site))
    shown = site.browser.get(page).text
    key = re.search(r'name="key" value="([^"]+)"', shown)
    assert key
    one = site.browser.get(f"{page}/save", params={"paper": key[1]}).text

    assert shown.count('<span class="Z3988" title="ctx_ver=Z39.88-2004&amp;') > 0
    assert shown.count('class="Z3988"') == shown.count("<li data-paper")
    assert '<meta name="citation_title" content="' in one
    assert 'name="citation_author"' in one


@after_an_issue
def test_the_page_of_an_issue_that_was_taken_out_says_so(site: Laid) -> None:
    page = issue_page(site, last_text(site))
    with site.app.store.begin() as tx:
        tx.execute(schema.issue_contents.delete())
    shown = site.browser.get(page)

    assert shown.status_code == 410
    assert "was taken out: it was older than is kept here" in shown.text


@after_an_issue
def test_what_is_public_holds_nothing_personal(site: Laid) -> None:
    for path in ("/", "/archive", "/archive/2026-03-10", "/search?q=protein", "/trending"):
        page = site.browser.get(path).text
        assert ZOE not in page
        assert ALICE not in page
        assert "Sparse training" not in page


@pytest.mark.parametrize(
    "path", ["/archive/../../etc/passwd", "/archive/2026-99-99", "/archive/x", "/archive/%00"]
)
def test_the_archive_has_its_days_and_nothing_else(quiet: Laid, path: str) -> None:
    assert quiet.browser.get(path).status_code == 404


@pytest.mark.parametrize("query", ['"', "<script>alert(1)</script>", "a" * 300, "\x00", "' OR 1=1"])
def test_a_search_takes_whatever_is_typed(quiet: Laid, query: str) -> None:
    answer = quiet.browser.get("/search", params={"q": query})

    assert answer.status_code == 200
    assert "<script>alert" not in answer.text


@pytest.mark.parametrize(
    ("kind", "expected"), [("bib", "@misc{"), ("ris", "TY  - "), ("json", '"title"')]
)
def test_a_day_can_be_had_as_a_file(quiet: Laid, kind: str, expected: str) -> None:
    answer = quiet.browser.get(f"/archive/2026-03-10/papers.{kind}")

    assert expected in answer.text
    assert answer.headers["content-disposition"].startswith("attachment")
    assert quiet.browser.get("/archive/2026-03-10/papers.exe").status_code == 404


def test_every_sign_up_takes_its_time_whatever_is_done(
    site: Laid, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The rest of an hour here, which is noted and not waited for."""
    rests: list[float] = []
    sleep = asyncio.sleep

    async def noted(seconds: float) -> None:
        rests.append(seconds)
        await sleep(0)

    monkeypatch.setattr(subscribe.asyncio, "sleep", noted)
    monkeypatch.setattr(subscribe, "EACH_TAKES", 3600.0)
    for address in ("new@example.org", ALICE, "new@example.org"):
        sign_up(site, address)
    assert len(rests) == 3
    assert all(0 < rest < 3600 for rest in rests)
