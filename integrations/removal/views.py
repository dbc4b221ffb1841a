"""``GET /removal/{code}``: where a removal stands, for people and, as JSON, for programs.

The code lets its holder look: it cannot be guessed, and neither form names a customer.
"""

from datetime import UTC, datetime
from typing import Any

from django.http import HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import get_object_or_404, render
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe
from django.views.decorators.vary import vary_on_headers

from integrations.models.removal import Removal


@require_safe
@never_cache
@vary_on_headers("Accept")
def show_removal(request: HttpRequest, code: str) -> HttpResponse:
    """Show a removal; ``?format=json`` or an Accept header asks for the JSON form."""
    removal = get_object_or_404(Removal, confirmation_code=code)
    if request.GET.get("format") == "json" or _prefers_json(request):
        return JsonResponse(state_of(removal))
    return render(request, "removal.html", {"removal": removal, "rows": rows_of(removal)})


def state_of(removal: Removal) -> dict[str, Any]:
    """Return the state as JSON; once the purge has ended it holds the signed receipt."""
    return {
        "confirmation_code": removal.confirmation_code,
        "status": status_of(removal),
        "requested_at": _text(removal.requested_at),
        "due_at": _text(removal.due_at),
        "finished_at": _text(removal.finished_at),
        "receipt": removal.receipt,
    }


def status_of(removal: Removal) -> str:
    """Return ``waiting``, ``purging`` or ``done``."""
    if removal.finished_at is not None:
        return "done"
    return "waiting" if removal.begun_at is None else "purging"


def rows_of(removal: Removal) -> list[tuple[str, int]]:
    """Return the tables that had rows, by their own names, with how many."""
    return [
        (model, counts["before"]) for model, counts in removal.progress.items() if counts["before"]
    ]


def _prefers_json(request: HttpRequest) -> bool:
    return request.get_preferred_type(["text/html", "application/json"]) == "application/json"


def _text(at: datetime | None) -> str | None:
    return at.astimezone(UTC).isoformat(timespec="seconds") if at else None
