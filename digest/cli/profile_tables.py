"""Print what the profile commands show a person: tables, bars, sums; programs use --json."""

from __future__ import annotations

from collections.abc import Sequence
from typing import TYPE_CHECKING, Any, TypeAlias

from rich.console import Console
from rich.table import Table
from rich.text import Text

from ..match.index import shown
from ..model import count
from ..trial.wishes import left_out_in_words

if TYPE_CHECKING:
    from ..model import Paper, Profile
    from ..trial.backtest import Backtest
    from ..trial.explain import ClauseOutcome, Explanation
    from ..trial.suggest import Suggestion

#: The length of the longest bar, and how many papers of a long list are named.
BAR, NAMED = 30, 10


def _console() -> Console:
    return Console(highlight=False)


def _table(*columns: str) -> Table:
    table = Table(box=None, pad_edge=False, header_style="dim")
    for name in columns:
        table.add_column(
            name.strip(">"), justify="right" if name.endswith(">") else "left", overflow="fold"
        )
    return table


#: what a clause was found as, and in how many papers; the most frequent first
Forms: TypeAlias = Sequence[tuple[str, int]]


def show_test(profile: Profile, tried: Backtest, forms: Sequence[Forms], is_compared: bool) -> None:
    """Print the days with bars, the clauses with hits, and the difference to the live version.

    ``forms`` are those of each clause.
    """
    console = _console()
    console.print(Text(profile.title, "bold"))
    console.print(_width(tried))
    console.print()
    console.print(_days(tried, _sign(console)))
    console.print()
    console.print(_clauses(tried, forms))
    if tried.is_short:
        console.print("\na longer past says more: digest collect --days 30, which mails none")
    silent = [count for count in tried.clauses if not count.hits]
    if silent:
        written = ", ".join(count.clause.text for count in silent)
        console.print(Text(f"\nnever hit: {written}"))
    for line in left_out_in_words(tried):
        console.print(Text(f"\n{line}"))
    asked = [(count.clause.label, count.clause.at_most) for count in tried.clauses]
    if caps := [f"{most:,} of {name}" for name, most in (*asked, *profile.at_most) if most]:
        console.print(Text(f"\na mail names at most {', '.join(caps)}"))
    if is_compared:
        _show_difference(console, tried)
    else:
        console.print(Text("\nno live version to compare with", "dim"))


def _width(tried: Backtest) -> str:
    return (
        f"{tried.matched:,} of {count(tried.papers, 'paper')} in {count(tried.collected, 'day')}: "
        f"{tried.per_day:.1f} a day, {tried.share:.1%}"
    )


def _sign(console: Console) -> str:
    """Return the character that bars are made of."""
    return "█" if console.encoding.lower().startswith("utf") else "#"


def _days(tried: Backtest, sign: str) -> Table:
    most = max((day.matched for day in tried.days), default=0) or 1
    table = _table("day", "matched>", "of>", "")
    first = next((n for n, day in enumerate(tried.days) if day.papers is not None), 0)
    if first > 1:
        table.add_row("…", "", "", Text(f"{count(first, 'day')} not collected", "dim"))
    for day in tried.days[first if first > 1 else 0 :]:
        name = f"{day.day:%a} {day.day}"
        if day.papers is None:
            table.add_row(name, "", "", Text("not collected", "dim"))
            continue
        length = max(round(day.matched * BAR / most), 1 if day.matched else 0)
        table.add_row(name, f"{day.matched:,}", f"{day.papers:,}", Text(sign * length, "green"))
    return table


def _clauses(tried: Backtest, forms: Sequence[Forms]) -> Table:
    table = _table("", "clause", "hits>", "share>", "found as")
    for clause, found in zip(tried.clauses, forms, strict=True):
        share = f"{clause.hits / tried.papers if tried.papers else 0.0:.1%}"
        words = ", ".join(f"{form} {number:,}" for form, number in found[:MOST_FORMS])
        more = f", … {len(found) - MOST_FORMS} more" if len(found) > MOST_FORMS else ""
        row = (clause.part, Text(clause.clause.text), f"{clause.hits:,}", share)
        table.add_row(*row, Text(words + more, "dim"))
    return table


#: Forms of a clause that are shown.
MOST_FORMS = 6


def _show_difference(console: Console, tried: Backtest) -> None:
    gained, lost = len(tried.gained), len(tried.lost)
    console.print(Text(f"\nagainst the live version: {gained:,} gained, {lost:,} lost"))
    for sign, papers in (("+", tried.gained), ("-", tried.lost)):
        for paper in papers[:NAMED]:
            console.print(Text(f"  {sign} {named(paper)}"), soft_wrap=True)
        if len(papers) > NAMED:
            console.print(Text(f"  {sign} and {len(papers) - NAMED:,} more", "dim"))


def named(paper: Paper) -> str:
    """Return a paper in one line."""
    return f"{paper.title} ({paper.key})" if not paper.key.startswith("title:") else paper.title


def show_explanation(title: str, found: Explanation) -> None:
    """Print each clause with what it found and its points, the sum, and what decided."""
    from ..render.wording import rare

    console = _console()
    console.print(Text(named(found.paper), "bold"), soft_wrap=True)
    verb = "matches" if found.matched else "does not match"
    console.print(Text(f"{verb} {title}{_decision(found)}"), soft_wrap=True)
    console.print()
    table = _table("", "clause", "points>", "found")
    for verdict in found.clauses:
        points = str(verdict.points) if verdict.points else ""
        is_there = ", ".join(_spans(found.paper, verdict)) or ("yes" if verdict.matched else "-")
        is_there += f"; {rare(*verdict.rare)}" if verdict.rare else ""
        table.add_row(verdict.part, Text(verdict.clause.text), points, Text(is_there))
    if found.bonus:
        table.add_row("", "upvotes", str(found.bonus), "")
    table.add_row("", "score", str(found.score), "")
    console.print(table)
    if found.nearest:
        lacking = ", ".join(found.nearest.lacking)
        console.print(Text(f"\nnearest: {found.nearest.clause.text}; lacking: {lacking}"))


def _decision(found: Explanation) -> str:
    if found.matched:
        return f", above all by: {found.decided_by}"
    if found.decided_by == "any":
        return ": none of the clauses of any (or of authors) is there"
    if found.decided_by == "minimum":
        return f": its score, {found.score}, is below the minimum"
    excluded = {v.clause.text for v in found.clauses if v.part == "none" and v.matched}
    why = "none excludes" if found.decided_by in excluded else "all asks for"
    return f": {why} {found.decided_by}"


def _spans(paper: Paper, verdict: ClauseOutcome) -> Sequence[str]:
    texts = (f"{hit.field}: {shown(paper, hit.field)[hit.start : hit.end]}" for hit in verdict.hits)
    return list(dict.fromkeys(texts))[:4]


def show_suggestions(found: Sequence[Suggestion], pool: int) -> None:
    """Print each term with its width and what it would have changed, those of a group together."""
    console = _console()
    if not found:
        console.print("no term is found: the profile has them all, or they have nothing in common")
    for part, verb in (("any", "catches"), ("none", "drops")):
        several = [each for each in found if each.part == part]
        if not several:
            continue
        console.print(Text(f"for {part}:", "bold"))
        table = _table("term", "width>", "share>", f"{verb}>", "others>", "")
        table.columns[0].no_wrap = True
        for each in several:
            numbers = (f"{each.width:,}", f"{each.share:.2%}", str(len(each.papers)))
            title = Text(each.papers[0].title, "dim", overflow="ellipsis", no_wrap=True)
            term = each.term if each.term == each.group else f"  {each.term}"
            table.add_row(Text(term), *numbers, f"{each.beside:,}", title)
        console.print(table)
    console.print(Text(f"width: of {count(pool, 'paper')}; nothing is changed by this", "dim"))


def show_profiles(rows: Sequence[dict[str, Any]]) -> None:
    """Print a row for each profile, then its problems, which are too long for a column."""
    console = _console()
    table = _table("profile", "title", "state", "readers>")
    for row in rows:
        table.add_row(Text(row["profile"]), Text(row["title"]), row["state"], str(row["readers"]))
    if rows:
        console.print(table)
    for row in rows:
        for problem in row["problems"]:
            console.print(Text(problem), soft_wrap=True)
    if not rows:
        console.print("no profile; digest profile new writes one")
