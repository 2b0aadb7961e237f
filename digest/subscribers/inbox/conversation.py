"""Answer one mail of one person.

Slow work (reading words as a profile, trying them on past days, making an issue) is done first and
outside of any transaction; the rest is a plan that writes within one.
"""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

from ... import locales
from ...access.tokens import Purpose, TokenPayload
from ...errors import ProfileError
from ...locales import gettext, number, said
from ...model import Notice, Subscriber, SubscriberState
from ...profiles import SCHEMA_LINE, parse, rewrite
from ...profiles.plain_words import is_query
from ...store import BusyError, Transaction, outbox, privacy, profile_files, profiles, subscribers
from ...store.profiles import FullError
from ...store.subscribers import Consent
from ...trial.backtest import PastDays
from ...trial.wishes import collected_in_words
from .. import interests, requests
from . import commands as read_commands
from .allowance import Allowance, NotNowError
from .authentication import is_vouched_for
from .commands import Command, commands, terms
from .incoming import Incoming

if TYPE_CHECKING:
    from ...app import App
    from .receive import Plan

#: The outcome of a mail that confirmed that all about its subscriber be deleted.
ERASED = "erased"

#: On how many days words are tried.
_TRIAL_DAYS = 30


@dataclass(frozen=True, slots=True)
class _Edit:
    """A subscriber's profile with changes; without a slug it is their first."""

    text: str
    slug: str = ""
    revision: int = 0


class Conversation:
    """A mail that a person wrote, and their address."""

    def __init__(self, app: App, mail: Incoming, sender: str) -> None:
        self._app = app
        self._mail = mail
        self._sender = sender
        self._consent = Consent(
            now=app.now(), wording=mail.subject[:200], origin=f"mail {mail.id[:200]}"
        )
        self._is_doubted = is_vouched_for(mail.message, app.authserv, sender) is False

    def plan(self) -> Plan:
        """Return the plan for the first command; for several changes, one for all of them.

        What it answers is in the language of the subscriber who wrote.
        """
        with self._app.store.begin() as tx:
            subscriber = subscribers.find(tx, self._sender)
            known = subscriber and profile_files.locale_of(tx, subscriber)
        locale = known or locales.ENGLISH
        with locales.use(locale):
            plan = self._plan()

        def apply(app: App) -> str:
            with locales.use(locale):
                return plan(app)

        return apply

    def _plan(self) -> Plan:
        found = commands(self._mail)
        if found and found[0].verb == "yes":
            # After an erasure a second "yes" may come; that no letter follows was promised.
            if requests.answers_what_is_gone(self._app, self._mail.answers):
                return lambda app: "bad token"
            found = self._with_code(found)
        if found and found[0].verb == "confirm":  # its token proves that our notice was read
            return self._confirm(found[0])
        allowance = self._allowance(found)
        if refusal := allowance.refusal(self._app):
            return lambda app: refusal
        return self._limited(allowance, self._answer(found))

    def _with_code(self, found: list[Command]) -> list[Command]:
        """Return "yes" as a confirmation of the notice that the mail answers; else without it.

        Nobody but its recipient knows a notice's Message-ID, as little as its token.
        """
        code = requests.code_answered(self._app, self._mail.answers)
        return [Command("confirm", code)] if code else found[1:]

    def _answer(self, found: list[Command]) -> Plan:
        if not found:
            return self._help(gettext("nothing in it was understood."))
        first = found[0]
        if first.verb in ("add", "del"):
            return self._propose([c for c in found if c.verb in ("add", "del")])
        prepare: Callable[[Command], Plan] = getattr(self, f"_{first.verb}")
        return prepare(first)

    def _limited(self, allowance: Allowance, answer: Plan) -> Plan:
        """Wrap a plan so that it checks the limits again: they may be reached by then."""

        def apply(app: App) -> str:
            if refusal := allowance.refusal(app):
                return refusal
            allowance.note(app)
            return answer(app)

        return apply

    def _allowance(self, found: list[Command]) -> Allowance:
        """Return what may be written to the sender; a subscriber who would leave need not wait."""
        asks_to_leave = bool(found) and found[0].verb in ("unsubscribe", "erase")
        is_urgent = asks_to_leave and self._active_subscriber(self._app) is not None
        return Allowance(self._sender, is_doubted=self._is_doubted, is_urgent=is_urgent)

    # ── each of these is named for its command ──

    def _subscribe(self, command: Command) -> Plan:
        if self._active_subscriber(self._app) is not None:
            return self._propose([Command("add", command.words)])
        try:
            _refuse_a_broken_query(command)
            asked = interests.read(command.words, self._days())
            text = _profile_text(asked.keywords, asked.refused)
        except ProfileError as error:
            return self._help(_reason(error))
        except ValueError as error:
            return self._help(_ended(f"{error}"))

        def apply(app: App) -> str:
            requests.sign_up(
                app,
                self._sender,
                self._consent,
                profile=text,
                named=asked.keywords,
                effect=lambda: asked.effect,
            )
            return "subscribe"

        return apply

    def _confirm(self, command: Command) -> Plan:
        token = requests.token_of(self._app, Purpose.CHANGE, command.words)
        claim = self._app.tokens.read(Purpose.CHANGE, token, self._app.now())
        edit = self._proposed(claim) if claim is not None else None

        def apply(app: App) -> str:
            try:
                subscriber = requests.confirm(app, command.words, self._consent)
            except FullError as error:
                return self._full(app, command.words, _ended(error.words))
            subscriber = subscriber or requests.start_again(app, command.words, self._consent)
            if subscriber is not None:
                is_due = app.composer.beginning(subscriber.settings).is_due
                self._greet(app, subscriber, is_due=is_due)
                return "confirm"
            return "bad token" if claim is None else self._accept(app, claim, edit)

        return apply

    def _greet(self, app: App, subscriber: Subscriber, *, is_due: bool) -> None:
        with app.store.begin() as tx:
            locale = profile_files.locale_of(tx, subscriber)
        with locales.use(locale):
            sentence = gettext("From now on you get new papers.")
            if is_due:
                sentence += " " + gettext(
                    "If today's lists have some for you, the first mail comes at once."
                )
            values = {
                "title": gettext("You are subscribed"),
                "lines": [],
                "url": app.page_of(subscriber),
            }
            self._notify(app, subscriber, "done", sentence=sentence, **values)

    def _full(self, app: App, token: str, problem: str) -> str:
        """Say what prevents a confirmation: to the token's owner, not to the mail's sender."""
        owner = requests.subscriber_of(app, Purpose.CONFIRM, token)
        assert owner is not None
        url = app.letterhead.base_url
        return self._notify(app, owner, "help", problem=problem, url=url) or "help"

    def _notify(self, app: App, owner: Subscriber, kind: str, **values: Any) -> str:
        """Write to the owner of a token within the limits; return why not, where not.

        The owner's address is one that our notice has reached; that of the mail may be anybody's.
        """
        allowance = Allowance(owner.address)
        if refusal := allowance.refusal(app):
            return refusal
        allowance.note(app)
        with app.store.begin() as tx:
            self._queue(tx, app, kind, owner.address, owner.id, **values)
        return ""

    def _queue(
        self, tx: Transaction, app: App, kind: str, to: str, id: int | None, **values: Any
    ) -> None:
        """Queue a notice that answers the mail."""
        notice = Notice(
            kind=kind,
            recipient=to,
            made_at=app.now(),
            values=values,
            answers=self._mail.id,
            locale=locales.current(),
        )
        outbox.queue_notice(tx, notice, id)

    def _proposed(self, claim: TokenPayload) -> _Edit | None:
        """Return the profile with the proposed change; None where no edit is proposed."""
        with self._app.store.begin() as tx:
            content = subscribers.proposed(tx, claim.about, claim.subscriber)
        if content is None or content["verb"] != "edit":
            return None
        return self._changed(claim.subscriber, content["changes"])

    def _accept(self, app: App, claim: TokenPayload, edit: _Edit | None) -> str:
        with app.store.begin() as tx:
            subscriber = subscribers.by_id(tx, claim.subscriber)
            if (
                subscriber is None
                or app.tokens.address_hash(subscriber.address) != claim.address_hash
            ):
                return "bad token"
            content = subscribers.accept(tx, claim.about, subscriber.id, app.now())
            if content is None:
                return "bad token"
            if content["verb"] == "erase":  # nothing of the address may be left, so no letter
                privacy.erase(tx, subscriber.id, app.now())
                return ERASED
            self._apply(tx, subscriber, content, edit)
            # A change is asked once, and so is confirmed once.
            Allowance(subscriber.address).note(app)
            if content["verb"] == "unsubscribe":
                requests.queue_goodbye(tx, app, subscriber, answers=self._mail.id)
            else:
                values = {"lines": content["said"], "url": app.page_of(subscriber)}
                sentence = gettext("It is changed as you asked.")
                to = (subscriber.address, subscriber.id)
                self._queue(tx, app, "done", *to, sentence=sentence, **values)
        return "changed"

    def _apply(
        self, tx: Transaction, subscriber: Subscriber, content: dict[str, Any], edit: _Edit | None
    ) -> None:
        """Apply a proposed change; raises ConflictError where the profile changed meanwhile."""
        if content["verb"] == "unsubscribe":
            subscribers.stop(tx, subscriber.id, "unsubscribed", self._consent)
        elif content["verb"] == "resume":
            subscribers.resume(tx, subscriber.id, self._consent)
        elif content["verb"] == "pause":
            window = read_commands.days(content["words"])
            assert window is not None
            subscribers.pause(tx, subscriber.id, window[1], self._consent, beginning=window[0])
        else:
            assert edit is not None
            _save(tx, subscriber.id, edit)
            subscribers.record_consent(tx, subscriber.id, "changed", self._consent)

    def _unsubscribe(self, _command: Command) -> Plan:
        return self._change({"verb": "unsubscribe", "said": ["unsubscribe"]})

    def _erase(self, _command: Command) -> Plan:
        effect = gettext(
            "Your interests, issues, saved papers and settings would be deleted at once and for "
            "ever. No further letter would come, not even to say so."
        )
        return self._change({"verb": "erase", "said": ["delete my data"]}, effect)

    def _pause(self, command: Command) -> Plan:
        if read_commands.days(command.words) is None:
            return self._help(
                gettext("a pause needs its days, as in: pause 2026-12-24..2027-01-06.")
            )
        lines = [f"pause {command.words}"]
        return self._change({"verb": "pause", "words": command.words, "said": lines})

    def _resume(self, _command: Command) -> Plan:
        """End a pause; or mail a subscriber who left a way to start again with what they had."""
        subscriber = self._active_subscriber(self._app)
        if subscriber is None:
            return self._return
        if self._app.pause_left(subscriber):
            return self._change({"verb": "resume", "said": ["resume"]})
        sentence = gettext("You get new papers already; nothing was changed.")
        return self._notice_plan("done", "resume", sentence=sentence, lines=[])

    def _return(self, app: App) -> str:
        with app.store.begin() as tx:
            left = subscribers.find(tx, self._sender)
        if left and requests.send_restart_link(app, left, answers=self._mail.id):
            return "asked: return"
        return self._help(gettext('to begin, write "subscribe" and your interests.'))(app)

    def _propose(self, found: list[Command]) -> Plan:
        changes = [change for command in found for change in _changes(command)]
        subscriber = self._active_subscriber(self._app)
        if subscriber is None:
            problem = gettext('you are no reader yet; begin with "subscribe" and your interests.')
            return self._help(problem)
        try:
            self._changed(subscriber.id, changes)
        except ProfileError as error:
            return self._help(_reason(error))
        lines = [
            gettext("leave out %(term)s", term=term) if verb == "refuse" else f"{verb} {term}"
            for verb, term in changes
        ]
        return self._change({"verb": "edit", "changes": changes, "said": lines})

    def _change(self, content: dict[str, Any], effect: str = "") -> Plan:
        """Ask for a confirmation before anything is changed."""

        def apply(app: App) -> str:
            subscriber = self._active_subscriber(app)
            if content["verb"] == "erase":  # what is kept of one who left can be deleted too
                with app.store.begin() as tx:
                    subscriber = subscribers.find(tx, self._sender)
            if subscriber is None:
                sentence = gettext(
                    "this address gets nothing from us, so there is nothing to change."
                )
                return self._help(sentence)(app)
            with app.store.begin() as tx:
                id = subscribers.propose(tx, subscriber.id, content, app.now())
                token = app.tokens.make(
                    Purpose.CHANGE, subscriber.id, subscriber.address, app.now(), id
                )
                values = {"changes": content["said"], "token": token, "effect": effect}
                self._queue(tx, app, "change", subscriber.address, subscriber.id, **values)
            return f"asked: {content['verb']}"

        return apply

    def _show(self, _command: Command) -> Plan:
        def apply(app: App) -> str:
            subscriber = self._active_subscriber(app)
            if subscriber is None:
                return self._help(gettext("this address gets nothing from us."))(app)
            with app.store.begin() as tx:
                texts = [profile.text for profile in profiles.owned_by(tx, subscriber.id)]
            lines = [line for text in texts for line in text.splitlines()]
            shown = lines or [gettext("(kept by the operator)")]
            return self._notice_plan("show", "show", lines=shown, sentence=_when(app, subscriber))(
                app
            )

        return apply

    def _try(self, command: Command) -> Plan:
        days = self._days()
        try:
            asked = interests.read(command.words, days)
        except ProfileError as error:
            return self._help(_reason(error))
        except ValueError as error:
            return self._help(_ended(f"{error}"))
        tried = asked.backtest
        assert tried is not None
        sentence = gettext(
            "These words would have found %(found)s of %(papers)s papers of the last %(days)s "
            "days: about %(a_day)s a day.",
            found=tried.matched,
            papers=tried.papers,
            days=_TRIAL_DAYS,
            a_day=number(tried.per_day, 1),
        )
        return self._notice_plan(
            "tried",
            "try",
            sentence=" ".join([sentence, *collected_in_words(tried), *asked.effect[1:]]),
            lines=[each.text for each in asked.wishes],
            examples=[match.paper.title for match in days.matches(asked.profile, 3)],
        )

    def _days(self) -> PastDays:
        """Return the last days, on which words are tried."""
        last = self._app.day
        shown = [last - timedelta(days=back) for back in range(_TRIAL_DAYS - 1, -1, -1)]
        return self._app.past.days(shown)

    def _digest(self, _command: Command) -> Plan:
        subscriber = self._active_subscriber(self._app)
        if subscriber is None:
            return self._help(gettext("this address gets nothing from us."))
        if self._is_doubted:  # an issue moves what its reader has read, and is not asked back
            return self._help(
                gettext("our mail server cannot tell whether it is yours: nothing was made.")
            )
        # Made once a day at most, however often it is asked for, so it needs no shared transaction.
        try:
            is_made = self._app.composer.make_now(subscriber.id)
        except BusyError as error:
            raise NotNowError(f"{error}, and the message waits") from error
        if is_made is None:
            return self._help(_paused(subscriber) + " " + gettext('To end that, write "resume".'))
        if is_made:
            return lambda app: "digest"
        sentence = gettext(
            "There is nothing new since your last digest, or you had today's already."
        )
        return self._notice_plan("done", "digest", sentence=sentence, lines=[])

    def _help(self, problem: str | Command) -> Plan:
        problem_text = "" if isinstance(problem, Command) else problem
        url = self._app.letterhead.base_url
        return self._notice_plan("help", "help", problem=problem_text, url=url)

    def _notice_plan(self, kind: str, outcome: str, **values: Any) -> Plan:
        def apply(app: App) -> str:
            with app.store.begin() as tx:
                subscriber = subscribers.find(tx, self._sender)
                id = subscriber.id if subscriber else None
                self._queue(tx, app, kind, self._sender, id, **values)
            return outcome

        return apply

    def _active_subscriber(self, app: App) -> Subscriber | None:
        """Return the active subscriber who wrote the mail; else None."""
        with app.store.begin() as tx:
            subscriber = subscribers.find(tx, self._sender)
        return subscriber if subscriber and subscriber.state is SubscriberState.ACTIVE else None

    def _changed(self, id: int, changes: list[list[str]]) -> _Edit:
        """Return the subscriber's first profile with the changes made in it.

        Raises ProfileError where the result would be no valid profile.
        """
        with self._app.store.begin() as tx:
            stored = profiles.owned_by(tx, id)
        if not stored:
            by_verb = {kind: [term for verb, term in changes if verb == kind] for kind in _CHANGES}
            return _Edit(_profile_text(by_verb["add"], by_verb["refuse"]))
        text = stored[0].text
        for verb, term in changes:
            change = _CHANGES[verb]
            text = change(text, term)
        return _Edit(text, stored[0].slug, stored[0].revision)


_CHANGES = {
    "add": rewrite.with_keyword,
    "del": rewrite.without_keyword,
    "refuse": rewrite.with_unwanted,
}


def _changes(command: Command) -> list[list[str]]:
    """Return the changes of a profile, verb and keyword; what is added may be a sentence."""
    found = terms(command.words)
    plain = [[command.verb, term] for term in found]
    if command.verb != "add" or not all(map(is_query, found)):
        return plain  # what is no query is explained
    wished = interests.wishes_in(command.words, None)
    changes = [["refuse" if each.is_refused else "add", each.query] for each in wished]
    return changes if any(change not in plain for change in changes) else plain


def _refuse_a_broken_query(command: Command) -> None:
    """Raise ProfileError for what was meant as a query and is none: its brackets do not match."""
    for term in terms(command.words):
        if term.count("(") != term.count(")") and not is_query(term):
            _profile_text([term])


def _save(tx: Transaction, id: int, edit: _Edit) -> None:
    if edit.slug:
        profiles.save_profile(tx, id, edit.slug, edit.text, edit.revision)
    else:
        profiles.add_profile(tx, id, edit.text)


def _profile_text(words: list[str], refused: Sequence[str] = ()) -> str:
    """Return the text of a profile of these words; raises ProfileError where it is not valid."""
    items = [f"  - {rewrite.written(word)}" for word in words]
    none = [f"none: [{', '.join(map(rewrite.written, refused))}]"] if refused else []
    lines = [SCHEMA_LINE, "title: By mail", "any:", *items, *none]
    text = "\n".join(lines) + "\n"
    parse(text, "mail.yaml")
    return text


def _reason(error: ProfileError) -> str:
    """Return the first mistake, without its place in a text that the writer has never seen."""
    return _ended(error.complaints[0].sentence)


def _ended(sentence: str) -> str:
    return gettext("%(sentence)s.", sentence=said(sentence))


def _when(app: App, subscriber: Subscriber) -> str:
    if app.pause_left(subscriber):
        return _paused(subscriber)
    schedule = subscriber.settings.schedule
    if schedule is None:
        return gettext("It comes at the hour that your profile or the operator has set.")
    hour = f"{schedule.at:%H:%M}"
    return gettext("It comes at %(hour)s (%(timezone)s).", hour=hour, timezone=schedule.timezone)


def _paused(subscriber: Subscriber) -> str:
    day = subscriber.settings.paused_until
    return gettext("It is paused until %(day)s.", day=day.isoformat() if day else "")
