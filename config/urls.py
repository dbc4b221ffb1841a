"""Every public path, as the contract names them."""

from django.contrib import admin
from django.urls import include, path
from django.views.i18n import set_language

from accounts.launch.views import launch
from config.health.probes import healthz, readyz
from config.metrics.endpoint import metrics
from config.public_pages.front import favicon, home
from config.public_pages.pages import PAGES, show_page
from messaging.delivery.last_delivery import last_deliveries

urlpatterns = [
    path("", home, name="home"),
    *(path(f"{page}/", show_page, {"page": page}, name=page) for page in PAGES),
    # Reached by the middleware before all others; here for their names.
    path("healthz", healthz, name="healthz"),
    path("readyz", readyz, name="readyz"),
    path("metrics", metrics, name="metrics"),
    path("favicon.ico", favicon),
    path("", include("integrations.urls")),
    path("workplace/", include("integrations.workplace.urls")),
    path("workplace/", include("accounts.install.urls"), {"target": "workplace"}),
    path("v1/", include("messaging.api.urls")),
    path("", include("messaging.bot.urls")),
    path("language", set_language, name="set_language"),
    path("launch", launch, name="launch"),
    path("link/", include("accounts.pages.urls"), {"deliveries": last_deliveries}),
    path("account/", include("accounts.urls")),
    path("admin/", admin.site.urls),
]

handler500 = "config.http.fail_fast.failed"
