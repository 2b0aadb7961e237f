"""Find the setting that is at fault if connecting or login fails, and what to write instead."""

from __future__ import annotations

import smtplib
import socket
import ssl

from ..network import Advice, is_not_tls, of_certificate
from . import SmtpSettings
from .client import NoGreetingError
from .replies import LOGIN, TLS

#: The port on which TLS begins with the first byte, and the one for STARTTLS (RFC 8314).
_IMPLICIT, _SUBMISSION = 465, 587

#: Seconds at most to find out whether a silent server waits for TLS.
_PROBE_TIMEOUT = 5.0


def failure_advice(settings: SmtpSettings, error: Exception) -> Advice | None:
    """Return the setting to change against this failure; None if no cause is known.

    Connects once more to a server that sends no greeting, for five seconds at most.
    """
    port = settings.port
    if isinstance(error, ssl.SSLCertVerificationError):
        return of_certificate(error, "mail.smtp")
    if is_not_tls(error):
        other = "" if port == _IMPLICIT else f", or mail.smtp.port to {_IMPLICIT}"
        return Advice(TLS, f"port {port} does not begin with TLS: set it to starttls{other}")
    if isinstance(error, NoGreetingError) and settings.tls != "tls" and _begins_with_tls(settings):
        other = "" if port == _SUBMISSION else f", or mail.smtp.port to {_SUBMISSION}"
        return Advice(TLS, f"port {port} wants TLS from the first byte: set it to tls{other}")
    if isinstance(error, smtplib.SMTPNotSupportedError):
        return _missing_capability_advice(settings, str(error))
    if "suitable authentication method" in str(error):
        return Advice(
            LOGIN,
            "the server takes no password by PLAIN, LOGIN or CRAM-MD5; mail.smtp.oauth2 may do",
        )
    if isinstance(error, UnicodeError):
        return Advice("mail.smtp.host", "no name that the network knows")
    if isinstance(error, ValueError) and settings.oauth2:
        return Advice("mail.smtp.oauth2", "")
    return None


def _missing_capability_advice(settings: SmtpSettings, reason: str) -> Advice:
    if "STARTTLS" in reason:
        implicit = f"set it to tls with mail.smtp.port {_IMPLICIT}"
        other = "" if settings.port == _SUBMISSION else f", or mail.smtp.port to {_SUBMISSION}"
        return Advice(TLS, f"port {settings.port} offers no STARTTLS: {implicit}{other}")
    if settings.tls == "none":
        return Advice(TLS, "no login is offered without TLS: set it to starttls")
    return Advice("mail.smtp.port", f"no login is offered on {settings.port}: try {_SUBMISSION}")


def _begins_with_tls(settings: SmtpSettings) -> bool:
    """Return whether the server starts TLS at once.  No data is sent, so no name is verified."""
    context = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    context.check_hostname, context.verify_mode = False, ssl.CERT_NONE
    seconds = min(_PROBE_TIMEOUT, settings.timeout)
    try:
        with socket.create_connection((settings.host, settings.port), seconds) as plain:
            plain.settimeout(seconds)
            context.wrap_socket(plain, server_hostname=settings.host).close()
    except (OSError, ValueError):
        return False
    return True
