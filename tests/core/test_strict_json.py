"""Strict JSON: one reading of every body, or none."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from core.strict_json import NotStrictError, load

JSON = st.recursive(
    st.none() | st.booleans() | st.integers(-(10**30), 10**30) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(JSON)
def test_a_written_document_is_read_as_it_was_meant(value):
    assert load(json.dumps(value).encode()) == value


@given(value=JSON, encoding=st.sampled_from(["utf-16", "utf-16-le", "utf-32", "utf-8-sig"]))
def test_another_encoding_is_not_read(value, encoding):
    with pytest.raises(NotStrictError):
        load(json.dumps({"a": value}).encode(encoding))


@given(key=st.text(), one=JSON, other=JSON)
def test_a_key_that_occurs_twice_is_not_read(key, one, other):
    pair = (f"{json.dumps(key)}: {json.dumps(value)}" for value in (one, other))
    with pytest.raises(NotStrictError):
        load(b'[{"a": {' + ", ".join(pair).encode() + b"}}]")


@pytest.mark.parametrize(
    "body", [b"NaN", b"[-Infinity]", b"9" * 5_000, b"[" * 100_000, b"", b"\xff"]
)
def test_a_constant_that_json_does_not_have_is_not_read(body):
    with pytest.raises(NotStrictError):
        load(body)


@given(st.binary(max_size=60))
def test_any_bytes_are_read_or_refused(body):
    try:
        value = load(body)
    except NotStrictError:
        return
    assert value == json.loads(body)
