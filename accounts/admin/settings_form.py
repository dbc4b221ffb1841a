"""The form in which an owner decides about their organization."""

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.conf import settings
from django.contrib.admin.widgets import AdminRadioSelect
from django.utils.translation import gettext_lazy as _

from core.text import clean, is_blank
from integrations.models import Organization

SHORTEST_HOURS = 1
LONGEST_HOURS = 7 * 24
CONTACT_LENGTH = 200


if TYPE_CHECKING:
    _OrganizationForm = forms.ModelForm[Organization]
else:
    _OrganizationForm = forms.ModelForm


class OrganizationForm(_OrganizationForm):
    """Choices of an owner; ovice's own facts are not in it."""

    expire_hours = forms.IntegerField(
        label=_("Give up after (hours)"),
        min_value=SHORTEST_HOURS,
        max_value=LONGEST_HOURS,
        help_text=_(
            "A direct message that could not be delivered for so long is not delivered any more:"
            " from 1 hour to 168 hours, which is 7 days."
        ),
    )
    language = forms.ChoiceField(
        label=_("Language"),
        choices=settings.LANGUAGES,
        help_text=_("For members whose own language is not known."),
    )
    support_contact = forms.CharField(
        label=_("Whom members ask"),
        max_length=CONTACT_LENGTH,
        required=False,
        help_text=_(
            "A name, an address or a page, shown to your members where something went wrong."
        ),
    )

    class Meta:
        model = Organization
        fields = ("copy_shows", "unconfirmed_policy", "language")
        widgets = {"copy_shows": AdminRadioSelect, "unconfirmed_policy": AdminRadioSelect}
        labels = {
            "copy_shows": _("What a copy shows"),
            "unconfirmed_policy": _("When nobody can tell whether a copy arrived"),
        }

    def __init__(self, *args: Any, **options: Any) -> None:
        super().__init__(*args, **options)
        self.initial["expire_hours"] = round(self.instance.expire_after / timedelta(hours=1))
        self.initial["support_contact"] = self.instance.support_contact or ""

    def clean(self) -> dict[str, Any]:
        """Bring the two fields that are stored in another form into the row."""
        cleaned = super().clean() or {}
        if hours := cleaned.get("expire_hours"):
            self.instance.expire_after = timedelta(hours=hours)
        if "support_contact" in cleaned:
            contact = clean(cleaned["support_contact"])
            self.instance.support_contact = None if is_blank(contact) else contact
        return cleaned
