"""British and American spellings of one word.

The tables were written for this project and have its licence.
"""

from __future__ import annotations

from functools import cache
from typing import Final

from .. import expressions

#: whole words, as a dictionary has them: British and American in turn
WORDS: Final = """
    abridgement abridgment   acknowledgement acknowledgment   adviser advisor   aeon eon
    aeroplane airplane   afterwards afterward   ageing aging   aluminium aluminum
    amongst among   analogue analog   annexe annex   apocentre apocenter   artefact artifact
    artefactual artifactual   axe ax   backwards backward   barycentre barycenter
    bevelled beveled   biassed biased   burnt burned   calibre caliber
    cancellation cancelation   carburettor carburetor   catalogue catalog
    centilitre centiliter   centimetre centimeter   centre center   centrepiece centerpiece
    chequered checkered   chilli chili   connexion connection   cosy cozy   councillor councilor
    counsellor counselor   decilitre deciliter   defence defense   defenceless defenseless
    dialogue dialog   disc disk   distil distill   doughnut donut   downwards downward
    dreamt dreamed   dyke dike   encyclopaedia encyclopedia   enrol enroll
    enrolment enrollment   enquire inquire   enquiry inquiry   epicentre epicenter
    epilogue epilog   femtometre femtometer   fibre fiber   fibreglass fiberglass
    focussed focused   forwards forward   fulfil fulfill   fulfilment fulfillment
    geocentre geocenter   goitre goiter   gramme gram   grey gray   greyish grayish
    greyscale grayscale
    grille grill   hectolitre hectoliter   homologue homolog   hypercentre hypercenter
    hypocentre hypocenter   instal install   instalment installment   instil instill
    inwards inward   isocentre isocenter   jeweller jeweler   jewellery jewelry
    judgement judgment   kerb curb   kilogramme kilogram   kilolitre kiloliter
    kilometre kilometer   leapt leaped   learnt learned   leucocyte leukocyte
    leucocytosis leukocytosis   libellous libelous   licence license   litre liter
    liveable livable   lodgement lodgment   lustre luster   marvellous marvelous   meagre meager
    mitre miter
    medallist medalist   metre meter   microfibre microfiber   microlitre microliter
    micrometre micrometer   milligramme milligram   millilitre milliliter
    millimetre millimeter   misjudgement misjudgment   monologue monolog   mould mold
    mouldable moldable   moult molt   neurone neuron   moveable movable   multicentre multicenter
    nanofibre nanofiber   nanolitre nanoliter   nanometre nanometer   nitre niter   ochre ocher
    offence offense   omelette omelet   orientate orient   orthocentre orthocenter
    orthologue ortholog   outwards outward   panellist panelist   paralogue paralog
    pericentre pericenter   picometre picometer   plough plow   practise practice
    pretence pretense   preventative preventive   programme program   prologue prolog
    pyjamas pajamas   reconnoitre reconnoiter   routeing routing   sabre saber
    saleable salable   sceptic skeptic   sceptical skeptical   scepticism skepticism
    sceptre scepter   sepulchre sepulcher   signaller signaler   sizeable sizable
    skilful skillful   smoulder smolder   sombre somber   speciality specialty
    spectre specter   spelt spelled
    spilt spilled   spoilt spoiled   theatre theater   titre titer   towards toward
    traveller traveler   travelogue travelog   tyre tire   upwards upward   useable usable
    whilst while   whisky whiskey   wilful willful   woollen woolen   yoghurt yogurt
"""
#: parts of words, of which those with *ae* and *oe* are mostly medicine's: British and American
PARTS: Final = """
    aem em   aesthet esthet   aetio etio   amoeb ameb   anaesth anesth   archaeo archeo
    caecum cecum   caecal cecal   caesar cesar   caesium cesium   coelia celia   coelo celo
    diarrhoe diarrhe   encyclopaed encycloped   faec fec   foet fet   gynaec gynec   haem hem
    homoeo homeo   manoeuvre maneuver   manoeuvr maneuver   mediaeval medieval   naevus nevus
    oedem edem   oedip edip   oenolog enolog   oesoph esoph   oestr estr   orthopaed orthoped
    paed ped   palaeo paleo   phaeo pheo   pnoea pnea   praecox precox   primaev primev
    rrhoe rrhe   synaesth synesth   uraem urem

    arbour arbor   ardour ardor   armour armor   behaviour behavior   candour candor
    clamour clamor   colour color   demeanour demeanor   enamour enamor   endeavour endeavor
    favour favor   fervour fervor   flavour flavor   harbour harbor   honour honor
    humour humor   labour labor   neighbour neighbor   odour odor   parlour parlor
    rancour rancor   rigour rigor   rumour rumor   saviour savior   savour savor
    splendour splendor   succour succor   tumour tumor   valour valor   vapour vapor
    vigour vigor

    sulph sulf
"""
# -ise and -yse, but not in words as short as "rise".
_ISE = expressions.compile(
    r"(?<=[a-z]{3}[iy])s(?=(?:e[drs]?|ers|ing|ingly|ations?|ational|ability|able|ably)$)"
)


def _pairs(table: str) -> dict[str, str]:
    words = table.split()
    return dict(zip(words[::2], words[1::2], strict=True))


_PARTS = _pairs(PARTS)
# The longest first, because an alternation takes the first that fits.
_PART = expressions.compile("|".join(sorted(_PARTS, key=len, reverse=True)))


def american(word: str) -> str:
    """Return the American spelling of a word in small letters, or the word itself.

    What is not English may change, too: use it to compare, not to show.
    """
    if whole := _words().get(word):
        return whole
    # What a word must contain for any of the parts to be in it.
    if "ae" in word or "oe" in word or "our" in word or "sulph" in word:
        word = _PART.sub(lambda found: _PARTS[found[0]], word)
    if len(word) > 5 and ("is" in word or "ys" in word):
        return _ISE.sub("z", word)
    return word


@cache
def _words() -> dict[str, str]:
    return _pairs(WORDS)


@cache
def _americans() -> dict[str, str]:
    return {american_word: word for word, american_word in _words().items()}


# Too many words begin as "disc" does.
_LONG_ENOUGH = 5


def both_ways(beginning: str) -> set[str]:
    """Return the beginning of a word, in small letters, in each spelling of it."""
    ways = {beginning, american(beginning)}
    for one, other in _PARTS.items():
        if one in beginning or other in beginning:
            ways |= {beginning.replace(one, other), beginning.replace(other, one)}
    whole = _words().get(beginning) or _americans().get(beginning, "")
    if min(len(whole), len(beginning)) >= _LONG_ENOUGH:
        ways.add(whole)
    return ways | set(map(_with_other_sibilant, ways))


def _with_other_sibilant(word: str) -> str:
    """Return ``visualiz`` for ``visualis``, and the reverse."""
    for place in range(len(word) - 1, 2, -1):
        if word[place] in "sz" and word[place - 1] in "iy":
            other = "z" if word[place] == "s" else "s"
            return word[:place] + other + word[place + 1 :]
    return word
