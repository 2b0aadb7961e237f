"""The house in numbers: files, lines, names that are defined twice, long functions, plain words.

``--against GITREF`` puts an earlier commit beside the tree as it is.
"""

from __future__ import annotations

import argparse
import ast
import io
import re
import subprocess
import tarfile
import tempfile
from collections import Counter
from collections.abc import Callable, Iterable, Sequence
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path

from tests.test_house import RIDDLES

_ROOT = Path(__file__).parent.parent
#: A function longer than this does not fit in a head.
_LONG = 40
_SPEAKING = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)


@dataclass(frozen=True)
class House:
    """One state of the package, in a folder with ``digest/`` and ``docs/``."""

    root: Path

    @cached_property
    def modules(self) -> dict[Path, str]:
        """Return the text of each module by its path within the package."""
        package = self.root / "digest"
        return {p.relative_to(package): p.read_text("utf-8") for p in package.rglob("*.py")}

    @cached_property
    def nodes(self) -> list[ast.AST]:
        """Return all nodes of all modules."""
        return [node for text in self.modules.values() for node in ast.walk(ast.parse(text))]

    def rooms(self) -> int:
        """Return the number of packages and modules right below the package."""
        return len({path.parts[0] for path in self.modules} - {"__init__.py"})

    def twice(self, names: Iterable[str]) -> str:
        """Return how many of the names occur more than once, and which."""
        several = sorted(name for name, times in Counter(names).items() if times > 1)
        return f"{len(several)}: {', '.join(several)}" if several else "0"

    def classes(self) -> str:
        """Return the names of public classes that are defined more than once."""
        found = (node.name for node in self.nodes if isinstance(node, ast.ClassDef))
        return self.twice(name for name in found if not name.startswith("_"))

    def files(self) -> str:
        """Return the names of files that occur more than once."""
        return self.twice(path.name for path in self.modules if path.name != "__init__.py")

    def long_functions(self) -> str:
        """Return the functions above _LONG lines."""
        functions = (n for n in self.nodes if isinstance(n, ast.FunctionDef | ast.AsyncFunctionDef))
        found = [f.name for f in functions if (f.end_lineno or 0) - f.lineno >= _LONG]
        return f"{len(found)}: {', '.join(sorted(found))}" if found else "0"

    def riddles(self) -> str:
        """Return the listed words per 1,000 words of docstrings."""
        speaking = (node for node in self.nodes if isinstance(node, _SPEAKING))
        texts = [ast.get_docstring(node) or "" for node in speaking]
        words = sum(len(text.split()) for text in texts)
        return f"{1000 * sum(len(RIDDLES.findall(text)) for text in texts) / words:.1f}"

    def glossary(self) -> str:
        """Return how many modules the glossary names."""
        page = self.root / "docs" / "glossary.md"
        text = page.read_text("utf-8") if page.is_file() else ""
        named = set(re.findall(r"`([\w/]+\.py): ", text)) & {str(path) for path in self.modules}
        return f"{len(named)} of {len(self.modules)}"


MEASURES: dict[str, Callable[[House], object]] = {
    "files": lambda house: len(house.modules),
    "lines": lambda house: f"{sum(len(t.splitlines()) for t in house.modules.values()):,}",
    "rooms": House.rooms,
    "names of public classes that are defined more than once": House.classes,
    "names of files that occur more than once": House.files,
    f"functions above {_LONG} lines": House.long_functions,
    "listed words per 1,000 words of docstrings": House.riddles,
    "modules that the glossary names": House.glossary,
}


def earlier(ref: str, folder: Path) -> House:
    """Return the house of a commit, written into the folder."""
    command = ["git", "archive", ref, "digest", "docs"]
    data = subprocess.run(command, cwd=_ROOT, capture_output=True, check=True).stdout
    with tarfile.open(fileobj=io.BytesIO(data)) as archive:
        archive.extractall(folder, filter="data")
    return House(folder)


def table(houses: dict[str, House]) -> str:
    """Return the measures of the houses as a table in Markdown."""
    rows = [["", *houses], ["---"] * (1 + len(houses))]
    rows += [[name, *(str(m(each)) for each in houses.values())] for name, m in MEASURES.items()]
    return "\n".join(f"| {' | '.join(row)} |" for row in rows)


def main(options: Sequence[str]) -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(prog="python -m bench house", description=__doc__)
    parser.add_argument("--against", metavar="GITREF", help="an earlier commit to put beside it")
    asked = parser.parse_args(options)
    with tempfile.TemporaryDirectory() as folder:
        before = {asked.against: earlier(asked.against, Path(folder))} if asked.against else {}
        print(table({**before, "now": House(_ROOT)}))
