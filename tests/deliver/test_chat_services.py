"""Which service an address names, and how long a post to it may be."""

from __future__ import annotations

from digest.deliver.chat_services import service_of

from ..tables import table


@table(
    "address name size",
    [
        ("discord://id/token", "Discord", 2000),
        (" https://discord.com/api/webhooks/1/x ", "Discord", 2000),
        ("https://discordapp.com/api/webhooks/1/x", "Discord", 2000),
        ("https://hooks.slack.com/services/A/B/c", "Slack", 30_000),
        ("slack://A/B/c", "Slack", 30_000),
        ("tgram://1:x/2", "Telegram", 4096),
        ("matrix://host/#room", "Matrix", 10_000),
        ("matrixs://host/#room", "Matrix", 10_000),
        ("json://host/hook", "JSON", 30_000),
        ("jsons://host/hook", "JSON", 30_000),
        ("xml://host/hook", "XML", 30_000),
        ("xmls://host/hook", "XML", 30_000),
    ],
)
def test_an_address_names_its_service(address: str, name: str, size: int) -> None:
    assert service_of(address) == (name, size)


@table(
    "address",
    [
        "http://discord.com/api/webhooks/1/x",
        "https://discord.example/api",
        "mailto://a",
        "discord",
        "https://[",
        "",
    ],
)
def test_any_other_address_is_of_no_service(address: str) -> None:
    assert service_of(address) is None
