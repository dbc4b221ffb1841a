import pytest
from hypothesis import given
from hypothesis import strategies as st

from sandbox.ovice.mentions import parse_mentions
from sandbox.ovice.records import Group, Organization, Person, Space

TARO = Person("1", "Taro", "taro@example.com", role="owner")
HANAKO = Person("2", "Hanako", "hanako@example.com")
HANAKO_EXAMPLE = Person("3", "Hanako Example", "hanako.example@example.com")
KANJI = Person("4", "花子", "kanji@example.com", role="visitor")


@pytest.fixture(scope="module")
def space() -> Space:
    organization = Organization("4821", "Example Works")
    organization.people = {p.person_id: p for p in (TARO, HANAKO, HANAKO_EXAMPLE, KANJI)}
    organization.groups = {"design": Group("design", ["2"])}
    return Space("987", organization, "Tokyo HQ", "tokyo-hq", rooms=["Room B"])


def read(text: str, space: Space) -> tuple[str, list[str]]:
    mention = parse_mentions(text, space)
    return mention.scope, [person.person_id for person in mention.recipients]


@pytest.mark.parametrize(
    ("text", "scope", "recipients"),
    [
        ("hello", "none", []),
        ("@Hanako hello", "user", ["2"]),
        ("hello @hanako", "user", ["2"]),
        ("@Hanako Example hello", "user", ["3"]),
        ("@花子 こんにちは", "user", ["4"]),
        ("@Hanako, @Taro: hello", "users", ["2", "1"]),
        ("@Hanako @Hanako twice", "user", ["2"]),
        ("@all hello", "all", ["1", "2", "3", "4"]),
        ("@here", "here", ["1", "2", "3", "4"]),
        ("@openspace", "openspace", ["1", "2", "3", "4"]),
        ("@admin", "role", ["1"]),
        ("@visitor", "role", ["4"]),
        ("@design", "group", ["2"]),
        ("@Room B", "room", []),
        ("@Hanako @all", "all", ["2", "1", "3", "4"]),
        ("@Nobody hello", "none", []),
        ("mail me at taro@Hanako", "none", []),
        ("@Hanakos", "none", []),
        ("@", "none", []),
    ],
)
def test_a_line_is_addressed_as_its_mentions_say(text, scope, recipients, space):
    assert read(text, space) == (scope, recipients)


def test_two_people_of_one_name_are_both_meant():
    organization = Organization("1", "Example Works")
    organization.people = {i: Person(i, "Taro", None) for i in ("1", "2")}
    assert read("@Taro", Space("9", organization, "A", "a")) == ("users", ["1", "2"])


@given(text=st.text(alphabet="@Hanko Exmpletr花子\n\ud800\x00", max_size=40))
def test_any_line_can_be_read(text, space):
    scope, recipients = read(text, space)
    assert (scope == "none") == (recipients == [])
