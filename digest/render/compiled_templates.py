"""Remember compiled templates, so that a process compiles each of them once."""

from __future__ import annotations

from types import CodeType

import jinja2
from jinja2.bccache import Bucket


class CompiledTemplates(jinja2.BytecodeCache):
    """The code of templates by name and path, valid for the same source.

    One is for environments with the same options alone: the code depends on them.
    """

    def __init__(self) -> None:
        self._known: dict[str, tuple[str, CodeType]] = {}

    def load_bytecode(self, bucket: Bucket) -> None:
        """Fill the bucket if this source was compiled before."""
        checksum, code = self._known.get(bucket.key, ("", None))
        if checksum == bucket.checksum:
            bucket.code = code

    def dump_bytecode(self, bucket: Bucket) -> None:
        """Remember the code in place of that of an earlier source."""
        if bucket.code is not None:
            self._known[bucket.key] = (bucket.checksum, bucket.code)
