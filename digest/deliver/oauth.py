"""Log in to Gmail by OAuth2 with a newly fetched token, without any prompt.

The file is yagmail's: ``google_client_id``, ``google_client_secret``, ``google_refresh_token`` and
``email_address``.  yagmail makes only the token and the text of the login: its own login leaves
out STARTTLS if it has a context, and reads no answer.
"""

from __future__ import annotations

import json
import smtplib
import threading
from pathlib import Path
from urllib.error import HTTPError

from yagmail import oauth2

from ..network import Deadline

_KEYS = ("google_client_id", "google_client_secret", "google_refresh_token")


def log_in(client: smtplib.SMTP, path: str, deadline: Deadline) -> None:
    """Fetch a token and log in with it.

    Raises ValueError if the file is not usable or Google refuses what it holds, OSError if Google
    or the server cannot be reached.
    """
    credentials = _credentials(Path(path))
    token = _token(credentials, deadline)
    text = oauth2.generate_oauth2_string(credentials["email_address"], token)

    def answer(challenge: bytes | None = None) -> str:
        # A challenge holds the reason of a refusal, and wants an empty answer before the 535.
        return "" if challenge is not None else text

    client.auth("XOAUTH2", answer)


def _credentials(path: Path) -> dict[str, str]:
    try:
        credentials = json.loads(path.read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"{path}: {(error.strerror or str(error)).lower()}") from error
    except ValueError as error:
        raise ValueError(f"{path}: not JSON") from error
    missing = [key for key in ("email_address", *_KEYS) if not _text(credentials, key)]
    if missing:
        raise ValueError(f"{path}: {missing[0]} is missing")
    return {key: credentials[key] for key in ("email_address", *_KEYS)}


def _text(credentials: object, key: str) -> bool:
    return (
        isinstance(credentials, dict)
        and isinstance(credentials.get(key), str)
        and bool(credentials[key])
    )


def _token(credentials: dict[str, str], deadline: Deadline) -> str:
    """Return a token from Google; in a thread, because yagmail would wait for it without end."""
    tokens: list[str] = []
    faults: list[Exception] = []

    def ask() -> None:
        try:
            tokens.append(oauth2.refresh_authorization(*(credentials[key] for key in _KEYS))[0])
        except HTTPError as error:
            faults.append((ValueError if error.code < 500 else OSError)(str(error)))
            # The error keeps its connection open until it is closed.
            error.close()
        except (OSError, ValueError, LookupError) as error:
            faults.append(OSError(str(error) or type(error).__name__))

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(deadline.left())
    if tokens:
        return tokens[0]
    if not faults:
        raise TimeoutError("no answer in time")
    raise type(faults[0])(f"no token from Google: {faults[0]}")
