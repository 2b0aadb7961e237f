"""What receivers look up about the domain in From: SPF, DKIM, DMARC, and whether they fit.

The records are looked up in the DNS, within ten seconds; without a network it is said that they
were not.  Of a zone that belongs to a mail provider nothing is said: only they can publish there.
"""

from __future__ import annotations

from collections import deque
from collections.abc import Iterator
from typing import TYPE_CHECKING

from ..access.addresses import are_aligned
from ..deliver.providers import provider_of, spf_of
from ..errors import DigestError
from ..network import Deadline, is_loopback, printable
from .findings import Finding

if TYPE_CHECKING:
    from ..config import Config, Dkim
    from ..render import Letterhead

#: Seconds for all look-ups together.
_SECONDS = 10.0

#: Look-ups of one SPF record; with more receivers take it for none (RFC 7208 §4.6.4).
_MOST_LOOKUPS = 10


class TxtRecords:
    """The TXT records of names; once a name server does not answer, none is asked again."""

    def __init__(self, seconds: float = _SECONDS) -> None:
        self._deadline = Deadline(seconds)
        #: why nothing is looked up any more; empty: it is
        self.trouble = ""
        self._knows_root = False

    def of(self, name: str) -> tuple[str, ...]:
        """Return the texts of a name; none also where ``trouble`` says that nobody was asked."""
        import dns.exception
        import dns.resolver

        if self.trouble:
            return ()
        try:
            resolver = dns.resolver.get_default_resolver()
            left = self._deadline.left()
            answer = resolver.resolve(name, "TXT", lifetime=left, search=False)
        except (dns.resolver.NXDOMAIN, dns.resolver.NoAnswer):
            self._check_root()
            return ()
        except (dns.exception.DNSException, OSError, UnicodeError):
            self.trouble = "no name server answered"
            return ()
        return tuple(b"".join(row.strings).decode("ascii", "replace") for row in answer)

    def _check_root(self) -> None:
        """Ask once for the servers of the root: in a closed network all names are denied."""
        import dns.exception
        import dns.resolver

        if self._knows_root:
            return
        try:
            left = self._deadline.left()
            dns.resolver.get_default_resolver().resolve(".", "NS", lifetime=left, search=False)
            self._knows_root = True
        except (dns.exception.DNSException, OSError):
            self.trouble = "the name server knows no names of the internet"

    def starting(self, name: str, version: str) -> list[str]:
        """Return the texts of a name whose first word is this version."""
        starts = ((text, text.lower().replace(";", " ").split()) for text in self.of(name))
        return [text for text, words in starts if words[:1] == [version]]


def records(letterhead: Letterhead, config: Config) -> Iterator[Finding]:
    """Look up what receivers compare with From; yield what is wrong, and what to publish."""
    domain, servers = letterhead.domain, config.mail.settings.servers
    if not servers:
        return
    if own := provider_of(letterhead.address):
        for section, smtp in servers.items():
            is_theirs = smtp.host.lower() == own.host or spf_of(smtp.host) == spf_of(own.host) != ""
            if not (is_theirs or is_loopback(smtp.host)):
                found = f"mail from {domain} by {smtp.host}, which may not send for it"
                remedy = f"set {section}.host to {own.host}, or mail.from"
                yield Finding("From", False, found, remedy)
        return
    txt = TxtRecords()
    returns = config.mail.bounces.rpartition("@")[2].strip(">") or domain
    for host in dict.fromkeys(each.host for each in servers.values()):
        yield _spf(txt, returns, host)
    dkim = config.mail.dkim
    if dkim is not None:
        yield _dkim(txt, dkim)
    policy = _policy(txt, domain)
    yield from _alignment(domain, returns, dkim.domain if dkim else "", policy)
    yield _dmarc(txt, letterhead, policy)


def _to_publish(what: str, txt: TxtRecords, record: str, more: str = "") -> Finding:
    """Return the record to publish, where it could not be looked up."""
    return Finding(what, True, f"publish{more} (not looked up: {txt.trouble})", record)


def _spf(txt: TxtRecords, returns: str, host: str) -> Finding:
    """Check that the domain in MAIL FROM lets the relay send, by the relay's own include."""
    wanted = spf_of(host)
    record = f'{returns}. TXT "v=spf1 {f"include:{wanted}" if wanted else "ip4:ADDRESS"} ~all"'
    found = txt.starting(returns, "v=spf1")
    names, lookups = _included(txt, found[0]) if len(found) == 1 else (set(), 0)
    if txt.trouble:
        more = "" if wanted else f", with each ADDRESS that {host} sends from"
        return _to_publish("SPF", txt, record, more)
    if not found:
        return Finding("SPF", False, f"{returns} has no record", f"publish {record}")
    if len(found) > 1:
        remedy = "make one of them: receivers take none where there are several"
        return Finding("SPF", False, f"{returns} has {len(found)} records", remedy)
    if lookups > _MOST_LOOKUPS:
        remedy = "take out what sends no more: receivers stop there, and take none of it"
        return Finding("SPF", False, f"{returns} needs more than ten look-ups", remedy)
    if wanted and wanted not in names:
        remedy = f"add include:{wanted} to it, before its last word"
        return Finding("SPF", False, f"{returns} does not let {host} send", remedy)
    return Finding("SPF", True, f"{returns}: {printable(found[0])}")


def _included(txt: TxtRecords, record: str) -> tuple[set[str], int]:
    """Return the names that an SPF record includes, at any depth, and how many look-ups it takes.

    Stops after one look-up too many, so that names in a circle come to an end.
    """
    names: set[str] = set()
    lookups, records = 0, deque([record])
    while records and lookups <= _MOST_LOOKUPS:
        for term in records.popleft().lower().split()[1:]:
            mechanism, _, name = term.lstrip("+-~?").replace("=", ":", 1).partition(":")
            lookups += mechanism.partition("/")[0] in {
                "a", "exists", "include", "mx", "ptr", "redirect",
            }  # fmt: skip
            if mechanism in ("include", "redirect") and lookups <= _MOST_LOOKUPS:
                names.add(name)
                records.extend(txt.starting(name, "v=spf1")[:1] if "%" not in name else ())
    return names, lookups


def _dkim(txt: TxtRecords, dkim: Dkim) -> Finding:
    """Check that the public half of our key is published."""
    from ..deliver.dkim import record

    try:
        text = record(dkim.key)
    except DigestError as error:
        return Finding("DKIM", False, str(error), "check mail.dkim.key")
    name = f"{dkim.selector}._domainkey.{dkim.domain}"
    # A record is made of strings of at most 255 bytes (RFC 1035 §3.3), which verifiers join.
    strings = " ".join(f'"{text[start : start + 255]}"' for start in range(0, len(text), 255))
    wanted = f"{name}. TXT {strings}"
    keys = [_tags(each).get("p", "").replace(" ", "") for each in txt.of(name)]
    if txt.trouble:
        return _to_publish("DKIM", txt, wanted)
    if _tags(text)["p"] in keys:
        return Finding("DKIM", True, f"{name} has the key that signs")
    found = f"{name} has another key than the one that signs" if keys else f"{name} has no record"
    return Finding("DKIM", False, found, f"publish {wanted}")


def _policy(txt: TxtRecords, domain: str) -> tuple[str, str]:
    """Return the DMARC record of a domain or else of the domains above, and where it is."""
    labels = domain.split(".")
    for start in range(max(1, len(labels) - 1)):
        name = f"_dmarc.{'.'.join(labels[start:])}"
        if found := txt.starting(name, "v=dmarc1"):
            return found[0], name
    return "", ""


def _alignment(
    domain: str, returns: str, signer: str, policy: tuple[str, str]
) -> Iterator[Finding]:
    """Yield a finding where neither SPF nor our DKIM is of the domain in From (RFC 7489 §3.1)."""
    tags, domain = _tags(policy[0]), domain.lower()
    for by, strict in ((returns.lower(), tags.get("aspf")), (signer.lower(), tags.get("adkim"))):
        if by == domain or (strict != "s" and are_aligned(by, domain)):
            return
    found = f"neither {returns} (MAIL FROM) nor a DKIM key is of {domain}"
    yield Finding("alignment", False, found, "sign with mail.dkim, or mail.bounces of it")


def _dmarc(txt: TxtRecords, letterhead: Letterhead, policy: tuple[str, str]) -> Finding:
    domain = letterhead.domain
    wanted = f'_dmarc.{domain}. TXT "v=DMARC1; p=none; rua=mailto:{letterhead.address}"'
    record, name = policy
    if record:
        return Finding("DMARC", True, f"{name}: {printable(record)}")
    if txt.trouble:
        return _to_publish("DMARC", txt, wanted)
    return Finding("DMARC", True, f"{domain} has no record; large providers ask for one", wanted)


def _tags(record: str) -> dict[str, str]:
    """Return the values of a list of tags, as DKIM and DMARC have it."""
    pairs = (tag.partition("=") for tag in record.split(";"))
    return {name.strip().lower(): value.strip() for name, _, value in pairs}
