"""How far apart the requests to one operator's hosts are."""

from __future__ import annotations

from digest.listings.sources.politeness import LocalPace, group_of

from ...tables import table


@table(
    ("host", "group"),
    [
        ("arxiv.org", ("arxiv.org", 3.0)),
        ("export.arxiv.org", ("arxiv.org", 3.0)),
        ("RSS.arXiv.org.", ("arxiv.org", 3.0)),
        ("notarxiv.org", ("notarxiv.org", 1.0)),
        ("arxiv.org.example", ("arxiv.org.example", 1.0)),
        ("Journal.example", ("journal.example", 1.0)),
    ],
)
def test_all_hosts_of_arxiv_share_three_seconds_and_any_other_has_one(
    host: str, group: tuple[str, float]
) -> None:
    assert group_of(host) == group


def test_each_request_waits_for_the_end_of_the_one_before_and_no_longer() -> None:
    now = [10.0]
    pace = LocalPace(lambda: now[0])

    assert [pace.take("arxiv.org", 3.0) for _ in range(3)] == [0.0, 3.0, 3.0]
    assert pace.take("journal.example", 1.0) == 0.0
    now[0] = 12.0
    assert pace.take("arxiv.org", 3.0) == 1.0
    pace.end("arxiv.org", 3.0)
    assert pace.take("arxiv.org", 3.0) == 3.0
    now[0] = 60.0
    assert [pace.take("arxiv.org", 3.0) for _ in range(2)] == [0.0, 3.0]
