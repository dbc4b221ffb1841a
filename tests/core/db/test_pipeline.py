"""Several statements at once: all or none, and each tells what it did."""

import pytest
from django.db import IntegrityError, transaction

from core.db.pipeline import Statement, execute_together, insert_many, insertion
from messaging.models import Delivery, Message, ReceivedEvent
from tests.factories import make_delivery, number

pytestmark = pytest.mark.django_db


def event(event_id: str) -> ReceivedEvent:
    return ReceivedEvent(key=event_id, type="t", body_digest=b"\x00", outcome="o")


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


def test_many_rows_come_back_as_they_were():
    deliveries = [make_delivery() for _ in range(3)]
    rows = {model: list(model.objects.order_by("pk").values()) for model in (Message, Delivery)}
    for model in (Delivery, Message):
        model.objects.all().delete()
    for model, values in rows.items():
        insert_many([model(**row) for row in values])
    assert {model: list(model.objects.order_by("pk").values()) for model in rows} == rows
    assert set(Delivery.objects.all()) == set(deliveries)
    assert Delivery.objects.earliest("pk").message.content


@pytest.mark.parametrize("text", ["\\N", "a\tb\nc", "\\.", "言伝", "\\x41", ""])
def test_a_text_is_copied_as_it_is(text):
    insert_many([event(f"evt{text}"), ReceivedEvent(key="e", type=text, body_digest=b"\\N\t\0")])
    assert ReceivedEvent.objects.filter(pk=f"evt{text}").exists()
    found = ReceivedEvent.objects.get(pk="e")
    assert (found.type, bytes(found.body_digest)) == (text, b"\\N\t\0")


def test_of_many_rows_all_are_stored_or_none():
    event("taken").save(force_insert=True)
    with pytest.raises(IntegrityError), transaction.atomic():
        insert_many([event("new"), event("taken")])
    assert list(ReceivedEvent.objects.values_list("pk", flat=True)) == ["taken"]


def test_no_rows_are_no_work():
    insert_many([])
