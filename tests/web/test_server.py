"""The commands that offer the pages."""

from __future__ import annotations

import socket
from pathlib import Path
from urllib.request import urlopen

import pytest
from click.testing import CliRunner

from digest.cli import main
from digest.config import Web
from digest.errors import DigestError
from digest.web.server import beside, listen, operator_link

from ..sites import laid_out

CONFIG = """
database: sqlite:///digest.db
profiles: profiles/
listings:
  saved: {kind: listing, path: "saved/{day}.txt"}
mail: {from: digest@example.org, sender: folder, folder: outbox/}
web: {port: 8123}
"""


def test_the_operators_link_is_printed(tmp_path: Path) -> None:
    (tmp_path / "config.yaml").write_text(CONFIG)
    here = CliRunner().invoke(main, ["-c", str(tmp_path / "config.yaml"), "web", "--link"])
    assert here.output == "http://127.0.0.1:8123/operator/here\n"

    public = CONFIG.replace("port: 8123", 'base_url: "https://digest.example.org"')
    (tmp_path / "config.yaml").write_text(public)
    there = CliRunner().invoke(main, ["-c", str(tmp_path / "config.yaml"), "web", "--link"])
    assert there.output.startswith("https://digest.example.org/operator/")
    assert "here" not in there.output


def test_the_pages_are_there_as_long_as_the_clock_ticks(tmp_path: Path) -> None:
    with socket.create_server(("127.0.0.1", 0)) as free:
        port = free.getsockname()[1]
    settings = Web(host="127.0.0.1", port=port, base_url="")
    with laid_out(tmp_path) as site:
        said: list[str] = []
        with beside(site.app, settings, said.append):
            assert said == [
                f"pages: http://127.0.0.1:{port} (yours, as the operator: digest web --link)"
            ]
            with urlopen(f"http://127.0.0.1:{port}/healthz") as answer:
                assert answer.read() == b"alive\n"
        with pytest.raises(OSError, match="refused"):
            urlopen(f"http://127.0.0.1:{port}/healthz")
        assert operator_link(site.app, settings) == f"http://127.0.0.1:{port}/operator/here"


def test_an_address_that_is_taken_stops_no_mail(tmp_path: Path) -> None:
    said: list[str] = []
    with socket.create_server(("127.0.0.1", 0)) as taken, laid_out(tmp_path) as site:
        port = taken.getsockname()[1]
        site.app.report_trouble = said.append
        with beside(site.app, Web(host="127.0.0.1", port=port, base_url="")):
            pass
        assert said == [
            f"web: 127.0.0.1:{port}: address already in use; no pages are offered, but mail goes:"
            " where another digest serve has them, both share the database and mail nothing twice"
        ]
        with pytest.raises(DigestError, match="address already in use"):
            listen(site.app, host="127.0.0.1", port=port)
