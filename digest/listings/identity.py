"""When two records are one work, what its names are, and what they say of it together.

Pure: names come from ids and titles alone, and uniting does not depend on who came first.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Mapping
from dataclasses import replace
from hashlib import sha256
from json import dumps
from typing import Any, TypeVar
from urllib.parse import unquote

from .. import expressions
from ..language.text import normal_title, tokens
from ..model import ChangeKind, Paper

_T = TypeVar("_T")

# https://info.arxiv.org/help/arxiv_identifier.html; an old identifier's subject class
# (math.GT/0309136) is no part of its canonical form.
_ARCHIVES = (
    "acc-phys|adap-org|alg-geom|ao-sci|astro-ph|atom-ph|bayes-an|chao-dyn|chem-ph|cmp-lg|comp-gas|"
    "cond-mat|cs|dg-ga|funct-an|gr-qc|hep-ex|hep-lat|hep-ph|hep-th|math|math-ph|mtrl-th|nlin|"
    "nucl-ex|nucl-th|patt-sol|physics|plasm-ph|q-alg|q-bio|quant-ph|solv-int|supr-con"
)
_MONTH = "(?:0[1-9]|1[0-2])"
# Four digits behind the dot until the end of 2014, five since.
_NEW = rf"(?:0[7-9]|1[0-4]){_MONTH}\.[0-9]{{4}}|(?:1[5-9]|[2-9][0-9]){_MONTH}\.[0-9]{{5}}"
_ARXIV = expressions.anchored(
    r"(?:(?:oai:)?arxiv(?:\.org)?:\s*"
    r"|(?:https?:)?//(?:[a-z-]+\.)?arxiv\.org/(?:abs|pdf|html|format|ps|e-print)/"
    r"|(?:https?:)?//(?:www\.)?(?:huggingface\.co|hf\.co|alphaxiv\.org)/(?:papers|abs)/"
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
# Publishers name the page of a work by its DOI: /content/10.1101/…v1?rss=1, /doi/abs/10.1000/….
_PAGE = expressions.anchored(
    r"(?:https?:)?//[^/\s]+/(?:[\w-]+/)?(?:content|doi|articles?|chapter)/(?:[a-z]+/){0,2}"
    r"(?P<doi>10\.[0-9]{4,9}/[^\s\"<>?#]+?)(?:/(?:full|abstract|pdf|meta))?/?(?:[?#].*)?",
    ignore_case=True,
)
# bioRxiv's and medRxiv's pages carry the version behind the DOI: both prefixes are theirs.
_BIORXIV_VERSION = expressions.compile(
    r"(?<=[0-9])v[0-9]{1,4}(?:\.\w{1,40}(?:[.-]\w{1,40}){0,8})?$"
)
BIORXIV = ("10.1101/", "10.64898/")

# Titles that name a kind of text and not a work: each issue of a journal has them again.
_GENERIC = expressions.anchored(
    "abstracts|acknowledge?ments|addendum|announcements|authorindex|backmatter|bookreviews?|"
    "contents|corrections?|corrigendum|cover|coverimage|editorial|editorialboard|errat(a|um)|"
    "foreword|frontmatter|highlights|inthisissue|introduction|issueinformation|letterstotheeditor|"
    "masthead|news|obituary|preface|publishersnote|retraction|reviewers|tableofcontents|titlepage"
)


def arxiv_id(text: str) -> tuple[str, int | None] | None:
    """Read an arXiv identifier in any of its spellings → the id without version, and the version.

    ``text`` is the identifier alone: bare, ``arXiv:…``, ``oai:arXiv.org:…``, ``abs/…``, an address
    at arxiv.org or of a page about the paper, or the DOI that arXiv gives.
    """
    found = _ARXIV.fullmatch(text.strip())
    if not found or not text.isascii():
        return None
    plain = found["new"] or f"{found['archive'].lower()}/{found['number']}"
    return plain, int(found["version"]) if found["version"] else None


def doi(text: str) -> str | None:
    """Read a DOI in lower case: bare, as ``doi:…``, or in the resolver's or a publisher's address.

    DOIs are compared without regard to case (https://www.doi.org/the-identifier/resources/handbook,
    §2.4).  A version that bioRxiv puts behind its own is taken away.
    """
    found = _DOI.fullmatch(text.strip()) or _PAGE.fullmatch(text.strip())
    if not found:
        return None
    name = found["doi"] if found.start("doi") == 0 else unquote(found["doi"])
    name = name.lower().rstrip(".,;/")
    return _BIORXIV_VERSION.sub("", name) if name.startswith(BIORXIV) else name


def title_name(title: str, *, hint: str = "") -> str:
    """Name a work by its title; ``hint`` tells apart what only has a title like "Editorial"."""
    plain = normal_title(title)
    if _GENERIC.fullmatch(plain):
        plain += "-" + sha256(hint.encode("utf-8", "replace")).hexdigest()[:12]
    return f"title:{plain}"


def names(*, title: str, arxiv: str = "", doi_name: str = "", hint: str = "") -> tuple[str, ...]:
    """Give every name of a work, the best first: that one is its key, the others are aliases.

    ``arxiv`` and ``doi_name`` in any spelling; what is none is left out.
    """
    found: list[str] = []
    for text in (arxiv, doi_name):
        if number := arxiv_id(text):
            found.append(f"arxiv:{number[0]}")
        elif name := doi(text):
            found.append(f"doi:{name}")
    found.sort(key=_rank)
    return tuple(dict.fromkeys([*found, title_name(title, hint=hint)]))


def key_of(*, title: str, arxiv: str = "", doi_name: str = "", hint: str = "") -> str:
    """Name a work by the best that is known of it: arXiv id, else DOI, else title."""
    return names(title=title, arxiv=arxiv, doi_name=doi_name, hint=hint)[0]


def is_same_work(a: Paper, b: Paper) -> bool:
    """Whether two records describe one work.

    Equal ids say yes and different ids of one scheme say no; else the titles must be equal after
    normalisation and the abstracts alike, or missing from one.
    """
    mine, theirs = _ids(a), _ids(b)
    if any(mine[scheme] & theirs[scheme] for scheme in mine):
        return True
    if any(mine[scheme] and theirs[scheme] for scheme in mine):
        return False
    return bool(_titles(a) & _titles(b)) and _is_alike(a.abstract, b.abstract)


def unite(a: Paper, b: Paper) -> Paper:
    """Say of one work what both records say: names, links and categories of both, the richer text.

    Of two titles the newer version's counts.  Gives the same for (b, a).
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
        extra=_united_extra(a.extra, b.extra),
    )


_SCHEMES = ("arxiv", "doi", "title")
# A withdrawal must not be hidden; what is new somewhere is news.
_ANNOUNCED = (ChangeKind.WITHDRAWN, ChangeKind.NEW, ChangeKind.CROSS, ChangeKind.REVISED)
# Abstracts of two versions of one work share far more of their words than this, those of two works
# far fewer: common words alone make up to a third.
_ALIKE = 0.5


def _rank(name: str) -> tuple[int, str]:
    scheme = name.partition(":")[0]
    return _SCHEMES.index(scheme) if scheme in _SCHEMES else len(_SCHEMES), name


def _ids(paper: Paper) -> Mapping[str, set[str]]:
    return {
        scheme: {name for name in (paper.key, *paper.aliases) if name.startswith(f"{scheme}:")}
        for scheme in ("arxiv", "doi")
    }


def _titles(paper: Paper) -> set[str]:
    return {name for name in (paper.key, *paper.aliases) if name.startswith("title:")} or {
        title_name(paper.title)
    }


def _is_alike(a: str, b: str) -> bool:
    # Listings cut abstracts short, so the shorter one only has to be found in the longer.
    mine, theirs = _vocabulary(a), _vocabulary(b)
    least = min(len(mine), len(theirs))
    return least == 0 or len(mine & theirs) >= _ALIKE * least


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
    """Keep arXiv's page as the one to open first, and the other one as a link."""
    first, other = sorted((a.url, b.url), key=lambda url: ("//arxiv.org/abs/" in url, url))[::-1]
    links = {
        name: max(paper.links.get(name, "") for paper in (a, b))
        for name in sorted({*a.links, *b.links})
    }
    if other and other != first and other not in links.values():
        links.setdefault("listed", other)
    if first:
        # Whoever has the page need not search for it.
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
