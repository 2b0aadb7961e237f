"""One tick of the service: everything that it does in one minute."""

from __future__ import annotations

from typing import TYPE_CHECKING

from ..pipeline import vacuum
from ..pipeline.alarms import stepped
from ..pipeline.clock import ClockError
from ..pipeline.runs import Report, run
from ..subscribers.inbox import mailbox

if TYPE_CHECKING:
    from ..app import App


def tick(app: App) -> Report:
    """Read the profiles, run what is due, take out what is old, look for mail, and send alarms.

    If the clock cannot be right, report that and do nothing else.
    """
    read_profiles(app)
    with app.store.work():
        try:
            done = run(app, app.collector.due_listings())
        except ClockError as error:
            app.report_trouble(str(error))
            return Report(app.day)
        vacuum.step_of_tick(app)
        mailbox.empty_if_due(app)
    queue_alarms(app)
    return done


def read_profiles(app: App) -> None:
    """Read the profiles again where they have changed, and report the mistakes in them."""
    if app.live_profiles.read():
        for problem in app.problems:
            app.report_trouble(str(problem))


def queue_alarms(app: App) -> None:
    """Queue the alarms that are due, also that of a clock that was set since the last time."""
    before, app.last_tick = app.last_tick, (app.now(), app.uptime())
    app.watch.queue_alarms(stepped(before, app.last_tick))
