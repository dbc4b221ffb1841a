"""Addresses are compared in one form, in which nothing that is not ASCII becomes ASCII."""

import sys
import time
import unicodedata
from functools import partial
from string import ascii_letters

import idna
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from core.addresses import is_mailable, normalize_email, spellings


def folded(char: str) -> str:
    """Return all that Unicode's normal forms and cases make of one character."""
    forms = [unicodedata.normalize(form, char) for form in ("NFC", "NFKC")]
    return "".join([*forms, char.lower(), char.upper(), char.casefold()])


# Everything outside of ASCII of which some folding makes ASCII: letters, digits and signs.
LOOKALIKES = [
    char
    for char in map(chr, range(0x80, sys.maxunicode + 1))
    if any(map(str.isascii, folded(char)))
]
PIECES = [*"mikeMIKEs.-xn", "é", "e\u0301", "ü", "Ü", "ß", "ẞ", "ς", "Σ", "例", "xn--", "\u200d"]
TEXTS = st.text(st.sampled_from(LOOKALIKES), max_size=2) | st.just("")
PARTS = st.lists(st.sampled_from(PIECES) | TEXTS, max_size=6).map("".join)
ADDRESSES = st.builds("{}@{}.example".format, PARTS, PARTS) | st.text(max_size=20)


# By which a stranger's address could be made into somebody's.
FOLDINGS = [
    str.lower,
    str.upper,
    str.casefold,
    *(partial(unicodedata.normalize, form) for form in ("NFC", "NFD", "NFKC", "NFKD")),
    lambda text: unicodedata.normalize("NFKC", text).casefold(),
    lambda text: text.encode("ascii", "ignore").decode(),
]


def lower(text: str) -> str:
    return "".join(chr(ord(char) | 0x20) if char in ascii_letters else char for char in text)


def read_back(email: str) -> tuple[str, str]:
    """Return local part and domain, each label of DNS in the letters that it stands for."""
    local, _at, domain = email.strip(" \t\r\n").rpartition("@")
    labels = []
    for label in lower(domain).split("."):
        try:
            labels.append(idna.decode(label) if label.startswith("xn--") else label)
        except (idna.IDNAError, UnicodeError):
            labels.append(label)
    letters = unicodedata.normalize("NFD", ".".join(labels))
    return lower(local), "".join(
        char if folded_to_ascii(char) else char.lower() for char in letters
    )


def folded_to_ascii(char: str) -> bool:
    return not char.isascii() and any(map(str.isascii, char.lower()))


@pytest.mark.parametrize(
    ("email", "expected"),
    [
        (" Ada@Example.COM ", "ada@example.com"),
        ("a.d.a+x@example.com", "a.d.a+x@example.com"),
        ("straße@example.com", "straße@example.com"),
        ("ａｄａ@example.com", "ａｄａ@example.com"),
        ("mi\u212ae@example.com", "mi\u212ae@example.com"),
        ("É@example.com", "É@example.com"),
        ("e\u0301@example.com", "e\u0301@example.com"),
        ("ada@Bücher.Example", "ada@xn--bcher-kva.example"),
        ("ada@bu\u0308cher.example", "ada@xn--bcher-kva.example"),
        ("ada@XN--BCHER-KVA.example", "ada@xn--bcher-kva.example"),
        ("ada@straße.example", "ada@xn--strae-oqa.example"),
        ("ada@exam\u212ae.com", "ada@exam\u212ae.com"),
        ("ada@ｅxample.com", "ada@ｅxample.com"),
        ("ada@example。com", "ada@example。com"),
        ("ada@İstanbul.example", "ada@İstanbul.example"),
    ],
)
def test_addresses_have_one_form(email, expected):
    assert normalize_email(email) == expected


def test_nothing_in_a_local_part_becomes_another_character_but_ascii_capitals():
    everything = "".join(map(chr, range(0x80, sys.maxunicode + 1)))
    assert normalize_email(f"{everything}X@example.com") == f"{everything}x@example.com"


def test_no_domain_becomes_the_one_that_it_looks_like():
    for char in LOOKALIKES:
        domain = normalize_email(f"a@mi{char}e.example").removeprefix("a@")
        assert domain.startswith("xn--") or not domain.isascii()


@given(one=ADDRESSES, fold=st.sampled_from(FOLDINGS))
@example(one="a@xn--mike-.example", fold=str).via("an A-label of ASCII")
@example(one="mi\u212ae@example.com", fold=str.lower).via("the Kelvin sign")
@example(one="a@straße.example", fold=str.casefold).via("a sharp s")
@example(one="a@Σ.example", fold=str.lower).via("a final sigma")
def test_two_addresses_are_equal_only_if_they_are_one_mailbox(one, fold):
    other = fold(one)
    if normalize_email(one) == normalize_email(other):
        assert read_back(one) == read_back(other)


@given(email=ADDRESSES)
def test_the_form_of_the_form_is_itself(email):
    assert normalize_email(normalize_email(email)) == normalize_email(email)


@given(
    label=st.text(st.characters(min_codepoint=0xC0, max_codepoint=0x3FF), min_size=1, max_size=9)
)
def test_the_unicode_and_the_ascii_form_of_a_domain_are_one(label):
    try:
        ascii_form = idna.alabel(label).decode()
    except (idna.IDNAError, UnicodeError):
        return
    both = [f"ada@{label}.example", f"ada@{ascii_form}.example"]
    assert len(set(map(normalize_email, both))) == 1
    assert set(spellings(both[0])) == set(both)


@given(email=ADDRESSES)
def test_mail_goes_only_where_its_address_is_ascii(email):
    assert not is_mailable(email) or normalize_email(email).isascii()


@pytest.mark.parametrize("piece", ["é", ".é", "xn--é.", "e\u0301", "@é", "\u212a"])
def test_a_long_address_costs_no_time(piece):
    started = time.perf_counter()
    normalize_email(f"a@{piece * 50_000}")
    spellings(f"a@{'xn--' * 50_000}")
    assert time.perf_counter() - started < 1
