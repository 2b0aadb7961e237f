"""The house rules: who imports whom, what is pure, what loads when, and that the papers agree."""

from __future__ import annotations

import ast
import json
import re
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click
import pytest

from digest import config, profile
from digest.cli import EXIT_CODES, main
from digest.resources import example_config
from digest.sources import KINDS

from .readme import README, ROOT, blocks, calls

PACKAGE = ROOT / "digest"
MODULES = sorted(PACKAGE.rglob("*.py"))

#: room → the rooms it may import, at any time and however late; only for a type checker's eyes may
#: it look further.  A room is a module or a package of ``digest/``.
IMPORTS = {
    # what everything speaks of
    "errors": "",
    "model": "",
    "expressions": "",
    # texts and the keyword language
    "text": "",
    "query": "text",
    "profile": "errors model query strict text",
    "match": "model query text",
    "trial": "errors identity match model profile query text",
    # what is new, what is due, what goes in
    "identity": "model text",
    "diff": "model text",
    "calendar": "model",
    "issue": "match model",
    # the YAML that people write
    "strict": "errors model",
    "text_file": "errors",
    "config": "deliver errors inbox model sources strict text_file",
    # the world
    "address": "",
    "tokens": "address",
    "links": "model render tokens",
    "resources": "",
    "journal": "",
    "sources": "errors identity model text",
    "store": "address diff errors identity model text",
    "render": "errors model",
    "deliver": "errors model",
    "library": "config errors model profile store text_file",
    # the story
    "collect": "calendar diff errors model store",
    "compose": "calendar issue model store",
    "handover": "deliver errors model store",
    "reception": "links model store tokens",
    "inbox": "address compose errors model profile reception store tokens trial",
    "oracle": "",
    "watch": "errors inbox model reception store",
    "outage": "calendar compose model reception store",
    "pipeline": "collect compose handover inbox model outage store watch",
    # the edges
    "schedule": "",
    "app": (
        "calendar config deliver errors inbox library links model oracle render resources "
        "sources store tokens"
    ),
    "report": "model pipeline store",
    "web": (
        "address compose errors issue links model profile query reception render "
        "resources store text text_file tokens trial watch"
    ),
    "demo": "app config deliver journal model pipeline profile render report store web",
    "doctor": "deliver errors inbox store",
    "commands": (
        "app collect compose config demo doctor errors handover inbox journal match model "
        "pipeline profile query report schedule store text_file trial web"
    ),
    "cli": "commands errors",
}

#: Rooms that decide and touch nothing.
PURE = """
    errors model expressions text query profile match trial identity address tokens links diff
    calendar issue strict render
"""

#: What reaches out of a process, waits, remembers, or is different each time.
IMPURE = """
    asyncio concurrent fcntl glob http io logging multiprocessing os pathlib queue random secrets
    select shutil signal smtplib socket sqlite3 ssl subprocess tempfile threading time
    urllib.request uuid.uuid1 uuid.uuid4 webbrowser alembic apscheduler click dotenv fastapi
    feedparser httpx2 psycopg rich sqlalchemy stamina starlette structlog uvicorn yagmail
"""

#: The exceptions: a name that pure rooms may take all the same, and why that is no I/O.
ALLOWED = {
    ("profile", "pathlib.PurePath"),  # takes names apart, opens none
    ("render", "pathlib.Path"),  # where the templates are, handed in for Jinja to load
}

#: Where the time of day may be asked for.
CLOCKS = {"app.py", "schedule.py"}
CLOCK_CALLS = re.compile(
    r"\b(?:datetime\.(?:now|today|utcnow)|date\.today|time\.(?:time|time_ns|localtime|gmtime))\("
)


def room_of(path: Path) -> str:
    """The room in which a module is: the first step below ``digest/``."""
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def tree_of(path: Path) -> ast.Module:
    """A module as Python reads it, without what only type checkers see."""
    tree = ast.parse(path.read_text(encoding="utf-8"))
    tree.body = [
        node
        for node in tree.body
        if not (isinstance(node, ast.If) and ast.unparse(node.test) == "TYPE_CHECKING")
    ]
    return tree


def rooms_imported(path: Path) -> Iterator[str]:
    """The other rooms of ours that a module imports."""
    package = path.relative_to(PACKAGE).parent.parts
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = package[: len(package) - node.level + 1]
            steps = (*base, *(node.module.split(".") if node.module else ()))
            yield from [steps[0]] if steps else [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("digest"):
            yield from (node.module or "").split(".")[1:2]


def names_imported(path: Path) -> Iterator[str]:
    """Every ``module.name`` that a module imports from elsewhere."""
    for node in ast.walk(tree_of(path)):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_every_room_stands_in_the_import_table() -> None:
    assert {room_of(path) for path in MODULES} - {"__init__", "__main__"} <= set(IMPORTS)


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_a_module_imports_only_what_its_room_may(path: Path) -> None:
    allowed = {*IMPORTS.get(room_of(path), "").split(), room_of(path)}

    assert set(rooms_imported(path)) <= allowed


def test_no_room_may_import_more_than_it_does() -> None:
    imported: dict[str, set[str]] = {room: set() for room in IMPORTS}
    for path in MODULES:
        imported.setdefault(room_of(path), set()).update(rooms_imported(path))

    for room, allowed in IMPORTS.items():
        assert set(allowed.split()) <= imported[room], room


def test_no_room_imports_an_edge() -> None:
    edges = {"app", "cli", "commands", "demo", "report", "schedule", "web"}

    for room, imported in IMPORTS.items():
        if room not in edges:
            assert not edges & set(imported.split()), room


@pytest.mark.parametrize("room", PURE.split())
def test_a_pure_room_touches_nothing(room: str) -> None:
    for path in (path for path in MODULES if room_of(path) == room):
        for name in names_imported(path):
            steps = name.split(".")
            reaches_out = any(".".join(steps[: n + 1]) in IMPURE.split() for n in range(len(steps)))
            assert not reaches_out or (room, name) in ALLOWED, f"{path.name} imports {name}"


@pytest.mark.parametrize("room", PURE.split())
def test_a_pure_room_opens_no_file_and_prints_nothing(room: str) -> None:
    for path in (path for path in MODULES if room_of(path) == room):
        called = {ast.unparse(n.func) for n in ast.walk(tree_of(path)) if isinstance(n, ast.Call)}
        assert not called & {"open", "print", "input", "exec", "eval"}, path.name


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_nobody_reads_the_clock_but_the_edges(path: Path) -> None:
    called = [ast.unparse(n) for n in ast.walk(tree_of(path)) if isinstance(n, ast.Call)]

    assert str(path.relative_to(PACKAGE)) in CLOCKS or not any(map(CLOCK_CALLS.match, called))


@pytest.mark.parametrize("path", MODULES, ids=lambda path: str(path.relative_to(PACKAGE)))
def test_every_module_says_what_it_does(path: Path) -> None:
    assert ast.get_docstring(tree_of(path))


#: What takes long to load, and is never needed to answer these two.
HEAVY = """
    alembic apscheduler css_inline fastapi feedparser httpx2 jinja2 sqlalchemy starlette uvicorn
    yagmail
"""


@pytest.mark.parametrize(
    ("arguments", "unwanted"),
    [
        (["--help"], HEAVY + "lark pydantic rich structlog yaml"),
        (["run", "--help"], HEAVY + "lark pydantic rich structlog yaml"),
        (["profile", "check", str(PACKAGE / "demo/profiles/efficient-training.yaml")], HEAVY),
    ],
    ids=["help", "run help", "profile check"],
)
def test_quick_commands_load_no_heavy_library(arguments: list[str], unwanted: str) -> None:
    """By what was loaded and not by the time it took, which depends on the machine's day."""
    script = (
        "import json, sys\n"
        "from digest.cli import main\n"
        "try: main(json.loads(sys.argv[1]))\n"
        "except SystemExit as end: assert not end.code, end.code\n"
        "print(json.dumps([name for name in sys.modules]))"
    )
    command = [sys.executable, "-c", script, json.dumps(arguments)]
    done = subprocess.run(command, capture_output=True, text=True, timeout=60, check=False)

    assert done.returncode == 0, done.stderr
    loaded = set(json.loads(done.stdout.splitlines()[-1]))
    assert loaded & set(unwanted.split()) == set()


def mistake_in(words: list[str]) -> str | None:
    """What the command line does not know of a call; None where it knows all."""
    command: click.Command = main
    options = {name: option for option in main.params for name in option.opts}
    takes_value = False
    for word in words:
        if takes_value:
            takes_value = False
        elif word.startswith("-") and word != "-":  # a dash alone is an argument
            name, _, value = word.partition("=")
            if name not in options and name not in ("--help", "-h", "--version"):
                return name
            option = options.get(name)
            takes_value = isinstance(option, click.Option) and not option.is_flag and not value
        elif isinstance(command, click.Group):
            if word not in command.commands:
                return word
            command = command.commands[word]
            options |= {name: option for option in command.params for name in option.opts}
    return None


PAPERS = [README, example_config(), *sorted((ROOT / "docs").glob("*.md"))]


@pytest.mark.parametrize("paper", PAPERS, ids=lambda path: path.name)
def test_every_command_that_is_written_about_exists(paper: Path) -> None:
    mistakes = {call: mistake_in(call.split()) for call in calls(paper.read_text("utf-8"))}

    assert {call: word for call, word in mistakes.items() if word} == {}


def test_the_readme_writes_about_every_command() -> None:
    told = {call.split()[0] for call in calls(README.read_text("utf-8")) if call.split()}

    assert set(main.commands) <= told


def test_the_readme_and_help_give_the_same_exit_codes() -> None:
    in_help = set(re.findall(r"^  (\d+) ", EXIT_CODES, re.MULTILINE))
    in_readme = set(re.findall(r"^\| `(\d+)` \|", README.read_text("utf-8"), re.MULTILINE))

    assert in_readme == in_help == {"0", "1", "2", "75", "78"}


def test_the_readme_begins_with_the_two_commands() -> None:
    install = "python3 -m venv .venv && .venv/bin/pip install -e"

    assert [line for block in blocks("sh")[:2] for line in block.splitlines()] == [
        f"{install} . && .venv/bin/digest demo",
        f"{install} '.[test]' && .venv/bin/pytest",
    ]


def test_the_profiles_in_the_readme_are_good() -> None:
    profiles = [block for block in blocks("yaml") if "any:" in block]

    assert profiles
    assert [profile.lint(block, "README.md") for block in profiles] == [[] for _ in profiles]


def test_everything_that_the_readme_points_to_is_there() -> None:
    text = README.read_text("utf-8")
    files = re.findall(r"\]\(([^)#:]+)\)", text) + re.findall(r"`((?:tests|docs)/[^`*]+)`", text)

    assert files
    assert [name for name in files if not (ROOT / name).exists()] == []


def test_every_test_that_is_named_as_a_proof_exists() -> None:
    sources = "".join(path.read_text("utf-8") for path in (ROOT / "tests").glob("test_*.py"))
    for paper in (README, *sorted((ROOT / "docs").glob("*.md"))):
        named = set(re.findall(r"\btest_\w+(?!\w*\.py)\b", paper.read_text("utf-8")))
        for name in named - {path.stem for path in (ROOT / "tests").glob("test_*.py")}:
            assert f"def {name}(" in sources, f"{paper.name} names {name}"


def test_the_example_configuration_loads_as_it_stands() -> None:
    loaded = config.load(example_config(), {})

    assert {listing.kind for listing in loaded.listings.values()} <= set(KINDS)
    assert loaded.mail.settings.sender == "folder"


def test_every_kind_of_source_can_be_loaded() -> None:
    from digest.sources import source

    assert all(callable(source(kind)) for kind in KINDS)
