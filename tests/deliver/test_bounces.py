"""When bounces stop a subscriber: five soft days of ten, and what arrived forgives."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest

from digest.deliver.bounces import stops

from ..tables import table

NOON = datetime(2026, 3, 20, 12, tzinfo=UTC)


def ago(*hours: float) -> list[datetime]:
    return [NOON - timedelta(hours=each) for each in hours]


@table(
    ("kind", "is_end"),
    [("hard", True), ("complaint", True), ("soft", False), ("delayed", False), ("neither", False)],
)
def test_one_bounce_is_the_end_only_if_it_is_hard_or_a_complaint(kind: str, is_end: bool) -> None:
    assert stops(kind, [NOON], [], NOON) is is_end


@pytest.mark.parametrize(("days", "is_end"), [(4, False), (5, True), (6, True)])
def test_five_days_with_soft_bounces_are_the_end(days: int, is_end: bool) -> None:
    soft = [NOON - timedelta(days=n, minutes=m) for n in range(days) for m in range(3)]

    assert stops("soft", soft, [], NOON) is is_end


@pytest.mark.parametrize(("sent", "is_end"), [(49, False), (47, True)])
def test_a_mail_that_did_not_come_back_for_two_days_forgives(sent: float, is_end: bool) -> None:
    soft = ago(0, 74, 98, 122, 146)

    assert stops("soft", soft, ago(sent), NOON) is is_end


def test_a_mail_that_came_back_within_two_days_forgives_nothing() -> None:
    soft = ago(0, 50, 98, 122, 146)

    assert stops("soft", soft, ago(97), NOON)
