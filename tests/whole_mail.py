"""What the templates of a mail are given as whole documents, in one piece."""

from __future__ import annotations

from collections.abc import Iterator
from itertools import count

from digest.model import Issue
from digest.render.issue_views import (
    closing_view,
    foot_view,
    heading_view,
    opening_view,
    rest_view,
)
from digest.render.layout import Span, graded
from digest.render.views import has_machine_summary, line_view, paper_view
from digest.render.wording import by_title

from . import golden_issues


def whole_view(issue: Issue) -> dict[str, object]:
    """All that the documents ask for, at once, for Alice."""
    links = golden_issues.WITH_PAGES.pages(issue, golden_issues.ALICE)
    numbers = count(1)
    layout = graded(issue, has_page=True)
    follows = [section.title for section in issue.sections]
    own = (golden_issues.ALICE.address, links.manage, links.pause, links.unsubscribe)
    detailed = [entry for span in layout.spans for entry in span.whole + span.brief]
    return {
        "issue": opening_view(issue, golden_issues.WITH_PAGES.name, links.page),
        "sections": [
            span_view(span, (links.page, issue.day.year), numbers)
            for span in layout.spans
            if span.section.all
        ],
        "closing": closing_view(
            issue,
            left_out=len(layout.left_out),
            has_machine_summaries=any(map(has_machine_summary, detailed)),
        ),
        "reader": foot_view(follows, own, golden_issues.WITH_PAGES.mail_to_stop),
    }


def span_view(span: Span, shared: tuple[str, int], numbers: Iterator[int]) -> tuple[object, ...]:
    """One section, its papers numbered in the order of the mail."""
    whole = [(next(numbers), paper_view(entry, *shared)) for entry in span.whole]
    brief = [(next(numbers), paper_view(entry, *shared)) for entry in span.brief]
    lines = [(next(numbers), line_view(entry)) for entry in span.titles]
    has_more = bool(span.titles or span.left_out)
    heading = by_title(len(span.titles), is_all=not (whole or brief))
    rest = rest_view(len(span.titles), len(span.left_out), 0, span.section.cuts, shared[0])
    return heading_view(span.section), whole, brief, has_more and {"heading": heading}, lines, rest
