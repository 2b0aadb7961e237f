"""The queue between the thread that makes mails and the sessions that send them."""

from __future__ import annotations

from concurrent.futures import ThreadPoolExecutor

from digest.deliver import OutgoingMessage
from digest.deliver.envelope import envelope_of
from digest.deliver.queue import MessageQueue, QueuedMessage
from digest.errors import Meaning, SendError
from tests.messages import mail, nothing


def queued(number: int, outcomes: list[Exception | None] | None = None) -> QueuedMessage:
    outcome = [] if outcomes is None else outcomes
    message = OutgoingMessage(mail(number), nothing, outcome.append)
    return QueuedMessage(message, envelope_of(message.mail))


def test_messages_come_out_in_the_order_in_which_they_went_in() -> None:
    queue = MessageQueue(2)
    first, second = queued(1), queued(2)

    assert queue.put(first)
    assert queue.put(second)

    assert queue.take_now() is first
    assert queue.take() is second
    assert queue.take_now() is None


def test_no_more_are_made_ahead_than_the_queue_is_long() -> None:
    queue, made = MessageQueue(1), list[int]()

    def make() -> None:
        for number in range(1, 6):
            queue.put(queued(number))
            made.append(number)
        queue.end()

    with ThreadPoolExecutor(1) as pool:
        making = pool.submit(make)
        for taken in range(1, 6):
            message = queue.take()
            assert message is not None
            assert len(made) <= taken + 1
            queue.settle(message, None)
        making.result()

    assert queue.take() is None


def test_a_message_that_is_put_back_is_the_next_one() -> None:
    queue = MessageQueue(2)
    first, second = queued(1), queued(2)
    queue.put(first)
    queue.put(second)
    queue.end()

    assert queue.take() is first
    queue.put_back(first)

    assert [queue.take(), queue.take()] == [first, second]


def test_who_takes_waits_for_a_message_that_may_come_back() -> None:
    queue, only = MessageQueue(1), queued(1)
    queue.put(only)
    queue.end()
    assert queue.take() is only

    with ThreadPoolExecutor(1) as pool:
        other = pool.submit(queue.take)
        queue.put_back(only)
        assert other.result() is only


def test_the_outcome_of_a_message_reaches_who_made_it() -> None:
    queue, outcomes = MessageQueue(2), list[Exception | None]()
    refused = SendError("no such user", meaning=Meaning.ADDRESS)
    for number in (1, 2):
        queue.put(queued(number, outcomes))
    queue.end()

    for error in (None, refused):
        message = queue.take()
        assert message is not None
        queue.settle(message, error)

    assert outcomes == [None, refused]
    assert queue.take() is None


def test_a_queue_that_is_shut_hands_back_what_is_left_and_takes_nothing() -> None:
    queue, first = MessageQueue(2), queued(1)
    queue.put(first)

    assert queue.shut() == [first]

    assert not queue.put(queued(2))
    assert queue.take() is None
    assert queue.take_now() is None
    assert queue.shut() == []
