"""Which values of libraries' lines are shown: those that say what is wrong, and nothing else."""

import logging
from collections.abc import Iterator
from importlib import import_module
from pathlib import Path
from types import CodeType

import psycopg
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from kombu.exceptions import OperationalError
from redis import exceptions as redis

from config.observability.library_lines import HIDDEN, LINES, filled
from config.observability.logging import Lines
from core.connection_errors import why

EVERY = [(name, template) for name, lines in LINES.items() for template in lines]
PACKAGES = {
    "gunicorn.error": "gunicorn",
    "psycopg.pool": "psycopg_pool",
    # Celery hands its logger over.
    "celery.worker.request": "kombu",
}
CANARY = "canary-secret"


def line(name: str, template: str, *args: object) -> str:
    record = logging.LogRecord(name, logging.WARNING, "a.py", 1, template, args, None)
    return Lines("console").format(record)


def literals(code: CodeType) -> Iterator[str]:
    for value in code.co_consts:
        if isinstance(value, CodeType):
            yield from literals(value)
        elif isinstance(value, str):
            yield value


@pytest.mark.parametrize("name", LINES)
def test_every_line_is_one_that_the_library_still_writes(name):
    (folder,) = import_module(PACKAGES.get(name, "celery")).__path__
    found = {
        literal
        for path in Path(folder).rglob("*.py")
        for literal in literals(compile(path.read_text(), str(path), "exec"))
    }
    # gunicorn adds this to another line of its own.
    lines = [template.removesuffix(" Perhaps out of memory?") for template in LINES[name]]
    assert [template for template in lines if template not in found] == []


@pytest.mark.parametrize(
    ("name", "template", "args", "shown"),
    [
        (
            "gunicorn.error",
            "Listening at: %s (%s)",
            ("http://127.0.0.1:8000,unix:/run/web.sock", 7),
            "Listening at: http://127.0.0.1:8000,unix:/run/web.sock (7)",
        ),
        (
            "celery.worker.consumer.connection",
            "Connected to %s",
            (f"redis://user:{CANARY}@broker:6379/0?password={CANARY}",),
            "Connected to redis://broker:6379",
        ),
        (
            "celery.worker.consumer.consumer",
            "consumer: Cannot connect to %s: %s.\n%s\n",
            (
                "redis://:**@[::1]:6379/1",
                redis.ConnectionError("Error 111 connecting to ::1:6379. Connection refused."),
                "Trying again in 2.00 seconds... (3/None)",
            ),
            "[::1]:6379: ConnectionError, refused.\nTrying again in 2.00 seconds... (3/None)",
        ),
        (
            "psycopg.pool",
            "error connecting in %r: %s",
            (
                "postgres at db.internal:5432",
                psycopg.OperationalError(f'password authentication failed for user "{CANARY}"'),
            ),
            "error connecting in postgres at db.internal:5432: OperationalError, wrong_password",
        ),
        (
            "psycopg.pool",
            "discarding broken connection: %s",
            (f"<psycopg.Connection [BAD] (user={CANARY}) at 0x7f>",),
            "discarding broken connection: BAD",
        ),
    ],
)
def test_a_line_says_which_and_why(name, template, args, shown):
    assert line(name, template, *args).endswith(shown)
    assert CANARY not in line(name, template, *args)


hostile = st.one_of(
    st.text(),
    st.binary(),
    st.none(),
    st.builds(ValueError, st.text()),
    st.builds(lambda text: f"redis://{text}:x@host:1/", st.text()),
    st.builds(lambda text: f"http://h:80/{text}", st.text()),
)


@pytest.mark.parametrize(("name", "template"), EVERY)
@settings(max_examples=20, deadline=None)
@given(data=st.data())
def test_no_value_shows_what_was_hidden_in_it(name, template, data):
    shapes = LINES[name][template]
    wrapped = hostile.map(lambda value: f"{CANARY} {value}")
    secret = st.one_of(
        wrapped,
        wrapped.map(psycopg.OperationalError),
        wrapped.map(redis.ResponseError),
        wrapped.map(lambda text: f"redis://{CANARY}:{text}@host/{text}"),
    )
    args = tuple(data.draw(secret) for _ in shapes)
    record = logging.LogRecord(name, logging.WARNING, "a.py", 1, template, args, None)
    shown = filled(record)
    assert shown is not None
    assert CANARY not in shown


@given(args=st.lists(hostile, max_size=4))
def test_a_line_with_other_arguments_is_left_as_it_is(args):
    record = logging.LogRecord("psycopg.pool", logging.INFO, "a.py", 1, "unknown %s", (), None)
    record.args = tuple(args)
    assert filled(record) is None


def test_a_value_without_its_shape_is_dots():
    assert HIDDEN in line("gunicorn.error", "Booting worker with pid: %s", "hanako@example.com")


@pytest.mark.parametrize(
    ("error", "word"),
    [
        (psycopg.OperationalError("connection failed: Connection refused"), "refused"),
        (psycopg.errors.ConnectionTimeout("connection timeout expired"), "no_answer"),
        (psycopg.OperationalError("FATAL:  the database system is starting up"), "starting"),
        (psycopg.OperationalError("FATAL:  sorry, too many clients already"), "full"),
        (psycopg.OperationalError('FATAL:  database "x" does not exist'), "missing"),
        (redis.ReadOnlyError("You can't write against a read only replica."), "read_only"),
        (redis.BusyLoadingError("Valkey is loading the dataset in memory"), "starting"),
        (redis.ResponseError("MISCONF Valkey is configured to save"), "cannot_save"),
        (
            redis.OutOfMemoryError("command not allowed when used memory > 'maxmemory'."),
            "no_memory",
        ),
        (redis.AuthenticationError("Authentication required."), "wrong_password"),
        (redis.NoPermissionError("this user has no permissions"), "not_allowed"),
        (redis.MasterDownError("Link with MASTER is down"), "no_master"),
        (redis.ResponseError("BUSY Valkey is busy running a script."), "busy"),
        (OperationalError("Error 111 connecting to 127.0.0.1:9. Connection refused."), "refused"),
        (ConnectionResetError(104, "Connection reset by peer"), "cut"),
        (psycopg.OperationalError("データベースがありません"), ""),
        (ValueError("connection refused"), ""),
    ],
)
def test_why_is_a_word_of_ours(error, word):
    assert why(error) == word
