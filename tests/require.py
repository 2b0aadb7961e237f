"""What a machine may lack: skip with a clear word, or fail where DIGEST_REQUIRE names it."""

from __future__ import annotations

import os
import shutil
from typing import NoReturn

import pytest


def need(name: str, *places: str) -> str:
    """Give the path of a program, looked for on PATH and then in the places given."""
    found = next(filter(None, map(shutil.which, (name, *places))), None)
    return found or missing(name, f"{name} is not installed")


def missing(name: str, reason: str) -> NoReturn:
    """Skip the test, or fail it where DIGEST_REQUIRE (a comma list) says it must run."""
    required = {word.strip() for word in os.environ.get("DIGEST_REQUIRE", "").split(",")}
    if name in required:
        pytest.fail(f"{reason}, and DIGEST_REQUIRE names {name}")
    pytest.skip(reason)
