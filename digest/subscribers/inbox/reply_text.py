"""Read the lines that a person wrote themselves, without what they quoted and their signature.

``format=flowed`` is joined (RFC 3676), signed text is read as its text, a page as what it shows.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Iterator

from . import hypertext, smime
from .limits import MAX_LINE_LENGTH, MAX_LINES, MAX_MESSAGE_SIZE, Work
from .mime import MESSAGES, Part, parse

#: Signed data nested deeper than this is an attack.
_MOST_ENVELOPES = 3

_SMIME = frozenset({"application/pkcs7-mime", "application/x-pkcs7-mime"})

_COLONS = ":\uff1a"

#: How greetings begin, and how many words the longest has: "Dear Sir or Madam:".
_GREETING = (
    *("hello", "hi", "hey", "dear", "good", "greetings", "hallo", "liebe", "sehr", "guten", "moin"),
    *("bonjour", "bonsoir", "cher", "chère", "madame", "monsieur", "messieurs", "salut", "hola"),
    *("buen", "estimad", "querid", "olá", "prezad", "car", "bom", "boa", "ciao", "buon", "gentil"),
    *("egregi", "salve", "salutare", "bună", "stimat", "beste", "geachte", "goede", "hej", "hei"),
    *("kära", "kære", "kjære", "hyvä", "tere", "dzień", "szanown", "witam", "dobr", "vážen"),
    *("poštovan", "tisztelt", "kedves", "здравств", "добр", "уважаем", "привет", "шанов"),
    *("γεια", "αγαπητ", "merhaba", "sayın", "selam", "שלום", "مرحبا", "السلام", "سلام", "नमस्ते"),
    *("halo", "selamat", "xin", "kính", "สวัสดี", "您好", "你好", "尊敬", "こんにちは", "안녕"),
)
_LONGEST_GREETING = 6

#: How many of the writer's own lines are read.
_MOST_OWN = 400

#: Outlook quotes without a mark, below a block of headers: "From: …", "Von: …", "De : …".
_QUOTED_FIELDS = frozenset(
    {"From", "Von", "De", "Da", "Van", "Från", "Fra", "Od", "От", "发件人", "寄件者", "差出人"}
    | {"보낸 사람", "Kimden", "מאת", "من", "Lähettäjä", "Feladó", "Από", "Від", "寄件人"}
)


def own_lines(message: Part, work: Work) -> Iterator[str]:
    """Yield the lines that the writer wrote, as a person sees them, up to the quotation."""
    is_first = True
    for number, line in enumerate(_text(message, work).splitlines()):
        bare = seen(line[:MAX_LINE_LENGTH])
        if number >= _MOST_OWN or (_ends(bare) and not (is_first and _is_greeting(bare))):
            return
        if bare:
            is_first = False
            yield bare


def _is_greeting(bare: str) -> bool:
    """Return whether a line that ends in a colon greets, as "Hola:" and "Dear all:" do."""
    word = bare.split()[0].casefold() if len(bare.split()) <= _LONGEST_GREETING else ""
    has_address = "@" in bare or any(c.isdecimal() for c in bare)
    return bare[-1:] in tuple(_COLONS) and not has_address and word.startswith(_GREETING)


def _ends(bare: str) -> bool:
    """Return whether the quotation begins here, in any language of the mail program."""
    if bare.startswith((">", "_" * 8)) or bare == "--":
        return True
    if bare.startswith("---") and bare.endswith("---") and len(bare) >= 6:
        return True
    return (1 < len(bare) <= 202 and bare[-1] in _COLONS) or _is_quoted_field(bare)


def _is_quoted_field(bare: str) -> bool:
    text = bare.removeprefix("*").replace("\uff1a", ":", 1)
    name, colon, rest = text.partition(":")
    if not colon:
        return False
    if name.rstrip() in _QUOTED_FIELDS:
        return True
    value = rest.removeprefix("*")
    is_one_word = 1 <= len(name.rstrip()) <= 12 and len(name.split()) == 1
    return is_one_word and value[:1].isspace() and "@" in value


def seen(line: str) -> str:
    """Return a line as a person sees it: without invisible characters, blanks as one space."""
    if line.isascii() and line.isprintable():
        return " ".join(line.split())
    shown = "".join(c for c in line if c.isspace() or not _is_unseen(c))
    return " ".join(unicodedata.normalize("NFC", shown).split())


#: Controls, marks of direction, surrogates.
_UNSEEN = frozenset({"Cf", "Cc", "Cs"})
#: Letters and marks that show nothing: fillers, joiners, variation selectors.
_BLANKS = frozenset("\u034f\u115f\u1160\u17b4\u17b5\u2800\u3164\uffa0") | frozenset(
    map(chr, (*range(0x180B, 0x180E), *range(0xFE00, 0xFE10)))
)


def _is_unseen(c: str) -> bool:
    return (not c.isascii() and c in _BLANKS) or unicodedata.category(c) in _UNSEEN


def _text(message: Part, work: Work, envelopes: int = 0) -> str:
    """Return what a person would read: the plain part, else the text of the HTML part."""
    found: dict[str, Part] = {}
    for part in _shown_parts(message):
        if part.type in _SMIME and envelopes < _MOST_ENVELOPES:
            if inside := smime.content(part.content(work, MAX_MESSAGE_SIZE)):
                return _text(parse(inside, work), work, envelopes + 1)
        elif not part.is_attachment:
            found.setdefault(part.type, part)
    plain = _plain(found["text/plain"], work) if "text/plain" in found else ""
    if plain.strip() or "text/html" not in found:
        return plain
    html = found["text/html"].text(work)
    work.spend(len(html))
    return hypertext.shown(html)


def _shown_parts(part: Part) -> Iterator[Part]:
    """Yield the parts of a message, but not those of attached messages."""
    if part.type in MESSAGES:
        return
    yield part
    for each in part.parts:
        yield from _shown_parts(each)


def _plain(part: Part, work: Work) -> str:
    text = smime.clear(part.text(work))
    work.spend(len(text))
    if part.parameters.get("format", "").lower() == "flowed":
        return "\n".join(_flowed(text, part.parameters.get("delsp", "").lower() == "yes"))
    return text


def _flowed(text: str, deletes_space: bool) -> Iterator[str]:
    """Join the lines that a program has broken (RFC 3676 §4): each of those ends in a space."""
    paragraph: list[str] = []
    for line in text.splitlines()[:MAX_LINES]:
        is_quoted = line.startswith(">")
        bare = line if is_quoted else line.removeprefix(" ")
        if paragraph and (is_quoted or bare == "-- "):
            yield "".join(paragraph)
            paragraph = []
        if is_quoted or bare == "-- " or not bare.endswith(" "):
            yield "".join([*paragraph, bare])
            paragraph = []
        else:
            paragraph.append(bare[:-1] if deletes_space else bare)
    if paragraph:
        yield "".join(paragraph)
