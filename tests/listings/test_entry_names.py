"""Names of feed entries: by what links differ, and which entries have one of two marks."""

from __future__ import annotations

from digest.listings.entry_names import are_near, entries_in, entry_name, link_key

from ..tables import table


@table(
    ("link", "key"),
    [
        ("https://www.A.example/x/?utm_source=a&q=1&ref", "a.example/x?q=1"),
        ("http://a.example", "a.example?"),
        (" HTTP://A.example/X/ ", "a.example/X?"),
        ("https://a.example/x?source2=1&rss=1&gclid&mc_cid=3&b=2", "a.example/x?source2=1&b=2"),
        ("https://wwww.a.example/www.", "wwww.a.example/www.?"),
        ("http://[x", "http://[x"),
    ],
)  # fmt: skip
def test_a_link_is_known_by_what_changes_with_the_page(link: str, key: str) -> None:
    assert link_key(link) == key


def test_an_entry_has_the_mark_of_its_guid_and_that_of_its_link() -> None:
    both, other = entry_name("l", "1", "https://a.example/"), entry_name("l", "1", "b")
    alone = entry_name("l", "", "http://www.a.example")

    assert both.startswith("entry:l/")
    guid, link = both.removeprefix("entry:l/").split(".")
    assert (len(guid), len(link), guid == link) == (16, 16, False)
    assert other.startswith(f"entry:l/{guid}.")
    assert other != both
    assert alone == f"entry:l/{link}.{link}"
    assert entry_name("l", "", "") == ""


def test_entries_are_found_among_names_by_their_listing() -> None:
    names = ["entry:a/b/1.2", "entry:a/b/3.4", "entry:c/1.2", "doi:10.1/x", "entryx:c/5.6"]

    assert entries_in(names) == {"a/b": {"1.2", "3.4"}, "c": {"1.2"}}


@table(
    ("mine", "theirs", "is_near"),
    [
        (["a.b"], ["a.c"], True),
        (["a.b"], ["c.b"], True),
        (["a.b"], ["b.a"], False),
        (["a.b", "c.d"], ["x.y", "x.d"], True),
        (["a.b"], [], False),
    ],
)
def test_entries_are_near_by_either_mark(
    mine: list[str], theirs: list[str], *, is_near: bool
) -> None:
    assert are_near(mine, theirs) is is_near
