"""An issue is made in the language of its subscriber at that moment, and stays in it."""

from __future__ import annotations

from datetime import timedelta

from digest.pipeline import runs
from digest.store import Store, outbox, subscribers
from digest.store.subscribers import Consent

from ..apps import ALICE, app_of, profile
from ..factories import EIGHT, TUESDAY, listing, paper
from ..fakes import Clock, Newsstand, Postbox


def test_an_issue_keeps_the_language_in_which_it_was_made(store: Store) -> None:
    app = app_of(store, profile(locale="de"), listings=[listing()])
    stand: Newsstand = app.source  # type: ignore[assignment]
    post: Postbox = app.sender  # type: ignore[assignment]
    clock: Clock = app.now  # type: ignore[assignment]
    for number in (1, 2):
        stand.lay_out("daily", TUESDAY + timedelta(days=number - 1), paper(number))
        runs.run(app, list(app.listings.values()))
        with store.begin() as tx:
            alice = subscribers.find(tx, ALICE)
            assert alice is not None
            subscribers.set_locale(tx, alice.id, "ja", Consent(now=EIGHT))
        clock.forward(days=1)

    first, second = post.texts_to(ALICE)
    assert "Dies ist Ihre erste Ausgabe" in first  # as the file says
    assert "確認したリスト" in second  # as she chose, which goes before it
    with store.begin() as tx:
        issue = outbox.issue(tx, alice.subscriber, TUESDAY)
    assert issue is not None
    again = app.renderer.mail(issue, alice.subscriber, app.letterhead)
    assert again.data == post.mails[0].data
