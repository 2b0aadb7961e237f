"""What is imported is declared, what is declared is used, and the six packages are reached."""

from __future__ import annotations

import ast
import re
import sys
import threading
import tomllib
from collections.abc import Callable, Iterator
from datetime import date
from functools import cache
from importlib.metadata import packages_distributions
from importlib.util import find_spec
from pathlib import Path
from types import FrameType
from typing import Any

import pytest

from digest import config
from digest.listings.sources import feed
from digest.model import Listing
from digest.profiles import parse
from digest.render import MailRenderer
from digest.resources import example_config, templates_folder
from digest.service.loop import serve

from . import golden_issues
from .messages import mail, nothing, smtp
from .modules import MODULES, PACKAGE, imports_of
from .readme import ROOT
from .servers import relay

PROJECT = tomllib.loads((ROOT / "pyproject.toml").read_text("utf-8"))["project"]

#: extra: the modules that may import what it brings
EXTRAS = {
    "postgres": {"store/engine.py", "store/turn.py"},
    "cluster": {"service/dispatch.py", "store/turn.py"},
    "dkim": {"deliver/dkim.py"},
    "microsoft": {"oauth/microsoft.py"},
    "chat": {"deliver/channel.py"},
}
#: What a library loads for us: the package, and the library.
LOADED_BY = {"python-multipart": "fastapi", "tzdata": "zoneinfo"}


def plain(name: str) -> str:
    """A distribution's name as the index compares it, without its extras and its bounds."""
    return re.sub(r"[-_.]+", "-", re.split(r"[\[<>=;]", name)[0]).lower()


DECLARED = {plain(each) for each in PROJECT["dependencies"]}
BY_EXTRA = {
    extra: {plain(each) for each in PROJECT["optional-dependencies"][extra]} for extra in EXTRAS
}


def imported(path: Path) -> Iterator[str]:
    """The first step of each name that a module imports from outside the package."""
    for node in imports_of(path, with_types=True):
        if isinstance(node, ast.Import):
            yield from (alias.name.partition(".")[0] for alias in node.names)
        elif isinstance(node, ast.ImportFrom) and not node.level and node.module:
            yield node.module.partition(".")[0]


_brought_by = cache(packages_distributions)


def distributions(path: Path) -> set[str]:
    """The distributions that a module imports; a name that none brings stays as it is."""
    outside = set(imported(path)) - sys.stdlib_module_names - {"digest"}
    brought_by = _brought_by()
    return {plain(brought_by.get(name, [name])[0]) for name in outside}


@cache
def modules() -> dict[str, set[str]]:
    """The distributions that each module imports, worked out when first asked for."""
    return {str(path.relative_to(PACKAGE)): distributions(path) for path in MODULES}


def test_what_is_imported_is_declared() -> None:
    for module, found in modules().items():
        extras = [BY_EXTRA[extra] for extra, rooms in EXTRAS.items() if module in rooms]
        assert found <= DECLARED.union(*extras), module


def test_what_is_declared_is_imported() -> None:
    found = set().union(*modules().values())

    assert DECLARED - found == LOADED_BY.keys()
    assert {plain(library) for library in LOADED_BY.values()} <= found | sys.stdlib_module_names
    for extra, rooms in EXTRAS.items():
        assert set().union(*(modules()[room] for room in rooms)) >= BY_EXTRA[extra]


# ── the six packages, in what `pip install .` installs ──


def a_mail_is_rendered(_: Path) -> None:
    letterhead = golden_issues.WITH_PAGES
    MailRenderer([templates_folder()]).mail(
        golden_issues.one_paper(), golden_issues.ALICE, letterhead
    )


def a_feed_is_parsed(_: Path) -> None:
    data = b'<rss version="2.0"><channel><item><title>Moss</title></item></channel></rss>'
    listing = Listing(name="moss", kind="feed", url="https://journal.example/feed.xml")
    assert [paper.title for paper in feed.parse(data, listing, date(2026, 3, 10)).papers] == [
        "Moss"
    ]


def a_tick_comes(_: Path) -> None:
    stop = threading.Event()
    serve(stop.set, every=3600, stop=stop, leave=sys.exit)


def a_mail_is_sent(_: Path) -> None:
    with relay() as server, smtp(server.port) as send:
        send(mail(), before_dot=nothing)


def a_configuration_is_read(folder: Path) -> None:
    (folder / ".env").write_text("PLACE=moss\n")
    path = folder / "config.yaml"
    path.write_text(f"{example_config().read_text()}\ntemplates: ${{PLACE}}\n")
    assert config.load(path, {}).templates == folder / "moss"


def a_profile_is_read(_: Path) -> None:
    assert parse("any: [moss]\n", "moss.yaml").query.wanted


#: package: the name by which it is imported, the module that does, and an act that reaches it
SIX = {
    "jinja2": ("jinja2", "render/mail_template.py", a_mail_is_rendered),
    "feedparser": ("feedparser", "listings/sources/feed.py", a_feed_is_parsed),
    "apscheduler": ("apscheduler", "service/loop.py", a_tick_comes),
    "yagmail": ("yagmail", "deliver/connection.py", a_mail_is_sent),
    "python-dotenv": ("dotenv", "config/environment.py", a_configuration_is_read),
    "pyyaml": ("yaml", "strict_yaml/__init__.py", a_profile_is_read),
}


def calls_into(package: str, act: Callable[[], None]) -> int:
    """How many functions of a package were entered during an act, in any thread."""
    spec = find_spec(package)
    assert spec is not None
    assert spec.origin is not None
    folder, count = str(Path(spec.origin).parent), 0

    def look(frame: FrameType, event: str, _: Any) -> None:
        nonlocal count
        name = frame.f_code.co_name
        count += (
            event == "call" and name != "<module>" and frame.f_code.co_filename.startswith(folder)
        )

    threading.setprofile(look)
    sys.setprofile(look)
    try:
        act()
    finally:
        sys.setprofile(None)
        threading.setprofile(None)
    return count


@pytest.mark.parametrize("package", SIX)
def test_each_of_the_six_packages_is_used_where_it_is_said(package: str, tmp_path: Path) -> None:
    name, module, act = SIX[package]

    assert package in DECLARED
    assert package in modules()[module]
    assert calls_into(name, lambda: act(tmp_path)) > 0
