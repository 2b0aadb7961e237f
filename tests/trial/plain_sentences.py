"""Twenty sentences in which people say what they want, and what each means.

They were written down before the code that reads them.  ``any`` and ``none`` are the meaning in the
keyword language, as an expert would write it; ``advice`` is a word that what is said must contain
where no profile can mean it.
"""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True)
class Sentence:
    """What a person wrote, and what it means."""

    written: str
    language: str
    any: tuple[str, ...] = ()
    none: tuple[str, ...] = ()
    advice: str = ""
    is_misspelt: bool = False


SENTENCES = (
    Sentence(
        "I am interested in agents that use tools, and 3D reconstruction",
        "en",
        ("agents AND tools", "3D reconstruction"),
    ),
    Sentence(
        "papers about mixture of experts and sparse attention please",
        "en",
        ("mixture of experts", "sparse attention"),
    ),
    Sentence(
        "Anything new on diffusion models for video generation",
        "en",
        ("diffusion models AND video generation",),
    ),
    Sentence(
        "I'd like to read about reinforcment lerning for robots",
        "en",
        ("reinforcement learning AND robots",),
        is_misspelt=True,
    ),
    Sentence(
        "large language models, but not medical ones",
        "en",
        ("large language models",),
        ("medical",),
    ),
    Sentence(
        "graph neural networks and knowledge graphs, no surveys please",
        "en",
        ("graph neural networks", "knowledge graphs"),
        ("surveys",),
    ),
    Sentence(
        "arXiv cs.CL papers on machine translation",
        "en",
        ("category:cs.CL AND machine translation",),
    ),
    Sentence("Everything by Philip Torr, thanks!", "en", ('author:"Philip Torr"',)),
    Sentence(
        "We are looking for recent work on quantizaton and prunning",
        "en",
        ("quantization", "pruning"),
        is_misspelt=True,
    ),
    Sentence(
        "retreival augmented generation, hallucinatons",
        "en",
        ("retrieval augmented generation", "hallucinations"),
        is_misspelt=True,
    ),
    Sentence("I study quantum sourdough fermentation", "en", advice="quantum"),
    Sentence("learning", "en", advice="nearly everything"),
    Sentence(
        "Ich interessiere mich für große Sprachmodelle und Agenten",
        "de",
        ("large language models", "agents"),
    ),
    Sentence(
        "Bildgenerierung mit Diffusionsmodellen, aber nicht Video",
        "de",
        ("image generation AND diffusion models",),
        ("video",),
    ),
    Sentence(
        "Neue Arbeiten über Robotik, bitte keine Simulation",
        "de",
        ("robotics",),
        ("simulation",),
    ),
    Sentence(
        "Paper über bestärkendes Lernnen und Transformr",
        "de",
        ("reinforcement learning", "transformer"),
        is_misspelt=True,
    ),
    Sentence(
        "Me interesan los modelos de lenguaje y el aprendizaje por refuerzo",
        "es",
        ("language models", "reinforcement learning"),
    ),
    Sentence(
        "visión por computador, pero no imágenes médicas",
        "es",
        ("computer vision",),
        ("medical images",),
    ),
    Sentence(
        "Je m'intéresse à l'apprentissage fédéré et à la confidentialité différentielle",
        "fr",
        ("federated learning", "differential privacy"),
    ),
    Sentence(
        "des articles sur les modèles de difusion",
        "fr",
        ("diffusion models",),
        is_misspelt=True,
    ),
)
