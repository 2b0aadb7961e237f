"""The forms of other search languages: those with one meaning are read, the others refused."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.language import QuerySyntaxError, parse_clause
from digest.language.foreign import tokens, translated

from ..extent import number
from ..queries import nodes

#: a form of another search language, and the same in ours
READ = [
    # arXiv
    ("ti:pruning", "title:pruning"),
    ('TI:"sparse attention"', 'title:"sparse attention"'),
    ("abs:(lattice OR mesh)", "abstract:(lattice OR mesh)"),
    ("au:van_der_berg_J", "author:van der berg J"),
    ("cat:cs.LG AND all:lattice", "category:cs.LG AND lattice"),
    ("co:accepted", "comment:accepted"),
    ("lattice ANDNOT ti:survey", "lattice AND NOT title:survey"),
    # PubMed
    ("pruning[ti]", "title:pruning"),
    ("sparse attention[Title] OR mesh[tiab]", "title:sparse attention OR mesh"),
    ('"sparse attention"[Title/Abstract]', '"sparse attention"'),
    ("(lattice OR mesh)[ab]", "abstract:(lattice OR mesh)"),
    ("Berg J[au] AND lattice", "author:Berg J AND lattice"),
    ("Heart Failure[MeSH Terms]", "Heart Failure"),
    ("lattice[ad]", "org:lattice"),
    ("pruning [ti]", "title:pruning"),
    # Google
    ("lattice -survey", "lattice AND NOT survey"),
    ('"sparse attention" -"case report"', '"sparse attention" AND NOT "case report"'),
    ("lattice -intitle:survey -(a1 OR b1)", "lattice AND NOT title:survey AND NOT (a1 OR b1)"),
    ("lattice !survey", "lattice AND NOT survey"),
    ("+lattice +mesh", "lattice AND mesh"),
    ("lattice +mesh -survey", "lattice AND mesh AND NOT survey"),
    ("lattice | mesh || grid", "lattice OR mesh OR grid"),
    ("lattice|mesh", "lattice OR mesh"),
    ("lattice & mesh && grid", "lattice AND mesh AND grid"),
    ("lattice AROUND(4) mesh", "lattice NEAR/4 mesh"),
    # other databases
    ("lattice near/3 mesh", "lattice NEAR/3 mesh"),
    ("lattice Near/3 mesh", "lattice NEAR/3 mesh"),
    ("lattice NEAR3 mesh", "lattice NEAR/3 mesh"),
    ("lattice w/5 mesh", "lattice NEAR/5 mesh"),
    ("lattice ADJ3 mesh", "lattice NEAR/2 mesh"),
    ("affiliation:Nordhav", "org:Nordhav"),
]


@pytest.mark.parametrize(("foreign", "ours"), READ)
def test_a_form_with_one_meaning_is_read(foreign: str, ours: str) -> None:
    assert parse_clause(foreign) == parse_clause(ours)


#: signs that belong to the words
PLAIN = [
    ("R & D", "R D"),
    ("Na+ channel", "Na channel"),
    ("$p|q$", "p q"),
    ("TCP/IP", "TCP IP"),
    ("[13C] glucose", "13C glucose"),
    ("lattice [draft]", "lattice draft"),
    ("CO: oxidation", "CO oxidation"),
    ('"lattice -mesh | ti:grid"', '"lattice mesh ti grid"'),
    ("/a|b -c/", "/a|b -c/"),
]


@pytest.mark.parametrize(("text", "ours"), PLAIN)
def test_signs_inside_words_quotes_and_patterns_are_left_alone(text: str, ours: str) -> None:
    assert parse_clause(text) == parse_clause(ours)


REFUSED = [
    ("lattice -survey paper", 9, "'-' belongs to the next word alone"),
    ("+lattice mesh", 1, "'+' belongs to the next word alone"),
    ("a1 OR b1 -c1", 10, "'-' beside OR can mean two things (write (a OR b) AND NOT c)"),
    ("a1 OR b1 +c1", 10, "'+' beside OR can mean two things (write (a OR b) AND c)"),
    ("jr:Acta", 1, "there is no field 'jr:' (leave it out, or watch a listing of that journal)"),
    ("ti:a1 AND submittedDate:[20250101 TO 20251231]", 11, "there is no field 'submittedDate:'"),
    ("lattice 2025[dp]", 13, "[dp] has no likeness here (leave it out: each issue brings"),
    ("lattice PRE/3 mesh", 9, "PRE/3 is no operator (write NEAR/3, which takes either order)"),
    ('"lattice mesh"~4', 15, "~4 is no operator (write lattice NEAR/4 mesh)"),
    ("/lat+ice", 1, r"a pattern ends with / or with /i (write /lat+ice/)"),
    ("a1 OR /lattice/gm", 7, "a pattern ends with / or with /i (write /…/i for any case)"),
    ("lattice ANDNOT", 9, "something to search for is missing after"),
    ("| lattice", 1, "expected something to search for before OR"),
    ("ti:lattice ANDNOT (au:Berg_J", 19, "this bracket is not closed (add a ))"),
    ('au:"Berg" ANDNOT tilte:a1', 18, "there is no field 'tilte:' (did you mean title:?)"),
    ("lattice and (mesh)", 13, "expected AND or OR before ( (operators are written in capitals:"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "column", "message"), REFUSED)
def test_a_form_without_one_meaning_is_refused_with_what_to_write(
    text: str, column: int, message: str
) -> None:
    with pytest.raises(QuerySyntaxError) as caught:
        parse_clause(text)

    assert str(caught.value).startswith(f"{column}: {message}")


@given(nodes)
def test_our_own_language_is_left_as_it_is(node: object) -> None:
    assert translated(str(node)).text == str(node)


@given(st.text(alphabet='ab12 -+!&|/()":[]~.ORANDTtiw_', max_size=40))
def test_whatever_is_written_is_read_or_refused_at_its_place(text: str) -> None:
    try:
        node = parse_clause(text)
    except QuerySyntaxError as error:
        column = error.column
    else:
        column = 1
        assert parse_clause(str(node)) == node

    assert 1 <= column <= len(text) + 1


def test_a_search_of_thousands_of_tags_is_parted_at_each() -> None:
    many = number(2_000, whole=4_000)
    pieces = [each.text for each in tokens("mesh[tiab]" * many + " [x]")]

    assert pieces == ["mesh", "[tiab]"] * many + ["[x]"]
