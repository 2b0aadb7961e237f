"""The container without a builder: what deploy/Containerfile says, step by step, in a plain root.

The root is this machine's own programs and libraries, or with ``--root`` those of another one (as
debootstrap makes it), with empty folders beside them; the steps are the file's, word for word.
Then what a container is for is done as a user id without an entry, with nothing writable but /data
and /tmp: set up, first mail, pages, health check, stop; and a backup that is put back elsewhere
repeats no mail.  Needs Linux, root, unshare, setpriv, and the package index.
"""

from __future__ import annotations

import argparse
import json
import os
import re
import shlex
import shutil
import subprocess
import tempfile
import time
from collections.abc import Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from ._stand_in import stand_in

ROOT = Path(__file__).parents[1]
FILE = ROOT / "deploy" / "Containerfile"
#: Nobody's number: no name, no home, no group of that number.
ODD = 47_110
#: What of this machine is in the plain root.
SYSTEM = ("usr", "etc")
#: What is the machine's in any root.
DEVICES = ("dev", "proc")
#: What pip needs to know of this machine's index.
OF_PIP = {name: value for name, value in os.environ.items() if name.startswith(("PIP_", "SSL_"))}
TRIES = 600


@dataclass(frozen=True, slots=True)
class Recipe:
    """What a Containerfile says: its steps in order, and how the image is started."""

    steps: list[str] = field(default_factory=list)
    environ: dict[str, str] = field(default_factory=dict)
    last: dict[str, str] = field(default_factory=dict)

    def words(self, name: str) -> list[str]:
        """Return a command that is given as a JSON list, as ENTRYPOINT is."""
        _, bracket, rest = self.last[name].partition("[")
        return [str(word) for word in json.loads(bracket + rest)]


def recipe(text: str) -> Recipe:
    """Read a Containerfile; of an instruction that comes again the last counts."""
    found = Recipe()
    lines = "\n".join(line for line in text.splitlines() if not line.startswith("#"))
    for line in re.sub(r"\\\n", " ", lines).splitlines():
        name, _, rest = line.partition(" ")
        if name == "RUN":
            found.steps.append(rest)
        elif name == "ENV":
            found.environ.update(pair.split("=", 1) for pair in shlex.split(rest))  # type: ignore[arg-type]
        elif name:
            found.last[name] = rest
    return found


@dataclass(frozen=True, slots=True)
class PlainRoot:
    """A folder that becomes the root of a process; ``made`` outlives the process."""

    place: Path
    #: whose programs and libraries it has
    system: Path = Path("/")

    def command(self, data: Path, *words: str, builds: bool = False) -> list[str]:
        """Return a command that runs these words inside, as root while it ``builds``."""
        root = self.place / "root"
        mounts = [f"mount -t tmpfs none {root}"]
        mounts += [f"mkdir -p {root}/{each}" for each in (*SYSTEM, *DEVICES)]
        mounts += [f"mkdir -p {root}/{each}" for each in ("opt", "data", "src", "tmp")]
        mounts += [f"ln -s usr/{each} {root}/{each}" for each in ("bin", "lib", "lib64", "sbin")]
        mounts += [f"mount --rbind {self.system / each} {root}/{each}" for each in SYSTEM]
        mounts += [f"mount --rbind /{each} {root}/{each}" for each in DEVICES]
        mounts += [f"mount --bind {self.place}/opt {root}/opt", f"mount --bind {data} {root}/data"]
        mounts += [f"mount -t tmpfs -o mode=1777 none {root}/tmp"]
        if builds:
            mounts += [f"mount --bind {self.place}/src {root}/src"]
        else:
            read_only = ("", "/usr", "/etc", "/opt")
            mounts += [f"mount -o remount,bind,ro {root}{each}" for each in read_only]
        who = [] if builds else [f"setpriv --reuid {ODD} --regid {ODD} --clear-groups"]
        inside = f"cd /data && exec {' '.join([*who, shlex.join(words)])}"
        script = " && ".join(
            [*mounts, f"exec {shutil.which('chroot')} {root} /bin/sh -c {shlex.quote(inside)}"]
        )
        return ["unshare", "--mount", "--propagation", "private", "sh", "-c", script]


def main(options: Sequence[str]) -> int:
    """Do it all; 0 if every step did what it should."""
    parser = argparse.ArgumentParser(description=__doc__, prog="python -m bench container")
    parser.add_argument("--root", type=Path, default=Path("/"), help="with Python 3.11 or later")
    system = parser.parse_args(options).root.resolve()
    lacking = [each for each in ("unshare", "setpriv", "chroot") if not shutil.which(each)]
    if lacking or os.geteuid():
        print(f"skipped: it needs root{''.join(f', {each}' for each in lacking)}")
        return 0
    said = recipe(FILE.read_text("utf-8"))
    with tempfile.TemporaryDirectory() as scratch, stand_in() as address:
        os.chmod(scratch, 0o755)  # noqa: PTH101
        root = _laid_out(Path(scratch), system)
        _build(root, said)
        environ = said.environ | {
            "DIGEST_FETCH__ALLOW_HOSTS": "127.0.0.1",
            "DIGEST_LISTINGS__DAILY_PAPERS__URL": f"{address}/{{day}}.json",
        }
        _use(_Image(root, said, environ))
    print("all is well")
    return 0


def _laid_out(place: Path, system: Path) -> PlainRoot:
    """Make the folders of a plain root, and in it the checkout as git has it."""
    for name in ("root", "opt", "src", "data", "elsewhere"):
        (place / name).mkdir()
    copied = ["git", "-c", f"safe.directory={ROOT}", "-C", str(ROOT), "checkout-index", "--all"]
    subprocess.run([*copied, f"--prefix={place}/src/"], check=True)
    for data in (place / "data", place / "elsewhere"):
        data.chmod(0o1777)
    return PlainRoot(place, system)


def _build(root: PlainRoot, said: Recipe) -> None:
    began = time.perf_counter()
    environ = OF_PIP | {"PATH": os.environ["PATH"]}
    for step in said.steps:
        print(f"RUN {step}", flush=True)
        command = root.command(root.place / "data", "sh", "-c", step, builds=True)
        subprocess.run(command, check=True, env=environ)
    print(f"built in {time.perf_counter() - began:.0f} s")


@dataclass(frozen=True, slots=True)
class _Image:
    """What was built, started as its file says, under an odd user id."""

    root: PlainRoot
    said: Recipe
    environ: Mapping[str, str]

    def command(self, data: str, *words: str) -> list[str]:
        return self.root.command(self.root.place / data, *self.said.words("ENTRYPOINT"), *words)

    def run(self, data: str, *words: str) -> str:
        """Run a command of the digest's to its end; return what it printed."""
        done = subprocess.run(
            self.command(data, *words), env=self.environ, capture_output=True, text=True
        )
        if done.returncode:
            raise SystemExit(f"digest {' '.join(words)}: {done.returncode}\n{done.stderr}")
        print(f"digest {' '.join(words)}: {done.stdout.strip().splitlines()[-1:]}")
        return done.stdout

    def mails(self, data: str) -> int:
        return len(list((self.root.place / data / "outbox").glob("*.eml")))


def _use(image: _Image) -> None:
    """Set up, mail, serve; back up, put the copy back elsewhere, and mail nothing again."""
    wanted = ("--to", "me@example.org", "--interests", "sparse training, KV cache", "--at", "00:00")
    image.run("data", "init", "--yes", "--offline", *wanted)
    image.run("data", "run")
    _expect(image.mails("data") == 1, "one mail was written")
    with _served(image):
        _expect(_is_healthy(image), "its health check says that it is well")
        image.run("data", "backup", "copy.db")
    place = image.root.place
    owners = {path.stat().st_uid for path in (place / "data").rglob("*")}
    _expect(owners == {ODD}, f"what it wrote is of user id {owners}")
    for name in ("config.yaml", "copy.db", "profiles"):
        shutil.move(place / "data" / name, place / "elsewhere" / name)
    image.run("elsewhere", "restore", "copy.db")
    image.run("elsewhere", "run")
    _expect(image.mails("elsewhere") == 0, "put back elsewhere, it mails nothing again")


@contextmanager
def _served(image: _Image) -> Iterator[None]:
    """Let the image run as its CMD says; ending it must be a matter of its own."""
    command = image.command("data", *image.said.words("CMD"))
    with subprocess.Popen(command, env=image.environ, text=True, stdout=subprocess.PIPE) as server:
        try:
            yield
        finally:
            server.terminate()
            said = server.communicate()[0].strip().splitlines()
    _expect(server.returncode == 0, f"it ended when it was asked to: {said[-1:]}")


def _is_healthy(image: _Image) -> bool:
    """Ask as HEALTHCHECK does until the answer is good, for ten minutes at most."""
    check = image.root.command(image.root.place / "data", *image.said.words("HEALTHCHECK"))
    for _ in range(TRIES):
        if subprocess.run(check, env=image.environ, capture_output=True).returncode == 0:
            return True
        time.sleep(1)
    return False


def _expect(is_so: bool, what: str) -> None:
    print(f"{'yes' if is_so else 'NO'}: {what}", flush=True)
    if not is_so:
        raise SystemExit(1)
