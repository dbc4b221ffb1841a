"""Every public path, as the contract names them."""

from django.contrib import admin
from django.urls import include, path

from config.views import healthz, home

urlpatterns = [
    path("", home, name="home"),
    path("healthz", healthz, name="healthz"),
    path("v1/", include("messaging.api.urls")),
    path("", include("messaging.bot.urls")),
    path("account/", include("accounts.urls")),
    path("admin/", admin.site.urls),
]
