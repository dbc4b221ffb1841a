"""What the rotation of master keys does to the hashes of addresses."""

from django.db.models import QuerySet

from accounts.addresses import address_hashes
from accounts.models import Member

BATCH = 500


def hash_addresses_anew() -> int:
    """Hash a batch of addresses under the newest master key; return how many it were.

    Returns 0 once all are done, and only then an older master key may go.
    """
    members = list(stale_addresses()[:BATCH])
    for member in members:
        hashes = address_hashes(member.email) if member.email else [""]
        Member.objects.filter(pk=member.pk, email_hash=member.email_hash).update(
            email_hash=hashes[0]
        )
    return len(members)


def stale_addresses() -> QuerySet[Member]:
    """Return the members whose address is hashed under an older master key."""
    newest = address_hashes("")[0][:8]
    return Member.objects.exclude(email_hash="").exclude(email_hash__startswith=newest)
