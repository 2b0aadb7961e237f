"""The operator's notice to subscribers: to whom it goes, once, and how it looks before."""

from __future__ import annotations

from dataclasses import replace

import pytest

from digest.access.tokens import Purpose
from digest.app import App
from digest.errors import DigestError, Mistake, ProfileError, Sentence
from digest.model import DeliveryState
from digest.pipeline import broken_profiles, runs
from digest.store import Store, outbox, subscribers
from digest.store.subscribers import Consent
from digest.subscribers import announcement, requests
from digest.subscribers.inbox.receive import receive

from ..apps import ALICE, BOB, app_of, profile, with_pipe
from ..cli.test_cli import Workspace, workspace
from ..factories import listing
from .inbox.test_receive import mail
from .test_requests import HEAD, become_subscriber, text_of

__all__ = ["workspace"]

TOLD = announcement.read("No mail on Saturday\n\nThe server moves.\n\nNothing is\nlost.\n")


@pytest.fixture
def app(store: Store) -> App:
    """A digest with a web side, and two subscribers."""
    app = app_of(with_pipe(store), profile("bobs", to=BOB), listings=[listing()], letterhead=HEAD)
    app.composer.enrol()
    become_subscriber(app)
    return app


def test_all_letters_are_in_the_locale_that_a_profile_names_unless_one_was_chosen(
    store: Store,
) -> None:
    german = replace(profile("bobs", to=BOB), locale="de")
    app = app_of(store, german, listings=[listing()], letterhead=HEAD)
    app.composer.enrol()
    [bob] = announcement.readers(app, [BOB], [])
    sentences = Sentence("unknown key %(key)s", key="anny"), Sentence("remove it")
    had, mistake = 0, ProfileError("bobs.yaml", [Mistake(1, 1, *sentences)])
    for chosen, locale, refused in (
        ("", "de", "dieses Anführungszeichen ist nicht geschlossen"),
        ("fr", "fr", "ce guillemet n’est pas fermé"),
    ):
        with store.begin() as tx:
            if chosen:
                subscribers.set_locale(tx, bob.id, chosen, Consent(now=app.now()))
            bob = subscribers.by_id(tx, bob.id) or bob
            requests.queue_goodbye(tx, app, bob)
        broken_profiles.notify(store, [mistake], app.load_profiles, app.now(), app.page_of)
        requests.send_manage_link(app, BOB)
        receive(app, mail("help", sender=BOB))
        receive(app, mail('add "moss', sender=BOB))
        runs.send_only(app)
        letters = app.sender.to(BOB)[had:]  # type: ignore[attr-defined]
        assert [each["Content-Language"] for each in letters] == [locale] * len(letters)
        assert len(letters) >= 4
        text = "\n".join(map(text_of, letters))
        assert refused in text
        broken = "Zeile 1, Spalte 1: unbekannter Schlüssel anny (entfernen Sie es)"
        assert (broken in text) == (not chosen)  # this is said once
        had += len(letters)
        assert announcement.locales_of(app, [bob]) == {bob.id: locale}
        assert announcement.notice_to(app, TOLD, bob, app.tokens, locale).locale == locale


def told(app: App, address: str) -> list[str]:
    runs.send_only(app)
    post = app.sender
    return [text_of(each) for each in post.to(address) if each["Subject"] == TOLD.title]  # type: ignore[attr-defined]


def test_a_notice_takes_no_transaction_for_each_reader(
    app: App, monkeypatch: pytest.MonkeyPatch
) -> None:
    everybody = announcement.readers(app, [], [])
    begun = []
    begin = app.store.begin
    monkeypatch.setattr(app.store, "begin", lambda: begun.append(1) or begin())  # type: ignore[func-returns-value]

    assert announcement.queue(app, TOLD, everybody) == len(everybody) == 2
    assert len(begun) == 2


def test_each_subscriber_gets_it_once_however_often_it_is_asked_for(app: App) -> None:
    [bob] = announcement.readers(app, [BOB], [])
    assert announcement.queue(app, TOLD, [bob]) == 1
    everybody = announcement.readers(app, [], [])
    assert [announcement.queue(app, TOLD, everybody) for _ in range(2)] == [1, 0]

    for address in (ALICE, BOB):
        [text] = told(app, address)
        assert "The server moves.\r\n\r\nNothing is lost." in text
        assert address in text
    other = announcement.read("No mail on Sunday\n\nThe server moves.")
    assert announcement.queue(app, other, everybody) == 2


def test_its_links_are_its_readers_own_and_end_the_mails_by_one_click(app: App) -> None:
    announcement.queue(app, TOLD, announcement.readers(app, [ALICE], []))
    runs.send_only(app)
    mail = app.sender.to(ALICE)[-1]  # type: ignore[attr-defined]
    assert mail["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    way = mail["List-Unsubscribe"].split(">")[0].rpartition("/")[2]
    assert f"/unsubscribe/{way}" in text_of(mail)
    found = requests.subscriber_of(app, Purpose.MANAGE, way)
    assert found is not None
    assert found.address == ALICE
    assert requests.unsubscribe(app, way, Consent(now=app.now())) == 1


def test_who_leaves_before_it_goes_out_does_not_get_it(app: App) -> None:
    announcement.queue(app, TOLD, announcement.readers(app, [], []))
    with app.store.begin() as tx:
        alice = subscribers.find(tx, ALICE)
        assert alice is not None
        subscribers.stop(tx, alice.id, "unsubscribed", Consent(now=app.now()))

    assert (told(app, ALICE), len(told(app, BOB))) == ([], 1)
    with app.store.begin() as tx:
        assert outbox.counts(tx)[DeliveryState.WITHDRAWN] == 1


def test_a_profiles_readers_alone(app: App) -> None:
    assert [each.address for each in announcement.readers(app, [], ["bobs"])] == [BOB]
    for addresses, slugs in ((["eve@example.org"], []), ([], ["nobodys"])):
        with pytest.raises(DigestError, match=r"eve@example\.org|nobodys"):
            announcement.readers(app, addresses, slugs)


def test_a_title_may_be_written_as_in_a_mail() -> None:
    assert announcement.read("Subject: No mail\n\nOn Saturday.").title == "No mail"
    assert announcement.read("Subjects of today\n\nNone.").title == "Subjects of today"


@pytest.mark.parametrize(
    "text",
    ["", "A title alone", "Subject:\n\nOn Saturday.", f"{'x' * 121}\n\ny", f"x\n\n{'y' * 10_001}"],
)
def test_what_is_no_notice_is_refused(text: str) -> None:
    with pytest.raises(DigestError, match="a notice"):
        announcement.read(text)


def test_the_command_shows_it_before_it_is_queued(workspace: Workspace) -> None:
    workspace.run()
    file = workspace.folder / "planned.txt"
    file.write_text("No mail on Saturday\n\nThe server moves.\n")
    shown = workspace.digest("notice", str(file), "--dry-run").stdout
    assert "To: 1 reader\n" in shown
    assert "The server moves." in shown
    assert "<h1" in workspace.digest("notice", str(file), "--dry-run", "--html").stdout
    said = [workspace.digest("notice", str(file)).stdout for _ in range(2)]
    assert said[0].startswith("queued 1;")
    assert said[1].startswith("queued 0; 1 had it already;")
    file.write_bytes(b"\xff\n\n\xff")
    assert workspace.digest("notice", str(file)).exit_code == 2
