"""Actor of a request, told to the audit log for its length."""

from collections.abc import Callable

from auditlog.context import set_extra_data
from django.http import HttpRequest, HttpResponse

from accounts.models import User
from accounts.owners.roles import role_of
from integrations.models.audited import acting_role


class ActorMiddleware:
    """Records the signed-in user with each change: by id, never by address or network."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request in the name of its user."""
        actor = request.user if isinstance(request.user, User) else None
        # Their role as it is now: they may lose it, and owners see nothing of staff but it.
        before = acting_role.set(lambda: role_of(request.user) or "")
        try:
            # The library would add the actor's address.
            with set_extra_data({"actor": actor, "actor_email": None}):
                return self._get_response(request)
        finally:
            acting_role.reset(before)
