"""Doubts about a query that can be found without papers.

Looks at trees; knows nothing of files and places.
"""

from __future__ import annotations

from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from fnmatch import fnmatchcase
from typing import Literal

from .. import expressions
from ..errors import Hint, Sentence, write
from ..language import (
    And,
    Author,
    Clause,
    CompiledQuery,
    Leaf,
    NamePattern,
    Near,
    Node,
    Not,
    Or,
    Phrase,
    WordMatching,
    leaves,
)
from ..language.compiled import CAPITALS, asked
from ..language.lemmas import is_common_word, lemmas, meant, stem
from ..language.words import raw_words, surface
from ..strict_yaml.shape import did_you_mean
from . import author_names, categories, wording

# Signs of words that are not looked up as they are inflected.
_SIGNS = frozenset("*?~^")
_BLANKS = expressions.compile(r"\s+")


@dataclass(frozen=True, slots=True)
class Doubt:
    """A doubt about one clause: the subscriber can hardly have meant it as it is written."""

    #: wanted, required or excluded
    part: str
    index: int
    #: a Sentence, but for what only the command line says
    message: str
    hint: str = ""
    #: where in the clause's text
    offset: int | None = None
    severity: Literal["warning", "note"] = "warning"


def doubts(query: CompiledQuery, listings: Collection[str] | None = None) -> Iterator[Doubt]:
    """Yield every doubt; ``listings`` are the names that the profile watches, if known."""
    parts = {"wanted": query.wanted, "required": query.required, "excluded": query.excluded}
    for part, clauses in parts.items():
        yield from _repeated(part, clauses)
        for index, clause in enumerate(clauses):
            for message, hint in _doubts_of(clause.node, part, listings):
                yield Doubt(part, index, message, hint)
            if not isinstance(clause.node, Author):
                for offset, message, hint in wording.remarks(clause.text, clause.node):
                    yield Doubt(part, index, message, hint, offset)
    yield from _at_odds(parts)
    yield from _in_capitals(parts)
    yield from _hard_to_have(query)


def _hard_to_have(query: CompiledQuery) -> Iterator[Doubt]:
    """Say where all asks for hardly anything, or for what is rarely together."""
    nodes = [clause.node for clause in query.required]
    names = [str(each) for each in nodes if isinstance(each, NamePattern)]
    categories_alone = [name for name in names if name.startswith("category") and "*" not in name]
    if len(categories_alone) > 1:
        message = Sentence("a paper must be in each of these categories")
        hint = Sentence("write %(text)s for one of them", text=" OR ".join(categories_alone))
        yield Doubt("required", 0, message, hint, severity="note")
    elif nodes and not query.wanted and all(map(is_without, nodes)):
        hint = Sentence("name what you look for under any")
        yield Doubt("required", 0, _ALMOST_ALL, hint)
    elif len(nodes) > 2 and not query.wanted and all(isinstance(each, Phrase) for each in nodes):
        message = Sentence("a paper must have all of these")
        yield Doubt("required", 0, message, _ANY, severity="note")


_ANY = Sentence("put them under any for one of them")
_ALMOST_ALL = Sentence("matches almost every paper")


def _in_capitals(parts: Mapping[str, tuple[Clause, ...]]) -> Iterator[Doubt]:
    """Say once, at the first of them, which words are found in capitals alone."""
    found = [
        (part, index, word)
        for part, clauses in parts.items()
        for index, clause in enumerate(clauses)
        for leaf in leaves(clause.node)
        if isinstance(leaf, Phrase) and is_in_capitals(leaf)
        for word in leaf.words
    ]
    if found:
        part, index, first = found[0]
        words = ", ".join(dict.fromkeys(word for _, _, word in found))
        message = Sentence(
            "%(words)s: found in capitals only, because small letters are a word",
            words=_shown(words),
        )
        hint = Sentence("write %(pattern)s for any case", pattern=first.lower())
        yield Doubt(part, index, message, hint, severity="note")


def is_in_capitals(phrase: Phrase) -> bool:
    """Return whether a phrase is a word that is only found in capitals, as SLAM is."""
    if phrase.form is not WordMatching.STEM or len(phrase.words) > 1:
        return False
    [word] = asked(phrase)
    small = word.removeprefix(CAPITALS).lower()
    # Of a letter, as in R, everyone expects it.
    return word.startswith(CAPITALS) and len(small) > 1 and is_common_word(small)


def _repeated(part: str, clauses: tuple[Clause, ...]) -> Iterator[Doubt]:
    first: dict[str, Clause] = {}
    for index, clause in enumerate(clauses):
        other = first.setdefault(_sense(clause), clause)
        if other is not clause:
            message = Sentence("the same as %(label)s further up", label=_shown(other.label))
            yield Doubt(part, index, message, _ONE_OF)


def _sense(clause: Clause) -> str:
    """Return a text that is equal for clauses with one meaning, as for a phrase and its plural."""
    node = clause.node
    if isinstance(node, Phrase) and node.form is WordMatching.STEM and not node.without:
        return f"{node.field}:{' '.join(_sense_of(word, node.language) for word in asked(node))}"
    return clause.term


def _sense_of(word: str, language: str) -> str:
    if not _SIGNS.isdisjoint(word):
        return word
    return " ".join("/".join(meant(part, language)) for part in word.split("-"))


def _at_odds(parts: Mapping[str, tuple[Clause, ...]]) -> Iterator[Doubt]:
    """Yield doubts about a clause that is in two parts, so that it has no effect in one of them."""
    excluded = _Excluded.by(clause.node for clause in parts["excluded"])
    required = {_sense(clause) for clause in parts["required"]}
    for part in ("wanted", "required"):
        for index, clause in enumerate(parts[part]):
            if _sense(clause) in excluded.senses:
                message = Sentence("can never match: none excludes the same")
                yield Doubt(part, index, message, _ONE_OF)
            elif excluded.has(clause.node):
                message = Sentence("can never match: none excludes a part of it")
                yield Doubt(part, index, message, _ONE_OF)
    for index, clause in enumerate(parts["wanted"]):
        if _sense(clause) in required:
            message = Sentence("narrows nothing down: all asks for the same")
            yield Doubt("wanted", index, message, _ONE_OF)


_ONE_OF = Sentence("remove one of the two")


def _either_of(node: Node) -> tuple[Node, ...]:
    return node.nodes if isinstance(node, Or) else (node,)


def _clause(node: Node) -> Clause:
    return Clause("", "", 1, node)


#: Longer phrases are not looked for inside others, which would take long.
_LONGEST_INSIDE = 8


@dataclass(frozen=True, slots=True)
class _Excluded:
    """What must not be there, by its senses; ``lengths`` are those of its phrases, in words."""

    senses: frozenset[str]
    lengths: frozenset[int]
    #: those with a star or a tilde at the end
    wild: tuple[str, ...]

    @classmethod
    def by(cls, nodes: Iterable[Node]) -> _Excluded:
        """Return what these nodes exclude, each part of a choice by itself."""
        parts = [part for node in nodes for part in _either_of(node)]
        senses = frozenset(_sense(_clause(part)) for part in parts)
        lengths = frozenset(len(part.words) for part in parts if isinstance(part, Phrase))
        return cls(senses, lengths, tuple(each for each in senses if each[-1] in "*~"))

    def has(self, node: Node) -> bool:
        """Return whether each paper that ``node`` matches has something with an excluded sense."""
        match node:
            case And(nodes):
                return any(map(self.has, nodes))
            case Or(nodes):
                return all(map(self.has, nodes))
            case Near(left, right):
                return self.has(left) or self.has(right)
            case Phrase():
                return self._has_part(node)
            case Author():
                own = _clause(node).term
                return any(own == each or own.startswith(f"{each} ") for each in self.senses)
            case NamePattern():
                own = _sense(_clause(node))
                return own in self.senses or any(
                    "*" in each and fnmatchcase(own, each) for each in self.senses
                )
            case Not():
                return False
        return _sense(_clause(node)) in self.senses

    def _has_part(self, phrase: Phrase) -> bool:
        words, field = phrase.words, phrase.field
        runs = (
            words[start : start + length]
            for length in self.lengths
            if length <= _LONGEST_INSIDE
            for start in range(len(words) - length + 1)
        )
        fields = {field, "" if field in ("title", "abstract") else field}
        return any(
            _sense(_clause(Phrase(run, each))) in self.senses for run in runs for each in fields
        ) or any(_is_wild_for(word, each, fields) for each in self.wild for word in words)


def _is_wild_for(word: str, sense: str, fields: Collection[str]) -> bool:
    """Return whether a word of these fields begins as one with a star does, or is kin to one."""
    field, _, wild = sense.partition(":")
    if field not in fields:
        return False
    if wild.endswith("*"):
        return surface(word).startswith(wild[:-1])
    return stem(word) == stem(wild[:-1])


def _doubts_of(
    node: Node, part: str, listings: Collection[str] | None
) -> Iterator[tuple[Sentence, Hint]]:
    if is_impossible(node):
        yield Sentence("can never match: it contradicts itself"), _ONE_OF
    elif is_certain(node):
        yield Sentence("matches every paper"), Sentence("remove it")
    elif part == "excluded" and isinstance(node, Phrase) and _is_refused_twice(node):
        message = Sentence("%(word)s is a word here", word=node.words[0])
        yield message, write(" ".join(node.words[1:]))
    elif is_without(node) and part == "excluded":
        yield Sentence("excludes almost every paper"), Sentence("write it without NOT")
    elif is_without(node) and part == "wanted":
        yield _ALMOST_ALL, Sentence("put it under none, without NOT")
    for leaf in leaves(node):
        if isinstance(leaf, Author):
            yield from author_names.doubts(leaf.name)
        if isinstance(leaf, NamePattern) and leaf.field == "category":
            yield from categories.doubts(leaf.pattern)
        if listings is not None and _is_unknown_listing(leaf, listings):
            yield Sentence("can never match: no listing is %(name)s", name=_shown(str(leaf))), ""


def _is_refused_twice(phrase: Phrase) -> bool:
    return len(phrase.words) > 1 and phrase.words[0].lower() in ("no", "not", "without")


def doubt_about_form(node: Node, form: str) -> tuple[Sentence, Hint] | None:
    """Return a message and a hint if ``form`` is none in which the words of ``node`` are found.

    Says nothing of words that may be written as one or as two, or have a star or a tilde.
    """
    phrases = [leaf for leaf in leaves(node) if isinstance(leaf, Phrase)]
    if not phrases:
        message = Sentence("without drops forms of words, and this query has no words")
        return message, Sentence("remove it")
    words = raw_words(form)
    if any(_may_be(phrase, words) for phrase in phrases):
        return None
    spoken = " ".join(word for phrase in phrases for word in phrase.words)
    plain = [" ".join(each.words) for each in phrases if each.form is WordMatching.STEM]
    hint = did_you_mean(form, plain, 0.8)
    message = Sentence(
        "%(form)s is no form of %(words)s, so nothing is dropped",
        form=_shown(form),
        words=_shown(spoken),
    )
    return message, hint


def _may_be(phrase: Phrase, form: Sequence[str]) -> bool:
    """Return whether the words of ``form`` may be those of a phrase."""
    own = phrase.words
    if any(not _SIGNS.isdisjoint(word) or "-" in word for word in own) or len(own) != len(form):
        return True
    if phrase.form is not WordMatching.STEM:
        return [*map(surface, own)] == [*map(surface, form)]
    return all(
        not {*meant(word, phrase.language)}.isdisjoint(lemmas(found, phrase.language))
        for word, found in zip(own, form, strict=True)
    )


def _is_unknown_listing(leaf: Leaf, listings: Collection[str]) -> bool:
    if not isinstance(leaf, NamePattern) or leaf.field != "listing":
        return False
    return not any(fnmatchcase(name.lower(), leaf.pattern.lower()) for name in listings)


def is_impossible(node: Node) -> bool:
    """Return whether a tree contradicts itself, as far as its written form shows it."""
    match node:
        case And(nodes):
            return any(is_impossible(each) for each in nodes) or _excludes_itself(nodes)
        case Or(nodes):
            return all(is_impossible(each) for each in nodes)
        case Not(child):
            return is_certain(child)
    return False


def is_certain(node: Node) -> bool:
    """Return whether a tree matches every paper, as far as its written form shows it."""
    match node:
        case Or(nodes):
            return any(is_certain(each) for each in nodes) or _holds_both(nodes)
        case And(nodes):
            return all(is_certain(each) for each in nodes)
        case Not(child):
            return is_impossible(child)
    return False


def is_without(node: Node) -> bool:
    """Return whether a tree asks only for what must not be there, and so matches nearly all."""
    match node:
        case Or(nodes):
            return any(is_without(each) for each in nodes)
        case And(nodes):
            return all(is_without(each) for each in nodes)
        case Not(child):
            return not is_without(child)
    return False


def _excludes_itself(nodes: tuple[Node, ...]) -> bool:
    """Return whether of nodes that must all match one excludes another, or a part of it."""
    excluded = _Excluded.by(each.node for each in nodes if isinstance(each, Not))
    return any(excluded.has(each) for each in nodes if not isinstance(each, Not))


def _holds_both(nodes: tuple[Node, ...]) -> bool:
    """Return whether ``nodes`` contain a node and also its negation."""
    written = {str(node) for node in nodes}
    return any(isinstance(node, Not) and str(node.node) in written for node in nodes)


def _shown(text: str) -> str:
    text = _BLANKS.sub(" ", text)
    return text if len(text) <= 40 else f"{text[:40]}…"
