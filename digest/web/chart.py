"""Lay out the bars of a small chart; a template draws it."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date

from ..trial.backtest import DayCount

#: In the units of the drawing: the width of a bar with its gap, and the height of the highest bar.
STEP, HEIGHT = 12, 80


@dataclass(frozen=True, slots=True)
class Bar:
    """One day; ``height`` is None where the data has a hole."""

    x: int
    height: float | None
    day: date
    papers: int | None
    matched: int
    is_last: bool


@dataclass(frozen=True, slots=True)
class Chart:
    """The bars, and the numbers for the chart's description in words."""

    bars: tuple[Bar, ...]
    width: int
    most: int

    @property
    def top(self) -> Bar | None:
        """Return the first of the highest bars, which is labelled with its number."""
        return next((bar for bar in self.bars if bar.matched and bar.matched == self.most), None)


def chart(days: Sequence[DayCount]) -> Chart:
    """Lay the days out, each bar's height in proportion to the highest."""
    most = max((day.matched for day in days), default=0)
    bars = tuple(
        Bar(
            x=STEP * place,
            height=None if day.papers is None else round(HEIGHT * day.matched / (most or 1), 1),
            day=day.day,
            papers=day.papers,
            matched=day.matched,
            is_last=place == len(days) - 1,
        )
        for place, day in enumerate(days)
    )
    return Chart(bars, STEP * len(days), most)
