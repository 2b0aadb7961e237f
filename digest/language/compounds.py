"""Compounds: which two words are one although no hyphen joins them (*data base*, database).

A hyphen joins any two.  The list holds what is written both ways in some 6,000 abstracts
(``python -m bench compounds``), read by a person, and what is of that kind in other sciences: never
two words that only happen to spell a third (*in formation*, *car pet*, *carried out patient …*).
"""

from __future__ import annotations

from functools import cache
from typing import Final

from .lemmas import lemmas
from .words import GREEK_LETTERS, SMALL_WORDS

#: two words each, the second without its inflections, separated by commas
PAIRS: Final = """
    air borne, air craft, air flow, air port, air way, art work, back bone, back end,
    back ground, back project, back projection, back propagate, back propagation, back track,
    band gap, band pass, band width, base band, base line, bed rest, bed rock, bed side,
    bee keeping, bench mark, bert score, bird song, birth day, birth place, birth weight,
    bit rate, bit width, black board, black out, blind spot, block chain, blood stream,
    blue shift, brain stem, break down, break through, break up, breast feeding, burn out,
    care giver, care taker, cell phone, chat bot, chat gpt, check list, check point, check sum,
    child birth, child care, class room, coast line, code base, code book, common sense,
    core set, cost map, count down, cow pea, crop land, cross over, crowd funding, crowd source,
    cut off, dash board, dash cam, data base, data center, data flow, data frame, data point,
    data set, data sheet, data stream, day light, dead line, dead lock, deep fake, deep mind,
    dense net, desk top, down load, down regulate, down regulation, down sample, down scale,
    down stream, down time, drop off, drop out, dust storm, ear phone, earth quake, earth worm,
    efficient net, end point, eye ball, eye lid, eye sight, eye tracking, farm land, feed back,
    feed forward, few shot, fiber glass, field work, file name, fine grain, fine tune,
    finger print, finger tip, fire wall, five fold, flat worm, flood plain, floor plan,
    flow chart, follow up, foot print, foot wear, fore arm, fore brain, fore limb, four fold,
    frame rate, frame work, free form, fresh water, front end, fruit fly, gall bladder,
    gall stone, game play, gen ai, germ line, germ plasm, git hub, grad cam, grand child,
    grand parent, graph rag, grass land, gray scale, green house, ground truth, ground water,
    guide line, half life, hand book, hand craft, hand crafted, hand grip, hand held,
    hand shape, hand write, hand written, hard ware, hard wood, hash tag, head ache, head line,
    head phone, head room, health care, heart beat, heart wood, heat map, heat sink, heat wave,
    height map, hind brain, hind limb, home owner, home page, home work, honey bee, honey comb,
    hot spot, house fly, house hold, hugging face, image net, jail break, key board, key frame,
    key point, key pose, key stone, key stroke, key word, knock down, knock out, know how,
    land cover, land fill, land form, land mark, land mass, land owner, land scape, land slide,
    land use, lap top, law maker, lay out, leaf hopper, life cycle, life long, life span,
    life style, life time, light curve, light weight, lime stone, line width, lip read,
    live stock, lock down, long standing, long term, look ahead, look up, loop hole, lower case,
    main frame, main stream, man power, mark down, mark up, market place, marsh land, melt down,
    mile stone, mind set, mix up, mobile net, moon light, motor cycle, mud stone, name space,
    new line, news feed, news letter, news paper, news room, night time, node js, note book,
    null space, off diagonal, off line, off load, off policy, off set, off shore, off spring,
    oil seed, one shot, open ai, open source, open vocabulary, out break, out door, out perform,
    over confidence, over confident, over fit, over night, over parameterize, over reliance,
    over sample, over smooth, over think, over thinking, pace maker, page rank, pain killer,
    pass word, patch work, path finding, path way, pay load, pay off, pay roll, peace building,
    peace keeping, peat land, per cent, phase space, pipe line, plain text, play back,
    play ground, policy maker, policy making, proof read, rain fall, rain forest, rain water,
    range land, read out, real time, real world, red shift, res net, river bank, river bed,
    road block, road map, road side, rock fall, role play, roll back, roll out, root stock,
    round table, round trip, row crop, run time, salt marsh, salt water, sand box, sand stone,
    sea bed, sea bird, sea floor, sea food, sea grass, sea level, sea shore, sea water,
    sea weed, seed bed, sense making, set up, share holder, short term, shut down, side band,
    side chain, side lobe, side walk, side wall, silk worm, sink hole, skin care, skin fold,
    slow down, smart phone, smart watch, snap shot, snow fall, snow melt, snow pack, soft max,
    soft ware, soft wood, sound track, soy bean, space craft, space time, speed up, spot light,
    spread sheet, stake holder, stand alone, star burst, star light, start up, stock piling,
    stop word, store front, storm water, stream flow, stream line, style gan, sugar beet,
    sugar cane, sun burn, sun flower, sun light, sun screen, sun spot, swamp land, table top,
    take off, tape worm, team work, ten fold, test bed, test set, three fold, thunder storm,
    time frame, time lapse, time line, time point, time scale, time series, time stamp,
    time step, tool box, tool chain, tool kit, tooth paste, touch screen, trade mark, trade off,
    tree line, tree top, trouble shoot, trouble shooting, trust worthiness, trust worthy,
    two fold, under explore, under fit, under graduate, under perform, under represent,
    under sample, under serve, under study, under utilize, under water, up regulate,
    up regulation, up sample, up scale, up stream, user name, voice over, vq vae, wall clock,
    wall paper, warm up, wash out, waste water, water course, water fall, water mark,
    water melon, water shed, water way, wave form, wave front, wave function, wave guide,
    wave length, wave number, wave packet, wave plate, wave train, wave vector, way point,
    web cam, web page, web site, well being, wet land, wheel chair, white board, white space,
    wide band, wide spread, wild fire, wild land, wild life, wild type, wind break, wind mill,
    wind storm, wood chip, wood land, wood pecker, word net, word piece, work bench, work day,
    work flow, work force, work load, work place, work sheet, work shop, work space,
    work station, world view, world wide, worm hole, zero shot
"""
#: beginnings that are hardly ever words themselves
BEGINNINGS: Final = frozenset(
    """
    angio anti antiferro arterio arthro audio auto bi bio cardio cerebro chemo chrono co counter
    cross cryo cyber cyto de dermato di eco ego eigen electro endo entero exo ferro gastro geo
    haemo hemi hemo hepato hetero holo homo hydro hyper hypo immuno infra inter intra iso litho
    macro magneto mal mega meta micro mid mini mis mono multi musculo nano neo nephro neuro non
    omni onco opto ortho osteo oto para patho peri pharmaco phono photo physio phyto piezo poly
    post pre proto pseudo psycho pyro quasi re retro rheo semi sero socio spatio spectro stereo
    sub super supra techno tele thermo thrombo trans tri ultra un uni vaso viro
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
    # Most words are letters alone, which is seen in one look.
    return word in GREEK_LETTERS or (not word.isalpha() and any(map(str.isdigit, word)))


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


def are_a_name(left: str, right: str) -> bool:
    """Return whether two folded words are a number and a Greek letter: the 1β of IL-1β."""
    return (left.isdecimal() and right in GREEK_LETTERS) or (
        left in GREEK_LETTERS and right.isdecimal()
    )


@cache
def _pairs() -> frozenset[tuple[str, ...]]:
    return frozenset(tuple(pair.split()) for pair in PAIRS.split(","))


@cache
def _firsts() -> frozenset[str]:
    return frozenset(first for first, _ in _pairs())
