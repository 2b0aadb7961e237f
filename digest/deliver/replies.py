"""Decide what a server's answer means for the message, the subscriber, the relay or the operator.

Works on codes and texts only.  Enhanced codes are those of RFC 3463, RFC 5248 and RFC 7372; for
Gmail's see https://support.google.com/a/answer/3726730, for Exchange's
https://learn.microsoft.com/exchange/mail-flow/non-delivery-reports.

An answer is text from outside: it is searched for fixed phrases, in one pass each, and never by a
regular expression that could backtrack.
"""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from ..errors import OF_THE_SET_UP, Meaning, SendError, Stage
from .remedies import remedy_for


@dataclass(frozen=True, slots=True)
class Reply:
    """What the server said: a three-digit code, 0 for silence, and one line of printable text."""

    code: int
    text: str

    def __str__(self) -> str:
        return f"{self.code} {self.text}".strip()


#: The configuration keys that the operator has to check.
LOGIN, SENDER, TLS = "mail.smtp.user and mail.smtp.password", "mail.from", "mail.smtp.tls"

#: RFC 4954 §6: the relay wants a login, or a better one, whatever the command was
_LOGIN_CODES = frozenset({530, 534, 535, 538})

#: The address codes (RFC 3463 §3.2) that concern the recipient alone, and 5.2.1, a closed mailbox.
_UNKNOWN_ADDRESS = frozenset({(1, 1), (1, 2), (1, 3), (1, 6), (1, 10), (2, 1)})

#: Codes that concern us: the sender's address (RFC 3463 §3.2), "send as" in an Exchange mailbox;
#: login, relaying and permission (RFC 5248, Exchange); SPF, DKIM, reverse DNS (RFC 7372), DMARC,
#: TLS and alignment (Gmail); a domain, network or tenant that is blocked (Exchange).
_OUR_FAULT = frozenset(
    {(1, 7), (1, 8), (1, 20), (2, 252)}
    | {(7, detail) for detail in (3, 8, 13, 14, *range(20, 28), 29, 30, 32, 40, 57, 60, 64)}
    | {(7, detail) for detail in (*range(500, 516), *range(606, 650), *range(700, 751))}
)

#: Gmail's 550 5.4.5 and 452 4.5.3, its 421 4.7.28, Exchange's 5.1.90: limits, whatever the first
#: digit says.
_LIMITS = frozenset({(4, 5), (5, 3), (7, 28), (1, 90)})

#: 5.3.4 and 5.2.3: this message is too large; 5.6.x, below, is about its content.
_TOO_LARGE = frozenset({(3, 4), (2, 3)})

#: The subscriber gets too much mail from all senders: mail to others need not wait.
_CROWDED = ("receiving mail at a rate", "receiving email at a rate", "receiving mail too quickly")

#: A limit on our own sending, even if the server calls the refusal permanent.
_LIMITED = (
    "sending limit", "sending quota", "sending rate", "daily limit", "daily quota",
    "daily message quota", "daily message limit", "rate limit", "ratelimit", "rate-limit",
    "relay limit", "frequency limit", "email quota exceeded", "maximum credits", "daily messages",
)  # fmt: skip

#: The same in words that mean it only in a temporary refusal.
_TOO_FAST = (
    *_LIMITED, "throttl", "slow down", "too many messages", "too many mails",
    "too many connections", "too many recipients", "too many requests", "too fast", "too quickly",
    "server busy",
)  # fmt: skip

#: "Not now", which outweighs ``_OF_THE_SENDER`` in a temporary refusal.
_NOT_NOW = (
    "greylist",
    "graylist",
    "grey list",
    "gray list",
    "try again",
    "try later",
    "temporar",
    "in progress",
)

#: The mailbox is full, so the address exists, whatever the code says.
_FULL = (
    "quota", "mailbox full", "mailbox is full", "inbox full", "inbox is full", "mbox full",
    "over limit", "over its", "mailbox size", "mailbox limit", "maximum allowed size",
    "out of storage", "out of space", "insufficient storage", "capacity", "storage", "is full",
    "ist voll", "überfüllt", "pleine", "saturée", "llena", "lleno", "piena", "cheia", "заполнен",
    "переполнен", "dolu", "满", "滿", "いっぱい", "満杯", "가득",
)  # fmt: skip

#: About the sender's address or relaying, whatever the code says: Postfix uses 5.1.1 for them too.
_OF_THE_SENDER = (
    "sender address", "sender rejected", "sender denied", "sender verify", "sender identity",
    "sender mismatch", "sender signature", "envelope sender", "envolope sender", "from address",
    "mail from", "'from'", "from:", "from header", "header from", "from domain", "sendasdenied",
    "send as", "sending as", "sending domain", "this sender", "local sender", "not verified",
    "verified sender", "client host rejected", "helo command rejected", "relay access",
    "relaying", "relay denied", "to relay", "for relay", "message sending for", "rcpthosts",
    "auth required", "发件人", "发信人", "寄件者", "寄件人", "送信者", "送信元", "발신자",
    "보낸 사람", "expéditeur", "remitente", "remetente", "mittente",
    "afzender", "avsändare", "отправител", "відправник",
)  # fmt: skip

#: About our reputation or account, if the code does not concern the recipient.
_OF_TRUST = (
    "sender", "authenti", "authori", "credential", "permission", "not permitted", "not allowed to",
    "login", "logged in", "log in", "sign in", "spf", "dkim", "dmarc", "reverse dns", "rdns",
    "reverse host", "ptr record", "helo", "ehlo", "blocklist", "block list", "blacklist",
    "black list", "blocked using", "dnsbl", " rbl", "spamhaus", "reputation", "your ip",
    "sending ip", "client ip", "ip address", "your domain", "your account", "account disabled",
    "account suspended", "account is suspended", "account is disabled", "banned", "relay",
    "sandbox", "unverified", "encryption", "sending activity",
)  # fmt: skip


def refusal(answer: Reply, stage: Stage, place: str = "") -> SendError:
    """Return the error of a negative or missing answer; ``place`` is put before the reason.

    An answer that is neither 4xx nor 5xx is a server's error, to be tried again.
    """
    plain_text = _plain(answer.text)
    means = _meaning(answer, plain_text, stage)
    reason = str(answer) if answer.code else answer.text
    if answer.code and answer.code // 100 not in (4, 5):
        reason = f"unexpected answer: {reason}"
    if means in OF_THE_SET_UP or means in (Meaning.SLOWER, Meaning.MESSAGE):
        todo = remedy_for(plain_text)
        reason = f"{reason}: {todo}" if todo else reason
    return SendError(
        f"{place}: {reason}" if place else reason,
        means,
        stage="login" if means is Meaning.LOGIN else stage,
        code=answer.code,
        setting=_setting(means, plain_text),
    )


def _setting(means: Meaning, plain_text: str) -> str:
    if means is Meaning.LOGIN:
        return TLS if "starttls" in plain_text else LOGIN
    return SENDER if means is Meaning.SENDER else ""


def _meaning(answer: Reply, plain_text: str, stage: Stage) -> Meaning:
    if stage == "connect":
        return Meaning.RELAY
    if stage == "login":
        return Meaning.LOGIN if answer.code >= 500 else Meaning.RELAY
    if _wants_login(answer.code, plain_text):
        return Meaning.LOGIN
    status = _status(answer)
    if answer.code // 100 == 5:
        return _for_good(status, plain_text, stage)
    return _for_now(status, plain_text)


def _wants_login(code: int, plain_text: str) -> bool:
    """Return whether the relay wants a login; many say 503 to a command before the login."""
    return code in _LOGIN_CODES or (code == 503 and _has(plain_text, ("auth", "login")))


def _for_now(status: tuple[int, int] | None, plain_text: str) -> Meaning:
    """Return the meaning of a 4xx, a silence, or an unexpected answer."""
    if _has(plain_text, _CROWDED):
        return Meaning.LATER
    if status in _LIMITS or _has(plain_text, _TOO_FAST):
        return Meaning.SLOWER
    if status in _OUR_FAULT or (
        _has(plain_text, _OF_THE_SENDER) and not _has(plain_text, _NOT_NOW)
    ):
        return Meaning.SENDER
    return Meaning.LATER


def _for_good(status: tuple[int, int] | None, plain_text: str, stage: Stage) -> Meaning:
    """Return the meaning of a 5xx."""
    if _has(plain_text, _CROWDED):
        return Meaning.LATER
    if status in _LIMITS or _has(plain_text, _LIMITED):
        return Meaning.SLOWER
    if _is_our_fault(status, plain_text):
        return Meaning.SENDER
    if stage == "mail":
        # The server does not know the recipient yet, and of the message only the size.
        return Meaning.MESSAGE if _is_of_content(status, plain_text) else Meaning.SENDER
    is_address = status in _UNKNOWN_ADDRESS and not _has(plain_text, (*_FULL, *_NOT_NOW))
    return Meaning.ADDRESS if is_address else Meaning.MESSAGE


def _is_our_fault(status: tuple[int, int] | None, plain_text: str) -> bool:
    if status in _OUR_FAULT or _has(plain_text, _OF_THE_SENDER):
        return True
    is_of_the_recipient = status is not None and status[0] in (1, 2)
    return not is_of_the_recipient and _has(plain_text, _OF_TRUST)


def _is_of_content(status: tuple[int, int] | None, plain_text: str) -> bool:
    is_coded = status is not None and (status in _TOO_LARGE or status[0] == 6)
    return is_coded or _has(plain_text, ("too large", "too big", "size", "exceeds"))


def _has(plain_text: str, phrases: Iterable[str]) -> bool:
    return any(phrase in plain_text for phrase in phrases)


def _plain(text: str) -> str:
    """Return the words in lower case, without addresses, because these may contain any words."""
    return " ".join(word for word in text.lower().split() if "@" not in word)


def _status(answer: Reply) -> tuple[int, int] | None:
    """Return subject and detail of the first enhanced code that fits the code's own class."""
    numbers = "".join(c if c in "0123456789." else " " for c in answer.text)
    for word in numbers.split():
        parts = word.strip(".").split(".")
        is_code = len(parts) == 3 and all(0 < len(part) <= 3 for part in parts)
        if is_code and int(parts[0]) == answer.code // 100:
            return int(parts[1]), int(parts[2])
    return None
