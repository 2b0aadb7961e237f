"""One address, and everything that may happen to it, in any order, on the web and by mail.

Beside the digest runs a model of a few facts: whether the subscriber has said yes, whether anything
was asked in their name since they were forgotten, and which soft bounces there were.  Strangers
sign the address up at any moment, and nothing of what its subscriber has said changes by that.
"""

from __future__ import annotations

from collections.abc import Callable
from datetime import datetime, timedelta

from hypothesis import HealthCheck, settings
from hypothesis import strategies as st
from hypothesis.stateful import (
    RuleBasedStateMachine,
    initialize,
    invariant,
    rule,
    run_state_machine_as_test,
)
from sqlalchemy import select

from digest.model import Subscriber, SubscriberState
from digest.pipeline import runs
from digest.store import Store, bounces, profiles, schema, signups, subscribers
from digest.store.subscribers import Consent
from digest.subscribers import requests
from digest.subscribers.inbox.receive import receive

from .apps import ALICE, app_of, profile
from .factories import EIGHT, TUESDAY, listing, paper
from .fakes import Clock, Newsstand, Postbox
from .subscribers.inbox.test_receive import COMPLAINT, mail, report
from .subscribers.test_requests import text_of

BODIES = [
    *("subscribe sparse training", "add bees", "del bees", "try sparse training", "show", "help"),
    *("unsubscribe", "please unsubscribe me", "digest", "pause 2026-03-11..2026-03-13", "nonsense"),
    "resume",
]
#: What tells of a subscriber, but for what was asked for them and not confirmed, and for notices.
THEIRS = ("subscribers", "profiles", "subscriptions", "consents", "issues", "sent", "feedback")
REPORTS = {"hard": report, "complaint": lambda id: COMPLAINT.format(id=id).encode()}


class Life(RuleBasedStateMachine):
    """The rules are what may happen; the invariants what may not."""

    def __init__(self, opened: Callable[[], Store]) -> None:
        super().__init__()
        self.clock = Clock(EIGHT)
        bob = profile("bobs", to="bob@example.org")
        self.app = app_of(opened(), bob, listings=[listing()], now=self.clock)
        self.store = self.app.store
        self.post: Postbox = self.app.sender  # type: ignore[assignment]
        self.number, self.read = 0, 0
        self.has_said_yes = self.is_asked = self.is_owed = self.was_reader = False
        self.soft: list[datetime] = []
        self.told: list[str] = []

    @property
    def act(self) -> Consent:
        return Consent(now=self.clock())

    def member(self) -> Subscriber | None:
        with self.store.begin() as tx:
            return subscribers.find(tx, ALICE)

    @initialize(is_reader=st.sampled_from([True, True, False]))
    def begins(self, is_reader: bool) -> None:
        """Most of them as a subscriber with an issue, because strangers lead dull lives."""
        if is_reader:
            self.signs_up()
            self.says_yes()
            self.a_day_passes(hands_over=True)
            assert self.told

    # ── on the web ──

    @rule()
    def signs_up(self) -> None:
        requests.sign_up(self.app, ALICE, self.act, profile="any: [sparse training]\n")
        self.is_asked = self.is_owed = True

    @rule(
        address=st.sampled_from([ALICE, "alice@EXAMPLE.org", "Alice@example.org"]),
        interests=st.sampled_from(["wasps", "sparse training", "casino"]),
    )
    def a_stranger_signs_them_up(self, address: str, interests: str) -> None:
        """Whatever the subscriber is at that moment, it touches nothing of theirs."""
        before = self.rows()
        act = Consent(now=self.clock(), origin="web 192.0.2.66")
        requests.sign_up(self.app, address, act, profile=f"any: [{interests}]\n")
        assert self.rows() == before or not self.was_reader, "a stranger changed what a reader has"
        self.is_asked = self.is_owed = True

    def rows(self) -> list[str]:
        """All that is known of the address; empty where nobody knows it."""
        found, kept = self.member(), []
        with self.store.begin() as tx:
            for name in THEIRS if found else ():
                table = schema.metadata.tables[name]
                key = table.c["id" if name == "subscribers" else "subscriber_id"]
                kept += [
                    repr((name, *row)) for row in tx.execute(select(table).where(key == found.id))
                ]  # type: ignore[union-attr]
        return kept

    def texts(self) -> list[str]:
        """The subscriber's own profiles."""
        found = self.member()
        with self.store.begin() as tx:
            return [kept.text for kept in profiles.owned_by(tx, found.id)] if found else []

    @rule()
    def a_week_passes(self) -> None:
        """Unconfirmed sign-ups are forgotten, and nothing of a subscriber's with them."""
        before = self.rows() if self.was_reader else []
        self.clock.forward(days=7)
        with self.store.begin() as tx:
            signups.expire(tx, self.clock())
        assert self.rows() == before or not before, "a reader's rows were swept away"
        self.is_asked = False

    @rule(back=st.integers(0, 2))
    def says_yes(self, back: int = 0) -> None:
        """To what was asked last, or before that; the interests come beside what they had."""
        found, had = self.member(), self.texts()
        if found is None:
            return
        with self.store.begin() as tx:
            asked = [each for each in signups.sign_ups_of(tx, found) if each.subscriber == found.id]
            chosen = asked[back : back + 1]
            done = any(signups.confirm(tx, each.id, self.act, self.app.day) for each in chosen)
        assert self.texts()[: len(had)] == had, "a yes took something away"
        assert not done or chosen[0].profile in self.texts()
        self._has_confirmed(done)

    @rule()
    def starts_again(self) -> None:
        """With all that was there."""
        found, had = self.member(), self.texts()
        if found is None:
            return
        with self.store.begin() as tx:
            done = subscribers.start_again(tx, found.id, self.act)
        assert self.texts() == had
        assert not done or (self.was_reader and not self.has_said_yes)
        self._is_back(done)

    def _is_back(self, done: bool) -> None:
        self.has_said_yes |= done
        if done:
            self.soft = []

    @rule()
    def unsubscribes(self) -> None:
        self._stops("unsubscribed")

    def _stops(self, reason: str) -> None:
        found = self.member()
        with self.store.begin() as tx:
            if found is not None and subscribers.stop(tx, found.id, reason, self.act):
                self.has_said_yes = self.is_asked = False

    @rule()
    def is_erased(self) -> None:
        found = self.member()
        if found is not None:
            requests.erase(self.app, found)
            self.has_said_yes = self.is_asked = self.is_owed = self.was_reader = False
            self.soft = []

    @rule()
    def edits(self) -> None:
        found = self.member()
        with self.store.begin() as tx:
            for kept in profiles.owned_by(tx, found.id) if found else ():
                text = "any: [sparse training, wasps]\n"
                profiles.save_profile(tx, kept.owner, kept.slug, text, kept.revision)

    @rule(days=st.integers(0, 3))
    def pauses(self, days: int) -> None:
        if (found := self.member()) is not None:
            with self.store.begin() as tx:
                subscribers.pause(tx, found.id, self.app.day + timedelta(days=days), self.act)

    @rule()
    def resumes(self) -> None:
        if (found := self.member()) is not None:
            with self.store.begin() as tx:
                subscribers.resume(tx, found.id, self.act)

    # ── by mail ──

    @rule(body=st.sampled_from(BODIES))
    def writes(self, body: str) -> None:
        outcome = receive(self.app, mail(body))
        self.is_asked |= outcome == "subscribe" and not self.has_said_yes
        self.is_owed = True

    @rule(back=st.integers(1, 3))
    def answers_a_letter(self, back: int) -> None:
        """One that asked, be it an old one."""
        self.mail_leaves()
        asking = [text for text in map(text_of, self.post.to(ALICE)) if "\n    confirm " in text]
        if len(asking) < back:
            return
        text = asking[-back]
        token = text.rpartition("\n    confirm ")[2].split()[0]
        outcome = receive(self.app, mail("yes", f"Re: confirm {token}"))
        if "start again" in text.lower():
            self._is_back(outcome == "confirm")
        else:
            self._has_confirmed(outcome == "confirm")
        if outcome == "changed" and "    unsubscribe" in text.splitlines():
            self.has_said_yes = self.is_asked = False
        self.is_owed = True

    def _has_confirmed(self, done: bool) -> None:
        assert self.is_asked or not done, "a yes counts where somebody asked since the last no"
        self.was_reader |= done
        self._is_back(done)

    @rule(kind=st.sampled_from(sorted(REPORTS)), back=st.integers(1, 2))
    def a_report_comes(self, kind: str, back: int) -> None:
        issues = [m for m in self.post.to(ALICE) if "List-Id" in m]
        if len(issues) >= back and self.member() is not None:
            outcome = receive(self.app, REPORTS[kind](str(issues[-back]["Message-ID"])))
            # Of mails from before an erasure nothing is known, so that reports of them say nothing.
            assert outcome in (kind, "unproven")
            # One that is stopped already has been asked since: what was asked then counts still.
            if outcome == kind and self.has_said_yes:
                self.has_said_yes = self.is_asked = False

    @rule(number=st.integers(1, 5))
    def bounces_softly(self, number: int) -> None:
        found = self.member()
        for _ in range(number if found is not None else 0):
            self.soft.append(self.clock())
            with self.store.begin() as tx:
                is_last = bounces.record(tx, found.id, "soft", "4.2.2", self.clock())  # type: ignore[union-attr]
            recent = [at for at in self.soft if at > self.clock() - timedelta(days=10)]
            assert len({at.date() for at in recent}) >= 5 or not is_last
            if is_last and self.has_said_yes:
                self.has_said_yes = self.is_asked = False

    # ── time, and mail that goes out ──

    @rule(hands_over=st.booleans())
    def a_day_passes(self, hands_over: bool) -> None:
        self.clock.forward(days=1)
        self.number += 1
        stand: Newsstand = self.app.source  # type: ignore[assignment]
        stand.lay_out("daily", self.app.day, paper(self.number))
        self._follow()
        runs.run(self.app, list(self.app.listings.values()), hands_over=hands_over)
        self._reads()

    @rule()
    def mail_leaves(self) -> None:
        self._follow()
        runs.send_only(self.app)
        self._reads()

    def _follow(self) -> None:
        """Let the profiles that are live be live."""
        with self.store.begin() as tx:
            live = [
                profile(f"own{kept.owner}", to=kept.address)
                for kept in profiles.all_in_force(tx, None)
            ]
        bob = profile("bobs", to="bob@example.org")
        self.app.live_profiles.profiles = {each.slug: each for each in (bob, *live)}  # type: ignore[assignment]

    def _reads(self) -> None:
        """What came since the last look."""
        came = self.post.to(ALICE)[self.read :]
        self.read += len(came)
        issues = [message for message in came if "List-Id" in message]
        self.told += [" ".join(text_of(issue).replace("*", "").split()) for issue in issues]
        assert self.has_said_yes or not issues, "an issue against their will"
        assert self.is_owed or not came, "a mail to who is forgotten and has not written since"
        found = self.member()
        if issues and found is not None and (until := found.settings.paused_until) is not None:
            first = found.settings.paused_from or TUESDAY
            assert not first <= self.app.day <= until, "an issue in a pause"

    @invariant()
    def no_paper_comes_twice(self) -> None:
        for number in range(1, self.number + 1):
            assert sum(paper(number).title in text for text in self.told) <= 1

    @invariant()
    def the_state_is_what_was_said(self) -> None:
        found = self.member()
        is_active = found is not None and found.state is SubscriberState.ACTIVE
        assert is_active == self.has_said_yes


def live(opened: Callable[[], Store], *, lives: int, steps: int) -> None:
    """Run so many lives of so many steps; raises with the shortest one that went wrong."""
    run_state_machine_as_test(
        lambda: Life(opened),
        settings=settings(
            max_examples=lives,
            stateful_step_count=steps,
            deadline=None,
            suppress_health_check=list(HealthCheck),
        ),
    )
