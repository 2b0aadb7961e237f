"""Runs of tests by jobs of a queue: ``python -m bench suite --dispatch procrastinate``.

What a test runs by ``runs.run`` is then a tick and a job for each listing, and a worker in this
process does these and all that follow from them.  So it is on PostgreSQL alone, and only for a run
that is whole: one that does not deliver, or is early, has no job.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from typing import Any

from sqlalchemy import func, select

from digest.app import App
from digest.model import Listing
from digest.pipeline import runs
from digest.pipeline.runs import Report
from digest.service import dispatch
from digest.store import Store, outbox, schema

_run = runs.run


def run(app: App, listings: Sequence[Listing], **how: Any) -> Report:
    """Do what ``runs.run`` does by jobs, and return the same report."""
    if how or app.store.dialect != "postgresql" or type(app.store) is not Store:
        return _run(app, listings, **how)
    read, sent, asked = dict[str, Report](), list[Report](), {each.name for each in listings}

    def collect(app: App, name: str) -> None:
        """Read a listing that the test asks for although it may have been read today."""
        if name in asked:
            asked.remove(name)
            read[name] = runs.collect_only(app, [app.listings[name]])
        else:
            runs.collect_if_free(app, app.listings[name])

    def deliver(app: App, _slot: str) -> None:
        sent.append(runs.send_only(app))

    before = _issues(app.store)
    _work_off(app, [each.name for each in listings], collect=collect, deliver=deliver)
    with app.store.begin() as tx:
        next_try = outbox.next_try(tx, app.now())
    return Report(
        app.day,
        snapshots=tuple(one for each in listings for one in read[each.name].snapshots),
        issues=_issues(app.store) - before,
        outcomes=tuple(one for each in sent for one in each.outcomes),
        waiting=runs.waiting(app.store),
        next_try=next_try,
        setting=next((each.setting for each in sent if each.setting), ""),
    )


def _work_off(app: App, names: Sequence[str], **steps: Callable[[App, str], object]) -> None:
    kept, url = dict(dispatch.STEPS), app.store._engine.url.render_as_string(hide_password=False)
    dispatch.STEPS.update(steps)
    try:
        worker = dispatch.Dispatcher([app], url, app.stop)
        with worker.queue.open():
            worker.defer(["tick", *(f"collect {name}" for name in names)])
        worker.run(waits=False)
    finally:
        dispatch.STEPS.update(kept)


def _issues(store: Store) -> int:
    with store.begin() as tx:
        return int(tx.execute(select(func.count()).select_from(schema.issues)).scalar_one())
