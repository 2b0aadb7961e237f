"""What people write in plain words is cut to the keywords that it asks for."""

# ruff: noqa: E501  # a table of messages, each as it is printed

from __future__ import annotations

import pytest

from digest.profiles.plain_words import LONGEST, Wish, wishes

from ..tables import table


@table(
    "written queries",
    [
        ("sparse training, mixture of experts", ["sparse training", "mixture of experts"]),
        ("papers by Ann Lee and Bo Li", ['author:"Ann Lee"', 'author:"Bo Li"']),
        ("agents AND tools please", ["agents AND tools"]),
        ("agents in cs.LG", ["agents AND category:cs.LG"]),
        ('I like quantiz*, and "tool use" AND agents', ["quantiz*", '"tool use" AND agents']),
        ("retrieval augmented generation (RAG)", ["retrieval augmented generation", "RAG"]),
        ("in-context learning; few-shot", ["in-context learning", "few-shot"]),
        ("I AM INTERESTED IN AGENTS AND TOOLS", ["agents", "tools"]),
        ("not only agents but also robots", ["agents", "robots"]),
        ("no surveys, benchmarks or posters", ["not surveys", "not benchmarks", "not posters"]),
        ("agents, no surveys, gene editing", ["agents", "not surveys", "gene editing"]),
        ("Robotik interessiert mich nicht", ["not robotics"]),
        ("I don't want NOT surveys", ["not surveys"]),
        (
            "Tenho interesse em dobramento de proteínas e agents, mas não em surveys",
            ["dobramento de proteínas", "agents", "not surveys"],
        ),
        ("Estou interessada em diffusion models, sem surveys", ["diffusion models", "not surveys"]),
        ("speech synthesis w/o vocoders", ["speech synthesis", "not vocoders"]),
        ("redes neurais e direção autônoma", ["neural networks", "autonomous driving"]),
        (
            "Quantisierung großer Sprachmodelle, ohne Gesundheit",
            ["quantization AND large language models", "not health"],
        ),
        ("please send me papers, thanks", []),
        ("human in the loop", ["human in the loop"]),
        ("LLMs 机器学习，蛋白质", ["LLMs machine learning", "蛋白质"]),
    ],
)
def test_sentences_are_cut_to_their_keywords(written: str, queries: list[str]) -> None:
    read = wishes(written)

    assert [f"{'not ' * each.is_refused}{each.query}" for each in read] == queries
    assert [f"{'not ' * e.is_refused}{e.query}" for e in wishes(", ".join(queries))] == queries


@pytest.mark.parametrize(
    "unit", ["not ", "by A. ", '"', "l'é ", "aprendizaje pro refuerzz ", "x AND "]
)
def test_a_hostile_text_is_read_in_bounded_steps(unit: str) -> None:
    text = unit * (10_000 // len(unit))

    read = wishes(text)

    assert len(read) <= 50
    assert all(len(each.query) < 1_000 for each in read)
    assert wishes(text[:LONGEST]) == read


def shown(wish: Wish) -> str:
    others = [each for each in wish.readings if each != wish.query]
    return "!" * wish.is_refused + " | ".join([wish.query, *others])


#: what is written; each wish as its query and its other readings, "!" before what is refused
READ = [
    ("apprendre d'agents", ['apprendre d agents | apprendre AND agents']),
    ("l'AGENT, les réseaux profonds et qu'agents", ['AGENT', 'réseaux profonds', 'qu agents']),
    ('I WANT AGENTS', ['agents']),
    ('I AM', []),
    ('NLP AND CV', ['NLP AND CV']),
    ('NOT THE AGENTS', ['!agents']),
    ('papers by Lee on agents', ['agents AND author:"Lee"']),
    ('work by Ann Lee and others', ['author:"Ann Lee" | Ann Lee', 'others']),
    ('agents by hand', ['agents by hand | agents AND hand']),
    ('von Lee', ['Lee']),
    ('Robotik von Lee', ['robotics von Lee']),
    ('agents etc. robots', ['agents robots']),
    ('agents d.h. robots', ['agents robots']),
    ('mesh thanks', ['mesh']),
    ('“mesh” thanks!', ['"mesh"']),
    ('agents no surveys', ['agents', '!surveys']),
    ('agents not surveys but robots', ['agents', '!surveys', 'robots']),
    ('robots no', ['!robots']),
    ('no surveys no', ['!surveys']),
    ('surveys agents no', ['!surveys agents']),
    ('not only not agents', ['!agents']),
    ('paper about robots in work on arms', ['arms']),
    ('interested gripping in arms', ['gripping in arms | gripping AND arms']),
    ('on arms', ['arms']),
    ('cs.LG papers on mesh', ['category:cs.LG AND mesh']),
    ('mesh of grids', ['mesh of grids | mesh AND grids']),
    ('cs agents', ['category:cs.* AND agents']),
    ('ab agents', ['ab agents']),
    ('hep-th mesh', ['category:hep-th AND mesh']),
    ('c1, "a1, b1", d1', ['c1', '"a1, b1"', 'd1']),
    ('by Ann de Lee on mesh', ['mesh AND author:"Ann de Lee"']),
    ('by Ann Lee de on mesh', ['de AND mesh AND author:"Ann Lee"']),
    ('by de la mesh', ['mesh']),
    ('by A B C D E F on mesh', ['F AND mesh AND author:"A B C D E"']),
    ('x/(y mesh', ['x y mesh']),
    ('NOT', []),
    ('no NOT mesh', ['!mesh']),
    ('IT AND mesh', ['IT AND mesh']),
    ('not IT AND mesh', ['!IT AND mesh']),
    ('I like NOT mesh', ['!mesh']),
    ('"mesh" please!', ['"mesh"']),
    ('=RAG bitte.', ['=RAG']),
    ('je cherche "mesh"', ['"mesh"']),
    ('agents : robots', ['agents', 'robots']),
    ('agents 3:4', ['agents 3:4']),
    ('3 – 4', ['3', '4']),
    ('agents,robots', ['agents', 'robots']),
    ('1,000 agents', ['1,000 agents']),
    ('agents (A)', ['agents']),
    ('agents (AB) b', ['agents', 'AB', 'b']),
    ('agents (Ab1)', ['agents Ab1']),
    ('(agents)', ['agents']),
    ('[agents]', ['agents']),
    ('{agents}', ['agents']),
    ('–agents', ['agents']),
    ('+agents', ['agents']),
    ('`agents`', ['agents']),
    ('research on agents in biology', ['agents in biology | agents AND biology']),
    ('paper in agents', ['agents']),
    ('working on agents', ['agents']),
    ('articles concerning agents', ['agents']),
    ('interest in agents', ['agents']),
    ('papers in agents about robots', ['agents about robots']),
    ('cs.LG papers', ['category:cs.LG']),
    ('cs.LG work on agents', ['category:cs.LG AND agents']),
    ('cs.LG', ['category:cs.LG']),
    ('math.AG and cs.xx', ['category:math.AG', 'cs.xx']),
    ('stat.ML agents', ['category:stat.ML AND agents']),
    ('agents stat.ML robots', ['agents AND category:stat.ML AND robots']),
    ('reasoning about agents to help robots from data', ['reasoning about agents to help robots from data | reasoning about agents AND help robots AND data']),
    ('a of b of c of d of e of f', ['b of c of d of e of f | b AND c AND e AND f']),
    ('agents with agents', ['agents with agents | agents']),
    ('agents with', ['agents']),
    ('with agents', ['agents']),
    ('agents using robots', ['agents AND robots | agents using robots']),
    ('alpha beta gamma delta', ['alpha beta gamma delta']),
    ('alpha beta gamma delta epsilon', ['alpha beta gamma delta epsilon']),
    ('alpha beta with gamma delta epsilon', ['alpha beta AND gamma delta epsilon | alpha beta with gamma delta epsilon']),
    ('alpha beta gamma with delta epsilon', ['alpha beta gamma AND delta epsilon | alpha beta gamma with delta epsilon']),
    ('Graph Theory', ['Graph Theory | author:"Graph Theory"']),
    ('Ann de Lee', ['Ann de Lee | Ann AND Lee | author:"Ann de Lee"']),
    ('de Lee', ['Lee']),
    ('Ann Lee de', ['Ann Lee | author:"Ann Lee"']),
    ('ANN LEE', ['ANN LEE']),
    ('A Lee', ['Lee']),
    ('Ann Lee and Bo Li on meshes', ['Ann Lee | author:"Ann Lee"', 'Bo Li on meshes | Bo Li AND meshes']),
    ('by Ann Lee, Bo Li', ['author:"Ann Lee" | Ann Lee', 'author:"Bo Li" | Bo Li']),
    ('by Ann Lee, bo li', ['author:"Ann Lee" | Ann Lee', 'bo li']),
    ('by Ann Lee, Bo', ['author:"Ann Lee" | Ann Lee', 'Bo']),
    ('by Ann Lee, Robots and Bo Li', ['author:"Ann Lee" | Ann Lee', 'Robots', 'Bo Li | author:"Bo Li"']),
    ('no papers by Ann Lee', ['!author:"Ann Lee" | Ann Lee']),
    ('agents by Ann Lee', ['agents AND author:"Ann Lee"']),
    ('by Ann Lee agents', ['agents AND author:"Ann Lee"']),
    ('by the lee', ['lee']),
    ('by 3D Lee', ['3D Lee']),
    ('visión artificial, aprendizaje por refuerso', ['computer vision', 'reinforcement learning']),
    ('renforcement apprentissage', ['renforcement apprentissage']),
    ('künstliche Inteligenz und Robotik', ['künstliche Inteligenz', 'robotics']),
    ('robotica e apprendimento profondo', ['robotics', 'apprendimento profondo']),
    ('no quiero encuestas, me interesan los robots', ['!encuestas', 'robots']),
    ('agents (RAG) and tools, i.e. planners', ['agents', 'RAG', 'tools', 'planners']),
    ('e.g. agents. Z. B. robots', ['agents', 'robots']),
    ('E.G. agents', ['agents']),
    ('agents! robots? drones', ['agents', 'robots', 'drones']),
    ('agents; robots\ndrones', ['agents', 'robots', 'drones']),
    ('about 3,5 papers, agents', ['3,5', 'agents']),
    ('agents: robots', ['agents', 'robots']),
    ('agents - robots', ['agents', 'robots']),
    ('in-context learning', ['in-context learning']),
    ('/gr.ph/i, mesh', ['/gr.ph/i', 'mesh']),
    ('not title:mesh', ['!title:mesh']),
    ('please title:mesh thanks', ['title:mesh']),
    ('no "mesh grid"', ['!"mesh grid"']),
    ('NOT mesh', ['!mesh']),
    ('AND mesh', ['mesh']),
    ('mesh* please', ['mesh*']),
    ('I AM MESH', ['mesh']),
    ('not in interest: mesh', ['mesh']),
    ("l'apprentissage profond, pas de revues", ['deep learning', '!revues']),
    ("je m'intéresse aux réseaux d'agents", ['réseaux d agents | réseaux AND agents']),
    ('Ich interessiere mich für Robotik und Genetik, aber nicht für Übersichten', ['robotics', 'Genetik', '!Übersichten']),
    ('Ich mag Robotik ueber Genetik', ['robotics ueber Genetik | robotics AND Genetik']),
    ('Ich mag keine Überblicke über Zellen', ['!Überblicke über Zellen | Überblicke AND Zellen']),
    ('Wir mögen Arbeiten ueber Zellen', ['Zellen']),
    ('Robotik, keine Überblicke', ['robotics', '!Überblicke']),
    ('me interesan los agentes y la robótica, pero no las encuestas', ['agents', 'robotics', '!encuestas']),
    ('not only agents', ['agents']),
    ('only agents, not just robots', ['agents', 'robots']),
    ('agents not', ['!agents']),
    ('agents, not', ['agents']),
    ('no surveys or reviews', ['!surveys', '!reviews']),
    ('agents, no surveys or benchmarks, drones', ['agents', '!surveys', '!benchmarks', 'drones']),
    ('agents but no surveys and no benchmarks', ['agents', '!surveys', '!benchmarks']),
    ('papers by Ann Lee', ['author:"Ann Lee" | Ann Lee']),
    ('papers by Lee', ['author:"Lee" | Lee']),
    ('by lee', ['lee']),
    ('von Ann Lee', ['author:"Ann Lee" | Ann Lee']),
    ('by Ann van der Lee on meshes', ['meshes AND author:"Ann van der Lee"']),
    ('by Ann van on meshes', ['van AND meshes AND author:"Ann"']),
    ('papers by One Two Three Four Five Six', ['Six AND author:"One Two Three Four Five"']),
    ('by Ann Lee2', ['Lee2 AND author:"Ann"']),
    ('Ann Lee', ['Ann Lee | author:"Ann Lee"']),
    ('Ann Lee Bo Chu Da', ['Ann Lee Bo Chu | author:"Ann Lee Bo Chu"']),
    ('ann Lee', ['ann Lee']),
    ('papers about agents in cs.LG', ['agents AND category:cs.LG']),
    ('cs.LG papers on agents', ['category:cs.LG AND agents']),
    ('cs', ['category:cs.*']),
    ('math', ['math']),
    ('q-bio', ['category:q-bio.*']),
    ('hep-th', ['category:hep-th']),
    ('agents on tools', ['agents on tools | agents AND tools']),
    ('interested in agents', ['agents']),
    ('papers on agents on tools', ['agents on tools | agents AND tools']),
    ('agents that use tools', ['agents AND tools | agents that use tools']),
    ('robots using agents for tasks', ['robots AND agents AND tasks | robots using agents for tasks']),
    ('reasoning of agents with tools', ['reasoning of agents AND tools | reasoning of agents with tools | reasoning AND agents AND tools']),
    ('theory of everything by hand and by machine', ['theory of everything by hand | theory AND hand', 'machine']),
    ('w0 w1 w2 w3 w4 w5 w6 w7 w8 w9 w10 w11 w12 w13 w14 w15 w16 w17 w18 w19', ['w0 w1 w2 w3 w4 w5 w6 w7 w8 w9 w10 w11 w12 w13 w14 w15']),
    ('', []),
    ('agents agents agents', ['agents agents agents']),
    ('agents, agents', ['agents']),
    ('no agents, agents', ['!agents', 'agents']),
    ('apprendimento automatico e visione artificiale', ['apprendimento automatico', 'computer vision']),
    ('aprendizaje profundo y robotica', ['deep learning', 'robotics']),
    ('maschinelles Lernnen und Robotik', ['machine learning', 'robotics']),
    ('“mesh grid”, «x y»', ['"mesh grid"', '"x y"']),
    ('-mesh', ['mesh']),
    ('• mesh\n• grid', ['mesh', 'grid']),
    ('LLMs', ['LLMs']),
    ('US politics', ['US politics']),
    ('IT', ['IT']),
    ("'mesh'", ['mesh']),
    ('mesh (grid)', ['mesh grid']),
    ('mesh (AB)', ['mesh', 'AB']),
    ('mesh (ABCDEFGH)', ['mesh ABCDEFGH']),
    ('not reviews on agents', ['!reviews on agents | reviews AND agents']),
    ('not cs.LG', ['!category:cs.LG']),
    ('not by Ann Lee', ['!author:"Ann Lee" | Ann Lee']),
    ('things by Ann Lee, Bo Li, meshes', ['author:"Ann Lee" | Ann Lee', 'author:"Bo Li" | Bo Li', 'meshes']),
    ('things by Ann Lee, meshes, Bo Li', ['author:"Ann Lee" | Ann Lee', 'meshes', 'Bo Li | author:"Bo Li"']),
    ('C++ and C#', ['C++', 'C#']),
    ('R&D, 3D', ['R&D', '3D']),
]  # fmt: skip


@table("written said", READ)
def test_what_is_written_is_read_as(written: str, said: list[str]) -> None:
    assert [*map(shown, wishes(written))] == said


def test_no_more_is_read_than_a_person_would_write() -> None:
    several = [f"w{n}" for n in range(60)]
    assert [each.query for each in wishes(", ".join(several))] == several[:50]
    assert [each.query for each in wishes(" ".join(several))] == [" ".join(several[:16])]
    assert [each.query for each in wishes(" and ".join(several))] == several[:50]
    assert [each.query for each in wishes("mesh" * 30)] == [("mesh" * 25)]
    assert [each.query for each in wishes(";" * 3_996 + "meshes")] == ["mesh"]
    read = wishes("w0 and " * 99 + "mesh grid lattice")
    assert [each.query for each in read] == ["w0", "mesh grid"]
    wish = Wish("a", ("a", "b"), likely=1)
    assert (wish.query, wish.is_refused, Wish("a", ("a", "b")).query) == ("b", False, "a")
