"""A stand-in for Hugging Face on loopback, from which every day gets the same papers."""

from __future__ import annotations

import json
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

TITLES = ("Sparse Training of Mosses", "On Bees", "Reuse of a KV Cache", "Birds in Winter")


@contextmanager
def stand_in() -> Iterator[str]:
    """A server that answers every day with four papers, as Hugging Face's API does."""

    class Answer(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            papers = [
                {"paper": {"id": f"2603.{n:05d}", "title": title, "summary": f"{title}, in short."}}
                for n, title in enumerate(TITLES, 1)
            ]
            body = json.dumps(papers).encode()
            self.send_response(200)
            self.send_header("Content-Type", "application/json")
            self.send_header("Content-Length", str(len(body)))
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            """Say nothing."""

    with ThreadingHTTPServer(("127.0.0.1", 0), Answer) as server:
        threading.Thread(target=server.serve_forever, daemon=True).start()
        yield f"http://127.0.0.1:{server.server_address[1]}"
        server.shutdown()
