"""The tolerant reader: what decorates refuses nothing, and what decides is never loosened."""

from typing import Annotated, Any

import msgspec
import pytest
from hypothesis import given
from hypothesis import strategies as st
from msgspec import Meta, Struct

from core.metrics import MENDED_FIELDS
from core.tolerant_reader import decorates, mended, read


class Inner(Struct, frozen=True):
    id: Annotated[str, Meta(min_length=1)]
    name: Annotated[str, Meta(max_length=5, extra=decorates(cut=5))] | None = None


class Whole(Struct, frozen=True):
    id: Annotated[str, Meta(pattern="^[a-z]+$")]
    switch: bool = False
    word: Annotated[str, Meta(pattern="^[a-z]*$", extra=decorates(cut=3))] = ""
    inner: Annotated[Inner | None, Meta(extra=decorates())] = None
    many: list[Inner] = []
    right: Annotated[bool, Meta(extra=mended(lambda _: False))] = False


ANY = st.recursive(
    st.none() | st.booleans() | st.integers() | st.text(st.characters(codec=None)),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=6,
)


@given(word=ANY, inner=ANY, name=ANY, right=ANY)
def test_any_value_of_what_decorates_leaves_the_rest_as_it_was(word, inner, name, right):
    told = {"id": "a", "switch": True, "word": word, "inner": inner, "right": right}
    found = read({**told, "many": [{"id": "b", "name": name}]}, Whole)
    assert (found.id, found.switch, [one.id for one in found.many]) == ("a", True, ["b"])
    assert found.right is (right is True)


@given(value=ANY)
@pytest.mark.parametrize("name", ["id", "switch", "many"])
def test_a_deciding_field_is_read_as_strictly_as_without_it(name, value):
    told = {"id": "a", name: value}
    try:
        strictly: Any = msgspec.convert(told, Whole)
    except (msgspec.ValidationError, UnicodeEncodeError):
        strictly = None
    try:
        found: Any = read({**told, "word": 5}, Whole)
    except msgspec.ValidationError:
        found = None
    if strictly is not None:
        assert found == strictly
    elif name != "many":
        assert found is None


def test_a_text_that_is_too_long_is_cut_and_one_that_still_does_not_fit_is_dropped():
    told = {"id": "a", "word": "AAA", "many": [{"id": "b", "name": "123456789"}]}
    found = read(told, Whole)
    assert (found.word, found.many[0].name) == ("", "12345")


def test_a_value_left_out_is_counted_by_its_place():
    count = MENDED_FIELDS.labels("many.name")
    before = count._value.get()
    read({"id": "a", "many": [{"id": "b", "name": 1}, {"id": "c", "name": 2}]}, Whole)
    assert count._value.get() == before + 1


def test_the_document_itself_is_not_changed():
    told = {"id": "a", "word": 5, "inner": {"id": "b", "name": 6}}
    read(told, Whole)
    assert told == {"id": "a", "word": 5, "inner": {"id": "b", "name": 6}}
