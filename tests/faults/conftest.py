"""The fault tests borrow the relay's fixtures."""

from tests.messaging.conftest import wakes

__all__ = ["wakes"]
