"""Mail that comes in: commands, answers to notices, bounces, complaints, and what is none."""

from __future__ import annotations

import os
from dataclasses import replace
from datetime import timedelta
from email.message import EmailMessage

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from bench import bounces
from digest.access import links
from digest.access.tokens import Purpose
from digest.app import App
from digest.model import Subscriber, SubscriberState
from digest.pipeline import runs
from digest.profiles import SCHEMA_LINE
from digest.store import Store, outbox, privacy, profiles, subscribers
from digest.store.subscribers import Consent
from digest.subscribers.inbox.commands import Command, commands, days, terms
from digest.subscribers.inbox.incoming import read
from digest.subscribers.inbox.receive import receive, receive_once
from digest.subscribers.inbox.reports import returned

from ...apps import ALICE, app_of, profile, with_pipe
from ...extent import number
from ...factories import EIGHT, TUESDAY, listing, paper
from ...fakes import Newsstand, Postbox
from ..test_requests import HEAD, text_of


def mail(body: str = "", subject: str = "", *, html: str = "", **headers: str) -> bytes:
    """A mail of Alice's."""
    message = EmailMessage()
    message["From"] = headers.pop("sender", f"Alice <{ALICE}>")
    message["To"] = "digest@example.org"
    message["Message-ID"] = "<hers@example.org>"
    if subject:
        message["Subject"] = subject
    for name, value in headers.items():
        message[name.replace("_", "-")] = value
    if html:
        message.set_content(html, subtype="html")
    else:
        message.set_content(body)
    return message.as_bytes()


def asked(data: bytes) -> list[Command]:
    return commands(read(data))


UNSUBSCRIBE = [Command("unsubscribe")]

# ── reading ──


@pytest.mark.parametrize(
    "data",
    [
        mail("unsubscribe"),
        mail("UNSUBSCRIBE"),
        mail("Unsubscribe.\n"),
        mail("  unsubscribe  \n\n-- \nAlice"),
        mail("*unsubscribe*"),
        mail('"unsubscribe"'),
        mail("unsubscribe please"),
        mail("Hello,\n\nunsubscribe\n\nBest\nAlice"),
        mail("", "unsubscribe"),
        mail("", "Unsubscribe"),
        mail("", "Re: unsubscribe"),
        mail("", "AW: Re: unsubscribe"),
        mail("Bitte nicht mehr.", "unsubscribe"),
        mail("unsubscribe\n\nOn Tue, 10 Mar 2026, digest wrote:\n> subscribe bees"),
        mail("unsubscribe\n\nAm 10.03.2026 um 07:30 schrieb digest:\n\n> subscribe bees"),
        mail("unsubscribe\n\nLe 10 mars 2026 à 07:30, digest a écrit :\n> subscribe bees"),
        mail("unsubscribe\n\nEl 10 mar 2026, digest escribió:\nsubscribe bees"),
        mail("unsubscribe\n\n2026年3月10日 digest 写道:\n\nsubscribe bees"),
        mail("unsubscribe\n\n-----Original Message-----\nsubscribe bees"),
        mail("unsubscribe\n________________________________\nVon: digest@example.org\nsubscribe x"),
        mail("unsubscribe\nDe : Digest <digest@example.org>\n    subscribe bees\n    show"),
        mail("unsubscribe\n\n    subscribe mixture of experts\n    add state space models"),
        mail(html="<p>unsubscribe</p><blockquote><p>subscribe bees</p></blockquote>"),
        mail(html="<div dir=ltr>Unsubscribe<br></div><blockquote>subscribe x</blockquote>"),
        mail(html="<style>p{}</style><table><tr><td>un<b>subscribe</b></td></tr></table>"),
        mail("subscribe bees\nunsubscribe"),
    ],
)  # fmt: skip
def test_unsubscribe_is_never_read_as_subscribe(data: bytes) -> None:
    assert asked(data) == UNSUBSCRIBE


@given(
    st.sampled_from(["unsubscribe", "Unsubscribe", "UNSUBSCRIBE", "uNsUbScRiBe"]),
    st.text(st.sampled_from(" \t*\"'“”«»."), max_size=6),
    st.sampled_from(["", "\n\n> subscribe bees", "\n\nsubscribe bees", "\n-- \nsubscribe bees"]),
    st.booleans(),
)
@settings(max_examples=number(40, whole=150))
def test_nothing_around_unsubscribe_makes_it_subscribe(
    word: str, around: str, below: str, in_html: bool
) -> None:
    body = around.replace(".", "") + word + around + below
    html = "<p>" + body.replace("\n", "<br>") + "</p>" if in_html else ""
    assert all(c.verb != "subscribe" for c in asked(mail(body, html=html)))


@pytest.mark.parametrize(
    ("data", "expected"),
    [
        (mail("subscribe mixture of experts, quantiz*"),
         [Command("subscribe", "mixture of experts, quantiz*")]),
        (mail("add state space models\ndel quantiz*"),
         [Command("add", "state space models"), Command("del", "quantiz*")]),
        (mail('try "tool use" AND agents'), [Command("try", '"tool use" AND agents')]),
        (mail("Show"), [Command("show")]),
        (mail("digest"), [Command("digest")]),
        (mail("help!"), [Command("help")]),
        (mail("pause 2026-12-24..2027-01-06"), [Command("pause", "2026-12-24..2027-01-06")]),
        (mail("", "subscribe bees"), [Command("subscribe", "bees")]),
        (mail("subscribe"), []),
        (mail("I would like to subscribe to your list"), []),
        (mail("subscription ended"), []),
        (mail("This is a long story.\nIt goes on.\nAnd on.\nsubscribe bees"), []),
        (mail("", "Re: confirm eyJhIjoxfQ.abcdefghijklmnopqrstuvwxyz01234"),
         [Command("confirm", "eyJhIjoxfQ.abcdefghijklmnopqrstuvwxyz01234")]),
        (mail("", "confirm short"), []),
    ],
)  # fmt: skip
def test_commands_are_read_from_the_top_of_what_was_written(
    data: bytes, expected: list[Command]
) -> None:
    assert asked(data) == expected


@pytest.mark.parametrize(
    ("words", "expected"),
    [
        ("mixture of experts, quantiz*", ["mixture of experts", "quantiz*"]),
        ('"a, b", c', ['"a, b"', "c"]),
        ("title:(x, y), z", ["title:(x, y)", "z"]),
        ("/a{1,2}/, b", ["/a{1,2}/", "b"]),
        (" , ,", []),
    ],
)
def test_interests_are_parted_by_commas(words: str, expected: list[str]) -> None:
    assert terms(words) == expected


def test_days_of_a_pause() -> None:
    assert [d and d.isoformat() for d in days("2026-12-24..2027-01-06") or ()] == [
        "2026-12-24", "2027-01-06",
    ]  # fmt: skip
    assert days("2027-01-06") is not None
    assert days("2027-01-06..2026-12-24") is None
    assert days("2026-02-30") is None
    assert days("a week") is None


@given(st.binary(max_size=600))
@settings(max_examples=number(60, whole=200))
def test_no_bytes_are_too_odd_to_be_read(data: bytes) -> None:
    found = read(b"Content-Type: multipart/mixed; boundary=x\n\n--x\n" + data)
    commands(found)
    assert found.report == returned(found.message)


# ── talking ──


@pytest.fixture
def app(store: Store) -> App:
    return app_of(
        with_pipe(store),
        profile("bobs", to="bob@example.org"),
        listings=[listing()],
        letterhead=HEAD,
    )


def answers(app: App) -> list[EmailMessage]:
    """Send what is owed, and give all that Alice got."""
    runs.send_only(app)
    post: Postbox = app.sender  # type: ignore[assignment]
    return post.to(ALICE)


def alice(app: App) -> Subscriber:
    with app.store.begin() as tx:
        found = subscribers.find(tx, ALICE)
    assert found is not None
    return found


def reply(notice: EmailMessage) -> bytes:
    """An answer to a notice as its words ask for it."""
    assert 'answer this mail with the word "yes"' in " ".join(text_of(notice).split())
    named = {"In-Reply-To": str(notice["Message-ID"])}
    return mail("Yes!", f"Re: {notice['Subject']}", **named)


def a_subscriber(app: App, words: str = "sparse training") -> None:
    """Alice subscribes by mail alone."""
    assert receive(app, mail(f"subscribe {words}")) == "subscribe"
    assert receive(app, reply(answers(app)[-1])) == "confirm"


def text(app: App) -> str:
    id = alice(app).id
    with app.store.begin() as tx:
        return "".join(kept.text for kept in profiles.owned_by(tx, id))


def test_a_subscriber_can_do_everything_by_mail_alone(app: App) -> None:
    a_subscriber(app, "sparse training, quantiz*")
    assert alice(app).state is SubscriberState.ACTIVE
    assert text(app).startswith(f"{SCHEMA_LINE}\n")

    assert receive(app, mail("add state space models\ndel quantiz*")) == "asked: edit"
    assert "quantiz" in text(app), "nothing changes before the answer"
    assert receive(app, reply(answers(app)[-1])) == "changed"
    assert "state space models" in text(app)
    assert "quantiz" not in text(app)

    assert receive(app, mail("pause 2026-12-24..2027-01-06")) == "asked: pause"
    assert receive(app, reply(answers(app)[-1])) == "changed"
    assert str(alice(app).settings.paused_until) == "2027-01-06"

    assert receive(app, mail("unsubscribe")) == "asked: unsubscribe"
    assert alice(app).state is SubscriberState.ACTIVE
    assert receive(app, reply(answers(app)[-1])) == "changed"
    assert alice(app).state is SubscriberState.STOPPED


def test_a_sentence_is_understood_by_mail_too(app: App) -> None:
    sentence = "I am interested in sparse training for agents, but not in surveys"
    assert receive(app, mail(f"subscribe {sentence}")) == "subscribe"
    notice = text_of(answers(app)[-1])
    assert "sparse training AND agents" in notice
    assert "No paper was collected yet, so nothing can be counted." in notice
    assert receive(app, reply(answers(app)[-1])) == "confirm"
    assert "the first mail comes at once" in " ".join(text_of(answers(app)[-1]).split())
    assert "- sparse training AND agents" in text(app)
    assert "none: [surveys]" in text(app)

    assert receive(app, mail("add papers about protein folding")) == "asked: edit"
    assert receive(app, reply(answers(app)[-1])) == "changed"
    assert "- protein folding" in text(app)
    assert receive(app, mail("add papers about mosses, but no reviews")) == "asked: edit"
    assert "leave out reviews" in text_of(answers(app)[-1])
    assert receive(app, reply(answers(app)[-1])) == "changed"
    assert "- mosses" in text(app)
    assert "none: [surveys, reviews]" in text(app)
    receive(app, mail("try agents that use tools, no surveys"))
    assert "not surveys" in text_of(answers(app)[-1])
    assert receive(app, mail("subscribe please send papers", sender="new@example.org")) == "help"


def test_a_pause_is_ended_by_mail(app: App) -> None:
    a_subscriber(app)
    assert receive(app, mail("resume")) == "resume"
    receive(app, mail("pause 2026-12-24..2027-01-06"))
    receive(app, reply(answers(app)[-1]))

    assert receive(app, mail("resume")) == "asked: resume"
    assert receive(app, reply(answers(app)[-1])) == "changed"
    assert alice(app).settings.paused_until is None


def test_a_pause_that_is_over_is_none(app: App) -> None:
    a_subscriber(app)
    receive(app, mail("pause 2026-12-24..2027-01-06"))
    receive(app, reply(answers(app)[-1]))
    receive(app, mail("show"))
    assert "It is paused until 2027-01-06." in text_of(answers(app)[-1])

    app.now.forward(days=365)  # type: ignore[attr-defined]
    receive(app, mail("show"))
    assert "paused" not in text_of(answers(app)[-1])
    assert receive(app, mail("resume")) == "resume", "there is none to end"


def test_who_left_by_mail_starts_again_by_an_answer_to_the_goodbye(app: App) -> None:
    a_subscriber(app)
    receive(app, mail("unsubscribe"))
    receive(app, reply(answers(app)[-1]))
    goodbye = answers(app)[-1]
    assert alice(app).state is SubscriberState.STOPPED
    app.now.forward(days=29)  # type: ignore[attr-defined]

    assert receive(app, reply(goodbye)) == "confirm"
    assert alice(app).state is SubscriberState.ACTIVE
    assert "sparse training" in text(app)
    assert receive(app, reply(goodbye)) == "bad token"


@pytest.mark.parametrize("has_left", [False, True])
def test_all_about_who_asks_for_it_is_deleted_after_a_yes(app: App, *, has_left: bool) -> None:
    a_subscriber(app)
    if has_left:
        leaves(app)
    id = alice(app).id
    assert receive(app, mail("Hello,\nplease delete my data.\nAlice")) == "asked: erase"
    [*_, asked] = answers(app)
    assert "not even to say so" in " ".join(text_of(asked).split())
    assert alice(app).id == id, "the sender may be forged"

    had = len(answers(app))
    assert receive_once(app, reply(asked)) == "erased"
    assert len(answers(app)) == had
    with app.store.begin() as tx:
        assert subscribers.find(tx, ALICE) is None
        assert privacy.export(tx, id)["deliveries"] == []
    assert receive(app, mail("delete my data")) == "help"


def test_a_second_yes_after_all_was_deleted_gets_no_letter(app: App) -> None:
    a_subscriber(app)
    notices = []
    for _ in range(2):
        assert receive(app, mail("delete my data")) == "asked: erase"
        notices.append(answers(app)[-1])
    assert receive(app, reply(notices[0])) == "erased"

    had = len(answers(app))
    assert [receive(app, reply(each)) for each in notices] == ["bad token"] * 2
    assert len(answers(app)) == had
    with app.store.begin() as tx:
        assert not outbox.has_sent(tx, [str(each["Message-ID"]) for each in notices])
        assert not outbox.notices_since(tx, ALICE, app.now() - timedelta(days=1))


def leaves(app: App) -> None:
    """Alice leaves by a link."""
    id = alice(app).id
    with app.store.begin() as tx:
        subscribers.stop(tx, id, "unsubscribed", Consent(now=app.now()))


def test_who_left_long_ago_asks_by_mail_and_is_asked_back(app: App) -> None:
    a_subscriber(app)
    leaves(app)
    assert receive(app, mail("resume")) == "asked: return"
    assert alice(app).state is SubscriberState.STOPPED, "the sender may be forged"
    assert receive(app, reply(answers(app)[-1])) == "confirm"
    assert alice(app).state is SubscriberState.ACTIVE

    leaves(app)
    app.now.forward(days=31)  # type: ignore[attr-defined]
    assert receive(app, mail("resume")) == "help"


def test_a_notice_answers_the_mail_that_asked(app: App) -> None:
    a_subscriber(app)
    receive(app, mail("show"))

    shown = answers(app)[-1]
    assert (shown["In-Reply-To"], shown["Auto-Submitted"]) == ("<hers@example.org>", "auto-replied")
    assert "sparse training" in text_of(shown)


def test_a_yes_counts_once(app: App) -> None:
    a_subscriber(app)
    receive(app, mail("add bees"))
    yes = reply(answers(app)[-1])

    assert [receive(app, yes) for _ in range(2)] == ["changed", "bad token"]


def test_the_link_in_a_header_takes_its_subscriber_off_the_list_without_asking(app: App) -> None:
    a_subscriber(app)
    token = app.tokens.make(Purpose.UNSUBSCRIBE, alice(app).id, ALICE, EIGHT)

    robot = mail("", f"unsubscribe {token}", sender="noreply@gmail.test", Precedence="bulk")
    assert receive(app, robot) == "unsubscribed"
    assert alice(app).state is SubscriberState.STOPPED


def test_trying_tells_how_much_it_would_be_and_changes_nothing(app: App) -> None:
    stand: Newsstand = app.source  # type: ignore[assignment]
    stand.lay_out("daily", TUESDAY, paper(1), paper(2, title="On bees", abstract="Bees."))
    runs.collect_only(app, list(app.listings.values()))

    assert receive(app, mail("try sparse training")) == "try"
    told = text_of(answers(app)[-1])
    assert "1 of 2 papers" in " ".join(told.split())
    assert paper(1).title in told


def test_a_query_that_cannot_be_read_is_answered_with_what_is_wrong(app: App) -> None:
    assert receive(app, mail("subscribe title:(bees OR wasps")) == "help"
    assert receive(app, mail("subscribe (bees")) == "help"
    assert "About the mail you sent" in text_of(answers(app)[-1])


def a_paper_waits(app: App) -> None:
    """A paper that Alice, a subscriber, was not mailed yet."""
    a_subscriber(app)
    app.live_profiles.profiles = {"mine": profile("mine", to=ALICE)}  # type: ignore[assignment]
    stand: Newsstand = app.source  # type: ignore[assignment]
    stand.lay_out("daily", TUESDAY, paper(1))
    runs.collect_only(app, list(app.listings.values()))
    app.composer.enrol()


def test_todays_digest_comes_at_once_and_once(app: App) -> None:
    a_paper_waits(app)

    assert receive(app, mail("digest")) == "digest"
    assert receive(app, mail("digest")) == "digest"
    assert sum("List-Id" in notice for notice in answers(app)) == 1


AUTOMATIC = {
    "a vacation": {"Auto_Submitted": "auto-replied"},
    "an old vacation": {"Precedence": "auto_reply"},
    "a mailing list": {"List_Id": "<list.example.org>"},
    "bulk": {"Precedence": "bulk"},
    "an autoresponder": {"X_Autoreply": "yes"},
    "a bounce without a body": {"Return_Path": "<>"},
    "a mail server": {"sender": "MAILER-DAEMON@example.org"},
    "a shop": {"sender": "no-reply@example.org"},
    "ourselves": {"sender": "digest@EXAMPLE.org"},
}


@pytest.mark.parametrize("headers", AUTOMATIC.values(), ids=AUTOMATIC.keys())
def test_programs_and_loops_get_no_answer(app: App, headers: dict[str, str]) -> None:
    assert receive(app, mail("subscribe bees", **headers)) == "automatic"
    assert runs.send_only(app).outcomes == ()


def test_an_address_gets_so_many_answers_a_day_and_no_more(app: App) -> None:
    outcomes = [receive(app, mail("help")) for _ in range(15)]

    assert outcomes == ["help"] * 10 + ["too many"] * 5
    app.now.forward(days=1, minutes=1)  # type: ignore[attr-defined]
    assert receive(app, mail("help")) == "help"


# ── mails that come back ──


def issue_to_alice(app: App) -> str:
    """Mail her an issue and give its Message-ID."""
    a_subscriber(app)
    app.live_profiles.profiles = {"mine": profile("mine", to=ALICE)}  # type: ignore[assignment]
    stand: Newsstand = app.source  # type: ignore[assignment]
    stand.lay_out("daily", TUESDAY, paper(1))
    runs.run(app, list(app.listings.values()))
    return str(answers(app)[-1]["Message-ID"])


def report(id: str, *, status: str = "5.1.1", action: str = "failed", to: str = ALICE) -> bytes:
    """A delivery status notification (RFC 3464)."""
    return f"""From: MAILER-DAEMON@mx.example.net
To: digest@example.org
Subject: Undelivered mail
MIME-Version: 1.0
Content-Type: multipart/report; report-type=delivery-status; boundary="b"

--b
Content-Type: text/plain

Sorry.

--b
Content-Type: message/delivery-status

Reporting-MTA: dns; mx.example.net

Final-Recipient: rfc822; {to}
Action: {action}
Status: {status}

--b
Content-Type: message/rfc822

Message-ID: {id}
To: {to}
Subject: Papers

Body
--b--
""".encode()


COMPLAINT = """From: abuse@mx.example.net
Subject: complaint
MIME-Version: 1.0
Content-Type: multipart/report; report-type=feedback-report; boundary="b"

--b
Content-Type: text/plain

A reader complained.

--b
Content-Type: message/feedback-report

Feedback-Type: abuse
User-Agent: SomeGenerator/1.0
Version: 1

--b
Content-Type: message/rfc822

Message-ID: {id}
Subject: Papers

Body
--b--
"""


def test_a_hard_bounce_is_the_last_mail(app: App) -> None:
    id = issue_to_alice(app)

    assert receive(app, report(id)) == "hard"
    assert (alice(app).state, alice(app).reason) == (SubscriberState.STOPPED, "bounced")


def test_a_soft_bounce_is_only_counted(app: App) -> None:
    id = issue_to_alice(app)

    assert receive(app, report(id, status="4.2.2", action="delayed")) in ("soft", "unproven")
    assert receive(app, report(id, status="5.2.2")) == "soft"
    assert alice(app).state is SubscriberState.ACTIVE


def test_a_refusal_as_spam_speaks_of_the_mail_and_not_of_the_address(app: App) -> None:
    id = issue_to_alice(app)
    said = "Diagnostic-Code: smtp; 550-5.7.1 this message\n 550 5.7.1 has been blocked"

    assert receive(app, report(id, status=f"5.0.0\n{said}")) == "neither"
    assert alice(app).state is SubscriberState.ACTIVE
    assert receive(app, report(id, status="5.0.0\nDiagnostic-Code: smtp; 550 no such")) == "hard"


def test_a_complaint_is_the_last_mail(app: App) -> None:
    id = issue_to_alice(app)

    assert receive(app, COMPLAINT.format(id=id).encode()) == "complaint"
    assert alice(app).reason == "complained"


def test_a_forged_bounce_silences_no_one(app: App) -> None:
    id = issue_to_alice(app)
    forged = f"<{'0' * 32}@example.org>"

    assert receive(app, report(forged)) == "unproven"
    assert receive(app, COMPLAINT.format(id=forged).encode()) == "unproven"
    assert receive(app, report(id, to="somebody@else.example")) == "unproven"
    assert alice(app).state is SubscriberState.ACTIVE


def test_what_a_subscriber_writes_about_a_mail_is_no_report_of_it(app: App) -> None:
    id = issue_to_alice(app)
    words = "Yesterday's digest did not reach me, it could not be found in my inbox"

    assert receive(app, mail(words, "Undelivered digest?", In_Reply_To=id)) == "help"
    left = mail("unsubscribe", "Undelivered digest?", sender="Bob <bob@example.org>")
    assert receive(app, left) != "unproven"
    away = {"Return_Path": "<>", "In_Reply_To": id, "Auto_Submitted": "auto-replied"}
    assert receive(app, mail("Not delivered to me.", "Papers", **away)) == "automatic"
    assert receive(app, mail(words, "Undelivered", sender="postmaster@x.example")) == "unproven"
    assert alice(app).state is SubscriberState.ACTIVE


def test_what_another_writes_about_a_mail_is_soft_unless_it_quotes_it(app: App) -> None:
    id = issue_to_alice(app)
    words = {"subject": "Undelivered mail", "sender": "gateway@example.net", "In_Reply_To": id}

    assert receive(app, mail("User unknown, not delivered", **words)) == "soft"
    assert alice(app).state is SubscriberState.ACTIVE
    quoted = f"User unknown, not delivered\n\n--- Below this line is a copy:\n\nMessage-ID: {id}"
    assert receive(app, mail(quoted.replace("copy:", "copy of the message."), **words)) == "hard"


def test_a_report_that_names_our_address_too_is_about_the_other(app: App) -> None:
    id = issue_to_alice(app)
    body = "news@example.org: not delivered\nto <bob@example.net>: user unknown"
    named = mail(body, "Undelivered mail", sender="MAILER-DAEMON@mx.example.net", In_Reply_To=id)

    app.letterhead = replace(app.letterhead, sender="News <news@example.org>")
    assert receive(app, named) == "unproven"
    assert alice(app).state is SubscriberState.ACTIVE


BOUNCES = "bounce+{token}@example.org"


def test_a_report_is_attributed_by_the_address_it_came_back_to(app: App) -> None:
    """It quotes nothing of the mail, and names the address to which that was forwarded."""
    app.bounces = BOUNCES
    id = issue_to_alice(app)
    post: Postbox = app.sender  # type: ignore[assignment]
    path = post.mails[-1].sender
    forwarded = report("<theirs@mx.example.net>", to="alice@forwarded.example")
    assert path == f"bounce+{id[1:33]}@example.org"

    guessed = b"Delivered-To: bounce+" + b"0" * 32 + b"@example.org\n" + forwarded
    assert receive(app, guessed) == "unproven"
    assert receive(app, forwarded) == "unproven"
    assert alice(app).state is SubscriberState.ACTIVE
    assert receive(app, f"Delivered-To: {path.upper()}\n".encode() + forwarded) == "hard"
    assert (alice(app).state, alice(app).reason) == (SubscriberState.STOPPED, "bounced")


def test_notices_and_repeats_come_back_to_an_address_of_their_own(app: App) -> None:
    app.bounces = BOUNCES
    issue_to_alice(app)
    post: Postbox = app.sender  # type: ignore[assignment]

    assert [m.sender for m in post.mails] == [
        links.return_path(BOUNCES, m.message_id) for m in post.mails
    ]
    assert len({m.sender for m in post.mails}) == len(post.mails)


SAMPLES = os.environ.get("DIGEST_BOUNCES", "")


@pytest.mark.skipif(not SAMPLES, reason="DIGEST_BOUNCES names no source archive of flufl.bounce")
def test_the_public_samples_are_recognised_and_no_one_else_is() -> None:
    """The whole of ``python -m bench bounces``."""
    assert bounces.main([SAMPLES]) == 0
