"""Four orders side by side: score alone, rarity among equal scores, rarity weighed, and BM25.

Ten invented subscribers read all papers of the real days (the folder that DIGEST_REAL_DATA names
holds ``arxiv-days/``), among which the frequency of each clause is counted.  BM25 is that of
SQLite's FTS5, three times as heavy for the title, asked for the same words.  Printed for each: the
ten first papers of each order, how many distinct values decide it, and how many of the first ten
each order shares with BM25.  ``--short``: invented papers.
"""

from __future__ import annotations

import argparse
import sqlite3
from collections.abc import Sequence

from digest.language import leaves
from digest.language.tree import Phrase
from digest.match import PaperIndex
from digest.match.rarity import Frequencies
from digest.model import Paper, Profile
from digest.profiles import parse

from . import _corpus

TOP = 10
#: ten people and what they asked for, as they would write it
SUBSCRIBERS = {
    "SLAM": "[SLAM, mapping, localization, loop closure, visual odometry, LiDAR]",
    "speech": "[speech recognition, ASR, whisper, speech, audio, transcription]",
    "agents": "[agents, tool use, planning, web agent, multi-agent, LLM]",
    "protein": "[protein, protein folding, molecule, docking, diffusion]",
    "quantization": "[quantization, pruning, low-bit, KV cache, inference, efficiency]",
    "robots": "[robot, manipulation, grasping, imitation learning, policy, teleoperation]",
    "safety": "[jailbreak, red teaming, alignment, safety, watermark]",
    "graphs": "[graph neural network, link prediction, graph, knowledge graph, oversmoothing]",
    "medicine": "[segmentation, MRI, ultrasound, pathology, medical imaging, CT]",
    "retrieval": "[retrieval, RAG, reranking, dense retrieval, query expansion, search]",
}


def main(options: Sequence[str]) -> int:
    """Print the orders, and their sums in the end."""
    parser = argparse.ArgumentParser(prog="python -m bench ranking", description=__doc__)
    parser.add_argument("--short", action="store_true")
    asked = parser.parse_args(options)
    papers = _corpus.invented(100) if asked.short else _days()
    index, words = PaperIndex(papers), _full_text(papers)
    print(f"{len(papers):,} papers")
    rows = []
    for name, wanted in SUBSCRIBERS.items():
        profile = parse(f"profile: x\nany: {wanted}\n", "x.yaml")
        orders = _orders(profile, index, words)
        print(f"\n{name}: {wanted}")
        _show(papers, orders)
        rows.append((name, orders))
    heads = [f"{name:>8}" for name in (*rows[0][1], *[*rows[0][1]][:-1])]
    print(f"\n{'distinct values of':>42}{'of the first ten, with BM25':>36}")
    print(f"subscriber    matches {''.join(heads)}")
    for name, orders in rows:
        print(_sum(name, orders))
    return 0


#: per order, the papers that match with the value that decides, the best first
Orders = dict[str, list[tuple[int, object]]]


def _days() -> list[Paper]:
    """Return the papers of all days, each title once."""
    found: dict[str, Paper] = {}
    for entry in _corpus.entries():
        paper = _corpus.paper(entry)
        found.setdefault(paper.title, paper)
    return list(found.values())


def _full_text(papers: Sequence[Paper]) -> sqlite3.Connection:
    database = sqlite3.connect(":memory:")
    database.execute("CREATE VIRTUAL TABLE papers USING fts5(title, abstract, tokenize=porter)")
    rows = ((place, paper.title, paper.abstract) for place, paper in enumerate(papers))
    database.executemany("INSERT INTO papers (rowid, title, abstract) VALUES (?, ?, ?)", rows)
    return database


def _orders(profile: Profile, index: PaperIndex, words: sqlite3.Connection) -> Orders:
    query = profile.query
    counts = {each.term: index.bits(each.node)[0].bit_count() for each in query.wanted}
    ranking, frequencies = index.rank(query.plan), Frequencies(len(index.papers), counts)
    ordered = index.by_rarity(query, ranking, frequencies)
    weighed = index.by_rarity(query, ranking, frequencies, is_weighed=True)
    phrases = [
        " ".join(leaf.words)
        for each in query.wanted
        for leaf in leaves(each.node)
        if isinstance(leaf, Phrase)
    ]
    asked = " OR ".join(f'"{phrase}"' for phrase in phrases)
    found = words.execute(
        "SELECT rowid, bm25(papers, 3.0, 1.0) AS worth FROM papers WHERE papers MATCH ?"
        " ORDER BY worth, rowid",
        (asked,),
    )
    return {
        "score": [(paper, score) for score, paper, _ in ranking.top],
        "rarity": [(paper, (score, rarity)) for (score, paper, _), rarity in ordered],
        "weighed": [(paper, rarity) for (_, paper, _), rarity in weighed],
        "BM25": [(paper, round(worth, 6)) for paper, worth in found],
    }


def _show(papers: Sequence[Paper], orders: Orders) -> None:
    print("    " + "".join(f"{name:44}" for name in orders))
    for place in range(TOP):
        cells = [
            papers[rows[place][0]].title[:42] if place < len(rows) else ""
            for rows in orders.values()
        ]
        print(f"{place + 1:2}  " + "".join(f"{cell:44}" for cell in cells).rstrip())


def _sum(name: str, orders: Orders) -> str:
    distinct = [len({value for _, value in rows}) for rows in orders.values()]
    *firsts, others = ({paper for paper, _ in rows[:TOP]} for rows in orders.values())
    numbers = [*distinct, *(len(first & others) for first in firsts)]
    return f"{name:14}{len(orders['score']):7} " + "".join(f"{number:8}" for number in numbers)
