"""The package as an index has it: built, complete, installed into an empty home, its first mail.

Builds sdist and wheel, compares the sdist with what git has, installs the wheel into a fresh
environment (by pipx where it is installed, else by pip), and from an empty home calls
``digest init --yes`` and ``digest run`` against a stand-in for Hugging Face on loopback.
Needs the package index.
"""

from __future__ import annotations

import argparse
import os
import shutil
import subprocess
import sys
import tarfile
import tempfile
from collections.abc import Sequence
from email import message_from_binary_file, message_from_bytes
from email.policy import default
from io import BytesIO
from pathlib import Path
from time import perf_counter

from ._stand_in import TITLES, stand_in

ROOT = Path(__file__).parents[1]
#: Where this build says that it is published.
FORGE = "https://forge.example.org/papers/digest"
#: What is in the sdist alone.
MADE = {"PKG-INFO"}


def main(options: Sequence[str]) -> int:
    """Do it all; 0 if the mail came and nothing is missing."""
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m bench package")
    parser.parse_args(options)
    with tempfile.TemporaryDirectory() as scratch:
        place = Path(scratch)
        missing = _built(place)
        program = _installed(place)
        return 1 if missing or not _first_mail(place, program) else 0


def _run(*words: str | Path, **chosen: object) -> str:
    done = subprocess.run(
        [str(word) for word in words], capture_output=True, text=True, check=False, **chosen
    )  # type: ignore[call-overload]
    if done.returncode:
        print(done.stdout, done.stderr, sep="\n", file=sys.stderr)
        raise SystemExit(f"{' '.join(map(str, words))} ended with {done.returncode}")
    return str(done.stdout)


def _built(place: Path) -> set[str]:
    """Build both; return the files that git has and the sdist has not."""
    _run(sys.executable, "-m", "venv", place / "tools")
    _run(place / "tools/bin/pip", "install", "--quiet", "build")
    began = perf_counter()
    build = (place / "tools/bin/python", "-m", "build", "--outdir", place / "dist", ROOT)
    _run(*build, env=os.environ | {"PROJECT_URL": FORGE})
    (sdist,) = (place / "dist").glob("papers_digest-*.tar.gz")
    with tarfile.open(sdist) as archive:
        names = {each.name.partition("/")[2] for each in archive if each.isfile()} - MADE
        (info,) = (each for each in archive if each.name.endswith("/PKG-INFO"))
        about = message_from_binary_file(archive.extractfile(info) or BytesIO())
    print(f"named: {', '.join(about.get_all('Project-URL', []))}")
    known = set(_run("git", "-C", ROOT, "ls-files").splitlines())
    print(f"built in {perf_counter() - began:.0f} s; {len(known & names)} of {len(known)} files")
    for name in sorted(known - names):
        print(f"missing in the sdist: {name}")
    return known - names | ({"PKG-INFO"} if FORGE not in str(about["Project-URL"]) else set())


def _installed(place: Path) -> Path:
    (wheel,) = (place / "dist").glob("papers_digest-*.whl")
    began = perf_counter()
    if shutil.which("pipx"):
        environ = os.environ | {
            "PIPX_HOME": str(place / "pipx"),
            "PIPX_BIN_DIR": str(place / "bin"),
        }
        _run("pipx", "install", "--python", sys.executable, wheel, env=environ)
        how, program = "pipx", place / "bin/digest"
    else:
        _run(sys.executable, "-m", "venv", place / "venv")
        _run(place / "venv/bin/pip", "install", "--quiet", wheel)
        how, program = "pip", place / "venv/bin/digest"
    print(
        f"installed by {how} in {perf_counter() - began:.0f} s: {_run(program, '--version')}",
        end="",
    )
    return program


def _first_mail(place: Path, program: Path) -> bool:
    """Set up and run from an empty home; return whether the promised mail is there."""
    home = place / "home"
    home.mkdir()
    with stand_in() as address:
        environ = {
            "HOME": str(home),
            "PATH": f"{program.parent}:/usr/bin:/bin",
            "DIGEST_FETCH__ALLOW_HOSTS": "127.0.0.1",
            "DIGEST_LISTINGS__DAILY_PAPERS__URL": f"{address}/{{day}}.json",
        }
        began = perf_counter()
        wanted = ["--to", "me@example.org", "--interests", "sparse training, KV cache"]
        print(_run(program, "init", "--yes", *wanted, cwd=home, env=environ))
        print(_run(program, "run", cwd=home, env=environ))
        print(f"from an empty home to the mail: {perf_counter() - began:.0f} s")
    mails = list((home / "outbox").glob("*.eml"))
    text = " ".join(word for mail in mails for word in _text_of(mail).replace("*", "").split())
    found = [title for title in TITLES if title in text]
    print(f"{len(mails)} mail, of {', '.join(found)}")
    return len(mails) == 1 and found == [TITLES[0], TITLES[2]]


def _text_of(mail: Path) -> str:
    message = message_from_bytes(mail.read_bytes(), policy=default)
    body = message.get_body(("plain",))
    return str(body.get_content()) if body else ""
