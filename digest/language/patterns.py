"""Readers' regular expressions, by RE2: time in proportion to the text, whatever the pattern.

Python's own ``re`` never sees a reader's pattern.
"""

from __future__ import annotations

from functools import lru_cache
from typing import Any

# RE2's own measure.  Up to here its automaton stays small enough to read a day in milliseconds;
# beyond, a repetition such as e.{40}q makes it thrash.
LARGEST = 120


class PatternError(ValueError):
    """A pattern that cannot be used; ``str`` says why."""


@lru_cache(maxsize=4096)
def compiled(pattern: str, ignore_case: bool) -> Any:
    """Compile ``pattern`` so that ``^`` and ``$`` stand for the ends of a line.

    A line is never left: a text of many papers can be searched at once, one paper a line.
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
        said = reason.decode() if isinstance(reason, bytes) else reason
        # What we put around the pattern is not what its writer wrote.
        raise PatternError(said.replace(whole, pattern)) from None
    if regex.search(""):
        raise PatternError("it matches the empty text, and so every paper")
    if regex.programsize > LARGEST:
        raise PatternError(f"it is too costly ({regex.programsize} steps, at most {LARGEST})")
    return regex
