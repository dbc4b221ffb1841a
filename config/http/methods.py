"""The page that people see who ask a page for what it does not do; programs get the bare answer."""

from collections.abc import Callable
from http import HTTPStatus

from django.http import HttpRequest, HttpResponseBase
from django.shortcuts import render

from config.rate_limits.doors import is_for_people
from config.rate_limits.middleware import door_of

Answer = Callable[[HttpRequest], HttpResponseBase]


class MethodMiddleware:
    """Puts our page in the place of an empty answer 405."""

    def __init__(self, get_response: Answer) -> None:
        self._get_response = get_response

    def __call__(self, request: HttpRequest) -> HttpResponseBase:
        """Answer; the methods that are allowed are named as before."""
        answer = self._get_response(request)
        if answer.status_code != HTTPStatus.METHOD_NOT_ALLOWED:
            return answer
        if not is_for_people(door_of(request)[1]) or not request.accepts("text/html"):
            return answer
        page = render(request, "405.html", status=HTTPStatus.METHOD_NOT_ALLOWED)
        page.headers["Allow"] = answer.headers["Allow"]
        return page
