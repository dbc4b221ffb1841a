"""A browser that watches each request: how it is answered, how long it takes, which rows it wrote.

All that counts as a fault is said here once: an answer above 499, a call above its time limit, a
refusal that changed a row, and an input for one organization that changed a row of another.
"""

import re
import sys
import time
from collections.abc import Callable, Iterator, Mapping
from contextlib import contextmanager
from dataclasses import dataclass, field
from functools import cached_property, partial
from hashlib import sha256
from io import BytesIO
from pathlib import Path
from traceback import extract_tb
from typing import Any
from uuid import UUID

from django.apps import apps
from django.db import connection, transaction
from django.db.models import Model, QuerySet
from django.http import HttpResponseServerError
from django.test import Client

from config.http.chunked import with_length
from integrations.models.removal import RemovalScope
from integrations.removal.data_map import Subject, tables

# Counts of refused tries in the design: codes that were typed, and sessions that they end; and
# since when a bot has heard nothing but what nobody could prove.
COUNTED = frozenset({"accounts_signincode", "django_session"})
_NOTED = frozenset({("integrations_installation", "refused_at")})
_WRITES = re.compile(r'\s*(?:INSERT INTO|UPDATE|DELETE FROM|REPLACE INTO)\s+"?(\w+)', re.IGNORECASE)
# Not the view of the same numbers, which adds up those of every index first.
_TOUCHED = """
SELECT relname, writes FROM (
    SELECT relname, pg_stat_get_xact_tuples_inserted(oid) + pg_stat_get_xact_tuples_updated(oid)
        + pg_stat_get_xact_tuples_deleted(oid) AS writes
    FROM pg_class WHERE relkind IN ('r', 'p') AND relnamespace = current_schema()::regnamespace
) AS tables WHERE writes > 0
"""


@dataclass(frozen=True, slots=True)
class Finding:
    """Fault found, and the request that caused it."""

    fault: str
    request: str


@dataclass
class Rows:
    """The rows that were there before, table by table, as digests; each is read when asked for."""

    organizations: Mapping[str, UUID]
    _kept: dict[tuple[str, str], bytes] = field(default_factory=dict)

    def remember(self) -> None:
        """Read all tables, before anything is sent."""
        for name in self._models:
            self._kept[name, ""] = self._digest(name, "")
            for owner in self.organizations:
                self._kept[name, owner] = self._digest(name, owner)

    def changed(self, written: set[str], owner: str = "") -> list[str]:
        """Return which of the tables hold other rows now; with ``owner`` only theirs count."""
        return sorted(
            name
            for name in written & self._models.keys()
            if self._digest(name, owner) != self._kept[name, owner]
        )

    @cached_property
    def _models(self) -> dict[str, type[Model]]:
        return {model._meta.db_table: model for model in apps.get_models(include_auto_created=True)}

    @cached_property
    def _of_customers(self) -> dict[str, Callable[[Subject], QuerySet[Any]]]:
        found = ((apps.get_model(table.model), table) for table in tables())
        return {model._meta.db_table: table.rows for model, table in found}

    def _digest(self, name: str, owner: str) -> bytes:
        model = self._models[name]
        columns = [field.attname for field in model._meta.concrete_fields]
        rows = model._base_manager.all()
        if not owner:
            columns = [column for column in columns if (name, column) not in _NOTED]
        else:
            subject = Subject(RemovalScope.ORGANIZATION, self.organizations[owner])
            of_owner = self._of_customers.get(name)
            rows = of_owner(subject) if of_owner else rows.none()
        told = sorted(repr(row) for row in rows.order_by().values_list(*columns))
        return sha256("\n".join(told).encode("utf-8", "surrogatepass")).digest()


class Watch:
    """Collects findings about whatever is done under its eyes; everything is undone afterwards."""

    def __init__(self, rows: Rows) -> None:
        self.rows = rows
        self.findings: list[Finding] = []
        self.longest = 0.0
        # Whose rows the input may change; "" where it may be anybody's.
        self.about = ""
        # Tables in which a refusal may be noted.
        self.noted: frozenset[str] = COUNTED

    def taken(self) -> list[Finding]:
        """Return what was found since the last call."""
        found, self.findings = self.findings, []
        return found

    def note(self, fault: str, request: str) -> None:
        """Write down a fault."""
        self.findings.append(Finding(fault, request))

    @contextmanager
    def undone(self) -> Iterator[None]:
        """Undo what is written meanwhile."""
        with transaction.atomic():
            yield
            transaction.set_rollback(True)

    def look(
        self,
        act: Callable[[], Any],
        request: str,
        *,
        limit: float = 1.0,
        refused: Callable[[Any], bool] = lambda _answer: False,
    ) -> Any:
        """Do something, undo it, and note what was wrong with it.

        Time is the thread's own, so that a busy machine is no fault of the code's; what takes too
        long is done once more, so that neither is a collection of garbage.
        """
        with self.undone(), _written() as written:
            # A transaction that the call leaves broken must not stop the watch.
            with transaction.atomic():
                answer, seconds = _timed(act)
            self._check_rows(written(), request, refused=refused(answer))
        if seconds > limit:
            with self.undone():
                seconds = min(seconds, _timed(act)[1])
        if seconds > limit:
            self.note(f"took {seconds:.3f} s", request)
        self.longest = max(self.longest, seconds)
        return answer

    def _check_rows(self, written: set[str], request: str, *, refused: bool) -> None:
        if not written:
            return
        if refused and (changed := self.rows.changed(written - self.noted)):
            self.note(f"refused, and yet changed {', '.join(changed)}", request)
        for owner in self.rows.organizations if self.about else ():
            if owner != self.about and (changed := self.rows.changed(written, owner)):
                self.note(f"changed {', '.join(changed)} of {owner}", request)


class _Body(BytesIO):
    """A body that can be asked for more than any machine holds, like a server's."""

    def read(self, size: int | None = -1, /) -> bytes:
        return super().read(None if size is None else min(size, sys.maxsize))


class WatchedClient(Client):
    """Django's client under a watch; ``limit`` is in seconds a request."""

    def __init__(
        self,
        watch: Watch,
        *,
        limit: float = 1.0,
        refused: Callable[[Any], bool] = lambda answer: 399 < answer.status_code < 500,
    ) -> None:
        super().__init__(raise_request_exception=False)
        browser: Any = self
        handler = browser.handler
        # The check of the length stands before Django where it is served.
        served: Any = with_length(lambda environ, _start_response: handler(environ))
        browser.handler = partial(served, start_response=None)
        self.limit = limit
        self._watch = watch
        self._refused = refused

    def request(self, **environ: Any) -> Any:
        """Send a request, and note what is wrong with its answer."""
        body = environ["wsgi.input"].read() if "wsgi.input" in environ else b""
        sent = _described(environ, body)
        send = super().request

        def act() -> Any:
            try:
                return send(**{**environ, "wsgi.input": _Body(body)})
            except Exception as error:  # noqa: BLE001 - a server makes a 500 of it
                answer: Any = HttpResponseServerError()
                answer.exc_info = type(error), error, error.__traceback__
                return answer

        answer = self._watch.look(act, sent, limit=self.limit, refused=self._refused)
        if answer.status_code > 499:
            self._watch.note(f"{answer.status_code} {fault_of(answer.exc_info)}", sent)
        return answer


def _timed(act: Callable[[], Any]) -> tuple[Any, float]:
    began = time.thread_time()
    answer = act()
    return answer, time.thread_time() - began


def _described(environ: Mapping[str, Any], body: bytes) -> str:
    headers = {
        name: value
        for name, value in environ.items()
        if isinstance(value, str) and name.startswith(("HTTP_", "CONTENT_", "REMOTE_", "QUERY_"))
    }
    return f"{environ['REQUEST_METHOD']} {environ['PATH_INFO']!r} {headers} {body!r}"


def fault_of(failed: Any) -> str:
    """Return what was raised, and where."""
    if not failed:
        return ""
    step = extract_tb(failed[2])[-1]
    return f"{failed[0].__name__} at {Path(step.filename).name}:{step.lineno}"


@contextmanager
def _written() -> Iterator[Callable[[], set[str]]]:
    """Yield a function that returns the tables written to since then, undone or not."""
    if connection.vendor == "postgresql":
        before = _touched()
        yield lambda: {name for name, _writes in _touched() - before}
        return
    found: set[str] = set()

    def note(statement: str) -> None:
        if told := _WRITES.match(statement):
            found.add(told[1])

    connection.connection.set_trace_callback(note)
    try:
        yield lambda: found
    finally:
        connection.connection.set_trace_callback(None)


def _touched() -> set[tuple[str, int]]:
    """Return how many rows this transaction has written so far in each table, undone or not."""
    with connection.cursor() as cursor:
        cursor.execute(_TOUCHED)
        return set(cursor.fetchall())
