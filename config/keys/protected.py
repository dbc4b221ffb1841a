"""Usage of each master key, in any form; an older key may go once it protects nothing."""

from collections import Counter

from accounts.members.rehash import count_addresses_by_key
from accounts.signin.adapters import count_second_factors_by_key
from config.keys.rewrap import count_by_key


def protected_by_key() -> Counter[str]:
    """Return how many values each master key protects, by the key's public id in hexadecimal.

    These are all: secrets and data keys in columns of their own, second factors, and the hashes by
    which people are found who type their address.
    """
    return count_by_key() + count_second_factors_by_key() + count_addresses_by_key()
