"""The mail as a reader and a server get it."""

from __future__ import annotations

import os
import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from email import policy
from email.parser import BytesHeaderParser, BytesParser
from pathlib import Path

import pytest

from digest.errors import SendError
from digest.model import (
    ChangeKind,
    DayRange,
    Issue,
    IssueEntry,
    Notice,
    Paper,
    Recipient,
    Verdict,
)
from digest.render import Letterhead, MailRenderer, NoticeRenderer
from digest.render.mail_template import PieceCache
from digest.render.placeholders import encoded
from digest.render.views import line_view, paper_view
from digest.resources import templates_folder

from .. import golden_issues, letter_pictures
from ..wire import assert_wire, hrefs, parts, visible

GOLDEN = Path(__file__).parents[1] / "data" / "issues"


@pytest.fixture(scope="module")
def renderer() -> MailRenderer:
    return MailRenderer([templates_folder()])


def mail(
    renderer: MailRenderer, issue: Issue, letterhead: Letterhead = golden_issues.WITH_PAGES
) -> bytes:
    return renderer.mail(issue, golden_issues.ALICE, letterhead).data


@pytest.mark.parametrize(
    "letterhead", [golden_issues.PLAIN, golden_issues.WITH_PAGES], ids=["plain", "pages"]
)
@pytest.mark.parametrize("name", golden_issues.DAYS)
def test_every_invented_day_passes_the_gate(
    renderer: MailRenderer, name: str, letterhead: Letterhead
) -> None:
    assert_wire(mail(renderer, golden_issues.DAYS[name](), letterhead))


@pytest.mark.parametrize("name", [name for name in golden_issues.DAYS if name != "crowded"])
def test_the_mail_is_the_golden_one(renderer: MailRenderer, name: str) -> None:
    """DIGEST_ACCEPT=1 writes the file anew; the difference is for a person to read."""
    path, data = GOLDEN / f"{name}.eml", mail(renderer, golden_issues.DAYS[name]())
    if os.environ.get("DIGEST_ACCEPT"):
        path.write_bytes(data)
    assert path.read_bytes() == data, f"{path.name} differs"


@pytest.mark.parametrize("name", golden_issues.DAYS)
def test_the_preview_is_the_mail(renderer: MailRenderer, name: str) -> None:
    issue = golden_issues.DAYS[name]()
    text, html = parts(mail(renderer, issue))
    assert (
        text.replace("\r\n", "\n").rstrip()
        == renderer.text(issue, golden_issues.ALICE, golden_issues.WITH_PAGES).rstrip()
    )
    assert (
        html.replace("\r\n", "\n").rstrip()
        == renderer.html(issue, golden_issues.ALICE, golden_issues.WITH_PAGES).rstrip()
    )


def test_two_presses_print_the_same_bytes(renderer: MailRenderer) -> None:
    other = MailRenderer([templates_folder()])
    assert mail(renderer, golden_issues.busy_day()) == mail(other, golden_issues.busy_day())
    assert mail(renderer, golden_issues.busy_day()) == mail(renderer, golden_issues.busy_day())


def test_a_mail_does_not_depend_on_who_was_served_before(renderer: MailRenderer) -> None:
    fresh = MailRenderer([templates_folder()])
    for name in golden_issues.DAYS:
        mail(renderer, golden_issues.DAYS[name](), golden_issues.PLAIN)
    assert mail(renderer, golden_issues.busy_day()) == mail(fresh, golden_issues.busy_day())


def test_the_masthead_of_a_profile_that_was_changed_is_as_if_it_were_the_first(
    renderer: MailRenderer,
) -> None:
    """Alone it is counted there only where titles follow, whatever was made before."""
    issue = golden_issues.busy_day()
    for whole, has_titles in ((40, False), (1, True)) * 2:
        section = replace(issue.sections[0], whole=whole, brief=0)
        text = mail_text(renderer, replace(issue, sections=(section,)))
        assert (f"{section.title}: " in text) == has_titles


def mail_text(renderer: MailRenderer, issue: Issue) -> str:
    return " ".join(parts(mail(renderer, issue))[0].split())


def test_the_message_id_names_issue_and_subscriber_and_nothing_else(renderer: MailRenderer) -> None:
    issue = golden_issues.one_paper()
    bob = Recipient(id=2, address="bob@example.org")
    elsewhere = issue.made_at.astimezone(timezone(timedelta(hours=9)))
    ids = [
        renderer.mail(i, s, golden_issues.PLAIN).message_id
        for i, s in (
            (issue, golden_issues.ALICE),
            (replace(issue, made_at=elsewhere), golden_issues.ALICE),
            (issue, bob),
            (replace(issue, made_at=issue.made_at + timedelta(days=1)), golden_issues.ALICE),
        )
    ]
    assert ids[0] == ids[1]
    assert len(set(ids)) == 3
    assert all(re.fullmatch(r"<[0-9a-f]{32}@example\.org>", each) for each in ids)


def test_headers_say_who_when_and_how_to_stop(renderer: MailRenderer) -> None:
    message = assert_wire(mail(renderer, golden_issues.one_paper()))
    assert message["From"] == "Paper digest <digest@example.org>"
    assert message["To"] == "alice@example.org"
    assert message["Date"].datetime == golden_issues.MADE_AT
    assert message["List-Unsubscribe-Post"] == "List-Unsubscribe=One-Click"
    assert message["Subject"].startswith("1 for you: Sourdough Experts")
    assert message["Subject"].endswith(" · Wed 12 Mar")
    assert len(message["Subject"]) <= 90


def test_without_pages_stopping_is_a_mail(renderer: MailRenderer) -> None:
    message = assert_wire(mail(renderer, golden_issues.one_paper(), golden_issues.PLAIN))
    assert message["List-Unsubscribe"] == "<mailto:digest@example.org?subject=unsubscribe>"
    assert message["List-Unsubscribe-Post"] is None
    text, html = parts(message.as_bytes(policy=policy.SMTP))
    assert "mailto:digest@example.org?subject=unsubscribe" in text
    assert "mailto:digest@example.org?subject=unsubscribe" in hrefs(html)


def test_a_long_unsubscribe_address_stays_in_one_piece(renderer: MailRenderer) -> None:
    url = "https://digest.example.org/stop?token=" + "a" * 700
    letterhead = replace(
        golden_issues.WITH_PAGES,
        links=lambda i, s: replace(golden_issues.WITH_PAGES.links(i, s), unsubscribe=url),
    )
    data = mail(renderer, golden_issues.one_paper(), letterhead)
    assert f" <{url}>".encode() in data
    assert_wire(data)


@pytest.mark.parametrize(
    "sender",
    [
        "Päper „Digest“ <digest@example.org>",
        '"A, B; <C>" <digest@example.org>',
        "digest@example.org",
        '"=?utf-8?q?=0d=0aBcc:_x=40example.net?=" <digest@example.org>',
        "論文ダイジェスト" * 9 + " <digest@example.org>",
        "Digest <digest@bücher.example>",
    ],
)
def test_any_sender_name_makes_one_from_header(renderer: MailRenderer, sender: str) -> None:
    message = assert_wire(mail(renderer, golden_issues.one_paper(), Letterhead(sender=sender)))
    assert len(message["From"].addresses) == 1


@pytest.mark.parametrize(
    "address",
    [
        "",
        "alice",
        "alice@",
        "@example.org",
        "alice@example.org\r\nBcc: bob@example.org",
        "alice@example.org, bob@example.org",
        "alice@example.org\0",
        "al ice@example.org",
        "älice@example.org",
        "a@" + "b" * 300 + ".org",
    ],
)
def test_an_address_that_is_none_is_a_permanent_failure(
    renderer: MailRenderer, address: str
) -> None:
    with pytest.raises(SendError) as caught:
        renderer.mail(
            golden_issues.one_paper(), Recipient(id=9, address=address), golden_issues.PLAIN
        )
    assert caught.value.is_permanent
    assert "\n" not in str(caught.value)


def test_the_masthead_tells_what_matched_and_what_was_read(renderer: MailRenderer) -> None:
    def line(issue: Issue) -> str:
        return renderer.text(issue, golden_issues.ALICE, golden_issues.PLAIN).splitlines()[3]

    assert (
        line(golden_issues.one_paper())
        == "1 of 231 new papers is for you; all 3 listings are complete."
    )
    assert (
        line(golden_issues.quiet_day())
        == "None of 42 new papers is for you; both listings are complete."
    )
    assert "arxiv-cs-lg could not be read" in " ".join(
        renderer.text(
            golden_issues.broken_listing(), golden_issues.ALICE, golden_issues.PLAIN
        ).splitlines()[3:5]
    )


def test_quiet_and_failed_never_look_alike(renderer: MailRenderer) -> None:
    told = set()
    for verdict in Verdict:
        issue = golden_issues.issue(receipts=[golden_issues.receipt("only", verdict)], pool=0)
        text, html = parts(mail(renderer, issue))
        seen = visible(html)
        told.add((text.split("What was looked at")[1], seen.split("What was looked at")[1]))
    assert len(told) == len(Verdict)


def test_a_missing_listing_is_named_with_its_fault_and_since_when(renderer: MailRenderer) -> None:
    text, html = parts(mail(renderer, golden_issues.broken_listing()))
    for part in (" ".join(text.split()), visible(html)):
        assert "could not be read: export.arxiv.example.org answered 503 three times" in part
        assert "; missing since 10 Mar 2025" in part


def test_a_paper_has_its_lines(renderer: MailRenderer) -> None:
    text, html = parts(mail(renderer, golden_issues.one_paper()))
    flat, seen = " ".join(text.split()), visible(html)
    for told in (
        "Ines Calloway, … Mei Tan and 3 more",
        "and 3 more · Harbour Institute",
        "11 Mar · daily-papers · cs.LG, cs.CL · 137 upvotes · 7 comments",
        "a third fewer exchanges between machines at the same loss.”",
        "Here for mixture of experts",
    ):
        assert told in flat
        assert told in seen
    assert {
        "https://arxiv.example.org/abs/2503.90017",
        "https://arxiv.example.org/pdf/2503.90017",
        "https://code.example.org/calloway/paper-1",
    } <= hrefs(html)


def test_the_score_shown_is_the_sum_of_the_parts_shown() -> None:
    paper = replace(golden_issues.papers()[0], abstract=" ".join(f"word{n}" for n in range(30)))
    entry = golden_issues.entry(paper, *(f"word{n}" for n in range(9)))
    because = paper_view(entry).because
    points = [int(number) for number in re.findall(r"\+(\d+)", because)]
    assert sum(points) == int(because.split("score")[1]) == entry.match.score


@pytest.mark.parametrize(
    ("change", "word"),
    [
        (ChangeKind.CROSS, "cross-list, v1 → v2"),
        (ChangeKind.REVISED, "new version, v1 → v2"),
        (ChangeKind.WITHDRAWN, "withdrawn, v1 → v2"),
        (ChangeKind.NEW, "v1 → v2"),
    ],
)
def test_what_happened_to_a_paper_is_said_in_a_word(
    renderer: MailRenderer, change: ChangeKind, word: str
) -> None:
    entry = golden_issues.entry(golden_issues.papers()[2], change=change, detail="v1 → v2")
    text, html = parts(mail(renderer, golden_issues.issue(golden_issues.section("S", [entry]))))
    assert f"\n    {word} · " in text
    assert f"{word} · " in visible(html)


def test_authors_may_be_named_counted_or_unknown(renderer: MailRenderer) -> None:
    bare = Paper(key="title:x", title="Bare")
    entries = [
        golden_issues.entry(replace(bare, key="a", author_count=7)),
        golden_issues.entry(replace(bare, key="b", author_count=1)),
        golden_issues.entry(bare),
    ]
    text = renderer.text(
        golden_issues.issue(golden_issues.section("S", entries)),
        golden_issues.ALICE,
        golden_issues.PLAIN,
    )
    assert "    7 authors\n" in text
    assert "    1 author\n" in text
    assert text.count("author") == 2


def test_the_first_and_the_last_author_are_named_where_the_last_is_known() -> None:
    few, several = ("Ann", "Bo", "Cy"), ("Ann", "Bo", "Cy", "Di")
    for authors, count, byline in (
        (few, 3, "Ann, Bo, Cy"),
        (several, 4, "Ann, … Di and 2\u00a0more"),
        (several, 40, "Ann, Bo, Cy and 37\u00a0more"),
    ):
        paper = replace(golden_issues.papers()[0], authors=authors, author_count=count)
        view = paper_view(golden_issues.entry(paper))
        assert "".join(piece.text for piece in view.byline) == byline


def test_beside_a_title_alone_a_clause_is_named_unless_the_title_has_it() -> None:
    paper = Paper(key="title:x", title="Sparse training", abstract="Of experts.", upvotes=3)
    for clause, tail in (
        ("sparse", ("3\u00a0upvotes",)),
        ("experts", ("experts", "3\u00a0upvotes")),
    ):
        assert line_view(golden_issues.entry(paper, clause)).tail == tail
        assert paper_view(golden_issues.entry(paper, clause)).tail[0] == clause


def test_an_author_who_was_asked_for_is_named_however_late(renderer: MailRenderer) -> None:
    paper = replace(golden_issues.papers()[0], authors=tuple(f"Author {n}" for n in range(40)))
    entry = golden_issues.entry(paper, "Author 31")
    html = renderer.html(
        golden_issues.issue(golden_issues.section("S", [entry])),
        golden_issues.ALICE,
        golden_issues.PLAIN,
    )
    assert "Author 0, … Author 31, … Author 39 and 37 more" in visible(html)
    assert re.search(r'class="hit"[^>]*>Author 31<', html)


@pytest.mark.parametrize("name", golden_issues.DAYS)
def test_both_parts_hold_each_address_as_often(renderer: MailRenderer, name: str) -> None:
    """Filters hold an odd number of addresses in a message of two parts against it."""
    text, html = parts(mail(renderer, golden_issues.DAYS[name]()))
    told = re.findall(r"https?://\S+", text)
    linked = re.findall(r'href="(https?://[^"]+)"', html)
    assert sorted(told) == sorted(url.replace("&amp;", "&") for url in linked)


def test_matched_words_are_marked_in_both_parts(renderer: MailRenderer) -> None:
    text, html = parts(mail(renderer, golden_issues.one_paper()))
    assert "*mixture of experts*" in " ".join(text.split())
    assert re.search(r'class="hit"[^>]*>mixture of experts<', html)


def test_the_text_part_has_72_columns(renderer: MailRenderer) -> None:
    for name in ("busy", "broken", "quiet", "mathematics"):
        text = renderer.text(
            golden_issues.DAYS[name](), golden_issues.ALICE, golden_issues.WITH_PAGES
        )
        lines = [line for line in text.splitlines() if "://" not in line]
        assert max(map(len, lines)) <= 72
        assert not any(line != line.rstrip() for line in text.splitlines())


@pytest.mark.parametrize(
    "letterhead", [golden_issues.PLAIN, golden_issues.WITH_PAGES], ids=["plain", "pages"]
)
def test_five_hundred_matches_fit_and_none_is_lost(
    renderer: MailRenderer, letterhead: Letterhead
) -> None:
    issue = golden_issues.crowded_day()
    data = mail(renderer, issue, letterhead)
    layout = renderer.layout(issue, golden_issues.ALICE, letterhead)
    assert_wire(data)
    for span in layout.spans:
        together = span.shown + span.left_out
        assert len(together) == len(span.section.entries) + len(span.section.more)
        assert set(map(id, together)) == set(map(id, span.section.entries + span.section.more))
    left = sum(len(span.left_out) for span in layout.spans)
    assert left == len(layout.left_out) > 0
    for part in (parts(data)[0], visible(parts(data)[1])):
        counted = re.findall(r"(\d+) (?:further papers have no room|more are on the page)", part)
        assert sum(map(int, counted)) == left
        assert "none was left out" not in part


def test_however_long_titles_are_and_however_many_interests_and_listings_a_mail_is_not_clipped(
    renderer: MailRenderer,
) -> None:
    """Gmail clips at 102 kB; a character of Chinese has nine bytes as encoded."""
    day, long = golden_issues.crowded_day(), "面向长文本的稀疏注意力" * 12
    first, papers = day.sections[0], [_titled(each, long) for each in day.sections[0].entries[:45]]
    counts = tuple((f"{long} {number}", 3) for number in range(6))
    own = [
        replace(first, title=f"{long} {n}", entries=(papers[n],), more=(), counts=counts)
        for n in range(24)
    ]
    for issue in (
        replace(day, sections=(replace(first, entries=tuple(papers)),)),
        replace(day, sections=tuple(own), receipts=day.receipts * 20),
    ):
        text, html = parts(mail(renderer, issue))
        assert len(encoded(html)) <= 100_000
        counted = [int(each) for each in re.findall(r"(\d+) more (?:are|is) on the page", text)]
        shown = [int(each) for each in re.findall(r"^ ?(\d+)\. ", text, re.MULTILINE)]
        assert len(shown) + sum(counted) == issue.matched > sum(counted)
    assert re.search(r"\d+ further interests", text)
    assert "20 further listings" in text


def _titled(entry: IssueEntry, title: str) -> IssueEntry:
    paper = replace(entry.match.paper, title=f"{entry.match.paper.title} {title}")
    return replace(entry, match=replace(entry.match, paper=paper))


def test_each_section_shows_its_best_when_room_is_short(renderer: MailRenderer) -> None:
    issue = golden_issues.crowded_day()
    greedy = replace(issue, sections=tuple(replace(s, whole=200) for s in issue.sections))
    layout = renderer.layout(greedy, golden_issues.ALICE, golden_issues.PLAIN)
    for span in layout.spans:
        assert span.whole == span.section.entries[: len(span.whole)]
        assert 10 < len(span.whole) < 200


def test_the_best_are_whole_the_next_in_brief_the_rest_by_title(renderer: MailRenderer) -> None:
    day = golden_issues.busy_day()
    [span, _] = renderer.layout(day, golden_issues.ALICE, golden_issues.WITH_PAGES).spans
    assert [len(span.whole), len(span.brief), len(span.titles), len(span.left_out)] == [2, 4, 7, 3]
    text, html = parts(mail(renderer, day))
    for part in (text, visible(html)):
        flat = " ".join(part.split())
        for entry in day.entries:
            # In the plain text matched words are between asterisks.
            assert entry.match.paper.title.replace("*", "") in flat.replace("*", "")
        assert "7 more, by title" in flat
        assert "3 more are on the page." in flat
    for entry in day.entries:
        assert html.count(f'href="{entry.match.paper.url}"') == 1
    assert [text.count(f"\n{number:2}. ") for number in range(1, 21)] == [1] * 20


def test_twenty_papers_are_a_mail_that_can_be_read(renderer: MailRenderer) -> None:
    day = golden_issues.busy_day()
    text, html = parts(mail(renderer, day))
    assert len(day.entries) == 20
    assert len(encoded(html)) <= 60_000
    assert len(text.splitlines()) <= 250


def test_without_a_page_all_are_named(renderer: MailRenderer) -> None:
    day = golden_issues.busy_day()
    layout = renderer.layout(day, golden_issues.ALICE, golden_issues.PLAIN)
    assert not layout.left_out
    text = renderer.text(day, golden_issues.ALICE, golden_issues.PLAIN)
    assert "All 24 papers are above: none was left out." in text


def test_where_papers_may_be_missing_no_mail_says_that_none_is(renderer: MailRenderer) -> None:
    day = golden_issues.busy_day()
    hole = replace(day.receipts[0], holes=(DayRange(day.day, day.day),))
    holed = replace(day, receipts=(hole, *day.receipts[1:]))
    text = renderer.text(holed, golden_issues.ALICE, golden_issues.PLAIN)
    assert "All 24 papers that could be read are above." in text
    assert not any(word in text for word in ("none was left out", "is complete", "are complete"))


def test_a_summary_is_the_sources_own_and_named_as_a_machines(renderer: MailRenderer) -> None:
    told = {"summary": "Tokens rest, which <saves> a third.", "summary_by": "a model"}

    def seen(extra: dict[str, object]) -> str:
        entry = golden_issues.entry(replace(golden_issues.papers()[0], extra=extra), "training")
        issue = golden_issues.issue(golden_issues.section("S", [entry]))
        return visible(renderer.html(issue, golden_issues.ALICE, golden_issues.PLAIN))

    assert "In short (AI): Tokens rest, which <saves> a third. “" in seen(told)
    assert "“In short (AI)” is the listing’s own machine summary" in seen(told)
    assert "In short: Tokens rest" in seen({"summary": told["summary"]})
    for unusable in ({}, {"summary": ""}, {"summary": ["x"]}, {"summary": "word " * 61}):
        assert "In short" not in seen(unusable)


def test_the_masthead_counts_each_interest_and_its_clauses(renderer: MailRenderer) -> None:
    text, html = parts(mail(renderer, golden_issues.busy_day()))
    told = "Efficient training: training 5, prun* 4, mixture of experts 3, quantiz* 3,"
    assert f"16  {told}" in " ".join(text.split()).replace("16 ", "16  ")
    assert "16 Efficient training" in visible(html).replace("16Eff", "16 Eff")
    assert "training 5, prun* 4, mixture of experts 3, quantiz* 3," in visible(html)


def test_trouble_is_told_above_the_papers(renderer: MailRenderer) -> None:
    for part in parts(mail(renderer, golden_issues.broken_listing())):
        flat = " ".join(part.split())
        assert flat.index("answered 503 three") < flat.index("Prune Early, Prune Once")


def test_what_others_made_of_a_paper_is_said_in_words(renderer: MailRenderer) -> None:
    paper = replace(
        golden_issues.papers()[0],
        extra={"stars": 1204, "journal": "In Annals of Rest"},
        links={"project": "https://rest.example.org/"},
        comment="9 pages, accepted at the Workshop on Rest",
        comments=1,
    )
    entry = replace(golden_issues.entry(paper, "training"), upvotes=64, rise=42)
    issue = golden_issues.issue(golden_issues.section("S", [entry]))
    told = (
        "64 upvotes, 42 of them new · 1 comment · 1,204 stars · in Annals of Rest · "
        "9 pages, accepted at the Workshop on Rest"
    )
    text, html = parts(mail(renderer, issue))
    assert told in " ".join(text.split())
    assert told in visible(html)
    assert "Project page   https://rest.example.org/" in text
    assert ">Project page</a>" in html


def test_the_imprint_ends_every_mail_and_every_letter(renderer: MailRenderer) -> None:
    lines = ("Institute <of Tea>", "Kettle Lane 4, Leafwick")
    head = replace(golden_issues.WITH_PAGES, imprint=lines)
    for each in ("confirm", "notice"):
        notice = Notice(
            kind=each,
            recipient="a@example.org",
            made_at=golden_issues.one_paper().made_at,
            values=letter_pictures.values_of(each),
        )
        assert_ends(NoticeRenderer([templates_folder()]).mail(notice, head, 1).data)
    assert_ends(mail(renderer, golden_issues.one_paper(), head))
    plain = renderer.plain_mail(golden_issues.one_paper(), golden_issues.ALICE, head).data
    assert b"Institute \xe2" in BytesParser(policy=policy.default).parsebytes(plain).get_payload(
        decode=True
    )  # type: ignore[operator]


def assert_ends(data: bytes) -> None:
    text, html = parts(data)
    assert (
        text.rstrip().replace("\r\n", "\n").endswith("Institute ‹of Tea›\nKettle Lane 4, Leafwick")
    )
    assert "Institute <of Tea> Kettle Lane 4, Leafwick" in visible(html)[-100:]


def test_facts_do_not_break_inside(renderer: MailRenderer) -> None:
    text, html = parts(mail(renderer, golden_issues.busy_day()))
    assert re.search(r"nowrap[^>]*>11\xa0Mar\xa0·</span>", html)
    assert not re.search(r"\n\s*(?:·|upvotes|comments)", text)


def test_no_paragraph_has_padding(renderer: MailRenderer) -> None:
    """Outlook's Word engine takes it on cells, headings and list items alone."""
    for day in golden_issues.DAYS.values():
        html = renderer.html(day(), golden_issues.ALICE, golden_issues.WITH_PAGES)
        for tag, style in re.findall(r'<(\w+)[^>]* style="([^"]*)"', html):
            assert "padding" not in style or tag in ("td", "th", "h2", "ul", "li", "body"), tag


def test_an_operator_in_another_zone_dates_the_mail_rightly(renderer: MailRenderer) -> None:
    made = datetime(2025, 3, 12, 23, 30, tzinfo=timezone(timedelta(hours=9)))
    data = mail(renderer, replace(golden_issues.one_paper(), made_at=made))
    headers = BytesHeaderParser(policy=policy.default).parsebytes(data)
    assert headers["Date"].datetime == made.astimezone(UTC)


def test_threads_may_share_a_renderer_that_keeps_little(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(PieceCache, "MAX_PIECES", 3)
    renderer = MailRenderer([templates_folder()])
    wanted = mail(renderer, golden_issues.busy_day())
    with ThreadPoolExecutor(4) as pool:
        made = list(pool.map(lambda _: mail(renderer, golden_issues.busy_day()), range(24)))
    assert set(made) == {wanted}
