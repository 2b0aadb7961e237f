"""The log: one line per event, on stderr, for people or as JSON."""

from __future__ import annotations

import logging
import os
import sys
from contextlib import suppress
from typing import Any

import stamina.instrumentation
import structlog

from .mask import masked


def start_log(level: str, form: str) -> None:
    """Set up logging for our own records and the libraries'; ``form`` is text or json."""
    number = logging.getLevelNamesMapping()[level.upper()]
    structlog.configure(
        processors=[
            structlog.contextvars.merge_contextvars,
            structlog.processors.add_log_level,
            structlog.processors.TimeStamper(fmt="iso", utc=True),
            *(_JSON if form == "json" else _text()),
        ],
        wrapper_class=structlog.make_filtering_bound_logger(number),
        logger_factory=structlog.PrintLoggerFactory(_Stderr()),  # type: ignore[arg-type]
    )
    # Stamina's warnings name neither listing nor address; the client logs them itself.
    stamina.instrumentation.set_on_retry_hooks([])
    # Of libraries only warnings and errors are logged: the rest would hide our own records.
    level_of_others = max(number, logging.WARNING)
    logging.basicConfig(stream=_Stderr(), level=level_of_others, format=_FORMAT)


class _Stderr:
    """A stream to stderr that ignores errors: a full disk or a closed pipe stops no mail."""

    def write(self, text: str) -> None:
        """Write the masked text, and ignore errors."""
        with suppress(OSError, ValueError):
            if sys.stderr is not None:
                sys.stderr.write(masked(text, getattr(sys.stderr, "domain", "")))

    def flush(self) -> None:
        """Flush stderr, and ignore errors."""
        with suppress(OSError, ValueError):
            if sys.stderr is not None:
                sys.stderr.flush()


_FORMAT = "%(levelname)s %(name)s: %(message)s"
# Tracebacks without local variables, because those hold secrets.
_BARE = structlog.tracebacks.ExceptionDictTransformer(show_locals=False)
_JSON: list[Any] = [
    structlog.processors.ExceptionRenderer(_BARE),
    structlog.processors.JSONRenderer(),
]


def _text() -> list[Any]:
    plain = structlog.dev.plain_traceback
    is_terminal = sys.stderr is not None and sys.stderr.isatty()
    has_colours = is_terminal and not os.environ.get("NO_COLOR")
    return [structlog.dev.ConsoleRenderer(colors=has_colours, exception_formatter=plain)]
