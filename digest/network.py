"""What all connections share: a deadline, which host is this machine, errors in plain words.

Also names the setting that is at fault where a certificate or a password does not fit.
"""

from __future__ import annotations

import ssl
import time
import unicodedata
from collections.abc import Callable
from dataclasses import dataclass
from ipaddress import ip_address

#: OpenSSL's verify codes for a certificate of another name or address, and for one whose issuer is
#: not known.  One whose time is over is the server's fault, and no setting's.
_OTHER_NAME, _OTHER_ISSUER = (62, 64), (2, 18, 19, 20, 21)

#: OpenSSL's names, in several versions, for an answer that is not TLS.
_NO_TLS = ("WRONG_VERSION_NUMBER", "UNKNOWN_PROTOCOL", "HTTP_REQUEST", "PACKET_LENGTH_TOO_LONG")

#: Categories of characters that no keyboard has, but a page or a file from which one copies.
_INVISIBLE = ("Zs", "Zl", "Zp", "Cf", "Cc")

#: Names of control characters, which Unicode does not name.
_CONTROLS = {"\t": "tab", "\n": "line end", "\r": "carriage return", "\0": "null character"}

#: How much of a server's text is read, and how much is shown, in characters.
_READ, _SHOWN = 2000, 200


class Deadline:
    """A moment by which something must end, however many waits it consists of."""

    def __init__(self, seconds: float, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._monotonic = monotonic
        self._end = monotonic() + seconds

    def remaining(self) -> float:
        """Return the seconds that remain, never negative."""
        return max(0.0, self._end - self._monotonic())

    def is_over(self) -> bool:
        """Return whether no time is left."""
        return self.remaining() == 0

    def left(self) -> float:
        """Return the seconds that remain; raises TimeoutError once there are none."""
        left = self.remaining()
        if not left:
            raise TimeoutError("no answer in time")
        return left

    def extend(self, seconds: float) -> None:
        """Extend the deadline by ``seconds`` that digest itself chose to wait."""
        self._end += seconds


def is_loopback(host: str) -> bool:
    """Return whether a name or an address is this machine's own, also as IPv4 within IPv6."""
    try:
        address = ip_address(host)
    except ValueError:
        return host == "localhost"
    return (getattr(address, "ipv4_mapped", None) or address).is_loopback


@dataclass(frozen=True, slots=True)
class Advice:
    """A configuration key, and what is wrong with its value."""

    setting: str
    what_to_do: str


def of_password(password: str, setting: str) -> Advice | None:
    """Return what is wrong with a password, without asking a server; None if nothing is."""
    for character in password:
        # For instance copied from a page that shows an app password in groups.
        if character != " " and unicodedata.category(character) in _INVISIBLE:
            named = unicodedata.name(character, "control character")
            name = _CONTROLS.get(character, named)
            place = f"U+{ord(character):04X}, copied along with it?"
            return Advice(setting, f"there is a {name.lower()} in it ({place}): leave it out")
        if unicodedata.category(character) == "Cs":
            return Advice(setting, "it is not UTF-8")
    return None


def of_certificate(error: ssl.SSLCertVerificationError, section: str) -> Advice | None:
    """Return the setting to change against a certificate; None for one whose time is over."""
    if error.verify_code in _OTHER_NAME:
        return Advice(f"{section}.host", "set it to a name in the server's certificate")
    if error.verify_code in _OTHER_ISSUER:
        return Advice(f"{section}.ca", "set it to a PEM file with the authority that signed it")
    return None


def is_not_tls(error: Exception) -> bool:
    """Return whether a handshake failed because the server does not begin with TLS."""
    return isinstance(error, ssl.SSLError) and getattr(error, "reason", "") in _NO_TLS


def plainly(error: Exception) -> str:
    """Return on one line what an exception means, without any part of a password."""
    if isinstance(error, UnicodeError):
        return "only ASCII can be used here"
    if isinstance(error, ssl.SSLCertVerificationError):
        return f"the certificate is not trusted: {error.verify_message.rstrip('.')}"
    if isinstance(error, TimeoutError):
        return "no answer in time"
    if isinstance(error, OSError) and error.strerror:
        return error.strerror.lower()
    text = printable(str(error)).rstrip(".")
    is_word = text[1:2].islower()
    return (text[:1].lower() + text[1:] if is_word else text) or type(error).__name__


def printable(text: bytes | str) -> str:
    """Return one line of what a server said, without control characters and of limited length."""
    decoded = text if isinstance(text, str) else text.decode("utf-8", "replace")
    decoded = decoded[:_READ]
    line = " ".join("".join(c if c.isprintable() else " " for c in decoded).split())
    return line if len(line) <= _SHOWN else line[: _SHOWN - 1] + "…"
