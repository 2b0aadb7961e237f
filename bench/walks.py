"""``python -m bench walks``: a reader's and the operator's ways through the pages, counted.

In Chromium, 360 pixels wide: by a thumb, by the keyboard alone, and by a thumb without JavaScript.
A tap is one on a link (also of a mail), on a button, or into a field; a key is one that is pressed
to get to a thing or to press it.  What is typed into a field is not counted.
The counts are written into ``docs/web.md``.  Fails where a step does not do what it says, where the
keyboard does not get to a thing or its focus is not seen, or where a page is too wide.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any, ClassVar

from playwright.sync_api import Browser, BrowserContext, Locator, Page, expect, sync_playwright

from digest.pipeline import runs
from tests.chromium import program
from tests.factories import paper
from tests.fakes import refused
from tests.page_pictures import linked
from tests.sites import HERE, Laid, laid_out, papers_of, served

ALICE, ZOE = "alice@example.org", "zoe@example.org"
SENTENCE = "I am interested in protein folding, but not in surveys"
#: More presses of Tab than any page has things to press.
MOST_TABS = 200

_HAS_FOCUS = "e => e === document.activeElement"
_FOCUS_SHOWS = "e => { const s = getComputedStyle(e);\
  return s.outlineStyle !== 'none' && parseFloat(s.outlineWidth) >= 1; }"


class Thumb:
    """Taps, and counts them."""

    options: ClassVar[dict[str, Any]] = {"has_touch": True}

    def __init__(self, page: Page, url: str) -> None:
        self.page, self.url, self.count = page, url, 0

    def open(self, path: str) -> None:
        """Follow a link of a mail, or one that is kept."""
        self.count += 1
        self.page.goto(f"{self.url}{path}")

    def press(self, thing: Locator) -> None:
        """Press a link or a button."""
        self.count += 1
        thing.tap()

    def write(self, field: Locator, text: str) -> None:
        """Write into a field, which is empty."""
        self.count += 1
        field.fill(text)

    def button(self, name: str) -> None:
        """Press the button of that name."""
        self.press(self.page.get_by_role("button", name=name, exact=True))

    def field(self, label: str, text: str) -> None:
        """Write into the field of that label."""
        self.write(self.page.get_by_label(label, exact=True), text)

    def sees(self, words: str) -> None:
        """Wait until the page says so."""
        expect(self.page.locator("main")).to_contain_text(words)


class Bare(Thumb):
    """A thumb on a phone that runs no scripts."""

    options: ClassVar[dict[str, Any]] = {"has_touch": True, "java_script_enabled": False}


class Keyboard(Thumb):
    """Gets to things by Tab, and presses Enter."""

    options: ClassVar[dict[str, Any]] = {}

    def press(self, thing: Locator) -> None:
        """Get to a link or a button, and press Enter."""
        self._reach(thing)
        self.count += 1
        self.page.keyboard.press("Enter")

    def write(self, field: Locator, text: str) -> None:
        """Get to a field, and type."""
        self._reach(field)
        if field.get_attribute("type") == "date":  # as an American browser takes it
            year, month, day = text.split("-")
            text = month + day + year
        self.page.keyboard.type(text)

    def _reach(self, thing: Locator) -> None:
        expect(thing).to_be_visible()
        for _ in range(MOST_TABS):
            if thing.evaluate(_HAS_FOCUS):
                assert thing.evaluate(_FOCUS_SHOWS), f"no focus is seen on {thing}"
                return
            self.count += 1
            self.page.keyboard.press("Tab")
        raise AssertionError(f"the keyboard does not get to {thing}")


#: The table of the documentation, and the two lines that it begins with.
DOCS = Path(__file__).parents[1] / "docs" / "web.md"
HANDS = {"taps": Thumb, "taps without JavaScript": Bare, "keys": Keyboard}
BEGIN = f"| step | {' | '.join(HANDS)} |\n| --- | --- | --- | --- |"


def reader(hand: Thumb, site: Laid) -> Iterator[str]:
    """From the first word to the undone goodbye; each step's name after it."""
    page = hand.page
    page.goto(f"{hand.url}/")
    hand.write(page.get_by_label("What interests you"), SENTENCE)
    if hand.options.get("java_script_enabled", True):
        expect(page.locator("#width .wishes li")).to_have_count(2)
    hand.field("Your address", ZOE)
    hand.button("Subscribe")
    hand.sees("Look into your mailbox")
    yield "subscribe by a sentence"
    hand.open(linked(site, "confirm"))
    hand.sees("protein folding")
    hand.button("Yes, send them to me")
    hand.sees("You are subscribed")
    yield "confirm"
    runs.run(site.app, list(site.app.listings.values()))
    hand.open(linked(site, "i"))
    expect(page.locator("[data-paper]")).to_have_count(2)
    yield "see the first mail as a page"
    hand.open(linked(site, "m"))
    hand.press(page.get_by_role("link", name="Add a keyword"))
    hand.field("Another word or phrase", "mixture of experts")
    hand.button("Add: Another word or phrase")
    expect(page.locator("#chips-any")).to_contain_text("mixture of experts")
    expect(page.locator("[data-part=any] #effect")).to_contain_text("4.0 papers a day")
    hand.button("Save")
    hand.sees("Saved. The next issue")
    yield "add a keyword"
    hand.open(linked(site, r"i/[^/\s]+/save"))
    hand.button("Save")
    expect(page.locator("button[aria-pressed=true]")).to_have_text("Save")
    yield "save a paper"
    hand.open(f"{linked(site, 'm')}#pause")
    hand.field("No mail until this day is over", f"{site.app.day.replace(year=2027)}")
    hand.button("Pause")
    hand.sees("Paused until")
    yield "pause"
    hand.open(linked(site, "u"))
    hand.button("Yes, end them")
    hand.sees("You are unsubscribed")
    yield "leave"
    hand.button("Undo: start again with what I had")
    hand.sees("Your subscription is back, and paused")
    yield "undo"


def operator(hand: Thumb, site: Laid) -> Iterator[str]:
    """A bad morning: one mail failed, and a flood is held; then all is well."""
    box, newsstand = site.app.sender, site.app.source
    site.clock.forward(days=1)
    box.fail_next(refused("550 no such user"))  # type: ignore[attr-defined]
    newsstand.lay_out("daily", site.app.day, *papers_of(9))  # type: ignore[attr-defined]
    runs.run(site.app, list(site.app.listings.values()))
    _lay_out_flood(site)
    hand.open(HERE)
    hand.sees("2 things are not fine")
    yield "see how the morning is"
    hand.button("Let them go out")
    hand.sees("papers go out with the next issues")
    yield "release a flood"
    hand.button("Try them again")
    hand.sees("Queued to be tried again: 1 mail.")
    runs.send_only(site.app)
    yield "retry what failed"
    hand.open(HERE)
    hand.sees("This morning is fine")
    yield "see that it is fine"


def _lay_out_flood(site: Laid) -> None:
    """As many new papers as no day of the listing had before."""
    site.clock.forward(hours=1)
    flood = [paper(5000 + n, title=f"Sparse training number {n}") for n in range(300)]
    site.app.source.lay_out("daily", site.app.day, *papers_of(9), *flood)  # type: ignore[attr-defined]
    runs.run(site.app, [site.app.listings["daily"]])


Walk = Callable[[Thumb, Laid], Iterator[str]]


def walked(browser: Browser, walk: Walk, kind: type[Thumb]) -> dict[str, int]:
    """Return the count of each step, in order; what a script complains of is a failure."""
    with (
        tempfile.TemporaryDirectory() as home,
        laid_out(Path(home)) as site,
        served(site) as running,
    ):
        running.site.recent_papers.refresh(wait=True)
        context = browser.new_context(
            viewport={"width": 360, "height": 740},
            locale="en-US",
            timezone_id="Europe/Berlin",
            reduced_motion="reduce",
            **kind.options,
        )
        complaints = _heard(context)
        hand, counts = kind(context.new_page(), running.site.address), {}
        for step in walk(hand, site):
            counts[step], hand.count = hand.count, 0
            width = hand.page.evaluate("document.documentElement.scrollWidth")
            assert width <= 360, f"after “{step}” the page is {width} wide"
        context.close()
        assert complaints == [], complaints
        return counts


def _heard(context: BrowserContext) -> list[str]:
    complaints: list[str] = []
    context.on("weberror", lambda error: complaints.append(str(error.error)))
    return complaints


def main(_argv: list[str]) -> int:
    """Write a row for each step."""
    if program() is None:
        print("skipped: chromium is not installed")
        return 0
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=program(), args=["--no-sandbox"])
        table = "\n".join(line for walk in (reader, operator) for line in _rows(browser, walk))
        browser.close()
    print(table)
    before, found, after = DOCS.read_text().partition(f"{BEGIN}\n")
    rest = after[after.index("\n\n") :]
    DOCS.write_text(f"{before}{found}{table}{rest}")
    return 0


def _rows(browser: Browser, walk: Walk) -> Iterator[str]:
    """Yield a row for each step of a walk, and one for all of them."""
    several = [walked(browser, walk, kind) for kind in HANDS.values()]
    for step in several[0]:
        yield f"| {step} | {' | '.join(str(counts[step]) for counts in several)} |"
    sums = " | ".join(f"**{sum(counts.values())}**" for counts in several)
    yield f"| **the {walk.__name__}, all of it** | {sums} |"


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
