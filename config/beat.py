"""The form of an entry of beat's schedule."""

from datetime import timedelta
from typing import Any


def job(task: str, every: timedelta) -> dict[str, Any]:
    """Return the entry that starts ``task`` regularly; without a worker only one waits."""
    return {"task": task, "schedule": every, "options": {"expires": every.total_seconds()}}
