"""Pictures of the pages: ``python -m tests.page_pictures OUTDIR [PART]`` draws every one.

At 1280, 768, 360 and 320 pixels, light and dark, as a browser shows them; PART chooses by name.
"""

from __future__ import annotations

import re
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import replace
from datetime import timedelta
from itertools import product
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, Page, sync_playwright

from digest.access.tokens import Purpose
from digest.pipeline import runs
from digest.store import search, subscribers

from .chromium import program
from .factories import listing, paper
from .fakes import refused
from .sites import DAYS, HERE, SPARSE, Laid, laid_out, papers_of, served

WIDTHS = (1280, 768, 360, 320)
SCHEMES = ("light", "dark")
ZOE = "zoe@example.org"


def linked(site: Laid, kind: str, to: str = ZOE) -> str:
    """The path of the newest link of that kind that Zoe, or somebody else, was mailed."""
    runs.send_only(site.app)
    box: Any = site.app.sender
    ways = [str(mail["list-unsubscribe"]) for mail in box.to(to)]
    newest = " ".join(map(" ".join, zip(reversed(box.texts_to(to)), reversed(ways), strict=True)))
    return str(re.findall(rf"https?://[^/\s]+(/{kind}/[^\s>]+)", newest)[0])


def let_rise(site: Laid) -> None:
    """Three papers whose upvotes rise for five days, each in its own way."""
    shapes = ((2, 9, 30, 55, 61), (1, 2, 4, 11, 40), (10, 12, 12, 15, 17))
    for ago in range(5):
        rows = [
            replace(paper, upvotes=shape[4 - ago])
            for paper, shape in zip(papers_of(DAYS), shapes, strict=False)
        ]
        with site.app.store.begin() as tx:
            search.keep_votes(tx, site.app.day - timedelta(days=ago), rows)


def pages(site: Laid) -> Iterator[tuple[str, str]]:
    """Each page's name and path."""
    profile = f"{HERE}/profiles/sparse"
    yield from [
        ("home", "/"),
        ("home-width", "/?interests=sparse+training%2C+protein"),
        ("home-nothing", "/?interests=quantum+sourdough%2C+not+poster"),
        ("archive", "/archive"),
        ("day", "/archive/2026-03-10"),
        ("search", "/search?q=protein"),
        ("search-nothing", "/search?q=nowhere"),
        ("trending", "/trending"),
        ("operator", HERE),
        ("profiles", f"{HERE}/profiles"),
        ("edit", profile),
        ("preview", f"{profile}/mail"),
        ("preview-text", f"{profile}/mail?show=text"),
        ("preview-why", f"{profile}/mail?width=phone&paper=2603.00051"),
        ("nowhere", "/nowhere"),
    ]
    yield from subscribers_pages(site)


def subscribers_pages(site: Laid) -> Iterator[tuple[str, str]]:
    """The pages of one who has just subscribed."""
    form = {"address": ZOE, "interests": "protein folding", "timezone": "Europe/Berlin"}
    site.browser.post("/subscribe", data=form)
    confirm = linked(site, "confirm")
    manage = re.findall(r'href="(/manage/[^"]+)"', site.browser.post(confirm).text)[0]
    site.clock.forward(days=1)
    stand: Any = site.app.source
    stand.lay_out("daily", site.app.day, *papers_of(9))
    runs.run(site.app, list(site.app.listings.values()))
    issue = site.browser.get(linked(site, "i"), follow_redirects=False).headers["location"]
    keys = re.findall(r'name="key" value="([^"]+)"', site.browser.get(issue).text)
    for kind in ("like", "save"):
        site.browser.post(issue, data={"key": keys[0], "kind": kind})
    yield from [
        ("issue", issue),
        ("think", f"{issue}/like?paper={keys[0]}"),
        ("manage", manage),
        ("manage-edit", own := own_profile(site, manage)),
        ("manage-mail", f"{own}/mail?day={site.app.day}"),
        ("manage-why", f"{own}/mail?show=text&paper=2603.00051"),
        ("manage-drop", f"{manage}/drop?slug={own.rpartition('/')[2]}"),
        ("issues", f"{manage}/issues"),
        ("saved", f"{manage}/saved"),
        ("erase", f"{manage}/erase"),
        ("unsubscribe", linked(site, "u")),
    ]
    yield from comings_and_goings(site)


def first_day() -> Iterator[tuple[str, str]]:
    """The pages of a site that is new: nothing has been collected yet."""
    yield from [
        ("first-home", "/?interests=protein"),
        ("first-archive", "/archive"),
        ("first-search", "/search?q=protein"),
        ("first-trending", "/trending"),
        ("first-operator", HERE),
        ("first-edit", f"{HERE}/profiles/sparse"),
        ("first-preview", f"{HERE}/profiles/sparse/mail?day=now"),
    ]


def own_profile(site: Laid, manage: str) -> str:
    """The path of the first profile of these settings."""
    return str(re.findall(rf'href="({manage}/profiles/[^"/]+)"', site.browser.get(manage).text)[0])


def too_old(site: Laid, address: str) -> str:
    """The path of a link to that subscriber's settings, of a month ago."""
    with site.app.store.begin() as tx:
        found = subscribers.find(tx, address)
    assert found is not None
    then = site.clock() - timedelta(days=30)
    return f"/manage/{site.app.tokens.make(Purpose.MANAGE, found.id, address, then)}"


def comings_and_goings(site: Laid) -> Iterator[tuple[str, str]]:
    """The pages on which somebody says yes, and those of one who has left."""
    one, other, away, left = (f"{name}@example.org" for name in ("one", "other", "away", "left"))
    for who, interests in (
        (one, "protein folding, mixture of experts"),
        (other, "protein folding"),
        (other, "sparse training, quantized states"),
        (ZOE, "quantized states"),
        (away, "protein folding"),
        (left, "protein folding"),
    ):
        form = {"address": who, "interests": interests, "timezone": "Europe/Berlin"}
        site.browser.post("/subscribe", data=form)
    yield "confirm", linked(site, "confirm", one)
    yield "confirm-several", linked(site, "confirm", other)
    yield "confirm-added", linked(site, "confirm")
    away_from, manage = (
        re.findall(r'href="(/manage/[^"]+)"', site.browser.post(linked(site, "confirm", who)).text)[
            0
        ]
        for who in (away, left)
    )
    site.browser.post(f"{away_from}/pause", data={"until": f"{site.app.day + timedelta(days=9)}"})
    yield "manage-paused", away_from
    yield "manage-too-old", too_old(site, away)
    goodbye = site.browser.post(f"{manage}/stop").text
    yield "manage-stopped", manage
    yield "again", re.findall(r'action="(/return/[^"]+)"', goodbye)[0]


def states(page: Page, url: str) -> Iterator[str]:
    """The editor in further states: a mistake, a gain, a conflict."""
    page.goto(f"{url}{HERE}/profiles/sparse")
    page.get_by_text("The same as text").click()
    page.locator(".cm-content").fill(SPARSE.replace("quantiz*", "title:(toric AND"))
    page.wait_for_selector(".cm-lint-marker-error")
    page.wait_for_timeout(500)
    yield "edit-mistake"
    page.locator(".cm-content").fill(SPARSE.replace("quantiz*", "protein folding"))
    page.wait_for_selector("text=Gained against")
    page.wait_for_timeout(700)
    yield "edit-gained"
    page.locator("input[name=revision]").evaluate("field => field.value = 'old'")
    page.get_by_role("button", name="Save", exact=True).click()
    page.wait_for_selector("text=Somebody else")
    page.wait_for_load_state("networkidle")
    yield "edit-conflict"


def make_trouble(site: Laid) -> None:
    """A profile that is broken, a flood that is held, a listing that was never read."""
    (site.folder / "quantum.yaml").write_text("profile: quantum\nany:\n  - title:(toric AND\n")
    site.app.listings = {**site.app.listings, "weekly": listing("weekly")}
    site.clock.forward(days=1)
    flood = [paper(5000 + n, title=f"Sparse training number {n}") for n in range(300)]
    stand: Any = site.app.source
    stand.lay_out("daily", site.app.day, *flood)
    box: Any = site.app.sender
    box.fail_next(refused("550 no such user"))
    runs.run(site.app, [site.app.listings["daily"]])
    site.clock.forward(hours=26)


def troubled(page: Page, url: str, site: Laid) -> Iterator[str]:
    """The pages of a bad morning, a form that was filled in wrongly, and the last page of all."""
    for name, place in (("operator-trouble", HERE), ("profiles-broken", f"{HERE}/profiles")):
        page.goto(f"{url}{place}")
        yield name
    page.goto(f"{url}{linked(site, 'u')}")
    page.get_by_role("button", name="Yes, end them").click()
    page.wait_for_selector("text=You are unsubscribed")
    yield "goodbye"
    page.goto(f"{url}/")
    page.get_by_label("What interests you").fill(", ,")
    page.get_by_label("Your address").fill(ZOE)
    page.get_by_role("button", name="Subscribe").click()
    page.wait_for_selector("[role=alert]")
    yield "home-fault"


@contextmanager
def looking(browser: Browser, width: int, scheme: str) -> Iterator[Page]:
    """A page of that width in that scheme."""
    page = browser.new_page(
        viewport={"width": width, "height": 800},
        color_scheme=scheme,  # type: ignore[arg-type]  # one of its literals
        timezone_id="Europe/Berlin",
        reduced_motion="reduce",
    )
    yield page
    page.close()


def draw(page: Page, file: Path) -> None:
    """The whole page, and what stands around a frame: one that is off the screen stays white."""
    page.screenshot(path=file, full_page=True)
    for frame in page.locator("iframe").all():
        frame.scroll_into_view_if_needed()
        page.wait_for_timeout(200)
        page.screenshot(path=file.with_stem(f"{file.stem}-frame"))
        page.evaluate("scrollTo(0, 0)")
        page.wait_for_timeout(200)  # until clicks know where the frame is now


def main(folder: Path, part: str = "") -> None:
    """Draw all that have the part in their names, in every way."""
    path = program()
    if path is None:
        sys.exit("chromium is not installed")
    folder.mkdir(parents=True, exist_ok=True)
    with tempfile.TemporaryDirectory() as home, laid_out(Path(home)) as site:
        let_rise(site)
        with served(site) as running, sync_playwright() as play:
            running.site.recent_papers.refresh(wait=True)
            browser = play.chromium.launch(executable_path=path, args=["--no-sandbox"])
            draw_all(browser, site, running.site.address, folder, part)
            browser.close()
    with (
        tempfile.TemporaryDirectory() as home,
        laid_out(Path(home), is_new=True) as site,
        served(site) as running,
        sync_playwright() as play,
    ):
        browser = play.chromium.launch(executable_path=path, args=["--no-sandbox"])
        draw_pages(browser, list(first_day()), running.site.address, folder, part)
        browser.close()


def draw_pages(
    browser: Browser, places: list[tuple[str, str]], url: str, folder: Path, part: str
) -> None:
    """Every one of these pages that has the part in its name, in every way."""
    for width, scheme in product(WIDTHS, SCHEMES):
        with looking(browser, width, scheme) as page:
            for name, place in places:
                if part in name:
                    page.goto(f"{url}{place}")
                    page.wait_for_load_state("networkidle")
                    draw(page, folder / f"{name}-{width}-{scheme}.png")


def draw_all(browser: Browser, site: Laid, url: str, folder: Path, part: str) -> None:
    """Every page and state, in every way."""
    draw_pages(browser, list(pages(site)), url, folder, part)
    ways = list(product(WIDTHS, SCHEMES))
    if part in "edit-mistake edit-gained edit-conflict":
        for width, scheme in ways:
            with looking(browser, width, scheme) as page:
                for name in states(page, url):
                    draw(page, folder / f"{name}-{width}-{scheme}.png")
    make_trouble(site)
    for width, scheme in ways:
        with looking(browser, width, scheme) as page:
            for name in troubled(page, url, site):
                draw(page, folder / f"{name}-{width}-{scheme}.png")


if __name__ == "__main__":
    main(Path(sys.argv[1]), *sys.argv[2:3])
