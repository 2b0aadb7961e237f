"""Render a mail template block by block, and cache each piece as it is sent.

A template is one whole document; its Jinja blocks (``opening``, ``paper`` …) are rendered and
encoded separately, so that subscribers share the pieces.  CSS is inlined in the *template*.
"""

from __future__ import annotations

from collections.abc import Callable, Hashable, Iterator, Mapping
from functools import lru_cache
from pathlib import Path
from typing import Any, Generic, TypeVar

import jinja2
from jinja2 import nodes

from .. import expressions, locales
from ..locales.templates import translate
from . import inserts
from .compiled_templates import CompiledTemplates
from .inserts import Outline
from .placeholders import blanked
from .sanitize import untagged
from .skeletons import Escape, Skeleton

#: The prefix with which an operator's template extends ours: ``packaged/mail/digest.html``.
PACKAGED = "packaged"

T = TypeVar("T")

_NOTHING: Mapping[str, str] = {}

_HTML, _TEXT = CompiledTemplates(), CompiledTemplates()
_OPENING = expressions.compile(r"\{[{%#]")
_CLOSING = {"{{": "}}", "{%": "%}", "{#": "#}"}
_HIDDEN = expressions.compile(r"<!--jinja(\d+)z-->|jinja(\d+)z")


def environment(loader: jinja2.BaseLoader, *, is_html: bool) -> jinja2.Environment:
    """Return a strict environment; HTML is escaped, whatever the name of the file."""
    made = jinja2.Environment(
        loader=loader,
        autoescape=is_html,  # noqa: S701  plain text has no markup to escape
        finalize=None if is_html else _untagged,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        keep_trailing_newline=True,
        # A file that changed since the start has not been checked.
        auto_reload=False,
        bytecode_cache=_HTML if is_html else _TEXT,
    )
    made.globals.clear()
    translate(made)
    return made


def _untagged(value: object) -> object:
    return untagged(value) if isinstance(value, str) else value


def loader(folders: list[Path]) -> jinja2.BaseLoader:
    """Return a loader that searches each folder in turn; the last also serves ``packaged/…``."""
    return jinja2.ChoiceLoader(
        [jinja2.FileSystemLoader(folder) for folder in folders]
        + [jinja2.PrefixLoader({PACKAGED: jinja2.FileSystemLoader(folders[-1])})]
    )


class Inlined(jinja2.BaseLoader):
    """A loader that writes the rules of ``css`` into the elements of each template."""

    def __init__(self, source: jinja2.BaseLoader, css: str) -> None:
        self._source = source
        self._css = css

    def get_source(
        self, environment: jinja2.Environment, template: str
    ) -> tuple[str, str | None, Callable[[], bool] | None]:
        """Return the template's source with the CSS inlined."""
        text, path, is_fresh = self._source.get_source(environment, template)
        return inlined(text, self._css), path, is_fresh


@lru_cache(maxsize=16)
def inlined(source: str, css: str) -> str:
    """Return a Jinja source with the CSS inlined; everything in Jinja's braces stays unchanged.

    Meanwhile statements are comments, which HTML allows between table rows, and expressions words.
    A renderer asks for the same source several times.
    """
    import css_inline

    fragments: list[str] = []

    def hide(start: int, end: int) -> str:
        fragments.append(source[start:end])
        is_in_tag = source.rfind("<", 0, start) > source.rfind(">", 0, start)
        name = f"jinja{len(fragments) - 1}z"
        return name if is_in_tag or fragments[-1].startswith("{{") else f"<!--{name}-->"

    hidden, at = "", 0
    for start, end in _braces(source):
        hidden += source[at:start] + hide(start, end)
        at = end
    hidden += source[at:]
    inliner = css_inline.CSSInliner(
        inline_style_tags=False, keep_style_tags=True, load_remote_stylesheets=False, extra_css=css
    )
    is_whole = "<html" in source.lower()
    ready = inliner.inline(hidden) if is_whole else inliner.inline_fragment(hidden, css)
    return _HIDDEN.sub(lambda found: fragments[int(found[1] or found[2])], ready)


def _braces(source: str) -> Iterator[tuple[int, int]]:
    """Yield start and end of each Jinja tag, up to the next braces that close it."""
    at = 0
    while found := _OPENING.search(source, at):
        closing = source.find(_CLOSING[found[0]], found.end())
        at = found.start() + 1 if closing < 0 else closing + 2
        if closing >= 0:
            yield found.start(), at


class KnownPieces(Generic[T]):
    """A bounded cache of pieces by key: memory does not grow with the subscribers.

    Threads may share it: at worst the same piece is made twice.
    """

    #: Pieces at most; a piece of a mail has a few kilobytes.
    MAX_PIECES = 4096

    def __init__(self, most: int = MAX_PIECES) -> None:
        self._most = min(most, self.MAX_PIECES)
        self._new: dict[Hashable, tuple[T, object]] = {}
        self._old: dict[Hashable, tuple[T, object]] = {}

    def get(self, key: Hashable) -> T | None:
        """Return the cached piece, or None; a piece that is asked for stays longer."""
        known = self._new.get(key)
        if known is None:
            known = self._old.get(key)
            if known is None:
                return None
            self._new[key] = known
        return known[0]

    def keep(self, key: Hashable, made: T, alive: object = None) -> T:
        """Cache ``made`` and return it; ``alive`` lives at least as long as the cache entry."""
        if len(self._new) >= self._most // 2:
            self._old, self._new = self._new, {}
        self._new[key] = (made, alive)
        return made


class PieceCache(KnownPieces[T]):
    """A bounded cache of pieces by key and locale.

    No mail has a piece with words of another locale: the one in force is a part of each key.
    """

    def get(self, key: Hashable) -> T | None:
        """Return the cached piece of the locale in force, or None."""
        return super().get((locales.current(), key))

    def keep(self, key: Hashable, made: T, alive: object = None) -> T:
        """Cache ``made`` for the locale in force and return it."""
        return super().keep((locales.current(), key), made, alive)


class TemplateBlocks:
    """One template's blocks, and a cache of the skeletons made from them."""

    def __init__(self, environment: jinja2.Environment, name: str) -> None:
        self._environment = environment
        self._name = name
        assert environment.loader is not None
        ours = environment.loader.get_source(environment, f"{PACKAGED}/{name}")[0]
        self._blocks = _stacked_blocks(environment, name, ours)
        self._overridden = _overridden(environment, name, ours)
        self._escape: Escape = escaped if environment.autoescape else untagged
        self._skeletons = PieceCache[Skeleton]()

    def is_packaged(self, *blocks: str) -> bool:
        """Return whether these blocks are our own, which an operator's template leaves alone."""
        return self._overridden.isdisjoint(blocks)

    def render(
        self, block: str, variables: Mapping[str, Any], nested: Mapping[str, str] = _NOTHING
    ) -> str:
        """Render one block alone, with these texts for nested blocks; text ends with a newline."""
        known = {**self._environment.globals, **variables}
        context = self._environment.context_class(self._environment, known, self._name, {})
        context.blocks = self._blocks | {name: [_always(text)] for name, text in nested.items()}
        try:
            text = "".join(self._blocks[block][0](context))
        except Exception:
            # Jinja adds the template's own lines to the traceback, and raises the error again.
            self._environment.handle_exception()
        return text if text.endswith("\n") or not text else text + "\n"

    def completed(self, block: str, outline: Outline) -> bytes:
        """Return a block with a subscriber's own texts, encoded."""
        texts, shape = outline.texts, (block, outline.shared, *map(bool, outline.texts))
        if not self.is_packaged(block):
            return blanked(self.render(block, outline.view(texts)))
        skeleton = self._skeletons.get(shape) or self._skeletons.keep(
            shape, self.skeleton(block, outline.view(inserts.for_texts(texts)))
        )
        return skeleton.filled(texts)

    def skeleton(
        self, block: str, variables: Mapping[str, Any], nested: Mapping[str, str] = _NOTHING
    ) -> Skeleton:
        """Return a block that is rendered with inserts."""
        return Skeleton(self.render(block, variables, nested), self._escape)


def escaped(text: str) -> str:
    """Return a text as templates escape it, in a third of the time."""
    text = text.replace("&", "&amp;").replace("<", "&lt;").replace(">", "&gt;")
    return text.replace("'", "&#39;").replace('"', "&#34;")


def _always(text: str) -> Callable[[object], Iterator[str]]:
    return lambda _: iter((text,))


def _overridden(environment: jinja2.Environment, name: str, ours: str) -> set[str]:
    """Return the blocks of a template, and of those it extends, that are not from ``ours``."""
    assert environment.loader is not None
    source = environment.loader.get_source(environment, name)[0]
    if source == ours:
        return set()
    tree = environment.parse(source, name)
    extended = [each.template for each in tree.find_all(nodes.Extends)]
    return {block.name for block in tree.find_all(nodes.Block)}.union(
        *[
            _overridden(environment, each.value, ours)
            for each in extended
            if isinstance(each, nodes.Const)
        ]
    )


def _stacked_blocks(environment: jinja2.Environment, name: str, ours: str) -> dict[str, list[Any]]:
    """Return a template's blocks, each before those of the same name that it extends."""
    template = environment.get_template(name)
    stacked: dict[str, list[Any]] = {key: [block] for key, block in template.blocks.items()}
    assert environment.loader is not None
    source = environment.loader.get_source(environment, name)[0]
    if source == ours:  # which extends none, and need not be parsed again
        return stacked
    for extends in environment.parse(source, name).find_all(nodes.Extends):
        if isinstance(extends.template, nodes.Const):
            for key, blocks in _stacked_blocks(environment, extends.template.value, ours).items():
                stacked.setdefault(key, []).extend(blocks)
    return stacked
