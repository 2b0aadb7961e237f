"""The search that an address of another site holds."""

# ruff: noqa: E501  # a table of searches, each as it is pasted

from __future__ import annotations

from digest.profiles.search_addresses import is_address, is_of_google, search_in

from ..tables import table

#: an address, and the search in it
SEARCHES = [
    ('https://arxiv.org/list/cs.CG/recent', 'cat:cs.CG'),
    ('https://rss.arxiv.org/rss/cs+math.AG+hep-th', 'cat:cs.* OR cat:math.AG OR cat:hep-th'),
    ('https://arxiv.org/atom', ''),
    ('https://export.arxiv.org/atom/cs.LG', 'cat:cs.LG'),
    ('https://arxiv.org/list', ''),
    ('https://arxiv.org/search/?query=mesh', 'mesh'),
    ('https://arxiv.org/search/?query=mesh&searchtype=abstract', 'abs:(mesh)'),
    ('https://arxiv.org/search/?query=mesh&searchtype=all', 'mesh'),
    ('https://arxiv.org/search/?searchtype=title', ''),
    ('https://arxiv.org/search/advanced?terms-0-term=a&terms-1-term=b&terms-1-operator=OR&terms-1-field=author&terms-2-term=&terms-3-term=c&terms-3-operator=NOT', '(((a)) OR au:(b)) ANDNOT (c)'),
    ('https://arxiv.org/search/advanced?terms-0-term=a&classification-statistics=y&classification-physics=y', '((a)) AND (cat:stat.* OR cat:physics.*)'),
    ('https://arxiv.org/search/advanced?terms-0-term=&classification-eess=y', ''),
    ('https://arxiv.org/search/advanced?terms-0-term=a&terms-100-term=b&terms-99-term=c', '((a)) AND (c)'),
    ('https://scholar.google.de/scholar?q=mesh+grid&as_occt=title', 'intitle:mesh intitle:grid'),
    ('https://scholar.google.com/scholar?q=mesh+grid&as_q=no', 'mesh grid'),
    ('https://www.scholar.google.com/scholar?as_epq=a+b&as_occt=title&as_oq=c+d&as_eq=e+f&as_sauthors=Jo+Berg', 'intitle:"a b" (intitle:c OR intitle:d) -e -f author:"Jo Berg"'),
    ('https://scholar.google.com/scholar?as_sauthors=author:Berg', 'author:Berg'),
    ('https://scholar.google.com/scholar?as_sauthors=%22Jo+Berg%22&as_oq=a', '(a) author:"Jo Berg"'),
    ('https://scholar.google.com/', ''),
    ('https://www.biorxiv.org/search/mesh+grid', 'mesh grid'),
    ('https://x.org/search', ''),
    ('https://x.org/search/q=a%2Bb&sort=date', 'a+b'),
    ('https://x.org/find/mesh', ''),
    ('https://x.org/?term=a&q=b', 'b'),
    ('https://x.org/?text=a&search=b&keywords=c&terms=d', 'd'),
    ('https://x.org/#q=mesh', 'mesh'),
    ('https://x.org/#mesh%20grid', 'mesh grid'),
    ('https://x.org/search/mesh?q=grid', 'grid'),
    ('https://[x', ''),
    ('  https://x.org/?q=a  ', 'a'),
    ('https://x.org/?q=a&q=b', 'a'),
]  # fmt: skip


@table("address search", SEARCHES)
def test_an_address_holds_a_search(address: str, search: str) -> None:
    assert search_in(address) == search


@table(
    "text is_one",
    [
    ('https://x.org', True),
    (' HTTP://x.org/a ', True),
    ('https://x.org a', False),
    ('ftp://x.org', False),
    ('x.org', False),
    ('https://', False),
    ('', False),
    ],
)  # fmt: skip
def test_an_address_is_one_of_the_web_without_blanks(text: str, is_one: bool) -> None:
    assert is_address(text) is is_one


@table(
    "text is_one",
    [
    ('https://scholar.google.de/scholar?q=a', True),
    (' HTTP://www.google.com/', True),
    ('https://google.com/', False),
    ('https://x.org/www.google.com', False),
    ],
)  # fmt: skip
def test_an_address_of_google_begins_with_its_name(text: str, is_one: bool) -> None:
    assert is_of_google(text) is is_one
