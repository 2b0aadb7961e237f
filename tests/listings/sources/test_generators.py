"""A page of each generator's and publisher's feed, with all that is odd about it."""

from __future__ import annotations

from datetime import date

from digest.listings.sources.feed import parse
from digest.model import Listing

from ...generators import Generator, faults_of, generators
from ...tables import table

DAY = date(2027, 1, 5)


@table("generator", generators())
def test_each_oddity_of_a_publisher_reads_as_it_is_meant(generator: Generator) -> None:
    posts = [generator.post(number, DAY) for number in range(generator.posts)]
    listing = Listing(name="l", kind="feed", url=f"https://{generator.host}/feed")
    page = parse(generator.feed(posts), listing, DAY)

    assert (page.reasons, page.remarks) == ((), ())
    assert len(page.papers) == len(posts)
    odd = [
        fault
        for post, paper in zip(reversed(posts), page.papers, strict=True)
        for fault in faults_of(post, paper.title, paper.abstract, paper.authors)
    ]
    assert odd == []


def test_thirty_forms_have_eight_oddities_each() -> None:
    found = generators()
    assert len({generator.name for generator in found}) >= 30
    assert min(len(generator.row["odd"]) for generator in found) >= 8
    assert all(generator.row["after"] for generator in found)
