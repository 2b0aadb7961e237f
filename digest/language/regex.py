"""Regular expressions of subscribers, run by RE2: linear time in the text, whatever the pattern.

Python's own ``re`` is never used for a subscriber's pattern.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

from ..errors import Sentence, as_template, of_library

# Highest program size, in RE2's own measure.  Up to here its automaton is small enough to search a
# day's papers in milliseconds; above, a repetition such as e.{40}q makes its cache thrash.
MAX_PATTERN_SIZE = 120


class PatternError(ValueError):
    """A pattern that cannot be used, and the reason."""

    def __init__(self, reason: str) -> None:
        self.reason = reason
        super().__init__(reason)


#: What RE2 says, but for what it quotes behind a colon.
_REASONS = frozenset(
    (
        as_template("bad repetition operator"),
        as_template("invalid character class range"),
        as_template("invalid escape sequence"),
        as_template("invalid named capture group"),
        as_template("invalid perl operator"),
        as_template("invalid repetition size"),
        as_template("missing ]"),
        as_template("missing )"),
        as_template("no argument for repetition operator"),
        as_template("pattern too large - compile failed"),
        as_template("unexpected )"),
        as_template("invalid character class"),
        as_template("trailing \\ at end of regexp"),
    )
)


@lru_cache(maxsize=4096)
def compiled(pattern: str, ignore_case: bool) -> Any:
    """Compile ``pattern`` so that ``^`` and ``$`` match at the ends of a line.

    A match never crosses a line end, so many papers can be searched as one text, one paper a line.
    Raises PatternError.
    """
    import re2

    options = re2.Options()
    options.log_errors = False
    options.never_nl = True
    options.never_capture = True
    options.case_sensitive = not ignore_case
    whole = f"(?m)(?:{pattern})"
    try:
        regex = re2.compile(whole, options=options)
    except re2.error as error:
        reason = error.args[0]
        reason_text = reason.decode() if isinstance(reason, bytes) else reason
        # The message must quote the pattern as its author wrote it, without our wrapping.
        raise PatternError(of_library(reason_text.replace(whole, pattern), _REASONS)) from None
    if regex.search(""):
        raise PatternError(Sentence("it matches the empty text, and so every paper"))
    if regex.programsize > MAX_PATTERN_SIZE:
        raise PatternError(
            Sentence(
                "it is too costly (%(steps)s steps, at most %(most)s)",
                steps=str(regex.programsize),
                most=str(MAX_PATTERN_SIZE),
            )
        )
    return regex
