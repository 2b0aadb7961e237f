"""Pictures of the mails: ``python -m tests.pictures OUTDIR [LOCALE]`` draws every invented day.

At 320, 360, 600, 768 and 1280 pixels, light and dark, as a browser shows them, and one with its
styles taken away; ``--strips`` cuts long ones into strips that fit a screen.  ``front.png`` heads
the README.
"""

from __future__ import annotations

import re
import sys
from collections.abc import Iterator
from dataclasses import replace
from pathlib import Path

from digest.render import MailRenderer
from digest.resources import templates_folder

from . import golden_issues
from .chromium import Chromium, program

WIDTHS = (320, 360, 600, 768, 1280)
SCHEMES = ("light", "dark")
STRIP = 1500
FRONT = 860

_STYLES = re.compile(r"<style>.*?</style>| (?:style|class|align|width)=\"[^\"]*\"", re.DOTALL)


def pages(locale: str = "en") -> Iterator[tuple[str, str]]:
    """Each day's name and its mail."""
    renderer = MailRenderer([templates_folder()])
    for name, day in golden_issues.DAYS.items():
        issue = replace(day(), locale=locale)
        yield name, renderer.html(issue, golden_issues.ALICE, golden_issues.WITH_PAGES)


def main(folder: Path, locale: str = "en", *, has_strips: bool = False) -> None:
    """Draws every day in every way."""
    path = program()
    if path is None:
        sys.exit("chromium is not installed")
    folder.mkdir(parents=True, exist_ok=True)
    with Chromium(path) as browser:
        mails = dict(pages(locale))
        mails["bare"] = _STYLES.sub("", mails["broken"])
        for name, html in mails.items():
            for width in WIDTHS:
                for scheme in SCHEMES:
                    browser.show(html, width=width, scheme=scheme)
                    step = STRIP if has_strips else browser.height()
                    for number, top in enumerate(range(0, browser.height(), step)):
                        tail = f"-{number}" if has_strips else ""
                        tall = min(step, browser.height() - top)
                        picture = folder / f"{name}-{width}-{scheme}{tail}.png"
                        picture.write_bytes(browser.picture(width=width, top=top, height=tall))
                        print(picture)  # noqa: T201
        browser.show(mails["busy"], width=600)
        (folder / "front.png").write_bytes(browser.picture(width=600, height=FRONT))


if __name__ == "__main__":
    named = [each for each in sys.argv[1:] if each != "--strips"]
    main(Path(named[0]), *named[1:2], has_strips="--strips" in sys.argv)
