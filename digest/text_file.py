"""Text files that people write: reads them up to a limit, and replaces them atomically.

Reports the byte at which a file is not UTF-8; does not interpret the text.
"""

from __future__ import annotations

import codecs
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from .errors import Mistake, PlacedError, ProfileError

#: Bytes; the limit of a profile is far smaller, so the rest of a larger file need not be read.
LONGEST = 1 << 20


def profiles_in(folder: Path) -> Iterator[Path]:
    """Yield the profile files of a folder, sorted by name."""
    yield from sorted(path for path in folder.iterdir() if path.suffix in (".yaml", ".yml"))


def text_of(path: Path, refused: type[PlacedError] = ProfileError, *, most: int = LONGEST) -> str:
    """Read at most ``most`` bytes as UTF-8; raises ``refused``."""
    try:
        with path.open("rb") as file:
            data = file.read(most)
        # A character that the limit cuts in two is not an error.
        text = codecs.getincrementaldecoder("utf-8")().decode(data, len(data) < most)
    except OSError as error:
        complaint = Mistake(1, 1, (error.strerror or "cannot be read").lower())
    except UnicodeDecodeError as error:
        complaint = Mistake(1, 1, f"not UTF-8 at byte {error.start}")
    else:
        return text
    raise refused(str(path), [complaint])


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
