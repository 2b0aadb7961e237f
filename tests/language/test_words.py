"""What counts as the same word: pairs of a query and a text, by what makes them alike or not."""

from __future__ import annotations

import subprocess
import sys
from itertools import chain, product
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from bench import words
from digest.language import Clause, CompiledQuery, in_language, parse_clause
from digest.language.compounds import BEGINNINGS, PAIRS, may_begin, may_end, may_join
from digest.language.lemmas import LANGUAGES, is_common_word, lemmas, meant, stem
from digest.language.spellings import american, both_ways
from digest.language.wildcards import Wildcard
from digest.language.words import GREEK_LETTERS, raw_words
from digest.match import PaperIndex
from digest.model import Paper

from ..extent import some
from ..hostile import ANY

#: group: query and text, which match; after a bar, which do not
FOUND = {
    "inflections": """
        mitosis: mitoses; shelf: shelves; sheaf: sheaves; thief: thieves; glucose: glucoses;
        locus: both loci; apices: an apex; larva: frog larvae; quanta: a quantum of light;
        parentheses: one parenthesis; ovum: ova; calf: twin calves; goose: wild geese;
        write: it was written; index: indexes; cortex: cortices; helix: helices;
        stratum: three strata; lens: two lenses; axes: an axis; sky: clear skies;
        diagnosis: late diagnoses; embedding: word embeddings; tune: we tuned it;
        prune: pruning; mapping: two mappings; map: mapping; teach: students are taught;
        model: modelling; modeling: modellings; reasoning: reasonings; reason: it reasons;
        learning: they learn; mimic: mimicking; smooth: smoothing; base: two bases
        | mapping: maps; embedding: embedded; modeling: a model; modelling: models;
        reasoning: for this reason; training: a train; screening: a screen; base: based on it;
        local: localization; localization: local;
        several: severity; severity: several; distributed: distribution; contrast: contrastive;
        experiment: experience; agent: agentic; transformer: transform; visual: visualization;
        computing: computers; logistic: logistics; animal: animation; Mars: marring;
        continual: continuous; relative: relativity; busi: business; phy: phi; ski: skies;
        planning: planes; meaning: the mean; lens: leans; gin: GANs; number: numb
    """,
    "-ise and -ize": """
        quantize: quantised; quantization: quantizes; tokenisation: tokenizing;
        parallelise: parallelization; analyse: analyzed; paralysing: paralyzes;
        vectorised: vectorize; anaesthetised: anesthetized; civilise: civilized
        | quantize: quantum; tokenizer: tokenized; rise: size; normalize: normal
    """,
    "British and American": """
        centre: center; fibres: a fiber; artefacts: artifact; paediatrician: pediatricians;
        anaemia: anemia; haemorrhage: hemorrhages; tumours: tumor; oestrogen: estrogen;
        programmes: program; grey: gray; modelling: modeling; unlabelled: unlabeled;
        behavioural: behavioral; oesophagus: esophagus; foetal: fetal; leucocyte: leukocytes;
        ischaemic: ischemic; orthopaedics: orthopedics; diarrhoea: diarrhea; sulphate: sulfate;
        colour: colors; kilometre: kilometers; catalogue: catalogs; travelled: traveling;
        defence: defense; disc: disks; caesium: cesium; apnoea: apnea; manoeuvres: maneuver
        | disc: discuss; grey: greet; metre: met; our: or
    """,
    "kin": """
        robust~: robustness; local~: localization; adversary~: adversarial;
        model selection~: we model selective reading
        | robust: robustness; robust~: rubber
    """,
    "capitals": """
        SLAM: visual SLAM; SLAM: SLAMs; CLIP: CLIP's encoder; CNN: cnn; LLM: llms; US: the U.S. law;
        A.I.: AI; U.S.: US; IT: I.T. staff; =RAG: two RAGs; =NeRF: NeRFs; WHO: the WHO says;
        Ph.D.: a PhD; MoE: MoEs; visual SLAM: visual slam; AI: ai; R: the R language; RAGs: a RAG;
        AL: AL loops; KG: two KGs; FEM: fem; GWAS: gwas; CMOS: cmos; SPECT: spect; LASSO: lasso
        | SLAM: a slam dunk; CLIP: a clip; US: it tells us; IT: is it; WHO: who is it; AIDS: hearing
        aids; AIDS: an aid; RAGs: rag dolls; RMS: RM; =RAG: a rag; =IoT: IOT; GPS: GP;
        R: r-squared; PHY: phi; AL: et al.; DE: de novo; KG: 5 kg; IE: i.e. here; AD: an ad
    """,
    "stars": """
        finetun*: fine-tuned; finetun*: fine tuning; vectoris*: vectorization; colour*: colorful;
        behavior*: behavioural; centre*: centers; mice*: a mouse; self-superv*: self supervision;
        colo?r: colours are not it, but color; colo?r: colour; multi*agent: multi-agent;
        multi*agent: multiagent; "graph net*": graph networks; =GPT*: GPT4; hemo*: haemostasis;
        zero-sho*: zeroshot; data bas*: data bases; pre-train*: pretrained; "A*": an A* search;
        A* search: A* search | finetun*: fine art; colo?r: colouur; "graph net*": graphs nets;
        multi*agent: multiple agents; =GPT*: gpt4; "A*": a search; disk*: we discuss
    """,
    "signs": """
        TGF-beta: TGF-β; IFN-γ: IFN-gamma; ε-greedy: epsilon-greedy; NF-κB: NF-kappaB;
        IL-1β: IL-1 beta; IL-1 beta: IL-1β; IL-1beta: IL-1-beta; TGF-β1: TGF-beta 1;
        IL-1 beta: IL1 beta; IL-1 beta: IL1-β; IL-1β: IL1 beta; IL-1-beta: IL1beta;
        IL-1 beta-induced: IL-1β-induced; TGF-beta 1: TGFbeta 1; TGF-β1: a TGFβ 1 receptor;
        HIF-1 alpha: HIF1-alpha; HIF-1α: HIF1 alpha; COVID-19 delta: the COVID19 delta variant;
        SARS-CoV-2 delta: SARS-CoV2 Delta; alpha-2 beta-1 integrin: alpha2 beta1 integrin;
        TGF-beta 1: TGFβ1; 5α-reductase: 5-alpha reductase; women's health: womens health;
        β cell: beta cells; Lambda CDM: ΛCDM; SO(3): SO(3)-equivariant; SE(3): SE3;
        U(1): U(1) symmetry;
        O(n log n): in O(n log n) steps; DALL-E: DALLE; DALLE: DALL-E; 1,000: 1000; 12000: 12,000;
        Crohn’s: Crohn's; =Crohn's: Crohn’s; Llama 3.1: Llama-3.1; Qwen2.5: Qwen 2.5; Q&A: a Q&A;
        .NET: the .NET runtime; C++: in C++; Müller: Mueller; Schroedinger: Schrödinger
        | IL-1β: IL-1; TGF-β1: TGF-β; IL-1 beta: IL-10 beta; IL-1 beta: IL-1;
        SO(3): SO(4); 1,000: 1,000,000; GPT-4: GPT-4.5; Llama 3: Llama 3.1; Q&A: q a;
        .NET: a net; C: C++; beta: better; mu: much; 2019: 2019.5
    """,
    "compounds": """
        database: a data base; data base: databases; wavelength: a wave length; newline: new lines;
        multi agent: multiagent; multiagent: multi agent; few-shot: few shot; GPT 4: GPT4;
        open-world: openworld; openworld: open-world; k means: kmeans; kmeans: k-means;
        seawater: sea water; hind limb: hindlimbs; redshift: red shift; cardiovascular: cardio
        vascular; eigenvalue: eigen values; hotspot: hot spots; wildtype: wild type;
        off-line: offline; pixelwise: pixel wise
        | outpatient: carried out patient interviews; daytime: a day time series;
        underground: under ground truth; carpet: a car pet; information: in formation;
        manage: a man age; therapist: the rapist;
        car pet: carpets; openworld: open world; open world: openworld; wavelet: wave let
    """,
}  # fmt: skip


def pairs(group: str) -> list[tuple[str, str, bool]]:
    found, _, apart = " ".join(FOUND[group].split()).partition(" | ")
    return [
        (*entry.strip().split(": ", 1), is_found)  # type: ignore[misc]
        for part, is_found in ((found, True), (apart, False))
        for entry in part.split(";")
    ]


def matches(query: str, text: str, language: str = "en") -> bool:
    node = in_language(parse_clause(query), language)
    day = PaperIndex([Paper(key="", title=text)])
    clause = Clause(query, query, 1, node)
    # By its term, as a morning's batch asks, and by its tree, as a single reader's page does.
    by_term = day.rank(CompiledQuery(wanted=(clause,)).plan).count
    assert bool(by_term) is bool(day.bits(node)[0])
    return bool(by_term)


@pytest.mark.parametrize("group", FOUND)
def test_a_word_finds_what_is_meant_and_nothing_else(group: str) -> None:
    wrong = [pair for pair in pairs(group) if matches(*pair[:2]) is not pair[2]]

    assert wrong == []


def test_a_case_that_is_decided_otherwise_is_in_the_manual_with_the_reason() -> None:
    manual = (Path(__file__).parents[2] / "docs" / "matching.md").read_text("utf-8")
    cases = words.cases(Path(words.__file__).with_name("cases.tsv"))
    missed = words.missed(cases)

    assert len(missed) < len(cases) / 100
    assert [c for c in missed if f"| `{c.query}` | {c.text} |" not in manual] == []


def test_each_keyword_of_the_plain_readings_finds_all_of_its_forms_and_no_others() -> None:
    table = words.profiles().values()
    forms = {form for profile in table for each in profile.values() for form in each}
    tally = words.compared([Paper(key=form, title=form) for form in sorted(forms)])

    assert (tally.profiles, tally.omitted) == (20, 0)
    assert (dict(tally.lacking), dict(tally.surplus)) == ({}, {})


def test_of_what_is_said_of_a_broken_profile_the_worst_counts(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    table = tmp_path / "broken.tsv"
    table.write_text("meant\tname\tprofile\nquote it\ttwo items\t'any: [on, SLAM]\\n'\n", "utf-8")

    words.print_profiles(table)

    said = capsys.readouterr().out
    assert ": note: " in said
    assert "the worst that is said of one: {'warning': 1}" in said


FOREIGN = [
    ("de", "Netz", "neuronale Netze", "Netto"), ("de", "Häuser", "ein Haus", "Hauser"),
    ("fr", "réseau", "réseaux de neurones", "résine"), ("fr", "cheval", "des chevaux", "chevelu"),
    ("es", "red", "redes neuronales", "redondo"), ("pt", "imagem", "imagens médicas", "imaginar"),
    ("it", "rete", "reti neurali", "retina"), ("nl", "netwerk", "netwerken", "net"),
]  # fmt: skip


@pytest.mark.parametrize(("language", "query", "found", "not_found"), some(FOREIGN, 3))
def test_a_profile_may_be_in_another_language(
    language: str, query: str, found: str, not_found: str
) -> None:
    assert language in LANGUAGES
    assert matches(query, found, language)
    assert not matches(query, not_found, language)


def test_subscribers_of_several_languages_share_a_day() -> None:
    day = PaperIndex([Paper(key="", title="Netze lernen"), Paper(key="", title="two nets")])
    german = in_language(parse_clause("Netz"), "de")

    assert day.bits(german)[0] == 0b01
    assert day.bits(parse_clause("net"))[0] == 0b10
    assert day.bits(in_language(parse_clause("Netz NEAR/2 Lernen"), "de"))[0] == 0b01


@given(
    st.text(ANY, min_size=1, max_size=9), st.sampled_from(("", "s", "ing", "lled", "'s", "ization"))
)
def test_every_word_has_a_lemma(beginning: str, ending: str) -> None:
    for word in raw_words(beginning + ending) + [ending] * bool(ending):
        assert lemmas(word)
        assert set(meant(word)) <= set(lemmas(word))


def test_a_verb_and_a_noun_that_look_alike_are_told_apart() -> None:
    assert lemmas("axes") == ("ax", "axis")
    assert lemmas("media") == ("media", "medium")
    assert stem("Robustness") == stem("robust")


def test_capitals_are_asked_for_only_where_small_notices_are_a_word() -> None:
    assert all(map(is_common_word, ("slam", "rag", "us", "it", "who", "aids", "clip", "r")))
    assert not any(map(is_common_word, ("cnn", "llm", "gpu", "gan", "ai", "covid", "lidar", "dna")))


def test_no_spelling_is_changed_twice() -> None:
    for word in ("colour", "haemoglobin", "centre", "optimise", "programme", "modelling"):
        assert american(american(word)) == american(word)
        assert american(word) in both_ways(word) or american(word) == word


def test_two_words_of_the_list_are_one_and_no_others() -> None:
    listed = [tuple(pair.split()) for pair in PAIRS.split(",")]

    assert all(len(pair) == 2 and may_join(*pair) for pair in listed)
    assert not any(may_join(*pair) for pair in (("car", "pet"), ("in", "formation"), ("3", "4")))
    assert all(may_join(beginning, "graph") for beginning in BEGINNINGS)
    words = [
        *BEGINNINGS,
        *GREEK_LETTERS,
        *chain.from_iterable(listed),
        *"kxé",
        "gpt4",
        "3d",
        "wise",
    ]
    joined = (pair for pair in product(words[::7], words) if may_join(*pair))
    assert all(may_begin(left) or may_end(right) for left, right in joined)


@given(st.text(st.sampled_from("aU.S12,-_+'’ \u00a0\n\x1cα語")))
def test_no_word_goes_beyond_a_blank(text: str) -> None:
    assert raw_words(text) == [word for part in text.split() for word in raw_words(part)]


def test_a_long_pattern_is_searched_all_the_same() -> None:
    assert Wildcard("ab" + "c" * 44 + "*d?e").fits("ab" + "c" * 44 + "xxde")


def test_reading_a_profile_loads_no_dictionary() -> None:
    program = (
        "import sys; from digest.language import Clause, parse_clause\n"
        "for item in ('mixture of experts', 'SLAM', 'LLMs', 'open-world', 'net*', 'Müller'):\n"
        "    Clause(item, item, 1, parse_clause(item))\n"
        "print([name for name in sys.modules if name.startswith('simplemma')])"
    )

    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True)

    assert done.stdout.strip() == "[]", done.stderr
