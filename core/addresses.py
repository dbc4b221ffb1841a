"""E-mail addresses: the one form in which two of them are compared, looked up and stored.

Two addresses are equal only if a mail server would have to treat them as one mailbox (RFC 5321,
2.4, and RFC 5891 for domains). So nothing that is not ASCII ever becomes ASCII, as it would in
Unicode's foldings (the Kelvin sign, the long s, ligatures, full-width letters), and a local part
stays as it is but for the case of its ASCII letters, which no mail system in use tells apart.
"""

import string
import unicodedata

import idna
from django.core.exceptions import ValidationError
from django.core.validators import validate_email

_ASCII_LOWER = str.maketrans(string.ascii_uppercase, string.ascii_lowercase)
_BLANK = " \t\r\n"
# Of a domain and of one label of it, in ASCII (RFC 1035, 2.3.4); none has more characters.
_DOMAIN_LENGTH, _LABEL_LENGTH = 253, 63
_A_LABEL = "xn--"


def normalize_email(email: str) -> str:
    """Return the form in which two addresses are compared: domains as DNS has them, in ASCII.

    A domain that no DNS name can be made of stands as it is. The form of the form is itself.
    """
    local, at, domain = email.strip(_BLANK).rpartition("@")
    if domain.isascii() or len(domain) > _DOMAIN_LENGTH:
        return f"{local}{at}{domain}".translate(_ASCII_LOWER)
    labels = ".".join(map(_a_label, domain.split(".")))
    return f"{local.translate(_ASCII_LOWER)}{at}{labels}"


def spellings(email: str) -> list[str]:
    """Return the ways of writing an address, for whoever finds it by its letters alone.

    They are one, or two where the domain is written in Unicode as well as in ASCII.
    """
    compared = normalize_email(email)
    local, at, domain = compared.rpartition("@")
    readable = ".".join(map(_u_label, domain.split(".")))
    return list(dict.fromkeys([compared, f"{local}{at}{readable}"]))


def is_mailable(email: str) -> bool:
    """Return whether a mail can be sent there, and reaches this mailbox and no other.

    Python would send one for a domain that is no DNS name to the domain that looks like it.
    """
    compared = normalize_email(email)
    try:
        validate_email(compared)
    except ValidationError:
        return False
    return compared.isascii()


def _a_label(label: str) -> str:
    """Return a label as DNS has it (RFC 5895, 2: lower case, composed), if it can be one."""
    if len(label) <= _LABEL_LENGTH and not label.isascii() and not _would_fold(label):
        lower = "".join(unicodedata.normalize("NFC", char).lower() for char in label)
        try:
            return idna.alabel(unicodedata.normalize("NFC", lower)).decode()
        except (idna.IDNAError, UnicodeError):
            pass
    return label.translate(_ASCII_LOWER)


def _would_fold(label: str) -> bool:
    """Return whether lower case or composing would make ASCII of what is not."""
    others = (char for char in label if not char.isascii())
    changed = (unicodedata.normalize("NFC", char).lower() for char in others)
    return any(char.isascii() for lower in changed for char in lower)


def _u_label(label: str) -> str:
    if not label.startswith(_A_LABEL):
        return label
    try:
        return idna.ulabel(label)
    except (idna.IDNAError, UnicodeError):
        return label
