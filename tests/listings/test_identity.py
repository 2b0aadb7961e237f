from __future__ import annotations

from dataclasses import replace
from datetime import date
from itertools import product

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from digest.listings.identity import (
    arxiv_id,
    doi,
    entries_of,
    is_same_entry,
    is_same_on_a_page,
    is_same_work,
    key_of,
    name_apart,
    names,
    title_name,
    unite,
)
from digest.model import ChangeKind, Paper

from ..extent import number
from ..tables import table

SPELLINGS = [
    "{}", " {} ", "arXiv:{}", "arxiv: {}", "ARXIV:{}", "oai:arXiv.org:{}", "abs/{}", "pdf/{}",
    "http://arxiv.org/abs/{}", "https://arxiv.org/abs/{}", "https://www.arxiv.org/abs/{}",
    "https://export.arxiv.org/abs/{}", "https://rss.arxiv.org/abs/{}", "//arxiv.org/abs/{}",
    "https://arxiv.org/pdf/{}", "https://arxiv.org/pdf/{}.pdf", "https://arxiv.org/html/{}",
    "https://arxiv.org/abs/{}?context=cs", "https://arxiv.org/abs/{}#top",
    "https://arxiv.org/abs/{}/", "https://huggingface.co/papers/{}", "https://hf.co/papers/{}",
    "10.48550/arXiv.{}", "doi:10.48550/ARXIV.{}", "https://doi.org/10.48550/arXiv.{}",
    "https://www.alphaxiv.org/abs/{}", "https://papers.cool/arxiv/{}",
]  # fmt: skip


IDS = ["2503.08638", "0901.2443", "1501.00001", "quant-ph/0201082", "math/0306266"]


@table("spelling", SPELLINGS)
def test_an_arxiv_id_is_read_in_every_spelling(spelling: str) -> None:
    """A23."""
    for id, version in product(IDS, (None, 1, 12)):
        text = spelling.format(id + (f"v{version}" if version else ""))
        assert arxiv_id(text) == (id, version)
        assert key_of(title="T", arxiv=text) == f"arxiv:{id}"


def test_an_old_ids_subject_class_is_left_out() -> None:
    assert arxiv_id("math.GT/0309136v2") == ("math/0309136", 2)


@table(
    "text",
    [
        "", "hello", "2503.0863", "2503.086381", "2500.08638", "2513.08638", "2503.08638v0",
        "2503.08638vv1", "nonsense/0201082", "quant-ph/0213082", "２５０３.08638",
        "see 2503.08638", "https://example.org/abs/2503.08638", "https://arxiv.org/list/cs.CL/new",
        "10.1101/2503.08638", "http://arxiv.org.example/abs/2503.08638",
    ],
)  # fmt: skip
def test_what_is_no_arxiv_id_is_not_taken_for_one(text: str) -> None:
    assert arxiv_id(text) is None


@table(
    ("text", "name"),
    [
        ("10.1101/743294", "10.1101/743294"),
        ("doi:10.1101/743294", "10.1101/743294"),
        ("DOI: 10.1234/AbC", "10.1234/abc"),
        ("http://dx.doi.org/10.1234/AbC", "10.1234/abc"),
        ("https://doi.org/10.1234/a%28b%29", "10.1234/a(b)"),
        ("https://doi.org/10.1234/a?via=feed", "10.1234/a"),
        ("10.1234/a?via=feed", "10.1234/a?via=feed"),
        ("10.1234/abc.", "10.1234/abc"),
        ("10.1101/2025.01.02.631000v2", "10.1101/2025.01.02.631000"),
        ("10.64898/2025.12.01.691234v1.full.pdf", "10.64898/2025.12.01.691234"),
        ("10.1234/versionv2", "10.1234/versionv2"),
        ("https://www.biorxiv.org/content/10.1101/2026.03.01.1v2?rss=1", "10.1101/2026.03.01.1"),
        ("https://www.medrxiv.org/content/10.64898/743294v1.full.pdf", "10.64898/743294"),
        ("https://www.biorxiv.org/content/biorxiv/early/10.1101/743294v1", "10.1101/743294"),
        ("https://journal.example.org/doi/abs/10.1234/AbC?af=R", "10.1234/abc"),
        ("https://journal.example.org/articles/10.1234/x.2026.1/full", "10.1234/x.2026.1"),
        ("https://example.org/?see=https://doi.org/10.1234/abc", None),
        ("https://example.org/10.1234/abc", None),
        ("https://www.biorxiv.org/content/early/recent", None),
        ("10.12/x", None),
        ("11.1234/x", None),
        ("10.1234/", None),
        ("10.1234/a b", None),
        ("", None),
    ],
)
def test_a_doi_is_read_without_case_and_version(text: str, name: str | None) -> None:
    """A23."""
    assert doi(text) == name


def test_the_best_name_is_the_key_and_the_others_are_aliases() -> None:
    assert names(title="On X", arxiv="arXiv:2503.08638v3", doi_name="10.1234/ABC") == (
        "arxiv:2503.08638",
        "doi:10.1234/abc",
        "title:onx",
    )
    assert names(title="On X", doi_name="10.48550/arXiv.2503.08638") == (
        "arxiv:2503.08638",
        "title:onx",
    )
    assert names(title="On X", arxiv="nonsense", doi_name="nonsense") == ("title:onx",)


def test_what_is_only_called_editorial_has_a_name_of_its_own() -> None:
    january, february = (title_name("Editorial.", hint=text) for text in ("Snow.", "Rain."))
    assert january != february
    assert january == title_name("EDITORIAL", hint="Snow.")
    assert title_name("Editorial decisions", hint="a") == title_name("Editorial decisions")


def test_two_works_of_one_title_are_named_apart_by_their_entries_else_by_their_abstracts() -> None:
    entries = [paper(aliases=(f"entry:daily/{n}",), abstract=ABSTRACT) for n in (1, 2)]
    texts = [paper(abstract=text) for text in (ABSTRACT, OTHER)]

    assert len({name_apart(each) for each in (*entries, *texts)}) == 4
    assert name_apart(entries[0]) == name_apart(paper(aliases=entries[0].aliases, abstract=OTHER))
    assert name_apart(texts[0]) == name_apart(paper(abstract=ABSTRACT))
    assert all(name_apart(each).startswith("title:onx~") for each in (*entries, *texts))


def paper(key: str = "", title: str = "On X", **rest: object) -> Paper:
    found = names(title=title, arxiv=key.removeprefix("arxiv:"), doi_name=key)
    return Paper(**{"key": found[0], "title": title, "aliases": found[1:], **rest})  # type: ignore[arg-type]


ABSTRACT = "We measure how many pebbles a tide moves, and find that it moves them all at once."
OTHER = "A short introduction into the history of lighthouses along northern coasts since 1800."


@table(
    ("a", "b", "is_same"),
    [
        (paper("arxiv:2503.00001"), paper("arxiv:2503.00001", title="Retitled"), True),
        (paper("arxiv:2503.00001"), paper("arxiv:2503.00002"), False),
        (paper("10.1234/a"), paper("10.1234/b"), False),
        (paper("10.1234/a"), paper("arxiv:2503.00001"), True),
        (paper("arxiv:2503.00001"), paper(title="ON  X!"), True),
        (paper("arxiv:2503.00001"), paper(title="On Y"), False),
        (paper(abstract=ABSTRACT), paper(abstract=ABSTRACT[:40]), True),
        (paper(abstract=ABSTRACT), paper(abstract=ABSTRACT + " " + OTHER), True),
        (paper(abstract=ABSTRACT), paper(abstract=OTHER), False),
        (paper(abstract=ABSTRACT), paper(), True),
    ],
)
def test_one_work_is_told_by_ids_then_by_title_and_abstract(
    a: Paper, b: Paper, is_same: bool
) -> None:
    assert is_same_work(a, b) is is_same
    assert is_same_work(b, a) is is_same


@pytest.mark.parametrize(("shared", "is_same"), [(10, True), (9, False)])
def test_half_of_the_shorter_abstracts_words_make_two_titles_one_work(
    shared: int, is_same: bool
) -> None:
    """Of twenty different words; the longer abstract may have as many as it likes."""
    words, others = ([f"{stem}{chr(97 + n)}" for n in range(20)] for stem in ("word", "else"))
    short, long = " ".join(words), " ".join([*words[:shared], *others, "and", "more"])

    assert is_same_work(paper(abstract=short), paper(abstract=long)) is is_same


def test_a_united_paper_was_published_first_and_updated_last() -> None:
    early, late = date(2026, 3, 9), date(2026, 3, 12)
    one, other = (paper(published=day, updated=day) for day in (early, late))

    for both in (unite(one, other), unite(other, one)):
        assert (both.published, both.updated) == (early, late)
    assert unite(one, paper()).updated == unite(paper(), one).published == early


def test_uniting_keeps_what_either_knew() -> None:
    """A20."""
    listed = paper(
        abstract="Short.",
        author_count=3,
        organisation="Coast",
        comments=2,
        url="https://huggingface.co/papers/x",
    )
    announced = paper(
        "arxiv:2503.00001v2",
        title="On $X$",
        version=2,
        abstract=ABSTRACT,
        authors=("Ada Petrel",),
        categories=("cs.CL",),
        url="https://arxiv.org/abs/2503.00001",
        links={"pdf": "https://arxiv.org/pdf/2503.00001"},
        announced=ChangeKind.CROSS,
    )
    both = unite(listed, announced)
    assert both == unite(announced, listed)
    assert (both.key, both.aliases) == ("arxiv:2503.00001", ("title:onx",))
    assert (both.title, both.abstract, both.authors_known) == ("On $X$", ABSTRACT, 3)
    assert (both.url, both.links["listed"]) == (announced.url, listed.url)
    assert both.announced is ChangeKind.NEW
    assert both.organisation == "Coast"


def test_whoever_has_a_page_needs_no_search_for_it() -> None:
    search = {"find": "https://arxiv.org/search/?query=moths&searchtype=title"}
    lost = Paper(key="title:moths", title="Moths", links=search)
    found = Paper(key="arxiv:2510.00001", title="Moths", url="https://arxiv.org/abs/2510.00001")

    assert unite(lost, lost).links == search
    assert unite(lost, found).links == {}


def test_a_withdrawal_is_not_hidden_by_an_announcement() -> None:
    gone = paper("arxiv:2503.00001", announced=ChangeKind.WITHDRAWN)
    assert unite(gone, paper("arxiv:2503.00001")).announced is ChangeKind.WITHDRAWN


ENTRY = ("entry:feed/1.2",)


def entry(title: str = "On X", abstract: str = "", aliases: tuple[str, ...] = ENTRY) -> Paper:
    return Paper(key=title_name(title), title=title, abstract=abstract, aliases=aliases)


@table(
    "a b same_entry same_work same_on_a_page",
    [
        (entry(), entry(), True, True, True),
        (entry(), entry(aliases=("entry:feed/3.4",)), False, False, False),
        (entry(), entry(aliases=("entry:other/1.2",)), False, True, True),
        (entry("Notes 41"), entry("Notes 42"), True, True, True),
        (entry("Notes 41", ABSTRACT), entry("Notes 42", OTHER), True, False, False),
        (entry("Notes 41", ABSTRACT), entry("Notes 42", ABSTRACT), True, True, True),
        (entry("Notes on it", ABSTRACT), entry("Notes of it", OTHER), True, True, False),
        (entry("Pebbles", ABSTRACT), entry("Of lighthouses", ABSTRACT), True, True, False),
        (entry("Pebbles", ABSTRACT), entry("Of lighthouses", OTHER), True, False, False),
        (entry("Pebbles"), entry("Of lighthouses"), True, False, False),
        (entry("Pebbles", ABSTRACT), entry("Of lighthouses"), True, False, False),
        (entry("abcdefghij"), entry("abcdefgxyz"), True, True, True),
        (entry("abcdefghij"), entry("abcdefvxyz"), True, False, False),
        (entry("small stones move"), entry("move stones, small and of all"), True, True, True),
    ],
)  # fmt: skip
def test_one_entry_of_a_feed_is_one_work_unless_it_shows_another_text(
    a: Paper, b: Paper, same_entry: bool, same_work: bool, same_on_a_page: bool
) -> None:
    for one, other in ((a, b), (b, a)):
        assert is_same_entry(one, other) is same_entry
        assert is_same_work(one, other) is same_work
        assert is_same_on_a_page(one, other) is same_on_a_page


def test_names_of_what_has_no_id_are_short_and_stay_as_they_are() -> None:
    assert title_name("Editorial", hint="Snow.") == "title:editorial-af4973138a43"
    assert name_apart(entry(abstract=ABSTRACT)) == name_apart(entry())
    assert name_apart(entry()) == "title:onx~dc37ecdb"
    assert entries_of(entry(aliases=("doi:10.1234/a", *ENTRY, "entry"))) == {*ENTRY}
    assert names(title="On X", entry="entry:feed/1.2") == ("title:onx", "entry:feed/1.2")
    assert names(title="On X", arxiv="10.1234/a", doi_name="arXiv:2503.00001") == (
        "arxiv:2503.00001", "doi:10.1234/a", "title:onx"
    )  # fmt: skip


@table(
    "text",
    ["https://JOURNAL.example.org/DOI/ABS/10.1234/AbC", "DOI:10.1234/abc", "10.1234/ABC;"],
)
def test_a_doi_is_read_in_any_case(text: str) -> None:
    assert doi(text) == "10.1234/abc"


def test_the_richer_of_two_records_counts_for_each_field() -> None:
    old = paper(
        "arxiv:2503.00001", title="On X", version=1, authors=("A", "B"), author_count=5, upvotes=0,
        comments=7, organisation="Coast", comment="9 pages", categories=("cs.LG",),
        url="https://a.example/", links={"pdf": "https://a", "code": "https://c"},
        extra={"x": {"b": 1, "a": 2}, "y": [1]}, wording="a",
    )  # fmt: skip
    new = paper(
        "arxiv:2503.00001", title="On x", version=2, authors=("A", "C"), author_count=2, upvotes=3,
        comments=0, organisation="Coasts", comment="", categories=("cs.CL", "cs.LG"),
        url="https://b.example/", links={"pdf": "https://b"},
        extra={"x": {"a": 2, "b": 1}, "z": 1}, wording="b",
    )  # fmt: skip
    both = unite(old, new)

    assert both == unite(new, old)
    assert (both.title, both.version, both.authors, both.author_count) == ("On x", 2, ("A", "C"), 5)
    assert (both.upvotes, both.comments, both.wording) == (3, 7, "b")
    assert (both.organisation, both.comment) == ("Coasts", "9 pages")
    assert both.categories == ("cs.CL", "cs.LG")
    assert (both.url, both.links) == (
        "https://b.example/",
        {"pdf": "https://b", "code": "https://c", "listed": "https://a.example/"},
    )
    assert (*both.extra,) == ("x", "y", "z")
    assert (both.extra["y"], both.extra["z"]) == ([1], 1)
    unnumbered, first = paper(title="On X, in two parts"), replace(old, version=1)
    assert unite(unnumbered, first).title == "On X"
    assert unite(replace(unnumbered, version=0), replace(first, version=None)).title == (
        "On X, in two parts"
    )
    assert unite(old, replace(new, author_count=None)).author_count == 5
    assert unite(replace(old, author_count=2), new).author_count is None


def test_an_address_that_is_a_link_already_is_not_listed_again() -> None:
    first = paper(url="https://arxiv.org/abs/1", links={"code": "https://a.example/"})
    second = paper(url="https://a.example/")

    assert unite(first, second).links == {"code": "https://a.example/"}
    assert unite(paper(url="https://b.example/"), paper(url="https://b.example/")).links == {}
    assert unite(first, second).url == "https://arxiv.org/abs/1"
    known = paper(links={"listed": "https://l"}, url="https://a")
    assert unite(known, paper(url="https://b")).links == {"listed": "https://l"}


@table(
    "shared is_same",
    [(3, True), (2, False)],
)
def test_words_that_are_half_of_a_title_of_six_make_it_a_correction(
    shared: int, is_same: bool
) -> None:
    words = ("pebble", "harbour", "lantern", "meadow", "orchard", "thunder")
    others = ("quarry", "violet", "sextant", "glacier", "ribbon", "walnut")
    title = " ".join([*words[:shared], *others[shared:]][::-1])

    assert is_same_work(entry(" ".join(words)), entry(title)) is is_same


words = st.sampled_from(["", "a", "b", "aa", "on x"])
some = st.none() | st.integers(0, 3)
made = st.builds(
    Paper,
    key=st.sampled_from(["arxiv:2503.00001", "doi:10.1234/a", "title:onx", "other:x"]),
    title=st.sampled_from(["On X", "On  X", "ON X!"]),
    aliases=st.lists(st.sampled_from(["doi:10.1234/a", "title:onx"]), unique=True).map(tuple),
    version=some,
    abstract=words,
    authors=st.lists(st.sampled_from("AB"), max_size=3).map(tuple),
    author_count=some,
    categories=st.lists(st.sampled_from(["cs.CL", "cs.LG"]), unique=True).map(tuple),
    url=st.sampled_from(["", "https://arxiv.org/abs/1", "https://a.example/"]),
    links=st.dictionaries(st.sampled_from(["pdf", "code"]), st.sampled_from(["https://a", "https://b"])),
    published=st.none() | st.dates(date(2020, 1, 1), date(2020, 1, 3)),
    upvotes=some,
    announced=st.sampled_from(ChangeKind),
    extra=st.dictionaries(st.sampled_from("xy"), st.integers(0, 2) | st.just(["z"])),
)  # fmt: skip
papers = made.map(
    lambda made: replace(made, aliases=tuple(name for name in made.aliases if name != made.key))
)


@given(papers, papers)
def test_uniting_does_not_depend_on_the_order(a: Paper, b: Paper) -> None:
    assert unite(a, b) == unite(b, a)


@given(papers)
def test_a_paper_united_with_itself_is_itself(a: Paper) -> None:
    assert unite(a, a) == a


@given(papers, papers)
def test_uniting_again_adds_nothing(a: Paper, b: Paper) -> None:
    both = unite(a, b)
    assert unite(both, a) == unite(a, both)
    again = unite(both, a)
    assert replace(again, links={}) == replace(both, links={})


@settings(max_examples=number(40, whole=200))
@given(papers, papers, papers)
def test_uniting_three_does_not_depend_on_who_came_first(a: Paper, b: Paper, c: Paper) -> None:
    """All but the links: of three pages only two are kept."""
    left, right = unite(unite(a, b), c), unite(a, unite(b, c))
    assert replace(left, links={}, categories=()) == replace(right, links={}, categories=())
    assert set(left.categories) == set(right.categories)


@given(papers, papers)
def test_no_name_is_lost_and_the_key_is_among_the_best(a: Paper, b: Paper) -> None:
    both = unite(a, b)
    assert {both.key, *both.aliases} >= {a.key, b.key, *a.aliases, *b.aliases}
    assert both.key not in both.aliases
