"""A paper completed for a subscriber from what all share, against its template rendered whole."""

from __future__ import annotations

import random
from dataclasses import replace
from pathlib import Path

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.model import Hit, Issue, IssueEntry, Match, Paper, Reason, Recipient
from digest.render import MailRenderer
from digest.resources import templates_folder

from .. import golden_issues
from ..extent import number
from ..hostile import ANY
from ..wire import assert_lines, parts

#: Text that a mail escapes, encodes, wraps, cuts or isolates, and words without a break.
WORDS = (
    *("a", "of", "sparse", "training=", "<b>", "</p>", "&amp;", "R&D", '"quoted"', "100%", "%s"),
    *(
        "*starred*",
        "it’s",
        "naïve",
        "専門家混合",
        "התקטיר",
        "ليلى",
        "👩‍🔬",
        "e\u0301",
        "x" * 80,
        ".",
    ),
    *("\u00a0", "  ", "\t", "‹", "\ufde0A", "We", "propose.", "This.", "https://example.org/a_b"),
    f"https://example.org/{'a-b/' * 20}",
)
COMPLETED = MailRenderer([templates_folder()])
PAGES = (golden_issues.PLAIN, golden_issues.WITH_PAGES)


def text(draw: random.Random, most: int) -> str:
    return " ".join(draw.choices(WORDS, k=draw.randint(0, most)))


def papers(draw: random.Random) -> list[Paper]:
    return [
        replace(
            draw.choice(golden_issues.papers()),
            key=f"arxiv:{place}",
            title=text(draw, 24),
            abstract=text(draw, 120),
            authors=tuple(text(draw, 3) for _ in range(draw.randint(0, 9))),
            extra=draw.choice(({}, {"summary": text(draw, 20), "summary_by": "a model"})),
            url=draw.choice(("", "https://example.org/1")),
        )
        for place in range(6)
    ]


def entry(draw: random.Random, paper: Paper) -> IssueEntry:
    """A paper with reasons and hits that fit its texts or not."""
    reasons = tuple(
        Reason(
            text(draw, 4),
            draw.randint(1, 3),
            tuple(
                Hit(draw.choice(("title", "abstract", "author", "category")), start, start + length)
                for start, length in zip(
                    draw.choices(range(300), k=3), draw.choices(range(30), k=3), strict=True
                )
            ),
            draw.choice((None, (3, 4000))),
        )
        for _ in range(draw.choice((0, 1, 2, 3, 9)))
    )
    return IssueEntry(
        match=Match(paper, sum(reason.points for reason in reasons), reasons),
        detail=draw.choice(("", "v1 → v2")),
        listings=("daily-papers",),
        also_in=draw.choice(((), ("Other & <things>",))),
        upvotes=draw.choice((None, 64)),
    )


def issue(draw: random.Random, shared: list[Paper]) -> Issue:
    chosen = [entry(draw, paper) for paper in draw.sample(shared, len(shared))]
    section = golden_issues.section("Interests", chosen[:5], chosen[5:])
    return golden_issues.issue(replace(section, whole=2, brief=2))


@pytest.fixture(scope="module")
def whole(tmp_path_factory: pytest.TempPathFactory) -> MailRenderer:
    """A template that an operator copied may be any other, and is rendered for each subscriber."""
    ours, folder = templates_folder(), tmp_path_factory.mktemp("templates")
    (folder / "mail").mkdir()
    for name in ("digest.html", "digest.txt"):
        copied = (ours / "mail" / name).read_text(encoding="utf-8") + "{# a copy #}"
        (folder / "mail" / name).write_text(copied, encoding="utf-8")
    return MailRenderer([folder, ours])


def test_completed_papers_are_their_template_rendered_whole(whole: MailRenderer) -> None:
    completed = MailRenderer([templates_folder()])
    for seed in range(number(2, whole=1_000)):
        draw = random.Random(seed)
        shared = papers(draw)
        for id in range(4):  # the first of each paper makes what the others share
            asked = issue(draw, shared), Recipient(id=id, address=f"{id}@example.org")
            for letterhead in PAGES:
                data, other = [each.mail(*asked, letterhead).data for each in (completed, whole)]
                assert parts(data) == parts(other), seed
                assert_lines(data)
                assert "\ufde0" not in completed.html(*asked, letterhead)


#: A text with what quoted-printable, HTML or a line of the text part treats in its own way.
TEXT = st.text(ANY | st.sampled_from("aaa   =&<>.*…“”\u05d0x"), max_size=120) | st.sampled_from(
    WORDS
)


@given(title=TEXT, abstract=TEXT, label=TEXT, spans=st.lists(st.integers(0, 130), max_size=4))
@settings(max_examples=number(60, whole=2_000))
def test_any_title_abstract_and_label_are_shown_as_by_the_whole_template(
    whole: MailRenderer, title: str, abstract: str, label: str, spans: list[int]
) -> None:
    hits = tuple(
        Hit(field, start, start + 5) for start in spans for field in ("title", "abstract", "author")
    )
    paper = replace(golden_issues.papers()[0], title=title, abstract=f"{abstract} We try.")
    shown = IssueEntry(match=Match(paper, 1, (Reason(label, 1, hits),)), also_in=(label,))
    section = golden_issues.section(label or "S", [shown] * 3)
    asked = golden_issues.issue(replace(section, whole=1, brief=1)), golden_issues.ALICE
    data, other = [each.mail(*asked, golden_issues.WITH_PAGES).data for each in (COMPLETED, whole)]
    assert parts(data) == parts(other)
    assert_lines(data)


@pytest.mark.parametrize("label", ["x", "x y", "\u00a0x", "x=", "<x", "é"])
def test_a_clause_of_any_length_ends_its_line_as_in_the_whole_template(
    whole: MailRenderer, label: str
) -> None:
    """Up to the last column it is put into its line as it is, from there the line is wrapped."""
    paper = replace(golden_issues.papers()[0], url=f"https://example.org/{'a' * 18}")
    shown = [
        IssueEntry(match=Match(paper, 1, (Reason(label * length, 1, ()),)), listings=("cs.LG",))
        for length in range(1, 41)
    ]
    section = golden_issues.section("S", shown)
    asked = golden_issues.issue(replace(section, whole=0, brief=0)), golden_issues.ALICE
    ours, other = [each.text(*asked, golden_issues.WITH_PAGES) for each in (COMPLETED, whole)]
    assert ours == other
    assert {len(line) for line in ours.split("\n")} >= {71, 72}


@pytest.mark.parametrize("length", range(60, 90))
def test_marks_where_a_line_is_broken_leave_the_text_as_it_is(
    whole: MailRenderer, length: int
) -> None:
    hits = (Hit("title", length, length + 2), Hit("abstract", length, length + 90))
    paper = replace(golden_issues.papers()[0], title="t" * 99, abstract=f"We {'try ' * 40}.")
    shown = IssueEntry(match=Match(paper, 1, (Reason("x", 1, hits),)))
    asked = golden_issues.issue(golden_issues.section("S", [shown])), golden_issues.ALICE
    data, other = [each.mail(*asked, golden_issues.PLAIN).data for each in (COMPLETED, whole)]
    assert parts(data) == parts(other)
    assert_lines(data)


@pytest.mark.parametrize("length", range(40, 60))
def test_an_address_that_is_longer_than_a_line_is_sent_in_several(
    whole: MailRenderer, length: int
) -> None:
    """In a quote, with a mark in it too: it is not broken for readers, but no line is too long."""
    address = f"https://example.org/{'a' * length}"
    title, abstract = f"Sparse {address}", f"We publish the code at {address} for all."
    hits = Hit("title", 20, 25), Hit("abstract", 40, 45)
    paper = replace(golden_issues.papers()[0], title=title, abstract=abstract)
    shown = IssueEntry(match=Match(paper, 1, (Reason("x", 1, hits),)))
    asked = golden_issues.issue(golden_issues.section("S", [shown])), golden_issues.ALICE
    data, other = [each.mail(*asked, golden_issues.PLAIN).data for each in (COMPLETED, whole)]
    assert parts(data) == parts(other)
    assert_lines(data)


def test_soft_breaks_around_inserts_add_little_to_a_mail(whole: MailRenderer) -> None:
    """The whole template's lines are as long as they may be."""
    asked = golden_issues.busy_day(), golden_issues.ALICE, golden_issues.WITH_PAGES
    ours, other = [len(each.mail(*asked).data) for each in (COMPLETED, whole)]
    assert ours <= 1.02 * other


def test_an_operators_block_shows_what_ours_does_not(tmp_path: Path) -> None:
    (tmp_path / "mail").mkdir()
    (tmp_path / "mail" / "digest.html").write_text(
        '{% extends "packaged/mail/digest.html" %}'
        "{% block paper %}<p>score {{ paper.score }} of {{ paper.causes[0].points }}</p>"
        "{% endblock %}",
        encoding="utf-8",
    )
    renderer = MailRenderer([tmp_path, templates_folder()])
    [shown] = golden_issues.one_paper().entries

    def html(points: int) -> str:
        reasons = tuple(replace(each, points=points) for each in shown.match.reasons)
        match = replace(shown.match, score=7 * points, reasons=reasons)
        section = golden_issues.section("S", [replace(shown, match=match)])
        return renderer.html(golden_issues.issue(section), golden_issues.ALICE, golden_issues.PLAIN)

    assert "score 7 of 1<" in html(1)
    assert "score 14 of 2<" in html(2)
