"""Frozen heap: objects that a process keeps for life are no work for the garbage collector.

A full collection looks at every object, and stops all threads meanwhile: a tenth of a second for
what Django and its applications consist of. None of that is ever garbage, so it is set aside once
all of it is there; what requests and tasks make is soon looked through.
"""

import gc

from django.urls import get_resolver


def spare_what_stays(*, with_pages: bool) -> None:
    """Set aside all that has been loaded; load before, for a web process, what serves pages."""
    if with_pages:
        # Else the first request would load it, and leave it to the collector.
        _ = get_resolver().url_patterns
    gc.collect()
    gc.freeze()
