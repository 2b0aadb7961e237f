"""The house rules: who imports whom, what is pure, what loads when, and that the papers agree."""

from __future__ import annotations

import ast
import json
import re
import shutil
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path

import click

from digest import config
from digest import profiles as the_profiles
from digest.cli import EXIT_CODES, main
from digest.listings.sources import KINDS
from digest.resources import example_config

from .modules import MODULES, PACKAGE, dotted, imports_of, nodes_with, statements_of, text_of
from .readme import COMMANDS, README, ROOT, blocks, calls
from .require import need
from .tables import table
from .waits import HUNG

#: room → the rooms it may import, at any time and however late; only for a type checker's eyes may
#: it look further.  A room is a module or a package of ``digest/``.
IMPORTS = {
    # what everything speaks of
    "errors": "",
    "model": "",
    "expressions": "",
    "cancellation": "",
    "network": "",
    "locales": "errors",
    # texts and the keyword language
    "language": "errors expressions",
    "match": "expressions language model",
    # the YAML that people write
    "strict_yaml": "access errors expressions model",
    "profiles": "errors expressions language locales model strict_yaml",
    "text_file": "errors",
    # what is new, what is due, what goes in
    "listings": "errors expressions language model network resources",
    "issues": "match model",
    "imports": "access errors listings profiles strict_yaml",
    "trial": "cancellation errors expressions language listings locales match model profiles",
    # the world
    "resources": "",
    "private_files": "",
    "oauth": "network private_files text_file",
    "render": "errors expressions locales model",
    "deliver": "access errors expressions model network oauth private_files",
    "access": "errors model render",
    "store": "access deliver errors expressions issues listings locales model private_files",
    "config": (
        "access deliver errors expressions listings model network strict_yaml subscribers text_file"
    ),
    "live_profiles": "errors model profiles resources store text_file",
    "past_papers": "language match model private_files store trial",
    # the story
    "pipeline": "access deliver errors issues listings locales match model store",
    "subscribers": "access errors locales model network oauth profiles store trial",
    # the edges
    "app": (
        "access config deliver errors issues listings live_profiles model past_papers pipeline "
        "render resources store subscribers"
    ),
    "service": (
        "access config deliver errors model network pipeline private_files store subscribers"
    ),
    "run_report": "listings model pipeline render store",
    "web": (
        "access cancellation errors issues language locales model network pipeline profiles render "
        "store strict_yaml subscribers text_file trial"
    ),
    "demo": (
        "app config deliver expressions model pipeline profiles render resources run_report "
        "service store web"
    ),
    "cli": (
        "app config deliver demo errors expressions imports language listings match model oauth "
        "past_papers pipeline profiles render resources run_report service store subscribers "
        "text_file trial web"
    ),
}

#: Rooms that decide and touch nothing.
PURE = """
    errors model expressions language profiles match trial access issues listings strict_yaml render
    imports
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
    ("profiles", "pathlib.PurePath"),  # takes names apart, opens none
    ("render", "pathlib.Path"),  # where the templates are, handed in for Jinja to load
}

#: Where the time of day may be asked for.
CLOCKS = {"app.py", "service/loop.py"}
CLOCK_CALLS = re.compile(
    r"\b(?:datetime\.(?:now|today|utcnow)|date\.today|time\.(?:time|time_ns|localtime|gmtime))\("
)


def room_of(path: Path) -> str:
    """The room in which a module is: the first step below ``digest/``."""
    return path.relative_to(PACKAGE).with_suffix("").parts[0]


def rooms_imported(path: Path) -> Iterator[str]:
    """The other rooms of ours that a module imports."""
    package = path.relative_to(PACKAGE).parent.parts
    for node in imports_of(path):
        if isinstance(node, ast.ImportFrom) and node.level:
            base = package[: len(package) - node.level + 1]
            steps = (*base, *(node.module.split(".") if node.module else ()))
            yield from [steps[0]] if steps else [alias.name for alias in node.names]
        elif isinstance(node, ast.ImportFrom) and (node.module or "").startswith("digest"):
            yield from (node.module or "").split(".")[1:2]


def names_imported(path: Path) -> Iterator[str]:
    """Every ``module.name`` that a module imports from elsewhere."""
    for node in imports_of(path):
        if isinstance(node, ast.Import):
            yield from (alias.name for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level:
            yield from (f"{node.module}.{alias.name}" for alias in node.names)


def test_every_room_is_in_the_import_table() -> None:
    assert {room_of(path) for path in MODULES} - {"__init__", "__main__"} <= set(IMPORTS)


def test_a_module_imports_only_what_its_room_may() -> None:
    found = {
        str(path.relative_to(PACKAGE)): set(rooms_imported(path))
        - {*IMPORTS.get(room_of(path), "").split(), room_of(path)}
        for path in MODULES
    }

    assert {module: rooms for module, rooms in found.items() if rooms} == {}


def test_no_room_may_import_more_than_it_does() -> None:
    imported: dict[str, set[str]] = {room: set() for room in IMPORTS}
    for path in MODULES:
        imported.setdefault(room_of(path), set()).update(rooms_imported(path))

    for room, allowed in IMPORTS.items():
        assert set(allowed.split()) <= imported[room], room


def test_no_room_imports_an_edge() -> None:
    edges = {"app", "cli", "demo", "report", "service", "web"}

    for room, imported in IMPORTS.items():
        if room not in edges:
            assert not edges & set(imported.split()), room


def pure_modules(room: str) -> list[Path]:
    """Return the modules of a pure room, without its part that reads from outside."""
    return [
        path
        for path in MODULES
        if room_of(path) == room and not path.is_relative_to(PACKAGE / "listings" / "sources")
    ]


@table("room", PURE.split())
def test_a_pure_room_touches_nothing(room: str) -> None:
    for path in pure_modules(room):
        for name in names_imported(path):
            steps = name.split(".")
            reaches_out = any(".".join(steps[: n + 1]) in IMPURE.split() for n in range(len(steps)))
            assert not reaches_out or (room, name) in ALLOWED, f"{path.name} imports {name}"


#: What a call of one of these begins with.
OPENING = re.compile(r"\b(?:open|print|input|exec|eval)\(")


@table("room", PURE.split())
def test_a_pure_room_opens_no_file_and_prints_nothing(room: str) -> None:
    for path in pure_modules(room):
        nodes = nodes_with(OPENING, path)
        called = {dotted(node.func) for node in nodes if isinstance(node, ast.Call)}
        assert not called & {"open", "print", "input", "exec", "eval"}, path.name


#: What still compiles expressions itself, and is to come through ``expressions`` as well.
OTHER_EXPRESSIONS = {
    "language/regex.py",  # a reader's own pattern, by RE2, which never backtracks
}


def test_what_compiles_an_expression_is_one_room_that_refuses_what_can_backtrack() -> None:
    engines = {"re", "re2", "regex", "sre_compile", "sre_parse"}
    found = {
        str(path.relative_to(PACKAGE))
        for path in MODULES
        if room_of(path) != "expressions"
        and engines & {name.split(".")[0] for name in names_imported(path)}
    }

    assert found == OTHER_EXPRESSIONS


def test_no_one_reads_the_clock_but_the_edges() -> None:
    found = {
        (module, call)
        for path in MODULES
        if (module := str(path.relative_to(PACKAGE))) not in CLOCKS
        for node in nodes_with(CLOCK_CALLS, path)
        if isinstance(node, ast.Call) and CLOCK_CALLS.match(call := f"{dotted(node.func)}(")
    }

    assert found == set()


def test_every_module_says_what_it_does() -> None:
    assert [str(path) for path in MODULES if not re.match(r'r?"""\S', text_of(path))] == []


#: Words that an engineer whose mother tongue is another stumbles over.
RIDDLES = re.compile(
    r"\b(?:whoever|whom|whose|somebody|nobody|stands?|gives?|told|tells?|anew|what there is"
    r"|where there is)\b",
    re.IGNORECASE,
)


def test_docstrings_speak_plainly() -> None:
    """The listed words are at most 3 in each 1,000 of all docstrings; D401 holds their mood."""
    speaking = (ast.Module, ast.ClassDef, ast.FunctionDef, ast.AsyncFunctionDef)
    texts = [
        ast.get_docstring(node) or ""
        for path in MODULES
        for node in statements_of(path)
        if isinstance(node, speaking)
    ]
    words = sum(len(text.split()) for text in texts)

    assert 1000 * sum(len(RIDDLES.findall(text)) for text in texts) <= 3 * words


#: Functions above 40 lines: a migration's data, and two that are long by the fields that they name.
LONG = {
    "app.py: opened",
    "listings/sources/entries.py: paper",
    "store/migrations/versions/0001_the_first_tables.py: upgrade",
}


def test_a_function_has_forty_lines_at_most() -> None:
    long = {
        f"{path.relative_to(PACKAGE)}: {node.name}"
        for path in MODULES
        for node in statements_of(path)
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef)
        and (node.end_lineno or 0) - node.lineno >= 40
    }

    assert long == LONG


#: What takes long to load, and is never needed to answer these two.
HEAVY = """
    alembic apscheduler css_inline fastapi feedparser httpx2 jinja2 sqlalchemy starlette uvicorn
    yagmail
"""


#: One after the other in one process: each may have loaded what the ones before it may.
QUICK = {
    "--help": HEAVY + "lark pydantic rich structlog yaml",
    "run --help": HEAVY + "lark pydantic rich structlog yaml",
    f"profile check {PACKAGE / 'demo/profiles/efficient-training.yaml'}": HEAVY,
}


def test_quick_commands_load_no_heavy_library() -> None:
    """By what was loaded and not by the time it took, which depends on the machine's day."""
    script = (
        "import json, sys\n"
        "from digest.cli import main\n"
        "for command in sys.argv[1:]:\n"
        "    try: main(command.split())\n"
        "    except SystemExit as end: assert not end.code, end.code\n"
        "    print('\\nloaded', json.dumps([name for name in sys.modules]))"
    )
    command = [sys.executable, "-c", script, *QUICK]
    done = subprocess.run(command, capture_output=True, text=True, check=False)

    assert done.returncode == 0, done.stderr
    lists = re.findall(r"^loaded (.*)", done.stdout, re.MULTILINE)
    for line, (quick, unwanted) in zip(lists, QUICK.items(), strict=True):
        assert set(json.loads(line)) & set(unwanted.split()) == set(), quick


#: What a test does not ask for: how late it is, or how long something took; ``bench`` does.
TEST_CLOCKS = re.compile(
    r"time\.\w+|(?:\w+\.)*(?:sleep|wait_for_timeout)|(?:datetime|date)\.(?:now|today|utcnow)"
)
#: Arguments by which a call ends on its own after some time.
BOUNDS = {"timeout", "patience", "deadline", "wall_seconds", "cpu_seconds", "ready_timeout"}
#: Calls whose argument, the number given, is such a bound.
BOUNDED = {"wait": 0, "join": 0, "settimeout": 0, "create_connection": 1, "Deadline": 0}
#: The text of a file in which any of these is; nothing waits where texts are joined by a text.
HURRY = re.compile(
    r"\btime\.\w|(?:sleep|wait_for_timeout)\(|\b(?:datetime|date)\.(?:now|today|utcnow)\("
    rf"|\b(?:{'|'.join(BOUNDS)})\b *=(?! *(?:HUNG|None)\b *[,)])"
    rf"|(?:\b(?:{'|'.join(BOUNDED.keys() - {'join'})})|(?<![\"'])\.join)\((?!\))"
)
#: file: the calls in it that may, since no outcome depends on how fast the machine is.
MAY_WAIT = {
    # what is waited for never comes, however long: only the end of the wait is looked at
    "deliver/test_faults.py": {"smtp(server.port, timeout=HUNG, patience=0.1)"},
    "deliver/test_client.py": {"Deadline(0)"},
    "deliver/test_connection.py": {
        "smtp(server.port, host='localhost', tls='starttls', timeout=0.3, **LOGIN)",
        "smtp(server.port, tls=tls, timeout=0.3)",
    },
    "listings/sources/test_http.py": {
        "fetched(served, path, timeout=0.2)",
        "client(resolve=resolve, timeout=0.1)",
        "hold.wait(0.02)",  # between two drops
    },
    "listings/sources/test_http_tls.py": {"client(authority, timeout=0.2)"},
    "subscribers/inbox/test_mailbox.py": {"settings_for(account, timeout=0.3)"},
    # between two drops, and two looks at whether it is over
    "imap.py": {"self.kept.over.wait(0.02)"},
    "servers.py": {"self.script.over.wait(0.01)"},
    # time in which something wrong could happen, and must not
    "service/test_loop.py": {
        "threading.Event().wait(5 * FAST)",
        "threading.Event().wait(10 * FAST)",
    },
    "pipeline/test_relays.py": {"asked.wait(0.02)"},
    # between two looks at whether it is so
    "store/test_restore.py": {"threading.Event().wait(0.02)"},
    "web/test_load.py": {"asyncio.sleep(0.001)"},
    # processes of their own have the system's clock, and what they wrote is compared with it
    "pipeline/test_clock.py": {"datetime.now(UTC)"},
    "store/test_taken_away.py": {"datetime.now(UTC)"},
    # it asks for a pause of no length
    "web/test_subscriber_pages.py": {"sleep(0)"},
}
#: Tests nothing: draws pages for a person to look at.
PICTURES = "page_pictures.py"


def is_short(bound: ast.expr) -> bool:
    """Whether a number is less than HUNG; what is neither one nor made of one is the caller's."""
    if isinstance(bound, ast.BinOp):
        sides, is_text = (bound.left, bound.right), isinstance(bound.left, ast.List)
        return any(map(is_short, sides)) and not is_text and "HUNG" not in ast.unparse(bound)
    return (
        isinstance(bound, ast.Constant)
        and isinstance(bound.value, int | float)
        and (bound.value < HUNG)
    )


def hurried(call: ast.Call) -> bool:
    """Whether a call asks for the time, or ends after a time that a slow machine may need."""
    if TEST_CLOCKS.fullmatch(dotted(call.func)):
        return True
    name = call.func.attr if isinstance(call.func, ast.Attribute) else dotted(call.func)
    place = BOUNDED.get(name, len(call.args))
    bounds = [keyword.value for keyword in call.keywords if keyword.arg in BOUNDS]
    return any(map(is_short, [*bounds, *call.args[place : place + 1]]))


def test_no_test_depends_on_how_fast_the_machine_is() -> None:
    """No time is taken, nothing sleeps, and no wait ends before something must be hanging."""
    found = {}
    for path in sorted((ROOT / "tests").rglob("*.py")):
        calls = [node for node in nodes_with(HURRY, path) if isinstance(node, ast.Call)]
        found[str(path.relative_to(ROOT / "tests"))] = {
            ast.unparse(call) for call in calls if hurried(call)
        }

    del found[PICTURES]
    assert {place: calls for place, calls in found.items() if calls} == MAY_WAIT


#: An assertion that begins and ends with a bracket, in one line or several.
LISTED = re.compile(r"^( *)assert ([\[{(](?:.*|\n(?:\1 .*\n)+\1)[\]})])$", re.MULTILINE)


def test_an_assertion_compares_what_it_lists() -> None:
    """A list with anything in it is true, whatever that is."""
    listed = (ast.List, ast.ListComp, ast.Tuple, ast.Set, ast.SetComp, ast.Dict, ast.GeneratorExp)
    found = [
        f"{path.relative_to(ROOT)}: {written}"
        for path in sorted((ROOT / "tests").rglob("*.py"))
        for _, written in LISTED.findall(text_of(path))
        for statement in ast.parse(f"assert {written}").body
        if isinstance(statement, ast.Assert) and isinstance(statement.test, listed)
    ]

    assert found == []


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


@table("paper", PAPERS)
def test_every_command_that_is_written_about_exists(paper: Path) -> None:
    mistakes = {call: mistake_in(call.split()) for call in calls(paper.read_text("utf-8"))}

    assert {call: word for call, word in mistakes.items() if word} == {}


def command_names(command: click.Command, path: str = "digest") -> Iterator[str]:
    """Every command that does something, as it is typed."""
    several = getattr(command, "commands", {})
    for name, each in several.items():
        yield from command_names(each, f"{path} {name}")
    if not several or (isinstance(command, click.Group) and command.invoke_without_command):
        yield path


def test_the_page_of_the_commands_has_each_and_no_other() -> None:
    rows = re.findall(r"^\| (`digest .*?) \|", COMMANDS.read_text("utf-8"), re.MULTILINE)
    named = re.findall(r"`(digest [a-z0-9 ]*[a-z0-9])", " ".join(rows))

    assert sorted(named) == sorted(command_names(main))


def test_the_page_of_the_commands_and_help_have_the_same_exit_codes() -> None:
    in_help = set(re.findall(r"^  (\d+) ", EXIT_CODES, re.MULTILINE))
    written = set(re.findall(r"^\| `(\d+)` \|", COMMANDS.read_text("utf-8"), re.MULTILINE))

    assert written == in_help == {"0", "1", "2", "75", "78"}


def test_the_readme_begins_with_the_two_commands() -> None:
    install = "python3 -m venv .venv && .venv/bin/pip install -e"

    assert [line for block in blocks("sh")[:2] for line in block.splitlines()] == [
        f"{install} . && .venv/bin/digest demo",
        f"{install} '.[test]' && .venv/bin/pytest",
    ]


def test_what_someone_who_tries_it_leaves_in_a_clone_is_ignored_by_git(tmp_path: Path) -> None:
    left = ["config.yaml", "profiles/me.yaml", ".env", "digest.db-wal", "outbox/a.eml"]
    left += ["digest-demo/digest.db", "deploy/data/config.yaml", "deploy/.env", "site/index.html"]
    git = need("git")
    shutil.copy(ROOT / ".gitignore", tmp_path)
    subprocess.run([git, "init", "--quiet", tmp_path], check=True)
    asked = [git, "-C", tmp_path, "check-ignore", *left]
    ignored = subprocess.run(asked, capture_output=True, text=True).stdout.splitlines()

    assert ignored == left


def test_the_profiles_in_the_readme_are_good() -> None:
    profiles = [block for block in blocks("yaml") if "any:" in block]

    assert profiles
    assert [the_profiles.lint(block, "README.md") for block in profiles] == [[] for _ in profiles]


def test_everything_that_the_readme_points_to_is_there() -> None:
    text = README.read_text("utf-8")
    files = re.findall(r"\]\(([^)#:]+)\)", text) + re.findall(r"`((?:tests|docs)/[^`*]+)`", text)

    assert files
    assert [name for name in files if not (ROOT / name).exists()] == []


def test_every_test_that_is_named_as_a_proof_exists() -> None:
    paths = [*(ROOT / "tests").rglob("test_*.py")]
    found = {path.stem for path in paths}
    for path in paths:
        found |= set(re.findall(r"def (test_\w+)\(", text_of(path)))
    for paper in (README, *sorted((ROOT / "docs").glob("*.md"))):
        named = set(re.findall(r"\btest_\w+(?!\w*\.py)\b", paper.read_text("utf-8")))
        assert named <= found, paper.name


def test_the_example_configuration_loads_as_it_stands(tmp_path: Path) -> None:
    loaded = config.load(Path(shutil.copy(example_config(), tmp_path)), {})

    assert {listing.kind for listing in loaded.listings.values()} <= set(KINDS)
    assert loaded.mail.settings.sender == "folder"


def test_every_kind_of_source_can_be_loaded() -> None:
    from digest.listings.sources import source

    assert all(callable(source(kind)) for kind in KINDS)
