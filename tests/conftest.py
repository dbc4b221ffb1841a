"""Fixtures for every test; what needs processes is in ``tests/plugins``."""

import pytest

from integrations.datakeys import forget_keys

pytest_plugins = [
    "tests.plugins.sandbox",
    "tests.plugins.ovice",
    "tests.plugins.office",
    "tests.plugins.system",
    "tests.plugins.launching",
    "tests.plugins.visitor",
    "tests.plugins.portal",
]


@pytest.fixture(autouse=True)
def _no_keys_left_in_memory():
    """Each test starts like a fresh process."""
    forget_keys()
