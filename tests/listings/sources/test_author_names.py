"""Authors in one element: each person one name, and found by a profile that follows them."""

from __future__ import annotations

from datetime import date

from digest.language.people import People, questions
from digest.listings.sources import arxiv, feed, jsonfeed
from digest.listings.sources.author_names import names_in, others_in
from digest.model import Listing

from ...tables import table

DAY = date(2026, 11, 27)

PARTED = [
    ("Ada Petrel", ["Ada Petrel"]),
    ("Ada Petrel, Bo Lind, and Cy Moss", ["Ada Petrel", "Bo Lind", "Cy Moss"]),
    ("Ada Petrel, Bo Lind & Cy Moss", ["Ada Petrel", "Bo Lind", "Cy Moss"]),
    ("Ada Petrel and Bo Lind", ["Ada Petrel", "Bo Lind"]),
    ("Ada Petrel; Bo Lind; and Cy Moss", ["Ada Petrel", "Bo Lind", "Cy Moss"]),
    ("Ada Petrel | Bo Lind", ["Ada Petrel", "Bo Lind"]),
    ("Ada Petrel<br/>Bo Lind", ["Ada Petrel", "Bo Lind"]),
    ("Ada Petrel, Bo Lind, Suhendra", ["Ada Petrel", "Bo Lind", "Suhendra"]),
    ("Suhendra", ["Suhendra"]),
    ("ada, bo, cy, dee", ["ada", "bo", "cy", "dee"]),
    ("Alexandra Anderson", ["Alexandra Anderson"]),
    ("", []),
    # the family name first
    ("Petrel, A.; Lind, B.", ["Petrel, A.", "Lind, B."]),
    ("Petrel, A., Lind, B. C., & Moss, D.", ["Petrel, A.", "Lind, B. C.", "Moss, D."]),
    ("petrel, a., lind, b.", ["petrel, a.", "lind, b."]),
    ("Petrel, Ada and Lind, Bo", ["Petrel, Ada", "Lind, Bo"]),
    ("Petrel, Ada, Lind, Bo", ["Petrel, Ada", "Lind, Bo"]),
    ("Petrel, Ada", ["Petrel, Ada"]),
    ("van der Strand, L.", ["van der Strand, L."]),
    ("de la Costa, J., Jr., Lind, B.", ["de la Costa, J., Jr.", "Lind, B."]),
    ("Petrel AB, Lind C", ["Petrel AB", "Lind C"]),
    ("Petrel A, Lind B.", ["Petrel A", "Lind B."]),
    ("Ma, Ada Q., Lind, Bo R.", ["Ma, Ada Q.", "Lind, Bo R."]),
    ("Ma, Ada Q., Lind, Bo, and Moss, Cy", ["Ma, Ada Q.", "Lind, Bo", "Moss, Cy"]),
    ("Ma, Y., Lind, B.", ["Ma, Y.", "Lind, B."]),
    ("MA, Yun, LIND, Bo", ["MA, Yun", "LIND, Bo"]),
    ("Petrel, A., MD, Lind, B., PhD", ["Petrel, A.", "Lind, B."]),
    ("Ada Petrel, MA, Md Rahim, M.D., Bo Lind, Ph.D.", ["Ada Petrel", "Md Rahim", "Bo Lind"]),
    ("Costa Brava, Juan B.", ["Costa Brava, Juan B."]),
    ("Ada Q. Petrel, Bo R. Lind", ["Ada Q. Petrel", "Bo R. Lind"]),
    # other words for "and"
    ("Ana Petrel, Bo Lind y Juan Moss", ["Ana Petrel", "Bo Lind", "Juan Moss"]),
    ("Jan de Lind en Piet van den Moss", ["Jan de Lind", "Piet van den Moss"]),
    ("Inés Petrel y Lind, Ana Moss", ["Inés Petrel y Lind", "Ana Moss"]),
    ("João Petrel e Lind", ["João Petrel e Lind"]),
    ("Ada Petrel · Bo Lind", ["Ada Petrel", "Bo Lind"]),
    ("Ada Petrel, on behalf of the Reed Group", ["Ada Petrel", "Reed Group"]),
    # Chinese, Japanese, Korean
    ("王五, 张三, 李四", ["王五", "张三", "李四"]),
    ("王五、张三、李四", ["王五", "张三", "李四"]),
    ("王五；张三", ["王五", "张三"]),
    ("王五 张三", ["王五", "张三"]),
    ("山田 太郎、佐藤 花子", ["山田 太郎", "佐藤 花子"]),
    ("김철수, 이영희", ["김철수", "이영희"]),
    ("山田太郎・佐藤花子", ["山田太郎", "佐藤花子"]),
    ("ジョン・スミス", ["ジョン・スミス"]),
    ("作者：王五、张三 等", ["王五", "张三"]),
    ("王小五、李四和张三", ["王小五", "李四", "张三"]),
    ("和田 太郎", ["和田 太郎"]),
    # what stands around names
    ("[Ada Petrel, Bo Lind]", ["Ada Petrel", "Bo Lind"]),
    ("ADA PETREL, BO LI", ["ADA PETREL", "BO LI"]),
    ("Authors: Ada Petrel, Bo Lind", ["Ada Petrel", "Bo Lind"]),
    ("By Ada Petrel and Bo Lind", ["Ada Petrel", "Bo Lind"]),
    ("Ada Petrel, Bo Lind, et al.", ["Ada Petrel", "Bo Lind"]),
    ("Ada Petrel & al.", ["Ada Petrel"]),
    ("Ada Petrel, Bo Lind and 12 others", ["Ada Petrel", "Bo Lind"]),
    ("Author(s): Ada Petrel, Bo Lind", ["Ada Petrel", "Bo Lind"]),
    ("Ada Petrel<sup>1,2</sup>, Bo Lind<sup>*</sup>", ["Ada Petrel", "Bo Lind"]),
    ("Ada Petrel1,2, Bo Lind³*", ["Ada Petrel", "Bo Lind"]),
    ("Ada Petrel (0000-0002-1825-0097), Bo Lind", ["Ada Petrel", "Bo Lind"]),
    ("Ada Petrel https://orcid.org/0000-0002-1825-009X", ["Ada Petrel"]),
    ("Dr. Ada Petrel, PhD, Bo Lind, MD", ["Ada Petrel", "Bo Lind"]),
    ("Ada Petrel (1), Bo Lind ((1) University of Reeds)", ["Ada Petrel", "Bo Lind"]),
    ("Ada Petrel (University of Reeds), Bo Lind", ["Ada Petrel", "Bo Lind"]),
    ("ada@reeds.example (Ada Petrel)", ["Ada Petrel"]),
    ("<a href='#1'>Ada Petrel</a>, <a href='#2'>Bo Lind</a>", ["Ada Petrel", "Bo Lind"]),
    ("Posted by Ada Petrel PhD + Bo Lind, Editor", ["Ada Petrel", "Bo Lind"]),
    ("Ada Petrel a,b, Bo Lind c and Eve Moss a", ["Ada Petrel", "Bo Lind", "Eve Moss"]),
    ("Ada Petrel, Bo Lind … Eve Moss", ["Ada Petrel", "Bo Lind", "Eve Moss"]),
    ("\n  Ada Petrel\n  Bo Lind\n", ["Ada Petrel", "Bo Lind"]),
    ("Ada\nPetrel", ["Ada Petrel"]),
    ("Ada Petrel with Bo Lind", ["Ada Petrel", "Bo Lind"]),
    ("Petrel, Ada and Bo Lind", ["Petrel, Ada", "Bo Lind"]),
    ("Bo Lind and Petrel, Ada", ["Bo Lind", "Petrel, Ada"]),
    # TeX
    (r"Ada Petrel\thanks{of Reeds}, Bo Lind", ["Ada Petrel", "Bo Lind"]),
    (r"Nguy\~{\^e}n L\'{\^{a}}m, Nguy{\~{\^e}}n Lind", ["Nguyễn Lấm", "Nguyễn Lind"]),
    (r"H{\'e}l\`{e}ne Petrel, Andr\'ee Lind", ["Hélène Petrel", "Andrée Lind"]),
    (r"{\AA}sa M\o ss, \L ucja G\"osta", ["Åsa Møss", "Łucja Gösta"]),
    (r"{van der Strand}, J.~P. and Erd{\H{o}}s, P.", ["van der Strand, J. P.", "Erdős, P."]),
]  # fmt: skip


def test_each_person_is_one_author() -> None:
    for text, names in PARTED:
        assert names_in(text) == names, text


def test_one_of_several_elements_is_one_person() -> None:
    assert names_in("Costa Brava, Juan Carlos", is_one=True) == ["Costa Brava, Juan Carlos"]
    assert names_in("Ada Petrel, Bo Lind") == ["Ada Petrel", "Bo Lind"]


FOLLOWED = [
    ("Ada Petrel", "Bo Lind, Ada Petrel and Cy Moss"),
    ("Ada Petrel", "Lind, Bo, Petrel, Ada"),
    ("Petrel, A.", "Lind, B., Petrel, A."),
    ("A. Petrel", "Lind B, Petrel A"),
    ("王五", "张三、王五、李四"),
    ("Suhendra", "Ada Petrel, Bo Lind, Suhendra"),
    ("Hélène Petrel", r"Bo Lind, H{\'e}l\`ene Petrel"),
    ("Helene Petrel", "Bo Lind<sup>1</sup>, Hélène Petrel<sup>2</sup>"),
    ("Jun Petrel", "PETREL, JUN; LIND, BO"),
    ("J. B. Petrel", "PETREL, JB; LIND, BO"),
]


@table(("followed", "element"), FOLLOWED)
def test_a_followed_author_is_found_in_any_list(followed: str, element: str) -> None:
    people = People([names_in(element), ["Eve Other"]])

    assert {paper for paper, _ in people.find(questions(followed))} == {0}


def test_a_short_name_in_capitals_is_no_initials() -> None:
    people = People([names_in("PETREL, JUN"), names_in("Petrel JB")])

    assert {paper for paper, _ in people.find(questions("Jane Petrel"))} == {1}
    assert {paper for paper, _ in people.find(questions("Jun Petrel"))} == {0, 1}


def test_authors_at_the_end_of_a_text_are_read_where_no_element_has_them() -> None:
    text = "&lt;p&gt;Source: Tides, 3&lt;/p&gt;&lt;p&gt;Author(s): Ada Petrel, Bo Lind&lt;/p&gt;"
    item = f"<title>T</title><description>{text}</description>"
    data = f'<rss version="2.0"><channel><title>j</title><item>{item}</item></channel></rss>'
    (found,) = feed.parse(data.encode(), Listing(name="l", kind="feed"), DAY).papers

    assert found.authors == ("Ada Petrel", "Bo Lind")


def test_names_are_read_in_feeds_of_every_kind() -> None:
    creators = r"<dc:creator>H\'el\`ene Petrel, Bo Lind</dc:creator>"
    item = f"<title>T</title><guid>oai:arXiv.org:2611.00001v1</guid>{creators}"
    data = (
        f'<rss version="2.0"><channel><title>arxiv.org</title><item>{item}</item></channel></rss>'
    )
    for kind in (feed, arxiv):
        (found,) = kind.parse(data.encode(), Listing(name="l", kind="feed"), DAY).papers
        assert found.authors == ("Hélène Petrel", "Bo Lind")
    (found,) = jsonfeed.parse(
        b'{"version": "https://jsonfeed.org/version/1.1", "items": [{"id": "1", "title": "T",'
        b' "authors": [{"name": "Ada Petrel and Bo Lind"}]}]}',
        Listing(name="l", kind="jsonfeed"),
        DAY,
    ).papers
    assert found.authors == ("Ada Petrel", "Bo Lind")


def test_a_list_that_was_cut_has_more_authors_than_it_names() -> None:
    for text, others in (
        ("Ada Petrel, Bo Lind", 0),
        ("Ada Petrel, Bo Lind, et al.", 1),
        ("Ada Petrel and others", 1),
        ("Ada Petrel, Bo Lind and 12 others", 12),
        ("王五、张三等", 1),
        ("Ada Petrel, " * 99 + "Bo Lind et al.", 1),
    ):
        assert others_in(text) == others
    item = "<title>T</title><author>Ada Petrel, Bo Lind, Cy Moss, Di Roe et al.</author>"
    data = f'<rss version="2.0"><channel><title>j</title><item>{item}</item></channel></rss>'
    (found,) = feed.parse(data.encode(), Listing(name="l", kind="feed"), DAY).papers
    assert (len(found.authors), found.authors_known) == (4, 5)


#: a text, its names, and how many others it says that there are
NAMED = [
    ('BY Ada Petrel', ['Ada Petrel'], 0),
    ('Written by Ada Petrel', ['Ada Petrel'], 0),
    ('Authors: Ada Petrel, Bo Lind', ['Ada Petrel', 'Bo Lind'], 0),
    ('作者：王五', ['王五'], 0),
    ('Ada Petrel<SUP>1</SUP>, Bo Lind', ['Ada Petrel', 'Bo Lind'], 0),
    ('Ada Petrel<BR>Bo Lind', ['Ada Petrel', 'Bo Lind'], 0),
    ('Ada Petrel (Orcid: 0000-0001-2345-678x)', ['Ada Petrel'], 0),
    ('Ada Petrel 0000-0001-2345-678X, Bo Lind', ['Ada Petrel', 'Bo Lind'], 0),
    ('AND Ada Petrel', ['Ada Petrel'], 0),
    ('Ada Petrel AND Bo Lind', ['Ada Petrel', 'Bo Lind'], 0),
    ('Ada Petrel und Bo Lind', ['Ada Petrel', 'Bo Lind'], 0),
    ('Ada Petrel, ET AL.', ['Ada Petrel'], 1),
    ('Ada Petrel and 12 others', ['Ada Petrel'], 12),
    ('Ada Petrel, Jr., Bo Lind', ['Ada Petrel, Jr.', 'Bo Lind'], 0),
    ('Ada Petrel; Jr.; Bo Lind', ['Ada Petrel, Jr.', 'Bo Lind'], 0),
    ('Ada Petrel, JR, Bo Lind', ['Ada Petrel, JR', 'Bo Lind'], 0),
    ('Ada Petrel, MA, Bo Lind', ['Ada Petrel', 'Bo Lind'], 0),
    ('Ada, MA, Bo', ['Ada, MA', 'Bo'], 0),
    ('Ada Petrel, MD, Bo Lind', ['Ada Petrel', 'Bo Lind'], 0),
    ('Ada Petrel, X.', ['Ada Petrel, X.'], 0),
    ('Petrel, A. B., Lind', ['Petrel, A. B.', 'Lind'], 0),
    ('Petrel, Lind, B.', ['Petrel', 'Lind, B.'], 0),
    ('Petrel, Lind, B., Moss', ['Petrel', 'Lind, B.', 'Moss'], 0),
    ('Petrel, Ada, Lind, B.', ['Petrel', 'Ada', 'Lind, B.'], 0),
    ('de la Costa, Ada Maria', ['de la Costa, Ada Maria'], 0),
    ('Costa Brava, Ada Maria', ['Costa Brava', 'Ada Maria'], 0),
    ('Costa, Ada Maria', ['Costa, Ada Maria'], 0),
    ('Petrel, Ada, Lind', ['Petrel', 'Ada', 'Lind'], 0),
    ('Petrel, Ada, Lind, bo', ['Petrel', 'Ada', 'Lind', 'bo'], 0),
    ('Petrel Lind, Ada, Moss, Bo', ['Petrel Lind', 'Ada', 'Moss', 'Bo'], 0),
    ('Ada B., Cy D.', ['Ada B.', 'Cy D.'], 0),
    ('Ada Petrel, Cy and Bo Lind', ['Ada Petrel', 'Cy', 'Bo Lind'], 0),
    ('Ada, Cy and Bo', ['Ada', 'Cy', 'Bo'], 0),
    ('Petrel, Ada; Lind, Bo', ['Petrel, Ada', 'Lind, Bo'], 0),
    ('Ada Petrel y Bo Lind', ['Ada Petrel', 'Bo Lind'], 0),
    ('Ada Petrel y Lind', ['Ada Petrel y Lind'], 0),
    ('Petrel e Lind, Ada', ['Petrel e Lind, Ada'], 0),
    ('王五·张三', ['王五', '张三'], 0),
    ('ジョン・スミス', ['ジョン・スミス'], 0),
    ('王五和张三', ['王五', '张三'], 0),
    ('王五 张三丰', ['王五', '张三丰'], 0),
    ('王 张三', ['王 张三'], 0),
    ('欧阳修 张三', ['欧阳修 张三'], 0),
    ('Dr. Prof. Ada Petrel', ['Ada Petrel'], 0),
    ('Ada Petrel PhD', ['Ada Petrel'], 0),
    ('Ada Petrel*†', ['Ada Petrel'], 0),
    ('Ada Petrel.', ['Ada Petrel.'], 0),
    ('Ada P.', ['Ada P.'], 0),
    ('Ada Petrel Jr.', ['Ada Petrel Jr.'], 0),
    ('Ada Petrel1,2', ['Ada Petrel'], 0),
    ('Ada Petrel a,b, Bo Lind c', ['Ada Petrel', 'Bo Lind'], 0),
    ('ada petrel a, bo', ['ada petrel a, bo'], 0),
    ('(Ada Petrel)', ['Ada Petrel'], 0),
    ('Ada Petrel (Univ (of) X)', ['Ada Petrel'], 0),
    ('ada@x.org (Ada Petrel)', ['Ada Petrel'], 0),
    ('ada@x.org', [], 0),
    ('Ada Petrel\\thanks{x} and Bo Lind', ['Ada Petrel', 'Bo Lind'], 0),
    ('Ada Petrel\nBo Lind', ['Ada Petrel', 'Bo Lind'], 0),
    ('Ada Petrel\nBo', ['Ada Petrel Bo'], 0),
    ('Ada Petrel\nBo Lind, Cy Moss', ['Ada Petrel Bo Lind', 'Cy Moss'], 0),
    ('Ada Petrel / Bo Lind', ['Ada Petrel', 'Bo Lind'], 0),
    ('Ada Petrel/Bo Lind', ['Ada Petrel/Bo Lind'], 0),
    ('Ada Petrel + Bo Lind', ['Ada Petrel', 'Bo Lind'], 0),
    ('Ada Petrel • Bo Lind', ['Ada Petrel', 'Bo Lind'], 0),
    ('Ada Petrel…', ['Ada Petrel'], 0),
    ('12 34', [], 0),
    ('Petrel, Ada van', ['Petrel, Ada van'], 0),
    ('van der Berg, Ada', ['van der Berg, Ada'], 0),
    ('A. Petrel, B. Lind', ['A. Petrel', 'B. Lind'], 0),
    ('Petrel A.', ['Petrel A.'], 0),
    ('Petrel A, Lind B', ['Petrel A', 'Lind B'], 0),
    ('PETREL A, LIND B', ['PETREL A', 'LIND B'], 0),
    (' , ; ', [], 0),
    ('Ada Petrel, Guest Editor', ['Ada Petrel'], 0),
    ('Ada Petrel,, Bo Lind', ['Ada Petrel', 'Bo Lind'], 0),
    ('Kim, Lee', ['Kim, Lee'], 0),
    ('Kim, Lee, Park, Choi', ['Kim, Lee', 'Park, Choi'], 0),
    ('Kim, Lee, park, Choi', ['Kim', 'Lee', 'park', 'Choi'], 0),
    ("O'Neil, Ada, Lind, Bo", ["O'Neil, Ada", 'Lind, Bo'], 0),
]  # fmt: skip


@table("text names others", NAMED)
def test_names_are_parted_and_the_others_counted(text: str, names: list[str], others: int) -> None:
    assert names_in(text) == names
    assert others_in(text) == others


def test_a_name_of_two_words_each_is_one_where_the_others_are_elsewhere() -> None:
    assert names_in("Petrel Petrel, Ada Maria", is_one=True) == ["Petrel Petrel, Ada Maria"]
    assert names_in("Petrel Petrel, Ada Maria") == ["Petrel Petrel", "Ada Maria"]
    assert others_in(f"{'x' * 900}, et al.") == 1
