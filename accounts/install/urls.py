"""Paths of installing a target's third-party app; whoever includes them names the ``target``."""

from django.urls import path

from accounts.install.views import callback, confirm, connected, refused, start

urlpatterns = [
    path("install", start, name="install_start"),
    path("install/confirm", confirm, name="install_confirm"),
    path("install/connected", connected, name="install_connected"),
    path("install/refused/<slug:reason>", refused, name="install_refused"),
    path("callback", callback, name="install_callback"),
]
