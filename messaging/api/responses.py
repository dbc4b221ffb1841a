"""Answers that the endpoints ovice calls have in common; none of them echoes a request."""

import structlog
from django.db import Error as DatabaseError
from django.http import JsonResponse
from psycopg_pool import PoolTimeout

from integrations.encryption.master_keys import KeyMissingError

logger = structlog.stdlib.get_logger(__name__)

RETRY_AFTER_SECONDS = 30
# Errors that pass by themselves, or as soon as an operator has put them right.
PASSING = (DatabaseError, PoolTimeout, KeyMissingError)


def refuse(status: int, reason: str) -> JsonResponse:
    """Return the one shape of every refusal."""
    return JsonResponse({"error": reason}, status=status)


def ask_again(error: Exception) -> JsonResponse:
    """Ask for the same request later: this one could not be worked on, and left nothing behind."""
    logger.error("a request of ovice's failed", error=type(error).__name__)
    refusal = refuse(503, "temporarily unavailable")
    refusal.headers["Retry-After"] = str(RETRY_AFTER_SECONDS)
    return refusal
