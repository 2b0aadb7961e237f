"""OPML of several readers becomes listings that the configuration takes."""

from __future__ import annotations

from pathlib import Path

import pytest
from click.testing import CliRunner

from digest.cli import main
from digest.config import load
from digest.errors import SourceError
from digest.listings.opml import listings_of, subscriptions, yaml_of

from ..tables import table

OPML = """<?xml version="1.0" encoding="UTF-8"?>
<opml version="2.0"><head><title>Subscriptions</title></head><body>
<outline text="Journals" title="Journals">
  <outline type="rss" text="Nature" title="Nature &amp; more: “Research”"
    xmlUrl="https://www.nature.com/nature.rss" htmlUrl="https://www.nature.com"/>
  <outline text="Deeper"><outline text="Blog" xmlurl="feed://blog.example.org/atom.xml"/></outline>
</outline>
<outline type="rss" text="arXiv" xmlUrl="http://export.arxiv.org/rss/cs.CL+math.CO"/>
<outline type="rss" text="Plants"
  xmlUrl="http://connect.biorxiv.org/biorxiv_xml.php?subject=plant_biology"/>
<outline type="json" text="Blog" xmlUrl="https://micro.example.org/feed.json?a=1&amp;b=2"/>
<outline text="日本語" xmlUrl="https://nihon.example.jp/feed"/>
<outline text="Again" xmlUrl="http://nature.com/nature.rss"/>
<outline text="Odd" xmlUrl="javascript:alert(1)"/>
<outline text="Quote" xmlUrl="https://a.example/&quot;, x: &quot;"/>
<outline text="Sly" xmlUrl="https://sly.example/${SMTP_PASSWORD}"/>
<OUTLINE text="Upper" XMLURL="feed:https://upper.example.org/rss"/>
<outline text="A folder without feeds"/>
<outline type="rss" text="Lost"/>
</body></opml>
"""
LISTINGS = """\
listings:
  nature-more-research: {kind: feed, url: "https://www.nature.com/nature.rss"}
  blog: {kind: feed, url: "https://blog.example.org/atom.xml"}
  arxiv: {kind: arxiv, categories: [cs.CL, math.CO]}
  plants: {kind: biorxiv, url: "http://connect.biorxiv.org/biorxiv_xml.php?subject=plant_biology"}
  blog-2: {kind: jsonfeed, url: "https://micro.example.org/feed.json?a=1&b=2"}
  nihon-example-jp: {kind: feed, url: "https://nihon.example.jp/feed"}
  sly: {kind: feed, url: "https://sly.example/$${SMTP_PASSWORD}"}
  upper: {kind: feed, url: "https://upper.example.org/rss"}
"""


def test_subscriptions_become_listings_that_the_configuration_takes(tmp_path: Path) -> None:
    found = subscriptions(OPML.encode(), "feeds.opml")
    text = yaml_of(found)

    assert text == LISTINGS
    assert found.left_out == [
        "Again: there is another feed at http://nature.com/nature.rss",
        "Odd: no http(s) address: javascript:alert(1)",
        'Quote: no http(s) address: https://a.example/", x: "',
        "Lost: no http(s) address",
    ]
    (tmp_path / "config.yaml").write_text(f"{text}mail: {{from: a@example.org}}\n")
    config = load(tmp_path / "config.yaml", {"SMTP_PASSWORD": "secret"})
    assert list(config.listings) == list(found.listings)
    assert config.listings["sly"].url == "https://sly.example/${SMTP_PASSWORD}"


@table(
    ("text", "reason"),
    [
        ("", "an empty answer"),
        ("nature.com", "no XML but 'nature.com'"),
        ("<rss><channel/></rss>", "no OPML: its root is called 'rss'"),
        ("<opml><body/></opml>", "there is no feed in it"),
        ("<opml><body><outline xmlUrl='ftp://a'/></body></opml>", "there is no feed in it"),
        ('<!DOCTYPE opml [<!ENTITY a "b">]><opml>&a;</opml>', "declares an entity"),
        ("<opml>" + "<outline>" * 200, "nested too deep"),
        ("<opml><body>", "broken XML at line 1, column 13"),
    ],
)
def test_what_is_no_list_of_feeds_is_refused(text: str, reason: str) -> None:
    with pytest.raises(SourceError, match=rf"^feeds\.opml: .*{reason}"):
        subscriptions(text.encode(), "feeds.opml")


def test_a_file_of_very_many_feeds_is_read_so_far() -> None:
    feeds = "".join(f'<outline text="f" xmlUrl="https://a{n}.example/"/>' for n in range(1002))
    found = subscriptions(f"<opml>{feeds}</opml>".encode(), "feeds.opml")
    assert list(found.listings)[::999] == ["f", "f-1000"]
    assert found.left_out == ["f: beyond the first 1000 feeds"] * 2


def test_the_command_prints_what_to_write(tmp_path: Path) -> None:
    (tmp_path / "feeds.opml").write_text(OPML)
    (tmp_path / "vast.opml").write_bytes(b" " * (1 << 20) + OPML.encode())
    run = CliRunner().invoke
    by_file = run(main, ["listing", "import", str(tmp_path / "feeds.opml")])
    by_pipe = run(main, ["listing", "import", "-"], input=OPML.encode())
    assert (by_file.exit_code, by_file.stdout, by_pipe.stdout) == (0, LISTINGS, LISTINGS)
    assert by_pipe.stderr.splitlines()[1] == "stdin: Odd: no http(s) address: javascript:alert(1)"
    for name, code, reason in (("vast", 1, ": more than 1 MiB"), ("none", 2, "' does not exist.")):
        refused = run(main, ["listing", "import", str(tmp_path / f"{name}.opml")])
        assert refused.exit_code == code
        assert refused.stderr.rstrip().endswith(f"{name}.opml{reason}")


def test_a_feed_without_a_name_is_called_by_its_host_if_its_address_has_one() -> None:
    lines = ['<outline type="rss" xmlUrl="https://a.example/f"/><outline xmlUrl="http://[x"/>']
    found = subscriptions(
        OPML.partition("<outline")[0].encode() + lines[0].encode() + b"</body></opml>", "f"
    )

    assert yaml_of(found) == 'listings:\n  a-example: {kind: feed, url: "https://a.example/f"}\n'
    assert found.left_out == [": no http(s) address: http://[x"]


def test_names_titles_and_addresses_are_cut() -> None:
    found = listings_of(
        [("x" * 99, "https://a.example/", ""), ("y", "ftp:" + "z" * 77, ""), ("", "ftp:", "")]
    )

    assert [*found.listings] == ["x" * 60]
    assert found.left_out == [
        f"y: no http(s) address: ftp:{'z' * 75}…",
        ": no http(s) address: ftp",
    ]
    named = f'<opml><outline type="rss" text="{"t" * 201}"/><outline xmlUrl="http://a"/></opml>'
    assert subscriptions(named.encode(), "f").left_out == [f"{'t' * 199}…: no http(s) address"]
