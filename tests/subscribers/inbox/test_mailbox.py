"""A mailbox over IMAP: emptied, each message handled once, whatever breaks."""

from __future__ import annotations

import signal
import sys
from dataclasses import replace
from pathlib import Path

import pytest

from digest.app import App
from digest.config import load
from digest.errors import ConfigError, InboxError
from digest.model import SubscriberState
from digest.pipeline import runs
from digest.service.tick import tick
from digest.store import Store, inbound, privacy, subscribers
from digest.subscribers.inbox import Mailbox, MailboxSettings, mailbox, receive
from digest.subscribers.inbox.incoming import read
from digest.subscribers.inbox.mailbox import empty

from ... import processes
from ...apps import ALICE, app_of, profile
from ...cli.test_cli import CONFIG, Workspace, workspace
from ...databases import both
from ...extent import IS_WHOLE, pairs
from ...factories import EIGHT, TUESDAY, listing, paper
from ...fakes import Clock, Newsstand, Postbox
from ...imap import PASSWORD, USER, Account, imap
from ...servers import Authority
from ...waits import HUNG
from ..test_requests import HEAD
from .test_receive import mail, report

__all__ = ["workspace"]


def settings_for(account: Account, **fields: object) -> MailboxSettings:
    plain = MailboxSettings(
        host="127.0.0.1", port=account.port, tls="none", user=USER, password=PASSWORD, timeout=HUNG
    )
    return replace(plain, **fields)  # type: ignore[arg-type]


@pytest.fixture
def app(store: Store) -> App:
    return app_of(
        store, profile("bobs", to="bob@example.org"), listings=[listing()], letterhead=HEAD
    )


def wish(number: int, words: str = "help") -> bytes:
    """A mail of a subscriber's own."""
    sender = f"reader{number}@example.org"
    return mail(words, sender=sender).replace(b"<hers@", f"<mail{number}@".encode())


def answers(app: App) -> list[str]:
    """To whom notices went."""
    runs.send_only(app)
    post: Postbox = app.sender  # type: ignore[assignment]
    return [each.recipient for each in post.mails]


def places(account: Account) -> dict[str, int]:
    return {name: len(folder) for name, folder in account.folders.items()}


def test_a_mailbox_is_emptied_and_every_message_answered(app: App) -> None:
    account = Account()
    account.put(wish(1), wish(2), mail("subscribe bees"))
    with imap(account):
        assert empty(app, settings_for(account)) == ["help", "help", "subscribe"]
        assert empty(app, settings_for(account)) == []

    assert places(account) == {"INBOX": 0, "digest-done": 3, "digest-aside": 0}
    assert answers(app) == ["reader1@example.org", "reader2@example.org", ALICE]


def test_a_server_that_cannot_move_is_copied_and_deleted_from(app: App) -> None:
    account = Account(can_move=False)
    account.put(wish(1), wish(2))
    with imap(account):
        empty(app, settings_for(account))

    assert places(account) == {"INBOX": 0, "digest-done": 2, "digest-aside": 0}


@pytest.mark.parametrize(
    ("database", "fault"),
    pairs(
        [
            *((verb, "drop") for verb in ("CAPABILITY", "LOGIN", "LIST", "SELECT", "SEARCH")),
            *((verb, "no") for verb in ("LOGIN", "SELECT", "SEARCH")),
        ]
    ),
    indirect=["database"],
)
def test_what_breaks_before_a_message_leaves_it_there(app: App, fault: tuple[str, str]) -> None:
    verb, how = fault
    account = Account(faults={verb: (how, 1 if verb != "CAPABILITY" else 2)})
    account.put(wish(1))
    with imap(account):
        with pytest.raises(InboxError, match=r"127\.0\.0\.1"):
            empty(app, settings_for(account))
        assert places(account)["INBOX"] == 1
        assert empty(app, settings_for(account)) == ["help"]

    assert answers(app) == ["reader1@example.org"]


VERBS = {"FETCH": True, "MOVE": True, "COPY": False, "EXPUNGE": False}
BREAKS = [(verb, number) for number in (1, 2, 3) for verb in VERBS]


@pytest.mark.parametrize(
    ("database", "at"), pairs(BREAKS if IS_WHOLE else BREAKS[::-1][::2]), indirect=["database"]
)
def test_a_line_that_breaks_at_any_message_repeats_none(app: App, at: tuple[str, int]) -> None:
    verb, number = at
    account = Account(faults={verb: ("drop", number)}, can_move=VERBS[verb])
    account.put(*(wish(n) for n in range(3)))
    with imap(account):
        with pytest.raises(InboxError):
            empty(app, settings_for(account))
        empty(app, settings_for(account))

    assert places(account)["INBOX"] == 0
    assert sorted(answers(app)) == [f"reader{n}@example.org" for n in range(3)]


@pytest.mark.parametrize("how", ["hang", "drip"])
def test_a_server_that_does_not_answer_is_left_in_time(app: App, how: str) -> None:
    account = Account(faults={"SEARCH": (how, 0)})
    with imap(account), pytest.raises(InboxError):
        empty(app, settings_for(account, timeout=0.3))


def test_a_wrong_password_is_named_and_not_told(app: App) -> None:
    account = Account()
    with imap(account), pytest.raises(InboxError, match="AUTHENTICATIONFAILED") as caught:
        empty(app, settings_for(account, password="not it, indeed"))
    assert (caught.value.setting, caught.value.is_misconfigured) == ("inbox.password", True)
    assert "indeed" not in str(caught.value)


def test_a_password_beyond_ascii_lets_us_in(app: App) -> None:
    account = Account(password="grüße, мох")
    account.put(wish(1))
    with imap(account):
        assert empty(app, settings_for(account, password=account.password)) == ["help"]
        with pytest.raises(InboxError, match="AUTHENTICATIONFAILED"):
            empty(app, settings_for(account, password="größe"))


@pytest.mark.parametrize(
    ("character", "name"),
    [("\n", "a line end"), ("\r", "a carriage return"), ("\0", "a null character"),
     ("\u200b", "a zero width space"), ("\xa0", "a no-break space"), ("\udce9", "not UTF-8")],
)  # fmt: skip
def test_an_odd_character_in_the_password_is_named_and_no_server_asked(
    app: App, character: str, name: str
) -> None:
    account = Account()
    with imap(account), pytest.raises(InboxError, match=name) as caught:
        empty(app, settings_for(account, password=f"abcd{character}"))
    assert str(caught.value).startswith("inbox.password: ")
    assert str(caught.value).isprintable()
    assert "abcd" not in str(caught.value)
    assert account.times == {}


@pytest.mark.parametrize(("tls", "is_tls"), [("tls", True), ("starttls", False)])
def test_a_certificate_is_verified(app: App, tmp_path: Path, tls: str, is_tls: bool) -> None:
    authority, account = Authority(tmp_path), Account()
    account.put(wish(1))
    with imap(account, context=authority.context("localhost"), is_tls=is_tls):
        known = settings_for(account, host="localhost", tls=tls)
        for wrong, setting in (
            (known, "inbox.ca"),
            (replace(known, host="127.0.0.1", ca=str(authority.pem)), "inbox.host"),
        ):
            with pytest.raises(InboxError, match="certificate is not trusted") as caught:
                empty(app, wrong)
            assert str(caught.value).startswith(f"{setting}: {wrong.host}:{account.port}: ")
            assert caught.value.is_misconfigured
        assert empty(app, replace(known, ca=str(authority.pem))) == ["help"]


@pytest.mark.parametrize("text", [None, "no certificate"])
def test_an_authority_that_cannot_be_read_is_named(
    app: App, tmp_path: Path, text: str | None
) -> None:
    pem = tmp_path / "authority.pem"
    if text is not None:
        pem.write_text(text)
    with pytest.raises(InboxError) as caught:
        empty(app, settings_for(Account(port=1), tls="tls", ca=str(pem)))
    assert str(caught.value).startswith(f"inbox.ca: {pem}: ")


def test_a_port_that_does_not_begin_with_tls_is_named(app: App) -> None:
    account = Account()
    with imap(account), pytest.raises(InboxError, match="set it to starttls") as caught:
        empty(app, settings_for(account, tls="tls"))
    assert caught.value.setting == "inbox.tls"


# ── what nobody can read ──


def breaking(monkeypatch: pytest.MonkeyPatch, word: bytes) -> None:
    """Let a message with this word in it be one that nobody thought of."""

    def odd(data: bytes) -> object:
        if word in data:
            raise RecursionError("too deep")
        return read(data)

    monkeypatch.setattr(receive, "read", odd)


def test_a_message_that_cannot_be_handled_is_set_aside_and_the_others_go_on(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    breaking(monkeypatch, b"poison")
    said: list[str] = []
    app.report_trouble, app.operator = said.append, "operator@example.org"
    account = Account()
    account.put(mail("poison"), wish(1))
    with imap(account):
        app.mailbox = Mailbox(settings_for(account, every=60))
        for _ in range(4):
            tick(app)
            clock: Clock = app.now  # type: ignore[assignment]
            clock.forward(minutes=2)

    assert places(account) == {"INBOX": 0, "digest-done": 1, "digest-aside": 1}
    with app.store.begin() as tx:
        [kept] = inbound.quarantined(tx)
    assert (kept.data, kept.error) == (mail("poison"), "RecursionError: too deep")
    assert answers(app) == ["reader1@example.org", "operator@example.org"]
    assert sum("was set aside" in line for line in said) == 2, "as it happens, and as an alarm"


def test_what_was_set_aside_is_forgotten_with_its_writer(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    breaking(monkeypatch, b"poison")
    for _ in range(2):
        with pytest.raises(InboxError):
            receive.receive_once(app, mail("poison"))
    assert receive.receive_once(app, mail("poison")) == "set aside"
    receive.receive_once(app, mail("subscribe bees"))
    with app.store.begin() as tx:
        subscriber = subscribers.find(tx, ALICE)
        assert subscriber is not None
        privacy.erase(tx, subscriber.id, EIGHT)
        assert inbound.quarantined(tx) == []


def test_a_report_that_names_no_mail_of_ours_is_put_aside(app: App) -> None:
    account = Account()
    account.put(report(f"<{'0' * 32}@example.org>"))
    with imap(account):
        assert empty(app, settings_for(account)) == ["unproven"]

    assert places(account)["digest-aside"] == 1


def test_a_flood_in_the_mailbox_hides_no_new_message(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(mailbox, "MESSAGES_PER_LOOK", 4)
    account, said = Account(), []
    app.report_trouble, app.answers_per_hour = said.append, 2
    account.put(*map(wish, range(9)))
    with imap(account):
        app.mailbox = Mailbox(settings_for(account))
        assert empty(app, app.mailbox.settings) == ["help", "help"]
        account.put(mail("unsubscribe me", "unsubscribe", Auto_Submitted="auto-generated"))
        outcomes = [empty(app, app.mailbox.settings) for _ in range(3)]
        assert [outcome for each in outcomes for outcome in each] == ["automatic"]
        for _ in range(4):
            app.now.forward(minutes=61)  # type: ignore[attr-defined]
            empty(app, app.mailbox.settings)

    assert places(account) == {"INBOX": 0, "digest-done": 10, "digest-aside": 0}
    assert len(answers(app)) == 9
    assert [line for line in said if "the next waits" not in line] == []


# ── the service ──


def test_a_mailbox_that_cannot_be_read_stops_no_digest_and_is_told_of(app: App) -> None:
    said: list[str] = []
    app.report_trouble, app.operator = said.append, "operator@example.org"
    app.mailbox = Mailbox(settings_for(Account(port=1)))
    stand: Newsstand = app.source  # type: ignore[assignment]
    stand.lay_out("daily", TUESDAY, paper(1))
    clock: Clock = app.now  # type: ignore[assignment]

    assert tick(app).issues == 1
    for _ in range(7):
        clock.forward(minutes=15)
        tick(app)

    post: Postbox = app.sender  # type: ignore[assignment]
    assert len(post.to("bob@example.org")) == 1
    subjects = [notice["Subject"] for notice in post.to("operator@example.org")]
    assert subjects == ["Paper digest: the mailbox cannot be read"]


def test_the_mailbox_is_looked_into_every_few_minutes(app: App) -> None:
    account = Account()
    with imap(account):
        app.mailbox = Mailbox(settings_for(account, every=300))
        for _ in range(5):
            tick(app)
            app.now.forward(minutes=2.5)  # type: ignore[attr-defined]

    assert account.times["LOGIN"] == 3


@pytest.fixture
def served(workspace: Workspace) -> Workspace:
    """A workspace whose configuration has a mailbox, the password in a file beside it."""
    workspace.write(".env", f"IMAP_PASSWORD={PASSWORD}\n")
    return workspace


def with_inbox(workspace: Workspace, account: Account) -> None:
    where = f"host: 127.0.0.1, port: {account.port}, tls: none"
    who = f"user: {USER}, password: ${{IMAP_PASSWORD}}"
    workspace.write("config.yaml", f"{CONFIG}inbox: {{{where}, {who}}}\n")


def test_killed_after_the_effect_and_before_the_move_it_answers_once(served: Workspace) -> None:
    account = Account(faults={"MOVE": ("hang", 1)})
    account.put(mail("help"))
    with imap(account):
        with_inbox(served, account)
        words = [sys.executable, "-m", "digest.cli", "--config", "config.yaml", "inbox", "fetch"]
        script = "import sys; from digest.cli import main; main(sys.argv[1:])"
        words[1:3] = ["-c", script]
        with processes.Popen(words, cwd=served.folder) as process:
            assert account.hangs.wait()
            process.send_signal(signal.SIGKILL)
        assert places(account)["INBOX"] == 1
        assert served.digest("inbox", "fetch").stdout == "help\n"
        assert served.digest("doctor").stdout.count("lets us in (none); 0 messages in it") == 1
    served.digest("send")

    assert places(account)["digest-done"] == 1
    assert len(served.mails) == 1


def test_a_setting_of_the_mailbox_that_does_not_fit_ends_with_78(served: Workspace) -> None:
    account = Account(password="another")
    with imap(account):
        with_inbox(served, account)
        fetched, checked = served.digest("inbox", "fetch"), served.digest("doctor")

    assert (fetched.exit_code, len(fetched.stderr.splitlines())) == (78, 1)
    assert "config.yaml:" in fetched.stderr
    assert ": inbox.password: 127.0.0.1:" in fetched.stderr
    assert checked.exit_code == 78
    assert ": inbox.password: 127.0.0.1:" in checked.stdout


def test_the_doctor_names_a_remedy_for_a_mailbox_that_is_away(served: Workspace) -> None:
    with_inbox(served, Account(port=1))
    result = served.digest("doctor")

    assert result.exit_code == 1
    assert "BAD  inbox: 127.0.0.1:1: connection refused" in result.stdout
    assert "check inbox: host" in result.stdout


@pytest.mark.parametrize(
    ("written", "complaint"),
    [
        ("{host: imap.example.org, user: me, password: x, tls: none}", "without TLS"),
        ("{host: imap.example.org, user: me}", "password"),
        ("{host: imap.example.org, user: me, password: x, done: INBOX}", "three folders"),
        ("{host: imap.example.org, user: me, password: x, every: 0}", "every: more than"),
    ],
)
def test_a_mailbox_that_cannot_be_meant_is_refused(
    tmp_path: Path, written: str, complaint: str
) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(f"{CONFIG}inbox: {written}\n")
    with pytest.raises(ConfigError, match=complaint):
        load(path, {})


@pytest.mark.parametrize(
    "written", ["me@example.org", "{token}", "{token}{token}@example.org", "{token}@a b", "x" * 40]
)
def test_a_return_path_that_cannot_be_meant_is_refused(tmp_path: Path, written: str) -> None:
    path = tmp_path / "config.yaml"
    path.write_text(f'{CONFIG}  bounces: "{written}"\n')
    with pytest.raises(ConfigError, match="address"):
        load(path, {})


# ── by a pipe ──


def test_a_message_that_is_piped_twice_is_handled_once(app: App) -> None:
    again = mail("help", Received="from elsewhere")

    assert [receive.receive_once(app, each) for each in (mail("help"), again)] == ["help"] * 2
    assert answers(app) == [ALICE]
    another = mail("subscribe bees")
    assert receive.receive_once(app, another) == "subscribe", "another text, another message"


@both
def test_a_change_by_mail_and_its_receipt_are_one_transaction(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    def full(*_: object) -> None:
        raise OSError("no space left on device")

    monkeypatch.setattr(inbound, "record_outcome", full)
    with pytest.raises(InboxError, match="no space left"):
        receive.receive_once(app, mail("subscribe bees"))
    with app.store.begin() as tx:
        assert subscribers.find(tx, ALICE) is None
    monkeypatch.undo()

    assert receive.receive_once(app, mail("subscribe bees")) == "subscribe"
    with app.store.begin() as tx:
        found = subscribers.find(tx, ALICE)
    assert found is not None
    assert found.state is SubscriberState.PENDING
    assert answers(app) == [ALICE]
