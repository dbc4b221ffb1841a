"""The one form in which e-mail addresses are compared."""

import unicodedata


def normalize_email(email: str) -> str:
    """Return the form in which two addresses are compared: trimmed, NFC, lower case, no folding."""
    return unicodedata.normalize("NFC", email.strip()).lower()
