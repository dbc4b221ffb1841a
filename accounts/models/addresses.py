"""E-mail addresses of members: how one is found without being read.

An address is kept encrypted. Beside it stands its keyed hash, by which a row is found when somebody
types the address; whoever has only the database cannot tell which addresses are in it.
"""

from typing import Any

from core.addresses import normalize_email
from integrations.encryption.data_keys import SealedText
from integrations.encryption.master_keys import keyed_hashes

# A key's name and an HMAC-SHA256, in hexadecimal digits.
HASH_LENGTH = 72
_PLACE = ("address",)


def address_hashes(email: str) -> list[str]:
    """Return the hashes under which this address may be stored; the first is today's."""
    return keyed_hashes(normalize_email(email).encode(), place=_PLACE)


class Address(SealedText):
    """An address under the organization's data key; setting it sets its hash as well."""

    def __init__(self, column: str, hash_column: str) -> None:
        super().__init__(column)
        self.hash_column = hash_column

    def __set__(self, row: Any, text: str | None) -> None:
        super().__set__(row, text)
        setattr(row, self.hash_column, address_hashes(text)[0] if text else "")
