"""The pages in a real browser: a reader's whole walk, every page at two widths, no complaint.

Mails leave by a real sender to a real SMTP server, and are read there.  Skipped where there is no
Chromium.
"""

from __future__ import annotations

import re
import threading
from collections.abc import Iterator
from dataclasses import dataclass, field
from email import message_from_bytes
from email.policy import default
from typing import Any, Literal
from urllib.request import Request, urlopen

import pytest
from axe_playwright_python.sync_playwright import Axe
from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from digest.deliver import MailSettings, sender
from digest.pipeline import runs
from digest.web.server import RunningServer

from ..chromium import SPARING, program
from ..extent import IS_WHOLE, some
from ..messages import settings
from ..require import missing
from ..servers import Relay, relay
from ..sites import DAYS, HERE, SPARSE, Laid, laid_out, listen, papers_of
from ..waits import HUNG

AT = f"{HERE}/profiles/sparse"

expect.set_options(timeout=HUNG * 1000)


@dataclass
class Served:
    """A site on a socket, whose mails go to a relay."""

    site: Laid
    running: RunningServer
    post: Relay
    days: int = DAYS

    @property
    def url(self) -> str:
        return self.running.site.address

    def mail_to(self, address: str) -> str:
        """The newest mail that the relay took for somebody: its text, and how to leave by it."""
        runs.send_only(self.site.app)
        found = [e.content for e in self.post.envelopes if e.rcpt_tos == [address]]
        message: Any = message_from_bytes(bytes(found[-1]), policy=default)
        text = message.get_body(("plain",)).get_content()
        return f"{text}\n{message['list-unsubscribe'] or ''}"

    def link(self, address: str, kind: str) -> str:
        """The path of a link in it."""
        text = self.mail_to(address)
        found = re.search(rf"https?://[^/\s]+(/{kind}/[^\s>]+)", text)
        assert found is not None, text
        return found[1]

    def next_day(self) -> None:
        """Collect and mail one more day."""
        self.days += 1
        self.site.clock.forward(days=1)
        stand: Any = self.site.app.source
        stand.lay_out("daily", self.site.app.day, *papers_of(self.days))
        runs.run(self.site.app, list(self.site.app.listings.values()))
        self.running.site.recent_papers.refresh(wait=True)


@pytest.fixture(scope="module")
def chromium() -> Iterator[Browser]:
    path = program() or missing("chromium", "no Chromium")
    with sync_playwright() as play:
        browser = play.chromium.launch(
            executable_path=path,
            args=SPARING,
            timeout=HUNG * 1000,
        )
        yield browser
        browser.close()


@pytest.fixture(scope="module")
def served(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Served]:
    with laid_out(tmp_path_factory.mktemp("site")) as site, relay() as post:
        site.app.sender = sender(MailSettings(sender="smtp", smtp=settings(post.port)))
        running = listen(site.app, host="127.0.0.1", port=0)
        running.site.recent_papers.refresh(wait=True)
        thread = threading.Thread(target=running.run)
        thread.start()
        yield Served(site, running, post)
        running.stop()
        thread.join()
        site.app.sender.close()


@dataclass
class Tab:
    """A page of the browser, and what it complained of."""

    context: BrowserContext
    page: Page
    url: str
    complaints: list[str] = field(default_factory=list)

    def __post_init__(self) -> None:
        self.page.on("console", self._hear)
        self.page.on("pageerror", lambda error: self.complaints.append(str(error)))

    def _hear(self, message: Any) -> None:
        if message.type in ("error", "warning"):
            self.complaints.append(message.text)

    def go(self, path: str) -> None:
        self.page.goto(f"{self.url}{path}")

    def widen(self, width: int) -> None:
        self.page.set_viewport_size({"width": width, "height": 800})


@pytest.fixture(scope="module")
def only(chromium: Browser, served: Served) -> Iterator[Tab]:
    """A tab for all tests: a further one takes Chromium seconds of a processor."""
    # What scrolls smoothly is clicked beside.
    context = chromium.new_context(timezone_id="Europe/Berlin", reduced_motion="reduce")
    context.set_default_timeout(HUNG * 1000)
    yield Tab(context, context.new_page(), served.url)
    context.close()


@pytest.fixture
def tab(only: Tab) -> Tab:
    """The tab, which has complained of nothing yet."""
    del only.complaints[:]
    only.page.emulate_media(color_scheme="light")
    only.widen(1280)
    return only


#: What axe looks for: the criteria of WCAG 2.2 AA, and what its authors hold for good practice.
RULES = {
    "runOnly": ["wcag2a", "wcag2aa", "wcag21a", "wcag21aa", "wcag22aa", "best-practice"],
    "resultTypes": ["violations"],
}


def hard_to_read(page: Page) -> list[str]:
    """What axe, which the page has loaded, holds against it as it is shown now."""
    found = page.evaluate("rules => axe.run(document, rules).then(all => all.violations)", RULES)
    return [f"{v['id']}: {v['nodes'][0]['html'][:200]}" for v in found]


def too_wide(page: Page) -> list[str]:
    width = page.evaluate("document.documentElement.scrollWidth - innerWidth")
    return [f"wider than the window by {width}"] if width > 0 else []


def faults(page: Page) -> list[str]:
    page.evaluate(Axe().axe_script)  # half a megabyte of script, read once a page
    return too_wide(page) + hard_to_read(page)


#: Axe takes a second of a processor for a page: it reads an editor and the operator's, or all.
judged = faults if IS_WHOLE else too_wide


@pytest.mark.parametrize("width", some([360, 1280], 1))
def test_a_subscriber_walks_from_the_first_word_to_the_last_goodbye(
    served: Served, tab: Tab, width: int
) -> None:
    tab.widen(width)
    page, n = tab.page, served.days
    zoe = f"zoe-on-day-{n}@example.org"
    tab.go("/")
    page.get_by_label("What interests you").fill("protein folding")
    expect(page.locator("#width")).to_contain_text(f"2.0 papers a day: {2 * n} of {8 * n}")
    expect(page.locator("#width .wishes li")).to_contain_text("protein folding")
    expect(page.locator("#width .lines li")).to_have_count(3)
    expect(page.get_by_label("Time zone")).to_have_value("Europe/Berlin")
    assert judged(page) == []
    page.get_by_label("Your address").fill(zoe)
    page.get_by_role("button", name="Subscribe").click()
    expect(page.get_by_role("heading")).to_have_text("Look into your mailbox")

    tab.go(served.link(zoe, "confirm"))
    assert too_wide(page) == []
    page.get_by_role("button", name="Yes, send them to me").click()
    expect(page.get_by_role("heading")).to_have_text("You are subscribed")

    page.get_by_role("link", name="Your settings").click()
    expect(page.get_by_role("link", name="Protein folding")).to_be_visible()
    assert too_wide(page) == []
    page.get_by_role("link", name="Protein folding").click()
    expect(page.locator("#live")).to_contain_text("2.0 papers a day")
    page.get_by_text("The same as text").click()
    page.locator(".cm-content").click()
    page.keyboard.press("Control+End")
    page.keyboard.type("minimum: [")
    expect(page.locator("#live")).to_contain_text("The text has")
    # The numbers of before stay hidden; nothing is counted any more.
    expect(page.locator("body[data-stale]:not([data-counting])")).to_have_count(1)
    expect(page.locator(".cm-lint-marker-error").first).to_be_visible()
    for _ in "minimum: []":
        page.keyboard.press("Backspace")
    page.get_by_label("Another word or phrase", exact=True).fill("mixture of experts")
    page.get_by_role("button", name="Add: Another word or phrase").click()
    expect(page.locator("[data-part=any] #effect")).to_contain_text(
        f"4.0 papers a day, {2 * n} more"
    )
    expect(page.locator(".cm-content")).to_contain_text("- mixture of experts")
    expect(page.locator("#live")).to_contain_text("4.0 papers a day")
    expect(page.locator("#live")).to_contain_text(f"Gained against what is saved: {2 * n}")
    expect(page.locator("#chips-any")).to_contain_text(f"mixture of experts {2 * n}")
    page.get_by_text("The mail as it would be").click()
    mail = page.frame_locator("iframe")
    expect(mail.locator("body")).to_contain_text("mixture of experts")
    assert faults(page) == []
    page.get_by_role("button", name="Save", exact=True).click()
    expect(page.get_by_role("status").filter(has_text="Saved. The next issue")).to_be_visible()

    served.next_day()
    tab.go(served.link(zoe, "i"))
    expect(page.locator("[data-paper]")).to_have_count(4)
    page.emulate_media(color_scheme="dark")
    assert judged(page) == []
    page.keyboard.press("j")
    page.keyboard.press("j")
    expect(page.locator("[data-paper]").nth(1)).to_be_focused()
    page.keyboard.press("s")
    expect(page.locator("button[aria-pressed=true]")).to_have_text("Save")
    page.keyboard.press("?")
    expect(page.get_by_role("dialog")).to_be_visible()

    way = served.link(zoe, "u")
    tab.go(way)
    expect(page.get_by_role("button", name="Yes, end them")).to_be_visible()
    assert too_wide(page) == []
    click = Request(f"{served.url}{way}", data=b"List-Unsubscribe=One-Click", method="POST")
    with urlopen(click) as answer:
        assert "1 subscription was ended" in answer.read().decode()
    page.get_by_role("button", name="Yes, end them").click()
    expect(page.locator("main")).to_contain_text("It had ended already")
    had = len(served.post.envelopes)
    served.next_day()
    assert [e.rcpt_tos for e in served.post.envelopes[had:]] == [["alice@example.org"]]
    assert tab.complaints == []


#: A page of each kind that the walk does not come by.
KINDS = (
    *("/archive/2026-03-10", "/search?q=protein", "/trending", HERE, f"{HERE}/profiles"),
    *(f"{AT}/mail?show=text", f"{AT}/mail?paper=2603.00051&width=phone"),
)


def operators_pages() -> list[str]:
    return [
        *("/", "/?interests=sparse", "/archive", AT, f"{AT}/mail", "/nowhere"),
        *KINDS,
    ]


def confirmed(served: Served, address: str) -> tuple[str, str, str]:
    """Say yes for an address; the paths of that page, of its settings and of its profile."""
    client, confirm = served.site.browser, served.link(address, "confirm")
    manage = re.findall(r'href="(/manage/[^"]+)"', client.post(confirm).text)[0]
    own = re.findall(r'href="(/manage/[^"]+/profiles/[^"/]+)"', client.get(manage).text)[0]
    return confirm, manage, own


def subscribers_pages(served: Served) -> list[str]:
    client, una = served.site.browser, "una@example.org"
    form = {"address": una, "interests": "protein folding", "timezone": "UTC"}
    client.post("/subscribe", data=form)
    confirm, manage, own = confirmed(served, una)
    served.next_day()
    issue = client.get(served.link(una, "i"), follow_redirects=False).headers["location"]
    key = re.findall(r'name="key" value="([^"]+)"', client.get(issue).text)[0]
    for kind in ("like", "save"):
        client.post(issue, data={"key": key, "kind": kind})
    return [
        *(confirm, manage, own, issue, served.link(una, "u")),
        *(f"{own}/mail", f"{manage}/issues", f"{manage}/saved", f"{manage}/erase"),
        f"{issue}/like?paper={key}",
        *(f"{manage}/drop?slug={own.rpartition('/')[2]}", f"{manage}/saved?out={key}"),
    ]


def test_what_is_hard_to_read_is_found(tab: Tab) -> None:
    tab.page.goto("about:blank")  # the policy of one of our pages would leave the colour out
    tab.widen(360)
    tab.page.set_content("<p style='color: #aaa; width: 500px'>grey</p><input>")
    told = " ".join(faults(tab.page))

    assert "color-contrast" in told
    assert "label" in told
    assert "wider than the window" in told


#: A screen and a telephone; each page is looked at on one of them, by turns, or on both.
LOOKS: tuple[tuple[int, Literal["light", "dark"]], ...] = ((1280, "light"), (360, "dark"))

#: Unless all is tried, the pages but one are drawn side by side in frames of one page, under its
#: policy: half a second less for each.
_FRAMED = """async pages => {
  document.body.replaceChildren();
  return Promise.all(pages.map(([html, width]) => new Promise(done => {
    const frame = document.createElement('iframe');
    frame.setAttribute('sandbox', 'allow-same-origin');
    Object.assign(frame.style, {width: `${width}px`, maxWidth: 'none', boxSizing: 'content-box'});
    frame.srcdoc = html;
    frame.onload = () => {
      const root = frame.contentDocument.documentElement;
      const isStyled = root.ownerDocument.styleSheets.length > 0;
      done([isStyled && frame.contentWindow.innerWidth, root.scrollWidth - width]);
    };
    document.body.append(frame);
  })));
}"""


def test_no_page_is_hard_to_read_or_too_wide(served: Served, tab: Tab) -> None:
    found = {}
    pages = operators_pages() + subscribers_pages(served) if IS_WHOLE else [*KINDS]
    opened = pages if IS_WHOLE else [HERE]
    for path in opened:
        tab.go(path)
        if "/profiles/" in path and "/mail" not in path:
            for folded in tab.page.locator("details").all():
                folded.evaluate("details => details.open = true")
            tab.page.wait_for_selector(".cm-editor")
        for width, scheme in LOOKS if IS_WHOLE else LOOKS[:1]:
            tab.widen(width)
            tab.page.emulate_media(color_scheme=scheme)
            found[path, width] = faults(tab.page)
    found |= framed(served, tab, [path for path in pages if path not in opened])

    assert {place: several for place, several in found.items() if several} == {}
    assert [line for line in tab.complaints if "404" not in line] == []


def framed(served: Served, tab: Tab, paths: list[str]) -> dict[tuple[str, int], list[str]]:
    """How much wider each of the pages is than a window, by path and width."""
    tab.go("/nowhere")
    wide = [LOOKS[number % 2][0] for number, _ in enumerate(paths)]
    texts = [served.site.browser.get(path).text for path in paths]
    shown = tab.page.evaluate(_FRAMED, [*zip(texts, wide, strict=True)])
    tab.complaints[:] = [line for line in tab.complaints if "sandboxed" not in line]
    assert [inner for inner, _ in shown] == wide
    return {
        (path, width): [f"wider than the window by {over}"] if over > 0 else []
        for path, width, (_, over) in zip(paths, wide, shown, strict=True)
    }


def test_in_a_browser_the_page_follows_an_edit_and_complains_of_nothing(
    served: Served, tab: Tab
) -> None:
    profile = served.site.profile()
    version = "document.querySelector('[data-version]').dataset.version"
    tab.go(f"{AT}/mail?day=now")
    first = tab.page.evaluate(version)
    assert first == served.running.site.version()
    profile.write_text(SPARSE.replace("Sparse training", "Another title"))
    expect(tab.page.get_by_role("heading", level=1)).to_have_text("Another title")
    assert tab.page.evaluate(version) == served.running.site.version() != first
    assert tab.complaints == []
    profile.write_text(SPARSE)
