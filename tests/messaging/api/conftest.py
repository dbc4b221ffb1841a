"""ovice with one active connector key, and counters that no other test has touched."""

import pytest
from django.core.cache import cache

from tests.messaging.api.asking import KEY_HASH


@pytest.fixture(autouse=True)
def _one_connector_key(settings):
    settings.OVICE_CONNECTOR_KEYS = [KEY_HASH]
    cache.clear()
