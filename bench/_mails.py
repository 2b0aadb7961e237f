"""A hundred mails meant to keep a reader of mail busy, each of about a megabyte where it can be."""

from __future__ import annotations

from base64 import b64encode
from collections.abc import Iterator

_HEAD = "From: a@example.net\nTo: digest@example.org\nMessage-ID: <a@example.net>\n"
_MUCH = 1_000_000


def mails() -> Iterator[tuple[str, bytes]]:
    """Name and bytes of each."""
    for kind in (_lines, _quotes, _fields, _deep, _many, _charsets, _markup, _reports, _signed):
        for name, text in kind():
            yield name, text if isinstance(text, bytes) else text.encode("utf-8", "surrogatepass")


def _mail(body: str, more: str = "", subject: str = "hello") -> str:
    return f"{_HEAD}Subject: {subject}\n{more}\n{body}"


def _html(body: str) -> str:
    return _mail(body, "Content-Type: text/html; charset=utf-8\n")


def _lines() -> Iterator[tuple[str, str]]:
    """Long lines, of what expressions like to backtrack over."""
    for name, piece in {
        "dashes": "-", "underscores": "_", "dots": ".", "blanks": " ", "tabs": "\t", "letters": "a",
        "dashes and blanks": "- ", "colons": ":", "marks": "*", "quotes": '"', "brackets": "[",
        "accents": "a\u0301", "zero width": "\u200b", "right to left": "\u202e", "commas": "x, ",
        "parentheses": "(", "slashes": "/", "Re:": "Re: ", "numbers": "2026-01-01..", "NULs": "\0",
    }.items():  # fmt: skip
        yield f"a line of {name}", _mail(piece * (_MUCH // len(piece.encode())) + "x")
    yield "three thousand dashes", _mail("-" * 3000 + "x")
    for verb in ("add ", "try ", "subscribe ", "pause ", "unsubscribe ", "confirm "):
        yield f"{verb}without end", _mail(verb + "(a AND " * 100_000)
    yield "empty lines", _mail("\n" * _MUCH)
    yield "short lines", _mail("x\n" * (_MUCH // 2))
    yield "carriage returns", _mail("\r" * _MUCH)
    yield "flowed lines", _mail("x \n" * (_MUCH // 3), "Content-Type: text/plain; format=flowed\n")


def _quotes() -> Iterator[tuple[str, str]]:
    yield "quoted deeply", _mail(">" * _MUCH + "\n")
    yield "quoted deeply, many lines", _mail((">" * 500 + " x\n") * 2_000)
    yield "blockquotes", _html("<blockquote>" * 80_000)
    yield "PGP without end", _mail("-----BEGIN PGP SIGNED MESSAGE-----\n" * 28_000)
    yield "subject of replies", _mail("x", subject="Re: " * 200_000)
    yield "subject of brackets", _mail("x", subject="[a" * 400_000)
    yield "subject of tokens", _mail("x", subject="confirm " * 100_000)


def _fields() -> Iterator[tuple[str, str]]:
    """Header floods."""
    yield "a hundred thousand fields", f"{_HEAD}{'X: y' + chr(10)}" * 10_000 + "\nx"
    yield "one long field", _mail("x", f"X-Long: {'a' * _MUCH}\n")
    yield "a folded field", _mail("x", "X-Long: a\n" + " b\n" * 300_000)
    yield "a long name", _mail("x", "X" * _MUCH + ": y\n")
    yield "many Message-IDs", "Message-ID: x\n" * 70_000
    yield "many recipients", "To: " + f"bounce+{'a' * 32}@example.org, " * 20_000 + "\n\nx"
    yield "no blank line", _HEAD + "X: y\n" * 200_000
    yield "many froms", "From: a@example.net\n" * 50_000 + "\nx"
    for name, value in {
        "comments": "(" * 400_000, "open quotes": '"a ' * 300_000, "commas": "," * _MUCH,
        "angles": "<" * _MUCH, "backslashes": '"' + "\\" * _MUCH, "routes": "<@a,@a" * 100_000,
        "many mailboxes": "a@b.c, " * 140_000, "encoded words": "=?utf-8?q?a?= " * 70_000,
        "broken words": "=?" * 400_000, "half words": "=?a?q?" * 150_000,
        "long word": "=?utf-8?b?" + "QUJD" * 200_000 + "?=",
    }.items():  # fmt: skip
        yield f"From of {name}", f"From: {value}\nSubject: {value}\n\nx"
    for name, value in {
        "parameters": "; a=b" * 200_000, "pieces": "; ".join(f"a*{n}*=b" for n in range(90_000)),
        "open quotes": '; a="' * 200_000, "percents": "; boundary*=utf-8''" + "%41" * 300_000,
        "semicolons": ";" * _MUCH, "a long boundary": '; boundary="' + "b" * _MUCH + '"',
    }.items():  # fmt: skip
        yield f"Content-Type of {name}", _mail("x", f"Content-Type: multipart/mixed{value}\n")
    results = "mx.example.org; " + "dkim=pass header.d=example.net; " * 30_000
    yield "results of a server", _mail("x", f"Authentication-Results: {results}\n")


def _deep() -> Iterator[tuple[str, str]]:
    for depth in (20, 1_000, 10_000):
        text = ""
        for n in range(depth):
            text += f'Content-Type: multipart/mixed; boundary="b{n}"\n\n--b{n}\n'
        yield f"{depth} parts in parts", f"{_HEAD}{text}\nx"
        nested = "Content-Type: message/rfc822\n\n" * depth
        yield f"{depth} mails in mails", f"{_HEAD}{nested}\nx"
    same = "Content-Type: multipart/mixed; boundary=b\n\n--b\n" * 10_000
    yield "one boundary for all", f"{_HEAD}{same}x"
    inner = "Subject: x\n\n" + "x" * 900_000
    for _ in range(12):
        inner = f"Content-Type: message/rfc822\n\n{inner}"
    yield "mails in mails around much", f"{_HEAD}{inner}"


def _many() -> Iterator[tuple[str, str]]:
    head = "Content-Type: multipart/mixed; boundary=b\n"
    yield "ten thousand parts", _mail("--b\n\nx\n" * 10_000, head)
    yield "ten thousand texts", _mail("--b\nContent-Type: text/plain\n\nx\n" * 10_000, head)
    yield "ten thousand mails", _mail("--b\nContent-Type: message/rfc822\n\nA: b\n" * 10_000, head)
    yield "boundaries that are none", _mail("--bb\n" * 200_000, head)
    yield "boundaries with blanks", _mail("--b" + " " * 900_000 + "\nx", head)
    yield "parts of one line", _mail("--b\n" * 250_000, head)


def _charsets() -> Iterator[tuple[str, str | bytes]]:
    for name in ("punycode", "idna", "unicode_escape", "utf-7", "utf-16", "iso-2022-jp", "hz",
                 "gb18030", "zlib", "rot13", "x" * 5000, "../../etc/passwd"):  # fmt: skip
        kind = f"Content-Type: text/plain; charset={name}\n"
        yield f"charset {name[:12]}", _mail("a-" * (_MUCH // 2), kind)
    kind = "Content-Type: text/plain; charset=utf-7\n"
    yield "half characters", _mail("+2AA-" * 200_000, kind)
    wide = b64encode(("\u202e" * 400_000).encode("utf-16")).decode()
    kind = "Content-Type: text/plain; charset=utf-16\nContent-Transfer-Encoding: base64\n"
    yield "base64", _mail(wide, kind)
    kind = "Content-Transfer-Encoding: base64\n"
    yield "base64 that is none", _mail("=" * _MUCH, kind)
    kind = "Content-Transfer-Encoding: quoted-printable\n"
    yield "quoted-printable", _mail("=\n" * (_MUCH // 2), kind)
    yield "broken quoted-printable", _mail("=" * _MUCH, kind)
    yield "bytes", _HEAD.encode() + b"\n" + bytes(range(256)) * 4_000


def _markup() -> Iterator[tuple[str, str]]:
    for piece in ("<", "<a ", "<!--", "<!", "<![CDATA[", "<a b='", '<a b="', "</", "&", "&#", "<?",
                  "<style>", "<title>", "<p>", "<body><head>", "&#99999999999"):  # fmt: skip
        yield f"HTML of {piece}", _html(piece * (_MUCH // len(piece)))
    yield "HTML of a number", _html("&#" + "9" * 900_000 + ";")


def _reports() -> Iterator[tuple[str, str]]:
    head = "Content-Type: multipart/report; report-type=delivery-status; boundary=b\n"
    status = "--b\nContent-Type: message/delivery-status\n\n"
    block = "Final-Recipient: rfc822; a@example.net\nAction: failed\nStatus: 5.1.1\n\n"
    yield "a report of many", _mail(status + block * 12_000, head)
    yield "a report of blank lines", _mail(status + "\n" * 900_000, head)
    said = f"Status: 5.0.0\nAction: failed\nDiagnostic-Code: {'5.1.1 ' * 150_000}\n"
    yield "a long diagnosis", _mail(status + said, head)
    ids = f"<{'0' * 32}@example.org> " * 20_000
    yield "a report of Message-IDs", _mail(f"--b\n\n{ids}", head)
    yield "a report of signs", _mail("@" * _MUCH, head)
    mute = "--b\nContent-Type: message/delivery-status\n\n" + "Action: f\n\n" * 1_000
    told = "--b\n\n" + ("y" * 1_990 + "\n") * 15
    yield "a report of mute recipients", _mail(told + mute, head)
    yield "mute recipients in many parts", _mail(told + mute * 80, head)
    said = "Action: f\nDiagnostic-Code: " + "user " * 390 + "\n\n"
    yield "a report of talkative recipients", _mail(told + status + said * 500, head)
    name = "\u00e4" * 50 + "\u5b57." + "\u00f6" * 50
    said = "".join(f"Action: f\nFinal-Recipient: rfc822; {n}@{n}{name}\n\n" for n in range(3_000))
    yield "a report of foreign recipients", _mail(status + said, head)
    daemon = "From: MAILER-DAEMON@example.net\nSubject: failure notice\n\n"
    yield "a report of addresses", daemon + "a@b.c " * 160_000
    yield "a report of foreign addresses", daemon + "user unknown " + f"a@{name} " * 4_000
    yield "a report of words", daemon + "user unknown mailbox full " * 38_000
    kind = "Content-Type: multipart/report; report-type=feedback-report; boundary=b\n"
    feedback = "--b\nContent-Type: message/feedback-report\n\n" + "a: b\n" * 180_000
    yield "feedback", _mail(feedback, kind)


def _signed() -> Iterator[tuple[str, str]]:
    kind = "Content-Type: application/pkcs7-mime\nContent-Transfer-Encoding: base64\n"
    start = bytes.fromhex("3080060b2a864886f70d010702a080")
    for name, data in {
        "endless values": b"\x30\x80" * 300_000, "long lengths": b"\x30\x84\xff\xff\xff" * 9_000,
        "octets in octets": start + b"\x24\x80" * 300_000, "zeros": b"\0" * 700_000,
    }.items():  # fmt: skip
        yield f"S/MIME of {name}", _mail(b64encode(data).decode(), kind)
