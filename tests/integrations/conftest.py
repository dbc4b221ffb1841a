"""Fixtures of the tests about callbacks."""

import pytest

from tests.integrations.callbacks import SECRET
from tests.sandbox.ovice.receiver import listening


@pytest.fixture
def endpoint(settings):
    settings.OVICE_CALLBACK_SECRET = SECRET
    with listening() as receiver:
        settings.OVICE_CALLBACK_URL = f"{receiver.url}/ovice/callback"
        yield receiver
