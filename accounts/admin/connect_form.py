"""The two fields in which an owner gives us a token: they are written, and never shown again."""

from typing import Any

from django import forms
from django.utils.translation import gettext_lazy as _

from integrations.targets.port import Credentials

# Longer than any token that has been seen; a whole pasted page is refused.
LONGEST = 1024
_WRITE_ONLY = {"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"}


class ConnectForm(forms.Form):
    """An access token, an app secret where the integration wants its proof.

    ``has_token`` says that one is stored, which may stay when only the secret is to change.
    """

    access_token = forms.CharField(
        label=_("Access token"),
        max_length=LONGEST,
        required=False,
        widget=forms.PasswordInput(attrs=_WRITE_ONLY),
    )
    app_secret = forms.CharField(
        label=_("App secret"),
        max_length=LONGEST,
        required=False,
        widget=forms.PasswordInput(attrs=_WRITE_ONLY),
    )
    seen_generation = forms.IntegerField(min_value=0, widget=forms.HiddenInput)
    confirmed_community = forms.CharField(
        max_length=128, required=False, widget=forms.HiddenInput, initial=""
    )

    def __init__(self, *args: Any, has_token: bool = False, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.has_token = has_token

    def clean(self) -> dict[str, Any]:
        """Miss the token, unless the stored one is meant."""
        given = self.cleaned_data
        may_stay = self.has_token and given.get("app_secret")
        if not may_stay and "access_token" not in self.errors and not given["access_token"]:
            self.add_error("access_token", _("Paste the access token."))
        return given

    def credentials(self) -> Credentials:
        """Return what was pasted, without the white space that came along, also within."""
        return Credentials(
            "".join(self.cleaned_data["access_token"].split()),
            "".join(self.cleaned_data["app_secret"].split()),
        )
