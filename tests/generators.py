"""Feeds as publishers and programs write them, with what is odd about each, from tables.

The tables are in tests/data/generators/, one form of a feed after another.  The suite reads a page
of each, ``python -m bench replay`` a month.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, replace
from datetime import UTC, date, datetime, time, timedelta
from email import message_from_bytes
from email.policy import default
from email.utils import format_datetime
from functools import cache
from pathlib import Path
from typing import Any

import yaml
from sqlalchemy import select

from digest.app import App
from digest.language.text import clean
from digest.model import Verdict
from digest.store import schema

from .publishers import Polled, Trouble
from .replays import Scene, told

FOLDER = Path(__file__).parent / "data" / "generators"
FIELDS = ("title", "text", "people", "date", "id", "link", "extra")
_SPACES = (
    'xmlns:dc="http://purl.org/dc/elements/1.1/" xmlns:media="http://search.yahoo.com/mrss/"'
    ' xmlns:content="http://purl.org/rss/1.0/modules/content/"'
    ' xmlns:prism="http://prismstandard.org/namespaces/basic/2.0/"'
)
ENVELOPES = {
    "rss": f'<?xml version="1.0" encoding="UTF-8"?><rss version="2.0" {_SPACES}'
    ' xmlns:atom="http://www.w3.org/2005/Atom"><channel><title>{name}</title>'
    "<link>https://{host}/</link><description>All of it</description>{items}</channel></rss>",
    "rdf": '<?xml version="1.0" encoding="UTF-8"?><rdf:RDF xmlns="http://purl.org/rss/1.0/"'
    f' xmlns:rdf="http://www.w3.org/1999/02/22-rdf-syntax-ns#" {_SPACES}>'
    '<channel rdf:about="https://{host}/"><title>{name}</title><link>https://{host}/</link>'
    "<description/></channel>{items}</rdf:RDF>",
    "atom": f'<?xml version="1.0" encoding="UTF-8"?><feed xmlns="http://www.w3.org/2005/Atom"'
    f' {_SPACES} xmlns:yt="http://www.youtube.com/xml/schemas/2015"'
    ' xmlns:gd="http://schemas.google.com/g/2005"><id>https://{host}/</id>'
    '<title>{name}</title><link rel="alternate" href="https://{host}/"/>{items}</feed>',
}
#: The number in the first entry's title, like no other number in the tables.
FIRST = 4000
CORRECTED = " (corrected)"
#: Markup that a reader must never see; "<div>" may be a word of an author's, who escaped it.
MARKUP = re.compile(
    r"</[a-z]|<[a-z][\w:-]*[ /]*\w+=|<(?:p|br|i|b|em|sub|sup|span|jats:\w+|mml:\w+|math)\s*/?>"
    r"|&(?:[a-z]+|#[0-9x][0-9a-f]*);|CDATA|\\(?:alpha|mu|mathbb)\b",
    re.IGNORECASE,
)


@dataclass(frozen=True)
class Post:
    """An entry as its form writes it, and what must be read of it."""

    number: int
    fields: Mapping[str, str]
    title: str
    #: among what is read; "": anything
    text: str = ""
    #: None: anything
    people: tuple[str, ...] | None = None

    def corrected(self, name: str) -> Post:
        """The same entry, with a correction at the end of its title or the start of its text."""
        source = self.fields[name]
        is_quoted = source.startswith("<![CDATA[")
        # Of a post without a title the start of the text is one; at the end may be the authors.
        if name == "text" and self.fields["title"]:
            at = len("<![CDATA[") if is_quoted else 0
        else:
            at = source.rfind("]]>") if is_quoted else len(source)
        told = f"{source[:at]}{CORRECTED} {source[at:]}"
        return replace(self, fields={**self.fields, name: told})


@dataclass(frozen=True)
class Generator:
    """A form of feed."""

    row: Mapping[str, Any]

    @property
    def name(self) -> str:
        return str(self.row["name"])

    @property
    def slug(self) -> str:
        return self.name.lower().replace(" ", "-")

    @property
    def host(self) -> str:
        return f"{self.slug}.example"

    @property
    def posts(self) -> int:
        """How many entries show each oddity once, and one as it is usual."""
        return len(self.row["odd"]) + 1

    def post(self, number: int, day: date) -> Post:
        """The entry of that number, with the oddity whose turn it is."""
        fields = {name: str(self.row.get(name, "")) for name in FIELDS}
        reads = {"title": "", "text": "", "people": None, **self.row["reads"]}
        turn = number % self.posts
        if turn:
            name, source, read, *others = self.row["odd"][turn - 1]
            fields[name] = source
            if name in reads:
                reads[name] = read if name != "people" or read else None
            if others:
                reads["people"] = others[0]
            if not fields["title"] and name == "text":
                reads["title"] = ""
        filled = {name: _filled(source, number, day) for name, source in fields.items()}
        people = reads["people"]
        return Post(
            number,
            filled,
            _filled(reads["title"], number, day),
            clean(_filled(reads["text"], number, day)),
            tuple(filter(None, people.split("|"))) if people is not None else None,
        )

    def feed(self, posts: Sequence[Post]) -> bytes:
        """A feed of these entries, the newest first."""
        items = "".join(self._item(post) for post in reversed(posts))
        filled = ENVELOPES[self.row["form"]].replace("{name}", self.name)
        return filled.replace("{host}", self.host).replace("{items}", items).encode()

    def _item(self, post: Post) -> str:
        item = str(self.row["item"])
        for name, source in post.fields.items():
            item = item.replace(f"{{{name}}}", source)
        return _filled(item, post.number, date(2027, 1, 5))


@cache
def _noon(day: date) -> tuple[str, str]:
    noon = datetime.combine(day, time(7), UTC)
    return f"{noon:%Y-%m-%dT%H:%M:%SZ}", format_datetime(noon)


def _filled(text: str, number: int, day: date) -> str:
    iso, rfc = _noon(day)
    told = {"n": str(FIRST + number), "day": str(day), "iso": iso, "rfc": rfc}
    for name, value in told.items():
        text = text.replace(f"{{{name}}}", value)
    return text


@cache
def generators() -> tuple[Generator, ...]:
    """Every form in the tables."""
    paths = sorted(FOLDER.glob("*.yaml"))
    rows = (row for path in paths for row in yaml.load(path.read_text("utf-8"), yaml.CSafeLoader))
    return tuple(map(Generator, rows))


def faults_of(post: Post, title: str, abstract: str, authors: Sequence[str]) -> Iterator[str]:
    """What of an entry was not read as it must be."""
    if post.title and title not in (post.title, post.title + CORRECTED):
        yield f"title {title!r} instead of {post.title!r}"
    if not title or (found := MARKUP.search(title)):
        yield f"markup or nothing in the title {title!r}"
    if post.text not in abstract and post.text not in title:
        yield f"text {abstract!r} without {post.text!r}"
    if found := MARKUP.search(abstract):
        yield f"markup {found[0]!r} in the text {abstract!r}"
    if post.people is not None and tuple(authors) != post.people:
        yield f"authors {authors!r} instead of {post.people!r}"
    if any(re.search(r"[;|<>\n]| and ", name) for name in authors):
        yield f"authors that are not parted: {authors!r}"


# -- a month ---------------------------------------------------------------------------------------

A_DAY = 2
WINDOW = 12
START = date(2027, 1, 4)
_NUMBER = re.compile(r"4[0-9]{3}(?![0-9])")


def month(days: int = 30, forms: Sequence[Generator] | None = None) -> Scene:
    """Every form as a feed that rolls on, read once a day.

    Two entries come each day, one of the day before is corrected and one is in the feed twice; each
    host is down for a day, shows a login page, breaks off, and is busy.
    """
    shown = forms or generators()
    sites = {form.host: _rolling(form, days) for form in shown}
    moments = [datetime.combine(START + timedelta(n), time(8), UTC) for n in range(days)]
    troubles = [
        Trouble(kind, form.host, at - timedelta(hours=8), at + timedelta(hours=16))
        for number, form in enumerate(shown)
        for kind, first in (("down", 4), ("cut", 10), ("login", 15), ("busy", 21))
        for at in moments[first + number % 4 : first + number % 4 + 1]
    ]
    listings = [
        f'  {form.slug}: {{kind: feed, url: "https://{form.host}/feed"}}\n' for form in shown
    ]
    return Scene(
        name=f"{len(shown)} generators and publishers, {days} days",
        listings="".join(listings),
        sites=sites,
        moments=moments,
        troubles=troubles,
        expects=lambda name, moment: Verdict.FRESH,
        # Of the first page a feed without dates brings nothing.
        papers=frozenset(
            f"{form.slug}:{number}" for form in shown for number in range(A_DAY, A_DAY * days)
        ),
        addresses={form.slug: f"{form.host}/feed" for form in shown},
        mailed=_mailed,
        faults=lambda app: _faults(app, shown),
    )


def _rolling(form: Generator, days: int) -> Polled:
    site, posts = Polled(), list[Post]()
    for n in range(days):
        day = START + timedelta(n)
        if posts:
            name = "title" if posts[-1].fields["title"] and n % 2 else "text"
            posts[-1] = posts[-1].corrected(name)
        posts += [form.post(number, day) for number in range(A_DAY * n, A_DAY * (n + 1))]
        twice = posts[-1 - n % 3 :][:1] if n else []
        page = form.feed([*posts[-WINDOW:], *twice])
        site.put("/feed", datetime.combine(day, time(6), UTC), page)
    return site


def _names(app: App) -> dict[str, str]:
    """Listing and number of each paper's entry, by its key."""
    with app.store.begin() as tx:
        seen = schema.seen_papers.c
        rows = tx.execute(select(seen.listing, seen.key, seen.title)).all()
    return {key: f"{listing}:{_number(title)}" for listing, key, title in rows}


def _number(title: str) -> int:
    found = _NUMBER.findall(title)
    return int(found[-1]) - FIRST if found else -1


def _mailed(app: App) -> Counter[str]:
    names = _names(app)
    found: Counter[str] = Counter()
    for key, times in told(app).items():
        found[names[key]] += times
    return found


def _faults(app: App, forms: Sequence[Generator]) -> Iterator[str]:
    """What of any edition of a paper, or of a Subject, does not read as it must."""
    by_slug, names = {form.slug: form for form in forms}, _names(app)
    with app.store.begin() as tx:
        rows = tx.execute(select(schema.papers.c.key, schema.papers.c.content)).all()
    for key, content in rows:
        slug, _, number = names[key].partition(":")
        post = by_slug[slug].post(int(number), START + timedelta(int(number) // A_DAY))
        for fault in faults_of(post, content["title"], content["abstract"], content["authors"]):
            yield f"{slug} {number}: {fault}"
    for mail in app.sender.mails:  # type: ignore[attr-defined]
        subject = str(message_from_bytes(mail.data, policy=default)["subject"])
        if MARKUP.search(subject):
            yield f"Subject {subject!r}"
