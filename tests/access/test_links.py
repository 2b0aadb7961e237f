"""The addresses of a subscriber's own pages: which there are, and what each opens."""

from __future__ import annotations

from dataclasses import replace

from digest.access.links import confirmation, links, manage, page, return_path, start_again
from digest.access.tokens import Purpose, Tokens
from digest.model import Issue, Recipient, Subscriber, SubscriberState
from digest.render import Links

from ..factories import EIGHT, TUESDAY

BASE = "https://digest.example.org"
TOKENS = Tokens(b"one installation")
ALICE = Recipient(id=7, address="alice@example.org")
MEMBER = Subscriber(id=7, address="alice@example.org", state=SubscriberState.ACTIVE)
ISSUE = Issue(id=12, day=TUESDAY, made_at=EIGHT, sections=(), receipts=())


def about(url: str, purpose: Purpose) -> int:
    """What the token at the end of a link is about, if it opens Alice's page of this purpose."""
    before, _, token = url.rpartition("/")
    assert before == f"{BASE}/{purpose}"
    payload = TOKENS.read(purpose, token, EIGHT)
    assert payload is not None
    assert payload.subscriber == 7
    return payload.about


def test_a_mail_has_a_short_link_to_each_page_with_a_code_for_that_page_alone() -> None:
    made = links(BASE, TOKENS, "digest@example.org")(ISSUE, ALICE)

    def code(purpose: Purpose) -> str:
        return TOKENS.code(purpose, 12, 7, ALICE.address, EIGHT)

    assert made.page == f"{BASE}/i/{code(Purpose.ISSUE)}"
    assert made.manage == f"{BASE}/m/{code(Purpose.MANAGE)}"
    assert made.unsubscribe == f"{BASE}/u/{code(Purpose.UNSUBSCRIBE)}"
    assert len({url.rpartition("/")[2] for url in (made.page, made.manage, made.unsubscribe)}) == 3
    assert made.pause == f"{made.manage}#pause"
    start, _, token = made.mailto.rpartition("%20")
    assert start == "mailto:digest@example.org?subject=unsubscribe"
    assert TOKENS.read(Purpose.UNSUBSCRIBE, token, EIGHT) is not None


def test_the_links_of_an_issue_are_the_same_each_time() -> None:
    assert links(BASE, TOKENS)(ISSUE, ALICE) == links(BASE, TOKENS)(ISSUE, ALICE)


def test_what_is_not_set_up_or_not_stored_has_no_link() -> None:
    by_mail = links("", TOKENS, "digest@example.org")(ISSUE, ALICE)

    assert replace(by_mail, mailto="") == Links()
    assert by_mail.mailto
    assert links(BASE, TOKENS)(ISSUE, ALICE).mailto == ""
    assert links(BASE, TOKENS)(replace(ISSUE, id=None), ALICE).page == ""
    assert links(BASE, TOKENS)(ISSUE, replace(ALICE, id=0)) == Links()


def test_a_sign_up_and_an_unsubscription_are_named_by_their_tokens() -> None:
    confirms = TOKENS.read(Purpose.CONFIRM, confirmation(TOKENS, MEMBER, EIGHT, 3), EIGHT)
    returns = TOKENS.read(Purpose.RETURN, start_again(TOKENS, MEMBER, EIGHT, 4), EIGHT)

    assert confirms is not None
    assert returns is not None
    assert (confirms.subscriber, confirms.about) == (7, 3)
    assert (returns.subscriber, returns.about) == (7, 4)


def test_a_page_is_below_the_base_url_and_there_is_none_without() -> None:
    assert page(BASE, Purpose.CONFIRM, "abc") == "https://digest.example.org/confirm/abc"
    assert page("", Purpose.CONFIRM, "abc") == ""
    assert about(manage(BASE, TOKENS, ALICE, EIGHT), Purpose.MANAGE) == 0


def test_a_bounce_comes_back_under_the_name_of_its_message() -> None:
    sent = "<issue-12.x9Yz@example.org>"

    assert return_path("bounces+{token}@example.org", sent) == "bounces+issue-12.x9Yz@example.org"
    assert return_path("", sent) == ""
