"""Seal whom members ask under the organization's own key, which a purge destroys.

The version before finds nobody to ask in its own column for the minutes in which it still runs.
Where the organization has no key (it is being purged, or its keys have not been loaded after a
restore) the value goes, since it may not stay under a master key: its owner can enter it again.
"""

from django.core.exceptions import ObjectDoesNotExist
from django.db import migrations

from integrations.encryption import master_keys
from integrations.encryption.data_keys import seal_text, unseal_text

LABEL = "integrations.Organization"
BEFORE, AFTER = "support_contact_sealed", "contact_sealed"


def reseal(apps, schema_editor):
    organizations = apps.get_model("integrations", "Organization").objects
    for organization in organizations.exclude(support_contact_sealed=None).iterator():
        sealed, key = organization.support_contact_sealed, str(organization.pk)
        contact = master_keys.unseal(bytes(sealed), place=(key, LABEL, BEFORE, key)).decode()
        try:
            own = seal_text(contact, organization_id=organization.pk, place=(LABEL, AFTER, key))
        except (ObjectDoesNotExist, master_keys.UnreadableError):
            own = None
        # Unless its owner changes it at this moment.
        unchanged = organizations.filter(pk=organization.pk, support_contact_sealed=sealed)
        unchanged.update(contact_sealed=own, support_contact_sealed=None)


def seal_as_before(apps, schema_editor):
    organizations = apps.get_model("integrations", "Organization").objects
    for organization in organizations.exclude(contact_sealed=None).iterator():
        sealed, key = bytes(organization.contact_sealed), str(organization.pk)
        contact = unseal_text(sealed, organization_id=organization.pk, place=(LABEL, AFTER, key))
        if contact is not None:
            sealed = master_keys.seal(contact.encode(), place=(key, LABEL, BEFORE, key))
            organizations.filter(pk=organization.pk).update(support_contact_sealed=sealed)


class Migration(migrations.Migration):
    dependencies = [
        ("integrations", "0015_organization_contact_sealed"),
    ]

    operations = [migrations.RunPython(reseal, seal_as_before)]
