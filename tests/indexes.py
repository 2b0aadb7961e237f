"""Days of PubMed, Crossref, OpenReview and OpenAlex, which count what they have."""

from __future__ import annotations

import json
import re
from collections.abc import Sequence
from datetime import UTC, date, datetime, time, timedelta
from typing import Any

from digest.listings.identity import title_name
from digest.model import Verdict

from .publishers import NOT_FOUND, Answer, Ask, Trouble
from .replays import Scene

PUBMED, CROSSREF, OPENREVIEW, OPENALEX = (
    "eutils.ncbi.nlm.nih.gov",
    "api.crossref.org",
    "api2.openreview.net",
    "api.openalex.org",
)
A_DAY = 3


def _numbers(day: date, now: datetime) -> list[int]:
    """The papers that came on a day; nothing comes on a Sunday, nor before noon."""
    if day.weekday() == 6 or datetime.combine(day, time(12), UTC) > now:
        return []
    return [day.toordinal() * 10 + n for n in range(A_DAY)]


def _title(kind: str, number: int) -> str:
    return f"{kind} knows of tide {number}"


class PubMed:
    """The search by day, and the papers that it names."""

    def __call__(self, ask: Ask) -> Answer:
        if ask.path.endswith("/esearch.fcgi") and ask.query["datetype"] == "edat":
            day = date.fromisoformat(ask.query["mindate"].replace("/", "-"))
            ids = list(map(str, _numbers(day, ask.now)))
            result = {"count": str(len(ids)), "idlist": ids}
            return 200, json.dumps({"esearchresult": result}).encode()
        if ask.path.endswith("/efetch.fcgi"):
            inside = "".join(
                f"<PubmedArticle><MedlineCitation><PMID>{n}</PMID><Article>"
                f"<ArticleTitle>{_title('PubMed', int(n))}.</ArticleTitle></Article>"
                "</MedlineCitation></PubmedArticle>"
                for n in ask.query["id"].split(",")
            )
            return 200, f"<PubmedArticleSet>{inside}</PubmedArticleSet>".encode()
        return NOT_FOUND


class Crossref:
    """What was registered on a day, two at a time."""

    PAGE = 2

    def __call__(self, ask: Ask) -> Answer:
        found = re.search(r"from-created-date:([\d-]+)", ask.query.get("filter", ""))
        if ask.path != "/works" or found is None:
            return NOT_FOUND
        numbers = _numbers(date.fromisoformat(found[1]), ask.now)
        start = int(ask.query["offset"])
        items = [
            {"DOI": f"10.5555/tide.{n}", "title": [_title("Crossref", n)]}
            for n in numbers[start : start + self.PAGE]
        ]
        message = {"total-results": len(numbers), "items": items}
        return 200, json.dumps({"status": "ok", "message": message}).encode()


class OpenReview:
    """A venue's list since its first day, what came last first."""

    def __init__(self, days: Sequence[date]) -> None:
        self._days = days

    def __call__(self, ask: Ask) -> Answer:
        if ask.path != "/notes":
            return NOT_FOUND
        notes = [
            _note(n, day) for day in reversed(self._days) for n in reversed(_numbers(day, ask.now))
        ]
        start = int(ask.query["offset"])
        shown = notes[start : start + int(ask.query["limit"])]
        return 200, json.dumps({"count": len(notes), "notes": shown}).encode()


def _note(number: int, day: date) -> dict[str, Any]:
    moment = int(datetime.combine(day, time(12), UTC).timestamp() * 1000)
    content = {"title": {"value": _title("OpenReview", number)}}
    return {"id": f"n{number}", "tcdate": moment, "tmdate": moment, "content": content}


class OpenAlex:
    """What was published until a day, four at a time; every third work is added two days late."""

    PAGE = 4

    def __init__(self, days: Sequence[date]) -> None:
        self._days = days

    def __call__(self, ask: Ask) -> Answer:
        until = re.search(r"to_publication_date:([\d-]+)", ask.query.get("filter", ""))
        if ask.path != "/works" or until is None:
            return NOT_FOUND
        works = [
            {"id": f"W{n}", "display_name": _title("OpenAlex", n), "publication_date": str(day)}
            for day in reversed(self._days)
            if day <= date.fromisoformat(until[1])
            for n in _numbers(day, ask.now)
            if n % A_DAY or ask.now.date() >= day + timedelta(days=2)
        ]
        start = int(ask.query["cursor"].strip("*") or 0)
        shown = works[start : start + self.PAGE]
        further = str(start + self.PAGE) if start + self.PAGE < len(works) else None
        meta = {"count": len(works), "next_cursor": further}
        return 200, json.dumps({"meta": meta, "results": shown}).encode()


def indexes(which: range = range(10)) -> Scene:
    """Ten days read in the evening, with three on which no one ran the program, and a day down.

    Or ``which`` of them; the first is a Monday.
    """
    ten = [date(2027, 1, 4) + timedelta(n) for n in range(10)]
    days, off, down = [ten[n] for n in which], set(ten[2:5]), ten[7]
    moments = [datetime.combine(day, time(20), UTC) for day in days if day not in off]

    def expects(name: str, moment: datetime) -> Verdict:
        # On Sunday OpenAlex adds a work of Friday's.
        has_papers = name == "openalex" or _numbers(moment.date(), moment)
        return Verdict.FRESH if has_papers else Verdict.QUIET

    came = [n for day in days for n in _numbers(day, moments[-1])]
    # OpenAlex adds every third work two days after it was published.
    added = [n for n in came if n % A_DAY or n // 10 + 2 <= days[-1].toordinal()]
    return Scene(
        name="PubMed, Crossref, OpenReview and OpenAlex",
        listings="  pubmed: {kind: pubmed, search: tides}\n"
        "  crossref: {kind: crossref, issn: 1476-4687}\n"
        "  openreview: {kind: openreview, venue: TIDE.cc/2027/Conference}\n"
        '  openalex: {kind: openalex, filter: "title.search:tide"}\n',
        sites={
            PUBMED: PubMed(),
            CROSSREF: Crossref(),
            OPENREVIEW: OpenReview(days),
            OPENALEX: OpenAlex(days),
        },
        moments=moments,
        troubles=[
            Trouble(
                "down",
                host,
                datetime.combine(down, time(), UTC),
                datetime.combine(down, time(23), UTC),
            )
            for host in (PUBMED, CROSSREF, OPENREVIEW, OPENALEX)
        ],
        expects=expects,
        papers=frozenset(
            [f"doi:10.5555/tide.{n}" for n in came]
            + [title_name(_title(kind, n)) for kind in ("PubMed", "OpenReview") for n in came]
            + [title_name(_title("OpenAlex", n)) for n in added]
        ),
        addresses={
            "pubmed": PUBMED,
            "crossref": CROSSREF,
            "openreview": OPENREVIEW,
            "openalex": OPENALEX,
        },
    )
