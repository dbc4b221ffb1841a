"""Steps that the tests about callbacks share."""

from integrations.models import Organization
from integrations.ovice import callback_delivery

SECRET = "whsec_" + "Y2FsbGJhY2stc2VjcmV0LW9mLTMyLWJ5dGVzISEhISE="


def tell_all() -> None:
    """Tell ovice what waits, of one organization after the other."""
    for organization in Organization.objects.order_by("created_at"):
        callback_delivery.tell_waiting(organization.pk)
