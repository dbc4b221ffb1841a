"""How PostgreSQL finds what the relay asks for among many rows: by index, never by reading all."""

import json

import pytest
from django.db import connection
from django.utils.timezone import now
from psycopg import ClientCursor

from messaging.delivery.cancel import expire_batch, forget_failed
from messaging.delivery.claims import claim, read_ahead
from messaging.delivery.lanes import Lease, take_lease
from messaging.delivery.wakeups import sweep
from messaging.ingest.events import MessageCreated, parse_event
from messaging.ingest.lookup import look_for_linked
from messaging.models import Lane
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


PERSONAL = ["accounts_link", "accounts_member", "messaging_delivery", "messaging_message"]
EVERYBODY = 600


class LastingPlan:
    """A statement that PostgreSQL plans once, without looking at its values or at them later."""

    def __init__(self, name: str, work) -> None:
        self._call = f"EXECUTE {name}"
        with connection.execute_wrapper(self._prepare):
            work()

    def _prepare(self, execute, sql, params, many, context):
        first, *others = sql.replace("%%", "%").split("%s")
        numbered = first + "".join(f"${n}{text}" for n, text in enumerate(others, 1))
        holes = ", ".join(["%s"] * len(params))
        self._params = list(params)
        with connection.connection.cursor() as cursor:
            cursor.execute(f"PREPARE {self._call.split()[1]} AS {numbered}", prepare=False)
        self._call += f"({holes})"
        with ClientCursor(connection.connection) as cursor:
            cursor.execute(self._call, self._params)
        return execute(sql, params, many, context)

    def blocks(self) -> int:
        """Carry it out; return how many blocks of 8 kB it looks into."""
        with ClientCursor(connection.connection) as cursor:
            explain = f"EXPLAIN (ANALYZE, BUFFERS, FORMAT JSON) {self._call}"
            cursor.execute(explain, self._params)
            ((found,),) = cursor.fetchall()
        plan = (found if isinstance(found, list) else json.loads(found))[0]["Plan"]
        return plan["Shared Hit Blocks"] + plan["Shared Read Blocks"]


def test_a_plan_of_the_first_day_does_not_read_everybody_later(settings):
    """Autovacuum counts rows only now and then; until then PostgreSQL knows nothing of them."""
    settings.RELAY_LANES = 1
    link = make_link()
    make_delivery(link)
    Lane.objects.create(installation=link.installation, number=0)
    lease = take_lease(link.installation_id, 0)
    assert lease is not None
    event = parse_event(json.dumps(dm_event(link)).encode(), event_id="evt_1").data
    assert isinstance(event, MessageCreated)
    with connection.cursor() as cursor:
        unknown = "UPDATE pg_class SET reltuples = -1, relpages = 0 WHERE oid = ANY(%s::regclass[])"
        cursor.execute(unknown, [PERSONAL])
        cursor.execute("SET LOCAL plan_cache_mode = force_generic_plan")
    plans = [
        LastingPlan("one_each", lambda: read_ahead(lease)),
        LastingPlan("in_a_row", lambda: read_ahead(lease, in_a_row=True)),
        LastingPlan("recipient", lambda: look_for_linked(event)),
    ]
    for _ in range(EVERYBODY):
        make_link(link.installation)
    for _ in range(EVERYBODY):
        make_delivery(link)
    for plan in plans:
        assert plan.blocks() < EVERYBODY / 2
