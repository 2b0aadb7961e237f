"""Load the templates of the web pages, and check them before a page is requested."""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from pathlib import Path

import jinja2
from jinja2 import meta, nodes

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
    made.filters |= {"long_day": wording.long_day, "plain_day": wording.plain_day}
    return made


def check_pages(folders: Sequence[Path]) -> None:
    """Compile every page, and check the names in all but those of the last folder, which are ours.

    A page may use only names that some page of ours uses: its real variables are known only when
    it is requested.  Raises jinja2.TemplateSyntaxError.
    """
    environment = page_environment(folders)
    known = set(environment.globals)
    for _, tree in _pages(environment, folders[-1]):
        known |= meta.find_undeclared_variables(tree)
    for folder in folders[:-1]:
        for path, tree in _pages(environment, folder):
            unknown = meta.find_undeclared_variables(tree) - known
            for name in tree.find_all(nodes.Name):
                if name.name in unknown:
                    problem = f"{name.name!r} is undefined: no page is given it"
                    raise jinja2.TemplateSyntaxError(problem, name.lineno, path.name, f"{path}")


def _pages(environment: jinja2.Environment, folder: Path) -> Iterator[tuple[Path, nodes.Template]]:
    for path in sorted((folder / "web").glob("*.html")):
        source = path.read_text(encoding="utf-8")
        environment.compile(source, path.name, f"{path}")
        yield path, environment.parse(source, path.name, f"{path}")
