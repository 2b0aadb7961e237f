"""What is done about a mail that came: a bounce is counted, a command proposed or answered.

A change waits for the reader's yes to a letter, because the sender of a mail is easily forged.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Sequence
from dataclasses import replace
from datetime import timedelta
from hashlib import sha256
from typing import TYPE_CHECKING, Any

import structlog

from .. import compose, reception
from ..address import checked, fold
from ..errors import InboxError, ProfileError
from ..model import Member, Membership, Profile
from ..profile import SCHEMA_LINE, parse, rewrite
from ..reception import LETTERS_A_DAY, write
from ..store import Part, Transaction, archive, bounces, incoming, members, outbox, own
from ..store.members import Act
from ..store.own import FullError
from ..tokens import Claim, Purpose
from ..trial.backtest import Days, backtest
from . import commands as read_commands
from .commands import Command, commands, terms
from .incoming import LONGEST, Incoming, read
from .returned import Returned, returned

if TYPE_CHECKING:
    from ..app import App

log = structlog.get_logger()


#: How often a message is tried that cannot be handled.
ATTEMPTS = 3

#: What is worth a look of the operator's.
SET_ASIDE = frozenset({incoming.ASIDE, "unproven", "no sender"})


def receive_once(app: App, data: bytes) -> str:
    """Do what a message asks for, however often it is delivered; gives what it was taken for.

    What it does and that it was done are one transaction.  Raises InboxError where it cannot be
    handled now; after a few times it is set aside, and kept.
    """
    mark = app.tokens.name(sha256(_itself(data)).hexdigest())
    try:
        with app.store.begin() as tx:
            known = incoming.outcome(tx, mark, app.now())
            if not known:
                known = receive(replace(app, store=Part(tx)), data)
                incoming.handled(tx, mark, known)
            return known
    except Exception as error:  # one odd message must not hold up the others
        return _failed(app, mark, data, error)


_ID = re.compile(rb"^Message-ID:\s*<[^>]{1,250}>", re.IGNORECASE | re.MULTILINE)


def _itself(data: bytes) -> bytes:
    """What makes a message that one: not how it travelled, unless it has no Message-ID."""
    head, _, body = data.replace(b"\r\n", b"\n").partition(b"\n\n")
    id = _ID.search(head)
    return id[0] + body if id else data


def _failed(app: App, mark: str, data: bytes, error: Exception) -> str:
    reason = f"{type(error).__name__}: {error}".splitlines()[0]
    with app.store.begin() as tx:
        attempts = incoming.failed(tx, mark, reason, data[:LONGEST], app.now())
        if attempts >= ATTEMPTS:
            incoming.set_aside(tx, mark)
    if attempts < ATTEMPTS:
        raise InboxError(f"a message could not be handled, and waits: {reason}") from error
    log.exception("message set aside", error=reason)
    app.complain(f"inbox: a message was set aside: {reason}; look at digest inbox list")
    return incoming.ASIDE


def receive(app: App, data: bytes) -> str:
    """Do what a message asks for; gives in a word what it was taken for."""
    mail = read(data)
    report = returned(mail.message)
    if report is not None:
        return _came_back(app, report, (*_envelope_ids(app, mail), *report.ids))
    if (left := _left(app, mail)) is not None:
        return left
    if mail.is_automatic or fold(mail.sender) == fold(app.letterhead.address):
        return "automatic"
    try:
        sender = checked(mail.sender)
    except ValueError:
        return "no sender"
    with app.store.begin() as tx:
        since = app.now() - timedelta(hours=24)
        if outbox.letters_since(tx, sender, since) >= LETTERS_A_DAY:
            return "too many"
    return _Conversation(app, mail, sender).answer()


def _left(app: App, mail: Incoming) -> str | None:
    """Take off the list whom a token of ours names; mail programs send it without their reader."""
    asked = [c for c in commands(mail) if c.verb == "unsubscribe" and c.words]
    if not asked:
        return None
    act = Act(now=app.now(), wording="unsubscribe", origin=f"mail {mail.id[:200]}")
    gone = reception.unsubscribe(app, asked[0].words, act)
    return "bad token" if gone is None else "unsubscribed"


#: Where mail servers write down to which address a message came.
_CAME_TO = ("Delivered-To", "X-Original-To", "Envelope-To", "X-Envelope-To", "To")


def _envelope_ids(app: App, mail: Incoming) -> tuple[str, ...]:
    """The Message-ID in the address that a report came back to, where mails have such addresses."""
    if not app.bounces:
        return ()
    before, _, behind = app.bounces.partition("{token}")
    shape = f"{re.escape(before)}([0-9a-f]{{32}}){re.escape(behind)}"
    headers = " ".join(text for name in _CAME_TO for text in mail.message.get_all(name, []))
    found = re.findall(shape, headers, re.IGNORECASE)
    return tuple(f"<{token.lower()}@{app.letterhead.domain}>" for token in found[:5])


def _came_back(app: App, report: Returned, ids: Sequence[str]) -> str:
    """Count it, where it names a mail that went out to the address it speaks of.

    What came back to an address of one mail alone speaks of its reader, forwarded or not.
    """
    with app.store.begin() as tx:
        for id in ids:
            member = members.member(tx, bounces.subscriber_of(tx, id) or 0)
            if member is None or (id in report.ids and not _speaks_of(report, member)):
                continue
            bounces.note(tx, member.id, report.kind, f"{report.detail} {id}", app.now())
            return report.kind
    log.info("report of no mail of ours", kind=report.kind)
    return "unproven"


def _speaks_of(report: Returned, member: Member) -> bool:
    """Forwarding changes addresses, so a report that names none, or several, is believed too."""
    named = {fold(address) for address in report.addresses}
    return len(named) != 1 or fold(member.address) in named or report.kind != "hard"


class _Conversation:
    """One mail of one person, and what is answered."""

    def __init__(self, app: App, mail: Incoming, sender: str) -> None:
        self._app = app
        self._mail = mail
        self._sender = sender
        self._act = Act(now=app.now(), wording=mail.subject[:200], origin=f"mail {mail.id[:200]}")

    def answer(self) -> str:
        """Do the first thing that is asked for; of several changes, all in one."""
        found = commands(self._mail)
        if not found:
            return self._help("nothing in it was understood.")
        first = found[0]
        if first.verb in ("add", "del"):
            return self._propose([c for c in found if c.verb in ("add", "del")])
        act: Callable[[Command], str] = getattr(self, f"_{first.verb}")
        return act(first)

    # Each of these is named for its command.

    def _subscribe(self, command: Command) -> str:
        if self._reader() is not None:
            return self._propose([Command("add", command.words)])
        try:
            text = _profile_text(terms(command.words))
        except ProfileError as error:
            return self._help(_reason(error))
        reception.sign_up(self._app, self._sender, self._act, profile=text)
        return "subscribe"

    def _confirm(self, command: Command) -> str:
        try:
            member = reception.confirm(self._app, command.words, self._act)
        except FullError as error:
            return self._help(f"{error}.")
        member = member or reception.start_again(self._app, command.words, self._act)
        if member is not None:
            return self._letter(
                "done", "confirm", sentence="From now on you get new papers.", lines=[]
            )
        claim = self._app.tokens.read(Purpose.CHANGE, command.words, self._app.now())
        return self._accept(claim) if claim is not None else "bad token"

    def _accept(self, claim: Claim) -> str:
        with self._app.store.begin() as tx:
            member = members.member(tx, claim.subscriber)
            if member is None or self._app.tokens.mark(member.address) != claim.mark:
                return "bad token"
            content = members.accept(tx, claim.about, member.id, self._app.now())
            if content is None:
                return "bad token"
            self._apply(tx, member, content)
            if content["verb"] == "unsubscribe":
                reception.say_goodbye(tx, self._app, member, answers=self._mail.id)
            else:
                said = {"sentence": "It is changed as you asked.", "lines": content["said"]}
                write(tx, self._app, "done", member.address, member, answers=self._mail.id, **said)
        return "changed"

    def _apply(self, tx: Transaction, member: Member, content: dict[str, Any]) -> None:
        if content["verb"] == "unsubscribe":
            members.stop(tx, member.id, "unsubscribed", self._act)
        elif content["verb"] == "resume":
            members.resume(tx, member.id, self._act)
        elif content["verb"] == "pause":
            window = read_commands.days(content["words"])
            assert window is not None
            members.pause(tx, member.id, window[1], self._act, beginning=window[0])
        else:
            _edit(tx, member, content["changes"])
            members.note(tx, member.id, "changed", self._act)

    def _unsubscribe(self, _command: Command) -> str:
        return self._change({"verb": "unsubscribe", "said": ["unsubscribe"]})

    def _pause(self, command: Command) -> str:
        if read_commands.days(command.words) is None:
            return self._help("a pause needs its days, as in: pause 2026-12-24..2027-01-06.")
        said = [f"pause {command.words}"]
        return self._change({"verb": "pause", "words": command.words, "said": said})

    def _resume(self, _command: Command) -> str:
        """End a pause; or mail a subscriber who left a way to start again with what they had."""
        reader = self._reader()
        if reader is None:
            with self._app.store.begin() as tx:
                left = members.find(tx, self._sender)
            if left and reception.send_way_back(self._app, left, answers=self._mail.id):
                return "asked: return"
            return self._help('to begin, write "subscribe" and your interests.')
        if reader.standing.paused_until is not None:
            return self._change({"verb": "resume", "said": ["resume"]})
        sentence = "You get new papers already; nothing was changed."
        return self._letter("done", "resume", sentence=sentence, lines=[])

    def _propose(self, found: list[Command]) -> str:
        changes = [[c.verb, term] for c in found for term in terms(c.words)]
        reader = self._reader()
        if reader is None:
            return self._help('you are no reader yet; begin with "subscribe" and your interests.')
        try:
            with self._app.store.begin() as tx:
                _changed(tx, reader, changes)
        except ProfileError as error:
            return self._help(_reason(error))
        said = [f"{verb} {term}" for verb, term in changes]
        return self._change({"verb": "edit", "changes": changes, "said": said})

    def _change(self, content: dict[str, Any]) -> str:
        """Ask back before anything is changed."""
        app, reader = self._app, self._reader()
        if reader is None:
            return self._help("this address gets nothing from us, so there is nothing to change.")
        with app.store.begin() as tx:
            id = members.propose(tx, reader.id, content, app.now())
            token = app.tokens.make(Purpose.CHANGE, reader.id, reader.address, app.now(), id)
            said = {"changes": content["said"], "token": token}
            write(tx, app, "change", reader.address, reader, answers=self._mail.id, **said)
        return f"asked: {content['verb']}"

    def _show(self, _command: Command) -> str:
        reader = self._reader()
        if reader is None:
            return self._help("this address gets nothing from us.")
        with self._app.store.begin() as tx:
            texts = [profile.text for profile in own.of(tx, reader.id)]
        lines = [line for text in texts for line in text.splitlines()] or ["(kept by the operator)"]
        return self._letter("show", "show", lines=lines, sentence=_when(reader))

    def _try(self, command: Command) -> str:
        try:
            profile = parse(_profile_text(terms(command.words)), "try.yaml")
        except ProfileError as error:
            return self._help(_reason(error))
        sentence, examples = self._width(profile)
        found = terms(command.words)
        return self._letter("tried", "try", sentence=sentence, lines=found, examples=examples)

    def _width(self, profile: Profile) -> tuple[str, list[str]]:
        last = self._app.day
        shown = [last - timedelta(days=back) for back in range(29, -1, -1)]
        with self._app.store.begin() as tx:
            came = archive.came(tx, shown[0], last)
            read_on = archive.days_read(tx, shown[0], last)
        days = Days(shown, read_on, came)
        tried = backtest(profile, days)
        count = f"{tried.matched} of {tried.papers} papers of the last 30 days"
        sentence = f"These words would have found {count}: about {tried.per_day:.1f} a day."
        return sentence, [match.paper.title for match in days.matches(profile, 3)]

    def _digest(self, _command: Command) -> str:
        reader = self._reader()
        if reader is None:
            return self._help("this address gets nothing from us.")
        if compose.make_now(self._app, reader.subscriber):
            return "digest"
        sentence = "There is nothing new since your last digest, or you had today's already."
        return self._letter("done", "digest", sentence=sentence, lines=[])

    def _help(self, problem: str | Command) -> str:
        said = "" if isinstance(problem, Command) else problem
        url = self._app.letterhead.base_url
        return self._letter("help", "help", problem=said, url=url)

    def _letter(self, kind: str, outcome: str, **values: Any) -> str:
        with self._app.store.begin() as tx:
            member = members.find(tx, self._sender)
            write(tx, self._app, kind, self._sender, member, answers=self._mail.id, **values)
        return outcome

    def _reader(self) -> Member | None:
        """Whoever writes, if they get issues."""
        with self._app.store.begin() as tx:
            member = members.find(tx, self._sender)
        return member if member and member.state is Membership.ACTIVE else None


def _profile_text(words: list[str]) -> str:
    """A profile that looks for these words; raises ProfileError where it would be none."""
    items = [f"  - {rewrite.written(word)}" for word in words]
    lines = [SCHEMA_LINE, "title: By mail", "any:", *items]
    text = "\n".join(lines) + "\n"
    parse(text, "mail.yaml")
    return text


def _changed(tx: Transaction, member: Member, changes: list[list[str]]) -> tuple[str, str, int]:
    """Slug, text and revision of the reader's first profile with the changes made in it.

    Raises ProfileError where it would be no good profile any more.
    """
    kept = own.of(tx, member.id)
    if not kept:
        return "", _profile_text([term for verb, term in changes if verb == "add"]), 0
    text = kept[0].text
    for verb, term in changes:
        change = rewrite.with_keyword if verb == "add" else rewrite.without_keyword
        text = change(text, term)
    return kept[0].slug, text, kept[0].revision


def _edit(tx: Transaction, member: Member, changes: list[list[str]]) -> None:
    slug, text, revision = _changed(tx, member, changes)
    if slug:
        own.save_profile(tx, member.id, slug, text, revision)
    else:
        own.add_profile(tx, member.id, text)


def _reason(error: ProfileError) -> str:
    """The first complaint, without a place in a text that the writer has never seen."""
    first = error.complaints[0]
    return f"{first.message}{f' ({first.hint})' if first.hint else ''}."


def _when(reader: Member) -> str:
    pause = reader.standing.paused_until
    if pause is not None:
        return f"It is paused until {pause.isoformat()}."
    schedule = reader.standing.schedule
    if schedule is None:
        return "It comes at the hour that your profile or the operator has set."
    return f"It comes at {schedule.at:%H:%M} ({schedule.timezone})."
