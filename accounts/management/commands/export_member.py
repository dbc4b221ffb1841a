"""`manage.py export_member`: hand over what is stored of one member, who has asked for it."""

import json
from typing import Any

from django.core.management.base import BaseCommand, CommandError, CommandParser
from django.core.serializers.json import DjangoJSONEncoder

from accounts.members.erasure import export_member
from accounts.models import Member


class Command(BaseCommand):
    """Print the JSON that the member's own page gives as well."""

    help = "Print all that is stored of one member as JSON. It holds texts: pipe it to a file."

    def add_arguments(self, parser: CommandParser) -> None:
        """Take the two ids in ovice."""
        parser.add_argument("organization", help="the organization's id in ovice")
        parser.add_argument("member", help="the member's id in ovice")

    def handle(self, *_args: Any, **options: Any) -> None:
        """Print it; nothing of it goes anywhere else."""
        wanted = {
            "organization__ovice_id": options["organization"],
            "ovice_id": options["member"],
        }
        member = Member.objects.select_related("organization").filter(**wanted).first()
        if member is None:
            raise CommandError("There is no such member.")
        found = export_member(member)
        self.stdout.write(json.dumps(found, cls=DjangoJSONEncoder, indent=2, ensure_ascii=False))
