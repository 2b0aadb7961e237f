"""Load the templates of the web pages, and check them before a page is requested."""

from __future__ import annotations

from collections.abc import Iterator, Mapping, Sequence
from functools import lru_cache
from pathlib import Path

import jinja2
from jinja2 import meta, nodes
from markupsafe import Markup

from ..locales.templates import translate
from . import wording
from .compiled_templates import CompiledTemplates

_COMPILED = CompiledTemplates()


def page_environment(folders: Sequence[Path]) -> jinja2.Environment:
    """Return an environment that escapes all and refuses unknown names; an earlier folder wins."""
    made = jinja2.Environment(
        loader=jinja2.FileSystemLoader([folder / "web" for folder in folders]),
        autoescape=True,
        undefined=jinja2.StrictUndefined,
        trim_blocks=True,
        lstrip_blocks=True,
        bytecode_cache=_COMPILED,
    )
    translate(made)
    made.filters |= {
        "big": Markup('<span class="big">{}</span>').format,
        "hour": "{:%H:%M}".format,
        "long_day": wording.long_day,
        "plain_day": wording.plain_day,
        "verdict": wording.verdict_word,
    }
    return made


def check_pages(folders: Sequence[Path]) -> None:
    """Compile every page, and check the names in all but those of the last folder, which are ours.

    A page may use only names that some page of ours uses: its real variables are known only when
    it is requested.  Raises jinja2.TemplateSyntaxError.
    """
    environment = page_environment(folders)
    known = set(environment.globals)
    for _, names in _pages(folders[-1]):
        known |= set(names)
    for folder in folders[:-1]:
        for path, names in _pages(folder):
            for name, line in names.items():
                if name not in known:
                    problem = f"{name!r} is undefined: no page is given it"
                    raise jinja2.TemplateSyntaxError(problem, line, path.name, f"{path}")


def _pages(folder: Path) -> Iterator[tuple[Path, Mapping[str, int]]]:
    for path in sorted((folder / "web").glob("*.html")):
        yield path, _names(path, path.read_text(encoding="utf-8"))


@lru_cache(maxsize=256)
def _names(path: Path, source: str) -> Mapping[str, int]:
    """Compile a page, and return the names that it is to be given, with the line of the first."""
    environment = page_environment([])
    tree = environment.parse(source, path.name, f"{path}")
    environment.compile(tree, path.name, f"{path}")
    given = meta.find_undeclared_variables(tree)
    lines = {name.name: name.lineno for name in reversed([*tree.find_all(nodes.Name)])}
    return {name: lines[name] for name in lines if name in given}
