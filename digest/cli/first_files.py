"""The files of a new digest, made of answers: configuration, profile, ``.env``."""

from __future__ import annotations

import json
import os
from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from ..deliver.providers import Provider
from ..errors import DigestError
from ..profiles import SCHEMA_NAME, schema
from ..profiles.rewrite import Answers
from ..profiles.rewrite import new as new_profile
from .chosen_listings import ChosenListing

#: The hour of ``digest serve`` where none is configured.
USUAL_HOUR = "07:30"

#: Where ``digest oauth2`` keeps the login.
OAUTH2_FILE = "oauth2.json"


@dataclass(frozen=True, slots=True, kw_only=True)
class FirstAnswers:
    """What a new digest is made of."""

    to: str
    profile: Answers
    listings: Sequence[ChosenListing]
    #: the hour of the mail
    at: str
    timezone: str
    #: whether that hour was asked for, and is no default
    is_hour_chosen: bool = True
    #: the provider that mails leave by; None: they are written into a folder
    relay: Provider | None = None
    #: empty: it is still to be filled in
    password: str = ""


def written_files(config: Path, answers: FirstAnswers) -> list[Path]:
    """Write the files and return their paths; raises DigestError, with nothing written.

    None may exist before: nothing is overwritten.
    """
    folder = config.parent
    texts = {
        config: _config(answers),
        folder / "profiles" / "me.yaml": new_profile(answers.profile),
        folder / "profiles" / SCHEMA_NAME: json.dumps(schema(), indent=2) + "\n",
    }
    if answers.relay is not None and not answers.relay.has_oauth2:
        texts[folder / ".env"] = _env(answers.password)
    refuse_existing(path for path in texts if path.name != SCHEMA_NAME)
    return _write(texts)


def refuse_existing(paths: Iterable[Path]) -> None:
    """Raise DigestError if one of the files exists."""
    for path in paths:
        if os.path.lexists(path):
            raise DigestError(
                f"{path} is there already, and nothing was written;"
                " digest config check looks at it, digest --config FILE init makes another"
            )


def _write(texts: Mapping[Path, str]) -> list[Path]:
    done: list[Path] = []
    try:
        for path, text in texts.items():
            path.parent.mkdir(parents=True, exist_ok=True)
            if path.name == SCHEMA_NAME and path.exists():
                continue
            path.touch(0o600 if path.name == ".env" else 0o666, exist_ok=False)
            done.append(path)
            path.write_text(text, encoding="utf-8")
    except OSError as error:
        for path in done:
            path.unlink(missing_ok=True)
        why = (error.strerror or "cannot be written").lower()
        raise DigestError(f"{error.filename or path}: {why}; nothing was written") from error
    return done


def _config(answers: FirstAnswers) -> str:
    listings = "\n".join(f"  {each.name}: {each.text}" for each in answers.listings)
    hour = f"schedule: {{at: {_quoted(answers.at)}}}"
    if not answers.is_hour_chosen:
        hour = f"# {hour}    # digest serve's hour; with this line digest run's"
    sender = "smtp" if answers.relay else "folder"
    return f"""\
# Made by digest init; digest config example prints all keys, with examples.
# Paths start at the folder of this file.
database: sqlite:///digest.db
profiles: profiles/
timezone: {_quoted(answers.timezone)}
{hour}

# The lists of papers to watch, under names of your own.
listings:
{listings}

mail:
  from: {_quoted(f"Paper digest <{answers.to}>")}
  sender: {sender}    # folder writes .eml files into outbox/, smtp sends them
{_smtp(answers)}"""


def _smtp(answers: FirstAnswers) -> str:
    relay = answers.relay
    if relay is None:
        return ""
    limit = f", per_day: {relay.per_day}" if relay.per_day else ""
    login = f"oauth2: {OAUTH2_FILE}" if relay.has_oauth2 else 'password: "${SMTP_PASSWORD}"'
    return f"""\
  smtp:
    {{host: {_quoted(relay.host)}, port: {relay.port}, tls: {relay.tls}{limit},
     user: {_quoted(answers.to)}, {login}}}
"""


def _env(password: str) -> str:
    escaped = password.replace("\\", "\\\\").replace("'", "\\'")
    return f"# For config.yaml beside it; read by its owner alone.\nSMTP_PASSWORD='{escaped}'\n"


def _quoted(text: str) -> str:
    return json.dumps(text, ensure_ascii=False)
