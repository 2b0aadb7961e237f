"""What answers mean, on the words of real servers."""

from __future__ import annotations

import pytest

from digest.deliver.remedies import remedy_for
from digest.deliver.replies import LOGIN, SENDER, TLS, Reply, refusal
from digest.errors import Meaning, SendError, Stage
from tests.fakes import refused

from ..tables import table

#: An answer at a stage, and what it means.
ANSWERS: list[tuple[Stage, str, Meaning]] = [
    # not now, for this message
    ("rcpt", "450 4.2.0 <a@x.org>: Recipient address rejected: Greylisted", Meaning.LATER),
    ("rcpt", "450 4.7.1 <d@x.org>: Sender address rejected: Greylisted", Meaning.LATER),
    ("rcpt", "451 4.7.1 Please try again in 300 seconds", Meaning.LATER),
    ("rcpt", "452 4.2.2 mailbox full", Meaning.LATER),
    ("rcpt", "452 4.3.1 Insufficient system storage", Meaning.LATER),
    ("mail", "452 4.3.1 Insufficient system storage", Meaning.LATER),
    ("rcpt", "421 4.3.2 Service shutting down", Meaning.LATER),
    ("data", "451 4.3.0 queue file write error", Meaning.LATER),
    ("rcpt", "450 5.1.1 codes that contradict each other count as the milder", Meaning.LATER),
    ("rcpt", "450 4.2.1 The user you are trying to contact is receiving mail too quickly",
     Meaning.LATER),
    ("rcpt", "550 5.2.1 The user you are trying to contact is receiving mail at a rate that"
             " prevents additional messages from being delivered", Meaning.LATER),
    ("data", "250 what", Meaning.LATER),
    ("rcpt", "0 the server hung up", Meaning.LATER),
    # too many, too fast
    ("rcpt", "421 4.7.28 our systems have detected an unusual rate", Meaning.SLOWER),
    ("rcpt", "452 4.5.3 Too many recipients", Meaning.SLOWER),
    ("mail", "454 Throttling failure: Maximum sending rate exceeded.", Meaning.SLOWER),
    ("mail", "454 Throttling failure: Daily message quota exceeded.", Meaning.SLOWER),
    ("data", "451 4.7.500 Server busy. Slow down", Meaning.SLOWER),
    ("rcpt", "421 too many connections from your address", Meaning.SLOWER),
    ("data", "550 5.4.5 Daily user sending limit exceeded", Meaning.SLOWER),
    ("data", "550 5.7.1 Daily SMTP relay limit exceeded for user", Meaning.SLOWER),
    ("data", "550 5.1.90 Your message can't be sent because you've reached your daily limit",
     Meaning.SLOWER),
    ("rcpt", "550 Domain frequency limited", Meaning.SLOWER),
    # the address
    ("rcpt", "550 5.1.1 User unknown", Meaning.ADDRESS),
    ("rcpt", "550 5.1.1 nobody here; the sender was told", Meaning.ADDRESS),
    ("rcpt", "553 5.1.3 bad address syntax", Meaning.ADDRESS),
    ("rcpt", "556 5.1.10 recipient address has null MX", Meaning.ADDRESS),
    ("rcpt", "550 5.2.1 mailbox disabled", Meaning.ADDRESS),
    ("rcpt", "550 <relay-sender-login@x.org>: (#5.1.1)", Meaning.ADDRESS),
    # the message
    ("rcpt", "550 no enhanced code, so nobody is struck off for it", Meaning.MESSAGE),
    ("rcpt", "552 5.2.2 mailbox full", Meaning.MESSAGE),
    ("rcpt", "550 5.1.1 mailbox is full", Meaning.MESSAGE),
    ("rcpt", "550 5.2.1 mailbox over its limit", Meaning.MESSAGE),
    ("rcpt", "550 5.1.1 <a@example.net>: over quota", Meaning.MESSAGE),
    ("rcpt", "550 5.1.1 user unknown, try again in 5 minutes", Meaning.MESSAGE),
    ("rcpt", "552 5.2.2 over quota, sender will be notified", Meaning.MESSAGE),
    ("rcpt", "550 <sender@relay.example>: unavailable", Meaning.MESSAGE),
    ("data", "554 5.7.1 message looks like spam", Meaning.MESSAGE),
    ("data", "550 spam message rejected. Please visit http://help.example.org/notspam",
     Meaning.MESSAGE),
    ("data", "552 5.3.4 message too big", Meaning.MESSAGE),
    ("mail", "552 5.3.4 Message size exceeds fixed limit", Meaning.MESSAGE),
    ("mail", "552 Message size exceeds maximum permitted", Meaning.MESSAGE),
    ("mail", "554 5.6.0 no such content", Meaning.MESSAGE),
    ("data", "552 5.7.0 This message was blocked because its content presents a potential"
             " security issue", Meaning.MESSAGE),
    ("data", "554 too many messages about experts in it", Meaning.MESSAGE),
    ("rcpt", "550 5.7.1 see http://192.0.2.1.1.1 for more", Meaning.MESSAGE),
    # the login
    ("rcpt", "530 5.7.0 Authentication required", Meaning.LOGIN),
    ("mail", "530 5.7.0 Must issue a STARTTLS command first", Meaning.LOGIN),
    ("data", "530 5.7.57 Client not authenticated to send mail", Meaning.LOGIN),
    ("mail", "503 Error: need EHLO and AUTH first !", Meaning.LOGIN),
    ("mail", "535 5.7.8 Error: authentication failed", Meaning.LOGIN),
    ("login", "535 Login fail. Authorization code is expired", Meaning.LOGIN),
    ("login", "535 5.7.139 Authentication unsuccessful, basic authentication is disabled.",
     Meaning.LOGIN),
    ("login", "534 5.7.9 Application-specific password required.", Meaning.LOGIN),
    ("login", "526 Authentication failure[0]", Meaning.LOGIN),
    ("login", "454 4.7.0 Temporary authentication failure", Meaning.RELAY),
    ("login", "421 4.7.0 Too many login attempts", Meaning.RELAY),
    ("connect", "554 5.7.1 not you", Meaning.RELAY),
    ("connect", "421 4.3.2 too busy", Meaning.RELAY),
    ("rcpt", "550 5.2.1 邮箱已满", Meaning.MESSAGE),
    ("rcpt", "550 5.1.1 recipient's mailbox is at capacity", Meaning.MESSAGE),
    ("dot", "451 4.7.500 Server busy. Please try again later", Meaning.SLOWER),  # Exchange
    ("dot", "550 5.4.6 Unusual sending activity detected", Meaning.SENDER),  # Zoho
    ("dot", "451 Authentication failed: Maximum credits exceeded", Meaning.SLOWER),  # SendGrid
    ("mail", "451 4.7.1 Sender address rejected: Address verification in progress", Meaning.LATER),
]  # fmt: skip

#: What providers say of a sender that is not ours, not verified, not allowed or not trusted.
OF_THE_SENDER = [
    "501 Mail from address must be same as authorization user.",  # QQ
    "501 mail from address must be same as authorization user",  # Tencent Exmail
    "550 User has no permission",  # 163
    "553 Mail from must equal authorized user",  # 163, 126
    "553 Envolope sender mismatch with login user..",  # Sina
    "440 mail from account doesn't conform with authentication (Auth Account:a)",  # Aliyun
    "553 authentication is required",  # 163
    "553 Relaying disallowed as digest@example.org",  # Zoho
    "553 Sender is not allowed to relay emails",  # Zoho
    "550 5.4.6 Unusual sending activity detected: your account is suspended",  # Zoho
    "550 5.7.0 From address is not one of your addresses",  # iCloud
    "550 5.7.60 SMTP; Client does not have permissions to send as this sender",  # Exchange
    "554 5.2.252 SendAsDenied; digest@example.org not allowed to send as other@example.org",
    "554 5.2.0 STOREDRV.Submission.Exception:SendAsDeniedException.MapiExceptionSendAsDenied",
    "550 5.7.64 TenantAttribution; Relay Access Denied",  # Exchange
    "550 5.7.57 SMTP; Client was not authenticated to send anonymous mail",  # Exchange
    "550 5.7.708 Access denied, traffic not accepted from this IP",  # Exchange
    "550 5.7.750 Service unavailable. Client blocked from sending",  # Exchange
    "550 5.7.515 Access denied, sending domain does not meet the required level",  # Outlook
    "550 5.7.509 Access denied, domain does not pass DMARC verification",  # Outlook
    "550 5.7.606 Access denied, banned sending IP",  # Outlook
    "550 The from address does not match a verified Sender Identity.",  # SendGrid
    "550 Unauthenticated senders not allowed",  # SendGrid
    "554 Message rejected: Email address is not verified. The following identities failed",  # SES
    "554 Access denied: User is not authorized to perform ses:SendRawEmail",  # SES
    "550 5.7.1 The 'From' address you supplied is not a Sender Signature on your account",
    "550 5.7.0 Sandbox subdomains are for test purposes only",  # Mailgun
    "550 5.7.1 Unconfigured Sending Domain <example.org>",  # SparkPost
    "525 5.7.1 Unauthorized IP address",  # Brevo
    "550 The example.org domain is not verified",  # Resend
    "550 5.1.0 Sender address not validated",  # Mailjet
    "553 5.7.1 <d@x.org>: Sender address rejected: not owned by user d@y.org",  # Postfix
    "553 5.7.1 <d@x.org>: Sender address rejected: not logged in",  # Postfix
    "550 5.1.0 <d@x.org>: Sender address rejected: User unknown in virtual mailbox table",
    "550 5.1.1 <d@x.org>: Sender address rejected: undeliverable address",  # Postfix
    "450 4.1.8 <d@x.org>: Sender address rejected: Domain not found",  # Postfix
    "554 5.7.1 <a@y.org>: Relay access denied",  # Postfix
    "454 4.7.1 <a@y.org>: Relay access denied",  # Postfix
    "554 5.7.1 <unknown[192.0.2.1]>: Client host rejected: Access denied",  # Postfix
    "504 5.5.2 <box>: Helo command rejected: need fully-qualified hostname",  # Postfix
    "550 5.7.23 <a@y.org>: Recipient address rejected: Message rejected due to: SPF fail",
    "550 Sender verify failed",  # Exim
    "550 relay not permitted",  # Exim
    "550 5.7.1 Unable to relay",  # Exchange
    "550 Requested action not taken: Sender address is not allowed.",  # IONOS
    "551 5.7.1 Not authorised to send from this header address",  # Fastmail
    "550 not local sender over smtp",  # Mail.ru
    "550 5.7.1 Sender not allowed",
    "550 5.1.8 sender rejected: bad sender's system address",
    "550 5.1.7 bad sender address syntax",
    "550 5.7.26 this mail is unauthenticated",  # Gmail, and the next ones
    "421 4.7.26 this mail is unauthenticated",
    "550 5.7.27 SPF did not pass",
    "550 5.7.30 DKIM did not pass",
    "550 5.7.29 this message was not sent over a TLS connection",
    "550 5.7.25 the sending IP has no PTR record",
    "550 5.7.32 the From: header is not aligned",
    "550 5.7.0 Mail relay denied [192.0.2.1]",
    "550 5.7.0 Mail Sending denied: the account is disabled or not registered",
    "550 5.7.1 Invalid credentials for relay [192.0.2.1]",
    "550 5.7.1 [192.0.2.1] The IP you're using to send mail is not authorized to send directly",
    "550 5.7.1 unsolicited mail originating from your IP address",
    "554 5.7.9 This mail has been blocked because the sender is unauthenticated",  # Yahoo
    "554 5.7.1 Service unavailable; Client host blocked using zen.spamhaus.org",
    "554 5.7.1 The sending domain has a poor reputation",
    "550 JunkMail rejected - host is in an RBL, on a blacklist",
    "550 5.7.0 Auth required",
    "553 sorry, that domain isn't in my list of allowed rcpthosts (#5.7.1)",  # qmail
    "550 message sending for <d@x.org> is disabled for this account",
    "550 发件人地址未授权",
    "550 адрес отправителя отклонён",
]

#: Refusals of MAIL that say nothing of why.
AT_MAIL = ["550 no", "553 5.1.1 unknown", "500 what", "555 5.5.4 unsupported", "571 5.7.1 no"]


def test_an_answer_says_whose_trouble_it_is() -> None:
    for stage, said, expected in ANSWERS:
        error = refused(said, stage)
        assert error.meaning is expected, said
        is_permanent = expected in (Meaning.ADDRESS, Meaning.MESSAGE)
        assert error.is_permanent is is_permanent, said


@pytest.mark.parametrize("stage", ["mail", "rcpt", "data"])
def test_a_refused_sender_is_known_wherever_the_server_says_it(stage: Stage) -> None:
    for said in OF_THE_SENDER:
        error = refused(said, stage)
        assert (error.meaning, error.setting, error.stage) == (Meaning.SENDER, SENDER, stage), said
        todo = remedy_for(said.lower())
        assert str(error) == f"mail.from: {said}" + f": {todo}" * bool(todo)


@table("said", AT_MAIL)
def test_what_is_refused_at_mail_is_the_sender(said: str) -> None:
    assert refused(said, "mail").meaning is Meaning.SENDER
    assert refused(said, "rcpt").meaning is not Meaning.SENDER


def test_a_refused_login_names_the_setting() -> None:
    assert refused("535 5.7.8 no", "login").setting == LOGIN
    assert refused("530 5.7.0 Authentication required").setting == LOGIN
    assert refused("530 5.7.0 Must issue a STARTTLS command first", "mail").setting == TLS
    assert refused("530 5.7.0 Authentication required").stage == "login"


def test_an_error_says_where_and_what_in_one_line() -> None:
    error = refusal(Reply(535, "5.7.8 no"), "login", "relay.example:587")

    assert error.reason == "relay.example:587: 535 5.7.8 no"
    assert str(error) == f"{LOGIN}: {error.reason}"
    assert str(SendError("a bare LF", Meaning.MESSAGE, stage="mail")) == "a bare LF"


def test_an_answer_of_any_length_is_read_in_one_pass() -> None:
    long = "5." * 500_000 + " " + "sender " * 3
    assert refusal(Reply(550, long), "rcpt").meaning is Meaning.SENDER
    assert refusal(Reply(550, "1." * 500_000), "rcpt").meaning is Meaning.MESSAGE


def test_a_mail_that_is_taken_for_spam_names_what_to_look_after() -> None:
    error = refusal(Reply(550, "spam message rejected"), "data")
    assert (error.meaning, error.setting) == (Meaning.MESSAGE, "")
    assert error.reason.endswith("of mail.from; then digest outbox retry ID")


#: enhanced codes after their first digit, and what a bare 5xx with each means for a recipient
CODES = [
    *((code, Meaning.ADDRESS) for code in ("1.1", "1.2", "1.3", "1.6", "1.10", "2.1")),
    *((code, Meaning.SENDER) for code in ("1.7", "1.8", "1.20", "2.252")),
    *(
        (f"7.{detail}", Meaning.SENDER)
        for detail in (
            *(3, 8, 13, 14, 20, 27, 29, 30, 32, 40, 57, 60, 64),
            *(500, 515, 606, 649, 700, 750),
        )
    ),
    *((code, Meaning.SLOWER) for code in ("4.5", "5.3", "7.28", "1.90")),
    *(
        (code, Meaning.MESSAGE)
        for code in (
            *("1.0", "1.4", "1.5", "1.9", "2.0", "2.2", "2.251", "2.253", "3.4", "4.4", "5.2"),
            *("7.2", "7.4", "7.9", "7.12", "7.15", "7.19", "7.31", "7.39", "7.41", "7.56"),
            *("7.58", "7.59", "7.61", "7.63", "7.65", "7.499", "7.516", "7.605", "7.650"),
            *("7.699", "7.751"),
        )
    ),
]


@table("code means", CODES)
def test_an_enhanced_code_says_whose_trouble_it_is(code: str, means: Meaning) -> None:
    assert refusal(Reply(550, f"5.{code} no"), "rcpt").meaning is means
    later = means if means in (Meaning.SENDER, Meaning.SLOWER) else Meaning.LATER
    assert refusal(Reply(450, f"4.{code} no"), "rcpt").meaning is later
    assert refusal(Reply(550, f"4.{code} no"), "rcpt").meaning is Meaning.MESSAGE


@table(
    "code means",
    [
        ("3.4", Meaning.MESSAGE),
        ("2.3", Meaning.MESSAGE),
        ("6.0", Meaning.MESSAGE),
        ("3.3", Meaning.SENDER),
        ("2.4", Meaning.SENDER),
        ("5.0", Meaning.SENDER),
    ],
)
def test_before_the_recipient_a_refusal_is_of_the_content_or_the_sender(
    code: str, means: Meaning
) -> None:
    assert refusal(Reply(552, f"5.{code} no"), "mail").meaning is means


@table(
    "text means",
    [
        ("no 5.1.1", Meaning.ADDRESS),
        ("(5.1.1)", Meaning.ADDRESS),
        ("4.1.1 5.1.1", Meaning.ADDRESS),
        ("5.1", Meaning.MESSAGE),
        ("5.1.1.1", Meaning.MESSAGE),
        ("5.1.1111", Meaning.MESSAGE),
        ("5..1", Meaning.MESSAGE),
        ("5.1.001", Meaning.ADDRESS),
    ],
)
def test_the_first_enhanced_code_of_its_class_counts(text: str, means: Meaning) -> None:
    assert refusal(Reply(550, text), "rcpt").meaning is means


def test_a_reason_is_the_answer_with_its_place() -> None:
    assert refusal(Reply(0, "silence"), "data").reason == "silence"
    assert refusal(Reply(250, "ok"), "data").reason == "unexpected answer: 250 ok"
    assert refusal(Reply(399, "no"), "data").reason == "unexpected answer: 399 no"
    assert refusal(Reply(400, "no"), "data", "x:25").reason == "x:25: 400 no"
    assert refusal(Reply(599, "no"), "rcpt").reason == "599 no"
    assert str(Reply(250, "")) == "250"
    assert refusal(Reply(500, "no"), "login").meaning is Meaning.LOGIN
    assert refusal(Reply(499, "no"), "login").meaning is Meaning.RELAY
    assert refusal(Reply(530, "Must issue a STARTTLS first"), "mail").setting == TLS
    for code in (529, 530, 531, 533, 534, 535, 536, 537, 538, 539):
        is_login = refusal(Reply(code, "no"), "rcpt").meaning is Meaning.LOGIN
        assert is_login is (code in (530, 534, 535, 538)), code
    assert refusal(Reply(503, "login first"), "mail").stage == "login"
    assert refusal(Reply(503, "bad sequence"), "rcpt").meaning is Meaning.MESSAGE
