"""What other apps may want to know about an installation; each is sent inside the transaction."""

from django.dispatch import Signal

# An installation has been removed: keyword ``installation``.
installation_removed = Signal()
