"""Decode bytes to text, by the charsets and encodings that mail programs name.

Only charsets that decode in linear time are known: ``punycode`` and ``idna`` do not, and
``unicode_escape`` is no charset.
"""

from __future__ import annotations

from binascii import a2b_base64, a2b_qp
from encodings.aliases import aliases

_NO_CHARSETS = frozenset(
    {"base64_codec", "bz2_codec", "hex_codec", "quopri_codec", "rot_13", "uu_codec", "zlib_codec"}
    | {"mbcs", "idna", "punycode", "unicode_escape", "raw_unicode_escape", "undefined"}
)
_WITHOUT_ALIAS = frozenset({"utf_8_sig", "cp737", "cp856", "cp874", "cp875", "koi8_t", "koi8_u"})
_CHARSETS = (frozenset(aliases.values()) | _WITHOUT_ALIAS) - _NO_CHARSETS

#: Names that mail programs write, and the charset that they mean.
_MEANT = {
    "ascii": "utf_8",
    "gb2312": "gb18030",
    "gbk": "gb18030",
    "euc_kr": "cp949",
    "shift_jis": "cp932",
    "x_sjis": "cp932",
    "latin_1": "cp1252",
    "iso_8859_8_i": "iso8859_8",
    "iso_8859_8_e": "iso8859_8",
    "windows_874": "cp874",
    "x_gbk": "gb18030",
    "x_euc_jp": "euc_jp",
}

_ALPHABET = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/"
_NOT_BASE64 = bytes(set(range(256)) - set(_ALPHABET))


def text_from(data: bytes, charset: str = "") -> str:
    """Decode bytes; replace those that mean nothing, and guess where the charset is unknown."""
    name = charset.strip().strip("\"'").lower()[:40].replace("-", "_").replace(" ", "_")
    name = aliases.get(name, name)
    name = _MEANT.get(name, name)
    if name not in _CHARSETS or name == "utf_8":
        return _guessed(data)
    text = data.decode(name, "replace")
    # UTF-7 can encode half a surrogate pair, which no database accepts.
    return text.encode("utf-16", "surrogatepass").decode("utf-16", "replace")


def _guessed(data: bytes) -> str:
    try:
        return data.decode("utf-8")
    except UnicodeDecodeError:
        return data.decode("cp1252", "replace")


def unwrapped(body: bytes, encoding: str) -> bytes:
    """Return a body without its transfer encoding, as far as it can be decoded."""
    name = encoding.strip().lower()
    if name == "base64":
        return from_base64(body)
    return a2b_qp(body) if name == "quoted-printable" else body


def from_base64(body: bytes) -> bytes:
    """Decode base64; ignore all bytes outside its alphabet."""
    signs = body.partition(b"=")[0].translate(None, _NOT_BASE64)
    whole = len(signs) - (len(signs) % 4 == 1)
    return a2b_base64(signs[:whole] + b"=" * (-whole % 4))
