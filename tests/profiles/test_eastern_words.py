"""Sentences in Chinese and Japanese, which has no blanks between words."""

from __future__ import annotations

from digest.profiles.plain_words import wishes

from ..tables import table


@table(
    "written wanted refused",
    [
        (
            "我对强化学习和扩散模型感兴趣，不要综述",
            ["reinforcement learning", "diffusion models"],
            ["surveys"],
        ),
        (
            "強化学習と拡散モデルに興味があります。サーベイは除く",
            ["reinforcement learning", "diffusion models"],
            ["surveys"],
        ),
        (
            "除了强化学习，还想看扩散模型。不要综述和教程",
            ["reinforcement learning", "diffusion models"],
            ["surveys", "教程"],
        ),
        ("除了强化学习以外，我还关注机器人", ["reinforcement learning", "robots"], []),
        ("除了综述以外，我都想看", [], ["surveys"]),
        ("我想看氧化还原，除了综述、教程", ["氧化还原"], ["surveys", "教程"]),
        ("不要关于综述和教程的论文，我想看机器人", ["robots"], ["surveys", "教程"]),
        ("ロボット、サーベイやレビューは不要です", ["robots"], ["surveys", "レビュー"]),
        (
            "エージェントに興味があります、サーベイの論文は不要",
            ["agents"],
            ["surveys"],
        ),
        ("サーベイ以外の強化学習", ["reinforcement learning"], ["surveys"]),
        ("エージェント、強化学習・ロボット", ["agents", "reinforcement learning", "robots"], []),
        ("LLMの推論に関する論文", ["LLM reasoning"], []),
        ("我想看饱和磁化和超导的论文", ["饱和磁化", "超导"], []),
        ("LLM agents 和 tool calls", ["LLM agents", "tool calls"], []),
        ("论文", [], []),
    ],
)
def test_chinese_and_japanese_sentences_are_cut_to_what_they_ask_for(
    written: str, wanted: list[str], refused: list[str]
) -> None:
    found = wishes(written)
    assert [each.query for each in found if not each.is_refused] == wanted
    assert [each.query for each in found if each.is_refused] == refused
