"""A clock that was far ahead once: told of, and forgotten once the operator says which is right."""

from __future__ import annotations

import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import UTC, date, datetime, timedelta
from itertools import islice
from pathlib import Path

import pytest
from sqlalchemy import func, select

from bench import _job
from bench._sink import sink
from digest.app import App
from digest.issues.schedule import is_behind
from digest.model import DeliveryState, Schedule
from digest.pipeline import clock, runs
from digest.pipeline.clock import ClockError
from digest.service.tick import tick
from digest.store import Store, bounces, clock_repair, outbox, schema
from digest.store import settings as stored_settings

from .. import processes
from ..apps import ALICE, app_of, profile
from ..databases import fresh_postgres
from ..extent import IS_WHOLE, number, some
from ..factories import EIGHT, TUESDAY, listing, paper
from ..fakes import Newsstand, Postbox, refused
from ..service.test_serve import digest
from ..tables import table
from ..waits import HUNG

OPERATOR = "operator@example.org"
DAY = timedelta(days=1)


# ── the rules ──


def test_a_clock_is_behind_by_more_than_a_day_and_a_zone() -> None:
    assert not is_behind(EIGHT, EIGHT + timedelta(hours=26))
    assert is_behind(EIGHT, EIGHT + timedelta(hours=26, seconds=1))


def test_free_days_are_the_latest_that_are_not_taken() -> None:
    found = clock_repair.free_days([date(2026, 3, 9), date(2026, 3, 7), date(2026, 4, 9)], TUESDAY)

    assert list(islice(found, 2)) == [date(2026, 3, 8), date(2026, 3, 6)]


@table(
    ("stamp", "expected"),
    [
        ("2026-04-09T08:00:00+00:00", EIGHT.isoformat()),
        ("2026-03-10T10:00:00+01:00", EIGHT.isoformat()),
        ("2026-03-09T08:00:00+00:00", "2026-03-09T08:00:00+00:00"),
        ("2026-04-09", "2026-03-10"),
        ("2026-03-09", "2026-03-09"),
        ("20991231", "20991231"),
        ("9999-was-no-date", "9999-was-no-date"),
        ("ab" * 32, "ab" * 32),
        ("", ""),
    ],
)
def test_a_setting_that_begins_with_a_time_to_come_is_brought_back(
    stamp: str, expected: str
) -> None:
    assert clock_repair.not_after(stamp, EIGHT, TUESDAY) == expected


# ── a clock that was thirty days ahead ──


@dataclass
class Shop:
    """A digest whose listing has a paper of its own on each day, whatever day it is taken for."""

    app: App
    stand: Newsstand
    post: Postbox
    papers: int = 0

    def tick(self, ahead: timedelta = timedelta(0), **span: float) -> None:
        """Let the right time pass, lay out what is new by then, and tick by a clock so far off."""
        self.now += timedelta(**span)
        self.papers += 1
        self.app.now = lambda: self.now + ahead
        self.stand.lay_out("daily", self.app.day, paper(self.papers))
        tick(self.app)

    now: datetime = EIGHT

    def believe(self) -> int:
        """Believe the clock, as the operator says."""
        return clock.accept_clock(self.app.store, self.app.now(), self.app.timezone)

    @property
    def mailed(self) -> int:
        """How many issues went to Alice."""
        return sum(mail.recipient == ALICE for mail in self.post.mails)

    def issues(self) -> list[str]:
        """What Alice was mailed."""
        return self.post.texts_to(ALICE)

    def letters(self) -> list[str]:
        """What the operator was told of the clock."""
        subjects = [str(message["Subject"]) for message in self.post.to(OPERATOR)]
        return [subject for subject in subjects if "clock is wrong" in subject]

    def repeats(self) -> int:
        """How many papers came more than once."""
        titles = [f"Paper {n:05d} on" for n in range(1, self.papers + 1)]
        issues = self.issues()
        return sum(sum(title in text for text in issues) > 1 for title in titles)


SCHEDULES = {"any hour": None, "half past seven": Schedule(timezone="UTC")}
#: The pair of which no other test has the schedule; and every pair.
SHOPS = [
    ("postgresql", "half past seven"),
    ("sqlite", "any hour"),
    ("sqlite", "half past seven"),
    ("postgresql", "any hour"),
]


@pytest.fixture
def shop(store: Store, schedule: str) -> Shop:
    return shop_on(store, SCHEDULES[schedule])


def shop_on(store: Store, schedule: Schedule | None = None, **fields: object) -> Shop:
    stand, post = Newsstand(), Postbox()
    values = {"operator": OPERATOR, "schedule": schedule, "report_trouble": str, **fields}
    app = app_of(
        store, profile(), listings=[listing(look_back=0)], source=stand, sender=post, **values
    )
    shop = Shop(app, stand, post)
    # What is counted goes on by the right time, whatever the clock is set to.
    app.uptime = lambda: (shop.now - EIGHT).total_seconds()
    return shop


def later_than(store: Store, now: datetime) -> Counter[str]:
    """How many rows of each column carry an instant that has not come."""
    with store.begin() as tx:
        columns = list(clock_repair._instants())
        counted = {
            f"{c}": tx.execute(select(func.count()).where(c > now)).scalar_one() for c in columns
        }
    return Counter({name: rows for name, rows in counted.items() if rows})


@pytest.mark.parametrize(
    ("database", "schedule"), SHOPS[: number(1, whole=4)], indirect=["database"]
)
def test_thirty_days_ahead_and_back_stops_no_one_once_the_operator_has_said_so(shop: Shop) -> None:
    """Some days by the right clock, some by one that is ahead, then a month by the right one.

    In short, the month's days are those after the repair and those that the clock was ahead by.
    """
    right, wrong = number(1, whole=3), number(1, whole=3)
    for _ in range(right):
        shop.tick(days=1)
    for _ in range(wrong):
        shop.tick(ahead=30 * DAY, days=1)
    assert shop.mailed == right + wrong

    shop.tick(days=1)
    shop.tick(minutes=1)
    assert shop.mailed == right + wrong
    assert shop.letters() == ["Paper digest: the clock is wrong, or was"]
    assert "digest doctor --clock-is-right" in shop.post.texts_to(OPERATOR)[-1]

    assert later_than(shop.app.store, shop.now)
    assert shop.believe() > 0
    assert later_than(shop.app.store, shop.now) == {}
    assert shop.believe() == 0
    shop.tick(minutes=1)
    assert shop.mailed == right + wrong + 1
    for more, days in enumerate([1] * 33 if IS_WHOLE else [1, 27, 1, 1], start=2):
        shop.tick(days=days)
        assert shop.mailed == right + wrong + more
    assert (shop.repeats(), len(shop.letters())) == (0, 1)


def test_it_is_told_again_on_the_next_day(store: Store) -> None:
    shop = shop_on(store)
    shop.tick()
    shop.tick(ahead=30 * DAY, days=1)
    for _ in range(3):
        shop.tick(hours=12)

    assert len(shop.letters()) == 2


def test_a_run_by_hand_is_refused_and_tells_too(store: Store) -> None:
    shop = shop_on(store)
    shop.tick(ahead=30 * DAY)
    shop.app.now = lambda: shop.now
    for step in (
        lambda: runs.run(shop.app, list(shop.app.listings.values())),
        lambda: runs.collect_only(shop.app, list(shop.app.listings.values())),
        lambda: runs.send_only(shop.app),
    ):
        with pytest.raises(ClockError, match="digest doctor --clock-is-right"):
            step()
    assert len(shop.letters()) == 1
    runs.run(shop.app, [], hands_over=False)  # a rehearsal may be of any time


def test_a_mail_that_had_not_left_is_withdrawn_and_its_papers_come_with_the_next(
    store: Store,
) -> None:
    shop = shop_on(store)
    shop.tick()
    shop.post.fail_next(refused("451 4.3.0 later"))
    shop.tick(ahead=30 * DAY, days=1)
    assert shop.mailed == 1
    shop.app.now = lambda: shop.now
    shop.believe()
    shop.tick(minutes=1)

    assert shop.mailed == 2
    assert all(f"Paper {n:05d} on" in shop.issues()[1] for n in (2, 3))
    with store.begin() as tx:
        # Two issues, and the notice that says that the clock was set.
        assert outbox.counts(tx) == {DeliveryState.SENT: 3, DeliveryState.WITHDRAWN: 1}


def test_days_that_were_not_read_while_the_clock_was_ahead_are_made_up_for(store: Store) -> None:
    shop = shop_on(store)
    shop.tick()
    shop.tick(ahead=30 * DAY, days=1)
    for day in (1, 2, 3):
        shop.stand.lay_out("daily", TUESDAY + day * DAY, paper(100 + day))
    shop.now += 2 * DAY
    shop.app.now = lambda: shop.now
    shop.believe()
    shop.tick(days=1)

    text = "".join(shop.issues())
    assert [f"Paper {100 + day:05d} on" in text for day in (1, 2, 3)] == [True] * 3


def test_what_counts_days_and_notices_forgets_the_days_to_come(store: Store) -> None:
    shop = shop_on(store)
    shop.tick()
    ahead = shop.now + 30 * DAY
    with store.begin() as tx:
        subscriber = tx.execute(select(schema.subscribers.c.id)).scalar_one()
        bounces.record(tx, subscriber, "soft", "mailbox full", ahead)
        stored_settings.keep_setting(tx, "wait daily", (ahead + DAY).isoformat())
        stored_settings.keep_setting(tx, "alarm late", ahead.date().isoformat())
        stored_settings.keep_setting(tx, "outage daily", ahead.isoformat())
        row = {"key": "arxiv:1", "day": ahead.date(), "upvotes": 1}
        tx.execute(schema.votes.insert().values(row))
        people = schema.subscribers
        paused = {"paused_from": ahead.date(), "paused_until": ahead.date() + 7 * DAY}
        tx.execute(people.update().values(paused))
    shop.believe()

    with store.begin() as tx:
        settings = [stored_settings.setting(tx, name) for name in ("wait daily", "alarm late")]
        assert settings == [shop.now.isoformat(), shop.now.date().isoformat()]
        assert stored_settings.setting(tx, "outage daily") == shop.now.isoformat()
        assert bounces.counts(tx, shop.now - DAY) == {"soft": 1}
        assert tx.execute(select(func.count()).select_from(schema.votes)).scalar() == 0
        # A pause has the days that its subscriber chose and was shown.
        row = tx.execute(select(people.c.paused_from, people.c.paused_until)).one()
        assert tuple(row) == (ahead.date(), ahead.date() + 7 * DAY)


def test_a_wrong_word_is_survived(store: Store) -> None:
    """The operator believes a clock that says 1996, and it is set right afterwards."""
    shop = shop_on(store)
    before = number(1, whole=3)
    for _ in range(before):
        shop.tick(days=1)
    shop.app.now = lambda: EIGHT - 30 * 365 * DAY
    shop.believe()
    for more in range(1, number(2, whole=10) + 1):
        shop.tick(days=1)
        assert shop.mailed == before + more
    assert shop.repeats() == 0


def test_a_sign_up_and_a_consent_keep_their_instants(store: Store) -> None:
    kept = {f"{c}" for t in schema.metadata.sorted_tables for c in t.c} & clock_repair.KEPT_COLUMNS

    assert kept == clock_repair.KEPT_COLUMNS


# ── real processes ──


@contextmanager
def a_database(kind: str, folder: Path, request: pytest.FixtureRequest) -> Iterator[str]:
    if kind == "sqlite":
        yield f"sqlite:///{folder}/digest.db"
        return
    with fresh_postgres(request.getfixturevalue("postgres")) as url:
        yield url


#: The digest where the system's clock is ahead.
AHEAD = """
from datetime import UTC, datetime, timedelta
import time_machine
time_machine.travel(datetime.now(UTC) + timedelta(days=30)).start()
from digest.cli import main
main()
"""


@pytest.mark.parametrize("kind", some(["postgresql", "sqlite"], 1))
def test_a_process_whose_clock_was_ahead_tells_and_is_set_right_by_one_command(
    kind: str, tmp_path: Path, request: pytest.FixtureRequest
) -> None:
    """Each step is a process of its own, with the system's clock or one thirty days ahead."""
    log = tmp_path / "taken.log"

    def run(*words: str, is_ahead: bool = False) -> subprocess.CompletedProcess[str]:
        command = digest(tmp_path, *words)
        if is_ahead:
            command = [sys.executable, "-c", AHEAD, *command[1:]]
        return processes.run(command, capture_output=True, text=True, timeout=HUNG, check=False)

    def taken() -> Counter[str]:
        lines = log.read_text("utf-8").splitlines() if log.exists() else []
        return Counter(line.partition(" ")[0] for line in lines)

    with (
        sink(0, log, is_gated=True, popen=processes.Popen) as port,
        a_database(kind, tmp_path, request) as url,
    ):
        _job.digest(tmp_path, port, log, 3, connections=1)
        config = tmp_path / "config.yaml"
        config.write_text(config.read_text() + f'database: "{url}"\n')
        early = datetime.now(UTC) - 2 * DAY
        assert run("run", "--now", early.isoformat()).returncode == 0
        _job.write_feed(tmp_path, 4)  # and one that nobody wants
        (tmp_path / "profiles" / "r0000.yaml").write_text(_every_topic())
        assert run("run", is_ahead=True).returncode == 0
        before = taken()
        _job.write_feed(tmp_path, 5)

        refused = run("run")
        assert (refused.returncode, refused.stdout) == (75, "")
        assert "Traceback" not in refused.stderr
        assert taken() - before == Counter({"digest@example.org": 1})

        found = run("doctor")
        assert found.returncode == 1
        assert "BAD  clock: the clock says" in found.stdout
        assert "if it is right now and was ahead: digest doctor --clock-is-right" in found.stdout
        assert "ok   clock: it is" in run("doctor", "--clock-is-right").stdout

        again = run("run")
        assert again.returncode == 0, again.stderr
        issues = taken() - before - Counter({"digest@example.org": 1})
        assert issues == Counter({"reader0000@example.org": 1})
        with closing(Store(url)) as store:
            assert later_than(store, datetime.now(UTC) + timedelta(minutes=1)) == {}


def _every_topic() -> str:
    return "title: Mine\nto: reader0000@example.org\nany: [topic*]\n"
