"""Django's admin as this project's portal: its own site class instead of the stock one."""

from django.contrib.admin.apps import AdminConfig


class PortalConfig(AdminConfig):
    """Load every app's `admin` module into our own site."""

    default_site = "config.portal.site.KotozuteAdminSite"
