"""Foreign searches: the tree that each becomes, what became of its parts, and the remarks."""

# ruff: noqa: E501  # a table of searches, each as it is pasted

from __future__ import annotations

import pytest

from digest.language import QuerySyntaxError
from digest.profiles.foreign_search import SearchPart, is_search, read_search

from ..tables import table

MIXED = "AND binds closer than OR here, and PubMed reads from the left: check the brackets"
ROW = "each anywhere; in quotes they are words in a row"
YEAR = "leave it out: each issue brings what is new"
HEADING = "a new paper has no MeSH terms: these are words"


def shown(part: SearchPart) -> str:
    return f"{part.written} = {part.node}" + (f" ({part.remark})" if part.remark else "")


#: a search, its tree, what each of its parts became
READ = [
    ('mesh', 'mesh', ['mesh = mesh']),
    ('mesh grid', 'mesh AND grid', [f'mesh grid = mesh AND grid ({ROW})']),
    ('mesh AND grid OR lattice', 'mesh AND grid OR lattice', ['mesh = mesh', 'grid = grid', 'lattice = lattice']),
    ('mesh & grid && x | y || z', 'mesh AND grid AND x OR y OR z', ['mesh = mesh', 'grid = grid', 'x = x', 'y = y', 'z = z']),
    ('mesh ANDNOT grid', 'mesh AND NOT grid', ['mesh = mesh', 'grid = NOT grid']),
    ('NOT mesh grid', 'NOT (mesh AND grid)', [f'mesh grid = NOT (mesh AND grid) ({ROW})']),
    ('-mesh +grid', 'NOT mesh AND grid', ['-mesh = NOT mesh', '+grid = grid']),
    ('mesh +', 'mesh', [f'mesh + = mesh ({ROW})']),
    ('NOT', 'None', []),
    ('mesh AND', 'mesh', ['mesh = mesh']),
    ('OR mesh', 'mesh', ['mesh = mesh']),
    ('mesh OR', 'mesh', ['mesh = mesh']),
    ('(mesh OR grid)[ti]', 'title:mesh OR title:grid', ['mesh = title:mesh', 'grid = title:grid']),
    ('(mesh)[pt]', 'None', ['(mesh)[pt] = None (leave it out)']),
    ('(mesh) grid[dp] x', 'mesh AND x', ['mesh = mesh', f'grid[dp] = None ({YEAR})', 'x = x']),
    ('mesh[ti] grid[au]', 'title:mesh AND author:"grid"', ['mesh[ti] = title:mesh', 'grid[au] = author:"grid"']),
    ('ti:mesh grid AND x', 'title:mesh AND title:grid AND x', [f'ti:mesh grid = title:mesh AND title:grid ({ROW})', 'x = x']),
    ('intitle:mesh grid', 'title:mesh AND grid', ['intitle:mesh = title:mesh', 'grid = grid']),
    ('au:del maestro OR x', 'author:"del maestro" OR x', ['au:del maestro = author:"del maestro"', 'x = x']),
    ('author:Berg mesh', 'author:"Berg" AND mesh', ['author:Berg = author:"Berg"', 'mesh = mesh']),
    ('author:van der Berg mesh', 'author:"van der Berg" AND mesh', ['author:van der Berg = author:"van der Berg"', 'mesh = mesh']),
    ('au:Berg_J*', 'author:"Berg J"', ['au:Berg_J* = author:"Berg J"']),
    ('ti:', 'ti', ['ti: = ti']),
    ('ti:(mesh OR grid)', 'title:mesh OR title:grid', ['mesh = title:mesh', 'grid = title:grid']),
    ('ti:ti:mesh', 'title:mesh', ['ti:ti:mesh = title:mesh']),
    ('year:2020 mesh', 'mesh', [f'year:2020 = None ({YEAR})', 'mesh = mesh']),
    ('year:[2020 TO 2021] mesh', 'mesh', [f'year:[2020 TO 2021] = None ({YEAR})', 'mesh = mesh']),
    ('year:(2020 OR 2021) mesh', 'mesh', [f'year:(2020 OR 2021) = None ({YEAR})', 'mesh = mesh']),
    ('year:(2020', 'None', [f'year:(2020 = None ({YEAR})']),
    ('year:', 'year', ['year: = year']),
    ('mesh NEAR/3 grid', 'mesh NEAR/3 grid', ['mesh = mesh', 'grid = grid']),
    ('mesh NEAR/3 grid NEAR/4 x', 'mesh NEAR/3 grid AND x', ['mesh = mesh', 'grid = grid', 'x = x']),
    ('mesh NEAR/3 (grid OR x)', 'mesh NEAR/3 (grid OR x)', ['mesh = mesh', 'grid = grid', 'x = x']),
    ('mesh NEAR/3 (grid AND x)', 'mesh AND grid AND x', ['mesh = mesh', 'grid = grid', 'x = x']),
    ('ti:mesh NEAR/3 grid', 'title:mesh AND grid', ['ti:mesh = title:mesh', 'grid = grid']),
    ('mesh NEAR/3', 'mesh', ['mesh = mesh']),
    ('mesh AROUND(12345) grid', 'mesh NEAR/123 grid', ['mesh = mesh', 'grid = grid']),
    ('mesh ZROUND(3) grid', 'mesh AND ZROUND AND 3 AND grid', ['mesh ZROUND = mesh AND ZROUND (each anywhere; in quotes they are words in a row)', '3 = 3', 'grid = grid']),
    ('mesh NOT (grid a*)', 'mesh', ['mesh = mesh', 'grid a* = None (leave it out)']),
    ('mesh (grid a*)', 'mesh AND grid', ['mesh = mesh', 'grid a* = grid (each anywhere; in quotes they are words in a row)']),
    ('mesh AROUND(x) grid', 'mesh AND AROUND AND x AND grid', ['mesh = mesh', 'AROUND = AROUND', 'x = x', 'grid = grid']),
    ('mesh adj4 grid', 'mesh AND adj4 AND grid', [f'mesh adj4 grid = mesh AND adj4 AND grid ({ROW})']),
    ('"a b"[mh]', 'a b', [f'"a b"[mh] = a b ({HEADING})']),
    ('Neoplasms, Breast/therapy[mh]', 'Breast Neoplasms', [f'Neoplasms, Breast/therapy[mh] = Breast Neoplasms ({HEADING})']),
    ('"Neoplasms, Breast/therapy"[mesh]', 'Breast Neoplasms', [f'"Neoplasms, Breast/therapy"[mesh] = Breast Neoplasms ({HEADING})']),
    ('cs.LG', 'category:"cs.LG"', ['cs.LG = category:"cs.LG"']),
    ('CS.lg mesh', 'category:"CS.lg" AND mesh', [f'CS.lg mesh = category:"CS.lg" AND mesh ({ROW})']),
    ('zz.xx', 'zz xx', ['zz.xx = zz xx']),
    ('the mesh of', 'mesh', [f'the mesh of = mesh ({ROW})']),
    ('of the', 'of AND the', [f'of the = of AND the ({ROW})']),
    ('mesh NOT of the', 'mesh AND NOT (of AND the)', ['mesh = mesh', f'of the = NOT (of AND the) ({ROW})']),
    ('mesh NOT (a - b)', 'mesh AND NOT b', ['mesh = mesh', f'a - b = NOT b ({ROW})']),
    ('graph NOT (review[pt] AND mouse)', 'graph', ['graph = graph', 'review[pt] = None (leave it out)', 'mouse = None (leave it out)']),
    ('graph NOT (review[pt] mouse[ti])', 'graph', ['graph = graph', 'review[pt] = None (leave it out)', 'mouse[ti] = None (leave it out)']),
    ('graph AND (review[pt] AND mouse)', 'graph AND mouse', ['graph = graph', 'review[pt] = None (leave it out)', 'mouse = mouse']),
    ('graph NOT (NOT x)', 'graph AND NOT NOT x', ['graph = graph', 'x = NOT NOT x']),
    ('graph NOT -x', 'graph AND NOT NOT x', ['graph = graph', '-x = NOT NOT x']),
    ('[ti]', 'None', []),
    ('mesh [ti]', 'title:mesh', ['mesh [ti] = title:mesh']),
    ('[pt] mesh', 'mesh', ['mesh = mesh']),
    ('/a.b/', '"a b"', ['/a.b/ = "a b"']),
    ('""', 'None', []),
    ('*', 'None', []),
    ('mesh *', 'mesh', [f'mesh * = mesh ({ROW})']),
    ('-', 'None', []),
    ('ti:mesh -grid', 'title:mesh AND NOT grid', ['ti:mesh = title:mesh', '-grid = NOT grid']),
    ('NOT ti:mesh', 'NOT title:mesh', ['ti:mesh = NOT title:mesh']),
    ('-ti:mesh', 'NOT title:mesh', ['-ti:mesh = NOT title:mesh']),
    ('-(mesh OR grid)', 'NOT (mesh OR grid)', ['mesh = NOT mesh', 'grid = NOT grid']),
    ('+(mesh) grid', 'mesh AND grid', ['mesh = mesh', 'grid = grid']),
    ('mesh[xyz]', 'mesh xyz', ['mesh[xyz] = mesh xyz']),
    ('mesh[ti] mesh[ti]', 'title:mesh AND title:mesh', ['mesh[ti] = title:mesh', 'mesh[ti] = title:mesh']),
    ('a OR b AND c OR d AND e', 'a OR b AND c OR d AND e', ['a = a', 'b = b', 'c = c', 'd = d', 'e = e']),
    ('listing:x mesh', 'listing:"x mesh"', ['listing:x mesh = listing:"x mesh"']),
    ('cat:cs.CG', 'category:"cs.CG"', ['cat:cs.CG = category:"cs.CG"']),
    ('category:cs.CG mesh', 'category:"cs.CG mesh"', ['category:cs.CG mesh = category:"cs.CG mesh"']),
]  # fmt: skip


@table("text tree parts", READ)
def test_a_search_is_read_as_a_tree(text: str, tree: str, parts: list[str]) -> None:
    search = read_search(text)

    assert str(search.node) == tree
    assert [*map(shown, search.parts)] == parts
    is_mixed = " OR " in tree and " AND " in tree.replace("(", "")
    assert search.remarks == ((MIXED,) if is_mixed else ())


@table(
    "text tree",
    [
        ('"gut flora" mood OR fear -mouse', '"gut flora" AND (mood OR fear) AND NOT mouse'),
        (
            "intitle:wage market power | rent of labor",
            "title:wage AND market AND (power OR rent) AND labor",
        ),
        ("-mouse OR", "NOT mouse"),
        ("-mouse OR OR fear", "NOT mouse OR fear"),
        ("-mouse fear OR mood AND rage", "NOT mouse AND fear OR mood AND rage"),
        ("-mouse fear rage", "NOT mouse AND fear AND rage"),
    ],
)
def test_or_binds_closer_in_a_search_of_google(text: str, tree: str) -> None:
    assert str(read_search(text).node) == tree


@table(
    "text column",
    [
        ("(mesh", 1),
        ("x (mesh", 3),
        ("mesh)", 5),
        ("mesh AROUND(3", 12),
        ("(" * 21 + "x" + ")" * 21, 21),
        ("NOT " * 21 + "x", 81),
        ("ti:" * 22 + "x", 61),
    ],
)
def test_a_search_that_cannot_be_read_is_refused_at_its_place(text: str, column: int) -> None:
    with pytest.raises(QuerySyntaxError) as caught:
        read_search(text)

    assert caught.value.column == column


def test_a_search_may_be_nested_twenty_times() -> None:
    assert str(read_search("(" * 20 + "x" + ")" * 20).node) == "x"
    assert str(read_search("ti:" * 20 + "x").node) == "title:x"


@table(
    "text is_one",
    [
    ('mesh', False),
    ('mesh grid', False),
    ('mesh, grid', False),
    ('mesh OR grid', True),
    ('mesh or grid', True),
    ('mesh or grid, x', False),
    ('mesh; or grid', False),
    ('ti:mesh', True),
    ('mesh[ti]', True),
    ('-mesh', True),
    ('"mesh"', False),
    ('"mesh" grid', True),
    ('"mesh", grid', False),
    ('(mesh)', True),
    ('(mesh) grid', True),
    ('mesh and grid', False),
    ('or', False),
    ('', False),
    ],
)  # fmt: skip
def test_a_line_is_a_search_or_a_list_of_keywords(text: str, is_one: bool) -> None:
    assert is_search(text) is is_one
