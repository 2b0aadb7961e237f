"""Profiles as people break them: each mistake is named at its place, with what to write."""

# ruff: noqa: E501  # a table of messages, each as it is printed

from __future__ import annotations

import pytest

from digest.errors import ProfileError
from digest.profiles import lint, parse

#: a profile, and all that is said about it
REFUSED = [
    # weights
    ("any:\n  - lattice: 10", ["2:5: a weight has a key of its own, from 1 to 9 (write {query: lattice, weight: 9})"]),
    ("any:\n  - lattice:3", ["2:5: there is no field 'lattice:' (write {query: lattice, weight: 3})"]),
    ("any:\n  mesh: 2", ["2:3: any: a list is expected: [one, two], or one a line after a dash (write - {query: mesh, weight: 2})"]),
    ("any:\n  - {term: mesh, points: 2}", [
        "2:6: unknown key term (did you mean query?)", "2:18: unknown key points (did you mean weight?)",
    ]),
    # keys under other names
    ("keywords: [mesh]", ["1:1: unknown key keywords (did you mean any?)"]),
    ("include: [mesh]\nExclude_Words: [grid]", [
        "1:1: unknown key include (did you mean any?)",
        "2:1: unknown key Exclude_Words (did you mean none?)",
    ]),
    ("any: [mesh]\nnot: [grid]", ["2:1: unknown key not (did you mean none?)"]),
    ("any: [mesh]\nemail: jo@berg.example", ["2:1: unknown key email (did you mean to?)"]),
    ("any: [mesh]\nmax_results: 5", ["2:1: unknown key max_results (did you mean limit?)"]),
    ("any: [mesh]\nfrequency: daily", ["2:1: unknown key frequency (write schedule: {at: '07:30', days: weekdays})"]),
    ("any: [mesh]\nschedule: weekly", ["2:11: schedule: a mapping (key: value) is expected (write schedule: {at: '07:30', days: weekdays})"]),
    ("cats: [cs.LG]", ["1:1: unknown key cats (write category:cs.LG under all, or under any)"]),
    ("“any”: [mesh]", ["1:1: unknown key “any” (did you mean any?)"]),
    # lists
    ("any: mesh, grid", ["1:6: any: a list is expected: [one, two], or one a line after a dash (write any: [mesh, grid])"]),
    ("any: [mesh]\nnone: nothing", ["2:7: none: a list is expected: [one, two], or one a line after a dash (leave the line out)"]),
    ("authors: Berg, J.", ['1:10: authors: a list is expected: [one, two], or one a line after a dash (write authors: ["Berg, J."])']),
    ("authors:\n  - name: Jo Berg", ["2:5: a name is expected (write Jo Berg)"]),
    ("any:\n  words:\n  - mesh", ["2:3: any: a list is expected: [one, two], or one a line after a dash (put the list right under any:, without words:)"]),
    ("any:\n  - [mesh, grid]", ["2:5: a list within a list (write mesh OR grid, or give each a line and a dash of its own)"]),
    ("any:\n  - #mesh", ['2:5: # begins a comment, so this item is empty (write "#mesh", or mesh)']),
    ("any:\n  - mesh\n  -", ["3:4: any: text is expected (remove the dash, or write a word)"]),
    ("any:\n  * mesh\n  * grid", ["2:3: a list item begins with a dash (write - mesh)"]),
    ("any:\n  • mesh\n  • grid", ["2:3: a list item begins with a dash (write - mesh)"]),
    ("any:\n  1. mesh\n  2. grid", ["2:3: a list item begins with a dash (write - mesh)"]),
    ("any:\n-mesh", ["2:1: a space after the dash (write - mesh)"]),
    ("any:\n  - mesh\n - grid", ["3:2: a list item where none can be (begin all items of a list in the same column)"]),
    ("any: [mesh", ["1:11: a comma or a closing ] is expected (add a ])"]),
    ("any:\n  - {query: mesh, grid, weight: 2}", ["2:19: unknown key grid (put text with a comma in quotes)"]),
    # no YAML at all
    ("any:[mesh]", ["1:1: a space after the colon (write any: [mesh])"]),
    ("any: [mesh]\nlimit:5", ["2:1: a space after the colon (write limit: 5)"]),
    ("any = ['mesh']", ["1:1: a colon and a space after a key (write any: ['mesh'])"]),
    ("mesh\ngrid\n", ["1:1: text without a key (write any: [mesh, grid])"]),
    ("- mesh\n- grid\n", ["1:1: a list without its key (write any: in a line above)"]),
    ("```yaml\nany: [mesh]\n```", ["1:1: a fence of Markdown is no YAML (leave this line out)"]),
    ("// mine\nany: [mesh]", ["1:1: a comment begins with # (write # instead of //)"]),
    ("any: [mesh],\nnone: [grid]", ["1:12: a comma after a list (remove the comma)"]),
    # blanks that are none
    ("any:\n\u00a0\u00a0- mesh", ["2:1: a no-break space where a space is expected (type a plain space)"]),
    ("any:\n  -\u00a0mesh", ["2:4: a no-break space where a space is expected (type a plain space)"]),
    ("any:\u00a0[mesh]", ["1:5: a no-break space where a space is expected (type a plain space)"]),
    ("any:\n  - mesh\n\u3000- grid", ["3:1: a no-break space where a space is expected (type a plain space)"]),
    # quotes
    ('any:\n  - "sparse mesh" OR grid', [
        "2:19: text after a closing quote, or a line indented otherwise than its neighbours (write '\"sparse mesh\" OR grid')"
    ]),
    ("any:\n  - 'sparse mesh' OR grid", [
        "2:19: text after a closing quote, or a line indented otherwise than its neighbours (write '\"sparse mesh\" OR grid')"
    ]),
    ('any:\n  - "sparse mesh"[tiab]', ["2:18: text after a closing quote (write '\"sparse mesh\"[tiab]')"]),
    ("any:\n  - 'Fick's law'", [
        "2:11: text after a closing quote, or a line indented otherwise than its neighbours (write '' for an apostrophe in single quotes)"
    ]),
    ("any: [“mesh, grid”]", [
        '1:7: this quote is not closed (YAML does not know “ ”, so a comma parts the list: write " ")',
        '1:18: this quote is not closed (YAML does not know “ ”, so a comma parts the list: write " ")',
    ]),
    ('any: ["$\\alpha$ decay"]', ["1:9: in double quotes \\a is a control character (use single quotes: '$\\alpha$ decay')"]),
    ('any: ["$\\chi$ decay"]', ["1:10: an unknown \\ escape in double quotes (use single quotes)"]),
    ("any:\n  - *", ["2:5: a sign alone is nothing to look for (name a word)"]),
    ("any:\n  - |mesh", ["2:6: text cannot begin with this sign (put text that holds such a sign in quotes)"]),
    # patterns and what has no likeness
    ("any:\n  - /mesh-\\d", ["2:5: a pattern ends with / or with /i (write /mesh-\\d/)"]),
    ("any:\n  - /mesh/im", ["2:5: a pattern ends with / or with /i (write /…/i for any case)"]),
    ("any:\n  - submittedDate:[2025 TO 2026]", ["2:5: there is no field 'submittedDate:' (leave it out: each issue brings what is new)"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "said"), REFUSED)
def test_what_cannot_be_read_is_refused_with_what_to_write(text: str, said: list[str]) -> None:
    assert [str(each) for each in lint(text, "r.yaml")] == said
    with pytest.raises(ProfileError):
        parse(text, "r.yaml")
