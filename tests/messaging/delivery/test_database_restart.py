"""The relay when PostgreSQL ends its connections in the middle of a call, as a restart does."""

from datetime import timedelta

import psycopg
import pytest
from django.utils.timezone import now

from integrations.workplace.target import WorkplaceTarget
from messaging.models import DeliveryState, Lane
from tests.factories import make_delivery
from tests.messaging.draining import run, state
from tests.plugins.databases import address_of

pytestmark = [
    pytest.mark.postgres,
    pytest.mark.django_db(transaction=True),
    pytest.mark.usefixtures("wakes"),
]
END_ALL = """
SELECT pg_terminate_backend(pid) FROM pg_stat_activity
WHERE datname = current_database() AND pid <> pg_backend_pid()
"""


@pytest.fixture
def restarted_during_calls(monkeypatch):
    """Have every connection to the database ended while a call is made."""
    send = WorkplaceTarget.send

    def send_meanwhile(*args, **options):
        sent = send(*args, **options)
        with psycopg.connect(address_of(), autocommit=True) as other:
            other.execute(END_ALL)
        return sent

    monkeypatch.setattr(WorkplaceTarget, "send", send_meanwhile)


@pytest.mark.parametrize("minutes", [0, 11], ids=["known to be alive", "not proven lately"])
@pytest.mark.parametrize(("text", "calls"), [("Hello", 1), ("long " * 700, 2)])
@pytest.mark.usefixtures("restarted_during_calls")
def test_a_call_accepted_meanwhile_is_not_sent_again(office, settings, minutes, text, calls):
    settings.RELAY_LANES = 1
    delivery = make_delivery(office.join("Hanako"), text)
    office.installation.proven_at = now() - timedelta(minutes=minutes)
    office.installation.save(update_fields=["proven_at"])
    run(office)
    assert state(delivery) == (DeliveryState.DELIVERED, "")
    assert len(office.sandbox.sends()) == calls
    assert Lane.objects.get().leased_until is None
