"""Check an operator's templates, so that a broken one is found before the day's mails.

Mails and notices are rendered from a small sample; for pages see ``page_templates.check_pages``.
"""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path
from traceback import extract_tb

import jinja2

from ..errors import ConfigError, Mistake
from ..model import Notice
from . import sample
from .notices import NoticeRenderer
from .page_templates import check_pages
from .printer import MailRenderer


def check(folders: Sequence[Path]) -> MailRenderer:
    """Return the mail renderer of these folders, after a check of all mails, notices and pages.

    Raises ConfigError with the template's path and line if one cannot be used.
    """
    try:
        # First without inlining, which changes the line numbers.
        for renderer in (MailRenderer(folders, is_inlined=False), made := MailRenderer(folders)):
            for issue in (sample.FULL, sample.EMPTY):
                renderer.mail(issue, sample.SUBSCRIBER, sample.LETTERHEAD)
        _check_notices(folders)
        check_pages(folders)
        return made
    except Exception as fault:  # a template may divide by zero, or be a link to nothing
        raise placed(fault, folders) from fault


def placed(fault: Exception, folders: Sequence[Path]) -> ConfigError:
    """Return a template's fault as an error with path and line."""
    if isinstance(fault, jinja2.TemplateNotFound):
        return ConfigError(str(folders[0]), [Mistake(0, 0, f"no template {fault}")])
    if isinstance(fault, jinja2.TemplateSyntaxError):
        complaint = Mistake(fault.lineno, 1, fault.message or "cannot be parsed")
        return ConfigError(fault.filename or fault.name or "?", [complaint])
    if isinstance(fault, OSError) and fault.filename:
        return ConfigError(fault.filename, [Mistake(0, 0, fault.strerror or "cannot be read")])
    if isinstance(fault, UnicodeDecodeError):
        complaint = Mistake(0, 0, f"not UTF-8 at byte {fault.start}", "save it as UTF-8")
        return ConfigError(_holder_of(fault.object, folders), [complaint])
    # Jinja adds a frame for each template to the traceback.
    frames = extract_tb(fault.__traceback__)
    inside = [frame for frame in frames if Path(frame.filename).suffix in (".html", ".txt")]
    path, line = (inside[-1].filename, inside[-1].lineno) if inside else (str(folders[0]), 0)
    message = " ".join(str(fault).split())
    return ConfigError(path, [Mistake(line or 0, 1, message or type(fault).__name__)])


def _holder_of(content: bytes, folders: Sequence[Path]) -> str:
    """Return the path of the file with this content; of the first folder if there is none."""
    files = (path for folder in folders for path in folder.rglob("*") if path.is_file())
    return str(next((path for path in files if path.read_bytes() == content), folders[0]))


def _check_notices(folders: Sequence[Path]) -> None:
    notices, to, now = NoticeRenderer(folders), sample.SUBSCRIBER.address, sample.FULL.made_at
    for path in sorted((folders[-1] / "mail" / "letters").glob("*.txt")):
        notice = Notice(kind=path.stem, recipient=to, made_at=now, values=sample.NOTICE_VALUES)
        notices.mail(notice, sample.LETTERHEAD, 1)
