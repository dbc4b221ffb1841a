"""Wake-ups are listed here as in the tests of the relay, instead of being sent."""

from tests.messaging.conftest import wakes

__all__ = ["wakes"]
