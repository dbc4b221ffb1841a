"""The front page, and the icon."""

from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.views.decorators.http import require_safe


@require_safe
def home(request: HttpRequest) -> HttpResponse:
    """Say what this service is, to somebody who came here by its bare address."""
    return render(request, "home.html")


@require_safe
def favicon(_request: HttpRequest) -> HttpResponse:
    """Lead browsers that look where icons used to be, as for our JSON, to ours."""
    return redirect(static("kotozute.svg"))
