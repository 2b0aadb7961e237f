"""A picture of where the time goes: an SVG with a bar for each run, parted by steps."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from html import escape

#: One for each step, light enough for the black words on it.
COLOURS = ("#9ecae1", "#fdae6b", "#a1d99b", "#bcbddc", "#fdd0a2", "#c7e9c0")
#: Pixels: of a line, of the words before the bars, and of the longest bar.
LINE, WORDS, LONGEST = 28, 190, 520

Run = tuple[str, Mapping[str, float]]


def picture(runs: Sequence[Run]) -> str:
    """Return an SVG with a bar for each run: its title, and what each of its steps took in ms."""
    longest = max(sum(steps.values()) for _, steps in runs)
    names = list(dict.fromkeys(name for _, steps in runs for name in steps))
    colours = dict(zip(names, COLOURS, strict=False))
    parts = [*_legend(colours)]
    for line, (title, steps) in enumerate(runs, 1):
        parts += _bar(line * LINE, title, steps, colours, LONGEST / longest)
    width, height = WORDS + LONGEST + 90, (len(runs) + 1) * LINE + 8
    return (
        f'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 {width} {height}" role="img"'
        ' font-family="sans-serif" font-size="13">\n'
        "<title>ms of CPU a subscriber and morning, by steps</title>\n"
        f'<rect width="{width}" height="{height}" fill="#fff"/>\n' + "\n".join(parts) + "\n</svg>\n"
    )


def _legend(colours: Mapping[str, str]) -> Iterator[str]:
    yield _text(WORDS - 10, 0, "ms of CPU a subscriber:", "end")
    for place, (name, colour) in enumerate(colours.items()):
        x = WORDS + place * 110
        yield f'<rect x="{x}" y="8" width="14" height="14" fill="{colour}"/>'
        yield _text(x + 20, 0, name)


def _bar(
    y: int, title: str, steps: Mapping[str, float], colours: Mapping[str, str], scale: float
) -> Iterator[str]:
    yield _text(WORDS - 10, y, title, "end")
    x = float(WORDS)
    for name, took in steps.items():
        width = took * scale
        yield (
            f'<rect x="{x:.1f}" y="{y + 4}" width="{width:.1f}" height="{LINE - 8}"'
            f' fill="{colours[name]}"><title>{escape(name)}: {took:.1f}</title></rect>'
        )
        if width > 30:
            yield _text(x + width / 2, y, f"{took:.1f}", "middle")
        x += width
    yield _text(x + 6, y, f"{sum(steps.values()):.1f}")


def _text(x: float, y: int, words: str, anchor: str = "start") -> str:
    return f'<text x="{x:.1f}" y="{y + 19}" text-anchor="{anchor}">{escape(words)}</text>'
