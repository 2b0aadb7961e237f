"""The states of all profiles: live or broken, what is in force, and how many readers."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

from ..profiles import slug_of
from ..store import profile_files

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from ..config import Config
    from ..errors import ProfileError
    from ..model import Profile


def profiles(config: Config, reporter: Any) -> list[dict[str, Any]]:
    """Return a row for each profile, by name; ``problems`` are lines of profile check."""
    from ..app import opened

    with opened(config, report_trouble=reporter.trouble) as app:
        live = dict(app.profiles.items())
        with app.store.begin() as tx:
            readers = {
                slug: profile_files.readers(tx, profile.to) for slug, profile in live.items()
            }
        rows = _rows(live, app.problems, readers, str(config.profiles))
        return sorted(rows, key=lambda row: row["profile"])


def _rows(
    live: Mapping[str, Profile],
    broken: Sequence[ProfileError],
    readers: Mapping[str, int],
    folder: str,
) -> list[dict[str, Any]]:
    problems = {problem.path: problem for problem in broken}
    rows = []
    for slug, profile in live.items():
        # A subscriber's own profile has no file; its mistakes name it by its slug.
        problem = problems.pop(profile.path or f"{slug}.yaml", None)
        rows.append(_row(slug, profile.title, profile.path, readers[slug], problem))
    for path, problem in problems.items():
        slug = slug_of(Path(path).stem)
        last = "the last good versions are" if any(p.path for p in live.values()) else "nothing is"
        of_all = f"cannot be read, {last} in force"
        state = of_all if path == folder else "broken, nothing in force"
        rows.append({**_row(slug, "", path, 0, problem), "state": state})
    return rows


def _row(
    slug: str, title: str, path: str, readers: int, problem: ProfileError | None
) -> dict[str, Any]:
    return {
        "profile": slug,
        "title": title,
        "state": "broken, the last good version is in force" if problem else "live",
        "readers": readers,
        "file": path or None,
        "problems": str(problem).splitlines() if problem else [],
    }
