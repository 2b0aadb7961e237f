"""The store's contract, on both databases."""

from __future__ import annotations

import json
import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing, contextmanager
from dataclasses import replace
from datetime import timedelta
from pathlib import Path
from threading import Barrier, Thread
from typing import Any

import pytest
from alembic import command
from alembic.autogenerate import compare_metadata
from alembic.config import Config
from alembic.migration import MigrationContext
from alembic.script import ScriptDirectory
from pydantic import TypeAdapter
from sqlalchemy import Connection, select, text

from digest.errors import DigestError
from digest.listings.diff import diff
from digest.model import (
    Backlog,
    ChangeKind,
    DeliveryState,
    Hit,
    Issue,
    IssueEntry,
    Match,
    Paper,
    Reason,
    Receipt,
    Recipient,
    Section,
    SentPaper,
    Snapshot,
    Verdict,
)
from digest.store import (
    BusyError,
    Store,
    StoreError,
    feedback,
    leases,
    outbox,
    privacy,
    schema,
    search,
    sent_papers,
    unread,
)
from digest.store import (
    papers as stored_papers,
)
from digest.store.editions import keep_editions, names_of, numbers
from digest.store.engine import open_engine
from digest.store.leases import Worker
from digest.store.migrate import HEAD
from digest.store.serialization import edition_of, named, pack_issue
from digest.store.work_names import key_of

from ..extent import some
from ..factories import EIGHT, THURSDAY, TUESDAY, WEDNESDAY, paper, snapshot
from ..mortality import end_leases


def collected(store: Store, *papers: Paper, day: object = TUESDAY, **fields: object) -> Snapshot:
    """Remember a page of these papers and give its receipt."""
    receipt = snapshot(day, **fields)  # type: ignore[arg-type]
    with store.begin() as tx:
        pairs = stored_papers.pair_with_seen(tx, receipt.listing, papers)
        return replace(receipt, id=stored_papers.store_collection(tx, receipt, pairs, diff(pairs)))


def new_keys(store: Store, *papers: Paper, listing: str = "daily") -> list[str]:
    """The keys that a page of these papers would bring."""
    with store.begin() as tx:
        return [c.paper.key for c in diff(stored_papers.pair_with_seen(tx, listing, papers))]


# ── schema ──


def test_the_migrations_lead_to_the_tables_that_the_code_uses(store: Store) -> None:
    with store.begin() as tx:
        # The index of words is no table of ours: FTS5 keeps several for it.  Nor are the months,
        # which have an index for a key.
        others = re.compile("paper_words|_rest$|_[0-9]{4}_[0-9]{2}$|ix_deliveries_id_day")
        ours = {"include_name": lambda name, kind, _: not others.search(str(name))}
        context = MigrationContext.configure(tx, opts=ours)
        assert compare_metadata(context, schema.metadata) == []


def test_the_newest_migration_is_the_one_the_code_expects() -> None:
    folder = Path(schema.__file__).parent / "migrations"

    assert ScriptDirectory(str(folder)).get_current_head() == HEAD


def test_migrating_twice_changes_nothing(store: Store) -> None:
    collected(store, paper(1))
    store.migrate()

    assert new_keys(store, paper(1)) == []


def test_a_database_of_a_newer_version_is_refused(store: Store) -> None:
    with store.begin() as tx:
        tx.execute(text("UPDATE alembic_version SET version_num = '9999'"))

    with pytest.raises(StoreError, match="newer version"):
        store.migrate()


def test_a_file_of_another_program_is_refused_and_gets_no_table(tmp_path: Path) -> None:
    file = tmp_path / "places.db"
    with closing(sqlite3.connect(file)) as other:
        other.execute("CREATE TABLE places (address TEXT)")

    with closing(Store(f"sqlite:///{file}")) as store, pytest.raises(StoreError) as caught:
        store.migrate()

    assert caught.value.is_misconfigured
    assert "a database of another program (with a table places)" in str(caught.value)
    with closing(sqlite3.connect(file)) as other:
        assert other.execute("SELECT name FROM sqlite_master").fetchall() == [("places",)]


def test_a_database_that_cannot_be_opened_says_so_in_one_line(tmp_path: Path) -> None:
    with pytest.raises(StoreError) as caught:
        Store(f"sqlite:///{tmp_path}/missing/digest.db").migrate()

    assert "\n" not in str(caught.value)
    assert "its folder is not there" in str(caught.value)


def test_an_unknown_kind_of_database_is_refused() -> None:
    with pytest.raises(DigestError, match="only sqlite and postgresql"):
        Store("mysql://somewhere/digest")


# ── the first memory ──


def test_what_was_collected_is_seen(store: Store) -> None:
    collected(store, paper(1), paper(2))

    assert new_keys(store, paper(1), paper(2), paper(3)) == [paper(3).key]


def test_seen_is_per_listing(store: Store) -> None:
    collected(store, paper(1), listing="daily")

    assert new_keys(store, paper(1), listing="arxiv") == [paper(1).key]


def test_a_reading_that_is_rolled_back_leaves_no_trace(store: Store) -> None:
    with pytest.raises(RuntimeError), store.begin() as tx:
        pairs = stored_papers.pair_with_seen(tx, "daily", [paper(1)])
        stored_papers.store_collection(tx, snapshot(), pairs, diff(pairs))
        raise RuntimeError

    assert new_keys(store, paper(1)) == [paper(1).key]


# SQLite takes fewer values in a statement.
@pytest.mark.parametrize("database", some(["sqlite", "postgresql"], 1), indirect=True)
def test_a_page_of_many_papers_fits(store: Store) -> None:
    many = [paper(number) for number in range(1200)]
    collected(store, *many)

    assert new_keys(store, *many) == []


def test_the_days_on_which_a_paper_stood_are_remembered(store: Store) -> None:
    collected(store, paper(1), day=WEDNESDAY)
    collected(store, paper(1), day=TUESDAY)
    collected(store, paper(1), day=THURSDAY)

    with store.begin() as tx:
        [(_, seen)] = stored_papers.pair_with_seen(tx, "daily", [paper(1)])

    assert seen is not None
    assert (seen.first_day, seen.last_day) == (TUESDAY, THURSDAY)


def test_text_that_only_one_database_would_take_is_kept_by_both(store: Store) -> None:
    odd = paper(1, title="Gödel 数学 “quoted” 'x' %s :y", extra={"tex": {"title": 'G\\"odel'}})
    collected(store, odd)

    with store.begin() as tx:
        [(kept, _)] = stored_papers.pair_with_seen(tx, "daily", [odd])

    assert kept == odd


# ── one work, one paper ──


def untitled(of: Paper) -> Paper:
    """The same work as a text page names it: by title and abstract alone."""
    return replace(of, key=of.aliases[0], aliases=(), url="", version=None, authors=())


def test_a_page_without_ids_finds_the_twin_that_has_one(store: Store) -> None:
    collected(store, paper(1), listing="arxiv")
    collected(store, untitled(paper(1)), listing="saved")

    with store.begin() as tx:
        assert key_of(tx, paper(1).aliases[0]) == paper(1).key


def test_an_id_that_comes_later_leads_to_the_paper_known_by_title(store: Store) -> None:
    collected(store, untitled(paper(1)))

    assert new_keys(store, paper(1)) == []


def test_links_and_categories_of_all_sources_are_united(store: Store) -> None:
    collected(store, paper(1, links={"pdf": "https://example.org/1.pdf"}, categories=("cs.LG",)))
    collected(store, paper(1, links={"code": "https://example.org/code"}, categories=("cs.CL",)))

    with store.begin() as tx:
        [(whole, _)] = stored_papers.pair_with_seen(tx, "daily", [paper(1)])

    assert set(whole.links) == {"pdf", "code"}
    assert set(whole.categories) == {"cs.LG", "cs.CL"}


def test_two_works_of_one_title_and_no_id_stay_apart(store: Store) -> None:
    first = untitled(paper(1, title="On trees", aliases=("title:ontrees",)))
    first = replace(first, abstract="Oaks, elms and beeches grow in mixed forests of the north.")
    other = replace(first, abstract="A rooted acyclic graph carries labels; we count colourings.")

    collected(store, first, other)

    assert new_keys(store, first, other) == []
    with store.begin() as tx:
        pairs = stored_papers.pair_with_seen(tx, "daily", [first, other])
    assert len({kept.key for kept, _ in pairs}) == 2


def test_two_kept_papers_that_prove_to_be_one_work_become_one(store: Store) -> None:
    journal = paper(1, key="doi:10.1000/1", title="Sparse nets, final", aliases=())
    collected(store, paper(1), listing="arxiv")
    collected(store, journal, listing="journal")
    both = replace(journal, aliases=(paper(1).key,))

    collected(store, both, listing="journal", day=WEDNESDAY)

    assert new_keys(store, paper(1), journal, listing="journal") == []
    with store.begin() as tx:
        assert key_of(tx, journal.key) == key_of(tx, paper(1).key)


def test_what_a_subscriber_saved_stays_saved_when_two_papers_become_one(
    store: Store, sparse: object
) -> None:
    journal = paper(1, key="doi:10.1000/1", title="Sparse nets, final", aliases=(), upvotes=3)
    collected(store, paper(1), listing="arxiv")
    collected(store, journal, listing="journal")
    alice = enrolled(store, sparse)
    with store.begin() as tx:
        feedback.record(tx, alice.id, journal.key, "save", EIGHT)
        feedback.record(tx, alice.id, paper(1).key, "save", EIGHT)
        feedback.record(tx, alice.id, journal.key, "like", EIGHT)

    collected(store, replace(journal, aliases=(paper(1).key,)), listing="journal", day=WEDNESDAY)

    with store.begin() as tx:
        key = key_of(tx, journal.key)
        assert key is not None
        assert feedback.of_subscriber(tx, alice.id) == {key: {"save", "like"}}
        assert len(feedback.papers(tx, alice.id, "save")) == 1
        assert len(search.search(tx, "sparse nets", 10)) == 1
        assert search.counted(tx, [key])[key][0] == 3


# ── receipts and floods ──


def test_receipts_come_back_newest_first(store: Store) -> None:
    for day in (TUESDAY, THURSDAY, WEDNESDAY):
        collected(store, day=day)

    with store.begin() as tx:
        days = [kept.day for kept in stored_papers.snapshots(tx, "daily")]
        before = [kept.day for kept in stored_papers.snapshots(tx, "daily", before=THURSDAY)]

    assert days == [THURSDAY, WEDNESDAY, TUESDAY]
    assert before == [WEDNESDAY, TUESDAY]


def test_what_a_source_was_asked_with_is_kept_per_address(store: Store) -> None:
    later = EIGHT + timedelta(days=1)
    with store.begin() as tx:
        one = {"https://a.example/1": '"one"', "https://c.example/": '"old"'}
        stored_papers.keep_validators(tx, one, EIGHT)
        two = {"https://a.example/1": '"two"', "https://b.example/": "x"}
        stored_papers.keep_validators(tx, two, later)
        tx.execute(text("INSERT INTO validators (address, validator) VALUES ('d', 'before')"))

    with store.begin() as tx:
        kept = stored_papers.validators(tx, since=EIGHT)
    assert kept == {"https://a.example/1": '"two"', "https://b.example/": "x"}


# ── subscribers ──

ANNE = "anne@example.org"


def enrolled(store: Store, profile: object, day: object = TUESDAY) -> Recipient:
    """Enrol the profile's subscriber and give the subscriber."""
    with store.begin() as tx:
        unread.enrol(tx, {"sparse": profile}, day, TUESDAY)  # type: ignore[dict-item, arg-type]
        [(subscriber, _)] = unread.subscribers(tx)
    return subscriber


def unread_keys(store: Store, subscriber: Recipient, profile: object) -> list[str]:
    with store.begin() as tx:
        found = unread.unread(tx, [(subscriber, TUESDAY)], {"sparse": profile}, ["daily"])  # type: ignore[dict-item]
    since = found.backlogs[0].since["sparse"]
    return [a.change.paper.key for a in found.arrivals if a.snapshot > since]


@pytest.fixture
def sparse() -> object:
    from digest.profiles import parse

    return parse(f"profile: sparse\ntitle: Sparse\nto: {ANNE}\nany: [sparse]\n", "sparse.yaml")


def test_a_new_subscriber_gets_the_day_and_no_back_catalogue(store: Store, sparse: object) -> None:
    collected(store, paper(1), day=TUESDAY)
    anne = enrolled(store, sparse, WEDNESDAY)
    collected(store, paper(2), day=WEDNESDAY)

    assert unread_keys(store, anne, sparse) == [paper(2).key]


def test_a_profile_that_is_taken_away_and_put_back_goes_on_where_it_was(
    store: Store, sparse: object
) -> None:
    enrolled(store, sparse)
    collected(store, paper(1))
    with store.begin() as tx:
        unread.enrol(tx, {"sparse": None}, TUESDAY, TUESDAY)
        assert list(unread.subscribers(tx)) == []

    anne = enrolled(store, sparse, THURSDAY)

    assert unread_keys(store, anne, sparse) == [paper(1).key]


def test_a_held_flood_is_unread_only_once_it_is_released(store: Store, sparse: object) -> None:
    anne = enrolled(store, sparse)
    collected(store, paper(1), verdict=Verdict.FLOOD)
    published(store, anne, sparse, paper(9))
    assert unread_keys(store, anne, sparse) == []

    with store.begin() as tx:
        assert stored_papers.release(tx, "daily") == 1

    assert unread_keys(store, anne, sparse) == [paper(1).key]
    with store.begin() as tx:
        assert stored_papers.release(tx, "daily") == 0


def test_a_forgotten_flood_stays_seen_and_is_never_mailed(store: Store, sparse: object) -> None:
    anne = enrolled(store, sparse)
    collected(store, paper(1), verdict=Verdict.FLOOD)

    with store.begin() as tx:
        assert stored_papers.forget(tx, "daily") == 1
        assert stored_papers.release(tx, "daily") == 0

    assert unread_keys(store, anne, sparse) == []
    assert new_keys(store, paper(1)) == []


# ── the second memory and the outbox ──


def issue_of(*papers: Paper, day: object = TUESDAY) -> Issue:
    """An issue that shows these papers."""
    reason = Reason("sparse", 3, (Hit("title", 0, 5),))
    entries = tuple(
        IssueEntry(match=Match(p, 3, (reason,)), change=ChangeKind.NEW, listings=("daily",))
        for p in papers
    )
    section = Section(profile="sparse", title="Sparse", entries=entries)
    receipt = Receipt(listing="daily", verdict=Verdict.FRESH, day=TUESDAY, new=len(papers))
    return Issue(day=day, made_at=EIGHT, sections=(section,), receipts=(receipt,), pool=7)  # type: ignore[arg-type]


def published(
    store: Store, subscriber: Recipient, profile: object, *papers: Paper, upto: int | None = None
) -> int | None:
    """Publish an issue of these papers to the subscriber."""
    backlog = Backlog(subscriber=subscriber, profiles=(profile,), day=TUESDAY)  # type: ignore[arg-type]
    with store.begin() as tx:
        upto = stored_papers.last_id(tx) if upto is None else upto
        kept = keep_editions(tx, papers, is_issued=True)
        assert kept == numbers(tx, map(edition_of, papers))
        issues = [(backlog, issue_of(*papers), EIGHT)]
        by_identity = {id(each): kept[edition_of(each)] for each in papers}
        return outbox.publish(tx, issues, by_identity, upto).get(subscriber.id)


def test_an_issue_is_published_once_a_subscriber_and_day(store: Store, sparse: object) -> None:
    anne = enrolled(store, sparse)

    assert published(store, anne, sparse, paper(1)) is not None
    assert published(store, anne, sparse, paper(2)) is None
    with store.begin() as tx:
        assert len(outbox.due(tx, EIGHT)) == 1


def test_every_field_of_an_entry_is_packed() -> None:
    hits = (Hit("title", 1, 4), Hit("abstract", 0, 9))
    reason = Reason('"moss" \\ \x7f → \U0001f600', 2, hits, rare=(1, 9))
    further = {"detail": "v1 → v2", "listings": ("a", "b"), "also_in": ("Bees",), "upvotes": 3}
    entry = IssueEntry(
        match=Match(paper(1), 2, (reason,)),
        change=ChangeKind.REVISED,
        rise=1,
        waited=TUESDAY,
        **further,  # type: ignore[arg-type]
    )
    title = 'Bees "sections":[] →'
    section = Section(profile="bees", title=title, entries=(), more=(), waiting=(entry,))
    issue = Issue(day=TUESDAY, made_at=EIGHT, sections=(section,), receipts=())
    content = named(json.loads(pack_issue(issue, {id(entry.match.paper): 7})))
    [packed] = content["sections"]
    wanted = TypeAdapter(IssueEntry).dump_python(entry, mode="json")
    wanted["match"]["paper"] = 7
    assert packed["waiting"] == [wanted]
    exact = TypeAdapter(Issue).dump_python(issue, mode="json", exclude={"id"})
    exact["sections"][0]["waiting"] = [wanted]
    assert content == exact


def test_an_issue_comes_back_as_it_was_made(store: Store, sparse: object) -> None:
    anne = enrolled(store, sparse)
    published(store, anne, sparse, paper(1), paper(2))
    collected(store, paper(1, version=2, title="A new title", abstract="All has changed."))

    with store.begin() as tx:
        kept = outbox.issue(tx, anne, TUESDAY)

    assert kept is not None
    assert replace(kept, id=None) == issue_of(paper(1), paper(2))


def test_what_a_subscriber_was_mailed_is_known_at_the_next_reading(
    store: Store, sparse: object
) -> None:
    anne = enrolled(store, sparse)
    collected(store, paper(1))
    published(store, anne, sparse, paper(1), upto=0)

    with store.begin() as tx:
        found = unread.unread(tx, [(anne, WEDNESDAY)], {"sparse": sparse}, ["daily"])  # type: ignore[dict-item]

    edition = found.editions[paper(1).key]
    assert found.backlogs[0].sent == {paper(1).key: SentPaper(edition, TUESDAY)}
    with store.begin() as tx:
        theirs = privacy.export(tx, anne.id)
    assert theirs["sent"] == [{"key": paper(1).key, "edition": edition, "day": "2026-03-10"}]
    assert paper(1).key in repr(theirs["issues"][0]["content"])


def test_an_issue_that_is_taken_back_is_forgotten_but_for_what_a_later_one_has(
    store: Store, sparse: object
) -> None:
    anne = enrolled(store, sparse)
    issue = published(store, anne, sparse, paper(1), paper(2), paper(3))
    with store.begin() as tx:
        keys = {key: n for n, (key, _) in names_of(tx, [paper(n).key for n in (1, 2, 3)]).items()}
        one, two, three = (keys[paper(n).key] for n in (1, 2, 3))
        sent_papers.add(tx, [(anne.id, [two], WEDNESDAY)])
        assert sent_papers.of(tx, anne.id) == {one: TUESDAY, two: WEDNESDAY, three: TUESDAY}
        sent_papers.add(tx, [(anne.id, [one + sent_papers.SPAN], WEDNESDAY)])
        sent_papers.move(tx, anne.id, WEDNESDAY, THURSDAY)
        unread.make_unread(tx, issue)  # type: ignore[arg-type]
        left = {two: THURSDAY, one + sent_papers.SPAN: THURSDAY}
        assert sent_papers.of(tx, anne.id) == left
        sent_papers.forget(tx, anne.id, left)
        assert tx.execute(select(schema.sent)).all() == []


def test_what_is_sent_in_a_day_is_written_as_entries_are(store: Store, sparse: object) -> None:
    anne, numbers = enrolled(store, sparse), [3, sent_papers.SPAN + 5, 1, sent_papers.SPAN + 2]
    with store.begin() as tx:
        sent_papers.add(tx, [(anne.id, numbers, TUESDAY)])
        rows = tx.execute(select(schema.sent).order_by(schema.sent.c.span)).mappings().all()
    expected = sent_papers.rows(anne.id, [(number, TUESDAY) for number in numbers])
    assert [{**row, "papers": bytes(row["papers"])} for row in rows] == expected


def test_a_delivery_is_claimed_by_one_of_many(store: Store, sparse: object) -> None:
    published(store, enrolled(store, sparse), sparse, paper(1))
    with store.begin() as tx:
        [id] = outbox.due(tx, EIGHT)
    barrier, won = Barrier(6), []

    def race() -> None:
        barrier.wait()
        with store.begin() as tx:
            won.append(outbox.claim(tx, id, EIGHT))

    threads = [Thread(target=race) for _ in range(6)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert sum(claimed is not None for claimed in won) == 1


def test_a_claim_that_ran_out_is_taken_over_and_the_first_holder_can_write_nothing_more(
    store: Store, sparse: object
) -> None:
    published(store, enrolled(store, sparse), sparse, paper(1))
    later = EIGHT + timedelta(days=1)
    with store.begin() as tx:
        first = outbox.claim(tx, outbox.due(tx, EIGHT)[0], EIGHT)
        assert first is not None
        # Leases go by the database's clock, whatever the time is here.
        assert outbox.due(tx, later) == []
        end_leases(tx)
        second = outbox.claim(tx, first.delivery.id, later)
        assert second is not None

        assert not outbox.mark_data_sent(tx, first.delivery, "<a@b>")
        assert not outbox.settle(tx, first.delivery, DeliveryState.SENT, later)
        assert outbox.settle(tx, second.delivery, DeliveryState.SENT, later)
        assert outbox.counts(tx) == {DeliveryState.SENT: 1}


def test_a_mail_that_may_have_gone_out_says_so_when_it_is_claimed_again(
    store: Store, sparse: object
) -> None:
    published(store, enrolled(store, sparse), sparse, paper(1))
    with store.begin() as tx:
        first = outbox.claim(tx, outbox.due(tx, EIGHT)[0], EIGHT)
        assert first is not None
        assert first.delivery.state is DeliveryState.QUEUED
        assert outbox.mark_data_sent(tx, first.delivery, "<a@b>")
        end_leases(tx)
        second = outbox.claim(tx, first.delivery.id, EIGHT)
        assert outbox.counts(tx) == {DeliveryState.DATA_SENT: 1}

    assert second is not None
    assert second.delivery.state is DeliveryState.DATA_SENT
    assert second.delivery.message_id == "<a@b>"
    assert second.subscriber.address == ANNE


@pytest.mark.parametrize("waits_for_answers", [True, False])
def test_the_log_is_asked_only_about_a_mail_that_no_process_can_be_sending(
    store: Store, sparse: object, waits_for_answers: bool
) -> None:
    """A relay may still take the mail of a worker that has died; so its lease goes on."""
    published(store, enrolled(store, sparse), sparse, paper(1))
    dead, next_one = Worker(1), Worker(2)
    with store.begin() as tx:
        [id] = outbox.lease(tx, dead, EIGHT, 9)
        first = outbox.claim(tx, id, EIGHT, dead)
        assert first is not None
        assert outbox.mark_data_sent(tx, first.delivery, "<a@b>", dead)
        assert outbox.count_waiting(tx, next_one) == 0
        leases.free(tx, [1], waits_for_answers=waits_for_answers)

        assert outbox.count_waiting(tx, next_one) == 1
        assert outbox.lease(tx, next_one, EIGHT, 9) == ([] if waits_for_answers else [id])
        end_leases(tx)
        assert outbox.lease(tx, Worker(3), EIGHT, 9) == [id]
        assert not outbox.settle(tx, first.delivery, DeliveryState.SENT, EIGHT)


def test_what_is_put_off_is_not_due_before_its_time(store: Store, sparse: object) -> None:
    published(store, enrolled(store, sparse), sparse, paper(1))
    later = EIGHT + timedelta(minutes=5)
    with store.begin() as tx:
        claimed = outbox.claim(tx, outbox.due(tx, EIGHT)[0], EIGHT)
        assert claimed is not None
        outbox.requeue(tx, claimed.delivery, later, "450 busy")

        assert outbox.due(tx, EIGHT) == []
        assert outbox.due(tx, later) == [claimed.delivery.id]


# ── one run at a time ──


def test_only_one_run_holds_the_place(store: Store, database: str) -> None:
    other = Store(database)
    with store.run_lock():
        with pytest.raises(BusyError), other.run_lock():
            pass
    with other.run_lock():
        pass
    other.close()


@contextmanager
def of_an_earlier_version(database: str, revision: str) -> Iterator[tuple[Connection, Config]]:
    """A database as an earlier version left it, and what leads it up to the newest."""
    Path(database.removeprefix("sqlite:///")).unlink(missing_ok=True)
    engine = open_engine(database)
    config = Config()
    config.set_main_option("script_location", str(Path(schema.__file__).parent / "migrations"))
    with engine.begin() as tx:
        config.attributes["connection"] = tx
        if tx.dialect.name == "postgresql":
            tx.execute(text("DROP SCHEMA public CASCADE"))  # it begins as a copy of the newest
            tx.execute(text("CREATE SCHEMA public"))
        command.upgrade(config, revision)
        yield tx, config
    engine.dispose()


def test_mails_that_failed_for_the_senders_fault_are_known_after_the_migration(
    database: str,
) -> None:
    errors = {
        "553 Relaying disallowed as digest@example.org": "sender",
        "550 5.7.60 SMTP; Client does not have permissions to send as this sender": "sender",
        "550 5.1.1 no such user; the sender was told": "",
        "554 5.7.1 message looks like spam": "",
    }
    row = (
        "INSERT INTO deliveries (state, created_at, not_before, tried_at, error)"
        " VALUES (:state, :at, :at, :at, :error)"
    )
    at = "2026-03-10 08:00:00+00:00"
    with of_an_earlier_version(database, "0005") as (tx, config):
        for error in errors:
            tx.execute(text(row), {"state": "failed", "at": at, "error": error})
        tx.execute(text(row), {"state": "queued", "at": at, "error": "450 sender address?"})
        command.upgrade(config, "head")
        query = "SELECT error, meaning, waited FROM deliveries ORDER BY id"
        kept = tx.execute(text(query)).all()

    assert kept == [*((e, m, 0) for e, m in errors.items()), ("450 sender address?", "", 0)]


def upgraded(database: str, before: str, *statements: str) -> dict[str, list[Any]]:
    """What a database of revision ``before`` holds after these statements and the migrations."""
    with of_an_earlier_version(database, before) as (tx, config):
        for statement in statements:
            tx.exec_driver_sql(statement)
        command.upgrade(config, "head")
        tables = schema.metadata.sorted_tables
        return {t.name: list(tx.execute(select(t).order_by(*t.primary_key))) for t in tables}


def test_sign_ups_that_wait_outlive_the_migration(database: str) -> None:
    """One of a stranger to us, one of a former subscriber, whose state was overwritten by it."""
    person = "INSERT INTO subscribers (id, address, folded, state, created_at, confirmed_at) VALUES"
    at, before = "'2026-03-10 08:00:00.000000'", "'2026-01-01 08:00:00.000000'"
    profile = "INSERT INTO profiles (slug, path, text, subscriber_id) VALUES"
    said = "INSERT INTO consents (subscriber_id, at, act, wording, origin) VALUES"
    notice = "INSERT INTO deliveries (kind, recipient, state, created_at, not_before) VALUES"
    kept = upgraded(
        database,
        "0005",
        f"{person} (1, 'new@example.org', 'new@example.org', 'pending', {at}, NULL)",
        f"{person} (2, 'was@example.org', 'was@example.org', 'pending', {at}, {before})",
        f"{person} (3, 'is@example.org', 'is@example.org', 'active', {before}, {before})",
        f"{profile} ('~1.1', '', 'any: [bees]', 1), ('~3.1', '', 'any: [moss]', 3)",
        f"{said} (2, {before}, 'confirmed', '', 'web'), (2, {before}, 'complained', '', 'bounce')",
        f"{notice} ('confirm', 'new@example.org', 'sent', {at}, {at})",
    )

    people = [(row.id, row.state, row.reason) for row in kept["subscribers"]]
    assert people == [(1, "pending", ""), (2, "stopped", "complained"), (3, "active", "")]
    waiting = [(row.subscriber_id, row.at, row.profile) for row in kept["signups"]]
    assert waiting == [(1, EIGHT, "any: [bees]"), (2, EIGHT, "")]
    assert [len(kept[name]) for name in ("profiles", "consents", "deliveries")] == [2, 2, 1]
    assert kept["deliveries"][0].mailbox == ""


def test_what_subscribers_chose_for_quiet_days_outlives_the_migration(database: str) -> None:
    row = "INSERT INTO subscribers (address, folded, quiet) VALUES"
    kept = upgraded(
        database,
        "0002",
        *(f"{row} ('{quiet}@example.org', '{quiet}@example.org', '{quiet}')" for quiet in QUIET),
    )

    # Who never chose, and who chose what was the default, now have what their profiles say.
    chosen = [(row.quiet, row.overflow) for row in kept["subscribers"]]
    assert chosen == [(None, None), ("weekly", None)]


QUIET = ("nothing", "weekly")
