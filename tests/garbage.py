"""What comes with status 200 instead of a listing: every one of it has been seen in the wild."""

from __future__ import annotations

import bz2
import gzip
import pickle
import random
import zlib

from .extent import number

_PAGE = (
    "<!DOCTYPE html><html><head><title>{0}</title></head><body><h1>{0}</h1><p>{1}</p></body></html>"
)


_RSS = b'<rss version="2.0"><channel>%s</channel></rss>'


def _page(title: str, text: str = "Please try again.") -> bytes:
    return _PAGE.format(title, text).encode()


GARBAGE: dict[str, bytes] = {
    "nothing": b"",
    "blanks": b" \r\n\t \n",
    "a byte order mark": b"\xef\xbb\xbf",
    "zeros": bytes(1000),
    "noise": random.Random(1).randbytes(5000),
    "high noise": bytes(random.Random(2).choices(range(128, 256), k=5000)),
    "a login page": _page("Sign in", "<form><input name=user></form>"),
    "a captcha": _page("Are you a robot?", "<script src=x></script>"),
    "a challenge": _page("Just a moment...", "Checking your browser before you proceed."),
    "a consent page": _page("Before you continue"),
    "an error page": _page("502 Bad Gateway", "<hr><center>nginx</center>"),
    "a parked domain": _page("This domain is for sale"),
    "a maintenance page": _page("Scheduled maintenance"),
    "a page in old HTML": b"<HTML><BODY BGCOLOR=#ffffff>Moved</BODY></HTML>",
    "a page in XHTML": b'<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml"><body/></html>',
    "a page in UTF-16": _page("Sign in").decode().encode("utf-16"),
    "a fragment": b"<div>Oops</div>",
    "an unclosed page": b"<html><body><p>Half a",
    "a page of a feed": b'<html><link rel="alternate" type="application/rss+xml" href="/"></html>',
    "a page of papers": _page("Daily Papers", '<div data-target="Other" data-props="[]"></div>'),
    "a page with broken props": b'<div data-target="DailyPapers" data-props="{&quot;daily"></div>',
    "a directory listing": _page("Index of /"),
    "a rate limit": b"Rate exceeded.",
    "a refused connection": b"Error : (2002) Connection refused",
    "too many connections": b"Too many connections",
    "a stack trace": b"Traceback (most recent call last):\n  File x, line 1\nKeyError: 'x'\n",
    "a database error": b"Warning: mysqli_connect(): (HY000/1040) in /var/www/x.php on line 3",
    "a number": b"42",
    "a JSON null": b"null",
    "a JSON truth": b"true",
    "a JSON text": b'"papers"',
    "a JSON error": b'{"error": "Internal error"}',
    "a JSON problem": b'{"type": "about:blank", "title": "Forbidden", "status": 403}',
    "an empty JSON object": b"{}",
    "a JSON object of other things": b'{"items": 3, "version": "1", "messages": {}}',
    "a JSON list of numbers": b"[1, 2, 3]",
    "a JSON list of lists": b"[[[]], [[]]]",
    "a JSON list of other objects": b'[{"id": 1}, {"id": 2}]',
    "JSON with a trailing comma": b'[{"paper": {"id": "2510.00001", "title": "T"}},]',
    "JSON with single quotes": b"[{'paper': {'id': '2510.00001'}}]",
    "JSON with a NaN": b'[{"paper": {"id": "2510.00001", "title": "T", "upvotes": NaN}}]',
    "JSON with an infinity": b'[{"paper": {"id": "2510.00001", "title": "T", "upvotes": 1e999}}]',
    "JSON with a vast integer": b'[{"paper": {"title": "T", "upvotes": ' + b"9" * 5000 + b"}}]",
    "JSON nested deep": b"[" * 100_000,
    "JSON nested deep and closed": b'{"a":' * 50_000 + b"1" + b"}" * 50_000,
    "JSON cut short": b'[{"paper": {"id": "2510.00001", "ti',
    "JSON after a guard": b')]}\',\n[{"paper": {}}]',
    "JSON lines": b'{"a": 1}\n{"a": 2}\n',
    "JSON in a callback": b'callback([{"paper": {}}]);',
    "a sitemap": b'<urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9"><url/></urlset>',
    "an outline": b'<opml version="2.0"><head/><body><outline text="x"/></body></opml>',
    "a picture in XML": b'<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>',
    "a SOAP fault": b'<s:Envelope xmlns:s="http://schemas.xmlsoap.org/soap/envelope/"/>',
    "a cloud's XML error": b"<?xml version='1.0'?><Error><Code>AccessDenied</Code></Error>",
    "an empty rss element": b'<rss version="2.0"></rss>',
    "an arXiv error feed": _RSS % b"<title>Feed error for query: x</title><link>/</link>",
    "an arXiv error entry": b'<feed xmlns="http://www.w3.org/2005/Atom"><id>https://arxiv.org/</id><entry>'
    b"<id>https://arxiv.org/api/errors#x</id><title>Error</title></entry></feed>",
    "a feed cut short": b'<rss version="2.0"><channel><title>T</title><item><link>https://x.exam',
    "a feed that fails inside": b'<rss version="2.0"><channel><title>T</title>\nFatal: no memory',
    "XML declared and nothing else": b'<?xml version="1.0" encoding="UTF-8"?>',
    "a PDF": b"%PDF-1.7\n%\xe2\xe3\xcf\xd3\n1 0 obj\n<< /Type /Catalog >>\nendobj\n",
    "a PNG": b"\x89PNG\r\n\x1a\n\x00\x00\x00\rIHDR",
    "a ZIP": b"PK\x03\x04\x14\x00\x00\x00\x08\x00" + bytes(50),
    "gzip": gzip.compress(b"papers"),
    "zlib": zlib.compress(b"papers"),
    "bzip2": bz2.compress(b"papers"),
    "a pickle": pickle.dumps([1, 2]),
    "a program": b"\x7fELF\x02\x01\x01" + bytes(60),
    "a shell script": b"#!/bin/sh\necho papers\n",
    "YAML": b"papers:\n  - title: A\n",
    "CSV": b"id,title\n1,A\n",
    "a mail": b"From: a@example.org\r\nSubject: papers\r\n\r\nNone.\r\n",
    "an answer in an answer": b"HTTP/1.1 200 OK\r\nContent-Type: text/html\r\n\r\n<html></html>",
    "a robots file": b"User-agent: *\nDisallow: /\n",
    "prose": b"The quick brown fox jumps over the lazy dog. " * 50,
    "one vast line": b"a" * 1_000_000,
    "many short lines": b"a\n" * 100_000,
    "many open tags": b"<div>" * number(5_000, whole=20_000),
    "many open brackets": b"<![CDATA[" * 10_000,
}  # fmt: skip

assert len(GARBAGE) >= 60
