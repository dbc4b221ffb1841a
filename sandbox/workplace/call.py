"""One Graph API call on its way through the checks."""

from dataclasses import dataclass, field
from typing import Any

from sandbox.state import State
from sandbox.workplace.calls import CallRecord
from sandbox.workplace.errors import GraphError, missing_permission
from sandbox.workplace.records import App, Install
from sandbox.workplace.world import World


@dataclass
class Call:
    """A call's parts; `install` is set for a community token, `app` for either kind of token."""

    state: State
    world: World
    record: CallRecord
    method: str
    segments: list[str]
    params: dict[str, Any]
    base_url: str
    bearer: str = ""
    version: str = ""
    extra: dict[str, Any] = field(default_factory=dict)
    app: App | None = None
    _install: Install | None = None

    @property
    def token(self) -> str:
        """Return the access token: the Bearer header's, or the parameter's."""
        given = self.params.get("access_token")
        return self.bearer or (given if isinstance(given, str) else "")

    @property
    def path(self) -> str:
        """Return the path without version."""
        return "/".join(self.segments)

    @property
    def install(self) -> Install:
        """Return the install that calls; an app token is refused."""
        if self._install is None:
            raise GraphError(
                2500,
                "An active access token must be used to query information about the current user.",
            )
        return self._install

    @property
    def has_install(self) -> bool:
        """Tell whether a community token was used."""
        return self._install is not None

    def calls_as(self, install: Install) -> None:
        """Note who calls."""
        self._install, self.app = install, install.app
        self.record.app_id, self.record.page_id = install.app.app_id, install.page_id

    def calls_as_app(self, app: App) -> None:
        """Note that an app itself calls, with its app access token."""
        self.app = app
        self.record.app_id = app.app_id

    def require(self, permission: str, why: str) -> None:
        """Refuse the call unless the install was given the permission."""
        if permission not in self.install.permissions:
            raise missing_permission(why)
