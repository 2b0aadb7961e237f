"""What texts that were written to hurt cost beside harmless ones: profiles in YAML, and TeX."""

from __future__ import annotations

import time
from collections.abc import Callable, Iterator

from digest.language.text import readable
from digest.profiles import lint
from tests.hostile_yaml import HOSTILE

#: A hostile profile is refused in no more than so many times what the longest good one takes.
PROFILE = 2.0
#: Twice the TeX takes no more than so many times as long: 2 is linear, 4 would be quadratic.
TWICE = 3.0

#: What TeX opens and these texts never close (``tests/language/test_text.py``).
_OPENED = (r"\(", r"\(x", r"\[", "`` a ")

_KEYWORDS = ", ".join(f"keyword{n:04d}" for n in range(1_200))


def told() -> Iterator[tuple[str, float, float]]:
    """Measure; yields what was measured, its ratio, and the most that this may be."""
    good = _seconds(lambda: lint(f"any: [{_KEYWORDS}]", "good.yaml"))
    worst = max(HOSTILE, key=lambda name: _refused(name))
    yield f"profile, {worst}, to a good one of 16 kB", _refused(worst) / good, PROFILE
    for sign in _OPENED:
        ratio = _read(sign * 12_000) / _read(sign * 6_000)
        yield f"TeX, {sign!r} 12,000 times to 6,000 times", ratio, TWICE


def _refused(name: str) -> float:
    text, _ = HOSTILE[name]
    return _seconds(lambda: lint(text, "hostile.yaml"))


def _read(text: str) -> float:
    return _seconds(lambda: readable(text))


def _seconds(work: Callable[[], object]) -> float:
    """The processor's time, the best of five."""
    spent = []
    for _ in range(5):
        started = time.process_time()
        work()
        spent.append(time.process_time() - started)
    return min(spent)
