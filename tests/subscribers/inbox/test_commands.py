"""How mail programs and people spell a command, and where one stands that nobody gave."""

from __future__ import annotations

from base64 import b64encode
from email.message import EmailMessage
from email.policy import SMTP
from quopri import encodestring

import pytest

from digest.subscribers.inbox.commands import Command

from .test_receive import asked, mail

WROTE = "On Tue, Mar 10, 2026 at 7:30 AM Papers <digest@example.org> wrote:"
QUOTED = f"{WROTE}\n> Answer with a line:\n> subscribe bees\n> show\n> unsubscribe\n"
OUTLOOK = (
    '<hr><div id="divRplyFwdMsg" dir="ltr"><b>From:</b> Papers<br><b>Sent:</b> Tuesday<br>'
    "<b>Subject:</b> Papers</div><div>subscribe bees</div><div>unsubscribe</div>"
)
GMAIL = (
    '<div class="gmail_quote"><div dir="ltr" class="gmail_attr">On Tue, Papers wrote<br></div>'
    '<blockquote class="gmail_quote">subscribe bees</blockquote>subscribe wasps</div>'
)


def encoded(text: str, charset: str, encoding: str, subtype: str = "plain") -> bytes:
    """A mail whose body went through a charset and a transfer encoding."""
    body = text.encode(charset)
    wrapped = {"base64": b64encode, "quoted-printable": encodestring}[encoding](body)
    head = (
        "From: alice@example.org\n"
        f"Content-Type: text/{subtype}; charset={charset}\n"
        f"Content-Transfer-Encoding: {encoding}\n\n"
    )
    return head.encode() + wrapped


def subject(raw: str, body: str = "") -> bytes:
    """A mail with a subject that is encoded by hand."""
    return f"From: alice@example.org\nSubject: {raw}\n\n{body}".encode()


def alternative(plain: str, html: str) -> bytes:
    message = EmailMessage(policy=SMTP)
    message["From"] = "alice@example.org"
    message.set_content(plain)
    message.add_alternative(html, subtype="html")
    return message.as_bytes()


UNSUBSCRIBE = {
    # ── a word of their own ──
    "small": mail("unsubscribe"),
    "capital": mail("Unsubscribe"),
    "capitals": mail("UNSUBSCRIBE"),
    "mixed": mail("UnSubscribe"),
    "full stop": mail("unsubscribe."),
    "dots": mail("unsubscribe..."),
    "exclamation": mail("UNSUBSCRIBE!!!"),
    "question": mail("unsubscribe?"),
    "comma": mail("unsubscribe, thanks"),
    "colon": mail("unsubscribe: digest"),
    "quotes": mail('"unsubscribe"'),
    "curly quotes": mail("“unsubscribe”"),
    "guillemets": mail("« unsubscribe »"),
    "low quotes": mail("„unsubscribe“"),
    "backticks": mail("`unsubscribe`"),
    "bold": mail("*unsubscribe*"),
    "bullet": mail("- unsubscribe"),
    "indented": mail("\t    unsubscribe"),
    "NBSP around": mail("\xa0unsubscribe\xa0"),
    "NBSP within": mail("unsubscribe\xa0please"),
    "byte order mark": mail("\ufeffunsubscribe"),
    "zero width": mail("un\u200bsubscribe"),
    "soft hyphen": mail("un\xadsubscribe"),
    "right to left": mail("\u200funsubscribe\u200e"),
    "in two": mail("un-subscribe"),
    "in two words": mail("Un subscribe"),
    # ── a sentence ──
    "please": mail("please unsubscribe"),
    "please me": mail("Please unsubscribe me."),
    "from this list": mail("Unsubscribe me from this list immediately, and from all the others"),
    "would like": mail("I would like to unsubscribe from your list"),
    "how": mail("How do I unsubscribe?"),
    "after a greeting": mail("Dear digest,\n\nplease unsubscribe me\n\nBest\nAlice"),
    "with the address": mail("unsubscribe alice@example.org"),
    "with the list": mail("unsubscribe digest"),
    "never mind": mail("subscribe bees\nsorry, I meant unsubscribe"),
    "both": mail("subscribe bees\nadd wasps\nunsubscribe"),
    "stop": mail("STOP"),
    "stop it": mail("Stop sending me this."),
    "German": mail("Abbestellen"),
    "other German": mail("abmelden bitte"),
    "French": mail("désabonner"),
    "French in two marks": mail("De\u0301sabonner"),
    "Spanish": mail("cancelar"),
    "other Spanish": mail("BAJA"),
    "Chinese": mail("退订"),
    # ── the subject ──
    "subject": mail("", "unsubscribe"),
    "subject with a dot": mail("", "Unsubscribe."),
    "subject and a signature": mail("-- \nAlice", "unsubscribe"),
    "subject and a telephone": mail("Sent from my telephone", "unsubscribe"),
    "subject and a story": mail("Bitte nicht mehr.", "AW: Unsubscribe"),
    "subject against body": mail("Sorry, please unsubscribe me", "subscribe bees"),
    "subject in a sentence": mail("Thanks!", "please unsubscribe me"),
    **{
        f"subject {before}": mail("", f"{before} unsubscribe")
        for before in (
            *("Re:", "RE:", "AW:", "Antw:", "RV:", "SV:", "TR:", "Fwd:", "FW:", "WG:", "VS:"),
            *("回复:", "回复:", "答复:", "Réf :", "Re[2]:", "Re: AW: Fwd:", "[EXTERNAL]"),
            "Re: [papers]",
        )
    },
    "subject base64": subject("=?utf-8?B?dW5zdWJzY3JpYmU=?="),
    "subject quoted-printable": subject("=?iso-8859-1?Q?Re=3A_un=73ubscribe?="),
    "subject NBSP": subject("=?utf-8?Q?unsubscribe=C2=A0?="),
    "subject folded": subject("Re:\n unsubscribe"),
    # ── what programs make of it ──
    "base64": encoded("unsubscribe\r\n", "utf-8", "base64"),
    "quoted-printable": encoded("unsubscribe\n\nGrüße", "utf-8", "quoted-printable"),
    "UTF-16": encoded("unsubscribe", "utf-16", "base64"),
    "UTF-7": encoded("unsubscribe", "utf-7", "base64"),
    "Latin 1": encoded("unsubscribe\n\nà bientôt", "iso-8859-1", "quoted-printable"),
    "Windows": encoded("“unsubscribe”", "windows-1252", "quoted-printable"),
    "Japanese": encoded("unsubscribe\n\nよろしく", "iso-2022-jp", "base64"),
    "Chinese charset": encoded("unsubscribe\n\n谢谢", "gb18030", "base64"),
    "Korean": encoded("unsubscribe\n\n감사합니다", "euc-kr", "base64"),
    "Russian": encoded("unsubscribe\n\nспасибо", "koi8-r", "quoted-printable"),
    "unknown charset": encoded("unsubscribe", "utf-8", "base64").replace(b"utf-8", b"x-none"),
    "soft line break": subject("", "x").replace(
        b"Subject: \n\nx",
        b"Content-Transfer-Encoding: quoted-printable\n\nunsub=\nscribe=20\n",
    ),
    "signature": mail("unsubscribe\n-- \nAlice\nsubscribe to my channel"),
    "above a quote": mail(f"unsubscribe\n\n{QUOTED}"),
    "quote in two lines": mail(f"unsubscribe\n\n{QUOTED}".replace(" wrote:", "\nwrote:")),
    "HTML": mail(html="<p>unsubscribe</p>"),
    "HTML in capitals": mail(html="<HTML><BODY><P>UNSUBSCRIBE</P></BODY></HTML>"),
    "HTML entities": mail(html="<p>&nbsp;un&shy;subscribe&nbsp;</p>"),
    "HTML in pieces": mail(html="<p><span>un</span><span>subscribe</span></p>"),
    "HTML head without end": mail(html="<html><head><title>x</title><body>unsubscribe</body>"),
    "HTML with styles": mail(html="<style>subscribe{}</style><o:p>unsubscribe</o:p>"),
    "HTML comment": mail(html="<!-- subscribe bees --><p>unsubscribe</p>"),
    "HTML base64": encoded("<p>unsubscribe</p>", "utf-16", "base64", "html"),
    "HTML above Gmail's quote": mail(html=f'<div dir="ltr">unsubscribe</div><br>{GMAIL}'),
    "HTML above Outlook's quote": mail(html=f"<div>Unsubscribe</div>{OUTLOOK}"),
    "HTML above a blockquote": mail(
        html="unsubscribe<blockquote type=cite><div>subscribe bees</div></blockquote>"
    ),
    "HTML above Yahoo's quote": mail(
        html='<p>unsubscribe</p><div class="yahoo_quoted">subscribe bees</div>'
    ),
    "HTML above Thunderbird's quote": mail(
        html='<p>unsubscribe</p><div class="moz-cite-prefix">digest:</div>subscribe bees'
    ),
    "both parts": alternative("unsubscribe\n", "<p>unsubscribe</p>"),
    "an empty plain part": alternative(" \n", "<p>unsubscribe</p>"),
}  # fmt: skip


def test_unsubscribe_in_every_spelling_is_unsubscribe() -> None:
    for name, data in UNSUBSCRIBE.items():
        assert asked(data) == [Command("unsubscribe")], name


def test_there_are_enough_spellings() -> None:
    assert len(set(UNSUBSCRIBE.values())) == len(UNSUBSCRIBE) >= 60


HISTORY = {
    "Gmail": mail(QUOTED, "Re: Papers, 10 March"),
    "thanks": mail(f"Thanks!\n\n{QUOTED}", "Re: Papers, 10 March"),
    "marked": mail("> unsubscribe\n> subscribe bees"),
    "marked without a blank": mail(">unsubscribe\n>>subscribe bees"),
    "wrapped": mail(QUOTED.replace(" wrote:", "\nwrote:")),
    "German": mail("Danke!\n\nAm 10.03.26 um 07:30 schrieb Papers:\nsubscribe bees\nunsubscribe"),
    "French": mail("Merci\n\nLe 10 mars 2026 à 07:30, Papers a écrit :\nsubscribe bees"),
    "Japanese": mail("2026年3月10日(火) 7:30 Papers <digest@example.org>:\nsubscribe bees"),
    "Chinese": mail("发件人: Papers\n主题: x\n\nunsubscribe\nsubscribe bees"),
    "Outlook": mail("From: Papers\nSent: Tuesday\nSubject: x\n\nunsubscribe\nsubscribe bees"),
    "Outlook in German": mail("Danke\n\nVon: Papers\nGesendet: Dienstag\n\nunsubscribe"),
    "Outlook in French": mail("De : Papers\nsubscribe bees\nunsubscribe"),
    "Outlook in bold": mail("*From:* Papers <digest@example.org>\nsubscribe bees"),
    "Outlook's line": mail("Thanks\n________________________________\nsubscribe bees"),
    "original message": mail("-----Original Message-----\nunsubscribe\nsubscribe bees"),
    "forwarded": mail("Look!\n\n----- Forwarded message ----\nunsubscribe", "Fwd: Papers"),
    "forwarded by Apple": mail("Begin forwarded message:\n\nunsubscribe\nsubscribe bees"),
    "signature": mail("Thanks\n-- \nunsubscribe\nsubscribe to my channel"),
    "below a story": mail("a\nb\nc\nd\nunsubscribe: https://papers.example.org\nsubscribe bees"),
    "HTML Gmail": mail(html=f"<div>Thanks</div>{GMAIL}"),
    "HTML Outlook": mail(html=f"<p>Thanks</p>{OUTLOOK}"),
    "HTML blockquote": mail(html="<blockquote>unsubscribe<br>subscribe bees</blockquote>"),
    "HTML nested": mail(
        html="<blockquote><blockquote>show</blockquote>unsubscribe</blockquote>"
    ),
    "HTML hidden": mail(html="<head><title>unsubscribe</title></head><body>Hi</body>"),
    "HTML script": mail(html="<script>\nsubscribe bees\n</script><p>Hi</p>"),
    "a subject of ours": mail("Thanks", "Re: How to talk to Papers"),
    "another word": mail("resubscribe"),
    "a subscription": mail("My subscription"),
    "begun by a command": mail("Add-on for your reader?\nShow-stopper!\nDigested all of it."),
    "a paper's title": mail("What a paper!", "Fwd: Show, attend and tell"),
}  # fmt: skip


@pytest.mark.parametrize("data", HISTORY.values(), ids=HISTORY.keys())
def test_what_is_quoted_acts_on_nothing(data: bytes) -> None:
    assert asked(data) == []


SUBSCRIBE = [Command("subscribe", "mixture of experts, quantiz*")]
OTHERS = {
    "subscribe": (mail("subscribe mixture of experts, quantiz*"), SUBSCRIBE),
    "subscribe in capitals": (mail("SUBSCRIBE mixture of experts, quantiz*"), SUBSCRIBE),
    "subscribe with a dot": (mail("Subscribe mixture of experts, quantiz*."), SUBSCRIBE),
    "subscribe with a colon": (mail("subscribe: mixture of experts, quantiz*"), SUBSCRIBE),
    "subscribe in bold": (mail("*subscribe* mixture of experts, quantiz*"), SUBSCRIBE),
    "all in bold": (mail("*subscribe mixture of experts, quantiz**"), SUBSCRIBE),
    "a bullet": (mail("* subscribe mixture of experts, quantiz*"), SUBSCRIBE),
    "all in quotes": (mail("“subscribe mixture of experts, quantiz*”"), SUBSCRIBE),
    "NBSP": (mail("subscribe\xa0mixture of\xa0experts,\xa0quantiz*"), SUBSCRIBE),
    "HTML": (mail(html=f"<p>subscribe <b>mixture</b> of experts, quantiz*</p>{GMAIL}"), SUBSCRIBE),
    "above a quote": (mail(f"subscribe mixture of experts, quantiz*\n\n{QUOTED}"), SUBSCRIBE),
    "subject": (mail("", "subscribe mixture of experts, quantiz*"), SUBSCRIBE),
    "subject and a telephone": (
        mail("Sent from my telephone", "subscribe mixture of experts, quantiz*"), SUBSCRIBE),
    "answered subject": (mail("", "Re: subscribe mixture of experts, quantiz*"), SUBSCRIBE),
    "about unsubscribing": (
        mail("add unsubscribe behaviour"), [Command("add", "unsubscribe behaviour")]),
    "several": (
        mail("Add state space models\n\nDEL quantiz*\nThanks, Alice"),
        [Command("add", "state space models"), Command("del", "quantiz*")]),
    "curly quotes": (
        mail("try “tool use” AND agents"), [Command("try", '"tool use" AND agents')]),
    "a quote at the end": (
        mail('Try agents AND "tool use"'), [Command("try", 'agents AND "tool use"')]),
    "quotes in quotes": (mail('"try "tool use""'), [Command("try", '"tool use"')]),
    "a pattern": (mail("add /quanti[sz]e.*/"), [Command("add", "/quanti[sz]e.*/")]),
    "show": (mail("show."), [Command("show")]),
    "show me": (mail("Show me my profile"), [Command("show")]),
    "digest": (mail("Digest, please!"), [Command("digest")]),
    "help": (mail("HELP"), [Command("help")]),
    "help as a subject": (mail("I am lost.", "Re: help"), [Command("help")]),
    "pause": (
        mail("Pause 2026-12-24..2027-01-06."), [Command("pause", "2026-12-24..2027-01-06")]),
}  # fmt: skip


@pytest.mark.parametrize(("data", "expected"), OTHERS.values(), ids=OTHERS.keys())
def test_other_commands_are_read_in_their_spellings(data: bytes, expected: list[Command]) -> None:
    assert asked(data) == expected


ERASE = [
    mail("Best, Alice", "Delete my data"),
    mail("Best,\nAlice", "Re: please delete my data"),
    *(
        mail(f"{line}\n\nAlice")
        for line in (
            "Delete my data, please",
            "please delete my data, thanks",
            "- delete my data.",
            "“Delete my data!”",
            "Delete my data, thank you.",
            "Por favor, borren mis datos",
            "¡Borren mis datos!",
            "Apaguem meus dados, por favor.",
            "Supprimez mes données s'il vous plaît",
            "Supprimez mes données, s’il vous plaît.",
            "Bitte löschen Sie meine Daten, danke",
            "Bitte lo\u0308schen Sie meine Daten",
            "删除我的数据，谢谢",
            "データを削除してください。",
        )
    ),
]


def test_a_wish_to_be_forgotten_is_read_in_its_spellings() -> None:
    assert [asked(data) for data in ERASE] == [[Command("erase")]] * len(ERASE)
    about = mail("add delete my data, machine unlearning")
    assert asked(about) == [Command("add", "delete my data, machine unlearning")]
