"""Text files that people write: reads them up to a limit, and replaces them atomically.

Reports the byte at which a file is not UTF-8; does not interpret the text.
"""

from __future__ import annotations

import codecs
import os
import shlex
import tempfile
from pathlib import Path

from .errors import Mistake, PlacedError, ProfileError, Sentence

#: Bytes; the limit of a profile is far smaller, so the rest of a larger file need not be read.
MAX_FILE_SIZE = 1 << 20


def profiles_in(folder: Path) -> list[Path]:
    """Return the profile files of a folder, sorted by name.  Raises OSError."""
    return sorted(path for path in folder.iterdir() if path.suffix.lower() in (".yaml", ".yml"))


def unreadable(folder: Path, error: OSError) -> ProfileError:
    """Return the error of a folder whose profiles cannot be read."""
    is_closed = isinstance(error, PermissionError)
    command = f"chmod u+rx {shlex.quote(str(folder))}"
    hint = Sentence("let digest's account in: %(command)s", command=command) if is_closed else ""
    message = Sentence("the folder cannot be read: %(reason)s", reason=reason(error))
    return ProfileError(str(folder), [Mistake(0, 0, message, hint)])


def vanished(folder: Path) -> ProfileError:
    """Return the error of a folder that is missing, from which profiles were read before."""
    message = Sentence("the folder is missing; its profiles stay in force")
    hint = Sentence("see that it is there, or make an empty one to end them")
    return ProfileError(str(folder), [Mistake(0, 0, message, hint)])


def text_of(
    path: Path, refused: type[PlacedError] = ProfileError, *, most: int = MAX_FILE_SIZE
) -> str:
    """Read at most ``most`` bytes as UTF-8; raises ``refused``."""
    try:
        with path.open("rb") as file:
            data = file.read(most)
        # A character that the limit cuts in two is not an error.
        text = codecs.getincrementaldecoder("utf-8")().decode(data, len(data) < most)
    except UnicodeDecodeError as error:
        before = data[: error.start].decode().split("\n")
        place = len(before), len(before[-1]) + 1
        hint = Sentence("save it as UTF-8")
        raise refused(str(path), [Mistake(*place, reason(error), hint)]) from None
    except (OSError, ValueError) as error:
        raise refused(str(path), [Mistake(0, 0, reason(error))]) from None
    return text


def reason(error: OSError | ValueError) -> str:
    """Return in a few words why a file could not be read; what the system says is no Sentence."""
    if isinstance(error, UnicodeDecodeError):
        return Sentence("not UTF-8 at byte %(place)s", place=str(error.start))
    reason_text = error.strerror if isinstance(error, OSError) else str(error)
    return reason_text.lower() if reason_text else Sentence("cannot be read")


def replace_text(path: Path, text: str) -> None:
    """Replace a file's text atomically, and keep its permissions.  Raises OSError."""
    place = path.resolve()  # a link stays a link
    mode = place.stat().st_mode & 0o777
    with tempfile.NamedTemporaryFile(
        "w", encoding="utf-8", newline="", dir=place.parent, prefix=".", delete=False
    ) as file:
        file.write(text)
        file.flush()
        os.fsync(file.fileno())
    new = Path(file.name)
    new.chmod(mode)
    new.replace(place)
