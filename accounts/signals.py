"""Signals about a link, for other apps; each is sent inside the transaction."""

from django.dispatch import Signal

# A member has been linked: keyword ``link``.
link_made = Signal()

# Links have been removed: keywords ``link_ids`` and ``reason``.
links_removed = Signal()

# The target takes nothing for an account that is still the member's: keyword ``link``, which holds
# the reason.
link_needs_attention = Signal()

# Links went from one generation to the next: keywords ``previous`` and ``installation``. The rows
# are locked, so nothing new can be queued on the old generation.
links_moved = Signal()

# A member decided anew about their copies: keyword ``member``.
choices_changed = Signal()

# A pass through ovice's directory stopped because too many people would go: keyword ``sync``.
directory_stopped = Signal()
