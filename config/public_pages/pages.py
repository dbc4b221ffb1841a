"""The four public pages about the service: what it is, terms, privacy, support."""

from django.conf import settings
from django.http import HttpRequest, HttpResponse
from django.shortcuts import render
from django.views.decorators.http import require_safe

PAGES = ("about", "terms", "privacy", "support")


@require_safe
def show_page(request: HttpRequest, page: str) -> HttpResponse:
    """Show one of ``PAGES``."""
    context = {
        "publisher": settings.PUBLISHER,
        "support_email": settings.SUPPORT_EMAIL,
        "grace_days": round(settings.REMOVAL_GRACE.total_seconds() / 86400),
    }
    return render(request, f"listing/{page}.html", context)
