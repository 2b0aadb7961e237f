"""Profiles as people break them: each mistake is named at its place, with what to write."""

# ruff: noqa: E501  # a table of messages, each as it is printed

from __future__ import annotations

import pytest

from digest.errors import ProfileError
from digest.language import parse_clause
from digest.profiles import lint, parse, wording
from digest.profiles.lint import _Excluded, doubt_about_form, is_certain, is_impossible, is_without

from ..tables import table

#: a profile, and all that is said about it
REFUSED = [
    # weights
    ("any:\n  - lattice: 10", ["2:5: a weight has a key of its own, from 1 to 9 (write {query: lattice, weight: 9})"]),
    ("any:\n  mesh: 2", ["2:3: any: a list is expected: [one, two], or one a line after a dash (write - {query: mesh, weight: 2})"]),
    ("any:\n  - {term: mesh, points: 2}", [
        "2:6: unknown key term (did you mean query?)", "2:18: unknown key points (did you mean weight?)",
    ]),
    ("any:\n  - mesh, weight: 3", ["2:5: several keys are in braces (write {query: mesh, weight: 3})"]),
    ("any:\n  - {mesh, grid}", ["2:5: a set in braces (write mesh OR grid, or each after a dash)"]),
    ("any:\n  - mesh:", ["2:5: a colon ends a key (write mesh without it)"]),
    ("any: [mesh]\nlimit: 20 papers", ["2:8: limit: a whole number is expected (write limit: 20)"]),
    ("any: [~]", ["1:7: any: text is expected (write a word)"]),
    ("any:\n  - {query: [mesh, grid]}", ["2:13: query: text is expected (write one text: graph OR mesh)"]),
    # brackets and quotes of YAML
    ("any:\n  - [mesh OR grid] AND lattice", ["2:5: brackets of YAML, and not of a search (write - (mesh OR grid) AND lattice)"]),
    ('any: ["mesh]', ["1:13: a quote that is never closed (close it, or quote the whole text)"]),
    ("any\n  - mesh", ["1:1: a key without a colon (write any:)"]),
    ("any:\n  mesh: {weight: 3}", ["2:3: any: a list is expected: [one, two], or one a line after a dash (write - {query: mesh, weight: 3})"]),
    ("authors:\n  Berg: 3", ["2:3: authors: a list is expected: [one, two], or one a line after a dash (write {query: author:Berg, weight: 3} under any)"]),
    ("any:\n  —mesh", ["2:3: any: a list is expected: [one, two], or one a line after a dash (write any: [mesh])"]),
    ("any:\n  - `mesh`", ["2:5: text cannot begin with this sign (write - mesh)"]),
    ("any: [mesh]\n---\n", ["2:1: a second document: one file holds one (remove this line)"]),
    ("any: [mesh]\nschedule: {timezone: GMT+2}", ["2:22: unknown time zone GMT+2 (write a place, as in Europe/Berlin)"]),
    # keys under other names
    ("any: [mesh]\nmust_not: [grid]\nsince: 2026", [
        "2:1: unknown key must_not (did you mean none?)",
        "3:1: unknown key since (leave it out: each issue brings what is new)",
    ]),
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
    ("any: [mesh],\nnone: [grid]", ["1:12: text after a closing bracket (put each key on a line of its own, without a comma between)"]),
    ("any: [mesh] none: [grid]", ["1:13: text after a closing bracket (put each key on a line of its own, without a comma between)"]),
    ("any: - mesh", ["1:6: a list item on the line of its key (write [mesh], or - mesh on a line of its own)"]),
    ("any: (mesh, grid)", ["1:6: any: a list is expected: [one, two], or one a line after a dash (write any: [mesh, grid])"]),
    ('any: "mesh", "grid"', ["1:12: a comma where none can be (put a list in brackets: [one, two])"]),
    ("any：[mesh]", ["1:1: this colon is none to YAML (write any: [mesh])"]),
    # blanks that are none
    ("any:\n\u00a0\u00a0- mesh", ["2:1: a no-break space where a space is expected (type a plain space)"]),
    ("any:\n  -\u00a0mesh", ["2:4: a no-break space where a space is expected (type a plain space)"]),
    ("any:\u00a0[mesh]", ["1:5: a no-break space where a space is expected (type a plain space)"]),
    ("any:\n  - mesh\n\u3000- grid", ["3:1: a no-break space where a space is expected (type a plain space)"]),
    ("authors: [Li, 3]", ['1:15: a name is expected (write "3" if it is one)']),
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


_APART = "write each as an item of its own, or OR between them"
_ROW = "parts nothing here: these are words in a row"
_BY_WORDS = "write words of its title; digest profile suggest finds some by --like"
_AND = "write AND in capitals for both anywhere, or quote the phrase"
_OR = "write OR in capitals for one of two"
_STAR = "write a star for any ending"
_BY_ITSELF = "quote each phrase by itself"
_MATTER = "add the words that matter"

#: a profile that can be read, and what is doubtful in it
DOUBTED = [
    # lists in one item
    ("any: [mesh; grid]", [f"1:11: ';' {_ROW} ({_APART})"]),
    ("any:\n  - mesh, grid, lattice", [f"2:9: ',' {_ROW} ({_APART})"]),
    ("any: ['mesh,grid']", [f"1:12: ',' {_ROW} ({_APART})"]),
    ("any: [mesh / grid]", [f"1:12: '/' {_ROW} ({_APART})"]),
    ("any: [mesh • grid]", [f"1:12: a dash between words {_ROW} ({_APART})"]),
    (
        "any:\n  - mesh\n    - grid",
        [
            "3:5: line 3 is indented deeper than line 2, so it was joined to it"
            " (write it under the dash before)"
        ],
    ),
    ("any:\n  - mesh\n    grid", ["3:5: this line belongs to the item above (write - before it, or an operator between)"]),
    ("any:\n  - |\n    mesh\n    grid", [f"3:9: two lines of one item are words in a row ({_APART})"]),
    # words that are operators elsewhere
    ("any: [mesh and grid]", [f"1:12: and is a word like any other here ({_AND})"]),
    ("any: [mesh Or grid]", [f"1:12: Or is a word like any other here ({_OR})"]),
    ("any: [mesh not grid]", ["1:12: not is a word like any other here (write AND NOT in capitals for what must not be there)"]),
    ("any: [mesh adj4 grid]", ["1:12: this is a word like any other here (write ADJ4 in capitals)"]),
    ("any: ['\"mesh AND grid\"']", [f"1:9: operators are words inside quotes ({_BY_ITSELF})"]),
    ("any: [mesh near grid]", ["1:12: this is a word like any other here (write NEAR/5 in capitals for words near each other, or quote the phrase)"]),
    ("any: [mesh XOR grid]", ["1:12: this is a word like any other here (the operators are AND, OR, NOT and NEAR/5)"]),
    ("any: [mesh WITHOUT grid]", ["1:12: this is a word like any other here (the operators are AND, OR, NOT and NEAR/5)"]),
    ("any: [mesh N5 grid]", ["1:12: this is a word like any other here (write NEAR/5 for words near each other)"]),
    ("any: ['topic: mesh']", ["1:8: this is a word like any other here (leave it out)"]),
    ("any: [mesh <NEAR/3> grid]", ["1:12: this is no operator here (write it without < and >)"]),
    ("any: [mesh NEAR(3) grid]", ["1:12: this is no operator here (write graph NEAR/3 mesh, or AND, OR, NOT between words)"]),
    ("any:\n  - mesh [OR grid]", ["2:10: square brackets hold nothing together here (write ( and ))"]),
    ("any: [mesh*3]", ["1:11: this number is a word here, and no weight (write {query: mesh, weight: 3})"]),
    ("any: ['mesh: 3']", ["1:12: this number is a word here, and no weight (write {query: mesh, weight: 3})"]),
    ("any: ['mesh-[45]/']", ["1:12: a pattern has a / before and after it (write /mesh-[45]/)"]),
    ("authors: [by Jo Berg]", ["1:11: by is part of no name (write Jo Berg)"]),
    ("any: [mesh x3]", ["1:11: this is a word here, and no weight (write {query: mesh, weight: 3})"]),
    ("any: [mesh 50%]", ["1:11: this is a word here, and no weight (write {query: mesh, weight: 3})"]),
    ("any: [January 2026]", ["1:7: a date is no keyword (leave it out: each issue brings what is new)"]),
    ("any: [TI mesh]", ["1:7: a field ends with a colon (write title:)"]),
    ("any: [mesh -> grid]", ["1:12: this is a word or sign like any other here (write NEAR/5 for words near each other)"]),
    ("any: [s/mesh/grid/]", ["1:7: a pattern has a / before and after it (write /graph/)"]),
    ("any: [papers about meshes]", ["1:7: these are words like any others (write the subject alone)"]),
    ("any: [mesh]\nnone: [no surveys]", ["2:8: no is a word here (write surveys)"]),
    ("any: [mesh/grid/lattice]", [f"1:11: '/' {_ROW} ({_APART})"]),
    ("any:\n  - mesh AND [grid OR lattice]", ["2:14: square brackets hold nothing together here (write ( and ))"]),
    ("any: ['author:Berg OR Varga']", ["1:23: Varga is a word here (write author:Varga if it is a name)"]),
    # what is something else to YAML elsewhere
    ("any: [Off, mesh]", ['1:7: Off is a word here (write "Off" if it is meant, or remove it)']),
    ("none: [on]\nany: [mesh]", ['1:8: on is a word here (write "on" if it is meant, or remove it)']),
    ("any: [mesh]\nauthors: [null]", ['2:11: null is a word here (write "null" if it is meant, or remove it)']),
    ("any: [true, 1.5]", [
        '1:7: true is a word here (write "true" if it is meant, or remove it)',
        '1:13: a number alone is hardly a keyword (add the words that matter, or write "1.5" if it is meant)',
    ]),
    ("any:\n  - {query: 3, weight: 3}", ['2:13: a number alone is hardly a keyword (add the words that matter, or write "3" if it is meant)']),
    ("any: [2026-01-01]", ["1:7: a date is no keyword (leave it out: each issue brings what is new)"]),
    ("any: [2019-2024]", ["1:7: a date is no keyword (leave it out: each issue brings what is new)"]),
    ("any: [2026]", ["1:7: a date is no keyword (leave it out: each issue brings what is new)"]),
    # signs that mean something elsewhere
    ("any: [immun%]", [f"1:12: '%' means nothing here ({_STAR})"]),
    ("any: [immunolog!]", [f"1:16: '!' means nothing here ({_STAR})"]),
    ("any: [wom#n]", ["1:10: '#' means nothing inside a word (write ? for any letter)"]),
    ("any:\n  - ^mesh(es|ed)$", ["2:5: a pattern has a / before and after it (write /^mesh(es|ed)$/)"]),
    ("any:\n  - m[ea]sh", ["2:5: a pattern has a / before and after it (write /m[ea]sh/)"]),
    ("any: [SchrÃ¶dinger]", ["1:11: letters that a wrong encoding broke (write Schrödinger)"]),
    ("any: [mesh ∧ grid]", ["1:12: this sign means nothing here (write AND)"]),
    ("any: [mesh + grid]", ["1:12: this sign means nothing here (write AND)"]),
    ("any: ['mesh、grid']", [f"1:12: this comma parts nothing here ({_APART})"]),
    ("any: ['title :mesh']", ["1:8: a field ends with a colon (write title:)"]),
    ("any: [mesh&grid]", ["1:11: '&' means nothing inside a word (write AND for both anywhere)"]),
    ("any: [mesh &amp; grid]", ["1:12: this is HTML (write &)"]),
    ("any: [mesh+grid]", ["1:11: '+' means nothing inside a word (write a blank)"]),
    ("any: [mesh%20grid]", ["1:11: copied from an address (digest profile import reads addresses)"]),
    ("any: [lattic$]", [f"1:13: '$' means nothing here ({_STAR})"]),
    ("any: [lattice^4]", ["1:14: '^' is no weight here (write {query: lattice, weight: 4})"]),
    ("any: ['lattice [4]']", ["1:15: this number is a word here, and no weight (write {query: lattice, weight: 4})"]),
    ("any: [title=mesh]", ["1:7: a field ends with a colon (write title:)"]),
    *(
        (f"any: ['{text}']", [f"1:{7 + len(text.partition(sign)[0]) + 1}: a field of another database is words here ({hint})"])
        for text, sign, hint in (
            ("TS=(mesh)", "TS", "leave it out"),
            ("TI=mesh", "TI", "write title: before the words"),
            ("grid AND AU=Calder", "AU", "write author: before the words"),
            ("TITLE(mesh)", "TITLE", "write title: before the words"),
            ("mesh.mp.", ".mp", "leave it out"),
            ("finite mesh.ti.", ".ti", "write title: before the words"),
        )
    ),
    ("any: [exp Heart Failure/]", ["1:7: a new paper has no MeSH terms (write the words without exp and /)"]),
    (r"any: [mesh-\d+]", [r"1:12: a pattern has a / before and after it (write /mesh-\d+/)"]),
    ("any: [/mesh-grid/]", ["1:7: this pattern finds small letters alone (write /mesh-grid/i for any case)"]),
    ("any: ['heart failure[mh]']", ["1:21: a new paper has no MeSH terms (the words alone are looked for)"]),
    # no keywords
    ("any: [2501.01234v2]", [f"1:7: an arXiv id is no keyword ({_BY_WORDS})"]),
    ("any: [hep-th/9901001]", [f"1:7: an arXiv id is no keyword ({_BY_WORDS})"]),
    ("any: [10.1000/abc]", [f"1:7: a DOI is no keyword ({_BY_WORDS})"]),
    ("any:\n  - https://example.org/x", [f"2:5: an address is no keyword ({_BY_WORDS})"]),
    ("any: [jo@berg.example]", ["1:7: an email address is no keyword (write author: and a name; who gets the mail is under to:)"]),
    ("any: [of the]", [f"1:7: of the is in nearly every paper ({_MATTER})"]),
    # YAML reads it otherwise
    ("any:\n  - C # language", ['2:7: # begins a comment here (write "C# language")']),
    ("any:\n  - mesh #5", ['2:10: # begins a comment here (write "mesh #5")']),
    (r'any: ["$\theta$ vacuum"]', [r"1:9: in double quotes \t is no TeX (use single quotes: '$\theta$ vacuum')"]),
    # categories
    ("any: ['category:machine learning']", ["1:7: arXiv, bioRxiv and medRxiv have no category machine learning (write category:cs.LG or category:stat.ML)"]),
    ("any: [category:cs]", ["1:7: arXiv, bioRxiv and medRxiv have no category cs (write category:cs.* for all of it)"]),
    ("any: ['category:computer visoin']", ["1:7: arXiv, bioRxiv and medRxiv have no category computer visoin (write category:cs.CV)"]),
    ("any: ['category:zzz']", ["1:7: arXiv, bioRxiv and medRxiv have no category zzz"]),
    ("any: [category:cs.ML]", ["1:7: arXiv, bioRxiv and medRxiv have no category cs.ML (did you mean stat.ML?)"]),
    ("any: [category:NLP]", ["1:7: arXiv, bioRxiv and medRxiv have no category NLP (write category:cs.CL)"]),
    ("any: ['category:*']", ["1:7: category:* matches every paper (leave it out)"]),
    ("any: [mesh, cs.LG]", ["1:13: cs.LG is a category (write category:cs.LG)"]),
    ("any: ['category:cs.LG, cs.CV']", ["1:7: arXiv, bioRxiv and medRxiv have no category cs.LG, cs.CV (write category:(cs.LG OR cs.CV))"]),
    # authors
    ('authors: ["J. Berg, B. Li"]', ["1:11: several people in one item (write each apart: [J. Berg, B. Li])"]),
    ("authors: ['Jo Berg, PhD']", ["1:11: PhD is part of no name (write Jo Berg)"]),
    ("authors: [NOT Berg]", ["1:11: people are not excluded here (write author:Berg under none)"]),
    ("authors: [Berg and Li]", ["1:11: several people in one item (write each apart: [Berg, Li])"]),
    ("authors: ['Berg, J.; Li, B.']", ['1:11: several people in one item (write each apart: ["Berg, J.", "Li, B."])']),
    ("authors: [Berg et al.]", ["1:11: et al. is part of no name (write Berg)"]),
    ("authors: [Dr. Jo Berg]", ["1:11: Dr. is part of no name (write Jo Berg)"]),
    ("authors: [jo@berg.example]", ["1:11: jo@berg.example is no name (write a name as papers have it: Jane Doe, or Doe, J.)"]),
    ("authors: [Jo Berg (Nordhav)]", ["1:11: a bracket is part of no name (write Jo Berg)"]),
    ("authors: [Berg lab]", ["1:11: lab is part of no name (write a person, or org: and the place under any)"]),
    ("authors: [Berg, J., Li, Mary]", [
        '1:17: J. is no whole name (a comma parts a list: write "Doe, J." in quotes)',
        '1:25: a comma parts a list, so this is a person of its own (write "Li, Mary" in quotes)',
    ]),
    # quotes that may be apostrophes
    ("any:\n  - \"'sparse mesh' OR grid\"", ['2:6: these quotes mean nothing here (write "sparse mesh" for these very words, or leave the quotes out)']),
    ("any:\n  - \"grid AND `mesh`\"", ['2:15: these quotes mean nothing here (write "mesh" for these very words, or leave the quotes out)']),
    ("any: [title:‘sparse mesh’]", ['1:13: these quotes mean nothing here (write "sparse mesh" for these very words, or leave the quotes out)']),
    # what can never match, or nearly always does
    ("any: [sparse mesh]\nnone: [meshes]", ["1:7: can never match: none excludes a part of it (remove one of the two)"]),
    ("any: [mesh AND grid]\nnone: [grid OR lattice]", ["1:7: can never match: none excludes a part of it (remove one of the two)"]),
    ("any: [mesh, grid]\nminimum: 7", ["2:10: no paper scores more than 6 here, so none is shown (write minimum: 6 at most)"]),
    ("any: [mesh]\nnone: [NOT grid]", ["2:8: excludes almost every paper (write it without NOT)"]),
    ("any: [NOT mesh AND NOT grid]", ["1:7: matches almost every paper (put it under none, without NOT)"]),
    ("any: [grid, mesh, meshes]", ["1:19: the same as mesh further up (remove one of the two)"]),
    ("any: [mesh, mesh]", ["1:13: the same as mesh further up (remove one of the two)"]),
    ("any: [immun*, immun*]", ["1:15: the same as immun* further up (remove one of the two)"]),
    ("any: [lattice, mesh-grid, mesh-grids]", ["1:27: the same as mesh-grid further up (remove one of the two)"]),
    *(
        (f"any: [{long}, {long}]", [f"1:{9 + len(long)}: the same as {shown} further up (remove one of the two)"])
        for long, shown in (("ab" * 20, "ab" * 20), ("ab" * 21, "ab" * 20 + "…"))
    ),
    ("any: [mesh, =meshes]", []),
    ("any: [mesh, {query: mesh, without: meshes}]", []),
    ("any: [lattice]\nall: [grid, mesh]\nnone: [mesh]", ["2:13: can never match: none excludes the same (remove one of the two)"]),
    ("any: [grid, mesh]\nall: [meshes]", ["1:13: narrows nothing down: all asks for the same (remove one of the two)"]),
    ("any: [grid, mesh OR NOT mesh]", ["1:13: matches every paper (remove it)"]),
    ("any: [grid, mesh AND NOT mesh]", ["1:13: can never match: it contradicts itself (remove one of the two)"]),
    ("listings: [a]\nany: [mesh, 'listing:b', 'listing:A', 'listing:a*']", ['2:13: can never match: no listing is listing:"b"']),
    ("any: [mesh, 'listing:b']", []),
    ("any: [mesh OR NOT grid]", ["1:7: matches almost every paper (put it under none, without NOT)"]),
    ("any: [mesh]\nall: [NOT grid]", []),
    ("all: [NOT grid, NOT mesh]", ["1:7: matches almost every paper (name what you look for under any)"]),
    ("any: [lattice]\nall: [mesh, grid, point cloud]", []),
    ("all: [mesh, grid, 'author:Berg']", []),
    ("any: [mesh]\nnone: [Without any use]", ["2:8: Without is a word here (write any use)"]),
    ("any: [no mesh]", []),
    ("any: [mesh]\nnone: [sparse grid, Without]", []),
    # further habits
    ("any: [mesh and/or grid]", ["1:12: this parts nothing here: these are words in a row (write each as an item of its own, or OR between them)"]),
    ("any: [mesh > grid]", ["1:12: this parts nothing here: these are words in a row (write each as an item of its own, or OR between them)"]),
    ("any: [mesh without grid]", ["1:12: this is a word like any other here (write AND NOT for what must not be there, or quote the phrase)"]),
    ("any: [mesh –grid]", ["1:12: this is a word like any other here (write AND NOT for what must not be there, or quote the phrase)"]),
    ("any: [please send me mesh papers]", ["1:7: these are words like any others (write the subject alone)"]),
    ("any: ['what is a mesh?']", ["1:8: these are words like any others (write the subject alone)"]),
    ("any: [mesh since 2020]", ["1:11: dates are words here (leave them out: each issue brings what is new)"]),
    ("any: [mesh in the title]", ["1:11: this is no field here (write title: or abstract: before the words)"]),
    ("any: ['mesh{title}']", ["1:8: this is no field here (write title: or abstract: before the words)"]),
    ("any: [by Berg]", ["1:7: this is a word like any other here (write author:Berg)"]),
    ("any: [mesh by Jo Berg]", ["1:11: this is a word like any other here (write author:Jo Berg)"]),
    ("any: [978-3-16-148410-0]", ["1:7: this is no keyword (write words of its title; digest profile suggest finds some by --like)"]),
    ("any: [mesh weight 3]", ["1:11: this number is a word here, and no weight (write {query: mesh, weight: 3})"]),
    ("any: ['mesh|3']", ["1:12: this number is a word here, and no weight (write {query: mesh, weight: 3})"]),
    ("any: [3x mesh]", ["1:7: this is a word here, and no weight (write {query: mesh, weight: 3})"]),
    ("any: [mesh +++]", ["1:11: this is no weight here (write {query: mesh, weight: 3})"]),
    ("any: [a]", [f"1:7: a is in nearly every paper ({_MATTER})"]),
    ("any: ['\"/mesh/\"']", ["1:8: inside quotes this is no pattern (write /mesh/)"]),
    ("any: ['\"cs.LG\"']", ["1:9: cs.LG is a category (write category:cs.LG)"]),
    ("any: ['[cs.LG]']", ["1:8: cs.LG is a category (write category:cs.LG)"]),
    ("any: ['mesh-(3|4)']", ["1:13: a pattern has a / before and after it (write /mesh-(3|4)/)"]),
    ("any: [mesh ORgrid]", ["1:12: this is a word like any other here (the operators are AND, OR, NOT and NEAR/5)"]),
    ("any: ['title：mesh']", ["1:8: a field ends with a colon (write title:)"]),
    ("any: [1 AND 2]", ["1:7: the numbers of a search's lines are words here (digest profile import reads the whole search)"]),
    ("any: [malari@]", [f"1:13: '@' means nothing here ({_STAR})"]),
    ("any: [author:Berg AND Varga]", ["1:23: Varga is a word here (write author:Varga if it is a name)"]),
    ("any: ['title/abstract:mesh']", ["1:8: of two fields one is a word here (leave both out for title or abstract)"]),
    ("any: [mesh]\nnone: [me*]", ["1:7: can never match: none excludes a part of it (remove one of the two)"]),
    ("any: [robustness]\nnone: [robust~]", ["1:7: can never match: none excludes a part of it (remove one of the two)"]),
    ("authors: [Jo Berg]\nnone: ['author:Berg']", ["1:11: can never match: none excludes a part of it (remove one of the two)"]),
    ("all: [NOT mesh]", ["1:7: matches almost every paper (name what you look for under any)"]),
    ("authors: ['title:Berg']", ["1:11: title:Berg is no name (write it under any)"]),
    ("authors: [machine learning]", ["1:11: machine learning is a word, and hardly part of a name (put keywords under any)"]),
    ("authors: [Google DeepMind]", ["1:11: Google DeepMind is part of no name (write a person, or org: and the place under any)"]),
    ("authors: ['Jo Berg, Stanford']", ["1:11: Stanford is part of no name (write a person, or org: and the place under any)"]),
    ("authors: [Jo Berg mesh]", ["1:11: mesh is a word, and hardly part of a name (put keywords under any)"]),
    ("authors: ['#Berg']", ["1:11: #Berg is no name (write a name as papers have it: Jane Doe, or Doe, J.)"]),
]  # fmt: skip


@pytest.mark.parametrize(("text", "said"), DOUBTED)
def test_what_is_hardly_meant_is_doubted_with_what_to_write(text: str, said: list[str]) -> None:
    found = lint(text, "r.yaml")

    assert [str(each).replace("warning: ", "", 1) for each in found] == said
    assert {each.severity for each in found} <= {"warning"}
    parse(text, "r.yaml")


#: items that look like some of the above, and are meant as they stand
MEANT = [
    "R&D", "TCP/IP", "pre-trained", "1,2-propanediol", "N,N-dimethylformamide", "C++", "10^3",
    "H2O", "$x^{3}$", "$abc$ theory", r"$\alpha$ decay", "in-context", "Na+",
    "author:Berg, J.", "author:(Berg OR Li)", "category:quant-ph", "category:neuroscience",
    "/GPT-\\d/", "/gpt-\\d/i", "/[a-z]+/i", "L1/L2 loss", "Attention: all you need", "why?",
    "near infrared", "E. coli", "5’ UTR OR 3’ UTR", "Crohn’s disease", "rock ’n’ roll", "l’espace",
    "Yahoo!", "100%", "[13C] glucose", "author:Berg OR mesh", "O(n) OR SO(3)",
    "ab initio dynamics", "AB stacking", "au nanoparticles", "ti alloy",
    "«sparse mesh» OR grid", "„sparse mesh“", "「大模型」", "（sparse OR dense） AND mesh",
    "k-means++", "2x2 tables", "ICLR 2024",
]  # fmt: skip


@pytest.mark.parametrize("item", MEANT)
def test_what_is_meant_as_it_stands_is_not_doubted(item: str) -> None:
    assert lint(f"any:\n  - '{item}'", "r.yaml") == []


@pytest.mark.parametrize("word", ["US", "IT", "WHO", "SLAM", "AIDS", "RAG", "CLIP", "ART", "CATs"])
def test_capitals_that_are_a_word_are_noted_once(word: str) -> None:
    small = word.lower()
    said = "found in capitals only, because small letters are a word"

    assert [*map(str, lint(f"any: [sparse mesh]\nall:\n  - {word}\nnone: [PET]", "r.yaml"))] == [
        f"3:5: note: {word}, PET: {said} (write {small} for any case)"
    ]
    for item in (f"{small} mesh", f"={word}", f"visual {word}", f'"{word}"', "CNN", "R", "GPUs"):
        assert lint(f"any:\n  - '{item}'", "r.yaml") == []


WITHOUT = [
    ("{query: mapping, without: 3}", ['2:31: without takes words as they are found (write "3" for this word)']),
    ("{query: mapping, without: [map, true]}", ['2:37: without takes words as they are found (write "true" for this word)']),
    ("{query: mapping, without: [mappings]}", []),
    ("{query: CNN, without: cnns}", []),
    ("{query: database, without: data based}", []),
    ("{query: quantiz*, without: quantizer}", []),
    ("{query: mapping, without: maping}", [
        "2:31: warning: maping is no form of mapping, so nothing is dropped (did you mean mapping?)",
    ]),
    ("{query: localization, without: [localized, local]}", [
        "2:48: warning: local is no form of localization, so nothing is dropped",
    ]),
    ("{query: '\"graph\"', without: graphs}", [
        "2:33: warning: graphs is no form of graph, so nothing is dropped",
    ]),
    ("{query: 'author:Berg', without: x}", [
        "2:37: warning: without drops forms of words, and this query has no words (remove it)",
    ]),
    ("{query: mesh, without: [mesh*, =meshes, 'title:mesh', '?']}", [
        "2:33: without takes words as they are found, no signs (write mesh)",
        "2:36: without takes words as they are found, no signs (write meshes)",
        "2:46: without takes words as they are found, no signs (write mesh)",
        "2:60: without takes words as they are found, no signs",
    ]),
    ("{query: mesh, without: ['!']}", ["2:29: without has a form of no letter and no digit"]),
    ("{query: mesh, wihout: meshes}", ["2:19: unknown key wihout (did you mean without?)"]),
    ("{query: mesh, except: meshes}", ["2:19: unknown key except (did you mean without?)"]),
    ("mesh, without: meshes", ["2:5: several keys are in braces (write {query: mesh, without: meshes})"]),
]  # fmt: skip


NOTED = [
    ("any: [grid, PET OR PETs]", [
        "1:13: note: PET, PETs: found in capitals only, because small letters are a word"
        " (write pet for any case)",
    ]),
    ("any: [mesh]\nall: ['category:cs.LG', category:cs.CV]", [
        "2:7: note: a paper must be in each of these categories"
        ' (write category:"cs.LG" OR category:"cs.CV" for one of them)',
    ]),
    ("all: [mesh, grid, point cloud]", [
        "1:7: note: a paper must have all of these (put them under any for one of them)",
    ]),
    ("any: [mesh]\nall: [category:cs.LG, category:cs.*, grid]", []),
    ("all: [mesh, grid]", []),
    ("any:\n  - (~lattice OR mesh)", [
        "2:6: warning: '~' before a word means nothing here (write lattice~ for its kin, too)",
    ]),
    ("any: [mesh]\nschedule: {timezone: EST}", [
        "2:22: warning: EST is never summer time (write America/New_York)",
    ]),
    ("any: [mesh]\nschedule: {timezone: Etc/GMT+2}", [
        "2:22: warning: Etc/GMT+2 is west of Greenwich, whatever its sign looks like"
        " (write a place, as in Europe/Berlin)",
    ]),
    ("any: [mesh]\nschedule: {timezone: Etc/UTC}", []),
]  # fmt: skip


@pytest.mark.parametrize(("text", "said"), NOTED)
def test_what_reads_well_and_may_be_meant_otherwise_is_said(text: str, said: list[str]) -> None:
    assert [*map(str, lint(text, "r.yaml"))] == said


@table(
    ("word", "hint"),
    [
        ("Ã¶l", "write öl"),
        ("Ã\x81lvarez", "write Álvarez"),
        ("Ã¶l€", "type the word again"),
    ],
)
def test_letters_that_a_wrong_encoding_broke_are_repaired(word: str, hint: str) -> None:
    said = [*wording.remarks(f"of {word} here", parse_clause("mesh"))]

    assert said == [(3, "letters that a wrong encoding broke", hint)]


@table(
    ("text", "said"),
    [
        ("author:Berg, J. AND mesh, grid", [(24, _APART)]),
        ("(author:Berg, J. OR mesh, grid)", [(24, _APART)]),
        ("category:(cs.LG OR cs.CV) AND mesh, grid", [(34, _APART)]),
        ("(mesh OR author:Berg, J.) AND grid, lattice", [(34, _APART)]),
        ("author:Berg, J. OR (grid, lattice)", [(24, _APART)]),
        ("(author:(Berg OR Li)) AND mesh; grid", [(30, _APART)]),
        ('"a, b" OR grid, mesh', [(14, _APART)]),
        ("/A, b/ OR grid, mesh", [(14, _APART)]),
        ("$a, b$ grid, mesh", [(11, _APART)]),
        ("listing:a, b", []),
        ("title:a1, b1", [(8, _APART)]),
        ("mesh and and grid", [(5, _AND)]),
        ("mesh and; or grid", [(8, _APART), (5, _AND), (10, _OR)]),
        ("AND. mesh", []),
        ("mesh nor grid", [(5, "write AND NOT in capitals for what must not be there")]),
        ("mesh andnot grid", [(5, "write AND NOT in capitals")]),
        ("mesh :", []),
        ("immunolog… grid", [(9, _STAR)]),
        ("abcd-", [(4, _STAR)]),
        ("abc-", []),
        ("xq-", []),
        ('"a b" OR mesh nor grid', [(14, "write AND NOT in capitals for what must not be there")]),
        ("title(mesh) AND grid", [(0, "write title:(")]),
        ("title :mesh", [(0, "write title:")]),
        ("mesh- grid", []),
        ("a1b2-", []),
        ("Abcd-", []),
        ("cs.LG, mesh", [(5, _APART), (0, "write category:cs.LG")]),
        ("CS.lg", [(0, "write category:CS.lg")]),
        ("hep-th grid", [(0, "write category:hep-th")]),
        ("math", []),
        ("cs.LG cs.LG", [(0, "write category:cs.LG"), (6, "write category:cs.LG")]),
        ("The OF", []),
        ("the IT", []),
        ("A", [(0, _MATTER)]),
        ("I", [(0, _MATTER)]),
        ("=the", []),
        ("the|cs.LG", [(0, _MATTER), (4, "write category:cs.LG")]),
        ("=cs.LG", []),
        ('"AND"', [(1, _BY_ITSELF)]),
        ('"mesh OR grid" AND "a NOT b"', [(1, _BY_ITSELF), (20, _BY_ITSELF)]),
        ("x OR /abc/", [(5, "write /abc/i for any case")]),
        ("/ab/i", []),
        ("/a/", []),
        ("/aB/", []),
        ("/[a-z]b/", []),
        ("author:Berg OR varga", []),
        ("author:Berg OR Mesh", []),
        ("author:Berg OR Varga Li", [(15, "write author:Varga Li if it is a name")]),
        ("author:Berg OR title:Varga", []),
        ("mesh AND (author:Li OR Varga)", [(23, "write author:Varga if it is a name")]),
        ("Varga OR author:Berg", [(0, "write author:Varga if it is a name")]),
        ('grid OR "/cd/" OR x', [(8, "write /cd/")]),
        ("heart[Mesh]", [(5, "the words alone are looked for")]),
        ("http://a.b/c, mesh and grid", [(0, _BY_WORDS)]),
        ("mesh, grid; lattice", [(10, _APART)]),
    ],
)
def test_what_is_quoted_a_pattern_a_formula_or_a_name_is_as_it_is_meant(
    text: str, said: list[tuple[int, str]]
) -> None:
    """And what is doubted has its place and what to write."""
    found = wording.remarks(text, parse_clause(text))

    assert [(place, str(hint)) for place, _, hint in found] == said


@pytest.mark.parametrize(
    "all_of",
    ["[x AND NOT (y OR x)]", "[a b c AND NOT b c]", "[category:cs.LG AND NOT category:cs.*]"],
)
def test_what_excludes_itself_can_never_match(all_of: str) -> None:
    assert "can never match: it contradicts itself" in str(
        lint(f"any: [mesh]\nall: {all_of}", "r.yaml")[0]
    )


def test_a_list_of_names_of_one_word_may_be_names_that_commas_parted() -> None:
    assert lint("authors: [Berg, Li, Varga]", "r.yaml") == []
    assert lint("authors:\n  - Berg\n  - Mary\n  - Li\n  - Jo", "r.yaml") == []
    assert [*map(str, lint("authors: [Berg, Mary, Li, Jo]", "r.yaml"))] == [
        '1:11: warning: 4 people, each with one name (write "Berg, Mary" in quotes if these are one)'
    ]


@pytest.mark.parametrize(("item", "said"), WITHOUT)
def test_forms_that_are_not_meant_are_checked(item: str, said: list[str]) -> None:
    assert [*map(str, lint(f"any:\n  - {item}", "r.yaml"))] == said


def test_a_comment_behind_an_item_is_a_comment() -> None:
    assert lint("any:\n  - mesh    # with grids\n  - sparse grid # and these\n", "r.yaml") == []


@pytest.mark.parametrize(
    "name", ["author:Jo Berg", "au: Jo Berg", 'author:"Jo Berg"', "by: Jo Berg"]
)
def test_a_name_may_have_its_field_before_it(name: str) -> None:
    assert (
        parse(f"authors: ['{name}']", "r.yaml").query == parse("authors: [Jo Berg]", "r.yaml").query
    )


@pytest.mark.parametrize("item", ["lattice:3", "lattice (3)", "lattice [3]", "lattice^3"])
def test_a_weight_in_another_notation_is_never_taken_for_a_word(item: str) -> None:
    assert lint(f"any: ['{item}']", "r.yaml") != []


# ── of trees alone ──


@table(
    ("text", "impossible", "certain", "without"),
    [
        ("x", False, False, False),
        ("x NEAR/3 y", False, False, False),
        ("x AND NOT x", True, False, False),
        ("(x AND NOT x) AND y", True, False, False),
        ("(x AND NOT x) OR y", False, False, False),
        ("(x AND NOT x) OR (y AND NOT y)", True, False, False),
        ("x AND NOT (x OR y)", True, False, False),
        ("x AND NOT (x AND y)", False, False, False),
        ("a b c AND NOT b c", True, False, False),
        ("NOT (x OR NOT x)", True, False, False),
        ("x OR NOT x", False, True, True),
        ("(x OR NOT x) OR y", False, True, True),
        ("(x OR NOT x) AND y", False, False, False),
        ("(x OR NOT x) AND (y OR NOT y)", False, True, True),
        ("NOT (x AND NOT x)", False, True, True),
        ("NOT x", False, False, True),
        ("NOT x AND NOT y", False, False, True),
        ("NOT x AND y", False, False, False),
        ("NOT x OR y", False, False, True),
        ("NOT (NOT x)", False, False, False),
    ],
)
def test_a_tree_may_match_nothing_everything_or_nearly_everything(
    text: str, *, impossible: bool, certain: bool, without: bool
) -> None:
    node = parse_clause(text)

    assert is_impossible(node) is impossible
    assert is_certain(node) is certain
    assert is_without(node) is without


@table(
    ("excluded", "text", "has"),
    [
        ("x", "x y", True),
        ("x y", "x", False),
        ("x OR y", "y", True),
        ("x", "a NEAR/3 x", True),
        ("x", "x NEAR/3 a", True),
        ("x", "a NEAR/3 b", False),
        ("x", "x AND a", True),
        ("x", "x OR a", False),
        ("x", "x OR x b", True),
        ("x", "NOT x", False),
        ("author:Berg", "author:Berg", True),
        ("author:Berg", "author:Jo Berg", True),
        ("author:Ber", "author:Berg", False),
        ("author:Jo Berg", "author:Berg", False),
        ("category:cs.*", "category:cs.LG", True),
        ("category:cs.LG", "category:cs.*", False),
        ("category:cs.LG", "category:cs.LG", True),
        ("title:x", "title:x", True),
        ("title:x", "x", False),
        ("x", "title:x", True),
        ("x", "abstract:x a", True),
        ("x", "org:x", False),
        ("me*", "mesh", True),
        ("me*", "mash", False),
        ("me*", "title:mesh", True),
        ("me*", "org:mesh", False),
        ("title:me*", "mesh", False),
        ("robust~", "robustness", True),
        ("robust~", "robots", False),
        ("/x/", "/x/", True),
        ("/x/", "/y/", False),
        ("a b c d e f g h", "a b c d e f g h i", True),
        ("a b c d e f g h i", "a b c d e f g h i j", False),
    ],
)
def test_what_is_excluded_is_found_within_what_is_asked_for(
    excluded: str, text: str, *, has: bool
) -> None:
    assert _Excluded.by([parse_clause(excluded)]).has(parse_clause(text)) is has


@table(
    ("query", "form", "said"),
    [
        ("mapping", "mappings", None),
        ("mapping", "map", ("map is no form of mapping, so nothing is dropped", "")),
        (
            "mapping",
            "maping",
            ("maping is no form of mapping, so nothing is dropped", "did you mean mapping?"),
        ),
        ("map*", "maping", None),
        ("a-b", "c", None),
        ("mapping", "two words", None),
        ('"graph"', "Graph", None),
        ('"graph"', "graphs", ("graphs is no form of graph, so nothing is dropped", "")),
        ("mapping OR atlas", "atlases", None),
        ("sparse mapping", "sparse mappings", None),
        (
            "sparse mapping",
            "mappings sparse",
            ("mappings sparse is no form of sparse mapping, so nothing is dropped", ""),
        ),
        (
            "author:Berg",
            "x",
            ("without drops forms of words, and this query has no words", "remove it"),
        ),
    ],
)
def test_a_form_that_a_query_does_not_find_is_doubted(
    query: str, form: str, said: tuple[str, str] | None
) -> None:
    assert doubt_about_form(parse_clause(query), form) == said
