"""Several statements at once: all or none, and each tells what it did."""

import pytest
from django.db import IntegrityError

from messaging.models import Delivery, ReceivedEvent
from messaging.roundtrip import Statement, execute_together, insertion
from tests.factories import make_delivery, number

pytestmark = pytest.mark.django_db


def event(event_id: str) -> ReceivedEvent:
    return ReceivedEvent(event_id=event_id, type="t", body_digest=b"\x00", outcome="o")


def test_each_statement_tells_how_many_rows_it_wrote():
    delivery = make_delivery()
    blank = Statement("UPDATE messaging_delivery SET reason = %s WHERE id = %s", ["x", delivery.pk])
    nothing = Statement("UPDATE messaging_delivery SET reason = %s WHERE lane = %s", ["y", 99])
    assert execute_together([insertion(event("a"), event("b")), blank, nothing]) == [2, 1, 0]
    assert Delivery.objects.get().reason == "x"
    assert ReceivedEvent.objects.count() == 2


@pytest.mark.django_db(transaction=True)
def test_all_statements_are_executed_or_none():
    taken = number()
    event(taken).save(force_insert=True)
    with pytest.raises(IntegrityError):
        execute_together([insertion(event("new")), insertion(event(taken))])
    assert list(ReceivedEvent.objects.values_list("pk", flat=True)) == [taken]
