"""Organizations and links of a measuring kit: `python -m bench.kit.seed ORGANIZATIONS MEMBERS`."""

import os
import sys

import django
from django.db import transaction

os.environ.setdefault("DJANGO_SETTINGS_MODULE", "bench.settings")
FIRST_ORGANIZATION = 1000
MEMBERS_APART = 10_000


def seed(organizations: int, members: int) -> None:
    """Link every member to the account of the same id, with tokens that the kit's target takes."""
    from tests.factories import (  # noqa: PLC0415 - models are there only once Django is set up
        make_installation,
        make_link,
        make_member,
        make_organization,
    )

    for number in range(FIRST_ORGANIZATION, FIRST_ORGANIZATION + organizations):
        installation = make_installation(
            make_organization(str(number)), community_id=f"77{number}", bot_id=f"88{number}"
        )
        installation.access_token = f"token-{number}"
        installation.app_secret = "0" * 32
        installation.save()
        for index in range(members):
            ovice_id = str(number * MEMBERS_APART + index)
            address = f"{ovice_id}@kit.example"
            member = make_member(installation.organization, ovice_id, email=address)
            make_link(installation, member, account_id=ovice_id)


if __name__ == "__main__":
    django.setup()
    with transaction.atomic():
        seed(*map(int, sys.argv[1:3]))
