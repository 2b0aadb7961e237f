"""Compounds: which two words are one although no hyphen joins them (*data base*, database).

A hyphen joins any two.  The list holds what is written both ways in some 6,000 abstracts
(``python -m bench compounds``), read by a person, and what is of that kind: never two words that
only happen to spell a third (*in formation*, *car pet*, *man age*).
"""

from __future__ import annotations

from functools import cache
from typing import Final

from .lemmas import lemmas
from .words import GREEK_LETTERS, SMALL_WORDS

#: two words each, the second without its inflections, separated by commas
PAIRS: Final = """
    air way, art work, back bone, back end, back ground, back project, back projection,
    back propagate, back propagation, back track, band gap, band pass, band width, base band,
    base line, bench mark, bert score, bit rate, bit width, blind spot, block chain,
    blood stream, brain stem, break down, break through, cell phone, chat bot, chat gpt,
    check list, check point, check sum, class room, code base, code book, common sense,
    core set, cost map, cross over, crowd source, cut off, dash board, dash cam, data base,
    data center, data flow, data frame, data point, data set, data sheet, data stream,
    day light, dead line, dead lock, deep fake, deep mind, dense net, desk top, down load,
    down sample, down scale, down stream, down time, drop out, earth quake, efficient net,
    end point, eye tracking, feed back, feed forward, few shot, fiber glass, field work,
    file name, fine grain, fine tune, finger print, fire wall, five fold, flood plain,
    floor plan, flow chart, four fold, frame rate, frame work, free form, front end, game play,
    gen ai, git hub, grad cam, graph rag, gray scale, green house, ground truth, ground water,
    guide line, half life, hand craft, hand crafted, hand held, hand shape, hand write,
    hand written, hash tag, head line, head room, health care, heart beat, heat map, height map,
    home page, house hold, hugging face, image net, jail break, key board, key frame, key point,
    key pose, key stroke, key word, knock down, knock out, know how, land cover, land mark,
    land scape, land slide, land use, lap top, lay out, life cycle, life long, life span,
    life style, life time, light weight, line width, lip read, long standing, long term,
    look ahead, look up, main frame, main stream, mark down, mark up, market place, mile stone,
    mind set, mix up, mobile net, motor cycle, name space, new line, news feed, news paper,
    node js, null space, off line, off load, off policy, off set, off shore, off spring,
    one shot, open ai, open source, open vocabulary, out perform, over confidence,
    over confident, over fit, over parameterize, over reliance, over sample, over smooth,
    over think, over thinking, page rank, pass word, path finding, path way, pay load, per cent,
    phase space, pipe line, plain text, play back, policy maker, policy making, proof read,
    rain fall, rain forest, read out, real time, real world, res net, road map, road side,
    role play, roll back, roll out, round table, round trip, run time, sand box, sea floor,
    sea level, sense making, set up, short term, side band, side chain, skin care, snap shot,
    snow fall, snow pack, soft max, sound track, space craft, space time, speed up,
    spread sheet, stand alone, star burst, star light, stock piling, stop word, store front,
    stream line, style gan, sun light, sun spot, table top, team work, ten fold, test bed,
    test set, three fold, time frame, time lapse, time line, time point, time scale,
    time series, time stamp, time step, tool box, tool chain, tool kit, touch screen,
    trade mark, trade off, trust worthiness, trust worthy, two fold, under explore, under fit,
    under perform, under represent, under sample, under serve, under study, under utilize,
    under water, up sample, up scale, up stream, user name, voice over, vq vae, wall clock,
    water mark, wave form, wave front, wave function, wave guide, wave length, wave number,
    wave packet, way point, web cam, web page, web site, white space, wide band, wide spread,
    wild fire, wild life, word net, word piece, work bench, work flow, work force, work load,
    work place, work shop, work space, work station, world view, world wide, zero shot
"""
#: beginnings that are hardly ever words themselves
BEGINNINGS: Final = frozenset(
    """
    anti audio auto bi bio chemo co counter cross cryo cyber de di eco ego electro endo exo geo
    haemo hemo hetero holo homo hydro hyper hypo immuno infra inter intra iso macro magneto mal
    mega meta micro mid mini mis mono multi nano neo neuro non omni ortho para patho peri pharmaco
    phono photo physio piezo poly post pre proto pseudo psycho pyro quasi re retro semi socio
    spatio spectro stereo sub super supra techno tele thermo trans tri ultra un uni vaso
    """.split()  # noqa: SIM905
)
_ENDINGS = ("wise",)


def may_begin(word: str) -> bool:
    """Return whether a folded word may be one with any word after it, or with one of the list."""
    return word in BEGINNINGS or word in _firsts() or len(word) == 1 or _is_free(word)


def may_end(word: str) -> bool:
    """Return whether a folded word may be one with any word before it."""
    return word in _ENDINGS or _is_free(word)


def _is_free(word: str) -> bool:
    return word in GREEK_LETTERS or any(map(str.isdigit, word))


def may_join(left: str, right: str) -> bool:
    """Return whether two folded words are one where a blank parts them.

    So are a word and a number (GPT 4), a single letter and a word (k means), and a Greek letter
    and a word (H alpha); two numbers never.
    """
    if (left in SMALL_WORDS and left != "so") or right in SMALL_WORDS or right == "s":
        return False  # but SO(3)
    if any(map(str.isdigit, left + right)):
        return not (left[-1:].isdigit() and right[:1].isdigit())
    if left in BEGINNINGS or right in _ENDINGS or left in GREEK_LETTERS or right in GREEK_LETTERS:
        return True
    if len(left) == 1:
        return left.isascii()
    return any((left, lemma) in _pairs() for lemma in (right, *lemmas(right)))


@cache
def _pairs() -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(pair.split()) for pair in PAIRS.split(","))


@cache
def _firsts() -> frozenset[str]:
    return frozenset(first for first, _ in _pairs())
