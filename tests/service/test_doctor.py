"""What doctor says of DNS: the provider's own names, and nothing of zones of others."""

from __future__ import annotations

from pathlib import Path

import pytest

from digest.config import load
from digest.deliver.providers import spf_of
from digest.render import Letterhead
from digest.service.doctor import records


def found(folder: Path, sender: str, host: str, more: str = "") -> dict[str, str]:
    """Per finding that is good what is to be published, of others what is wrong."""
    path = folder / "config.yaml"
    path.write_text(
        "listings: {a: {kind: huggingface}}\n"
        f"mail:\n  from: {sender}\n  sender: smtp\n  smtp: {{host: {host}}}\n{more}"
    )
    findings = records(Letterhead(sender=sender), load(path, {}))
    return {each.what: each.remedy if each.is_good else each.found for each in findings}


@pytest.mark.parametrize(
    ("host", "name"),
    [
        ("smtp.gmail.com", "_spf.google.com"),
        ("smtp-relay.gmail.com", "_spf.google.com"),
        ("smtp.office365.com", "spf.protection.outlook.com"),
        ("email-smtp.eu-west-1.amazonaws.com", "amazonses.com"),
        ("smtp.sendgrid.net", "sendgrid.net"),
        ("notgmail.com", ""),
        ("smtp.example.org", ""),
    ],
)
def test_the_spf_record_is_the_providers_own(tmp_path: Path, host: str, name: str) -> None:
    assert spf_of(host) == name
    record = found(tmp_path, "digest@example.org", host)["SPF"]
    term = f"include:{name}" if name else "ip4:ADDRESS"
    assert record == f'example.org. TXT "v=spf1 {term} ~all"'


def test_nothing_is_said_of_a_zone_that_is_not_the_operators(tmp_path: Path) -> None:
    assert found(tmp_path, "me@gmail.com", "smtp.gmail.com") == {}
    assert found(tmp_path, "me@hotmail.com", "smtp.office365.com") == {}
    assert found(tmp_path, "me@web.de", "smtp.web.de") == {}


@pytest.mark.parametrize("sender", ["me@gmail.com", "me@web.de"])
def test_from_of_one_provider_by_the_relay_of_another_is_named(tmp_path: Path, sender: str) -> None:
    said = found(tmp_path, sender, "smtp.qq.com")
    assert [*said] == ["From"]
    assert said["From"].endswith("by smtp.qq.com, which may not send for it")


def test_mail_from_of_another_domain_needs_a_key_of_ones_own(tmp_path: Path) -> None:
    bounces = '  bounces: "b+{token}@bounces.example.net"\n'
    said = found(tmp_path, "digest@example.org", "smtp.gmail.com", bounces)
    assert said["alignment"] == (
        "neither bounces.example.net (MAIL FROM) nor a DKIM key is of example.org"
    )
    assert said["SPF"].startswith("bounces.example.net. TXT ")

    own = bounces.replace("bounces.example.net", "bounces.example.org")
    assert "alignment" not in found(tmp_path, "digest@example.org", "smtp.gmail.com", own)
    key = "  dkim: {domain: example.org, selector: s, key: none.pem}\n"
    assert "alignment" not in found(tmp_path, "digest@example.org", "smtp.gmail.com", bounces + key)
