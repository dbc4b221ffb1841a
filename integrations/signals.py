"""Signals about an installation, for other apps; each is sent inside the transaction."""

from django.dispatch import Signal

# An installation has been removed: keyword ``installation``.
installation_removed = Signal()

# A removal has been asked for: keyword ``removal``, a row of ``integrations.models.removal``.
removal_requested = Signal()

# The purge of an organization or a member begins: keyword ``subject``. A receiver returns the keys
# of the users who go with it.
purge_begun = Signal()

# A purge deletes from here on, for the first time or once more: keyword ``subject``, which names
# those users.
purge_runs = Signal()

# A chat target asks to delete what belongs to one of its accounts: keywords ``target``,
# ``account_id`` and ``issued_at``, which may be None. A receiver that has found a member returns
# the removal it has entered, or None.
account_deletion_requested = Signal()

# Such an account is nobody's whom we know: keywords ``target`` and ``account_id``. A receiver
# deletes what it has of it and returns how many rows of which table those were.
stranger_erased = Signal()

# A new generation stands: keywords ``installation`` and ``previous``, the generation of the same
# community whose links it takes over, or None. Sent inside the transaction that stores it.
installation_connected = Signal()

# Nothing can be sent until the owner acts: keywords ``installation`` and ``reason``.
installation_needs_attention = Signal()

# A check found that its bot cannot hear: keywords ``installation`` and ``reason``.
installation_deaf = Signal()

# The trouble that needed the owner's attention is over: keyword ``installation``.
installation_healed = Signal()
