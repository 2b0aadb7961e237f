"""How fast mails go out: a short form of ``python -m bench send``."""

from __future__ import annotations

from bench._speed import by_smtplib, with_outbox
from bench.send import fastest


def test_where_pipelining_is_offered_a_mail_takes_one_round_trip_and_not_four() -> None:
    """Twice as fast as smtplib with twelve mails; the bench asks for three times, with many."""
    ways = {"theirs": by_smtplib, "ours": with_outbox(1)}
    best = fastest(ways, number=12, size=2000, delay=0.03, rounds=1)

    assert best["ours"] > 2 * best["theirs"]
