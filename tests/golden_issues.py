"""Invented days for mails: the ordinary, the quiet, the crowded and the strange.

Every paper here is made up; so are its authors and addresses.
"""

from __future__ import annotations

import re
from collections import Counter
from collections.abc import Callable, Iterable
from dataclasses import replace
from datetime import UTC, date, datetime
from functools import cache
from pathlib import Path
from typing import Any

import yaml

from digest.model import (
    ChangeKind,
    Hit,
    Issue,
    IssueEntry,
    Match,
    Paper,
    Reason,
    Receipt,
    Recipient,
    Schedule,
    Section,
    Verdict,
    Welcome,
)
from digest.render import Letterhead, Links

DATA = Path(__file__).parent / "data" / "issues"

DAY = date(2025, 3, 12)
MADE_AT = datetime(2025, 3, 12, 6, 30, tzinfo=UTC)
ALICE = Recipient(id=1, address="alice@example.org", profiles=("efficient-training", "calibration"))


def _pages(_issue: Issue, subscriber: Recipient) -> Links:
    base = "https://digest.example.org"
    token = f"eyJzdWIiOiI{subscriber.id}In0.Z-mPqw.Q8s2f0vX3o6d1kJm4n5b7c9e2a1"
    return Links(
        page=f"{base}/issues/2025-03-12/{subscriber.id}",
        manage=f"{base}/manage?token={token}",
        pause=f"{base}/pause?token={token}",
        unsubscribe=f"{base}/unsubscribe?token={token}",
    )


PLAIN = Letterhead(sender="Paper digest <digest@example.org>")
WITH_PAGES = Letterhead(
    sender="Paper digest <digest@example.org>", base_url="https://digest.example.org", links=_pages
)


def entry(
    paper: Paper,
    *wanted: str,
    change: ChangeKind = ChangeKind.NEW,
    detail: str = "",
    listings: Iterable[str] = ("daily-papers",),
    also_in: Iterable[str] = (),
) -> IssueEntry:
    """The paper as it stands in an issue, each wanted phrase a reason with all its hits."""
    reasons = tuple(_reason(paper, phrase, 3 - min(n, 2)) for n, phrase in enumerate(wanted))
    match = Match(paper, sum(reason.points for reason in reasons), reasons)
    return IssueEntry(
        match=match,
        change=change,
        detail=detail,
        listings=tuple(listings),
        also_in=tuple(also_in),
    )


def _reason(paper: Paper, phrase: str, points: int) -> Reason:
    pattern = re.compile(
        re.escape(phrase.rstrip("*")) + (r"\w*" if phrase[-1] == "*" else ""), re.I
    )
    texts = {
        "title": paper.title,
        "abstract": paper.abstract,
        "author": ", ".join(paper.authors),
    }
    return Reason(
        phrase,
        points,
        tuple(
            Hit(field, found.start(), found.end())
            for field, text in texts.items()
            for found in pattern.finditer(text)
        ),
    )


def receipt(listing: str, verdict: Verdict = Verdict.FRESH, **told: object) -> Receipt:
    """One listing's row; 86 papers, 77 of them new, unless told otherwise."""
    settings = {"day": DAY, "entries": 86, "new": 77, "matched": 5, **told}
    return Receipt(listing=listing, verdict=verdict, **settings)  # type: ignore[arg-type]


def section(title: str, entries: Iterable[IssueEntry], more: Iterable[IssueEntry] = ()) -> Section:
    """One profile's part."""
    slug = re.sub(r"\W+", "-", title.lower()).strip("-")
    shown, rest = tuple(entries), tuple(more)
    labels = Counter(r.label for each in shown + rest for r in each.match.reasons)
    counts = tuple(labels.most_common())
    return Section(profile=slug, title=title, entries=shown, more=rest, counts=counts)


def issue(*sections: Section, receipts: Iterable[Receipt] = (), pool: int = 231) -> Issue:
    """An issue of the invented day."""
    return Issue(
        day=DAY,
        made_at=MADE_AT,
        sections=sections,
        receipts=tuple(receipts) or ALL_COMPLETE,
        pool=pool,
    )


ALL_COMPLETE = (
    receipt("daily-papers", matched=6),
    receipt("arxiv-cs-lg", entries=154, new=149, matched=8),
    receipt("preprints", Verdict.QUIET, entries=0, new=0, matched=0),
)


@cache
def papers() -> tuple[Paper, ...]:
    """A dozen papers with everything a source may tell."""
    written = yaml.safe_load((DATA / "papers.yaml").read_text(encoding="utf-8"))
    return tuple(_paper(number, told) for number, told in enumerate(written, 1))


def _paper(number: int, told: dict[str, Any]) -> Paper:
    arxiv = f"2503.{90000 + 17 * number:05d}"
    links = {"pdf": f"https://arxiv.example.org/pdf/{arxiv}"}
    if number % 3 == 1:
        family = told["authors"][0].split()[-1].lower()
        links["code"] = f"https://code.example.org/{family}/paper-{number}"
    if number % 4 == 1:
        links["listed"] = f"https://papers.example.org/papers/{arxiv}"
    return Paper(
        key=f"arxiv:{arxiv}",
        title=told["title"],
        abstract=told["abstract"],
        authors=tuple(told["authors"]),
        categories=tuple(told["categories"]),
        url=f"https://arxiv.example.org/abs/{arxiv}",
        links=links,
        published=date(2025, 3, 11) if number % 2 else DAY,
        upvotes=137 // number if number < 9 else None,
        comments=7 // number or None,
        organisation=told["organisation"],
    )


def busy_day() -> Issue:
    """Twenty papers in two sections, and four more by title."""
    written = list(papers())
    echoes = [
        replace(
            paper,
            key=f"{paper.key}b",
            title=f"{paper.title.split(':')[0].rstrip('?')}, Revisited",
            url=f"{paper.url}2",
            links={kind: f"{url}2" for kind, url in paper.links.items()},
            upvotes=None,
            comments=None,
        )
        for paper in written
    ]
    words = ("mixture of experts", "prun*", "quantiz*", "training", "optimiz*", "learning curve*")
    efficient = [entry(paper, *_present(paper, words)) for paper in written[:8] + echoes[:5]]
    efficient[2] = replace(efficient[2], change=ChangeKind.CROSS, detail="now also in cs.LG")
    efficient[4] = replace(efficient[4], also_in=("Calibration and doubt",))
    calibration = [
        entry(paper, *_present(paper, ("calibrat*",))) for paper in written[8:] + echoes[9:]
    ]
    calibration[1] = replace(calibration[1], change=ChangeKind.REVISED, detail="v1 → v2")
    return issue(
        section("Efficient training", efficient, [entry(paper) for paper in echoes[5:8]]),
        section("Calibration and doubt", calibration, [entry(paper) for paper in echoes[8:9]]),
    )


def _present(paper: Paper, words: Iterable[str]) -> list[str]:
    text = f"{paper.title} {paper.abstract}".lower()
    return [word for word in words if word.rstrip("*") in text]


def one_paper() -> Issue:
    """A single match."""
    return issue(section("Efficient training", [entry(papers()[0], "mixture of experts")]))


def quiet_day() -> Issue:
    """Nothing matched, and all that was read is told."""
    receipts = (
        receipt("daily-papers", entries=42, new=42, matched=0),
        receipt("preprints", Verdict.QUIET, entries=0, new=0, matched=0),
    )
    empty = (section("Efficient training", []), section("Calibration and doubt", []))
    return issue(*empty, receipts=receipts, pool=42)


def first_day() -> Issue:
    """The first issue of a new subscriber, who wants no mail on days without a match."""
    return replace(one_paper(), welcome=Welcome(schedule=Schedule()))


def first_quiet_day() -> Issue:
    """Likewise, and nothing of their first day matched."""
    return replace(quiet_day(), welcome=Welcome(schedule=Schedule()))


def broken_listing() -> Issue:
    """One of three listings could not be read, and one showed what it showed the day before."""
    return issue(
        section(
            "Efficient training",
            [entry(papers()[2], "training"), entry(papers()[3], "learning curve*")],
        ),
        receipts=(
            receipt("daily-papers", matched=2),
            receipt("preprints", Verdict.STALE, batch=date(2025, 3, 11), new=0, matched=0),
            receipt(
                "arxiv-cs-lg",
                Verdict.FAILED,
                entries=0,
                new=0,
                matched=0,
                error="export.arxiv.example.org answered 503 three times",
                since=date(2025, 3, 10),
            ),
        ),
        pool=77,
    )


def crowded_day(matches: int = 500) -> Issue:
    """More matches than any mail can hold, over two profiles."""
    written = papers()
    words = (
        "mixture of experts",
        "training",
        "model*",
        "number*",
        "prediction",
        "index",
        "weight*",
    )
    entries = [
        entry(
            replace(
                paper,
                key=f"arxiv:2503.{number:05d}",
                title=f"{paper.title}, Part {number}",
                url=f"https://arxiv.example.org/abs/2503.{number:05d}",
                links={"pdf": f"https://arxiv.example.org/pdf/2503.{number:05d}"},
            ),
            *_present(paper, words),
        )
        for number in range(matches)
        for paper in [written[number % len(written)]]
    ]
    half = len(entries) // 2
    return issue(
        section("Everything about training", entries[:half]),
        section("Everything else", entries[half:]),
        pool=1_204,
    )


def mathematics() -> Issue:
    """Formulas as the sources' TeX becomes Unicode, and one that nobody could read."""
    shown = (
        Paper(
            key="arxiv:2503.97001",
            title="An O(n² log n) Bound for ℓ₁-Regularised Flows on ℝᵈ, and Why ε⁻³ᐟ² Is Sharp",
            abstract=(
                "Let f: ℝᵈ → ℝ be μ-strongly convex with κ = L/μ. We prove that ‖xₖ − x*‖₂ ≤ "
                "(1 − 1/√κ)ᵏ ‖x₀ − x*‖₂ holds for the resting flow ẋ = −∇f(x) + λ∂‖x‖₁ whenever "
                "0 < λ ≤ ½ε, and that ∑ₖ αₖ² < ∞ cannot be dropped. The constant in Õ(ε⁻³ᐟ²) is "
                "2π²/3, which is sharp for d ≥ 2. For d = 1 we get O(1/T) for free."
            ),
            authors=("Michał Żółć", "Đặng Thị Hương", "Jürgen Großmann", "Ólöf Þórðardóttir"),
            categories=("math.OC", "cs.LG"),
            url="https://arxiv.example.org/abs/2503.97001",
            published=DAY,
            comment="31 pages, 4 figures",
        ),
        Paper(
            key="arxiv:math/0309136",
            title="On ⟨T, T*⟩-invariant subspaces of H^∞(𝔻)",
            abstract="If ‖T‖ ≤ 1 and σ(T) ∩ 𝕋 = ∅, then \\ourmacro{T} extends. See $\\ZZ_{p^$.",
            author_count=1,
            categories=("math.FA",),
            url="https://arxiv.example.org/abs/math/0309136",
            published=date(2003, 9, 8),
        ),
    )
    bound = entry(shown[0], "sharp", "flow*")
    return issue(section("Optimisation, ∇ and friends", [bound, entry(shown[1], "subspace*")]))


def many_scripts() -> Issue:
    """Arabic, Hebrew, Chinese and Japanese titles, abstracts and names."""
    shown = (
        Paper(
            key="arxiv:2503.98001",
            title="تعلّم النماذج الصغيرة من الأخطاء الكبيرة: دراسة في التقطير",
            abstract=(
                "ندرس كيف يتعلّم نموذج صغير من أخطاء نموذج كبير. نبيّن أن التقطير من الأخطاء وحدها "
                "يكفي في سبع مهام من تسع، وأن الجمع بين الأخطاء والإجابات الصحيحة يقلّل "
                "كلفة التدريب بمقدار الثلث (33%) على GPU واحد."
            ),
            authors=("ليلى حدّاد", "يوسف منصور"),
            organisation="جامعة الميناء",
            categories=("cs.CL",),
            url="https://arxiv.example.org/abs/2503.98001",
            published=DAY,
        ),
        Paper(
            key="arxiv:2503.98002",
            title="面向长文本的稀疏注意力：先询问，再关注",
            abstract=(
                "本文提出一种先询问后关注的稀疏注意力方法。每一层在计算注意力之前，先查询一个与模型"
                "共同训练的小型索引，以决定哪些文本块值得关注。该索引被量化为两比特，因此查询成本"
                "不到注意力计算的百分之一。在十二万八千词元的长度上，模型只需读取十二分之一的文本块，"
                "而准确率仅下降零点二个百分点。我们还公开了全部代码与训练记录。"
            ),
            authors=("王小明", "李静", "陈思远", "赵一凡"),
            organisation="海港研究所",
            categories=("cs.CL", "cs.LG"),
            url="https://arxiv.example.org/abs/2503.98002",
            links={"pdf": "https://arxiv.example.org/pdf/2503.98002"},
            published=DAY,
            upvotes=64,
        ),
        Paper(
            key="arxiv:2503.98003",
            title="パン種の専門家混合モデル:トークンを休ませるということ",
            abstract="トークンが直前の専門家に戻る規則だけで、学習時間は二割から三割短くなる。",
            authors=("青木さくら",),
            url="https://arxiv.example.org/abs/2503.98003",
            published=DAY,
        ),
        Paper(
            key="arxiv:2503.98004",
            title="גיזום מוקדם, גיזום אחד (Prune Early)",
            abstract=(
                "אנו מראים כי גיזום יחיד לאחר אחוז אחד מן האימון מספיק בתשע מתוך אחת עשרה משימות."
            ),
            authors=("חנה וייס",),
            url="https://arxiv.example.org/abs/2503.98004",
            published=DAY,
        ),
    )
    wanted = ("التقطير", "注意力", "専門家", "גיזום")
    entries = [entry(paper, word) for paper, word in zip(shown, wanted, strict=True)]
    return issue(
        section("多语言 · متعدّد اللغات", entries[:2]), section("More scripts", entries[2:])
    )


DAYS: dict[str, Callable[[], Issue]] = {
    "busy": busy_day,
    "one": one_paper,
    "first": first_day,
    "first-quiet": first_quiet_day,
    "quiet": quiet_day,
    "broken": broken_listing,
    "crowded": crowded_day,
    "mathematics": mathematics,
    "scripts": many_scripts,
}
