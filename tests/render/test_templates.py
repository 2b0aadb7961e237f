"""The operator's templates: which one wins, what a mistake says, and how CSS gets into them."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

from digest.errors import ConfigError
from digest.render import MailRenderer, check, text_part
from digest.render.mail_template import Inlined, environment, inlined, loader
from digest.resources import example_config, templates_folder

from .. import golden_issues
from ..whole_mail import whole_view
from ..wire import assert_wire

OURS = templates_folder()


def write(folder: Path, name: str, text: str) -> list[Path]:
    path = folder / "mail" / name
    (folder / "mail").mkdir(exist_ok=True)
    path.parent.mkdir(exist_ok=True, parents=True)
    path.write_text(text, encoding="utf-8")
    return [folder, OURS]


def test_what_is_shipped_passes_its_own_check() -> None:
    check([OURS])


def test_the_templates_and_the_example_are_found() -> None:
    assert (templates_folder() / "mail" / "digest.html").is_file()
    assert example_config().name == "config.example.yaml"


def test_an_operator_may_change_one_block_and_keep_the_rest(tmp_path: Path) -> None:
    folders = write(
        tmp_path,
        "digest.html",
        '{% extends "packaged/mail/digest.html" %}\n'
        '{% block section %}<tr><td class="cell"><h2 class="section">~ {{ section.title }} ~</h2>'
        "{{ super() }}</td></tr>{% endblock %}",
    )
    check(folders)
    html = MailRenderer(folders).html(
        golden_issues.one_paper(), golden_issues.ALICE, golden_issues.PLAIN
    )
    assert "~ Efficient training ~" in html
    assert ">Efficient training <span" in html
    assert "Sourdough Experts" in html


def test_an_operator_may_calculate_with_what_is_a_subscribers_own(tmp_path: Path) -> None:
    """Such a block is given no inserts, and the text part stays ours."""
    folders = write(
        tmp_path,
        "digest.html",
        '{% extends "packaged/mail/digest.html" %}\n'
        "{% block because %}<p>{{ paper.unnamed + 7 }} more</p>{% endblock %}",
    )
    check(folders)
    issue = golden_issues.one_paper()
    with_theirs = MailRenderer(folders).mail(issue, golden_issues.ALICE, golden_issues.PLAIN)
    assert b"7 more</p>" in with_theirs.data
    assert b"Here for mixture of experts" in with_theirs.data


def test_an_operator_may_replace_the_subject(tmp_path: Path) -> None:
    folders = write(
        tmp_path, "subject.txt", "{% block subject %}[{{ name }}] {{ count }}{% endblock %}"
    )
    check(folders)
    mail = MailRenderer(folders).mail(
        golden_issues.one_paper(), golden_issues.ALICE, golden_issues.PLAIN
    )
    assert mail.subject == "[Paper digest] 1"
    assert_wire(mail.data)


@pytest.mark.parametrize(
    ("name", "text", "line", "told"),
    [
        ("digest.html", "\n\n{% block opening %}\n{% if %}\n{% endblock %}", 4, "Expected"),
        ("digest.txt", "{% block opening %}\n{{ isue.day }}\n{% endblock %}", 2, "isue"),
        (
            "digest.html",
            '{% extends "packaged/mail/digest.html" %}\n\n{% block paper %}\n<tr>\n'
            "<td>{{ paper.titel }}</td></tr>{% endblock %}",
            5,
            "titel",
        ),
        ("digest.txt", "{% block opening %}{{ issue.day|nosuch }}{% endblock %}", 1, "nosuch"),
        (
            "subject.txt",
            "{% block subject %}\n\n{{ count + title }}{% endblock %}",
            3,
            "unsupported",
        ),
        ("subject.txt", "no block at all", 0, "subject"),
        ("digest.html", '{% extends "mail/nosuch.html" %}', 0, "nosuch.html"),
        ("letters/confirm.txt", "Subject: yes?\n\n{{ tokn }}", 3, "tokn"),
        ("letters/letter.html", "<p>\n{% for %}", 2, "Expected"),
        ("../web/frame.html", "<html>\n{{ site_nam }}", 2, "site_nam"),
        ("../web/issue.html", "<p>{{ day|longday }}", 1, "longday"),
        ("../web/join.html", "{% if %}", 1, "Expected"),
        ("subject.txt", "{% block subject %}\n{{ 1 // 0 }}{% endblock %}", 2, "division"),
    ],
)
def test_a_broken_override_is_named_with_its_line(
    tmp_path: Path, name: str, text: str, line: int, told: str
) -> None:
    folders = write(tmp_path, name, text)
    with pytest.raises(ConfigError) as caught:
        check(folders)
    (complaint,) = caught.value.complaints
    assert complaint.line == line
    assert told in complaint.message
    assert "\n" not in str(caught.value)


def test_an_override_that_cannot_be_read_is_named(tmp_path: Path) -> None:
    folders = write(tmp_path, "../web/join.html", "")
    path = tmp_path / "web" / "join.html"
    path.unlink()
    path.symlink_to(tmp_path / "missing")
    with pytest.raises(ConfigError, match=f"^{path}: No such file or directory$"):
        check(folders)


def test_html_is_escaped_and_nothing_may_be_missing() -> None:
    """Whatever a file is called: Jinja's own choice by ending leaves ``digest.html.j2`` open."""
    source = loader([OURS])
    pages = environment(source, is_html=True)
    texts = environment(source, is_html=False)
    for made in (pages, texts):
        assert made.undefined.__name__ == "StrictUndefined"
    for name in ("x", "x.html", "x.html.j2", "x.txt"):
        assert pages.from_string("{{ t }}").render(t="<b>") == "&lt;b&gt;", name
    assert texts.from_string("{{ t }}").render(t="<b>") == "‹b›"
    shipped = [path.name for path in (OURS / "mail").iterdir() if path.is_file()]
    assert sorted(shipped) == ["digest.html", "digest.txt", "inline.css", "subject.txt"]


def test_statements_between_table_rows_stay_where_they_are() -> None:
    source = (
        "<table><tbody>{% for row in rows %}<tr><td class='c'>{{ row }}</td></tr>{% endfor %}"
        "</tbody></table>"
    )
    ready = inlined(f"<html><body>{source}</body></html>", ".c { color: #123456; }")
    assert "{% for row in rows %}<tr><td" in ready
    assert "{{ row }}</td></tr>{% endfor %}</tbody>" in ready
    assert 'style="color: #123456;"' in ready


def test_every_brace_comes_back_from_inlining() -> None:
    source = loader([OURS])
    texts = environment(source, is_html=False)
    css = source.get_source(texts, "mail/inline.css")[0]
    for name in ("mail/digest.html", "packaged/mail/digest.html"):
        before = source.get_source(texts, name)[0]
        after = Inlined(source, css).get_source(texts, name)[0]
        for brace in ("{{", "{%", "{#", "}}"):
            assert after.count(brace) == before.count(brace)
        assert "jinja" not in after.replace("before the program", "")


@pytest.mark.parametrize("name", [name for name in golden_issues.DAYS if name != "crowded"])
def test_the_pieces_of_a_mail_are_the_whole_template(name: str) -> None:
    """Blocks rendered one by one, shared and joined, say what the documents say as a whole."""
    source = loader([OURS])
    texts = environment(source, is_html=False)
    texts.filters.update(text_part.FILTERS)
    css = source.get_source(texts, "mail/inline.css")[0]
    pages = environment(Inlined(source, css), is_html=True)
    issue, renderer = golden_issues.DAYS[name](), MailRenderer([OURS])
    told = whole_view(issue)
    for made, template in (
        (
            renderer.html(issue, golden_issues.ALICE, golden_issues.WITH_PAGES),
            pages.get_template("mail/digest.html"),
        ),
        (
            renderer.text(issue, golden_issues.ALICE, golden_issues.WITH_PAGES),
            texts.get_template("mail/digest.txt"),
        ),
    ):
        assert made.split() == template.render(told).split()


def test_styles_are_in_the_elements_and_only_exceptions_in_the_head() -> None:
    html = MailRenderer([OURS]).html(
        golden_issues.busy_day(), golden_issues.ALICE, golden_issues.PLAIN
    )
    head, _, body = html.partition("</head>")
    assert head.count("<style>") == 1
    assert "@media (prefers-color-scheme: dark)" in head
    assert body.count("style=") > 100
    assert "<style" not in body


def test_no_class_of_a_mail_is_chosen_where_its_styles_cannot_be_written_into_it() -> None:
    """An expression in ``class`` is no name that a rule of inline.css could be for."""
    for path in (templates_folder() / "mail").rglob("*.html"):
        assert not re.findall(r'class="[^"]*\{[{%][^>]*', path.read_text("utf-8")), path


def test_a_renderer_keeps_the_templates_that_were_tried(tmp_path: Path) -> None:
    """A file that is broken while the digest runs costs no mail, not even one that is included."""
    text = '{% extends "packaged/mail/digest.txt" %}{% block closing %}{% include "mail/bye.txt" %}'
    folders = write(tmp_path, "digest.txt", text + "{% endblock %}")
    write(tmp_path, "bye.txt", "Until tomorrow.\n")
    renderer = check(folders)
    write(tmp_path, "digest.txt", "{% if")
    write(tmp_path, "bye.txt", "{% if")

    assert "Until tomorrow." in renderer.text(
        golden_issues.one_paper(), golden_issues.ALICE, golden_issues.PLAIN
    )
