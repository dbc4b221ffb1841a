"""Pages of sign-in."""

from django.contrib.auth import logout
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect, render
from django.views.decorators.http import require_POST, require_safe


@require_safe
def sign_in(request: HttpRequest) -> HttpResponse:
    """Ask for an address."""
    return render(request, "account/sign_in.html")


@require_POST
def sign_out(request: HttpRequest) -> HttpResponse:
    """End the session, whoever it was for."""
    logout(request)
    return redirect("account_signed_out")


@require_safe
def signed_out(request: HttpRequest) -> HttpResponse:
    """Say that the session has ended."""
    return render(request, "account/signed_out.html")
