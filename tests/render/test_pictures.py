"""The mail in a browser: fit for a phone, legible in both schemes, asking the network nothing."""

from __future__ import annotations

from collections.abc import Iterator

import pytest

from .. import letter_pictures, pictures
from ..chromium import Chromium, program
from ..extent import some
from ..require import missing

# The contrast of every text with what is behind it (WCAG 2: relative luminance).
_WORST_CONTRAST = """
(() => {
  const parts = c => c.match(/[\\d.]+/g).map(Number);
  const light = c => { const [r, g, b] = parts(c).slice(0, 3).map(v => v / 255).map(
      v => v <= 0.03928 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
    return 0.2126 * r + 0.7152 * g + 0.0722 * b; };
  const behind = e => { for (; e; e = e.parentElement) {
      const c = getComputedStyle(e).backgroundColor;
      const alpha = parts(c)[3];
      if (alpha === undefined || alpha === 1) return c; }
    return 'rgb(255, 255, 255)'; };
  let worst = 21;
  for (const e of document.querySelectorAll('body *')) {
    const own = [...e.childNodes].some(n => n.nodeType === 3 && n.data.trim());
    if (!own || getComputedStyle(e).display === 'none') continue;
    const [a, b] = [light(getComputedStyle(e).color), light(behind(e))];
    worst = Math.min(worst, (Math.max(a, b) + 0.05) / (Math.min(a, b) + 0.05));
  }
  return worst;
})()
"""

_SCHEME = "matchMedia('(prefers-color-scheme: dark)').matches ? 'dark' : 'light'"


@pytest.fixture(scope="module")
def chrome() -> Iterator[Chromium]:
    path = program()
    if path is None:
        missing("chromium", "chromium is not installed")
    with Chromium(path) as opened:
        yield opened


@pytest.fixture(scope="module")
def mails() -> dict[str, str]:
    return dict(pictures.pages())


def test_a_mail_can_be_drawn(chrome: Chromium, mails: dict[str, str]) -> None:
    chrome.show(mails["one"], width=600)
    picture = chrome.picture(width=600)
    assert picture.startswith(b"\x89PNG")
    assert len(picture) > 10_000


def test_no_mail_is_wider_than_its_window_or_asks_for_anything(
    chrome: Chromium, mails: dict[str, str]
) -> None:
    del chrome.requests[:]
    for name, html in mails.items():
        chrome.show(html, width=pictures.WIDTHS[-1])
        for width in reversed(some(pictures.WIDTHS, 2)):
            chrome.look(width=width)
            found = chrome.value("[innerWidth, document.documentElement.scrollWidth]")
            assert found == [width, width], name
    assert {url.split(":")[0] for url in chrome.requests} == {"file"}


def test_every_text_stands_out_from_its_ground(chrome: Chromium, mails: dict[str, str]) -> None:
    for name in ("busy", "broken", "quiet", "crowded"):
        chrome.show(mails[name], width=600)
        for scheme in pictures.SCHEMES:
            chrome.look(width=600, scheme=scheme)
            assert chrome.value(_SCHEME) == scheme
            assert chrome.value(_WORST_CONTRAST) >= 4.5, (name, scheme)


def test_the_ways_out_can_be_hit_with_a_thumb(chrome: Chromium, mails: dict[str, str]) -> None:
    chrome.show(mails["one"], width=360)
    heights = chrome.value(
        "[...document.querySelectorAll('a.way')].map(a => a.getBoundingClientRect().height)"
    )
    assert len(heights) == 3
    assert min(heights) >= 44


def test_twenty_papers_are_a_few_screens_of_a_phone(
    chrome: Chromium, mails: dict[str, str]
) -> None:
    chrome.show(mails["busy"], width=360)
    assert chrome.height() <= 5_800


def test_every_letter_fits_a_small_phone(chrome: Chromium) -> None:
    for kind in some(letter_pictures.NAMES, 2):
        chrome.show(letter_pictures.html_of(kind), width=320)
        for scheme in pictures.SCHEMES:
            chrome.look(width=320, scheme=scheme)
            assert chrome.value("document.documentElement.scrollWidth") == 320, kind
            assert chrome.value(_WORST_CONTRAST) >= 4.5, (kind, scheme)
        presses = chrome.value(
            "[...document.querySelectorAll('.button')].map(b => b.getBoundingClientRect())"
            ".map(box => [box.height, box.bottom])"
        )
        assert all(height >= 44 for height, _ in presses), kind
        assert kind.startswith(("help", "show")) or all(end < 640 for _, end in presses), kind


def test_a_letter_is_drawn_as_it_is_where_no_answer_is_read() -> None:
    """Of each variant, too: it says something else than the first of its kind."""
    answer = "answer this mail"
    for name, (kind, _) in letter_pictures.VARIANTS.items():
        said, first = (letter_pictures.html_of(each) for each in (name, kind))
        assert said != first, name
        if name.endswith("no-answers"):
            assert answer in first
            assert answer not in said, name
