"""The items of a profile's lists: what is read as a query or a name, and what is refused."""

# ruff: noqa: E501  # a table of messages, each as it is printed

from __future__ import annotations

from digest.profiles import lint, parse

from ..tables import table

#: a profile, and all that is said about it
SAID = [
    ('any: [{term: mesh}]', ['1:8: unknown key term (did you mean query?)']),
    ('any: [{term: mesh}, {weight: 2}]', ['1:8: unknown key term (did you mean query?)']),
    ('any:\n  - mesh\n  - - ', ['3:5: a list within a list (give each a line and a dash of its own)']),
    ('any: [[mesh, grid]]', ['1:7: a list within a list (write mesh OR grid, or give each a line and a dash of its own)']),
    ('any: [[mesh, 3]]', ['1:7: a list within a list (give each a line and a dash of its own)']),
    ('any: [[]]', ['1:7: a list within a list (give each a line and a dash of its own)']),
    ('any: [{title: mesh}]', ['1:7: a blank after the colon (write title:mesh)']),
    ('any: [{ti: mesh}]', ['1:7: a blank after the colon (write ti:mesh)']),
    ('any: [{TITLE: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx}]', ['1:7: a blank after the colon (write TITLE:xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx)']),
    ('any: [{title: xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx}]', ['1:7: a blank after the colon (write title:…)']),
    ('any: [{title: 3}]', ['1:7: a blank after the colon (write title:…)']),
    ('any: [{mesh: }]', ['1:7: a colon ends a key (write mesh without it)']),
    ('any: [{mesh: , grid: }]', ['1:7: a set in braces (write mesh OR grid, or each after a dash)']),
    ('any: [{mesh: 0}]', ['1:7: a weight has a key of its own, from 1 to 9 (write {query: mesh, weight: 1})']),
    ('any: [{mesh: 9.6}]', ['1:7: a weight has a key of its own, from 1 to 9 (write {query: mesh, weight: 9})']),
    ('any: [{mesh: 2.4}]', ['1:7: a weight has a key of its own, from 1 to 9 (write {query: mesh, weight: 2})']),
    ('any: [{mesh: grid}]', ['1:7: a colon and a blank in a text (write "mesh: grid")']),
    ("any: [{'mesh, weight': 3}]", ['1:7: several keys are in braces (write {query: mesh, weight: 3})']),
    ('any: [{text: 3}]', ['1:8: unknown key text (did you mean query?)']),
    ('any: [true]', ['1:7: warning: true is a word here (write "true" if it is meant, or remove it)']),
    ('any: [no]', ['1:7: warning: no is a word here (write "no" if it is meant, or remove it)']),
    ('authors: [true]', ['1:11: a name is expected (write "true" if it is one)']),
    ('authors: [1.5]', ['1:11: a name is expected (write "1.5" if it is one)']),
    ('authors: [{a: 3}]', ['1:11: a name is expected']),
    ('authors: [{a: 3, b: Jo}]', ['1:11: a name is expected (write Jo)']),
    ("any: ['“mesh']", ['1:8: this quote is not closed (YAML does not know “ ”, so a comma parts the list: write " ")']),
    ('any: [{query: mesh, without: 1.5}]', ['1:30: without takes words as they are found (write "1.5" for this word)']),
    ('any: [{query: mesh, without: [no]}]', ['1:31: warning: no is a word here (write "no" if it is meant, or remove it)', '1:31: warning: no is no form of mesh, so nothing is dropped']),
    ("any: [{query: mesh, without: ['a AND b']}]", ['1:34: without takes words as they are found, no signs (write a b)']),
    ("any: [{query: mesh, without: ['LLM*']}]", ['1:31: warning: LLM* is no form of mesh, so nothing is dropped']),
    ("any: [{query: mesh, without: ['llm*']}]", ['1:35: without takes words as they are found, no signs (write llm)']),
    ("any: [{query: mesh, without: ['/x/']}]", ['1:32: without takes words as they are found, no signs (write x)']),
    ('any: [{query: mesh, weight: 0}]', ['1:29: weight: at least 1 is expected']),
    ('any: [{query: mesh, weight: 10}]', ['1:29: weight: at most 9 is expected']),
    ('any: [{query: mesh, at_most: 0}]', ['1:30: at_most: at least 1 is expected']),
    ('any: [{query: mesh, at_most: 501}]', ['1:30: at_most: at most 500 is expected']),
    ('any: [{query: mesh, at_most: 500, weight: 9, label: x}]', []),
]  # fmt: skip


@table("text said", SAID)
def test_an_item_that_cannot_be_read_says_what_to_write(text: str, said: list[str]) -> None:
    assert [*map(str, lint(text, "r.yaml"))] == said


def test_an_item_alone_is_a_query_of_weight_one() -> None:
    [one, two] = parse(
        "any: [mesh, {query: grid, weight: 9, label: G, at_most: 500, without: grids}]", "r.yaml"
    ).query.wanted

    assert (one.text, one.label, one.weight, one.at_most) == ("mesh", "mesh", 1, 0)
    assert (two.text, two.label, two.weight, two.at_most) == ("grid", "G", 9, 500)
