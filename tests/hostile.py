"""Texts that no feed should send and some do: markup, forged headers, broken Unicode, templates."""

from __future__ import annotations

from itertools import product

from hypothesis import strategies as st

#: Whatever a text may be made of.  What the library draws from unless it is asked for is the same,
#: found by encoding each of a million characters: three seconds in each fresh copy of the code.
ANY = st.characters(exclude_categories=["Cs"])

_SCRIPTS = (
    "alert(1)",
    "alert`1`",
    "fetch('//x.example.net')",
    "document.location='https://x.example.net/'",
)
_MARKUP = (
    "<script>{0}</script>",
    "<SCRIPT SRC=https://x.example.net/x.js></SCRIPT>{0}",
    "<img src=x onerror={0}>",
    "<img/src=`x`onerror={0}>",
    "<svg onload={0}>",
    "<svg><animate onbegin={0} attributeName=x>",
    "<body onload={0}>",
    "<a href='javascript:{0}'>a</a>",
    "<a href='  java\nscript:{0}'>a</a>",
    "<iframe srcdoc='<script>{0}</script>'>",
    "<math><mtext></p><script>{0}</script>",
    "<style>*{{background:url(javascript:{0})}}</style>",
    "<div style='width:expression({0})'>",
    "<table><td background='javascript:{0}'>",
    "<meta http-equiv=refresh content='0;url=javascript:{0}'>",
    "<form action=https://x.example.net><button>{0}",
    "<object data='data:text/html,<script>{0}</script>'>",
    "<noscript><p title='</noscript><img src=x onerror={0}>'>",
    "<details open ontoggle={0}>",
    "<!--><script>{0}</script>-->",
    "<![CDATA[<script>{0}</script>]]>",
    "<template><script>{0}</script></template>",
    "</title><script>{0}</script>",
    "</style><script>{0}</script>",
    "</td></tr></table><script>{0}</script>",
    "<plaintext>{0}",
    "<isindex type=image src=1 onerror={0}>",
    "&lt;script&gt;{0}&lt;/script&gt;",
    "&#60;script&#62;{0}&#60;/script&#62;",
    "\\x3cscript\\x3e{0}",
    "\u003cscript\u003e{0}",
    "＜script＞{0}＜/script＞",
)
_BREAKOUTS = ("", '"', "'", "`", '">', "'>", "-->", "]]>", "*/", "}}", "%}", "\0", "\\", "&quot;")

_HEADERS = (
    "Title\r\nBcc: everyone@example.net",
    "Title\nBcc: everyone@example.net",
    "Title\rBcc: everyone@example.net",
    "Title\r\n\r\n<script>alert(1)</script>",
    "Title\r\n Bcc: folded@example.net",
    "Title\u2028Bcc: everyone@example.net",
    "Title\u0085Bcc: everyone@example.net",
    "Title\x0bBcc: everyone@example.net",
    "Title\x0cBcc: everyone@example.net",
    "Title\x1cBcc: everyone@example.net",
    "A 💩 =?UTF-8?Q?=0A?=Bcc: everyone@example.net",
    "A 💩 =?UTF-8?Q?=0D=0A?=Bcc: everyone@example.net",
    "=?UTF-8?B?DQpCY2M6IHhAZXhhbXBsZS5uZXQ=?=",
    "=?utf-8?q?a?= =?utf-8?q?=0d=0aBcc:_x@example.net?=",
    "é =?UTF-8?B?CkJjYzogeEBleGFtcGxlLm5ldA==?= é",
    "=?unknown?q?=41?=",
    "=?utf-8?b?!!!!?=",
    "Ends in a line\n",
    "Ends in a line\r\n",
    "\nBegins with one",
    "--boundary",
    "--=_0\r\nContent-Type: text/html\r\n\r\nhello",
    ".",
    "..",
    "\r\n.\r\nMAIL FROM:<x@example.net>",
    "From someone Thu Jan  1 00:00:00 1970",
    ">From",
    "x" * 2000,
    "é" * 2000,
    "💩" * 700,
    "word " * 500,
    ", ; : < > ( ) [ ] @ \\",
    '"quoted" \\"',
    "name <x@example.net>, other <y@example.net>",
)
_UNICODE = (
    "",
    " ",
    "\u00a0",
    "\u200b",
    "\ufeff",
    "\ufffe\uffff",
    "\ud800",
    "\udfff\ud800",
    "a\ud83db",
    "\x00",
    "\x1b[31mred\x1b[0m",
    "\x7f\x80\x9f",
    "\u202egnp.exe",
    "\u2066\u2067\u2068 never closed",
    "\u2069\u2069\u202c closed twice",
    "אבג\u202eabc",
    "z̴̡̢̛͚̗͖̣a̷̡̛̗̙̲͈l̵̢̧̛̳͎g̶̢̛̖̣ǫ̵̛̗͈",
    "👨‍👩‍👧‍👦🏳️‍🌈",
    "ﷺ" * 40,
    "İıŞş ﬁ ẞ ß Ǆ",
    "日本語" * 200,
    "ا" * 400,
    "a\u0301" * 300,
    "\U000e0041\U000e0042",
    "ﾊﾝｶｸ ＦＵＬＬ",
    "\t\ttabs\t",
)
_TEMPLATES = (
    "{{7*7}}",
    "{{ paper.__class__.__mro__ }}",
    "{% for x in (1,2) %}x{% endfor %}",
    "{# gone? #}",
    "{{ ''.__class__ }}",
    "${7*7}",
    "<%= 7*7 %>",
    "#{7*7}",
    "jinja0z",
    "<!--jinja0z-->",
    "%s %d %(x)s",
    "{0} {name}",
    "$(reboot) `reboot`",
    "/etc/passwd",
    "file:///etc/passwd",
    "../../../../etc/hosts",
    "'; DROP TABLE papers; --",
    "NULL",
    "-1",
    "1e999",
    "NaN",
    "<unk>",
    "List<Map<K, V>>",
    "a < b && c > d",
    "a<b>c",
    "https://example.org/a<b>",
)

ADDRESSES = (
    "javascript:alert(1)",
    "JaVaScRiPt:alert(1)",
    " javascript:alert(1)",
    "java\tscript:alert(1)",
    "data:text/html,<script>alert(1)</script>",
    "vbscript:msgbox(1)",
    "file:///etc/passwd",
    "ftp://example.org/x",
    "//example.net/x",
    "/relative",
    "relative",
    "",
    "https://",
    "http:///path",
    "https://user:secret@example.net/",
    "https://example.org\\@example.net/",
    "https://example.org:99999999/",
    "https://exa mple.org/",
    "https://example.org/\r\nBcc: x@example.net",
    "https://[::1",
    "https://" + "a" * 5000 + ".example.org/",
    "https://example.org/" + "a" * 5000,
    "https://example.org/\ud800",
    "https://xn--\ud800.example.org/",
    "cid:part1",
    "mailto:x@example.net",
    "about:blank",
    "\x00https://example.org/",
)

TEXTS: tuple[str, ...] = (
    *(markup.format(_SCRIPTS[0]) for markup in _MARKUP),
    *(lead + _MARKUP[n % len(_MARKUP)].format(_SCRIPTS[1]) for n, lead in enumerate(_BREAKOUTS)),
    *_HEADERS,
    *_UNICODE,
    *_TEMPLATES,
    *ADDRESSES,
)


def many() -> list[str]:
    """More than ten thousand titles: each way in, each way out, each payload, each forged end."""
    marked = [
        lead + markup.format(script) + tail
        for lead, markup, script, tail in product(
            _BREAKOUTS, _MARKUP, _SCRIPTS, ("", *_HEADERS[:5])
        )
    ]
    return [*TEXTS, *marked]
