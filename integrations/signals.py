"""Signals of an installation's life, each sent inside the transaction.

They want no answer; questions to the apps above are hooks of their data maps
(``integrations/removal/data_map.py``).
"""

from django.dispatch import Signal

# An installation has been removed: keyword ``installation``.
installation_removed = Signal()

# A purge deletes from here on, for the first time or once more: keyword ``subject``, which names
# the users who go with it.
purge_runs = Signal()

# A new generation stands: keywords ``installation`` and ``previous``, the generation of the same
# community whose links it takes over, or None. Sent inside the transaction that stores it.
installation_connected = Signal()

# Nothing can be sent until the owner acts: keywords ``installation`` and ``reason``.
installation_needs_attention = Signal()

# A check found that its bot cannot hear: keywords ``installation`` and ``reason``.
installation_deaf = Signal()

# The trouble that needed the owner's attention is over: keyword ``installation``.
installation_healed = Signal()
