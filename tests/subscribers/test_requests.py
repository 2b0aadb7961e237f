"""What subscribers ask of us and the notices that answer, on both databases."""

from __future__ import annotations

from collections.abc import Iterable, Mapping
from dataclasses import dataclass, replace
from datetime import time
from email import message_from_bytes
from email.message import EmailMessage
from email.policy import default
from pathlib import Path

import pytest

from digest import locales
from digest.access import links
from digest.access.tokens import Purpose, Tokens, stamp
from digest.app import App
from digest.live_profiles import LiveProfiles
from digest.model import (
    DeliveryState,
    Listing,
    Notice,
    Schedule,
    Subscriber,
    SubscriberState,
)
from digest.pipeline import runs
from digest.render import Letterhead
from digest.store import Store, outbox, subscribers
from digest.store import profiles as stored_profiles
from digest.store.subscribers import Consent
from digest.subscribers import requests
from digest.subscribers.inbox.receive import receive

from ..apps import ALICE, BOB, NOTICES, app_of, profile, with_pipe
from ..databases import both
from ..extent import number
from ..factories import EIGHT, TUESDAY, WEDNESDAY, listing, paper
from ..fakes import LOST, Newsstand, Postbox
from ..subscribing import subscribe

ACT = Consent(now=EIGHT, wording="Yes, send it.", origin="web")
BASE = "https://papers.example.org"
HEAD = Letterhead(
    sender="Papers <digest@example.org>",
    base_url=BASE,
    links=links.links(BASE, Tokens(b"a secret of tests")),
)


@pytest.fixture
def app(store: Store) -> App:
    """A digest with a web side and a pipe for mail, whose only file names Bob."""
    bobs = profile("bobs", to=BOB)
    return app_of(with_pipe(store), bobs, listings=[listing()], letterhead=HEAD)


def sent(app: App) -> list[EmailMessage]:
    """Hand over what is owed, and give the notices that Alice got so far."""
    runs.send_only(app)
    post: Postbox = app.sender  # type: ignore[assignment]
    return post.to(ALICE)


def text_of(message: EmailMessage) -> str:
    part = message.get_body(("plain",))
    assert part is not None
    return str(part.get_content())


def token_in(message: EmailMessage, word: str = "confirm") -> str:
    """The token behind a word of a notice."""
    [line] = [row.strip() for row in text_of(message).splitlines() if row.strip().startswith(word)]
    return line.removeprefix(word).strip()


def test_a_sign_up_is_asked_back_by_one_mail_with_one_link(app: App) -> None:
    requests.sign_up(app, ALICE, ACT, profile="any: [bees]\n")
    requests.sign_up(app, ALICE, ACT, profile="any: [bees]\n")

    [asked] = sent(app)
    token = token_in(asked)
    assert asked["Auto-Submitted"] == "auto-generated"
    assert f"https://papers.example.org/confirm/{token}" in text_of(asked)
    assert "    about      bees" in text_of(asked).splitlines(), "it names what it is about"
    assert asked["To"] == ALICE


def test_who_signs_up_is_written_to_in_their_language_from_the_first_letter_on(app: App) -> None:
    with locales.use("de"):
        requests.sign_up(app, ALICE, ACT, profile="any: [bees]\n")
    [asked] = sent(app)
    assert asked["Subject"] == "Paper digest: bitte bestätigen"
    assert asked["Content-Language"] == "de"
    confirmed = requests.confirm(app, token_in(asked), ACT)
    assert confirmed is not None
    assert confirmed.locale == "de"

    app.now.forward(days=2)  # type: ignore[attr-defined]
    with locales.use("ja"):  # somebody types her address
        requests.sign_up(app, ALICE, replace(ACT, now=app.now()), profile="any: [wasps]\n")
    assert "bitte bestätigen, was hinzukommt" in sent(app)[-1]["Subject"], "she reads German"
    requests.confirm(app, token_in(sent(app)[-1]), ACT)
    with app.store.begin() as tx:
        kept = subscribers.find(tx, ALICE)
    assert kept is not None
    assert kept.locale == "de"


@pytest.mark.parametrize("has_before", [False, True])
def test_a_letter_asks_for_an_answer_only_once_mail_comes_in(
    store: Store, has_before: bool
) -> None:
    """Both letters, the first and that to a subscriber; the page confirms all the same."""
    app = app_of(store, listings=[listing()], letterhead=HEAD)
    if has_before:
        with store.begin() as tx:
            subscribe(tx, ALICE, ACT)
    requests.sign_up(app, ALICE, ACT, profile="any: [bees]\n")
    unheard = " ".join(text_of(sent(app)[-1]).split())
    assert "The page behind it asks once more. This works for seven days." in unheard
    assert f"{BASE}/confirm/" in unheard
    assert not [word for word in ("answer", '"yes"', "write this line") if word in unheard]

    with_pipe(store)
    app.now.forward(days=2)  # type: ignore[attr-defined]
    requests.sign_up(app, ALICE, replace(ACT, now=app.now()), profile="any: [bees]\n")
    assert 'answer this mail with the word "yes"' in " ".join(text_of(sent(app)[-1]).split())


@pytest.mark.parametrize("place", [0, 10, 21, 22])
def test_every_changed_character_of_a_letters_code_is_refused(app: App, place: int) -> None:
    requests.sign_up(app, ALICE, ACT)
    code = token_in(sent(app)[0])
    assert len(code) == 23, "22 characters and the number of the letter"
    changed = code[:place] + ("8" if code[place] != "8" else "9") + code[place + 1 :]

    assert requests.confirm(app, changed, ACT) is None
    assert requests.subscriber_of(app, Purpose.MANAGE, code) is None, "it allows one thing"
    app.now.forward(days=8)  # type: ignore[attr-defined]
    assert requests.confirm(app, code, ACT) is None, "and not for ever"


def test_a_letter_has_no_long_token_and_no_code_in_what_is_seen_first(app: App) -> None:
    requests.sign_up(app, ALICE, ACT, profile="any: [bees]\n")
    [asked] = sent(app)
    subscriber = requests.subscriber_of(app, Purpose.CONFIRM, token_in(asked))
    assert subscriber is not None
    long = links.confirmation(app.tokens, subscriber, EIGHT, 1)

    html = asked.get_body(("html",)).get_content()  # type: ignore[union-attr]
    assert long not in text_of(asked) + html
    assert max(map(len, text_of(asked).split())) < 70
    shown = html[html.index("<h1") : html.index("</h1>")] + str(asked["Subject"])
    assert token_in(asked) not in shown


@pytest.mark.parametrize("place", ["In-Reply-To", "References"])
def test_a_yes_confirms_the_letter_that_it_answers_and_no_other(app: App, place: str) -> None:
    requests.sign_up(app, ALICE, ACT, profile="any: [bees]\n")
    [asked] = sent(app)

    def yes(id: str, word: str = "Yes.") -> str:
        mail = EmailMessage()
        mail["From"], mail["Message-ID"], mail[place] = BOB, f"<{id[1:9]}{word}@b>", id
        mail.set_content(f"{word}\n\nOn Tuesday digest wrote:\n> what?\n")
        return receive(app, mail.as_bytes())

    assert yes("<guessed@example.org>") == "help"
    assert yes(asked["Message-ID"], "Yes, but what is it?") == "help"
    assert yes(asked["Message-ID"]) == "confirm"
    assert yes(asked["Message-ID"], "Ja") == "bad token"


def test_the_link_confirms_once(app: App) -> None:
    requests.sign_up(app, ALICE, ACT)
    [asked] = sent(app)
    token = token_in(asked)

    subscriber = requests.confirm(app, token, ACT)
    assert subscriber is not None
    assert subscriber.state is SubscriberState.ACTIVE
    assert requests.confirm(app, token, ACT) is None


def test_a_link_for_one_subscriber_does_not_open_anothers(app: App) -> None:
    requests.sign_up(app, ALICE, ACT)
    requests.sign_up(app, "eve@example.org", ACT)
    with app.store.begin() as tx:
        eve = subscribers.find(tx, "eve@example.org")
    assert eve is not None
    forged = app.tokens.make(Purpose.CONFIRM, 1, "eve@example.org", EIGHT, 0)

    assert requests.confirm(app, forged, ACT) is None


def test_who_is_a_subscriber_already_is_told_so_and_given_a_link(app: App) -> None:
    become_subscriber(app)
    app.now.forward(days=2)  # type: ignore[attr-defined]
    requests.sign_up(app, ALICE, Consent(now=app.now()))

    *_, told = sent(app)
    assert "already" in text_of(told)
    assert "https://papers.example.org/manage/" in text_of(told)
    assert f"https://papers.example.org/confirm/{token_in(told)}" in text_of(told)


def test_the_link_of_an_earlier_version_stays_good(app: App) -> None:
    """It names the instant of the sign-up, and not its number."""
    requests.sign_up(app, ALICE, ACT, profile="any: [bees]\n")
    with app.store.begin() as tx:
        alice = subscribers.find(tx, ALICE)
    assert alice is not None
    token = app.tokens.make(Purpose.CONFIRM, alice.id, ALICE, EIGHT, stamp(EIGHT))

    assert requests.confirm(app, token, ACT) is not None


def test_the_token_of_a_notice_confirms_what_that_notice_named(app: App) -> None:
    """Answered by mail no page can show what a stranger has asked for meanwhile."""
    requests.sign_up(app, ALICE, ACT, profile="any: [bees]\n")
    [asked] = sent(app)
    app.now.forward(hours=1)  # type: ignore[attr-defined]
    requests.sign_up(app, ALICE, Consent(now=app.now(), origin="web"), profile="any: [casino]\n")

    subscriber = requests.confirm(app, token_in(asked), ACT)
    assert subscriber is not None
    with app.store.begin() as tx:
        assert [kept.text for kept in stored_profiles.owned_by(tx, subscriber.id)] == [
            "any: [bees]\n"
        ]


@pytest.mark.parametrize(
    ("interest", "is_named"),
    [
        ("mixture of experts", True),
        ("state-space", True),
        ("quantiz*", True),
        ("protéines", True),
        ("蛋白质", True),
        ("example.net", False),
        ("https://example.net", False),
        ("a@example.net", False),
        ("example\u3002net", False),
        ("call 0800 123456 now", False),
        ("you have won a prize today", False),
        ("x" * 41, False),
        ('"tool use"', False),
        ("title:(a OR b)", False),
    ],
)
def test_a_notice_names_interests_that_cannot_be_a_message(interest: str, is_named: bool) -> None:
    assert requests.nameable([interest]) == (([interest], 0) if is_named else ([], 1))


def test_a_notice_names_five_interests_and_counts_the_others() -> None:
    assert requests.nameable([f"bee{n}" for n in range(9)])[1] == 4


def withdrawn_and_back(app: App, *, days: int) -> Subscriber | None:
    """Bob leaves with an issue in the queue, and starts again by a link."""
    owed_issue(app)
    id = bob(app)
    with app.store.begin() as tx:
        subscribers.stop(tx, id, "unsubscribed", Consent(now=app.now()))
        found = subscribers.find(tx, BOB)
    assert found is not None
    runs.send_only(app)
    token = requests.restart_token(app, found)
    app.now.forward(days=days)  # type: ignore[attr-defined]
    return requests.start_again(app, token, Consent(now=app.now()))


def test_who_starts_again_gets_what_was_held_back_and_what_came_in_between(app: App) -> None:
    assert withdrawn_and_back(app, days=1) is not None
    stand: Newsstand = app.source  # type: ignore[assignment]
    stand.lay_out("daily", WEDNESDAY, paper(2))

    assert runs.run(app, list(app.listings.values())).outcomes == (DeliveryState.SENT,)
    post: Postbox = app.sender  # type: ignore[assignment]
    [told] = post.texts_to(BOB)
    assert [paper(n).title in told for n in (1, 2)] == [True, True]


def test_a_way_back_is_good_for_thirty_days_and_for_its_own_leaving(app: App) -> None:
    back = withdrawn_and_back(app, days=30)
    assert back is not None
    first = app.tokens.make(Purpose.RETURN, back.id, BOB, app.now(), 1)
    with app.store.begin() as tx:
        subscribers.stop(tx, back.id, "unsubscribed", Consent(now=app.now()))
        found = subscribers.by_id(tx, back.id)
    assert found is not None

    assert requests.start_again(app, first, Consent(now=app.now())) is None
    late = requests.restart_token(app, found)
    app.now.forward(days=31)  # type: ignore[attr-defined]
    assert requests.start_again(app, late, Consent(now=app.now())) is None
    assert requests.restart_token(app, found) == ""


def become_subscriber(app: App) -> None:
    """Alice signs up, and says yes."""
    requests.sign_up(app, ALICE, ACT, profile="any: [sparse training]\n")
    asked = sent(app)[-1]
    assert requests.confirm(app, token_in(asked), ACT)


@dataclass
class Config:
    """As much of the configuration as a library reads."""

    profiles: Path
    listings: Mapping[str, Listing]
    timezone: str


def test_a_subscriber_of_their_own_is_mailed_what_they_asked_for(store: Store, app: App) -> None:
    become_subscriber(app)
    config = Config(profiles=Path("/nowhere"), listings={"daily": listing()}, timezone="UTC")
    app.live_profiles = LiveProfiles(config, store)  # type: ignore[arg-type]
    app.live_profiles.read()
    stand: Newsstand = app.source  # type: ignore[assignment]
    stand.lay_out("daily", TUESDAY, paper(1))

    report = runs.run(app, list(app.listings.values()))

    assert report.issues == 1
    *_, issue = sent(app)
    assert paper(1).title in app.sender.text_to(ALICE)  # type: ignore[attr-defined]
    assert issue["List-Unsubscribe"].startswith("<https://papers.example.org/u/")


def test_the_link_in_an_issue_unsubscribes_for_ever_and_says_how_many_rows_changed(
    app: App,
) -> None:
    become_subscriber(app)
    with app.store.begin() as tx:
        alice = subscribers.find(tx, ALICE)
    assert alice is not None
    token = app.tokens.make(Purpose.UNSUBSCRIBE, alice.id, ALICE, EIGHT)
    app.now.forward(days=4000)  # type: ignore[attr-defined]

    assert requests.unsubscribe(app, token, ACT) == 1
    assert requests.unsubscribe(app, token, ACT) == 0
    assert requests.unsubscribe(app, token[:-1], ACT) is None


def test_a_fresh_link_goes_to_subscribers_only_and_not_without_end(app: App) -> None:
    become_subscriber(app)
    for _ in range(30):
        requests.send_manage_link(app, ALICE)
        requests.send_manage_link(app, "nobody@example.org")

    notices = sent(app)
    assert len(notices) == 10
    link = text_of(notices[-1]).split("/manage/")[1].split()[0]
    found = requests.subscriber_of(app, Purpose.MANAGE, link)
    assert found is not None
    assert found.address == ALICE
    app.now.forward(days=8)  # type: ignore[attr-defined]
    assert requests.subscriber_of(app, Purpose.MANAGE, link) is None


# ── suppression in the claim ──


def owed_issue(app: App) -> None:
    """Make Bob's issue, and do not send it."""
    stand: Newsstand = app.source  # type: ignore[assignment]
    stand.lay_out("daily", TUESDAY, paper(1))
    runs.run(app, list(app.listings.values()), hands_over=False)


def bob(app: App) -> int:
    with app.store.begin() as tx:
        found = subscribers.find(tx, BOB)
    assert found is not None
    return found.id


@pytest.mark.parametrize("reason", sorted(subscribers.REASONS))
def test_an_issue_in_the_queue_is_not_sent_to_who_has_left_meanwhile(app: App, reason: str) -> None:
    owed_issue(app)
    id = bob(app)
    with app.store.begin() as tx:
        subscribers.stop(tx, id, reason, ACT)

    report = runs.send_only(app)

    assert (report.outcomes, report.waiting) == ((), 0)
    with app.store.begin() as tx:
        assert outbox.counts(tx) == {DeliveryState.WITHDRAWN: 1}


def test_an_issue_in_the_queue_of_who_was_erased_is_gone(app: App) -> None:
    from digest.store import privacy

    owed_issue(app)
    id = bob(app)
    with app.store.begin() as tx:
        privacy.erase(tx, id, EIGHT)

    assert runs.send_only(app).outcomes == ()
    assert runs.run(app, list(app.listings.values())).issues == 0


def test_a_pause_that_met_an_issue_in_the_queue_ends_with_one_mail(app: App) -> None:
    """The papers of both are in it: what the pause held back, and what came in between."""
    owed_issue(app)
    id = bob(app)
    with app.store.begin() as tx:
        subscribers.pause(tx, id, TUESDAY, ACT)

    assert runs.send_only(app).outcomes == ()
    stand: Newsstand = app.source  # type: ignore[assignment]
    stand.lay_out("daily", WEDNESDAY, paper(2))
    app.now.forward(days=1)  # type: ignore[attr-defined]
    assert runs.send_only(app).outcomes == ()
    assert runs.run(app, list(app.listings.values())).outcomes == (DeliveryState.SENT,)

    post: Postbox = app.sender  # type: ignore[assignment]
    [told] = post.texts_to(BOB)
    assert [paper(n).title in told for n in (1, 2)] == [True, True]


def test_a_mail_that_may_be_out_waits_for_the_end_of_a_pause(app: App) -> None:
    post: Postbox = app.sender  # type: ignore[assignment]
    post.fail_next(LOST, but_take_it=True)
    owed_issue(app)
    runs.send_only(app)
    id = bob(app)
    with app.store.begin() as tx:
        subscribers.pause(tx, id, TUESDAY, ACT)

    app.now.forward(hours=1)  # type: ignore[attr-defined]
    assert runs.send_only(app).outcomes == ()
    app.now.forward(days=1)  # type: ignore[attr-defined]
    assert runs.send_only(app).outcomes == (DeliveryState.SENT,)


def eastern_morning(app: App) -> None:
    """Begin Bob's Wednesday at 07:30 in Tokyo, by UTC on Tuesday, after a pause until Tuesday."""
    owed_issue(app)
    id = bob(app)
    tokyo = Schedule(at=time(7, 30), timezone="Asia/Tokyo")
    with app.store.begin() as tx:
        subscribers.pause(tx, id, TUESDAY, ACT)
        subscribers.set_schedule(tx, id, tokyo, ACT)
    runs.send_only(app)  # withdrawn: it was Tuesday's
    app.now.forward(hours=14.5)  # type: ignore[attr-defined]
    assert app.now().isoformat() == "2026-03-10T22:30:00+00:00"


@both
def test_east_of_utc_the_issue_of_the_day_after_a_pause_goes_out(app: App) -> None:
    """By UTC it is still the pause's last day."""
    eastern_morning(app)

    report = runs.run(app, list(app.listings.values()))

    assert report.outcomes == (DeliveryState.SENT,)
    post: Postbox = app.sender  # type: ignore[assignment]
    assert [paper(1).title in told for told in post.texts_to(BOB)] == [True]


@both
def test_east_of_utc_a_mail_that_may_be_out_is_asked_for_again_after_a_pause(app: App) -> None:
    eastern_morning(app)
    post: Postbox = app.sender  # type: ignore[assignment]
    post.fail_next(LOST, but_take_it=True)
    runs.run(app, list(app.listings.values()))

    app.now.forward(hours=1)  # type: ignore[attr-defined]
    assert app.now().date() == TUESDAY
    assert runs.send_only(app).outcomes == (DeliveryState.SENT,)


@both
def test_a_mail_that_waited_into_a_pause_is_not_sent_in_it(app: App) -> None:
    owed_issue(app)
    id = bob(app)
    with app.store.begin() as tx:
        subscribers.pause(tx, id, WEDNESDAY, ACT, beginning=WEDNESDAY)

    app.now.forward(days=1)  # type: ignore[attr-defined]
    assert runs.send_only(app).outcomes == ()

    with app.store.begin() as tx:
        assert outbox.counts(tx) == {DeliveryState.WITHDRAWN: 1}


def test_digests_go_out_before_a_flood_of_notices(app: App) -> None:
    flood = number(10, whole=250)
    for each in range(flood):
        requests.sign_up(app, f"reader{each}@example.org", ACT)
    owed_issue(app)

    runs.send_only(app)

    post: Postbox = app.sender  # type: ignore[assignment]
    assert post.mails[0].recipient == BOB
    assert len(post.mails) == flood + 1


# ── notices as such ──

VALUES = {
    "url": "https://papers.example.org/manage/abc?x=1&y=2",
    "token": "a.b-c_d",
    "changes": ["add <script>alert(1)</script>"],
    "sentence": "One & <b>two</b>.",
    "lines": ["  any:", "    - bees"],
    "examples": ["On bees"],
    "problem": "no such word",
    "confirm_url": "https://papers.example.org/confirm/abc",
    "interests": ["bees"],
    "unnamed": 2,
    "has_before": True,
    "when": "every day at 07:30 (UTC)",
    "title": "a listing\r\nBcc: eve@example.org",
    "remedy": "look",
    "is_in_force": True,
    "is_own": True,
}
KINDS = (
    "outage",
    "confirm",
    "already",
    "manage",
    "change",
    "done",
    "show",
    "tried",
    "help",
    "stopped",
    "return",
)


def notices(kinds: Iterable[str] = (*KINDS, "alarm", "broken")) -> list[tuple[str, bytes]]:
    made = []
    for kind in kinds:
        notice = Notice(kind=kind, recipient=ALICE, made_at=EIGHT, values=VALUES, answers="<a@b>")
        made.append((kind, NOTICES.mail(notice, HEAD, 1).data))
    return made


@pytest.mark.parametrize(("kind", "data"), notices(), ids=[kind for kind, _ in notices()])
def test_a_notice_is_a_sound_message_in_two_parts(kind: str, data: bytes) -> None:
    message = message_from_bytes(data, policy=default)

    assert not message.defects
    assert [part.get_content_type() for part in message.iter_parts()] == ["text/plain", "text/html"]  # type: ignore[attr-defined]
    assert all(len(line) <= 78 for line in data.split(b"\r\n"))
    assert b"\n" not in data.replace(b"\r\n", b"")
    assert message["Bcc"] is None
    assert message["Auto-Submitted"] == "auto-replied"
    assert (message["In-Reply-To"], message["References"]) == ("<a@b>", "<a@b>")
    html = message.get_body(("html",)).get_content()  # type: ignore[attr-defined]
    assert "<script" not in html
    assert "<b>" not in html
    assert html.count('class="press"') <= 1, "one button at most"
    assert "Subject:" not in html
