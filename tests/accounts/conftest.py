"""Fixtures of the tests about people."""

import pytest
from celery import current_app
from kombu.exceptions import OperationalError


@pytest.fixture(autouse=True)
def _no_broker(monkeypatch):
    """No worker takes up a hint here, also where a broker runs."""

    def send_task(*_args, **_options):
        raise OperationalError

    monkeypatch.setattr(current_app, "send_task", send_task)
