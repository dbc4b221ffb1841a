"""How many statements a DM costs, from its event to its settlement."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from integrations.targets.port import Sent
from messaging.delivery.relay import relay_lane
from messaging.models import Delivery, DeliveryState
from tests.factories import dm_event, make_installation, make_link, post_event

pytestmark = pytest.mark.django_db(transaction=True)
# SQLite has no round trips to save: what PostgreSQL takes as one statement are several there.
BUSY, IDLE = {"postgresql": (6, 10), "sqlite": (11, 16)}[connection.vendor]


@pytest.fixture
def tenant(wakes, monkeypatch, settings):
    """An installation with one lane and a target that takes everything at once."""
    settings.RELAY_LANES = 1
    monkeypatch.setattr(
        "integrations.workplace.target.WorkplaceTarget.send", lambda *_a, **_k: Sent("m1")
    )
    return make_installation()


def cost_of(work) -> int:
    with CaptureQueriesContext(connection) as captured:
        work()
    around = ("BEGIN", "COMMIT", "SAVEPOINT", "RELEASE")
    return sum(not query["sql"].startswith(around) for query in captured)


def test_a_dm_on_an_idle_system_costs_few_statements(tenant):
    link = make_link(tenant)

    def one_dm() -> None:
        post_event(dm_event(link))
        relay_lane(tenant.pk, 0)

    one_dm()
    assert cost_of(one_dm) <= IDLE
    assert set(Delivery.objects.values_list("state", flat=True)) == {DeliveryState.DELIVERED}


def test_a_dm_among_many_costs_fewer(tenant):
    links = [make_link(tenant) for _ in range(40)]
    post_event(dm_event(links[0]))
    relay_lane(tenant.pk, 0)

    def many_dms() -> None:
        for link in links:
            post_event(dm_event(link))
        relay_lane(tenant.pk, 0)

    assert cost_of(many_dms) <= BUSY * len(links)
    assert Delivery.objects.filter(state=DeliveryState.DELIVERED).count() == 41
