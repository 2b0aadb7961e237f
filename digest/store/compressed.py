"""Documents of the same kind as compressed JSON, which does without the words that all have."""

from __future__ import annotations

import json
import zlib
from typing import Any

# Neither is ever changed: what is stored was written with it.  The words of an issue, as JSON has
# them, the most frequent ones last; first where each value has its name.
_WORDS = (
    b'"welcome":{"schedule":{"at":"07:30","days":["mon","tue","wed","thu","fri"],"timezone":"UTC"},'
    b'"quiet":"nothing","is_reminder":false},"verdict":"partial","verdict":"quiet","withdrawn",'
    b'"detail":"v1 \\u2192 v2","change":"revised","change":"cross","locale":"de","overflow",'
    b'"field":"author","field":"category","upvotes":0,"waited":"2026-01-01",'
    b'{"day":"2026-01-01","made_at":"2026-01-01T06:30:00Z","sections":[{"profile":"~1.1","title":"'
    b'","entries":[{"match":{"score":1,"reasons":[],"paper":1},"change":"new","detail":"",'
    b'"listings":["arxiv"],"also_in":[],"upvotes":null,"rise":0,"waited":null}],"more":[{"match":'
    b'{"score":2,"reasons":[{"label":"a OR b","points":1,"hits":[{"field":"title","start":1,'
    b'"end":2}],"rare":null}],"paper":1}],"waiting":[],"whole":2,"brief":4,"counts":[["a",1]],'
    b'"cuts":[]}],"receipts":[{"listing":"arxiv","verdict":"fresh","day":"2026-01-01",'
    b'"entries":1,"skipped":0,"new":1,"late":0,"matched":1,"batch":null,"error":"","since":null,'
    b'"unread":[],"holes":[],"partial":[]}],"pool":1,"welcome":null,"locale":"en"}'
    b'},{"match":{"score":4,"reasons":[{"label":"","points":2,"hits":[{"field":"abstract",'
    b'"start":100,"end":200},{"field":"abstract","start":1000,"end":1010}],"rare":null},{"label":"'
    b'","points":1,"hits":[{"field":"abstract","start":500,"end":510}],"rare":null}],"paper":1000},'
    b'"change":"new","detail":"","listings":["arxiv"],"also_in":[],"upvotes":null,"rise":0,'
    b'"waited":null}'
)


# As issues are packed now, where what is said of a paper is a row.
_WORDS_OF_ROWS = (
    b'"welcome":{"schedule":{"at":"07:30","days":["mon","tue","wed","thu","fri"],"timezone":"UTC"},'
    b'"quiet":"nothing","is_reminder":false},"verdict":"partial","verdict":"quiet",'
    b'"change":"withdrawn",{"change":"revised","detail":"v1 \\u2192 v2"}],{"change":"cross"}],'
    b'"also_in":["{"upvotes":1,"rise":1}],{"upvotes":1}],{"waited":"2026-01-01"}],0+10 c0+5"o0+"m0+'
    b'10",[1,"t10+10 a10+10 a100+10 a1000+10",2,"t20+5 a200+7 a300+8",3,"n100+12",4,"a400+4 a500+6 '
    b'a600+9"]],],"more":[[],"locale":"de"{"sections":[{"profile":"~1.1","title":"","whole":15,"bri'
    b'ef":0,"whole":2,"brief":4,"counts":[["a",1]],"cuts":[],"entries":[[100,3,0,[0,"a100+6"]],[200'
    b',2,0,[1,"a700+7"]],[300,1,0,[0,"a800+8",2,"a900+9"]],"more":[],"waiting":[]}],"day":"2026-01-'
    b'01","made_at":"2026-01-01T06:30:00Z","receipts":[{"listing":"arxiv","verdict":"fresh","day":"'
    b'2026-01-01","entries":1,"skipped":0,"new":1,"late":0,"matched":1,"batch":null,"error":"","sin'
    b'ce":null,"unread":[],"holes":[],"partial":[]}],"pool":1,"welcome":null,"locale":"en","reasons'
    b'":[["a OR b",1,null],["",2,null],["",3,null]],"listings":[["arxiv"]]}'
)

#: Before what was compressed with the words of rows; DEFLATE never begins so.
_OF_ROWS = b"\x06"


def compress(document: Any) -> bytes:
    """Return a document of JSON values, each with its name, in some bytes."""
    return _pressed(json.dumps(document, separators=(",", ":")).encode(), _WORDS)


def compress_rows(text: bytes) -> bytes:
    """Return the JSON of an issue that is packed as rows in some bytes."""
    return _OF_ROWS + _pressed(text, _WORDS_OF_ROWS)


def _pressed(text: bytes, words: bytes) -> bytes:
    press = zlib.compressobj(wbits=-zlib.MAX_WBITS, zdict=words)
    return press.compress(text) + press.flush()


def expand(data: bytes) -> Any:
    """Return the document in these bytes; raises ValueError if they are damaged."""
    return json.loads(text_in(data))


def text_in(data: bytes) -> bytes:
    """Return the JSON of the document in these bytes; raises ValueError if they are damaged."""
    is_of_rows = data.startswith(_OF_ROWS)
    words, data = (_WORDS_OF_ROWS, data[1:]) if is_of_rows else (_WORDS, data)
    try:
        return zlib.decompressobj(-zlib.MAX_WBITS, words).decompress(data)
    except zlib.error as error:
        raise ValueError(f"no document: {error}") from error
