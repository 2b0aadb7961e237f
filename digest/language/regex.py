"""Regular expressions of subscribers, run by RE2: linear time in the text, whatever the pattern.

Python's own ``re`` is never used for a subscriber's pattern.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

# Highest program size, in RE2's own measure.  Up to here its automaton is small enough to search a
# day's papers in milliseconds; above, a repetition such as e.{40}q makes its cache thrash.
MAX_PATTERN_SIZE = 120


class PatternError(ValueError):
    """A pattern that cannot be used; ``str`` is the reason."""


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
        raise PatternError(reason_text.replace(whole, pattern)) from None
    if regex.search(""):
        raise PatternError("it matches the empty text, and so every paper")
    if regex.programsize > MAX_PATTERN_SIZE:
        raise PatternError(
            f"it is too costly ({regex.programsize} steps, at most {MAX_PATTERN_SIZE})"
        )
    return regex
