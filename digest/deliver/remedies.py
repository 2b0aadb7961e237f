"""What to do about a refusal, by the words that providers are known to use for it.

Fixed phrases in small letters, searched for in one pass each; the first that fits counts.
"""

from __future__ import annotations

_APP_PASSWORD = "an app password is needed: https://myaccount.google.com/apppasswords"  # noqa: S105
_OWN_ADDRESS = "write the address of mail.smtp.user into mail.from, or let that user send as it"
_REPUTE = "digest doctor looks at SPF, DKIM and DMARC of mail.from; then digest outbox retry ID"

#: phrase: what to do
_REMEDIES = {
    "smtpclientauthentication is disabled": (
        "an administrator has to allow authenticated SMTP for this mailbox"
        " (Set-CASMailbox -SmtpClientAuthenticationDisabled $false)"
    ),
    "basic authentication is disabled": (
        "Microsoft takes no passwords: set mail.smtp.oauth2, made by digest oauth2"
    ),
    "5.7.139": "Microsoft takes no passwords: set mail.smtp.oauth2, made by digest oauth2",
    "application-specific password": _APP_PASSWORD,
    "invalidsecondfactor": _APP_PASSWORD,
    "badcredentials": _APP_PASSWORD,
    "username and password not accepted": _APP_PASSWORD,
    "authorization code": (
        "make a new authorisation code in the mailbox's settings, at POP3/IMAP/SMTP"
    ),
    "same as authorization user": _OWN_ADDRESS,
    "must equal authorized user": _OWN_ADDRESS,
    "relaying disallowed as": _OWN_ADDRESS,
    "not one of your addresses": _OWN_ADDRESS,
    "permissions to send as": _OWN_ADDRESS,
    "sendasdenied": _OWN_ADDRESS,
    "not owned by": _OWN_ADDRESS,
    "verified sender identity": "verify this sender at the provider, or write one that is",
    "email address is not verified": (
        "verify mail.from at the provider; in the sandbox of Amazon SES those who get mail too,"
        " until production access is granted"
    ),
    "sender is unauthenticated": "publish SPF and DKIM: digest doctor names the records",
    "spam message": _REPUTE,
    "like spam": _REPUTE,
    "as spam": _REPUTE,
    "daily user sending limit": "set mail.smtp.per_day: Gmail takes 500, Workspace 2000",
    "daily message quota": "set mail.smtp.per_day to the quota of the account",
    "maximum sending rate": "set mail.smtp.per_minute to sixty times the rate of the account",
}


def remedy_for(plain_text: str) -> str:
    """Return what to do about an answer in small letters; empty if its words are not known."""
    return next((todo for phrase, todo in _REMEDIES.items() if phrase in plain_text), "")
