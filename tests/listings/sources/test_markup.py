"""How titles and abstracts read, whatever markup a publisher puts into them."""

from __future__ import annotations

from datetime import date

import pytest

from digest.listings.sources import feed, jsonfeed, markup
from digest.listings.sources.entries import paper
from digest.listings.sources.markup import text_of
from digest.model import Listing

from ...tables import table

DAY = date(2026, 11, 27)
MATHS = 'xmlns="http://www.w3.org/1998/Math/MathML"'

READ = [
    # elements that were meant, and elements as the author's own words
    ("<p>Of <b>tides</b></p>", "Of tides"),
    ("<P>Of <EM>tides</EM><BR>and moons", "Of tides and moons"),
    ("Intent to remove: <a> within <area>", "Intent to remove: <a> within <area>"),
    (
        "Rewarding <think> before <answer> and <code>",
        "Rewarding <think> before <answer> and <code>",
    ),
    ("The <object> of <title> and <table>", "The <object> of <title> and <table>"),
    ("Masks like <mask> and [MASK], 5 < 7 > 3", "Masks like <mask> and [MASK], 5 < 7 > 3"),
    ("for $a<b<c$ and <<<x>>>", "for a<b<c and <<<x>>>"),
    ("crabs in <i>vivo", "crabs in vivo"),
    ("cut in <b>two</b> and <a href='https://ex", "cut in two and"),
    # escaped twice, and references that only HTML knows, or that name no character
    ("&lt;p&gt;Of &lt;i&gt;tides&lt;/i&gt;&lt;/p&gt;", "Of tides"),
    (
        "&amp;lt;mask&amp;gt; &amp;apos;and&amp;apos; &amp;quot;moons&amp;quot;",
        "<mask> 'and' \"moons\"",
    ),
    ("<p>R&amp;amp;D at AT&T &hellip; &copy=2</p>", "R&D at AT&T … &copy=2"),
    ("a &#55357;&#56832; and &#xD83D;&#xDE00;, &#1114112; and &#55296;", "a 😀 and 😀, � and �"),
    # formulas
    (
        f"Decay of <math {MATHS}><msup><mi>K</mi><mo>−</mo></msup></math> mesons",
        "Decay of K⁻ mesons",
    ),
    ("<mml:math><mml:msub><mml:mi>T</mml:mi><mml:mi>e</mml:mi></mml:msub></mml:math>", "Tₑ"),
    (
        "<math><mfrac><mn>3</mn><mrow><mi>n</mi><mo>+</mo><mn>1</mn></mrow></mfrac></math>",
        "3/(n+1)",
    ),
    (
        "<math><msqrt><mi>s</mi></msqrt><mo>=</mo><mn>7</mn><mtext> </mtext><mi>TeV</mi></math>",
        "√s=7 TeV",
    ),
    (
        "<math><mmultiscripts><mi>Pb</mi><mprescripts/><none/><mn>208</mn></mmultiscripts></math>",
        "²⁰⁸Pb",
    ),
    ("<math><semantics><mi>q</mi><annotation>q \\times 2</annotation></semantics></math>", "q"),
    (
        "<math><mi>n</mi><mo>&lt;</mo><mn>5</mn><mo>∼</mo><mroot><mi>x</mi><mn>3</mn></mroot></math>",
        "n<5∼³√x",
    ),
    ("A <inline-formula><tex-math>$k$</tex-math></inline-formula>-cover", "A k-cover"),
    (
        "<alternatives><mml:math><mml:mi>z</mml:mi></mml:math><tex-math>\\documentclass[12pt]{x}"
        "\\begin{document}$$x_2 < 5$$\\end{document}</tex-math></alternatives>",
        "x₂ < 5",
    ),
    (
        "An <inline-formula> <tex-math>$\\mathcal {L}_{1}$ </tex-math></inline-formula>-norm",
        "An L₁-norm",
    ),
    ("$5 per m<sup>2</sup>, $7 per <math><mi>x</mi></math>, a $", "$5 per m², $7 per x, a $"),
    ("x<sup>2<sub>i</sub></sup> of <i>a<sup></sup></i>", "x^2ᵢ of a"),
    # JATS
    ("CO<inf>2</inf> at 0.5", "CO₂ at 0.5"),
    ("<italic>A</italic> <bold>b</bold> <scp>l</scp>-d <sc>E</sc>", "A b l-d E"),
    ("<jats:sec><jats:title>Aims</jats:title><jats:p>Kelp.</jats:p></jats:sec>", "Aims Kelp."),
    ("<list><list-item>one</list-item><list-item>two</list-item></list>", "one two"),
    ("<sec><p>Kelp</p></sec><disp-formula>x</disp-formula> end", "Kelp x end"),
    ('<Emphasis Type="Italic">p</Emphasis>-waves of O<Subscript>2</Subscript>', "p-waves of O₂"),
    ("10<Superscript>5</Superscript> waves", "10⁵ waves"),
    ("<jats:title>Aims</jats:title><jats:p>CO<jats:sub>2</jats:sub></jats:p>", "Aims CO₂"),
    (
        "10<sup>−3</sup>, Ca<sup>2+</sup>, the 21<sup>st</sup>, x<sub>ij</sub>",
        "10⁻³, Ca²⁺, the 21st, x_ij",
    ),
    # what is shown twice, and pictures of formulas
    (
        '<span class="katex"><math><mi>n</mi></math><span class="katex-html" aria-hidden="true">'
        "<span>n<span>!</span></span></span></span> kelps <img aria-hidden='true' alt='n'/>grow",
        "n kelps grow",
    ),
    ('<i aria-hidden="true"/>A <b aria-hidden=true>tide', "A tide"),
    (
        '<img class="latex" alt="10^{-3} &lt; p"/>, <img src="/latex.php?n" alt="$x_1$"> '
        '<img class="chart" alt="kelp"/>here',
        "10⁻³ < p, x₁ here",
    ),
    ("<p>&notmine; &amp; &not;</p>", "&notmine; & ¬"),
]  # fmt: skip


def test_markup_of_every_kind_becomes_text() -> None:
    for written, shown in READ:
        found = paper(day=DAY, title=text_of(written), abstract=text_of(written))
        assert (found.title, found.abstract) == (shown, shown), written


@pytest.mark.parametrize("form", ["<{0}>kelp</{0}>", "<jats:{0} a='1'><p>kelp</p></jats:{0}>"])
def test_no_element_that_is_read_takes_its_text_along(form: str) -> None:
    names = markup._NAMES - markup._VOID - set(markup._SILENT.split("|"))
    lost = [name for name in names if "kelp" not in text_of(f"<p>a</p>{form.format(name)}<p>b</p>")]
    assert len(names) > 90
    assert lost == []


ENTRIES = [
    '<title>T</title><content type="html">&lt;p&gt;Tides &amp;amp; moons&lt;/p&gt;</content>',
    "<title>T</title><content>&lt;p&gt;Tides &amp;amp; moons&lt;/p&gt;</content>",
    '<title>T</title><summary type="text">&lt;p&gt;Tides &amp;amp; moons&lt;/p&gt;</summary>',
    '<title>T</title><content type="xhtml"><div xmlns="http://www.w3.org/1999/xhtml"><p>Tides '
    "&amp; moons</p></div></content>",
    "<title>T</title><summary>&amp;lt;p&amp;gt;Tides &amp;amp; moons&amp;lt;/p&amp;gt;</summary>",
]


@table("entry", ENTRIES)
def test_a_text_is_read_whatever_its_element_says_of_it(entry: str) -> None:
    data = f'<feed xmlns="http://www.w3.org/2005/Atom"><id>f</id><entry>{entry}</entry></feed>'
    (found,) = feed.parse(data.encode(), Listing(name="l", kind="feed"), DAY).papers

    assert found.abstract == "Tides & moons"


def test_a_json_feeds_text_may_hold_markup() -> None:
    data = (
        b'{"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "1",'
        b' "title": "Of <i>tides</i>", "content_text": "Moons &amp; <b>tides</b>"}]}'
    )
    (found,) = jsonfeed.parse(data, Listing(name="l", kind="jsonfeed"), DAY).papers

    assert (found.title, found.abstract) == ("Of tides", "Moons & tides")


@table(
    ("title", "shown", "key"),
    [
        ("[ASAP] Of Tides", "Of Tides", "title:oftides"),
        ("[Articles] Of Tides", "Of Tides", "title:oftides"),
        ("[Comment] Of Tides", "[Comment] Of Tides", "title:commentoftides"),
        ("Of Tides. (arXiv:2611.20002v1 [cs.CL])", "Of Tides", "arxiv:2611.20002"),
        ("Of Tides (arXiv:2611.20002v3 [cs.CL] UPDATED)", "Of Tides", "arxiv:2611.20002"),
        ("Of Tides (arXiv:1234 [cs.CL])", "Of Tides", "title:oftides"),
        ("{Moons} and {T}ides in {a, b}", "Moons and Tides in {a, b}", "title:moonsandtidesinab"),
        ("ASAP: tides [cs.CL]", "ASAP: tides [cs.CL]", "title:asaptidescscl"),
    ],
)
def test_what_a_feed_adds_to_a_title_goes(title: str, shown: str, key: str) -> None:
    item = f"<channel><title>J</title><item><title>{title}</title></item></channel>"
    data = f'<rss version="2.0">{item}</rss>'
    (found,) = feed.parse(data.encode(), Listing(name="l", kind="feed"), DAY).papers

    assert (found.title, found.key) == (shown, key)
