"""Files that people write: read up to a cap, and put in place of the old one as a whole.

Says at which byte a file is no text; what the text means is for others to say.
"""

from __future__ import annotations

import codecs
import os
import tempfile
from collections.abc import Iterator
from pathlib import Path

from .errors import Mistake, PlacedError, ProfileError

#: A profile is refused at a fraction of this; the rest of a larger file need not be read.
LONGEST = 1 << 20


def profiles_in(folder: Path) -> Iterator[Path]:
    """The files of a folder that are taken for profiles, by name."""
    yield from sorted(path for path in folder.iterdir() if path.suffix in (".yaml", ".yml"))


def text_of(path: Path, refused: type[PlacedError] = ProfileError, *, most: int = LONGEST) -> str:
    """Read the first ``most`` bytes; raises ``refused``."""
    try:
        with path.open("rb") as file:
            data = file.read(most)
        # A character that the cap has cut in two is no mistake of the writer's.
        text = codecs.getincrementaldecoder("utf-8")().decode(data, len(data) < most)
    except OSError as error:
        complaint = Mistake(1, 1, (error.strerror or "cannot be read").lower())
    except UnicodeDecodeError as error:
        complaint = Mistake(1, 1, f"not UTF-8 at byte {error.start}")
    else:
        return text
    raise refused(str(path), [complaint])


def replace_text(path: Path, text: str) -> None:
    """Write a file anew, its rights kept: whoever reads sees the old text or the new one.

    Raises OSError.
    """
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
