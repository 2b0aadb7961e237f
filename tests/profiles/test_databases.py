"""Searches as other databases have them, in the manner of arXiv and PubMed."""

from __future__ import annotations

from digest.profiles.databases import is_of_lines, joined_lines, rewritten

from ..tables import table

#: a search, and what it becomes
REWRITTEN = [
    ('TS=(mesh)', 'all:(mesh)'),
    ('ti = mesh', 'ti:mesh'),
    ('DOCUMENT_TITLE(mesh)', 'ti:(mesh)'),
    ('TITLE-ABS-KEY(mesh)', 'all:(mesh)'),
    ('SO(3) mesh', 'SO(3) mesh'),
    ('PUBYEAR > 2019', 'year:2019'),
    ('PUBYEAR AFT 2019', 'year:2019'),
    ('mesh.ti,ab.', 'mesh[tiab]'),
    ('mesh.ti.', 'mesh[ti]'),
    ('mesh.ab.', 'mesh[ab]'),
    ('mesh.ab,ti.', 'mesh[tiab]'),
    ('mesh.mp.', 'mesh[tiab]'),
    ('mesh.au.', 'mesh[au]'),
    ('mesh.sh.', 'mesh[mh]'),
    ('mesh.pt,jn.', 'mesh[ta]'),
    ('mesh.in.', 'mesh[ad]'),
    ('mesh.yr.', 'mesh[dp]'),
    ('mesh:ti', 'mesh[ti]'),
    ('mesh:ti,ab', 'mesh[tiab]'),
    ('mesh:ab,kw', 'mesh[tiab]'),
    ('mesh:au grid', 'mesh:au grid'),
    ('mesh:au and grid', 'mesh[au] and grid'),
    ('mesh:au AND grid', 'mesh[au] AND grid'),
    ('mesh:TI,AB', 'mesh[tiab]'),
    ('mesh.TI.', 'mesh[ti]'),
    ('title:ti', 'title:ti'),
    ('au:ti', 'au:ti'),
    ('journal:ti', 'journal:ti'),
    ('au:de Vries', 'au:de Vries'),
    ('species:ti mouse', 'species:ti mouse'),
    ('mesh.ti.\ngrid.ab.', 'mesh[ti]\ngrid[ab]'),
    ('allintitle:sparse "a b" or grid', 'intitle:sparse intitle:"a b" or intitle:grid'),
    ('allintext:sparse grid', 'sparse grid'),
    ('ALLINTITLE: (a OR -b) not c', ' (intitle:a OR -intitle:b) not intitle:c'),
    ('mesh 2020..2024', 'mesh year:2020-2024'),
    ('12020..2024', '12020..2024'),
    ('hasabstract', 'hasabstract[filter]'),
    ('hasabstract[x]', 'hasabstract[x]'),
    ('MeSH descriptor: [A, B] explode all trees', '"A, B"[mh]'),
    ('MeSH descriptor: [A] this term only', '"A"[mh]'),
    ('[mh ^"A"/DT]', '"A"[mh]'),
    ('[mh A]', '"A"[mh]'),
    ("'a b'/exp", '"a b"[mh]'),
    ("'a b'/de/mj", '"a b"[mh]'),
    ("'a'/it", '"a"[pt]'),
    ('a-b/exp', 'a-b[mh]'),
    ('[2019-2020]/py', '"2019-2020"[dp]'),
    ('[english]/lim', '"english"[filter]'),
    ('exp Heart Failure/', '"Heart Failure"[mh]'),
    ('exp *Asthma/', '"Asthma"[mh]'),
    ('Asthma/', '"Asthma"[mh]'),
    ('Wounds and Injuries/', '"Wounds and Injuries"[mh]'),
    ('heart/', 'heart/'),
    ('(MH "A+")', '("A"[mh])'),
    ('(MM "A")', '("A"[mh])'),
    ("'a b' or c", '"a b" or c'),
    ("it's a 'test'", 'it\'s a "test"'),
    ('{a b} or c', '"a b" or c'),
    ('x{2}', 'x{2}'),
    ('$x$', '$x$'),
    ('"Document Title":mesh', 'ti:mesh'),
    ('"All Metadata": mesh', 'all:mesh'),
    ('[Title: a b]', '(ti:(a b))'),
    ('[[Title: a] OR [Abstract: b]]', '((ti:(a)) OR (abs:(b)))'),
    ('title-abs(x)', 'title-abs(x)'),
    ('noft(mesh)', 'all:(mesh)'),
    ('ti.exact(mesh)', 'ti:(mesh)'),
    ('pd(>2019)', 'year:(>2019)'),
    ('yr(2019)', 'year:(2019)'),
    ('su(mesh)', 'all:(mesh)'),
    ('wom$n', 'wom?n'),
    ('immun$', 'immun*'),
    ('im$', 'im$'),
    ('a PRE/3 b', 'a NEAR/3 b'),
    ('a p/3 b', 'a NEAR/3 b'),
    ('immun$\ngrid', 'immun*\ngrid'),
    ('x\nTI mesh OR y', 'x\nti:mesh OR y'),
    ('Asthma/\ngrid', '"Asthma"[mh]\ngrid'),
    ('a ONEAR/2 b', 'a NEAR/2 b'),
    ('a N/3 b', 'a NEAR/3 b'),
    ('a adj3 b', 'a ADJ3 b'),
    ('a adj b', 'a NEAR/0 b'),
    ('a NEXT b', 'a NEAR/0 b'),
    ('a SAME b', 'a NEAR/30 b'),
    ('a NEXT/12 b', 'a NEAR/12 b'),
    ('[mp=title, abstract]', ''),
    ('find t mesh and a berg', 'ti:mesh and au:berg'),
    ('f a berg', 'au:berg'),
    ('fin (t x or k y)', '(ti:x or all:y)'),
    ('find mesh', 'find mesh'),
    ('TI mesh AND AB grid', 'ti:mesh AND abs:grid'),
    ('(TI (a N3 b))', '(ti:(a NEAR/3 b))'),
    ('TX W2', 'TX W2'),
    ('TI "a" OR W5 b', 'ti:"a" OR W5 b'),
    ('AB a* AND TX b N12 c', 'abs:a* AND all:b NEAR/12 c'),
    ('mesh Filters: Review', 'mesh'),
    ('mesh\nFilters applied: a, b', 'mesh'),
    ('mesh Filters: x\ngrid', 'mesh\ngrid'),
    ('plain words', 'plain words'),
    ('"x y"[tiab:~3]', '(x NEAR/3 y)'),
    ('"x of y"[Title:~1234]', 'ti:(x NEAR/123 y)'),
    ('"x y z"[title:~4]', 'ti:(x AND y AND z)'),
]  # fmt: skip


@table("text search", REWRITTEN)
def test_a_search_of_another_database_is_rewritten(text: str, search: str) -> None:
    assert rewritten(text)[0] == search


@table(
    "text said",
    [
        ("mesh Filters: Review", ("Filters: Review: left out",)),
        ("mesh\n Filters applied: a, b", ("Filters applied: a, b: left out",)),
        ("mesh", ()),
    ],
)
def test_filters_are_left_out_with_a_remark(text: str, said: tuple[str, ...]) -> None:
    assert rewritten(text) == ("mesh", said)


#: a search in numbered lines, and the one that it becomes
JOINED = [
    ('#1 mesh\n#2 grid\n#3 #1 AND #2', '(mesh) AND (grid)'),
    ('1. mesh\n2. grid\n3. 1 and 2', '(mesh) and (grid)'),
    ('1. mesh\n2. grid\n3. or/1-2', '((mesh) or (grid))'),
    ('1. mesh\n2. grid\n3. survey\n4. or/1-3', '((mesh) or (grid) or (survey))'),
    ('#3 #1 OR #2\n#2 grid\n#1 mesh', '(mesh) OR (grid)'),
    ('1 mesh\n2 grid', '1 mesh\n2 grid'),
    ('1. mesh\n2. grid\n3. 1 and 2\n4. limit 3 to english', '((mesh) and (grid))'),
    ('1. mesh\n2. grid\n3. 1 and 2\n4. LIMIT 3 to english', '((mesh) and (grid))'),
    ('#1 a\n#2 b\n#3 #1 NOT b\n#4 c', '(b) OR ((a) NOT b) OR (c)'),
    ('1. mesh\n2. 1 and 5', '(mesh) and (5)'),
    ('1. mesh', '1. mesh'),
    ('1. mesh\ngrid\n2. 1', '1. mesh\ngrid\n2. 1'),
    ('#1 mesh\n#2 survey\n#3 #1 NOT #2\n#4 grid', '((mesh) NOT (survey)) OR (grid)'),
    ('#1 mesh\n#2 survey\n#3 {OR #1-#2}', '((mesh) OR (survey))'),
    ('1. a 2\n2. b\n3. 1 or 2', '(a 2) or (b)'),
    ('#1 a 2\n#2 b\n#3 #1 not b', '(a 2) not b'),
    ('#1 a\n#2 b\n#3 x #1 y', '#1 a\n#2 b\n#3 x #1 y'),
    ('1) a\n2) b\n3) 1 AND 2\n4) 3 or 2', '((a) AND (b)) or (b)'),
    ('1. a\n2. or/1-9', '((a))'),
    ('1. a\n2. b\n3. not 2\n4. c', '(a) OR (not (b)) OR (c)'),
    ('', ''),
    ('#1 a\n#2 #1 or #1\n#3 #2 and #2', '((a) or (a)) and ((a) or (a))'),
    ('1. a\n3. b\n9. 1 or 3', '(a) or (b)'),
    ('#1 a\n#2 b\n#3 (#1 not model 2) and #2', '((a) not model 2) and (b)'),
    ('1: a\n2: b\n3: 1/2', '(a)/(b)'),
    ('1. a\n2. b\n3. 4', '(4)'),
]  # fmt: skip


@table("text search", JOINED)
def test_lines_that_name_others_are_joined(text: str, search: str) -> None:
    assert joined_lines(text) == search


def test_a_search_that_would_grow_beyond_measure_is_left_as_it_is() -> None:
    doubling = "\n".join([f"1. {'x' * 999}", *(f"{n + 1}. {n} or {n}" for n in range(1, 9))])
    long = f"1. mesh\n2. grid\n3. {'1 or ' * 399}2"

    assert len(joined_lines(doubling.rsplit("\n", 3)[0])) == 32 * 999 + 31 * 8
    assert joined_lines(doubling) == doubling
    assert joined_lines(long) == "(mesh) or " * 399 + "(grid)"


@table(
    "line is_joining",
    [
    ('1 and 2', True),
    ('(1 or 2) not 3', True),
    ('or/1-3', True),
    ('#1 AND #2', True),
    ('1', False),
    ('1 2', False),
    ('and', False),
    ('a and 1', False),
    ('1-2', False),
    ('{OR #1-#2}', True),
    ],
)  # fmt: skip
def test_a_line_of_numbers_and_operators_only_joins_others(line: str, is_joining: bool) -> None:
    assert is_of_lines(line) is is_joining
