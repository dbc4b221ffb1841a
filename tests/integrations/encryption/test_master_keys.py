import base64

import pytest

from integrations.encryption import master_keys
from integrations.encryption.master_keys import (
    KeyMissingError,
    UnreadableError,
    parse_key,
    seal,
    unseal,
)

OLD, NEW = (base64.b64encode(bytes([n]) * 32).decode() for n in (1, 2))
PLACE = ("tenant-a", "integrations.Installation", "access_token_sealed", "row-1")


@pytest.fixture(autouse=True)
def _old_key_only(settings):
    settings.ENCRYPTION_KEYS = [OLD]


def test_a_sealed_value_is_read_again_at_its_place():
    assert unseal(seal(b"token", place=PLACE), place=PLACE) == b"token"


def test_the_same_value_never_looks_the_same():
    assert seal(b"token", place=PLACE) != seal(b"token", place=PLACE)


@pytest.mark.parametrize("part", range(4))
def test_a_value_moved_to_another_tenant_or_place_is_unreadable(part):
    elsewhere = list(PLACE)
    elsewhere[part] += "x"
    with pytest.raises(UnreadableError):
        unseal(seal(b"token", place=PLACE), place=elsewhere)


def test_places_do_not_run_into_each_other():
    with pytest.raises(UnreadableError):
        unseal(seal(b"token", place=("ab", "c")), place=("a", "bc"))


def test_every_altered_byte_is_noticed():
    sealed = seal(b"token", place=PLACE)
    for position in range(len(sealed)):
        altered = bytearray(sealed)
        altered[position] ^= 1
        with pytest.raises((UnreadableError, KeyMissingError)):
            unseal(bytes(altered), place=PLACE)


def test_a_new_key_first_in_the_list_seals_and_the_old_one_still_reads(settings):
    old = seal(b"token", place=PLACE)
    settings.ENCRYPTION_KEYS = [NEW, OLD]
    new = seal(b"token", place=PLACE)
    settings.ENCRYPTION_KEYS = [NEW]
    assert unseal(new, place=PLACE) == b"token"
    with pytest.raises(KeyMissingError):
        unseal(old, place=PLACE)


def test_rotating_the_secret_key_loses_nothing(settings):
    sealed = seal(b"token", place=PLACE)
    settings.SECRET_KEY = "another secret key of this site, long enough to be one"
    assert unseal(sealed, place=PLACE) == b"token"


def test_without_a_key_nothing_is_sealed(settings):
    settings.ENCRYPTION_KEYS = []
    with pytest.raises(KeyMissingError):
        seal(b"token", place=PLACE)


def test_the_name_of_a_key_is_not_the_key():
    assert master_keys.key_id(parse_key(OLD)) not in parse_key(OLD)


@pytest.mark.parametrize(
    ("encoded", "complaint"),
    [("not base64!", "is not base64"), ("c2hvcnQ=", "has 5 bytes instead of 32")],
)
def test_a_malformed_key_is_explained(encoded, complaint):
    with pytest.raises(ValueError, match=complaint):
        parse_key(encoded)
