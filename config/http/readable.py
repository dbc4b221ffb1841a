"""Requests that every page can look up: without a null byte in any text.

PostgreSQL takes none, and a page would fail where it asks for one. To a page a null byte is the
character that bytes without a meaning become as well, so it finds nothing and says so in its own
words. A program is refused: of its names none may become another.
"""

from collections.abc import Callable, Iterable
from typing import Any, TypeVar, cast

from django.http import HttpRequest, HttpResponseBase, JsonResponse, QueryDict, UnreadablePostError

from config.rate_limits.doors import is_for_people
from config.rate_limits.middleware import door_of

_NULL, _UNKNOWN = "\0", "\ufffd"
Form = TypeVar("Form", bound=QueryDict)
Answer = Callable[[HttpRequest], HttpResponseBase]


class ReadableMiddleware:
    """Lets no page look up what the database could not, before any of them does."""

    def __init__(self, get_response: Answer) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer, with the cookies that can be looked up."""
        request.COOKIES = {
            name: value for name, value in request.COOKIES.items() if _NULL not in name + value
        }
        return self._get_response(request)

    def process_view(
        self, request: HttpRequest, view: Any, _args: Any, kwargs: dict[str, Any]
    ) -> HttpResponseBase | None:
        """Mend an address, a query and a form with a null byte; refuse a program's."""
        if not is_for_people(door_of(request)[1]):
            texts = (*map(str, kwargs.values()), *_texts(request.GET))
            refused = any(_NULL in text for text in texts)
            return JsonResponse({"error": "bad request"}, status=400) if refused else None
        request.GET = _mended(request.GET)
        # Exempt are those whose forms are read, and proven, by themselves.
        if not getattr(view, "csrf_exempt", False):
            request.POST = _mended(_form(request))  # type: ignore[assignment] # the stubs call it immutable
        for name, value in kwargs.items():
            if isinstance(value, str):
                kwargs[name] = value.replace(_NULL, _UNKNOWN)
        return None


def _form(request: HttpRequest) -> QueryDict:
    """Return the form that was sent, or none where the browser went away meanwhile."""
    try:
        return request.POST
    except UnreadablePostError:
        return QueryDict()


def _mended(form: Form) -> Form:
    if not any(_NULL in text for text in _texts(form)):
        return form
    mended = QueryDict(mutable=True)
    for name, values in form.lists():
        mended.setlist(
            name.replace(_NULL, _UNKNOWN), [str(one).replace(_NULL, _UNKNOWN) for one in values]
        )
    return cast("Form", mended)


def _texts(form: QueryDict) -> Iterable[str]:
    for name, values in form.lists():
        yield name
        yield from map(str, values)
