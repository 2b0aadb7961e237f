"""OAuth2 for SMTP and IMAP: a new token from the file that the operator made once.

The file is yagmail's for Google, or that of ``digest oauth2`` for Microsoft.
"""

from __future__ import annotations

import json
import threading
from pathlib import Path

from ..network import Deadline


def token_of(path: str, deadline: Deadline) -> tuple[str, str]:
    """Return the address that logs in, and a new token for it, both from a file.

    Raises ValueError if the file is not usable or the provider refuses what it holds, OSError if
    the provider cannot be reached in time.  Asks in a thread, because the libraries set no end.
    """
    try:
        held = json.loads(Path(path).read_text(encoding="utf-8"))
    except OSError as error:
        raise ValueError(f"{path}: {(error.strerror or str(error)).lower()}") from error
    except ValueError as error:
        raise ValueError(f"{path}: not JSON") from error
    held = held if isinstance(held, dict) else {}
    found: list[tuple[str, str]] = []
    faults: list[OSError | ValueError] = []

    def ask() -> None:
        from . import google, microsoft

        provider = microsoft if "microsoft" in held else google
        try:
            found.append(provider.token(path, held))
        except (OSError, ValueError) as error:
            faults.append(error)

    asking = threading.Thread(target=ask, daemon=True)
    asking.start()
    asking.join(deadline.left())
    if found:
        return found[0]
    raise faults[0] if faults else TimeoutError("no answer in time")


def login_text(user: str, token: str) -> str:
    """Return what XOAUTH2 sends: https://developers.google.com/workspace/gmail/imap/xoauth2-protocol."""
    return f"user={user}\x01auth=Bearer {token}\x01\x01"
