"""The handbook agrees with the code: glossary, flow, and every path that a page names."""

from __future__ import annotations

import ast
import re
import tomllib
from collections import Counter
from collections.abc import Iterator
from functools import cache
from itertools import pairwise
from pathlib import Path

import pytest

from digest.config import load
from digest.profiles import lint

from .modules import MODULES, PACKAGE, statements_of, text_of
from .readme import README, ROOT, blocks
from .tables import table

DOCS = ROOT / "docs"
GLOSSARY, FLOW, DESIGN = (DOCS / f"{name}.md" for name in ("glossary", "flow", "design"))
CONTRIBUTING = ROOT / "CONTRIBUTING.md"
BESIDE = [ROOT / f"{name}.md" for name in ("CHANGELOG", "SECURITY")]
PAPERS = [README, CONTRIBUTING, *BESIDE, *sorted(DOCS.glob("*.md"))]

_PLACE = re.compile(r"`([\w/]+\.py): ([\w.]+)`")
_ROW = re.compile(rf"^\| ([^|]+) \| [^|]+ \| {_PLACE.pattern} \|$", re.MULTILINE)


def own_definitions(body: list[ast.stmt]) -> Iterator[str]:
    """Yield the names of the methods and of the fields that a class defines."""
    for node in body:
        if isinstance(node, ast.ClassDef | ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name
        elif isinstance(node, ast.AnnAssign) and isinstance(node.target, ast.Name):
            yield node.target.id


@cache
def definitions(path: Path) -> frozenset[str]:
    """Return the classes and functions of a module, ``Class.method`` and inner functions too."""
    found: set[str] = set()
    for node in statements_of(path, with_types=True):
        if isinstance(node, ast.ClassDef):
            found |= {node.name, *(f"{node.name}.{own}" for own in own_definitions(node.body))}
        elif isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            found.add(node.name)
    return frozenset(found)


def missing(places: list[tuple[str, str]]) -> list[tuple[str, str]]:
    return [
        (module, name)
        for module, name in places
        if not (PACKAGE / module).is_file() or name not in definitions(PACKAGE / module)
    ]


def rows() -> list[tuple[str, str, str]]:
    """Return the rows of the glossary: word, module, name."""
    return _ROW.findall(GLOSSARY.read_text("utf-8"))


def spoken(text: str) -> str:
    """Return a text in small letters, its compound names taken apart into words."""
    apart = re.sub(r"(?<=[a-z])(?=[A-Z])", " ", text)
    return " ".join(re.sub(r"[\W_]+", " ", apart).lower().split())


def test_every_row_of_the_glossary_is_read() -> None:
    lines = [line for line in GLOSSARY.read_text("utf-8").splitlines() if line.startswith("| ")]
    headings = [line for line in lines if line.startswith(("| word |", "| **"))]

    assert len(rows()) == len(lines) - len(headings) >= 60


def test_what_the_glossary_names_is_in_its_module() -> None:
    assert missing([(module, name) for _, module, name in rows()]) == []


def test_no_word_of_the_glossary_has_two_rows() -> None:
    words = Counter(word for word, _, _ in rows())
    places = Counter((module, name) for _, module, name in rows())

    assert [each for each, times in (words + places).items() if times > 1] == []


@table(("word", "module", "name"), rows())
def test_a_word_of_the_glossary_is_used_in_its_module(word: str, module: str, name: str) -> None:
    used = spoken(f"{module} {text_of(PACKAGE / module)}")

    assert all(re.search(rf"\b{each}(?:s|es)?\b", used) for each in spoken(word).split()), name


_CLASS = re.compile(r"^class ([^\W_]\w*)", re.MULTILINE)


def test_a_name_of_a_public_class_is_defined_once() -> None:
    names = Counter(name for path in MODULES for name in _CLASS.findall(text_of(path)))

    assert {name for name, times in names.items() if times > 1} == set()


def test_every_step_of_the_flow_names_a_function_of_its_module() -> None:
    text = FLOW.read_text("utf-8")
    steps = re.findall(r"^\d+\. (.*)$", text, re.MULTILINE)

    assert len(steps) >= 90
    assert [step for step in steps if not _PLACE.match(step)] == []
    assert missing(_PLACE.findall(text)) == []


def test_the_steps_of_the_flow_are_numbered_in_order() -> None:
    numbers = [int(n) for n in re.findall(r"^(\d+)\. ", FLOW.read_text("utf-8"), re.MULTILINE)]

    assert numbers[0] == 1
    assert all(b in (a + 1, 1) for a, b in pairwise(numbers))


def test_the_table_of_rooms_names_every_room_and_its_modules() -> None:
    table = re.findall(r"^\| (`.*`) \| (.*) \| .* \|$", DESIGN.read_text("utf-8"), re.MULTILINE)
    named = {room for first, _ in table for room in re.findall(r"`([^`]+)`", first)}
    rooms = {
        path.name + "/" * path.is_dir()
        for path in PACKAGE.iterdir()
        if path.suffix == ".py" or (path / "__init__.py").is_file()
    }

    assert {room for room in named if "/" not in room[:-1]} - {"templates/"} == rooms - {
        "__init__.py"
    }
    for first, text in table:
        folders = [PACKAGE / room for room in re.findall(r"`([^`]+/)`", first)]
        for module in re.findall(r"`(\w+)/?`", text) if folders else ():
            here = [folder / module for folder in folders]
            assert any(p.is_dir() or p.with_suffix(".py").is_file() for p in here), module


#: A path from the top of the checkout; a placeholder in capitals is for the reader to fill in.
_PATH = re.compile(
    r"(?<![\w./-])(?:(?:bench|deploy|digest|docs|frontend|templates|tests)/|\.ci/)[\w./-]*[\w/]"
)
#: A module as it is named within the package, or a file of the tests.
_MODULE = re.compile(r"`([\w/-]+\.py)(?=[`:])")
_IS_TO_BE_NAMED = re.compile(r"\b[A-Z]{4,}\b")

#: What only looks like a path here: the operator's own file.
OPERATORS = {"digest/config.yaml"}


def code_of(text: str) -> str:
    """Return what a page shows as code, but for its fenced blocks."""
    inline = re.sub(r"^```.*?^```$", "", text, flags=re.DOTALL | re.MULTILINE)
    return "\n".join(re.findall(r"`[^`\n]+`", inline))


@table("paper", PAPERS)
def test_every_path_that_a_page_names_is_there(paper: Path) -> None:
    code = re.sub(r"\S*[*…]\S*", "", code_of(paper.read_text("utf-8")))
    paths = {path for path in _PATH.findall(code) if not _IS_TO_BE_NAMED.search(path)}

    assert {path for path in paths - OPERATORS if not (ROOT / path).exists()} == set()


@table("paper", PAPERS)
def test_every_module_that_a_page_names_is_there(paper: Path) -> None:
    named = set(_MODULE.findall(paper.read_text("utf-8")))
    modules = {name for name in named if not _IS_TO_BE_NAMED.search(name)}

    assert {m for m in modules if not ((PACKAGE / m).exists() or (ROOT / m).exists())} == set()


def anchors(page: Path) -> set[str]:
    """Return the names under which the headings of a page can be linked."""
    headings = re.findall(r"^#+ (.+)$", page.read_text("utf-8"), re.MULTILINE)
    return {re.sub(r"[^\w\s-]", "", each).strip().lower().replace(" ", "-") for each in headings}


@table("paper", PAPERS)
def test_every_link_of_a_page_leads_to_a_file_and_its_heading(paper: Path) -> None:
    for link in re.findall(r"\]\(([^):]+)\)", paper.read_text("utf-8")):
        name, _, anchor = link.partition("#")
        page = paper.parent / name if name else paper

        assert page.exists(), link
        assert not anchor or anchor in anchors(page), link


#: What completes a configuration of which a block shows a part.
_SET = {
    "DIGEST_LISTINGS__A__KIND": "huggingface",
    "DIGEST_MAIL__FROM": "a@example.org",
}


@pytest.mark.parametrize("paper", PAPERS, ids=lambda path: path.name)
def test_every_yaml_block_of_a_page_is_good(paper: Path, tmp_path: Path) -> None:
    """As a profile or as a configuration, which is completed where only a part is shown."""
    for block in blocks("yaml", paper):
        if re.search(r"^(?:any|all|authors):", block, re.MULTILINE):
            named = re.findall(r"^listings: \[(.*)\]", block, re.MULTILINE)
            listings = [name.strip() for each in named for name in each.split(",")]
            mistakes = lint(block, paper.name, listings=listings or None)
            assert [each for each in mistakes if each.severity == "error"] == [], block
            continue
        file = tmp_path / "config.yaml"
        file.write_text(block)
        variables = dict.fromkeys(re.findall(r"\$\{(\w+)\}", block), "x")
        load(file, _SET | variables | {"CHAT_URL": "json://x"})


@table("paper", PAPERS)
def test_every_program_that_a_page_starts_is_there(paper: Path) -> None:
    for words in re.findall(r"python -m ((?:tests|bench)[\w.]*(?: [a-z_-]+)?)", paper.read_text()):
        module, _, bench = words.partition(" ")
        path = ROOT / module.replace(".", "/")
        assert path.with_suffix(".py").is_file() or (path / "__main__.py").is_file(), words
        assert module != "bench" or not bench or (path / f"{bench}.py").is_file(), words


#: name in CONTRIBUTING.md: the module that it is in
_EXTENDED = {
    "KINDS": "listings/sources/__init__.py",
    "COMPLETE": "listings/sources/__init__.py",
    "read_whole": "listings/sources/__init__.py",
    "body": "listings/sources/__init__.py",
    "parse_apart": "listings/sources/sandbox.py",
    "_NEED_ADDRESS": "config/file.py",
    "_mail": "config/file.py",
    "_GAPS": "listings/sources/politeness.py",
    "announces": "listings/days.py",
    "is_dated": "model.py",
    "Sender": "deliver/__init__.py",
    "MailSettings": "deliver/__init__.py",
    "before_dot": "deliver/__init__.py",
    "send_all": "deliver/__init__.py",
    "SendError": "errors.py",
    "SourceError": "errors.py",
    "Meaning": "errors.py",
    "_sender": "app.py",
    "NOTICE_VALUES": "render/sample.py",
    "UNSUBSCRIBE_PHRASES": "subscribers/inbox/leaving_words.py",
    "ALONE": "subscribers/inbox/leaving_words.py",
    "POLITE": "subscribers/inbox/leaving_words.py",
    "_LEAVING": "subscribers/inbox/commands.py",
    "_QUOTED_FIELDS": "subscribers/inbox/reply_text.py",
}


@table(("name", "module"), _EXTENDED.items())
def test_what_is_to_be_extended_has_this_name(name: str, module: str) -> None:
    assert f"`{name}`" in CONTRIBUTING.read_text("utf-8")
    assert re.search(rf"\b{name}\b", (PACKAGE / module).read_text("utf-8"))


def test_each_way_to_extend_fits_in_twenty_lines() -> None:
    parts = CONTRIBUTING.read_text("utf-8").split("\n## ")
    ways = [part for part in parts if part.startswith("Add a ")]

    assert len(ways) == 4
    assert all(len(way.strip().splitlines()) <= 20 for way in ways)


def test_the_set_up_is_the_second_command_of_the_readme() -> None:
    assert blocks("sh", CONTRIBUTING) == [blocks("sh")[1]]


def test_the_tools_that_are_named_are_installed_with_the_tests() -> None:
    project = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]
    installed = {re.split(r"[\[>]", each)[0] for each in project["optional-dependencies"]["test"]}

    assert {"pytest", "ruff", "mypy"} <= installed


@pytest.mark.parametrize("paper", [README, DESIGN], ids=lambda path: path.name)
def test_the_handbook_is_linked(paper: Path) -> None:
    text = paper.read_text("utf-8")

    assert all(page.name in text for page in (GLOSSARY, FLOW, CONTRIBUTING))
