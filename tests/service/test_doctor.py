"""What doctor says of DNS: the provider's own names, and nothing of zones of others."""

from __future__ import annotations

import socket
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import dns.message
import dns.rcode
import dns.resolver
import dns.rrset
import pytest

from digest.config import load
from digest.deliver.providers import spf_of
from digest.render import Letterhead
from digest.service.findings import Finding
from digest.service.mail_records import TxtRecords, records
from tests.keys import Key

#: Seconds for an answer that never comes.
SILENCE = 0.1


def found(folder: Path, sender: str, host: str, more: str = "") -> dict[str, str]:
    """Per finding that is good what is to be published, of others what is wrong."""
    findings = records_of(folder, sender, host, more)
    return {each.what: each.remedy if each.is_good else each.found for each in findings}


def records_of(folder: Path, sender: str, host: str, more: str = "") -> list[Finding]:
    """The findings of mail by this host."""
    path = folder / "config.yaml"
    path.write_text(
        "listings: {a: {kind: huggingface}}\n"
        f"mail:\n  from: {sender}\n  sender: smtp\n  smtp: {{host: {host}}}\n{more}"
    )
    return list(records(Letterhead(sender=sender), load(path, {})))


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


@contextmanager
def name_server(zone: dict[str, list[str]], *, knows_root: bool = True) -> Iterator[list[str]]:
    """A name server on loopback with these TXT records, the only one; yields what it is asked."""
    asked: list[str] = []
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as udp:
        udp.bind(("127.0.0.1", 0))

        def serve() -> None:
            while (packet := udp.recvfrom(4096))[0] != b"end":
                query = dns.message.from_wire(packet[0])
                name = query.question[0].name.to_text(omit_final_dot=True)
                asked.append(name)
                answer = dns.message.make_response(query)
                if name == "." and knows_root:
                    answer.answer.append(dns.rrset.from_text(".", 60, "IN", "NS", "a.example."))
                elif texts := zone.get(name):
                    rows = [
                        " ".join(f'"{t[i : i + 250]}"' for i in range(0, len(t), 250))
                        for t in texts
                    ]
                    answer.answer.append(dns.rrset.from_text(f"{name}.", 60, "IN", "TXT", *rows))
                else:
                    answer.set_rcode(dns.rcode.NXDOMAIN)
                udp.sendto(answer.to_wire(max_size=4096), packet[1])

        thread = threading.Thread(target=serve)
        thread.start()
        known = dns.resolver.get_default_resolver()
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers, resolver.port = ["127.0.0.1"], udp.getsockname()[1]
        resolver.use_edns(0, 0, 4096)
        dns.resolver.default_resolver = resolver
        try:
            yield asked
        finally:
            dns.resolver.default_resolver = known
            udp.sendto(b"end", udp.getsockname())
            thread.join()


GOOGLE = "include:_spf.google.com"
NESTED = {"_spf.google.com": ["v=spf1 include:_netblocks.google.com ~all"]}


@pytest.mark.parametrize(
    ("texts", "said"),
    [
        ([], "example.org has no record"),
        (["verify=1"], "example.org has no record"),
        (["v=spf1 mx ~all"], "example.org does not let smtp.gmail.com send"),
        (["v=spf1 a:smtp.gmail.com ~all"], "example.org does not let smtp.gmail.com send"),
        ([f"v=spf1 {GOOGLE} ~all", "v=spf1 mx -all"], "example.org has 2 records"),
        (["v=spf1 include:loop.example ~all"], "example.org needs more than ten look-ups"),
        ([f"v=spf1 {' '.join(['mx'] * 11)} ~all"], "example.org needs more than ten look-ups"),
        ([f"v=spf1 {GOOGLE} ~all"], ""),
        (["v=spf1 ip4:192.0.2.1 redirect=lab.example"], ""),
        (["V=SPF1 +INCLUDE:_SPF.google.com -all", "other text"], ""),
    ],
)
def test_spf_is_looked_up_and_must_let_the_relay_send(
    tmp_path: Path, texts: list[str], said: str
) -> None:
    """By the provider's own include, at any depth."""
    zone = {"example.org": texts, "lab.example": [f"v=spf1 {GOOGLE} ~all"]}
    zone |= NESTED | {"loop.example": ["v=spf1 include:loop.example ~all"]}
    with name_server(zone):
        assert found(tmp_path, "digest@example.org", "smtp.gmail.com")["SPF"] == said


def test_where_all_names_are_denied_nothing_was_looked_up(tmp_path: Path) -> None:
    """By a name server of a closed network, which denies the root as well; it is asked no more."""
    with name_server({}, knows_root=False) as asked:
        said = records_of(tmp_path, "digest@example.org", "smtp.gmail.com")
    assert asked == ["example.org", "."]
    unknown = "(not looked up: the name server knows no names of the internet)"
    assert [(each.is_good, each.found) for each in said] == [
        (True, f"publish {unknown}"),
        (True, f"publish {unknown}"),
    ]


def test_the_key_that_is_published_must_be_the_one_that_signs(tmp_path: Path) -> None:
    key = Key(tmp_path / "dkim.pem", "rsa")
    more = "  dkim: {domain: example.org, selector: s, key: dkim.pem}\n"
    name = "s._domainkey.example.org"
    for text, said in (
        (key.record.decode(), ""),
        (key.record.decode().replace("v=DKIM1; ", "").replace("; ", ";"), ""),
        ("v=DKIM1; k=rsa; p=", f"{name} has another key than the one that signs"),
        ("", f"{name} has no record"),
    ):
        with name_server({name: [text] if text else []}):
            assert found(tmp_path, "d@example.org", "smtp.gmail.com", more)["DKIM"] == said


@pytest.mark.parametrize(
    ("policy", "is_aligned"),
    [("v=DMARC1; p=none", True), ("v=DMARC1; p=reject; aspf=r", True), ("v=DMARC1;aspf=s", False)],
)
def test_dmarc_is_found_also_above_and_says_how_strictly_domains_must_agree(
    tmp_path: Path, policy: str, is_aligned: bool
) -> None:
    bounces = '  bounces: "b+{token}@b.lab.example.org"\n'
    with name_server({"_dmarc.example.org": [policy]}) as asked:
        said = found(tmp_path, "digest@lab.example.org", "smtp.gmail.com", bounces)
    assert said["DMARC"] == ""
    assert ("alignment" not in said) == is_aligned
    assert asked[-2:] == ["_dmarc.lab.example.org", "_dmarc.example.org"]

    with name_server({}):
        said = found(tmp_path, "digest@example.org", "smtp.gmail.com")
    assert said["DMARC"].startswith('_dmarc.example.org. TXT "v=DMARC1; p=none;')


def test_no_name_of_a_providers_zone_is_asked_for(tmp_path: Path) -> None:
    with name_server({}) as asked:
        found(tmp_path, "me@gmail.com", "smtp.gmail.com")
        found(tmp_path, "me@web.de", "smtp.qq.com")
    assert asked == []


def test_without_an_answer_it_is_said_and_no_further_name_is_asked_for() -> None:
    with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as deaf:
        deaf.bind(("127.0.0.1", 0))
        resolver = dns.resolver.Resolver(configure=False)
        resolver.nameservers, resolver.port = ["127.0.0.1"], deaf.getsockname()[1]
        known, dns.resolver.default_resolver = dns.resolver.get_default_resolver(), resolver
        try:
            txt = TxtRecords(seconds=SILENCE)
            assert [txt.of("example.org"), txt.of("example.net")] == [(), ()]
        finally:
            dns.resolver.default_resolver = known
        assert txt.trouble == "no name server answered"
        assert b"example" in deaf.recv(4096)
