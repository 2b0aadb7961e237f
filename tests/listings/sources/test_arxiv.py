"""What arXiv's feeds and API say of each paper."""

from __future__ import annotations

from datetime import UTC, date, datetime

import pytest

from digest.errors import SourceError
from digest.listings.sources.arxiv import API, FEEDS, parse, read, submitted, watched_categories
from digest.model import ChangeKind, Listing, Paper

from ...factories import known
from ...tables import table
from ...world import World, own_places

DAY = date(2025, 10, 3)
OWN = Listing(name="l", kind="arxiv", options={"categories": ["cs.CL", "math"]})


def announced(more: str = "", title: str = "T", abstract: str = "We see.") -> Paper:
    item = (
        f"<item><title>{title}</title><link>https://arxiv.org/abs/2510.00001</link>"
        f"<description>{abstract}</description>{more}</item>"
    )
    names = (
        'xmlns:arxiv="http://arxiv.org/schemas/atom" xmlns:dc="http://purl.org/dc/elements/1.1/"'
    )
    feed = f'<rss version="2.0" {names}><channel><title>cs.CL updates on arXiv.org</title>{item}'
    [paper] = parse(f"{feed}</channel></rss>".encode(), OWN, DAY).papers
    return paper


def from_api(more: str = "", primary: str = "cs.CL") -> Paper:
    entry = (
        "<entry><id>http://arxiv.org/abs/2510.00001v2</id><title>T</title>"
        f'<summary>We see.</summary><arxiv:primary_category term="{primary}"/>{more}</entry>'
    )
    feed = (
        '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:arxiv="http://arxiv.org/schemas/atom">'
        f"<id>https://arxiv.org/api/x</id><title>q</title>{entry}</feed>"
    )
    [paper] = parse(feed.encode(), OWN, DAY).papers
    return paper


@table(
    ("word", "kind"),
    [
        ("new", ChangeKind.NEW),
        ("cross", ChangeKind.CROSS),
        ("replace", ChangeKind.REVISED),
        ("replace-cross", ChangeKind.REVISED),
        ("Cross", ChangeKind.CROSS),
        ("unheard-of", ChangeKind.NEW),
    ],
)
def test_how_a_paper_is_announced(word: str, kind: ChangeKind) -> None:
    by_element = announced(f"<arxiv:announce_type>{word}</arxiv:announce_type>")
    by_text = announced(abstract=f"arXiv:2510.00001v1 Announce Type: {word} \nAbstract: We see.")
    assert (by_element.announced, by_text.announced) == (kind, kind)
    assert (by_element.abstract, by_text.abstract) == ("We see.", "We see.")


def test_the_day_of_an_announcement_is_a_new_papers_date_and_a_revisions_update() -> None:
    when = "<pubDate>Fri, 03 Oct 2025 00:00:00 -0400</pubDate>"
    dates = {}
    for word in ("new", "cross", "replace"):
        paper = announced(f"{when}<arxiv:announce_type>{word}</arxiv:announce_type>")
        dates[word] = (paper.published, paper.updated)
    assert dates == {"new": (DAY, None), "cross": (None, None), "replace": (None, DAY)}


def test_a_replacement_that_says_so_is_a_withdrawal_and_a_new_paper_never() -> None:
    gone = "This paper has been withdrawn by the author."
    kinds = {
        word: announced(
            f"<arxiv:announce_type>{word}</arxiv:announce_type>", abstract=gone
        ).announced
        for word in ("new", "replace")
    }
    assert kinds == {"new": ChangeKind.NEW, "replace": ChangeKind.WITHDRAWN}


@pytest.mark.parametrize(
    ("names", "expected"),
    [
        ("Ada Wrack, Bo Kelp", ("Ada Wrack", "Bo Kelp")),
        ("Ada Wrack, Jr., Bo Kelp, III", ("Ada Wrack, Jr.", "Bo Kelp, III")),
        ("Jr., Ada Wrack", ("Jr.", "Ada Wrack")),
    ],
)
def test_one_element_holds_all_authors(names: str, expected: tuple[str, ...]) -> None:
    assert announced(f"<dc:creator>{names}</dc:creator>").authors == expected


def test_classes_of_other_schemes_are_no_categories() -> None:
    terms = "".join(
        f"<category>{term}</category>" for term in ("cs.CL", "68T50", "I.2.7", "hep-th")
    )
    assert announced(terms).categories == ("cs.CL", "hep-th")


def test_a_suffix_of_the_old_feeds_gives_category_version_and_kind() -> None:
    paper = announced(title="Tides. (arXiv:2510.00001v3 [math.CO] UPDATED)")
    assert (paper.title, paper.version, paper.categories) == ("Tides", 3, ("math.CO",))
    assert paper.announced is ChangeKind.REVISED


@table(
    ("primary", "kind"),
    [
        ("cs.CL", ChangeKind.NEW),
        ("math.CO", ChangeKind.NEW),
        ("CS.cl", ChangeKind.NEW),
        ("cs.LG", ChangeKind.CROSS),
        ("mathx.CO", ChangeKind.CROSS),
    ],
)
def test_the_api_says_cross_listed_by_the_primary_category(primary: str, kind: ChangeKind) -> None:
    paper = from_api(primary=primary)
    assert (paper.announced, paper.version, paper.categories) == (kind, 2, (primary,))


def test_a_withdrawal_is_seen_in_the_apis_comment() -> None:
    said = "<arxiv:comment>This submission was temporarily withdrawn</arxiv:comment>"
    assert from_api(said, primary="cs.LG").announced is ChangeKind.WITHDRAWN


@pytest.mark.parametrize("given", ["cs.CL+math", "cs.CL math", ["cs.CL", "math"], ["cs.CL+math"]])
def test_categories_are_parted_however_they_are_joined(given: object) -> None:
    listing = Listing(name="l", kind="arxiv", options={"categories": given})
    assert watched_categories(listing) == ["cs.CL", "math"]


def test_a_feed_of_another_site_is_refused() -> None:
    feed = b'<rss version="2.0"><channel><title>News</title><link>https://x.example</link>'
    with pytest.raises(SourceError, match="none of arXiv's"):
        parse(feed + b"<item><title>T</title></item></channel></rss>", OWN, DAY)


@table(
    "day first last",
    [
        (1, "2025-09-25", "2025-09-30"),  # a Wednesday
        (2, "2025-09-26", "2025-10-01"),
        (3, "2025-09-27", "2025-10-02"),
        (6, "2025-09-28", "2025-10-03"),  # a Monday
        (7, "2025-09-29", "2025-10-06"),
        (8, "2025-10-02", "2025-10-07"),
        (9, "2025-10-03", "2025-10-08"),
        (10, "2025-10-04", "2025-10-09"),
        (11, "2025-10-05", "2025-10-10"),
        (12, "2025-10-05", "2025-10-10"),
    ],
)
def test_what_is_announced_on_a_day_was_submitted_between_two_deadlines(
    day: int, first: str, last: str
) -> None:
    start, end = submitted(date(2025, 10, day))

    assert start.isoformat() == f"{first}T14:00:00-04:00"
    assert end.isoformat() == f"{last}T14:00:00-04:00"


@table(
    "watched announced",
    [
        (["cs.CL"], ChangeKind.NEW),
        (["cs"], ChangeKind.NEW),
        (["math", "cs.LG"], ChangeKind.CROSS),
        (["c"], ChangeKind.CROSS),
        ([], ChangeKind.NEW),
    ],
)
def test_what_the_api_says_of_a_paper_is_read(watched: list[str], announced: ChangeKind) -> None:
    entry = (
        f"<entry><id>http://arxiv.org/abs/2510.00001v{2}</id><title>T</title>"
        "<summary>Kelp.</summary><author><name>Ada Petrel</name></author>"
        '<arxiv:primary_category term="cs.CL"/><category term="cs.LG"/><category term="68T50"/>'
        "<published>2025-10-01T00:00:00Z</published><updated>2025-10-02T00:00:00Z</updated>"
        "<arxiv:comment>9 pages</arxiv:comment><arxiv:journal_ref>Tides 1</arxiv:journal_ref>"
        "</entry><entry><id>x</id><title>U</title></entry>"
    )
    feed = (
        '<feed xmlns="http://www.w3.org/2005/Atom" xmlns:arxiv="http://arxiv.org/schemas/atom">'
        f"<id>http://arxiv.org/api/x</id><title>q</title>{entry}</feed>"
    )
    options = {"categories": watched} if watched else {}
    found = parse(feed.encode(), Listing(name="l", kind="arxiv", options=options), DAY)

    assert (found.batch, found.reasons) == (DAY, ("entry 2: no arXiv id: 'x'",))
    assert known(found.papers[0]) == {
        "key": "arxiv:2510.00001", "title": "T", "version": 2, "abstract": "Kelp.",
        "authors": ("Ada Petrel",), "categories": ("cs.CL", "cs.LG"), "comment": "9 pages",
        "url": "https://arxiv.org/abs/2510.00001", "published": date(2025, 10, 1),
        "links": {"pdf": "https://arxiv.org/pdf/2510.00001"}, "updated": date(2025, 10, 2),
        "extra": {"journal": "Tides 1"},
    } | ({"announced": announced} if announced is not ChangeKind.NEW else {})  # fmt: skip


@pytest.mark.parametrize(
    ("given", "said"),
    [
        ([], "needs categories, a url or a path"),
        (["cs.CL", "CS!"], "not a category of arXiv: 'CS!'"),
        (["x_" * 30], f"not a category of arXiv: '{'x_' * 20}'"),
    ],
)
def test_categories_that_are_none_are_refused(given: list[str], said: str) -> None:
    with pytest.raises(SourceError, match=said):
        watched_categories(Listing(name="l", kind="arxiv", options={"categories": given}))


# -- reading ---------------------------------------------------------------------------------------


@table(
    ("hour", "day", "options", "address"),
    [
        ("2025-10-04T03:59", 3, {}, f"{FEEDS}/rss/cs.CL+math"),
        ("2025-10-03T04:00", 3, {"format": "atom"}, f"{FEEDS}/atom/cs.CL+math"),
        ("2025-10-03T04:00", 5, {"format": "rss"}, f"{FEEDS}/rss/cs.CL+math"),
        ("2025-10-03T04:00", 3, {"format": "a"}, f"{FEEDS}/rss/cs.CL+math"),
        ("2025-10-03T04:00", 3, {"format": "listing"}, "https://arxiv.org/list/cs.CL/new"),
        ("2025-10-04T04:00", 3, {"format": "listing"}, ""),
        ("2025-10-03T04:00", 2, {}, ""),
    ],
)
def test_the_feed_is_read_on_its_day_in_new_york_and_the_api_after_it(
    hour: str, day: int, options: dict[str, str], address: str
) -> None:
    world = World(time=datetime.fromisoformat(hour).replace(tzinfo=UTC))
    listing = Listing(name="l", kind="arxiv", options={**OWN.options, **options})

    with pytest.raises(SourceError, match="404"):
        read(listing, date(2025, 10, day), world)
    assert [each.partition("?")[0] for each in world.asked] == [address or API]


def address(start: int) -> str:
    return (
        f"{API}?search_query=(cat:cs.CL%20OR%20cat:math*)%20AND%20submittedDate:"
        f"%5B202509271800%20TO%20202510021800%5D&start={start}&max_results=1000"
        "&sortBy=submittedDate&sortOrder=ascending"
    )


def found_by_api(total: int | None, *numbers: int) -> bytes:
    entries = "".join(
        f"<entry><id>http://arxiv.org/abs/2510.0000{n}v1</id><title>T{n}</title></entry>"
        for n in numbers
    )
    return (
        '<feed xmlns="http://www.w3.org/2005/Atom"'
        ' xmlns:opensearch="http://a9.com/-/spec/opensearch/1.1/">'
        f"<id>http://arxiv.org/api/x</id><title>q</title>{entries}"
        f"<opensearch:totalResults>{'' if total is None else total}</opensearch:totalResults>"
        "</feed>"
    ).encode()


def test_a_missed_day_is_asked_for_slice_by_slice() -> None:
    world = World({address(0): found_by_api(4, 1, 2), address(2): found_by_api(4, 2, 3)})

    found = read(OWN, DAY, world)

    assert [each.title for each in found.papers] == ["T1", "T2", "T3"]
    assert (found.batch, found.entries, found.reasons) == (DAY, 4, ())
    assert world.asked == [address(0), address(2)]


def test_ten_slices_are_asked_for_at_most() -> None:
    world = World({address(n): found_by_api(12, n) for n in range(12)})

    found = read(OWN, DAY, world)

    said = "10 of 12 papers were asked for: watch fewer categories in one listing"
    assert (found.entries, len(found.papers), len(world.asked)) == (10, 10, 10)
    assert found.reasons == (said,)


@table("start", [0, 2])
def test_an_empty_slice_before_the_end_is_asked_for_once_more(start: int) -> None:
    total, empty = start + 1, found_by_api(start + 1)
    before = {address(0): found_by_api(total, *range(start))} if start else {}
    late = World({**before, address(start): [empty, found_by_api(total, start)]})
    never = World({**before, address(start): empty})

    titles = [f"T{n}" for n in range(total)]
    assert [each.title for each in read(OWN, DAY, late).papers] == titles
    with pytest.raises(SourceError, match=f"the API gives nothing from {start} of {total}"):
        read(OWN, DAY, never)
    assert len(never.asked) == len(before) + 2


def test_a_day_without_submissions_is_an_empty_page() -> None:
    world = World({address(0): found_by_api(0)})

    assert (read(OWN, DAY, world).entries, len(world.asked)) == (0, 1)


def test_an_answer_without_a_total_is_a_failure() -> None:
    for answer in (
        found_by_api(None, 1),
        found_by_api(2, 1, 2).replace(b"totalResults", b"somethingElse"),
    ):
        with pytest.raises(SourceError, match="does not say how many there are"):
            read(OWN, DAY, World({address(0): answer}))


@table(
    ("dates", "batch"),
    [
        ("<pubDate>Fri, 03 Oct 2025 00:00:00 -0400</pubDate>", DAY),
        ("<lastBuildDate>Thu, 02 Oct 2025 00:00:00 -0400</lastBuildDate>", date(2025, 10, 2)),
        ("", None),
    ],
)
def test_the_day_of_a_feed_is_its_own_where_no_entry_has_one(
    dates: str, batch: date | None
) -> None:
    head = f"<title>arXiv.org</title>{dates}"
    item = "<item><title>T</title><link>https://arxiv.org/abs/2510.00001</link></item>"
    feed = f'<rss version="2.0"><channel>{head}{item}</channel></rss>'

    assert parse(feed.encode(), OWN, DAY).batch == batch


def test_an_entry_without_an_id_is_named_by_sixty_letters() -> None:
    item = f"<item><title>{'x' * 61}</title></item>"
    feed = f'<rss version="2.0"><channel><title>arXiv.org</title>{item}</channel></rss>'

    with pytest.raises(SourceError, match=r"entry 1: no arXiv id: 'x{60}'$"):
        parse(feed.encode(), OWN, DAY)


def test_an_address_or_a_file_of_ones_own_is_read() -> None:
    assert own_places(read, "arxiv") == ["https://a.example/2025-10-03", "a.txt"]
