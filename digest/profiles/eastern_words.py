"""Cut Chinese and Japanese sentences, which have no spaces, into what they ask for.

"我对强化学习和扩散模型感兴趣，不要综述" becomes a list of three, the last of them refused.
"我对强化学习和扩散模型感兴趣，不要综述" is read as a list of three, the last refused.
"""

from __future__ import annotations

from typing import Final

#: What says no subject; longer ones come first.
_FRAMES: Final = (
    *("我想了解", "我在研究", "很感兴趣", "非常感兴趣", "我想看", "我想读", "我想要", "我关注"),
    *("我關注", "我研究", "请推荐", "请给我", "感兴趣", "感興趣", "有兴趣", "的最新", "最新的"),
    *("的论文", "的論文", "的文章", "我对", "我對", "对于", "关于", "關於", "有关", "方面", "相关"),
    *(
        "等等",
        "论文",
        "に興味があります",
        "に興味がある",
        "に関心があります",
        "に関する",
        "に関連する",
    ),
    *(
        "についての",
        "について",
        "を探しています",
        "を読みたい",
        "が知りたい",
        "が好きです",
        "の論文",
    ),
    *("の研究", "論文", "私は", "など", "です"),
)
#: Before and behind what papers are not to have.
_REFUSED_BEHIND: Final = ("但不要", "不要", "不想要", "不想看", "除了")
_REFUSED_BEFORE: Final = ("はいりません", "はいらない", "は不要", "は除く", "を除く", "以外")
_ENDS: Final = str.maketrans(dict.fromkeys("。！？；", ","))
#: Words that join, and the words that only look as if they had one.
_JOINS: Final = (
    *("以及", "および", "または", "、", "・", "，", "和", "与", "與", "及", "或", "と", "や"),
)
_WHOLE: Final = frozenset(
    ("饱和", "和谐", "和平", "总和", "参与", "给予", "涉及", "普及", "及时", "或许")
)


def has_eastern(text: str) -> bool:
    """Return whether a text has Chinese or Japanese signs."""
    return any("\u3040" <= character <= "\u9fff" for character in text)


def spaced(text: str) -> str:
    """Return a text with commas between what it asks for, "not" before what it refuses."""
    if not has_eastern(text):
        return text
    text = text.translate(_ENDS)
    for frame in _FRAMES:
        text = text.replace(frame, ",")
    for refusal in _REFUSED_BEHIND:
        text = text.replace(refusal, ", not ")
    for join in _JOINS:
        text = _cut_at(join, text)
    return ", ".join(_asked(piece) for piece in text.split(",") if piece.strip())


def _cut_at(join: str, text: str) -> str:
    """Return a text with a comma in place of a word that joins, unless it is in another word."""
    place = text.find(join)
    while place >= 0:
        end = place + len(join)
        around = (text[max(0, place - 1) : end], text[place : end + 1])
        is_joined = _is_noun(text[place - 1 : place]) and _is_noun(text[end : end + 1])
        if len(join) > 1 or not join.isalpha() or (is_joined and _WHOLE.isdisjoint(around)):
            text = f"{text[:place]},{text[end:]}"
        place = text.find(join, place + 1)
    return text


def _is_noun(character: str) -> bool:
    """Return whether a character may be at a noun's end: no hiragana, which verbs end with."""
    return character == " " or (character.isalnum() and not "\u3040" <= character <= "\u309f")


def _asked(piece: str) -> str:
    piece = piece.strip()
    for refusal in _REFUSED_BEFORE:
        stem = piece.removesuffix(refusal)
        if stem and stem != piece:
            piece = f"not {stem}"
    for of in ("的", "の"):
        before, found, after = piece.partition(of)
        if found and before.strip() and after.strip() and not before.endswith("目"):
            piece = f"{before} {after}"
    return piece.removesuffix("的").removesuffix("は").removesuffix("が").removesuffix("を")
