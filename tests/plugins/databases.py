"""A second PostgreSQL database, and this process looking into it instead of the test's own."""

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from urllib.parse import urlsplit

from django.db import connection as any_connection

# Of PostgreSQL alone, which has a pool.
connection: Any = any_connection


def address_of(name: str = "") -> str:
    """Return the address of a database beside the test's own, or of that one."""
    given = connection.settings_dict
    return f"postgres://{given['USER']}@{given['HOST']}:{given['PORT']}/{name or given['NAME']}"


@contextmanager
def looking_into(url: str) -> Iterator[None]:
    """Let Django's connection lead to the database at ``url``, on the same server."""
    usual = connection.settings_dict["NAME"]
    _lead_to(urlsplit(url).path[1:])
    try:
        yield
    finally:
        _lead_to(usual)


def _lead_to(name: str) -> None:
    leave()
    connection.settings_dict["NAME"] = name


def leave() -> None:
    """Keep no connection, so that the database can be copied."""
    connection.close()
    connection.close_pool()
