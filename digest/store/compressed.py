"""Documents of the same kind as compressed JSON, which does without the words that all have."""

from __future__ import annotations

import json
import zlib
from typing import Any

# Never changed: what is stored was written with it.  The words of an issue, as JSON has them, the
# most frequent ones last.
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


def compress(document: Any) -> bytes:
    """Return a document of JSON values in some bytes."""
    return compress_text(json.dumps(document, separators=(",", ":")).encode())


def compress_text(text: bytes) -> bytes:
    """Return the JSON of a document in some bytes."""
    press = zlib.compressobj(wbits=-zlib.MAX_WBITS, zdict=_WORDS)
    return press.compress(text) + press.flush()


def expand(data: bytes) -> Any:
    """Return the document in these bytes; raises ValueError if they are damaged."""
    return json.loads(text_in(data))


def text_in(data: bytes) -> bytes:
    """Return the JSON of the document in these bytes; raises ValueError if they are damaged."""
    try:
        return zlib.decompressobj(-zlib.MAX_WBITS, _WORDS).decompress(data)
    except zlib.error as error:
        raise ValueError(f"no document: {error}") from error
