"""What is asked for an address, and what its own yes makes of it, on both databases."""

from __future__ import annotations

from dataclasses import replace
from datetime import time, timedelta
from typing import Any

import pytest
from sqlalchemy import func, select

from digest.access.addresses import mailbox_key
from digest.model import Schedule, Subscriber, SubscriberState
from digest.store import Store, outbox, profiles, schema, settings, signups, subscribers, unread
from digest.store.profiles import MOST_PROFILES, FullError
from digest.store.subscribers import Consent

from ..apps import profile
from ..extent import number
from ..factories import EIGHT, TUESDAY
from ..subscribing import notice_of, subscribe

ALICE = "alice@example.org"
MINE, OTHER = "title: Mine\nany: [sparse training]\n", "title: Other\nany: [bees]\n"
ACT = Consent(now=EIGHT, wording="Send me a digest.", origin="web")
STRANGER = Consent(now=EIGHT, wording="Subscribe", origin="web 192.0.2.66")


def later(act: Consent = ACT, **span: float) -> Consent:
    return replace(act, now=EIGHT + timedelta(**span))


def signed_up(store: Store, act: Consent = ACT, address: str = ALICE, **asked: Any) -> str:
    """Sign up, send the notice that is called for, and return its kind."""
    with store.begin() as tx:
        found = signups.sign_up(tx, address, act, **asked)
        if found.notice:
            notice = notice_of(found.notice, found.subscriber.address, act.now)
            outbox.queue_notice(tx, notice, found.subscriber.id)
    return found.notice


def alice(store: Store, address: str = ALICE) -> Subscriber:
    with store.begin() as tx:
        found = subscribers.find(tx, address)
    assert found is not None
    return found


def asked(store: Store, address: str = ALICE) -> list[signups.SignUp]:
    """What waits for a yes, last first."""
    with store.begin() as tx:
        found = subscribers.find(tx, address)
        every = signups.sign_ups_of(tx, found) if found else []
    return [each for each in every if not each.is_confirmed]


def says_yes(store: Store, signup: signups.SignUp, act: Consent = ACT) -> Subscriber | None:
    with store.begin() as tx:
        return signups.confirm(tx, signup.id, act, TUESDAY)


def texts(store: Store) -> list[str]:
    """Alice's profiles."""
    id = alice(store).id
    with store.begin() as tx:
        return [kept.text for kept in profiles.owned_by(tx, id)]


def theirs(store: Store) -> list[str]:
    """Every row of every table but those that keep what was asked for."""
    kept = [t for t in schema.metadata.sorted_tables if t.name not in ("signups", "deliveries")]
    with store.begin() as tx:
        return [repr((table.name, *row)) for table in kept for row in tx.execute(select(table))]


# ── nothing without a yes ──


def test_no_one_gets_anything_without_their_own_yes(store: Store) -> None:
    assert signed_up(store, profile=MINE) == "confirm"

    assert alice(store).state is SubscriberState.PENDING
    assert texts(store) == []
    with store.begin() as tx:
        assert profiles.all_in_force(tx, None) == []


def test_who_says_yes_is_active_and_their_profile_is_live(store: Store) -> None:
    schedule = Schedule(time(6, 45), "Asia/Tokyo", frozenset({0, 3}))
    signed_up(store, profile=MINE, schedule=schedule)
    subscriber = says_yes(store, asked(store)[0])

    assert subscriber is not None
    assert (subscriber.state, subscriber.confirmed_at) == (SubscriberState.ACTIVE, EIGHT)
    assert subscriber.settings.schedule == schedule
    with store.begin() as tx:
        [kept] = profiles.all_in_force(tx, None)
    assert (kept.text, kept.address) == (MINE, ALICE)


def test_a_yes_counts_once(store: Store) -> None:
    signed_up(store, profile=MINE)
    [signup] = asked(store)

    assert says_yes(store, signup) is not None
    assert says_yes(store, signup) is None
    assert texts(store) == [MINE]


def test_an_old_yes_does_not_undo_a_later_no(store: Store) -> None:
    signed_up(store, profile=MINE)
    signed_up(store, later(minutes=1), profile=OTHER)
    last, first = asked(store)
    subscriber = says_yes(store, last)
    assert subscriber is not None
    with store.begin() as tx:
        subscribers.stop(tx, subscriber.id, "unsubscribed", later(hours=1))

    assert says_yes(store, first) is None
    assert alice(store).state is SubscriberState.STOPPED


def test_a_sign_up_that_no_one_confirmed_is_forgotten_after_seven_days(store: Store) -> None:
    signed_up(store, profile=f"# {ALICE}\n{MINE}")
    with store.begin() as tx:
        assert signups.expire(tx, EIGHT + timedelta(days=6, hours=23)) == 0
    assert len(asked(store)) == 1

    with store.begin() as tx:
        assert signups.expire(tx, EIGHT + timedelta(days=7)) == 1
        assert subscribers.find(tx, ALICE) is None
        assert settings.suppressed(tx, [ALICE]) == set()
        everything = [tx.execute(select(t)).all() for t in schema.metadata.sorted_tables]
    assert "alice" not in repr(everything)


def test_who_signs_up_again_before_the_week_is_over_is_not_forgotten(store: Store) -> None:
    signed_up(store, profile=MINE)
    signed_up(store, later(days=6), profile=OTHER)
    with store.begin() as tx:
        assert signups.expire(tx, EIGHT + timedelta(days=7)) == 0
    assert [each.profile for each in asked(store)] == [OTHER]

    assert says_yes(store, asked(store)[0], later(days=8)) is not None


def test_every_spelling_of_an_address_is_one_subscriber(store: Store) -> None:
    spellings = (ALICE, "alice@EXAMPLE.org", " alice@Example.Org")
    kinds = [signed_up(store, address=spelling) for spelling in spellings]

    assert kinds == ["confirm", "", ""]
    with store.begin() as tx:
        rows = tx.execute(select(func.count()).select_from(schema.subscribers))
        assert rows.scalar_one() == 1


def test_what_is_no_address_is_refused(store: Store) -> None:
    with pytest.raises(ValueError, match="not an email address"), store.begin() as tx:
        signups.sign_up(tx, "alice@example.org\r\nBcc: eve@example.org", ACT)


def test_what_was_agreed_to_is_written_down_at_the_yes(store: Store) -> None:
    signed_up(store, STRANGER)
    says_yes(store, asked(store)[0], later(hours=1))
    with store.begin() as tx:
        rows = tx.execute(select(schema.consents).order_by(schema.consents.c.id)).mappings().all()

    assert [(row["act"], row["at"], row["origin"]) for row in rows] == [
        ("signed up", EIGHT, STRANGER.origin),
        ("confirmed", later(hours=1).now, ACT.origin),
    ]


# ── strangers ──


@pytest.mark.parametrize("reason", sorted(subscribers.REASONS))
def test_a_strangers_form_touches_nothing_of_a_former_subscriber(store: Store, reason: str) -> None:
    with store.begin() as tx:
        subscriber = subscribe(tx, ALICE, ACT, profile=MINE)
        unread.enrol(tx, {"mine": profile("mine", to=ALICE)}, TUESDAY, TUESDAY)
        subscribers.stop(tx, subscriber.id, reason, later(days=1))
    before = theirs(store)

    assert signed_up(store, later(STRANGER, days=2), profile=OTHER) == "confirm"
    assert theirs(store) == before
    with store.begin() as tx:
        signups.expire(tx, EIGHT + timedelta(days=10))
    assert theirs(store) == before
    assert asked(store) == []


def test_a_strangers_form_touches_nothing_of_an_active_subscriber(store: Store) -> None:
    with store.begin() as tx:
        subscribe(tx, ALICE, ACT, profile=MINE)
    before = theirs(store)

    assert signed_up(store, later(STRANGER, days=2), profile=OTHER) == "already"
    with store.begin() as tx:
        signups.expire(tx, EIGHT + timedelta(days=10))
    assert theirs(store) == before


def test_an_active_subscriber_who_confirms_gets_the_interests_beside_their_own(
    store: Store,
) -> None:
    hour = Schedule(time(6), "UTC")
    with store.begin() as tx:
        subscribe(tx, ALICE, ACT, profile=MINE, schedule=hour)
    signed_up(store, later(days=2), profile=OTHER, schedule=Schedule(time(23), "UTC"))
    signup = asked(store)[0]
    subscriber = says_yes(store, signup, later(days=2))

    assert subscriber is not None
    assert (subscriber.confirmed_at, subscriber.settings.schedule) == (EIGHT, hour)
    assert texts(store) == [MINE, OTHER]


def test_a_former_subscriber_who_confirms_keeps_what_they_had(store: Store) -> None:
    with store.begin() as tx:
        subscriber = subscribe(tx, ALICE, ACT, profile=MINE)
        subscribers.stop(tx, subscriber.id, "unsubscribed", later(days=1))
    signed_up(store, later(days=2), profile=OTHER)
    back = says_yes(store, asked(store)[0], later(days=2))

    assert back is not None
    assert (back.state, back.reason) == (SubscriberState.ACTIVE, "")
    assert texts(store) == [MINE, OTHER]
    with store.begin() as tx:
        assert settings.suppressed(tx, [ALICE]) == set()


def test_the_same_interests_are_not_had_twice(store: Store) -> None:
    with store.begin() as tx:
        subscribe(tx, ALICE, ACT, profile=MINE)
    signed_up(store, later(days=2), profile=MINE)

    assert says_yes(store, asked(store)[0]) is not None
    assert texts(store) == [MINE]


def test_where_there_is_no_room_for_more_interests_the_sign_up_stays(store: Store) -> None:
    with store.begin() as tx:
        subscriber = subscribe(tx, ALICE, ACT, profile=MINE)
        for place in range(MOST_PROFILES - 1):
            profiles.add_profile(tx, subscriber.id, f"any: [bee{place}]\n")
    signed_up(store, later(days=2), profile=OTHER)

    with pytest.raises(FullError, match="20 profiles are the most"):
        says_yes(store, asked(store)[0])
    with store.begin() as tx:
        profiles.remove_profile(tx, subscriber.id, profiles.owned_by(tx, subscriber.id)[0].slug)
    assert says_yes(store, asked(store)[0]) is not None


def test_whom_a_file_names_can_add_interests_of_their_own(store: Store) -> None:
    with store.begin() as tx:
        unread.enrol(tx, {"sparse": profile("sparse", to=ALICE)}, TUESDAY, TUESDAY)
    assert signed_up(store, profile=OTHER) == "already"

    assert says_yes(store, asked(store)[0]) is not None
    with store.begin() as tx:
        assert [kept.text for kept in profiles.all_in_force(tx, None)] == [OTHER]
        [(subscriber, settings)] = unread.subscribers(tx)
    assert subscriber.profiles == ("sparse",)
    assert settings.last_day == TUESDAY - timedelta(days=1)


# ── notices ──


def test_a_mailbox_is_asked_once_a_day_and_on_every_day(store: Store) -> None:
    hours = [0, 1, 23, 24, 25, 48, 72, 96, 500]

    notices = [signed_up(store, later(hours=n)) for n in hours]

    assert notices == ["confirm", "", "", "confirm", "", "confirm", "confirm", "confirm", "confirm"]


def test_whoever_was_signed_up_by_others_for_weeks_still_gets_a_confirmation(store: Store) -> None:
    days = number(15, whole=60)
    for day in range(days):
        signed_up(store, later(STRANGER, days=day), profile=OTHER)
        with store.begin() as tx:
            signups.expire(tx, later(days=day, hours=1).now)
    assert signed_up(store, later(days=days), profile=MINE) == "confirm"

    assert says_yes(store, asked(store)[0]) is not None
    assert texts(store) == [MINE]


SPELLINGS = ("A.lice@gmail.com", "alice+a@gmail.com", "alice+b@GoogleMail.com", "ALICE@gmail.com")


def test_a_mailbox_is_asked_once_however_it_is_spelt(store: Store) -> None:
    notices = [signed_up(store, address=each) for each in SPELLINGS]

    assert notices == ["confirm", "", "", ""]
    with store.begin() as tx:
        folded = tx.execute(select(schema.deliveries.c.recipient)).scalars().all()
        key = tx.execute(select(schema.deliveries.c.mailbox)).scalar_one()
    assert folded == ["A.lice@gmail.com"], "it is sent to as it was written"
    assert mailbox_key(SPELLINGS[0]) not in key


@pytest.mark.parametrize("other", ["a.lice+x@gmail.com", "alice@googlemail.com", "Alice@gmail.com"])
def test_a_notice_confirms_what_was_asked_for_its_own_address_alone(
    store: Store, other: str
) -> None:
    """That two spellings reach one mailbox is good enough for limits, and not for a consent."""
    signed_up(store, STRANGER, address=other, profile=OTHER)
    signed_up(store, later(hours=1), address="alice@gmail.com", profile=MINE)

    assert [each.address for each in asked(store, other)] == [other]
    [own] = asked(store, "alice@gmail.com")
    assert (own.address, own.profile) == ("alice@gmail.com", MINE)
    assert says_yes(store, own) is not None
    assert alice(store, "alice@gmail.com").state is SubscriberState.ACTIVE
    assert alice(store, other).state is SubscriberState.PENDING


def test_a_stranger_who_uses_up_a_mailboxs_notice_every_day_locks_no_one_out(store: Store) -> None:
    kinds, days = [], number(4, whole=9)
    for day in range(days):
        signed_up(store, later(STRANGER, days=day), address=f"alice+{day}@gmail.com")
        signed_up(store, later(STRANGER, days=day), address="Alice@gmail.com")
        kinds += [
            signed_up(store, later(days=day, hours=hour), address="alice@gmail.com", profile=MINE)
            for hour in (1, 2)
        ]

    assert kinds == ["confirm", ""] * days, "the plain spelling has a letter a day for itself"
    with store.begin() as tx:
        sent = outbox.notices_since(tx, "alice@gmail.com", EIGHT - timedelta(hours=1))
    assert sent == days + 1, "her own each day, and one that a stranger had sent before the first"
    assert says_yes(store, asked(store, "alice@gmail.com")[0]) is not None


def test_other_spellings_push_no_sign_up_of_an_address_out(store: Store) -> None:
    signed_up(store, profile=OTHER)
    signed_up(store, later(minutes=1), profile=MINE)
    for place in range(9):
        signed_up(
            store, later(minutes=2 + place), address=ALICE.swapcase(), profile=f"any: [b{place}]"
        )

    assert [each.profile for each in asked(store)] == [MINE, OTHER]


def test_all_notices_to_a_mailbox_count_together(store: Store) -> None:
    with store.begin() as tx:
        for address in SPELLINGS:
            outbox.queue_notice(tx, notice_of("help", address))
        since = EIGHT - timedelta(hours=1)
        counts = [outbox.notices_since(tx, each, since) for each in SPELLINGS]
        assert outbox.notices_since(tx, "bob@gmail.com", since) == 0

    assert counts == [4, 4, 4, 4]


# ── what was asked last ──


def test_what_was_asked_last_stands_first_and_every_link_stays_good(store: Store) -> None:
    signed_up(store, profile=MINE)
    signed_up(store, later(days=1), profile=OTHER)
    signed_up(store, later(days=2), profile=MINE)

    last, first = asked(store)
    assert (last.profile, first.profile) == (MINE, OTHER)
    assert last.id < first.id, "asking for the same again renews what waits, and its link"


def test_of_sign_ups_that_no_notice_names_a_few_are_kept(store: Store) -> None:
    minutes = number(12, whole=40)
    for minute in range(minutes):
        signed_up(store, later(minutes=minute), profile=f"any: [bee{minute}]\n")

    kept = [each.profile for each in asked(store)]
    last = range(minutes - 1, minutes - 6, -1)
    assert kept == [f"any: [bee{n}]\n" for n in (*last, 0)], "and the one that is"
