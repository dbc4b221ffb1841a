"""The two fields in which an owner gives us a token: they are written, and never shown again."""

from django import forms
from django.utils.translation import gettext_lazy as _

from integrations.targets import Credentials

# Longer than any token that has been seen; a whole pasted page is refused.
LONGEST = 1024
_WRITE_ONLY = {"autocomplete": "off", "autocapitalize": "off", "spellcheck": "false"}


class ConnectForm(forms.Form):
    """An access token, an app secret where the integration wants its proof."""

    access_token = forms.CharField(
        label=_("Access token"),
        max_length=LONGEST,
        widget=forms.PasswordInput(attrs=_WRITE_ONLY),
        error_messages={"required": _("Paste the access token.")},
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

    def credentials(self) -> Credentials:
        """Return what was pasted, without the white space that came along, also within."""
        return Credentials(
            "".join(self.cleaned_data["access_token"].split()),
            "".join(self.cleaned_data["app_secret"].split()),
        )
