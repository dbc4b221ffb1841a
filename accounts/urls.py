"""Paths of sign-in; the names that begin with `account_` are those allauth asks for."""

from django.urls import path

from accounts.views import sign_in, sign_out, signed_out

urlpatterns = [
    path("sign-in/", sign_in, name="account_login"),
    path("sign-out/", sign_out, name="account_logout"),
    path("signed-out/", signed_out, name="account_signed_out"),
]
