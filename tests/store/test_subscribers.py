"""Subscribers who subscribe themselves, on both databases: nothing without their own yes."""

from __future__ import annotations

from dataclasses import replace
from datetime import date, datetime, time, timedelta

import pytest
from sqlalchemy import select

from digest.model import Schedule, Subscriber, SubscriberState
from digest.store import (
    Store,
    bounces,
    outbox,
    privacy,
    profiles,
    schema,
    settings,
    signups,
    subscribers,
    unread,
)
from digest.store.profiles import ConflictError
from digest.store.subscribers import Consent

from ..extent import number
from ..factories import EIGHT, TUESDAY
from ..subscribing import notice_of, subscribe

ALICE = "alice@example.org"
TEXT = "title: Mine\nany: [sparse training]\n"
ACT = Consent(now=EIGHT, wording="Send me a digest.", origin="web")


def later(**span: float) -> Consent:
    return replace(ACT, now=EIGHT + timedelta(**span))


def alice(store: Store) -> Subscriber:
    with store.begin() as tx:
        found = subscribers.find(tx, ALICE)
    assert found is not None
    return found


def confirmed(store: Store, act: Consent = ACT) -> Subscriber:
    """Alice, who has said yes."""
    with store.begin() as tx:
        return subscribe(tx, ALICE, act, profile=TEXT)


# ── leaving and coming back ──


def test_leaving_changes_one_row_and_leaving_again_none(store: Store) -> None:
    subscriber = confirmed(store)

    with store.begin() as tx:
        assert subscribers.stop(tx, subscriber.id, "unsubscribed", ACT) == 1
        assert subscribers.stop(tx, subscriber.id, "unsubscribed", ACT) == 0
        assert subscribers.stop(tx, 999, "unsubscribed", ACT) == 0
        assert profiles.all_in_force(tx, None) == []
        assert settings.suppressed(tx, [ALICE, "bob@example.org"]) == {ALICE}


def left(store: Store, reason: str = "unsubscribed", **span: float) -> Subscriber:
    """Alice, who has left again."""
    subscriber = confirmed(store)
    with store.begin() as tx:
        assert subscribers.stop(tx, subscriber.id, reason, later(**span))
    return alice(store)


@pytest.mark.parametrize("reason", sorted(subscribers.REASONS))
def test_who_left_can_start_again_with_what_they_had(store: Store, reason: str) -> None:
    subscriber = left(store, reason)

    with store.begin() as tx:
        assert subscribers.start_again(tx, subscriber.id, later(days=30))
        assert not subscribers.start_again(tx, subscriber.id, later(days=30))
        assert settings.suppressed(tx, [ALICE]) == set()
        assert [profile.text for profile in profiles.all_in_force(tx, None)] == [TEXT]
    assert (alice(store).state, alice(store).reason) == (SubscriberState.ACTIVE, "")


def test_after_thirty_days_what_was_had_is_not_started_again(store: Store) -> None:
    subscriber = left(store, days=1)

    with store.begin() as tx:
        assert subscribers.stopped(tx, subscriber, later(days=31).now)
        assert not subscribers.stopped(tx, subscriber, later(days=31, seconds=1).now)
        assert not subscribers.start_again(tx, subscriber.id, later(days=31, seconds=1))
    assert alice(store).state is SubscriberState.STOPPED


def test_who_never_said_yes_has_nothing_to_start_again(store: Store) -> None:
    """Whose address a stranger typed, and whose mailbox refused the question."""
    with store.begin() as tx:
        asked = signups.sign_up(tx, ALICE, ACT, profile=TEXT)
        subscribers.stop(tx, asked.subscriber.id, "bounced", ACT)

        assert not subscribers.start_again(tx, asked.subscriber.id, ACT)
    assert alice(store).state is SubscriberState.STOPPED


def test_who_never_left_has_nothing_to_start_again(store: Store) -> None:
    subscriber = confirmed(store)

    with store.begin() as tx:
        assert not subscribers.start_again(tx, subscriber.id, ACT)


def test_a_reason_is_one_of_few(store: Store) -> None:
    subscriber = confirmed(store)
    with pytest.raises(ValueError, match="not a reason"), store.begin() as tx:
        subscribers.stop(tx, subscriber.id, "bored", ACT)


# ── changing ──


def test_a_pause_and_its_end(store: Store) -> None:
    subscriber = confirmed(store)
    with store.begin() as tx:
        subscribers.pause(tx, subscriber.id, date(2026, 4, 1), ACT)
    settings = alice(store).settings
    assert (settings.paused_from, settings.paused_until) == (date.min, date(2026, 4, 1))

    with store.begin() as tx:
        subscribers.resume(tx, subscriber.id, ACT)
    assert alice(store).settings.paused_until is None


def test_an_hour_of_ones_own(store: Store) -> None:
    subscriber = confirmed(store)
    schedule = Schedule(time(6, 45), "Asia/Tokyo", frozenset({0, 3}), is_monthly=True)
    with store.begin() as tx:
        subscribers.set_schedule(tx, subscriber.id, schedule, ACT)
    assert alice(store).settings.schedule == schedule

    with store.begin() as tx:
        subscribers.set_schedule(tx, subscriber.id, None, ACT)
    assert alice(store).settings.schedule is None


def test_format_and_quiet_days_are_chosen_from_a_few(store: Store) -> None:
    subscriber = confirmed(store)
    with store.begin() as tx:
        subscribers.set_format(tx, subscriber.id, "text", ACT)
        subscribers.set_quiet(tx, subscriber.id, "weekly", ACT)
        with pytest.raises(ValueError, match="html, text"):
            subscribers.set_format(tx, subscriber.id, "pdf", ACT)

    assert (alice(store).format, alice(store).settings.quiet) == ("text", "weekly")


def test_two_who_edit_the_same_text_cannot_overwrite_each_other(store: Store) -> None:
    subscriber = confirmed(store)
    with store.begin() as tx:
        [mine] = profiles.owned_by(tx, subscriber.id)
        saved = profiles.save_profile(tx, subscriber.id, mine.slug, "any: [one]\n", mine.revision)
        assert saved.revision == mine.revision + 1

    with pytest.raises(ConflictError) as conflict, store.begin() as tx:
        profiles.save_profile(tx, subscriber.id, mine.slug, "any: [other]\n", mine.revision)
    assert conflict.value.current == saved


def test_a_profile_is_its_owners_alone(store: Store) -> None:
    subscriber = confirmed(store)
    with store.begin() as tx:
        [mine] = profiles.owned_by(tx, subscriber.id)
        assert profiles.find(tx, subscriber.id + 1, mine.slug) is None
        with pytest.raises(ConflictError):
            profiles.save_profile(tx, subscriber.id + 1, mine.slug, "any: [x]\n", mine.revision)
        assert profiles.remove_profile(tx, subscriber.id + 1, mine.slug) == 0


def test_several_profiles_have_names_of_their_own(store: Store) -> None:
    subscriber = confirmed(store)
    with store.begin() as tx:
        slugs = {profiles.add_profile(tx, subscriber.id, TEXT).slug for _ in range(3)}
        slugs |= {profile.slug for profile in profiles.owned_by(tx, subscriber.id)}

    assert len(slugs) == 4
    assert all(slug.startswith("~") for slug in slugs)


def test_a_proposal_is_taken_once_and_by_its_owner(store: Store) -> None:
    subscriber = confirmed(store)
    with store.begin() as tx:
        proposal = subscribers.propose(tx, subscriber.id, {"add": ["bees"]}, EIGHT)
        assert subscribers.accept(tx, proposal, subscriber.id + 1, EIGHT) is None
        assert subscribers.accept(tx, proposal, subscriber.id, EIGHT) == {"add": ["bees"]}
        assert subscribers.accept(tx, proposal, subscriber.id, EIGHT) is None


def test_what_was_agreed_to_stays_written(store: Store) -> None:
    subscriber = confirmed(store)
    with store.begin() as tx:
        subscribers.stop(tx, subscriber.id, "unsubscribed", later(days=1))
        rows = tx.execute(select(schema.consents).order_by(schema.consents.c.id)).mappings().all()

    assert [row["act"] for row in rows] == ["signed up", "confirmed", "unsubscribed"]
    assert {(row["wording"], row["origin"]) for row in rows} == {("Send me a digest.", "web")}


# ── files ──


def test_a_file_cannot_write_to_who_has_left_or_was_erased(store: Store) -> None:
    from ..apps import profile

    named = profile("sparse", to=ALICE)
    subscriber = confirmed(store)
    with store.begin() as tx:
        subscribers.stop(tx, subscriber.id, "unsubscribed", ACT)
        unread.enrol(tx, {named.slug: named}, TUESDAY, TUESDAY)
        assert list(unread.subscribers(tx)) == []
        privacy.erase(tx, subscriber.id, EIGHT)
        unread.enrol(tx, {named.slug: named}, TUESDAY, TUESDAY)
        assert list(unread.subscribers(tx)) == []
        assert subscribers.find(tx, ALICE) is None


def test_a_file_activates_a_pending_subscriber_that_it_names(store: Store) -> None:
    from ..apps import profile

    with store.begin() as tx:
        signups.sign_up(tx, ALICE, ACT, profile=TEXT)
        unread.enrol(tx, {"sparse": profile("sparse", to=ALICE)}, TUESDAY, TUESDAY)
        [(subscriber, _)] = unread.subscribers(tx)

        assert subscriber.address == ALICE
        assert profiles.all_in_force(tx, None) == [], "the unconfirmed profile is not theirs"


# ── all that is known ──


def contents(store: Store) -> str:
    """The whole database as text."""
    with store.begin() as tx:
        return "\n".join(
            repr(row)
            for table in schema.metadata.sorted_tables
            for row in tx.execute(select(table))
        )


def test_an_export_holds_every_row_about_a_subscriber(store: Store) -> None:
    subscriber = confirmed(store)
    with store.begin() as tx:
        bounces.record(tx, subscriber.id, "soft", "mailbox full", EIGHT)
        outbox.queue_notice(tx, notice_of("show", ALICE), subscriber.id)
        found = privacy.export(tx, subscriber.id)

    assert found["subscribers"][0]["address"] == ALICE
    assert [row["act"] for row in found["consents"]] == ["signed up", "confirmed"]
    assert found["profiles"][0]["text"] == TEXT
    assert found["bounces"][0]["detail"] == "mailbox full"
    assert "Hello." in found["deliveries"][0]["data"]


def test_erasing_leaves_nothing_of_the_address_but_a_keyed_hash(store: Store) -> None:
    subscriber = confirmed(store)
    with store.begin() as tx:
        subscribers.propose(tx, subscriber.id, {"add": ["alice"]}, EIGHT)
        outbox.queue_notice(tx, notice_of("answer", ALICE))
        profiles.add_profile(tx, subscriber.id, f"# {ALICE}\n{TEXT}")

    with store.begin() as tx:
        assert privacy.erase(tx, subscriber.id, EIGHT) > 5
        assert privacy.erase(tx, subscriber.id, EIGHT) == 0

    assert "alice" not in contents(store)
    with store.begin() as tx:
        assert settings.suppressed(tx, [ALICE]) == {ALICE}
        assert outbox.due(tx, EIGHT, notices=True) == []


def test_who_was_erased_may_come_back_by_a_new_yes(store: Store) -> None:
    subscriber = confirmed(store)
    with store.begin() as tx:
        privacy.erase(tx, subscriber.id, EIGHT)

    assert confirmed(store, later(days=1)).state is SubscriberState.ACTIVE
    with store.begin() as tx:
        assert settings.suppressed(tx, [ALICE]) == set()


# ── mails that come back ──


@pytest.mark.parametrize(("kind", "reason"), [("hard", "bounced"), ("complaint", "complained")])
def test_a_hard_bounce_and_a_complaint_stop_a_subscriber_at_once(
    store: Store, kind: str, reason: str
) -> None:
    subscriber = confirmed(store)
    with store.begin() as tx:
        assert bounces.record(tx, subscriber.id, kind, "550 5.1.1", EIGHT)

    assert (alice(store).state, alice(store).reason) == (SubscriberState.STOPPED, reason)


def test_the_fifth_soft_bounce_in_ten_days_stops_a_subscriber(store: Store) -> None:
    subscriber = confirmed(store)
    with store.begin() as tx:
        ends = [bounces.record(tx, subscriber.id, "soft", "full", at(days=2 * n)) for n in range(5)]

    assert ends == [False, False, False, False, True]


def test_soft_bounces_of_one_day_are_one_and_stop_no_one(store: Store) -> None:
    """Five on five different days within ten stop a subscriber; one alone never does."""
    subscriber = confirmed(store)
    with store.begin() as tx:
        for day in range(4):
            for minute in range(number(5, whole=20)):
                assert not bounces.record(
                    tx, subscriber.id, "soft", "full", at(days=day, minutes=minute)
                )
        assert bounces.record(tx, subscriber.id, "soft", "full", at(days=4))


@pytest.mark.parametrize("kind", ["delayed", "neither"])
def test_what_says_nothing_of_an_address_never_stops_its_subscriber(
    store: Store, kind: str
) -> None:
    subscriber = confirmed(store)
    with store.begin() as tx:
        assert not any(
            bounces.record(tx, subscriber.id, kind, "4.4.7", at(days=n)) for n in range(30)
        )

    assert alice(store).state is SubscriberState.ACTIVE


def test_whoever_says_yes_again_begins_without_bounces(store: Store) -> None:
    subscriber = confirmed(store)
    with store.begin() as tx:
        assert [bounces.record(tx, subscriber.id, "soft", "full", at(days=n)) for n in range(5)][-1]
    again = confirmed(store, later(days=4, minutes=1))

    with store.begin() as tx:
        assert not bounces.record(tx, again.id, "soft", "full", at(days=5))
    assert alice(store).state is SubscriberState.ACTIVE


def test_soft_bounces_that_are_far_apart_stop_no_one(store: Store) -> None:
    subscriber = confirmed(store)
    with store.begin() as tx:
        ends = [
            bounces.record(tx, subscriber.id, "soft", "full", at(days=3 * n)) for n in range(20)
        ]

    assert not any(ends)


def test_a_mail_that_arrives_forgives_the_soft_bounces_before_it(store: Store) -> None:
    subscriber = confirmed(store)
    with store.begin() as tx:
        for day in range(4):
            bounces.record(tx, subscriber.id, "soft", "full", at(days=day))
        arrived = {"state": "sent", "settled_at": at(days=4, hours=1)}
        made = {"day": EIGHT.date(), "created_at": EIGHT, "not_before": EIGHT}
        row = {"subscriber_id": subscriber.id, **made, **arrived}
        tx.execute(schema.deliveries.insert().values(row))

        assert not bounces.record(tx, subscriber.id, "soft", "full", at(days=8))


def at(**span: float) -> datetime:
    return EIGHT + timedelta(**span)
