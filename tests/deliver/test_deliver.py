"""What holds where the operator writes nothing about the relay, and which sender is taken."""

from __future__ import annotations

import pytest

from digest.deliver import MailSettings, OutgoingMessage, SmtpSettings, send_each, sender
from digest.deliver.chat import Chat
from digest.deliver.folder import Folder
from digest.deliver.smtp import Smtp
from digest.errors import Meaning, SendError
from digest.model import Message

from ..messages import mail, nothing

RELAY = SmtpSettings(host="mail.example.org")


def test_a_relay_of_which_only_the_host_is_named_has_these_settings() -> None:
    assert (RELAY.port, RELAY.tls, RELAY.timeout, RELAY.patience) == (587, "starttls", 60, 300)
    assert (RELAY.user, RELAY.password, RELAY.oauth2, RELAY.ca, RELAY.helo) == ("",) * 5
    assert RELAY.connections == 1
    assert (RELAY.per_connection, RELAY.per_minute, RELAY.per_day) == (0, 0, 0)
    assert "geheim" not in repr(SmtpSettings(host="x", password="geheim"))
    assert "geheim" not in repr(MailSettings(sender="chat", chat="discord://geheim"))


def test_limits_and_waits_are_those_of_the_way_that_is_taken() -> None:
    relay = SmtpSettings(host="mail.example.org", user="me", per_day=500, timeout=600, patience=700)
    by_relay = MailSettings(sender="smtp", smtp=relay, chat="discord://a/b")
    by_folder = MailSettings(sender="folder", folder="mails", smtp=relay)
    by_chat = MailSettings(sender="chat", chat="discord://a/b")
    unknown = MailSettings(sender="chat", chat="carrier-pigeon://a")

    assert [each.per_day for each in (by_relay, by_folder, by_chat)] == [500, 0, 0]
    assert [each.longest_wait for each in (by_relay, by_chat)] == [1300, 0]
    assert [each.post_size for each in (by_relay, by_folder, by_chat, unknown)] == [0, 0, 2000, 0]
    assert [list(each.servers) for each in (by_relay, by_chat)] == [["mail.smtp"], []]
    assert relay.account == "relay me@mail.example.org:587"


class Posts:
    """No post is out yet."""

    def posted(self, message_id: str) -> int:
        return 0

    def keep(self, message_id: str, number: int) -> None:
        raise NotImplementedError


def test_the_sender_is_the_one_that_is_configured() -> None:
    assert isinstance(sender(MailSettings(sender="folder", folder="mails")), Folder)
    with pytest.raises(SendError, match="no relay is named") as caught:
        sender(MailSettings(sender="smtp"))
    assert (caught.value.meaning, caught.value.setting) == (Meaning.LOGIN, "mail.smtp")
    assert isinstance(sender(MailSettings(sender="chat", chat="json://a"), Posts()), Chat)
    by_relay = sender(MailSettings(sender="smtp", smtp=RELAY))
    assert isinstance(by_relay, Smtp)
    by_relay.close()


def test_each_message_is_settled_with_what_became_of_it_and_the_next_is_sent() -> None:
    class Halves:
        """A sender that takes every second message."""

        taken = 0

        def __call__(self, mail: Message, *, before_dot: object) -> None:
            self.taken += 1
            if self.taken == 2:
                raise refused

        def send_all(self, messages: object) -> None:
            raise NotImplementedError

        def close(self) -> None:
            raise NotImplementedError

    refused = SendError("no", Meaning.MESSAGE)
    settled: list[Exception | None] = []
    send_each(Halves(), [OutgoingMessage(mail(n), nothing, settled.append) for n in range(3)])

    assert settled == [None, refused, None]
