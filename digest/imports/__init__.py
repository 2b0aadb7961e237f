"""Files of other programs: which program wrote one, and what of it is of use here.

Text in, listings and addresses out, and a line for each part that could not be carried over.  Feeds
are read by ``listings/opml.py``, searches by ``profiles/imported.py``, libraries by
``trial/references.py``; here are the forms that only an import meets.
"""

from __future__ import annotations

from ..errors import SourceError


def decoded(data: bytes, path: str) -> str:
    """Return a file's text; raises SourceError if it is not UTF-8."""
    try:
        return data.decode("utf-8-sig")
    except UnicodeDecodeError as error:
        raise SourceError(path, f"not UTF-8 at byte {error.start}") from None
