"""Answers of passkeys as browsers post them: JSON of any shape, for all that is known before.

The libraries below read them field by field and fail in many ways on what is no answer of a
passkey; a form says "wrong" to each.
"""

import struct
from typing import Any

from allauth.mfa.adapter import get_adapter
from allauth.mfa.webauthn import forms as stock
from cryptography.exceptions import UnsupportedAlgorithm
from django import forms

# JSON that nests too deep, digits without end, members missing or of another kind.
_UNREADABLE = (
    *(ArithmeticError, AttributeError, LookupError, RecursionError, TypeError, ValueError),
    *(struct.error, UnsupportedAlgorithm),
)


class CredentialField(forms.JSONField):
    """JSON, without limits of the parser that would not be errors of the form."""

    def to_python(self, value: Any) -> Any:
        """Return what the JSON says: an object, or the form has an error."""
        try:
            found = super().to_python(value)
        except (RecursionError, ValueError):  # more than the parser calls wrong JSON
            found = None
        if not isinstance(found, dict):
            raise forms.ValidationError(self.error_messages["invalid"], code="invalid")
        return found

    def bound_data(self, _data: Any, initial: Any) -> Any:
        """Put nothing back into the page: an answer is good for once."""
        return initial


def _wrong() -> forms.ValidationError:
    error: forms.ValidationError = get_adapter().validation_error("incorrect_code")
    return error


class AddPasskeyForm(stock.AddWebAuthnForm):  # type: ignore[misc] # allauth has no types
    """Takes a new passkey."""

    credential = CredentialField(widget=forms.HiddenInput)

    def clean(self) -> dict[str, Any]:
        """Read the answer."""
        try:
            values: dict[str, Any] = super().clean()
        except _UNREADABLE:
            raise _wrong() from None
        return values


class _ShowsPasskey(stock.AuthenticateWebAuthnForm):  # type: ignore[misc] # allauth has no types
    credential = CredentialField(widget=forms.HiddenInput)

    def clean_credential(self) -> Any:
        """Read the answer."""
        try:
            return super().clean_credential()
        except _UNREADABLE:
            raise _wrong() from None


class SecondFactorForm(_ShowsPasskey):
    """Takes a passkey as the second factor of a sign-in."""


class LoginForm(_ShowsPasskey, stock.LoginWebAuthnForm):  # type: ignore[misc] # allauth has no types
    """Takes a passkey in the place of a code."""


class ProofForm(_ShowsPasskey, stock.ReauthenticateWebAuthnForm):  # type: ignore[misc] # allauth has no types
    """Takes a passkey as a fresh proof."""
