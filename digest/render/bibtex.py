"""Write citations as BibTeX in UTF-8, with TeX's special characters escaped."""

from __future__ import annotations

from collections.abc import Iterable

from ..model import Paper
from .citation import Citation, PersonName, citations

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")

# BibTeX counts braces before TeX sees them: an unpaired one, even escaped, would end the entry.
_WRITTEN = str.maketrans(
    {
        "\\": r"\textbackslash{}",
        "{": r"\textbraceleft{}",
        "}": r"\textbraceright{}",
        "$": r"\$",
        "%": r"\%",
        "&": r"\&",
        "#": r"\#",
        "_": r"\_",
        "~": r"\textasciitilde{}",
        "^": r"\textasciicircum{}",
    }
)


def bibtex(papers: Iterable[Paper]) -> str:
    """Return a ``@misc`` entry per paper; keys are unique within the text, which may be empty."""
    return "\n".join(_entry(citation) for citation in citations(papers))


def _entry(citation: Citation) -> str:
    fields = "".join(f"  {name} = {value},\n" for name, value in _fields(citation) if value)
    return f"@misc{{{citation.key},\n{fields}}}\n"


def _fields(citation: Citation) -> list[tuple[str, str]]:
    day = citation.day
    return [
        # The second pair of braces keeps the capitals.
        ("title", f"{{{_braced(citation.title)}}}"),
        ("author", _authors(citation)),
        ("year", _braced(str(day.year)) if day else ""),
        ("month", _MONTHS[day.month - 1] if day else ""),
        ("eprint", _verbatim(citation.arxiv)),
        ("archiveprefix", "{arXiv}" if citation.arxiv else ""),
        ("primaryclass", _braced(citation.category)),
        ("doi", _verbatim(citation.doi)),
        ("url", _verbatim(citation.url)),
        ("note", _braced(citation.note)),
        ("abstract", _braced(citation.abstract)),
    ]


def _authors(citation: Citation) -> str:
    names = [_name(author) for author in citation.authors]
    if names and citation.has_others:
        names.append("others")
    return f"{{{' and '.join(names)}}}" if names else ""


def _name(name: PersonName) -> str:
    if name.given:
        return f"{_part(name.family)}, {_part(name.given)}"
    return _braced(name.family)


def _part(text: str) -> str:
    """Return a part of a name; braces keep an "and" or a comma from splitting it."""
    is_plain = "," not in text and "and" not in text.lower().split()
    return text.translate(_WRITTEN) if is_plain else _braced(text)


def _braced(text: str) -> str:
    return f"{{{text.translate(_WRITTEN)}}}" if text else ""


def _verbatim(text: str) -> str:
    """Return an address or identifier, which TeX packages and reference managers use verbatim."""
    return f"{{{text.replace('{', '%7B').replace('}', '%7D')}}}" if text else ""
