"""The MathML of titles and abstracts becomes TeX, whatever is missing in it."""

from __future__ import annotations

from digest.listings.sources.mathml import tex_of

from ...tables import table

WRITTEN = [
    ("<mi>x</mi>", "x"),
    ("<mml:msub><mml:mi>T</mml:mi><mml:mi>e</mml:mi></mml:msub>", "T_{e}"),
    ("<msubsup><mi>x</mi><mn>1</mn><mn>2</mn></msubsup>", "x_{1}^{2}"),
    ("<mfrac><mn>1</mn><mn>2</mn></mfrac>", r"\frac{1}{2}"),
    ("<mroot><mi>x</mi><mn>3</mn></mroot>", r"\sqrt[3]{x}"),
    ("<mover><mi>x</mi><mo>ˆ</mo></mover>", r"\hat{x}"),
    ("<mover><mi>x</mi><mo>∗</mo></mover>", "x^{∗}"),
    (
        "<mmultiscripts><mi>Pb</mi><mn>1</mn><none/><mprescripts/><none/><mn>208</mn>"
        "</mmultiscripts>",
        "^{208}Pb_{1}",
    ),
    ("<mfenced><mi>a</mi><mi>b</mi></mfenced>", "(a, b)"),
    ("<mtable><mtr><mtd>1</mtd><mtd>2</mtd></mtr><mtr><mtd>3</mtd></mtr></mtable>", "1, 2; 3"),
    ("<mtext>for %</mtext>", r"\text{for \%}"),
    ("<munder><mi>x</mi><mi>a</mi></munder>", "x_{a}"),
    ("<munderover><mi>x</mi><mi>a</mi><mi>b</mi></munderover>", "x_{a}^{b}"),
    ("<msubsup><mi>x</mi><mn>1</mn></msubsup>", "x_{1}"),
    ("<mover><mi>v</mi><mo>→</mo></mover>", r"\vec{v}"),
    ("<msqrt><mi>a</mi><mi>b</mi></msqrt>", r"\sqrt{ab}"),
    ("<mroot><mi>x</mi></mroot>", r"\sqrt[]{x}"),
    ("<mmultiscripts><mi>X</mi><mn>1</mn><mn>2</mn></mmultiscripts>", "X_{1}^{2}"),
    ("<mtext> </mtext><mi>x</mi>", "x"),
    ("<mtext>a<mi>b</mi></mtext>", r"\text{ab}"),
    ("<mi>x</mi><mo>\u2062</mo><mi>y</mi>", "xy"),
    ("<mi>%</mi><mi>a_b</mi>", r"\%a\_b"),
    ("<annotation>q</annotation><mi>x</mi>", "x"),
    # a word is kept apart from what follows, a letter is not
    ("<mi>sin</mi><mi>x</mi>", "sin x"),
    ("<mi>a</mi><mi>b</mi>", "ab"),
    ("<mi>x</mi><mi>sin</mi>", "x sin"),
    ("<mi>sin</mi><mo>(</mo><mi>x</mi>", "sin(x"),
    ("<mn>12</mn><mn>3</mn>", "123"),
    ("<mo>(</mo><mi>sin</mi><mn>2</mn>", "(sin 2"),
    # a publisher left something out, or closed what was not open
    ("<msub><mi>T</mi></msub>", "T"),
    ("<mfrac><mn>1</mn></mfrac>", r"\frac{1}{}"),
    ("<mfrac/>", r"\frac{}{}"),
    ("</mi><mi>x</mrow>", "x"),
    ("<mml:mspace/><mi>x</mi>", "x"),
    ("<mfrac><mi>x</mi></mi><mi>y</mi></mfrac><mi>z</mi>", r"\frac{x}{y}z"),
    ("<msub><mrow><mi>x</mi></msub><mi>y</mi>", "xy"),
    # deeper than any formula of a title
    ("<mrow>" * 3_000 + "x" + "</mrow>" * 3_000, "x"),
]


@table(("markup", "tex"), WRITTEN)
def test_a_formula_is_written_in_tex(markup: str, tex: str) -> None:
    assert tex_of(f"<math>{markup}</math>") == rf"\({tex}\)"


def test_a_formula_without_a_sign_is_nothing() -> None:
    assert tex_of("<math><mphantom><mi>x</mi></mphantom> </math>") == ""
    for empty in ("<msup/>", "<mover/>", "<mmultiscripts/>", "<mtext> </mtext>"):
        assert tex_of(f"<math>{empty}</math>") == ""
