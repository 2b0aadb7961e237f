"""What the API of the preprint servers says of itself and of each preprint."""

from __future__ import annotations

import json
from datetime import date
from typing import Any

import pytest

from digest.errors import SourceError
from digest.listings.sources.biorxiv import parse, read
from digest.model import ChangeKind, Listing, ListingPage
from tests.world import World, own_places

from ...factories import known
from ...tables import table

DAY = date(2025, 10, 3)
STEP = "https://api.biorxiv.org/details/biorxiv/2025-10-03/2025-10-03/{}/json"


def answer(*messages: dict[str, Any], **preprint: object) -> bytes:
    raw = {"doi": "10.64898/2025.10.03.000001", "title": "T", "version": "1"} | preprint
    return json.dumps({"messages": [*messages], "collection": [raw]}).encode()


def parsed(**preprint: object) -> ListingPage:
    listing = Listing(name="preprints", kind="biorxiv")
    return parse(answer({"status": "ok", "total": 1}, **preprint), listing, DAY)


@pytest.mark.parametrize(
    ("server", "home"),
    [
        ("medRxiv", "medrxiv"),
        ("bioRxiv", "biorxiv"),
        # what no server of ours is called, or nothing at all: the listing's own
        ("example.org/", "biorxiv"),
        (None, "biorxiv"),
    ],
)
def test_a_preprint_has_its_page_on_the_server_that_it_names(server: str | None, home: str) -> None:
    [paper] = parsed(server=server).papers

    assert paper.url == f"https://www.{home}.org/content/10.64898/2025.10.03.000001v1"
    assert paper.links["pdf"] == f"{paper.url}.full.pdf"


def test_the_first_version_is_new_and_a_later_one_a_revision() -> None:
    [first], [third] = (parsed(version=n, date="2025-10-02").papers for n in ("1", "3"))

    assert (first.announced, third.announced) == (ChangeKind.NEW, ChangeKind.REVISED)
    assert (first.published, first.updated) == (date(2025, 10, 2), None)
    assert (third.published, third.updated) == (None, date(2025, 10, 2))


def test_the_first_message_says_how_many_there_are() -> None:
    data = answer({"status": "ok", "total": "1"}, {"status": "ok", "total": "9"})
    page = read(Listing(name="preprints", kind="biorxiv"), DAY, World({STEP.format(0): data}))

    assert (page.entries, page.skipped, page.reasons) == (1, 0, ())


def test_what_was_promised_and_did_not_come_is_counted() -> None:
    preprints = Listing(name="preprints", kind="biorxiv")
    two, three = ({"status": "ok", "total": total} for total in (2, 3))
    none = {"status": "No posts found for this day"}
    cut = World({STEP.format(0): answer(three), STEP.format(1): answer(none)})
    whole = World({STEP.format(n): answer(two, doi=f"10.64898/2025.{n}") for n in range(2)})
    away = World({STEP.format(0): answer(none)})

    found = read(preprints, DAY, cut)
    said = "2 of 3 preprints that the source promised did not come"
    assert (found.entries, found.skipped, found.reasons) == (3, 2, (said,))
    assert (read(preprints, DAY, whole).entries, len(whole.asked)) == (2, 2)
    assert (read(preprints, DAY, away).entries, away.asked) == (0, [STEP.format(0)])


@table("data", [b"[]", b"{}", b'{"messages": []}', b'{"messages": ["ok"]}', b'{"messages": [{}]}'])
def test_what_is_no_answer_of_the_api_is_refused(data: bytes) -> None:
    with pytest.raises(SourceError):
        parse(data, Listing(name="preprints", kind="biorxiv"), DAY)


RDF = """<rdf:RDF xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#"
 xmlns="http://purl.org/rss/1.0/" xmlns:dc="http://purl.org/dc/elements/1.1/">
<channel rdf:about="https://www.biorxiv.org"><title>Ecology</title></channel>
<item rdf:about="x"><title>T</title><link>{}</link>
<dc:identifier>doi:10.64898/2025.10.03.000001</dc:identifier></item></rdf:RDF>"""


@pytest.mark.parametrize(
    ("end", "version", "announced"),
    [
        ("v1?rss=1", 1, ChangeKind.NEW),
        ("v12?rss=1", 12, ChangeKind.REVISED),
        ("?rss=1", None, ChangeKind.NEW),
    ],
)
def test_the_feed_says_the_version_in_its_link(
    end: str, version: int | None, announced: ChangeKind
) -> None:
    home = "https://www.biorxiv.org/content/10.64898/2025.10.03.000001"
    [paper] = parse(
        RDF.format(home + end).encode(), Listing(name="preprints", kind="biorxiv"), DAY
    ).papers

    assert (paper.version, paper.announced) == (version, announced)
    assert paper.url == home + end.removesuffix("?rss=1")


def test_only_preprints_of_the_subjects_that_are_watched_are_read() -> None:
    listing = Listing(name="p", kind="medrxiv", options={"categories": "Plant_Biology"})
    raws = [
        {
            "doi": "10.64898/2025.10.03.1v2", "title": "Of <i>tides</i>", "version": "2",
            "abstract": "<p>Kelp</p>", "authors": "Petrel, A.;Lind, B.", "server": "bioRxiv",
            "category": "plant biology", "date": "2025-10-02", "published": "NA",
            "author_corresponding_institution": "Coast", "license": "cc_by",
        },
        {
            "doi": "10.64898/2025.10.03.2", "title": "T", "version": 1, "published": "10.1/x",
            "category": "plant_biology",
        },
        {"doi": "x", "title": "U", "category": "plant biology"},
        {"doi": "10.64898/2025.10.03.3", "title": "V", "category": "ecology"},
        "x",
    ]  # fmt: skip
    data = json.dumps({"messages": [{"status": "OK"}], "collection": raws}).encode()
    found = parse(data, listing, DAY)

    assert (found.entries, found.reasons) == (3, ("entry 3: no DOI",))
    assert [*map(known, found.papers)] == [
        {
            "key": "doi:10.64898/2025.10.03.1", "title": "Of tides", "version": 2,
            "abstract": "Kelp", "authors": ("Petrel, A.", "Lind, B."), "organisation": "Coast",
            "categories": ("plant biology",), "updated": date(2025, 10, 2),
            "url": "https://www.biorxiv.org/content/10.64898/2025.10.03.1v2",
            "links": {"pdf": "https://www.biorxiv.org/content/10.64898/2025.10.03.1v2.full.pdf"},
            "announced": ChangeKind.REVISED, "extra": {"licence": "cc_by"},
        },
        {
            "key": "doi:10.64898/2025.10.03.2", "title": "T", "version": 1,
            "categories": ("plant_biology",),
            "url": "https://www.medrxiv.org/content/10.64898/2025.10.03.2v1",
            "links": {"pdf": "https://www.medrxiv.org/content/10.64898/2025.10.03.2v1.full.pdf"},
            "extra": {"journal": "10.1/x"},
        },
    ]  # fmt: skip


@table(
    "content said",
    [
        ({"messages": [{"status": "down"}]}, "the source reports: down"),
        ({"messages": [{"status": ""}]}, "the source reports: nothing"),
        ({"messages": [{"status": "ok"}], "collection": 3}, "no collection of preprints"),
    ],
)
def test_what_the_server_says_is_the_reason(content: object, said: str) -> None:
    with pytest.raises(SourceError, match=said):
        parse(json.dumps(content).encode(), Listing(name="p", kind="biorxiv"), DAY)


def test_a_feed_keeps_what_says_no_subject_and_splits_names_after_initials() -> None:
    section = "<prism:section xmlns:prism='http://prismstandard.org/namespaces/2.0/basic/'>{}"
    about = (section + "</prism:section><dc:date>2025-10-02</dc:date></item>").format
    people = "<dc:creator>Kelp, A., Wrack, B. C.</dc:creator></item>"
    rdf = RDF.format("https://www.biorxiv.org/content/10.64898/2025.10.03.000001v1?rss=1")
    for end, count in ((about("Ecology"), 1), (about("Botany"), 0), (people, 1)):
        listing = Listing(name="p", kind="biorxiv", options={"categories": ["ecology"]})
        found = parse(rdf.replace("</item>", end).encode(), listing, DAY)
        assert len(found.papers) == count
    assert found.papers[0].authors == ("Kelp, A.", "Wrack, B. C.")


def test_an_address_or_a_file_of_ones_own_is_read() -> None:
    assert own_places(read, "biorxiv") == ["https://a.example/2025-10-03", "a.txt"]


def test_what_a_preprint_does_not_say_is_taken_to_be_its_first_version() -> None:
    [paper] = parsed(version=None, published="ZZ 1", date="2025-10-02").papers

    assert (paper.version, paper.announced, paper.extra) == (1, ChangeKind.NEW, {"journal": "ZZ 1"})
    assert (paper.published, paper.updated) == (date(2025, 10, 2), None)


@table(("end", "is_new"), [("v1", True), ("v2", False), ("", False)])
def test_the_day_in_a_feed_is_that_of_the_version(end: str, *, is_new: bool) -> None:
    home = f"https://www.biorxiv.org/content/10.64898/2025.10.03.000001{end}"
    rdf = RDF.format(home).replace("</item>", "<dc:date>2025-10-02</dc:date></item>")
    [paper] = parse(rdf.encode(), Listing(name="preprints", kind="biorxiv"), DAY).papers

    day = date(2025, 10, 2)
    assert (paper.published, paper.updated) == ((day, None) if is_new else (None, day))
