"""A DM that arrives, and one that everything goes wrong with: no sink shows anything of them."""

import pytest
import structlog

from config.metrics.endpoint import exposition
from messaging.delivery.circuit_breaker import Gate
from messaging.models import Delivery, DeliveryState
from tests.config.observability.test_canary import all_stored
from tests.factories import dm_event, post_event
from tests.messaging.draining import make_due, run
from tests.plugins.log_lines import read

pytestmark = pytest.mark.django_db(transaction=True)
TEXT, NAME, EMAIL = "canary text of a DM", "Hanako", "hanako@example.com"


@pytest.fixture
def shown(sent, spans, log_lines):
    """Return a function that returns all that left the process, by the way it took."""

    def collect() -> dict[str, str]:
        return {
            "logs": "\n".join(log_lines),
            "reports": b"".join(sent).decode(),
            "traces": "".join(span.to_json() for span in spans().values()),
            "metrics": exposition(with_truth=True).decode(),
        }

    return collect


def hidden_of(office) -> list[str]:
    made = office.integration
    secrets = [made.access_token, made.app_secret, office.accounts["Hanako"]]
    return [TEXT, NAME, EMAIL, *(secret for secret in secrets if secret)]


def found_in(shown: dict[str, str], hidden: list[str]) -> list[tuple[str, str]]:
    return [(sink, word) for sink, text in shown.items() for word in hidden if word in text]


def test_nothing_of_a_dm_that_arrives_is_shown(office, hanako, shown):
    post_event(dm_event(hanako, text=TEXT))
    run(office)
    assert office.texts("Hanako")
    told = shown()
    calls = [line for line in read(told["logs"].splitlines()) if line.get("call") == "send"]
    delivery = Delivery.objects.get()
    assert calls[0]["delivery"] == str(delivery.pk)
    assert calls[0]["organization"] == str(delivery.organization_id)
    assert found_in(told, hidden_of(office)) == []
    assert all(told[sink] for sink in ("logs", "traces", "metrics"))


@pytest.mark.parametrize(
    "place",
    [
        "messaging.delivery.send.compose",
        "integrations.workplace.target.WorkplaceTarget.send",
        "integrations.workplace.client.GraphClient._exchange",
        "messaging.delivery.send.settling_delivered",
    ],
)
def test_nothing_of_a_dm_that_breaks_is_shown(office, hanako, shown, monkeypatch, place):
    post_event(dm_event(hanako, text=TEXT))

    def breaks(*values, **named):
        raise RuntimeError(f"{TEXT} {EMAIL} {values} {named}")

    monkeypatch.setattr(place, breaks)
    try:
        run(office)
    except RuntimeError:
        structlog.stdlib.get_logger("worker").exception("task failed")
    make_due(*Delivery.objects.all())
    assert not Delivery.objects.filter(state=DeliveryState.DELIVERED).exists()
    told = shown()
    assert found_in(told, hidden_of(office)) == []
    assert TEXT not in all_stored()


def test_nothing_of_an_outage_is_shown(office, hanako, shown, settings):
    settings.WORKPLACE_GRAPH_URL = "http://127.0.0.1:9"
    for _ in range(6):
        post_event(dm_event(hanako, text=TEXT))
        run(office)
        make_due(*Delivery.objects.all())
    assert Gate("workplace", office.installation.pk, 0).has_shut
    assert found_in(shown(), [*hidden_of(office), "127.0.0.1:9"]) == []
