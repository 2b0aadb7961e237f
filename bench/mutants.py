"""Mutants: small changes to the rooms that decide, and whether the test beside each notices.

Lines are drawn by ``--seed`` from the modules of the rooms below; cosmic-ray knows which changes
can be made on a line, and one of them is drawn.  Left out is what no run can notice: changes of
``|`` (by the operators filter of cosmic-ray: nearly every ``|`` is in a type), of the star before
parameters that have to be named (it takes the star for a product; mypy checks the calls), of
``kw_only``, which is that star of a dataclass, of ``slots`` (which saves memory), and what Python
would not compile.

Each change is made in a copy of the tree, and one test file is run on it, on SQLite:
``tests/<room>/test_<module>.py``.  Where there is none, it is, of the files of the same folder that
import the module, the one that has its name most often; if none does, that of the module beside it
that imports it and has its name most often.

cosmic-ray is no dependency of the project: ``pip install cosmic-ray`` beside the tests' packages.
The table is Markdown; ``docs/mutants.md`` keeps the last one.
"""

from __future__ import annotations

import argparse
import difflib
import importlib.util
import os
import random
import re
import resource
import shutil
import signal
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterable, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from functools import cache
from pathlib import Path
from queue import SimpleQueue
from typing import Any

_ROOT = Path(__file__).parent.parent
ROOMS = ("access", "deliver", "issues", "listings", "match", "profiles")
#: What the operators filter of cosmic-ray is to leave out, by the names of its operators.
EXCLUDED = re.compile(r"core/ReplaceBinaryOperator_BitOr_")
AT_ONCE = 2
#: A change that takes this many times as long as the tree unchanged, or minutes, is noticed.
TIMES, SECONDS = 10, 180
#: A change that asks for more than this is noticed, and harms nothing else on the machine.
MOST_BYTES = 6 << 30
_PYTEST = (
    *("-m", "pytest", "-n", "0", "-x", "-q", "-p", "no:cacheprovider", "--tb=no", "-rfE"),
    *("-k", "not postgresql"),
)


@dataclass(frozen=True)
class Mutant:
    """One change: of which module (from the root), what the module then is, and how to see it."""

    module: Path
    line: int
    text: str
    change: str
    tests: Path


def main(options: Sequence[str]) -> int:
    """Print each change and what noticed it; 0 if nine of ten were noticed."""
    parser = argparse.ArgumentParser(prog="python -m bench mutants", description=__doc__)
    parser.add_argument("--count", type=int, default=60)
    parser.add_argument("--seed", type=int, default=14)
    parser.add_argument("--only", type=int, nargs="*", help="numbers of the draw to run")
    wanted = parser.parse_args(options)
    if importlib.util.find_spec("cosmic_ray") is None:
        print("bench mutants needs cosmic-ray: pip install cosmic-ray", file=sys.stderr)
        return 2
    resource.setrlimit(resource.RLIMIT_AS, (MOST_BYTES, MOST_BYTES))
    drawn = dict(enumerate(draw(random.Random(wanted.seed), wanted.count), 1))
    chosen = {n: mutant for n, mutant in drawn.items() if n in (wanted.only or drawn)}
    print(f"seed {wanted.seed}, {wanted.count} changes over {', '.join(ROOMS)}\n", flush=True)
    print("| | place | change | noticed by |\n| --- | --- | --- | --- |", flush=True)
    with tempfile.TemporaryDirectory() as folder:
        killed = sum(_shown(n, chosen[n], by) for n, by in run(chosen, Path(folder)))
    print(f"\n{killed} of {len(chosen)} killed, {len(chosen) - killed} survived")
    return 0 if killed >= 0.9 * len(chosen) else 1


def _shown(number: int, mutant: Mutant, by: str) -> bool:
    """Print a row; return whether the change was noticed."""
    place = f"`{mutant.module}:{mutant.line}`"
    by = f"`{mutant.tests}`: {by or '**survived**'}"
    print(f"| {number} | {place} | {mutant.change} | {by} |", flush=True)
    return "**survived**" not in by


def draw(chance: random.Random, count: int) -> Iterator[Mutant]:
    """Draw lines of the rooms, and for each a change that cosmic-ray knows there."""
    modules = sorted(path for room in ROOMS for path in (_ROOT / "digest" / room).rglob("*.py"))
    places = [(path, n) for path in modules for n in range(1, len(_lines(path)) + 1)]
    chance.shuffle(places)
    for path, line in places:
        if count and (text := _changed(chance, path, line)):
            module = path.relative_to(_ROOT)
            yield Mutant(module, line, text, _difference(path, text), test_file(module))
            count -= 1


def _changed(chance: random.Random, path: Path, line: int) -> str | None:
    """Return the module with one change of what begins on a line, if there is one to make."""
    from cosmic_ray.mutating import mutate_code

    nodes = [(node, node.start_pos[0] == line and not _is_a_mark(node)) for node in _nodes(path)]
    here = [node for node, is_here in nodes if is_here]
    known = [op for op in _operators() if any(p for n in here for p in op.mutation_positions(n))]
    chance.shuffle(known)
    for operator in known:
        hits = [is_here for n, is_here in nodes for _ in operator.mutation_positions(n)]
        occurrence = chance.choice([place for place, is_here in enumerate(hits) if is_here])
        text = mutate_code(path.read_text("utf-8"), operator, occurrence)
        if text and _compiles(text):
            return str(text)
    return None


def _is_a_mark(node: Any) -> bool:
    """Return whether a node is the star before named parameters, ``kw_only`` or ``slots``."""
    if node.parent is None or node.parent.type == "parameters":
        return True
    name = node.parent.children[0].get_code(include_prefix=False)
    return node.parent.type == "argument" and name in ("kw_only", "slots")


@cache
def _operators() -> list[Any]:
    from cosmic_ray.plugins import get_operator, operator_names

    classes = [get_operator(name) for name in operator_names() if not EXCLUDED.match(name)]
    return [operator() for operator in classes if not operator.arguments()]


@cache
def _nodes(path: Path) -> list[Any]:
    from cosmic_ray.ast import ast_nodes, get_ast_from_path

    return list(ast_nodes(get_ast_from_path(path)))


def _lines(path: Path) -> list[str]:
    return path.read_text("utf-8").splitlines()


def _compiles(text: str) -> bool:
    try:
        compile(text, "mutant", "exec", dont_inherit=True)
    except SyntaxError:
        return False
    return True


def _difference(path: Path, text: str) -> str:
    """Return the lines that changed, before and after, for a cell of a table."""
    delta = difflib.ndiff(_lines(path), text.splitlines())
    sides = {"- ": "", "+ ": ""}
    for line in delta:
        if line[:2] in sides:
            sides[line[:2]] += " ".join(["", *line[2:].split()])
    was, now = (side.strip().replace("|", "\\|") for side in sides.values())
    return f"`{was}` → `{now}`" if now else f"`{was}` left out"


@cache
def test_file(module: Path) -> Path:
    """Return the test file beside a module, or the nearest by the rule above."""
    return _beside(module, frozenset()) or next((_ROOT / _tests(module)).glob("test_*.py"))


def _tests(module: Path) -> Path:
    return Path("tests", *module.parts[1:-1])


def _beside(module: Path, seen: frozenset[Path]) -> Path | None:
    """Return the test file of a module, or of one that uses it; None if no test knows of either."""
    name = module.parent.name if module.stem == "__init__" else module.stem
    own = _tests(module) / f"test_{name}.py"
    if (_ROOT / own).is_file():
        return own
    if tests := _importing(module, (_ROOT / own.parent).glob("test_*.py")):
        return tests[0]
    users = _importing(module, (_ROOT / module.parent).glob("*.py"))
    ways = (_beside(user, seen | {module}) for user in users if user not in seen | {module})
    return next(filter(None, ways), None)


def _importing(module: Path, files: Iterable[Path]) -> list[Path]:
    """Return the files that import a module, the one that has its name most often first."""
    path = module.parent if module.stem == "__init__" else module.with_suffix("")
    name, package = path.name, re.escape(".".join(path.parent.parts))
    among = rf"^from (?:{package}|\.) import (?:\([^)]*|.*)\b{name}\b"
    way = rf"^from (?:{package})?\.{name} import|{among}"
    texts = {file.relative_to(_ROOT): file.read_text("utf-8") for file in sorted(files)}
    users = [file for file, text in texts.items() if re.search(way, text, re.MULTILINE)]
    return sorted(users, key=lambda file: -len(re.findall(rf"\b{name}\b", texts[file])))


def run(chosen: dict[int, Mutant], folder: Path) -> Iterator[tuple[int, str]]:
    """Run the test file of each, in copies of the tree; yield what noticed it, or an empty text."""
    trees: SimpleQueue[Path] = SimpleQueue()
    for name in map(str, range(AT_ONCE)):
        trees.put(_copied(folder / name))
    with ThreadPoolExecutor(AT_ONCE) as pool:
        files = sorted({mutant.tests for mutant in chosen.values()})
        limits = dict(zip(files, pool.map(lambda path: _limit(trees, path), files), strict=True))
        tests = pool.map(lambda m: _noticed(trees, m, limits[m.tests]), chosen.values())
        yield from zip(chosen, tests, strict=True)


def _copied(tree: Path) -> Path:
    """Copy what git keeps, or would keep, of the tree as it is."""
    listing = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(listing, cwd=_ROOT, capture_output=True, text=True, check=True).stdout
    for name in names.split("\0"):
        if (_ROOT / name).is_file():
            (tree / name).parent.mkdir(parents=True, exist_ok=True)
            shutil.copy2(_ROOT / name, tree / name)
    return tree


def _limit(trees: SimpleQueue[Path], tests: Path) -> float:
    """Run a test file on the tree unchanged; return the seconds that it may take on a change."""
    tree = trees.get()
    began = time.monotonic()
    said = _pytest(tree, tests, None)
    trees.put(tree)
    if said:
        sys.exit(f"{tests} fails on the tree unchanged: {said}")
    return max(SECONDS, TIMES * (time.monotonic() - began))


def _noticed(trees: SimpleQueue[Path], mutant: Mutant, limit: float) -> str:
    """Make the change in a free tree, run its test file there, and take the change back."""
    tree = trees.get()
    path = tree / mutant.module
    before = path.read_text("utf-8")
    try:
        _write(path, mutant.text)
        return _pytest(tree, mutant.tests, limit)
    finally:
        _write(path, before)
        trees.put(tree)


def _write(path: Path, text: str) -> None:
    """Write a module, and drop what Python has compiled of it: times of files are in seconds."""
    path.write_text(text, "utf-8")
    Path(importlib.util.cache_from_source(str(path))).unlink(missing_ok=True)


def _pytest(tree: Path, tests: Path, limit: float | None) -> str:
    """Return the test that failed first, or how it ended else; empty if all passed."""
    process = subprocess.Popen(
        [sys.executable, *_PYTEST, f"--basetemp={tree}.tmp", str(tests)],
        cwd=tree,
        env={**os.environ, "PYTHONPATH": str(tree)},
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        text=True,
        start_new_session=True,
    )
    try:
        said, _ = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        os.killpg(process.pid, signal.SIGKILL)
        process.communicate()
        return f"the time limit ({limit:.0f} s)"
    if process.returncode == 0:
        return ""
    failed = re.search(r"^(?:FAILED|ERROR) \S+?::(\w+)", said, re.MULTILINE)
    return f"`{failed[1]}`" if failed else _ending(process.returncode, said)


def _ending(code: int, said: str) -> str:
    """Say how pytest ended where no test failed: 2 and 4 if a module could not be imported."""
    if code in {2, 4} and ("rror" in said):
        return "the import of the tests"
    return f"pytest ended with {code}: {said.strip().splitlines()[-1:]}"
