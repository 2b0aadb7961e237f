"""Lemmas: which words are inflections of one another.

The dictionaries are those of simplemma.  A dictionary is loaded with the first word that is looked
up: 0.3 s for English.
"""

from __future__ import annotations

import unicodedata
from collections.abc import Callable, Mapping
from functools import cache, lru_cache
from typing import Final

from .. import expressions
from .spellings import american
from .words import fold, surface

#: the languages in which words can be looked up, English first
LANGUAGES: Final = {
    "en": "English",
    "de": "German",
    "es": "Spanish",
    "fr": "French",
    "it": "Italian",
    "nl": "Dutch",
    "pt": "Portuguese",
}
ENGLISH: Final = "en"

#: What simplemma has otherwise than papers mean it: a form, and after it each word of which it may
#: be a form, itself alone if none.
_OTHERWISE: Final = """
    analyses analysis analyze; axes axis ax; bases basis base; data data datum; ellipses ellipse
    ellipsis; lenses lens; lense lens; lives life live; media media medium; leaves leaf leave;
    halves half halve; calves calf calve; diagnoses diagnosis diagnose; metamorphoses
    metamorphosis metamorphose; busses bus; dice die dice; gan; gans gan; gone go; span; spanned
    span; spanning span; lay; lays lay; laying lay; laid lay; overlay; overlays overlay;
    overlaying overlay; lower; lowers lower; lowered lower; lowering lower; morals moral; zeroes
    zero; axe ax; hypotheses hypothesis; biases bias; people people person; octopi octopus;
    corpora corpus; opera; operas opera; testes testis; torus; tori torus; skies sky; skis ski;
    aging age aging; ageing age aging; womens woman; childrens child;
    shelves shelf shelve; thieves thief; loaves loaf; wives wife; sheaves sheaf; dwarves dwarf;
    gwas; cmos; sars; dbms; bios; saas; paas;

    ai; an; analytical; bare; bespoke; best; better; ben; cal; cls; cm; cms; covid; doesn; don;
    em; farther; farthest; fewer; further; gemini; genii; hol; isn; km; laden; lan; later;
    latest; least; less; llama; llamas llama; loca; lun; mars; mas; ment; ml; mls; more; most;
    na; negatively; nir; nota; pacs; pix; quora; ranker; rankers ranker; reft; rms; seventh;
    slang; smote; spade; spades spade; ta; tis; trivia; ve; vela; ver; vis; wan; wifi; worse;
    worst; bayer; coarsely; erasure; erasures erasure; overridden override; bus; news; physics;
    series; species; based;

    meaning; meanings meaning; surrounding; surroundings surrounding; meeting; meetings meeting;
    proceeding; proceedings proceeding; being; beings being; lighting; lightings lighting;
    building; setting; engineering; marketing; housing; clothing; ceiling; evening; bearing;
    imaging; accounting; wedding; morning; learnings learn; prunings prune; tunings tune;
    jailbreaked jailbreak; thinking think thinking; smoothing smooth smoothing;
    advertising advertise advertising
"""
#: Nouns that no dictionary has apart from their verb, which mostly is another noun, too (*model*).
#: Its other forms are not what they mean; of *learning* and *pruning* they are.
_NOUNS_IN_ING: Final = frozenset(
    """
    answering averaging bonding boosting branching captioning charging chunking clustering cooling
    counting cracking cropping damping dating docking doping dosing drilling driving embedding
    farming faulting filtering firing forecasting framing gaming gating gesturing hashing hedging
    labeling landing linking listing logging machining masking matching meshing milling modeling
    monitoring nesting networking ordering padding paging painting pairing parenting patterning
    phenotyping phrasing planning poisoning polling pooling positioning posting processing
    profiling prompting pumping purchasing ranking reading reasoning recording rendering ringing
    routing scattering scheduling schooling scoring screening seeding sensing shaping signaling
    skinning sounding spelling staging staining stemming streaming switching tagging targeting
    testing threading tiling tracking training trapping tunneling typing underpinning
    understanding voting weathering weighting welding zoning
    """.split()  # noqa: SIM905
)
#: Words of three letters are mostly abbreviations ("RMS", "MAS"); these are words.
_SHORT: Final = """
    ate eat; bit bite; did do; dug dig; fed feed; got get; had have; has have; hid hide; led lead;
    lit light; men man; met meet; ran run; sat sit; won win; ova ovum;
    ads ad; ids id; was be; are be
"""
#: Words of two letters that papers have, those of Latin and French names and units included:
#: AL is not in *et al.*, KG no weight.  English has more, but none that a paper means.
_TWO_LETTERS: Final = frozenset(
    """
    am an as at be by do go he if in is it me my no of oh on or ox so to up us we
    ad al ca cf de eg et ex ie la vs   cm kg km mg mm ms nm
    """.split()  # noqa: SIM905
)
#: In small letters the same as in capitals, or a name: no reason to ask for capitals
_ANY_CASE: Final = frozenset(
    """
    cpu cpus gan gps jpeg jpg gif laser lidar llama radar sonar quasar scuba maser modem url urls
    html xml pdf usb dvd tv fps rms rpm dna rna hiv mri pcr kb mb gb db dc ac
    fem fet hmm lasso parp pls sem shh spect
    """.split()  # noqa: SIM905
)
_IZE = expressions.compile(r"(?<=[a-z]{2})(?:is|iz)(?:e[sd]|ing)$")
_IZATION = expressions.compile(r"(?<=[a-z]{3}i)zations?$")
# No word in capitals that is longer is an abbreviation: a title may be in capitals.
_LONGEST_ABBREVIATION = 4
_SHORTEST_TAIL = 4
_ENDINGS = ("s", "ed", "ing")
_VOWELS = frozenset("aeiouy")


@lru_cache(maxsize=65536)
def lemmas(raw: str, language: str = ENGLISH) -> tuple[str, ...]:
    """Return each lemma of which a word, as written, may be a form, as compared: folded, American.

    More than one only where a form is ambiguous (*axes*) or where people write a letter in two
    ways (*Müller*, Mueller).
    """
    if language != ENGLISH:
        return _foreign_lemmas(raw, language)
    if is_plural_of_capitals(raw):
        return (surface(raw[:-1]),)
    word = surface(raw)
    if not word.isascii() or (len(raw) <= _LONGEST_ABBREVIATION and len(raw) > 1 and raw.isupper()):
        return (word,)
    if not raw.isascii() and (other := spelled_out(raw)) != word:
        return tuple(sorted({*_english_lemmas(word), *_english_lemmas(other)}))
    return _english_lemmas(word)


def meant(raw: str, language: str = ENGLISH) -> tuple[str, ...]:
    """Return the lemmas that a word of a query means: its own alone if it is one."""
    found = lemmas(raw, language)
    if (
        len(found) > 1
        and language == ENGLISH
        and raw.isascii()
        and (own := _noun_in_ing(surface(raw)) or american(surface(raw))) in found
    ):
        return (own,)
    return found


def is_common_word(word: str) -> bool:
    """Return whether a word in small letters is an English one, not only an abbreviation."""
    if len(word) < 3:
        return len(word) == 1 or word in _TWO_LETTERS
    return word not in _ANY_CASE and (_english().get(word) or "A").islower()


def is_plural_of_capitals(raw: str) -> bool:
    """Return whether only its capitals show that a word is a plural: LLMs, NeRFs."""
    return len(raw) > 2 and raw[-1] == "s" and raw[-2].isupper()


_UMLAUTS = str.maketrans({"ä": "ae", "ö": "oe", "ü": "ue"})


def spelled_out(raw: str) -> str:
    """Return a folded word whose umlauts are spelled without the right keyboard: mueller."""
    return surface(unicodedata.normalize("NFC", raw).lower().translate(_UMLAUTS))


def _english_lemmas(word: str) -> tuple[str, ...]:
    if exceptional := _exceptions().get(word):
        return exceptional
    if noun := _noun_in_ing(word):
        lemma = american(_english_lemma(word.removesuffix("s")))
        if lemma == noun:  # the dictionary has it apart
            lemma = american(_verb_of(noun) or noun)
        return tuple(sorted({lemma, noun}))
    lemma = american(_english_lemma(word))
    if word.endswith("ses") and _english().get(singular := f"{word[:-2]}is") == singular:
        return tuple(sorted({lemma, singular}))  # mitoses, of which a guess makes "mitose"
    if lemma.endswith("ing") and word == lemma and (verb := _verb_of(word)):
        return tuple(sorted((american(verb), word)))
    return (_IZATION.sub("ze", lemma) if "zation" in lemma else lemma,)


def _noun_in_ing(word: str) -> str | None:
    """Return the noun that a word is, or of which it is a plural: *modellings* is *modeling*."""
    noun = word.removesuffix("s")
    if not noun.endswith("ing"):
        return None
    return next((way for way in (noun, _with_one_l(noun)) if way in _NOUNS_IN_ING), None)


def _verb_of(noun: str) -> str | None:
    """Return the verb of a noun such as *mapping*: the verb finds the noun, but not the reverse."""
    start = noun[:-3]
    if len(start) < 3:
        return None  # king, ring
    undoubled = start[:-1] if start[-1] == start[-2] else start
    for verb in (start, start + "e", undoubled):
        if len(verb) > 2 and _english().get(verb) == verb:
            return verb
    return None


def _english_lemma(word: str) -> str:
    if len(word) < 4:
        return word
    lemma = _english().get(word) or _english().get(_with_one_l(word))
    if lemma is None:
        return _guessed(word)
    if lemma == word and _english().get(verb := _IZE.sub("ize", word)) == verb != word:
        return verb  # anesthetized, which the dictionary has as an adjective alone
    if _english().get(lemma) == word:  # each is said to be a form of the other: bacteria, bacterium
        return min(word, lemma)
    if lemma.endswith("ll") and len(lemma) > 5 and _english().get(lemma[:-1]):
        return lemma[:-1]  # modell, labell
    if lemma.endswith("ick") and lemma != word and len(lemma) > 5 and _english().get(lemma[:-1]):
        return lemma[:-1]  # mimick
    return lemma.lower().rstrip(".")


def _with_one_l(word: str) -> str:
    return word.replace("lled", "led").replace("lling", "ling")


def _guessed(word: str) -> str:
    """Return the likely lemma of a word that is in no dictionary."""
    known = _english()
    for start in range(2, len(word) - _SHORTEST_TAIL + 1):  # "pretrained" as "trained"
        if (tail := word[start:]) in known:
            lemma = _english_lemma(tail)
            if lemma == tail or _is_regular(tail, lemma):
                return word[:start] + lemma
    if _IZE.search(word):
        return _IZE.sub("ize", word)
    is_latin = word.endswith("us") and not _VOWELS.isdisjoint(word[:-2])  # unlike "gpus"
    if word[-1] != "s" or word[-2] in "si" or word.endswith("ics") or is_latin:
        return word
    if word.endswith("ies") and len(word) > 4:
        return word[:-3] + "y"
    return word[:-2] if word.endswith(("ches", "shes", "sses", "xes")) else word[:-1]


def _is_regular(form: str, lemma: str) -> bool:
    """Return whether ``form`` ends as inflections do, without being an agent (*tokenizers*)."""
    is_agent = form.removesuffix("s").endswith("er") and not lemma.endswith("er")
    return form.endswith(_ENDINGS) and form[:2] == lemma[:2] and lemma[-2:] != "ie" and not is_agent


@cache
def _exceptions() -> dict[str, tuple[str, ...]]:
    lists = [entry.split() for entry in (_OTHERWISE + ";" + _SHORT).split(";")]
    return {form: tuple(sorted(words)) or (form,) for form, *words in lists}


# So many letters have the words of one part in common.
_FIRST = 2


class _Parts:
    """A dictionary in parts, by the first letters of words; a part is read when it is needed."""

    def __init__(self, parts: Mapping[str, str]) -> None:
        self._parts = parts
        self._read: dict[str, dict[str, str]] = {}

    def get(self, word: str) -> str | None:
        """Return the lemma of a word, None for an unknown one."""
        part = self._read.get(word[:_FIRST])
        if part is None:
            pairs = self._parts.get(word[:_FIRST], "").split(" ")
            part = dict(zip(pairs[::2], pairs[1::2], strict=False))
            self._read[word[:_FIRST]] = part
        return part.get(word)

    def __contains__(self, word: str) -> bool:
        return self.get(word) is not None


def english_in_parts() -> dict[str, str]:
    """Return the English dictionary as ``use_english`` takes it."""
    pairs: dict[str, list[str]] = {}
    for word, lemma in _english_of_simplemma().items():
        if " " not in word + lemma:
            pairs.setdefault(word[:_FIRST], []).append(f"{word} {lemma}")
    return {first: " ".join(several) for first, several in pairs.items()}


def use_english(parts: Mapping[str, str]) -> None:
    """Look English words up in what ``english_in_parts`` returned, which loads no dictionary."""
    _PARTS.update(parts)
    _english.cache_clear()


def is_english_loaded() -> bool:
    """Return whether an English word was looked up before."""
    return _english.cache_info().currsize > 0


_PARTS: Final[dict[str, str]] = {}


@cache
def _english() -> Mapping[str, str] | _Parts:
    return _Parts(_PARTS) if _PARTS else _english_of_simplemma()


def _english_of_simplemma() -> Mapping[str, str]:
    from simplemma.strategies.dictionaries import DEFAULT_DICTIONARY_FACTORY

    return DEFAULT_DICTIONARY_FACTORY.get_dictionary(ENGLISH)


def _foreign_lemmas(raw: str, language: str) -> tuple[str, ...]:
    """Return the lemma of a word, and that of the noun if German capitals are missing."""
    word = unicodedata.normalize("NFC", raw).removesuffix("'s")
    ways = {word, word.capitalize()} if language == "de" else {word}
    look_up = _foreign()
    return tuple(sorted({fold(look_up(way, language) or way) for way in ways}))


@cache
def _foreign() -> Callable[[str, str], str | None]:
    """Return simplemma's look-up with little memory: German takes 17 MB, and not 108."""
    from simplemma.strategies import DefaultStrategy

    return DefaultStrategy(low_memory=True).get_lemma


@cache
def _stemmer() -> Callable[[str], str]:
    from Stemmer import Stemmer

    stem_word: Callable[[str], str] = Stemmer("english").stemWord
    return stem_word


@lru_cache(maxsize=65536)
def stem(raw: str) -> str:
    """Return the stem of a word as written, which its kin share (Snowball's English stemmer)."""
    word = surface(raw)
    return _stemmer()(american(word)) if word.isascii() else word
