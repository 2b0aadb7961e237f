"""Find the addresses that a report names in its words for people, in whatever language."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from itertools import chain, islice, takewhile

from ...access.addresses import MAX_LENGTH, fold
from .headers import address_in
from .mime import Part

#: Words that are looked at.
_MOST_WORDS = 200

#: Local parts of addresses that a report names for help: none is a subscriber's.
_HELPERS = frozenset(
    {
        "postmaster",
        "mailer-daemon",
        "abuse",
        "support",
        "help",
        "helpdesk",
        "admin",
        "administrator",
    }
)


def addresses_in_words(message: Part, sentences: Sequence[str]) -> Iterator[str]:
    """Yield the addresses in a report's words, folded: not its sender's, ours, or those for help.

    A report is addressed to us.
    """
    others = {fold(address_in(message.raw(name)).lower()) for name in ("From", "To")}
    failed = message.raw("X-Failed-Recipients").split(",")
    words = (word for line in sentences for word in line.split() if "@" in word)
    for word in islice(chain(failed, words), _MOST_WORDS):
        local, _, domain = _bare(word).rpartition("@")
        if local and domain and len(local) + len(domain) < MAX_LENGTH and local not in _HELPERS:
            address = fold(f"{local}@{domain}")
            if address not in others:
                yield address


def _bare(word: str) -> str:
    """Return an address without what is around it; empty where it is abbreviated with dots."""
    text = word.partition("<")[2].partition(">")[0] if "<" in word and ">" in word else word
    text = text.lower().strip(_AROUND).rpartition(";")[2].partition("...")[0]
    for kind in ("mailto:", "rfc822:", "smtp:", "dda:smtp="):
        text = text.removeprefix(kind)
    return "" if ".." in text else _cut(text)


_AROUND = "<>()[]{}\"',;:.!?*`“”«»"
_OF_LOCAL = frozenset("abcdefghijklmnopqrstuvwxyz0123456789!#$%&'*+-/=?^_`{|}~.")


def _cut(text: str) -> str:
    """Return the address in a text whose language puts no blanks around it."""
    before, _, after = text.rpartition("@")
    local = "".join(takewhile(_OF_LOCAL.__contains__, reversed(before)))[::-1]
    domain = "".join(takewhile(lambda c: c.isalnum() or c in ".-", after))
    plain = "".join(takewhile(str.isascii, domain))
    is_whole = "." in plain.strip(".") and not plain.endswith(".")
    if is_whole and "." not in domain[len(plain) :]:
        domain = (
            plain  # after it, words go on: in "名@example.cn不存在", but not in "x.bücher.example"
        )
    return f"{local.strip(_AROUND)}@{domain.strip(_AROUND)}"
