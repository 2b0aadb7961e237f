# ruff: noqa: N999  (the command is called so)
"""``python -m bench mail-quality``: what judges that need no network say of our mails.

The mails are those of invented days, a busy and a bad one of them in every language, every kind of
letter in every language and, where DIGEST_REAL_DATA names a folder, those of real days, all with
DIGEST_TESTS=whole.
Each judge that is not installed is skipped with a word.  html-validate, caniemail and axe-core are
looked for in the ``node_modules`` of the folder that ``--node`` names.
"""

from __future__ import annotations

import argparse
import json
import re
import shutil
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, replace
from datetime import UTC, datetime
from itertools import product
from pathlib import Path

from digest.locales import ENGLISH, NAMES
from digest.model import Issue
from digest.render import MailRenderer
from digest.resources import templates_folder
from tests import golden_issues, letter_pictures, real_days, wire
from tests.chromium import Chromium, program

Mails = dict[str, tuple[bytes, str]]
Rules = list[tuple[str, str]]
Complaints = dict[str, list[str]]


@dataclass(frozen=True, slots=True)
class Judgement:
    """What a judge says: its name with its version, each mail's complaints, the worst figure."""

    judge: str
    complaints: Complaints
    figure: str = ""


#: What caniemail holds against us somewhere, and why it does no harm there.
REVIEWED = {
    "@media": "without it the mail stays light",
    "<style> element": "holds only what is for the dark",
    "display:none": "the preheader is then one line of one pixel",
    "overflow": "as above",
    "white-space": "a fact, or a number in the receipt, may break",
    "role attribute": "a table is then read out as one",
    "word-break": "a very long word is then wider than the column",
    "<body> element": "its margin and ground are repeated by the table in it",
    "text-decoration": "titles are underlined anyway",
    "text-decoration-color": "the line below a title is then as dark as the title",
    "lang attribute": "the reader's own language is assumed",
    "width attribute": "the style says the same",
    "height property": "meant is line-height",
    "max-width": "the width attribute holds the column",
    "HTML5 semantics": "main is then a plain box",
    "<wbr> element": "a host name in the receipt then breaks where its column ends",
    "opacity": "the preheader is hidden in three other ways",
    "max-height property": "as above",
    "color-scheme meta tag": "a program that darkens mails then does so by rules of its own",
    "color-scheme CSS property": "as above",
    "dir attribute": "a line of Arabic then begins at the left; its words keep their order",
}

#: Rules of html-validate that mail cannot keep: Outlook needs all that they forbid.
_UNMAILABLE = dict.fromkeys(
    ("no-inline-style", "no-deprecated-attr", "no-conditional-comment"), "off"
)

#: A client of which the list does not know a feature is left out, and so is not judged by the rest.
_CANIEMAIL = """
import { caniemail } from 'caniemail';
import { readFileSync } from 'node:fs';
const found = {}, clients = ['*'];
const judged = html => {
  for (;;) {
    try {
      return caniemail({ clients, html });
    } catch (error) {
      const client = / not found on "([^"]+)"/.exec(error.message);
      if (!client || clients.includes(`!${client[1]}`)) throw error;
      clients.push(`!${client[1]}`);
    }
  }
};
for (const path of process.argv.slice(2)) {
  const { issues } = judged(readFileSync(path, 'utf8'));
  found[path] = [...new Set([...issues.errors.values()].flat().map(issue => issue.title))];
}
console.log(JSON.stringify({ found, left: clients.slice(1).map(name => name.slice(1)) }));
"""


def main(argv: list[str]) -> int:
    """Prints each judge's complaints, and gives 1 where there are any."""
    parser = argparse.ArgumentParser(prog="python -m bench mail-quality", description=__doc__)
    parser.add_argument("--node", type=Path, default=Path.cwd(), help="where node_modules is")
    node = parser.parse_args(argv).node.resolve()
    mails = _mails()
    judges: dict[str, Callable[[], Judgement | str]] = {
        "SpamAssassin": lambda: _spamassassin(mails),
        "rspamd": lambda: _rspamd(mails),
        "html-validate": lambda: _html_validate(mails, node),
        "caniemail": lambda: _caniemail(mails, node),
        "axe": lambda: _axe(mails, node),
    }
    return max([_told(name, judge()) for name, judge in judges.items()])


def _mails() -> Mails:
    """Every invented day, every letter and every real day, as of now: filters weigh the date."""
    renderer, now = MailRenderer([templates_folder()]), datetime.now(UTC)
    made: Mails = {}
    for name, day in _days():
        issue = replace(day, made_at=now)
        mail = renderer.mail(issue, golden_issues.ALICE, golden_issues.WITH_PAGES)
        made[name] = mail.data, renderer.html(issue, golden_issues.ALICE, golden_issues.WITH_PAGES)
    for kind, locale in product(letter_pictures.NAMES, NAMES):
        data = letter_pictures.mail_of(kind, now, locale)
        made[f"letter-{kind}-{locale}"] = data, wire.parts(data)[1]
    return made


def _days() -> Iterator[tuple[str, Issue]]:
    for name, day in golden_issues.DAYS.items():
        yield name, day()
        if name in ("busy", "broken"):
            for locale in set(NAMES) - {ENGLISH}:
                yield f"{name}-{locale}", replace(day(), locale=locale)
    for name, papers in real_days.days() if real_days.DATA.is_dir() else ():
        yield f"real-{re.sub(r'[^0-9a-z]+', '-', name.lower())}", real_days.issue_of(papers)


def _told(judge: str, judgement: Judgement | str) -> int:
    if isinstance(judgement, str):
        print(f"{judge:24} skipped: {judgement}")
        return 0
    found = judgement.complaints
    complaints = [f"{name}: {each}" for name, several in found.items() for each in several]
    told = f"{len(found)} mails, {len(complaints)} complaints{judgement.figure}"
    print(f"{judgement.judge:24} {told}")
    for complaint in complaints:
        print(f"    {complaint}")
    return 1 if complaints else 0


def _spamassassin(mails: Mails) -> Judgement | str:
    if not shutil.which("spamassassin"):
        return "spamassassin is not installed"
    rules: dict[str, Rules] = {}
    for name, (data, _) in mails.items():
        report = _run(["spamassassin", "--local", "--test-mode"], data)
        assert "Content analysis" in report, report[-300:]
        told = report.split("Content analysis")[-1]
        rules[name] = re.findall(r"^\s*(-?\d+\.\d+) (\w+)", told, re.M)
    version = _run(["spamassassin", "--version"]).split()[2]
    return _weighed(f"SpamAssassin {version}", rules, 1.0, lambda rule: "LONGWORDS" in rule)


def _rspamd(mails: Mails) -> Judgement | str:
    if not (shutil.which("rspamd") and shutil.which("rspamc")):
        return "rspamd is not installed"
    rules: dict[str, Rules] = {}
    with _rspamd_running():
        for name, (data, _) in mails.items():
            told = json.loads(_run(["rspamc", "--json", "symbols"], data))
            rules[name] = [(str(rule["score"]), rule["name"]) for rule in told["symbols"].values()]
    version = _run(["rspamd", "--version"]).split()[-1]
    return _weighed(
        f"rspamd {version}", rules, 0.5, lambda rule: rule == "HFILTER_HOSTNAME_UNKNOWN"
    )


def _weighed(
    judge: str, rules: dict[str, Rules], most: float, is_left_out: Callable[[str], bool]
) -> Judgement:
    complaints: Complaints = {}
    scores = []
    for name, several in rules.items():
        counted = [(float(points), rule) for points, rule in several if not is_left_out(rule)]
        score = sum(points for points, _ in counted)
        reasons = ", ".join(f"{rule} {points:g}" for points, rule in counted if points > 0)
        complaints[name] = [] if score <= most else [f"{score:.2f} points: {reasons}"]
        scores.append(score)
    return Judgement(judge, complaints, f"; worst score {max(scores):.2f}, {most} allowed")


@contextmanager
def _rspamd_running() -> Iterator[None]:
    """A daemon of our own, unless one answers already."""
    if _answers():
        yield
        return
    quiet = {"stdout": subprocess.DEVNULL, "stderr": subprocess.DEVNULL}
    with subprocess.Popen(["rspamd", "--no-fork", "--insecure"], **quiet) as daemon:  # type: ignore[call-overload]
        try:
            deadline = time.monotonic() + 300
            while not _answers():
                assert time.monotonic() < deadline, "rspamd does not start"
                time.sleep(1)
            yield
        finally:
            daemon.terminate()


def _answers() -> bool:
    return subprocess.run(["rspamc", "stat"], capture_output=True, check=False).returncode == 0


def _html_validate(mails: Mails, node: Path) -> Judgement | str:
    if not (path := node / "node_modules" / ".bin" / "html-validate").exists():
        return f"no html-validate in {node}/node_modules"
    with _written(mails, node) as paths:
        config = paths[0].parent / ".htmlvalidate.json"
        config.write_text(
            json.dumps({"extends": ["html-validate:recommended"], "rules": _UNMAILABLE})
        )
        told = paths[0].parent / "report.json"  # a pipe gets no more than its first 64 kB
        given = ["--formatter", f"json={told}", "--config", str(config), *map(str, paths)]
        _run([str(path), *given])
        report = json.loads(told.read_text(encoding="utf-8"))
    found: Complaints = {name: [] for name in mails}
    for each in report:
        found[Path(each["filePath"]).stem] = [
            f"{m['line']}:{m['column']} {m['message']}" for m in each["messages"]
        ]
    return Judgement(f"html-validate {_version(node, 'html-validate')}", found)


def _caniemail(mails: Mails, node: Path) -> Judgement | str:
    if not (node / "node_modules" / "caniemail").exists():
        return f"no caniemail in {node}/node_modules"
    with _written(mails, node) as paths:
        script = paths[0].parent / "judge.mjs"
        script.write_text(_CANIEMAIL)
        judged = json.loads(_run(["node", str(script), *map(str, paths)]))
    found = judged["found"]
    complaints = {
        Path(path).stem: [title for title in titles if title not in REVIEWED]
        for path, titles in found.items()
    }
    met = {title for titles in found.values() for title in titles} & set(REVIEWED)
    figure = f"; {len(met)} of the {len(REVIEWED)} reviewed ones were met"
    if judged["left"]:
        figure += f"; not of {', '.join(judged['left'])}"
    return Judgement(f"caniemail {_version(node, 'caniemail')}", complaints, figure)


def _version(node: Path, name: str) -> str:
    package = node / "node_modules" / name / "package.json"
    return str(json.loads(package.read_text(encoding="utf-8"))["version"])


def _axe(mails: Mails, node: Path) -> Judgement | str:
    source = node / "node_modules" / "axe-core" / "axe.min.js"
    browser = program()
    if not source.exists() or browser is None:
        return f"no axe-core in {node}/node_modules, or no chromium"
    found: Complaints = {}
    with Chromium(browser) as chromium:
        for name, (_, html) in mails.items():
            for scheme in ("light", "dark"):
                chromium.show(html, width=600, scheme=scheme)
                chromium.value(source.read_text(encoding="utf-8"))
                found[f"{name}, {scheme}"] = _violations(chromium)
    return Judgement(f"axe {_version(node, 'axe-core')}", found)


def _violations(chromium: Chromium) -> list[str]:
    asked = "axe.run().then(found => found.violations.map(v => [v.impact, v.id, v.nodes.length]))"
    told = chromium.call(
        "Runtime.evaluate", expression=asked, awaitPromise=True, returnByValue=True
    )
    return [f"{impact}: {rule} ({nodes} times)" for impact, rule, nodes in told["result"]["value"]]


@contextmanager
def _written(mails: Mails, node: Path) -> Iterator[list[Path]]:
    """The HTML as files, below the folder whose modules node is to find."""
    with tempfile.TemporaryDirectory(dir=node) as folder:
        paths = [Path(folder) / f"{name}.html" for name in mails]
        for path in paths:
            path.write_text(mails[path.stem][1], encoding="utf-8")
        yield paths


def _run(command: list[str], given: bytes = b"") -> str:
    done = subprocess.run(command, input=given, capture_output=True, check=False, timeout=1_200)
    return done.stdout.decode("utf-8", "replace")
