"""What other apps may want to know about a link; each is sent inside the transaction."""

from django.dispatch import Signal

# Links have been removed: keywords ``link_ids`` and ``reason``.
links_removed = Signal()

# A member decided anew about their copies: keyword ``member``.
choices_changed = Signal()
