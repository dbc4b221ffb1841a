"""Addresses are compared in one form, and nothing is folded together."""

import pytest

from integrations.addresses import normalize_email


@pytest.mark.parametrize(
    ("email", "expected"),
    [
        (" Ada@Example.COM ", "ada@example.com"),
        ("a.d.a+x@example.com", "a.d.a+x@example.com"),
        ("e\u0301@example.com", "é@example.com"),
        ("straße@example.com", "straße@example.com"),
        ("ａｄａ@example.com", "ａｄａ@example.com"),
    ],
)
def test_addresses_have_one_form_and_no_folding(email, expected):
    assert normalize_email(email) == expected
