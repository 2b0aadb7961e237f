"""Excerpts, marks, columns, and what of an issue fits into a mail."""

from __future__ import annotations

import quopri
import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.model import IssueEntry
from digest.render import placeholders, text_part, wording
from digest.render.excerpts import TextRun, pieces, quoted
from digest.render.layout import Sizes, graded, lay_out
from digest.render.sanitize import isolated, short, shown, untagged

from .. import golden_issues
from ..hostile import ANY


def told(text: str, *phrases: str) -> str:
    """The sentence that is quoted, where each phrase is a clause of its own."""
    hits = [[found.span() for found in re.finditer(re.escape(each), text)] for each in phrases]
    return "".join(f"[{piece.text}]" if piece.hit else piece.text for piece in quoted(text, hits))


def test_the_sentence_with_the_most_clauses_is_quoted() -> None:
    text = "We prune. Graphs are pruned and ranked. Ranked graphs, we find, help."
    assert told(text, "prune") == "We [prune]."
    assert told(text, "ranked", "prune") == "Graphs are [prune]d and [ranked]."
    assert told(text, "anked", "help") == "R[anked] graphs, we find, [help]."


def test_of_equals_the_one_that_says_what_was_done_is_quoted() -> None:
    text = "Agents are old. Agents are many. In this paper agents rest. We add agents."
    assert told(text, "gents") == "In this paper a[gents] rest."
    assert told("Agents are old. Agents are many.", "gents") == "A[gents] are old."


def test_where_the_title_alone_matched_the_authors_say_what_they_did() -> None:
    assert told("Much is known. Little is used. Our rule is short. We show it.") == (
        "Our rule is short."
    )
    assert told("Much is known. Little is used.") == "Much is known."
    assert told("  ") == ""


@pytest.mark.parametrize(
    "said",
    [
        *(
            "WE do it",
            "It is our thing",
            "In This Study it is",
            "It INTRODUCES one",
            "It is proposed",
        ),
        *("It presents one", "“we” is a word", "It is (Proposes) one"),
    ],
)
def test_what_authors_did_is_seen_in_any_case_and_in_whole_words_alone(said: str) -> None:
    assert told(f"Weeds are sour, introducible, unwe and presently. {said}.") == f"{said}."


def test_a_long_word_ends_a_sentence_whatever_it_ends_in() -> None:
    assert told("We see the original. We win.") == "We see the original."


@pytest.mark.parametrize(
    "text",
    [
        "As Smith et al. Have shown, e.g. BERT and J. Doe, cf. Fig. 3, needles help.",
        "In version 3.5 needles help!",
        "Are needles of use?",
    ],
)
def test_a_sentence_does_not_end_at_an_abbreviation(text: str) -> None:
    assert told(f"Before it. {text} After it.", "needles") == text.replace("needles", "[needles]")


def test_a_long_sentence_is_cut_after_sixty_words() -> None:
    sentence = " ".join(f"word{n}" for n in range(90)) + "."
    quote = told(f"{sentence} Then.", "word5 ")
    assert len(quote.replace("[", "").replace("]", "").split()) == 61
    assert quote.endswith("word59 …")


def test_an_endless_sentence_is_cut_around_the_match() -> None:
    quote = told(f"{'word ' * 300}needle{' word' * 300}", "needle")
    assert "[needle]" in quote
    assert quote.startswith("… word")
    assert len(quote.split()) <= 65


def test_ideographs_count_as_half_a_word() -> None:
    text = "本文提出一种方法。" * 60 + "量化很有用。" + "本文提出一种方法。" * 60
    assert told(text, "量化") == "[量化]很有用。"
    assert len(told("方法" * 300)) < 130


def test_a_word_without_end_is_cut_inside() -> None:
    assert 100 < len(told("x" * 50_000)) < 1_000


@given(
    st.text(ANY, max_size=600),
    st.lists(st.tuples(st.integers(0, 700), st.integers(0, 700)), max_size=5),
)
def test_a_quote_only_leaves_out(text: str, hits: list[tuple[int, int]]) -> None:
    parts = "".join(piece.text for piece in quoted(text, [[hit] for hit in hits]))
    for part in parts.replace("…", "\0").split("\0"):
        assert part.strip() in shown(text).replace("…", "\0") or part.strip() in shown(text)


@given(st.text(ANY), st.lists(st.tuples(st.integers(-3, 50), st.integers(-3, 50))))
def test_pieces_are_the_text(text: str, hits: list[tuple[int, int]]) -> None:
    whole = "".join(piece.text for piece in pieces(text, hits))
    assert whole.replace(" ", "") == shown(text).replace(" ", "")


@pytest.mark.parametrize(
    ("hits", "marked"),
    [
        ([], "abcdef"),
        ([(0, 2)], "[ab]cdef"),
        ([(4, 6), (0, 1)], "[a]bcd[ef]"),
        ([(0, 3), (2, 5)], "[abcde]f"),
        ([(1, 2), (2, 3)], "a[bc]def"),
        ([(3, 3), (5, 2), (9, 12)], "abcdef"),
        ([(-5, 99)], "[abcdef]"),
    ],
)
def test_marks_may_overlap_touch_and_be_wrong(hits: list[tuple[int, int]], marked: str) -> None:
    found = pieces("abcdef", hits)
    assert "".join(f"[{p.text}]" if p.hit else p.text for p in found) == marked


def test_text_is_cut_at_a_word() -> None:
    assert short("a bc def", 8) == "a bc def"
    assert short("one two three", 9) == "one two…"
    assert short("x" * 30, 10) == "x" * 9 + "…"
    assert short(" a\n\tb ", 9) == "a b"


def test_what_cannot_be_shown_is_gone() -> None:
    assert shown("a\x00\x1b\ud800\u202eb\r\nc\u2028d") == "ab c d"
    assert shown("👨‍👩‍👧 \u200fא") == "👨‍👩‍👧 \u200fא"


def test_plain_text_holds_nothing_like_a_tag() -> None:
    assert untagged("<b>x</b> a < b, a<b>c <!-- <script") == "‹b›x‹/b› a < b, a‹b›c ‹!-- ‹script"


def test_a_name_from_right_to_left_keeps_to_itself() -> None:
    assert isolated("Ada") == "Ada"
    assert isolated("ليلى") == "\u2068ليلى\u2069"


def test_a_paragraph_is_filled_to_its_columns() -> None:
    filled = text_part.fill("word " * 60, 4)
    assert max(map(len, filled.split("\n"))) <= 72
    assert all(line.startswith("    word") for line in filled.split("\n"))
    assert text_part.fill("a b", 4, "1. ") == " 1. a b"
    assert text_part.fill("") == ""


def test_wide_characters_take_two_columns_and_break_anywhere() -> None:
    lines = text_part.fill("先询问后关注的稀疏注意力方法" * 10).split("\n")
    assert max(map(text_part.width, lines)) in (71, 72)
    assert "".join(lines) == "先询问后关注的稀疏注意力方法" * 10
    assert text_part.width("é") == text_part.width("e\u0301") == 1


@given(
    st.text(ANY, max_size=300), st.lists(st.sampled_from(["address", "page", "manage"]), max_size=5)
)
def test_a_form_filled_in_reads_as_if_it_had_been_written_so(text: str, names: list[str]) -> None:
    """However lines of quoted-printable fall around the blanks."""
    text = shown(text)
    own = {name: name * 9 for name in placeholders.NAMES}
    asked = text.join(placeholders.placeholder(name, own[name]) for name in names) + "\n"
    meant = text.join(own[name] for name in names) + "\n"
    values = [placeholders.soft_ended(own[name]) for name in placeholders.NAMES]
    wire = placeholders.filled(placeholders.blanked(asked), values)
    assert placeholders.decoded(wire) == meant
    assert quopri.decodestring(wire).decode() == meant.replace("\n", "\r\n")
    assert max(map(len, wire.split(b"\r\n"))) <= 76


@pytest.mark.parametrize("last", ["x", "é", "=", " ", ". "])
@pytest.mark.parametrize("blank", [" ", "\t"])
def test_a_line_that_ends_in_a_blank_is_no_longer_than_others(last: str, blank: str) -> None:
    """The standard library encodes such a blank and counts it as one byte."""
    for length in range(60, 80):
        text = f"{'x' * length}{last}{blank}\n.\n"
        wire = placeholders.encoded(text)
        assert placeholders.decoded(wire) == text
        assert max(map(len, wire.split(b"\r\n"))) <= 76


#: Text as it is cleaned before it is inserted.
CLEAN = st.text(ANY | st.sampled_from("=. xé“”’…"), max_size=300).map(shown)


@given(st.lists(CLEAN, max_size=5))
def test_inserts_encoded_alone_are_the_text_they_are_inserted_into(texts: list[str]) -> None:
    """Letters of ASCII by the shorter way, all others as the standard library encodes them."""
    wire = b"".join([placeholders.inserted(text) for text in texts]) + b".\r\n"
    assert quopri.decodestring(wire).decode() == "".join(texts) + ".\r\n"
    assert max(map(len, wire.split(b"\r\n"))) <= 76
    assert not any(line.endswith(b" ") for line in wire.split(b"\r\n"))


@given(st.lists(CLEAN, min_size=1, max_size=5), st.sampled_from(["", "\n"]))
def test_lines_of_plain_letters_are_sent_as_they_are(lines: list[str], ending: str) -> None:
    """However a quotation mark or an ellipsis falls into them."""
    text = "\n".join(lines) + ending
    wire = placeholders.wrapped(text) + b"." * 76
    assert quopri.decodestring(wire).decode() == text.replace("\n", "\r\n") + "." * 76
    assert max(map(len, wire.split(b"\r\n"))) <= 76
    assert not any(line.endswith(b" ") for line in wire.split(b"\r\n"))


@pytest.mark.parametrize("notice", ["a", "é", "💩", "=", " ", "\n"])
def test_a_soft_end_fits_after_a_line_of_any_length(notice: str) -> None:
    for length in range(60, 90):
        text = notice * length
        wire = placeholders.soft_ended(text)
        assert quopri.decodestring(wire + b"end").decode().replace("\r\n", "\n") == text + "end"
        assert max(map(len, wire.split(b"\r\n"))) <= 76
        assert wire.endswith(b"\r\n")


def test_an_address_is_never_broken() -> None:
    url = "https://example.org/" + "x" * 200
    assert url in text_part.fill(f"see {url} there").split("\n")


def test_a_heading_is_underlined_as_long_as_it_is() -> None:
    assert text_part.underlined("Four") == "Four\n----"
    assert text_part.underlined("四", "=", 4, "1. ") == " 1. 四\n    =="


def test_columns_cut_and_pad() -> None:
    assert text_part.columns("ab", 4) == "ab  "
    assert text_part.columns("abcdef", 4) == "abcd"
    assert text_part.columns("四四四", 4) == "四四"
    assert text_part.columns("四四四", 5) == "四四 "


def test_matches_are_starred() -> None:
    assert text_part.starred((TextRun("a "), TextRun("b", hit=True))) == "a *b*"


@pytest.mark.parametrize(
    ("names", "sentence"),
    [([], ""), (["A"], "A"), (["A", "B"], "A and B"), (["A", "B", "C"], "A, B and C")],
)
def test_names_are_listed_as_in_a_sentence(names: list[str], sentence: str) -> None:
    assert wording.listed(names) == sentence


def test_days_are_english_whatever_the_locale() -> None:
    assert wording.long_day(golden_issues.DAY) == "Wednesday 12 March 2025"
    assert wording.short_day(golden_issues.DAY) == "Wed 12 Mar"


@given(
    st.lists(st.integers(0, 9), max_size=4),
    st.lists(st.integers(0, 9), max_size=4),
    st.integers(0, 20_000),
    st.booleans(),
)
def test_every_entry_is_in_exactly_one_place(
    whole: list[int], more: list[int], room: int, has_page: bool
) -> None:
    paper = golden_issues.papers()[0]

    def fresh(number: int) -> list[IssueEntry]:
        return [golden_issues.entry(paper) for _ in range(number)]

    counts = zip(whole, [*more, 0, 0, 0, 0], strict=False)
    issue = golden_issues.issue(
        *(golden_issues.section(str(n), fresh(a), fresh(b)) for n, (a, b) in enumerate(counts))
    )
    sizes = Sizes(whole=lambda _: 900, brief=lambda _: 400, title=lambda _: 90)
    layout = lay_out(graded(issue, has_page=has_page), room, sizes)
    used = 0
    for span in layout.spans:
        placed = span.shown + span.left_out
        assert sorted(map(id, placed)) == sorted(map(id, span.section.entries + span.section.more))
        used += 900 * len(span.whole) + 400 * len(span.brief) + 90 * len(span.titles)
    assert used <= room
