"""Killed anywhere and run again, a digest ends where one that was not killed ends.

Here at a point of each kind, or wherever the world has changed since the one before; ``python -m
bench faults`` dies at every point there is.
"""

from __future__ import annotations

from functools import partial
from typing import Any

import pytest
from sqlalchemy import text

from digest.store import OutOfReachError, Store

from ..databases import END_OTHERS, fresh_postgres, own_server
from ..extent import IS_WHOLE, number, pairs
from ..mortality import (
    Fate,
    KilledError,
    Sessions,
    World,
    deaths,
    end_leases,
    new_points,
    wiped,
)


def points_of_each_kind(world: World) -> list[int]:
    """Return the point after a commit in the middle, and that where a mail has just gone out."""
    unharmed = Fate()
    world.run(unharmed)
    commits = [n for n, at in enumerate(unharmed.passed, 1) if at == "after a commit"]
    taken = [n for n, at in enumerate(unharmed.passed, 1) if at == "after the server took it"]
    return [commits[len(commits) // 2], *taken[:1]]


@pytest.mark.parametrize(("database", "kind"), pairs([World, Sessions]), indirect=["database"])
def test_killed_at_any_point_and_run_again_it_ends_in_the_same_state(
    store: Store, kind: type[World]
) -> None:
    whole = kind(store)
    points = new_points(whole) if IS_WHOLE else points_of_each_kind(whole)
    expected, notices = whole.state(), set(whole.taken())
    assert len(notices) == kind.subscribers

    for death in deaths(lambda: kind(wiped(store)), points):
        taken = death.world.taken()
        assert death.world.state() == expected, death.place
        assert set(taken) == notices, death.place
        # Only from the dot to the row that says "sent" can nobody know.
        assert taken.total() - len(notices) <= death.at_the_dot, death.place


@pytest.mark.parametrize(("database", "in_doubt"), pairs(["hold", "ask"]), indirect=["database"])
def test_who_dies_again_while_a_mail_is_in_doubt_does_not_forget_that_it_is(
    store: Store, in_doubt: str
) -> None:
    unharmed = Fate()
    World(store).run(unharmed)
    before_dot = unharmed.passed.index("after the server took it") + 1

    def dead_at_the_dot() -> World:
        world = World(wiped(store), in_doubt)
        with pytest.raises(KilledError):
            world.run(Fate(before_dot))
        assert (world.taken().total(), world.at_the_dot()) == (1, 1)
        with store.begin() as tx:
            end_leases(tx)
        return world

    points = (new_points if IS_WHOLE else points_of_each_kind)(dead_at_the_dot())
    for death in deaths(dead_at_the_dot, points[: number(1, whole=len(points))]):
        taken = death.world.taken()
        assert set(taken.values()) == {1}, death.place
        assert taken.total() + death.world.undecided() == World.subscribers, death.place


def test_a_database_server_that_goes_in_the_middle_of_a_transaction_loses_nothing(
    postgres: str,
) -> None:
    """Every session is ended right before a commit, as a restart ends them; then all goes on."""
    with fresh_postgres(postgres) as url:
        store, other = Store(url), Store(url)
        whole, unharmed = World(store), Fate()
        whole.run(unharmed)
        expected = whole.state()

        commits = [n for n, at in enumerate(unharmed.passed, 1) if at == "before a commit"]
        for turn in commits if IS_WHOLE else [commits[len(commits) * 2 // 3]]:
            world, fate = World(wiped(store)), Fate()
            fate.look = partial(end_sessions, other, fate, turn)
            with pytest.raises(OutOfReachError):
                world.run(fate)
            world.settle_down()
            assert world.state() == expected, turn
            assert world.taken().total() - len(world.taken()) <= 1
        store.close()
        other.close()


def test_a_database_server_that_is_restarted_in_mid_run_loses_nothing() -> None:
    with own_server() as server:
        store = Store(server.get_uri())
        store.migrate()
        whole, unharmed = World(store), Fate()
        whole.run(unharmed)
        expected = whole.state()

        world, fate = World(wiped(store)), Fate()
        commits = [n for n, at in enumerate(unharmed.passed, 1) if at == "before a commit"]
        fate.look = partial(restart, server, fate, commits[len(commits) // 2])
        with pytest.raises(OutOfReachError):
            world.run(fate)
        world.settle_down()
        assert world.state() == expected
        assert world.taken().total() - len(world.taken()) <= 1
        store.close()


def restart(server: Any, fate: Fate, turn: int, _name: str) -> None:
    """At this point of a process, take the server down and start it again."""
    if len(fate.passed) == turn:
        server.stop()
        server.start()


def end_sessions(store: Store, fate: Fate, turn: int, _name: str) -> None:
    """At this point of a process, end every session but one's own."""
    if len(fate.passed) == turn:
        with store.begin() as tx:
            tx.execute(text(END_OTHERS))
