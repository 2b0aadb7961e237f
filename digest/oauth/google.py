"""Google: a new token by the refresh token in yagmail's file.

Its keys: ``google_client_id``, ``google_client_secret``, ``google_refresh_token`` and
``email_address``.  yagmail makes only the token: its own login leaves out STARTTLS if it has a
context, and reads no answer.
"""

from __future__ import annotations

from collections.abc import Mapping
from typing import Any
from urllib.error import HTTPError

from yagmail import oauth2

_KEYS = ("google_client_id", "google_client_secret", "google_refresh_token")


def token(path: str, held: Mapping[str, Any]) -> tuple[str, str]:
    """Return the address of a file, and a new token for it.

    Raises ValueError if the file is not usable or Google refuses what it holds, OSError if Google
    cannot be reached.  Waits without end, as yagmail does.
    """
    for key in ("email_address", *_KEYS):
        if not (isinstance(held.get(key), str) and held[key]):
            raise ValueError(f"{path}: {key} is missing")
    try:
        new, *_ = oauth2.refresh_authorization(*(held[key] for key in _KEYS))
    except HTTPError as error:
        error.close()  # it keeps its connection open until then
        reason = f"no token from Google: {error}"
        raise (ValueError if error.code < 500 else OSError)(reason) from None
    except (OSError, ValueError, LookupError) as error:
        reason = str(error) or type(error).__name__
        raise OSError(f"no token from Google: {reason}") from None
    return str(held["email_address"]), str(new)
