"""Give every member who was there before the keyed hash of their address."""

from django.db import migrations

from accounts.models.addresses import address_hashes
from integrations.encryption.data_keys import unseal_text

PLACE = ("accounts.Member", "email_sealed")


def hash_addresses(apps, schema_editor):
    members = apps.get_model("accounts", "Member").objects.filter(email_hash="")
    for member in members.exclude(email_sealed=None).iterator():
        email = unseal_text(
            bytes(member.email_sealed),
            organization_id=member.organization_id,
            place=(*PLACE, str(member.pk)),
        )
        if email:
            member.email_hash = address_hashes(email)[0]
            member.save(update_fields=["email_hash"])


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0005_member_email_hash"),
        ("integrations", "0002_organization_settings"),
    ]

    operations = [migrations.RunPython(hash_addresses, migrations.RunPython.noop)]
