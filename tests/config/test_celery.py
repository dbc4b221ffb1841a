"""Channel of a worker once the broker has vanished."""

from typing import Any

import pytest
from kombu.transport.redis import Transport

from config.celery import app

pytestmark = pytest.mark.services


def test_a_lost_channel_says_so_in_a_way_that_celery_recovers_from():
    with app.connection_for_read() as connection:
        recoverable = connection.connection_errors
        channel: Any = Transport.Channel.__new__(Transport.Channel)
        channel.connection = None
        with pytest.raises(recoverable):
            channel._connparams()
