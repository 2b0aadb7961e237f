"""Authors that are no names, or several, and lists in which a comma cut a name in two."""

# ruff: noqa: E501  # a table of messages, each as it is printed

from __future__ import annotations

from digest.profiles.author_names import bare_name, doubts, split_at_commas

from ..tables import table


@table(
    "written name",
    [
    ('Jo Berg', 'Jo Berg'),
    ('author: Jo Berg', 'Jo Berg'),
    ('AUTHORS:Jo', 'Jo'),
    ('au : “Doe, J.”', 'Doe, J.'),
    ('by:«Li»', 'Li'),
    ('"Doe, J."', 'Doe, J.'),
    ('“Doe”', 'Doe'),
    ("'Doe'", "'Doe'"),
    ('Doe "x"', 'Doe "x"'),
    ('  Jo ', '  Jo '),
    ('authors', 'authors'),
    ],
)  # fmt: skip
def test_a_name_is_read_without_its_field_and_the_quotes_behind_it(written: str, name: str) -> None:
    assert bare_name(written) == name


#: a name, the message about it and what to write; empty: nothing is doubtful
DOUBTS = [
    ('jo@x.org', 'jo@x.org is no name', 'write a name as papers have it: Jane Doe, or Doe, J.'),
    ('http://x', 'http://x is no name', 'write a name as papers have it: Jane Doe, or Doe, J.'),
    ('/Berg/', '/Berg/ is no name', 'write a name as papers have it: Jane Doe, or Doe, J.'),
    ('Berg 2', 'Berg 2 is no name', 'write a name as papers have it: Jane Doe, or Doe, J.'),
    ('Berg et al.', 'et al. is part of no name', 'write Berg'),
    ('Berg, et al', 'et al. is part of no name', 'write Berg'),
    ('Berg and Li', 'several people in one item', 'write each apart: [Berg, Li]'),
    ('Berg und Li, J.', 'several people in one item', 'write each apart: [Berg, "Li, J."]'),
    ('Berg; Li;', 'several people in one item', 'write each apart: [Berg, Li]'),
    ('Berg & Li, J.', 'several people in one item', 'write each apart: [Berg, "Li, J."]'),
    ('A. Berg, B. Li', 'several people in one item', 'write each apart: [A. Berg, B. Li]'),
    ('Berg, J., Li, B.', 'several people in one item', 'write each apart: [Berg, J., Li, B.]'),
    ('Berg, Jo, Li', 'several people in one item', 'write each apart: [Berg, Jo, Li]'),
    ('Berg, Jo, Jr.', '', ''),
    ('Berg, III', '', ''),
    ('Berg, J.', '', ''),
    ('Jo (Berg', 'a bracket is part of no name', 'write Jo'),
    ('NOT Jo', 'people are not excluded here', 'write author:Jo under none'),
    ('-Jo', 'people are not excluded here', 'write author:Jo under none'),
    ('!Jo', 'people are not excluded here', 'write author:Jo under none'),
    ('Jo Berg PhD', 'PhD is part of no name', 'write Jo Berg'),
    ('Jo Berg M.D.', 'M.D. is part of no name', 'write Jo Berg'),
    ('Jo Berg, MSc', 'MSc is part of no name', 'write Jo Berg'),
    ('Jo Berg MDx', '', ''),
    ('Berg lab', 'lab is part of no name', 'write a person, or org: and the place under any'),
    ('University Berg', 'University is part of no name', 'write a person, or org: and the place under any'),
    ('Dr Berg', 'Dr is part of no name', 'write Berg'),
    ('Prof. Berg', 'Prof. is part of no name', 'write Berg'),
    ('Sir  Jo', 'Sir is part of no name', 'write Jo'),
    ('by Jo', 'by is part of no name', 'write Jo'),
    ('J. B.', 'J. B. is no whole name', 'a comma parts a list: write "Doe, J." in quotes'),
    ('J B', 'J B is no whole name', 'a comma parts a list: write "Doe, J." in quotes'),
    ('J Berg', '', ''),
    ('JB', '', ''),
    ('Li', '', ''),
    ('xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx lab', 'lab is part of no name', 'write a person, or org: and the place under any'),
    ('Dr xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx', 'Dr is part of no name', 'write xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx…'),
    ('Dr xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx', 'Dr is part of no name', 'write xxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxxx'),
    ('@yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy', '@yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy is no name', 'write a name as papers have it: Jane Doe, or Doe, J.'),
    ('@yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy', '@yyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyyy… is no name', 'write a name as papers have it: Jane Doe, or Doe, J.'),
    ('Google DeepMind', 'Google DeepMind is part of no name', 'write a person, or org: and the place under any'),
    ('MIT', 'MIT is part of no name', 'write a person, or org: and the place under any'),
    ('Jo Berg, Stanford', 'Stanford is part of no name', 'write a person, or org: and the place under any'),
    ('Berg, Stanford', '', ''),
    ('Jo Berg, ETH Google', '', ''),
    ('Jo Berg, Kelp', '', ''),
    ('Google Kelp', '', ''),
    ('title:Berg', 'title:Berg is no name', 'write it under any'),
    ('Jo "Bo" Berg', 'quotes are part of no name', 'write Jo Bo Berg'),
    ('"Jo Berg"', '', ''),
    ('machine learning', 'machine learning is a word, and hardly part of a name', 'put keywords under any'),
    ('Jo Berg mesh', 'mesh is a word, and hardly part of a name', 'put keywords under any'),
    ('Jo mesh Berg', '', ''),
    ('jo mesh Berg', '', ''),
    ('null', '', ''),
    ('on', '', ''),
    ('Jo map', '', ''),
    ('Jo maps', 'maps is a word, and hardly part of a name', 'put keywords under any'),
    ('mesh', 'mesh is a word, and hardly part of a name', 'put keywords under any'),
    ('a mesh', '', ''),
    ('Jo Mesh', '', ''),
    ('mesh grid Berg', '', ''),
    ('Doctor No', '', ''),
    ('B', 'B is no whole name', 'a comma parts a list: write "Doe, J." in quotes'),
    ('b', '', ''),
]  # fmt: skip


@table("name message hint", DOUBTS)
def test_a_name_that_is_none_is_doubted(name: str, message: str, hint: str) -> None:
    assert list(doubts(name)) == ([(message, hint)] if message else [])


@table(
    "names said",
    [
    ([], []),
    (['Berg', 'Jo'], []),
    (['Berg', 'Jo', 'Li', 'Bo'], [(0, '4 people, each with one name', 'write "Berg, Jo" in quotes if these are one')]),
    (['Berg', 'Jo', 'Li'], []),
    (['Berg', 'J.', 'Li', 'Bo'], [(3, 'a comma parts a list, so this is a person of its own', 'write "Li, Bo" in quotes')]),
    (['Berg', 'Jo', 'Li', 'B.'], [(1, 'a comma parts a list, so this is a person of its own', 'write "Berg, Jo" in quotes')]),
    (['Berg', 'J.', 'Li', 'B.'], []),
    (['Jo Berg', 'Jo', 'Li', 'Bo'], []),
    (['Berg', 'ABC', 'Li', 'ABCD'], [(3, 'a comma parts a list, so this is a person of its own', 'write "Li, ABCD" in quotes')]),
    (['Berg', 'Abc', 'Li', 'Bo'], [(0, '4 people, each with one name', 'write "Berg, Abc" in quotes if these are one')]),
    (['Berg', 'J.'], []),
    (['Berg', 'J.', 'Li', 'Bo', 'Varga', 'Ida'], [(3, 'a comma parts a list, so this is a person of its own', 'write "Li, Bo" in quotes'), (5, 'a comma parts a list, so this is a person of its own', 'write "Varga, Ida" in quotes')]),
    ],
)  # fmt: skip
def test_a_list_that_a_comma_cut_is_doubted_at_each_given_name(
    names: list[str], said: list[tuple[int, str, str]]
) -> None:
    assert list(split_at_commas(names)) == said
