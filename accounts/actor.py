"""Who is acting, told to the audit log for the length of a request."""

from collections.abc import Callable

from auditlog.context import set_extra_data
from django.http import HttpRequest, HttpResponse

from accounts.models import User


class ActorMiddleware:
    """Records the signed-in user with each change: by id, never by address or network."""

    def __init__(self, get_response: Callable[[HttpRequest], HttpResponse]) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponse:
        """Answer the request in the name of its user."""
        actor = request.user if isinstance(request.user, User) else None
        # The library would add the actor's address.
        with set_extra_data({"actor": actor, "actor_email": None}):
            return self._get_response(request)
