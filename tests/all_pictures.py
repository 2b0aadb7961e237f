"""Pictures of all that readers see: ``python -m tests.all_pictures OUTDIR`` draws every one.

Mails, letters and pages, each in a folder of their own, at 320, 360, 768 and 1280 pixels (mails at
600 too), light and dark.
"""

from __future__ import annotations

import sys
from pathlib import Path

from . import letter_pictures, page_pictures, pictures

if __name__ == "__main__":
    folder = Path(sys.argv[1])
    pictures.main(folder / "mails")
    letter_pictures.main(folder / "letters")
    page_pictures.main(folder / "pages")
