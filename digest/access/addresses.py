"""Email addresses: which are valid, which are equal, and which reach the same mailbox.

Asks no name server.  Mail is sent to an address as it was written, including dots and ``+``: only
its server decides what they mean.  Rate limits count mailboxes, by the public rules of providers;
nothing else does, because a rule that is wrong would make two persons one.
"""

from __future__ import annotations

import hmac
from contextlib import suppress
from dataclasses import dataclass
from hashlib import sha256

import idna

from ..errors import Sentence, as_template, of_library

#: RFC 5321 §4.5.3.1: of an address, less the angle brackets; and of the part before the @.
MAX_LENGTH, LONGEST_LOCAL = 254, 64


@dataclass(frozen=True, slots=True)
class _Provider:
    """A mail provider's public rules for spellings that reach the same mailbox."""

    #: the domains; if ``is_one``, the first is the domain of the key
    domains: tuple[str, ...]
    #: whether a name is the same mailbox at each of the domains
    is_one: bool = False
    #: characters that begin a tag, which is not part of the name
    tags: str = "+"
    #: characters that are ignored in a name
    ignored: str = ""
    #: two characters that are the same in a name: the first is written as the second
    same: tuple[str, str] = ("", "")
    #: whether anything@name.domain reaches name@domain
    has_subdomains: bool = False


_OUTLOOK = """
    outlook.com outlook.at outlook.be outlook.cl outlook.co.id outlook.co.il outlook.co.nz
    outlook.co.th outlook.com.ar outlook.com.au outlook.com.br outlook.com.gr outlook.com.pe
    outlook.com.tr outlook.com.vn outlook.cz outlook.de outlook.dk outlook.es outlook.fr outlook.hu
    outlook.ie outlook.in outlook.it outlook.jp outlook.kr outlook.lv outlook.my outlook.ph
    outlook.pt outlook.sa outlook.sg outlook.sk hotmail.com hotmail.be hotmail.ca hotmail.ch
    hotmail.cl hotmail.co.il hotmail.co.jp hotmail.co.nz hotmail.co.th hotmail.co.uk hotmail.co.za
    hotmail.com.ar hotmail.com.au hotmail.com.br hotmail.com.mx hotmail.com.tr hotmail.de hotmail.dk
    hotmail.es hotmail.fi hotmail.fr hotmail.gr hotmail.it hotmail.nl hotmail.no hotmail.se
    hotmail.sg live.com live.at live.be live.ca live.cl live.cn live.co.uk live.co.za live.com.ar
    live.com.au live.com.mx live.com.pt live.de live.dk live.fi live.fr live.hk live.ie live.in
    live.it live.jp live.nl live.no live.ru live.se msn.com windowslive.com passport.com
"""
_YAHOO = """
    yahoo.com yahoo.co.uk yahoo.co.in yahoo.co.id yahoo.com.ar yahoo.com.au yahoo.com.br
    yahoo.com.mx yahoo.ca yahoo.de yahoo.es yahoo.fr yahoo.ie yahoo.in yahoo.it ymail.com
    rocketmail.com myyahoo.com
"""
_FASTMAIL = "fastmail.com fastmail.fm fastmail.cn fastmail.de fastmail.in fastmail.uk sent.com"
_YANDEX = "yandex.ru yandex.com yandex.by yandex.kz yandex.uz yandex.com.tr ya.ru"
_PROTON = "proton.me protonmail.com pm.me protonmail.ch"

_PROVIDERS = (
    _Provider(("gmail.com", "googlemail.com"), is_one=True, ignored="."),
    _Provider(tuple(_OUTLOOK.split())),
    # base-keyword@: a name at Yahoo holds neither a hyphen nor a plus sign.
    _Provider(tuple(_YAHOO.split()), tags="-+"),
    _Provider(("icloud.com", "me.com", "mac.com"), is_one=True),
    _Provider(tuple(_FASTMAIL.split()), has_subdomains=True),
    _Provider(tuple(_PROTON.split()), is_one=True, ignored=".-_"),
    # A dot and a hyphen are interchangeable; a name without them is another person's.
    _Provider(tuple(_YANDEX.split()), is_one=True, same=("-", ".")),
    _Provider(("mailbox.org", "posteo.de", "posteo.net", "posteo.org", "runbox.com", "hey.com")),
    _Provider(("mail.ru", "bk.ru", "inbox.ru", "list.ru", "internet.ru")),
    _Provider(("zoho.com", "zoho.eu", "zoho.in", "zohomail.com", "zohomail.eu", "zohomail.in")),
)
_BY_DOMAIN = {domain: each for each in _PROVIDERS for domain in each.domains}


class AddressError(ValueError):
    """An address that is none, and the short reason as a sentence."""

    def __init__(self, reason: str) -> None:
        self.sentence = Sentence("not an email address: %(reason)s", reason=reason)
        super().__init__(self.sentence)


#: What the checker says, but for the signs that it names behind a colon.
_REASONS = frozenset(
    (
        as_template("an email address must have an @-sign"),
        as_template("there must be something before the @-sign"),
        as_template("there must be something after the @-sign"),
        as_template("the email address contains invalid characters before the @-sign"),
        as_template("internationalized characters before the @-sign are not supported"),
        as_template("the part after the @-sign contains invalid characters"),
        as_template("the part after the @-sign is not valid. It should have a period"),
        as_template(
            "the part after the @-sign is not valid. It is not within a valid top-level domain"
        ),
        as_template(
            "the part after the @-sign is a special-use or reserved name that cannot be used with "
            "email"
        ),
        as_template("an email address cannot start with a period"),
        as_template("an email address cannot end with a period"),
        as_template("an email address cannot have two periods in a row"),
        as_template("an email address cannot have a period immediately before the @-sign"),
        as_template("an email address cannot have a period immediately after the @-sign"),
        as_template(
            "a display name and angle brackets around the email address are not permitted here"
        ),
    )
)


def checked(text: str) -> str:
    """Return the address to send mail to; raises AddressError if it is invalid.

    Before the @ only ASCII is valid: a server without SMTPUTF8 would refuse every mail.
    """
    # Imported late: half of all profiles hold no address, and the import takes longer than a file.
    from email_validator import EmailNotValidError, validate_email

    try:
        found = validate_email(text.strip(), check_deliverability=False, allow_smtputf8=False)
    except EmailNotValidError as error:
        said = str(error).rstrip(".")
        reason = of_library(said[:1].lower() + said[1:], _REASONS)
        raise AddressError(reason) from None
    if found.ascii_email is None or len(found.ascii_email) > MAX_LENGTH:
        raise AddressError(Sentence("it is too long"))
    if len(found.local_part) > LONGEST_LOCAL:
        most = Sentence(
            "before the @ there can be %(most)s characters at most", most=str(LONGEST_LOCAL)
        )
        raise AddressError(most)
    return found.normalized


def fold(address: str) -> str:
    """Return the common form of an address's spellings: the domain in lower case and in ASCII."""
    local, _, domain = address.strip().rpartition("@")
    domain = domain.rstrip(".").lower()
    with suppress(idna.IDNAError):  # a name such as a_b.example, which a relay may know
        domain = idna.encode(domain, uts46=True).decode("ascii") if domain else ""
    return f"{local}@{domain}"


def mailbox_key(address: str) -> str:
    """Return the common key of a mailbox's spellings, for rate limits and never for sending.

    Case makes no difference, nor do dots, tags and second domains at providers that say so; at
    other servers only case is ignored.  The key of a key is the key itself.
    """
    local, _, domain = fold(address).casefold().rpartition("@")
    if (provider := _BY_DOMAIN.get(domain)) is None:
        above = domain.partition(".")
        provider = _BY_DOMAIN.get(above[2])
        if provider is None or not provider.has_subdomains:
            return f"{local}@{domain}"
        local, domain = above[0], above[2]
    name = local
    for tag in provider.tags:
        name = name.partition(tag)[0]
    changed = str.maketrans(*provider.same, provider.ignored)
    name = name.translate(changed)
    return f"{name or local}@{provider.domains[0] if provider.is_one else domain}"


def keyed_hash(secret: bytes, address: str) -> str:
    """Return the keyed hash that replaces an erased address: 64 hexadecimal digits."""
    return hmac.new(secret, fold(address).encode("utf-8", "surrogatepass"), sha256).hexdigest()


def are_aligned(named: str, domain: str) -> bool:
    """Return whether two domains are aligned, relaxed (RFC 7489 §3.1): one ends in the other.

    Uses no list of public suffixes.
    """
    if "." not in named:
        return False
    return named == domain or domain.endswith(f".{named}") or named.endswith(f".{domain}")
