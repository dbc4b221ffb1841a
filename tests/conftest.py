"""Fixtures for every test; the processes are in ``tests/plugins``."""

import pytest

from integrations.datakeys import forget_keys


@pytest.fixture(autouse=True)
def _no_keys_left_in_memory():
    """Each test starts like a fresh process."""
    forget_keys()
