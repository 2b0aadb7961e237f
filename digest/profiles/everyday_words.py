"""The words around what people want to read: how they begin, join, refuse; and fields in English.

Words are folded, as ``language.words.fold`` has them.  English words count in every text, those of
another language where the text is in it.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass, fields
from typing import Final

from ..language.words import fold


@dataclass(frozen=True, slots=True)
class EverydayWords:
    """The words of one language that say no subject, by what they do."""

    #: say nothing of a subject at the beginning or the end of one: "I", "papers", "please"
    fillers: frozenset[str]
    #: join two subjects
    joins: frozenset[str]
    #: join what is refused: "no surveys, benchmarks or posters"
    alternatives: frozenset[str]
    #: refuse what follows
    refusals: frozenset[str]
    #: end a refusal
    turns: frozenset[str]
    #: stand between two subjects of which a paper is to have both
    relations: frozenset[str]
    #: stand before the name of an author
    by: frozenset[str]

    def with_words_of(self, other: EverydayWords) -> EverydayWords:
        """Return the words of both languages."""
        names = [each.name for each in fields(self)]
        return EverydayWords(*(getattr(self, name) | getattr(other, name) for name in names))

    def count_in(self, words: list[str]) -> int:
        """Return how many of a text's words are among these."""
        several = (getattr(self, each.name) for each in fields(self))
        known: frozenset[str] = frozenset().union(*several)
        return sum(word in known for word in words)


def _words(*texts: str) -> EverydayWords:
    return EverydayWords(*(frozenset(text.split()) for text in texts))


ENGLISH: Final = _words(
    """
    i i'm i'd i've we we're we'd me my our us you am are is be been do does can could would will
    should has have had it its it's this that these those there the a an some any all every each
    both either more most much many lot lots of in on about into to for at with by interested
    interests interest interesting like love want wants need wish prefer enjoy care follow following
    track study studying read reading hear see know get receive find look looking search searching
    work works working focus focused focusing new newest recent latest current novel daily weekly
    paper papers article articles publication publications preprint preprints literature research
    results result news updates update arxiv biorxiv medrxiv anything everything something nothing
    stuff things thing topic topics field fields area areas subject subjects keyword keywords
    related regarding concerning around dealing covering discussing e.g. i.e. etc etc. such as
    especially particularly specifically mainly mostly primarily generally also too well just only
    really very if possible please thanks thank hi hello dear send give show keep updated up date
    subscribe ones one use uses used using from who which when how
    """,
    "and or & plus nor",
    "or nor",
    "not no without w/o except excluding don't dont doesn't isn't never nothing none avoid exclude",
    "but however instead rather only",
    "that which who using for in on with via through within under towards toward between at",
    "by",
)
_GERMAN: Final = _words(
    """
    ich mich mir wir uns bin sind ist war sei es das die der den dem des ein eine einen einem einer
    alles etwas mehr viel viele neue neuen neues neuer neueste neuesten aktuelle aktuellen paper
    papers arbeit arbeiten artikel aufsatze veroffentlichungen publikationen forschung studien
    literatur thema themen bereich gebiet fur uber zu zum zur von vom im in an am auf mit rund um
    interessiere interessieren interessiert interesse lese lesen mochte mochten will wollen suche
    suchen gern gerne bitte danke hallo auch vor allem besonders insbesondere hauptsachlich
    eigentlich sowie schicken schickt mal was alle allen dazu beschaftige arbeite mag mogen
    fuer ueber moechte moechten moegen veroeffentlichungen aufsaetze hauptsaechlich beschaeftige
    """,
    "und oder sowie noch",
    "oder noch",
    "nicht kein keine keinen keiner keines keinem ohne ausser niemals nichts",
    "aber sondern jedoch stattdessen",
    "mit fur fuer uber ueber in im bei zur zum durch mittels die",
    "von",
)
_SPANISH: Final = _words(
    """
    yo me mi nos estoy soy es son esta estan el la los las lo un una unos unas de del al a en sobre
    interesa interesan interesado interesada interesados interes quiero quisiera gustaria busco leer
    recibir saber conocer trabajo investigo estudio articulos articulo papers trabajos
    publicaciones investigacion investigaciones estudios nuevo nuevos nueva nuevas reciente
    recientes ultimos todo toda todos cualquier algo mas muy por favor gracias hola tambien
    especialmente sobre todo principalmente acerca relacionados relacionado con que tema temas para
    """,
    "y e o u ni",
    "o u ni",
    "no sin excepto salvo nada tampoco ningun ninguna",
    "pero sino mas",
    "con para en que mediante usando",
    "de por",
)
_FRENCH: Final = _words(
    """
    je j m me moi mon nous suis sommes est sont c ce ces cet cette le la les l un une des du de d a
    au aux en sur interesse interesses interessee interessent interessons interets interet voudrais
    veux aimerais cherche lire recevoir suivre travaille etudie article articles papiers
    publications travaux recherche recherches etudes nouveau nouveaux nouvelle nouvelles
    recent recents recentes
    dernieres derniers tout toute tous toutes plus tres s il vous plait merci bonjour aussi surtout
    notamment particulierement principalement concernant propos autour que qui sujet sujets
    """,
    "et ou ni ainsi",
    "ou ni",
    "pas ne n sans sauf hormis aucun aucune rien",
    "mais plutot",
    "avec pour dans chez sur qui que par",
    "de par",
)

_PORTUGUESE: Final = _words(
    """
    eu me mim nos estou sou e esta estao o a os as um uma uns umas de do da dos das ao em no na
    nas sobre interessa interessam interessado interessada interessados interesse interesses tenho
    temos quero queria gostaria gosto procuro busco ler receber saber conhecer trabalho pesquiso
    estudo artigos artigo papers trabalhos publicacoes pesquisa pesquisas estudos novo novos nova
    novas recente recentes ultimos tudo todo todos qualquer algo mais muito por favor obrigado
    obrigada ola tambem especialmente principalmente relacionados relacionado com que tema temas
    para
    """,
    "e ou nem",
    "ou nem",
    "nao sem exceto salvo nada tampouco nenhum nenhuma",
    "mas porem",
    "com para em que mediante usando",
    "de por",
)

#: The languages beside English, by their codes.
LANGUAGES: Final[Mapping[str, EverydayWords]] = {
    "de": _GERMAN,
    "es": _SPANISH,
    "fr": _FRENCH,
    "pt": _PORTUGUESE,
}

#: English names of fields, and after each what they are called in other languages.
_FIELDS: Final = """
language models: Sprachmodelle, modelos de lenguaje, modelos del lenguaje, modèles de langage,
    modèles de langue,
    语言模型, 語言模型, 言語モデル
large language models: große Sprachmodelle, grandes modelos de lenguaje, grands modèles de
    langage, grands modèles de langue,
    大语言模型, 大型语言模型, 大模型, 大規模言語モデル
machine learning: maschinelles Lernen, maschinellem Lernen, aprendizaje automático, aprendizaje de
    máquina, apprentissage automatique,
    机器学习, 機器學習, 機械学習
deep learning: tiefes Lernen, aprendizaje profundo, apprentissage profond,
    深度学习, 深度學習, 深層学習, ディープラーニング
reinforcement learning: bestärkendes Lernen, bestärkendem Lernen, verstärkendes Lernen,
    aprendizaje por refuerzo, apprentissage par renforcement,
    强化学习, 強化學習, 強化学習
federated learning: föderiertes Lernen, aprendizaje federado, apprentissage fédéré,
    联邦学习, 連合学習
transfer learning: Transferlernen, aprendizaje por transferencia, apprentissage par transfert
self-supervised learning: selbstüberwachtes Lernen, aprendizaje autosupervisado, apprentissage
    auto-supervisé
active learning: aktives Lernen, aprendizaje activo, apprentissage actif
neural networks: neuronale Netze, neuronalen Netzen, redes neuronales, réseaux de neurones,
    réseaux neuronaux,
    神经网络, 神經網路, ニューラルネットワーク
graph neural networks: Graph-neuronale Netze, redes neuronales de grafos, réseaux de neurones en
    graphes, réseaux de neurones sur graphes,
    图神经网络, グラフニューラルネットワーク
computer vision: maschinelles Sehen, Bildverarbeitung, visión por computador, visión por
    computadora, visión artificial, vision par ordinateur,
    计算机视觉, 電腦視覺, コンピュータビジョン
image generation: Bildgenerierung, Bilderzeugung, generación de imágenes, génération d'images,
    图像生成, 画像生成
video generation: Videogenerierung, generación de video, generación de vídeo, génération de vidéos,
    视频生成, 動画生成
diffusion models: Diffusionsmodelle, modelos de difusión, modèles de diffusion,
    扩散模型, 擴散模型, 拡散モデル
generative models: generative Modelle, modelos generativos, modèles génératifs
foundation models: Grundlagenmodelle, modelos fundacionales, modèles de fondation
medical images: medizinische Bilder, medizinischen Bildern, imágenes médicas, images médicales,
    imagerie médicale
medicine: Medizin, medicina, médecine
medical: medizinische, médicas, médicos, médicales
robotics: Robotik, robótica, robotique,
    机器人学, ロボティクス, ロボット工学
robots: Roboter, Robotern,
    机器人, 機器人, ロボット
agents: Agenten, agentes,
    智能体, 智能體, エージェント
machine translation: maschinelle Übersetzung, Maschinenübersetzung, traducción automática,
    traduction automatique,
    机器翻译, 機械翻訳
speech recognition: Spracherkennung, reconocimiento de voz, reconnaissance vocale, reconnaissance
    de la parole,
    语音识别, 音声認識
natural language processing: Sprachverarbeitung, procesamiento del lenguaje natural, procesamiento
    de lenguaje natural, traitement du langage naturel, traitement automatique des langues,
    自然语言处理, 自然言語処理
object detection: Objekterkennung, detección de objetos, détection d'objets,
    目标检测, 物体検出
anomaly detection: Anomalieerkennung, detección de anomalías, détection d'anomalies
differential privacy: differentielle Privatsphäre, privacidad diferencial, confidentialité
    différentielle
privacy: Datenschutz, privacidad, vie privée, confidentialité
security: Sicherheit, seguridad, sécurité
knowledge graphs: Wissensgraphen, grafos de conocimiento, graphes de connaissances,
    知识图谱, 知識グラフ
optimization: Optimierung, optimización, optimisation
explainability: Erklärbarkeit, explicabilidad, explicabilité
fairness: Fairness, equidad, équité
time series: Zeitreihen, series temporales, series de tiempo, séries temporelles
climate: Klima, clima, climat
protein folding: Proteinfaltung, plegamiento de proteínas, repliement des protéines,
    蛋白质折叠, タンパク質フォールディング
drug discovery: Wirkstoffsuche, descubrimiento de fármacos, découverte de médicaments,
    药物发现, 創薬
quantum computing: Quantencomputer, Quantencomputing, computación cuántica, informatique
    quantique, calcul quantique,
    量子计算, 量子コンピューティング
astrophysics: Astrophysik, astrofísica, astrophysique
genomics: Genomik, genómica, génomique
causal inference: kausale Inferenz, inferencia causal, inférence causale,
    因果推断, 因果推論
recommendation: Empfehlungssysteme, sistemas de recomendación, systèmes de recommandation,
    推荐系统, 推薦システム
simulation: Simulation, Simulationen, simulación, simulaciones, simulations
surveys: Übersichtsarbeiten, Überblicksartikel, revisiones, états de l'art,
    综述, 綜述, サーベイ
video: vídeo, vídeos, vidéo, vidéos, Videos
autonomous driving: autonomes Fahren, autonomem Fahren, conducción autónoma, conduite autonome,
    自动驾驶, 自動運転
question answering: respuesta a preguntas, questions-réponses
reasoning: Schlussfolgern, razonamiento, raisonnement,
    推理, 推論
time series forecasting: Zeitreihenvorhersage, Zeitreihenprognose, predicción de series temporales,
    prévision de séries temporelles, 时间序列预测, 時系列予測
outlier detection: Ausreißererkennung, detección de valores atípicos, détection de valeurs
    aberrantes, 异常检测, 異常検知
multimodal models: multimodale Modelle, modelos multimodales, modèles multimodaux, 多模态模型,
    多模态大模型, マルチモーダルモデル
reconstruction: Rekonstruktion, reconstrucción, 三维重建, 三次元再構成
segmentation: Segmentierung, segmentación, 图像分割, セグメンテーション
speech synthesis: Sprachsynthese, síntesis de voz, synthèse vocale, 语音合成, 音声合成
finance: Finanzen, Finanzdaten, finanzas, 金融
economics: Wirtschaft, Ökonomie, economía, économie, 经济学, 経済学
chemistry: Chemie, química, chimie, 化学
physics: Physik, física, physique, 物理学
biology: Biologie, biología, biologie, 生物学
mathematics: Mathematik, matemáticas, mathématiques, 数学
neuroscience: Neurowissenschaften, neurociencia, neurosciences, 神经科学, 神経科学
radiology: Radiologie, radiología, radiologie, 放射学, 放射線医学
materials: Werkstoffe, Materialien, materiales, matériaux, 材料
education: Bildung, educación, éducation, 教育
games: Spiele, juegos, jeux, 游戏, ゲーム
benchmarks: Vergleichstests, evaluaciones comparativas, bancs d'essai, 基准测试, ベンチマーク
simulation: simulação, simulações, 仿真, 模拟, シミュレーション
code generation: Codegenerierung, generación de código, génération de code,
    代码生成, コード生成
language models: modelos de linguagem
large language models: grandes modelos de linguagem
machine learning: aprendizado de máquina, aprendizagem de máquina
deep learning: aprendizado profundo, aprendizagem profunda
reinforcement learning: aprendizado por reforço, aprendizagem por reforço
federated learning: aprendizado federado
self-supervised learning: aprendizado autossupervisionado
neural networks: redes neurais
graph neural networks: redes neurais em grafos
computer vision: visão computacional
image generation: geração de imagens
video generation: geração de vídeo, geração de vídeos
diffusion models: modelos de difusão
medical images: imagens médicas
robots: robôs
machine translation: tradução automática
speech recognition: reconhecimento de fala, reconhecimento de voz
natural language processing: processamento de linguagem natural
object detection: detecção de objetos
anomaly detection: detecção de anomalias
privacy: privacidade
security: segurança
knowledge graphs: grafos de conhecimento
optimization: otimização
time series: séries temporais
drug discovery: descoberta de fármacos
quantum computing: computação quântica
recommendation: sistemas de recomendação
surveys: revisões
reasoning: raciocínio
autonomous driving: direção autônoma, condução autônoma, veículos autônomos, selbstfahrende Autos,
    autonome Fahrzeuge, voitures autonomes, véhicules autonomes, coches autónomos, vehículos
    autónomos
segmentation: segmentação
speech synthesis: síntese de fala, síntese de voz
education: educação
mathematics: matemática
materials: materiais
games: jogos
code generation: geração de código
quantization: Quantisierung, cuantización, quantização, 量化, 量子化
health: Gesundheit, salud, santé, saúde, 健康
hallucination: Halluzination, Halluzinationen, alucinaciones, alucinações, 幻觉, ハルシネーション
"""


def _english_of() -> dict[str, str]:
    whole_lines = _FIELDS.replace("\n    ", " ").strip().splitlines()
    lines = [line.split(": ", 1) for line in whole_lines]
    return {fold(name): english for english, names in lines for name in names.split(", ")}


#: a field in another language, folded → what it is called in English
ENGLISH_OF: Final[Mapping[str, str]] = _english_of()
#: Most words in such a name.
LONGEST_NAME: Final = max(name.count(" ") + 1 for name in ENGLISH_OF)
