"""The identity of works: their names, which records are the same work, and merging records.

Pure: names come from ids, titles and the entries of feeds, and a merge does not depend on the order
of the records.  docs/collecting.md has the rule with its cases.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from difflib import SequenceMatcher
from hashlib import blake2b, sha256
from json import dumps
from typing import Any, TypeVar
from urllib.parse import unquote

from .. import expressions
from ..language.text import normal_title
from ..language.words import tokens
from ..model import ChangeKind, Paper
from .entry_names import SCHEME, are_near, entries_in

_T = TypeVar("_T")

# https://info.arxiv.org/help/arxiv_identifier.html; an old identifier's subject class
# (math.GT/0309136) is not part of its canonical form.
_ARCHIVES = (
    "acc-phys|adap-org|alg-geom|ao-sci|astro-ph|atom-ph|bayes-an|chao-dyn|chem-ph|cmp-lg|comp-gas|"
    "cond-mat|cs|dg-ga|funct-an|gr-qc|hep-ex|hep-lat|hep-ph|hep-th|math|math-ph|mtrl-th|nlin|"
    "nucl-ex|nucl-th|patt-sol|physics|plasm-ph|q-alg|q-bio|quant-ph|solv-int|supr-con"
)
_MONTH = "(?:0[1-9]|1[0-2])"
# Four digits after the dot until the end of 2014, five since.
_NEW = rf"(?:0[7-9]|1[0-4]){_MONTH}\.[0-9]{{4}}|(?:1[5-9]|[2-9][0-9]){_MONTH}\.[0-9]{{5}}"
_ARXIV = expressions.anchored(
    r"(?:(?:oai:)?arxiv(?:\.org)?:\s*"
    r"|(?:https?:)?//(?:[a-z-]+\.)?arxiv\.org/(?:abs|pdf|html|format|ps|e-print)/"
    r"|(?:https?:)?//(?:www\.)?(?:huggingface\.co|hf\.co|alphaxiv\.org)/(?:papers|abs)/"
    r"|(?:https?:)?//(?:www\.)?(?:papers\.cool|scirate\.com)/arxiv/"
    r"|(?:doi:\s*|(?:https?:)?//(?:dx\.)?doi\.org/)?10\.48550/arxiv\."
    r"|(?:abs|pdf)/)?"
    rf"(?:(?P<new>{_NEW})"
    rf"|(?P<archive>{_ARCHIVES})(?:\.[a-z-]{{2,}})?/(?P<number>[0-9]{{2}}{_MONTH}[0-9]{{3}}))"
    r"(?:v(?P<version>[1-9][0-9]{0,2}))?(?:\.pdf)?/?(?:[?#].*)?",
    ignore_case=True,
)
_DOI = expressions.anchored(
    r"(?:doi:\s*|(?:https?:)?//(?:dx\.|www\.)?doi\.org/)?(?P<doi>10\.[0-9]{4,9}/[^\s\"<>]+)",
    ignore_case=True,
)
# Publishers put the DOI into a page's address: /content/10.1101/…v1?rss=1, /doi/abs/10.1000/….
_PAGE = expressions.anchored(
    r"(?:https?:)?//[^/\s]+/(?:[\w-]+/)?(?:content|doi|articles?|chapter)/(?:[a-z]+/){0,2}"
    r"(?P<doi>10\.[0-9]{4,9}/[^\s\"<>?#]+?)(?:/(?:full|abstract|pdf|meta))?/?(?:[?#].*)?",
    ignore_case=True,
)
# bioRxiv and medRxiv append the version to the DOI in addresses; both prefixes are theirs.
_BIORXIV_VERSION = expressions.compile(
    r"(?<=[0-9])v[0-9]{1,4}(?:\.\w{1,40}(?:[.-]\w{1,40}){0,8})?$"
)
BIORXIV = ("10.1101/", "10.64898/")

_NUMBER = expressions.compile(r"\d+")
# Titles that name a kind of text, not a work: every issue of a journal repeats them.
_GENERIC = expressions.anchored(
    "abstracts|acknowledge?ments|addendum|announcements|authorindex|backmatter|bookreviews?|"
    "booksreceived|books(and)?arts|careers|comment(ary|aries|s)?|contents|correspondence|"
    "(authors?|publishers?)?corrections?|corrigend(a|um)|cover|coverimage|editorials?|"
    "editorialboard|editors?(choice|note|picks?)|errat(a|um)|events|foreword|frontmatter|"
    "(research|issue|editors?)?highlights|inbrief|inthis(issue|week)|introduction|"
    "(issue|journal)information|letters?(totheeditor)?|links?(of(the)?(day|week|month))?|"
    "(daily|weekly|monthly)(links?|news|review|digest|roundup|update)|masthead|meetings|"
    "news((and|in)?views|brief(s|ing)?|inbrief|focus)?|obituar(y|ies)|openthread|perspectives?|"
    "podcast|preface|publishersnote|qa|reply|research(inbrief|news|highlight)|retraction|"
    "reviews?|reviewers|tableofcontents|thisweek(inscience)?|titlepage|viewpoints?|weekinreview"
)


def arxiv_id(text: str) -> tuple[str, int | None] | None:
    """Read an arXiv identifier in any spelling; return the id without version, and the version.

    ``text`` is the identifier alone: bare, ``arXiv:…``, ``oai:arXiv.org:…``, ``abs/…``, an address
    at arxiv.org or of a page about the paper, or the DOI that arXiv assigns.  Return None for other
    text.
    """
    found = _ARXIV.fullmatch(text.strip())
    if not found or not text.isascii():
        return None
    plain = found["new"] or f"{found['archive'].lower()}/{found['number']}"
    return plain, int(found["version"]) if found["version"] else None


def doi(text: str) -> str | None:
    """Read a DOI, bare, as ``doi:…`` or from an address, and return it in lower case.

    An address may be the resolver's or a publisher's.  DOIs are compared without regard to case
    (https://www.doi.org/the-identifier/resources/handbook, §2.4).  The version that bioRxiv appends
    to its own DOIs is removed.
    """
    found = _DOI.fullmatch(text.strip()) or _PAGE.fullmatch(text.strip())
    if not found:
        return None
    name = found["doi"]
    if found.start("doi"):  # an address, which may go on behind the DOI
        path, _, query = name.partition("?")
        name = unquote(path if "=" in query else name)
    name = name.lower().rstrip(".,;/")
    return _BIORXIV_VERSION.sub("", name) if name.startswith(BIORXIV) else name


def title_name(title: str, *, hint: str = "") -> str:
    """Name a work by its title; ``hint`` separates works that share a title like "Editorial"."""
    plain = normal_title(title)
    if _GENERIC.fullmatch(plain):
        plain += "-" + sha256(hint.encode("utf-8", "replace")).hexdigest()[:12]
    return f"title:{plain}"


def names(
    *, title: str, arxiv: str = "", doi_name: str = "", entry: str = "", hint: str = ""
) -> tuple[str, ...]:
    """Return every name of a work, the best first: it becomes the key, the others are aliases.

    ``arxiv`` and ``doi_name`` may be in any spelling; text that is not an identifier is ignored.
    ``entry`` is a name from ``entry_name``: it is never the key, as no other listing knows it.
    """
    found: list[str] = []
    for text in (arxiv, doi_name):
        if number := arxiv_id(text):
            found.append(f"arxiv:{number[0]}")
        elif name := doi(text):
            found.append(f"doi:{name}")
    found.sort(key=_rank)
    named = [*found, title_name(title, hint=hint), *([entry] if entry else [])]
    return tuple(dict.fromkeys(named))


def name_apart(paper: Paper) -> str:
    """Return a name that separates a work from another of the same title."""
    mark = "".join(sorted(entries_of(paper))) or normal_title(paper.abstract)
    short = blake2b(mark.encode(), digest_size=4).hexdigest()
    return f"title:{normal_title(paper.title)}~{short}"


def key_of(*, title: str, arxiv: str = "", doi_name: str = "", hint: str = "") -> str:
    """Return the key of a work: its arXiv id, else its DOI, else its title."""
    return names(title=title, arxiv=arxiv, doi_name=doi_name, hint=hint)[0]


def is_same_work(a: Paper, b: Paper) -> bool:
    """Return whether two records describe the same work.

    An equal id means yes, and different ids of one scheme mean no.  The same entry of one listing
    means yes, unless it shows quite another text: then the feed has used its guid again.
    Otherwise the titles must be equal after normalisation, and the abstracts must be alike or one
    of them missing; two entries of one listing must then have their guid or link in common.
    """
    ours, theirs = _ids(a), _ids(b)
    if any(ours[scheme] & theirs[scheme] for scheme in ours):
        return True
    if any(ours[scheme] and theirs[scheme] for scheme in ours):
        return False
    if is_same_entry(a, b):
        return _is_alike_work(a, b)
    if not _titles(a) & _titles(b):
        return False
    if a.abstract and b.abstract:
        return _is_alike(a.abstract, b.abstract)
    own, others = entries_in(_all_names(a)), entries_in(_all_names(b))
    shared = own.keys() & others.keys()
    return not shared or any(are_near(own[name], others[name]) for name in shared)


def is_same_entry(a: Paper, b: Paper) -> bool:
    """Return whether some listing has both under one guid and link."""
    return bool(entries_of(a) & entries_of(b))


def is_same_on_a_page(a: Paper, b: Paper) -> bool:
    """Return whether two records of one page describe the same work.

    One page shows a correction beside its original, if at all, under a title that is alike; if it
    shows other titles under one guid and link, its texts prove nothing, and if their texts are
    unlike, its titles do not either: "Notes 41", "Notes 42".
    """
    if not is_same_entry(a, b):
        return is_same_work(a, b)
    return is_same_work(a, b) and _is_retitled(a, b) and not _are_texts_unlike(a, b)


def entries_of(paper: Paper) -> set[str]:
    """Return the names of the feed entries in which a paper was found."""
    return {name for name in paper.aliases if name.startswith(f"{SCHEME}:")}


def _is_alike_work(a: Paper, b: Paper) -> bool:
    """Return whether one record can be a correction of the other.

    Of unlike texts it can only under a title with the same numbers: "Notes 42" are no "Notes 41".
    """
    if a.abstract and b.abstract and _is_alike(a.abstract, b.abstract):
        return True
    has_other_numbers = _NUMBER.findall(a.title) != _NUMBER.findall(b.title)
    return _is_retitled(a, b) and not (has_other_numbers and _are_texts_unlike(a, b))


def _are_texts_unlike(a: Paper, b: Paper) -> bool:
    return bool(a.abstract and b.abstract) and not _is_alike(a.abstract, b.abstract)


def _is_retitled(a: Paper, b: Paper) -> bool:
    """Return whether one title can be a correction of the other."""
    left, right = normal_title(a.title), normal_title(b.title)
    is_retyped = SequenceMatcher(None, left, right, autojunk=False).ratio() >= _RETYPED
    return left == right or is_retyped or _is_alike(a.title, b.title)


def unite(a: Paper, b: Paper) -> Paper:
    """Merge two records of one work: all names, links and categories, and the richer texts.

    The title of the newer version counts.  The result is the same for (b, a).
    """
    if a == b:
        return a
    known = sorted({a.key, b.key, *a.aliases, *b.aliases}, key=_rank)
    both = (a, b)
    authors = max((paper.authors for paper in both), key=lambda them: (len(them), them))
    url, links = _united_links(a, b)
    return replace(
        a,
        key=known[0],
        aliases=tuple(known[1:]),
        version=_most(a.version, b.version, max),
        title=max(both, key=lambda p: (p.version or 0, *_richness(p.title))).title,
        abstract=_richer(a.abstract, b.abstract),
        authors=authors,
        author_count=_united_count(a, b, len(authors)),
        categories=_united(a.categories, b.categories),
        url=url,
        links=links,
        published=_most(a.published, b.published, min),
        updated=_most(a.updated, b.updated, max),
        upvotes=_most(a.upvotes, b.upvotes, max),
        comments=_most(a.comments, b.comments, max),
        organisation=_richer(a.organisation, b.organisation),
        comment=_richer(a.comment, b.comment),
        announced=min(a.announced, b.announced, key=_ANNOUNCED.index),
        wording=max(a.wording, b.wording),
        extra=_united_extra(a.extra, b.extra),
    )


_SCHEMES = ("arxiv", "doi", "title")
# The first of these kinds that either record has wins: a withdrawal must not be hidden, and what is
# new in one listing counts as new.
_ANNOUNCED = (ChangeKind.WITHDRAWN, ChangeKind.NEW, ChangeKind.CROSS, ChangeKind.REVISED)
# Abstracts of two versions of one work share far more of their words than this, those of two works
# far fewer: common words alone are up to a third.
_ALIKE = 0.5
# Titles of which so much is equal, letter by letter, differ by a correction.
_RETYPED = 0.7


def _rank(name: str) -> tuple[int, str]:
    scheme = name.partition(":")[0]
    return _SCHEMES.index(scheme) if scheme in _SCHEMES else len(_SCHEMES), name


def _all_names(paper: Paper) -> set[str]:
    return {paper.key, *paper.aliases}


def _ids(paper: Paper) -> Mapping[str, set[str]]:
    return {
        scheme: {name for name in _all_names(paper) if name.startswith(f"{scheme}:")}
        for scheme in ("arxiv", "doi")
    }


def _titles(paper: Paper) -> set[str]:
    return {name for name in _all_names(paper) if name.startswith("title:")} or {
        title_name(paper.title)
    }


def _is_alike(a: str, b: str) -> bool:
    # Listings shorten abstracts, so only the shorter one's words must be found in the longer one.
    ours, theirs = _vocabulary(a), _vocabulary(b)
    least = min(len(ours), len(theirs))
    return least == 0 or len(ours & theirs) >= _ALIKE * least


def _vocabulary(text: str) -> set[str]:
    return {word for word, _, _ in tokens(text)}


def _richness(text: str) -> tuple[int, str]:
    return len(text), text


def _richer(a: str, b: str) -> str:
    return max(a, b, key=_richness)


def _most(a: _T | None, b: _T | None, choose: Callable[[Iterable[Any]], Any]) -> _T | None:
    known = [value for value in (a, b) if value is not None]
    return choose(known) if known else None


def _united_count(a: Paper, b: Paper, named: int) -> int | None:
    count = _most(a.author_count, b.author_count, max)
    return count if count is not None and count > named else None


def _united(a: tuple[str, ...], b: tuple[str, ...]) -> tuple[str, ...]:
    return a if a == b else tuple(sorted({*a, *b}))


def _united_links(a: Paper, b: Paper) -> tuple[str, Mapping[str, str]]:
    """Return the address to open first, preferably arXiv's page, and all other links."""
    first, other = sorted((a.url, b.url), key=lambda url: ("//arxiv.org/abs/" in url, url))[::-1]
    links = {
        name: max(paper.links.get(name, "") for paper in (a, b))
        for name in sorted({*a.links, *b.links})
    }
    if other and other != first and other not in links.values():
        links.setdefault("listed", other)
    if first:
        # A paper with a page of its own needs no search link.
        links.pop("find", None)
    return first, links


def _united_extra(a: Mapping[str, Any], b: Mapping[str, Any]) -> Mapping[str, Any]:
    return {
        name: max(
            (extra[name] for extra in (a, b) if name in extra),
            key=lambda value: _richness(dumps(value, sort_keys=True)),
        )
        for name in sorted({*a, *b})
    }
