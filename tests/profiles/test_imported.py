"""Searches from elsewhere, their addresses, and lists of keywords become profiles."""

# ruff: noqa: E501  # a table of searches, each as it is pasted

from __future__ import annotations

import re
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from digest.errors import ProfileError
from digest.match import PaperIndex
from digest.model import Paper
from digest.profiles import lint, parse
from digest.profiles.foreign_search import read_search
from digest.profiles.imported import imported, is_wanted

from ..tables import table

#: a search, the items of any, all, none, and the authors
SEARCHES = [
    # arXiv
    (
        'cat:cs.CG AND (ti:"sparse mesh" OR abs:grid) ANDNOT au:del_maestro',
        ['title:"sparse mesh"', "abstract:grid"], ["category:cs.CG"], ['author:"del maestro"'], [],
    ),
    ("ti:sparse mesh", ["title:sparse AND title:mesh"], [], [], []),
    ("(cat:cs.CG OR cat:cs.GR) AND mesh", ["mesh"], ["category:cs.CG OR category:cs.GR"], [], []),
    ("submittedDate:[202501010000 TO 202512312359] AND all:mesh", ["mesh"], [], [], []),
    # PubMed
    (
        '(heart failure[tiab] OR "cardiac arrest"[ti]) AND exercise[mh] NOT (review[pt] OR mice[ti])',
        ["heart failure", 'title:"cardiac arrest"'], ["exercise"], ["title:mice"], [],
    ),
    ("Berg J[au] OR Li B[1au]", [], [], [], ["Berg J", "Li B"]),
    (
        'mesh[ti] AND ("2020/01/01"[Date - Publication] : "3000"[Date - Publication])',
        ["title:mesh"], [], [], [],
    ),
    # Google
    ("sparse mesh -survey", ["sparse AND mesh"], [], ["survey"], []),
    ('"sparse mesh" OR grid', ['"sparse mesh"', "grid"], [], [], []),
    ("+mesh +grid intitle:lattice", ["mesh AND grid AND title:lattice"], [], [], []),
    ("author:Berg OR mesh", ["mesh"], [], [], ["Berg"]),
    ("mesh AROUND(3) grid", ["mesh NEAR/3 grid"], [], [], []),
    ("site:example.org mesh", ["mesh"], [], [], []),
    ("allintitle: sparse mesh -survey", ["title:sparse AND title:mesh"], [], ["title:survey"], []),
    ("mesh 2020..2024", ["mesh"], [], [], []),
    # PubMed's distances, headings, filters
    ('"sparse mesh"[Title/Abstract:~3] OR "mesh grid"[ti:~2]', ["sparse NEAR/3 mesh", "title:mesh NEAR/2 title:grid"], [], [], []),
    ('"Neoplasms, Breast/therapy"[Mesh] OR mesh[majr:noexp]', ["Breast Neoplasms", "mesh"], [], [], []),
    ("Asthma[mh] OR asthma[tiab] OR wheez*[tiab]", ["Asthma", "wheez*"], [], [], []),
    ("(mesh) AND (grid) Filters: Review, in the last 5 years", ["mesh AND grid"], [], [], []),
    # Web of Science
    ('TS=("sparse mesh*" AND gr$d) NOT TI=survey AND PY=(2019-2024)', ['"sparse mesh*" AND gr?d'], [], ["title:survey"], []),
    ("AU=(Berg J* OR Li B) AND ts=mesh", [], ["mesh"], [], ["Berg J", "Li B"]),
    # Scopus
    (
        'TITLE-ABS-KEY ( {sparse mesh} W/3 grid ) AND PUBYEAR > 2019 AND ( LIMIT-TO ( DOCTYPE , "ar" ) )',
        ['"sparse mesh" NEAR/3 grid'], [], [], [],
    ),
    ("TITLE(mesh) AND AUTH(berg) AND AFFIL(Nordhav)", ['title:mesh AND author:"berg" AND org:Nordhav'], [], [], []),
    # Ovid, its lines joined
    (
        "1. exp Breast Neoplasms/\n2. (mesh adj3 grid*).ti,ab.\n3. or/1-2\n4. lattice$.ti.\n5. 3 and 4\n6. limit 5 to english",
        ["Breast Neoplasms", "mesh NEAR/2 grid*"], ["title:lattice*"], [], [],
    ),
    # Embase, Cochrane, EBSCO, ProQuest
    ("'sparse mesh'/exp OR 'sparse grid':ti,ab,kw", ["sparse mesh", '"sparse grid"'], [], [], []),
    ("[mh Mesh] and MeSH descriptor: [Grid] explode all trees", ["Mesh AND Grid"], [], [], []),
    ('(MH "Mesh+") AND (TI grid* OR AB grid*)', ["title:grid*", "abstract:grid*"], ["Mesh"], [], []),
    ("ab(mesh N/3 grid) AND su(lattice)", ["abstract:mesh NEAR/3 abstract:grid AND lattice"], [], [], []),
    # IEEE, ACM, ADS, INSPIRE
    ('("Document Title":mesh) AND ("All Metadata":grid)', ["title:mesh AND grid"], [], [], []),
    ("[[Title: mesh] OR [Title: grid]] AND [Abstract: lattice]", ["title:mesh", "title:grid"], ["abstract:lattice"], [], []),
    ('full:mesh author:"^Berg, J" year:2020-2024 bibstem:ApJ', ['mesh AND author:"Berg, J"'], [], [], []),
    ("find t mesh and a berg", ['title:mesh AND author:"berg"'], [], [], []),
    ("search_query=ti:mesh&start=0", ["title:mesh"], [], [], []),
    ("abs:%22sparse+mesh%22", ['abstract:"sparse mesh"'], [], [], []),
    # over several lines
    ("(mesh OR grid)\nAND NOT survey", ["mesh", "grid"], [], ["survey"], []),
    ("mesh AND grid\nOR lattice", ["mesh AND grid", "lattice"], [], [], []),
    ("mesh AND\ngrid", ["mesh AND grid"], [], [], []),
    # lists of keywords
    ("sparse mesh, grid; lattice theory", ["sparse mesh", "grid", "lattice theory"], [], [], []),
    ("- sparse mesh\n* grid\n1. lattice\n\n# a remark\n", ["sparse mesh", "grid", "lattice"], [], [], []),
    ("mesh 3.5, quant-ph, math.CO", ["mesh 3.5", "quant-ph", "category:math.CO"], [], [], []),
    ("mesh\nti:grid OR ti:lattice\n", ["mesh", "title:grid", "title:lattice"], [], [], []),
    ('“sparse mesh”, grid', ['"sparse mesh"', "grid"], [], [], []),
    ("Author keywords: mesh · sparse grid", ["mesh", "sparse grid"], [], [], []),
    ("1) mesh 2) sparse grid", ["mesh", "sparse grid"], [], [], []),
    ("Cu:Zn ratio, SO(3) symmetry, cs.CG", ['"Cu Zn ratio"', "SO 3 symmetry", "category:cs.CG"], [], [], []),
    # what looks like a tag, a distance, a heading or a quotation, and is none
    ("ti:graph AND NOT au:de Vries", ["title:graph"], [], ['author:"de Vries"'], []),
    ("ti:graph ANDNOT ti:in vitro", ["title:graph"], [], ["title:vitro"], []),
    ("au:la Porta OR AU=de Vries", [], [], [], ["la Porta", "de Vries"]),
    ("search_query=ti:in+vitro+AND+abs:mesh", ["title:vitro AND abstract:mesh"], [], [], []),
    ("mesh NOT author:de Vries NOT species:in vitro", ["mesh"], [], ['author:"de Vries"', "species in AND vitro"], []),
    ("cat:ti,ab,kw NOT -ti:in vitro", ["cat"], [], ["NOT title:vitro"], []),
    ('"influenza" AND (H5 N1 OR H7 N9)', ["H5 AND N1", "H7 AND N9"], ['"influenza"'], [], []),
    ("(TI (mesh N3 grid)) AND TX W2 OR TX N2 fixation", ["title:mesh NEAR/3 title:grid AND W2", "N2 AND fixation"], [], [], []),
    ("insulin.mp. NOT exp Animals/", ["insulin"], [], ["Animals"], []),
    ("exp Neoplasms/ NOT exp diabetes mellitus/", ["Neoplasms"], [], ["diabetes mellitus"], []),
    ("Insulin and exp Diabetes Mellitus/", ["Insulin AND Diabetes Mellitus"], [], [], []),
    ("mesh NOT Wounds and Injuries/", ["mesh"], [], ["Wounds and Injuries"], []),
    ("H_{2}O ice, $H_{0}$ tension", ["H₂O ice", "H₀ tension"], [], [], []),
    (r"$\mathrm{SU}(2)$, $K_{s}$ mesons", ["SU 2", "Kₛ mesons"], [], [], []),
    ("{G}raph {N}eural networks", ["G raph N eural networks"], [], [], []),
    ("1) mesh (type 2) models 2) grid", ["mesh type 2 models", "grid"], [], [], []),
    # what is excluded stays so, and nothing else is
    ("#5 #3 NOT #4\n#4 survey\n#3 #1 OR #2\n#2 mesh\n#1 graph", ["graph", "mesh"], [], ["survey"], []),
    ("#1 mesh\n#2 survey\n#3 #1 NOT #2\n#4 grid", ["mesh AND NOT survey", "grid"], [], [], []),
    ("1. mesh\n2. grid\n3. survey\n4. 1 not or/2-3", ["mesh"], [], ["grid", "survey"], []),
    ("#1 mesh\n#2 grid\n#3 survey\n#4 {OR #1-#2} NOT #3", ["mesh", "grid"], [], ["survey"], []),
    ("# 3 #1 NOT #2\n# 2 TI=survey\n# 1 TS=mesh", ["mesh"], [], ["title:survey"], []),
    ("mesh:ti,ab NOT ('conference abstract'/it OR 'sparse grid'/exp)", ["mesh"], [], ["sparse grid"], []),
    ('TI mesh NOT (PT "review" OR TX N3)', ["title:mesh"], [], ["N3"], []),
    ('noft(mesh) NOT rtype.exact("review") AND pd(>20200101)', ["mesh"], [], [], []),
    ("- mesh\n- grid\n- -survey\n- NOT review", ["mesh", "grid"], [], ["survey", "review"], []),
    ("#1 mesh\n#2 survey\n#3 #1 NOT (#2 OR model 1)", ["mesh"], [], ["survey", "model AND 1"], []),
    ("f t mesh not k survey", ["title:mesh"], [], ["survey"], []),
    ("TS=(mesh NOT lattice SAME grid)", ["mesh"], [], ["lattice NEAR/30 grid"], []),
    ("find (t mesh or t grid) and not a berg", ["title:mesh", "title:grid"], [], ['author:"berg"'], []),
    ("graph NOT (review[pt] AND mouse[ti])", ["graph"], [], [], []),
    ("graph NOT ((review[pt] NEAR/2 mouse) OR mesh - grid)", ["graph"], [], ["mesh AND grid"], []),
    ("graph NOT (cat NOT (review[pt] AND mouse[ti]))", ["graph"], [], ["cat AND NOT title:mouse"], []),
    # addresses
    ("https://ui.adsabs.harvard.edu/search/q=abs%3Amesh&sort=date", ["abstract:mesh"], [], [], []),
    (
        "http://export.arxiv.org/api/query?search_query=all:%22sparse+mesh%22+AND+cat:cs.CG&start=0",
        ['"sparse mesh"'], ["category:cs.CG"], [], [],
    ),
    ("https://arxiv.org/search/?query=mesh&searchtype=title", ["title:mesh"], [], [], []),
    (
        "https://arxiv.org/search/advanced?terms-0-term=%22sparse+mesh%22&terms-0-field=title"
        "&terms-1-operator=NOT&terms-1-term=survey&terms-1-field=all"
        "&classification-computer_science=y",
        ['title:"sparse mesh"'], ["category:cs.*"], ["survey"], [],
    ),
    ("https://rss.arxiv.org/rss/cs.CG+hep-th+math", ["category:cs.CG", "category:hep-th", "category:math.*"], [], [], []),
    ("https://pubmed.ncbi.nlm.nih.gov/?term=mesh%5Bti%5D+NOT+mice&sort=date", ["title:mesh"], [], ["mice"], []),
    (
        "https://scholar.google.com/scholar?as_q=mesh&as_epq=sparse+grid&as_eq=survey&as_oq=a1+b1&as_ylo=2020",
        ["a1", "b1"], ["mesh", '"sparse grid"'], ["survey"], [],
    ),
    ("https://www.biorxiv.org/search/mesh", ["mesh"], [], [], []),
]  # fmt: skip


@pytest.mark.parametrize(("text", "wanted", "required", "excluded", "authors"), SEARCHES)
def test_a_search_becomes_the_profile_that_means_the_same(
    text: str, wanted: list[str], required: list[str], excluded: list[str], authors: list[str]
) -> None:
    query = parse(imported(text, "mine.txt").text, "mine.yaml").query

    items = [clause.text for clause in query.wanted if not clause.text.startswith("author:")]
    assert items == wanted
    assert [clause.text for clause in query.required] == required
    assert [clause.text for clause in query.excluded] == excluded
    assert [c.label for c in query.wanted if c.text.startswith("author:")] == authors


def test_every_part_is_accounted_for() -> None:
    text = "heart failure[mh] OR Berg J[au] AND 2025[dp] NOT cell phone -mice"

    assert imported(text, "mine.txt").account == (
        "heart failure[mh]: any: heart failure (a new paper has no MeSH terms: these are words)",
        'Berg J[au]: any: author:"Berg J"',
        "2025[dp]: left out (each issue brings what is new)",
        "cell phone: any: NOT (cell AND phone) (each anywhere; in quotes they are words in a row)",
        "-mice: any: NOT mice",
        "AND binds closer than OR here, and PubMed reads from the left: check the brackets",
    )
    assert imported("graph NOT (review[pt] AND mouse[ti])", "mine.txt").account == (
        "graph: any: graph",
        "review[pt]: left out",
        "mouse[ti]: left out",
    )


#: a text, the place and the message
NOTHING = [
    ("", "mine.txt:1:1: nothing to look for is left (name a word)"),
    ("NOT mesh", "mine.txt:1:1: nothing to look for is left (name a word)"),
    ("#1 AND #2", "mine.txt:1:1: nothing to look for is left (name a word)"),
    ("2025[dp]", "mine.txt:1:1: nothing to look for is left (name a word)"),
    ("grid\n(mesh OR", "mine.txt:1:6: this bracket is not closed (add a ))"),
    ("mesh) OR grid", "mine.txt:1:5: this bracket closes nothing (remove it)"),
    ("https://example.org/", "mine.txt:1:1: no search is in this address (paste the search itself)"),
    ("x" * 50_001, "mine.txt:1:1: longer than 50,000 characters"),
    ("(" * 30 + "mesh" + ")" * 30, "mine.txt:1:21: nested too deep"),
    ("NOT " * 1_000 + "mesh", "mine.txt:1:81: nested too deep"),
    ("ti:" * 1_000 + "mesh", "mine.txt:1:61: nested too deep"),
    ("-(" * 1_000 + "mesh" + ")" * 1_000, "mine.txt:1:21: nested too deep"),
    ("TS=" * 16_000 + "mesh", "mine.txt:1:81: nested too deep"),
]  # fmt: skip


@pytest.mark.parametrize(("text", "said"), NOTHING)
def test_a_text_without_a_search_is_refused_at_its_place(text: str, said: str) -> None:
    with pytest.raises(ProfileError) as caught:
        imported(text, "mine.txt")

    assert str(caught.value) == said


WORDS = st.sampled_from(
    ["mesh", "grid", "lattice", '"sparse mesh"', "ti:mesh", "au:Berg", "cat:cs.CG"]
)
searches = st.recursive(
    WORDS,
    lambda inner: st.tuples(inner, st.sampled_from(["AND", "OR", "ANDNOT", ""]), inner).map(
        lambda three: f"({' '.join(three)})"
    ),
    max_leaves=6,
)
PAPERS = PaperIndex(
    [
        Paper(key=str(n), title=title, abstract=abstract, authors=(author,), categories=(category,))
        for n, (title, abstract, author, category) in enumerate(
            (title, abstract, author, category)
            for title in ("A mesh", "Of grids", "Sparse mesh", "None")
            for abstract in ("On the lattice.", "Sparse mesh and grid.", "-")
            for author in ("Jo Berg", "Bo Li")
            for category in ("cs.CG", "cs.LG")
        )
    ]
)


@given(searches)
def test_the_lists_of_the_profile_find_what_the_search_finds(text: str) -> None:
    node = read_search(text).node
    try:
        query = parse(imported(text, "mine.txt").text, "mine.yaml").query
    except ProfileError:  # only what must not be there is left
        return

    assert node is not None
    found = {int(match.paper.key) for match in PAPERS.match(query, most=100).matches}
    bits = PAPERS.bits(node)[0]
    assert found == {n for n in range(48) if bits >> n & 1}


@given(st.text(alphabet='ab ,;\n"()[]:-+!|&*/tiauORANDTnot', max_size=80))
def test_whatever_is_pasted_is_a_good_profile_or_an_error(text: str) -> None:
    try:
        made = imported(text, "mine.txt")
    except ProfileError:
        return

    assert {each.severity for each in lint(made.text, "mine.yaml")} <= {"warning", "note"}


def test_the_manual_shows_what_an_import_makes() -> None:
    manual = (Path(__file__).parents[2] / "docs" / "profile-file.md").read_text("utf-8")
    search, lists, account = re.findall(
        r"```import\n(.*?)```.*?```yaml\n(.*?)```.*?```\n(.*?)```", manual, re.S
    )[0]
    made = imported(search, "mine.txt")

    assert parse(made.text, "x.yaml").query == parse(lists, "x.yaml").query
    assert list(made.account) == account.splitlines()


@table(
    "text wanted",
    [
        ("https://example.org/", True),
        ("mesh grid", True),
        ("ti:mesh AND au:Berg", True),
        ("mesh, grid; lattice", True),
        ("", True),
        ("one two three four five six seven eight", True),
        ("one two three four five six seven eight nine", False),
        ("one two three four, five six seven eight nine", True),
        ("one two three four; five six seven eight nine", True),
        ("one two three four OR five six seven eight nine", True),
        ("a b c d.", True),
        ("a b c d e.", False),
        ("# one two three four five six seven eight nine ten", True),
        ("#one two three four five six seven eight nine ten", False),
        ("mesh\none two three four five six seven eight nine", False),
        ("one two three four\nfive six seven eight nine", True),
        ("any: mesh", False),
        ("title : mesh", False),
        ("allintitle: mesh", True),
        ("[mesh", False),
        ("mesh{}", False),
        ("x" * 50_001, True),
        ("mesh " * 10_001, False),
        ("ti:" + "mesh OR " * 6_300 + "x", True),
    ],
)
def test_a_text_may_be_a_search_or_a_list_but_no_prose(text: str, wanted: bool) -> None:
    assert is_wanted(text) is wanted


def test_a_profile_is_named_as_it_is_asked_and_a_search_cut_out_of_an_address_is_read() -> None:
    assert "profile: mine\n" in imported("mesh", "mine.txt", name="Mine").text
    assert "profile: imported\n" in imported("mesh", "mine.txt", name="!").text
    assert "any:\n  - '\"sparse mesh\"'" in imported("%22sparse%20mesh%22", "mine.txt").text
    assert "any:\n  - '\"sparse mesh\"'" in imported("%28%22sparse+mesh%22%29", "mine.txt").text
    assert "any:\n  - title:mesh\n" in imported("ti%3amesh", "mine.txt").text


def test_a_text_of_fifty_thousand_characters_is_read_and_no_longer_one() -> None:
    assert '"mesh"' not in imported("mesh" + " " * 49_996, "p").text
    with pytest.raises(ProfileError, match="longer than 50,000 characters"):
        imported("mesh" + " " * 49_997, "p")


def test_a_search_of_google_and_numbered_keywords_are_read_as_they_are_meant() -> None:
    asked = "https://scholar.google.com/scholar?q=wage+monopsony+OR+oligopsony"
    assert imported(asked, "mine.txt").account == (
        "wage: all: wage",
        "monopsony: any: monopsony",
        "oligopsony: any: oligopsony",
    )
    for marks in (("1.", "2)"), ("a)", "b)"), ("(1)", "(2)")):
        text = "\n".join(
            f"{mark} {word}" for mark, word in zip(marks, ("wage", "rent"), strict=True)
        )
        assert imported(text, "mine.txt").account == ("wage: any: wage", "rent: any: rent")
