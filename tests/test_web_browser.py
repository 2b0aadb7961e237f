"""The pages in a real browser: a reader's whole walk, every page at two widths, no complaint.

Skipped where there is no Chromium.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, Page, expect, sync_playwright

from digest import pipeline

from .chromium import program
from .require import missing
from .sites import DAYS, HERE, Laid, laid_out, listen, papers_of

ZOE = "zoe@example.org"


class Served:
    """A site in a thread, and a page of a browser that looks at it."""

    def __init__(self, site: Laid, page: Page, url: str) -> None:
        self.site = site
        self.page = page
        self.url = url
        self.complaints: list[str] = []
        self._days = DAYS
        page.on("console", self._hear)
        page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _hear(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def go(self, path: str) -> None:
        self.page.goto(f"{self.url}{path}")

    def letter(self, kind: str) -> str:
        """The path of the newest link of that kind that Zoe was mailed."""
        pipeline.send_only(self.site.app)
        box: Any = self.site.app.send
        mail = box.to(ZOE)[-1]
        text = f"{box.texts_to(ZOE)[-1]} {mail['list-unsubscribe'] or ''}"
        found = re.search(rf"https?://[^/\s]+(/{kind}/[^\s>]+)", text)
        assert found is not None, text
        return found[1]

    def next_day(self) -> None:
        """Collect and mail one more day."""
        self._days += 1
        self.site.clock.forward(days=1)
        stand: Any = self.site.app.source
        stand.lay_out("daily", self.site.app.day, *papers_of(self._days))
        pipeline.run(self.site.app, list(self.site.app.listings.values()))


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    path = program() or missing("chromium", "no Chromium")
    with sync_playwright() as play:
        browser = play.chromium.launch(executable_path=path, args=["--no-sandbox"])
        yield browser
        browser.close()


@pytest.fixture(params=[1280, 360], ids=["wide", "phone"])
def served(request: pytest.FixtureRequest, chromium: Browser, tmp_path: Path) -> Iterator[Served]:
    with laid_out(tmp_path) as site:
        running = listen(site.app, host="127.0.0.1", port=0)
        running.site.past.refresh(wait=True)
        thread = threading.Thread(target=running.run)
        thread.start()
        context = chromium.new_context(
            viewport={"width": request.param, "height": 800}, timezone_id="Europe/Berlin"
        )
        try:
            yield Served(site, context.new_page(), running.site.address)
        finally:
            context.close()
            running.stop()
            thread.join(10)


def test_a_reader_walks_from_the_first_word_to_the_last_goodbye(served: Served) -> None:
    page = served.page
    served.go("/")
    page.get_by_label("What interests you").fill("protein folding")
    expect(page.locator("#width")).to_contain_text("10 of 40")
    expect(page.get_by_label("Time zone")).to_have_value("Europe/Berlin")
    page.get_by_label("Your address").fill(ZOE)
    page.get_by_role("button", name="Subscribe").click()
    expect(page.get_by_role("heading")).to_have_text("Look into your mailbox")

    served.go(served.letter("confirm"))
    page.get_by_role("button", name="Yes, send them to me").click()
    expect(page.get_by_role("heading")).to_have_text("You are subscribed")

    page.get_by_role("link", name="Your settings").click()
    page.get_by_role("link", name="Protein folding").click()
    expect(page.locator("#live")).to_contain_text("2.0 papers a day")
    page.locator(".cm-content").click()
    page.keyboard.press("Control+End")
    page.keyboard.type("minimum: [")
    expect(page.locator("#live")).to_contain_text("The text has")
    expect(page.locator(".cm-lint-marker-error").first).to_be_visible()
    for _ in "minimum: []":
        page.keyboard.press("Backspace")
    page.keyboard.press("Control+End")
    page.get_by_label("A further keyword").fill("mixture of experts")
    page.get_by_role("button", name="Add", exact=True).click()
    expect(page.locator(".cm-content")).to_contain_text("- mixture of experts")
    expect(page.locator("#live")).to_contain_text("4.0 papers a day")
    expect(page.locator("#live")).to_contain_text("Gained against what is saved: 10")
    mail = page.frame_locator("iframe")
    expect(mail.locator("body")).to_contain_text("mixture of experts")
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("status").filter(has_text="Saved")).to_be_visible()

    served.next_day()
    served.go(served.letter("issue"))
    expect(page.locator("[data-paper]")).to_have_count(4)
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator("[data-paper]").nth(1)).to_be_focused()
    page.keyboard.press("s")
    expect(page.locator("button[aria-pressed=true]")).to_have_text("Save")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()

    served.go(served.letter("unsubscribe"))
    page.get_by_role("button", name="Yes, end them").click()
    expect(page.locator("main")).to_contain_text("1 subscription was ended")
    assert served.complaints == []


def every_page(served: Served) -> list[str]:
    served.next_day()
    profile = f"{HERE}/profiles/sparse"
    return [
        *("/", "/?interests=sparse", "/archive", "/archive/2026-03-10", "/search?q=protein"),
        *("/trending", HERE, f"{HERE}/profiles", profile, f"{profile}/mail"),
        *(f"{profile}/mail?show=text", f"{profile}/mail?paper=2603.00051&width=phone"),
        "/nowhere",
    ]


def readers_pages(served: Served) -> list[str]:
    client = served.site.browser
    form = {"address": ZOE, "interests": "protein folding", "timezone": "UTC"}
    client.post("/subscribe", data=form)
    confirm = served.letter("confirm")
    answer = client.post(confirm)
    manage = re.findall(r'href="(/manage/[^"]+)"', answer.text)[0]
    served.next_day()
    issue = served.letter("issue")
    key = re.findall(r'name="key" value="([^"]+)"', client.get(issue).text)[0]
    client.post(issue, data={"key": key, "kind": "save"})
    own = re.findall(r'href="(/manage/[^"]+/profiles/[^"/]+)"', client.get(manage).text)[0]
    return [
        *(confirm, manage, own, f"{own}/mail", f"{manage}/issues", f"{manage}/saved"),
        *(f"{manage}/erase", issue, f"{issue}/like?paper={key}", served.letter("unsubscribe")),
    ]


def test_no_page_is_hard_to_read_or_too_wide(served: Served) -> None:
    faults = {}
    for path in every_page(served) + readers_pages(served):
        served.go(path)
        served.page.wait_for_load_state("networkidle")
        found = Axe().run(served.page)
        serious = [
            v for v in found.response["violations"] if v["impact"] in ("serious", "critical")
        ]
        faults[path] = [(v["id"], v["nodes"][0]["html"][:200]) for v in serious]
        width = served.page.evaluate("document.documentElement.scrollWidth - innerWidth")
        if width > 0:
            faults[path].append(("wider than the window by", str(width)))

    assert {path: several for path, several in faults.items() if several} == {}
    complaints = [line for line in served.complaints if "404" not in line]
    assert complaints == []
