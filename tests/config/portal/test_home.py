"""Home page of the portal: its figures, and their readers."""

from datetime import timedelta

import pytest
from django.core.cache import cache
from django.db import connection
from django.test.utils import CaptureQueriesContext
from django.utils.timezone import now

from config.portal.charts import HEIGHT, blocks
from integrations.connections.hold import need_attention
from integrations.removal.uninstall import remove_installation
from messaging.models import Delivery, DeliveryState
from messaging.models.incident_kinds import Kind
from messaging.models.monitoring import Incident
from messaging.support.traffic import count_traffic
from tests.factories import make_delivery, make_installation, make_link

OF_A, OF_B = "99 minutes", "77 minutes"


def home(portal, who) -> str:
    cache.clear()
    return portal.browser(who).get("/admin/").content.decode()


def settle(link, state, count=1):
    for _ in range(count):
        make_delivery(link, state=state, settled_at=now())


@pytest.fixture
def busy(portal):
    """Three delivered and one failed in A, two delivered and one waiting in B."""
    a, b = make_link(portal.installation_a), make_link(portal.installation_b)
    settle(a, DeliveryState.DELIVERED, 3)
    settle(a, DeliveryState.FAILED)
    settle(b, DeliveryState.DELIVERED, 2)
    make_delivery(b, sent_at=now() - timedelta(minutes=30))
    for organization, said in ((portal.a, 99), (portal.b, 77)):
        facts = {"minutes": said}
        Incident.objects.create(
            key=f"x{said}",
            kind=Kind.BEHIND,
            organization=organization,
            facts=facts,
            confirmed_at=now(),
        )
    return portal


def test_support_sees_everything(busy):
    need_attention(busy.installation_b, reason="token_rejected")
    page = " ".join(home(busy, "support").split())
    assert "1 need somebody" in page
    assert "1 in order" in page
    assert "<dt>Delivered</dt><dd>5</dd>" in page
    assert "<dt>Failed or expired</dt><dd>1</dd>" in page
    assert "<dd>1 · the oldest for 30" in page
    assert OF_A in page
    assert OF_B in page


def test_owners_see_their_own_and_nothing_else(busy):
    page = home(busy, "owner A")
    assert "<dt>Delivered</dt><dd>3</dd>" in page
    assert "<dt>Waiting now</dt><dd>0</dd>" in page
    assert OF_A in page
    assert OF_B not in page
    assert "Beta" not in page
    assert f"/admin/integrations/organization/{busy.a.pk}/stored/" in page


def test_purges_are_listed_with_the_days_that_are_left(busy):
    remove_installation(busy.installation_b)
    assert "6 days left" in home(busy, "support")
    assert "6 days left" in home(busy, "owner B")
    assert "days left" not in home(busy, "owner A")


def test_the_page_costs_the_same_however_many_there_are(busy):
    def statements() -> int:
        cache.clear()
        with CaptureQueriesContext(connection) as queries:
            busy.browser("support").get("/admin/")
        return len(queries)

    statements()
    before = statements()
    for _ in range(5):
        settle(make_link(make_installation()), DeliveryState.DELIVERED, 2)
    assert statements() == before <= 12


def test_the_chart_shows_each_hour_and_has_words_for_those_who_do_not_see_it(busy):
    page = home(busy, "support")
    assert 'role="img"' in page
    assert "5 delivered, 1 failed or expired" in page
    assert "style=" not in page


def test_the_highest_hour_fills_the_chart_and_little_is_still_seen(busy):
    hours = count_traffic(None, now()).hours
    drawn = blocks(hours)
    assert {block.kind for block in drawn} == {"delivered", "failed", "waiting"}
    assert min(block.height for block in drawn) >= 2
    assert min(block.y for block in drawn) >= 0
    assert max(block.y + block.height for block in drawn) == HEIGHT
    assert blocks(()) == []


def test_a_row_older_than_a_day_is_not_counted(busy):
    Delivery.objects.update(sent_at=now() - timedelta(days=2))
    assert count_traffic(None, now()).sum_of("delivered") == 0
