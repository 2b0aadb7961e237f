"""``python -m bench readable [PART]``: what is hard to read or to use on any page, in any state.

Of every page that ``tests.page_pictures`` draws, and every mail and letter, or of those with PART
in their names, in Chromium: axe, all that it finds, moderate and minor things included, at two
widths in both colour schemes; a window of 640 pixels with the page at 200 per cent, so 320 wide,
without a sideways scroll; the colours of the system forced on it, where focus, fields, buttons,
chips and what is chosen must still be seen; and no motion for those who want none.
"""

from __future__ import annotations

import sys
import tempfile
from collections.abc import Iterator
from pathlib import Path

from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Page, sync_playwright

from tests import letter_pictures, page_pictures, pictures
from tests.chromium import program
from tests.page_pictures import looking
from tests.sites import Laid, laid_out, served

LOOKS = ((1280, "light"), (360, "dark"))
#: The criteria of WCAG 2.0 to 2.2 AA, and what the authors of axe hold for good practice.
TAGS = ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"]
_AXE = """tags => axe.run(document, {runOnly: tags, resultTypes: ["violations"]}).then(all =>
  all.violations.map(v => `${v.impact}: ${v.id}: ${v.nodes[0].html.slice(0, 120)}`))"""
_TOO_WIDE = """() => document.documentElement.scrollWidth > innerWidth
  ? [`wider than the window: ${document.documentElement.scrollWidth}`] : []"""
#: Of what can have the focus, each that does not show it; of what is drawn by its edge alone, each
#: without one; and of what is chosen, each that looks like the others.
_UNSEEN = """() => {
  const said = (what, e) => `${what}: ${e.outerHTML.slice(0, 120)}`;
  const isShown = e => e.checkVisibility({visibilityProperty: true}) && !e.closest(".trap, .hear");
  const all = query => [...document.querySelectorAll(query)].filter(isShown);
  const showsFocus = e => {
    e.focus({focusVisible: true});
    if (document.activeElement !== e || e.closest(".cm-editor")) return true;
    const style = getComputedStyle(e);
    return style.outlineStyle !== "none" && parseFloat(style.outlineWidth) >= 1;
  };
  const hasEdge = e => {
    const style = getComputedStyle(e);
    return style.borderTopStyle !== "none" && parseFloat(style.borderTopWidth) >= 1;
  };
  const look = e => {
    const {backgroundColor, outlineStyle} = getComputedStyle(e);
    return backgroundColor + outlineStyle;
  };
  const others = e => e.matches("[aria-pressed]")
    ? all("[aria-pressed=false]")
    : [...e.closest("nav, .ways").querySelectorAll("a:not([aria-current])")];
  const focusable = all("a[href], button, input, select, textarea, summary, [tabindex='0']");
  const unseen = focusable.filter(e => !showsFocus(e)).map(e => said("no focus", e));
  document.activeElement?.blur();
  const drawn = all("button, a.button, input, select, textarea, .keywords li").filter(e =>
    !e.matches("[type=radio], [type=checkbox], footer *, .keywords li *, .cm-editor *"));
  const chosen = all("[aria-pressed=true], nav [aria-current], .ways [aria-current]");
  return [
    ...unseen,
    ...drawn.filter(e => !hasEdge(e)).map(e => said("no edge", e)),
    ...chosen.filter(e => others(e).some(other => look(other) === look(e)))
      .map(e => said("looks unchosen", e)),
  ];
}"""
_MOVES = """() => {
  const moving = document.getAnimations().filter(a => a.effect.getComputedTiming().duration > 0);
  const isSmooth = getComputedStyle(document.documentElement).scrollBehavior === "smooth";
  return moving.map(a => `moves: ${a.effect.target.outerHTML.slice(0, 120)}`)
    .concat(isSmooth ? ["scrolls smoothly"] : []);
}"""


def faults(page: Page) -> Iterator[str]:
    """Yield what is wrong with a page as it is shown now."""
    page.evaluate(Axe().axe_script)
    for width, scheme in LOOKS:
        page.set_viewport_size({"width": width, "height": 800})
        page.emulate_media(color_scheme=scheme)  # type: ignore[arg-type]  # one of its literals
        yield from (f"{width} {scheme}: {each}" for each in page.evaluate(_AXE, TAGS))
    page.set_viewport_size({"width": 320, "height": 400})
    yield from page.evaluate(_TOO_WIDE)
    yield from page.evaluate(_MOVES)
    page.emulate_media(forced_colors="active")
    yield from (f"forced colours: {each}" for each in page.evaluate(_UNSEEN))
    page.emulate_media(forced_colors="none")


def shown(page: Page, url: str, site: Laid, part: str) -> Iterator[str]:
    """Show each page and state, and yield its name."""
    for name, place in [each for each in page_pictures.pages(site) if part in each[0]]:
        page.goto(f"{url}{place}")
        page.wait_for_load_state("networkidle")
        for folded in page.locator("details").all():
            folded.evaluate("details => details.open = true")
        page.wait_for_load_state("networkidle")
        yield name
    mails = [(f"mail-{name}", html) for name, html in pictures.pages()]
    letters = [(f"letter-{kind}", letter_pictures.html_of(kind)) for kind in letter_pictures.NAMES]
    for name, html in [each for each in (*mails, *letters) if part in each[0]]:
        page.goto("about:blank")
        page.set_content(html)
        yield name
    if not part:
        yield from page_pictures.states(page, url)
        page_pictures.make_trouble(site)
        yield from page_pictures.troubled(page, url, site)


def main(argv: list[str]) -> int:
    """Print a line for each page, and what is wrong below it; 1 if anything is."""
    part, wrong, number = (argv or [""])[0], 0, 0
    if program() is None:
        print("skipped: chromium is not installed")
        return 0
    with tempfile.TemporaryDirectory() as home, laid_out(Path(home)) as site:
        page_pictures.let_rise(site)
        with served(site) as running, sync_playwright() as play:
            running.site.recent_papers.refresh(wait=True)
            browser = play.chromium.launch(executable_path=program(), args=["--no-sandbox"])
            with looking(browser, *LOOKS[0]) as page:
                for name in shown(page, running.site.address, site, part):
                    found = list(faults(page))
                    number, wrong = number + 1, wrong + bool(found)
                    print(name, *(f"    {each}" for each in found), sep="\n", flush=True)
            browser.close()
    print(f"{number} pages and states, {wrong} with something wrong")
    return int(bool(wrong))


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
