"""PubMed by NCBI's E-utilities: what a saved search finds that was added on a day.

One request counts and names the papers, further ones fetch a hundred each.  PubMed says how many
there are, so a day without any is no fault, and papers that it named and did not give are counted.
https://www.ncbi.nlm.nih.gov/books/NBK25497/
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from dataclasses import replace
from datetime import date
from typing import Any
from urllib.parse import urlencode
from xml.etree.ElementTree import Element

from ... import expressions
from ...errors import SourceError
from ...model import ChangeKind, Listing, ListingPage, Paper
from . import read_whole
from .dates import date_of
from .entries import ENTRIES, EntryError, joined, line, page, paper, with_missing
from .http import Fetch
from .sandbox import parse_apart
from .strict_json import loads as json_of
from .strict_xml import loads, readable_of, text_at, texts_at

API = "https://eutils.ncbi.nlm.nih.gov/entrez/eutils"
_HOME = "https://pubmed.ncbi.nlm.nih.gov"
#: Papers fetched at once: a long one has 80,000 characters, an answer 8 MiB at most.
_AT_ONCE = 100
_ID = expressions.anchored(r"[0-9]{1,9}")
_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")


def read(listing: Listing, day: date, fetch: Fetch) -> ListingPage:
    """Read what the listing's ``search`` finds of what was added to PubMed on ``day``."""
    if listing.url or listing.path:
        return read_whole(parse, listing, day, fetch)
    asked = _question(listing, day, fetch.contact())
    total, ids = _found(fetch.fetch(asked, listing=listing.name).data, listing.name)
    pages = [
        parse_apart(parse, fetch.fetch(address, listing=listing.name).data, listing, day)
        for address in _addresses(ids, fetch.contact())
    ]
    found = joined(listing.name, pages) if pages else ListingPage((), 0)
    missing = total - found.entries
    counted = with_missing(found, missing, total, "papers that the source counted")
    return replace(counted, is_counted=True)


def parse(data: bytes, listing: Listing, day: date) -> ListingPage:
    """Read the papers of one answer; raises SourceError if it is none."""
    root = loads(data, listing.name)
    if root.tag != "PubmedArticleSet":
        reason = line(text_at(root, "ERROR"), 200) or f"no papers but {root.tag[:40]}"
        raise SourceError(listing.name, f"the source reports: {reason}")
    articles = [each for each in root if each.tag in ("PubmedArticle", "PubmedBookArticle")]
    return page(listing.name, articles, lambda each: _paper(each, listing.name, day))


def _question(listing: Listing, day: date, contact: str) -> str:
    search = line(listing.options.get("search"), 4_000)
    if not search:
        raise SourceError(listing.name, "a pubmed listing needs a search, a url or a path")
    on = f"{day:%Y/%m/%d}"
    asked = {"retmode": "json", "retmax": ENTRIES, "term": search}
    # The day on which PubMed got a paper; that of its publication may be long ago or yet to come.
    asked |= {"datetype": "edat", "mindate": on, "maxdate": on}
    return f"{API}/esearch.fcgi?{_query(asked, contact)}"


def _addresses(ids: list[str], contact: str) -> Iterator[str]:
    for start in range(0, len(ids), _AT_ONCE):
        asked = {"retmode": "xml", "id": ",".join(ids[start : start + _AT_ONCE])}
        yield f"{API}/efetch.fcgi?{_query(asked, contact)}"


def _query(asked: Mapping[str, Any], contact: str) -> str:
    own = {"db": "pubmed", **asked, "tool": "digest"}
    return urlencode(own | ({"email": contact} if "@" in contact else {}), safe=",/")


def _found(data: bytes, listing: str) -> tuple[int, list[str]]:
    """Return how many papers there are, and their ids; raises SourceError with PubMed's reason."""
    content = json_of(data, listing)
    result = content.get("esearchresult") if isinstance(content, dict) else None
    if not isinstance(result, dict):
        said = content.get("error") if isinstance(content, dict) else ""
        raise SourceError(listing, f"the source reports: {line(said, 200) or 'nothing'}")
    ids, total = result.get("idlist"), str(result.get("count"))
    if "ERROR" in result or not isinstance(ids, list) or not _ID.fullmatch(total):
        said = line(result.get("ERROR"), 200)
        raise SourceError(listing, f"the source reports: {said or 'no count of papers'}")
    if ignored := _ignored(result):
        raise SourceError(listing, f"the search cannot be read whole: {ignored} is not known")
    return int(total), [each for each in ids if isinstance(each, str) and _ID.fullmatch(each)]


def _ignored(result: Mapping[str, Any]) -> str:
    """Return a field that PubMed does not know and therefore left out of the search."""
    errors = result.get("errorlist")
    fields = errors.get("fieldsnotfound") if isinstance(errors, dict) else None
    return line(fields[0], 60) if isinstance(fields, list) and fields else ""


def _paper(article: Element, listing: str, day: date) -> Paper:
    number = line(text_at(article, "MedlineCitation/PMID") or text_at(article, "BookDocument/PMID"))
    if not _ID.fullmatch(number):
        raise EntryError("no PMID")
    is_gone = article.find(".//CommentsCorrections[@RefType='RetractionIn']") is not None
    return paper(
        day=day,
        title=_title(article),
        listing=listing,
        guid=f"pmid:{number}",
        said=[text_at(article, ".//ArticleTitle"), *texts_at(article, ".//Abstract/AbstractText")],
        abstract=" ".join(_sections(article)),
        doi_name=_doi(article),
        authors=_people(article),
        categories=texts_at(article, ".//MeshHeading/DescriptorName"),
        url=f"{_HOME}/{number}/",
        published=_date(article.find(".//ArticleDate")) or _date(article.find(".//PubDate")),
        organisation=line(text_at(article, ".//AffiliationInfo/Affiliation"), 300),
        announced=ChangeKind.WITHDRAWN if is_gone else ChangeKind.NEW,
        extra={"journal": line(text_at(article, ".//Journal/Title"))},
    )


def _title(article: Element) -> str:
    title = text_at(article, ".//ArticleTitle") or text_at(article, ".//BookTitle")
    # PubMed puts its own translation of a title into brackets, and a full stop behind each.
    translated = title.strip().rstrip(".")
    if translated.startswith("[") and translated.endswith("]") and translated.count("[") == 1:
        return translated[1:-1].rstrip(".")
    return title.strip().removesuffix(".") or text_at(article, ".//VernacularTitle")


def _sections(article: Element) -> Iterator[str]:
    for section in article.findall(".//Abstract/AbstractText"):
        label = line(section.get("Label"), 60)
        text = readable_of(section)
        if text:
            yield f"{label.capitalize()}: {text}" if label else text


def _doi(article: Element) -> str:
    for path in (
        ".//PubmedData/ArticleIdList/ArticleId[@IdType='doi']",
        ".//ELocationID[@EIdType='doi']",
    ):
        if found := line(text_at(article, path)):
            return found
    return ""


def _people(article: Element) -> Iterator[str]:
    lists = [each for each in article.iter("AuthorList") if each.get("Type") != "editors"]
    for author in (author for each in lists for author in each.findall("Author")):
        if author.get("ValidYN", "Y") == "N":
            continue
        parts = (text_at(author, name) for name in ("ForeName", "LastName"))
        name = " ".join(part for part in parts if part) or text_at(author, "CollectiveName")
        suffix = text_at(author, "Suffix")
        yield f"{name}, {suffix}" if suffix and name else name


def _date(place: Element | None) -> date | None:
    if place is None:
        return None
    year, month, day = (text_at(place, name) for name in ("Year", "Month", "Day"))
    number = _MONTHS.index(month[:3].lower()) + 1 if month[:3].lower() in _MONTHS else month
    return date_of(f"{year}-{number:0>2}-{day:0>2}") if year and month and day else None
