"""Rows of our own tables: only to know that all is settled, and which doubts they own up to."""

import sqlite3
from collections import Counter
from contextlib import closing
from typing import Any
from urllib.parse import unquote, urlsplit

import psycopg

_OPEN = """
SELECT count(*) FROM messaging_delivery WHERE state IN ('pending', 'sending', 'unconfirmed')
"""
_DOUBTS = """
SELECT m.ovice_id, count(*) FROM messaging_attempt a
JOIN messaging_delivery d ON d.id = a.delivery_id JOIN messaging_message m ON m.id = d.message_id
WHERE a.outcome = 'unconfirmed' GROUP BY m.ovice_id
"""


def still_open(database_url: str) -> int:
    """Return how many deliveries have not come to their end."""
    return int(_rows(database_url, _OPEN)[0][0])


def doubts(database_url: str) -> Counter[str]:
    """Return how many calls of each message, by ovice's id, are listed as unconfirmed."""
    return Counter(dict(_rows(database_url, _DOUBTS)))


def _rows(database_url: str, question: str) -> list[Any]:
    where = urlsplit(database_url)
    if where.scheme.startswith("postgres"):
        with psycopg.connect(database_url) as database:
            return database.execute(question).fetchall()
    with closing(sqlite3.connect(unquote(where.path)[1:], timeout=20)) as file:
        return file.execute(question).fetchall()
