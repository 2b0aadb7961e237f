"""The sign-up page: interests in plain words, and what they would bring.

No answer shows whether an address is known.  The address itself confirms in ``consent``.
"""

from __future__ import annotations

import asyncio
from collections.abc import Sequence
from dataclasses import dataclass, replace
from datetime import datetime, time, timedelta
from functools import lru_cache
from typing import Annotated, Any
from zoneinfo import ZoneInfo, available_timezones

from fastapi import APIRouter, Form, HTTPException, Query, Request
from fastapi.responses import Response
from starlette.concurrency import run_in_threadpool

from ..access import addresses
from ..errors import ProfileError
from ..locales import capitalized, gettext, said
from ..model import Match, Schedule
from ..profiles.plain_words import LONGEST
from ..store import status as stored_status
from ..store.subscribers import Consent
from ..strict_yaml.fields import unknown_zone
from ..subscribers import requests
from ..subscribers.interests import exchanged, read, wishes_in
from ..trial.backtest import Backtest
from ..trial.wishes import TriedWish, advice, collected_in_words, left_out_in_words
from .archive_pages import paper_lines
from .client import client_of
from .context import WebContext
from .dependencies import CurrentConsent, Show, Site
from .recent_papers import LoadingStage, RecentPapers

router = APIRouter()

#: Sign-ups are answered at multiples of this many seconds: the time does not show what was done.
EACH_TAKES = 0.3

#: Notices to people who may not know us, an hour: more than this is an attack.
MAX_CONFIRMATIONS_AN_HOUR = 200

#: Sign-ups of one client, an hour: a whole institute may be one client.
MAX_SIGN_UPS_OF_CLIENT = 20

#: The wording of the consent, as it is recorded.
WORDING = "Subscribe: one mail a day at most, with one link to leave."

DAYS = {"daily": frozenset(range(7)), "weekdays": frozenset(range(5))}

Words = Annotated[str, Form(max_length=4000)]
Short = Annotated[str, Form(max_length=320)]


@dataclass(frozen=True, slots=True)
class InterestPreview:
    """What interests would bring: how each is read, numbers, and a few examples."""

    wishes: Sequence[TriedWish] = ()
    complaint: str = ""
    stage: LoadingStage | None = None
    tried: Backtest | None = None
    examples: tuple[Match, ...] = ()

    @property
    def advice(self) -> list[list[str]]:
        """Return what is to be known of each wish, in sentences."""
        return [advice(each, has_offers=False) for each in self.wishes]

    @property
    def collected(self) -> list[str]:
        """Return in a sentence how many of the days were collected; empty where half were."""
        return collected_in_words(self.tried)

    @property
    def left_out(self) -> list[str]:
        """Return in a sentence how much the refused wishes take away; empty for little."""
        return left_out_in_words(self.tried)

    @property
    def papers(self) -> list[Any]:
        """Return the examples as pages show them."""
        return [paper_lines(match.paper) for match in self.examples]


@router.get("/")
def home(
    site: Site, show: Show, interests: Annotated[str, Query(max_length=4000)] = ""
) -> Response:
    """Show the form, with what the interests would bring."""
    return _form(site, show, interests)


@router.post("/width")
def width(site: Site, show: Show, interests: Words = "") -> Response:
    """Show what the interests would bring, as a part of the form."""
    return show("join_width.html", width=width_of(site.recent_papers, interests))


@router.post("/interests")
def change_interests(
    site: Site,
    show: Show,
    interests: Words = "",
    exchange: Words = "",
    address: Short = "",
    at: Short = "",
    timezone: Short = "",
    days: Short = "daily",
) -> Response:
    """Show the form with one interest left out or exchanged; ``exchange`` has both, tab-parted."""
    if exchange:
        written, _, by = exchange.partition("\t")
        with site.recent_papers.days() as past:
            interests = exchanged(interests, past, written, by)[:LONGEST]
    return _form(site, show, interests, values=(address, interests, at, timezone, days))


@router.post("/subscribe")
async def subscribe(
    request: Request,
    site: Site,
    show: Show,
    act: CurrentConsent,
    address: Short,
    interests: Words,
    at: Short = "",
    timezone: Short = "",
    days: Short = "daily",
    website: Short = "",
) -> Response:
    """Sign an address up; the answer is the same whether or not the address is known."""
    if not site.sign_up_limiter.take(client_of(request.scope, site.proxies), act.now):
        raise HTTPException(429)
    loop = asyncio.get_running_loop()
    began = loop.time()
    form = (address, interests, at, timezone, days)
    # People do not see the field called website; only programs fill it in.
    fault, effect = await run_in_threadpool(_sign_up, site, act, form, is_trap=bool(website))
    await asyncio.sleep(_rest(loop.time() - began))
    if fault:
        return _form(site, show, interests, fault=fault, values=form, status=422)
    lines = [
        gettext("If this address can be subscribed, a mail with one link is on its way to it."),
        gettext("Nothing is sent before you have opened that link and pressed its button."),
        *effect,
    ]
    return show("told.html", heading=gettext("Look into your mailbox"), lines=lines)


def _form(
    site: WebContext,
    show: Show,
    interests: str,
    *,
    fault: str = "",
    values: tuple[str, ...] = ("", "", "07:30", "", "daily"),
    status: int = 200,
) -> Response:
    return show(
        "join.html",
        status=status,
        interests=interests,
        width=width_of(site.recent_papers, interests),
        fault=fault,
        address=values[0],
        at=values[2] or "07:30",
        timezone=values[3],
        days=values[4],
        zones=zones(),
    )


def _rest(took: float) -> float:
    """Return the seconds until the next multiple of EACH_TAKES."""
    return EACH_TAKES - took % EACH_TAKES if EACH_TAKES else 0


def _sign_up(
    site: WebContext, consent: Consent, form: tuple[str, ...], *, is_trap: bool
) -> tuple[str, list[str]]:
    """Sign the address up; return a sentence about what cannot be understood, else empty.

    With it comes what the interests would bring, in sentences.
    """
    address, interests, at, timezone, days = form
    try:
        addresses.checked(address)
        with site.recent_papers.days() as past:
            asked = read(interests, past)
        schedule = schedule_of(at, timezone, days)
    except ProfileError as error:
        mistake = said(error.complaints[0].message)
        return gettext("The interests cannot be understood: %(mistake)s.", mistake=mistake), []
    except ValueError as error:
        named = error.sentence if isinstance(error, addresses.AddressError) else str(error)
        return sentence_of(said(named)), []
    if not is_trap and not _is_flooded(site, consent.now):
        consent = replace(consent, wording=WORDING)
        requests.sign_up(
            site.app,
            address,
            consent,
            profile=asked.text,
            schedule=schedule,
            named=asked.keywords,
            effect=lambda: asked.effect,
        )
    return "", asked.effect


def _is_flooded(site: WebContext, now: datetime) -> bool:
    """Return whether so many strangers were asked within an hour that it must be an attack."""
    with site.app.store.begin() as tx:
        asked = stored_status.questions_since(tx, now - timedelta(hours=1))
    if asked >= MAX_CONFIRMATIONS_AN_HOUR:
        site.app.report_trouble("web: too many sign-ups in an hour; no letter was sent")
    return asked >= MAX_CONFIRMATIONS_AN_HOUR


def width_of(recent_papers: RecentPapers, interests: str) -> InterestPreview:
    """Return how many papers these interests would have brought in the last days."""
    if not interests.strip():
        return InterestPreview()
    with recent_papers.days() as days:
        try:
            asked = read(interests, days)
        except ProfileError as error:
            mistake = said(error.complaints[0].message)
            return InterestPreview(wishes_in(interests, days), complaint=mistake)
        except ValueError as error:
            return InterestPreview(wishes_in(interests, days), complaint=f"{error}")
        if days is None:
            return InterestPreview(asked.wishes, stage=recent_papers.stage)
        examples = tuple(days.matches(asked.profile, 3))
        return InterestPreview(asked.wishes, tried=asked.backtest, examples=examples)


@lru_cache(maxsize=1)
def zones() -> tuple[str, ...]:
    """Return the names of all time zones; cached, because this reads hundreds of files."""
    return tuple(sorted(available_timezones()))


def sentence_of(words: str) -> str:
    """Return words as a sentence; a question is one."""
    return capitalized(words if words[-1] in "?？" else gettext("%(sentence)s.", sentence=words))


def schedule_of(at: str, timezone: str, days: str) -> Schedule:
    """Return a schedule; raises ValueError for a bad hour, time zone or choice of days."""
    try:
        hour = time.fromisoformat(at or "07:30").replace(second=0, microsecond=0, tzinfo=None)
    except ValueError:
        raise ValueError(gettext("the hour is expected as in 07:30")) from None
    zone = timezone or "UTC"
    if zone not in zones():
        raise ValueError(gettext(": ").join(map(said, unknown_zone(zone))))
    ZoneInfo(zone)
    if days not in DAYS:
        raise ValueError(gettext("every day or on weekdays is expected"))
    return Schedule(hour, zone, DAYS[days])
