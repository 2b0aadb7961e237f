"""What may be stored, how TeX reads, and what counts as the same word."""

from __future__ import annotations

from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pylatexenc.latexwalker import LatexWalker

from digest.language import tex
from digest.language.text import clean, normal_title, readable
from digest.language.words import fold, surface, tokens

from ..hostile import ANY

READABLE = [
    # accents and letters
    (r"G\"odel and na\"{\i}ve Milenkovi\'c", "Gödel and naïve Milenković"),
    (r"Mah\={a}n\={a}ma, Fr\'echet, \AA{}ngstr\"om", "Mahānāma, Fréchet, Ångström"),
    (r"{\delta} and \b{eta}", "δ and β"),
    # what TeX eats and people mean
    (r"74.4\% of AT&T, 50% of \emph{all}", "74.4% of AT&T, 50% of all"),
    (r"issue #3 \& \emph{more}", "issue #3 & more"),
    (r"~58\% of Task~2 by Kim et al.~(2020)", "~58% of Task 2 by Kim et al. (2020)"),
    (r"snake_case and R^2 stay, \textit{always}", "snake_case and R^2 stay, always"),
    # macros
    (r"\textbf{bold} {\em slanted} \textcolor{red}{warning}", "bold slanted warning"),
    (r"\ours, and \ours is \mybox{fast}; \sys \lite", "ours, and ours is fast; sys lite"),
    (r"\eg this, \ie that, \etc", "e.g. this, i.e. that, etc."),
    (r"as known \cite{doe} today\footnote{a note}", "as known [doe] today (a note)"),
    (r"\input{/etc/passwd}", "/etc/passwd"),
    # links
    (r"\href{https://example.org/a_b}{code}", "code (https://example.org/a_b)"),
    (r"\href{https://example.org/~ann/50\%}", "https://example.org/~ann/50%"),
    (r"\href{https://example.org}{\texttt{https://example.org}}", "https://example.org"),
    (
        r"\href{https://example.org/12}{Part 3} \emph{and} \href{https://example.org/4}{4}",
        "https://example.org/12 (Part 3) and 4 (https://example.org/4)",
    ),
    (r"\url{https://example.org/a_b}", "https://example.org/a_b"),
    # formulas
    (r"$\mathcal{N}=4$ and $O(1/T)$", "N=4 and O(1/T)"),
    (r"$K^{1/3}$, $10^{-3}$, $90^\circ$, $h_i^{(t+1)}$", "K^(1/3), 10⁻³, 90°, hᵢ⁽ᵗ⁺¹⁾"),
    (r"D$_{KL}$, $x_{ij}$, $\Phi_\mathrm{R}$, AR$^2$", "D_KL, x_ij, Φ_R, AR²"),
    (r"$\frac{a}{b}$, $\frac{a+b}{c}$, $\sqrt{n}$, $\sqrt{n+1}$", "a/b, (a+b)/c, √n, √(n+1)"),
    (r"$O(n\log n)$, 2\sin x, $x_{\max}$, $\sqrt\log$", "O(n log n), 2 sin x, x_max, √log"),
    (r"$O\!\left(N\,k + (N/k)^2\right)$", "O(N k + (N/k)²)"),
    (r"$64\times64$, \(\mathbf{3.3}\), $\mathbb{R}^d$", "64×64, 3.3, ℝᵈ"),
    (r"2^{128} and a_{ij} outside", "2¹²⁸ and a_ij outside"),
    # dollars that are money
    ("it costs $5 and $10, US$5M to US$10M", "it costs $5 and $10, US$5M to US$10M"),
    ("a lone $ or a lone _ or a lone ^", "a lone $ or a lone _ or a lone ^"),
    (r"$>$5 units for \$3", ">5 units for $3"),
    # a backslash that is no macro's, and numbers that must stay what they are
    (r"a cost of \81, \1.49M a day (\3), 5\7", r"a cost of $81, $1.49M a day ($3), 5\7"),
    (
        r"the car\'s \"third\" wheel, don\'t, two authors\' work",
        "the car's \"third\" wheel, don't, two authors' work",
    ),
    (
        r"Wa\'sniewska, \.Zeleny, Se\~nora, \"Ubung, fa\c cade",
        "Waśniewska, Żeleny, Señora, Übung, façade",
    ),
    (
        r"\~8B models, 10\^{2}, \={5}, \u{7}, e.g.~10% or by~3\% of Table~4",
        "~8B models, 10^2, =5, 7, e.g.~10% or by~3% of Table 4",
    ),
    (
        r"10\textsuperscript{5} cells, $\tfrac{12}{5}$, $\binom{5}{2}$, 1\!000",
        "10⁵ cells, 12/5, (5 choose 2), 1000",
    ),
    (r"two numbers \stackrel{1}{2} stay two", r"two numbers \stackrel{1}{2} stay two"),
    (r"from \-5 to \-3, \>5% of 1\/2, co\-operate", "from -5 to -3, >5% of 1/2, cooperate"),
    (r"\textgreater5 at 5\degree C, \euro 5", ">5 at 5° C, € 5"),
    (r"matches \d+ and \b, \w+\s*", r"matches \d+ and \b, \w+\s*"),
    (r"a\t3, C:\4x, \u03b1, \x41, at:\81", r"a\t3, C:\4x, \u03b1, \x41, at:$81"),
    (r"86\\% of 10\\textsuperscript{5}", "86% of 10⁵"),
    (
        r"C:\data\rho\new.txt on \\pier\tides, C:\A (b)\c, and\or, x\alpha, kelp\xspace.",
        r"C:\data\rho\new.txt on \\pier\tides, C:\A (b)\c, and\or, xα, kelp.",
    ),
    (r"One.\n\nTwo,\r\nThree; $\n$ of F:\Omega\to X", "One. Two, Three; n of F:Ω→ X"),
    (r"one line,\\two lines,\\$5 each", "one line, two lines, $5 each"),
    (r"Nguy\~{\^e}n, L{\'{\^a}}m, \TH or", "Nguyễn, Lấm, Þor"),
    (r"\b{words}, \etc. and \ie. a \+ b \@ c", r"words, etc. and i.e. a \+ b \@ c"),
    (r"$V_{0.5}$, $10^{-0.5}$, $x_{1,3}$, $\sqrt[3]{8}$", "V_0.5, 10^(-0.5), x_(1,3), ³√8"),
    (r"$\|x\|_2^2$", "‖x‖₂²"),
    (r"$\texttt{tide_tables}$ and \text{a_b}", "tide_tables and a_b"),
    (
        r"see Table \ref{tab:3} and~\citep{doe1999, roe2001}",
        "see Table [tab:3] and [doe1999, roe2001]",
    ),
    (r"lost \includegraphics[width=3]{a1}", r"lost \includegraphics[width=3]{a1}"),
    # quotes and dashes
    ("``like this'' and ``like that\"", "“like this” and “like that”"),
    ("```code``` is left", "```code``` is left"),
    ("a---b, pages 3--5, x -- y, run --flag", "a—b, pages 3–5, x – y, run --flag"),
    # multiplication signs that lost their backslash
    ("64times64 and 2.3times faster", "64×64 and 2.3× faster"),
    ("repeated 3 times 5 runs, sometimes 4", "repeated 3 times 5 runs, sometimes 4"),
    ("plain prose", "plain prose"),
    ("", ""),
]  # fmt: skip


@pytest.mark.parametrize(("tex", "expected"), READABLE)
def test_tex_reads_as_a_person_would_read_it(tex: str, expected: str) -> None:
    assert readable(tex) == expected


@given(st.text(alphabet="\\${}_^~%&#ab123 '`\"()[].", max_size=60))
def test_no_digit_is_lost_and_none_changes_its_place(tex: str) -> None:
    shown = iter(digits(readable(tex)))

    assert all(digit in shown for digit in digits(tex))


def digits(text: str) -> list[str]:
    return [char for char in normalize("NFKC", text) if char.isdecimal()]


@given(st.text(alphabet="\\${}_^~%&#ab1 '`\"()[]", max_size=60))
def test_no_tex_however_broken_raises_or_vanishes(tex: str) -> None:
    text = readable(tex)

    assert text.strip() or not tex.strip()


_TEX_PIECES = [
    *["a", "word", " ", "  ", "\n\n", "\\", "{", "}", "$", "\\(", "\\)", "_", "^", "--", "``", "'"],
    *[
        "12",
        "3.5",
        ", ",
        ". ",
        "[",
        "]",
        "\\frac",
        "\\emph{",
        "\\sqrt[",
        "\\alpha",
        "\\begin{equation}",
    ],
    *["\\end{equation}", "\\item", "\\\\", "\\'e", "\\verb|a b|", "\\footnote{"],
]


@given(st.lists(st.sampled_from(_TEX_PIECES), max_size=25).map("".join))
def test_plain_words_in_one_step_are_read_as_character_by_character(source: str) -> None:
    assert _written(source, tex._Walker) == _written(source, LatexWalker)


def _written(source: str, walker: type) -> str:
    nodes = walker(source, latex_context=tex._grammar()).get_latex_nodes()[0]
    return "|".join(f"{type(node).__name__} {node.latex_verbatim()}" for node in nodes if node)


OPENED = [r"\(", r"\(x", r"\[", "`` a "]


@pytest.mark.parametrize("sign", OPENED)
def test_what_is_opened_again_and_again_comes_to_an_end(sign: str) -> None:
    """``python -m bench hostile`` measures that it costs no more than its length."""
    assert readable(sign * (49_000 // len(sign)))


def test_a_formula_begins_at_the_last_sign_that_begins_one() -> None:
    assert readable(r"left open \( and \(\alpha_{1}\)") == "left open and α₁"
    assert readable("``one ``two'' three") == "``one “two” three"


def test_deeply_nested_tex_is_left_as_it_is() -> None:
    assert readable("{" * 3000 + r"\alpha") == "{" * 3000 + r"\alpha"


CLEAN = [
    ("two\n lines\tand\u00a0a blank ", "two lines and a blank"),
    ("a\x00b\x07c\x85d\x9be", "abc de"),
    ("gpj.\u202eexe\u202c \u2066x\u2069", "gpj.exe x"),
    ("zero\u200bwidth\ufeff soft\u00adhyphen", "zerowidth softhyphen"),
    ("La\u200cTeX \u0645\u06cc\u200c\u062e\u0648", "LaTeX \u0645\u06cc\u200c\u062e\u0648"),
    ("lone \ud835 and pair \ud835\udc9e", "lone  and pair 𝒞".replace("  ", " ")),
    ("\U000e0041hidden\ufdd0", "hidden"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), CLEAN)
def test_what_no_one_can_see_is_taken_away(text: str, expected: str) -> None:
    assert clean(text) == expected


@given(st.text(alphabet=st.characters(codec=None, exclude_categories=())))
def test_clean_text_can_be_stored_and_stays_as_it_is(text: str) -> None:
    cleaned = clean(text)

    assert cleaned.encode() is not None
    assert "\x00" not in cleaned
    assert clean(cleaned) == cleaned


SAME_TITLE = [
    (r"\textbf{MuLO}: $\mu$LO for All", "MULO:  μLO for all"),
    ("Gödel's Proof – Revisited", "Godel’s proof: revisited"),
    ("64times64 Pixels", r"$64\times64$ pixels"),
    ("Un-Mixing", "unmixing"),
    ("ﬁne ﬂow", "fine flow"),
]


@pytest.mark.parametrize(("one", "other"), SAME_TITLE)
def test_two_writings_of_a_title_are_one_work(one: str, other: str) -> None:
    assert normal_title(one) == normal_title(other)


@pytest.mark.parametrize(("one", "other"), [("?", "!"), ("GPT-3", "GPT-4"), ("大模型", "小模型")])
def test_different_titles_stay_apart(one: str, other: str) -> None:
    assert normal_title(one) != normal_title(other)
    assert normal_title(one)


SAME_FOLD = [
    ("GÖDEL", "Go\u0308del"), ("Straße", "STRASSE"), ("İstanbul", "istanbul"), ("ﬁne", "FINE"),
    ("Ｆｕｌｌ", "full"), ("Erdős", "erdos"), ("Łukasz", "lukasz"), ("Ærø", "aero"),
    ("Σίσυφος", "σισυφοσ"),     ("שָׁלוֹם", "שלום"), ("x²", "x2"), ("ℝ", "r"),
]  # fmt: skip


@pytest.mark.parametrize(("one", "other"), SAME_FOLD)
def test_case_accents_and_widths_do_not_matter(one: str, other: str) -> None:
    assert fold(one) == fold(other)


@pytest.mark.parametrize(("one", "other"), [("か", "が"), ("का", "कि"), ("서울", "시울")])
def test_marks_that_make_another_sound_matter(one: str, other: str) -> None:
    assert fold(one) != fold(other)


TOKENS = [
    ("Fine-tuning e_1", [("fine", 0, 4), ("tuning", 5, 11), ("e", 12, 13), ("1", 14, 15)]),
    ("Moore’s law", [("moore", 0, 7), ("law", 8, 11)]),
    ("Go\u0308del ﬁne", [("godel", 0, 6), ("fine", 7, 10)]),
    ("大模型AI", [("大", 0, 1), ("模", 1, 2), ("型", 2, 3), ("ai", 3, 5)]),
    ("한국어", [("한", 0, 1), ("국", 1, 2), ("어", 2, 3)]),
    ("ไทย", [("ไ", 0, 1), ("ท", 1, 2), ("ย", 2, 3)]),
    ("हिन्दी का", [("हिन्दी", 0, 6), ("का", 7, 9)]),
    ("AR² 3×5", [("ar2", 0, 3), ("3", 4, 5), ("5", 6, 7)]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), TOKENS)
def test_words_come_with_their_places(text: str, expected: list[tuple[str, int, int]]) -> None:
    assert list(tokens(text)) == expected


@given(st.text(ANY))
def test_every_place_holds_its_word(text: str) -> None:
    for word, start, end in tokens(text):
        assert surface(text[start:end]) == word
