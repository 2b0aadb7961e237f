"""Runs of tests by jobs of a queue: ``python -m bench suite --dispatch procrastinate``.

What a test runs by ``runs.run`` is then a tick and a job for each listing, and a worker in this
process does these and all that follow from them.  So it is on PostgreSQL alone, and only for a run
that is whole: one that does not deliver, or is early, has no job.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass, field
from typing import Any

from sqlalchemy import func, select

from digest.app import App
from digest.model import Listing
from digest.pipeline import runs
from digest.pipeline.runs import Report
from digest.service import dispatch
from digest.store import Store, outbox, schema

_run = runs.run
_steps = dict(dispatch.STEPS)


@dataclass
class _Run:
    """A run under way, and what came of its jobs."""

    #: listings that the test asks for although they may have been read today
    asked: set[str]
    read: dict[str, Report] = field(default_factory=dict)
    sent: list[Report] = field(default_factory=list)
    #: what a job said in a line; a run raises it
    errors: list[Exception] = field(default_factory=list)

    def do(self, app: App, kind: str, place: str) -> None:
        """Do a job as the dispatcher does, and keep its report."""
        try:
            if kind == "collect" and place in self.asked:
                self.asked.remove(place)
                self.read[place] = runs.collect_only(app, [app.listings[place]])
            elif kind == "deliver":
                self.sent.append(runs.send_only(app))
            else:
                _steps[kind](app, place)
        except Exception as error:
            self.errors.append(error)
            raise


#: The runs under way, by the identity of their app: a test may have two.
_runs: dict[int, _Run] = {}


def _step(kind: str) -> Callable[[App, str], object]:
    def step(app: App, place: str) -> object:
        found = _runs.get(id(app))
        return found.do(app, kind, place) if found else _steps[kind](app, place)

    return step


def run(app: App, listings: Sequence[Listing], **how: Any) -> Report:
    """Do what ``runs.run`` does by jobs, and return the same report."""
    if how or app.store.dialect != "postgresql" or type(app.store) is not Store:
        return _run(app, listings, **how)
    names, before = [each.name for each in listings], _issues(app.store)
    done = _runs[id(app)] = _Run(set(names))
    dispatch.STEPS.update({kind: _step(kind) for kind in _steps})
    try:
        _work_off(app, names)
    finally:
        del _runs[id(app)]
    if done.errors:
        raise done.errors[0]
    with app.store.begin() as tx:
        first = outbox.first_due(tx)
        next_try = first if first and first > app.now() else None
    return Report(
        app.day,
        snapshots=tuple(one for name in names for one in done.read[name].snapshots),
        unread=tuple(one for name in names for one in done.read[name].unread),
        issues=_issues(app.store) - before,
        outcomes=tuple(one for each in done.sent for one in each.outcomes),
        waiting=runs.waiting(app.store),
        next_try=next_try,
        setting=next((each.setting for each in done.sent if each.setting), ""),
    )


def _work_off(app: App, names: Sequence[str]) -> None:
    url = app.store._engine.url.render_as_string(hide_password=False)
    worker = dispatch.Dispatcher([app], url, app.stop)
    with worker.queue.open():
        worker.defer(["tick", *(f"collect {name}" for name in names)])
    worker.run(waits=False)


def _issues(store: Store) -> int:
    with store.begin() as tx:
        return int(tx.execute(select(func.count()).select_from(schema.issues)).scalar_one())
