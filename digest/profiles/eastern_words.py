"""Cut Chinese and Japanese sentences, which have no spaces, into what they ask for.

"我对强化学习和扩散模型感兴趣，不要综述" becomes a list of three, the last of them refused.
"""

from __future__ import annotations

from collections.abc import Iterator
from typing import Final

#: What says no subject; longer ones come first.
_FRAMES: Final = (
    *("我想了解", "我在研究", "很感兴趣", "非常感兴趣", "我想看", "我想读", "我想要", "我关注"),
    *("我还想看", "我也想看", "我都想看", "我还关注", "我也关注", "还想看", "還想看", "也想看"),
    *("都想看", "还关注", "也关注", "也看", "还有", "還有"),
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
#: Before and behind what papers are not to have, and the signs that take their places.
_REFUSED_BEHIND: Final = ("但不要", "不要", "不想要", "不想看", "除了")
_REFUSED_BEFORE: Final = ("はいりません", "はいらない", "は不要", "は除く", "を除く", "以外")
_BEHIND, _BEFORE = "\x02", "\x03"
#: Where one of these follows, 除了 is "besides", else "except"; and the words that only look so.
_ALSO: Final = ("还", "還", "也")
_NOT_ALSO: Final = ("还原", "還原")
_ENDS: Final = str.maketrans(dict.fromkeys("。！？；", "\n"))
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
    return "\n".join(", ".join(_pieces(each)) for each in text.translate(_ENDS).split("\n"))


def _pieces(sentence: str) -> Iterator[str]:
    """Yield what a sentence asks for, and "not" before each thing that it refuses."""
    for clause in _without_besides(sentence).replace("，", ",").split(","):
        for part, is_refused in _parts(clause):
            for join in _JOINS:
                part = _cut_at(join, part)
            asked = filter(None, map(_asked, part.split(",")))
            yield from (f"{'not ' * is_refused}{piece}" for piece in asked)


def _without_besides(sentence: str) -> str:
    """Leave 除了 only where it refuses, and leave out the end of its bracket (除了…以外)."""
    _, found, after = sentence.partition("除了")
    if not found:
        return sentence
    sentence = sentence.replace("以外", "").replace("之外", "")
    for word in _NOT_ALSO:
        after = after.replace(word, "")
    return sentence.replace("除了", ",") if any(also in after for also in _ALSO) else sentence


def _parts(clause: str) -> Iterator[tuple[str, bool]]:
    """Yield the parts of a clause, and whether each is refused, with all that is joined in it.

    What says no subject becomes a comma, at which a refusal ends or begins.
    """
    for words, sign in ((_FRAMES, ","), (_REFUSED_BEFORE, _BEFORE), (_REFUSED_BEHIND, _BEHIND)):
        for each in words:
            clause = clause.replace(each, sign)
    *ended, rest = clause.split(_BEFORE)
    for part in ended:
        part = part.rstrip(", ")
        start = max(part.rfind(sign) for sign in (",", "、", _BEHIND)) + 1
        yield part[:start].replace(_BEHIND, ","), False
        yield part[start:], True
    wanted, *refused = rest.split(_BEHIND)
    yield wanted, False
    for part in refused:
        unwanted, _, after = part.lstrip(", ").partition(",")
        yield unwanted, True
        yield after, False


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
    piece = piece.strip().removeprefix("的").removeprefix("の")  # サーベイ以外の…
    for of in ("的", "の"):
        before, found, after = piece.partition(of)
        if found and before.strip() and after.strip() and not before.endswith("目"):
            piece = f"{before} {after}"
    return piece.removesuffix("的").removesuffix("は").removesuffix("が").removesuffix("を")
