"""The words and the forms that people write where a profile has others."""

# ruff: noqa: E501  # a table of messages, each as it is printed

from __future__ import annotations

from digest.profiles import lint
from digest.profiles.habits import looks_for, ours

from ..tables import table


@table(
    "key known is_wanted",
    [
    ('keyword', ('any', 'query'), True),
    ('Keywords ', ('any',), True),
    (' “any” ', ('query',), True),
    ("'not'", ('none', 'without'), False),
    ('must-have', ('all',), True),
    ('max results', ('limit',), False),
    ('exclude_words', ('none', 'without'), False),
    ('include.x', (), False),
    ('include_this', ('any',), True),
    ('excludes_all', (), False),
    ('zzz', (), False),
    ('title', ('label',), False),
    ('search', ('any', 'query'), True),
    ('name', ('title', 'label'), False),
    ('by', ('authors',), True),
    ('include', ('any',), True),
    ('category', ('write category:cs.LG under all, or under any',), True),
    ('years', ('leave it out: each issue brings what is new',), False),
    ('exclusion_x', (), False),
    ],
)  # fmt: skip
def test_a_key_that_is_not_ours_is_known(key: str, known: tuple[str, ...], is_wanted: bool) -> None:
    assert ours(key) == known
    assert looks_for(key) is is_wanted


#: a profile, and all that is said about it
SAID = [
    ('any: {mesh: , grid: }', ['1:6: any: a list is expected: [one, two], or one a line after a dash (write any: [mesh, grid])']),
    ('any: {mesh: 0.4}', ['1:6: any: a list is expected: [one, two], or one a line after a dash (write - {query: mesh, weight: 1})']),
    ('any: {mesh: 1.6, grid: 2}', ['1:6: any: a list is expected: [one, two], or one a line after a dash (write - {query: mesh, weight: 2})']),
    ('any: {mesh: 12}', ['1:6: any: a list is expected: [one, two], or one a line after a dash (write - {query: mesh, weight: 9})']),
    ('any: {mesh: {weight: 3}}', ['1:6: any: a list is expected: [one, two], or one a line after a dash (write - {query: mesh, weight: 3})']),
    ('any: {mesh: {label: 3}}', ['1:6: any: a list is expected: [one, two], or one a line after a dash (put the list right under any:, without mesh:)']),
    ('any: {mesh: true}', ['1:6: any: a list is expected: [one, two], or one a line after a dash (write - {query: mesh, weight: 1})']),
    ('any: {words: [mesh]}', ['1:6: any: a list is expected: [one, two], or one a line after a dash (put the list right under any:, without words:)']),
    ('authors: {Berg: 2.6}', ['1:10: authors: a list is expected: [one, two], or one a line after a dash (write {query: author:Berg, weight: 3} under any)']),
    ('authors: {Berg: }', ['1:10: authors: a list is expected: [one, two], or one a line after a dash (write authors: [Berg])']),
    ('any: NONE', ['1:6: any: a list is expected: [one, two], or one a line after a dash (leave the line out)']),
    ('any: All', ['1:6: any: a list is expected: [one, two], or one a line after a dash (leave the line out)']),
    ('any: 3', ['1:6: any: a list is expected: [one, two], or one a line after a dash']),
    ('authors: Berg', ['1:10: authors: a list is expected: [one, two], or one a line after a dash (write authors: [Berg])']),
    ('authors: Berg, J.', ['1:10: authors: a list is expected: [one, two], or one a line after a dash (write authors: ["Berg, J."])']),
    ('any: (mesh)', ['1:6: any: a list is expected: [one, two], or one a line after a dash (write any: [mesh])']),
    ('any: — mesh', ['1:6: any: a list is expected: [one, two], or one a line after a dash (write any: [mesh])']),
    ('any: [mesh]\nlimit: about 123456 papers', ['2:8: limit: a whole number is expected (write limit: 12345)']),
    ('any: [mesh]\nlimit: many', ['2:8: limit: a whole number is expected']),
    ('any: [mesh]\nlimit: [3]', ['2:8: limit: a whole number is expected']),
    ('any: [mesh]\nschedule: {at: 7}', ['2:16: at: hours and minutes are expected, as in 07:30']),
    ('any: [mesh]\nschedule: daily', ["2:11: schedule: a mapping (key: value) is expected (write schedule: {at: '07:30', days: weekdays})"]),
    ('- mesh', ['1:1: a list without its key (write any: in a line above)']),
    ('3', ['1:1: a mapping (key: value) is expected (write any: [graph])']),
    ('mesh', ['1:1: text without a key (write any: [mesh])']),
    ('any\n', ['1:1: a key without a colon (write any:)']),
    ('  none \nmesh', ['1:1: a key without a colon (write none:)']),
    ('mesh; grid\nlattice', ['1:1: text without a key (write any: [mesh, grid, lattice])']),
    ('authors\n', ['1:1: a key without a colon (write authors:)']),
    ('all\n- x', ['1:1: a key without a colon (write all:)']),
    ('any:\n  - ', ['2:4: any: text is expected (remove the dash, or write a word)']),
    ('any:\n  -  #mesh grid ', ['2:6: # begins a comment, so this item is empty (write "#mesh grid", or mesh grid)']),
    ('any:\n  - # mesh', ['2:4: any: text is expected (write a word)']),
    ('any:\n  - #a#b', ['2:5: # begins a comment, so this item is empty (write "#a#b", or a#b)']),
    ('any: [{}]', ['1:7: query is missing']),
    ('any: [{query: {a: b}}]', ['1:15: query: text is expected (write a word)']),
    ('any: [{query: }]', ['1:7: query is missing']),
    ('any: [{weight: 3}]', ['1:7: query is missing']),
    ('any: [~, mesh]', ['1:7: any: text is expected (write a word)']),
    ('any: [{mesh: , grid: 2}]', ['1:7: query is missing', '1:8: unknown key mesh (put text with a comma in quotes)', '1:16: unknown key grid']),
    ('any: [{wieght: 3}]', ['1:7: query is missing', '1:8: unknown key wieght (did you mean weight?)']),
    ('authors: [{}]', ['1:11: authors: text is expected (write a word)']),
    ('authors: [[Jo]]', ['1:11: authors: text is expected (write one text: graph OR mesh)']),
    ('any: [\'mesh"\']', ['1:12: this quote is not closed (add a ", or remove it)']),
]  # fmt: skip


@table("text said", SAID)
def test_a_mistake_of_a_known_habit_says_what_to_write(text: str, said: list[str]) -> None:
    assert [*map(str, lint(text, "r.yaml"))] == said
