"""Bring what was stored of addresses into the form in which they are compared now.

That form folds less: a member whose address looked like somebody's was found under theirs. Whoever
became an owner through such an address owns nothing by it any more, until they come from ovice.
"""

from django.db import migrations

from accounts.models.addresses import address_hashes
from core.addresses import normalize_email
from integrations.encryption.data_keys import unseal_text
from integrations.encryption.master_keys import UnreadableError

PLACE = ("accounts.Member", "email_sealed")


def compare_anew(apps, schema_editor):
    users = apps.get_model("accounts", "User").objects
    for user in users.all():
        email = normalize_email(user.email)
        # Two that are one mailbox by now stay two: the one in the right form can sign in.
        if email != user.email and not users.filter(email=email).exists():
            users.filter(pk=user.pk).update(email=email)
    members = apps.get_model("accounts", "Member").objects.exclude(email_sealed=None)
    for member in members.only("organization_id", "ovice_id", "email_sealed", "email_hash").iterator():
        _compare(apps, members, member)


def _compare(apps, members, member):
    try:
        email = unseal_text(
            bytes(member.email_sealed),
            organization_id=member.organization_id,
            place=(*PLACE, str(member.pk)),
        )
    except UnreadableError:
        return
    if not email:
        return
    hashes = address_hashes(email)
    if member.email_hash not in hashes:
        # Unless ovice tells another address at this moment.
        unchanged = members.filter(pk=member.pk, email_hash=member.email_hash)
        unchanged.update(email_hash=hashes[0])
    by_another = apps.get_model("accounts", "Ownership").objects.filter(
        organization_id=member.organization_id, ovice_id=member.ovice_id
    )
    by_another.exclude(user__email=normalize_email(email)).delete()


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0018_former_accounts"),
        ("integrations", "0016_reseal_contacts"),
    ]

    operations = [migrations.RunPython(compare_anew, migrations.RunPython.noop)]
