"""The log: one line an event, and never a secret."""

from __future__ import annotations

import json
import sys
from collections.abc import Iterator

import pytest
import structlog

from digest.service.log import start_log
from digest.service.mask import mask_stderr, show_message_ids


@pytest.fixture(autouse=True)
def as_before() -> Iterator[None]:
    before = structlog.get_config()
    yield
    structlog.configure(**before)


def _log_in(password: str) -> None:
    raise ConnectionError("the server hung up")


@pytest.mark.parametrize("form", ["text", "json"])
def test_what_went_wrong_is_told_without_the_secrets_that_were_at_hand(
    form: str, capsys: pytest.CaptureFixture[str]
) -> None:
    start_log("info", form)
    try:
        _log_in("hunter" + "2")
    except ConnectionError:
        structlog.get_logger().exception("delivery", host="mx.example.org")
    told = capsys.readouterr().err

    assert "mx.example.org" in told
    assert "the server hung up" in told
    assert "_log_in" in told
    assert "hunter2" not in told


def test_an_event_is_one_line_of_json(capsys: pytest.CaptureFixture[str]) -> None:
    start_log("info", "json")
    structlog.get_logger().info("collected", listing="daily", new=3)
    structlog.get_logger().debug("not at this level")

    event = json.loads(capsys.readouterr().err)
    assert event.pop("timestamp").endswith("Z")
    assert event == {"event": "collected", "level": "info", "listing": "daily", "new": 3}


@pytest.mark.parametrize("form", ["text", "json"])
def test_an_address_is_told_by_its_domain_alone(
    form: str, capsys: pytest.CaptureFixture[str], monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(sys, "stderr", sys.stderr)  # put back afterwards
    mask_stderr()
    show_message_ids("example.org")
    start_log("info", form)
    id = f"<{'0a' * 16}@example.org>"
    try:
        raise ConnectionError("550 <Ann.O'Hara+x@mx.example.org>: unknown")
    except ConnectionError:
        structlog.get_logger().exception("alice@example.org: refused", id=id)
    told = capsys.readouterr().err

    assert "alice" not in told
    assert "Hara" not in told
    assert "…@mx.example.org" in told
    assert id in told
