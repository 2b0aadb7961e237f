"""What each kind asks for, and what it makes of several answers."""

from __future__ import annotations

import json
from collections.abc import Callable
from datetime import UTC, date, datetime
from inspect import Parameter, signature

import pytest

from digest.errors import SourceError
from digest.listings.sources import KINDS, body, read_whole, source
from digest.listings.sources.http import Body
from digest.model import ChangeKind, Listing, ListingPage

from ...recordings import FOLDER
from ...tables import table
from ...world import World

DAY = date(2025, 10, 3)


def read(kind: str, world: World, day: date = DAY, **listing: object) -> ListingPage:
    return source(kind)(Listing(name="l", kind=kind, **listing), day, world)  # type: ignore[arg-type]


def recorded(name: str) -> bytes:
    return (FOLDER / name).read_bytes()


@table("kind", sorted(KINDS))
def test_every_kind_is_found(kind: str) -> None:
    assert callable(source(kind))


def own(listing: Listing, day: date, fetch: object) -> ListingPage:
    return ListingPage((), 0, batch=day)


def test_a_source_of_the_users_own_is_found_by_its_place() -> None:
    assert read("tests.listings.sources.test_sources:own", World()).batch == DAY


@pytest.mark.parametrize("function", [read_whole, body])
def test_what_sources_of_ones_own_call_takes_its_default_by_name(
    function: Callable[..., object],
) -> None:
    assert signature(function).parameters["default"].kind is Parameter.KEYWORD_ONLY


@table(
    ("kind", "reason"),
    [
        ("arxvi", "did you mean 'arxiv'"),
        ("xyz", "there are arxiv, biorxiv"),
        ("no.such.module:read", "cannot be loaded"),
        ("tests.listings.sources.test_sources:nothing", "cannot be loaded"),
        ("tests.listings.sources.test_sources:DAY", "not a function"),
    ],
)
def test_an_unknown_kind_is_explained(kind: str, reason: str) -> None:
    with pytest.raises(ValueError, match=reason):
        source(kind)


def test_the_day_is_filled_into_paths_and_addresses() -> None:
    page = recorded("listing/one-page.txt")
    world = World({"https://x.example/2025-10-03.txt": page}, {"in/2025-10-03.txt": page})
    assert read("listing", world, path="in/{day}.txt").entries == 3
    found = read("listing", world, url="https://x.example/{day}.txt")
    assert found.validators == {"https://x.example/2025-10-03.txt": '"v"'}


def test_what_is_not_modified_is_no_page_and_no_failure() -> None:
    unchanged = Body(b"", is_unchanged=True)
    address = "https://huggingface.co/api/daily_papers?date=2025-10-03&limit=100"
    assert read("huggingface", World({address: unchanged})).is_unchanged
    assert read(
        "feed", World({"https://x.example/": unchanged}), url="https://x.example/"
    ).is_unchanged


def test_a_missing_file_is_named() -> None:
    with pytest.raises(SourceError, match=r"^l: in/2025-10-03\.txt: no such file$"):
        read("listing", World(), path="in/{day}.txt")


@pytest.mark.parametrize("kind", ["feed", "jsonfeed", "listing", "arxiv"])
def test_a_listing_that_is_nowhere_says_what_it_needs(kind: str) -> None:
    with pytest.raises(SourceError, match="needs"):
        read(kind, World())


@table(
    ("listing", "expected"),
    [
        (Listing(name="l", kind="huggingface"), True),
        (Listing(name="l", kind="huggingface", options={"period": "trending"}), False),
        (Listing(name="l", kind="huggingface", url="https://huggingface.co/papers"), False),
        (Listing(name="l", kind="arxiv", options={"categories": ["cs"]}), True),
        (Listing(name="l", kind="arxiv", url="https://rss.arxiv.org/rss/cs"), False),
        (Listing(name="l", kind="biorxiv"), True),
        (Listing(name="l", kind="pubmed"), True),
        (Listing(name="l", kind="crossref"), True),
        (Listing(name="l", kind="openalex"), False),
        (Listing(name="l", kind="openreview"), False),
        (Listing(name="l", kind="openreview", url="https://x.example/{day}"), False),
        (Listing(name="l", kind="feed", url="https://x.example/"), False),
        (Listing(name="l", kind="feed", url="https://x.example/{day}"), True),
        (Listing(name="l", kind="listing", path="{day}.txt"), True),
    ],
)
def test_whether_an_earlier_day_can_be_asked_for(listing: Listing, expected: bool) -> None:
    assert listing.is_dated is expected


# -- Hugging Face ----------------------------------------------------------------------------------

HF = "https://huggingface.co/api/daily_papers"


def listed(*numbers: int) -> bytes:
    return json.dumps(
        [{"paper": {"id": f"2510.{n:05}", "title": f"T{n}", "summary": "S."}} for n in numbers]
    ).encode()


def test_a_full_page_is_followed_by_the_next() -> None:
    first = f"{HF}?date=2025-10-03&limit=100"
    world = World(
        {
            first: listed(*range(100)),
            f"{first}&p=1": listed(*range(99, 199)),
            f"{first}&p=2": listed(199),
        }
    )
    page = read("huggingface", world)
    assert (page.entries, len(page.papers)) == (201, 200)
    assert page.validators == {}


def test_a_list_of_more_pages_than_are_read_says_so() -> None:
    first = f"{HF}?date=2025-10-03&limit=2"
    pages = {f"{first}&p={n}": listed(2 * n, 2 * n + 1) for n in range(1, 30)}
    world = World({first: listed(0, 1), **pages})

    page = read("huggingface", world, url=HF + "?date={day}&limit=2")

    assert (page.entries, len(world.asked)) == (40, 20)
    assert page.reasons == ("20 pages of the list were asked for, and there may be more",)


def test_a_source_that_ignores_the_page_number_is_not_asked_for_ever() -> None:
    first = f"{HF}?date=2025-10-03&limit=2"
    same = listed(1, 2)
    world = World({first: same, f"{first}&p=1": same})
    page = read("huggingface", world, url=HF + "?date={day}&limit=2")
    assert (page.entries, len(page.papers), len(world.asked)) == (4, 2, 2)


def test_an_address_without_a_limit_has_fifty_on_a_page() -> None:
    first = f"{HF}?date=2025-10-03"
    world = World({first: listed(*range(50)), f"{first}&p=1": listed(*range(50, 60))})
    assert read("huggingface", world, url=HF + "?date={day}").entries == 60


def test_a_day_to_come_is_today_in_utc() -> None:
    world = World({f"{HF}?date=2025-10-04&limit=100": b"[]"})
    assert read("huggingface", world, day=date(2025, 10, 5)).entries == 0


@pytest.mark.parametrize(
    ("period", "question"),
    [
        ("week", "week=2025-W40&limit=100"),
        ("month", "month=2025-10&limit=100"),
        ("trending", "sort=trending&limit=100"),
    ],
)
def test_other_periods_have_lists_too(period: str, question: str) -> None:
    world = World({f"{HF}?{question}": listed(1)})
    assert read("huggingface", world, options={"period": period}).entries == 1


@pytest.mark.parametrize(
    ("period", "question", "days"),
    [
        ("day", "date=2025-10-03", {}),
        ("week", "week=2025-W40", {1: date(2025, 10, 1), 2: date(2025, 10, 2)}),
        ("trending", "sort=trending", {1: date(2025, 10, 1), 2: date(2025, 10, 2)}),
    ],
)
def test_a_list_of_several_days_says_when_each_paper_was_listed(
    period: str, question: str, days: dict[int, date]
) -> None:
    entries = json.loads(listed(1, 2, 3))
    for n in (1, 2):
        entries[n - 1]["paper"]["submittedOnDailyAt"] = f"2025-10-0{n}T00:00:00.000Z"
    world = World({f"{HF}?{question}&limit=100": json.dumps(entries).encode()})

    page = read("huggingface", world, options={"period": period})

    assert page.listed == {f"arxiv:2510.{n:05}": day for n, day in days.items()}


def test_what_is_trending_is_its_first_hundred_and_no_days_batch() -> None:
    world = World({f"{HF}?sort=trending&limit=100": listed(*range(100))})
    page = read("huggingface", world, options={"period": "trending"})
    assert (page.entries, page.batch) == (100, None)


def test_a_token_goes_with_every_request() -> None:
    first = f"{HF}?date=2025-10-03&limit=100"
    world = World({first: listed(*range(100)), f"{first}&p=1": b"[]"})
    read("huggingface", world, options={"token": "hf_secret"})
    assert world.headers == [{"Authorization": "Bearer hf_secret"}] * 2


def test_an_unknown_period_is_refused() -> None:
    with pytest.raises(SourceError, match="no period is called 'year': there are day, week"):
        read("huggingface", World(), options={"period": "year"})


def test_the_web_page_serves_where_the_api_was_meant() -> None:
    first = f"{HF}?date=2025-10-04&limit=100"
    page = read(
        "huggingface", World({first: recorded("huggingface/2025-10-04.html")}), date(2025, 10, 4)
    )
    assert (page.entries, page.batch) == (1, date(2025, 10, 3))


# -- JSON Feed -------------------------------------------------------------------------------------

FEED = "https://blog.example/feed.json"


def items(*numbers: int, further: str = "") -> bytes:
    found = [{"id": str(n), "title": f"A study of kelp {n}"} for n in numbers]
    feed = {"version": "https://jsonfeed.org/version/1.1", "title": "Kelp", "items": found}
    return json.dumps(feed | ({"next_url": further} if further else {})).encode()


def test_a_json_feed_is_followed_to_its_last_page() -> None:
    pages = {
        FEED: items(1, 2, further=f"{FEED}?page=2"),
        f"{FEED}?page=2": items(2, 3, further="/feed.json?page=3"),
        "https://blog.example/feed.json?page=3": items(4),
    }
    page = read("jsonfeed", World(pages), url=FEED)
    assert (page.entries, len(page.papers)) == (5, 4)
    assert page.validators == {FEED: '"v"'}


@pytest.mark.parametrize(
    ("further", "requests"), [(FEED, 1), ("file:///etc/passwd", 1), (f"{FEED}?again", 2)]
)
def test_pages_in_a_circle_and_unfit_addresses_end_the_list(further: str, requests: int) -> None:
    world = World({FEED: items(1, further=further), f"{FEED}?again": items(2, further=FEED)})
    read("jsonfeed", world, url=FEED)
    assert len(world.asked) == requests


def test_a_json_feed_of_years_is_read_for_ten_pages() -> None:
    pages = {FEED: items(0, further=f"{FEED}?1")}
    pages |= {f"{FEED}?{n}": items(n, further=f"{FEED}?{n + 1}") for n in range(1, 30)}
    page = read("jsonfeed", World(pages), url=FEED)
    assert (len(page.papers), page.reasons) == (10, ())
    assert page.remarks == ("10 pages of the feed were read, and there are more",)


def test_a_json_feed_whose_second_page_fails_has_failed() -> None:
    with pytest.raises(SourceError, match="404"):
        read("jsonfeed", World({FEED: items(1, further=f"{FEED}?2")}), url=FEED)


# -- arXiv -----------------------------------------------------------------------------------------

WATCHED = {"categories": ["cs.CL", "cs.LG"]}
TODAY = datetime(2025, 10, 3, 6, 0, tzinfo=UTC)


def test_todays_announcement_is_one_feed_of_all_categories() -> None:
    world = World(
        {"https://rss.arxiv.org/rss/cs.CL+cs.LG": recorded("arxiv/rss-2025-10-03.xml")}, time=TODAY
    )
    page = read("arxiv", world, options=WATCHED)
    assert [paper.announced for paper in page.papers] == [
        ChangeKind.NEW,
        ChangeKind.CROSS,
        ChangeKind.REVISED,
        ChangeKind.WITHDRAWN,
    ]
    assert page.validators == {"https://rss.arxiv.org/rss/cs.CL+cs.LG": '"v"'}


def test_arxivs_day_is_the_one_in_new_york() -> None:
    """At one o'clock UTC yesterday's feed is still there, so the API need not be asked."""
    late = datetime(2025, 10, 4, 1, 0, tzinfo=UTC)
    world = World(
        {"https://rss.arxiv.org/atom/cs.CL": recorded("arxiv/atom-2025-10-03.xml")}, time=late
    )
    page = read("arxiv", world, options={"categories": "cs.CL", "format": "atom"})
    assert page.batch == DAY


@table("categories", [["cs.CL/../x"], "cs.CL&y", ["CS CL"], [7], []])
def test_only_categories_go_into_an_address(categories: object) -> None:
    with pytest.raises(SourceError, match="categor"):
        read("arxiv", World(), options={"categories": categories})


def test_a_feed_at_its_limit_is_partial() -> None:
    item = (
        "<item><title>T{n}</title><link>https://arxiv.org/abs/2510.{n:05}</link>"
        '<guid isPermaLink="false">oai:arXiv.org:2510.{n:05}v1</guid></item>'
    )
    items = "".join(item.format(n=n) for n in range(2000))
    feed = (
        '<rss version="2.0"><channel><title>cs updates on arXiv.org</title>'
        f"<link>http://rss.arxiv.org/rss/cs</link><description/>{items}</channel></rss>"
    )
    world = World({"https://rss.arxiv.org/rss/cs": feed.encode()}, time=TODAY)
    page = read("arxiv", world, options={"categories": ["cs"]})
    assert len(page.papers) == 2000
    assert "2000 entries at most" in page.reasons[-1]
    assert (page.entries, page.skipped) == (2000, 0)


# -- bioRxiv and medRxiv ---------------------------------------------------------------------------


def posted(total: int | str, numbers: range, status: str = "ok") -> bytes:
    return json.dumps(
        {
            "messages": [{"status": status, "count": len(numbers), "total": total}],
            "collection": [
                {"doi": f"10.64898/2025.10.03.{n:06}", "title": f"T{n}", "version": "1",
                 "category": "ecology" if n % 2 else "plant biology"}
                for n in numbers
            ],
        }
    ).encode()  # fmt: skip


def steps(kind: str, *cursors: int) -> list[str]:
    return [
        f"https://api.biorxiv.org/details/{kind}/2025-10-03/2025-10-03/{n}/json" for n in cursors
    ]


@pytest.mark.parametrize("kind", ["biorxiv", "medrxiv"])
def test_the_api_is_walked_by_as_many_as_it_gives(kind: str) -> None:
    """Thirty on a page or a hundred: the answer's own count says how far to go."""
    first, second, third = steps(kind, 0, 30, 60)
    world = World(
        {
            first: posted("70", range(30)),
            second: posted(70, range(30, 60)),
            third: posted(70, range(60, 70)),
        }
    )
    page = read(kind, world)
    assert (page.entries, len(page.papers), page.batch, page.reasons) == (70, 70, DAY, ())
    assert page.papers[0].url.startswith(f"https://www.{kind}.org/content/10.64898/")


def test_what_was_promised_and_did_not_come_is_counted() -> None:
    first, second = steps("biorxiv", 0, 30)
    none = posted(0, range(0), "no posts found")
    page = read("biorxiv", World({first: posted(40, range(30)), second: none}))
    assert len(page.papers) == 30
    assert (page.entries, page.skipped) == (40, 10)
    assert page.reasons == ("10 of 40 preprints that the source promised did not come",)


def test_a_day_without_preprints_is_an_empty_page() -> None:
    page = read("biorxiv", World({steps("biorxiv", 0)[0]: posted(0, range(0), "no posts found")}))
    assert (page.entries, page.papers, page.reasons) == (0, (), ())


def test_subjects_can_be_chosen() -> None:
    world = World({steps("biorxiv", 0)[0]: posted(4, range(4))})
    page = read("biorxiv", world, options={"categories": ["Plant_Biology"]})
    assert [paper.title for paper in page.papers] == ["T0", "T2"]


def test_the_servers_own_complaint_is_told() -> None:
    answer = posted(0, range(0), "Error: too many connections")
    with pytest.raises(SourceError, match="the source reports: error: too many connections"):
        read("biorxiv", World({steps("biorxiv", 0)[0]: answer}))
