"""Lint of words: it finds each kind of offence."""

import pytest

from tests.house import sentences_of
from tests.lint_prose import offences, without_noun

GOOD = "Breaker per target. A worker asks. Which one answers?"


@pytest.fixture
def module(tmp_path):
    """Return a function that writes a module of the product and returns the lint's findings."""

    def write(text: str, name: str = "module.py") -> list[str]:
        path = tmp_path / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text)
        return offences(path, tmp_path)

    return write


@pytest.mark.parametrize("first", ["What", "Who", "Whoever", "Whatever", "Nobody", "Somebody"])
def test_a_sentence_without_a_noun_at_its_begin_is_found(first):
    said = sentences_of(f"{GOOD} {first} asks is answered.")
    assert without_noun(said) == [f"{first} asks is answered."]


def test_a_question_and_one_sentence_in_a_thousand_pass():
    assert not without_noun(sentences_of(f"{GOOD} Who may look?"))
    assert not without_noun(["What is rare passes.", *["A noun is first."] * 999])


@pytest.mark.parametrize(
    "text",
    [
        "def prune_rows() -> None: ...",
        "class ChatProvider: ...",
        "def send(channel: str) -> None: ...",
        "backends = 1",
        '"""Cleanup of rows that were removed."""',
        "# Old rows are trimmed here.",
        "def clean_up() -> None: ...",
        "# We clean up old rows.",
    ],
)
def test_a_near_synonym_is_found_in_names_docstrings_and_comments(module, text):
    assert len(module(text)) == 1


def test_an_allowed_word_passes_in_its_place_only(module):
    assert not module("channel = 1", "config/redis/broker.py")
    assert module("channel = 1", "messaging/channels.py")


def test_the_name_of_another_projects_thing_passes_where_it_is_only_used(module):
    assert not module("form.cleaned_data")


@pytest.mark.parametrize(("name", "found"), [("sent_at", 0), ("held_until", 0), ("moment", 1)])
def test_a_column_with_a_time_says_so(module, name, found):
    assert len(module(f"{name} = models.DateTimeField()")) == found
