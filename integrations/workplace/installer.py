"""The install of our third-party app in Workplace (Third-party apps, "Install flow")."""

import re
from datetime import timedelta
from urllib.parse import urlencode, urlsplit

from django.conf import settings

from integrations.targets.install import Subscribed
from integrations.workplace import webhook_setup
from integrations.workplace.connection import REQUIRED_PERMISSIONS
from integrations.workplace.oauth import exchange_code

_DIALOG = "/dialog/work/app_install/"
# Letters a host name is written in, and no others: the name goes into a header. Of facebook.com
# one host only is Workplace's for everybody, and l and lm lead wherever their address says.
_HOST = re.compile(r"(?:(?!lm?\.)(?:[a-z0-9-]{1,63}\.)*workplace|work\.facebook)\.com", re.ASCII)


class WorkplaceInstaller:
    """The port of ``integrations.targets.install`` on Workplace's install dialog."""

    code_lasts = timedelta(seconds=300)

    def is_set_up(self) -> bool:
        """Tell whether the operator has a third-party app in Workplace."""
        return bool(settings.WORKPLACE_APP_ID and settings.WORKPLACE_APP_SECRET)

    def dialog_url(self, *, redirect_uri: str, state: str) -> str:
        """Return the dialog's address; only what a relay needs is asked for."""
        asked = [
            ("app_id", settings.WORKPLACE_APP_ID),
            ("redirect_uri", redirect_uri),
            ("state", state),
            *(("permissions[]", name) for name in REQUIRED_PERMISSIONS),
        ]
        return f"{settings.WORKPLACE_WEB_URL.rstrip('/')}{_DIALOG}?{urlencode(asked)}"

    def exchange(self, code: str, *, redirect_uri: str) -> str:
        """Return the community's access token; ``redirect_uri`` as in the dialog, to the letter."""
        return exchange_code(code, redirect_uri)

    def subscribe_webhooks(self) -> Subscribed:
        """Subscribe the app's topic ``page``, unless it stands already; raise a ``TargetError``."""
        outcome = webhook_setup.subscribe_webhooks()
        return Subscribed(webhook_setup.callback_url(), webhook_setup.FIELDS, outcome.changed)

    def is_own_page(self, url: str) -> bool:
        """Tell whether ``url`` is an https page of Workplace, or of ``WORKPLACE_WEB_URL``.

        Browsers read a backslash as a slash and leave out line breaks and tabs, so that neither
        may occur.
        """
        if "\\" in url or not url.isprintable() or any(c.isspace() for c in url):
            return False
        try:
            found, ours = urlsplit(url), urlsplit(settings.WORKPLACE_WEB_URL)
            port = found.port
        except ValueError:
            return False
        if found.username is not None or found.password is not None:
            return False
        if (found.scheme, found.hostname, port) == (ours.scheme, ours.hostname, ours.port):
            return True
        known = _HOST.fullmatch(found.hostname or "") is not None
        return found.scheme == "https" and port is None and known
