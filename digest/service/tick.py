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
    if app.live_profiles.read():
        for problem in app.problems:
            app.report_trouble(str(problem))
    with app.store.work():
        try:
            done = run(app, app.collector.due_listings())
        except ClockError as error:
            app.report_trouble(str(error))
            return Report(app.day)
        vacuum.step_of_tick(app)
        mailbox.empty_if_due(app)
    before, app.last_tick = app.last_tick, (app.now(), app.uptime())
    app.watch.queue_alarms(stepped(before, app.last_tick))
    return done
