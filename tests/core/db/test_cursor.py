"""Hot statements are planned once per connection; errors and types stay Django's."""

import pytest
from django.db import IntegrityError, connection, transaction

from core.db.cursor import planned_cursor, with_constants
from integrations.models import Organization

pytestmark = pytest.mark.django_db
ANSWER = "SELECT id FROM integrations_organization WHERE ovice_id = %s"


@pytest.mark.postgres
def test_a_statement_that_is_repeated_is_prepared():
    for number in range(3):
        with planned_cursor() as cursor:
            cursor.execute(ANSWER, [f"{number}"])
    with connection.cursor() as cursor:
        prepared = "SELECT count(*) FROM pg_prepared_statements WHERE statement LIKE %s"
        cursor.execute(prepared, ["%ovice_id = $1"])
        assert cursor.fetchone() == (1,)


def test_other_cursors_stay_as_they_were():
    with planned_cursor() as cursor:
        cursor.execute(ANSWER, ["a"])
    with connection.cursor() as cursor:
        cursor.execute("SELECT %s", ["b"])
        assert cursor.fetchone() == ("b",)


def test_an_error_is_django_s():
    organization = Organization.objects.register("4821")
    broken = "UPDATE integrations_organization SET ovice_id = NULL WHERE ovice_id = %s"
    with pytest.raises(IntegrityError), transaction.atomic(), planned_cursor() as cursor:
        cursor.execute(broken, ["4821"])
    assert Organization.objects.get() == organization


@pytest.mark.postgres
def test_it_is_planned_once_and_not_for_each_value():
    for number in range(9):
        with planned_cursor() as cursor:
            cursor.execute(ANSWER, [f"{number}"])
    plans = "SELECT generic_plans, custom_plans FROM pg_prepared_statements WHERE statement LIKE %s"
    with connection.cursor() as cursor:
        cursor.execute(plans, ["%ovice_id = $1"])
        ((generic, custom),) = cursor.fetchall()
    assert generic > 0
    assert custom == 0


@pytest.mark.postgres
@pytest.mark.parametrize("constant", ["active", "it's", "100 %", "%s", "\\", 7, True])
def test_a_value_that_is_always_the_same_stands_in_the_statement(constant):
    sql, params = with_constants(
        "SELECT %s, %s, 'a %% b'", [constant, "open"], is_open=lambda each: each == "open"
    )
    assert params == ("open",)
    with planned_cursor() as cursor:
        cursor.execute(sql, ["filled in"])
        assert cursor.fetchone() == (constant, "filled in", "a % b")
