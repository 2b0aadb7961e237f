"""Claim the deliveries that are due, hand them over, record how each ended (the third step).

    queued ─▶ claimed ─▶ data_sent ─▶ sent | failed | in_doubt

``data_sent`` is committed just before the final dot: from there until the answer is recorded, it is
unknown whether the mail went out.  What happens to such a mail is the operator's choice.
``deliver.retry`` decides what becomes of a mail that was not accepted.
"""

from __future__ import annotations

import gc
import sys
import threading
from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence
from contextlib import contextmanager, suppress
from dataclasses import dataclass, field, replace
from datetime import datetime
from functools import partial
from itertools import chain
from math import inf
from typing import TYPE_CHECKING

import structlog

from ..access import links
from ..access.tokens import Tokens
from ..deliver import OutgoingMessage, Sender, retry
from ..deliver.relays import Route, assigned, called
from ..deliver.retry import INTERRUPTED, Ending
from ..errors import OF_THE_SET_UP, DigestError, Meaning, SendError
from ..model import Delivery, DeliveryState, Issue, Message, Notice, Recipient, count
from ..store import (
    LostError,
    OutOfReachError,
    ReplacedError,
    Store,
    StoreError,
    Transaction,
    bounces,
    outbox,
    paces,
)
from ..store.outbox import ClaimedDelivery
from .relays import Shares, at_once

if TYPE_CHECKING:
    from ..render import Letterhead, MailRenderer, NoticeRenderer, PostRenderer

log = structlog.get_logger()

#: Issues and notices take turns, so that issues go out however many people sign up.
#: So many are leased in one statement: few, so that several processes end at about the same time.
ISSUES_AT_A_TIME, NOTICES_AT_A_TIME = 20, 2
#: Of issues a fiftieth of those that a process has leased before, at most so many: to lease a
#: hundred takes hardly longer than to lease twenty.
MOST_AT_A_TIME, SHARE_AT_A_TIME = 100, 50

#: After so many leases the first mails are looked at again: among them is what a process had that
#: has died or stopped since.
LEASES_IN_A_ROW = 5

#: After so many mails in a row of which the relay took all and answered nothing no further one is
#: begun: it would be in doubt as well, and each is waited for.
MOST_UNANSWERED = 3

#: Leases what is due, in batches, without what waits for the relays that its argument returns.
Batches = Callable[[Callable[[], Collection[str]]], Iterator[Sequence[int]]]


@dataclass(frozen=True, slots=True, kw_only=True)
class Deliverer:
    """The step that delivers, with what it needs; several processes may do it at once."""

    store: Store
    sender: Sender
    renderer: MailRenderer
    notices: NoticeRenderer
    letterhead: Letterhead
    #: make the short codes of notices
    tokens: Tokens
    now: Callable[[], datetime]
    #: seconds that do not depend on the clock's setting
    uptime: Callable[[], float]
    #: for a message that may or may not have been accepted: resend, hold or ask
    in_doubt: str
    #: asks the mail log about a Message-ID; None if the log does not say
    was_sent: Callable[[str], bool | None]
    #: the envelope sender, with ``{token}`` for each message; empty: the sender's address
    bounces: str
    #: renders posts for the channel of ``sender: chat``; None: mails are sent
    posts: PostRenderer | None
    #: daily quota: mails in 24 hours; 0: no limit
    per_day: int
    #: several relays, each with its sender, by name; empty: all mails go by ``sender``
    routes: Mapping[str, Route]
    #: once set, no further mail is begun
    stop: threading.Event
    #: where a setting is written, to go before what is said of it
    place_of: Callable[[str], str]
    report_trouble: Callable[[str], object]

    def deliver_all(self) -> DeliveryRound:
        """Hand over every delivery that is due now.

        Raises LostError if the process has lost its turn, once no delivery is in progress.
        """
        round = DeliveryRound(self)
        with self.store.begin() as tx:
            first = outbox.first_due(tx)
        if first is not None and first <= self.now():
            self._deliver(round, partial(self._leased, round))
        if round.lost_turn is not None:
            raise round.lost_turn
        return round

    def deliver_alarms(self) -> None:
        """Hand over only the notices to the operator.

        While the clock cannot be right nothing else may go out, and the operator must learn of
        that.  No daily quota holds them back: what it counts goes by that clock.
        """
        round = DeliveryRound(self)
        self._deliver(round, lambda _others: iter([self._alarms()]), keeps_quota=False)

    def _alarms(self) -> list[int]:
        with self.store.begin() as tx:
            return outbox.due_of_kind(tx, self.now(), "alarm")

    def _deliver(self, round: DeliveryRound, batches: Batches, *, keeps_quota: bool = True) -> None:
        """Hand over these; by several relays at once, and once more if one of them was down."""
        if not self.routes:
            return round.deliver(chain.from_iterable(batches(tuple)))
        return self._deliver_by(self._usable_routes(), round, batches, keeps_quota=keeps_quota)

    def _deliver_by(
        self,
        routes: Mapping[str, Route],
        round: DeliveryRound,
        batches: Batches,
        *,
        keeps_quota: bool,
    ) -> None:
        """Hand over by several relays, again while one was down or left mails to another."""
        is_over = False
        while routes and not is_over:
            making = threading.Lock()
            lanes = {
                name: DeliveryRound(self, each, making=making) for name, each in routes.items()
            }
            shares = Shares(partial(self._assign, lanes, keeps_quota=keeps_quota))
            try:
                of = partial(self._share, lanes, shares, batches)
                at_once(
                    [partial(lane.deliver, of(name)) for name, lane in lanes.items()], self.stop.set
                )
            finally:
                round.add(lanes.values())
            if round.is_over or self.stop.is_set():
                return
            with self.store.begin() as tx:
                outbox.give_back(tx, self.store.worker)
            routes = {name: routes[name] for name, lane in lanes.items() if not lane.is_over}
            is_over = len(routes) == len(lanes) and not shares.are_handed_on
        if shares.left:
            why = "the relays for them are paused, or have had theirs of 24 hours"
            round.end(f"{count(shares.left, 'mail')} due and not sent: {why}")

    def _share(
        self, lanes: Mapping[str, DeliveryRound], shares: Shares, batches: Batches, own: str
    ) -> Iterator[int]:
        """Lease and yield what goes by one of several relays; what waits for others is theirs."""

        def others() -> list[str]:
            return [name for name, lane in lanes.items() if name != own and not lane.is_over]

        return shares.of(own, batches(others))

    def _usable_routes(self) -> dict[str, Route]:
        """Return the relays that are not left alone just now; all of them, if none is usable."""
        accounts = {name: route.relay.smtp.account for name, route in self.routes.items()}
        with self.store.begin() as tx:
            paused = paces.paused(tx, accounts.values())
        found = {name: self.routes[name] for name in accounts if accounts[name] not in paused}
        return found or dict(self.routes)

    def _assign(
        self, lanes: Mapping[str, DeliveryRound], own: str, ids: Sequence[int], *, keeps_quota: bool
    ) -> dict[int, str]:
        """Choose by which relay each of these goes, and write that down; leave out the others.

        Those that do not go by our ``own`` are free again.
        """
        relays = {name: route.relay for name, route in self.routes.items()}
        with self.store.begin() as tx:
            left = dict.fromkeys(relays, sys.maxsize)
            left |= self._quotas_left(tx, besides=ids) if keeps_quota else {}
            usable = {name: left[name] for name, lane in lanes.items() if not lane.is_over}
            mails = outbox.passed_over(tx, ids)
            found = dict(assigned(relays, mails, usable))
            outbox.assign(tx, self.store.worker, found)
            outbox.give_back(tx, self.store.worker, [id for id in found if found[id] != own])
        return found

    def _leased(
        self, round: DeliveryRound, others: Callable[[], Collection[str]]
    ) -> Iterator[Sequence[int]]:
        """Lease the next issues and notices that are due, and yield them, until none is left.

        None of those that wait for one of the ``others`` of several relays.
        """
        has_any, leased = True, 0
        while has_any:  # once more after the last, for those that were locked at that moment
            after, has_any = {False: 0, True: 0}, False
            for _ in range(LEASES_IN_A_ROW):
                if not (ids := self._lease(after, round, others(), issues_after(leased))):
                    break
                yield ids
                has_any, leased = True, leased + len(ids)

    def _lease(
        self, after: dict[bool, int], round: DeliveryRound, others: Collection[str], issues: int
    ) -> list[int]:
        """Lease some, at most as many as the daily quota has left; end the round if it has none."""
        most, leased = {False: issues, True: NOTICES_AT_A_TIME}, list[int]()
        with self.store.begin() as tx:
            left = sum(self._quotas_left(tx).values())
            for is_notice, first in after.items():
                ids = outbox.lease(
                    tx,
                    self.store.worker,
                    self.now(),
                    min(most[is_notice], left - len(leased)),
                    after=first,
                    notices=is_notice,
                    besides=others,
                )
                after[is_notice] = max(ids, default=first)
                leased += ids
            is_owed = left == 0 and outbox.has_due(tx, self.now())
        if is_owed:
            round.end(f"{self.per_day} have gone out within 24 hours; the others wait")
        return leased

    def _quotas_left(self, tx: Transaction, besides: Sequence[int] = ()) -> dict[str, int]:
        """Return how many mails all processes together may still begin today, by relay.

        Without several relays under an empty name.  What went by none of them counts for each, as
        by one that had another name then.
        """
        limits = {name: route.relay.smtp.per_day for name, route in self.routes.items()}
        limits = limits or {"": self.per_day}
        if not any(limits.values()):
            return dict.fromkeys(limits, sys.maxsize)
        used = outbox.count_used(tx, self.now() - retry.QUOTA_WINDOW, besides, self.routes)
        others = sum(number for name, number in used.items() if name not in self.routes)
        return {
            name: max(limit - used.get(name, 0) * (name in self.routes) - others, 0)
            if limit
            else sys.maxsize
            for name, limit in limits.items()
        }

    def message_of(self, id: int) -> Message:
        """Return the message of a delivery, as it is or was sent."""
        with self.store.begin() as tx:
            claimed = outbox.read_delivery(tx, id)
        return self.message_with_path(claimed)

    def subject_of(self, id: int) -> str:
        """Return the subject of a delivery's mail; empty if it cannot be read any more."""
        with self.store.begin() as tx:
            claimed = outbox.read_delivery(tx, id)
        content = claimed.content
        if isinstance(content, Issue):
            return self.renderer.subject(content, claimed.subscriber, self.letterhead)
        return self.message_with_path(claimed).subject if content is not None else ""

    def message_with_path(self, claimed: ClaimedDelivery) -> Message:
        """Render the issue or the notice, with its return path."""
        content, delivery = claimed.content, claimed.delivery
        if content is None:
            raise DigestError("what was kept of it cannot be read")
        if isinstance(content, Issue):
            mail = self.rendered(content, claimed.subscriber)
        elif isinstance(content, Notice):
            if self.posts and content.kind == "alarm":  # its lines may name subscribers
                content = replace(content, values={**content.values, "lines": ()})
            code = self.tokens.notice_code(delivery.id, content.recipient, content.made_at)
            mail = self.notices.mail(content, self.letterhead, delivery.id, code)
            if self.posts and self._is_for_channel(content):
                mail = self.posts.notice(mail)
        else:
            mail = content
        path = links.return_path(self.bounces, mail.message_id) or self.letterhead.address
        return replace(mail, sender=path)

    def _is_for_channel(self, notice: Notice) -> bool:
        """Return whether a channel gets a notice; the others are for one person."""
        is_of_issues = notice.kind in ("broken", "outage") and not notice.values.get("url")
        return notice.kind == "alarm" or (
            is_of_issues and notice.recipient == self.letterhead.address
        )

    def rendered(self, issue: Issue, subscriber: Recipient) -> Message:
        """Render the issue; as plain text without templates if the templates fail on it.

        For a channel as Markdown; the issue of any other address than ours is not for it.
        """
        if self.posts:
            subject = self.renderer.subject(issue, subscriber, self.letterhead)
            return self.posts.issue(issue, subscriber, self.letterhead, subject)
        try:
            return self.renderer.mail(issue, subscriber, self.letterhead)
        except SendError:
            raise
        except Exception as error:  # an unforeseen template or paper
            log.exception("issue not laid out", subscriber=subscriber.id)
            reason = f"{type(error).__name__}: {error}"
            self.report_trouble(
                f"{subscriber.address}: goes as plain text, for it has no layout: {reason}"
            )
            return self.renderer.plain_mail(issue, subscriber, self.letterhead)

    def mark_data_sent(self, delivery: Delivery, mail: Message) -> None:
        """Commit, right before the dot, that the mail may be out; raises where it must not be.

        A process that was stopped meanwhile, so that its lease may have ended, does it once more.
        """
        self.store.note_move()
        worker, began = self.store.worker, -inf
        while self.uptime() - began > worker.lease.total_seconds() / 2:
            began = self.uptime()
            with self.store.begin() as tx:
                is_ours = outbox.mark_data_sent(tx, delivery, mail.message_id, worker)
            # Checked before ``is_ours``, because a database that was replaced has no claim either.
            self.store.check_turn()
            if not is_ours:
                raise ClaimLostError

    def settle(
        self, delivery: Delivery, state: DeliveryState, error: str = "", meaning: str = ""
    ) -> DeliveryState:
        """Record that a delivery is over; a refused address is a hard bounce."""
        now = self.now()
        with self.store.begin() as tx:
            is_ours = outbox.settle(tx, delivery, state, now, error, meaning=meaning)
            if is_ours and meaning == Meaning.ADDRESS:
                bounces.record(tx, delivery.subscriber.id, "hard", error, now)
        return state

    def end(
        self, delivery: Delivery, ending: Ending, reason: str, meaning: str = ""
    ) -> DeliveryState:
        """Record how a delivery ended that is not known to be sent."""
        until = self.now() + ending.pause
        if ending.state in (DeliveryState.FAILED, DeliveryState.IN_DOUBT):
            return self.settle(delivery, ending.state, reason, meaning)
        with self.store.begin() as tx:
            if ending.state is DeliveryState.DATA_SENT:
                outbox.check_later(tx, delivery, until, reason)
            elif ending.is_tried:
                outbox.requeue(tx, delivery, until, reason, meaning=meaning, waited=ending.waited)
            else:
                outbox.requeue_uncounted(tx, delivery, until, reason, meaning=meaning)
        return ending.state


#: How many new objects the garbage collector waits for, elsewhere and while mails are rendered:
#: some mails, of which reference counts free nearly all.
_FEW, _MANY = gc.get_threshold()[0], 20_000


@contextmanager
def _old_left_alone() -> Iterator[None]:
    """Let the garbage collector look seldom, at what is made from now on and not at what is kept.

    To look through the papers, the index and the templates took a sixth of the time of a mail, and
    to look several times a mail at what it needs a thirtieth.
    """
    gc.freeze()
    gc.set_threshold(_MANY, *gc.get_threshold()[1:])
    try:
        yield
    finally:
        gc.set_threshold(_FEW, *gc.get_threshold()[1:])
        gc.unfreeze()


def issues_after(leased: int) -> int:
    """Return how many issues a process leases at a time that has leased so many mails before."""
    return max(ISSUES_AT_A_TIME, min(leased // SHARE_AT_A_TIME, MOST_AT_A_TIME))


class ClaimLostError(Exception):
    """Another process took the delivery over; this one may not send or record it any more."""


@dataclass
class DeliveryRound:
    """Deliveries of one run; a sender may settle them from several threads."""

    step: Deliverer
    #: the relay that it goes by, of several
    route: Route | None = None
    outcomes: list[DeliveryState] = field(default_factory=list)
    #: whether to begin no further mail, for example because the server accepts none
    is_over: bool = False
    #: the error after which this process must send nothing more at all
    lost_turn: LostError | None = None
    #: the configuration key of the setting that keeps mails waiting; empty: none does
    setting: str = ""
    #: mails in a row without an answer
    unanswered: int = 0
    lock: threading.Lock = field(default_factory=threading.Lock)
    #: held while a mail is claimed and made: by one round at a time
    making: threading.Lock = field(default_factory=threading.Lock)

    def add(self, others: Iterable[DeliveryRound]) -> None:
        """Add what came of the rounds of several relays."""
        for each in others:
            self.outcomes += each.outcomes
            self.setting = self.setting or each.setting
            self.lost_turn = self.lost_turn or each.lost_turn
        self.is_over = self.is_over or self.lost_turn is not None

    def record(self, state: DeliveryState) -> None:
        """Record an outcome."""
        with self.lock:
            self.outcomes.append(state)

    def abort(self, error: LostError) -> None:
        """Begin no further mail, because this process has lost its turn."""
        with self.lock:
            self.is_over, self.lost_turn = True, error

    def stop(self, error: SendError) -> None:
        """Begin no further mail, because the server accepts none."""
        error = self._named(error)
        if retry.ends_the_round(error):
            self._pause_relay()
        if error.meaning in OF_THE_SET_UP:
            self.report_setting(error)
            self.is_over = True
        else:
            self.end(f"{self.step.place_of(error.setting)}{error}")

    def _pause_relay(self) -> None:
        """Let all processes leave this one of several relays alone for a while."""
        if self.route is not None:
            with self.step.store.begin() as tx:
                paces.pause(tx, self.route.relay.smtp.account)

    def _count_unanswered(self, meaning: Meaning) -> None:
        """Begin no further mail after some in a row that got no answer."""
        with self.lock:  # of several connections each counts
            self.unanswered = self.unanswered + 1 if meaning is Meaning.DOUBT else 0
            is_silent = self.unanswered >= MOST_UNANSWERED
        if is_silent:
            self._pause_relay()
            self.end(f"{MOST_UNANSWERED} mails in a row got no answer; the others wait")

    def _named(self, error: SendError) -> SendError:
        """Return the error with its settings called as they are called for this relay."""
        return called(error, self.route.relay.section) if self.route else error

    def report_setting(self, error: SendError) -> None:
        """Report once which setting is at fault, and what the server said of it."""
        with self.lock:
            is_known, self.setting = bool(self.setting), self.setting or error.setting
        if not is_known:
            # With a return path for each mail, that path is the sender that the server sees.
            may_be_return_path = error.meaning is Meaning.SENDER and bool(self.step.bounces)
            also = "mail.bounces or " if may_be_return_path else ""
            place = self.step.place_of(error.setting)
            name = self.route.relay.section if self.route else ""
            waits = f"mails go by other relays than {name}" if name else "the mails wait"
            self.step.report_trouble(f"{place}{also}{error}; {waits} until that is mended")

    def end(self, why: str) -> None:
        """Begin no further mail, and report why, once."""
        with self.lock:
            was_over, self.is_over = self.is_over, True
        if not was_over:
            name = self.route.relay.section if self.route else "mail"
            self.step.report_trouble(f"{name}: {why}")

    def deliver(self, deliveries: Iterable[int]) -> None:
        """Claim these deliveries and hand them over; stop if the server accepts nothing at all."""
        try:
            sender = self.route.sender if self.route else self.step.sender
            with _old_left_alone():
                sender.send_all(self._claimed_messages(deliveries))
        except SendError as error:
            self.stop(error)

    def _claimed_messages(self, deliveries: Iterable[int]) -> Iterator[OutgoingMessage]:
        """Claim one delivery after the other, as the sender asks for them."""
        for id in deliveries:
            if self.is_over or self.step.stop.is_set():
                return
            with self.making:
                message = self._claimed_message(id)
            if message is not None:
                yield message

    def _claimed_message(self, id: int) -> OutgoingMessage | None:
        """Claim a delivery and make its message; None if it is not to be sent."""
        step = self.step
        step.store.note_move()  # of several relays this is no thread of the store's
        with step.store.begin() as tx:
            name = self.route.relay.name if self.route else ""
            claimed = outbox.claim(tx, id, step.now(), step.store.worker, name)
        if claimed is None or (mail := self._message_to_send(claimed)) is None:
            return None
        return OutgoingMessage(
            mail,
            before_dot=partial(step.mark_data_sent, claimed.delivery, mail),
            settle=partial(self._record_outcome, claimed.delivery),
        )

    def _message_to_send(self, claimed: ClaimedDelivery) -> Message | None:
        """Return the message, or record why it is not to be sent and return None."""
        step, delivery = self.step, claimed.delivery
        if delivery.state is DeliveryState.DATA_SENT and (known := self._logged_state(delivery)):
            reason = "" if known is DeliveryState.SENT else "the server's answer was lost"
            self.record(step.settle(delivery, known, reason))
            return None
        try:
            return step.message_with_path(claimed)
        except SendError as error:
            self.record(self._act_on_refusal(delivery, error))
        except Exception as error:  # a message that cannot be made must not hold up the others
            is_known = isinstance(error, DigestError)
            log.error(
                "mail not made", delivery=delivery.id, error=f"{error}", exc_info=not is_known
            )
            self.record(self._retry_rendering(delivery, error))
        return None

    def _logged_state(self, delivery: Delivery) -> DeliveryState | None:
        """Return the state of a mail that got no answer; None if it is to be sent once more."""
        in_doubt = self.step.in_doubt
        was_sent = self.step.was_sent(delivery.message_id) if in_doubt == "ask" else None
        return retry.after_doubt(in_doubt, was_sent)

    def _record_outcome(self, delivery: Delivery, error: Exception | None) -> None:
        """Record the outcome that the sender reports for a mail."""
        if error is None:
            self.unanswered = 0
            self.record(self.step.settle(delivery, DeliveryState.SENT))
        elif isinstance(error, SendError):
            self.record(self._act_on_refusal(delivery, error))
        elif isinstance(error, ClaimLostError):
            self.record(DeliveryState.CLAIMED)
        elif isinstance(error, LostError):
            self.abort(error)
            self.record(self._requeue_interrupted(delivery, error))
        elif isinstance(error, StoreError):
            raise error  # the mail is not at fault: it stays claimed, for the next run
        else:
            log.error("mail not handed over", delivery=delivery.id, exc_info=error)
            self.record(self._retry_rendering(delivery, error))

    def _act_on_refusal(self, delivery: Delivery, error: SendError) -> DeliveryState:
        """Act on a refusal: stop the round, name the setting at fault, or report the mail."""
        error = self._named(error)
        step, meaning = self.step, error.meaning
        if retry.ends_the_round(error):
            self.stop(error)
        elif meaning is Meaning.SENDER:
            self.report_setting(error)
        elif meaning is not Meaning.PAUSED:
            step.report_trouble(f"{delivery.subscriber.address}: {error}")
        self._count_unanswered(meaning)
        ending = retry.after_refusal(error, delivery, step.now(), step.in_doubt)
        return step.end(delivery, ending, error.reason, meaning)

    def _retry_rendering(self, delivery: Delivery, error: Exception) -> DeliveryState:
        ending = retry.after_fault(delivery, self.step.now())
        kind = "" if isinstance(error, DigestError) else f"{type(error).__name__}: "
        return self.step.end(delivery, ending, f"{kind}{error}", Meaning.BROKEN)

    def _requeue_interrupted(self, delivery: Delivery, error: LostError) -> DeliveryState:
        """Queue a mail that was stopped before its dot, if the database may still be written."""
        if isinstance(error, ReplacedError):
            return DeliveryState.DATA_SENT
        with suppress(OutOfReachError):
            return self.step.end(delivery, INTERRUPTED, "the lock on the database was lost")
        return DeliveryState.DATA_SENT
