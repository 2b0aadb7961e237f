"""What a run and the service say: what came for each profile, when its mail goes, or why none."""

from __future__ import annotations

import json
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import pytest
from click.testing import Result

from digest.app import opened
from digest.cli.serve import Announcer, JobAnnouncer
from digest.config import load
from digest.model import Schedule
from digest.pipeline.runs import Report
from digest.service.dispatch import STEPS
from digest.service.tick import tick

from ..wire import parts
from .test_cli import CONFIG, PROFILE, Workspace, saved_page, workspace

__all__ = ["workspace"]

IN_THE_EVENING = """
title: Bees
to: bob@example.org
any: [bees]
schedule: {at: "18:30", timezone: Europe/Berlin}
"""


def lines(result: Result) -> list[str]:
    """What was said below the table, folded lines made one again."""
    return result.stdout.replace("\n  ", " ").partition("\n\n")[2].splitlines()


def told(workspace: Workspace, *words: str, day: str = "2026-03-10") -> list[str]:
    return lines(workspace.digest("run", "--day", day, "--now", f"{day}T12:00Z", *words))


@pytest.fixture
def several(workspace: Workspace) -> Workspace:
    """Beside the profile on mosses one for the evening, one of nobody's, and one without luck."""
    workspace.write("profiles/bees.yaml", IN_THE_EVENING)
    workspace.write("profiles/nobody.yaml", "title: Nobody\nany: [bees]\n")
    workspace.write("profiles/zebras.yaml", "title: Zebras\nto: eve@example.org\nany: [zebra]\n")
    return workspace


def test_each_profile_is_told_of_with_the_reason_where_no_mail_goes(several: Workspace) -> None:
    assert told(several) == [
        "Bees: 1 paper waits; the next mail goes Tue 10 Mar, 18:30 Europe/Berlin (or now:"
        " digest run --now-anyway)",
        "Nobody: nobody to mail: add to: with an address in nobody.yaml",
        "Sparse training: 3 of 4 new papers, in the mail to 1 reader",
        "Zebras: nothing matched 4 new papers",
        f"1 issue made, 1 mail sent into the folder {several.folder}/outbox",
    ]

    # What waits for its hour is mailed now by word, once; who had a mail today gets no second one.
    assert told(several, "--now-anyway") == [
        "Bees: 1 of 4 new papers, in the mail to 1 reader",
        "Nobody: nobody to mail: add to: with an address in nobody.yaml",
        "Sparse training: no paper is new; today's issue is made, the next comes with the first"
        " run of tomorrow",
        "Zebras: no paper is new",
        f"1 issue made, 1 mail sent into the folder {several.folder}/outbox",
    ]
    assert told(several, "--now-anyway")[0] == (
        "Bees: no paper is new; the next mail goes Wed 11 Mar, 18:30 Europe/Berlin"
    )


def test_a_paper_under_another_interest_of_its_reader_was_matched_all_the_same(
    workspace: Workspace,
) -> None:
    """It is shown once, where it scores most; the run, its JSON and the masthead say where."""
    pruning = "title: Pruning\nto: alice@example.org\nany: [sparse training]\n"
    workspace.write("profiles/pruning.yaml", pruning)
    heavy = PROFILE.replace("[sparse training,", "[{query: sparse training, weight: 3},")
    workspace.write("profiles/sparse.yaml", heavy)
    workspace.write("config.yaml", f'{CONFIG}\nschedule: {{at: "07:30"}}\n')
    waiting = workspace.digest("run", "--day", "2026-03-10", "--now", "2026-03-10T01:00Z")
    made = workspace.digest("run", "--day", "2026-03-10", "--now", "2026-03-10T12:00Z", "--json")

    assert lines(waiting)[0] == (
        "Pruning: 2 matched, under Sparse training; the next mail goes Tue 10 Mar, 07:30 UTC (or"
        " now: digest run --now-anyway)"
    )
    found = json.loads(made.stdout)["profiles"][0]
    assert (found["profile"], found["matched"], found["elsewhere"]) == ("pruning", 0, 2)
    mail = next((workspace.folder / "outbox").rglob("*.eml")).read_bytes()
    text = " ".join(parts(mail)[0].split())
    assert "2 Pruning: under Sparse training" in text
    assert "0 Pruning" not in text


def test_the_operators_hour_holds_for_a_run_from_cron_too(workspace: Workspace) -> None:
    workspace.write("config.yaml", f'{CONFIG}\nschedule: {{at: "13:00"}}\n')

    assert told(workspace) == [
        "Sparse training: 3 papers wait; the next mail goes Tue 10 Mar, 13:00 UTC (or now: digest"
        " run --now-anyway)",
        "0 issues made, 0 mails sent",
    ]


def test_a_second_mail_of_the_day_is_not_offered(several: Workspace) -> None:
    """There is one a day, whatever is asked: what came after it waits for the next day's hour."""
    told(several, "--now-anyway")
    several.write("saved/2026-03-10.txt", saved_page("Mar 10", "Mosses of the north", "More bees"))
    waiting = "Bees: 1 paper waits; the next mail goes Wed 11 Mar, 18:30 Europe/Berlin"

    assert told(several)[0] == waiting
    assert told(several, "--now-anyway")[0] == waiting


def test_quiet_says_only_what_went_wrong(several: Workspace) -> None:
    (several.folder / "daily/2026-03-10.json").unlink()
    good = several.digest("run", "-q", "--day", "2026-03-10", "--now", "2026-03-10T12:00Z")

    assert (good.stdout, good.exit_code) == ("", 1)
    assert good.stderr == "daily: daily/2026-03-10.json: no such file\n"


def test_listings_that_could_not_be_read_are_the_reason(workspace: Workspace) -> None:
    assert told(workspace, day="2026-03-11") == [
        "Sparse training: its listings could not be read",
        "0 issues made, 0 mails sent",
    ]


def test_without_a_profile_the_next_step_is_named(workspace: Workspace) -> None:
    (workspace.folder / "profiles/sparse.yaml").unlink()
    result = workspace.digest("run", "--day", "2026-03-10", "--now", "2026-03-10T12:00Z")

    assert result.stdout.splitlines()[-1] == (
        "no profile names a reader: digest profile new writes one (each is a .yaml file)"
    )


def test_the_service_says_why_the_next_mail_is_later_than_its_hour(
    workspace: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    late = "2026-03-10T22:40Z"
    workspace.digest("run", "--now-anyway", "--day", "2026-03-10", "--now", late)
    config = load(workspace.folder / "config.yaml", {})
    with opened(config, now=datetime.fromisoformat(late), schedule=Schedule()) as app:
        Announcer().announce(app, Report(app.day))

    assert capsys.readouterr().out == (
        "next mail: Wed 11 Mar, 10:40 UTC, to 1 reader:"
        " 07:30, but not within twelve hours of the last\n"
    )


def test_a_worker_says_what_its_jobs_did_and_when_the_next_mail_goes(
    several: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    config = load(several.folder / "config.yaml", {})
    announcer = JobAnnouncer()
    said = {}
    with opened(config, now=datetime(2026, 3, 10, 12, tzinfo=UTC)) as app:
        for kind in ("tick", "collect", "compose", "deliver", "tick"):
            done = STEPS[kind](app, next(iter(app.listings)))
            if done is not None:
                announcer.announce(app, done)
            said[kind] = capsys.readouterr().out.splitlines()

    where = Path(several.folder) / "outbox"
    assert said == {
        "tick": [],
        "collect": [],
        "compose": ["2026-03-10 12:00 UTC: 1 issue made"],
        "deliver": [
            f"2026-03-10 12:00 UTC: 1 mail sent into the folder {where}",
            "next mail: Tue 10 Mar, 18:30 Europe/Berlin, to 1 reader",
        ],
    }


def test_the_service_says_each_mail_and_the_next_one_and_else_nothing(
    several: Workspace, capsys: pytest.CaptureFixture[str]
) -> None:
    config = load(several.folder / "config.yaml", {})
    noon, evening = (datetime(2026, 3, 10, hour, tzinfo=UTC) for hour in (12, 18))
    announcer = Announcer()
    with opened(config, now=noon) as app:
        announcer.announce(app, tick(app))
        first = capsys.readouterr().out.splitlines()
        announcer.announce(app, tick(app))
        assert capsys.readouterr().out == ""
        app = replace(app, now=lambda: evening, last_tick=None)
        announcer.announce(app, tick(app))
        second = capsys.readouterr().out.splitlines()

    where = Path(several.folder) / "outbox"
    assert first == [
        f"2026-03-10 12:00 UTC: 1 issue made, 1 mail sent into the folder {where}",
        "next mail: Tue 10 Mar, 18:30 Europe/Berlin, to 1 reader",
    ]
    assert second == [
        f"2026-03-10 18:00 UTC: 1 issue made, 1 mail sent into the folder {where}",
        "next mail: Wed 11 Mar, 18:30 Europe/Berlin, to 1 reader",
    ]
