"""How many of flufl.bounce's samples are recognised, and how many ordinary mails are taken for one.

The samples stand in ``tests/data`` of its source distribution (``pip download --no-deps
--no-binary :all: flufl.bounce``), which is named here and never copied.
"""

from __future__ import annotations

import argparse
import tarfile
from collections.abc import Iterator, Sequence
from pathlib import Path, PurePath

from digest.subscribers.inbox.incoming import read
from digest.subscribers.inbox.reports import returned

#: What the samples hold beside bounces: a person's answer, and a program's.  The distribution's own
#: tests expect nothing of these two, and of ``simple_43``, which is a bounce but names nobody.
NO_BOUNCES = frozenset({"groupwise_03", "qmail_08"})

#: What is only delayed, temporary, or about a full mailbox: none of these may be hard.
SOFT = frozenset(
    {"dsn_02", "dsn_05", "dsn_06", "dsn_07", "dsn_08", "dsn_17", "hotpop_01", "postfix_02"}
    | {"qmail_02", "qmail_06", "qmail_07", "simple_03", "simple_07", "simple_09", "simple_14"}
    | {"simple_21", "simple_28", "simple_40", "simple_44", "simple_45", "yahoo_01", "yahoo_02"}
    | {"yahoo_04"}
)

#: The share that must be recognised.
LEAST = 0.96


def samples(distribution: Path) -> Iterator[tuple[str, bytes]]:
    """Name and bytes of each sample."""
    with tarfile.open(distribution) as archive:
        for subscriber in archive:
            path = PurePath(subscriber.name)
            content = archive.extractfile(subscriber)
            if path.match("tests/data/*.txt") and content is not None:
                yield path.stem, content.read()


def main(arguments: Sequence[str]) -> int:
    """Read them all; 1 where too few are recognised, one that is none, or a soft one as hard."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("distribution", type=Path, help="flufl_bounce-….tar.gz")
    reports = {
        name: returned(read(data).message)
        for name, data in samples(parser.parse_args(arguments).distribution)
    }
    found = {name: report is not None for name, report in reports.items()}
    hard = sorted(name for name, report in reports.items() if report and report.kind == "hard")
    harsh = sorted(SOFT.intersection(hard))
    bounces = found.keys() - NO_BOUNCES
    missed = sorted(name for name in bounces if not found[name])
    wrong = sorted(name for name in found.keys() & NO_BOUNCES if found[name])
    share = 1 - len(missed) / len(bounces)
    print(f"{len(bounces) - len(missed)} of {len(bounces)} bounces recognised ({share:.1%})")
    print(f"{len(wrong)} of {len(found.keys() & NO_BOUNCES)} other mails taken for one")
    print(f"{len(harsh)} of {len(SOFT & found.keys())} soft ones taken for hard")
    print(f"missed: {', '.join(missed) or 'none'}")
    return 0 if share >= LEAST and not wrong and not harsh else 1
