"""What is old goes, in small steps; what keeps a paper from being mailed twice stays."""

from __future__ import annotations

from datetime import timedelta

import pytest
from sqlalchemy import func, select

from digest.app import App
from digest.model import DeliveryState, Notice
from digest.pipeline import runs, vacuum
from digest.pipeline.vacuum import MailFirstError
from digest.service.tick import tick
from digest.store import Store, feedback, outbox, retention, schema
from digest.store.editions import TakenOutError

from ..apps import ALICE, app_of
from ..cli.test_cli import CONFIG, Workspace, workspace
from ..factories import EIGHT, listing, paper
from ..fakes import Clock, Newsstand, Postbox

__all__ = ["workspace"]

YEAR = timedelta(days=365)


def lived(store: Store, readings: int = 1) -> App:
    """A digest of two days: on the second one paper has another text, and one is not wanted."""
    app = app_of(store, listings=[listing()], now=Clock(EIGHT), keep=YEAR)
    unwanted = [paper(9, title=title, abstract="Of bees.") for title in ("On bees", "On old bees")]
    for number in range(2):
        stand: Newsstand = app.source  # type: ignore[assignment]
        stand.lay_out("daily", app.day, paper(1), paper(number + 2), unwanted[number])
        for _ in range(readings):
            runs.run(app, list(app.listings.values()))
        app.now.forward(days=1)  # type: ignore[attr-defined]
    with store.begin() as tx:
        outbox.queue_notice(tx, Notice(kind="alarm", recipient=ALICE, made_at=EIGHT, values={}))
    return app


def rows(app: App) -> dict[str, int]:
    tables = ("deliveries", "issues", "snapshots", "papers", "sent", "seen_papers", "changes")
    with app.store.begin() as tx:
        return {
            name: tx.execute(
                select(func.count()).select_from(schema.metadata.tables[name])
            ).scalar_one()
            for name in tables
        }


def in_a_year(store: Store, readings: int = 1) -> App:
    """The same, a year and a week later, with one mail that was in doubt all the time."""
    app = lived(store, readings)
    with store.begin() as tx:
        notice = schema.deliveries.c.kind == "alarm"
        tx.execute(schema.deliveries.update().where(notice).values(state=DeliveryState.IN_DOUBT))
    app.now.forward(days=372)  # type: ignore[attr-defined]
    return app


def test_what_is_old_goes_and_what_is_needed_stays(store: Store) -> None:
    app = in_a_year(store, readings=3)
    before, counted = rows(app), vacuum.counts(app)

    taken = dict(vacuum.take_out(app))

    assert taken == counted
    assert set(taken) == set(retention.KINDS)
    assert (taken["mails"], taken["contents of issues"], taken["texts of papers"]) == (2, 2, 1)
    assert taken["receipts"] >= 1
    after = rows(app)
    assert after["deliveries"] == 1  # the one in doubt
    assert after["papers"] == before["papers"] - 1
    same = ("issues", "sent", "seen_papers", "changes")
    assert {name: after[name] for name in same} == {name: before[name] for name in same}
    with store.begin() as tx:
        assert feedback.issues(tx, 1, 10) == []
        with pytest.raises(TakenOutError, match="2026-03-10 was taken out"):
            feedback.issue(tx, 1, 1)
    assert dict(vacuum.take_out(app)) == dict.fromkeys(retention.KINDS, 0)


def test_nothing_is_mailed_twice_after_a_vacuum(store: Store) -> None:
    app = in_a_year(store)
    dict(vacuum.take_out(app))
    stand: Newsstand = app.source  # type: ignore[assignment]
    stand.lay_out("daily", app.day, paper(1), paper(2), paper(3), paper(4))

    runs.run(app, list(app.listings.values()))

    box: Postbox = app.sender  # type: ignore[assignment]
    assert len(box.mails) == 3
    with store.begin() as tx:
        [last, *_] = feedback.issues(tx, 1, 10)
    assert [each.key for each in last.papers] == [paper(4).key]


def test_nothing_goes_before_its_time_or_where_all_is_kept(store: Store) -> None:
    app = lived(store)
    with store.begin() as tx:
        tx.execute(schema.deliveries.update().values(state=DeliveryState.SENT))
    assert set(vacuum.counts(app).values()) == {0}
    app.now.forward(days=372)  # type: ignore[attr-defined]
    app.keep = None
    assert set(vacuum.counts(app).values()) == {0}
    assert dict(vacuum.take_out(app)) == dict.fromkeys(retention.KINDS, 0)


def test_an_issue_stays_while_its_mail_is_owed_or_papers_wait_in_it(store: Store) -> None:
    app = in_a_year(store)
    with store.begin() as tx:
        mails, issues = schema.deliveries, schema.issues
        tx.execute(mails.update().where(mails.c.issue_id == 1).values(state="in_doubt"))
        tx.execute(issues.update().where(issues.c.id == 2).values(has_waiting=True))

    assert dict(vacuum.take_out(app))["contents of issues"] == 0


def test_mail_goes_before_a_vacuum(store: Store) -> None:
    app = lived(store)
    app.now.forward(days=372)  # type: ignore[attr-defined]

    with pytest.raises(MailFirstError):
        dict(vacuum.take_out(app))
    vacuum.step_of_tick(app)

    assert vacuum.counts(app)["mails"] == 2


def test_the_service_takes_a_few_rows_a_tick(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    app = in_a_year(store)
    monkeypatch.setattr(retention, "MOST", 1)
    monkeypatch.setattr(vacuum, "STEPS_A_TICK", 1)

    left = []
    for _ in range(3):
        tick(app)
        app.now.forward(minutes=1)  # type: ignore[attr-defined]
        left.append(vacuum.counts(app)["mails"])

    assert left == [1, 0, 0]


def test_a_vacuum_by_hand_says_what_it_took_out(workspace: Workspace) -> None:
    workspace.run()
    young = workspace.digest("vacuum", "--dry-run", "--now", "2026-03-20T12:00Z").stdout
    before = workspace.digest("vacuum", "--dry-run", "--now", "2027-03-20T12:00Z").stdout
    taken = workspace.digest("vacuum", "--now", "2027-03-20T12:00Z").stdout

    assert young == "nothing is older than 365 days\n"
    assert before.splitlines()[0] == "mails: 1 would go"
    assert taken.splitlines()[:2] == ["mails: 1 taken out", "contents of issues: 1 taken out"]
    shown = workspace.digest("render", "sparse", "--day", "2026-03-10")
    assert (shown.exit_code, "2026-03-10 was taken out" in shown.output) == (1, True)


def test_who_keeps_all_for_ever_reads_so(workspace: Workspace) -> None:
    workspace.write("config.yaml", f"{CONFIG}keep: 0\n")
    workspace.run()

    later = workspace.digest("vacuum", "--dry-run", "--now", "2027-03-20T12:00Z")
    assert later.stdout == "all is kept for ever\n"


def test_less_than_two_months_cannot_be_kept(workspace: Workspace) -> None:
    workspace.write("config.yaml", f"{CONFIG}keep: 30\n")
    refused = workspace.digest("vacuum", "--dry-run")

    assert (refused.exit_code, "60 days are the least" in refused.output) == (78, True)
