"""What the tests about callbacks share."""

import pytest
from celery import current_app

from tests.integrations.callbacks import SECRET
from tests.sandbox.ovice.receiver import listening


@pytest.fixture
def endpoint(settings):
    settings.OVICE_CALLBACK_SECRET = SECRET
    with listening() as receiver:
        settings.OVICE_CALLBACK_URL = f"{receiver.url}/ovice/callback"
        yield receiver


@pytest.fixture
def woken(monkeypatch) -> list[str]:
    """Return the list in which every organization appears that is to be told about."""
    queued: list[str] = []
    monkeypatch.setattr(
        current_app, "send_task", lambda _name, args, **_options: queued.append(args[0])
    )
    return queued
