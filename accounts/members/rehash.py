"""Rehash of addresses when master keys are rotated."""

from collections import Counter

from django.db.models import Count, QuerySet
from django.db.models.functions import Substr

from accounts.models import Member
from accounts.models.addresses import address_hashes

BATCH = 500
# A hash begins with the id of its master key.
KEY_DIGITS = 8


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


def count_addresses_by_key() -> Counter[str]:
    """Return how many addresses are hashed under each master key, by its id in hexadecimal."""
    hashed = Member.objects.exclude(email_hash="").values(name=Substr("email_hash", 1, KEY_DIGITS))
    return Counter({row["name"]: row["number"] for row in hashed.annotate(number=Count("pk"))})


def stale_addresses() -> QuerySet[Member]:
    """Return the members whose address is hashed under an older master key."""
    newest = address_hashes("")[0][:KEY_DIGITS]
    return Member.objects.exclude(email_hash="").exclude(email_hash__startswith=newest)
