"""What ``bench scale`` asks of more subscribers and of more workers, and its picture."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from xml.dom.minidom import parseString

from bench import _alone, _workers
from bench._bars import LONGEST, WORDS, picture
from bench._workers import Morning, Outcome
from bench.scale import Figures, flatness

_NONE = dict.fromkeys(("parse", "load", "enrol", "print", "start", "edit", "tick", "mail"), 0.0)
FEW = Figures("sqlite", 1000, compose=6, deliver=4, mails=1000, database=50, memory=200, **_NONE)


def test_each_of_many_may_cost_a_fifth_more_than_each_of_few() -> None:
    many = replace(FEW, number=10_000, compose=7.9, memory=240)
    assert [line[:6] for line in flatness([FEW, many])] == ["met   "] * 2
    assert [line[:6] for line in flatness([FEW, replace(many, deliver=4.2)])] == [
        "MISSED",
        "met   ",
    ]
    assert [line[:6] for line in flatness([FEW, replace(many, memory=241)])] == ["met   ", "MISSED"]


ONE = Outcome(Counter(worker1=100), twice=0, seconds=10, cpu=1, memory=100, in_vain=0)
#: At the edge of what is asked.
TWO = replace(ONE, seconds=100 / 18, cpu=1.0999, in_vain=0.05)


def verdicts(outcome: Outcome, workers: int = 2) -> list[str]:
    return [
        line.split()[0]
        for line in _workers.goals(Morning("sqlite", 100, workers=workers), outcome, ONE)
    ]


def test_two_workers_are_nearly_twice_as_fast_and_a_mail_costs_as_much() -> None:
    assert verdicts(ONE, workers=1) == ["met"]
    assert verdicts(TWO) == ["met"] * 4
    for place, broken in enumerate(
        ({"seconds": 5.6}, {"cpu": 1.11}, {"in_vain": 0.051}, {"twice": 1})
    ):
        found = verdicts(replace(TWO, **broken))  # type: ignore[arg-type]
        assert [each == "met" for each in found] == [other != place for other in range(4)]


def test_beside_two_workers_is_said_what_sharing_costs_them_and_what_a_start() -> None:
    """Two at 12 ms of CPU a mail, 11 where each has a database of its own, beside one at 10."""
    morning, shared = Morning("sqlite", 100, workers=2), replace(ONE, cpu=1.2)

    said = list(_alone.lines(morning, shared, ONE, alone=11, start=0.05))

    assert [line.partition(", issues made: ")[2].partition(":")[2] for line in said] == [
        " 11.00 ms of CPU a mail, 1.10 times one worker's",
        " one database to databases of their own: 1.09 times",
        " 0.05 s of CPU, 1.00 ms a mail for all of them, 0.50 for one",
    ]
    assert not any("met" in line.lower().split() or "MISSED" in line for line in said)


def test_of_processes_that_share_nothing_each_sends_its_part() -> None:
    morning = Morning("sqlite", 40, answer=0, workers=2, papers=40)

    found = _alone.run(morning)

    assert found.mails.keys() == {"worker1", "worker2"}
    assert found.cpu_each > 0


def test_a_bar_is_as_long_as_its_steps_and_names_are_only_text() -> None:
    drawn = parseString(
        picture([("many & <more>", {"compose": 3.0, "send": 1.0}), ("few", {"send": 1.0})])
    )

    bars = [
        each for each in drawn.getElementsByTagName("rect") if each.getElementsByTagName("title")
    ]
    placed = [(float(each.getAttribute("x")), float(each.getAttribute("width"))) for each in bars]
    assert placed == [
        (WORDS, LONGEST * 0.75),
        (WORDS + LONGEST * 0.75, LONGEST / 4),
        (WORDS, LONGEST / 4),
    ]
    words = [each.firstChild.data for each in drawn.getElementsByTagName("text")]  # type: ignore[union-attr]
    assert words == [
        "ms of CPU a subscriber:",
        "compose",
        "send",
        *("many & <more>", "3.0", "1.0", "4.0"),
        *("few", "1.0", "1.0"),
    ]
