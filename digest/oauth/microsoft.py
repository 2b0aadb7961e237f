"""Microsoft 365: a device code once, and then a new token by the refresh token, through msal.

The file holds the address, the registered application and msal's cache, which has the refresh
token: it is its owner's alone, and written again whenever Microsoft hands out another one.
"""

from __future__ import annotations

import json
import logging
from collections.abc import Callable, Mapping
from contextlib import suppress
from pathlib import Path
from typing import Any

from ..network import printable
from ..private_files import make_file
from ..text_file import replace_text

#: What is asked for: to send and to read, at the one resource that has both.
SCOPES = (
    "https://outlook.office.com/SMTP.Send",
    "https://outlook.office.com/IMAP.AccessAsUser.All",
)
#: Who may log in, unless an organisation's own is named.
EVERYONE = "https://login.microsoftonline.com/common"
#: Seconds for one request.
_TIMEOUT = 30


def log_in(path: Path, user: str, client: str, authority: str, show: Callable[[str], None]) -> None:
    """Get a refresh token by a device code, which ``show`` says, and write the file.

    Raises ValueError where Microsoft refuses or the time for the code is over, OSError where it
    cannot be reached or the file cannot be written.  The file must not be there yet.
    """
    make_file(path)  # before the login, which would be in vain
    try:
        _write(path, user, client, authority, _logged_in(client, authority, show))
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _logged_in(client: str, authority: str, show: Callable[[str], None]) -> Any:
    """Return msal's cache after a login by a device code."""
    try:
        application, cache = _application(client, authority, "")
        flow = application.initiate_device_flow(scopes=list(SCOPES))
        if "user_code" not in flow:
            raise ValueError(_refusal(flow))
        show(printable(f"open {flow['verification_uri']} and type {flow['user_code']}"))
        answer = application.acquire_token_by_device_flow(flow)
    except _failures() as error:
        raise OSError(f"no answer from {authority}: {type(error).__name__}") from None
    if "access_token" not in answer:
        raise ValueError(_refusal(answer))
    return cache


def token(path: str, held: Mapping[str, Any]) -> tuple[str, str]:
    """Return the address of a file, and a token for it; raises as ``log_in`` does."""
    values = held["microsoft"]
    keys = ("user", "client", "authority", "cache")
    if not isinstance(values, dict) or not all(isinstance(values.get(k), str) for k in keys):
        raise ValueError(f"{path}: it is damaged: {_AGAIN}")
    user, client, authority, kept = (str(values[key]) for key in keys)
    try:
        application, cache = _application(client, authority, kept)
        accounts = application.get_accounts()
        answer = application.acquire_token_silent_with_error(
            list(SCOPES), account=accounts[0] if accounts else None
        )
    except _failures() as error:
        raise OSError(f"no token from Microsoft: {type(error).__name__}") from None
    if not answer or "access_token" not in answer:
        raise ValueError(f"no token from Microsoft: {_refusal(answer or {})}: {_AGAIN}")
    if cache.has_state_changed:
        with suppress(OSError):  # the refresh token that the file has stays good for a while
            _write(Path(path), user, client, authority, cache)
    return user, str(answer["access_token"])


_AGAIN = "make the file again by digest oauth2"


def _application(client: str, authority: str, kept: str) -> tuple[Any, Any]:
    """Return msal's application and its cache; asks the authority where it is to be asked."""
    try:
        import msal
    except ImportError:
        raise ValueError('msal is missing: pip install "papers-digest[microsoft]"') from None
    logging.getLogger("msal").setLevel(logging.WARNING)  # its debug log has the device code
    cache = msal.SerializableTokenCache()
    cache.deserialize(kept or None)
    application = msal.PublicClientApplication(
        client,
        authority=authority,
        token_cache=cache,
        timeout=_TIMEOUT,
        instance_discovery=authority.startswith("https://login.microsoftonline."),
    )
    return application, cache


def _failures() -> tuple[type[Exception], ...]:
    """Return what the network's failures are raised as; msal asks by requests."""
    import requests

    return (requests.RequestException,)


def _refusal(answer: Mapping[str, Any]) -> str:
    """Return why Microsoft refused: its code, without the rest of its text."""
    description = str(answer.get("error_description") or "")
    code = description.partition(":")[0] if description.startswith("AADSTS") else ""
    return printable(" ".join(filter(None, (str(answer.get("error") or "no account"), code))))


def _write(path: Path, user: str, client: str, authority: str, cache: Any) -> None:
    values = {"user": user, "client": client, "authority": authority, "cache": cache.serialize()}
    replace_text(path, json.dumps({"microsoft": values}) + "\n")
