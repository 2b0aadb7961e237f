"""What is known of each mail provider, as its users have to write it."""

from __future__ import annotations

from digest.deliver.providers import MICROSOFT_365, Provider, provider_of, spf_of

from ..tables import table

#: an address; the provider's name, host, port, TLS and mails a day; the beginning of its login
PROVIDERS = [
    ("a@gmail.com", "Gmail", "smtp.gmail.com", 587, "starttls", 500, "an app password"),
    ("a@googlemail.com", "Gmail", "smtp.gmail.com", 587, "starttls", 500, "an app password"),
    ("a@outlook.com", "Outlook.com", "smtp-mail.outlook.com", 587, "starttls", 300, ""),
    ("a@yahoo.de", "Yahoo", "smtp.mail.yahoo.com", 465, "tls", 500, "an app password"),
    ("a@me.com", "iCloud", "smtp.mail.me.com", 587, "starttls", 1000, "an app password"),
    ("a@fastmail.fm", "Fastmail", "smtp.fastmail.com", 465, "tls", 0, "an app password"),
    ("a@proton.me", "Proton", "127.0.0.1", 1025, "starttls", 0, ""),
    ("a@ya.ru", "Yandex", "smtp.yandex.com", 465, "tls", 500, "an app password"),
    ("a@QQ.com", "QQ Mail", "smtp.qq.com", 465, "tls", 0, "an authorisation code"),
    ("a@163.com", "NetEase 163", "smtp.163.com", 465, "tls", 0, "an authorisation code"),
    ("a@126.com", "NetEase 126", "smtp.126.com", 465, "tls", 0, "an authorisation code"),
    ("a@aol.com", "AOL", "smtp.aol.com", 465, "tls", 500, "an app password"),
    ("a@mail.ru", "Mail.ru", "smtp.mail.ru", 465, "tls", 0, "an app password"),
    ("a@zoho.com", "Zoho", "smtp.zoho.com", 465, "tls", 0, ""),
    ("a@gmx.de", "GMX", "mail.gmx.net", 587, "starttls", 0, "your password there"),
    ("a@gmx.net", "GMX", "mail.gmx.net", 587, "starttls", 0, "your password there"),
    ("a@gmx.com", "GMX", "mail.gmx.com", 587, "starttls", 0, "your password there"),
    ("a@web.de", "WEB.DE", "smtp.web.de", 587, "starttls", 0, "your password there"),
    ("a@posteo.de", "Posteo", "posteo.de", 465, "tls", 0, ""),
    ("a@mailbox.org", "mailbox.org", "smtp.mailbox.org", 465, "tls", 0, ""),
    ("a@t-online.de", "T-Online", "securesmtp.t-online.de", 465, "tls", 0, ""),
]


@table("address name host port tls per_day login", PROVIDERS)
def test_a_providers_settings_are_known(
    address: str, name: str, host: str, port: int, tls: str, per_day: int, login: str
) -> None:
    found = provider_of(address)

    assert found is not None
    assert (found.name, found.host, found.port, found.tls) == (name, host, port, tls)
    assert found.per_day == per_day
    assert found.login.startswith(login)
    assert bool(found.login) is bool(login)
    assert bool(found.hindrance) is (name == "Proton")
    assert found.has_oauth2 is (name == "Outlook.com")


def test_an_organisations_own_domain_is_of_no_provider_that_is_known() -> None:
    assert provider_of("a@university.example") is None
    assert provider_of("gmail.com@university.example") is None
    assert (MICROSOFT_365.host, MICROSOFT_365.port) == ("smtp.office365.com", 587)
    assert (MICROSOFT_365.has_oauth2, MICROSOFT_365.per_day) == (True, 0)


def test_only_on_port_465_tls_begins_with_the_first_byte() -> None:
    ways = [Provider("x", "x.example", port).tls for port in (464, 465, 466)]

    assert ways == ["starttls", "tls", "starttls"]


@table(
    "host spf",
    [
        ("smtp.gmail.com", "_spf.google.com"),
        ("SMTP.MAIL.ME.COM", "icloud.com"),
        ("mail.ru", "_spf.mail.ru"),
        ("notgmail.com", ""),
        ("gmail.com.example", ""),
    ],
)
def test_the_spf_name_is_that_of_the_end_of_the_relays_name(host: str, spf: str) -> None:
    assert spf_of(host) == spf
