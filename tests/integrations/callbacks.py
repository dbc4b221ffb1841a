"""What the tests about callbacks do again and again."""

from integrations import telling
from integrations.models import Organization

SECRET = "whsec_" + "Y2FsbGJhY2stc2VjcmV0LW9mLTMyLWJ5dGVzISEhISE="


def tell_all() -> None:
    """Tell ovice what waits, of one organization after the other."""
    for organization in Organization.objects.order_by("created_at"):
        telling.tell_waiting(organization.pk)
