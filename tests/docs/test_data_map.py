"""The data map says what the code does with each table, and nothing is missing in it."""

from tests.docs.data_map import HEAD, PAGE, rows


def table() -> str:
    text = PAGE.read_text()
    return text[text.index(HEAD.split("\n", 1)[0]) :]


def test_the_map_is_as_the_code_makes_it():
    # After a change of tables or periods: python -m tests.docs.data_map
    assert table() == rows()


def test_every_table_is_explained():
    assert [line for line in table().splitlines() if "| – | – |" in line] == []
