"""Why a database or a broker does not do its work, in words of ours.

Drivers say it in sentences that also name users, tables and values; those stay where they are.
"""

import re
from collections.abc import Mapping

_WORDS: Mapping[str, str] = {
    "refused": r"connection refused",
    "unknown_host": r"could not translate host name|name or service not known|failed to resolve"
    r"|temporary failure in name resolution|nodename nor servname",
    "no_route": r"no route to host|network is unreachable|host is down",
    "no_socket": r"no such file or directory",
    "starting": r"starting up|not yet accepting|recovery mode|busyloading|loading the dataset",
    "stopping": r"shutting down|administrator command",
    "full": r"too many (clients|connections)|remaining connection slots|max number of clients",
    "no_memory": r"out of memory|outofmemory|command not allowed when used memory",
    "no_space": r"no space left|disk is full",
    "wrong_password": r"password authentication failed|wrongpass|invalid password|noauth"
    r"|authentication required|no password supplied|authenticationerror",
    "not_allowed": r"pg_hba|permission|noperm|not permitted",
    "missing": r"(database|role|relation) \S+ does not exist|unable to open database file",
    "read_only": r"read[ -]?only",
    "no_master": r"masterdown|link with master is down",
    "cannot_save": r"misconf|can't persist",
    "busy": r"busy running|busy \w+ is busy|database is locked",
    "stalled": r"lock timeout|statement timeout|deadlock|user request",
    "tls": r"ssl|certificate|tls",
    "no_answer": r"timed? ?out|timeout|couldn't get a connection|is away",
    "cut": r"closed|reset by peer|broken pipe|terminating connection|connection (was )?lost|eof"
    r"|consuming input failed|bad file descriptor",
}
_SHAPES = {word: re.compile(pattern, re.IGNORECASE) for word, pattern in _WORDS.items()}
# Length of a sentence that is looked at: its end can be a query, or text that a caller has sent.
_MOST = 500
_DRIVERS = ("psycopg", "redis.", "kombu.", "django.db", "amqp.", "sqlite3", "celery.")


def why(error: BaseException) -> str:
    """Return a word for what a driver of ours has raised; empty for anything else.

    Also empty for a sentence that is not known, as in a server's own language.
    """
    kind = type(error)
    if not isinstance(error, OSError) and not kind.__module__.startswith(_DRIVERS):
        return ""
    said = f"{kind.__name__} {getattr(error, 'status_code', None) or ''} {str(error)[:_MOST]}"
    return next((word for word, shape in _SHAPES.items() if shape.search(said)), "")
