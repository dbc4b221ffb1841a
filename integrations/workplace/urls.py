"""Addresses that Workplace, or a browser that it sends here, calls."""

from django.urls import path

from integrations.workplace.deauthorization import deauthorize, delete_data

urlpatterns = [
    path("deauthorize", deauthorize, name="workplace-deauthorize"),
    path("data-deletion", delete_data, name="workplace-data-deletion"),
]
