"""`manage.py receipt_key`: the public key by which anybody can check this instance's receipts."""

from typing import Any

from django.core.management.base import BaseCommand

from integrations.removal.receipts import public_key


class Command(BaseCommand):
    """Print the public half of RECEIPT_SIGNING_KEY."""

    help = "Print the public key of this instance's receipts, for docs/verify_receipt.py."

    def handle(self, *_args: Any, **_options: Any) -> None:
        """Print it in base64."""
        self.stdout.write(public_key())
