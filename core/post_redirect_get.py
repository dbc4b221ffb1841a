"""Post/redirect/get: whoever opens an address that buttons post to is led to their page.

A browser does that on its own, after a reload or when somebody chooses another language.
"""

from collections.abc import Callable
from functools import wraps
from typing import Any

from django.http import HttpRequest, HttpResponseBase, HttpResponseRedirect
from django.urls import reverse
from django.views.decorators.http import require_http_methods

View = Callable[..., HttpResponseBase]


def posted_from(page: str, *places: str) -> Callable[[View], View]:
    """Let a view be posted to only; ``places`` are what of its own address ``page`` needs."""

    def decorate(view: View) -> View:
        @wraps(view)
        def wrapped(request: HttpRequest, *args: Any, **kwargs: Any) -> HttpResponseBase:
            if request.method == "POST":
                return view(request, *args, **kwargs)
            return HttpResponseRedirect(
                reverse(page, kwargs={name: kwargs[name] for name in places})
            )

        return require_http_methods(["GET", "HEAD", "POST"])(wrapped)

    return decorate
