"""A day's papers against queries: who matches, in which order, and by which words."""

from __future__ import annotations

from collections.abc import Iterator
from functools import cache
from pathlib import Path

import pytest
import yaml
from hypothesis import given, settings

from digest.language import (
    Clause,
    CompiledQuery,
    Node,
    in_language,
    packed,
    parse_clause,
    unpacked,
)
from digest.language.words import form_of
from digest.match import PaperIndex
from digest.match.index import FieldIndex, NameIndex
from digest.match.joined import JoinedIndex
from digest.match.postings import WordIndex
from digest.match.rarity import Frequencies, with_rarest
from digest.model import Hit, Paper
from digest.past_papers import is_compiled

from .. import queries
from ..agreement import Pool, asked, check, days, indexed, limits
from ..extent import number
from ..factories import paper as numbered
from ..patterns import HOSTILE
from ..tables import table
from .test_columns import kept

CASES = Path(__file__).parents[1] / "data" / "matching" / "cases.yaml"


def paper(**fields: object) -> Paper:
    values: dict[str, object] = {"key": "arxiv:2503.00001", "title": "", **fields}
    return Paper(**values)  # type: ignore[arg-type]


def clause(text: str, weight: int = 1) -> Clause:
    return Clause(text, f"<{text}>", weight, parse_clause(text))


def wanting(*texts: str) -> CompiledQuery:
    return CompiledQuery(wanted=tuple(map(clause, texts)))


def titled(*titles: str) -> PaperIndex:
    return PaperIndex([paper(title=title) for title in titles])


def cases() -> Iterator[tuple[str, PaperIndex, str, bool]]:
    # Plain strings throughout: YAML would make numbers and truths of some of these queries.
    for group in yaml.load(CASES.read_text("utf-8"), yaml.BaseLoader):
        about = paper(
            title=group.get("title", ""),
            abstract=group.get("text", group.get("abstract", "")),
            authors=tuple(group.get("authors", ())),
            categories=tuple(group.get("categories", ())),
            comment=group.get("comment", ""),
            organisation=group.get("org", ""),
        )
        day = PaperIndex([about], [group.get("listings", ())])
        for text in group["matches"]:
            yield group["about"], day, text, True
        for text in group["misses"]:
            yield group["about"], day, text, False


@pytest.mark.parametrize("title", ["4 \u17dd 5", "\u108d 4"])
def test_a_mark_that_is_alone_beside_a_number_is_no_word(title: str) -> None:
    """Some marks are words as they are written, and nothing once they are folded."""
    assert titled(title).bits(parse_clause("gpt 4")) == (0, 0)
    assert titled(title).bits(parse_clause("gpt-4o*")) == (0, 0)


def test_every_case_of_the_table_holds() -> None:
    table = list(cases())
    wrong = [
        f"{about}: {text!r} should {'' if expected else 'not '}match"
        for about, day, text, expected in table
        if bool(day.match(wanting(text)).count) is not expected
    ]

    assert wrong == []
    assert len(table) >= 300


@settings(max_examples=number(6, whole=60))
@given(asked, days, limits)
def test_the_engine_agrees_with_the_plain_definition(
    query: CompiledQuery, pool: Pool, limit: tuple[int, int, int | None]
) -> None:
    check(query, pool, indexed(pool), *limit)


@settings(max_examples=number(15, whole=40))
@given(queries.nodes, days)
def test_what_matches_a_paper_does_not_depend_on_the_others(node: Node, pool: Pool) -> None:
    together = indexed(pool).bits(node)[0]
    alone = [PaperIndex([paper], [names]).bits(node)[0] for paper, names in pool]

    assert [together >> place & 1 for place in range(len(pool))] == alone


def test_an_ending_is_no_word_to_be_joined_whatever_else_came_that_day() -> None:
    day = PaperIndex([paper(title=title) for title in ("Fine", "Fined", "Fine-D", "Finetuning")])

    assert day.bits(parse_clause("fine D"))[0] == 0b0100
    assert day.bits(parse_clause("fine tuning"))[0] == 0b1000


@pytest.mark.parametrize(
    ("text", "matches"),
    [
        ("Sparse auto encoder wave form models", True),
        ("Sparse autoencoder wave form models", True),
        ("Sparse auto encoder waveform models", True),
        ("Sparse auto encoder of wave form models", False),
        ("Sparse auto encoder wave form of models", False),
        ("Sparse auto encoder", False),
    ],
)
def test_each_word_of_a_phrase_may_be_written_as_two_and_all_are_in_a_row(
    text: str, *, matches: bool
) -> None:
    day = titled(text, "A wave form")

    assert day.match(wanting("sparse autoencoder waveform models")).count == matches
    assert day.match(wanting("autoencoder waveform models")).count == matches


@pytest.mark.parametrize(
    ("title", "matches", "misses"),
    [
        ("An auto encoder", "autoenc* auto*coder autoen?oder aut*er", "autoen*x autoe*n enc*auto"),
        ("An auto-encoder", "autoenc* auto*der auto-en*er", "auto-x*er autox*"),
        ("Data set", "datas* data*t dat?set", "datas*x dat?et"),
        ("Of waves", "wav* wa?es wa*es", "wavex* wa?s"),
    ],
)
def test_a_word_with_a_star_may_be_written_as_two(title: str, matches: str, misses: str) -> None:
    day = titled("Grid", title)
    for several, found in ((matches, 0b10), (misses, 0)):
        for query in several.split():
            assert day.bits(parse_clause(query))[0] == found, query


@pytest.mark.parametrize("rare", ["sparse", "grid", "mesh"])
def test_a_phrase_in_quotes_is_found_whichever_of_its_words_is_the_rarest(rare: str) -> None:
    others = [word for word in ("sparse", "grid", "mesh") if word != rare]
    day = titled("A sparse grid mesh", "Mesh grid sparse", *(" and ".join(others),) * 3)

    assert [match.paper.title for match in day.match(wanting('"sparse grid mesh"')).matches] == [
        "A sparse grid mesh"
    ]


def test_a_phrase_of_many_words_that_may_be_forms_of_several_is_found_at_once() -> None:
    # Each word has two to four lemmas: all ways together are more than could ever be tried.
    words = "lives model test data map " * 12
    day = titled(words, words.replace("map", "maps"), "of ".join(words.split(" ")), words[:-6])

    assert day.bits(parse_clause(words))[0] == 0b0011
    assert day.match(wanting(words)).count == 2


def test_a_phrase_of_many_stars_is_found_at_once_where_each_may_be_one_word_or_two() -> None:
    day = titled("-".join(["abd"] * 40), "-".join(["abd"] * 19))

    assert day.bits(parse_clause("ab*d " * 20))[0] == 0b01


def test_a_hit_in_title_or_author_counts_three_times() -> None:
    day = PaperIndex(
        [
            paper(title="Graphs", abstract="by someone", authors=("Ann Lee",)),
            paper(title="Trees", abstract="and graphs"),
        ]
    )
    query = CompiledQuery(wanted=(clause("graph", 2), clause("author:Lee")))

    found = day.match(query)

    assert [(m.paper.title, m.score) for m in found.matches] == [("Graphs", 9), ("Trees", 2)]
    assert [(r.label, r.points) for r in found.matches[0].reasons] == [
        ("<graph>", 6),
        ("<author:Lee>", 3),
    ]


def test_required_clauses_filter_and_score_and_excluded_ones_only_filter() -> None:
    day = titled("pruning vision", "pruning speech", "speech survey", "pruning speech survey")
    query = CompiledQuery(
        wanted=(clause("speech"), clause("vision")),
        required=(clause("pruning", 2),),
        excluded=(clause("survey"),),
    )

    found = day.match(query)

    assert [(m.paper.title, m.score) for m in found.matches] == [
        ("pruning vision", 9),
        ("pruning speech", 9),
    ]


def test_required_clauses_alone_are_enough() -> None:
    query = CompiledQuery(required=(clause("pruning"),))

    assert titled("pruning", "else").match(query).count == 1


def test_nothing_asked_for_is_nothing_found() -> None:
    assert titled("pruning").match(CompiledQuery(excluded=(clause("x1"),))).count == 0


def test_of_equal_papers_the_first_comes_first() -> None:
    day = titled(*["same words"] * 50, "same words words same same", "another")
    found = day.match(wanting("same", "words"), most=7)

    assert found.count == 51
    assert [m.paper for m in found.matches] == list(day.papers[:7])


def test_more_papers_are_counted_than_given() -> None:
    day = titled(*["graph"] * 40, *["graph net"] * 40)

    found = day.match(wanting("graph", "net"), most=45)

    assert found.count == 80
    assert [m.score for m in found.matches] == [6] * 40 + [3] * 5
    assert day.match(wanting("graph"), most=0).matches == []
    assert day.match(wanting("graph"), most=0).count == 80


def test_only_the_papers_named_are_considered() -> None:
    day = titled("graph a1", "graph b1", "graph c1")

    found = day.match(wanting("graph"), among=0b101)

    assert [m.paper.title for m in found.matches] == ["graph a1", "graph c1"]


def test_a_paper_below_the_minimum_is_neither_given_nor_counted() -> None:
    day = titled("graph", "graph net", "net")
    query = CompiledQuery(wanted=(clause("graph", 3), clause("net", 1)))

    assert [m.score for m in day.match(query).matches] == [12, 9, 3]
    assert day.match(query, minimum=9).count == 2
    assert day.match(query, minimum=13).count == 0
    heaviest = CompiledQuery(wanted=(clause("graph", 9),))
    assert [day.match(heaviest, minimum=least).count for least in (26, 27, 28)] == [2, 2, 0]


def test_upvotes_add_to_the_score_and_say_so() -> None:
    upvotes = {"graph": 9, "a graph": 47, "x1": 999}
    day = PaperIndex([paper(title=title, upvotes=number) for title, number in upvotes.items()])

    found = day.match(wanting("graph"), trending=2)

    points = [(match.score, [r.points for r in match.reasons]) for match in found.matches]
    assert points == [(11, [3, 8]), (3, [3])]
    assert found.matches[0].reasons[1].label == "47 upvotes"
    counts = [day.match(wanting("graph"), trending=2, minimum=least).count for least in (11, 12)]
    assert counts == [1, 0]


def test_listings_are_those_that_carried_the_paper() -> None:
    day = PaperIndex([paper(title="a1"), paper(title="b1")], [("daily",), ("daily", "arxiv-cs")])

    assert day.match(wanting("listing:arxiv-*")).matches[0].paper.title == "b1"


HITS = [
    ("mixture of experts", ["title: Mixture-of-Experts", "abstract: mixtures of experts"]),
    ("finetuning", ["abstract: fine-tune"]),
    ("moore law", ["abstract: Moore’s law"]),
    ("godel", ["abstract: Gödel"]),
    ("语言模型", ["abstract: 语言模型"]),
    ("title:(mixture NEAR/1 expert)", ["title: Mixture", "title: Experts"]),
    ("author:alistarh", ["author: Dan Alistarh"]),
    ("category:stat.*", ["category: stat.ML"]),
    ("category:stat.ml", ["category: stat.ML"]),
    ("category:*", ["category: cs.LG", "category: stat.ML"]),
    ("/[Mm]ix\\w+/", ["title: Mixture", "abstract: mixtures"]),
    ("author:/A\\w+h/", ["author: Alistarh"]),
    ("org:labs", ["org: Labs"]),
    ("comment:12 page", ["comment: 12 pages"]),
    ("(law OR godel) AND NOT absent", ["abstract: law", "abstract: Gödel"]),
    ("listing:daily", []),
]  # fmt: skip


@pytest.mark.parametrize(("text", "expected"), HITS)
def test_a_hit_is_the_span_that_is_shown(text: str, expected: list[str]) -> None:
    shown = paper(
        title="Mixture-of-Experts",
        abstract="We fine-tune mixtures of experts by Moore’s law, Gödel and 语言模型.",
        authors=("Ann Lee", "Dan Alistarh"),
        categories=("cs.LG", "stat.ML"),
        organisation="Some Labs",
        comment="12 pages",
    )
    fields = {
        "title": shown.title,
        "abstract": shown.abstract,
        "author": ", ".join(shown.authors),
        "category": " ".join(shown.categories),
        "org": shown.organisation,
        "comment": shown.comment,
    }
    reason = PaperIndex([shown], [("daily",)]).match(wanting(text)).matches[0].reasons[0]

    assert [f"{h.field}: {fields[h.field][h.start : h.end]}" for h in reason.hits] == expected


@table(
    ("text", "papers", "strong"),
    [
        ("graph", 0b011, 0b001),
        ("title:graph", 0b001, 0b001),
        ("abstract:graph", 0b010, 0),
        ("org:labs", 0b001, 0),
        ("comment:page", 0b001, 0),
        ("author:lee", 0b101, 0b101),
        ("category:cs.*", 0b011, 0),
        ("listing:daily", 0b100, 0),
        ("/[Gg]raph/", 0b011, 0b001),
        ("/[^z]/", 0b111, 0b111),
        ("title:/Graph/", 0b001, 0b001),
        ("abstract:/graph/", 0b010, 0),
        ("comment:/pages$/", 0b001, 0),
        ("author:/^(?:Bo|Ann)/", 0b111, 0b111),
        ("graph NEAR/2 mesh", 0b010, 0),
        ("title:(net NEAR/2 graph)", 0b001, 0b001),
        ("graph OR org:labs", 0b011, 0b001),
        ("graph AND author:lee", 0b001, 0b001),
        ("abstract:graph AND mesh", 0b010, 0),
        ("title:net AND abstract:of", 0b001, 0b001),
        ("NOT graph", 0b100, 0),
        ("NOT listing:daily", 0b011, 0),
    ],
)
def test_a_leaf_says_which_papers_it_matches_and_which_strongly(
    text: str, papers: int, strong: int
) -> None:
    assert fields().bits(parse_clause(text)) == (papers, strong)
    assert fields().match(wanting(text)).count == papers.bit_count()


@cache
def fields() -> PaperIndex:
    papers = [
        paper(
            title="Graph nets",
            abstract="Of meshes",
            authors=("Ann Lee",),
            categories=("cs.LG", "stat.ML"),
            organisation="Some Labs",
            comment="12 pages",
        ),
        paper(title="Else", abstract="A graph mesh", authors=("Bo Ray",), categories=("cs.CV",)),
        paper(title="Nets", abstract="Else", authors=("Ann Lee", "Bo")),
    ]
    return PaperIndex(papers, [(), (), ("daily",)])


@table(
    ("pattern", "papers"),
    [
        ("cs.lg", 0b101),
        ("cs.l", 0),
        ("cs.*", 0b101),
        ("*.ml", 0b010),
        ("*", 0b111),
        ("c*g", 0b101),
        ("c*l", 0),
        ("cs.l*lg", 0),
        ("cs*.*lg", 0b101),
        ("*s*m*", 0b010),
        ("*m*s*", 0),
        ("s*t*t*ml", 0b010),
        ("s*t*t*t*", 0),
    ],
)
def test_a_star_is_any_part_of_a_category(pattern: str, papers: int) -> None:
    names = NameIndex([("cs.LG",), ("stat.ML",), ("cs.CV", "cs.LG")])

    assert names.find(pattern) == (papers, 0)


@pytest.mark.parametrize("clauses", [12, 13])
def test_many_clauses_score_as_few_do(clauses: int) -> None:
    words = [f"word{n}a" for n in range(clauses)]
    papers = [
        paper(title=words[0], abstract=" ".join(words[1:]), upvotes=31),
        paper(title=" ".join(words[1:3]), upvotes=29),
        paper(abstract=words[-1], upvotes=3),
        paper(title="Else", upvotes=90),
    ]
    query = CompiledQuery(wanted=tuple(clause(word, 2) for word in words))
    day = PaperIndex(papers)

    scores = [(2 * (clauses + 2) + 9, 0), (12 + 6, 1), (2, 2)]
    hit = [(1 << clauses) - 1, 0b110, 1 << clauses - 1]
    for most in (None, 3, 2, 1):
        ranking = day.rank(query.plan, trending=3, most=most)
        best = [(*score, bits) for score, bits in zip(scores, hit, strict=True)][:most]
        assert (ranking.count, ranking.top) == (3, best)
    assert [score for score, *_ in day.rank(query.plan).top] == [2 * clauses + 4, 12, 2]
    assert [each.score for each in day.match(query).matches] == [2 * clauses + 4, 12, 2]
    left = [len(day.rank(query.plan, trending=3, minimum=least).top) for least in (2, 3, 18, 19)]
    assert left == [3, 2, 2, 1]


def test_what_is_found_nowhere_and_what_is_put_together_is_not_kept_for_long() -> None:
    day = PaperIndex([paper(title="graph net")], remembered=5)
    for text in ("graph", "never", "net OR grid", "title:graph"):
        day.match(wanting(text))

    assert {*day._memory} == {clause(text).term for text in ("graph", "net", "title:graph")}


def test_hits_of_a_paper_are_its_own() -> None:
    day = titled("one graph", "graph two graphs")

    found = day.match(wanting("graph"))

    assert [m.reasons[0].hits for m in found.matches] == [
        (Hit("title", 4, 9),),
        (Hit("title", 0, 5), Hit("title", 10, 16)),
    ]


@pytest.mark.parametrize(
    "query", ["graph", "title:graph", "abstract:graph*", "a OR graph OR /graph/", "a NEAR/3 net"]
)
def test_hits_are_the_same_for_one_paper_as_for_all(query: str) -> None:
    """Of one paper out of 40, more than 16 places are not gone through one by one."""
    node = parse_clause(query)
    day = FieldIndex([paper(title="A graph", abstract="net of a graph, graphs") for _ in range(40)])

    every = day.hits(node, range(40))

    assert len({*every}) == 1
    in_order = sorted({*every[0]}, key=lambda hit: (hit.field != "title", hit.start, hit.end))
    assert every[0] == tuple(in_order)
    assert day.hits(node, [7]) == every[:1]
    assert day.hits(node, []) == []


def test_clauses_learnt_together_match_as_clauses_met_one_by_one() -> None:
    asked = [
        wanting("graph net", "title:graph", "never met"),
        wanting("net* OR graph", "graph NEAR/3 net"),
        CompiledQuery(required=(clause("graph"),), excluded=(clause("b1"),)),
    ]
    learnt, met = (titled("graph net", "graph b1", "net of graphs") for _ in range(2))
    learnt.learn(query.plan for query in asked)

    plain = {clause(text).term for text in ("graph net", "net* OR graph", "net*", "b1")}
    assert plain <= {*learnt._memory}
    assert clause("graph NEAR/3 net").term not in learnt._memory
    learnt.learn_rich(asked[1])
    assert clause("graph NEAR/3 net").term in learnt._memory
    for query in asked:
        assert learnt.match(query) == met.match(query)
    assert learnt.match(asked[0]).count == 3


def test_what_is_remembered_of_a_day_is_bounded() -> None:
    day = PaperIndex([paper(title="graph net")], remembered=20)
    for turn in range(200):
        assert day.match(wanting("graph", f"never{turn}")).count == 1

    assert len(day._memory) <= 20


@pytest.mark.parametrize("papers", [96, 97, 200])
def test_a_phrase_of_many_papers_is_found_as_one_of_few_is(papers: int) -> None:
    """Of more than 96 places the papers are found in one step."""
    day = PaperIndex(
        [
            paper(title="A grid mesh" if n % 3 == 0 else "x", abstract="The grid mesh" * (n % 2))
            for n in range(papers)
        ]
    )
    thirds, odd = (sum(1 << n for n in range(*each)) for each in ((0, papers, 3), (1, papers, 2)))

    assert day.bits(parse_clause("grid mesh")) == (thirds | odd, thirds)
    assert day.bits(parse_clause("title:grid mesh")) == (thirds, thirds)
    assert day.bits(parse_clause("abstract:grid mesh")) == (odd, 0)


def test_a_form_of_a_phrase_is_shown_as_it_is_written_in_one_of_its_places() -> None:
    day = titled("Sparse-Grids", "a sparse grid", "GRID")

    assert day.forms(parse_clause("sparse grid")) == {"sparse-grids": 0b001, "sparse grid": 0b010}
    assert day.forms(parse_clause("grids")) == {"grids": 0b001, "grid": 0b110}
    others = PaperIndex([paper(title="x", abstract="A grid"), paper(abstract="Grids")])
    assert others.forms(parse_clause("grid OR x")) == {"grid": 0b01, "grids": 0b10, "x": 0b01}
    assert others.forms(parse_clause("x AND NOT grid")) == {"x": 0b01}
    assert others.forms(parse_clause("title:grid")) == {}


def test_each_word_of_the_texts_has_a_number_its_places_and_its_papers() -> None:
    words = WordIndex(["A grid-mesh", "Sparse"], ["grids of CNNs 3-4", "the CNN's Grid"])
    for index in (words, kept(words)):
        grid = [index.number_of("grid"), index.number_of("Grid")]
        places = range(len(index))

        assert [*index.row] == [1, 2, 3, 0, 4, 0, 5, 6, 7, 8, 9, 0, 10, 11, 12, 0]
        assert grid == [2, 12]
        assert (index.number_of("GRID"), index.number_of("zzz")) == (0, 0)
        assert [index.folded(n) for n in (1, 7, 12)] == ["a", "cnns", "grid"]
        assert [*map(index.text_at, places)] == [0] * 4 + [1] * 2 + [2] * 6 + [3] * 4
        assert [index.extent(paper, part) for part in (0, 1) for paper in (0, 1)] == [
            (0, 4), (4, 6), (6, 12), (12, 16),
        ]  # fmt: skip
        assert (index.offsets(1, 2), index.offsets(7, 1)) == ((2, 11), (6, 8))
        assert [*filter(index.is_joined, places)] == [1, 9]
        assert ([*index.places_of(grid)], index.count(grid)) == ([1, 14], 2)
        assert (index.papers_of(grid), index.papers_at([1, 2, 6])) == ((1, 2), (1, 1))
        assert [*index.parted("gr")] == [*index.parted("gridm", "gridme")] == [("grid", "mesh")]
        assert [*index.parted("")] == [("cnns", "3"), ("grid", "mesh")]
        assert [*index.parted("", "gridxx")] == [*index.parted("grid", "grid")] == []
        assert [*map(index.is_beginning, ("gr", "grids", "gridsx", "zz"))] == [1, 1, 0, 0]
        assert index.beginning("gr") == ["grid", "grids"]
        assert index.texts(1)[1] == "the CNN's Grid"


@table(
    ("way", "word", "found"),
    [
        ("in_any_case", "GRID", ["grid", "Grid"]),
        ("in_any_case", "Gr*", ["grid", "Grid", "grids"]),
        ("in_any_case", "zz", []),
        ("in_capitals", "CNN", ["CNN's", "CNNs"]),
        ("in_case", "CNN", ["CNN's", "CNNs"]),
        ("in_case", "Grid", ["Grid"]),
        ("in_case", "Gr*", ["Grid"]),
        ("in_case", "gr*", ["grid", "grids"]),
    ],
)
def test_a_word_is_found_in_its_spellings(way: str, word: str, found: list[str]) -> None:
    index = WordIndex(["A grid-mesh", "Sparse"], ["grids of CNNs 3-4", "the CNN's Grid"])

    assert [index.raws[number] for number in getattr(index, way)(word)] == found


def test_a_word_that_may_be_a_form_of_several_is_found_by_each() -> None:
    day = titled("Live models", "A life model", "Lives-model", "Leave models", "Models live")

    assert day.bits(parse_clause("lives"))[0] == 0b10111
    assert day.bits(parse_clause("lives model"))[0] == 0b00111
    assert day.bits(parse_clause("a life model"))[0] == 0b00010
    assert day.bits(parse_clause("models lives"))[0] == 0b10000


def test_an_empty_day_matches_no_one() -> None:
    assert PaperIndex([]).match(wanting("graph", "NOT graph", "/x/", "author:Lee")).count == 0


def test_hostile_patterns_come_to_an_end() -> None:
    """An explosion never does; ``python -m bench hostile`` measures how soon."""
    assert len(HOSTILE) == 100
    unlucky = "a" * 300 + " " + "ab" * 200 + " x" * 200 + " e1 e2 e3 t.t.t. 0000 " * 20
    day = PaperIndex(
        [paper(title=unlucky[place::7], abstract=unlucky) for place in range(number(10, whole=30))]
    )
    for text in HOSTILE:
        assert day.bits(parse_clause(text)) is not None


@pytest.mark.parametrize(
    "query", ["mapping", "title:mapping", "mapping OR atlas", "a NEAR/2 mapping"]
)
def test_a_form_that_is_not_meant_is_in_the_term_of_its_clause(query: str) -> None:
    node = in_language(parse_clause(query), "en", (form_of("Mappings"),))
    plan = unpacked(packed(CompiledQuery(wanted=(Clause(query, query, 1, node),))))
    day = titled("A mapping", "Two mappings", "MAPPINGS' end", "A mapping of mappings")

    assert [paper for _, paper, _ in day.rank(plan).top] == [0, 3]
    assert Hit("title", 2, 9) in day.hits(node, 3)
    assert Hit("title", 13, 21) not in day.hits(node, 3)


def test_days_that_are_indexed_one_by_one_are_found_as_one() -> None:
    papers = [
        *(paper(title=title) for title in ("Mapping comments", "Mapping for SLAM", "ViSTA-SLAM")),
        paper(title="Robots that cook"),
        paper(title="Dense mapping", authors=("Ann Lee",), categories=("cs.RO",)),
    ]
    parts = [FieldIndex(papers[:2]), FieldIndex([]), FieldIndex(papers[2:])]
    query = wanting(
        *("mapping", "title:SLAM", "author:Lee", "category:cs.*", "/SLAM$/"),
        *("dense NEAR/2 map*", "NOT mapping", "listing:daily"),
    )
    listings = [("daily",), (), (), (), ("daily",)]

    whole = PaperIndex(papers, listings).match(query)

    for part in parts:
        part.warm()
    for joined in map(JoinedIndex, (parts, [*map(kept, parts)])):
        day = PaperIndex(joined.papers, listings, index=joined)
        assert day.match(query) == whole
        assert joined.papers[1:3] == papers[1:3]
        assert joined.papers[-1] == papers[-1]
        assert len(joined.papers) == 5
        assert [joined.text(n, "title") for n in range(5)] == [each.title for each in papers]
        assert day.forms(parse_clause("mapping")) == {"mapping": 0b10011}
    assert whole.count == 5


@pytest.mark.skipif(is_compiled(), reason="mypyc's classes are not made of a pickle")
@pytest.mark.parametrize("is_warm", [False, True])
def test_an_index_from_a_disk_finds_its_authors_whether_or_not_they_were_known(
    *, is_warm: bool
) -> None:
    index = FieldIndex([paper(title="Grid", authors=("Ann Lee", "Bo Ray"))])
    if is_warm:
        index.warm()
    read = kept(index)

    assert read._families == ("\nannlee\nlee\nboray\nray\n" if is_warm else "")
    assert [read.bits(parse_clause(f"author:{name}"))[0] for name in ("May", "Ray")] == [0, 1]


# ── how rare what matched is ──


QUERY = wanting("SLAM", "mapping", "robots")
FREQUENCIES = Frequencies(
    4_000, {c.term: n for c, n in zip(QUERY.wanted, (3, 400, 900), strict=True)}
)
PAPERS = [
    numbered(1, title="Mapping toxic comments", abstract=""),
    numbered(2, title="Mapping for SLAM", abstract=""),
    numbered(3, title="ViSTA-SLAM", abstract=""),
    numbered(4, title="Robots that cook", abstract=""),
]


@pytest.mark.parametrize(
    ("is_weighed", "order"), [(False, ["2", "3", "1", "4"]), (True, ["2", "3", "1", "4"])]
)
def test_of_equal_scores_the_rarest_is_first(is_weighed: bool, order: list[str]) -> None:
    found = PaperIndex(PAPERS).match(QUERY, frequencies=FREQUENCIES, is_weighed=is_weighed)

    assert [match.paper.key[-1] for match in found.matches] == order
    assert [match.score for match in found.matches] == [6, 3, 3, 3]


def test_rarity_is_before_the_score_only_where_it_is_weighed() -> None:
    papers = [
        numbered(1, title="Mapping by robots", abstract=""),
        numbered(2, title="ViSTA-SLAM", abstract=""),
    ]
    orders = [
        [
            match.paper.key[-1]
            for match in PaperIndex(papers)
            .match(QUERY, frequencies=FREQUENCIES, is_weighed=is_weighed)
            .matches
        ]
        for is_weighed in (False, True)
    ]

    assert orders == [["1", "2"], ["2", "1"]]
    day = PaperIndex(papers)
    by_score = day.by_rarity(QUERY, day.rank(QUERY.plan), FREQUENCIES)
    assert [best[1] for best, _ in by_score] == [0, 1]


def test_without_counts_more_clauses_come_first_and_then_the_listing_s_order() -> None:
    query = CompiledQuery(
        (
            Clause("mapping", "mapping", 2, parse_clause("abstract:mapping")),
            Clause("robots", "robots", 1, parse_clause("abstract:robots")),
            Clause("slam", "slam", 1, parse_clause("abstract:drones")),
        )
    )
    papers = [
        numbered(1, abstract="mapping"),
        numbered(2, abstract="robots, drones"),
        numbered(3, abstract="mapping"),
    ]

    found = PaperIndex(papers).match(query, frequencies=Frequencies())

    assert [match.paper.key[-1] for match in found.matches] == ["2", "1", "3"]


def test_the_rarest_of_a_papers_reasons_says_so_and_its_rank_its_rarity() -> None:
    day = PaperIndex([numbered(1, title="Mapping for SLAM", abstract="", upvotes=20)])
    ranking = day.rank(QUERY.plan, trending=1)
    [(best, rarity)] = day.by_rarity(QUERY, ranking, FREQUENCIES)

    [match] = day.matched(QUERY, [best], 1)
    assert [each.rare for each in match.reasons] == [None, None, None]
    match = with_rarest(match, QUERY, best[2], FREQUENCIES)

    assert [(each.label, each.points, each.rare) for each in match.reasons] == [
        ("<SLAM>", 3, (3, 4_000)), ("<mapping>", 3, None), ("20 upvotes", 2, None),
    ]  # fmt: skip
    assert (best, match.score) == ((8, 0, 0b11), 8)
    assert rarity == 3 * (997 + 332) * 8 // 6


@pytest.mark.parametrize(
    ("titles", "has_ties"),
    [
        (["Mapping", "Robots"], True),
        (["Mapping", "Mapping"], False),
        (["Mapping", "Mapping robots"], False),
        ([], False),
    ],
)
def test_a_ranking_says_whether_other_words_have_equal_scores(
    titles: list[str], has_ties: bool
) -> None:
    day = PaperIndex([numbered(n, title=title, abstract="") for n, title in enumerate(titles)])

    assert day.rank(QUERY.plan).has_ties is has_ties
