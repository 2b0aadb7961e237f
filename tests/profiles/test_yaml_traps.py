"""Items of which YAML makes something else than they look like."""

# ruff: noqa: E501  # a table of messages, each as it is printed

from __future__ import annotations

from digest.profiles import lint
from digest.profiles.yaml_traps import traps
from digest.strict_yaml import Caps, load

from ..tables import table

#: a profile, and all that is doubtful in it
DOUBTED = [
    ('any: [True]', ['1:7: True is a word here (write "True" if it is meant, or remove it)']),
    ('none: [y]\nany: [mesh]', ['1:8: y is a word here (write "y" if it is meant, or remove it)']),
    ('all: [N]', ['1:7: N is a word here (write "N" if it is meant, or remove it)']),
    ('any: [{query: yes, label: yes}]', ['1:15: yes is a word here (write "yes" if it is meant, or remove it)']),
    ('any: [{query: mesh, label: no}]', []),
    ("any: ['no']", []),
    ('any: ["no"]', []),
    ('title: no\nany: [mesh]', []),
    ('any: [12.5.2024]', ['1:7: a date is no keyword (leave it out: each issue brings what is new)']),
    ('any: [1/2/24]', ['1:7: a date is no keyword (leave it out: each issue brings what is new)']),
    ('any: [2024-05]', ['1:7: a date is no keyword (leave it out: each issue brings what is new)']),
    ('any: [2024-5-1]', ['1:7: a date is no keyword (leave it out: each issue brings what is new)']),
    ('any: [2024 – 2025]', ['1:7: a date is no keyword (leave it out: each issue brings what is new)', '1:12: a dash between words parts nothing here: these are words in a row (write each as an item of its own, or OR between them)']),
    ('any: [1899]', ['1:7: a number alone is hardly a keyword (add the words that matter, or write "1899" if it is meant)']),
    ('any: [-5]', ["1:7: '-' excludes nothing (write NOT 5)"]),
    ('any: [+3.5]', ['1:7: a number alone is hardly a keyword (add the words that matter, or write "+3.5" if it is meant)']),
    ('any: [$12]', ['1:7: a number alone is hardly a keyword (add the words that matter, or write "$12" if it is meant)']),
    ('any: [1e5]', ['1:7: a number alone is hardly a keyword (add the words that matter, or write "1e5" if it is meant)']),
    ('any: [0x1F]', ['1:7: a number alone is hardly a keyword (add the words that matter, or write "0x1F" if it is meant)']),
    ('any: [.nan]', ['1:7: a number alone is hardly a keyword (add the words that matter, or write ".nan" if it is meant)']),
    ('any: [3 %]', []),
    ('any: [12:30]', ['1:7: a number alone is hardly a keyword (add the words that matter, or write "12:30" if it is meant)']),
    ('any: [1_000]', ['1:7: a number alone is hardly a keyword (add the words that matter, or write "1_000" if it is meant)']),
    ('any:\n  - mesh AND\n    grid', []),
    ('any:\n  - mesh\n    AND grid', []),
    ('any:\n  - mesh\n    (grid)', []),
    ('any:\n  - (mesh\n    )', []),
    ('any:\n  - mesh\n    - grid', ['3:5: line 3 is indented deeper than line 2, so it was joined to it (write it under the dash before)']),
    ('any:\n  - mesh\n   - quantiz*\n\n    - grid', ['3:4: line 3 is indented deeper than line 2, so it was joined to it (write it under the dash before)', '5:5: line 5 is indented deeper than line 2, so it was joined to it (write it under the dash before)']),
    ('any:\n  - mesh\n  - grid', []),
    ('any:\n  - mesh,\n    grid', ["2:9: ',' parts nothing here: these are words in a row (write each as an item of its own, or OR between them)"]),
    ('any:\n  - mesh\n\n    grid', ['2:9: two lines of one item are words in a row (write each as an item of its own, or OR between them)', '4:5: this line belongs to the item above (write - before it, or an operator between)']),
    ('any:\n  - mesh\n      grid\n    lattice', ['3:7: this line belongs to the item above (write - before it, or an operator between)']),
    ('any:\n  - mesh AND\n\n    grid', []),
    ('any:\n  - C # language', ['2:7: # begins a comment here (write "C# language")']),
    ('any:\n  - F # language', ['2:7: # begins a comment here (write "F# language")']),
    ('any:\n  - Visual C # language', ['2:14: # begins a comment here (write "Visual C# language")']),
    ('any:\n  - C  # language', []),
    ('any:\n  - D # language', []),
    ('any:\n  - mesh #5 grid', ['2:10: # begins a comment here (write "mesh #5 grid")']),
    ('any:\n  - mesh #5 # x', ['2:10: # begins a comment here (write "mesh #5 # x")']),
    ('any:\n  - mesh  #5', []),
    ('any:\n  - mesh\t#5', ['2:9: a tab where spaces are expected (indent with spaces)']),
    ('any:\n  - mesh ##', []),
    ('any:\n  - mesh\n    grid #5', ['3:5: this line belongs to the item above (write - before it, or an operator between)']),
    ('any: [mesh] #5', []),
    ('any: ["a \\tb"]', ["1:10: in double quotes \\t is no TeX (use single quotes: 'a \\tb')"]),
    ('any: ["a \\nb c"]', ["1:10: in double quotes \\n is no TeX (use single quotes: 'a \\nb c')"]),
    ('any: ["a \\t b"]', []),
    ('any:\n  - "a \\tb\n    c"', []),
    ("any: ['a \\tb']", []),
    ('authors: ["Jo\\n B"]\nany: [mesh]', []),
    ('authors: [no]\nany: [mesh]', ['1:11: no is a word here (write "no" if it is meant, or remove it)']),
]  # fmt: skip


@table("text said", DOUBTED)
def test_an_item_that_yaml_reads_otherwise_is_doubted(text: str, said: list[str]) -> None:
    assert [str(each).replace("warning: ", "", 1) for each in lint(text, "r.yaml")] == said


def test_only_what_is_looked_for_is_no_number_and_no_word_for_true() -> None:
    text = "title: no\nto: [yes]\nlistings: [on]\nany: [off]\n"
    found = traps(load(text, Caps(size=1000, nodes=99, scalar=99)))

    assert [(each.line, each.column, each.severity) for each in found] == [(4, 7, "warning")]
