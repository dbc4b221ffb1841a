"""Millions of settled rows, as years of use would leave them, made by PostgreSQL itself."""

import time

import psycopg

# Every statement that follows copies the shape of rows of the product: a received event, its
# message without content, its delivery, and the attempt that delivered it.
_PARTIES = """
create temporary table party as
select l.id as link_id, l.organization_id, l.installation_id, m.ovice_id as recipient,
    row_number() over (order by l.id) - 1 as number
from accounts_link l join accounts_member m on m.id = l.member_id
join integrations_organization o on o.id = l.organization_id
where %(organization)s in ('', o.ovice_id)
"""
# Ids that grow with time, as the product's do (UUIDv7).
_DM = """
create temporary table dm as
select n, at, pg_temp.id_at(at) as message_id, pg_temp.id_at(at) as delivery_id, p.*
from (
    select n, now() - interval '1 year' + n * interval '364 days' / {rows} as at
    from generate_series(1, {rows}) n
) moment
join party p on p.number = n % (select count(*) from party)
"""
_ID = """
create function pg_temp.id_at(at timestamptz) returns uuid language sql volatile as $$
    select encode(
        substring(int8send((extract(epoch from at) * 1000)::bigint) from 3)
        || substring(uuid_send(gen_random_uuid()) from 7), 'hex')::uuid
$$
"""


def fill(database: str, rows: int, organization: str = "") -> float:
    """Add ``rows`` settled DMs, spread over a year, of all organizations or of one.

    Returns how many seconds that took.
    """
    started = time.monotonic()
    with psycopg.connect(database, autocommit=True) as connection:
        # No foreign keys are checked for rows that are right by their making.
        connection.execute("set session_replication_role = replica")
        connection.execute(_ID)
        connection.execute(_PARTIES, {"organization": organization})
        connection.execute(_DM.format(rows=rows))
        for table, values in _VALUES.items():
            _copy(connection, table, values)
        connection.execute("analyze")
        connection.execute("checkpoint")
    return time.monotonic() - started


_VALUES: dict[str, dict[str, str]] = {
    "messaging_receivedevent": {
        "event_id": "encode(sha256(n::text::bytea), 'hex')",
        "ovice_id": "'evt_old_' || n",
        "organization_id": "organization_id",
        "type": "'message.direct.created'",
        "body_digest": "sha256(n::text::bytea)",
        "outcome": "'accepted'",
        "received_at": "at",
    },
    "messaging_message": {
        "id": "message_id",
        "organization_id": "organization_id",
        "event_id": "'evt_old_' || n",
        "ovice_id": "'msg-old-' || n",
        "recipient_ovice_id": "recipient",
        "space_ovice_id": "'987'",
        "sent_at": "at",
        "accepted_at": "at",
        "skipped_reason": "''",
    },
    "messaging_delivery": {
        "id": "delivery_id",
        "organization_id": "organization_id",
        "message_id": "message_id",
        "installation_id": "installation_id",
        "link_id": "link_id",
        "lane": "n % 8",
        "state": "'delivered'",
        "reason": "''",
        "sent_at": "at",
        "due_at": "at",
        "expires_at": "at + interval '1 day'",
        "claimed_at": "at",
        "settled_at": "at",
        "fence": "1",
        "parts_sent": "1",
        "target_message_id": "'mid.$c' || n",
    },
    "messaging_attempt": {
        "id": "pg_temp.id_at(at)",
        "organization_id": "organization_id",
        "delivery_id": "delivery_id",
        "outcome": "'sent'",
        "reason": "''",
        "code": "''",
        "trace": "''",
        "started_at": "at",
        "duration": "interval '100 ms'",
    },
}
# What a column holds that is not named above, by its type.
_PLAIN = {"boolean": "false", "character varying": "''", "text": "''", "jsonb": "'{}'"}


def _copy(connection: psycopg.Connection, table: str, values: dict[str, str]) -> None:
    """Fill one table; its indexes are built afterwards, which is many times as fast."""
    columns = dict(values)
    for column, kind, nullable in _columns(connection, table):
        if column not in columns and not nullable:
            columns[column] = _PLAIN.get(kind, "0")
    indexes = connection.execute(
        "select indexrelid::regclass::text, pg_get_indexdef(indexrelid) from pg_index i"
        " where indrelid = %s::regclass and not exists"
        " (select 1 from pg_constraint c where c.conindid = i.indexrelid)",
        [table],
    ).fetchall()
    for name, _ in indexes:
        connection.execute(f"drop index {name}")
    names, expressions = ", ".join(columns), ", ".join(columns.values())
    connection.execute(f"insert into {table} ({names}) select {expressions} from dm")  # noqa: S608 - written above
    for _, definition in indexes:
        connection.execute(definition)


def _columns(connection: psycopg.Connection, table: str) -> list[tuple[str, str, bool]]:
    return connection.execute(
        "select column_name::text, data_type::text, is_nullable = 'YES'"
        " from information_schema.columns where table_name = %s and column_default is null",
        [table],
    ).fetchall()
