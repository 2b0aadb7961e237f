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


#: fragments and their text, with the blanks that stand for blocks
FRAGMENTS = [
    ('<b ARIA-HIDDEN=true>x</b>y', 'y'),
    ("<b aria-hidden='true'>x<b>z</b></b>y", 'y'),
    ('<p aria-hidden="true">x</p><p>y</p>', ' y '),
    ('<br aria-hidden=true>y <b>z</b>', 'y z'),
    ("<IMG CLASS='latex' ALT='n_1'> <b>b</b>", 'n₁ b'),
    ('<img class="mathjax" src=\'x.png\' alt="a&amp;b"/> <b>b</b>', 'a&b b'),
    ("<img class='a' src='/math/1' alt='$x^2$'><b>b</b>", 'x²b'),
    ("<img class='latex'><b>b</b>", 'b'),
    ("<img alt='n'><b>b</b>", 'b'),
    ('<!DOCTYPE html><p>y</p>', ' y '),
    ('<!-- x -->y', 'y'),
    ('a <!x b', 'a <!x b'),
    ('&amp;amp;lt;', '<'),
    ('&amp;amp;amp;lt;', '&lt;'),
    ('&lt;b&gt;x&lt;/b&gt; & y', 'x & y'),
    ('a<sup>b<sup>c<sup>d<sup>e</sup></sup></sup></sup>', 'a b^(c^dᵉ) '),
    ('x<sub>1</sub><sup>2</sup>', 'x₁²'),
    ('1<sup>th</sup> 2<sup>TM</sup> 3<sup> nd </sup> 4<sup>xx</sup>', '1th 2TM 3 nd  4^xx'),
    ('<![CDATA[<p>y</p>]]>', ' y '),
    ('a & b &c; &#65; &#x41; &#99999999;', 'a & b &c; A A �'),
    ('<script>x</script>y<b>z</b>', 'yz'),
    ('<style>x</style><p>y', ' y '),
    ('<svg><p>x</p></svg>y', ' x y'),
    ('<math><mi>x</mi> y', '<math><mi>x</mi> y'),
    ('<math><mi>x</mi></math><math><mi>y</mi></math>z', 'xyz'),
    ('<tex-math>\\alpha</tex-math> y', 'α y'),
    ('<tex-math>\\(a\\)</tex-math>', 'a'),
    ('<tex-math>x $b$</tex-math>', 'x b'),
    ('<alternatives>y</alternatives> z <b>b</b>', 'y z b'),
    ('<alternatives><tex-math>$a$</tex-math><math><mi>b</mi></math></alternatives>', 'a'),
    ('<alternatives><math><mi>b</mi></math></alternatives>c', 'bc'),
    ('<foo:p>x</foo:p>y', ' x y'),
    ('<foo:bar>x</foo:bar>y<b>b</b>', ' x yb'),
    ('<x:title>T</x:title><p>y</p>', ' T  y '),
    ('<title>T</title><p>y</p>', ' y '),
    ('<p>one<p>two', ' one  two '),
    ('<p class="x">one', ' one '),
    ('<x:u>a</x:u>b', 'ab'),
    ('the <p> of one', 'the <p> of one'),
    ('the <p> of <b>one</b>', 'the   of one '),
    ('<b>x</b>&amp;amp;lt;', 'x&lt;'),
    ("<a class='latex' alt='n_1'>k</a>", 'k'),
    ('<p>alone', ' alone '),
    ('<li>alone', ' alone '),
    ('<li>one<li>two', ' one  two '),
    ('x<p>y</p>', 'x y '),
    ('cut in <i', 'cut in '),
    ('cut in <b>two</b> <i', 'cut in two '),
    ('cut in <a hr', 'cut in <a hr'),
    ('cut in <zz', 'cut in <zz'),
    ("cut in <b>x</b> <a href='x", 'cut in x '),
    ('<a> and </a>', ' and '),
    ('</a> and <a>', '</a> and <a>'),
    ('in<a> b', 'in<a> b'),
    ('<i>a b', 'a b'),
    ('a</i> b', 'a b'),
    ('a </i>b', 'a </i>b'),
    ('<b>x</b> <mask> and <q>', 'x <mask> and <q>'),
    ('<b x y>z</b>', '<b x y>z'),
    ('<b x=1>z', 'z'),
    ('<b/>z', 'z'),
    ('<hr>z', ' z'),
    ('<u>z', 'z'),
    ('<em>a</em> b<i>', 'a b<i>'),
    ('<disp-formula>x</disp-formula>y', ' x y'),
    ('<sec>a</sec><list>b</list>', ' a  b '),
    ('a < b > c', 'a < b > c'),
    ('<1M and >2', '<1M and >2'),
    ('a&nbsp;b', 'a\xa0b'),
    ('&copy 2', '&copy 2'),
    ('&notit; x', '&notit; x'),
    ('<p>&lt;b&gt;</p>', ' <b> '),
    ('x<inf>2</inf>', 'x₂'),
    ("x" * 31_999 + "yz", "x" * 31_999 + "y"),
]  # fmt: skip


@table(("written", "shown"), FRAGMENTS)
def test_a_fragment_becomes_the_text_that_a_person_would_read(written: str, shown: str) -> None:
    assert text_of(written) == shown


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
