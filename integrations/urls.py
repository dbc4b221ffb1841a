"""Public paths about connections that no single chat target owns."""

from django.urls import path

from integrations.removal.views import show_removal

urlpatterns = [
    path("removal/<slug:code>", show_removal, name="removal"),
]
