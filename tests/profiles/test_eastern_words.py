"""Sentences in Chinese and Japanese, which has no blanks between words."""

from __future__ import annotations

from digest.profiles.eastern_words import has_eastern, spaced
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


@table(
    "written said is_eastern",
    [
    ('plain', 'plain', False),
    ('我对强化学习感兴趣', '强化学习', True),
    ('强化学习和扩散模型', '强化学习, 扩散模型', True),
    ('饱和磁化和超导', '饱和磁化, 超导', True),
    ('参与者和机器', '参与者, 机器', True),
    ('A和B', 'A, B', True),
    ('学习与机器及视觉', '学习, 机器, 视觉', True),
    ('不要综述', 'not 综述', True),
    ('机器人，不要综述、教程', '机器人, not 综述, not 教程', True),
    ('除了综述', 'not 综述', True),
    ('除了氧化还原', 'not 氧化还原', True),
    ('除了综述以外，也看机器人', '综述, 机器人', True),
    ('サーベイは不要', 'not サーベイ', True),
    ('ロボット、サーベイは除く、エージェント', 'ロボット, not サーベイ, エージェント', True),
    ('エージェントとロボット', 'エージェント, ロボット', True),
    ('サーベイ以外の強化学習', 'not サーベイ, 強化学習', True),
    ('强化学习的应用', '强化学习 应用', True),
    ('目的地', '目的地', True),
    ('LLMの推論', 'LLM 推論', True),
    ('的论文', '', True),
    ('a、b', 'a、b', False),
    ('a，b。c！d', 'a，b。c！d', False),
    ('论文', '', True),
    ('及时雨和普及', '及时雨, 普及', True),
    ('或者机器或人', '或者机器, 人', True),
    ('は', '', True),
    ('学习的', '学习', True),
    ('の学習', '学習', True),
    ('学習の', '学習の', True),
    ('学习 和 机器', '学习, 机器', True),
    ('和机器', '和机器', True),
    ('机器和', '机器和', True),
    ],
)  # fmt: skip
def test_a_sentence_is_cut_at_its_joins_and_refusals(
    written: str, said: str, is_eastern: bool
) -> None:
    assert spaced(written) == said
    assert has_eastern(written) is is_eastern
