"""Several relays: which of them a mail goes by, and what an error of one calls its settings.

A relay with domains takes the mails to them; the others share what is left by their weights.  The
choice depends on nothing but the delivery, so that all processes make the same one.
"""

from __future__ import annotations

from collections.abc import Callable, Collection, Iterable, Iterator, Mapping
from dataclasses import dataclass
from hashlib import blake2b
from math import log

from ..errors import Meaning, SendError
from ..model import Message
from . import OutgoingMessage, Relay, Sender, send_each

#: A mail that was refused so goes by another relay next.
PASSED_OVER = frozenset({Meaning.RELAY, Meaning.LOGIN, Meaning.SENDER, Meaning.SLOWER})


@dataclass(frozen=True, slots=True)
class Route:
    """A relay, and the sender that hands mails to it alone."""

    relay: Relay
    sender: Sender


def in_order(relays: Collection[Relay], id: int, address: str, after: str = "") -> list[str]:
    """Return the names of the relays that a delivery may go by, the first choice first.

    ``after`` is the relay that refused it last: the order begins with the next one.
    """
    by_domain = {domain: relay.name for relay in relays for domain in relay.domains}
    parts = address.rpartition("@")[2].lower().split(".")
    above = (".".join(parts[start:]) for start in range(len(parts)))
    first = next((by_domain[each] for each in above if each in by_domain), None)
    others = sorted((_lot(each, id), each.name) for each in relays if each.weight)
    names = [first] if first else []
    names += [name for _, name in others if name != first]
    start = names.index(after) + 1 if after in names else 0
    return names[start:] + names[:start]


def _lot(relay: Relay, id: int) -> float:
    """Return a number that is the least of all as often as the relay's weight says."""
    drawn = int.from_bytes(blake2b(f"{relay.name} {id}".encode(), digest_size=8).digest())
    return -log((drawn + 1) / 2**64) / relay.weight


def called(error: SendError, section: str) -> SendError:
    """Return the error with the relay's settings called as the configuration calls them."""
    if section == "mail.smtp":
        return error
    reason, setting = (text.replace("mail.smtp", section) for text in (error.reason, error.setting))
    return SendError(reason, error.meaning, stage=error.stage, code=error.code, setting=setting)


def assigned(
    relays: Mapping[str, Relay], mails: Iterable[tuple[int, str, str]], left: dict[str, int]
) -> Iterator[tuple[int, str]]:
    """Yield the relay of each delivery that one can take; ``left`` says how many each may take.

    ``mails`` are ids with their address and the relay that refused it last, or an empty text.
    """
    for id, address, after in mails:
        for name in in_order(relays.values(), id, address, after):
            if left.get(name, 0) > 0:
                left[name] -= 1
                yield id, name
                break


class AnyRelay:
    """A sender of single mails: by the first relay that takes it, of those that it may go by."""

    def __init__(self, routes: Collection[Route]) -> None:
        self._routes = {route.relay.name: route for route in routes}

    def __call__(self, mail: Message, *, before_dot: Callable[[], None]) -> None:
        """Hand one message over; see ``deliver.Sender``."""
        refused = SendError("no relay is named", Meaning.LOGIN, setting="mail.relays")
        relays = [route.relay for route in self._routes.values()]
        for name in in_order(relays, 0, mail.recipient):
            route = self._routes[name]
            try:
                route.sender(mail, before_dot=before_dot)
            except SendError as error:
                refused = called(error, route.relay.section)
                if error.meaning not in PASSED_OVER:
                    break
            else:
                return
        raise refused

    def send_all(self, messages: Iterable[OutgoingMessage]) -> None:
        """Hand many over; see ``deliver.Sender``."""
        send_each(self, messages)

    def close(self) -> None:
        """Close the connections to all relays."""
        for route in self._routes.values():
            route.sender.close()
