"""The categories of arXiv, bioRxiv and medRxiv: which exist, and which is meant by a name.

arXiv's are those of https://arxiv.org/category_taxonomy, with the names it has for them.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from difflib import get_close_matches
from fnmatch import fnmatchcase
from typing import Any, Final

from ..errors import Hint, Sentence, either, meant, write
from ..language.foreign import LEAVE_OUT
from ..strict_yaml.shape import did_you_mean

_ARXIV: Final = """
astro-ph.CO Cosmology and Nongalactic Astrophysics
astro-ph.EP Earth and Planetary Astrophysics
astro-ph.GA Astrophysics of Galaxies
astro-ph.HE High Energy Astrophysical Phenomena
astro-ph.IM Instrumentation and Methods for Astrophysics
astro-ph.SR Solar and Stellar Astrophysics
cond-mat.dis-nn Disordered Systems and Neural Networks
cond-mat.mes-hall Mesoscale and Nanoscale Physics
cond-mat.mtrl-sci Materials Science
cond-mat.other Other Condensed Matter
cond-mat.quant-gas Quantum Gases
cond-mat.soft Soft Condensed Matter
cond-mat.stat-mech Statistical Mechanics
cond-mat.str-el Strongly Correlated Electrons
cond-mat.supr-con Superconductivity
cs.AI Artificial Intelligence
cs.AR Hardware Architecture
cs.CC Computational Complexity
cs.CE Computational Engineering, Finance, and Science
cs.CG Computational Geometry
cs.CL Computation and Language
cs.CR Cryptography and Security
cs.CV Computer Vision and Pattern Recognition
cs.CY Computers and Society
cs.DB Databases
cs.DC Distributed, Parallel, and Cluster Computing
cs.DL Digital Libraries
cs.DM Discrete Mathematics
cs.DS Data Structures and Algorithms
cs.ET Emerging Technologies
cs.FL Formal Languages and Automata Theory
cs.GL General Literature
cs.GR Graphics
cs.GT Computer Science and Game Theory
cs.HC Human-Computer Interaction
cs.IR Information Retrieval
cs.IT Information Theory
cs.LG Machine Learning
cs.LO Logic in Computer Science
cs.MA Multiagent Systems
cs.MM Multimedia
cs.MS Mathematical Software
cs.NA Numerical Analysis
cs.NE Neural and Evolutionary Computing
cs.NI Networking and Internet Architecture
cs.OH Other Computer Science
cs.OS Operating Systems
cs.PF Performance
cs.PL Programming Languages
cs.RO Robotics
cs.SC Symbolic Computation
cs.SD Sound
cs.SE Software Engineering
cs.SI Social and Information Networks
cs.SY Systems and Control
econ.EM Econometrics
econ.GN General Economics
econ.TH Theoretical Economics
eess.AS Audio and Speech Processing
eess.IV Image and Video Processing
eess.SP Signal Processing
eess.SY Systems and Control
gr-qc General Relativity and Quantum Cosmology
hep-ex High Energy Physics - Experiment
hep-lat High Energy Physics - Lattice
hep-ph High Energy Physics - Phenomenology
hep-th High Energy Physics - Theory
math-ph Mathematical Physics
math.AC Commutative Algebra
math.AG Algebraic Geometry
math.AP Analysis of PDEs
math.AT Algebraic Topology
math.CA Classical Analysis and ODEs
math.CO Combinatorics
math.CT Category Theory
math.CV Complex Variables
math.DG Differential Geometry
math.DS Dynamical Systems
math.FA Functional Analysis
math.GM General Mathematics
math.GN General Topology
math.GR Group Theory
math.GT Geometric Topology
math.HO History and Overview
math.IT Information Theory
math.KT K-Theory and Homology
math.LO Logic
math.MG Metric Geometry
math.MP Mathematical Physics
math.NA Numerical Analysis
math.NT Number Theory
math.OA Operator Algebras
math.OC Optimization and Control
math.PR Probability
math.QA Quantum Algebra
math.RA Rings and Algebras
math.RT Representation Theory
math.SG Symplectic Geometry
math.SP Spectral Theory
math.ST Statistics Theory
nlin.AO Adaptation and Self-Organizing Systems
nlin.CD Chaotic Dynamics
nlin.CG Cellular Automata and Lattice Gases
nlin.PS Pattern Formation and Solitons
nlin.SI Exactly Solvable and Integrable Systems
nucl-ex Nuclear Experiment
nucl-th Nuclear Theory
physics.acc-ph Accelerator Physics
physics.ao-ph Atmospheric and Oceanic Physics
physics.app-ph Applied Physics
physics.atm-clus Atomic and Molecular Clusters
physics.atom-ph Atomic Physics
physics.bio-ph Biological Physics
physics.chem-ph Chemical Physics
physics.class-ph Classical Physics
physics.comp-ph Computational Physics
physics.data-an Data Analysis, Statistics and Probability
physics.ed-ph Physics Education
physics.flu-dyn Fluid Dynamics
physics.gen-ph General Physics
physics.geo-ph Geophysics
physics.hist-ph History and Philosophy of Physics
physics.ins-det Instrumentation and Detectors
physics.med-ph Medical Physics
physics.optics Optics
physics.plasm-ph Plasma Physics
physics.pop-ph Popular Physics
physics.soc-ph Physics and Society
physics.space-ph Space Physics
q-bio.BM Biomolecules
q-bio.CB Cell Behavior
q-bio.GN Genomics
q-bio.MN Molecular Networks
q-bio.NC Neurons and Cognition
q-bio.OT Other Quantitative Biology
q-bio.PE Populations and Evolution
q-bio.QM Quantitative Methods
q-bio.SC Subcellular Processes
q-bio.TO Tissues and Organs
q-fin.CP Computational Finance
q-fin.EC Economics
q-fin.GN General Finance
q-fin.MF Mathematical Finance
q-fin.PM Portfolio Management
q-fin.PR Pricing of Securities
q-fin.RM Risk Management
q-fin.ST Statistical Finance
q-fin.TR Trading and Market Microstructure
quant-ph Quantum Physics
stat.AP Applications
stat.CO Computation
stat.ME Methodology
stat.ML Machine Learning
stat.OT Other Statistics
stat.TH Statistics Theory
"""

#: Subjects of bioRxiv and medRxiv, as their papers have them.
_SUBJECTS: Final = frozenset(
    " ".join(subject.split())
    for subject in """
animal behavior and cognition; biochemistry; bioengineering; bioinformatics; biophysics; cancer
biology; cell biology; clinical trials; developmental biology; ecology; epidemiology; evolutionary
biology; genetics; genomics; immunology; microbiology; molecular biology; neuroscience;
paleontology; pathology; pharmacology and toxicology; physiology; plant biology; scientific
communication and education; synthetic biology; systems biology; zoology;
addiction medicine; allergy and immunology; anesthesia; cardiovascular medicine; dentistry and oral
medicine; dermatology; emergency medicine; endocrinology; forensic medicine; gastroenterology;
genetic and genomic medicine; geriatric medicine; health economics; health informatics; health
policy; health systems and quality improvement; hematology; hiv aids; infectious diseases; intensive
care and critical care medicine; medical education; medical ethics; nephrology; neurology; nursing;
nutrition; obstetrics and gynecology; occupational and environmental health; oncology;
ophthalmology; orthopedics; otolaryngology; pain medicine; palliative medicine; pediatrics;
primary care research; psychiatry and clinical psychology; public and global health; radiology and
imaging; rehabilitation medicine and physical therapy; respiratory medicine; rheumatology; sexual
and reproductive health; sports medicine; surgery; toxicology; transplantation; urology
""".split(";")  # noqa: SIM905
)

#: Other names by which people know a category of arXiv.
_KNOWN_AS: Final[Mapping[str, str]] = {
    "computer vision": "cs.CV", "vision": "cs.CV", "nlp": "cs.CL", "ml": "cs.LG", "ai": "cs.AI",
    "natural language processing": "cs.CL", "computational linguistics": "cs.CL",
    "deep learning": "cs.LG", "security": "cs.CR", "cryptography": "cs.CR",
    "computer science": "cs.*", "mathematics": "math.*", "math": "math.*", "physics": "physics.*",
    "statistics": "stat.*", "economics": "econ.*", "astrophysics": "astro-ph.*",
    "biology": "q-bio.*", "quantitative biology": "q-bio.*", "quantitative finance": "q-fin.*",
    "condensed matter": "cond-mat.*", "electrical engineering": "eess.*",
    "signal processing": "eess.SP", "human computer interaction": "cs.HC",
}  # fmt: skip


#: arXiv's own name of each of its categories
_TITLES: Final[Mapping[str, str]] = dict(line.split(" ", 1) for line in _ARXIV.strip().splitlines())
#: each category of arXiv in small letters, and how arXiv writes it
_WRITTEN: Final = {code.lower(): code for code in _TITLES}
#: what is before the dot of several categories
_ARCHIVES: Final = frozenset(code.partition(".")[0] for code in _WRITTEN if "." in code)


def is_category(name: str) -> bool:
    """Return whether arXiv has this category, or archive (``q-bio.*``), however it is written."""
    small = name.lower()
    archive = small.removesuffix(".*")
    return small in _WRITTEN or (archive != small and archive in _ARCHIVES)


def title_of(code: str) -> str:
    """Return arXiv's name of a category; empty for a whole archive."""
    return _TITLES.get(code, "")


def found_by(words: str) -> list[str]:
    """Return the categories of arXiv that are meant by words: a code, a field, words of a name.

    An archive (``cs``) is one of them where all of it is meant.  The list is empty if none is.
    """
    name = " ".join(words.lower().split()).removesuffix(".*")
    if name in _WRITTEN or name in _ARCHIVES:
        return [_WRITTEN.get(name, name)]
    if name in _KNOWN_AS:
        return [_KNOWN_AS[name].removesuffix(".*")]
    titles = {code: title.lower() for code, title in _TITLES.items()}
    named = [code for code, title in titles.items() if _has_words(title, name)]
    if named or not name:
        return named
    near = get_close_matches(name, [*titles.values(), *_KNOWN_AS], 1, 0.75)
    return found_by(near[0]) if near else []


def subjects_by(words: str) -> list[str]:
    """Return the subjects of bioRxiv and medRxiv that are meant by words."""
    name = " ".join(words.lower().split())
    if name in _SUBJECTS:
        return [name]
    named = sorted(subject for subject in _SUBJECTS if name and _has_words(subject, name))
    return named or get_close_matches(name, sorted(_SUBJECTS), 1, 0.75)


def doubts_of(kind: str, options: Mapping[str, Any]) -> Iterator[tuple[str, str]]:
    """Yield a message and a hint for each category that a kind of listing is not known to have.

    A kind of one's own may mean anything by an option of this name.
    """
    look = {"arxiv": found_by, "biorxiv": subjects_by, "medrxiv": subjects_by}.get(kind)
    if look is None:
        return
    for name in (name for text in options.get("categories", ()) for name in _named(kind, text)):
        if name != "all" and name not in (near := look(name)):
            hint = meant(either(near[:3])) if near else ""
            yield f"{kind} has no category {name[:40]} that is known here", hint


def _named(kind: str, text: str) -> list[str]:
    """Return the categories in one text, of arXiv several, as its source parts them."""
    if kind != "arxiv":
        return [" ".join(text.lower().replace("_", " ").split())]
    codes = text.replace("+", " ").split()
    # Words for one category are kept together, so that they lead to it.
    return codes if "+" in text or any(code in found_by(code) for code in codes) else [text]


def _has_words(title: str, name: str) -> bool:
    """Return whether a title has all words of a name, be they in the plural or not."""
    known = {word.strip(",").rstrip("s") for word in title.split()}
    return bool(name) and {word.rstrip("s") for word in name.split()} <= known


def doubts(pattern: str) -> Iterator[tuple[Sentence, Hint]]:
    """Yield a message and a hint if no paper can be in a category, or every paper is."""
    name = " ".join(pattern.lower().split())
    if not name.strip("*."):
        message = Sentence("%(query)s matches every paper", query=f"category:{pattern}")
        yield message, LEAVE_OUT
    elif not any(fnmatchcase(known, name) for known in (*_WRITTEN, *_SUBJECTS)):
        message = Sentence(
            "arXiv, bioRxiv and medRxiv have no category %(name)s", name=pattern[:40]
        )
        yield message, _meant(name)


def _meant(name: str) -> Hint:
    """Return a hint which category is meant: by its archive, its title, or its letters."""
    several = [_WRITTEN[each] for each in name.replace(",", " ").split() if each in _WRITTEN]
    if len(several) > 1:
        return write(f"category:({' OR '.join(several)})")
    archive, dot, last = name.partition(".")
    if name in _ARCHIVES:
        return Sentence("write %(text)s for all of it", text=f"category:{name}.*")
    titled = [code for code, title in _TITLES.items() if title.lower() == name]
    titled = titled or [code for known, code in _KNOWN_AS.items() if known == name]
    titled = titled or [code for code in _TITLES if _letters(code) == _letters(name)]
    if titled:
        return write(either([f"category:{code}" for code in titled]))
    elsewhere = [code for code in _TITLES if dot and code.lower().endswith(f".{last}")]
    if elsewhere:
        return meant(either(elsewhere[:3]))
    if archive in _ARCHIVES:
        text = f"category:{archive}.*"
        return Sentence("write %(text)s for all of %(name)s", text=text, name=archive)
    known = [*(title.lower() for title in _TITLES.values()), *_KNOWN_AS]
    near = get_close_matches(name, known, 1, 0.75)
    return _meant(near[0]) if near else did_you_mean(name, _TITLES, 0.75)


def _letters(name: str) -> str:
    return "".join(filter(str.isalpha, name.lower()))
