"""What is publicly known of mail providers: server, port, daily limit, which password to use."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Literal

_APP_PASSWORD = "an app password, not that of your account: "  # noqa: S105  # words for a person


@dataclass(frozen=True, slots=True)
class Provider:
    """How mail is handed to a provider, and what to have ready."""

    name: str
    host: str
    port: int = 587
    #: messages in 24 hours; 0: not known
    per_day: int = 0
    #: which password to use, and where to get it; empty: that of the account
    login: str = ""
    #: why a password cannot be used; empty: it can
    hindrance: str = ""
    #: whether a file of ``digest oauth2`` logs in instead of a password
    has_oauth2: bool = False

    @property
    def tls(self) -> Literal["starttls", "tls"]:
        """Return how the port is encrypted (RFC 8314)."""
        return "tls" if self.port == 465 else "starttls"


_GOOGLE = Provider(
    "Gmail",
    "smtp.gmail.com",
    per_day=500,
    login=f"{_APP_PASSWORD}https://myaccount.google.com/apppasswords (2-step verification is on)",
)
_MICROSOFT = Provider(
    "Outlook.com",
    "smtp-mail.outlook.com",
    per_day=300,
    has_oauth2=True,
)
#: For a domain of an organisation's own.
MICROSOFT_365 = Provider("Microsoft 365", "smtp.office365.com", has_oauth2=True)
_YAHOO = Provider(
    "Yahoo",
    "smtp.mail.yahoo.com",
    465,
    per_day=500,
    login=f"{_APP_PASSWORD}Account security, Generate app password",
)
_ICLOUD = Provider(
    "iCloud",
    "smtp.mail.me.com",
    per_day=1000,
    login=f"{_APP_PASSWORD}https://account.apple.com, App-Specific Passwords",
)
_FASTMAIL = Provider(
    "Fastmail",
    "smtp.fastmail.com",
    465,
    login=f"{_APP_PASSWORD}Settings, Privacy & Security, App passwords",
)
_PROTON = Provider(
    "Proton",
    "127.0.0.1",
    1025,
    hindrance="Proton's mail leaves by its Bridge on this machine, or by an SMTP token",
)
_YANDEX = Provider(
    "Yandex", "smtp.yandex.com", 465, 500, f"{_APP_PASSWORD}https://id.yandex.com, App passwords"
)
_CODE = "an authorisation code, not the password: in the mailbox's settings, at POP3/IMAP/SMTP"

_ALLOWED = "your password there; allow SMTP first, in the mailbox's settings at POP3 and IMAP"

#: domain of an address: its provider
_BY_DOMAIN = {
    **dict.fromkeys(("gmail.com", "googlemail.com"), _GOOGLE),
    **dict.fromkeys(("outlook.com", "hotmail.com", "live.com", "msn.com"), _MICROSOFT),
    **dict.fromkeys(("yahoo.com", "yahoo.co.uk", "yahoo.de", "yahoo.fr", "ymail.com"), _YAHOO),
    **dict.fromkeys(("icloud.com", "me.com", "mac.com"), _ICLOUD),
    **dict.fromkeys(("fastmail.com", "fastmail.fm"), _FASTMAIL),
    **dict.fromkeys(("proton.me", "protonmail.com", "pm.me"), _PROTON),
    **dict.fromkeys(("yandex.com", "yandex.ru", "ya.ru"), _YANDEX),
    **dict.fromkeys(
        ("qq.com", "foxmail.com"), Provider("QQ Mail", "smtp.qq.com", 465, login=_CODE)
    ),
    "163.com": Provider("NetEase 163", "smtp.163.com", 465, login=_CODE),
    "126.com": Provider("NetEase 126", "smtp.126.com", 465, login=_CODE),
    "aol.com": Provider("AOL", "smtp.aol.com", 465, 500, f"{_APP_PASSWORD}Account security"),
    "mail.ru": Provider("Mail.ru", "smtp.mail.ru", 465, login=f"{_APP_PASSWORD}Security"),
    "zoho.com": Provider("Zoho", "smtp.zoho.com", 465),
    "gmx.de": Provider(
        "GMX",
        "mail.gmx.net",
        login=_ALLOWED,
    ),
    "gmx.net": Provider(
        "GMX",
        "mail.gmx.net",
        login=_ALLOWED,
    ),
    "gmx.com": Provider(
        "GMX",
        "mail.gmx.com",
        login=_ALLOWED,
    ),
    "web.de": Provider(
        "WEB.DE",
        "smtp.web.de",
        login=_ALLOWED,
    ),
    "posteo.de": Provider("Posteo", "posteo.de", 465),
    "mailbox.org": Provider("mailbox.org", "smtp.mailbox.org", 465),
    "t-online.de": Provider("T-Online", "securesmtp.t-online.de", 465),
}


#: end of a relay's name: what the operator of a domain adds to its SPF record for that provider
_SPF = {
    "google.com": "_spf.google.com",
    "gmail.com": "_spf.google.com",
    "office365.com": "spf.protection.outlook.com",
    "outlook.com": "spf.protection.outlook.com",
    "amazonaws.com": "amazonses.com",
    "sendgrid.net": "sendgrid.net",
    "mailgun.org": "mailgun.org",
    "mailjet.com": "spf.mailjet.com",
    "brevo.com": "spf.brevo.com",
    "postmarkapp.com": "spf.mtasv.net",
    "fastmail.com": "spf.messagingengine.com",
    "me.com": "icloud.com",
    "zoho.com": "zohomail.com",
    "zoho.eu": "zohomail.eu",
    "yandex.com": "_spf.yandex.net",
    "yandex.ru": "_spf.yandex.net",
    "mail.ru": "_spf.mail.ru",
    "protonmail.ch": "_spf.protonmail.ch",
    "mailbox.org": "mailbox.org",
    "qq.com": "spf.mail.qq.com",
    "gandi.net": "_mailcust.gandi.net",
    "ovh.net": "mx.ovh.com",
}


def spf_of(host: str) -> str:
    """Return the name that a provider has for the SPF records of others; empty if not known."""
    name = host.lower()
    return next((spf for end, spf in _SPF.items() if f".{name}".endswith(f".{end}")), "")


def provider_of(address: str) -> Provider | None:
    """Return the provider of an address, by its domain; None if it is not known."""
    return _BY_DOMAIN.get(address.rpartition("@")[2].lower())
