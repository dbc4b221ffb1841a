"""How PostgreSQL finds what the relay asks for among many rows: by index, never by reading all."""

import json

import pytest
from django.db import connection
from django.utils.timezone import now

from messaging.claims import claim, read_ahead
from messaging.events import parse_event
from messaging.lanes import Lease, take_lease
from messaging.models import Lane
from messaging.recipients import look_for_linked
from messaging.settlement import expire_batch, forget_failed
from messaging.wakeups import sweep
from tests.factories import dm_event, make_delivery, make_link

pytestmark = [pytest.mark.postgres, pytest.mark.django_db, pytest.mark.usefixtures("wakes")]
SETTLED, WAITING = 20_000, 2_000

# An id begins with its time, by which the table may be cut.
_NEW_ID = """encode(substring(int8send((extract(epoch from now()) * 1000)::bigint) from 3)
    || substring(uuid_send(gen_random_uuid()) from 7), 'hex')::uuid"""
_MESSAGES = f"""
INSERT INTO messaging_message (id, organization_id, event_id, ovice_id, recipient_ovice_id,
    space_ovice_id, sent_at, accepted_at, skipped_reason, edition)
SELECT {_NEW_ID}, %s, 'e' || n, 'm' || n, 'r', '', now(), now(), '', 0
FROM generate_series(1, %s) n
"""
_DELIVERIES = f"""
INSERT INTO messaging_delivery (id, organization_id, message_id, installation_id, link_id, lane,
    state, reason, sent_at, due_at, expires_at, fence, tries, unconfirmed_tries, parts_sent,
    parts_echoed, target_message_id)
SELECT {_NEW_ID}, organization_id, id, %s, %s, 0,
    CASE WHEN row_number() OVER () <= %s THEN 'pending' ELSE 'delivered' END,
    '', sent_at, now(), now() + interval '1 day', 0, 0, 0, 0, 0, ''
FROM messaging_message
WHERE id NOT IN (SELECT message_id FROM messaging_delivery)
"""


@pytest.fixture
def crowded(settings):
    """One recipient with thousands waiting, another with one, among many more that are settled."""
    settings.RELAY_LANES = 1
    link = make_link()
    make_delivery(make_link(link.installation))
    with connection.cursor() as cursor:
        cursor.execute(_MESSAGES, [link.organization_id, SETTLED])
        cursor.execute(_DELIVERIES, [link.installation_id, link.pk, WAITING])
        cursor.execute("ANALYZE")
    Lane.objects.create(installation=link.installation, number=0)
    lease = take_lease(link.installation_id, 0)
    assert lease is not None
    return lease


def plans_of(work) -> list[dict]:
    """Return the plan, as it was carried out, of each statement of ``work`` that reads."""
    plans = []

    def explain(execute, sql, params, many, context):
        if sql.lstrip().startswith(("SELECT", "WITH", "UPDATE")):
            with connection.connection.cursor() as cursor:
                cursor.execute(f"EXPLAIN (FORMAT JSON) {sql}", params)
                plan = cursor.fetchone()[0]
            plans.append((plan if isinstance(plan, list) else json.loads(plan))[0]["Plan"])
        return execute(sql, params, many, context)

    with connection.execute_wrapper(explain):
        work()
    return plans


def lasting_plans_of(work) -> list[dict]:
    """Return the plans that PostgreSQL would keep for the statements of ``work``.

    Those it makes without looking at the values, as for all the relay's hot statements.
    """
    asked: list[tuple[str, list]] = []

    def note(execute, sql, params, many, context):
        asked.append((sql, list(params or ())))
        return execute(sql, params, many, context)

    with connection.execute_wrapper(note):
        work()
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL plan_cache_mode = force_generic_plan")
        return [_lasting_plan(cursor, sql, params) for sql, params in asked]


def _lasting_plan(cursor, sql: str, params: list) -> dict:
    first, *others = sql.split("%s")
    numbered = first + "".join(f"${n}{text}" for n, text in enumerate(others, 1))
    cursor.execute(f"PREPARE asked AS {numbered.replace('%%', '%')}")
    values = f"({', '.join(['%s'] * len(params))})" if params else ""
    cursor.execute(f"EXPLAIN (FORMAT JSON) EXECUTE asked {values}", params)
    (found,) = cursor.fetchone()
    cursor.execute("DEALLOCATE asked")
    return (found if isinstance(found, list) else json.loads(found))[0]["Plan"]


def read_whole(plan: dict) -> set[str]:
    """Return the tables that a plan reads from beginning to end."""
    found = {plan["Relation Name"]} if plan["Node Type"] == "Seq Scan" else set()
    for part in plan.get("Plans", []):
        found |= read_whole(part)
    return found


def large_tables() -> set[str]:
    """Return the tables, or parts of tables, with so much in them that it matters."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT relname FROM pg_class WHERE relkind = 'r' AND reltuples > 1000")
        return {name for (name,) in cursor.fetchall()}


def test_relay_and_sweep_find_what_is_due_by_index_however_many_wait_for_one(crowded: Lease):
    hidden_by_nobody = {delivery.link_id for delivery in read_ahead(crowded)}
    assert len(hidden_by_nobody) == 2
    jobs = (
        lambda: claim(read_ahead(crowded)[0], crowded),
        lambda: read_ahead(crowded, in_a_row=True),
        lambda: sweep(now()),
        expire_batch,
        forget_failed,
    )
    plans = [plan for job in jobs for plan in plans_of(job)]
    assert len(plans) >= len(jobs)
    large = large_tables()
    assert any(name.startswith("messaging_delivery") for name in large)
    assert set().union(*map(read_whole, plans)) & large == set()


def indexes_of(plan: dict, kind: str) -> list[str]:
    """Return the names of the indexes a plan uses in nodes whose name begins with ``kind``."""
    own = [plan["Index Name"]] if plan["Node Type"].startswith(kind) else []
    return own + [each for part in plan.get("Plans", []) for each in indexes_of(part, kind)]


PERSONAL = {"accounts_link", "accounts_member", "messaging_delivery", "messaging_message"}


@pytest.mark.parametrize("counted", [False, True])
def test_a_plan_that_lasts_never_begins_with_everybody(counted: bool, settings):
    """Nor one that was made on the first day, when nothing had been counted yet."""
    settings.RELAY_LANES = 1
    link = make_link()
    make_delivery(link)
    Lane.objects.create(installation=link.installation, number=0)
    lease = take_lease(link.installation_id, 0)
    assert lease is not None
    with connection.cursor() as cursor:
        counts = "UPDATE pg_class SET reltuples = %s, relpages = %s WHERE oid = ANY(%s::regclass[])"
        numbers = (200_000, 5_000) if counted else (-1, 0)
        cursor.execute(counts, [*numbers, sorted(PERSONAL)])
    for in_a_row in (False, True):
        plans = lasting_plans_of(lambda row=in_a_row: read_ahead(lease, in_a_row=row))
        assert set().union(*map(read_whole, plans)) & PERSONAL == set()
        assert "delivery_open_of_link" in indexes_of(plans[0], "Index")
    event = parse_event(json.dumps(dm_event(link)).encode(), event_id="evt_1")
    plans = lasting_plans_of(lambda: look_for_linked(event.data))
    assert set().union(*map(read_whole, plans)) & PERSONAL == set()
    assert "member_once_in_organization" in indexes_of(plans[0], "Index")
